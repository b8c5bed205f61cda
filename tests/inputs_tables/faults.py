"""Helpers of the table tests: read one table or case and name the faults found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from siteplan.case import Case, Row
from siteplan.findings import Finding, InputError
from siteplan.inputs.case_files import load_case
from siteplan.inputs.tables import TableReading, read_table

NAMES = {
    name: key
    for key, zh in {
        "elderly_care": "养老服务",
        "infant_care": "婴幼儿托育",
        "after_school_care": "儿童托管",
        "community_meals": "社区助餐",
        "sports": "体育健身",
    }.items()
    for name in (key, zh)
}
"""Names that cells may use for functions, leading to their keys."""


def codes(findings: Iterable[Finding]) -> list[str]:
    """Return the codes of findings in order."""
    return [finding.code for finding in findings]


def read(path: Path, row_type: type[Row], *, may_be_empty: bool = False) -> TableReading[Row]:
    """Read a table with the functions of `NAMES`."""
    return read_table(path, row_type, NAMES, may_be_empty=may_be_empty)


def faults_of(folder: Path) -> tuple[Finding, ...]:
    """Return the findings for which a case can't be loaded; none if it can."""
    try:
        loaded(folder)
    except InputError as problem:
        return problem.findings
    return ()


def loaded(folder: Path) -> Case:
    """Load a case with the functions of `NAMES`."""
    return load_case(folder, NAMES)

"""``plan.json``: the complete plan, from which other results are rebuilt."""

from __future__ import annotations

from pathlib import Path

from siteplan.plan import SCHEMA, Plan
from siteplan.publish.documents import read_document, write_document

PLAN_FILE = "plan.json"


def write_plan(plan: Plan, file: Path) -> None:
    """Write the plan to a file."""
    write_document(plan, file)


def read_plan(folder: Path) -> Plan:
    """Read the plan of a result folder.

    Raises:
        InputError: there is none, or it has another schema version or a fault in it.
    """
    return read_document(folder / PLAN_FILE, Plan, SCHEMA)

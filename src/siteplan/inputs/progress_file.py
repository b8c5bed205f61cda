"""``progress.csv``: how far each site of a plan has come (site, stage, date)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from siteplan.findings import Finding, InputError, Place, error
from siteplan.inputs.csv_file import Record, read_csv
from siteplan.inputs.yaml_source import closest
from siteplan.text import Text


class Stage(StrEnum):
    """How far a site has come; in this order."""

    SURVEY = "survey"
    DESIGN = "design"
    JOINT_REVIEW = "joint_review"
    APPROVAL = "approval"
    CONSTRUCTION = "construction"
    COMPLETION = "completion"
    ACCEPTANCE = "acceptance"
    OPERATION = "operation"

    @property
    def text(self) -> Text:
        """Return the stage as a planner says it."""
        return STAGES[self]

    @property
    def is_built(self) -> bool:
        """Whether the space is built: it stays as it is."""
        return self in (Stage.COMPLETION, Stage.ACCEPTANCE, Stage.OPERATION)

    @property
    def is_begun(self) -> bool:
        """Whether building has begun."""
        return self.is_built or self is Stage.CONSTRUCTION


STAGES = {
    Stage.SURVEY: Text("摸底", "survey"),
    Stage.DESIGN: Text("方案", "design"),
    Stage.JOINT_REVIEW: Text("联评联审", "joint_review"),
    Stage.APPROVAL: Text("立项", "approval"),
    Stage.CONSTRUCTION: Text("开工", "construction"),
    Stage.COMPLETION: Text("完工", "completion"),
    Stage.ACCEPTANCE: Text("联合验收", "acceptance"),
    Stage.OPERATION: Text("运营", "operation"),
}
"""周至方案: 摸底、方案、联评联审、立项、开工、完工、联合验收、运营."""

COLUMNS = {
    "site": ("site", "site_id", "点位", "点位编号"),
    "stage": ("stage", "阶段"),
    "date": ("date", "日期"),
}
DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?")


@dataclass(frozen=True, slots=True)
class SiteProgress:
    """The stage that a site has reached, and when: the date as written, and its year."""

    site: str
    stage: Stage
    date: str
    year: int
    row: int


def read_progress(path: Path) -> dict[str, SiteProgress]:
    """Read the table; of several rows of a site the furthest stage counts, of equal ones the last row.

    Raises:
        InputError: with every fault of the file, each with its row and column.
    """
    known = {name for names in COLUMNS.values() for name in names}
    content = read_csv(path, lambda name: name in known)
    findings = list(content.findings)
    progress: dict[str, SiteProgress] = {}
    if content.records:
        header, *rows = content.records
        positions = _positions(path, header, findings)
        for record in rows if len(positions) == len(COLUMNS) else ():
            entry = _entry(path, record, positions, findings)
            if entry is not None and _is_further(entry, progress.get(entry.site)):
                progress[entry.site] = entry
    elif not findings:
        findings.append(_fault(path, None, None, Text("空文件", "an empty file"), _header_allowed()))
    if findings:
        raise InputError(findings)
    return progress


def _is_further(entry: SiteProgress, known: SiteProgress | None) -> bool:
    order = list(Stage)
    return known is None or order.index(entry.stage) >= order.index(known.stage)


def _positions(path: Path, header: Record, findings: list[Finding]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for column, names in COLUMNS.items():
        found = [number for number, cell in enumerate(header.cells) if cell in names]
        if found:
            positions[column] = found[0]
        else:
            missing = Text(f"没有“{names[-1]}”列", f"there is no column `{column}`")
            findings.append(_fault(path, header.row, column, missing, _header_allowed()))
    return positions


def _header_allowed() -> Text:
    return Text("列：点位、阶段、日期", "the columns site, stage, date")


def _entry(
    path: Path, record: Record, positions: dict[str, int], findings: list[Finding]
) -> SiteProgress | None:
    cells = {
        column: record.cells[position] if position < len(record.cells) else ""
        for column, position in positions.items()
    }
    names = {text.zh: stage for stage, text in STAGES.items()} | {stage.value: stage for stage in Stage}
    stage, date = names.get(cells["stage"]), DATE.fullmatch(cells["date"])
    if not cells["site"]:
        findings.append(
            _fault(path, record.row, "site", Text("空", "empty"), Text("点位编号", "the id of a site"))
        )
    if stage is None:
        near = closest(cells["stage"], names)
        allowed = Text(
            "、".join(text.zh for text in STAGES.values()), ", ".join(text.en for text in STAGES.values())
        )
        mend = Text(f"是不是 {near}？", f"did you mean {near}?") if near else None
        findings.append(_fault(path, record.row, "stage", Text.same(repr(cells["stage"])), allowed, mend))
    if date is None:
        findings.append(
            _fault(
                path,
                record.row,
                "date",
                Text.same(repr(cells["date"])),
                Text("如 2027-09-30 或 2027", "such as 2027-09-30 or 2027"),
            )
        )
    if not cells["site"] or stage is None or date is None:
        return None
    return SiteProgress(cells["site"], stage, cells["date"], int(date[1]), record.row)


def _fault(
    path: Path, row: int | None, column: str | None, found: Text, allowed: Text, mend: Text | None = None
) -> Finding:
    return error(
        "progress-table",
        Place(path, row=row, column=column),
        found=found,
        allowed=allowed,
        mend=mend or Text("改正这一格", "correct the cell"),
    )

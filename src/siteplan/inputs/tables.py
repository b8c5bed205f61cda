"""One CSV table read into rows of its row type, every fault of it found at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from siteplan.case import Row
from siteplan.findings import Finding, Place, error
from siteplan.inputs.cells import CellError, empty_value, read_cell, suggestion
from siteplan.inputs.columns import Column, columns_of
from siteplan.inputs.csv_file import Record, read_csv
from siteplan.text import Text

RowT = TypeVar("RowT", bound=Row)

REPEATS_REPORTED = 20
"""The same fault in the same column of a file is reported for so many rows, the others are counted."""


@dataclass(frozen=True, slots=True)
class TableReading(Generic[RowT]):
    """The rows without faults, in file order, and what is wrong with the others."""

    rows: tuple[RowT, ...]
    findings: tuple[Finding, ...]


def read_table(
    path: Path,
    row_type: type[RowT],
    function_names: Mapping[str, str],
    *,
    may_be_empty: bool = False,
) -> TableReading[RowT]:
    """Read one CSV table.

    ``function_names`` leads from the names that cells may use (keys included) to function keys;
    ``may_be_empty`` allows a table of a header alone. Rows carry their `Place` (file and row).
    """
    columns = columns_of(row_type)
    content = read_csv(path, lambda name: _known(name, columns) is not None)
    if not content.records:
        return TableReading((), content.findings or (_empty_file(path),))
    header, *records = content.records
    layout = _Layout.of(path, header, columns)
    findings = [*content.findings, *layout.findings]
    rows: list[RowT] = []
    if layout.columns:
        for record in records:
            row, faults = _read_row(layout, record, row_type, function_names)
            findings += faults
            rows += [row] if row is not None else []
        if not records and not may_be_empty and not content.findings:
            findings.append(_header_alone(path))
    return TableReading(tuple(rows), tuple(_without_endless_repeats(findings)))


def _known(name: str, columns: Iterable[Column]) -> Column | None:
    """Return the column that a header cell names, in English or by its Chinese alias."""
    key = name.strip().casefold().replace(" ", "_")
    return next((column for column in columns if name.strip() == column.zh or key == column.name), None)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns of a table stand: heading as written, and position in it by column name."""

    path: Path
    heading: tuple[str, ...]
    columns: tuple[Column, ...]
    positions: dict[str, int]
    findings: tuple[Finding, ...]

    def place(self, record: Record, column_name: str) -> Place:
        """Return the place of a cell under the heading that the file uses."""
        return Place(self.path, row=record.row, column=self.heading[self.positions[column_name]])

    @classmethod
    def of(cls, path: Path, header: Record, columns: tuple[Column, ...]) -> _Layout:
        """Recognise the header; no column is left where it can't be one."""
        positions: dict[str, int] = {}
        findings: list[Finding] = []
        for position, name in enumerate(header.cells):
            column = _known(name, columns)
            if column is None:
                findings += [_unknown_column(path, header.row, name, columns)] if name else []
            elif column.name in positions:
                findings.append(_duplicate_column(path, header.row, name, column))
            else:
                positions[column.name] = position
        if not positions:
            return cls(path, header.cells, (), {}, (_no_header(path, header, columns),))
        missing = [column for column in columns if column.required and column.name not in positions]
        findings += [_missing_column(path, header.row, column) for column in missing]
        return cls(path, header.cells, columns, positions, tuple(findings))


def _read_row(
    layout: _Layout, record: Record, row_type: type[RowT], function_names: Mapping[str, str]
) -> tuple[RowT | None, list[Finding]]:
    width = len(layout.heading)
    if len(record.cells) < width or any(record.cells[width:]):
        return None, [_ragged(layout, record)]
    values: dict[str, Any] = {"place": Place(layout.path, row=record.row)}
    findings: list[Finding] = []
    for column in layout.columns:
        if column.name not in layout.positions:
            continue
        cell = record.cells[layout.positions[column.name]]
        try:
            values[column.name] = _value(cell, column, function_names)
        except CellError as fault:
            findings.append(_cell_finding(layout, record, column, fault))
    try:
        row = row_type.model_validate(values)
    except ValidationError as problem:
        broken = [detail for detail in problem.errors() if detail["type"] != "missing"]
        findings += [_constraint_finding(layout, record, detail, values) for detail in broken]
        return None, findings
    return row if not findings else None, findings


def _value(cell: str, column: Column, function_names: Mapping[str, str]) -> Any:
    if cell:
        return read_cell(cell, column, function_names)
    if column.may_be_empty:
        return empty_value(column)
    raise CellError(
        "missing-cell",
        found=Text(zh="空单元格", en="an empty cell"),
        allowed=_content_of(column),
        mend=Text(zh="填写该单元格；没有则写 0", en="fill the cell; where there is none, write 0")
        if column.unit in ("persons", "households")
        else Text(zh="填写该单元格", en="fill the cell"),
    )


def _content_of(column: Column) -> Text:
    unit = f" ({column.unit})" if column.unit else ""
    return Text(zh=f"{column.zh}{unit}", en=f"{column.description}{unit}")


def _cell_finding(layout: _Layout, record: Record, column: Column, fault: CellError) -> Finding:
    place = layout.place(record, column.name)
    return error(fault.code, place, found=fault.found, allowed=fault.allowed, mend=fault.mend)


def _constraint_finding(
    layout: _Layout, record: Record, detail: ErrorDetails, values: Mapping[str, Any]
) -> Finding:
    column = str(detail["loc"][0])
    place = layout.place(record, column)
    if column == "latitude" and abs(values.get("longitude", 180)) <= 90 < abs(detail["input"]) <= 180:
        return swapped_coordinates(place, f"{detail['input']:g}")
    code, allowed = _constraint(detail)
    return error(
        code,
        place,
        found=Text.same(f"{detail['input']}"),
        allowed=allowed,
        mend=Text(zh="改正该单元格", en="correct the cell"),
    )


def swapped_coordinates(place: Place, found: str) -> Finding:
    """Return the finding for a longitude in the latitude's column and the other way round."""
    return error(
        "coordinates-swapped",
        place,
        found=Text(zh=f"{found}，经度和纬度像是写反了", en=f"{found}: longitude and latitude look swapped"),
        allowed=Text(
            zh="经度列写经度（中国约 73–135），纬度列写纬度（约 18–54）",
            en="longitude (in China about 73 to 135) in its column, latitude (about 18 to 54) in its own",
        ),
        mend=Text(zh="交换这两列的数值", en="swap the values of the two columns"),
    )


def _constraint(detail: ErrorDetails) -> tuple[str, Text]:
    """Return the code and the allowed values of a broken constraint of a row type."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "greater_than":
            return "out-of-range", Text(zh=f"大于 {context['gt']:g}", en=f"above {context['gt']:g}")
        case "greater_than_equal":
            return "out-of-range", Text(zh=f"不小于 {context['ge']:g}", en=f"at least {context['ge']:g}")
        case "less_than_equal":
            return "out-of-range", Text(zh=f"不大于 {context['le']:g}", en=f"at most {context['le']:g}")
        case "string_pattern_mismatch":
            return "malformed-code", _pattern(context["pattern"])
        case _:
            return "wrong-value", Text.same(detail["msg"])


def _pattern(pattern: str) -> Text:
    digits = re.fullmatch(r"\^\\d\{(\d+)\}\$", pattern)
    if digits is None:
        return Text.same(pattern)
    return Text(zh=f"{digits[1]} 位数字", en=f"{digits[1]} digits")


def _unknown_column(path: Path, row: int, name: str, columns: tuple[Column, ...]) -> Finding:
    known = {
        **{column.name: column.name for column in columns},
        **{column.zh: column.zh for column in columns},
    }
    return error(
        "unknown-column",
        Place(path, row=row, column=name),
        found=Text(zh=f"未知的列“{name}”", en=f"unknown column {name!r}"),
        allowed=_column_names(columns),
        mend=suggestion(name.casefold(), known)
        or Text(zh="改正列名，或删去该列", en="correct its name, or remove the column"),
    )


def _column_names(columns: Iterable[Column]) -> Text:
    return Text(
        zh="、".join(f"{column.zh}（{column.name}）" for column in columns),
        en=", ".join(f"{column.name} ({column.zh})" for column in columns),
    )


def _duplicate_column(path: Path, row: int, name: str, column: Column) -> Finding:
    return error(
        "duplicate-column",
        Place(path, row=row, column=name),
        found=Text(
            zh=f"“{column.zh}”（{column.name}）列出现多次", en=f"column {column.name} ({column.zh}) again"
        ),
        allowed=Text(zh="每列一次，用英文名或中文名", en="each column once, by its English or Chinese name"),
        mend=Text(zh="删去多余的一列", en="remove one of the two"),
    )


def _missing_column(path: Path, row: int, column: Column) -> Finding:
    return error(
        "missing-column",
        Place(path, row=row, column=column.name),
        found=Text(zh=f"缺少“{column.zh}”列", en=f"no column {column.name} ({column.zh})"),
        allowed=_content_of(column),
        mend=Text(
            zh=f"增加“{column.zh}”或“{column.name}”列", en=f"add a column {column.name} or {column.zh}"
        ),
    )


def _no_header(path: Path, header: Record, columns: tuple[Column, ...]) -> Finding:
    shown = " | ".join(header.cells)[:80]
    return error(
        "no-header",
        Place(path, row=header.row),
        found=Text(
            zh=f"第一行没有任何已知列名：{shown}", en=f"no known column name in the first row: {shown}"
        ),
        allowed=_column_names(columns),
        mend=Text(
            zh="第一行写列名，之前不要有标题行；用英文逗号分隔",
            en="let the first row name the columns, no title above it, separated by commas",
        ),
    )


def _empty_file(path: Path) -> Finding:
    return error(
        "empty-file",
        Place(path),
        found=Text(zh="文件是空的", en="an empty file"),
        allowed=Text(zh="第一行为列名，以下每行一条记录", en="a first row of column names, then a row each"),
        mend=Text(
            zh="补充内容；没有记录的表只写列名", en="fill it in; a table without records has its header alone"
        ),
    )


def _header_alone(path: Path) -> Finding:
    return error(
        "no-rows",
        Place(path),
        found=Text(zh="只有列名，没有记录", en="a header and no rows"),
        allowed=Text(zh="至少一条记录", en="at least one row"),
        mend=Text(zh="补充记录", en="add the rows"),
    )


def _ragged(layout: _Layout, record: Record) -> Finding:
    cells, width = len(record.cells), len(layout.heading)
    return error(
        "ragged-row",
        Place(layout.path, row=record.row),
        found=Text(zh=f"{cells} 个单元格", en=f"{cells} cells"),
        allowed=Text(zh=f"{width} 个，与列名一样多", en=f"{width}, as many as column names"),
        mend=Text(
            zh="补上或删去逗号；含逗号的内容放在引号中；改正之前本行未检查",
            en="add or remove commas, put text that contains one in quotation marks; "
            "the row is not checked before that",
        ),
    )


def _without_endless_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the first `REPEATS_REPORTED` findings of a code and column, and count the others in one."""
    kept: list[Finding] = []
    seen: Counter[tuple[str, str | None]] = Counter()
    first: dict[tuple[str, str | None], Finding] = {}
    for finding in findings:
        kind = (finding.code, finding.place.column)
        seen[kind] += 1
        first.setdefault(kind, finding)
        if seen[kind] <= REPEATS_REPORTED:
            kept.append(finding)
    return kept + [
        _more_of_the_same(first[kind], count - REPEATS_REPORTED)
        for kind, count in seen.items()
        if count > REPEATS_REPORTED
    ]


def _more_of_the_same(finding: Finding, count: int) -> Finding:
    return error(
        finding.code,
        Place(finding.place.file, column=finding.place.column),
        found=Text(zh=f"另有 {count} 行同样的问题", en=f"the same in {count} further rows"),
        allowed=finding.allowed,
        mend=finding.mend,
    )

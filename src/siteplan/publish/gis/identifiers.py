"""``onemap_identifiers.csv``: the identifiers that a bureau has assigned to facilities, by siteplan's site.

One column is the site (``site_id`` or 点位编号); the others are fields of the mapping that have no column, by
field name (BSM) or alias (标识码). They fill the layers that have one record for each facility; what isn't
listed stays empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from siteplan.findings import Finding, Place, error, raise_errors
from siteplan.inputs.csv_file import Record, read_csv
from siteplan.inputs.yaml_source import closest
from siteplan.publish.gis.mapping import FieldType, MappedField, OneMapMapping
from siteplan.publish.gis.texts import cleaned
from siteplan.text import Text

IDENTIFIERS_FILE = "onemap_identifiers.csv"
SITE_COLUMNS = ("site_id", "facility_id", "点位编号", "设施编号")
FACILITY_LAYERS = ("existing_facilities", "planned_facilities")
"""Layers with one record for each facility: others repeat it, and an identifier names one record."""


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Site → field → identifier, and the file that they are from; none by default."""

    file: Path | None = None
    by_site: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def find_identifiers(mapping_file: Path, case_folder: Path) -> Path | None:
    """Return the table beside the mapping file, else the one in the case folder, None without one."""
    candidates = (folder / IDENTIFIERS_FILE for folder in (mapping_file.parent, case_folder))
    return next((file for file in candidates if file.is_file()), None)


def read_identifiers(file: Path, mapping: OneMapMapping, site_ids: Collection[str]) -> Identifiers:
    """Read the table; ``site_ids`` are those of the case, whether or not the plan opens them.

    Raises:
        InputError: with every fault: no table, an unknown or computed column, an unknown site, a site listed
            twice, an identifier that is too long, or given twice where the mapping says that it is unique.
    """
    assignable = _assignable(mapping)
    names = {*SITE_COLUMNS, *assignable}
    content = read_csv(file, names.__contains__)
    raise_errors(content.findings)
    if not content.records:
        raise_errors(
            [_fault(file, None, None, Text("空文件", "an empty file"), _allowed_columns(assignable))]
        )
    header, *rows = content.records
    raise_errors(_faults_of_header(file, header, assignable))
    places = [number for number, cell in enumerate(header.cells) if cell in assignable]
    site_place = next(number for number, cell in enumerate(header.cells) if cell in SITE_COLUMNS)
    raise_errors(_faults_of_rows(file, header, rows, site_place, places, assignable, site_ids))
    by_site = {
        _cell(row, site_place): {
            assignable[header.cells[place]].field: cell for place in places if (cell := _cell(row, place))
        }
        for row in rows
    }
    return Identifiers(file, by_site)


def _assignable(mapping: OneMapMapping) -> dict[str, MappedField]:
    """Return the fields that the bureau assigns, by field name and by alias."""
    fields: dict[str, MappedField] = {}
    for key in FACILITY_LAYERS:
        layer = mapping.layers.get(key)
        for each in layer.fields if layer is not None else ():
            if each.column is None and each.type is FieldType.TEXT:
                fields |= {each.field: each, each.alias: each}
    return fields


def _cell(row: Record, place: int) -> str:
    return cleaned(row.cells[place]) if place < len(row.cells) else ""


def _faults_of_header(file: Path, header: Record, assignable: Mapping[str, MappedField]) -> Iterator[Finding]:
    allowed = _allowed_columns(assignable)
    if sum(cell in SITE_COLUMNS for cell in header.cells) != 1:
        yield _fault(
            file, header.row, None, Text("没有或不止一列点位编号", "no column of sites, or several"), allowed
        )
    fields = [assignable[cell].field for cell in header.cells if cell in assignable]
    for name in sorted({each for each in fields if fields.count(each) > 1}):
        yield _fault(file, header.row, name, Text(f"{name} 有两列", f"two columns of {name}"), allowed)
    for cell in header.cells:
        if cell not in assignable and cell not in SITE_COLUMNS:
            near = closest(cell, assignable)
            mend = Text(f"是不是 {near}？", f"did you mean {near}?") if near else None
            found = Text(
                f"没有“{cell}”这一由主管部门赋值的字段", f"{cell!r} is no field that a bureau assigns"
            )
            yield _fault(file, header.row, cell, found, allowed, mend)


def _faults_of_rows(
    file: Path,
    header: Record,
    rows: Sequence[Record],
    site_place: int,
    places: Sequence[int],
    assignable: Mapping[str, MappedField],
    site_ids: Collection[str],
) -> Iterator[Finding]:
    sites: dict[str, int] = {}
    given: dict[tuple[str, str], int] = {}
    for row in rows:
        site = _cell(row, site_place)
        if site not in site_ids:
            near = closest(site, site_ids)
            mend = Text(f"是不是 {near}？", f"did you mean {near}?") if near else None
            found = Text(f"案例中没有点位“{site}”", f"the case has no site {site!r}")
            allowed = Text("案例中的点位编号", "the id of a site of the case")
            yield _fault(file, row.row, header.cells[site_place], found, allowed, mend)
        elif site in sites:
            yield _twice(file, row.row, header.cells[site_place], site, sites[site])
        sites.setdefault(site, row.row)
        for place in places:
            each, value = assignable[header.cells[place]], _cell(row, place)
            if each.length is not None and len(value) > each.length:
                found = Text(f"“{value}”有 {len(value)} 个字符", f"{value!r} has {len(value)} characters")
                allowed = Text(f"至多 {each.length} 个字符", f"at most {each.length} characters")
                yield _fault(file, row.row, header.cells[place], found, allowed)
            if value and each.unique and (each.field, value) in given:
                yield _twice(file, row.row, header.cells[place], value, given[each.field, value])
            given.setdefault((each.field, value), row.row)


def _allowed_columns(assignable: Mapping[str, MappedField]) -> Text:
    fields = {each.field: each.alias for each in assignable.values()}
    shown = [f"{name} {alias}" for name, alias in fields.items()]
    return Text(f"点位编号，及 {'、'.join(shown)}", f"site_id, and {', '.join(shown)}")


def _twice(file: Path, row: int, column: str, value: str, first: int) -> Finding:
    found = Text(f"“{value}”在第 {first} 行已有", f"{value!r} is in row {first} already")
    return _fault(file, row, column, found, Text("各不相同", "each once"))


def _fault(
    file: Path, row: int | None, column: str | None, found: Text, allowed: Text, mend: Text | None = None
) -> Finding:
    return error(
        "onemap-identifiers",
        Place(file, row=row, column=column),
        found=found,
        allowed=allowed,
        mend=mend or Text("改正这张表", "correct the table"),
    )

"""A case folder read into a `Case`: ``case.yaml`` and its tables, all their faults reported together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from siteplan.case import (
    COMMUNITY_BOUNDARIES,
    EXCLUSION_ZONES,
    TABLES,
    CandidateSite,
    Case,
    CaseHeader,
    CommittedProject,
    Community,
    CommunityBoundary,
    Datum,
    DemandPoint,
    ExclusionZone,
    ExistingService,
    Row,
    Town,
)
from siteplan.findings import Finding, InputError, Place, error
from siteplan.inputs.community_boundaries import read_community_boundaries
from siteplan.inputs.exclusion_zones import read_exclusion_zones
from siteplan.inputs.tables import read_table
from siteplan.inputs.yaml_source import YamlDocument, as_shown, read_yaml
from siteplan.inputs.yaml_validation import validated
from siteplan.policy import Policy
from siteplan.text import Text

RowT = TypeVar("RowT", bound=Row)

MAY_BE_EMPTY = ("projects", "existing_services")
"""Tables that may consist of a header alone."""

LATER_FORMATS = (".xlsx", ".xls", ".ods", ".et", ".gpkg")
"""Table formats that this version doesn't read."""


def function_names(policy: Policy) -> dict[str, str]:
    """Return every name by which a cell may call a function, leading to its key: key, Chinese, English."""
    names = {key: key for key in policy.functions}
    for key, function in policy.functions.items():
        names[function.name.zh] = key
        names[function.name.en.casefold()] = key
    return names


def load_case(folder: Path, names: Mapping[str, str]) -> Case:
    """Read a case folder; ``names`` leads from names of functions to their keys (`function_names`).

    Raises:
        InputError: with every fault of ``case.yaml`` and of all tables.
    """
    if not folder.is_dir():
        raise InputError([_no_folder(folder)])
    findings: list[Finding] = []
    header = _header(folder, findings)
    findings += _later_formats(folder, header)
    reader = _TableReader(folder, names, findings)
    towns = reader.read("towns", Town)
    communities = reader.read("communities", Community)
    demand_points = reader.read("demand_points", DemandPoint)
    sites = reader.read("sites", CandidateSite)
    projects = reader.read("projects", CommittedProject)
    existing_services = reader.read("existing_services", ExistingService)
    zones: tuple[ExclusionZone, ...] = ()
    if (folder / EXCLUSION_ZONES).is_file():
        zones, faults = read_exclusion_zones(as_shown(folder / EXCLUSION_ZONES), names)
        findings += faults
    boundaries: tuple[CommunityBoundary, ...] = ()
    if (folder / COMMUNITY_BOUNDARIES).is_file():
        codes = {row.community_code for row in communities}
        boundaries, faults = read_community_boundaries(as_shown(folder / COMMUNITY_BOUNDARIES), codes)
        findings += faults
    if findings or header is None:
        raise InputError(findings)
    return Case(
        folder,
        header,
        towns,
        communities,
        demand_points,
        sites,
        projects,
        existing_services,
        zones,
        boundaries,
    )


@dataclass(frozen=True, slots=True)
class _TableReader:
    """Reads the tables of a folder one by one and adds what is wrong to ``findings``."""

    folder: Path
    names: Mapping[str, str]
    findings: list[Finding]

    def read(self, table: str, row_type: type[RowT]) -> tuple[RowT, ...]:
        """Return the faultless rows of a table."""
        path = self.folder / f"{table}.csv"
        if not path.exists():
            self.findings.extend(_missing_table(self.folder, table))
            return ()
        reading = read_table(as_shown(path), row_type, self.names, may_be_empty=table in MAY_BE_EMPTY)
        self.findings.extend(reading.findings)
        return reading.rows


def _header(folder: Path, findings: list[Finding]) -> CaseHeader | None:
    try:
        document = _with_code_as_text(read_yaml(folder / "case.yaml"))
        header = validated(document, CaseHeader)
    except InputError as problem:
        findings += problem.findings
        return None
    if header.datum is not Datum.WGS84:
        findings.append(_later_datum(document, header))
    findings += _roads_outside(document, folder, header)
    return header


def _with_code_as_text(document: YamlDocument) -> YamlDocument:
    """Take a county code that YAML reads as a number for the text it is."""
    code = document.data.get("county_code")
    if isinstance(code, int) and not isinstance(code, bool):
        return replace(document, data={**document.data, "county_code": str(code)})
    return document


def _later_datum(document: YamlDocument, header: CaseHeader) -> Finding:
    return error(
        "later-datum",
        document.place_of(("datum",)),
        found=Text.same(header.datum.value),
        allowed=Text(zh="本版本只读取 wgs84", en="this version reads wgs84 alone"),
        mend=Text(
            zh="先把各表坐标转换为 WGS 84 经纬度，再写 datum: wgs84；不要只改这一行："
            "GCJ-02、BD-09 与 WGS 84 相差数百米",
            en="convert the coordinates of all tables to WGS 84 longitude and latitude, then state "
            "datum: wgs84; changing this line alone would leave GCJ-02 or BD-09 hundreds of metres off",
        ),
    )


def _roads_outside(document: YamlDocument, folder: Path, header: CaseHeader) -> list[Finding]:
    roads = (folder / header.roads).resolve()
    if roads.is_relative_to(folder.resolve()):
        return []
    return [
        error(
            "path-leaves-folder",
            document.place_of(("roads",)),
            found=Text.same(header.roads),
            allowed=Text(zh="案例文件夹之内的路网文件", en="a road file inside the case folder"),
            mend=Text(zh="把路网文件放进案例文件夹", en="put the road file into the case folder"),
        )
    ]


def _no_folder(folder: Path) -> Finding:
    return error(
        "no-case-folder",
        Place(folder),
        found=Text(zh="不是文件夹，或不存在", en="not a folder, or not there"),
        allowed=Text(
            zh="含 case.yaml 和各表 CSV 的案例文件夹", en="a case folder with case.yaml and its CSV tables"
        ),
        mend=Text(
            zh="检查方案文件中 case: 一项；可用 siteplan init 复制一个现成的案例",
            en="check `case:` in the scenario; `siteplan init` copies a ready case to start from",
        ),
    )


def _missing_table(folder: Path, table: str) -> list[Finding]:
    if any((folder / f"{table}{ending}").exists() for ending in LATER_FORMATS):
        return []
    names = {path.name.casefold(): path.name for path in folder.iterdir() if path.stem not in TABLES}
    near = get_close_matches(f"{table}.csv", names, n=1, cutoff=0.75)
    contents = (
        Text(zh="没有记录时只写列名", en="a header alone where there are no records")
        if table in MAY_BE_EMPTY
        else Text(zh="列名和记录，见数据字典", en="a header and rows, see the data dictionary")
    )
    return [
        error(
            "missing-table",
            Place(as_shown(folder / f"{table}.csv")),
            found=Text(zh="缺少这个表", en="the table is missing"),
            allowed=contents,
            mend=Text(zh=f"是否应把 {names[near[0]]} 改名？", en=f"rename {names[near[0]]}?")
            if near
            else Text(zh=f"在案例文件夹中加入 {table}.csv", en=f"add {table}.csv to the case folder"),
        )
    ]


def _later_formats(folder: Path, header: CaseHeader | None) -> Iterable[Finding]:
    """Refuse workbooks and GeoPackages, whose rows a planner might believe to be read."""
    roads = folder / (header.roads if header is not None else "roads.gpkg")
    for path in sorted(folder.iterdir()):
        if path.suffix.casefold() in LATER_FORMATS and path != roads and not path.name.startswith("~$"):
            yield error(
                "later-format",
                Place(as_shown(path)),
                found=Text(zh=f"{path.suffix} 文件", en=f"a {path.suffix} file"),
                allowed=Text(
                    zh="本版本只读取 CSV 表格；工作簿和 GeoPackage 留待以后版本",
                    en="this version reads tables from CSV; workbooks and GeoPackages come later",
                ),
                mend=Text(
                    zh="把每个工作表另存为“CSV UTF-8”，再把本文件移出案例文件夹",
                    en="save each sheet as 'CSV UTF-8', then move this file out of the case folder",
                ),
            )

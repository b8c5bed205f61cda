"""One CSV table: every kind of malformed file gives its own finding, every accepted kind is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.inputs_tables.faults import codes, read
from tests.tiny_case import changed, tiny_rows, write_table

from siteplan.case import CandidateSite, DemandPoint, ExistingService, StockKind, Town
from siteplan.findings import Place
from siteplan.inputs.csv_file import LARGEST_TABLE_BYTES
from siteplan.inputs.tables import REPEATS_REPORTED
from siteplan.text import Language

TOWN = tiny_rows("towns")[0]
SITE = tiny_rows("sites")[0]
SERVICE = tiny_rows("existing_services")[0]
HEADER = "town_code,town_name,longitude,latitude,data_status,source"
CELLS = "610124001,甲街道,108.2,34.1,示例,手工"


def town_file(folder: Path, content: str | bytes) -> Path:
    path = folder / "towns.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_encodings_of_chinese_spreadsheets_are_read(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without byte order mark, GBK, GB18030 and UTF-16 give the same rows."""
    reading = read(town_file(tmp_path, f"{HEADER}\n{CELLS}\n".encode(encoding)), Town)
    assert reading.findings == ()
    town = reading.rows[0]
    assert isinstance(town, Town)
    assert (town.town_name, town.source, town.longitude) == ("甲街道", "手工", 108.2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_of_spreadsheets_are_recognised(tmp_path: Path, delimiter: str) -> None:
    """Comma, semicolon and tab separate columns, whichever lets the header be recognised."""
    content = f"{HEADER}\n{CELLS}\n".replace(",", delimiter)
    assert len(read(town_file(tmp_path, content), Town).rows) == 1


def test_chinese_headers_labels_and_functions_are_read(tmp_path: Path) -> None:
    """Headers by Chinese alias in any order, padded; choices by label; 是/有; functions by Chinese name."""
    cells = {
        "名称": "甲",
        " 备选空间编号 ": "S1",
        "社区代码": "610124001001",
        "经度": "108.2",
        "纬度": "34.1",
        "建筑面积": "300",
        "存量类型": "社区用房",
        "建设方式": "改建",
        "有无电梯": "有",
        "有无室外场地": "否",
        "不宜功能": "养老服务；社区助餐、sports",
        "服务社区": "610124001001; 610124001002",
        "数据状态": "示例",
        "来源": "手工",
    }
    reading = read(write_table(tmp_path / "sites.csv", [cells]), CandidateSite)
    assert reading.findings == ()
    site = reading.rows[0]
    assert isinstance(site, CandidateSite)
    assert site.stock_kind is StockKind.COMMUNITY_ROOMS
    assert (site.has_lift, site.has_outdoor_space, site.floor) == (True, False, 1)
    assert site.excluded_functions == ("elderly_care", "community_meals", "sports")
    assert site.serves_communities == ("610124001001", "610124001002")


@pytest.mark.parametrize(
    "cell",
    ["养老服务=120；社区助餐=80", "elderly_care = 120; community_meals=80.0", "养老服务＝120、社区助餐：80"],
)
def test_function_areas_are_read_in_both_languages(tmp_path: Path, cell: str) -> None:
    """A function and its usable area stand side by side, joined by = or a colon."""
    reading = read(write_table(tmp_path / "s.csv", [changed(SERVICE, function_areas=cell)]), ExistingService)
    service = reading.rows[0]
    assert isinstance(service, ExistingService)
    assert service.function_areas == {"elderly_care": 120.0, "community_meals": 80.0}


def test_rows_carry_their_file_and_spreadsheet_row(tmp_path: Path) -> None:
    """Blank rows and line breaks inside quotes count as in a spreadsheet: here the rows 2 and 4."""
    path = town_file(tmp_path, f'{HEADER}\n{CELLS[:-2]}"手\n工"\n,,,,,\n{CELLS}\n')
    assert [row.place for row in read(path, Town).rows] == [Place(path, row=2), Place(path, row=4)]


FILE_FAULTS: dict[str, tuple[str | bytes, str]] = {
    "empty file": ("", "empty-file"),
    "blank lines only": ("\n\n ,\n", "empty-file"),
    "header only": (HEADER + "\n", "no-rows"),
    "rows without header": (CELLS + "\n", "no-header"),
    "title above the header": (f"镇街一览表,,,,,\n{HEADER}\n{CELLS}\n", "no-header"),
    "missing column": (
        f"{HEADER.removesuffix(',source')}\n{CELLS.removesuffix(',手工')}\n",
        "missing-column",
    ),
    "unknown column": (f"{HEADER},remarks\n{CELLS},x\n", "unknown-column"),
    "duplicate column": (f"{HEADER},来源\n{CELLS},x\n", "duplicate-column"),
    "short row": (f"{HEADER}\n{CELLS.removesuffix(',手工')}\n", "ragged-row"),
    "long row": (f"{HEADER}\n{CELLS},x\n", "ragged-row"),
    "quote never closed": (f'{HEADER}\n{CELLS}\n{CELLS[:-2]}"手工\n', "malformed-record"),
    "text after a closing quote": (f'{HEADER}\n{CELLS[:-2]}"手工"x\n', "malformed-record"),
    "endless cell": (f"{HEADER}\n{CELLS}{'x' * 200_000}\n", "malformed-record"),
    "NUL byte": (f"{HEADER}\n{CELLS}\0\n", "binary-content"),
    "UTF-16 without byte order mark": (f"{HEADER}\n".encode("utf-16-le"), "binary-content"),
    "neither UTF-8 nor GBK": (HEADER.encode() + b"\n\xff\xff\xff\n", "unknown-encoding"),
    "damaged UTF-8": (f"{HEADER}\n{CELLS}".encode() + "镇街道".encode()[:-1] + b"\n", "unknown-encoding"),
    "UTF-16 of odd length": (f"{HEADER}\n".encode("utf-16") + b"x", "unknown-encoding"),
}


@pytest.mark.parametrize(("content", "code"), FILE_FAULTS.values(), ids=FILE_FAULTS)
def test_malformed_files_are_refused_by_name(tmp_path: Path, content: str | bytes, code: str) -> None:
    """Each kind of malformed file gives exactly one finding, with its own code and the file's name."""
    path = town_file(tmp_path, content)
    reading = read(path, Town)
    assert codes(reading.findings) == [code]
    assert reading.findings[0].place.file == path


def test_directory_in_place_of_a_table_is_refused(tmp_path: Path) -> None:
    """A folder named like the table is told as such."""
    (tmp_path / "towns.csv").mkdir()
    assert codes(read(tmp_path / "towns.csv", Town).findings) == ["directory-not-file"]


def test_absurdly_large_file_is_refused_unread(tmp_path: Path) -> None:
    """A file above the limit is refused by its size alone."""
    path = tmp_path / "towns.csv"
    with path.open("wb") as stream:
        stream.truncate(LARGEST_TABLE_BYTES + 1)
    assert codes(read(path, Town).findings) == ["file-too-large"]


def test_header_alone_is_accepted_where_allowed(tmp_path: Path) -> None:
    """A table without records has its header alone."""
    reading = read(town_file(tmp_path, HEADER), Town, may_be_empty=True)
    assert (reading.rows, reading.findings) == ((), ())


CELL_FAULTS: dict[str, tuple[dict[str, str], str]] = {
    "missing cell": ({"name": ""}, "missing-cell"),
    "words for a number": ({"floor_area_m2": "约三百"}, "not-a-number"),
    "thousands separator": ({"floor_area_m2": "1,300"}, "not-a-number"),
    "number with unit": ({"floor_area_m2": "1300㎡"}, "not-a-number"),
    "not a number": ({"floor_area_m2": "nan"}, "not-a-number"),
    "infinite": ({"floor_area_m2": "1e999"}, "not-a-number"),
    "negative area": ({"floor_area_m2": "-5"}, "out-of-range"),
    "broken floor": ({"floor": "1.5"}, "not-a-whole-number"),
    "year with a word": ({"year_available": "2027年"}, "not-a-whole-number"),
    "unknown choice": ({"mode": "改造"}, "unknown-value"),
    "neither yes nor no": ({"has_lift": "maybe"}, "not-yes-or-no"),
    "unknown function": ({"excluded_functions": "elderly_car"}, "unknown-function"),
    "function twice": ({"excluded_functions": "养老服务；elderly_care"}, "repeated-function"),
    "code mangled by a spreadsheet": ({"community_code": "6.10124E+11"}, "mangled-code"),
    "code as a decimal": ({"community_code": "610124001001.0"}, "mangled-code"),
    "listed code mangled": ({"serves_communities": "610124001002;6.10124E+11"}, "mangled-code"),
    "longitude beyond the globe": ({"longitude": "1082.2"}, "out-of-range"),
    "swapped coordinates": ({"longitude": "34.16", "latitude": "108.22"}, "coordinates-swapped"),
}


@pytest.mark.parametrize(("cells", "code"), CELL_FAULTS.values(), ids=CELL_FAULTS)
def test_wrong_cells_are_refused_by_name(tmp_path: Path, cells: dict[str, str], code: str) -> None:
    """Each kind of wrong cell gives exactly one finding with row and column; the row is left out."""
    path = write_table(tmp_path / "sites.csv", [SITE, changed(SITE, **cells)])
    reading = read(path, CandidateSite)
    assert codes(reading.findings) == [code]
    place = reading.findings[0].place
    assert (place.row, place.column) == (3, list(cells)[-1])
    assert len(reading.rows) == 1


@pytest.mark.parametrize("cell", ["elderly_care", "elderly_care=", "elderly_care=0", "elderly_care=-3"])
def test_function_without_an_area_is_refused(tmp_path: Path, cell: str) -> None:
    """A listed function needs an area above 0."""
    reading = read(write_table(tmp_path / "s.csv", [changed(SERVICE, function_areas=cell)]), ExistingService)
    assert codes(reading.findings) == ["not-a-function-area"]


def test_malformed_code_says_how_many_digits(tmp_path: Path) -> None:
    """A town code of eight digits is told that nine are allowed, in both languages."""
    reading = read(write_table(tmp_path / "t.csv", [changed(TOWN, town_code="61012400")]), Town)
    assert codes(reading.findings) == ["malformed-code"]
    assert "9 位数字" in reading.findings[0].describe(Language.ZH)
    assert "9 digits" in reading.findings[0].describe(Language.EN)


@pytest.mark.parametrize(("heading", "meant"), [("town_nam", "town_name"), ("镇街名", "镇街名称")])
def test_misspelt_column_is_suggested(tmp_path: Path, heading: str, meant: str) -> None:
    """A misspelt heading is answered with the nearest column, in the language it was written in."""
    content = f"{HEADER.replace('town_name', heading)}\n{CELLS}\n"
    unknown, missing = read(town_file(tmp_path, content), Town).findings
    assert (unknown.code, missing.code) == ("unknown-column", "missing-column")
    assert f"“{meant}”" in unknown.mend.zh


def test_findings_name_the_heading_that_the_file_uses(tmp_path: Path) -> None:
    """A planner with Chinese headings is told of 经度, not of longitude."""
    content = f"{HEADER.replace('longitude', '经度')}\n{CELLS.replace('108.2', '东经')}\n"
    assert read(town_file(tmp_path, content), Town).findings[0].place.column == "经度"


def test_all_faults_of_a_table_come_at_once(tmp_path: Path) -> None:
    """Faults of header, of several cells of a row and of several rows are reported together."""
    rows = [
        changed(SITE, floor="top", mode="?", floor_area_m2="-1", remark=""),
        changed(SITE, name="", latitude="95", remark="x"),
    ]
    found = {
        (finding.code, finding.place.row, finding.place.column)
        for finding in read(write_table(tmp_path / "sites.csv", rows), CandidateSite).findings
    }
    assert found == {
        ("unknown-column", 1, "remark"),
        ("not-a-whole-number", 2, "floor"),
        ("unknown-value", 2, "mode"),
        ("out-of-range", 2, "floor_area_m2"),
        ("missing-cell", 3, "name"),
        ("out-of-range", 3, "latitude"),
    }


def test_rows_before_a_malformed_record_are_still_checked(tmp_path: Path) -> None:
    """A quotation mark that is never closed doesn't hide the faults above it, and is found in its row."""
    content = f'{HEADER}\n{CELLS.replace("108.2", "?")}\n{CELLS[:-2]}"手工\n'
    findings = read(town_file(tmp_path, content), Town).findings
    assert {(finding.code, finding.place.row) for finding in findings} == {
        ("not-a-number", 2),
        ("malformed-record", 3),
    }


def test_the_same_fault_in_every_row_is_counted(tmp_path: Path) -> None:
    """Of 50 rows with the same fault, 20 are listed and 30 counted in one finding."""
    points = [changed(tiny_rows("demand_points")[0], households="many") for _ in range(50)]
    findings = read(write_table(tmp_path / "d.csv", points), DemandPoint).findings
    assert len(findings) == REPEATS_REPORTED + 1
    assert "30" in findings[-1].found.en
    assert findings[-1].place.row is None

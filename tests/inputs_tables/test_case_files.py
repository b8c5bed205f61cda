"""A case folder: read whole, or refused with every fault of all its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.inputs_tables.faults import codes, faults_of, loaded
from tests.tiny_case import changed, tiny_rows, write_tiny_case

from siteplan.case import Datum, Form
from siteplan.inputs.case_files import function_names
from siteplan.policy import Policy


def test_tiny_case_is_read(tmp_path: Path) -> None:
    """The tiny case has its rows, types and road file."""
    case = loaded(write_tiny_case(tmp_path))
    assert (len(case.towns), len(case.communities), len(case.demand_points), len(case.sites)) == (2, 3, 4, 3)
    assert case.header.datum is Datum.WGS84
    assert case.roads_file == tmp_path / "roads.osm"
    assert case.projects[0].form is Form.COMPLEX
    assert case.demand_points[0].residents == pytest.approx(1200)
    assert case.existing_services[0].function_areas == {"sports": 200.0}


def test_tables_without_records_may_have_a_header_alone(tmp_path: Path) -> None:
    """Projects and existing services may be empty, the other tables may not."""
    write_tiny_case(tmp_path, projects=[], existing_services=[])
    assert faults_of(tmp_path) == ()
    write_tiny_case(tmp_path, projects=[], existing_services=[], sites=[], towns=[])
    assert {
        (finding.code, finding.place.file and finding.place.file.name) for finding in faults_of(tmp_path)
    } == {
        ("no-rows", "sites.csv"),
        ("no-rows", "towns.csv"),
    }


def test_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    """Faults of case.yaml, of two tables and of a missing one are raised together."""
    write_tiny_case(
        tmp_path,
        header={"titel": "x"},
        sites=[changed(tiny_rows("sites")[0], mode="?")],
        towns=[changed(tiny_rows("towns")[0], latitude="")],
    )
    (tmp_path / "projects.csv").unlink()
    assert sorted(codes(faults_of(tmp_path))) == [
        "missing-cell",
        "missing-table",
        "unknown-key",
        "unknown-value",
    ]


def test_county_code_may_be_written_without_quotes(tmp_path: Path) -> None:
    """YAML reads 610124 as a number; the case takes it for the code it is."""
    assert loaded(write_tiny_case(tmp_path, header={"county_code": 610124})).header.county_code == "610124"


@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02", "bd09"])
def test_other_datum_is_refused_by_name(tmp_path: Path, datum: str) -> None:
    """A datum that a later version reads is refused with its name and what to do."""
    (finding,) = faults_of(write_tiny_case(tmp_path, header={"datum": datum}))
    assert (finding.code, finding.place.yaml_path, finding.found.en) == ("later-datum", "datum", datum)
    assert finding.place.line is not None


@pytest.mark.parametrize("roads", ["../roads.osm", "/etc/passwd", "a/../../roads.osm"])
def test_road_file_outside_the_case_is_refused(tmp_path: Path, roads: str) -> None:
    """The road file stays inside the case folder."""
    assert codes(faults_of(write_tiny_case(tmp_path / "case", header={"roads": roads}))) == [
        "path-leaves-folder"
    ]


@pytest.mark.parametrize("name", ["sites.xlsx", "SITES.XLS", "case.gpkg", "county.et"])
def test_workbooks_and_geopackages_are_refused(tmp_path: Path, name: str) -> None:
    """A workbook or GeoPackage beside the tables is refused, so that nobody believes it was read."""
    (write_tiny_case(tmp_path) / name).write_bytes(b"PK")
    (finding,) = faults_of(tmp_path)
    assert finding.code == "later-format"
    assert finding.place.file is not None
    assert finding.place.file.name == name


def test_workbook_instead_of_a_table_is_told_once(tmp_path: Path) -> None:
    """Where sites.xlsx stands for sites.csv, the format is the fault, not also a missing table."""
    write_tiny_case(tmp_path)
    (tmp_path / "sites.csv").rename(tmp_path / "sites.xlsx")
    assert codes(faults_of(tmp_path)) == ["later-format"]


def test_roads_in_a_geopackage_and_lock_files_are_no_tables(tmp_path: Path) -> None:
    """The road file may be a GeoPackage, and a spreadsheet's lock file disturbs nobody."""
    write_tiny_case(tmp_path, header={"roads": "roads.gpkg"})
    (tmp_path / "roads.gpkg").write_bytes(b"")
    (tmp_path / "~$sites.xlsx").write_bytes(b"")
    assert faults_of(tmp_path) == ()


@pytest.mark.parametrize("name", ["Sites.CSV", "site.csv", "sites_.csv"])
def test_misnamed_table_is_suggested(tmp_path: Path, name: str) -> None:
    """A table under a similar name is pointed at."""
    write_tiny_case(tmp_path)
    (tmp_path / "sites.csv").rename(tmp_path / name)
    (finding,) = faults_of(tmp_path)
    assert finding.code == "missing-table"
    assert name in finding.mend.en


def test_directory_in_place_of_a_table(tmp_path: Path) -> None:
    """A folder called sites.csv is told as such."""
    (write_tiny_case(tmp_path) / "sites.csv").unlink()
    (tmp_path / "sites.csv").mkdir()
    assert codes(faults_of(tmp_path)) == ["directory-not-file"]


def test_missing_case_folder_and_missing_case_yaml(tmp_path: Path) -> None:
    """No folder, a file in its place and a folder without case.yaml each get one finding."""
    (tmp_path / "file").write_text("")
    assert codes(faults_of(tmp_path / "nowhere")) == ["no-case-folder"]
    assert codes(faults_of(tmp_path / "file")) == ["no-case-folder"]
    write_tiny_case(tmp_path / "case")
    (tmp_path / "case" / "case.yaml").unlink()
    assert codes(faults_of(tmp_path / "case")) == ["missing-file"]


def test_reading_changes_nothing_on_disk(tmp_path: Path) -> None:
    """Reading a faulty case leaves the folder as it was."""
    write_tiny_case(tmp_path, sites=[changed(tiny_rows("sites")[0], mode="?")])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert faults_of(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_function_names_lead_from_both_languages_to_the_key(policy: Policy) -> None:
    """Key, Chinese name and English name (lower case) of a function lead to its key."""
    names = function_names(policy)
    assert names["养老服务"] == names["elderly care"] == names["elderly_care"] == "elderly_care"
    assert set(names.values()) == set(policy.functions)

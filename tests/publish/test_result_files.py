"""The result files of a published run: plan, GeoJSON and assignments."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import geopandas
import pytest
from pandas import isna
from tests.tiny_problem import CULTURE, ELDERLY, MEALS

from siteplan.findings import InputError
from siteplan.publish import Run, publish, read_plan, result_folder
from siteplan.publish.geojson import write_sites


@pytest.fixture
def results(run: Run, tmp_path: Path) -> Path:
    """Publish the run and return its result folder."""
    folder = tmp_path / "project" / "results" / "tiny"
    with result_folder(folder) as held:
        publish(run, held)
    return folder


def test_the_plan_reads_back_as_it_was(run: Run, results: Path) -> None:
    """``plan.json`` holds the whole plan exactly, under its schema version."""
    assert read_plan(results) == run.plan
    assert json.loads((results / "plan.json").read_text(encoding="utf-8"))["schema"] == "siteplan-plan/1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"schema": "siteplan-plan/2"}', "results-schema"),
        ('{"title_zh": "x"}', "results-schema"),
        ("[]", "results-schema"),
        ('{"schema": "siteplan-plan/1", "years": "soon"}', "results-fault"),
        ('{"schema": ', "results-not-json"),
        ("[" * 100_000, "results-not-json"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused(content: str, code: str, tmp_path: Path) -> None:
    """Another schema version, a fault or a damaged file each gives its finding."""
    (tmp_path / "plan.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read_plan(tmp_path)
    assert {finding.code for finding in refusal.value.findings} == {code}


def test_a_folder_without_a_plan_is_refused(tmp_path: Path) -> None:
    """A missing plan, or a directory in its place, is told as a finding."""
    with pytest.raises(InputError, match="results-unreadable"):
        read_plan(tmp_path / "nowhere")
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(InputError, match="results-unreadable"):
        read_plan(tmp_path)


def test_sites_open_in_geopandas(results: Path) -> None:
    """One point per open site in WGS 84, with functions, areas, year, form, cost and data status."""
    sites = geopandas.read_file(results / "sites.geojson").set_index("site_id")
    assert sites.crs == "EPSG:4326"
    assert list(sites.index) == ["s1", "s2", "e1"]
    s1 = sites.loc["s1"]
    assert (s1["open_from"], s1["form"], s1["form_zh"]) == (2027, "complex", "综合体")
    assert s1["functions"] == "elderly_care;community_meals;culture"
    assert s1["functions_zh"] == "养老服务、社区助餐、文化休闲"
    assert s1["function_area_m2"] == "elderly_care=100; community_meals=60; culture=80"
    assert s1["capital_cny"] == 800_000
    assert (s1["operating_cny"], s1["fees_cny"]) == (38_750, 21_250)
    assert set(sites["data_status"]) == {"illustrative"}
    assert sites["illustrative"].all()
    assert sites.loc["e1"]["role_zh"] == "现有服务"


def test_a_site_names_its_operator_and_joint_programme(run: Run, tmp_path: Path) -> None:
    """Who runs it, which programme shares its year and money, what that pays; null where none does."""
    first, *others = run.plan.sites
    joint = {"operator": "某公司", "joint_programme": "老旧小区改造", "joint_programme_cny": 400_000.0}
    plan = run.plan.model_copy(update={"sites": (first.model_copy(update=joint), *others)})
    write_sites(plan, run.problem, tmp_path / "sites.geojson")
    features = json.loads((tmp_path / "sites.geojson").read_text(encoding="utf-8"))["features"]
    told = [{key: feature["properties"][key] for key in joint} for feature in features[:2]]
    assert told == [joint, {"operator": None, "joint_programme": None, "joint_programme_cny": 0.0}]


def test_coverage_opens_in_geopandas(run: Run, results: Path) -> None:
    """One point per demand point with a flag, nearest site and distance by function and year.

    a1 has elderly care at s1 (200 m); b1 none within 500 m in 2027 and s2 (300 m) in 2028; b2 isn't
    occupied in 2027, x1 lies outside the scope: nobody is counted there.
    """
    points = geopandas.read_file(results / "coverage.geojson").set_index("demand_id")
    assert list(points.index) == list(run.problem.demand)
    assert points["community_name"]["a1"] == "甲社区"
    flags = {
        year: {
            key: None if isna(flag) else bool(flag)
            for key, flag in points[f"covered_{ELDERLY}_{year}"].items()
        }
        for year in (2027, 2028)
    }
    assert flags[2027] == {"a1": True, "a2": True, "b1": False, "b2": None, "x1": None}
    assert flags[2028] == {"a1": True, "a2": True, "b1": True, "b2": False, "x1": None}
    assert points[f"nearest_site_{ELDERLY}_2028"]["b1"] == "s2"
    assert points[f"distance_m_{ELDERLY}_2028"]["b1"] == 300.0


def test_geojson_is_as_the_rfc_says(results: Path) -> None:
    """No crs member, 7 decimals, and both collections say that they are illustrative."""
    for name in ("sites.geojson", "coverage.geojson"):
        collection = json.loads((results / name).read_text(encoding="utf-8"))
        assert collection["type"] == "FeatureCollection"
        assert "crs" not in collection
        assert collection["illustrative"] is True
        assert "示例数据" in collection["note"]
        assert "illustrative" in collection["note"]
    sites = json.loads((results / "sites.geojson").read_text(encoding="utf-8"))["features"]
    assert sites[2]["geometry"] == {"type": "Point", "coordinates": [108.2012346, 34.1598765]}


def test_without_illustrative_records_no_note_is_made(run: Run, tmp_path: Path) -> None:
    """Results of official records alone don't call themselves illustrative."""
    official = replace(run, plan=run.plan.model_copy(update={"illustrative": False}))
    with result_folder(tmp_path / "tiny") as held:
        record = publish(official, held)
    collection = json.loads((tmp_path / "tiny" / "sites.geojson").read_text(encoding="utf-8"))
    assert collection["illustrative"] is False
    assert "note" not in collection
    assert record.note_zh == ""


def test_assignments_read_back_as_excel_reads_them(results: Path) -> None:
    """The file starts with a byte-order mark; rows say who uses what, or why they have nothing."""
    file = results / "assignments.csv"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    meals = [
        (row["demand_id"], row["site_id"], float(row["persons"]), row["distance_m"], row["cause"])
        for row in rows
        if (row["year"], row["function"]) == ("2027", MEALS)
    ]
    assert meals == [
        ("a1", "s1", 10.0, "200.0", ""),
        ("a1", "e1", 5.0, "400.0", ""),
        ("a1", "", 5.0, "", "no_place"),
        ("a2", "e1", 10.0, "150.0", ""),
        ("b1", "", 16.0, "", "no_provider_in_reach"),
    ]
    assert {row["illustrative"] for row in rows} == {"yes"}
    assert rows[0]["function_zh"] == "养老服务"
    assert {row["cause_zh"] for row in rows} == {"", "步行范围内已满", "步行范围内无此功能"}


def test_assignments_add_up_to_the_served(run: Run, results: Path) -> None:
    """Persons with a site sum up to the served of the plan, for every function and year."""
    with (results / "assignments.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    seated: dict[tuple[str, int], float] = defaultdict(float)
    for row in rows:
        seated[row["function"], int(row["year"])] += float(row["persons"]) if row["site_id"] else 0.0
    served = {
        (figure.function, figure.year): figure.covered
        for figure in run.plan.coverage
        if figure.basis.value == "served"
    }
    assert seated == pytest.approx(served)
    assert served[CULTURE, 2028] == 160


def test_the_same_run_writes_the_same_bytes(run: Run, results: Path, tmp_path: Path) -> None:
    """Everything but ``run.json``, which tells times, is the same byte by byte."""
    with result_folder(tmp_path / "again") as held:
        publish(run, held)
    for name in ("plan.json", "sites.geojson", "coverage.geojson", "assignments.csv", "money.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (results / name).read_bytes()

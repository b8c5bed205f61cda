"""What the tables of the bundled case must hold."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import pytest

from siteplan.case import AGE_GROUPS, Mode, StockKind

Rows = list[dict[str, str]]
Tables = dict[str, Rows]

METRES_PER_DEGREE = (92_209.0, 110_925.0)
STANDARD_FUNCTIONS = {"elderly_care", "infant_care", "after_school_care", "community_meals"}


def persons(row: dict[str, str], group: str) -> int:
    """Return the residents of an age group in one row."""
    return int(row[f"residents_{group}"])


def areas_of(cell: str) -> dict[str, float]:
    """Return the functions and usable m² in a cell."""
    pairs = (entry.split("=") for entry in cell.split(";"))
    return {function.strip(): float(square_metres) for function, square_metres in pairs}


def metres_between(a: dict[str, str], b: dict[str, str]) -> float:
    """Return the straight distance between two rows, good enough within the county."""
    east = (float(a["longitude"]) - float(b["longitude"])) * METRES_PER_DEGREE[0]
    north = (float(a["latitude"]) - float(b["latitude"])) * METRES_PER_DEGREE[1]
    return math.hypot(east, north)


def test_every_table_opens_right_in_excel(case_folder: Path) -> None:
    """Every CSV starts with a UTF-8 byte order mark, without which Excel garbles Chinese."""
    paths = list(case_folder.glob("*.csv"))
    assert len(paths) == 6
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in paths)


def test_names_and_codes_are_the_published_ones(tables: Tables) -> None:
    """Towns and communities carry the published codes and names; only 莲花池社区 is added, provisionally."""
    shared = Path(__file__).parents[2].parent / "shared" / "data" / "zhouzhi"
    if not shared.is_dir():
        pytest.skip("the published code lists (shared/data/zhouzhi) are not beside the repository")
    with (shared / "towns.csv").open(encoding="utf-8") as file:
        towns = {row["town_code"]: row["town_name"] for row in csv.DictReader(file)}
    with (shared / "urban_communities.csv").open(encoding="utf-8") as file:
        listed = {
            row["community_code"]: (row["community_name"].removesuffix("居委会"), row["town_code"])
            for row in csv.DictReader(file)
        }
    assert {row["town_code"]: row["town_name"] for row in tables["towns"]} == towns
    official = [row for row in tables["communities"] if row["code_provisional"] == "no"]
    assert {r["community_code"]: (r["community_name"], r["town_code"]) for r in official} == listed


def test_24_communities_are_in_scope_with_a_source(tables: Tables) -> None:
    """23 listed urban communities and 莲花池社区, whose code is marked provisional."""
    communities = tables["communities"]
    assert len(tables["towns"]) == 20
    assert len({row["community_code"] for row in communities}) == len(communities) == 24
    assert all(row["in_scope"] == "yes" and row["source"] for row in communities)
    provisional = [row for row in communities if row["code_provisional"] == "yes"]
    assert [(row["community_name"], row["town_code"]) for row in provisional] == [("莲花池社区", "610124001")]


def test_towns_lie_kilometres_apart(tables: Tables) -> None:
    """No two town seats are nearer than 4 km, and their places are marked approximate."""
    towns = tables["towns"]
    nearest = min(metres_between(a, b) for a in towns for b in towns if a is not b)
    assert nearest > 4_000
    assert {row["data_status"] for row in towns} == {"approximate"}


def test_residents_are_the_countys_urban_residents(tables: Tables) -> None:
    """Residents add up to 557 482 × 30.4 %, households to residents ÷ 3.6, in whole numbers."""
    points = tables["demand_points"]
    residents = sum(persons(row, group) for row in points for group in AGE_GROUPS)
    assert residents == round(557_482 * 0.304)
    assert sum(int(row["households"]) for row in points) == round(residents / 3.6)
    assert 140 <= len(points) <= 160


@pytest.mark.parametrize(
    ("groups", "percent"),
    [
        (("age_60_69", "age_70_79", "age_80_plus"), 21.10),
        (("age_0_2", "age_3_5", "age_6_12", "age_13_17"), 18.53 + 3.60),
        (("age_18_59",), 60.37 - 3.60),
    ],
)
def test_ages_are_the_census_shares(tables: Tables, groups: tuple[str, ...], percent: float) -> None:
    """The ages of all residents together are the published shares (15-17: 3.60 %, an assumption)."""
    points = tables["demand_points"]
    total = sum(persons(row, group) for row in points for group in AGE_GROUPS)
    share = 100 * sum(persons(row, group) for row in points for group in groups) / total
    assert share == pytest.approx(percent, abs=0.005)


def test_compounds_differ_in_age(tables: Tables) -> None:
    """Old compounds have at least twice the share of residents of 60 and over that new ones have."""
    shares = sorted(
        sum(persons(row, group) for group in AGE_GROUPS[5:]) / sum(persons(row, g) for g in AGE_GROUPS)
        for row in tables["demand_points"]
    )
    assert shares[-15] > 2 * shares[15]


def test_demand_points_lie_near_their_community(tables: Tables) -> None:
    """Every compound is within 1.2 km of its community's place, and every community has at least three."""
    communities = {row["community_code"]: row for row in tables["communities"]}
    points = tables["demand_points"]
    assert all(metres_between(row, communities[row["community_code"]]) < 1_200 for row in points)
    count = Counter(row["community_code"] for row in points)
    assert set(count) == set(communities)
    assert min(count.values()) >= 3


def test_new_estates_bring_their_own_facility(tables: Tables) -> None:
    """Each estate that is occupied later has its own facility of 50 m² per 100 households in that year."""
    estates = [row for row in tables["demand_points"] if row["occupied_from"]]
    assert {row["occupied_from"] for row in estates} == {"2028", "2029"}
    facilities = {r["estate_id"]: r for r in tables["sites"] if r["stock_kind"] == "new_estate_facility"}
    for estate in estates:
        facility = facilities[estate["estate_id"]]
        assert facility["year_available"] == estate["occupied_from"]
        assert float(facility["floor_area_m2"]) >= 50 * int(estate["households"]) / 100


def test_committed_projects_are_annex_3(tables: Tables) -> None:
    """Year, community, form, floor area, progress and level are as annex 3 lists them."""
    names = {row["community_code"]: row["community_name"] for row in tables["communities"]}
    columns = ("year", "form", "floor_area_m2", "progress", "level")
    assert [
        (names[row["community_code"]], *(row[column] for column in columns)) for row in tables["projects"]
    ] == [
        ("莲花池社区", "2024", "complex", "1300", "需装修", "national"),
        ("淳风苑社区", "2024", "complex", "498", "已收房", "national"),
        ("城东社区", "2025", "complex", "500", "已收房", "national"),
        ("终南社区", "2026", "complex", "586", "已收房", "municipal"),
    ]


def test_zhongnan_has_the_four_standard_functions(tables: Tables) -> None:
    """The municipal project lists the four standard functions as required and in its areas."""
    project = tables["projects"][3]
    assert {name.strip() for name in project["required_functions"].split(";")} == STANDARD_FUNCTIONS
    assert set(areas_of(project["function_areas"])) == STANDARD_FUNCTIONS


def test_every_kind_of_stock_and_mode_occurs(tables: Tables) -> None:
    """Sites of every stock kind and mode, from a basement to upper floors with and without lift."""
    sites = tables["sites"]
    assert {row["stock_kind"] for row in sites} == set(StockKind)
    assert {row["mode"] for row in sites} == set(Mode)
    assert {row["consent"] for row in sites} == {"agreed", "seeking", "refused"}
    assert {row["has_lift"] for row in sites if int(row["floor"]) > 1} == {"yes", "no"}
    assert min(int(row["floor"]) for row in sites) < 0
    assert {"2028", "2029", "2030"} <= {row["year_available"] for row in sites}
    assert 110 <= len(sites) <= 135
    assert all(60 <= float(row["floor_area_m2"]) <= 1_500 for row in sites)


def test_identifiers_are_unique_over_sites_projects_and_services(tables: Tables) -> None:
    """One identifier names one space, whatever table it is in."""
    identifiers = [row["site_id"] for row in tables["sites"]]
    identifiers += [row["project_id"] for row in tables["projects"]]
    identifiers += [row["service_id"] for row in tables["existing_services"]]
    assert len(set(identifiers)) == len(identifiers)


def test_what_is_generated_says_so(tables: Tables, case_folder: Path) -> None:
    """Every generated row is illustrative, and the README names every table and column heading."""
    for table in ("communities", "demand_points", "sites", "existing_services"):
        assert {row["data_status"] for row in tables[table]} == {"illustrative"}
    assert {row["functions_status"] for row in tables["projects"]} == {"illustrative"}
    assert all("（示例）" in row["name"] for row in tables["demand_points"] + tables["sites"])
    readme = (case_folder / "README.md").read_text(encoding="utf-8")
    assert all(f"## {table}.csv" in readme for table in tables)

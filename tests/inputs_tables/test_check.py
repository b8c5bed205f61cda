"""Checks of a case: one variation of the tiny case for every error and warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.inputs_tables.faults import codes
from tests.tiny_case import changed, tiny_rows, write_tiny_case

from siteplan.case import Case
from siteplan.findings import Finding, has_errors
from siteplan.inputs.bundled import bundled_root
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.check import check_case
from siteplan.inputs.check.programmes import area_of_rooms
from siteplan.policy import Policy
from siteplan.scenario import BilingualTitle, Rules, Scenario
from siteplan.text import Language

USUAL = "demand-outside-scope"
"""The tiny case has one demand point outside the scope, of which check warns."""


def scenario(first_year: int, *, site_form: bool = True) -> Scenario:
    """A scenario of one year."""
    title = BilingualTitle(zh="试", en="trial")
    return Scenario(title=title, case="case", years=(first_year,), rules=Rules(site_form=site_form))


class Checker:
    """Writes a variation of the tiny case, reads it and returns what check says beyond the usual."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        self.folder = folder
        self.policy = policy

    def case(self, header: dict[str, Any] | None = None, **tables: Any) -> Case:
        """Write the variation and read it."""
        return load_case(write_tiny_case(self.folder, header=header, **tables), function_names(self.policy))

    def __call__(
        self,
        header: dict[str, Any] | None = None,
        settings: Scenario | None = None,
        **tables: Any,
    ) -> list[Finding]:
        """Return the findings of the variation without the usual one."""
        findings = check_case(self.case(header, **tables), self.policy, settings)
        return [finding for finding in findings if finding.code != USUAL]


@pytest.fixture
def check(tmp_path: Path, policy: Policy) -> Checker:
    return Checker(tmp_path, policy)


def with_first(table: str, **cells: str) -> dict[str, Any]:
    """The table with some cells of its first row replaced, as a keyword for the tiny case."""
    first, *others = tiny_rows(table)
    return {table: [changed(first, **cells), *others]}


def test_tiny_case_is_clean(check: Checker, policy: Policy) -> None:
    """The tiny case has no error, and one warning: a demand point outside the scope."""
    assert check() == []
    findings = check_case(check.case(), policy)
    assert codes(findings) == [USUAL]
    assert not has_errors(findings)


def test_bundled_case_has_no_errors(policy: Policy) -> None:
    """The shipped case gives warnings at most, before and inside the horizon of its projects."""
    case = load_case(bundled_root() / "data" / "zhouzhi", function_names(policy))
    for first_year in (2024, 2027):
        findings = check_case(case, policy, scenario(first_year))
        assert not has_errors(findings), [finding.describe(Language.EN) for finding in findings]


VARIATIONS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "unknown community": ("demand_points", {"community_code": "610124001901"}, ["unknown-code"]),
    "unknown served community": ("sites", {"serves_communities": "610124001901"}, ["unknown-code"]),
    "unknown town": ("communities", {"town_code": "610124002"}, ["unknown-code"]),
    "community of another town": ("communities", {"town_code": "610124100"}, ["code-prefix"]),
    "provisional code": ("communities", {"town_code": "610124100", "code_provisional": "是"}, []),
    "coordinates zero": ("sites", {"longitude": "0", "latitude": "0"}, ["coordinates-zero"]),
    "outside the county": ("demand_points", {"longitude": "108.9"}, ["outside-extent"]),
    "more households than residents": (
        "demand_points",
        {"households": "5000"},
        ["more-households-than-residents"],
    ),
    "eleven residents a household": (
        "demand_points",
        {"households": "100"},
        ["many-residents-per-household"],
    ),
    "year of two digits": ("demand_points", {"occupied_from": "27"}, ["implausible-year"]),
    "year of five digits": ("sites", {"year_available": "20270"}, ["implausible-year"]),
    "project of year 226": ("projects", {"year": "226"}, ["implausible-year"]),
    "usable above floor area": ("sites", {"usable_area_m2": "1001"}, ["usable-above-floor-area"]),
    "enormous building": ("sites", {"floor_area_m2": "100001"}, ["very-large-area"]),
    "golden building": ("sites", {"opening_cost_cny": "50001000"}, ["very-high-cost"]),
    "below every minimum": ("sites", {"floor_area_m2": "40", "usable_area_m2": ""}, ["below-every-minimum"]),
    "consent sought": ("sites", {"consent": "征求中"}, ["consent-still-sought"]),
    "rent of a space that is lent": ("sites", {"rent_cny_per_m2_year": "60"}, ["rent-without-renting"]),
    "consent refused": ("sites", {"consent": "未同意"}, ["consent-refused"]),
    "service without functions": ("existing_services", {"function_areas": ""}, ["no-functions-listed"]),
    "functions above usable area": (
        "existing_services",
        {"function_areas": "sports=200; culture=81"},
        ["functions-above-usable-area"],
    ),
    "functions that share a room": (
        "existing_services",
        {"function_areas": "sports=180; culture=100; after_school_care=90"},
        [],
    ),
    "required functions do not fit": (
        "projects",
        {"floor_area_m2": "700", "usable_area_m2": "199", "function_areas": ""},
        ["required-functions-do-not-fit"],
    ),
    "complex too small for three functions": (
        "projects",
        {
            "level": "national",
            "floor_area_m2": "700",
            "usable_area_m2": "60",
            "function_areas": "",
            "required_functions": "",
        },
        ["complex-holds-too-few-functions"],
    ),
    "complex below the guideline": (
        "projects",
        {"floor_area_m2": "599", "usable_area_m2": "590", "function_areas": ""},
        ["complex-below-guideline"],
    ),
    "scattered with many functions": (
        "projects",
        {"form": "scattered", "floor_area_m2": "2000", "usable_area_m2": "1400"},
        ["scattered-with-many-functions"],
    ),
}


@pytest.mark.parametrize(("table", "cells", "expected"), VARIATIONS.values(), ids=VARIATIONS)
def test_each_variation_has_its_finding(
    check: Checker, table: str, cells: dict[str, str], expected: list[str]
) -> None:
    """One changed cell gives the finding named after the fault, placed in that table."""
    findings = check(**with_first(table, **cells))
    assert codes(findings) == expected
    for finding in findings:
        assert finding.place.file is not None
        assert finding.place.file.name == f"{table}.csv"
        assert finding.place.row == 2


def test_coordinates_swapped_within_the_range_of_latitudes(check: Checker) -> None:
    """Far in the west both numbers could be latitudes: swapped ones are told from those outside."""
    findings = check(
        header={"extent": [80.0, 40.0, 81.0, 41.0], "metric_crs": "EPSG:32644"},
        **with_first("sites", longitude="40.5", latitude="80.5"),
    )
    swapped = [finding for finding in findings if finding.code == "coordinates-swapped"]
    assert [(finding.place.row, finding.found.en.split(":")[0]) for finding in swapped] == [(2, "40.5, 80.5")]
    assert set(codes(findings)) == {"coordinates-swapped", "outside-extent"}


def test_identifiers_are_unique_over_the_tables_of_sites(check: Checker) -> None:
    """A project may not have a site's identifier; the finding names the first use."""
    (finding,) = check(**with_first("projects", project_id="S2"))
    assert finding.code == "duplicate-identifier"
    assert finding.found.en == "S2 again, first in sites.csv, row 3"


@pytest.mark.parametrize("table", ["towns", "communities", "demand_points", "sites"])
def test_repeated_row_is_a_duplicate(check: Checker, table: str) -> None:
    """The same row twice is one finding on the second."""
    rows = tiny_rows(table)
    tables: dict[str, Any] = {table: [*rows, rows[0]]}
    (finding,) = check(**tables)
    assert (finding.code, finding.place.row) == ("duplicate-identifier", len(rows) + 2)


@pytest.mark.parametrize("written", ["610124001011", "东街社区"])
def test_unknown_community_is_suggested(check: Checker, written: str) -> None:
    """A mistyped code and a name in the code's place both lead to the community meant."""
    (finding,) = check(**with_first("demand_points", community_code=written))
    assert finding.code == "unknown-code"
    assert "610124001001" in finding.mend.en


def test_town_of_another_county_is_an_error(check: Checker) -> None:
    """Codes of towns begin with the county's code."""
    assert codes(check(header={"county_code": "610125"})) == ["code-prefix"] * 2


def test_community_in_scope_needs_demand_points(check: Checker) -> None:
    """A community in scope without demand points is warned of, by name."""
    (finding,) = check(demand_points=[row for row in tiny_rows("demand_points") if row["demand_id"] != "D3"])
    assert finding.code == "community-without-demand"
    assert "西街社区" in finding.found.zh


def test_demand_point_without_residents_is_suspicious(check: Checker) -> None:
    """Households without residents are warned of."""
    nobody = {column: "0" for column in tiny_rows("demand_points")[0] if column.startswith("residents_")}
    assert codes(check(**with_first("demand_points", **nobody))) == ["no-residents"]


@pytest.mark.parametrize(
    "extent",
    [
        [108.26, 34.13, 108.19, 34.19],
        [34.13, 108.19, 34.19, 108.26],
        [100.0, 30.0, 110.0, 35.0],
    ],
    ids=["west and east swapped", "latitude first", "ten degrees wide"],
)
def test_wrong_extent_is_one_error(check: Checker, extent: list[float]) -> None:
    """A wrong extent is told itself, not through every row outside it."""
    (finding,) = check(header={"extent": extent})
    assert (finding.code, finding.place.yaml_path) == ("extent", "extent")


@pytest.mark.parametrize(
    ("metric_crs", "expected"),
    [
        ("EPSG:4545", []),
        ("EPSG:4524", []),
        ("EPSG:32649", []),
        ("EPSG:32648", ["metric-crs-area"]),
        ("EPSG:4490", ["metric-crs"]),
        ("EPSG:3857", ["metric-crs"]),
        ("EPSG:2263", ["metric-crs"]),
        ("EPSG:99999", ["metric-crs"]),
    ],
)
def test_metric_crs_must_measure_the_county_in_metres(
    check: Checker, metric_crs: str, expected: list[str]
) -> None:
    """Gauss–Krüger zones pass; degrees, feet, Web Mercator and unknown systems don't."""
    assert codes(check(header={"metric_crs": metric_crs})) == expected


def test_project_before_the_first_year_needs_its_functions(check: Checker) -> None:
    """The same project without listed functions is an error before the horizon, none inside it."""
    tables = with_first("projects", function_areas="")
    assert codes(check(settings=scenario(2027), **tables)) == ["no-functions-listed"]
    assert check(settings=scenario(2026), **tables) == []


def test_project_before_the_first_year_lists_what_is_required(check: Checker) -> None:
    """A required function that isn't among the listed ones is an error, by name."""
    tables = with_first("projects", function_areas="elderly_care=250; infant_care=200")
    (finding,) = check(settings=scenario(2027), **tables)
    assert finding.code == "required-function-not-listed"
    assert "after_school_care, community_meals" in finding.found.en


def test_site_too_small_standing_alone_may_do_without_the_rule_on_form(check: Checker) -> None:
    """30 m² hold no function alone, but one by the minima of modules where the form is no rule."""
    tables = with_first("sites", floor_area_m2="30", usable_area_m2="25")
    assert codes(check(settings=scenario(2027), **tables)) == ["below-every-minimum"]
    assert check(settings=scenario(2027, site_form=False), **tables) == []


def test_rooms_of_one_group_count_once(policy: Policy) -> None:
    """After-school care and culture share a room: the larger counts; sports has its own."""
    areas = {"after_school_care": 90.0, "culture": 100.0, "sports": 60.0}
    assert area_of_rooms(areas, policy) == 160.0


def test_every_finding_speaks_both_languages(check: Checker) -> None:
    """Findings of check have Chinese and English for what was found, allowed and to mend."""
    for table, cells, _ in VARIATIONS.values():
        for finding in check(**with_first(table, **cells)):
            for text in (finding.allowed, finding.mend):
                assert text.zh
                assert text.en
                assert text.en != text.zh


def paid_by(**conditions: Any) -> Scenario:
    """A scenario with one source that has conditions."""
    source = {"name": "县", "amounts_cny": {2027: 1_000_000}, **conditions}
    settings = {"title": "试", "case": "case", "years": [2027], "budget": {"sources": {"county": source}}}
    return Scenario.model_validate(settings)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"eligible_levels": ["county"]}, []),
        ({"eligible_levels": ["national"]}, ["source-without-sites", "site-without-source"]),
        ({"eligible_modes": ["new_build"]}, ["source-without-sites", "site-without-source"]),
        ({"eligible_functions": ["elderly_care"]}, ["site-without-source"]),
    ],
)
def test_sources_and_sites_that_do_not_meet(
    check: Checker, conditions: dict[str, Any], expected: list[str]
) -> None:
    """A source without an eligible site, and sites whose opening nobody may pay, are warned of."""
    assert codes(check(settings=paid_by(**conditions))) == expected


def test_a_site_may_be_listed_at_a_higher_level(check: Checker) -> None:
    """The column project_level, by key or Chinese label, makes a site eligible."""
    first, *others = tiny_rows("sites")
    rows = [{**first, "project_level": "国家级"}, *({**row, "project_level": ""} for row in others)]
    (finding,) = check(settings=paid_by(eligible_levels=["national"]), sites=rows)
    assert (finding.code, finding.found.en[:7]) == ("site-without-source", "2 sites")


def joint(*programmes: str, **entry: Any) -> Scenario:
    """A scenario with an entry for each programme."""
    entries = {f"x{n}": {"programme": name, "pays_share": 0.5, **entry} for n, name in enumerate(programmes)}
    settings = {"title": "试", "case": "case", "years": [2027], "joint_programmes": entries}
    return Scenario.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "cells", "expected"),
    [
        (joint("老旧小区改造"), {"joint_programme_year": "2027"}, []),
        (joint("老旧小区改造", year=2028), {}, []),
        (joint("老旧小区改造"), {}, ["joint-programme-without-year"]),
        (joint("老旧小区"), {"joint_programme_year": "2027"}, ["unknown-joint-programme"]),
        (
            joint("老旧小区改造", "老旧小区改造"),
            {"joint_programme_year": "2027"},
            ["joint-programme-twice"],
        ),
        (
            joint("老旧小区改造"),
            {"joint_programme_year": "2027", "year_available": "2028"},
            ["joint-programme-before-available"],
        ),
    ],
    ids=str,
)
def test_joint_programmes_and_sites_that_do_not_meet(
    check: Checker, settings: Scenario, cells: dict[str, str], expected: list[str]
) -> None:
    """A programme without sites or listed twice, a site without a year or available too late."""
    table = with_first("sites", joint_programme="老旧小区改造", **cells)
    assert codes(check(settings=settings, **table)) == expected

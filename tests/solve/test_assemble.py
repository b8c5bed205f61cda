"""From the tables, the policy and a scenario to the problem: every figure resolved as the rules say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_case import changed, tiny_rows, write_tiny_case
from tests.verify.world import CULTURE, ELDERLY, INFANT, MEALS, SPORTS, figure, tiny_policy

from siteplan.assemble import build_problem
from siteplan.assemble.sites import usable_area_of
from siteplan.case import Case, Form, Mode
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.roads import read_roads
from siteplan.outcome import evaluate
from siteplan.plan import Decisions
from siteplan.policy import AreaFigure, Figure, LandUseCodes, Policy
from siteplan.problem import Problem, Role
from siteplan.reach import walking_access
from siteplan.scenario import Scenario


def scenario(**changes: Any) -> Scenario:
    return Scenario.model_validate({"title": "tiny", "case": "case", "years": (2027, 2028), **changes})


def problem_of(
    folder: Path, changes: dict[str, Any] | None = None, policy: Policy | None = None, **tables: Any
) -> Problem:
    """Return the problem of the tiny case with some tables replaced, under a scenario of 2027 and 2028."""
    policy = policy or tiny_policy()
    case: Case = load_case(write_tiny_case(folder / "case", **tables), function_names(policy))
    network = read_roads(case.roads_file, case.header.metric_crs)
    access = walking_access(network, case, policy, 1000.0)
    return build_problem(case, policy, scenario(**(changes or {})), access)


def test_areas_published_as_floor_area_become_usable(tmp_path: Path) -> None:
    """Elderly care alone: 200 m² floor × 0.7 = 140 m² usable; in a complex 80 m² are usable already."""
    assert usable_area_of(AreaFigure(**figure(200.0), area="floor"), 0.7) == pytest.approx(140.0)
    elderly = problem_of(tmp_path).functions[ELDERLY]
    assert elderly.minimum_alone_m2 == pytest.approx(140.0)
    assert elderly.minimum_in_complex_m2 == 80.0


def test_usable_area_left_out_is_a_share_of_the_floor_area(tmp_path: Path) -> None:
    """S1 without its own figure has 1 000 × 0.7 m²; an opening cost left out is 1 000 CNY per floor m²."""
    first, *others = tiny_rows("sites")
    sites = [changed(first, usable_area_m2=""), changed(others[0], opening_cost_cny="12345"), *others[1:]]
    problem = problem_of(tmp_path, sites=sites)
    assert problem.sites["S1"].usable_area_m2 == pytest.approx(700.0)
    assert problem.sites["S1"].opening_cost_cny == pytest.approx(1_000_000.0)
    assert problem.sites["S2"].opening_cost_cny == 12_345.0


@pytest.mark.parametrize("has_forms", [True, False])
def test_what_is_asked_of_complexes_needs_the_rule_of_form(tmp_path: Path, has_forms: bool) -> None:
    """Without the rule every site would count as a complex: to leave it out would ask more, not less."""
    rules = {"site_form": has_forms, "places_reserved_first": True, "complex_places_at_least": {MEALS: 80}}
    problem = problem_of(tmp_path, {"rules": rules})
    assert problem.places_reserved_first is has_forms
    assert bool(problem.complex_places_at_least) is has_forms


def test_fees_count_up_to_the_affordable_price(tmp_path: Path) -> None:
    """With a cap of 300 on elderly care (fees 400) an operator takes 300; a cap above changes nothing."""
    for cap, fee in ((300.0, 300.0), (500.0, 400.0)):
        policy = tiny_policy()
        elderly = policy.functions[ELDERLY]
        capped = elderly.model_copy(
            update={"affordable_fee_cny_per_m2_year": Figure(value=cap, assumption=True)}
        )
        folder = tmp_path / str(cap)
        folder.mkdir()
        problem = problem_of(folder, policy=replace(policy, functions={**policy.functions, ELDERLY: capped}))
        assert problem.functions[ELDERLY].fee_income_cny_per_m2_year == fee


@pytest.mark.parametrize(
    ("change", "forbidden", "reason"),
    [
        ({"floor": "4"}, {ELDERLY}, "above floor 3"),
        ({"floor": "2", "has_lift": "false"}, {ELDERLY}, "above floor 1 without a lift"),
        ({"has_outdoor_space": "false"}, {SPORTS}, "needs open ground"),
        ({"excluded_functions": "culture"}, {CULTURE}, "listed in the table as not suitable"),
        ({"usable_area_m2": "75"}, {ELDERLY, INFANT, SPORTS}, "usable area 75 m² is below"),
    ],
)
def test_a_space_that_does_not_suit_is_told_why(
    tmp_path: Path, change: dict[str, str], forbidden: set[str], reason: str
) -> None:
    """Just the functions that the space rules out are missing, each with its reason."""
    first, *others = tiny_rows("sites")
    site = problem_of(tmp_path, sites=[changed(first, **change), *others]).sites["S1"]
    assert set(site.why_not) == forbidden
    assert site.may_host == set(tiny_policy().functions) - forbidden
    assert all(text.en.startswith(reason) for text in site.why_not.values())


def test_a_basement_and_a_refusal_rule_out_nearly_everything(tmp_path: Path) -> None:
    """Only sports may go into a basement; nothing goes where residents refused."""
    first, second, *others = tiny_rows("sites")
    sites = [changed(first, floor="-1"), changed(second, consent="refused"), *others]
    problem = problem_of(tmp_path, sites=sites)
    assert problem.sites["S1"].may_host == {SPORTS}
    assert problem.sites["S2"].may_host == frozenset()


def test_a_project_is_decided_before_the_horizon_and_planned_inside(tmp_path: Path) -> None:
    """P1 of 2026 has its listed programme, of 2028 required functions; of 2029 it is not there."""
    (row,) = tiny_rows("projects")
    before = problem_of(tmp_path / "a").sites["P1"]
    assert before.programme is not None
    assert before.programme[ELDERLY] == 250.0
    assert before.opens_in is None
    inside = problem_of(tmp_path / "b", projects=[changed(row, year="2028")]).sites["P1"]
    assert (inside.programme, inside.opens_in, inside.role) == (None, 2028, Role.COMMITTED)
    assert inside.listed_form is Form.COMPLEX
    assert {ELDERLY, INFANT, MEALS} <= inside.required_functions
    assert "P1" not in problem_of(tmp_path / "c", projects=[changed(row, year="2029")]).sites


def test_the_linear_path_starts_from_what_exists(tmp_path: Path) -> None:
    """Nothing has culture in 2026: 2027 asks for a quarter of 100 %, of 2 communities: 1; 2028 for half: 1.

    On the residents basis the same are 25 and 50 points.
    """
    counted = problem_of(tmp_path / "a").targets
    assert [counted[CULTURE, year] for year in (2027, 2028)] == [1.0, 1.0]
    points = problem_of(tmp_path / "b", {"coverage": {"basis": "residents"}}).targets
    assert [points[CULTURE, year] for year in (2027, 2028)] == pytest.approx([25.0, 50.0])


def test_a_baseline_above_the_final_target_leaves_the_final_one(tmp_path: Path) -> None:
    """P1 in 2026 gives infant care to its community: 1 of 2 is 50 %, the final target, from 2027 on."""
    established = {"coverage": {"basis": "established"}}
    targets = problem_of(tmp_path, established).targets
    assert [targets[INFANT, year] for year in (2027, 2028)] == [1.0, 1.0]
    # Meals: base 50, final 70, half way in 2028: 60 % of 2 is rounded up to 2.
    assert targets[MEALS, 2028] == 2.0


def test_paths_and_overrides(tmp_path: Path) -> None:
    """`last_year_only` sets the final target in 2028 alone, `none` nothing but the overrides."""
    residents = {"coverage": {"basis": "residents"}}
    last = problem_of(tmp_path / "a", {**residents, "targets": {"path": "last_year_only"}}).targets
    assert {year for _, year in last} == {2028}
    assert last[ELDERLY, 2028] == 90.0
    only = {"path": "none", "overrides": {"culture": {2027: 33.0}}}
    assert problem_of(tmp_path / "b", {**residents, "targets": only}).targets == {(CULTURE, 2027): 33.0}


def test_ninety_percent_of_24_communities_are_22(tmp_path: Path) -> None:
    """Whole communities, rounded up: 21.6 is 22, and 50 % of 24 stay 12."""
    (first, *_), (point, *_) = tiny_rows("communities"), tiny_rows("demand_points")
    codes = [f"6101240010{number:02}" for number in range(1, 25)]
    communities = [changed(first, community_code=code) for code in codes]
    points = [changed(point, demand_id=f"D{code}", community_code=code) for code in codes]
    sites = [changed(row, community_code=codes[0]) for row in tiny_rows("sites")]
    services = [changed(row, community_code=codes[0]) for row in tiny_rows("existing_services")]
    targets = problem_of(
        tmp_path,
        {"targets": {"path": "last_year_only"}},
        communities=communities,
        demand_points=points,
        sites=sites,
        projects=[],
        existing_services=services,
    ).targets
    assert targets[ELDERLY, 2028] == 22.0
    assert targets[INFANT, 2028] == 12.0


def test_money_and_pace_are_summed_and_scaled(tmp_path: Path) -> None:
    """Two sources, half of each; a year that a source leaves out has nothing from it; no budget: no limit."""
    budget = {
        "scale": 0.5,
        "carry_over": False,
        "sources": {
            "county": {"name": "county", "amounts_cny": {2027: 400.0, 2028: 200.0, 2031: 9.0}},
            "bonds": {"name": "bonds", "amounts_cny": {2028: 100.0}},
        },
        "operating_cny": {2028: 70.0, 2031: 1.0},
    }
    changes = {"budget": budget, "pace": {"sites_per_year": 3, "sites_per_year_and_town": 2}}
    problem = problem_of(tmp_path / "a", changes)
    assert problem.money.capital_cny == {2027: 200.0, 2028: 150.0}
    assert problem.money.capital_by_source_cny["bonds"] == {2027: 0.0, 2028: 50.0}
    assert problem.money.operating_cny == {2028: 70.0}
    assert not problem.money.carry_over
    assert (problem.pace.sites_per_year, problem.pace.sites_per_year_and_town) == (3, 2)
    assert problem_of(tmp_path / "b").money.capital_cny is None


def test_target_groups_are_residents_of_the_ages_times_the_rate(tmp_path: Path) -> None:
    """D1: 400 households × (0.4 + 0.2 + 0.1) residents of 60 and over × 0.3 = 84 for elderly care."""
    assert problem_of(tmp_path).demand["D1"].target_group[ELDERLY] == pytest.approx(84.0)


def policy_with(**standards: Any) -> Policy:
    """Return the tiny policy with other standards."""
    policy = tiny_policy()
    return replace(policy, standards=policy.standards.model_copy(update=standards))


LEAD_TIMES = {
    mode: Figure(value=years, assumption=True)
    for mode, years in ((Mode.REBUILD, 1.0), (Mode.EXTEND, 1.5), (Mode.NEW_BUILD, 3.0))
}


@pytest.mark.parametrize(
    ("columns", "year"),
    [
        ({"mode": "rebuild"}, 2027),
        ({"mode": "extend"}, 2028),
        ({"mode": "new_build"}, 2029),
        ({"mode": "add"}, 2027),
        ({"mode": "new_build", "year_available": "2028"}, 2028),
        ({"mode": "new_build", "year_available": "2026"}, 2027),
        ({"mode": "new_build", "stock_kind": "new_estate_facility"}, 2027),
    ],
    ids=str,
)
def test_lead_time_delays_by_mode(tmp_path: Path, columns: dict[str, str], year: int) -> None:
    """One year: the first; 1.5: the second; 3: the third. A stated year stands, new estates are exempt."""
    first, *others = tiny_rows("sites")
    sites = [changed(first, **columns), *others]
    policy = policy_with(lead_time_years=LEAD_TIMES)
    site = problem_of(tmp_path, {"rules": {"lead_time": True}}, policy, sites=sites).sites["S1"]
    assert max(2027, site.available_from) == year
    reasons = {
        2027: None,
        2028: "table" if "year_available" in columns else "take 1.5 years",
        2029: "take 3 years",
    }
    reason = reasons[year]
    assert (site.available_because is None) if reason is None else reason in str(site.available_because)


def test_lead_time_is_off_unless_the_scenario_wants_it(tmp_path: Path) -> None:
    """The same new building may open at once without the rule."""
    sites = [changed(row, mode="new_build") for row in tiny_rows("sites")]
    policy = policy_with(lead_time_years=LEAD_TIMES)
    assert problem_of(tmp_path, {}, policy, sites=sites).sites["S1"].available_from == 2027


@pytest.mark.parametrize(
    ("columns", "due"),
    [
        ({"land_use_code": "0901"}, True),
        ({"land_use_code": "0702"}, False),
        ({"land_use_code": "080602"}, False),
        ({"land_use_code": ""}, False),
        ({"land_use_code": "0701", "tenure": "returned"}, False),
    ],
    ids=str,
)
def test_the_land_use_procedure_falls_due_after_the_grace(
    tmp_path: Path, columns: dict[str, str], due: bool
) -> None:
    """S1 (1 000 m²) on commercial land, opened in 2028: in 2033 a procedure of 20 CNY per m²."""
    sites = [changed(row, land_use_code="") for row in tiny_rows("sites")]
    codes = LandUseCodes(codes=("0702", "08"), source="test", confidence="V")
    policy = policy_with(land_use_for_services=codes)
    costs = policy.costs.model_copy(
        update={"land_use_procedure_cny_per_m2": Figure(value=20, assumption=True)}
    )
    problem = problem_of(
        tmp_path, {}, replace(policy, costs=costs), sites=[changed(sites[0], **columns), *sites[1:]]
    )
    decisions = Decisions(
        {("S1", ELDERLY): 2028}, {("S1", "elderly", 2028): 150.0}, {("S1", ELDERLY, 2028): 150.0}, {}
    )
    (planned,) = [site for site in evaluate(problem, decisions).sites if site.site_id == "S1"]
    figures = (planned.land_use_procedure_due, planned.land_use_procedure_cny)
    assert figures == ((2033, 20_000.0) if due else (None, None))

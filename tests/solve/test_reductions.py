"""The reductions of the program: what they leave out and join on tiny problems; no optimum changes."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.solve.rich_instance import rich_instance
from tests.solve.test_against_brute_force import tiny_instance
from tests.solve.test_conversion import with_conversion
from tests.solve.test_properties import SEEDS, TOLERANCE, checked
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, YEARS, tiny_problem

from siteplan.case import Form
from siteplan.highs import Clock, FloatArray, Limits, SolverSession, Status
from siteplan.problem import FundingSource, NewEstate, Problem, Role, Site
from siteplan.scenario import AssignmentRule, Basis, Level
from siteplan.solve.formulation import build_model
from siteplan.solve.formulation.areas import areas_are_smallest
from siteplan.solve.formulation.sharing import Sharing
from siteplan.solve.program import CompiledModel, compile_program
from siteplan.solve.reductions import compile_reduced, without_the_impossible
from siteplan.text import Text

LEVELS = (Level.PERSONS_COVERED, Level.WALKING_DISTANCE)


def with_site(problem: Problem, site: Site) -> Problem:
    """Return the problem with a site in place of the one of its id."""
    return replace(problem, sites={**problem.sites, site.site_id: site})


def shared(problem: Problem, levels: tuple[Level, ...] = LEVELS) -> Sharing:
    """Return what the reduced program of the problem as it is shares."""
    sharing: Sharing = build_model(problem, levels, shared=True).sharing
    return sharing


def test_points_of_the_same_sites_within_reach_are_covered_alike() -> None:
    """Elderly care: only s1 reaches a1 and a2; s3 alone reaches b2, but s2 and s3 reach b1."""
    cover = shared(tiny_problem()).cover
    assert cover["a2", ELDERLY] == ("a1", ELDERLY)
    assert cover["b1", ELDERLY] != cover["b2", ELDERLY]


def test_points_that_a_decided_site_covers_are_covered_alike() -> None:
    """Meals: e1 reaches a1 beside s1, and a2: whatever opens, both are covered."""
    cover = shared(tiny_problem()).cover
    assert cover["a2", MEALS] == cover["a1", MEALS] == ("a1", MEALS)


def test_a_service_that_may_be_converted_covers_nobody_for_good() -> None:
    """Once e1 may be converted, a1 and a2 depend on e1 and s1, and still on the same sites."""
    problem = with_conversion(tiny_problem())
    sharing = shared(problem)
    assert sharing.cover["a2", MEALS] == ("a1", MEALS)
    assert ("a2", "s1", MEALS) in sharing.assign


def test_nobody_walks_past_a_decided_site() -> None:
    """Meals: e1 is the nearest site of a2, so s1 behind it is no choice; for a1 s1 is nearer than e1."""
    assign = shared(tiny_problem()).assign
    assert ("a2", "s1", MEALS) not in assign
    assert {site for point, site, key in assign if (point, key) == ("a1", MEALS)} == {"s1", "e1"}


def test_points_with_the_same_nearer_sites_are_assigned_alike() -> None:
    """Culture: s3 is the nearest site of b1 and b2; s1 behind it is a choice of b1 alone."""
    assign = shared(tiny_problem()).assign
    assert assign["b2", "s3", CULTURE] == assign["b1", "s3", CULTURE]
    assert ("b2", "s1", CULTURE) not in assign
    assert assign["b1", "s1", CULTURE] == ("b1", "s1", CULTURE)


def test_the_same_site_behind_other_sites_is_assigned_apart() -> None:
    """Meals: s3 is the nearest site of b2, but comes after s2 for b1."""
    assign = shared(tiny_problem()).assign
    assert assign["b2", "s3", MEALS] != assign["b1", "s3", MEALS]


def test_a_room_of_one_function_is_its_area() -> None:
    """Elderly rooms are used by elderly care alone; the day room is shared, but s2 hosts no culture."""
    only = shared(tiny_problem()).only_function
    assert only == {
        ("s1", "elderly"): ELDERLY,
        ("s2", "elderly"): ELDERLY,
        ("s3", "elderly"): ELDERLY,
        ("s2", "day"): MEALS,
    }


def test_a_room_of_one_function_is_read_with_its_area() -> None:
    """The columns of rooms without variables are those of the areas."""
    columns = compile_reduced(tiny_problem(), (Level.AREA_STANDARD,)).columns
    assert columns.room["s2", "day", 2028] == columns.area["s2", MEALS, 2028]
    assert columns.room["s1", "day", 2028] != columns.area["s1", MEALS, 2028]


def test_a_function_that_fits_in_no_form_of_its_site_is_left_out() -> None:
    """s2 can be no complex: with 35 m² it holds neither elderly care (40 m² alone) nor meals (50 m²)."""
    problem = tiny_problem()
    small = replace(problem.sites["s2"], usable_area_m2=45.0)
    assert without_the_impossible(with_site(problem, small)).sites["s2"].may_host == {ELDERLY}
    smaller = replace(problem.sites["s2"], usable_area_m2=35.0)
    assert "s2" not in without_the_impossible(with_site(problem, smaller)).sites


def test_a_possible_complex_keeps_what_only_a_complex_holds() -> None:
    """s1 could be a complex, where elderly care needs 30 m²: 35 m² are enough to keep it."""
    problem = tiny_problem()
    small = replace(problem.sites["s1"], usable_area_m2=35.0)
    assert without_the_impossible(with_site(problem, small)).sites["s1"] == small


def test_a_site_that_opens_after_the_horizon_is_left_out() -> None:
    """s3, available from 2029, is no site of 2027 to 2028; available from 2028 it is one."""
    problem = tiny_problem()
    late = replace(problem.sites["s3"], available_from=2029)
    assert "s3" not in without_the_impossible(with_site(problem, late)).sites
    assert without_the_impossible(problem) is problem


def test_a_service_whose_use_is_held_beyond_the_horizon_stays_as_it_is() -> None:
    """Its conversion is left out, so it is decided for good."""
    held = with_conversion(tiny_problem(), held_until=YEARS[-1] + 1)
    assert held.conversions
    reduced = without_the_impossible(held)
    assert not reduced.conversions
    assert reduced.decided_sites == held.decided_sites


def test_what_a_planner_commits_is_never_left_out() -> None:
    """Committed too small or too early it must clash, not disappear."""
    problem = tiny_problem()
    small = replace(
        problem.sites["s2"], usable_area_m2=35.0, opens_in=2027, required_functions=frozenset({ELDERLY})
    )
    late = replace(problem.sites["s3"], available_from=2029, opens_in=2027, form_by_hand=Form.COMPLEX)
    committed = with_site(with_site(problem, small), late)
    assert without_the_impossible(committed) is committed


def test_the_facilities_of_a_new_estate_are_never_left_out() -> None:
    """How much of them is a must depends on what they could hold."""
    problem = with_site(tiny_problem(), replace(tiny_problem().sites["s3"], available_from=2029))
    estate = replace(problem, new_estates={"b": NewEstate(("s3",), ("b2",), 50.0)})
    assert without_the_impossible(estate) is estate


def test_the_reduced_program_is_smaller() -> None:
    """Of all levels at once: rows and columns are fewer, and none is new."""
    problem = tiny_problem()
    levels = problem.objective
    plain = compile_program(problem, build_model(problem, levels), levels).program
    reduced = compile_reduced(problem, levels).program
    assert set(reduced.row_names) < set(plain.row_names)
    assert len(reduced.cost) < len(plain.cost)


def wanting_no_area(problem: Problem) -> Problem:
    """Return the problem with carry-over and without all that may want more than the smallest areas."""
    functions = {
        key: replace(function, operating_cost_cny_per_m2_year=function.fee_income_cny_per_m2_year + 10.0)
        for key, function in problem.functions.items()
    }
    return replace(
        problem,
        functions=functions,
        area_floor_m2_per_100_households={},
        elderly_area_floor_m2_per_100_households={},
        new_estates={},
        places_at_least={},
        complex_places_at_least={},
        assignment_rule=AssignmentRule.NEAREST_FIRST,
        basis=Basis.REACHABLE if problem.basis is Basis.SERVED else problem.basis,
        operator_viability=False,
        money=replace(problem.money, sources={}, carry_over=True),
    )


def test_areas_are_the_smallest_where_nothing_wants_more() -> None:
    """The form of s2 is known, that of s1 and s3 is free: what they need besides, standing alone, varies."""
    compiled = compile_reduced(wanting_no_area(tiny_problem()), (Level.SHORTFALL,))
    assert compiled.areas_are_smallest
    assert not compiled.columns.area
    model = build_model(compiled.problem, (Level.SHORTFALL,), shared=True)
    assert {site for site, _, _ in model.stands_alone} == {"s1", "s3"}
    values = np.zeros(len(compiled.program.cost))
    for function in (MEALS, CULTURE):
        values[compiled.columns.provide["s1", function, 2028]] = 1.0
    alone = compiled.decisions(values)
    assert alone.area_m2 == {("s1", MEALS, 2028): 50.0, ("s1", CULTURE, 2028): 60.0}
    assert alone.room_m2 == {("s1", "day", 2028): 60.0}
    values[compiled.columns.complex["s1"]] = 1.0
    assert compiled.decisions(values).room_m2 == {("s1", "day", 2028): 50.0}


@pytest.mark.parametrize(
    "changes",
    [
        {"area_floor_m2_per_100_households": {2028: 1.0}},
        {"elderly_area_floor_m2_per_100_households": {2028: 1.0}},
        {"new_estates": {"b": NewEstate(("s3",), ("b2",), 50.0)}},
        {"places_at_least": {(ELDERLY, 2028): 1.0}},
        {"complex_places_at_least": {ELDERLY: 1.0}},
        {"assignment_rule": AssignmentRule.MOST_SERVED},
        {"operator_viability": True},
    ],
    ids=lambda changes: str(next(iter(changes))),
)
def test_areas_have_variables_where_a_rule_wants_more(changes: dict[str, Any]) -> None:
    """Floor area, places, viability: more than the smallest may be needed."""
    problem = replace(wanting_no_area(tiny_problem()), **changes)
    assert not areas_are_smallest(problem, (Level.SHORTFALL,))


def test_areas_have_variables_where_a_level_or_money_wants_more() -> None:
    """The area standard; sources that pay shares; money of a year for a later room; fees above costs."""
    problem = wanting_no_area(tiny_problem())
    money = problem.money
    assert areas_are_smallest(problem, (Level.SHORTFALL, Level.COST))
    assert not areas_are_smallest(problem, (Level.SHORTFALL, Level.AREA_STANDARD))
    sources = {"county": FundingSource("county", Text("县", "county"), {2027: 1.0, 2028: 1.0})}
    assert not areas_are_smallest(replace(problem, money=replace(money, sources=sources)), (Level.SHORTFALL,))
    by_year = replace(problem, money=replace(money, carry_over=False))
    assert not areas_are_smallest(by_year, (Level.SHORTFALL,))
    assert areas_are_smallest(replace(by_year, years=(2028,)), (Level.SHORTFALL,))
    meals = replace(problem.functions[MEALS], fee_income_cny_per_m2_year=1e4)
    paying = replace(problem, functions={**problem.functions, MEALS: meals})
    assert not areas_are_smallest(paying, (Level.SHORTFALL, Level.COST))
    limited = replace(paying, money=replace(money, operating_cny={2028: 1.0}))
    assert not areas_are_smallest(limited, (Level.SHORTFALL,))
    assert areas_are_smallest(replace(paying, money=replace(money, operating_cny={})), (Level.SHORTFALL,))


def check_the_smallest_areas(session: SolverSession, problem: Problem, seed: int) -> None:
    """Compare optima with and without variables of areas; the plan of the smallest keeps every row."""
    problem = wanting_no_area(with_impossible_sites(problem, seed) if seed % 3 == 0 else problem)
    levels = tuple(
        level for level in dict.fromkeys((*problem.objective, *LEVELS)) if level is not Level.AREA_STANDARD
    )
    plain = compile_program(problem, build_model(problem, levels), levels)
    smallest = compile_reduced(problem, levels)
    assert smallest.areas_are_smallest
    first_alone = np.eye(len(levels))[0]
    for weights in (first_alone, np.random.default_rng([seed, 13]).uniform(0.1, 1.0, len(levels))):
        expected = least(session, plain, weights)
        assert least(session, smallest, weights) == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)
    program = smallest.program.with_objective(*smallest.objectives[levels[0]])
    answer = session.solve(program, Limits(), Clock(time.monotonic() + 60.0))
    if answer.values is None:
        return
    plan = smallest.decisions(answer.values)
    fixed = plain.program.with_objective(*plain.objectives[levels[0]])
    for columns, values in (plain.start_values(plan), plain.area_start_values(plan)):
        fixed = fixed.with_fixed(columns, values)
    kept = session.solve(fixed, Limits(), Clock(time.monotonic() + 60.0))
    assert kept.objective == pytest.approx(answer.objective, rel=TOLERANCE, abs=TOLERANCE)


@settings(checked, max_examples=15)
@given(seed=SEEDS)
def test_smallest_areas_change_no_optimum(session: SolverSession, seed: int) -> None:
    """Where nothing wants more, plans at the smallest areas are as good at each level and keep every rule."""
    check_the_smallest_areas(session, (tiny_instance if seed % 2 else rich_instance)(seed), seed)


@pytest.mark.slow
@settings(checked, max_examples=100)
@given(seed=SEEDS)
def test_smallest_areas_change_no_optimum_of_many_problems(session: SolverSession, seed: int) -> None:
    """The same for many more."""
    check_the_smallest_areas(session, (tiny_instance if seed % 2 else rich_instance)(seed), seed)


def least(session: SolverSession, compiled: CompiledModel, weights: FloatArray) -> float:
    """Return the least of the levels' weighed sum, proven; infinite where the rules clash."""
    objectives = list(compiled.objectives.values())
    cost = sum(weight * vector for weight, (vector, _) in zip(weights, objectives, strict=True))
    offset = sum(weight * constant for weight, (_, constant) in zip(weights, objectives, strict=True))
    program = compiled.program.with_objective(np.asarray(cost), float(offset))
    answer = session.solve(program, Limits(), Clock(time.monotonic() + 60.0))
    assert answer.is_proven
    if answer.status is Status.INFEASIBLE:
        return math.inf
    assert answer.objective is not None
    return answer.objective


def with_impossible_sites(problem: Problem, seed: int) -> Problem:
    """Return the problem with some candidates smaller, or available after the horizon only."""
    random = np.random.default_rng([seed, 11])
    for site in problem.sites.values():
        if site.role is Role.CANDIDATE and random.random() < 0.5:
            smaller = replace(site, usable_area_m2=float(random.choice([35.0, 45.0, 55.0])))
            problem = with_site(problem, replace(smaller, floor_area_m2=1.25 * smaller.usable_area_m2))
        elif site.role is Role.CANDIDATE and random.random() < 0.3:
            problem = with_site(problem, replace(site, available_from=problem.years[-1] + 1))
    return problem


def check_the_optima(session: SolverSession, problem: Problem, seed: int) -> None:
    """Compare the first level's optimum, and that of a random weighing of all levels and walking."""
    if seed % 3 == 0:
        problem = with_impossible_sites(problem, seed)
    levels = tuple(dict.fromkeys((*problem.objective, *LEVELS, Level.AREA_STANDARD)))
    plain = compile_program(problem, build_model(problem, levels), levels)
    reduced = compile_reduced(problem, levels)
    random = np.random.default_rng([seed, 7])
    first_alone = np.eye(len(levels))[0]
    for weights in (first_alone, random.uniform(0.1, 1.0, len(levels))):
        expected = least(session, plain, weights)
        assert least(session, reduced, weights) == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)


@settings(checked, max_examples=15)
@given(seed=SEEDS)
def test_reductions_change_no_optimum(session: SolverSession, seed: int) -> None:
    """With and without them the first level, and all levels together, are as good."""
    check_the_optima(session, tiny_instance(seed), seed)


@settings(checked, max_examples=15)
@given(seed=SEEDS)
def test_reductions_change_no_optimum_under_newer_rules(session: SolverSession, seed: int) -> None:
    """Nor with capacity, sources with conditions, conversion, operators and least places."""
    check_the_optima(session, rich_instance(seed), seed)


@pytest.mark.slow
@settings(checked, max_examples=100)
@given(seed=SEEDS)
def test_reductions_change_no_optimum_of_many_problems(session: SolverSession, seed: int) -> None:
    """The same for many more."""
    check_the_optima(session, (tiny_instance if seed % 2 else rich_instance)(seed), seed)


def test_the_problems_have_something_to_reduce() -> None:
    """Of forty problems a good part has each reduction."""
    counts = dict.fromkeys(("cover", "assign", "past a decided site", "room", "function", "site"), 0)
    for seed in range(40):
        problem = with_impossible_sites((tiny_instance if seed % 2 else rich_instance)(seed), seed)
        reduced = without_the_impossible(problem)
        alone = build_model(reduced, LEVELS).sharing
        sharing = shared(reduced)
        counts["cover"] += len(set(sharing.cover.values())) < len(sharing.cover)
        counts["assign"] += len(set(sharing.assign.values())) < len(sharing.assign)
        counts["past a decided site"] += len(sharing.assign) < len(alone.assign)
        counts["room"] += bool(sharing.only_function)
        counts["function"] += any(
            site.may_host < problem.sites[key].may_host for key, site in reduced.sites.items()
        )
        counts["site"] += len(reduced.sites) < len(problem.sites)
    assert min(counts.values()) >= 4, counts

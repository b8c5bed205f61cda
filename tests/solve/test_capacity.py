"""Capacity as a rule: who has a place, in the program as in what the plan claims."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tiny_problem import ELDERLY, MEALS, tiny_problem

from siteplan.outcome import assign, evaluate
from siteplan.problem import Money, Pace, Problem
from siteplan.scenario import AssignmentRule, Basis, Level, SolverSettings
from siteplan.seating import most_served, nearest_first
from siteplan.solve import solve

QUICK = SolverSettings(time_limit_s=240.0, effort=0.2)
WALKS = [(10.0, "p", "A"), (20.0, "p", "B"), (30.0, "q", "A")]
"""p is near A and B, q reaches A alone; ten persons each, ten places each."""


def with_places(rule: AssignmentRule, **changes: object) -> Problem:
    """Return the tiny problem with targets for elderly care in percent of persons who have a place."""
    settings: dict[str, object] = {
        "assignment_rule": rule,
        "basis": Basis.SERVED,
        "targets": {(ELDERLY, 2028): 100.0},
        "objective": (Level.SHORTFALL, Level.PERSONS_COVERED, Level.COST, Level.WALKING_DISTANCE),
        "money": Money(None, {}, True, {}),
        "pace": Pace(None, None),
    }
    return replace(tiny_problem(), **{**settings, **changes})  # type: ignore[arg-type]


def test_filling_by_distance_may_leave_somebody_out() -> None:
    """P takes A's places, q finds none."""
    people = {"p": 10.0, "q": 10.0}
    assert nearest_first(people, {"A": 10.0, "B": 10.0}, WALKS) == {("p", "A"): 10.0}


def test_most_are_served_when_somebody_walks_farther() -> None:
    """P goes to B, q to A; with 15 places at A, five of p stay near."""
    people = {"p": 10.0, "q": 10.0}
    seats = most_served(people, {"A": 10.0, "B": 10.0}, WALKS)
    assert seats == pytest.approx({("p", "B"): 10.0, ("q", "A"): 10.0})
    seats = most_served(people, {"A": 15.0, "B": 10.0}, WALKS)
    assert seats == pytest.approx({("p", "A"): 5.0, ("p", "B"): 5.0, ("q", "A"): 10.0})


def test_targets_count_persons_with_a_place() -> None:
    """s1 may have 40 m² for elderly care: 20 places for A's 60 persons; B's 60 have s2 and s3."""
    problem = with_places(AssignmentRule.MOST_SERVED)
    functions = dict(problem.functions)
    functions[ELDERLY] = replace(functions[ELDERLY], maximum_m2=40.0)
    result = solve(replace(problem, functions=functions), QUICK)
    # Three sites with 20 places each for 120 persons: 50 points short.
    assert result.levels[0].value == pytest.approx(50.0)
    assert [level.status for level in result.levels] == ["optimal"] * 4


@pytest.mark.parametrize("rule", [AssignmentRule.MOST_SERVED, AssignmentRule.NEAREST_WITH_A_PLACE])
def test_what_the_plan_claims_is_what_the_program_bounds(rule: AssignmentRule) -> None:
    """No level is better than its bound, and the figures of all levels come from the rows."""
    problem = with_places(rule, money=tiny_problem().money, pace=tiny_problem().pace)
    result = solve(problem, QUICK)
    assert all(level.gap is None or level.gap >= 0.0 for level in result.levels)
    outcome = evaluate(problem, result.decisions)
    years_left = {2027: 2, 2028: 1}
    served = sum(row.persons * years_left[row.year] for row in outcome.assignments if row.site_id)
    assert outcome.levels[Level.PERSONS_COVERED] == pytest.approx(served)


def test_nobody_passes_a_free_place() -> None:
    """Under the rule every nearer provider of a person who walks farther is full."""
    problem = with_places(AssignmentRule.NEAREST_WITH_A_PLACE)
    functions = dict(problem.functions)
    functions[MEALS] = replace(functions[MEALS], maximum_m2=60.0)
    problem = replace(problem, functions=functions, targets={(MEALS, 2028): 100.0})
    decisions = solve(problem, QUICK).decisions
    rows = [row for row in assign(problem, decisions) if row.site_id]
    used: dict[tuple[int, str, str], float] = {}
    for row in rows:
        used[row.year, row.function, row.site_id] = (
            used.get((row.year, row.function, row.site_id), 0.0) + row.persons
        )
    for row in rows:
        capacity = problem.functions[row.function].capacity_persons_per_m2
        for site in problem.providers_within_reach(row.demand_id, row.function):
            nearer = problem.distances[row.demand_id][site] < (row.distance_m or 0.0)
            programme = problem.sites[site].programme or {}
            area = programme.get(row.function, decisions.area_m2.get((site, row.function, row.year), 0.0))
            if nearer and area > 0.0:
                assert used[row.year, row.function, site] == pytest.approx(capacity * area)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_capacity_never_helps(seed: int) -> None:
    """With the rule no more persons are covered than without it."""
    problem = with_places(AssignmentRule.MOST_SERVED, money=tiny_problem().money, pace=Pace(seed, None))
    free = replace(problem, assignment_rule=AssignmentRule.NEAREST_FIRST, basis=Basis.RESIDENTS)
    limited, unlimited = solve(problem, QUICK), solve(free, QUICK)
    assert limited.levels[0].value >= unlimited.levels[0].value - 1e-6

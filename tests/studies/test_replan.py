"""Replanning: what is built stays, and no more promises change than must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.solve.brute_force import best_levels
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_problem

from siteplan.outcome import level_value
from siteplan.problem import Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import SolveResult, solve

QUICK = SolverSettings(time_limit_s=240.0, effort=0.02)
OBJECTIVE = (Level.SHORTFALL, Level.CHANGES, Level.COST)


def promised(problem: Problem, result: SolveResult) -> Problem:
    """Return the problem with what a plan promises, changes after the first level."""
    return replace(problem, promises=dict(result.decisions.start_year), objective=OBJECTIVE)


def test_without_a_disturbance_nothing_changes() -> None:
    """The same problem again: every promise is kept."""
    problem = replace(tiny_problem(), objective=(Level.SHORTFALL, Level.COST))
    again = solve(promised(problem, solve(problem, QUICK)), QUICK)
    assert again.levels[1].value == 0.0
    assert again.levels[1].status == "optimal"


def test_promises_are_counted() -> None:
    """Kept: started in time, or given. Not kept: later, never, or at a site that isn't there."""
    problem = tiny_problem()
    promises = {("s1", ELDERLY): 2027, ("s1", CULTURE): 2027, ("e1", MEALS): 2027, ("s9", MEALS): 2028}
    result = solve(problem, QUICK)
    start = {("s1", ELDERLY): 2027, ("s1", CULTURE): 2028}
    decisions = replace(result.decisions, start_year=start)
    assert level_value(replace(problem, promises=promises), decisions, Level.CHANGES) == 2.0
    kept = {("e1", MEALS): 2027}
    assert solve(promised(problem, result), QUICK).levels[1].value == 0.0
    only = replace(problem, promises=kept, objective=(Level.CHANGES,))
    assert solve(only, QUICK).levels[0].value == 0.0


def disturbed(problem: Problem, plan: SolveResult, seed: int) -> tuple[Problem, dict[str, int]]:
    """Return the problem after a random disturbance, and the sites that are built, by year.

    Money shrinks or grows, a site is lost or slips, a function can't go where it was to go.
    """
    random = np.random.default_rng(seed)
    opened = dict(sorted(plan.decisions.opening_years().items()))
    sites = dict(problem.sites)
    forbidden: dict[tuple[str, str], int] = {}
    built: dict[str, int] = {}
    for number, (site, year) in enumerate(opened.items()):
        fate = int(random.integers(0, 5))
        functions = {key for (owner, key), start in plan.decisions.start_year.items() if owner == site}
        if number == 0 and seed % 2 == 0:
            at_once = {
                key
                for (owner, key), start in plan.decisions.start_year.items()
                if owner == site and start == year
            }
            sites[site] = replace(
                sites[site],
                opens_in=year,
                required_functions=frozenset(at_once),
                form_by_hand=plan.decisions.forms[site],
            )
            built[site] = year
        elif fate == 0:
            sites = {key: entry for key, entry in sites.items() if key != site}
        elif fate == 1:
            forbidden |= {(site, key): year for key in sites[site].may_host}
        elif fate == 2:
            lost = sorted(functions)[0]
            sites[site] = replace(sites[site], may_host=sites[site].may_host - {lost})
    assert problem.money.capital_cny is not None
    # what is built is paid for: less money never makes it impossible
    share = float(random.choice([1.0, 1.0, 1.3] if built else [0.5, 0.8, 1.2]))
    capital = {year: share * amount for year, amount in problem.money.capital_cny.items()}
    money = replace(problem.money, capital_cny=capital)
    changed = replace(problem, sites=sites, forbidden_by_hand=forbidden, money=money)
    return promised(changed, plan), built


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, 30))]
)
def test_after_a_disturbance_no_more_changes_than_must(seed: int) -> None:
    """What is built stays as it is, and every plan tried by brute force that is as good changes as much."""
    random = np.random.default_rng(100 + seed)
    capital = {year: float(random.integers(6, 14)) * 100_000.0 for year in (2027, 2028)}
    tiny = tiny_problem()
    problem = replace(
        tiny, objective=(Level.SHORTFALL, Level.COST), money=replace(tiny.money, capital_cny=capital)
    )
    plan = solve(problem, QUICK)
    changed, built = disturbed(problem, plan, seed)
    result = solve(changed, QUICK, start=plan.decisions)
    for site, year in built.items():
        assert result.decisions.opening_years()[site] == year
        assert result.decisions.forms[site] is plan.decisions.forms[site]
        for (owner, function), start in plan.decisions.start_year.items():
            if owner == site and start == year:
                assert result.decisions.start_year[site, function] == year
    expected = best_levels(replace(changed, objective=OBJECTIVE[:2]))
    assert expected is not None
    assert result.levels[0].value == pytest.approx(expected[Level.SHORTFALL])
    assert result.levels[1].value == expected[Level.CHANGES]

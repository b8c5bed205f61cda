"""A start given to the solver, a known bound, and further rows."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tests.solve.random_problem import random_problem
from tests.tiny_problem import ELDERLY, MEALS, tiny_decisions, tiny_problem

from siteplan.case import Form
from siteplan.outcome import decisions_of, evaluate, level_value, make_plan
from siteplan.plan import Decisions
from siteplan.problem import Money
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import Clock, Cut, NoPlanError, solve
from siteplan.text import Text

QUICK = SolverSettings(time_limit_s=240.0, effort=0.02)


def test_a_plan_gives_its_decisions_back() -> None:
    """`decisions_of` is the inverse of `make_plan`."""
    problem, decisions = tiny_problem(), tiny_decisions()
    plan = make_plan(
        problem,
        decisions,
        (),
        title=Text.same("tiny"),
        illustrative=True,
        stopped_by="completed",
        outcome=evaluate(problem, decisions),
    )
    assert decisions_of(problem, plan) == decisions
    without = replace(problem, sites={key: site for key, site in problem.sites.items() if key != "s2"})
    assert {site for site, _ in decisions_of(without, plan).start_year} == {"s1"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_start_is_never_worsened(seed: int) -> None:
    """With hardly any time for the search, the result is as good as a start from a longer one."""
    problem = random_problem(
        seed, communities=6, towns=2, points=30, sites=10, years=2, budget_cny=1_500_000.0
    )
    good = solve(problem, SolverSettings(time_limit_s=240.0, effort=0.05)).decisions
    hasty = solve(problem, SolverSettings(time_limit_s=240.0, effort=0.001), start=good)
    value = level_value(problem, good, Level.SHORTFALL)
    assert hasty.levels[0].value <= value + 1e-9
    assert hasty.levels[0].bound is not None
    assert hasty.levels[0].bound <= value + 1e-9


def test_a_start_is_what_is_left_where_time_runs_out() -> None:
    """A clock that leaves no time for a search still gives the start where it keeps every rule."""
    problem = tiny_problem()
    first = replace(problem, objective=(Level.SHORTFALL,))
    result = solve(first, QUICK, clock=Clock(time.monotonic() + 0.05), start=tiny_decisions())
    assert result.levels[0].value <= level_value(problem, tiny_decisions(), Level.SHORTFALL)


def test_a_start_that_breaks_a_rule_is_mended() -> None:
    """What the problem doesn't know is left out, what costs too much is opened in part, never published."""
    problem = replace(tiny_problem(), money=Money({2027: 700_000.0, 2028: 0.0}, {}, True, {}))
    start = tiny_decisions()
    unknown = {("s9", ELDERLY): 2027, ("e1", MEALS): 2027, ("s2", "culture"): 2027, ("s3", ELDERLY): 2027}
    broken = replace(
        start, start_year={**start.start_year, **unknown}, forms={**start.forms, "s3": Form.SCATTERED}
    )
    result = solve(problem, QUICK, start=broken)
    assert result == replace(solve(problem, QUICK), stopped_by=result.stopped_by)
    nothing = Decisions({("s9", ELDERLY): 2027}, {}, {}, {})
    assert solve(problem, QUICK, start=nothing).levels[0] == result.levels[0]


def test_a_known_bound_proves_a_start() -> None:
    """A start at the known bound is optimal at once; a bound that a plan is better than is refused."""
    problem = tiny_problem()
    best = solve(problem, QUICK)
    value = best.levels[0].value
    again = solve(problem, QUICK, start=best.decisions, known_bound=value)
    assert again.levels[0] == best.levels[0]
    assert solve(problem, QUICK, known_bound=value).levels[0].status == "optimal"
    below = solve(problem, QUICK, known_bound=value - 5.0)
    assert below.levels[0] == best.levels[0]
    with pytest.raises(ValueError, match="known_bound"):
        solve(problem, QUICK, known_bound=value + 5.0)


def test_a_known_bound_of_a_maximised_level() -> None:
    """Persons covered: a bound from above."""
    problem = replace(tiny_problem(), objective=(Level.PERSONS_COVERED, Level.COST))
    best = solve(problem, QUICK)
    value = best.levels[0].value
    assert solve(problem, QUICK, known_bound=value).levels[0].status == "optimal"
    assert solve(problem, QUICK, known_bound=value + 50.0).levels[0] == best.levels[0]
    with pytest.raises(ValueError, match="known_bound"):
        solve(problem, QUICK, known_bound=value - 5.0)


def test_further_rows_are_kept() -> None:
    """A row that keeps s1 closed, and one that asks for meals at s2, on every level."""
    closed = Cut("closed", 0.0, open={"s1": -1.0})
    result = solve(tiny_problem(), QUICK, cuts=(closed,))
    assert "s1" not in result.decisions.opening_years()
    asked = Cut("asked", 1.0, provide={("s2", MEALS, 2028): 1.0, ("s9", MEALS, 2028): 1.0})
    assert ("s2", MEALS) in solve(tiny_problem(), QUICK, cuts=(asked,)).decisions.start_year


def test_without_time_or_start_there_is_no_plan() -> None:
    """A start that can't be used doesn't count as a plan."""
    committed = Decisions({("s9", ELDERLY): 2027}, {}, {}, {})
    with pytest.raises(NoPlanError):
        solve(tiny_problem(), QUICK, clock=Clock(time.monotonic() - 1.0), start=committed)

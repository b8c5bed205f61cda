"""Where the worst-off community comes first, the search's plans give every community ever more functions."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tests.solve.random_problem import random_problem
from tests.tiny_problem import tiny_problem

from siteplan.highs import Clock, Limits, SolverSession
from siteplan.outcome import level_value
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.progress import silent
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import proven_levels, solve
from siteplan.solve.decompose.single_year import single_year_problem
from siteplan.solve.feasibility import doubtful_rules
from siteplan.solve.reductions import compile_reduced
from siteplan.solve.stages import first_level
from siteplan.solve.stages.run import Run
from siteplan.solve.stages.solving import NO_ANSWER
from siteplan.solve.stages.starting import search_plans

EQUITY_FIRST = (Level.WORST_COMMUNITY, Level.SHORTFALL)
SETTINGS = SolverSettings(time_limit_s=120.0, effort=0.1)


def _plans(problem: Problem) -> tuple[Decisions, ...]:
    return search_plans(Run(problem, SETTINGS, silent, Clock(time.monotonic() + 120.0)), None, is_alone=False)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_worst_off_have_more_than_where_the_shortfall_comes_first(seed: int) -> None:
    """Every step keeps all rules, and no plan of the least shortfall gives the worst-off as much."""
    problem = random_problem(seed, communities=8, towns=2, points=60, sites=40, budget_cny=6e6)
    plans = _plans(replace(problem, objective=EQUITY_FIRST))
    assert not doubtful_rules(problem, plans[0])
    worst = [level_value(problem, plan, Level.WORST_COMMUNITY) for plan in plans]
    others = [level_value(problem, plan, Level.WORST_COMMUNITY) for plan in _plans(problem)]
    assert worst[0] > max(others)


def test_more_than_all_functions_are_asked_for_nowhere() -> None:
    """Where money is no limit every community has what it can have, and the search ends."""
    problem = tiny_problem()
    rich = replace(problem, money=replace(problem.money, capital_cny=None), objective=EQUITY_FIRST)
    best = level_value(rich, _plans(rich)[0], Level.WORST_COMMUNITY)
    assert best == max(level_value(rich, plan, Level.WORST_COMMUNITY) for plan in _plans(rich))


@pytest.mark.usefixtures("by_stages_alone")
def test_the_years_own_bounds_bound_what_the_worst_off_have(
    monkeypatch: pytest.MonkeyPatch, session: SolverSession
) -> None:
    """Where the whole program proves nothing, at most as many functions as the years alone could give."""
    problem = random_problem(0, communities=8, towns=2, points=60, sites=40, budget_cny=2e6)
    problem = replace(problem, objective=EQUITY_FIRST[:1])
    monkeypatch.setattr(first_level, "optimise", lambda *_arguments: NO_ANSWER)
    level = solve(problem, SETTINGS).levels[0]
    alone = 0.0
    for year in problem.years:
        compiled = compile_reduced(single_year_problem(problem, year), problem.objective)
        program = compiled.program.with_objective(*compiled.objectives[Level.WORST_COMMUNITY])
        answer = session.solve(program, Limits(), Clock(time.monotonic() + 60.0))
        assert answer.is_proven
        alone -= answer.objective or 0.0
    assert level.bound == pytest.approx(alone)
    assert level.value < alone
    assert level.status == "gap"


def test_a_bound_that_the_plan_is_better_than_proves_nothing() -> None:
    """It is none, whichever way the level goes; one within the solver's tolerance is the value."""
    problem = replace(tiny_problem(), objective=EQUITY_FIRST)
    plan = _plans(problem)[0]
    shortfall = level_value(problem, plan, Level.SHORTFALL)
    worst = level_value(problem, plan, Level.WORST_COMMUNITY)
    bounds = {Level.WORST_COMMUNITY: worst - 1.0, Level.SHORTFALL: shortfall + 1.0}
    assert [(level.status, level.bound) for level in proven_levels(problem, plan, bounds)] == [
        ("unproven", None),
        ("unproven", None),
    ]
    near = {Level.WORST_COMMUNITY: worst - 1e-9, Level.SHORTFALL: shortfall + 1e-9}
    assert [(level.status, level.bound) for level in proven_levels(problem, plan, near)] == [
        ("optimal", worst),
        ("optimal", shortfall),
    ]

"""Merging plans: what comes of it keeps every rule and is no worse than what it was made of."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tests.solve.random_problem import random_problem
from tests.tiny_problem import tiny_problem

from siteplan.highs import Clock, Limits
from siteplan.outcome import level_value
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import solve
from siteplan.solve.decompose.merging import crossed, merged
from siteplan.solve.feasibility import doubtful_rules
from siteplan.solve.formulation import build_model
from siteplan.solve.program import CompiledModel, compile_program
from siteplan.solve.search import Runs, search_starts
from siteplan.solve.stages.run import MERGING

LEVEL = Level.SHORTFALL
LIMITS = Limits(nodes=200)


def _clock() -> Clock:
    return Clock(time.monotonic() + 240.0)


def _plans(count: int) -> tuple[Problem, CompiledModel, list[Decisions]]:
    """Return a problem whose money is short, its program, and plans of short runs."""
    problem = random_problem(3, communities=8, points=40, sites=20, budget_cny=3_000_000.0)
    found = search_starts(problem, 1, Runs(2_000, count), _clock())
    compiled = compile_program(problem, build_model(problem, (LEVEL,)), (LEVEL,))
    return problem, compiled, [one.decisions for one in found]


@pytest.mark.parametrize("count", [2, 3])
def test_a_merged_plan_is_no_worse(count: int) -> None:
    """Of short runs merging makes a better plan, which keeps every rule."""
    problem, compiled, plans = _plans(count)
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    best = merged(compiled, program, plans, LIMITS, _clock())
    assert best is not None
    assert doubtful_rules(problem, best) == ()
    assert level_value(problem, best, LEVEL) < min(level_value(problem, plan, LEVEL) for plan in plans)
    opened = {pair for plan in plans for pair in plan.start_year}
    committed = {site for site in problem.planned_sites if problem.sites[site].opens_in is not None}
    assert {pair for pair in best.start_year if pair[0] not in committed} <= opened


def test_plans_that_break_rules_come_to_nothing_without_time() -> None:
    """Where the clock leaves no time, nothing is returned that the solver hasn't checked."""
    _, compiled, plans = _plans(2)
    broken = [replace(plan, start_year={key: 1 for key in plan.start_year}) for plan in plans]
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    assert merged(compiled, program, broken, LIMITS, Clock(time.monotonic())) is None


def test_a_crossed_plan_is_no_worse_and_keeps_what_all_agree_on() -> None:
    """Crossing short runs makes a better plan; what every one of them provides, in its year, stays."""
    problem, compiled, plans = _plans(3)
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    best = crossed(compiled, program, plans[0], plans[1:], LIMITS, _clock())
    assert doubtful_rules(problem, best) == ()
    assert level_value(problem, best, LEVEL) < min(level_value(problem, plan, LEVEL) for plan in plans)
    agreed = set.intersection(*(set(plan.start_year.items()) for plan in plans))
    assert agreed
    assert agreed <= set(best.start_year.items())


def test_a_plan_is_crossed_with_what_breaks_rules() -> None:
    """The other plan opens everything at once, which money is too short for: parts of it are taken."""
    problem, compiled, plans = _plans(1)
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    everything = {(site, function): year for site, function, year in sorted(compiled.columns.provide)[::-1]}
    best = crossed(compiled, program, plans[0], [Decisions(everything, {}, {}, {})], LIMITS, _clock())
    assert doubtful_rules(problem, best) == ()
    assert level_value(problem, best, LEVEL) < level_value(problem, plans[0], LEVEL)


def test_nothing_is_crossed_without_time() -> None:
    """The plan itself is returned."""
    _, compiled, plans = _plans(2)
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    assert crossed(compiled, program, plans[0], plans[1:], LIMITS, Clock(time.monotonic())) is plans[0]


def _stages(problem: Problem) -> set[str]:
    """Return the stages of solving the first level of a problem."""
    stages: set[str] = set()
    settings = SolverSettings(time_limit_s=240.0, effort=0.02)
    solve(replace(problem, objective=(LEVEL,)), settings, lambda progress: stages.add(progress.stage.en))
    return stages


@pytest.mark.slow
def test_plans_are_merged_only_where_prices_leave_a_doubt() -> None:
    """A plan that meets all targets is left as it is; where money is short, several are merged."""
    scarce = random_problem(3, communities=6, points=20, sites=12, budget_cny=2_000_000.0)
    assert MERGING.en in _stages(scarce)
    assert MERGING.en not in _stages(tiny_problem())

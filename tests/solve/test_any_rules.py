"""What is said to be proven is true of the whole formulation, under any rules, levels and ways of solving.

Each level's value and bound are compared with the best of the program as the formulation has it, without
reductions, in which the plan's earlier levels are held.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.solve.any_rules import any_rules_problem

from siteplan.highs import Answer, Clock, Limits, Program, SolverSession
from siteplan.outcome import level_value
from siteplan.problem import Problem
from siteplan.scenario import SolverSettings
from siteplan.solve import InfeasibleError, NoPlanError, compiling, planning, solve
from siteplan.solve.formulation import build_model
from siteplan.solve.program import compile_program
from siteplan.solve.stages import first_level, run
from siteplan.solve.stages.values import HOLD_SLACK, value_of_unit

TOLERANCE = 2e-5
SETTINGS = SolverSettings(time_limit_s=240.0, effort=0.05)
QUICK_SEEDS = (1, 2, 3, 4, 5, 8, 9, 10)
HURRIED = SolverSettings(time_limit_s=1.5, effort=0.05)


@pytest.fixture(autouse=True, scope="module")
def _all_is_compiled() -> None:
    """Wait for the compiler, once on a machine: a search goes without what isn't compiled in time."""
    compiling.compile_ahead()
    for part in compiling.COMPILERS:
        assert compiling.wait_until_compiled(part, Clock(time.monotonic() + 300.0))


def check_claims(session: SolverSession, problem: Problem, settings: SolverSettings) -> None:
    """Solve a problem; check what the result says against the program of the formulation."""
    compiled = compile_program(problem, build_model(problem, problem.objective), problem.objective)
    try:
        result = solve(problem, settings)
    except InfeasibleError:
        assert _best(session, compiled.program, Limits(nodes=1_000, relative_gap=1e9)).values is None
        return
    except NoPlanError:
        assert settings.time_limit_s < SETTINGS.time_limit_s
        return
    fixed = compiled.program.with_fixed(*compiled.start_values(result.decisions))
    assert _best(session, fixed).values is not None, "the plan breaks a rule"
    held = compiled.program
    for level, told in zip(problem.objective, result.levels, strict=False):
        factor = value_of_unit(problem, level)
        assert told.value == pytest.approx(level_value(problem, result.decisions, level))
        value = told.value / factor
        cost, offset = compiled.objectives[level]
        answer = _best(session, held.with_objective(cost, offset))
        slack = TOLERANCE * max(1.0, abs(value))
        assert answer.bound is not None
        assert value >= answer.bound - slack, (level, "a plan better than any")
        if told.bound is not None and answer.objective is not None:
            assert told.bound / factor <= answer.objective + slack, (level, told.status)
        allowed = value + HOLD_SLACK * max(1.0, abs(value))
        held = held.with_row(f"held_{level.value}", cost, -np.inf, allowed - offset)


def _best(session: SolverSession, program: Program, limits: Limits | None = None) -> Answer:
    return session.solve(program, limits or Limits(), Clock(time.monotonic() + 60.0))


@pytest.mark.parametrize("seed", QUICK_SEEDS[::2])
def test_what_is_proven_is_true(session: SolverSession, seed: int) -> None:
    """A plan keeps every rule, no plan is better than its bound, and what is infeasible is."""
    check_claims(session, any_rules_problem(seed), SETTINGS)


@pytest.mark.usefixtures("by_stages_alone")
@pytest.mark.parametrize("seed", QUICK_SEEDS[1::2])
def test_what_is_proven_by_stages_alone_is_true(session: SolverSession, seed: int) -> None:
    """Nor does it take the whole program from nothing."""
    check_claims(session, any_rules_problem(seed), SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(10), 115])  # 115: HiGHS's presolve loses every plan of it
def test_what_is_proven_of_more_problems_is_true(
    session: SolverSession, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same on more problems, in a hurry, and by the stages alone or with one node from nothing."""
    problem = any_rules_problem(seed)
    check_claims(session, problem, SETTINGS)
    check_claims(session, problem, HURRIED)
    if seed % 2:
        monkeypatch.setattr(planning, "begun_at_once", lambda _run: None)
    else:
        monkeypatch.setattr(first_level, "NODES_FROM_NOTHING", 1e-9)
        monkeypatch.setattr(first_level, "FIRST_LEVEL_NODES", 1e-9)
    check_claims(session, problem, SETTINGS)


@pytest.mark.parametrize("seed", [12, 14, 15])
def test_what_is_proven_without_the_whole_program_is_true(
    session: SolverSession, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where branching is of no use, nor where no whole program is built."""
    problem = any_rules_problem(seed)
    monkeypatch.setattr(run, "LARGEST_BRANCHED_PROGRAM", 0)
    check_claims(session, problem, SETTINGS)
    monkeypatch.setattr(run, "LARGEST_PROGRAM", 0)
    check_claims(session, problem, SETTINGS)

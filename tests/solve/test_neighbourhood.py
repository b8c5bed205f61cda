"""Neighbourhoods that the relaxation induces never worsen a plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from tests.solve.random_problem import random_problem

from siteplan.highs import Clock, Limits, SolverSession
from siteplan.plan import Decisions
from siteplan.scenario import Level
from siteplan.solve.decompose.neighbourhood import Solution, improve_by_relaxation, improve_on_both_cores
from siteplan.solve.decompose.repair import completed
from siteplan.solve.reductions import compile_reduced

LEVEL = Level.SHORTFALL


@pytest.mark.parametrize("by_relaxation", [improve_by_relaxation, improve_on_both_cores])
@pytest.mark.parametrize("seed", range(3))
def test_what_the_relaxation_induces_is_no_worse_and_keeps_the_rules(
    seed: int, by_relaxation: Callable[..., Solution | None]
) -> None:
    """From a plan that opens nothing of its own accord, with money for some sites."""
    problem = random_problem(seed, communities=6, points=30, sites=16, years=2, budget_cny=4_000_000.0)
    compiled = compile_reduced(problem, (LEVEL,))
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    provide = np.array(list(compiled.columns.provide.values()), dtype=np.int64)
    clock = Clock(time.monotonic() + 120.0)
    with SolverSession() as session:
        first = session.solve(program, Limits(nodes=1, absolute_gap=1e9), clock)
        start = compiled.start_values(compiled.decisions(cast("np.ndarray", first.values)))
        found = by_relaxation(provide, program, start, session, Limits(), clock)
        assert found is not None
        assert found.objective <= cast("float", first.objective) + 1e-9
        plan: Decisions = compiled.decisions(found.values)
        assert completed(compiled, program, plan, session, clock) is not None
    assert found.objective == pytest.approx(float(program.cost @ found.values) + program.offset)


def test_both_cores_come_to_the_same_on_every_run() -> None:
    """The rounds end together, so that no core's luck decides where the other begins."""
    problem = random_problem(1, communities=6, points=30, sites=16, years=2, budget_cny=4_000_000.0)
    compiled = compile_reduced(problem, (LEVEL,))
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    provide = np.array(list(compiled.columns.provide.values()), dtype=np.int64)
    found = []
    for _ in range(2):
        clock = Clock(time.monotonic() + 120.0)
        with SolverSession() as session:
            first = session.solve(program, Limits(nodes=1, absolute_gap=1e9), clock)
            start = compiled.start_values(compiled.decisions(cast("np.ndarray", first.values)))
            found.append(improve_on_both_cores(provide, program, start, session, Limits(), clock))
        assert not clock.cut_short.is_set()
    assert found[0] is not None
    assert found[1] is not None
    np.testing.assert_array_equal(found[0].values, found[1].values)

"""Neighbourhoods that the relaxation induces never worsen a plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
import pytest
from tests.solve.random_problem import random_problem

from siteplan.highs import Clock, Limits, Program, SolverSession
from siteplan.scenario import Level
from siteplan.solve.decompose.neighbourhood import (
    ColumnArray,
    Solution,
    Start,
    improve_by_relaxation,
    improve_on_both_cores,
)
from siteplan.solve.decompose.repair import completed
from siteplan.solve.program import CompiledModel
from siteplan.solve.reductions import compile_reduced

LEVEL = Level.SHORTFALL


class Begun(NamedTuple):
    """A problem with money for some sites, and a plan that opens nothing of its own accord."""

    compiled: CompiledModel
    program: Program
    provide: ColumnArray
    start: Start
    objective: float

    def improved(
        self, by_relaxation: Callable[..., Solution | None], session: SolverSession, clock: Clock
    ) -> Solution:
        """Return what a neighbourhood search leads to."""
        found = by_relaxation(self.provide, self.program, self.start, session, Limits(), clock)
        assert found is not None
        return found


def begin(seed: int, session: SolverSession, clock: Clock) -> Begun:
    problem = random_problem(seed, communities=6, points=30, sites=16, years=2, budget_cny=4_000_000.0)
    compiled = compile_reduced(problem, (LEVEL,))
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    provide = np.array(list(compiled.columns.provide.values()), dtype=np.int64)
    first = session.solve(program, Limits(nodes=1, absolute_gap=1e9), clock)
    start = compiled.start_values(compiled.decisions(cast("np.ndarray", first.values)))
    return Begun(compiled, program, provide, start, cast("float", first.objective))


@pytest.mark.parametrize("by_relaxation", [improve_by_relaxation, improve_on_both_cores])
@pytest.mark.parametrize("seed", range(3))
def test_what_the_relaxation_induces_is_no_worse_and_keeps_the_rules(
    seed: int, by_relaxation: Callable[..., Solution | None]
) -> None:
    clock = Clock(time.monotonic() + 120.0)
    with SolverSession() as session:
        begun = begin(seed, session, clock)
        found = begun.improved(by_relaxation, session, clock)
        assert found.objective <= begun.objective + 1e-9
        plan = begun.compiled.decisions(found.values)
        assert completed(begun.compiled, begun.program, plan, session, clock) is not None
    worth = float(begun.program.cost @ found.values) + begun.program.offset
    assert found.objective == pytest.approx(worth)


def test_both_cores_come_to_the_same_on_every_run() -> None:
    """The rounds end together, so that no core's luck decides where the other begins."""
    found = []
    for _ in range(2):
        clock = Clock(time.monotonic() + 120.0)
        with SolverSession() as session:
            found.append(begin(1, session, clock).improved(improve_on_both_cores, session, clock))
        assert not clock.cut_short.is_set()
    np.testing.assert_array_equal(found[0].values, found[1].values)

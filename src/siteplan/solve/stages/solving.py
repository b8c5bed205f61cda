"""Runs of the solver on the first levels' program, and the neighbourhoods that are searched beside them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np

from siteplan.highs import Answer, Clock, FloatArray, Program, SolverSession, Status
from siteplan.plan import Decisions
from siteplan.scenario import Level
from siteplan.solve.decompose.neighbourhood import Solution, Start, improve
from siteplan.solve.program import CompiledModel
from siteplan.solve.stages.bounding import bounds_by_prices
from siteplan.solve.stages.effort import (
    FIRST_LEVEL_NODES,
    HEAD_START_S,
    NEIGHBOURHOOD_NODES,
    NEIGHBOURHOOD_PASSES,
)
from siteplan.solve.stages.run import FIRST_LEVEL, LATER_LEVEL, MERGING, STAGING, Run
from siteplan.solve.stages.values import highest, in_reported_unit, value_of_unit
from siteplan.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What solving the first level gave: the answer, the best plan before, a bound besides (model units)."""

    answer: Answer
    start: Decisions
    bound: float | None


NO_ANSWER = Answer(Status.NO_SOLUTION, None, None, None, 0)
"""Where nothing was asked."""


def optimise(
    run: Run,
    compiled: CompiledModel,
    program: Program,
    level: Level,
    start: Decisions | None,
    session: SolverSession,
    clock: Clock,
    stage: Text,
    nodes: int,
) -> Answer:
    """Minimise a program from a start, reporting progress in the level's unit."""
    run.tell(stage, level)
    begin = None if start is None else compiled.start_values(start)
    if start is not None and start.area_m2 and stage is LATER_LEVEL:
        begin = _joined(begin, compiled.area_start_values(start))
    improvement = _Improvement(run, compiled, program, start, clock) if stage is not STAGING else None
    limits = run.limits(program, nodes, _wanted_gap(run, level) if stage is FIRST_LEVEL else 1e-9)
    answer = session.solve(program, limits, clock, begin, partial(_listen, run, level, stage))
    return answer if improvement is None else improvement.joined_with(answer)


def _wanted_gap(run: Run, level: Level) -> float:
    """Return the gap at which the first level may stop (model units)."""
    return max(1e-9, run.settings.gap / abs(value_of_unit(run.problem, level)))


def _listen(run: Run, level: Level, stage: Text, incumbent: float | None, bound: float | None) -> None:
    """Report progress in the level's unit; the bound of a part of the problem is none of the whole."""
    bound = None if stage in (STAGING, MERGING) else bound
    answer = (in_reported_unit(run.problem, level, incumbent), in_reported_unit(run.problem, level, bound))
    run.tell(stage, level, answer)


class WholeProgram:
    """The first level's whole program, solved from nothing on a core of its own while a start is mended."""

    def __init__(
        self, run: Run, compiled: CompiledModel, program: Program, clock: Clock, is_for_bound: bool
    ) -> None:
        self._run, self._compiled, self._program = run, compiled, program
        self._is_for_bound = is_for_bound
        self._clock = clock.beside()
        self._is_told = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._answer = self._pool.submit(self._solve)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.not_needed.set()
        self._pool.shutdown()

    def _solve(self) -> Answer:
        run, level = self._run, self._run.problem.objective[0]
        limits = run.limits(self._program, FIRST_LEVEL_NODES, _wanted_gap(run, level))
        limits = replace(limits, is_for_bound=self._is_for_bound)

        def listen(incumbent: float | None, bound: float | None) -> None:
            if self._is_told.is_set():
                _listen(run, level, FIRST_LEVEL, incumbent, bound)

        with SolverSession() as session:
            return session.solve(self._program, limits, self._clock, None, listen)

    def attempt_beside(self, start: Decisions, part: Program) -> Attempt:
        """Wait for the answer, while neighbourhoods of a start are searched; return the better of both.

        ``part``: the program, or as much of it as is searched.
        """
        bound = highest(self._run, *bounds_by_prices(self._run, self._compiled))
        self._run.tell(FIRST_LEVEL, self._run.problem.objective[0])
        self._is_told.set()
        best = start if start.start_year else None
        improvement = _Improvement(self._run, self._compiled, part, best, self._clock)
        answer = self._answer.result()
        return Attempt(improvement.joined_with(answer), start, bound)


class _Improvement:
    """Neighbourhood search beside the solver's own run, on the second core."""

    def __init__(
        self, run: Run, compiled: CompiledModel, program: Program, start: Decisions | None, clock: Clock
    ) -> None:
        self._run = run
        self._clock = clock.beside()
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._best = (
            None
            if start is None or len(run.problem.years) == 1
            else self._pool.submit(self._improve, run, compiled, program, compiled.start_values(start))
        )

    def _improve(self, run: Run, compiled: CompiledModel, program: Program, start: Start) -> Solution | None:
        if self._clock.not_needed.wait(HEAD_START_S):
            return None
        limits = run.limits(program, NEIGHBOURHOOD_NODES)
        with SolverSession() as session:
            return improve(compiled, program, start, session, limits, self._clock, NEIGHBOURHOOD_PASSES)

    def joined_with(self, answer: Answer) -> Answer:
        """Return the better of both solutions with the solver's bound; a proven answer stands."""
        if answer.is_proven:
            self._clock.not_needed.set()
        best = None if self._best is None else self._best.result()
        self._pool.shutdown()
        if answer.is_proven or best is None:
            return answer
        if self._clock.seconds_left() <= 0.0:
            self._run.clock.cut_short.set()
        if answer.objective is not None and answer.objective <= best.objective:
            return answer
        return replace(answer, status=Status.FEASIBLE, values=best.values, objective=best.objective)


def _joined(
    one: tuple[np.ndarray, FloatArray] | None, other: tuple[np.ndarray, FloatArray]
) -> tuple[np.ndarray, FloatArray]:
    if one is None:
        return other
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])

"""Runs of the solver on the first levels' program, and the neighbourhoods that are searched beside them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np

from siteplan.highs import Answer, Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.highs.session import POLL_S
from siteplan.plan import Decisions
from siteplan.scenario import Level
from siteplan.solve.decompose.neighbourhood import Solution, improve, objective_of
from siteplan.solve.feasibility import only_the_program_tells
from siteplan.solve.program import CompiledModel
from siteplan.solve.result import NoPlanError
from siteplan.solve.search import Found, Runs, search_starts
from siteplan.solve.stages.bounding import bounds_by_prices
from siteplan.solve.stages.effort import (
    CORES_OF_A_SOLVE,
    HEAD_START_S,
    LEAST_SECONDS_BESIDE,
    MOVES_BESIDE,
    NEIGHBOURHOOD_NODES,
    NEIGHBOURHOOD_PASSES,
    RUNS_BESIDE,
    SEARCH_SHARE_BESIDE,
)
from siteplan.solve.stages.run import FIRST_LEVEL, LATER_LEVEL, MERGING, STAGING, Run
from siteplan.solve.stages.values import first_level_of, highest, in_reported_unit, value_of_unit
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
    is_first, is_later = stage is FIRST_LEVEL, stage is LATER_LEVEL
    improvement = None
    if stage is not STAGING:
        improvement = _Improvement(
            run, compiled, program, start, clock, is_searched=is_first, holds_values=is_later
        )
    limits = run.limits(program, nodes, _wanted_gap(run, level) if is_first else 1e-9)
    limits = replace(limits, holds_values=is_later)
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
    """The first level's whole program, solved from nothing on a core of its own while plans are found.

    ``nodes``: the most that it branches on, at effort 1. ``is_for_bound``: as in `Limits`.
    """

    def __init__(
        self,
        run: Run,
        compiled: CompiledModel,
        program: Program,
        clock: Clock,
        nodes: int,
        *,
        is_for_bound: bool = False,
    ) -> None:
        self.compiled, self.program = compiled, program
        self._run = run
        self._clock = clock.beside()
        self._is_told, self._is_solved = threading.Event(), threading.Event()
        limits = run.limits(program, nodes, _wanted_gap(run, run.problem.objective[0]))
        if (os.cpu_count() or 1) <= CORES_OF_A_SOLVE:
            run.core_is_free.clear()
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._answer = self._pool.submit(self._solve, replace(limits, is_for_bound=is_for_bound))
        self._answer.add_done_callback(lambda _: run.core_is_free.set())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.not_needed.set()
        self._pool.shutdown()

    def _solve(self, limits: Limits) -> Answer:
        run, level = self._run, self._run.problem.objective[0]

        def listen(incumbent: float | None, bound: float | None) -> None:
            if self._is_told.is_set():
                _listen(run, level, FIRST_LEVEL, incumbent, bound)

        with SolverSession() as session:
            answer = session.solve(self.program, limits, self._clock, None, listen)
        if answer.status is Status.OPTIMAL:
            self._is_solved.set()
        return answer

    def end_with(self, clock: Clock) -> None:
        """Let it go on no longer than a clock."""
        self._clock.deadline = min(self._clock.deadline, clock.deadline)

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Give up what the run does within the block once the program is solved: `answer` has it then."""
        run, before = self._run, self._run.clock
        run.clock = replace(before, not_needed=self._is_solved, cut_short=threading.Event(), outer=before)
        try:
            yield
        except NoPlanError:
            if not self._is_solved.is_set():
                raise
        finally:
            if run.clock.cut_short.is_set() and not self._is_solved.is_set():
                before.cut_short.set()
            run.clock = before

    def answer(self) -> Answer:
        """Wait for the answer."""
        return self._answer.result()

    def attempt_beside(self, start: Decisions, part: Program) -> Attempt:
        """Wait for the answer, while neighbourhoods of a start are searched; return the better of both.

        ``part``: the program, or as much of it as is searched.
        """
        bound = highest(self._run, *bounds_by_prices(self._run, self.compiled))
        self._run.tell(FIRST_LEVEL, self._run.problem.objective[0])
        self._is_told.set()
        best = start if start.start_year else None
        improvement = _Improvement(self._run, self.compiled, part, best, self._clock, waits_for_core=False)
        answer = self._answer.result()
        return Attempt(improvement.joined_with(answer), start, bound)


class _Improvement:
    """Neighbourhood search beside the solver's own run, on the second core.

    ``is_searched``: before, the search goes on from what is promising with many more moves, where it knows
    every rule. ``holds_values``: as in `Limits`. ``waits_for_core``: until no other program is solved beside.
    """

    def __init__(
        self,
        run: Run,
        compiled: CompiledModel,
        program: Program,
        start: Decisions | None,
        clock: Clock,
        *,
        is_searched: bool = False,
        holds_values: bool = False,
        waits_for_core: bool = True,
    ) -> None:
        self._run = run
        self._waits_for_core = waits_for_core
        has_promising = run.priced is not None and run.priced.promising is not None
        self._is_hurried = False
        self._holds_values = holds_values
        self._is_searched = is_searched and has_promising and not only_the_program_tells(run.problem)
        self._clock = clock.beside()
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._best = (
            None
            if start is None or len(run.problem.years) == 1
            else self._pool.submit(self._improve, compiled, program, start)
        )

    def _improve(self, compiled: CompiledModel, program: Program, plan: Decisions) -> Solution | None:
        if self._clock.not_needed.wait(HEAD_START_S) or not self._has_a_core():
            return None
        run, start = self._run, compiled.start_values(plan)
        limits = replace(run.limits(program, NEIGHBOURHOOD_NODES), holds_values=self._holds_values)
        with SolverSession() as session:
            found = self._search_on(compiled, program, plan, session) if self._is_searched else None
            if found is not None:
                start = (start[0], found.values[start[0]].round())
            best = improve(compiled, program, start, session, limits, self._clock, NEIGHBOURHOOD_PASSES)
        return min((one for one in (best, found) if one is not None), key=objective_of, default=None)

    def _has_a_core(self) -> bool:
        """Wait for a core besides the solver's own; return whether there is one in time."""
        while self._waits_for_core and not self._run.core_is_free.wait(POLL_S):
            if self._clock.seconds_left() <= 0.0:
                return False
        return True

    def _search_on(
        self, compiled: CompiledModel, program: Program, plan: Decisions, session: SolverSession
    ) -> Solution | None:
        """Return the best that a few long runs of the search find, where it is better than the plan.

        None where there is little time: neighbourhoods are the better use of it.
        """
        run = self._run
        promising = None if run.priced is None else run.priced.promising
        runs = Runs(max(1, round(MOVES_BESIDE * run.settings.effort)), 0, 1)
        clock = self._clock.until(SEARCH_SHARE_BESIDE * self._clock.seconds_left())
        self._is_hurried = clock.seconds_left() < LEAST_SECONDS_BESIDE
        if self._is_hurried:
            return None
        found: list[Found] = []
        for left in range(RUNS_BESIDE, 0, -1):
            seed, share = run.settings.seed + left, clock.until(clock.seconds_left() / left)
            found += search_starts(run.problem, seed, runs, share, None, run.land, promising)
        self._is_hurried = clock.seconds_left() <= 0.0
        best = min(found, key=lambda one: one.shortfall, default=None)
        if best is None or best.shortfall >= first_level_of(run, plan):
            return None
        fixed = program.with_fixed(*compiled.start_values(best.decisions))
        answer = session.solve(fixed, Limits(), self._clock)
        if answer.values is None or answer.objective is None:
            return None
        return Solution(answer.values, answer.objective)

    def joined_with(self, answer: Answer) -> Answer:
        """Return the better of both solutions with the solver's bound; a proven answer stands."""
        if answer.is_proven:
            self._clock.not_needed.set()
        best = None if self._best is None else self._best.result()
        self._pool.shutdown()
        if answer.is_proven:
            return answer
        if self._is_hurried or (best is not None and self._clock.seconds_left() <= 0.0):
            self._run.clock.cut_short.set()
        if best is None:
            return answer
        if answer.objective is not None and answer.objective <= best.objective:
            return answer
        return replace(answer, status=Status.FEASIBLE, values=best.values, objective=best.objective)


def _joined(
    one: tuple[np.ndarray, FloatArray] | None, other: tuple[np.ndarray, FloatArray]
) -> tuple[np.ndarray, FloatArray]:
    if one is None:
        return other
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])

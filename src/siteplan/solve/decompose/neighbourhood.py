"""Neighbourhood search: improve a plan by solving it again with most of its sites held as they are.

Each neighbourhood frees the sites of one town, or all sites that are open; everything else keeps its
functions and years. A pass tries them all; passes go on while they gain. Before, where the program is large,
what the plan and the relaxation agree on is held, and the rest freed (relaxation induced neighbourhoods,
Danna, Rothberg & Le Pape 2005).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.highs import LARGE_RELAXATION, Clock, FloatArray, Limits, Program, SolverSession
from siteplan.solve.decompose.repair import WHOLE
from siteplan.solve.program import INTEGER_HALF, CompiledModel

ColumnArray = NDArray[np.int64]
Start = tuple[ColumnArray, FloatArray]

SHARE_OF_ONE = 0.15
"""Share of the time left that one neighbourhood may take: all open sites of a city would take it all."""
LARGE_PROGRAM = 5_000
"""Columns beyond which the relaxation is asked: below, branching on all of it is no slower."""
RELAXATION_SHARE, INDUCED_SHARE, INDUCED_PASSES = 0.5, 0.4, 4
"""Shares of the time left for the relaxation and for a neighbourhood that it induces; how many of these."""
ALONE_SHARE = 0.85
"""Share of the time left for all that the relaxation induces, where both cores are free for it."""
WIDE, NARROW = (1.0 - WHOLE,), (0.5, 0.3, 0.1)
"""By how much plan and relaxation differ at least in what is freed: little, so that much is free; and first
much, then less, so that each is solved."""
WIDE_GAP, NARROW_GAP = 0.002, 0.0005
"""Gaps, as shares of the objective, at which a wide and a narrow neighbourhood count as solved."""
SMALLEST_GAIN = 1e-7
"""A gain below this (model units) is solver noise."""


class Solution(NamedTuple):
    """Values of all columns (columns,), and the objective (model units)."""

    values: FloatArray
    objective: float


def improve(
    compiled: CompiledModel,
    program: Program,
    start: Start,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
    passes: int,
    *,
    is_alone: bool = False,
) -> Solution | None:
    """Return the best solution found, or None where nothing was found.

    ``start``: (columns, values) of the binaries of a plan; ``is_alone``: both cores are free for it.
    """
    induced = None
    if len(program.cost) > LARGE_PROGRAM:
        provide = np.array(list(compiled.columns.provide.values()), dtype=np.int64)
        by_relaxation = improve_on_both_cores if is_alone else improve_by_relaxation
        induced = by_relaxation(provide, program, start, session, limits, clock)
        start = start if induced is None else (start[0], induced.values[start[0]].round())
    towns = {site: compiled.problem.sites[site].town_code for site in compiled.problem.planned_sites}
    columns = compiled.columns_by_site()
    found = improve_by_town(columns, towns, program, start, session, limits, clock, passes)
    return min((one for one in (found, induced) if one is not None), key=objective_of, default=None)


def objective_of(solution: Solution) -> float:
    """Return the objective of a solution."""
    return solution.objective


def improve_by_relaxation(
    provide: ColumnArray,
    program: Program,
    start: Start,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
) -> Solution | None:
    """Return the best solution found, or None where nothing was found.

    ``provide``: the columns that are held where the plan and the relaxation agree.
    """
    relaxation = _relaxation(program, session, clock)
    if relaxation is None:
        return None
    induced = _Induced(provide, program, start, relaxation)
    for _ in range(INDUCED_PASSES):
        share = clock.until(INDUCED_SHARE * clock.seconds_left())
        if not induced.improve(WIDE[0], session, replace(limits, nodes=None), share):
            break
    return induced.best


def improve_on_both_cores(
    provide: ColumnArray,
    program: Program,
    start: Start,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
) -> Solution | None:
    """Return the best solution found, or None where nothing was found, as `improve_by_relaxation` does.

    In each round one core solves wide neighbourhoods and the other narrow ones; the best plan of both begins
    the next, while that gains. So what comes of it depends on the clock alone.
    """
    relaxation = _relaxation(program, session, clock)
    if relaxation is None:
        return None
    end = clock.until(ALONE_SHARE * clock.seconds_left())

    def improve_all(
        session: SolverSession, widths: tuple[float, ...], gap: float, start: Start
    ) -> Solution | None:
        induced = _Induced(provide, program, start, relaxation)
        how = replace(limits, nodes=None, relative_gap=gap)
        for width in widths:
            while induced.improve(width, session, how, end):
                pass
        return induced.best

    best: Solution | None = None
    with SolverSession() as other, ThreadPoolExecutor(max_workers=2) as pool:
        while True:
            wide = pool.submit(improve_all, session, WIDE, WIDE_GAP, start)
            narrow = pool.submit(improve_all, other, NARROW, NARROW_GAP, start)
            found = [one for one in (best, wide.result(), narrow.result()) if one is not None]
            before, best = best, min(found, key=objective_of, default=None)
            if best is None or (before is not None and best.objective >= before.objective - SMALLEST_GAIN):
                return best
            start = (start[0], best.values[start[0]])


def _relaxation(program: Program, session: SolverSession, clock: Clock) -> FloatArray | None:
    """Return a solution (columns,) of a program's relaxation, or None where there is no time for it."""
    how = Limits(use_interior_point=len(program.cost) > LARGE_RELAXATION)
    share = clock.until(RELAXATION_SHARE * clock.seconds_left())
    return session.solve(program.relaxed(), how, share).values


class _Induced:
    """The neighbourhoods that a relaxation (columns,) induces of the best plan so far."""

    def __init__(self, provide: ColumnArray, program: Program, start: Start, relaxation: FloatArray) -> None:
        self.best: Solution | None = None
        self._provide, self._program = provide, program
        self._start = start
        self._relaxation = relaxation

    def improve(self, width: float, session: SolverSession, limits: Limits, clock: Clock) -> bool:
        """Solve again what plan and relaxation differ in by ``width`` or more; return whether that gained."""
        binaries, planned = self._start[0], self._start[1].round()
        provided = np.zeros(len(self._program.cost))
        provided[binaries] = planned
        provided = provided[self._provide]
        agreed = np.abs(self._relaxation[self._provide] - provided) < width
        restricted = self._program.with_fixed(self._provide[agreed], provided[agreed])
        answer = session.solve(restricted, limits, clock, (binaries, planned))
        if answer.values is None or answer.objective is None:
            return False
        if self.best is None:
            has_gained = bool((answer.values[self._provide].round() != provided).any())
        else:
            has_gained = answer.objective < self.best.objective - SMALLEST_GAIN
        if self.best is None or has_gained:
            self.best = Solution(answer.values, answer.objective)
            self._start = (binaries, answer.values[binaries])
        return has_gained


def improve_by_town(
    site_columns: Mapping[str, ColumnArray],
    towns: Mapping[str, str],
    program: Program,
    start: Start,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
    passes: int,
) -> Solution | None:
    """Return the best solution found, or None where nothing was found.

    ``site_columns``: the binary columns of each site, ``towns``: the town of each.
    """
    values = np.zeros(len(program.cost))
    values[start[0]] = start[1]
    best: Solution | None = None
    for _ in range(passes):
        before = None if best is None else best.objective
        for free in neighbourhoods(site_columns, towns, values):
            if clock.seconds_left() <= 0.0:
                break
            held = np.concatenate(
                [site_columns[site] for site in site_columns if site not in free] or [start[0][:0]]
            )
            begin = start if best is None else (start[0], values[start[0]].round())
            restricted = program.with_fixed(held, values[held].round())
            share = clock.until(SHARE_OF_ONE * clock.seconds_left())
            answer = session.solve(restricted, limits, share, begin)
            if answer.values is None or answer.objective is None:
                continue
            if best is None or answer.objective < best.objective - SMALLEST_GAIN:
                values, best = answer.values, Solution(answer.values, answer.objective)
        if clock.seconds_left() <= 0.0 or best is None:
            break
        if before is not None and best.objective >= before - SMALLEST_GAIN:
            break
    return best


def neighbourhoods(
    site_columns: Mapping[str, ColumnArray], town_of: Mapping[str, str], values: FloatArray
) -> Iterator[frozenset[str]]:
    """Yield sets of sites to free: those that are open, then those of each town."""
    yield frozenset(site for site, columns in site_columns.items() if (values[columns] > INTEGER_HALF).any())
    towns: dict[str, list[str]] = {}
    for site in site_columns:
        towns.setdefault(town_of[site], []).append(site)
    for town in sorted(towns):
        yield frozenset(towns[town])

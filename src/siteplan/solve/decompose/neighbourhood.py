"""Neighbourhood search: improve a plan by solving it again with most of its sites held as they are.

Each neighbourhood frees the sites of one town, or all sites that are open; everything else keeps its
functions and years. A pass tries them all; passes go on while they gain. Before, where the program is large,
what the plan and the relaxation agree on is held, and the rest freed (relaxation induced neighbourhoods,
Danna, Rothberg & Le Pape 2005).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siteplan.highs import Clock, FloatArray, Limits, Program, SolverSession
from siteplan.solve.decompose.repair import WHOLE
from siteplan.solve.program import INTEGER_HALF, CompiledModel

ColumnArray = NDArray[np.int64]
Start = tuple[ColumnArray, FloatArray]

SHARE_OF_ONE = 0.15
"""Share of the time left that one neighbourhood may take: all open sites of a city would take it all."""
LARGE_PROGRAM = 5_000
"""Columns beyond which the relaxation is asked: below, branching on all of it is no slower."""
LARGE_RELAXATION = 20_000
"""Columns beyond which the interior point method is many times faster than the simplex method."""
RELAXATION_SHARE, INDUCED_SHARE, INDUCED_PASSES = 0.5, 0.4, 4
"""Shares of the time left for the relaxation and for a neighbourhood that it induces; how many of these."""
SMALLEST_GAIN = 1e-7
"""A gain below this (model units) is solver noise."""


def improve(
    compiled: CompiledModel,
    program: Program,
    start: Start,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
    passes: int,
) -> tuple[FloatArray, float] | None:
    """Return the best solution found (columns,) and its objective, or None where nothing was found.

    ``start``: (columns, values) of the binaries of a plan.
    """
    induced = None
    if len(program.cost) > LARGE_PROGRAM:
        provide = np.array(list(compiled.columns.provide.values()), dtype=np.int64)
        induced = improve_by_relaxation(provide, program, start, session, limits, clock)
        start = start if induced is None else (start[0], induced[0][start[0]].round())
    towns = {site: compiled.problem.sites[site].town_code for site in compiled.problem.planned_sites}
    columns = columns_by_site(compiled)
    found = improve_by_town(columns, towns, program, start, session, limits, clock, passes)
    return min((one for one in (found, induced) if one is not None), key=_objective, default=None)


def _objective(solution: tuple[FloatArray, float]) -> float:
    return solution[1]


def improve_by_relaxation(
    provide: ColumnArray,
    program: Program,
    start: Start,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
) -> tuple[FloatArray, float] | None:
    """Return the best solution found (columns,) and its objective, or None where nothing was found.

    ``provide``: the columns that are held where the plan and the relaxation agree.
    """
    how = Limits(use_interior_point=len(program.cost) > LARGE_RELAXATION)
    share = clock.until(RELAXATION_SHARE * clock.seconds_left())
    relaxation = session.solve(program.relaxed(), how, share).values
    if relaxation is None:
        return None
    values = np.zeros(len(program.cost))
    values[start[0]] = start[1]
    best: tuple[FloatArray, float] | None = None
    for _ in range(INDUCED_PASSES):
        planned = values[provide].round()
        agreed = np.abs(relaxation[provide] - planned) < 1.0 - WHOLE
        restricted = program.with_fixed(provide[agreed], planned[agreed])
        share = clock.until(INDUCED_SHARE * clock.seconds_left())
        answer = session.solve(
            restricted, replace(limits, nodes=None), share, (start[0], values[start[0]].round())
        )
        if answer.values is None or answer.objective is None:
            break
        if best is not None and answer.objective >= best[1] - SMALLEST_GAIN:
            break
        values, best = answer.values, (answer.values, answer.objective)
    return best


def improve_by_town(
    site_columns: Mapping[str, ColumnArray],
    towns: Mapping[str, str],
    program: Program,
    start: Start,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
    passes: int,
) -> tuple[FloatArray, float] | None:
    """Return the best solution found (columns,) and its objective, or None where nothing was found.

    ``site_columns``: the binary columns of each site, ``towns``: the town of each.
    """
    values = np.zeros(len(program.cost))
    values[start[0]] = start[1]
    best: tuple[FloatArray, float] | None = None
    for _ in range(passes):
        before = None if best is None else best[1]
        for free in neighbourhoods(site_columns, towns, values):
            held = np.concatenate(
                [site_columns[site] for site in site_columns if site not in free] or [start[0][:0]]
            )
            begin = start if best is None else (start[0], values[start[0]].round())
            restricted = program.with_fixed(held, values[held].round())
            share = clock.until(SHARE_OF_ONE * clock.seconds_left())
            answer = session.solve(restricted, limits, share, begin)
            if answer.values is None or answer.objective is None:
                continue
            if best is None or answer.objective < best[1] - SMALLEST_GAIN:
                values, best = answer.values, (answer.values, answer.objective)
        if clock.seconds_left() <= 0.0 or best is None:
            break
        if before is not None and best[1] >= before - SMALLEST_GAIN:
            break
    return best


def columns_by_site(compiled: CompiledModel) -> dict[str, ColumnArray]:
    """Return the binary columns of each planned site."""
    columns: dict[str, list[int]] = {site: [] for site in compiled.problem.planned_sites}
    for (site, _), column in compiled.columns.open.items():
        columns[site].append(column)
    for (site, _, _), column in compiled.columns.provide.items():
        columns[site].append(column)
    for site, column in compiled.columns.complex.items():
        columns[site].append(column)
    return {site: np.array(numbers, dtype=np.int64) for site, numbers in columns.items()}


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

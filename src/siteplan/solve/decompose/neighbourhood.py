"""Neighbourhood search: improve a plan by solving it again with most of its sites held as they are.

Each neighbourhood frees the sites of one town, or all sites that are open; everything else keeps its
functions and years. A pass tries them all; passes go on while they gain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from siteplan.highs import Clock, FloatArray, Limits, Program, SolverSession
from siteplan.solve.program import INTEGER_HALF, CompiledModel

ColumnArray = NDArray[np.int64]
Start = tuple[ColumnArray, FloatArray]

SHARE_OF_ONE = 0.15
"""Share of the time left that one neighbourhood may take: all open sites of a city would take it all."""
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
    towns = {site: compiled.problem.sites[site].town_code for site in compiled.problem.planned_sites}
    return improve_by_town(columns_by_site(compiled), towns, program, start, session, limits, clock, passes)


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

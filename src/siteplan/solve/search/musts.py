"""Coverage that is a must, for the search: by function, by town, in every community, and where required."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.problem import Problem
from siteplan.solve.formulation.coverage import COUNT_SLACK

MISSING_TOLERANCE = 1e-9
"""Less that is missing of a must is rounding."""


@dataclass(slots=True)
class Must:
    """So much has to be covered in a year.

    ``least``: of some ``pairs`` (community, function), or percentage points.
    ``points_of``: the function whose persons are counted in points, None where pairs are.
    """

    year: int
    least: float
    pairs: Sequence[tuple[str, str]] = ()
    points_of: str | None = None


class Musts(NamedTuple):
    """Musts as arrays. E elements, G musts.

    ``first`` (E + 1,), ``must``, ``weight``: what an element counts for; ``year``: index of the year that an
    entry counts in; ``least`` (G,). The unit of a must is what an element is worth of it on average.
    """

    first: NDArray[np.int64]
    must: NDArray[np.int64]
    year: NDArray[np.int64]
    weight: NDArray[np.float64]
    least: NDArray[np.float64]


def musts_of(problem: Problem) -> list[Must]:
    """Return all coverage that is a must; what decided sites cover of it is still in it."""
    return [
        *_floors_of_functions(problem),
        *_floors_of_towns(problem),
        *_functions_of_communities(problem),
        *(
            Must(year, 1.0, [(community, function)])
            for (community, function), first in problem.required_coverage.items()
            for year in problem.years
            if year >= first
        ),
    ]


def _floors_of_functions(problem: Problem) -> list[Must]:
    floors = [(key, least) for key, least in problem.coverage_floor.items() if key[1] in problem.years]
    if not problem.basis.counts_communities:
        return [Must(year, least, points_of=function) for (function, year), least in floors]
    return [
        Must(year, least, [(code, function) for code in problem.counted_communities(function, year)])
        for (function, year), least in floors
    ]


def _floors_of_towns(problem: Problem) -> list[Must]:
    towns = sorted({community.town_code for community in problem.communities.values() if community.in_scope})
    musts = []
    for year, percent in problem.coverage_per_town.items():
        for town in towns if year in problem.years else ():
            pairs = problem.pairs_of_town(town, year)
            musts.append(Must(year, math.ceil(percent / 100.0 * len(pairs) - COUNT_SLACK), pairs))
    return musts


def _functions_of_communities(problem: Problem) -> list[Must]:
    musts = []
    for year, least in problem.functions_per_community.items():
        of_community: dict[str, list[tuple[str, str]]] = {}
        for function in problem.functions if year in problem.years else ():
            for code in problem.counted_communities(function, year):
                of_community.setdefault(code, []).append((code, function))
        musts += [Must(year, min(least, len(pairs)), pairs) for pairs in of_community.values()]
    return musts


def must_arrays(
    musts: Sequence[Must], must_of: Sequence[Sequence[tuple[int, float]]], years: Sequence[int] = ()
) -> Musts:
    """Return musts as arrays; ``must_of``: of each element the musts that it counts for, with its weight."""
    entries = [entry for element in must_of for entry in element]
    must = np.array([number for number, _ in entries], dtype=np.int64)
    weight = np.array([weight for _, weight in entries], dtype=np.float64)
    least = np.array([entry.least for entry in musts], dtype=np.float64)
    count = np.maximum(1, np.bincount(must, minlength=len(musts)))
    unit = np.bincount(must, weight, minlength=len(musts)) / count
    unit[unit <= 0.0] = 1.0
    index = {year: number for number, year in enumerate(years)}
    of_year = np.array([index[entry.year] for entry in musts], dtype=np.int64)
    return Musts(
        first=np.cumsum([0, *(len(element) for element in must_of)]).astype(np.int64),
        must=must,
        year=of_year[must],
        weight=weight / unit[must],
        least=least / unit - MISSING_TOLERANCE,
    )

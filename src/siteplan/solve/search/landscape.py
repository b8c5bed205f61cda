"""What the annealing needs to know of a problem, as arrays: elements to cover, targets, money, pace.

An *element* is something that one providing site covers for one function: a community on the community
bases (it counts towards the target), and a demand point (its persons count towards the second level; on
the residents basis its share counts towards the target as well).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siteplan.problem import Problem, Role
from siteplan.solve.formulation.objective import points_per_unit_of_shortfall
from siteplan.solve.search.programmes import Programmes, enumerate_programmes
from siteplan.units import to_model_money, to_points

UNLIMITED = 1e9
"""Stands for no limit of money (million CNY) or pace (sites)."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """Arrays of the search. P planned sites, F functions, T years, E elements.

    ``covers_first`` (P·F + 1,), ``covers``: elements that site p covers with function f, row p·F + f;
    ``is_decided`` (E, T): decided sites cover it; ``element_function`` (E,);
    ``target_weight``, ``person_weight`` (E, T); ``target``, ``price_of_shortfall`` (F, T);
    ``amount`` (T,): capital in million CNY; ``carry_over``; ``earliest`` (P,): first year index;
    ``fixed_year`` (P,): the year index of a committed site, else -1; ``town`` (P,);
    ``pace_all``, ``pace_town``; ``counts_for_pace`` (P,).
    """

    programmes: Programmes
    covers_first: IntArray
    covers: IntArray
    element_function: IntArray
    is_decided: IntArray
    target_weight: FloatArray
    person_weight: FloatArray
    target: FloatArray
    price_of_shortfall: FloatArray
    amount: FloatArray
    carry_over: bool
    earliest: IntArray
    fixed_year: IntArray
    town: IntArray
    town_count: int
    pace_all: float
    pace_town: float
    counts_for_pace: IntArray


@dataclass(slots=True)
class _Elements:
    """Elements gathered so far."""

    function: list[int]
    target_weight: list[list[float]]
    person_weight: list[list[float]]
    is_decided: list[list[int]]
    covered_by: dict[tuple[int, int], list[int]]


def describe_landscape(problem: Problem) -> Landscape:
    """Turn a problem into the arrays of the search."""
    elements = _Elements([], [], [], [], {})
    planned = {site: row for row, site in enumerate(problem.planned_sites)}
    if problem.basis.counts_communities:
        _add_communities(problem, planned, elements)
    _add_demand(problem, planned, elements)
    covers_first, covers = _site_lists(len(planned), len(problem.functions), elements.covered_by)
    return Landscape(
        programmes=enumerate_programmes(problem),
        covers_first=covers_first,
        covers=covers,
        element_function=np.array(elements.function, dtype=np.int64),
        is_decided=_matrix(elements.is_decided, len(problem.years)).astype(np.int64),
        target_weight=_matrix(elements.target_weight, len(problem.years)),
        person_weight=_matrix(elements.person_weight, len(problem.years)),
        **_targets(problem),
        **_limits(problem),
    )


def _matrix(rows: list[list[float]] | list[list[int]], years: int) -> FloatArray:
    return np.array(rows, dtype=np.float64).reshape(len(rows), years)


def _add_communities(problem: Problem, planned: dict[str, int], elements: _Elements) -> None:
    """One element for each community, function and set of covering sites (they may differ by year)."""
    for position, function in enumerate(problem.functions):
        for community in problem.communities:
            years_of: dict[tuple[str, ...], list[int]] = {}
            for index, year in enumerate(problem.years):
                if community in problem.counted_communities(function, year):
                    sites = problem.covering_sites(community, function, year)
                    years_of.setdefault(sites, []).append(index)
            for sites, indices in years_of.items():
                weight = [float(index in indices) for index in range(len(problem.years))]
                _add(problem, planned, elements, position, sites, weight, [0.0] * len(weight))


def _add_demand(problem: Problem, planned: dict[str, int], elements: _Elements) -> None:
    counts = problem.basis.counts_communities
    for position, function in enumerate(problem.functions):
        totals = [
            sum(problem.target_group(key, function, year) for key in problem.counted_demand)
            for year in problem.years
        ]
        for point in problem.counted_demand:
            persons = [problem.target_group(point, function, year) for year in problem.years]
            sites = problem.providers_within_reach(point, function)
            if not sites or not any(persons):
                continue
            shares = [
                0.0 if counts or total <= 0.0 else to_points(count / total)
                for count, total in zip(persons, totals, strict=True)
            ]
            weighted = [count * (len(persons) - index) for index, count in enumerate(persons)]
            _add(problem, planned, elements, position, sites, shares, weighted)


def _add(
    problem: Problem,
    planned: dict[str, int],
    elements: _Elements,
    function: int,
    sites: tuple[str, ...],
    target_weight: list[float],
    person_weight: list[float],
) -> None:
    number = len(elements.function)
    elements.function.append(function)
    elements.target_weight.append(target_weight)
    elements.person_weight.append(person_weight)
    decided = any(problem.sites[site].is_decided for site in sites)
    elements.is_decided.append([int(decided)] * len(target_weight))
    for site in sites:
        if site in planned:
            elements.covered_by.setdefault((planned[site], function), []).append(number)


def _site_lists(
    sites: int, functions: int, covered_by: dict[tuple[int, int], list[int]]
) -> tuple[IntArray, IntArray]:
    first, covers = [0], []
    for site in range(sites):
        for function in range(functions):
            covers += covered_by.get((site, function), [])
            first.append(len(covers))
    return np.array(first, dtype=np.int64), np.array(covers, dtype=np.int64)


def _targets(problem: Problem) -> dict[str, FloatArray]:
    shape = (len(problem.functions), len(problem.years))
    target, price = np.zeros(shape), np.zeros(shape)
    for row, (function, entry) in enumerate(problem.functions.items()):
        for column, year in enumerate(problem.years):
            target[row, column] = problem.targets.get((function, year), 0.0)
            price[row, column] = entry.priority * points_per_unit_of_shortfall(problem, function, year)
    return {"target": target, "price_of_shortfall": price}


def _limits(problem: Problem) -> dict[str, object]:
    years = {year: index for index, year in enumerate(problem.years)}
    sites = [problem.sites[key] for key in problem.planned_sites]
    towns = {town: number for number, town in enumerate(sorted({site.town_code for site in sites}))}
    capital = problem.money.capital_cny
    pace = problem.pace
    return {
        "amount": np.array(
            [UNLIMITED if capital is None else to_model_money(capital[year]) for year in problem.years]
        ),
        "carry_over": problem.money.carry_over,
        "earliest": np.array(
            [sum(year < site.available_from for year in problem.years) for site in sites], dtype=np.int64
        ),
        "fixed_year": np.array(
            [-1 if site.opens_in is None else years[site.opens_in] for site in sites], dtype=np.int64
        ),
        "town": np.array([towns[site.town_code] for site in sites], dtype=np.int64),
        "town_count": len(towns),
        "pace_all": UNLIMITED if pace.sites_per_year is None else float(pace.sites_per_year),
        "pace_town": UNLIMITED
        if pace.sites_per_year_and_town is None
        else float(pace.sites_per_year_and_town),
        "counts_for_pace": np.array([int(site.role is Role.CANDIDATE) for site in sites], dtype=np.int64),
    }

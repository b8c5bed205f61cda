"""A bound below the LP's: prices of being covered that differ by case, region by region.

The cases of a region: a site of its first group is open; none of these is, but one of its second group; and
so on; none of any group is. In whatever selection exactly one of them holds, and a price of its own for each
gives the integer optimum no room that the LP takes by opening half a site of each group (disjunctive
programming, Balas 1979). The proof is in ``docs/covering.md``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.covering.bounds import fractional_knapsack, safe_upper_bound
from siteplan.covering.instance import FloatArray, IndexArray, Instance
from siteplan.covering.regions import Map, groups_of, medoids_of, middle_of, regions_of
from siteplan.covering.state import LEAST_COST, Neighbours, Rows
from siteplan.covering.volume import Ascent, ascend, first_ascent
from siteplan.highs import Clock
from siteplan.machine_code import compiled

SITES_PER_REGION = 4.0
NEWEST = 10.0
"""Share of the newest selection in the average of selections, times the number of iterations."""
FIRST_SHARE = 0.9
"""Share of the LP's prices in the first ones: from these alone, a kink of the bound, it hardly falls."""
SUMMED_AT_ONCE = 8
"""The number of a region's cases is a multiple of this: so many sums are one instruction or two."""
PRICES_OF_A_PIECE = 100_000_000
"""Prices that are added up between looks at the clock."""


class Cases(NamedTuple):
    """Regions of demand points, and the groups of sites that tell their cases apart.

    ``region`` (demand,). The demand points of a region that a site reaches are a *part*: those of part k are
    ``demand[demand_start[k]:demand_start[k + 1]]``. ``part_region``, ``part_case`` (parts,): the site may be
    open up to this case of the region, in which it is of the case's group; the last case has no group. Site j
    has the parts ``part_start[j]:part_start[j + 1]``. ``counts`` (2,): regions, cases of each.
    """

    region: IndexArray
    part_start: IndexArray
    part_region: IndexArray
    part_case: IndexArray
    demand_start: IndexArray
    demand: NDArray[np.int32]
    counts: IndexArray


def cases_of(regions: IndexArray, groups: list[list[IndexArray]], cases: int, instance: Instance) -> Cases:
    """Return the cases of regions (demand,) with up to ``cases`` − 1 disjoint groups of sites each."""
    reached_by = instance.reached_by
    site = np.repeat(np.arange(instance.site_count), np.diff(reached_by.indptr))
    by_part = np.lexsort((regions[reached_by.indices], site))
    demand, part = reached_by.indices[by_part], (site * len(groups) + regions[reached_by.indices])[by_part]
    part, demand_start = np.unique(part, return_index=True)
    case = np.full((instance.site_count, len(groups)), cases - 1, dtype=np.int64)
    for region, of_region in enumerate(groups):
        for number, group in enumerate(of_region):
            case[group, region] = number
    return Cases(
        regions,
        np.searchsorted(part, np.arange(instance.site_count + 1) * len(groups)).astype(np.int64),
        part % len(groups),
        case.ravel()[part],
        np.append(demand_start, len(demand)).astype(np.int64),
        demand.astype(np.int32),
        np.array([len(groups), cases]),
    )


def likely_cases(
    instance: Instance, near: Neighbours, mass: FloatArray, prices: FloatArray, cases: int, clock: Clock
) -> Cases:
    """Return cases likely to lower the LP's bound: it opens ``mass`` (sites,) at ``prices`` (demand,)."""
    sites = Map(instance, near, mass)
    medoids = medoids_of(sites, max(1, round(float(mass.sum()) / SITES_PER_REGION)), clock)
    distances = sites.distances(medoids)
    regions = regions_of(sites, distances)
    groups: list[list[IndexArray]] = []
    for at in range(len(medoids)):
        among = np.flatnonzero(regions == at)
        middle = middle_of(sites, among, distances[at], prices) if len(among) else None
        groups.append([] if middle is None else groups_of(sites, middle, cases - 1))
    return cases_of(regions, groups, cases, instance)


def bound_by_cases(
    instance: Instance, budget: float, cases: Cases, prices: FloatArray, premiums: FloatArray
) -> float:
    """Return an upper bound on the weight that a budget can cover.

    Σ_regions max_cases {Σ_i (weight_i − price_i) − premium} + max {Σ_j profit_j open_j : Σ_j cost_j open_j ≤
    budget}, where a site's profit is for each region that of the best case in which it may be open: the
    prices of those it reaches there, and the premium where it is of the case's group. For any ``prices``
    (demand, cases) within [0, weight] and ``premiums`` (regions, cases) ≥ 0, of the last case 0.
    """
    regions, count = cases.counts
    weights = instance.weights
    prices = np.clip(prices, 0.0, weights[:, None])
    premiums = np.maximum(premiums, 0.0)
    premiums[:, -1] = 0.0
    lost = np.full(regions, -np.inf)
    won = np.full(len(cases.part_region), -np.inf)
    for case in range(count):
        left = np.bincount(cases.region, weights - prices[:, case], minlength=regions)
        lost = np.maximum(lost, left - premiums[:, case])
        of_part = np.add.reduceat(prices[cases.demand, case], cases.demand_start[:-1])
        of_part[cases.part_case == case] += premiums[cases.part_region[cases.part_case == case], case]
        won = np.where(cases.part_case >= case, np.maximum(won, of_part), won)
    site = np.repeat(np.arange(instance.site_count), np.diff(cases.part_start))
    profits = np.zeros(instance.site_count)
    np.add.at(profits, site, won)
    bound = float(lost.sum()) + fractional_knapsack(profits, instance.costs, budget)
    return safe_upper_bound(instance, bound, float(weights.sum() + premiums.sum() + profits.sum()))


def prices_by_case(
    rows: Rows,
    cases: Cases,
    budget: float,
    prices: FloatArray,
    known: float,
    iterations: int,
    clock: Clock,
) -> tuple[FloatArray, FloatArray]:
    """Return good prices (demand, cases) and premiums (regions, cases) for `bound_by_cases`.

    By the volume algorithm from near the ``prices`` (demand,) of the LP; ``known``: covered weight of a plan
    within the budget.
    """
    regions, count = cases.counts
    demand = len(rows.weights)
    weights = np.repeat(rows.weights, count)
    first = FIRST_SHARE * np.repeat(prices, count) + 0.5 * (1.0 - FIRST_SHARE) * weights
    premiums = np.repeat(np.bincount(cases.region, rows.weights, minlength=regions), count)
    premiums[count - 1 :: count] = 0.0
    unit = np.sqrt(weights / np.sqrt((rows.weights**2).mean()))
    ascent = first_ascent(
        np.append(first, np.zeros(len(premiums))),
        np.append(unit, np.ones(len(premiums))),
        np.append(weights, premiums),
    )
    piece = max(1, min(iterations, PRICES_OF_A_PIECE // (len(cases.demand) * int(count))))
    for _ in range(-(-iterations // piece)):
        if clock.seconds_left() <= 0.0:
            break
        _iterate(rows, cases, budget, known, ascent, piece, NEWEST / iterations)
    best = ascent.best_prices
    return best[: demand * count].reshape(demand, count), best[demand * count :].reshape(regions, count)


@compiled
def _iterate(
    rows: Rows, cases: Cases, budget: float, known: float, ascent: Ascent, iterations: int, newest: float
) -> None:
    """Raise the lower bound of the negative weight."""
    excess, profits = np.empty(len(ascent.prices)), np.empty(len(rows.costs))
    best_case = np.empty(len(cases.part_case), dtype=np.int64)
    for _ in range(iterations):
        bound = _lost(rows, cases, ascent.prices, excess)
        _fill_profits(cases, ascent.prices, profits, best_case)
        bound += _won(rows, cases, budget, profits, best_case, excess)
        if not ascend(ascent, -bound, excess, newest, -known, 0.0):
            return


@compiled
def _lost(rows: Rows, cases: Cases, prices: FloatArray, excess: FloatArray) -> float:
    """Return what the regions' worst cases lose; fill ``excess`` with the rows of these."""
    regions, count = cases.counts
    premiums = len(rows.weights) * count
    left = np.zeros((regions, count))
    worst, lost = np.zeros(regions, dtype=np.int64), 0.0
    for demand in range(len(rows.weights)):
        for case in range(count):
            left[cases.region[demand], case] += rows.weights[demand] - prices[demand * count + case]
    excess[:] = 0.0
    for region in range(regions):
        for case in range(count):
            left[region, case] -= prices[premiums + region * count + case]
        worst[region] = np.argmax(left[region])
        lost += left[region, worst[region]]
        excess[premiums + region * count + worst[region]] = 1.0
    for demand in range(len(rows.weights)):
        excess[demand * count + worst[cases.region[demand]]] = 1.0
    return lost


@compiled
def _fill_profits(cases: Cases, prices: FloatArray, profits: FloatArray, best_case: IndexArray) -> None:
    """Fill in the sites' profits, and the case (parts,) that each part is taken in."""
    count = cases.counts[1]
    premiums = len(cases.region) * count
    won, summed = np.empty(count), np.empty(SUMMED_AT_ONCE)
    for site in range(len(profits)):
        profits[site] = 0.0
        for part in range(cases.part_start[site], cases.part_start[site + 1]):
            for block in range(0, count, SUMMED_AT_ONCE):
                summed[:] = 0.0
                for at in range(cases.demand_start[part], cases.demand_start[part + 1]):
                    first = cases.demand[at] * count + block
                    for case in range(SUMMED_AT_ONCE):
                        summed[case] += prices[first + case]
                won[block : block + SUMMED_AT_ONCE] = summed
            last = cases.part_case[part]
            won[last] += prices[premiums + cases.part_region[part] * count + last]
            best = 0
            for case in range(1, last + 1):
                if won[case] > won[best]:
                    best = case
            best_case[part] = best
            profits[site] += won[best]


@compiled
def _won(
    rows: Rows, cases: Cases, budget: float, profits: FloatArray, best_case: IndexArray, excess: FloatArray
) -> float:
    """Return the most profit within the budget; take from ``excess`` what its sites provide."""
    count = cases.counts[1]
    premiums = len(cases.region) * count
    left, won = budget, 0.0
    for site in np.argsort(-profits / np.maximum(rows.costs, LEAST_COST)):
        share = 1.0 if rows.costs[site] <= left else left / rows.costs[site]
        if share <= 0.0:
            break
        left -= share * rows.costs[site]
        won += share * profits[site]
        for part in range(cases.part_start[site], cases.part_start[site + 1]):
            case = best_case[part]
            for at in range(cases.demand_start[part], cases.demand_start[part + 1]):
                excess[cases.demand[at] * count + case] -= share
            if case == cases.part_case[part] and case < count - 1:
                excess[premiums + cases.part_region[part] * count + case] -= share
    return won

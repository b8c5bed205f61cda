"""Prices of being covered by the volume algorithm (Barahona & Anbil 2000), near the LP's and much faster.

Every iteration works out the safe bound of `maximal_covering_bound` at some prices, with the selection that
attains it; the prices then move against an average of these selections' surplus of providers, by Polyak's
step towards the value of a known plan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from siteplan.covering.annealing import Rows, compiled
from siteplan.covering.instance import FloatArray
from siteplan.highs import Clock

ITERATIONS = 1500
ITERATIONS_OF_A_PIECE = 50
"""Between looks at the clock."""
NEWEST_SHARE = 0.1
"""Share of the newest selection's surplus in the average."""
FIRST_STEP, LONGEST_STEP = 0.3, 1.5
"""Of Polyak's step."""
SHORTENED, LENGTHENED = 0.8, 1.1
BAD_IN_A_ROW, GOOD_IN_ALL = 10, 3
"""Iterations without and with a better bound after which the step is shortened or lengthened."""
BOUND, STEP, BAD, GOOD = 0, 1, 2, 3
"""Entries of `Ascent.sums`."""


class Ascent(NamedTuple):
    """Where the search for prices stands.

    (demand,): ``prices`` tried next, ``best_prices``, ``surplus``: average of the providers beyond the one
    needed. ``sums`` (4,): best bound, length of the step, bad and good iterations.
    """

    prices: FloatArray
    best_prices: FloatArray
    surplus: FloatArray
    sums: FloatArray


def good_prices(rows: Rows, budget: float, known: float, clock: Clock) -> FloatArray:
    """Return prices (demand,) within [0, weight]; ``known``: covered weight of a plan within the budget."""
    half = 0.5 * rows.weights
    ascent = Ascent(half.copy(), half.copy(), np.zeros(len(half)), np.array([np.inf, FIRST_STEP, 0.0, 0.0]))
    for _ in range(ITERATIONS // ITERATIONS_OF_A_PIECE):
        if clock.seconds_left() <= 0.0 or len(half) == 0:
            break
        _iterate(rows, budget, known, ascent, ITERATIONS_OF_A_PIECE)
    return ascent.best_prices


@compiled
def _iterate(rows: Rows, budget: float, known: float, ascent: Ascent, iterations: int) -> None:
    profits, surplus = np.empty(len(rows.costs)), np.empty(len(rows.weights))
    for _ in range(iterations):
        bound = _bound_at(rows, budget, ascent.prices, profits, surplus)
        newest = NEWEST_SHARE if np.isfinite(ascent.sums[BOUND]) else 1.0
        ascent.surplus[:] = (1.0 - newest) * ascent.surplus + newest * surplus
        _judge(ascent, bound)
        length = 0.0
        for demand in range(len(surplus)):
            if _may_move(rows, ascent, demand):
                length += ascent.surplus[demand] ** 2
        if length <= 0.0:
            return
        step = ascent.sums[STEP] * max(0.0, ascent.sums[BOUND] - known) / length
        for demand in range(len(surplus)):
            moved = ascent.best_prices[demand] - step * ascent.surplus[demand]
            ascent.prices[demand] = min(rows.weights[demand], max(0.0, moved))


@compiled
def _bound_at(
    rows: Rows, budget: float, prices: FloatArray, profits: FloatArray, surplus: FloatArray
) -> float:
    """Return the bound at some prices; fill ``surplus`` with the providers beyond one that attain it."""
    bound = 0.0
    for demand in range(len(prices)):
        bound += rows.weights[demand] - prices[demand]
        surplus[demand] = -1.0
    for site in range(len(profits)):
        profits[site] = 0.0
        for at in range(rows.site_start[site], rows.site_start[site + 1]):
            profits[site] += prices[rows.site_demand[at]]
    left = budget
    for site in np.argsort(-profits / np.maximum(rows.costs, 1e-12)):
        share = 1.0 if rows.costs[site] <= left else left / rows.costs[site]
        if share <= 0.0:
            break
        left -= share * rows.costs[site]
        bound += share * profits[site]
        for at in range(rows.site_start[site], rows.site_start[site + 1]):
            surplus[rows.site_demand[at]] += share
    return bound


@compiled
def _judge(ascent: Ascent, bound: float) -> None:
    """Keep the prices where they are better, and fit the length of the step."""
    sums = ascent.sums
    if bound < sums[BOUND]:
        sums[BOUND] = bound
        ascent.best_prices[:] = ascent.prices
        sums[BAD], sums[GOOD] = 0.0, sums[GOOD] + 1.0
        if sums[GOOD] >= GOOD_IN_ALL:
            sums[STEP], sums[GOOD] = min(LONGEST_STEP, LENGTHENED * sums[STEP]), 0.0
    else:
        sums[BAD] += 1.0
        if sums[BAD] >= BAD_IN_A_ROW:
            sums[STEP], sums[BAD] = SHORTENED * sums[STEP], 0.0


@compiled
def _may_move(rows: Rows, ascent: Ascent, demand: int) -> bool:
    """Return whether a price may move against its surplus: not below 0, nor above the weight."""
    if ascent.surplus[demand] > 0.0:
        return bool(ascent.best_prices[demand] > 0.0)
    return bool(ascent.best_prices[demand] < rows.weights[demand])

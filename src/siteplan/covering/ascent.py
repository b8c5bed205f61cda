"""Prices of being covered by the volume algorithm (Barahona & Anbil 2000), near the LP's and much faster.

Every iteration works out the safe bound of `maximal_covering_bound` at some prices, with the selection that
attains it; what that selection lacks of providers, or has beyond the one needed, moves the prices.
"""

from __future__ import annotations

import numpy as np

from siteplan.covering.instance import FloatArray
from siteplan.covering.state import LEAST_COST, Rows
from siteplan.covering.volume import Ascent, ascend, first_ascent
from siteplan.highs import Clock
from siteplan.machine_code import compiled

ITERATIONS = 1500
ITERATIONS_OF_A_PIECE = 50
"""Between looks at the clock."""
NEWEST_SHARE = 0.02
"""Share of the newest selection in the average of selections."""


def good_prices(rows: Rows, budget: float, known: float, clock: Clock) -> FloatArray:
    """Return prices (demand,) within [0, weight]; ``known``: covered weight of a plan within the budget."""
    half = 0.5 * rows.weights
    ascent = first_ascent(half, np.ones(len(half)), rows.weights)
    for _ in range(ITERATIONS // ITERATIONS_OF_A_PIECE):
        if clock.seconds_left() <= 0.0 or len(half) == 0:
            break
        _iterate(rows, budget, known, ascent, ITERATIONS_OF_A_PIECE)
    return ascent.best_prices


@compiled
def _iterate(rows: Rows, budget: float, known: float, ascent: Ascent, iterations: int) -> None:
    """Raise the lower bound of the negative weight."""
    profits, excess = np.empty(len(rows.costs)), np.empty(len(rows.weights))
    for _ in range(iterations):
        bound = _bound_at(rows, budget, ascent.prices, profits, excess)
        if not ascend(ascent, -bound, excess, NEWEST_SHARE, -known, 0.0):
            return


@compiled
def _bound_at(
    rows: Rows, budget: float, prices: FloatArray, profits: FloatArray, excess: FloatArray
) -> float:
    """Return the bound at some prices; fill ``excess`` with the providers that its selection lacks."""
    bound = 0.0
    for demand in range(len(prices)):
        bound += rows.weights[demand] - prices[demand]
        excess[demand] = 1.0
    for site in range(len(profits)):
        profits[site] = 0.0
        for at in range(rows.site_start[site], rows.site_start[site + 1]):
            profits[site] += prices[rows.site_demand[at]]
    left = budget
    for site in np.argsort(-profits / np.maximum(rows.costs, LEAST_COST)):
        share = 1.0 if rows.costs[site] <= left else left / rows.costs[site]
        if share <= 0.0:
            break
        left -= share * rows.costs[site]
        bound += share * profits[site]
        for at in range(rows.site_start[site], rows.site_start[site + 1]):
            excess[rows.site_demand[at]] -= share
    return bound

"""Prices of rows by Adam (Kingma & Ba 2015): each price in steps of its own, as even as its slope.

The prices of a relaxation are raised where its answer violates the rows, and lowered where it leaves them
slack; what is sought is the highest lower bound. A row's violations differ by orders of magnitude from
another's, and from one answer to the next: divided by what they usually are, all prices move alike. All
functions are compiled, or called by what is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.machine_code import compiled

FloatArray = NDArray[np.float64]

DRIFT_KEPT, SCATTER_KEPT = 0.9, 0.99
"""Shares that the averages of slopes and of their squares keep at each step."""
FIRST_STEP, LAST_STEP = 0.1, 0.3
"""First and last length of the steps, in units of the prices; the last is this divided by the
number of all steps."""
BOUND, STEPS = 0, 1
"""Entries of `Ascent.sums`."""


class Ascent(NamedTuple):
    """Where the search for prices stands.

    (rows,): ``prices`` tried next, ``best_prices``, ``drift`` and ``scatter``: averages of the slopes and of
    their squares, ``unit``: of the prices, ``highest``: no price is above it, nor below 0. ``sums`` (2,):
    best bound, number of steps.
    """

    prices: FloatArray
    best_prices: FloatArray
    drift: FloatArray
    scatter: FloatArray
    unit: FloatArray
    highest: FloatArray
    sums: FloatArray


def first_ascent(prices: FloatArray, unit: FloatArray, highest: FloatArray) -> Ascent:
    """Return where the search stands with its first prices."""
    count = len(prices)
    sums = np.array([-np.inf, 0.0])
    return Ascent(prices.copy(), prices.copy(), np.zeros(count), np.zeros(count), unit, highest, sums)


@compiled
def ascend(ascent: Ascent, bound: float, excess: FloatArray, all_steps: int) -> bool:
    """Take in the answer at `Ascent.prices`, and write the prices to try next; return whether any may move.

    ``bound`` and ``excess`` (rows,): its bound, and what it violates the rows by; ``all_steps``: how many
    there are to be, of which the last is the shortest.
    """
    sums = ascent.sums
    if bound > sums[BOUND]:
        sums[BOUND] = bound
        ascent.best_prices[:] = ascent.prices
    done = sums[STEPS]
    sums[STEPS] += 1.0
    last = LAST_STEP / all_steps
    step = FIRST_STEP * (last / FIRST_STEP) ** min(1.0, done / all_steps)
    drift_share, scatter_share = 1.0 - DRIFT_KEPT ** sums[STEPS], 1.0 - SCATTER_KEPT ** sums[STEPS]
    may_move = False
    for row in range(len(excess)):
        slope = ascent.unit[row] * excess[row]
        ascent.drift[row] = DRIFT_KEPT * ascent.drift[row] + (1.0 - DRIFT_KEPT) * slope
        ascent.scatter[row] = SCATTER_KEPT * ascent.scatter[row] + (1.0 - SCATTER_KEPT) * slope**2
        price, highest = ascent.prices[row], ascent.highest[row]
        may_move |= (slope > 0.0 and price < highest) or (slope < 0.0 and price > 0.0)
        if ascent.scatter[row] > 0.0:
            usual = np.sqrt(ascent.scatter[row] / scatter_share)
            price += step * ascent.unit[row] * ascent.drift[row] / (drift_share * usual)
            ascent.prices[row] = min(highest, max(0.0, price))
    return may_move

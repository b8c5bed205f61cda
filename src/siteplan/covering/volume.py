"""The step rule of the volume algorithm (Barahona & Anbil 2000), which finds prices of rows.

The prices of a relaxation are raised where an average of its answers violates the rows, and lowered where it
leaves them slack, by Polyak's step towards a known value; what is sought is the highest lower bound. All its
functions are compiled, and called by compiled ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.machine_code import compiled

FloatArray = NDArray[np.float64]

FIRST_STEP, LONGEST_STEP = 0.3, 2.0
"""Of Polyak's step."""
SHORTENED, LENGTHENED = 0.66, 1.1
BAD_IN_A_ROW, GOOD_IN_ALL = 20, 3
"""Iterations without and with a better bound after which the step is shortened or lengthened."""
BOUND, STEP, BAD, GOOD, ITERATIONS = 0, 1, 2, 3, 4
"""Entries of `Ascent.sums`."""


class Ascent(NamedTuple):
    """Where the search for prices stands.

    (rows,): ``prices`` tried next, ``best_prices``, ``excess``: averaged violation of the rows, ``unit``: of
    the prices, so that all steps are of one size, ``highest``: no price is above it, nor below 0. ``sums``
    (5,): best bound, length of the step, bad, good and all iterations.
    """

    prices: FloatArray
    best_prices: FloatArray
    excess: FloatArray
    unit: FloatArray
    highest: FloatArray
    sums: FloatArray


def first_ascent(prices: FloatArray, unit: FloatArray, highest: FloatArray) -> Ascent:
    """Return where the search stands with its first prices."""
    sums = np.array([-np.inf, FIRST_STEP, 0.0, 0.0, 0.0])
    return Ascent(prices.copy(), prices.copy(), np.zeros(len(prices)), unit, highest, sums)


@compiled
def ascend(
    ascent: Ascent, bound: float, excess: FloatArray, newest_share: float, known: float, least_rise: float
) -> bool:
    """Take in the answer at `Ascent.prices`, and write the prices to try next; return whether any may move.

    ``bound`` and ``excess`` (rows,): its bound, and what it violates the rows by. ``newest_share``: its share
    in the average of answers, at least; the first ones are averaged evenly. The step aims at ``known``, but
    at ``least_rise`` above the best bound at least.
    """
    ascent.sums[ITERATIONS] += 1.0
    newest = max(newest_share, 1.0 / ascent.sums[ITERATIONS])
    ascent.excess[:] = (1.0 - newest) * ascent.excess + newest * excess
    _judge(ascent, bound)
    length = 0.0
    for row in range(len(excess)):
        if _may_move(ascent, row):
            length += (ascent.unit[row] * ascent.excess[row]) ** 2
    if length <= 0.0:
        return False
    step = ascent.sums[STEP] * max(least_rise, known - ascent.sums[BOUND]) / length
    for row in range(len(excess)):
        moved = ascent.best_prices[row] + step * ascent.unit[row] ** 2 * ascent.excess[row]
        ascent.prices[row] = min(ascent.highest[row], max(0.0, moved))
    return True


@compiled
def _judge(ascent: Ascent, bound: float) -> None:
    """Keep the prices where they are better, and fit the length of the step."""
    sums = ascent.sums
    if bound > sums[BOUND]:
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
def _may_move(ascent: Ascent, row: int) -> bool:
    """Return whether a price may move by its excess: not below 0, nor above the highest."""
    if ascent.excess[row] > 0.0:
        return bool(ascent.best_prices[row] < ascent.highest[row])
    return bool(ascent.best_prices[row] > 0.0)

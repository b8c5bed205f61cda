"""The bounds of maximal covering worked out beside its search: the LP's, then lower ones by cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from siteplan.covering.bounds import maximal_covering_bound, relaxation, solved
from siteplan.covering.cases import Cases, bound_by_cases, likely_cases, prices_by_case
from siteplan.covering.instance import FloatArray, Instance
from siteplan.covering.state import Neighbours, Rows
from siteplan.highs import Clock, SolverSession

ROUNDS = ((8, 2_000), (16, 2_500), (32, 4_000), (64, 6_000))
"""Number of cases of each region, and of iterations, in the rounds of bounds by cases."""
SHARE_OF_TIME = 0.2
"""Of what is left after the LP, for bounds by cases."""
SETTING_UP = 0.5
"""The regions and groups take less than this share of the LP's time."""
LEAST_SHARE = 0.5
"""A round begins where this share of its iterations fits."""
TRIED = 20
"""Iterations by which the time of one is told."""


def upper_bounds(
    rows: Rows, instance: Instance, near: Neighbours, budget: float, known: Callable[[], float], clock: Clock
) -> Iterator[float]:
    """Yield ever lower safe upper bounds on the covered weight, while there is time and more cases help.

    ``known``: covered weight of the best selection so far.
    """
    begin = time.monotonic()
    with SolverSession() as session:
        answer = solved(relaxation(instance, budget), session, clock)
    if answer is None or answer.row_duals is None:
        return
    prices = np.clip(np.abs(answer.row_duals[:-1]), 0.0, instance.weights)
    bound = maximal_covering_bound(instance, budget, prices)
    yield bound
    seconds = SHARE_OF_TIME * clock.seconds_left()
    if answer.values is None or seconds < SETTING_UP * (time.monotonic() - begin):
        return
    clock = clock.until(seconds)
    for count, iterations in ROUNDS:
        cases = likely_cases(instance, near, answer.values[: instance.site_count], prices, count, clock)
        fitting = min(float(iterations), _fitting(rows, cases, budget, prices, clock))
        if fitting < LEAST_SHARE * iterations:
            return
        found = prices_by_case(rows, cases, budget, prices, known(), int(fitting), clock)
        by_cases = bound_by_cases(instance, budget, cases, *found)
        if by_cases >= bound:
            return
        bound = by_cases
        yield bound


def _fitting(rows: Rows, cases: Cases, budget: float, prices: FloatArray, clock: Clock) -> float:
    """Return how many iterations fit in the time left."""
    begin = time.monotonic()
    prices_by_case(rows, cases, budget, prices, 0.0, TRIED, clock)
    return TRIED * clock.seconds_left() / max(time.monotonic() - begin, 1e-9)

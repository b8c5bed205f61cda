"""Steps of prices by Adam, on a relaxation whose best prices are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from siteplan.solve.decompose.adam import BOUND, Ascent, ascend, first_ascent

Answers = tuple[float, np.ndarray]


def answer_at(prices: np.ndarray, scale: float = 1.0) -> Answers:
    """Return bound and excess of min {3x + 3y : x ≥ 1, s · y ≥ s, 0 ≤ x, y ≤ 2}, s the scale, rows priced.

    The best bound is 6, at 3 and 3 / scale.
    """
    x, y = 2.0 * (prices[0] > 3.0), 2.0 * (scale * prices[1] > 3.0)
    excess = np.array([1.0 - x, scale * (1.0 - y)])
    return 3.0 * (x + y) + float(prices @ excess), excess


def ascended(first_price: float, *, scale: float = 1.0, highest: float = np.inf, steps: int = 200) -> Ascent:
    unit = np.array([1.0, 1.0 / scale])
    ascent = first_ascent(first_price * unit, unit, np.full(2, highest))
    for _ in range(steps):
        if not ascend(ascent, *answer_at(ascent.prices, scale), steps):
            break
        assert ((ascent.prices >= 0.0) & (ascent.prices <= highest)).all()
    return ascent


@pytest.mark.parametrize("scale", [1.0, 1000.0])
@pytest.mark.parametrize("first_price", [0.0, 1.0, 5.0])
def test_the_best_prices_are_found_from_either_side(first_price: float, scale: float) -> None:
    """However much a row weighs: its unit says so."""
    ascent = ascended(first_price, scale=scale)
    assert ascent.sums[BOUND] == pytest.approx(6.0, abs=0.05)
    assert answer_at(ascent.best_prices, scale)[0] == ascent.sums[BOUND]


def test_prices_stop_at_their_highest() -> None:
    """Where no price may move any more the search says so."""
    ascent = ascended(1.0, highest=2.0)
    assert ascent.best_prices.tolist() == [2.0, 2.0]
    assert not ascend(ascent, 4.0, np.ones(2), 200)


def test_a_price_that_nothing_bears_on_stays() -> None:
    ascent = first_ascent(np.ones(1), np.ones(1), np.full(1, np.inf))
    assert not ascend(ascent, 0.0, np.zeros(1), 1)
    assert ascent.prices.tolist() == [1.0]

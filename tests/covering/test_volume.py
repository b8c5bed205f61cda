"""The step rule of the volume algorithm on a relaxation whose best price is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from siteplan.covering.volume import BOUND, Ascent, ascend, first_ascent


def answer_at(price: float) -> tuple[float, float]:
    """Return bound and excess of min {3x : x ≥ 1, 0 ≤ x ≤ 2} with x ≥ 1 priced: best is 3, at 3."""
    x = 2.0 if price > 3.0 else 0.0
    return 3.0 * x + price * (1.0 - x), 1.0 - x


def ascended(first_price: float, *, highest: float = np.inf, iterations: int = 200) -> Ascent:
    ascent = first_ascent(np.array([first_price]), np.ones(1), np.array([highest]))
    for _ in range(iterations):
        bound, excess = answer_at(ascent.prices[0])
        if not ascend(ascent, bound, np.array([excess]), 0.1, 3.0, 0.01):
            break
        assert 0.0 <= ascent.prices[0] <= highest
    return ascent


@pytest.mark.parametrize("first_price", [0.0, 1.0, 5.0, 50.0])
def test_the_best_price_is_found_from_either_side(first_price: float) -> None:
    ascent = ascended(first_price)
    assert ascent.sums[BOUND] == pytest.approx(3.0, abs=0.05)
    assert answer_at(ascent.best_prices[0])[0] == ascent.sums[BOUND]


def test_a_price_stops_at_its_highest() -> None:
    """Where no price may move any more the search says so."""
    ascent = ascended(1.0, highest=2.0)
    assert ascent.best_prices[0] == 2.0
    assert not ascend(ascent, 2.0, np.ones(1), 0.1, 3.0, 0.01)

"""Random draws that come out the same on every machine and Python version.

Only ``random.Random.random`` is used: its sequence for a given text seed is guaranteed by Python.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

SEED = "siteplan-zhouzhi-2024"
"""The seed of the whole case; each purpose draws from a stream of its own."""


class Dice:
    """One stream of draws, named by its purpose, so that a change elsewhere does not disturb it."""

    def __init__(self, purpose: str) -> None:
        self._random = random.Random(f"{SEED}/{purpose}").random

    def uniform(self, low: float, high: float) -> float:
        """Draw a number between ``low`` and ``high``."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number from ``low`` to ``high``, both included."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self._random() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of the items."""
        return items[int(self._random() * len(items))]

    def weighted(self, weights: dict[Item, float]) -> Item:
        """Draw a key with a probability proportional to its weight."""
        left = self._random() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return list(weights)[-1]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return the items in a drawn order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self._random() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def lognormal(self, spread: float) -> float:
        """Draw a positive factor with median 1 (Box-Muller)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self._random()))
        return math.exp(spread * radius * math.cos(2.0 * math.pi * self._random()))

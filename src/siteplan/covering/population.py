"""The selections that a search keeps to cross: no two alike, and each crossed where it beats its like.

A generation is annealed and crossed until its best no longer gets better. Then its best few step aside as
elders, and a new one begins from nothing; enough elders are a generation themselves. So what different starts
led to is crossed as well, and a start that led nowhere costs little.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from siteplan.covering.instance import IndexArray

PATIENCE = 300
"""Crossings without a better best, after which a generation gives way."""
ELDERS = 3
"""Members of a generation that become elders, the best."""


class Found(NamedTuple):
    """A selection (sorted columns of the instance) and the weight that it covers."""

    selected: IndexArray
    value: float


NOTHING = Found(np.empty(0, dtype=np.int64), 0.0)


@dataclass(slots=True)
class Population:
    """A generation of ``size`` selections; threads take pairs from it and put back what they made of them."""

    size: int
    members: list[Found] = field(default_factory=list)
    elders: list[Found] = field(default_factory=list)
    generations: int = 0
    """That have given way."""
    is_of_elders: bool = False
    """Whether the members are elders of earlier generations, or were made of them."""
    _is_growing: bool = True
    _repeated: int = 0
    """Selections that were offered to the generation and brought it nothing new."""
    _idle: int = 0
    _best: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pair(self, random: np.random.Generator) -> tuple[Found, Found] | None:
        """Return two members to cross; None where a new selection is wanted instead."""
        with self._lock:
            if len(self.members) >= max(2, self.size):
                self._is_growing = False
            if self._is_growing or len(self.members) < 2:
                return None
            first, second = random.choice(len(self.members), 2, replace=False)
            return self.members[first], self.members[second]

    def add(self, found: Found) -> None:
        """Take in a new selection that isn't empty; a generation whose runs end alike grows no more."""
        with self._lock:
            if len(found.selected) > 0 and not self._has(found):
                self.members.append(found)
                return
            self._repeated += 1
            if self._repeated > self.size and len(self.members) > 1:
                self._is_growing = False
            elif self._repeated > self.size:
                self._give_way()

    def replace(self, parents: Sequence[Found], found: Found) -> None:
        """Put a crossed selection in the place of the parent that it is more like, where it is better."""
        like = max(parents, key=lambda parent: len(np.intersect1d(parent.selected, found.selected)))
        with self._lock:
            place = next((at for at, member in enumerate(self.members) if member is like), None)
            if place is not None and found.value > like.value and not self._has(found):
                self.members[place] = found
            self._idle += 1
            if found.value > self._best:
                self._best, self._idle = found.value, 0
            elif self._idle > PATIENCE:
                self._give_way()

    def call_elders(self) -> None:
        """Make one generation of the members and all elders."""
        with self._lock:
            self.members, self.elders = self.members + self.elders, []
            self.is_of_elders, self._is_growing, self._idle = True, False, 0

    def _give_way(self) -> None:
        self.elders += self._ranked()[:ELDERS]
        self.members, self._best, self._idle, self._repeated = [], 0.0, 0, 0
        self.generations += 1
        self.is_of_elders = len(self.elders) >= self.size
        self._is_growing = not self.is_of_elders
        if self.is_of_elders:
            self.members, self.elders = self.elders, []

    def replace_worst(self, found: Found) -> None:
        """Put a selection in the place of the worst member, where it is better."""
        with self._lock:
            worst = min(range(len(self.members)), key=lambda at: self.members[at].value, default=None)
            if worst is not None and found.value > self.members[worst].value and not self._has(found):
                self.members[worst] = found

    def ranked(self) -> list[Found]:
        """Return the members, the best first."""
        with self._lock:
            return self._ranked()

    def _ranked(self) -> list[Found]:
        return sorted(self.members, key=lambda found: -found.value)

    def _has(self, found: Found) -> bool:
        return any(
            member.value == found.value and np.array_equal(member.selected, found.selected)
            for member in self.members
        )

"""Round a bound up to the next value that the objective can take."""

from __future__ import annotations

import math

import numpy as np

from siteplan.highs import Program

_LARGEST_DIVISOR = 60
_TOLERANCE = 1e-9
_SAFETY = 1e-6
"""A bound within this share of a step above a lattice point is taken as that point: bounds are floating."""


def lattice_step(program: Program) -> float | None:
    """Return a step of which every objective value (less offset) is a multiple, or None.

    There is one where all columns with a cost are integer and their costs have a common divisor.
    """
    used = program.cost != 0.0
    if not used.any() or not program.is_integer[used].all():
        return None
    costs = np.unique(np.abs(program.cost[used]))
    for divisor in range(1, _LARGEST_DIVISOR + 1):
        multiples = costs / costs[0] * divisor
        if np.all(np.abs(multiples - np.round(multiples)) <= _TOLERANCE * multiples):
            return float(costs[0] / divisor)
    return None


def round_up(bound: float, step: float | None, offset: float = 0.0) -> float:
    """Return the smallest lattice value not below the bound (the bound itself without a lattice)."""
    if step is None:
        return bound
    return offset + math.ceil((bound - offset) / step - _SAFETY) * step

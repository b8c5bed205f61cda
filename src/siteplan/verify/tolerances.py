"""How far a claimed figure may lie from the recomputed one before it is called false.

Published figures are rounded and sums of floating-point numbers depend on their order; nothing a
planner would notice fits into these tolerances.
"""

from __future__ import annotations

AREA_M2 = 0.01
"""Areas, in m²: a square decimetre."""

PLACES = 1e-3
"""Places, which are areas times capacities."""

CARE_BEDS = 1e-5
"""A bed that misses its area by that share of a bed is a bed."""

MONEY_CNY = 1.0
"""Money of one site or year, in CNY."""

PERSONS_RELATIVE = 1e-6
"""Sums of persons, relative to the larger of the two figures (and never below `PERSONS_ABSOLUTE`)."""

PERSONS_ABSOLUTE = 1e-6
"""Persons, for figures near zero."""

DISTANCE_M = 0.1
"""A walking distance, in metres: the decimetre to which distances are rounded."""

COORDINATE_DEGREES = 1e-7
"""A longitude or latitude: about a centimetre."""

POINTS = 1e-6
"""Coverage points and percentages."""

RELATIVE = 1e-6
"""Sums over a whole plan: level values and gaps, relative to the value."""


def persons(*figures: float) -> float:
    """Return the tolerance for comparing persons of the size of ``figures``."""
    return max(PERSONS_ABSOLUTE, PERSONS_RELATIVE * max(abs(figure) for figure in figures))


LEVEL_ABSOLUTE = {
    "coverage points": POINTS,
    "person-years": PERSONS_ABSOLUTE,
    "m²": AREA_M2,
    "sites": 1e-6,
    "CNY": MONEY_CNY,
    "resident-metres": DISTANCE_M,
    "functions": 1e-6,
}
"""Tolerance of a level's value near zero, by its unit."""


def level(unit: str, *figures: float) -> float:
    """Return the tolerance for comparing values, bounds and gaps of a level in ``unit``."""
    return max(LEVEL_ABSOLUTE.get(unit, 0.0), RELATIVE * max(abs(figure) for figure in figures))

"""Units: data types are in m² and CNY, the model's own quantities are scaled for the solver.

The mixed-integer program works in 100 m², million CNY and percentage points, so that coefficients
stay within about 1e-3 … 1e4. Every conversion happens through the functions of this module.
"""

from __future__ import annotations

M2_PER_MODEL_AREA = 100.0
"""One unit of area in the model is 100 m²."""

CNY_PER_MODEL_MONEY = 1_000_000.0
"""One unit of money in the model is one million CNY."""

PERSONS_PER_MODEL_PERSON = 1000.0
"""Persons and resident-metres enter the model in thousands, so that coefficients stay well scaled."""

METRES_PER_REPORTED_DISTANCE = 0.1
"""Distances are rounded to a decimetre once, when they are computed, and used so everywhere."""


def to_model_area(area_m2: float) -> float:
    """Convert m² to the model's 100 m²."""
    return area_m2 / M2_PER_MODEL_AREA


def to_m2(model_area: float) -> float:
    """Convert the model's 100 m² to m²."""
    return model_area * M2_PER_MODEL_AREA


def to_model_money(cost_cny: float) -> float:
    """Convert CNY to the model's million CNY."""
    return cost_cny / CNY_PER_MODEL_MONEY


def to_cny(model_money: float) -> float:
    """Convert the model's million CNY to CNY."""
    return model_money * CNY_PER_MODEL_MONEY


def to_model_persons(persons: float) -> float:
    """Convert persons to the model's thousand persons."""
    return persons / PERSONS_PER_MODEL_PERSON


def to_points(share: float) -> float:
    """Convert a share (0 … 1) to percentage points (0 … 100)."""
    return share * 100.0

"""How large a generated case is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SizeName(StrEnum):
    """Names of the sizes, smallest first."""

    COUNTY = "county"
    DISTRICT = "district"
    CITY = "city"
    MEGA = "mega"


@dataclass(frozen=True, slots=True)
class Size:
    """What a generated case has.

    ``demand_points``, ``sites`` (candidate sites), ``towns``; ``residents_per_point`` and
    ``points_per_community`` on average; ``time_limit_s`` of its scenarios.
    """

    name: str
    demand_points: int
    sites: int
    towns: int
    residents_per_point: float
    points_per_community: float
    time_limit_s: float


SIZES = {
    SizeName.COUNTY: Size("county", 60, 80, 3, 800.0, 5.0, 60.0),
    SizeName.DISTRICT: Size("district", 600, 400, 8, 500.0, 8.0, 300.0),
    SizeName.CITY: Size("city", 6_000, 2_000, 40, 300.0, 10.0, 1_200.0),
    SizeName.MEGA: Size("mega", 30_000, 8_000, 120, 250.0, 12.0, 3_600.0),
}
"""The sizes by name: one size is about 5 to 10 times the one before in demand points."""

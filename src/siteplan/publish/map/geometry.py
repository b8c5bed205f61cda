"""Places as small whole numbers: units of about a decimetre from an origin, lines vertex by vertex."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

DEGREES_PER_UNIT = 1e-6
"""A unit is a millionth of a degree, at most 0.11 m."""
LINE_TOLERANCE_DEGREES = 1e-5
"""Lines of the base map are simplified by at most about a metre."""
COARSENESS = 10
"""Vertices of lines lie on a grid of so many units."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Whole units from an origin in longitude and latitude."""

    longitude: float
    latitude: float

    def unit(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Return a place in units east and north of the origin."""
        return (
            round((longitude - self.longitude) / DEGREES_PER_UNIT),
            round((latitude - self.latitude) / DEGREES_PER_UNIT),
        )

    def steps(self, positions: Iterable[Sequence[float]]) -> list[int]:
        """Return the first vertex and the steps to each further one: x, y, dx, dy, … in units."""
        steps: list[int] = []
        last_x = last_y = 0
        for longitude, latitude, *_ in positions:
            x, y = (COARSENESS * round(part / COARSENESS) for part in self.unit(longitude, latitude))
            if steps and (x, y) == (last_x, last_y):
                continue
            steps += [x - last_x, y - last_y]
            last_x, last_y = x, y
        return steps

    def lines(self, lines: Iterable[Iterable[Sequence[float]]]) -> list[list[int]]:
        """Return lines as steps, simplified; those that shrink to a point are left out."""
        simple = (
            shapely.simplify(shapely.LineString(list(line)), LINE_TOLERANCE_DEGREES).coords for line in lines
        )
        return [steps for line in simple if len(steps := self.steps(line)) > 2]

    def rings(self, area: BaseGeometry) -> list[list[int]]:
        """Return the outlines and holes of an area as steps, to be filled by the even-odd rule."""
        rings = (
            ring
            for part in shapely.get_parts(area)
            if part.geom_type == "Polygon"
            for ring in (part.exterior, *part.interiors)
        )
        return [steps for ring in rings if len(steps := self.steps(ring.coords)) > 6]

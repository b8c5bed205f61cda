"""A flat local plane in metres around the county seat. A point is a complex number: east + north·i."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

Point = complex

ORIGIN_LONGITUDE = 108.213
ORIGIN_LATITUDE = 34.163
METRES_PER_DEGREE_LONGITUDE = 92_208.8
METRES_PER_DEGREE_LATITUDE = 110_925.4
"""Lengths of a degree on the WGS 84 ellipsoid at the origin's latitude."""


def from_degrees(longitude: float, latitude: float) -> Point:
    """Return the point of a longitude and latitude (WGS 84)."""
    return complex(
        (longitude - ORIGIN_LONGITUDE) * METRES_PER_DEGREE_LONGITUDE,
        (latitude - ORIGIN_LATITUDE) * METRES_PER_DEGREE_LATITUDE,
    )


def to_degrees(point: Point) -> tuple[float, float]:
    """Return longitude and latitude (WGS 84) of a point."""
    return (
        ORIGIN_LONGITUDE + point.real / METRES_PER_DEGREE_LONGITUDE,
        ORIGIN_LATITUDE + point.imag / METRES_PER_DEGREE_LATITUDE,
    )


def dot(a: Point, b: Point) -> float:
    """Return the scalar product."""
    return a.real * b.real + a.imag * b.imag


def cross(a: Point, b: Point) -> float:
    """Return the cross product's size: positive when ``b`` lies to the left of ``a``."""
    return a.real * b.imag - a.imag * b.real


def unit(a: Point) -> Point:
    """Return the vector of length 1 in the same direction."""
    return a / abs(a)


def turned(degrees: float) -> Point:
    """Return the factor that turns a vector counter-clockwise."""
    return complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))


def middle(points: Sequence[Point]) -> Point:
    """Return the mean of the points."""
    return sum(points, 0j) / len(points)


def area(polygon: Sequence[Point]) -> float:
    """Return the area of a polygon in m²."""
    corners = list(polygon)
    return abs(sum(cross(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True))) / 2


def foot_on(point: Point, start: Point, end: Point) -> Point:
    """Return the point of a segment that is nearest to ``point``."""
    along = end - start
    length = dot(along, along)
    share = 0.0 if length == 0 else min(1.0, max(0.0, dot(point - start, along) / length))
    return start + along * share


def distance_to(point: Point, start: Point, end: Point) -> float:
    """Return the distance from a point to a segment."""
    return abs(point - foot_on(point, start, end))


def crossing(a: Point, b: Point, c: Point, d: Point) -> tuple[float, float] | None:
    """Return where segments ``ab`` and ``cd`` cross as shares of both, or None."""
    first, second = b - a, d - c
    denominator = cross(first, second)
    if abs(denominator) < 1e-9:
        return None
    on_first = cross(c - a, second) / denominator
    on_second = cross(c - a, first) / denominator
    if 0.0 < on_first < 1.0 and 0.0 < on_second < 1.0:
        return on_first, on_second
    return None


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Return whether a point lies inside a convex polygon with corners counter-clockwise."""
    corners = list(polygon)
    return all(cross(b - a, point - a) >= 0 for a, b in zip(corners, corners[1:] + corners[:1], strict=True))


def convex_hull(points: Sequence[Point]) -> list[Point]:
    """Return the convex hull, counter-clockwise (Andrew's monotone chain)."""
    ordered = sorted(points, key=lambda point: (point.real, point.imag))
    halves: list[Point] = []
    for sequence in (ordered, ordered[::-1]):
        chain: list[Point] = []
        for point in sequence:
            while len(chain) > 1 and cross(chain[-1] - chain[-2], point - chain[-2]) <= 0:
                chain.pop()
            chain.append(point)
        halves += chain[:-1]
    return halves


def resampled(line: Sequence[Point], step: float) -> list[Point]:
    """Return the line with extra points, so that none of its pieces is longer than ``step`` metres."""
    points = [line[0]]
    for start, end in pairwise(line):
        pieces = max(1, math.ceil(abs(end - start) / step))
        points += [start + (end - start) * piece / pieces for piece in range(1, pieces)]
        points.append(end)
    return points

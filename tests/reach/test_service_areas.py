"""Walking service areas on networks small enough to work out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from tests.reach.networks import Point, Road, network_of

from siteplan.reach import ServiceAreas
from siteplan.reach.pieces import road_pieces
from siteplan.reach.snapping import Snapper

STRIP_M = 20.0


def area_of(
    points: Sequence[Point],
    roads: Sequence[Road],
    site: Point,
    radius_m: float,
    smallest_hole_m2: float = 0.0,
) -> BaseGeometry:
    """Return the service area of one site."""
    network = network_of(points, roads)
    pieces = road_pieces(network)
    snapped = Snapper(network, pieces).snap(np.array([site[0]]), np.array([site[1]]), 100.0)
    return ServiceAreas(network, pieces).area(
        snapped, 0, radius_m, strip_m=STRIP_M, smallest_hole_m2=smallest_hole_m2
    )


def holds(area: BaseGeometry, x_m: float, y_m: float) -> bool:
    return bool(area.contains(shapely.Point(x_m, y_m)))


def test_on_a_straight_road_it_ends_at_the_radius() -> None:
    """300 m either way, 20 m to the side: a strip of 560 m with round ends, and nothing else."""
    area = area_of([(0.0, 0.0), (1000.0, 0.0)], [Road(0, 1)], (500.0, 0.0), 300.0)
    assert area.bounds == pytest.approx((200.0, -20.0, 800.0, 20.0), abs=0.5)
    assert area.area == pytest.approx(560.0 * 40.0 + np.pi * 400.0, rel=0.01)


def test_the_way_from_the_door_to_the_road_counts() -> None:
    """A door 50 m off the road leaves 250 m along it."""
    area = area_of([(0.0, 0.0), (1000.0, 0.0)], [Road(0, 1)], (500.0, 50.0), 300.0)
    assert area.bounds == pytest.approx((250.0, -20.0, 750.0, 20.0), abs=0.5)


def test_a_cul_de_sac_is_not_crossed() -> None:
    """Two dead ends back to back, 100 m apart: the other one is 800 m away by road."""
    points = [(0.0, 0.0), (0.0, 300.0), (400.0, 300.0), (400.0, 0.0), (100.0, 0.0)]
    area = area_of(points, [Road(0, 1), Road(1, 2), Road(2, 3), Road(3, 4)], (0.0, 0.0), 500.0)
    assert holds(area, 0.0, 10.0)
    assert not holds(area, 100.0, 0.0)
    assert not holds(area, 300.0, 0.0)


def test_a_river_without_a_bridge_is_not_crossed() -> None:
    """Roads on both banks, 100 m apart, joined 900 m away; with a bridge at the site the other is reached."""
    points = [(0.0, 0.0), (900.0, 0.0), (0.0, 100.0), (900.0, 100.0)]
    banks = [Road(0, 1), Road(2, 3), Road(1, 3)]
    assert not holds(area_of(points, banks, (0.0, 0.0), 500.0), 50.0, 100.0)
    assert holds(area_of(points, [*banks, Road(0, 2)], (0.0, 0.0), 500.0), 50.0, 100.0)


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    """A block of 100 m leaves a hole of 60 m × 60 m between its strips."""
    points = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    roads = [Road(0, 1), Road(1, 2), Road(2, 3), Road(3, 0)]
    assert not holds(area_of(points, roads, (0.0, 0.0), 500.0, smallest_hole_m2=3000.0), 50.0, 50.0)
    filled = area_of(points, roads, (0.0, 0.0), 500.0, smallest_hole_m2=4000.0)
    assert holds(filled, 50.0, 50.0)
    assert filled.is_valid


def test_private_ways_are_reached_but_not_walked_through() -> None:
    """A private lane shortens nobody's walk but that of the people on it."""
    points = [(0.0, 0.0), (0.0, 200.0), (0.0, 400.0), (900.0, 0.0), (900.0, 400.0)]
    roads = [Road(0, 1, is_private=True), Road(1, 2, is_private=True), Road(0, 3), Road(3, 4), Road(4, 2)]
    area = area_of(points, roads, (10.0, 0.0), 600.0)
    assert holds(area, 0.0, 300.0)
    assert not holds(area, 100.0, 400.0)


def test_a_site_off_the_network_has_none() -> None:
    assert area_of([(0.0, 0.0), (100.0, 0.0)], [Road(0, 1)], (50.0, 900.0), 500.0).is_empty

"""Putting places onto the nearest edge."""

from __future__ import annotations

import numpy as np
import pytest
from tests.reach.networks import Point, Road, as_arrays, network_of

from siteplan.network import Snapped
from siteplan.reach.pieces import road_pieces
from siteplan.reach.snapping import Snapper

POINTS: list[Point] = [(0, 0), (100, 0), (200, 0), (0, 60), (100, 60)]


def snap(roads: list[Road], *places: Point, points: list[Point] = POINTS, limit_m: float = 50.0) -> Snapped:
    network = network_of(points, roads)
    return Snapper(network, road_pieces(network)).snap(*as_arrays(places), limit_m)


def test_the_nearest_point_is_a_perpendicular_foot_or_an_end() -> None:
    """Beside an edge the foot counts, beyond its end the end node."""
    snapped = snap([Road(0, 1), Road(1, 2)], (30, 40), (230, 40), (100, -7))
    assert snapped.edge.tolist() == [0, 1, 0]
    assert snapped.position_m.tolist() == [30.0, 100.0, 100.0]
    assert snapped.offset_m.tolist() == [40.0, 50.0, 7.0]
    assert not snapped.on_island.any()


def test_positions_are_measured_from_the_first_node() -> None:
    """An edge drawn the other way round counts its metres from the other end."""
    assert snap([Road(1, 0), Road(1, 2)], (30, 0)).position_m.tolist() == [70.0]


@pytest.mark.parametrize(("away_m", "edge"), [(50.0, 0), (50.001, -1)])
def test_the_limit_is_inclusive(away_m: float, edge: int) -> None:
    """A place exactly at the limit is snapped, one beyond it is not."""
    assert snap([Road(0, 1), Road(1, 2)], (150, -away_m), (50, away_m)).edge.tolist() == [
        1 if edge == 0 else -1,
        edge,
    ]


def test_the_main_component_comes_before_a_nearer_island() -> None:
    """A nearer way that leads nowhere is passed over while the main part is within the limit."""
    roads = [Road(3, 4), Road(0, 1), Road(1, 2)]
    near_island, far_from_main = (50.0, 45.0), (50.0, 100.0)
    snapped = snap(roads, near_island, far_from_main)
    assert snapped.edge.tolist() == [1, 0]
    assert snapped.on_island.tolist() == [False, True]


def test_a_private_piece_that_touches_the_main_part_belongs_to_it() -> None:
    """A gated lane off the main street is no island; one off an island is."""
    points = [*POINTS, (0, 120), (300, 200), (400, 200), (400, 240)]
    roads = [
        Road(0, 1),
        Road(1, 2),
        Road(0, 3, is_private=True),
        Road(3, 5, is_private=True),
        Road(6, 7),
        Road(7, 8, is_private=True),
    ]
    snapped = snap(roads, (0, 100), (400, 230), points=points)
    assert snapped.edge.tolist() == [3, 5]
    assert snapped.on_island.tolist() == [False, True]


def test_within_a_millimetre_public_comes_first_then_file_order() -> None:
    """Equally near edges: a public one wins over a private one, then the one named first."""
    crossing = (100.0, -5.0)
    assert snap([Road(0, 1, is_private=True), Road(1, 2), Road(1, 4)], crossing).edge.tolist() == [1]
    assert snap([Road(1, 4), Road(1, 2), Road(0, 1)], crossing).edge.tolist() == [0]
    points: list[Point] = [(0, 0), (100, 0), (0, 20.0009), (100, 20.0009), (100, 40)]
    parallel = [Road(2, 3), Road(0, 1), Road(1, 3), Road(3, 4)]
    assert snap(parallel, (50, 10), points=points).edge.tolist() == [0]
    assert snap(parallel, (50, 9.99), points=points).edge.tolist() == [1]


def test_an_edge_without_length_takes_places() -> None:
    """Two nodes on one spot: the spot itself is the nearest point."""
    snapped = snap([Road(0, 1)], (3, 4), points=[(0, 0), (0, 0)])
    assert (snapped.position_m.tolist(), snapped.offset_m.tolist()) == ([0.0], [5.0])


def test_places_that_cannot_be_projected_are_not_snapped() -> None:
    """An infinite coordinate is beyond every limit."""
    network = network_of(POINTS, [Road(0, 1)])
    snapper = Snapper(network, road_pieces(network))
    x_m, y_m = np.array([np.inf, 10.0]), np.array([0.0, 30.0])
    assert snapper.snap(x_m, y_m, 50.0).edge.tolist() == [-1, 0]
    assert snapper.distance_to_nearest_way(x_m, y_m).tolist() == [np.inf, 30.0]


def test_no_places_at_all() -> None:
    """An empty table is snapped to nothing."""
    assert snap([Road(0, 1)]).edge.tolist() == []


def test_where_nothing_is_public_everything_is_an_island() -> None:
    """Private ways alone have no main component to be attached to."""
    snapped = snap([Road(0, 1, is_private=True)], (50, 10))
    assert (snapped.edge.tolist(), snapped.on_island.tolist()) == ([0], [True])

"""Walking distances: by hand, and against plain networkx on random networks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reach.networks import PlainWalks, Point, Road, as_arrays, network_of
from tests.roads.city import city
from tests.tiny_case import roads_xml

from siteplan.inputs.roads import read_roads
from siteplan.network import RoadNetwork
from siteplan.reach.distances import STARTS_AT_ONCE
from siteplan.reach.pieces import road_pieces
from siteplan.reach.search import Search
from siteplan.reach.snapping import Snapper
from siteplan.reach.walking import distances_within, rounded_to_decimetre

SNAP_LIMIT_M = 60.0


def distances(
    network: RoadNetwork, homes: list[Point], sites: list[Point], limit_m: float
) -> dict[tuple[int, int], float]:
    """Return (home, site) → metres for all pairs within the limit."""
    pieces = road_pieces(network)
    snapper = Snapper(network, pieces)
    demand, goals = (snapper.snap(*as_arrays(places), SNAP_LIMIT_M) for places in (homes, sites))
    row_start, site, metres = distances_within(network, pieces, demand, goals, limit_m)
    rows = np.repeat(np.arange(len(homes)), np.diff(row_start))
    pairs = zip(rows.tolist(), site.tolist(), metres.tolist(), strict=True)
    return {(home, goal): distance for home, goal, distance in pairs}


SQUARE: list[Point] = [(0, 0), (100, 0), (100, 100), (0, 100)]


def test_a_walk_has_three_parts() -> None:
    """Door to road 10 m, along the roads 50 + 100 + 30 m, road to door 20 m."""
    network = network_of(SQUARE, [Road(0, 1), Road(1, 2), Road(2, 3)])
    assert distances(network, [(50, -10)], [(70, 120)], 300.0) == {(0, 0): 210.0}


def test_both_directions_are_walked() -> None:
    """The way back is as long as the way there, whichever way the edges are drawn."""
    network = network_of(SQUARE, [Road(1, 0), Road(1, 2), Road(3, 2)])
    assert distances(network, [(70, 120)], [(50, -10)], 300.0) == {(0, 0): 210.0}


def test_places_on_one_edge_walk_along_it() -> None:
    """Two places on the same edge: the difference of their positions, or a detour if that were shorter."""
    network = network_of(SQUARE, [Road(0, 1), Road(1, 2), Road(2, 3), Road(3, 0)])
    assert distances(network, [(20, 5)], [(90, 5), (20, 5)], 300.0) == {(0, 0): 80.0, (0, 1): 10.0}


@pytest.mark.parametrize(("limit_m", "is_within"), [(210.0, True), (209.9, False)])
def test_the_limit_is_inclusive(limit_m: float, is_within: bool) -> None:
    """A walk exactly as long as the limit is within it."""
    network = network_of(SQUARE, [Road(0, 1), Road(1, 2), Road(2, 3)])
    assert ((0, 0) in distances(network, [(50, -10)], [(70, 120)], limit_m)) is is_within


def test_distances_are_compared_after_rounding() -> None:
    """300.04 m is 300.0 m and within 300; 300.06 m is 300.1 m and isn't."""
    network = network_of([(0, 0), (1000, 0)], [Road(0, 1)])
    assert distances(network, [(0, 0)], [(300.04, 0), (300.06, 0)], 300.0) == {(0, 0): 300.0}


GATED: list[Point] = [(0, 0), (100, 0), (200, 0), (50, 100), (150, 100)]
GATED_ROADS = [
    Road(0, 1),
    Road(1, 2),
    Road(0, 3, is_private=True),
    Road(3, 1, is_private=True),
    Road(2, 4, is_private=True),
]


def test_residents_of_a_private_piece_use_it() -> None:
    """From inside one walks on private ways to the site inside, and out to the public one."""
    found = distances(network_of(GATED, GATED_ROADS), [(50, 100)], [(50, 110), (150, 0)], 500.0)
    assert found == {(0, 0): 10.0, (0, 1): pytest.approx(111.8 + 50.0, abs=0.05)}


def test_others_neither_cross_nor_enter_a_private_piece() -> None:
    """From the public street the shortcut and the site inside are closed, from another piece as well."""
    network = network_of(GATED, [road for road in GATED_ROADS if (road.start, road.end) != (0, 1)])
    in_public, in_first, in_second = (180.0, -5.0), (50.0, 100.0), (150.0, 100.0)
    found = distances(network, [in_public, in_first, in_second], [in_first, in_second], 1000.0)
    assert set(found) == {(1, 0), (2, 1)}


def test_unsnapped_places_reach_nothing() -> None:
    """A door or a site beyond the snapping limit has no entries."""
    network = network_of(SQUARE, [Road(0, 1)])
    assert distances(network, [(50, 500), (50, 0)], [(50, 500), (60, 0)], 1000.0) == {(1, 1): 10.0}


def test_rows_are_in_order_also_over_several_portions() -> None:
    """More demand points than one portion holds: rows in table order, sites ascending in each."""
    network = network_of([(0, 0), (1000, 0)], [Road(0, 1)])
    pieces = road_pieces(network)
    snapper = Snapper(network, pieces)
    count = STARTS_AT_ONCE + 5
    homes = snapper.snap(np.linspace(0, 1000, count), np.zeros(count), 1.0)
    sites = snapper.snap(np.array([900.0, 100.0, 500.0]), np.zeros(3), 1.0)
    row_start, site, metres = distances_within(network, pieces, homes, sites, 2000.0)
    assert row_start.tolist() == list(range(0, 3 * count + 1, 3))
    assert site.tolist() == [0, 1, 2] * count
    assert metres[-3:].tolist() == [100.0, 900.0, 500.0]


@given(st.lists(st.integers(0, 400_000), max_size=30))
def test_rounding_is_that_of_python(hundredths: list[int]) -> None:
    """Every distance is rounded as ``round(distance, 1)`` rounds it, ties included."""
    exact = [hundred / 100.0 for hundred in hundredths]
    expected = [round(metres, 1) for metres in exact]
    assert rounded_to_decimetre(np.array(exact, dtype=float)).tolist() == expected


coordinates = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(
    lambda pair: (float(pair[0]), float(pair[1]))
)


@st.composite
def random_networks(draw: st.DrawFn) -> tuple[list[Point], list[Road]]:
    """A few nodes and edges anywhere in 300 × 300 m: crossing, parallel, torn apart, partly private."""
    points = draw(st.lists(coordinates, min_size=2, max_size=9))
    node = st.integers(0, len(points) - 1)
    pairs = draw(st.lists(st.tuples(node, node), min_size=1, max_size=14, unique_by=frozenset))
    kinds = draw(st.lists(st.sampled_from([False, False, True]), min_size=len(pairs), max_size=len(pairs)))
    roads = [Road(*pair, kind) for pair, kind in zip(pairs, kinds, strict=True) if pair[0] != pair[1]]
    return points, roads or [Road(0, 1)]


@settings(max_examples=150, deadline=None)
@given(
    random_networks(),
    st.lists(coordinates, min_size=1, max_size=4),
    st.lists(coordinates, min_size=1, max_size=4),
    st.sampled_from([80.0, 200.0, 5000.0]),
)
def test_distances_are_those_of_networkx(
    streets: tuple[list[Point], list[Road]], homes: list[Point], sites: list[Point], limit_m: float
) -> None:
    """Snapping and walking agree with plain Python and networkx, and never beat the straight line."""
    plain = PlainWalks(*streets, SNAP_LIMIT_M)
    found = distances(network_of(*streets), homes, sites, limit_m)
    for home in range(len(homes)):
        for site in range(len(sites)):
            expected = plain.distance(homes[home], sites[site])
            if abs(expected - limit_m) < 0.1 and (home, site) not in found:
                continue
            if expected > limit_m + 0.1:
                assert (home, site) not in found
            else:
                assert found[home, site] == pytest.approx(expected, abs=0.0501)
                assert found[home, site] >= math.dist(homes[home], sites[site]) - 0.0501


@settings(max_examples=60, deadline=None)
@given(random_networks(), st.lists(coordinates, min_size=1, max_size=3), st.lists(coordinates, max_size=4))
def test_the_nearest_site_is_the_nearest_of_all(
    streets: tuple[list[Point], list[Road]], homes: list[Point], sites: list[Point]
) -> None:
    """The unlimited search finds the smallest of the distances of networkx, or nothing where it does."""
    network, plain = network_of(*streets), PlainWalks(*streets, SNAP_LIMIT_M)
    pieces = road_pieces(network)
    snapper = Snapper(network, pieces)
    demand, goals = (snapper.snap(*as_arrays(places), SNAP_LIMIT_M) for places in (homes, sites))
    chosen = np.flatnonzero(demand.edge >= 0)
    nearest, metres = Search(network, pieces, goals).nearest(demand, chosen)
    for position, home in enumerate(chosen):
        expected = min((plain.distance(homes[home], site) for site in sites), default=math.inf)
        assert metres[position] == pytest.approx(expected, abs=1e-6)
        assert (nearest[position] >= 0) == math.isfinite(expected)


def test_a_city_is_walked_without_beating_the_straight_line(tmp_path: Path) -> None:
    """In a generated city of some 5 000 nodes every distance is at least the straight one, and symmetric."""
    path = tmp_path / "roads.osm"
    path.write_text(roads_xml(*city()), encoding="utf-8")
    network = read_roads(path, "EPSG:4545")
    random_numbers = np.random.default_rng(5)
    places = [
        (float(network.x_m[node]) + 20.0, float(network.y_m[node]) - 15.0)
        for node in random_numbers.choice(network.node_count, 120, replace=False)
    ]
    found = distances(network, places, places, 1000.0)
    assert len(found) > 1000
    for (home, site), metres in found.items():
        assert metres >= math.dist(places[home], places[site]) - 0.051
        if (site, home) in found:
            assert metres == pytest.approx(found[site, home], abs=0.11)


def test_bubenec_is_walked() -> None:
    """On momepy's streets of Bubeneč every place at a crossing reaches every other: they hang together."""
    momepy_datasets = pytest.importorskip("momepy.datasets")
    network = read_roads(Path(momepy_datasets.get_path("bubenec")), "EPSG:5514")
    crossings = [(float(x), float(y)) for x, y in zip(network.x_m[::4], network.y_m[::4], strict=True)]
    found = distances(network, crossings, crossings, 5000.0)
    assert len(found) == len(crossings) ** 2
    assert all(
        metres >= math.dist(crossings[home], crossings[site]) - 0.051
        for (home, site), metres in found.items()
    )

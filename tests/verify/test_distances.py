"""Snapping and walking distances of verification, on networks small enough to measure by hand."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from siteplan.inputs.bundled import bundled_root
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.inputs.scenario_files import load_scenario
from siteplan.network import RoadNetwork
from siteplan.reach import walking_access
from siteplan.verify.distances import OnRoad, attached_edges, private_pieces, snap, walking_distances
from siteplan.verify.facts import facts_of

CRS = "EPSG:4545"
ORIGIN = (500_000.0, 3_780_000.0)
_TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

Point = tuple[float, float]


def degrees(place: Point) -> Point:
    """Return longitude and latitude of a place in metres east and north of `ORIGIN`."""
    longitude, latitude = _TO_DEGREES.transform(ORIGIN[0] + place[0], ORIGIN[1] + place[1])
    return float(longitude), float(latitude)


def network(
    nodes: list[Point], edges: list[tuple[int, int]], private: frozenset[int] = frozenset()
) -> RoadNetwork:
    """Return a network of nodes in metres from `ORIGIN`; ``private`` holds numbers of edges."""
    x, y = (np.array(values, dtype=float) for values in zip(*nodes, strict=True))
    tail, head = (np.array(values, dtype=np.int64) for values in zip(*edges, strict=True))
    longitude, latitude = _TO_DEGREES.transform(ORIGIN[0] + x, ORIGIN[1] + y)
    return RoadNetwork(
        metric_crs=CRS,
        node_id=np.arange(len(nodes), dtype=np.int64),
        longitude=longitude,
        latitude=latitude,
        x_m=ORIGIN[0] + x,
        y_m=ORIGIN[1] + y,
        edge_from=tail,
        edge_to=head,
        length_m=np.hypot(x[tail] - x[head], y[tail] - y[head]),
        is_private=np.array([number in private for number in range(len(edges))], dtype=np.bool_),
        way_id=np.arange(len(edges), dtype=np.int64),
    )


def snapped(roads: RoadNetwork, place: Point, limit_m: float = 200.0) -> OnRoad | None:
    """Return where one place meets the network."""
    return snap(roads, {"place": degrees(place)}, limit_m)["place"]


def walk(roads: RoadNetwork, home: Point, site: Point, limit_m: float = 5000.0) -> float | None:
    """Return the distance of one demand point and one site."""
    found = walking_distances(roads, {"home": degrees(home)}, {"site": degrees(site)}, 200.0, limit_m)
    return found["home"].get("site")


STREET = network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)])


def test_a_place_snaps_to_the_foot_of_its_perpendicular() -> None:
    """The nearest point lies 130 m along, 30 m into the second edge; the offset is 40 m."""
    place = snapped(STREET, (130, 40))
    assert place is not None
    assert place.edge == 1
    assert place.position_m == pytest.approx(30.0, abs=1e-3)
    assert place.offset_m == pytest.approx(40.0, abs=1e-3)


def test_beyond_the_end_a_place_snaps_to_the_end() -> None:
    """A place 30 m past the end and 40 m beside it is 50 m away from it."""
    place = snapped(STREET, (230, 40))
    assert place is not None
    assert place.edge == 1
    assert place.position_m == pytest.approx(100.0, abs=1e-3)
    assert place.offset_m == pytest.approx(50.0, abs=1e-3)


def test_no_edge_within_the_limit() -> None:
    """Beyond the snapping limit there is no place on the network, and no walk."""
    assert snapped(STREET, (100, 201)) is None
    assert snapped(STREET, (100, 199)) is not None
    assert walk(STREET, (100, 201), (0, 0)) is None


def test_ties_prefer_public_then_file_order() -> None:
    """Of two edges within a millimetre the public one is taken, of two public ones the first."""
    nodes: list[Point] = [(0, 0), (100, 0), (100, 80), (0, 80), (0, 160)]
    edges = [(0, 1), (3, 2), (0, 3), (3, 4)]
    # 50 m from the left edge, 40 m from both horizontal ones; the numbers of those are 0 and 1.
    for private, expected in ((frozenset({0}), 1), (frozenset({1}), 0), (frozenset[int](), 0)):
        place = snapped(network(nodes, edges, private), (50, 40))
        assert place is not None
        assert place.edge == expected


def test_the_nearer_private_way_wins_over_a_public_one() -> None:
    """Preference for public ways is for ties alone."""
    roads = network([(0, 0), (100, 0), (0, 20), (100, 20)], [(0, 1), (0, 2), (2, 3)], frozenset({1, 2}))
    place = snapped(roads, (60, 15))
    assert place is not None
    assert place.edge == 2


def test_the_main_component_goes_before_a_nearer_island() -> None:
    """A place 10 m from an island and 90 m from the main streets snaps to the main streets."""
    nodes: list[Point] = [(0, 0), (100, 0), (200, 0), (0, 100), (100, 100)]
    roads = network(nodes, [(0, 1), (1, 2), (3, 4)])
    place = snapped(roads, (50, 90))
    assert place is not None
    assert place.edge == 0
    # Out of reach of the main streets, the island is taken.
    far = snapped(roads, (50, 90), limit_m=50.0)
    assert far is not None
    assert far.edge == 2


def test_a_private_piece_is_attached_where_it_touches_the_main_component() -> None:
    """Edge 2 hangs on the main street through edge 1; edge 3 is private and on its own."""
    nodes: list[Point] = [(0, 0), (100, 0), (100, 50), (100, 90), (0, 50), (0, 90)]
    roads = network(nodes, [(0, 1), (1, 2), (2, 3), (4, 5)], frozenset({1, 2, 3}))
    assert attached_edges(roads) == {0, 1, 2}
    pieces = private_pieces(roads)
    assert set(pieces) == {1, 2, 3}
    assert pieces[1] == pieces[2] != pieces[3]


def test_distance_is_door_to_road_along_it_and_to_the_door() -> None:
    """40 m to the street, 110 m along it, 30 m to the door."""
    assert walk(STREET, (20, 40), (130, -30)) == 180.0


def test_two_places_on_one_edge() -> None:
    """Along a single edge the walk is the difference of the positions, in both directions."""
    assert walk(STREET, (20, 10), (80, 10)) == 80.0
    assert walk(STREET, (80, 10), (20, 10)) == 80.0
    assert walk(STREET, (50, 10), (50, 25)) == 35.0


def test_the_limit_counts_after_rounding() -> None:
    """A walk of 180 m is kept with a limit of 180 m and left out below."""
    assert walk(STREET, (20, 40), (130, -30), limit_m=180.0) == 180.0
    assert walk(STREET, (20, 40), (130, -30), limit_m=179.9) is None


SQUARE: list[Point] = [(0, 0), (300, 0), (300, 100), (0, 100)]


def test_private_ways_are_for_those_who_live_on_them() -> None:
    """Two private side streets and one long way round: each walker may use only the own one."""
    #   4 ----- 5      edge 4 (3–4), edge 5 (4–5), edge 6 (5–2): the public way round
    #   3 ----- 2      edge 2: private short cut between 3 and 2
    #   0 ----- 1      edge 0; edges 1 and 3: public sides
    nodes = [*SQUARE, (0.0, 200.0), (300.0, 200.0)]
    edges = [(0, 1), (1, 2), (2, 3), (3, 0), (3, 4), (4, 5), (5, 2)]
    roads = network(nodes, edges, frozenset({2}))
    # From the left end of the upper street to its right end, past the private street: 300 m along.
    assert walk(roads, (0, 190), (300, 190)) == 320.0
    # Someone at (0, 110) goes round by the upper street: 90 + 300 + 90, not 10 + 300 + 10.
    assert walk(roads, (-1, 110), (301, 110)) == 482.0
    # A resident of the private street uses it, and is reached in it only from there.
    assert walk(roads, (100, 100), (301, 110)) == 211.0
    assert walk(roads, (-1, 110), (100, 100)) is None
    assert walk(roads, (250, 100), (100, 100)) == 150.0


def test_another_private_piece_is_closed() -> None:
    """A resident of one private street may not walk through another one."""
    nodes: list[Point] = [(0, 0), (100, 0), (200, 0), (300, 0), (0, 90), (300, 90)]
    # Private 0–1, public 1–2, private 2–3; public way round 0–4–5–3.
    roads = network(nodes, [(0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 3)], frozenset({0, 2}))
    assert walk(roads, (50, 0), (150, 0)) == 100.0
    # Not 50 + 100 + 100 + 11 through the other one, but 50 + 90 + 300 + 80 + 1 round it.
    assert walk(roads, (50, 0), (301, 10)) == 521.0
    assert walk(roads, (50, 0), (250, 0)) is None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), private_share=st.sampled_from([0.0, 0.3]))
def test_never_shorter_than_the_straight_line_and_symmetric_on_public_ways(
    seed: int, private_share: float
) -> None:
    """On random networks a walk is at least the straight line, and public walks go both ways alike."""
    random = np.random.default_rng(seed)
    nodes = [(float(x), float(y)) for x, y in random.uniform(0, 600, (8, 2))]
    pairs = list(combinations(range(8), 2))
    edges = [pairs[number] for number in random.choice(len(pairs), 11, replace=False)]
    private = frozenset(np.flatnonzero(random.random(len(edges)) < private_share).tolist())
    roads = network(nodes, edges, private)
    places = {
        f"p{number}": (float(x), float(y)) for number, (x, y) in enumerate(random.uniform(0, 600, (6, 2)))
    }
    positions = {key: degrees(place) for key, place in places.items()}
    walks = walking_distances(roads, positions, positions, 200.0, 5000.0)
    for start, ends in walks.items():
        for end, metres in ends.items():
            line = float(np.hypot(*np.subtract(places[start], places[end])))
            assert metres >= line - 0.06
            if not private:
                assert walks[end][start] == pytest.approx(metres, abs=0.11)


def test_node_to_node_walks_are_those_of_dijkstra() -> None:
    """Places on nodes, in a random network, walk as far as plain Dijkstra says."""
    random = np.random.default_rng(5)
    nodes = [(float(x), float(y)) for x, y in random.uniform(0, 900, (25, 2))]
    edges = [(a, b) for a, b in combinations(range(25), 2) if random.random() < 0.12]
    roads = network(nodes, edges)
    graph: nx.Graph[int] = nx.Graph()
    for (tail, head), length in zip(edges, roads.length_m, strict=True):
        graph.add_edge(tail, head, weight=float(length))
    main = max(nx.connected_components(graph), key=len)
    positions = {str(node): degrees(nodes[node]) for node in main}
    walks = walking_distances(roads, positions, positions, 200.0, 1e6)
    for start in main:
        lengths = nx.single_source_dijkstra_path_length(graph, start)
        for end in main:
            assert walks[str(start)][str(end)] == pytest.approx(lengths[end], abs=0.06)


@pytest.mark.slow
def test_the_bundled_case_has_the_distances_of_the_reach_stage() -> None:
    """Two implementations agree on every pair of the shipped county, to the decimetre."""
    loaded = load_scenario(bundled_root() / "scenarios" / "2027-2030.yaml")
    policy = load_policy(loaded.model_folder, loaded)
    case = load_case(loaded.case_folder, function_names(policy))
    roads = read_roads(case.roads_file, case.header.metric_crs)
    facts = facts_of(case, policy, loaded.scenario, roads)
    reach = walking_access(roads, case, policy, 1000.0).reach
    walks = {
        demand_id: dict(reach.sites_within(number, 1000.0))
        for number, demand_id in enumerate(reach.demand_ids)
        if demand_id in facts.demand
    }
    assert facts.distances == {
        demand_id: {site_id: metres for site_id, metres in row.items() if site_id in facts.sites}
        for demand_id, row in walks.items()
    }

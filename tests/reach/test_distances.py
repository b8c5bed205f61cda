"""Many-to-many distances as a sparse matrix: by hand, and against networkx and scipy on random networks."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from tests.reach.networks import Graph, Point, Road, network_of

from siteplan.network import FloatArray, RoadNetwork, Snapped
from siteplan.reach import distance_blocks, distance_matrix, places_at_nodes
from siteplan.reach.distances import neighbours_together
from siteplan.reach.pieces import road_pieces

Entries = dict[tuple[int, int], float]


def at(network: RoadNetwork, nodes: list[int]) -> Snapped:
    """Return places at nodes."""
    return places_at_nodes(network, np.array(nodes, dtype=np.int64))


def entries(matrix: csr_array) -> Entries:
    """Return (row, column) → metres of the stored entries."""
    stored = matrix.tocoo()
    pairs = zip(stored.row.tolist(), stored.col.tolist(), stored.data.tolist(), strict=True)
    return {(row, column): metres for row, column, metres in pairs}


def between(network: RoadNetwork, homes: list[int], sites: list[int], limit_m: float) -> Entries:
    """Return the stored distances between nodes."""
    return entries(distance_matrix(network, at(network, homes), at(network, sites), limit_m))


@pytest.fixture
def line() -> RoadNetwork:
    """Nodes 0, 1, 2, 3 at 0, 100, 250 and 450 m of a straight road; node 4 stands alone."""
    points: list[Point] = [(0, 0), (100, 0), (250, 0), (450, 0), (0, 900)]
    return network_of(points, [Road(0, 1), Road(1, 2), Road(2, 3)])


def test_distances_are_along_the_road(line: RoadNetwork) -> None:
    """Within 250 m of node 0 lie itself, node 1 and, exactly at the limit, node 2."""
    assert between(line, [0], [0, 1, 2, 3], 250.0) == {(0, 0): 0.0, (0, 1): 100.0, (0, 2): 250.0}


def test_fewer_sites_than_demand_points_give_the_same(line: RoadNetwork) -> None:
    """Searching from the sites, as they are fewer, finds what searching from the demand points finds."""
    assert between(line, [0, 1, 2, 3], [0], 250.0) == {(0, 0): 0.0, (1, 0): 100.0, (2, 0): 250.0}


def test_a_node_on_no_road_reaches_nothing(line: RoadNetwork) -> None:
    """The lone node has no entries, neither as a demand point nor as a site."""
    assert between(line, [4, 1], [4, 1], 1000.0) == {(1, 1): 0.0}


@pytest.mark.parametrize(("homes", "sites"), [([], [0, 1]), ([0, 1], []), ([], [])])
def test_no_places_give_an_empty_matrix(line: RoadNetwork, homes: list[int], sites: list[int]) -> None:
    """The matrix keeps its shape where one side has no places."""
    matrix = distance_matrix(line, at(line, homes), at(line, sites), 100.0)
    assert matrix.shape == (len(homes), len(sites))
    assert matrix.nnz == 0


def test_private_ways_are_for_those_who_live_there() -> None:
    """The shortcut over a private node serves only the one who starts on it, also with fewer sites."""
    points: list[Point] = [(0, 0), (100, 0), (200, 0), (100, 20)]
    roads = [Road(0, 1), Road(1, 2), Road(0, 3, is_private=True), Road(3, 2, is_private=True)]
    network = network_of(points, roads)
    found = between(network, [0, 2, 3], [2], 500.0)
    assert found[0, 0] == 200.0
    assert found[2, 0] == pytest.approx(np.hypot(100, 20))


def test_blocks_make_up_the_whole(line: RoadNetwork) -> None:
    """Every demand point is in one block, and the entries of all blocks are those of the matrix."""
    homes, sites = at(line, [0, 1, 2, 3] * 10), at(line, [3, 0])
    blocks = list(distance_blocks(line, road_pieces(line), homes, sites, 300.0, threads=2))
    assert len(blocks) > 1
    assert sorted(np.concatenate([block.demand_index for block in blocks]).tolist()) == list(range(40))
    found = {
        (int(demand), int(block.site_index[entry])): float(block.distance_m[entry])
        for block in blocks
        for row, demand in enumerate(block.demand_index)
        for entry in range(block.row_start[row], block.row_start[row + 1])
    }
    assert found == entries(distance_matrix(line, homes, sites, 300.0))


def test_neighbours_come_together() -> None:
    """Places of two far towns, listed in turn, are ordered town by town."""
    points: list[Point] = [(0, 0), (100, 0), (90_000, 0), (90_100, 0)]
    network = network_of(points, [Road(0, 1), Road(2, 3)])
    order = neighbours_together(network, at(network, [0, 2, 1, 3, 0, 2]))
    assert order.tolist() == [0, 2, 4, 1, 3, 5]


@st.composite
def street_grids(draw: st.DrawFn) -> RoadNetwork:
    """A jittered grid of up to 6 × 6 nodes with streets missing at random."""
    side = draw(st.integers(2, 6))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    row, column = (axis.ravel() for axis in np.indices((side, side)))
    jitter = random.normal(0.0, 15.0, (2, side * side))
    points = list(zip((100.0 * column + jitter[0]).tolist(), (100.0 * row + jitter[1]).tolist(), strict=True))
    number = np.arange(side * side)
    pairs = [*zip(number[column > 0] - 1, number[column > 0], strict=True)]
    pairs += zip(number[row > 0] - side, number[row > 0], strict=True)
    kept = [Road(int(a), int(b)) for a, b in pairs if random.random() > 0.25]
    return network_of(points, kept or [Road(0, 1)])


def lengths(network: RoadNetwork) -> csr_array:
    """Return the street lengths (nodes, nodes)."""
    shape = (network.node_count, network.node_count)
    return coo_array((network.length_m, (network.edge_from, network.edge_to)), shape=shape).tocsr()


def within(expected: FloatArray, limit_m: float) -> Entries:
    """Return the entries of a dense matrix that are within the limit."""
    rows, columns = np.nonzero(expected <= limit_m)
    return {(int(r), int(c)): float(expected[r, c]) for r, c in zip(rows, columns, strict=True)}


places = st.lists(st.integers(0, 3), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(street_grids(), places, places, st.sampled_from([0.0, 90.0, 300.0, 5000.0]))
def test_distances_are_those_of_scipy(
    network: RoadNetwork, homes: list[int], sites: list[int], limit_m: float
) -> None:
    """Every distance within the limit is scipy's, and there is no other."""
    on_roads = np.zeros(network.node_count, dtype=np.bool_)
    on_roads[network.edge_from] = on_roads[network.edge_to] = True
    all_m = dijkstra(lengths(network), directed=False)
    all_m[~on_roads] = np.inf
    expected = within(all_m[np.ix_(homes, sites)], limit_m)
    assert between(network, homes, sites, limit_m) == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(street_grids(), st.sampled_from([150.0, 400.0]))
def test_distances_are_those_of_networkx(network: RoadNetwork, limit_m: float) -> None:
    """From every node on a road to every other, networkx with a cut-off finds the same."""
    graph: Graph = nx.Graph()
    ends = zip(network.edge_from.tolist(), network.edge_to.tolist(), network.length_m.tolist(), strict=True)
    graph.add_weighted_edges_from(ends)
    expected = {
        (node, other): metres
        for node in graph
        for other, metres in nx.single_source_dijkstra_path_length(graph, node, cutoff=limit_m).items()
    }
    nodes = list(range(network.node_count))
    assert between(network, nodes, nodes, limit_m) == pytest.approx(expected)

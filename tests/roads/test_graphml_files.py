"""GraphML of street graphs, as osmnx and networkx save them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import networkx as nx
import numpy as np
import pytest

from siteplan.findings import InputError
from siteplan.inputs.roads import read_roads, summarise_roads

Graph: TypeAlias = "nx.MultiDiGraph[Any]"
METRIC_CRS = "EPSG:4545"
BEND = "LINESTRING (108.22 34.16, 108.2205 34.1605, 108.221 34.16)"


def graph_of(edges: list[tuple[Any, Any, dict[str, Any]]], **attributes: Any) -> Graph:
    """Nodes named 1, 2, 3, … lie 0.001° apart on a line from 108.22°, 34.16°."""
    graph: Graph = nx.MultiDiGraph(**attributes)
    for name in sorted({end for start, stop, _ in edges for end in (start, stop)}):
        graph.add_node(name, x=108.219 + 0.001 * int(str(name)[-1]), y=34.16)
    graph.add_edges_from(edges)
    return graph


def saved(folder: Path, graph: Graph) -> Path:
    path = folder / "roads.graphml"
    nx.write_graphml(graph, path)
    return path


def test_opposite_edges_are_one(tmp_path: Path) -> None:
    """An osmnx graph has each street in both directions: one edge remains, with its course."""
    reverse = "LINESTRING (108.221 34.16, 108.2205 34.1605, 108.22 34.16)"
    graph = graph_of(
        [
            (1, 2, {"highway": "residential", "geometry": BEND, "osmid": "[7, 8]"}),
            (2, 1, {"highway": "residential", "geometry": reverse, "osmid": "[8, 7]"}),
            (2, 3, {"highway": "footway", "osmid": 9}),
        ],
        crs="epsg:4326",
    )
    network = read_roads(saved(tmp_path, graph), METRIC_CRS)
    assert (network.node_count, network.edge_count) == (4, 3)
    assert network.way_id.tolist() == [7, 7, 9]
    assert network.node_id.tolist() == [1, -1, 2, 3]


def test_a_geometry_drawn_backwards_is_turned(tmp_path: Path) -> None:
    """A course that begins at the edge's end node is followed from there: the way is no longer for it."""
    course = "LINESTRING (108.22 34.16, 108.2202 34.1605, 108.221 34.16)"
    reverse = "LINESTRING (108.221 34.16, 108.2202 34.1605, 108.22 34.16)"
    lengths_m = [
        float(read_roads(saved(tmp_path, graph_of([(1, 2, {"geometry": words})])), METRIC_CRS).length_m.sum())
        for words in (course, reverse)
    ]
    assert lengths_m[0] == pytest.approx(lengths_m[1])


def test_parallel_streets_stay_apart(tmp_path: Path) -> None:
    """Two streets between the same crossings on different courses are two."""
    other = "LINESTRING (108.22 34.16, 108.2205 34.1595, 108.221 34.16)"
    graph = graph_of([(1, 2, {"geometry": BEND}), (1, 2, {"geometry": other})])
    assert read_roads(saved(tmp_path, graph), METRIC_CRS).edge_count == 4


def test_tags_are_obeyed_also_in_lists(tmp_path: Path) -> None:
    """Edges carry tags of OpenStreetMap, lists of them where several ways were merged."""
    graph = graph_of(
        [
            (1, 2, {"highway": "['residential', 'service']", "access": "['private', 'yes']"}),
            (2, 3, {"highway": "motorway"}),
            (3, 4, {"highway": "footway"}),
            (4, 5, {"name": "no kind of road"}),
        ]
    )
    network = read_roads(saved(tmp_path, graph), METRIC_CRS)
    assert network.edge_count == 2
    assert network.is_private.tolist() == [True, False]


def test_a_graph_without_kinds_is_walkable_throughout(tmp_path: Path) -> None:
    """Where no edge has a ``highway`` all are walked on; ``foot`` still forbids."""
    graph = graph_of([("a1", "a2", {}), ("a2", "a3", {"foot": "no"})])
    assert read_roads(saved(tmp_path, graph), METRIC_CRS).node_count == 2


def test_projected_coordinates_are_understood(tmp_path: Path) -> None:
    """Metres of the graph's own CRS give the same lengths as degrees do."""
    graph = graph_of([(1, 2, {}), (2, 3, {})])
    expected = read_roads(saved(tmp_path, graph), METRIC_CRS)
    for node, x_m, y_m in zip((1, 2, 3), expected.x_m, expected.y_m, strict=True):
        graph.nodes[node].update(x=float(x_m), y=float(y_m))
    graph.graph["crs"] = METRIC_CRS
    network = read_roads(saved(tmp_path, graph), METRIC_CRS)
    np.testing.assert_allclose(network.length_m, expected.length_m, atol=1e-6)
    np.testing.assert_allclose(network.longitude, [108.22, 108.221, 108.222], atol=1e-8)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"x": 650_000.0}, "roads-without-crs"),
        ({"x": "east"}, "roads-coordinates-impossible"),
        ({"x": ""}, "roads-coordinates-impossible"),
    ],
)
def test_coordinates_that_cannot_be_located(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    """Metres without a stated CRS, words and gaps in place of coordinates are refused."""
    graph = graph_of([(1, 2, {})])
    for node in graph.nodes:
        graph.nodes[node].update(change)
    with pytest.raises(InputError, match=code):
        read_roads(saved(tmp_path, graph), METRIC_CRS)


def test_a_geometry_that_is_none(tmp_path: Path) -> None:
    """A course that isn't WKT of a line is one finding."""
    with pytest.raises(InputError, match="roads-broken-file"):
        read_roads(saved(tmp_path, graph_of([(1, 2, {"geometry": "LINE of no kind"})])), METRIC_CRS)


def test_graphs_of_other_tools() -> None:
    """The graph of Manhattan, saved by osmnx, is read in its own place."""
    momepy_datasets = pytest.importorskip("momepy.datasets")
    path = Path(momepy_datasets.get_path("bubenec")).with_name("nyc_graph.graphml")
    summary = summarise_roads(read_roads(path), path)
    assert summary.components == 1
    assert summary.metric_crs == "EPSG:32618"
    assert 5_000.0 < summary.length_m < 12_000.0

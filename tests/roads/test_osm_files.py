"""OSM files: every format, and what real editors and extracts put into them."""

from __future__ import annotations

import bz2
import gzip
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest
from tests.roads.city import city
from tests.tiny_case import roads_xml

from siteplan.inputs.roads import read_roads, summarise_roads
from siteplan.network import RoadNetwork

METRIC_CRS = "EPSG:4545"
FOOTWAY = {"highway": "footway"}
ON_A_LINE = {number: (108.22 + 0.001 * number, 34.16) for number in range(1, 7)}


def written(folder: Path, text: str) -> Path:
    path = folder / "roads.osm"
    path.write_text(text, encoding="utf-8")
    return path


def edges_by_node_id(network: RoadNetwork) -> list[tuple[int, int]]:
    return [
        (int(network.node_id[start]), int(network.node_id[end]))
        for start, end in zip(network.edge_from, network.edge_to, strict=True)
    ]


@pytest.mark.parametrize("ending", [".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".OSM"])
def test_every_format_gives_the_same_network(tmp_path: Path, ending: str) -> None:
    """Plain, compressed and PBF files with the same content give the same network."""
    plain = written(tmp_path, roads_xml())
    other = tmp_path / f"other{ending}"
    if ending == ".osm.pbf":
        with osmium.SimpleWriter(str(other)) as writer:
            for item in osmium.FileProcessor(str(plain)):
                writer.add(item)
    else:
        content = plain.read_bytes()
        packed = {".osm.bz2": bz2.compress(content), ".osm.gz": gzip.compress(content)}
        other.write_bytes(packed.get(ending, content))
    expected, network = read_roads(plain, METRIC_CRS), read_roads(other, METRIC_CRS)
    assert edges_by_node_id(network) == edges_by_node_id(expected)
    np.testing.assert_allclose(network.length_m, expected.length_m)
    assert network.node_count == 9
    assert network.edge_count == 12


def test_lengths_are_metres_on_the_ground(tmp_path: Path) -> None:
    """0.0025° of longitude at 34.16° N are 230.4 m, 0.002° of latitude 221.9 m (WGS 84)."""
    network = read_roads(written(tmp_path, roads_xml()), METRIC_CRS)
    assert np.sort(network.length_m)[[0, -1]] == pytest.approx([221.85, 230.45], abs=0.1)


def test_ids_may_be_negative_or_huge(tmp_path: Path) -> None:
    """Objects drawn in an editor carry negative ids, generated ones very large ones."""
    huge = 2**62 + 5
    nodes = {-1: ON_A_LINE[1], -2: ON_A_LINE[2], huge: ON_A_LINE[3]}
    network = read_roads(written(tmp_path, roads_xml(nodes, [((-1, -2, huge), FOOTWAY)])), METRIC_CRS)
    assert edges_by_node_id(network) == [(-1, -2), (-2, huge)]


def test_the_pieces_of_a_cut_way_are_kept(tmp_path: Path) -> None:
    """Where nodes of a way are missing from the extract, the pieces between the others remain."""
    nodes = {number: ON_A_LINE[number] for number in (1, 2, 4, 5)}
    network = read_roads(written(tmp_path, roads_xml(nodes, [((1, 2, 3, 4, 5), FOOTWAY)])), METRIC_CRS)
    assert edges_by_node_id(network) == [(1, 2), (4, 5)]


def test_a_node_left_alone_is_not_counted(tmp_path: Path) -> None:
    """A node whose neighbours are all missing is on no edge, so it isn't a node of the network."""
    nodes = {number: ON_A_LINE[number] for number in (1, 2, 5)}
    network = read_roads(
        written(tmp_path, roads_xml(nodes, [((1, 2, 3, 4), FOOTWAY), ((5, 6), FOOTWAY)])), METRIC_CRS
    )
    assert sorted(network.node_id.tolist()) == [1, 2]


def test_repeated_nodes_and_loops(tmp_path: Path) -> None:
    """A node that follows itself makes no edge; a closed way does close; a self loop vanishes."""
    nodes = {1: (108.22, 34.16), 2: (108.221, 34.16), 3: (108.221, 34.161), 4: (108.23, 34.16)}
    streets = [((1, 1, 2, 2, 3, 1), FOOTWAY), ((4, 4), FOOTWAY)]
    network = read_roads(written(tmp_path, roads_xml(nodes, streets)), METRIC_CRS)
    assert edges_by_node_id(network) == [(1, 2), (2, 3), (3, 1)]


def test_nodes_at_the_same_place_stay_joined(tmp_path: Path) -> None:
    """Two nodes on one spot make an edge of no length: leaving it out would tear the way apart."""
    nodes = {1: ON_A_LINE[1], 2: ON_A_LINE[2], 3: ON_A_LINE[2], 4: ON_A_LINE[3]}
    path = written(tmp_path, roads_xml(nodes, [((1, 2, 3, 4), FOOTWAY)]))
    summary = summarise_roads(read_roads(path, METRIC_CRS), path)
    assert (summary.edges, summary.components) == (3, 1)


def test_a_pair_of_nodes_is_one_edge(tmp_path: Path) -> None:
    """Ways drawn twice, also backwards, count once; where one of them is public the edge is."""
    private = {"highway": "service", "access": "private"}
    streets = [((1, 2), private), ((2, 1), FOOTWAY), ((2, 3), FOOTWAY), ((3, 2), private), ((4, 3), private)]
    network = read_roads(written(tmp_path, roads_xml(ON_A_LINE, streets)), METRIC_CRS)
    assert edges_by_node_id(network) == [(1, 2), (2, 3), (4, 3)]
    assert network.is_private.tolist() == [False, False, True]
    assert network.way_id.tolist() == [1002, 1003, 1005]


def test_ways_may_come_before_their_nodes(tmp_path: Path) -> None:
    """The order of objects in the file doesn't matter."""
    body = roads_xml(ON_A_LINE, [((1, 2), FOOTWAY)]).splitlines()
    nodes = [line for line in body if "<node" in line]
    others = [line for line in body if "<node" not in line]
    text = "\n".join([*others[:-1], *nodes, others[-1]])
    assert read_roads(written(tmp_path, text), METRIC_CRS).edge_count == 1


def test_coordinates_carried_by_ways_are_used(tmp_path: Path) -> None:
    """Overpass' ``out geom`` writes coordinates into the ways instead of nodes."""
    text = (
        '<osm version="0.6"><way id="1"><nd ref="1" lat="34.16" lon="108.22"/>'
        '<nd ref="2" lat="34.16" lon="108.221"/><tag k="highway" v="path"/></way></osm>'
    )
    assert read_roads(written(tmp_path, text), METRIC_CRS).node_count == 2


def test_deleted_objects_are_left_out(tmp_path: Path) -> None:
    """A way that the file marks as not visible is no road."""
    text = roads_xml(ON_A_LINE, [((1, 2), FOOTWAY), ((3, 4), FOOTWAY)])
    text = text.replace('<way id="1002"', '<way id="1002" visible="false"')
    assert edges_by_node_id(read_roads(written(tmp_path, text), METRIC_CRS)) == [(1, 2)]


def test_mapped_until_is_the_newest_object_on_the_roads(tmp_path: Path) -> None:
    """The newest timestamp of walkable ways and their nodes dates the network."""
    text = roads_xml(ON_A_LINE, [((1, 2), FOOTWAY)])
    text = text.replace('<node id="1"', '<node id="1" timestamp="2024-05-06T07:08:09Z"')
    text = text.replace('<node id="6"', '<node id="6" timestamp="2025-01-01T00:00:00Z"')
    assert read_roads(written(tmp_path, text), METRIC_CRS).mapped_until == "2024-05-06T07:08:09Z"


def test_without_a_crs_the_utm_zone_is_taken(tmp_path: Path) -> None:
    """108.2° E lies in zone 49 north, 58.4° W 34.6° S in zone 21 south."""
    north = written(tmp_path, roads_xml())
    assert read_roads(north).metric_crs == "EPSG:32649"
    nodes = {1: (-58.4, -34.6), 2: (-58.401, -34.6)}
    assert read_roads(written(tmp_path, roads_xml(nodes, [((1, 2), FOOTWAY)]))).metric_crs == "EPSG:32721"


def test_a_city_is_read_whole(tmp_path: Path) -> None:
    """Every node and consecutive pair of a generated city is in the network, once."""
    nodes, streets = city()
    path = written(tmp_path, roads_xml(nodes, streets))
    network = read_roads(path, METRIC_CRS)
    pairs = {frozenset(pair) for way, _ in streets for pair in pairwise(way)}
    used = {node for way, _ in streets for node in way}
    assert 4500 < len(used) < 6500
    assert set(network.node_id.tolist()) == used
    assert {frozenset(pair) for pair in edges_by_node_id(network)} == pairs
    assert network.edge_count == len(pairs)
    assert summarise_roads(network, path).largest_component_share > 0.8

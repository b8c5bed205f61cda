"""The figures of a road file."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest
from tests.tiny_case import roads_xml

from siteplan.inputs.roads import read_roads, summarise_roads
from siteplan.inputs.roads.walkability import Walking, walking_on

SHARED_ROADS = Path(__file__).parents[2].parent / "shared" / "data" / "osm"


def test_private_ways_are_counted_apart(tmp_path: Path) -> None:
    """Nodes, edges and length hold all ways; components and the largest one's share the public ways."""
    nodes = {number: (108.22, 34.16 + 0.001 * number) for number in range(1, 10)}
    footway, private = {"highway": "footway"}, {"highway": "service", "access": "private"}
    path = tmp_path / "roads.osm"
    path.write_text(
        roads_xml(nodes, [((1, 2, 3), footway), ((3, 4, 5, 6), private), ((6, 7), footway)]), encoding="utf-8"
    )
    summary = summarise_roads(read_roads(path, "EPSG:4545"), path)
    assert (summary.nodes, summary.edges) == (7, 6)
    assert (summary.components, summary.largest_component_share) == (2, 0.6)
    assert (summary.private_nodes, summary.private_edges) == (2, 3)
    assert summary.private_length_m == pytest.approx(summary.length_m / 2)
    assert summary.length_m == pytest.approx(6 * 110.9, abs=1.0)
    assert summary.extent == pytest.approx((108.22, 34.161, 108.22, 34.167))


def test_private_ways_alone_have_no_public_component(tmp_path: Path) -> None:
    """A file with nothing public has no component and a share of zero."""
    path = tmp_path / "roads.osm"
    path.write_text(roads_xml(streets=[((1, 2), {"highway": "path", "foot": "private"})]), encoding="utf-8")
    summary = summarise_roads(read_roads(path), path)
    assert (summary.components, summary.largest_component_share, summary.nodes) == (0, 0.0, 2)


def test_json_has_the_agreed_keys(tmp_path: Path) -> None:
    """The keys that scripts rely on, ready for ``json.dumps``."""
    path = tmp_path / "roads.osm"
    path.write_text(roads_xml(), encoding="utf-8")
    figures = json.loads(json.dumps(summarise_roads(read_roads(path), path).as_json()))
    assert set(figures) == {
        "file",
        "metric_crs",
        "nodes",
        "edges",
        "length_m",
        "components",
        "largest_component_share",
        "private_nodes",
        "private_edges",
        "private_length_m",
        "extent",
        "mapped_until",
    }
    assert (figures["nodes"], figures["edges"], figures["components"]) == (9, 12, 1)


def shared_roads(name: str) -> Path:
    """Return a real extract that lies beside the repository, or skip the test."""
    path = SHARED_ROADS / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the repository")
    return path


@pytest.mark.parametrize(
    ("name", "metric_crs", "mapped_until"),
    [
        ("West-Oakland.osm.bz2", "EPSG:32610", "2016-06-10T16:25:07Z"),
        ("finland-small.osm.pbf", "EPSG:32635", "2019-01-23T19:21:14Z"),
    ],
)
def test_real_extracts_are_read_whole(name: str, metric_crs: str, mapped_until: str) -> None:
    """Nodes and edges are the consecutive pairs on walkable ways, counted from the raw objects."""
    path = shared_roads(name)
    located = {node.id for node in osmium.FileProcessor(str(path), osmium.osm.NODE)}
    pairs = set()
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
        if walking_on(dict(way.tags)) is not Walking.FORBIDDEN:
            refs = [node.ref for node in way.nodes]  # type: ignore[union-attr]
            pairs |= {frozenset(pair) for pair in pairwise(refs) if located.issuperset(pair)}
    summary = summarise_roads(read_roads(path), path)
    assert summary.edges == len(pairs) > 200
    assert summary.nodes == len(frozenset().union(*pairs))
    assert (summary.metric_crs, summary.mapped_until) == (metric_crs, mapped_until)


def test_the_finnish_extract_has_the_counts_of_pyrosm() -> None:
    """Without private ways and cycleways, which pyrosm leaves out, its 977 nodes and 1 025 edges remain."""
    path = shared_roads("finland-small.osm.pbf")
    cycleways = {
        way.id
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY)
        if way.tags.get("highway") == "cycleway"
    }
    network = read_roads(path)
    counted = ~network.is_private & ~np.isin(network.way_id, list(cycleways))
    ends = np.concatenate([network.edge_from[counted], network.edge_to[counted]])
    assert (len(np.unique(ends)), int(counted.sum())) == (977, 1025)

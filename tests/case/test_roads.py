"""What the road file of the bundled case must hold."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

Tags = dict[str, str]
NOT_WALKABLE = {"motorway", "construction"}


def ways(osm: Element) -> Iterator[tuple[list[str], Tags]]:
    """Yield each way as node references and tags."""
    for way in osm.iter("way"):
        nodes = [nd.attrib["ref"] for nd in way.iter("nd")]
        yield nodes, {tag.attrib["k"]: tag.attrib["v"] for tag in way.iter("tag")}


def walkable(osm: Element) -> list[tuple[list[str], Tags]]:
    """Return the ways one may walk on, private ones included."""
    return [(n, t) for n, t in ways(osm) if "highway" in t and t["highway"] not in NOT_WALKABLE]


@pytest.fixture(scope="module")
def places(osm: Element) -> dict[str, tuple[float, float]]:
    """Metres east and north of every node, good enough within the county."""
    return {
        node.attrib["id"]: (float(node.attrib["lon"]) * 92_209.0, float(node.attrib["lat"]) * 110_925.0)
        for node in osm.iter("node")
    }


def components(edges: list[tuple[str, str]]) -> list[set[str]]:
    """Return the connected pieces, largest first."""
    neighbours = defaultdict(set)
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    pieces: list[set[str]] = []
    left = set(neighbours)
    while left:
        waiting = [left.pop()]
        piece = set(waiting)
        while waiting:
            new = neighbours[waiting.pop()] - piece
            piece |= new
            waiting += new
        left -= piece
        pieces.append(piece)
    return sorted(pieces, key=len, reverse=True)


def crossings(
    places: dict[str, tuple[float, float]], first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield pairs of straight pieces that cross away from a shared node."""
    cells: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    for piece in second:
        for cell in _cells(places, piece):
            cells[cell].append(piece)
    for piece in first:
        near = {other for cell in _cells(places, piece) for other in cells[cell]}
        for other in near:
            if not set(piece) & set(other) and _cross(places, piece, other):
                yield piece, other


def _cells(places: dict[str, tuple[float, float]], piece: tuple[str, str]) -> Iterator[tuple[int, int]]:
    (x1, y1), (x2, y2) = (places[node] for node in piece)
    for column in range(int(min(x1, x2) // 200), int(max(x1, x2) // 200) + 1):
        for row in range(int(min(y1, y2) // 200), int(max(y1, y2) // 200) + 1):
            yield column, row


def _cross(places: dict[str, tuple[float, float]], ab: tuple[str, str], cd: tuple[str, str]) -> bool:
    def side(p: str, q: str, r: str) -> float:
        (px, py), (qx, qy), (rx, ry) = places[p], places[q], places[r]
        return (qx - px) * (ry - py) - (qy - py) * (rx - px)

    (a, b), (c, d) = ab, cd
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def test_file_is_osm_xml_that_says_it_is_synthetic(osm: Element, case_folder: Path) -> None:
    """OSM 0.6 with unique identifiers and references that resolve; generator and note say synthetic."""
    assert (osm.tag, osm.attrib["version"]) == ("osm", "0.6")
    assert "synthetic" in osm.attrib["generator"]
    assert "illustrative" in osm.findtext("note", "")
    nodes = [node.attrib["id"] for node in osm.iter("node")]
    assert len(set(nodes)) == len(nodes)
    assert {ref for refs, _ in ways(osm) for ref in refs} <= set(nodes)
    assert (case_folder / "roads.osm").stat().st_size < 2_000_000
    assert 4_000 <= len({ref for refs, _ in walkable(osm) for ref in refs}) <= 9_000


def test_every_kind_of_way_occurs(osm: Element) -> None:
    """Main streets, lanes, footways, steps, private lanes, what is no footway, river and railway."""
    highways = Counter(tags.get("highway") for _, tags in ways(osm))
    assert {"secondary", "tertiary", "residential", "living_street", "service"} <= set(highways)
    assert {"footway", "path", "steps", "pedestrian", "track", "motorway", "construction"} <= set(highways)
    assert sum(tags.get("access") == "private" for _, tags in ways(osm)) > 50
    assert any(tags.get("waterway") == "river" for _, tags in ways(osm))
    assert any(tags.get("railway") == "rail" for _, tags in ways(osm))


@pytest.mark.parametrize(("barrier", "passage"), [("waterway", "bridge"), ("railway", "tunnel")])
def test_walking_crosses_a_barrier_only_by_its_passages(
    osm: Element, places: dict[str, tuple[float, float]], barrier: str, passage: str
) -> None:
    """Rivers are crossed by bridges alone and the railway by underpasses alone, and there are some."""
    line = [edge for nodes, tags in ways(osm) if barrier in tags for edge in pairwise(nodes)]
    tags_of = {edge: tags for nodes, tags in walkable(osm) for edge in pairwise(nodes)}
    met = [tags_of[edge] for edge, _ in crossings(places, list(tags_of), line)]
    assert len(met) >= 5
    assert all(tags.get(passage) == "yes" for tags in met)
    shared = {n for nodes, tags in ways(osm) if barrier in tags for n in nodes}
    assert not shared & {n for nodes, _ in walkable(osm) for n in nodes}


def test_ways_that_cross_on_the_ground_share_a_node(
    osm: Element, places: dict[str, tuple[float, float]]
) -> None:
    """Two walkable ways cross without a shared node only where one of them is a bridge or underpass."""
    level = [e for nodes, tags in walkable(osm) if "layer" not in tags for e in pairwise(nodes)]
    assert list(crossings(places, level, level)) == []


def test_the_main_component_holds_nearly_all_and_islands_exist(osm: Element) -> None:
    """The largest public piece has over 95 % of the nodes; at least three more are islands of some size."""
    public = [e for nodes, t in walkable(osm) if t.get("access") != "private" for e in pairwise(nodes)]
    pieces = components(public)
    assert len(pieces[0]) > 0.95 * sum(len(piece) for piece in pieces)
    assert sum(len(piece) >= 8 for piece in pieces[1:]) >= 3


def test_every_private_lane_hangs_on_the_main_streets(osm: Element) -> None:
    """Each gated compound's lanes meet the largest public piece, so that its residents can get out."""
    public = [e for nodes, t in walkable(osm) if t.get("access") != "private" for e in pairwise(nodes)]
    private = [e for nodes, t in walkable(osm) if t.get("access") == "private" for e in pairwise(nodes)]
    main = components(public)[0]
    assert all(piece & main for piece in components(private))


def test_there_are_dead_ends_and_no_perfect_grid(
    osm: Element, places: dict[str, tuple[float, float]]
) -> None:
    """Hundreds of dead ends; T-junctions outnumber crossings; directions spread over all 5° sectors."""
    edges = {frozenset(e) for nodes, _ in walkable(osm) for e in pairwise(nodes)}
    degree = Counter(node for edge in edges for node in edge)
    by_degree = Counter(degree.values())
    assert by_degree[1] > 300
    assert by_degree[3] > by_degree[4]
    sectors: Counter[int] = Counter()
    for a, b in (tuple(edge) for edge in edges):
        east, north = places[b][0] - places[a][0], places[b][1] - places[a][1]
        sectors[int(math.degrees(math.atan2(north, east)) % 180 // 5)] += 1
    assert len(sectors) == 36
    assert max(sectors.values()) < 0.15 * len(edges)


def test_town_seats_with_communities_have_streets(
    osm: Element, places: dict[str, tuple[float, float]]
) -> None:
    """Around each of the 20 town seats there are streets, and a place node names it."""
    seats = [
        node
        for node in osm.iter("node")
        if any(tag.attrib == {"k": "place", "v": "town"} for tag in node.iter("tag"))
    ]
    assert len(seats) == 20
    on_ways = [places[ref] for ref in {ref for refs, _ in walkable(osm) for ref in refs}]
    for seat in seats:
        x, y = places[seat.attrib["id"]]
        assert sum(math.hypot(x - px, y - py) < 600 for px, py in on_ways) >= 12

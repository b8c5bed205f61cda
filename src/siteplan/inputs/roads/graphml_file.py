"""GraphML of street graphs, as osmnx and networkx save them.

Nodes carry ``x`` and ``y`` (or ``lon`` and ``lat``), in the graph's ``crs`` where it states one, else
degrees. Edges carry tags of OpenStreetMap, possibly lists of them, and where the graph was simplified
their course as WKT in ``geometry``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx
import shapely
from networkx import NetworkXError

from siteplan.inputs.roads.faults import broken_file, coordinates_impossible, file_without_crs
from siteplan.inputs.roads.mapped_ways import WGS84, Coordinates, MappedWays, WalkableLine
from siteplan.inputs.roads.walkability import TAG_KEYS, Walking, strictest_walking_on
from siteplan.text import Text

Attributes = Mapping[str, Any]
Course = tuple[Coordinates, ...]


def read_graphml_file(path: Path) -> MappedWays:
    """Read the walkable edges of a street graph; an edge and its opposite are one line.

    A graph none of whose edges has a ``highway`` is taken as walkable throughout.

    Raises:
        InputError: the file is damaged, nodes lack coordinates, or they are metres of an unnamed CRS.
    """
    try:
        graph = nx.read_graphml(path)
    except (ParseError, NetworkXError, ValueError, KeyError, TypeError) as damage:
        raise broken_file(path, str(damage)) from damage
    number = _numbering(graph.nodes)
    coordinates = {number[node]: _node_coordinates(data, path) for node, data in graph.nodes(data=True)}
    crs = graph.graph.get("crs")
    if crs is None and any(abs(x) > 180.0 or abs(y) > 90.0 for x, y in coordinates.values()):
        raise file_without_crs(path, Text(zh="该路网图", en="the graph"))
    edges = [(number[start], number[end], data) for start, end, data in graph.edges(data=True)]
    return MappedWays(
        crs=str(crs) if crs is not None else WGS84,
        coordinates=coordinates,
        lines=_lines(edges, coordinates, path),
        mapped_until=graph.graph.get("created_date"),
    )


def _numbering(nodes: Iterable[Any]) -> dict[Any, int]:
    """Return an id for each node: its own where all are whole numbers, else a running number."""
    names = list(nodes)
    try:
        numbers = [int(name) for name in names]
    except ValueError:
        numbers = list(range(1, len(names) + 1))
    return dict(zip(names, numbers, strict=True))


def _node_coordinates(data: Attributes, path: Path) -> Coordinates:
    try:
        return float(data.get("x", data.get("lon"))), float(data.get("y", data.get("lat")))
    except (TypeError, ValueError) as missing:
        raise coordinates_impossible(path) from missing


def _lines(
    edges: Sequence[tuple[int, int, Attributes]], coordinates: dict[int, Coordinates], path: Path
) -> list[WalkableLine]:
    """Return the walkable lines; the vertices between an edge's ends become nodes in ``coordinates``."""
    has_highways = any("highway" in data for _, _, data in edges)
    next_vertex = _new_ids(coordinates)
    drawn: dict[tuple[int, int, Course], tuple[int, ...]] = {}
    lines = []
    for start, end, data in edges:
        walking = strictest_walking_on(_tags(data, has_highways))
        if walking is Walking.FORBIDDEN:
            continue
        course = _course(data, coordinates[start], coordinates[end], path)
        one_way, other_way = (start, end, course), (end, start, course[::-1])
        first, last, between = min(one_way, other_way)
        if (first, last, between) not in drawn:
            vertices = {next_vertex(): place for place in between}
            coordinates.update(vertices)
            drawn[first, last, between] = (first, *vertices, last)
        nodes = drawn[first, last, between]
        lines.append(WalkableLine(_way_id(data), nodes, walking is Walking.PRIVATE))
    return lines


def _new_ids(taken: Iterable[int]) -> Callable[[], int]:
    """Return a function that hands out negative ids below all that are taken."""
    lowest = min([0, *taken])

    def next_id() -> int:
        nonlocal lowest
        lowest -= 1
        return lowest

    return next_id


def _tags(data: Attributes, has_highways: bool) -> dict[str, list[str]]:
    tags = {key: _values(data[key]) for key in TAG_KEYS if key in data}
    if not has_highways:
        tags["highway"] = ["path"]
    return tags


def _values(value: object) -> list[str]:
    """Return the values of an attribute: one, or those of a list that was written as ``"['a', 'b']"``."""
    words = str(value)
    if words.startswith("["):
        try:
            return [str(item) for item in ast.literal_eval(words)]
        except (SyntaxError, ValueError):
            return [words]
    return [words]


def _course(data: Attributes, start: Coordinates, end: Coordinates, path: Path) -> Course:
    """Return the vertices between the ends of an edge, from its start to its end node."""
    if "geometry" not in data:
        return ()
    try:
        vertices = [(x, y) for x, y, *_ in shapely.from_wkt(str(data["geometry"])).coords]
    except (shapely.errors.ShapelyError, NotImplementedError, AttributeError) as damage:
        raise broken_file(path, str(damage)) from damage
    if _squared(vertices[0], start) + _squared(vertices[-1], end) > _squared(vertices[0], end) + _squared(
        vertices[-1], start
    ):
        vertices.reverse()
    return tuple(vertices[1:-1])


def _squared(one: Coordinates, other: Coordinates) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _way_id(data: Attributes) -> int:
    """Return the edge's OSM way, the first of several; 0 where none is stated."""
    first = _values(data.get("osmid", 0))[:1]
    try:
        return int(first[0])
    except (IndexError, ValueError):
        return 0

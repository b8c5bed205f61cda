"""The base map of a case: roads, water, railways and buildings of its road file, for drawing only.

OSM files tell kinds of roads and have more than roads; of other formats only the walkable network is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

import osmium
from osmium.filter import KeyFilter
from osmium.io import File

from siteplan.inputs.roads.osm_file import OSM_FORMATS, coordinates_of
from siteplan.network import RoadNetwork

Positions = tuple[tuple[float, float], ...]
"""Longitude and latitude of the vertices of a line or of a ring, WGS 84."""


class Feature(StrEnum):
    """What is drawn, from the ground up; buildings and water areas are rings, the others lines."""

    BUILDING = "building"
    WATER_AREA = "water_area"
    WATER = "water"
    RAILWAY = "railway"
    PATH = "path"
    MINOR = "minor"
    MAJOR = "major"


RINGS = (Feature.BUILDING, Feature.WATER_AREA)

HIGHWAYS: Mapping[str, Feature] = {
    **dict.fromkeys(("motorway", "trunk", "primary", "secondary", "tertiary"), Feature.MAJOR),
    **dict.fromkeys(
        ("unclassified", "residential", "living_street", "service", "road", "busway"), Feature.MINOR
    ),
    **dict.fromkeys(("footway", "path", "steps", "track", "pedestrian", "cycleway"), Feature.PATH),
}
"""Kinds of roads that are drawn; links count as the road that they lead to."""

BaseMap = Mapping[Feature, tuple[Positions, ...]]


@dataclass(frozen=True, slots=True)
class _Way:
    feature: Feature
    nodes: tuple[int, ...]


def read_base_map(path: Path, network: RoadNetwork) -> BaseMap:
    """Return what a case's road file holds for a base map; ``network`` is what was read from it.

    Raises:
        InputError: the file is damaged.
    """
    name = path.name.lower()
    endings = [ending for ending in OSM_FORMATS if name.endswith(ending)]
    if not endings:
        return {Feature.MINOR: tuple(_edges(network))}
    file = File(str(path), OSM_FORMATS[max(endings, key=len)])
    ways = list(_drawn_ways(file))
    coordinates, _ = coordinates_of(file, {node for way in ways for node in way.nodes}, path)
    drawn: dict[Feature, list[Positions]] = {feature: [] for feature in Feature}
    for way in ways:
        positions = tuple(coordinates[node] for node in way.nodes if node in coordinates)
        if len(positions) > 1:
            drawn[way.feature].append(positions)
    return {feature: tuple(lines) for feature, lines in drawn.items()}


def _drawn_ways(file: File) -> Iterator[_Way]:
    keys = KeyFilter("highway", "waterway", "natural", "railway", "building")
    ways = osmium.FileProcessor(file, osmium.osm.WAY).with_filter(keys)
    for way in cast("Iterator[osmium.osm.Way]", iter(ways)):
        nodes = tuple(node.ref for node in way.nodes)
        feature = feature_of(dict(way.tags), is_closed=len(nodes) > 3 and nodes[0] == nodes[-1])
        if feature is not None and way.visible:
            yield _Way(feature, nodes)


def feature_of(tags: Mapping[str, str], *, is_closed: bool) -> Feature | None:
    """Return what a way with these tags is on the map, None if it isn't drawn."""
    if is_closed and tags.get("building", "no") != "no":
        return Feature.BUILDING
    if is_closed and (tags.get("natural") == "water" or tags.get("waterway") == "riverbank"):
        return Feature.WATER_AREA
    if tags.get("waterway") in ("river", "stream", "canal"):
        return Feature.WATER
    if tags.get("railway") in ("rail", "light_rail"):
        return Feature.RAILWAY
    return HIGHWAYS.get(tags.get("highway", "").removesuffix("_link"))


def _edges(network: RoadNetwork) -> Iterator[Positions]:
    longitude, latitude = network.longitude.tolist(), network.latitude.tolist()
    for begin, end in zip(network.edge_from.tolist(), network.edge_to.tolist(), strict=True):
        yield (longitude[begin], latitude[begin]), (longitude[end], latitude[end])

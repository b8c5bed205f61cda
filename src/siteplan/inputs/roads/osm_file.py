"""OpenStreetMap files: XML, plain or compressed, and PBF, read with pyosmium in two passes.

The first pass takes the walkable ways, the second only the nodes they pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import osmium
from osmium.filter import IdFilter, KeyFilter
from osmium.io import File

from siteplan.inputs.roads.faults import broken_file, coordinates_impossible
from siteplan.inputs.roads.mapped_ways import WGS84, Coordinates, MappedWays, WalkableLine
from siteplan.inputs.roads.walkability import Walking, walking_on

OSM_FORMATS = {
    ".osm": "osm",
    ".osm.bz2": "osm.bz2",
    ".osm.gz": "osm.gz",
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
}
"""Endings of file names, and what libosmium calls the format."""

LARGEST_FILTERED_ID = 2**40
"""pyosmium's filter takes positive ids and keeps a bitmap up to the largest: not for made-up ids."""

_NO_TIMESTAMP = datetime(1970, 1, 1, tzinfo=UTC)
_EXTRACT_DATE_OPTIONS = ("osmosis_replication_timestamp", "timestamp")


def read_osm_file(path: Path, osm_format: str) -> MappedWays:
    """Read the walkable ways of an OSM file and the nodes they pass.

    Ids may be negative (drawn in an editor, not uploaded) and of any size up to 64 bits. Where a file
    holds several versions of a node the last one counts; deleted objects are left out.

    Raises:
        InputError: the file is damaged or of another format, or a node lies outside the globe.
    """
    file = File(str(path), osm_format)
    try:
        lines, way_coordinates, newest_way = _walkable_lines(file)
        wanted = {node for line in lines for node in line.nodes}
        coordinates, newest_node = coordinates_of(file, wanted, path)
        extract_date = _extract_date(file)
    except (RuntimeError, ValueError, OverflowError) as damage:
        raise broken_file(path, str(damage)) from damage
    return MappedWays(
        crs=WGS84,
        coordinates={**way_coordinates, **coordinates},
        lines=lines,
        mapped_until=extract_date or _as_date(max(newest_way, newest_node)),
    )


def _walkable_lines(file: File) -> tuple[list[WalkableLine], dict[int, Coordinates], datetime]:
    """Return the walkable ways, coordinates that the ways themselves carry, and the newest date."""
    lines: list[WalkableLine] = []
    coordinates: dict[int, Coordinates] = {}
    newest = _NO_TIMESTAMP
    roads = osmium.FileProcessor(file, osmium.osm.WAY).with_filter(KeyFilter("highway"))
    for way in cast("Iterator[osmium.osm.Way]", iter(roads)):
        walking = walking_on(dict(way.tags)) if way.visible else Walking.FORBIDDEN
        if walking is Walking.FORBIDDEN:
            continue
        nodes = list(way.nodes)
        lines.append(WalkableLine(way.id, tuple(node.ref for node in nodes), walking is Walking.PRIVATE))
        coordinates.update((node.ref, (node.lon, node.lat)) for node in nodes if node.location.valid())
        newest = max(newest, way.timestamp)
    return lines, coordinates, newest


def coordinates_of(file: File, wanted: set[int], path: Path) -> tuple[dict[int, Coordinates], datetime]:
    """Return longitude and latitude of the wanted nodes that the file holds, and the newest date."""
    coordinates: dict[int, Coordinates] = {}
    newest = _NO_TIMESTAMP
    for node in _nodes_among(file, wanted):
        if node.id in wanted and node.visible:
            if not node.location.valid():
                raise coordinates_impossible(path)
            coordinates[node.id] = (node.location.lon, node.location.lat)
            newest = max(newest, node.timestamp)
    return coordinates, newest


def _nodes_among(file: File, wanted: set[int]) -> Iterator[osmium.osm.Node]:
    """Return an iterator over the nodes of the file, already narrowed to the wanted where that can be."""
    nodes = osmium.FileProcessor(file, osmium.osm.NODE)
    if wanted and min(wanted) > 0 and max(wanted) < LARGEST_FILTERED_ID:
        nodes.with_filter(IdFilter(wanted))
    return cast("Iterator[osmium.osm.Node]", iter(nodes))


def _extract_date(file: File) -> str | None:
    """Return the date of the extract as its header tells."""
    header = osmium.FileProcessor(file).header
    dates = (header.get(option, "") for option in _EXTRACT_DATE_OPTIONS)
    return next((date for date in dates if date), None)


def _as_date(moment: datetime) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment > _NO_TIMESTAMP else None

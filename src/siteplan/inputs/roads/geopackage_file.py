"""GeoPackages: every layer of lines, in any stated CRS. Lines join where they share a vertex."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from siteplan.inputs.roads.faults import broken_file, file_without_crs, no_line_layer
from siteplan.inputs.roads.mapped_ways import WGS84, Coordinates, MappedWays, WalkableLine
from siteplan.inputs.roads.projection import to_longitude_latitude
from siteplan.inputs.roads.walkability import TAG_KEYS, Walking, walking_on
from siteplan.text import Text

SHARED_VERTEX_DECIMALS = 8
"""Vertices whose longitude and latitude agree to so many decimals (a millimetre) are one node."""

LINE_KINDS = ("LineString", "MultiLineString", "Unknown", "GeometryCollection")
"""What pyogrio calls the geometry of layers that may hold lines."""


def read_geopackage_file(path: Path) -> MappedWays:
    """Read the walkable lines of all line layers.

    Columns are optional; those named as keys of OpenStreetMap (``highway``, ``access``, ``foot`` and the
    others of the tag rules) are obeyed. A layer without the column ``highway`` is walkable throughout.

    Raises:
        InputError: the file is damaged, has no layer of lines, or a layer states no CRS.
    """
    layers = _line_layers(path)
    if not layers:
        raise no_line_layer(path)
    numbers: dict[Coordinates, int] = {}
    lines: list[WalkableLine] = []
    for layer in layers:
        for tags, vertices in _records(path, layer):
            walking = walking_on(tags)
            if walking is Walking.FORBIDDEN:
                continue
            nodes = tuple(numbers.setdefault(vertex, len(numbers) + 1) for vertex in vertices)
            lines.append(WalkableLine(len(lines) + 1, nodes, walking is Walking.PRIVATE))
    coordinates = {number: vertex for vertex, number in numbers.items()}
    return MappedWays(crs=WGS84, coordinates=coordinates, lines=lines)


def _line_layers(path: Path) -> list[str]:
    import pyogrio  # noqa: PLC0415 - slow to import, and most road files are OSM's
    from pyogrio.errors import DataSourceError  # noqa: PLC0415

    try:
        layers = pyogrio.list_layers(path)
    except DataSourceError as damage:
        raise broken_file(path, str(damage)) from damage
    return [str(name) for name, kind in layers if str(kind).removesuffix(" Z") in LINE_KINDS]


def _records(path: Path, layer: str) -> Iterator[tuple[dict[str, str], list[Coordinates]]]:
    """Yield tags and vertices (longitude, latitude) of each single line of a layer."""
    from pyogrio import read_dataframe  # noqa: PLC0415
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415

    try:
        table: Any = read_dataframe(path, layer=layer)
    except (DataLayerError, DataSourceError, ValueError) as damage:
        raise broken_file(path, str(damage)) from damage
    if table.crs is None:
        raise file_without_crs(path, Text(zh=f"图层“{layer}”", en=f"layer {layer!r}"))
    parts = table.explode(index_parts=False, ignore_index=True)
    parts = parts[parts.geometry.geom_type == "LineString"]
    columns = {key: parts[key].tolist() for key in TAG_KEYS if key in parts.columns}
    for position, vertices in enumerate(_vertices(parts.geometry.tolist(), table.crs.to_wkt(), path)):
        tags = {key: values[position] for key, values in columns.items() if _is_stated(values[position])}
        yield {"highway": "path", **tags} if "highway" not in columns else tags, vertices


def _is_stated(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _vertices(geometries: list[Any], crs: str, path: Path) -> Iterator[list[Coordinates]]:
    """Yield the vertices of each line as rounded longitude and latitude, transformed all at once."""
    counts = [len(geometry.coords) for geometry in geometries]
    if not counts:
        return
    places = np.concatenate([np.asarray(geometry.coords)[:, :2] for geometry in geometries])
    longitude, latitude = to_longitude_latitude(places[:, 0], places[:, 1], crs, path)
    rounded = zip(
        np.round(longitude, SHARED_VERTEX_DECIMALS).tolist(),
        np.round(latitude, SHARED_VERTEX_DECIMALS).tolist(),
        strict=True,
    )
    for count in counts:
        yield [next(rounded) for _ in range(count)]

"""GeoJSON (RFC 7946) and GeoParquet: a file for each layer, in WGS 84."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import shapely
from shapely.geometry import mapping, polygon
from shapely.geometry.base import BaseGeometry

from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish.geojson import COORDINATE_DECIMALS, write_collection
from siteplan.publish.gis.layers import WGS84, GeometryKind, Layer, only_areas
from siteplan.text import Text


def write_geojson(layer: Layer, illustrative: bool, folder: Path) -> Path:
    """Write a layer as RFC 7946 says: degrees with 7 decimals, outer rings counter-clockwise, no crs."""
    features = (
        {
            "type": "Feature",
            "geometry": _geometry(feature.geometry, layer.kind),
            "properties": {**feature.properties, "illustrative": illustrative},
        }
        for feature in layer.features
    )
    file = folder / f"{layer.key}.geojson"
    write_collection(layer.key, features, illustrative, file)
    return file


def write_geoparquet(layer: Layer, illustrative: bool, folder: Path) -> Path:
    """Write a layer as GeoParquet in WGS 84.

    Raises:
        InputError: pyarrow isn't installed.
    """
    file = folder / f"{layer.key}.parquet"
    records = [{**feature.properties, "illustrative": illustrative} for feature in layer.features]
    geometry = [feature.geometry for feature in layer.features]
    try:
        geopandas.GeoDataFrame(records, geometry=geometry, crs=WGS84).to_parquet(file, index=False)
    except ImportError as missing:
        raise InputError([no_package("pyarrow", "geoparquet")]) from missing
    return file


def _geometry(geometry: BaseGeometry, kind: GeometryKind) -> dict[str, Any]:
    snapped = shapely.set_precision(geometry, 10.0**-COORDINATE_DECIMALS)
    if kind is GeometryKind.AREA:
        parts = shapely.get_parts(only_areas(snapped))
        snapped = shapely.MultiPolygon([polygon.orient(part) for part in parts])
    member = mapping(snapped)
    return {"type": member["type"], "coordinates": _rounded(member["coordinates"])}


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, float):
        return round(coordinates, COORDINATE_DECIMALS)
    return [_rounded(part) for part in coordinates]


def no_package(package: str, extra: str) -> Finding:
    """Return the finding that a format needs a package which the extra of that name brings."""
    return error(
        "package-missing",
        Place(),
        found=Text(f"没有安装 {package}", f"{package} is not installed"),
        allowed=Text(f"这种格式需要 {package}", f"this format needs {package}"),
        mend=Text(f'pip install "siteplan[{extra}]"', f'pip install "siteplan[{extra}]"'),
    )

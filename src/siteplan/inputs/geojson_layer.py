"""Optional GeoJSON layers of a case: what all of them share, with their faults as planner-facing text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from siteplan.text import Text

LONGITUDES, LATITUDES = (-180.0, 180.0), (-90.0, 90.0)


def features_of(path: Path) -> tuple[list[object], Text | None]:
    """Return the features of a GeoJSON feature collection, or what is wrong with the file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        return [], Text(f"不是 GeoJSON：{fault}", f"not GeoJSON: {fault}")
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        return [], Text("没有 features 列表", "there is no list of `features`")
    return features, None


def properties_of(feature: object) -> dict[str, Any]:
    """Return the properties of a feature, empty where it has none."""
    stated = feature.get("properties") if isinstance(feature, dict) else None
    return dict(stated) if isinstance(stated, dict) else {}


def geometry_of(feature: object) -> tuple[str | None, Text | None]:
    """Return the geometry of a feature as WKT in longitude and latitude, or what is wrong with it."""
    stated: Any = feature.get("geometry") if isinstance(feature, dict) else None
    try:
        geometry = shape(stated)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, shapely.errors.ShapelyError):
        return None, Text("不是 GeoJSON 几何", "not a GeoJSON geometry")
    if geometry.is_empty:
        return None, Text("空几何", "an empty geometry")
    if not geometry.is_valid:
        reason = shapely.is_valid_reason(geometry)
        return None, Text(f"几何无效：{reason}", f"an invalid geometry: {reason}")
    west, south, east, north = geometry.bounds
    inside = LONGITUDES[0] <= west and east <= LONGITUDES[1]
    if not (inside and LATITUDES[0] <= south and north <= LATITUDES[1]):
        return None, Text(
            f"坐标不是经纬度：{west:g}, {south:g}", f"no longitude and latitude: {west:g}, {south:g}"
        )
    return geometry.wkt, None

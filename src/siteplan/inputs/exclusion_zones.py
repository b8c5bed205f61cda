"""The optional layer of exclusion zones (安全避让): a GeoJSON file read into zones, with all its faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely
from pydantic import ValidationError
from shapely.geometry import shape

from siteplan.case import ExclusionZone, ZoneKind
from siteplan.findings import Finding, Place, error
from siteplan.text import Text

LONGITUDES, LATITUDES = (-180.0, 180.0), (-90.0, 90.0)


def read_exclusion_zones(
    path: Path, function_names: Mapping[str, str]
) -> tuple[tuple[ExclusionZone, ...], list[Finding]]:
    """Return the zones of a GeoJSON feature collection, and a finding for each fault.

    ``function_names`` leads from the names that may be used to function keys. Coordinates are WGS 84
    longitude and latitude (RFC 7946).
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        return (), [_fault(path, "", Text(f"不是 GeoJSON：{fault}", f"not GeoJSON: {fault}"))]
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        return (), [_fault(path, "", Text("没有 features 列表", "there is no list of `features`"))]
    zones: list[ExclusionZone] = []
    findings: list[Finding] = []
    for number, feature in enumerate(features):
        zone, faults = _zone(path, f"features[{number}]", feature, function_names)
        findings += faults
        if zone is not None:
            zones.append(zone)
    return tuple(zones), findings


def _zone(
    path: Path, place: str, feature: object, function_names: Mapping[str, str]
) -> tuple[ExclusionZone | None, list[Finding]]:
    parts = feature if isinstance(feature, dict) else {}
    stated = parts.get("properties")
    properties: dict[str, Any] = dict(stated) if isinstance(stated, dict) else {}
    findings = []
    geometry, fault = _geometry(parts.get("geometry"))
    if fault is not None:
        findings.append(_fault(path, f"{place}.geometry", fault))
    kind = properties.get("kind")
    chinese = {label: member.value for member, label in ZoneKind.labels().items()}
    properties["kind"] = chinese.get(kind, kind) if isinstance(kind, str) else kind
    functions, unknown = _functions(properties.pop("excluded_functions", None), function_names)
    for name in unknown:
        found = Text(f"没有功能“{name}”", f"there is no function `{name}`")
        findings.append(_fault(path, f"{place}.properties.excluded_functions", found))
    values = {key: value for key, value in properties.items() if value is not None}
    try:
        zone = ExclusionZone.model_validate(
            {**values, "excluded_functions": functions, "wkt": geometry or ""}
        )
    except ValidationError as faults:
        for entry in faults.errors(include_url=False):
            column = ".".join(map(str, entry["loc"]))
            found = Text.same(f"{column}: {entry['msg']}")
            findings.append(_fault(path, f"{place}.properties.{column}", found))
        return None, findings
    return (None if findings else zone), findings


def _geometry(stated: Any) -> tuple[str | None, Text | None]:
    """Return the geometry as WKT, or what is wrong with it."""
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


def _functions(stated: object, names: Mapping[str, str]) -> tuple[tuple[str, ...], list[str]]:
    """Return function keys and unknown names of a list, or of a text separated by ``;``."""
    text = (
        stated if isinstance(stated, str) else ";".join(map(str, stated)) if isinstance(stated, list) else ""
    )
    wanted = [name.strip() for name in text.replace("；", ";").replace("、", ";").split(";") if name.strip()]
    keys = {name: names.get(name, names.get(name.casefold())) for name in wanted}
    known = tuple(key for key in keys.values() if key is not None)
    return known, [name for name, key in keys.items() if key is None]


def _fault(path: Path, place: str, found: Text) -> Finding:
    kinds = "、".join(ZoneKind.labels().values())
    return error(
        "exclusion-zone",
        Place(file=path, yaml_path=place or None),
        found=found,
        allowed=Text(
            "WGS 84 经纬度的 GeoJSON 要素集合；每个要素有 kind、name，"
            "可有 buffer_m（米）、excluded_functions；"
            f"kind 为 {kinds} 之一",
            "a GeoJSON feature collection in WGS 84 longitude and latitude; each feature has kind, name, and "
            f"may have buffer_m (metres), excluded_functions; kind is one of {', '.join(ZoneKind)}",
        ),
        mend=Text("改正这个要素，或移走图层文件", "correct this feature, or move the layer away"),
    )

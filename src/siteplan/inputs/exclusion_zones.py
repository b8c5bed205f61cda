"""The optional layer of exclusion zones (安全避让): a GeoJSON file read into zones, with all its faults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from siteplan.case import ExclusionZone, ZoneKind
from siteplan.findings import Finding, Place, error
from siteplan.inputs.geojson_layer import features_of, geometry_of, properties_of
from siteplan.text import Text


def read_exclusion_zones(
    path: Path, function_names: Mapping[str, str]
) -> tuple[tuple[ExclusionZone, ...], list[Finding]]:
    """Return the zones of a GeoJSON feature collection, and a finding for each fault.

    ``function_names`` leads from the names that may be used to function keys. Coordinates are WGS 84
    longitude and latitude (RFC 7946).
    """
    features, fault = features_of(path)
    if fault is not None:
        return (), [_fault(path, "", fault)]
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
    properties = properties_of(feature)
    findings = []
    geometry, fault = geometry_of(feature)
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

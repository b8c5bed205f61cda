"""The optional layer of official community boundaries (社区界线): read with all its faults."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from siteplan.case import CommunityBoundary
from siteplan.findings import Finding, Place, error
from siteplan.inputs.geojson_layer import features_of, geometry_of, properties_of
from siteplan.text import Text


def read_community_boundaries(
    path: Path, codes: Container[str]
) -> tuple[tuple[CommunityBoundary, ...], list[Finding]]:
    """Return the boundaries of a GeoJSON feature collection, and a finding for each fault.

    ``codes`` are those of the table ``communities``. Coordinates are WGS 84 longitude and latitude.
    """
    features, fault = features_of(path)
    if fault is not None:
        return (), [_fault(path, "", fault)]
    boundaries: dict[str, CommunityBoundary] = {}
    findings: list[Finding] = []
    for number, feature in enumerate(features):
        place = f"features[{number}]"
        code = str(properties_of(feature).get("community_code", ""))
        if code not in codes:
            words = Text(f"社区表中没有代码“{code}”", f"no community has the code `{code}`")
            findings.append(_fault(path, f"{place}.properties.community_code", words))
        elif code in boundaries:
            words = Text(f"社区 {code} 有两个界线", f"community {code} has two boundaries")
            findings.append(_fault(path, f"{place}.properties.community_code", words))
        wkt, fault = geometry_of(feature)
        if wkt is not None and not wkt.startswith(("POLYGON", "MULTIPOLYGON")):
            fault = Text("不是面", "not a polygon")
        if fault is not None:
            findings.append(_fault(path, f"{place}.geometry", fault))
        else:
            boundaries[code] = CommunityBoundary(community_code=code, wkt=wkt or "")
    return tuple(boundaries.values()), findings


def _fault(path: Path, place: str, found: Text) -> Finding:
    return error(
        "community-boundary",
        Place(file=path, yaml_path=place or None),
        found=found,
        allowed=Text(
            "WGS 84 经纬度的 GeoJSON 要素集合；每个要素是一个社区的面，"
            "有社区表中的 community_code，每社区一个",
            "a GeoJSON feature collection in WGS 84 longitude and latitude; each feature is the polygon of"
            " one community, with its community_code as in the table, one for each",
        ),
        mend=Text("改正这个要素，或移走图层文件", "correct this feature, or move the layer away"),
    )

"""Candidates in exclusion zones: what may not go there, and why (安全避让, part of `site_may_host`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from siteplan.case import Case, ExclusionZone
from siteplan.inputs.roads.projection import projected
from siteplan.problem import Role, Site
from siteplan.text import Text

ARC_M = 1.0
"""An area drawn around a zone has arcs of straight pieces, which fall short of the distance by less."""


def with_exclusion_zones(sites: Mapping[str, Site], case: Case) -> dict[str, Site]:
    """Return the sites, candidates within a zone's distance without the functions it excludes.

    周至方案: 在选址布局时要做好安全评估.
    """
    zones = [(zone, _in_metres(zone, case.header.metric_crs)) for zone in case.exclusion_zones]
    candidates = [key for key, site in sites.items() if site.role is Role.CANDIDATE]
    if not zones or not candidates:
        return dict(sites)
    longitude = np.array([sites[key].longitude for key in candidates])
    latitude = np.array([sites[key].latitude for key in candidates])
    points = shapely.points(*projected(longitude, latitude, case.header.metric_crs))
    excluded = dict(sites)
    for zone, geometry in zones:
        near = shapely.distance(points, geometry) <= zone.buffer_m
        for key in np.array(candidates)[near].tolist():
            excluded[key] = _without(excluded[key], zone)
    return excluded


def excluded_area(zones: Iterable[ExclusionZone], function: str, metric_crs: str) -> BaseGeometry:
    """Return where a function may not be for an exclusion zone, its distance included, in a metric CRS."""
    forbidding = (zone for zone in zones if function in (zone.excluded_functions or (function,)))
    areas = [_in_metres(zone, metric_crs).buffer(zone.buffer_m + ARC_M) for zone in forbidding]
    return shapely.union_all(np.array(areas, dtype=object))


def _in_metres(zone: ExclusionZone, metric_crs: str) -> BaseGeometry:
    def metres(degrees: np.ndarray) -> np.ndarray:
        return np.column_stack(projected(degrees[:, 0], degrees[:, 1], metric_crs))

    return shapely.transform(shapely.from_wkt(zone.wkt), metres)


def _without(site: Site, zone: ExclusionZone) -> Site:
    functions = frozenset(zone.excluded_functions or (*site.may_host, *site.why_not))
    distance = (
        Text(f" {zone.buffer_m:g} 米以内", f" (within {zone.buffer_m:g} m)")
        if zone.buffer_m
        else Text("", "")
    )
    reason = Text(f"安全避让：{zone.text.zh}{distance.zh}", f"safety: {zone.text.en}{distance.en}")
    return replace(
        site,
        may_host=site.may_host - functions,
        why_not={**site.why_not, **dict.fromkeys(sorted(functions), reason)},
    )

"""Which exclusion zones lie near which candidates, by a computation of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from siteplan.case import Case, ExclusionZone

FloatArray = NDArray[np.float64]


def zones_near(case: Case) -> Mapping[str, tuple[ExclusionZone, ...]]:
    """Return the zones within whose distance a candidate lies, in file order; candidates with some."""
    if not case.exclusion_zones:
        return {}
    to_metres = Transformer.from_crs("EPSG:4326", case.header.metric_crs, always_xy=True).transform

    def metres(degrees: FloatArray) -> FloatArray:
        return np.column_stack(to_metres(degrees[:, 0], degrees[:, 1]))

    areas = [(zone, shapely.transform(shapely.from_wkt(zone.wkt), metres)) for zone in case.exclusion_zones]
    near = {}
    for row in case.sites:
        place = shapely.Point(to_metres(row.longitude, row.latitude))
        zones = tuple(zone for zone, area in areas if area.dwithin(place, zone.buffer_m))
        if zones:
            near[row.site_id] = zones
    return near


def excluded_by(zone: ExclusionZone, functions: Collection[str]) -> frozenset[str]:
    """Return the functions that a zone excludes: those it names, else all."""
    return frozenset(zone.excluded_functions or functions)

"""Which exclusion zones lie near which candidates, by a computation of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from siteplan.case import CandidateSite, Case, ExclusionZone, ExistingService

FloatArray = NDArray[np.float64]


def zones_near(case: Case) -> Mapping[str, tuple[ExclusionZone, ...]]:
    """Return the zones within whose distance a candidate lies, in file order; candidates with some.

    A service that is converted is a candidate, too, under its id with ``-converted``.
    """
    if not case.exclusion_zones:
        return {}
    to_metres = Transformer.from_crs("EPSG:4326", case.header.metric_crs, always_xy=True).transform

    def metres(degrees: FloatArray) -> FloatArray:
        return np.column_stack(to_metres(degrees[:, 0], degrees[:, 1]))

    areas = [(zone, shapely.transform(shapely.from_wkt(zone.wkt), metres)) for zone in case.exclusion_zones]
    near = {}
    places: list[tuple[str, CandidateSite | ExistingService]] = [(row.site_id, row) for row in case.sites]
    places += [(f"{row.service_id}-converted", row) for row in case.existing_services if row.convertible]
    for site_id, row in places:
        place = shapely.Point(to_metres(row.longitude, row.latitude))
        zones = tuple(zone for zone, area in areas if area.dwithin(place, zone.buffer_m))
        if zones:
            near[site_id] = zones
    return near


def excluded_by(zone: ExclusionZone, functions: Collection[str]) -> frozenset[str]:
    """Return the functions that a zone excludes: those it names, else all."""
    return frozenset(zone.excluded_functions or functions)

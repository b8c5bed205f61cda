"""The places of a case that walk or are walked to: demand points, and all sites in one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siteplan.case import Case
from siteplan.findings import Place
from siteplan.inputs.roads.projection import projected
from siteplan.network import FloatArray


@dataclass(frozen=True, slots=True)
class Located:
    """A row of a table that has a location: its id, name, degrees and where it was read."""

    identifier: str
    name: str
    longitude: float
    latitude: float
    read_at: Place


def demand_places(case: Case) -> tuple[Located, ...]:
    """Return the demand points in table order."""
    return tuple(
        Located(row.demand_id, row.name, row.longitude, row.latitude, row.place) for row in case.demand_points
    )


def site_places(case: Case) -> tuple[Located, ...]:
    """Return candidate sites, then projects, then existing services, each in table order."""
    return (
        *(Located(row.site_id, row.name, row.longitude, row.latitude, row.place) for row in case.sites),
        *(Located(row.project_id, row.name, row.longitude, row.latitude, row.place) for row in case.projects),
        *(
            Located(row.service_id, row.name, row.longitude, row.latitude, row.place)
            for row in case.existing_services
        ),
    )


def metres_of(places: Sequence[Located], metric_crs: str) -> tuple[FloatArray, FloatArray]:
    """Return x and y (places,) in the metric CRS."""
    longitude = np.array([place.longitude for place in places], dtype=np.float64)
    latitude = np.array([place.latitude for place in places], dtype=np.float64)
    return projected(longitude, latitude, metric_crs)

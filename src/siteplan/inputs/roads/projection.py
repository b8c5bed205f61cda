"""From a file's coordinates to longitude and latitude, and to metres."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError, ProjError

from siteplan.inputs.roads.faults import (
    coordinates_impossible,
    metric_crs_elsewhere,
    metric_crs_not_metric,
    unknown_crs,
)
from siteplan.inputs.roads.mapped_ways import WGS84
from siteplan.network import FloatArray

LARGEST_SCALE_ERROR = 0.01
"""A metric CRS whose metres are off by more at the roads' centre isn't made for the area."""


def metric_crs_of(name: str) -> CRS:
    """Return the projected CRS in metres of that name.

    Raises:
        InputError: the name is unknown, or the CRS isn't projected in metres.
    """
    crs = crs_of(name, None)
    if not crs.is_projected or any(axis.unit_name not in ("metre", "meter") for axis in crs.axis_info[:2]):
        raise metric_crs_not_metric(name)
    return crs


def crs_of(name: str, path: Path | None) -> CRS:
    """Return the CRS of that name.

    Raises:
        InputError: PROJ doesn't know it.
    """
    try:
        return CRS.from_user_input(name)
    except CRSError as unknown:
        raise unknown_crs(path, name) from unknown


def middle_of(longitude: FloatArray, latitude: FloatArray) -> tuple[float, float]:
    """Return longitude and latitude of the middle of the extent."""
    return (
        (float(longitude.min()) + float(longitude.max())) / 2.0,
        (float(latitude.min()) + float(latitude.max())) / 2.0,
    )


def utm_crs(longitude: float, latitude: float) -> str:
    """Return the UTM zone of a place on WGS 84, for example ``EPSG:32648``."""
    zone = min(int((longitude + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{(32600 if latitude >= 0.0 else 32700) + zone}"


def to_longitude_latitude(
    x: FloatArray, y: FloatArray, crs_name: str, path: Path
) -> tuple[FloatArray, FloatArray]:
    """Convert coordinates (nodes,) of any CRS, east first, to longitude and latitude on WGS 84.

    Raises:
        InputError: the CRS is unknown, or coordinates don't lie on the globe.
    """
    if crs_of(crs_name, path) == CRS.from_user_input(WGS84):
        longitude, latitude = x, y
    else:
        longitude, latitude = _transformed(crs_name, WGS84, x, y)
    on_globe = (np.abs(longitude) <= 180.0) & (np.abs(latitude) <= 90.0)
    if not on_globe.all():
        raise coordinates_impossible(path)
    return longitude, latitude


def to_metres(
    longitude: FloatArray, latitude: FloatArray, metric_crs: str, path: Path
) -> tuple[FloatArray, FloatArray]:
    """Project longitudes and latitudes (nodes,) to x and y in metres.

    Raises:
        InputError: the CRS isn't metric, or isn't made for where the nodes are.
    """
    crs = metric_crs_of(metric_crs)
    centre = middle_of(longitude, latitude)
    if not _measures_metres(crs, *centre):
        raise metric_crs_elsewhere(path, metric_crs, *centre)
    x_m, y_m = projected(longitude, latitude, metric_crs)
    if not (np.isfinite(x_m).all() and np.isfinite(y_m).all()):
        raise metric_crs_elsewhere(path, metric_crs, *centre)
    return x_m, y_m


def projected(longitude: FloatArray, latitude: FloatArray, metric_crs: str) -> tuple[FloatArray, FloatArray]:
    """Return x and y in metres; infinite where a place can't be projected."""
    return _transformed(WGS84, metric_crs_of(metric_crs).srs, longitude, latitude)


def unprojected(x_m: FloatArray, y_m: FloatArray, metric_crs: str) -> tuple[FloatArray, FloatArray]:
    """Return longitude and latitude on WGS 84 of places in metres."""
    return _transformed(metric_crs_of(metric_crs).srs, WGS84, x_m, y_m)


@lru_cache(maxsize=16)
def _transformer(source: str, target: str) -> Transformer:
    """Return what converts between two CRS: making it takes a tenth of a second."""
    return Transformer.from_crs(crs_of(source, None), crs_of(target, None), always_xy=True)


def _transformed(source: str, target: str, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    new_x, new_y = _transformer(source, target).transform(x, y)
    return np.asarray(new_x, dtype=np.float64), np.asarray(new_y, dtype=np.float64)


def _measures_metres(crs: CRS, longitude: float, latitude: float) -> bool:
    """Whether lengths in the CRS are true at a place, along the meridian and along the parallel."""
    try:
        factors = Proj(crs).get_factors(longitude, latitude, errcheck=True)
    except ProjError:
        return False
    scales = (factors.meridional_scale, factors.parallel_scale)
    return all(abs(scale - 1.0) <= LARGEST_SCALE_ERROR for scale in scales)

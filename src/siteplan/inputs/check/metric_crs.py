"""The projected system in which distances are measured: in metres, and true to scale in the county."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyproj import CRS, Proj
from pyproj.exceptions import CRSError, ProjError

from siteplan.case import CaseHeader
from siteplan.findings import Finding, Place, error, warning
from siteplan.inputs.check.coordinates import is_sensible
from siteplan.text import Text

LARGEST_SCALE_ERROR = 0.01
"""A metre on the map differs from a metre on the ground by at most 1 % anywhere in the extent."""

_MEND = Text(
    zh="选用覆盖本县的高斯–克吕格 3 度带，例如中央经线 108° 为 EPSG:4545",
    en="use a 3-degree Gauss–Krüger zone of the county, for example EPSG:4545 for the meridian 108°",
)


def check_metric_crs(header: CaseHeader, case_file: Path) -> Iterator[Finding]:
    """Yield what is wrong with ``metric_crs``; its scale is tried in the corners and the middle."""
    place = Place(case_file, yaml_path="metric_crs")
    try:
        crs = CRS.from_user_input(header.metric_crs)
    except CRSError:
        yield _unsuitable(place, Text(zh=f"{header.metric_crs} 不存在", en=f"no {header.metric_crs}"))
        return
    metres = all(axis.unit_conversion_factor == 1 for axis in crs.axis_info)
    if not crs.is_projected or not metres:
        name = f"{header.metric_crs} ({crs.name})"
        yield _unsuitable(
            place, Text(zh=f"{name} 不是以米为单位的投影", en=f"{name} isn't projected in metres")
        )
        return
    if is_sensible(header.extent):
        yield from _check_scale(header, crs, place)


def _check_scale(header: CaseHeader, crs: CRS, place: Place) -> Iterator[Finding]:
    west, south, east, north = header.extent
    tried = [(longitude, latitude) for longitude in (west, east) for latitude in (south, north)]
    tried.append(((west + east) / 2, (south + north) / 2))
    worst = max(_scale_error(crs, longitude, latitude) for longitude, latitude in tried)
    if worst > LARGEST_SCALE_ERROR:
        yield _unsuitable(
            place,
            Text(
                zh=f"{header.metric_crs}（{crs.name}）在本县使距离失真 {worst:.0%} 以上",
                en=f"{header.metric_crs} ({crs.name}) distorts distances in this county by {worst:.0%}",
            ),
        )
    elif crs.area_of_use is not None and not _covers(crs, tried):
        yield warning(
            "metric-crs-area",
            place,
            found=Text(
                zh=f"{header.metric_crs} 的适用范围（{crs.area_of_use.name}）不完全包含本县范围",
                en=f"the extent isn't wholly in the area of use of {header.metric_crs} "
                f"({crs.area_of_use.name})",
            ),
            allowed=Text(zh="适用范围包含本县的投影", en="a projection made for the county's area"),
            mend=_MEND,
        )


def _scale_error(crs: CRS, longitude: float, latitude: float) -> float:
    try:
        factors = Proj(crs).get_factors(longitude, latitude, errcheck=True)
    except ProjError:
        return 1.0
    return float(max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1)))


def _covers(crs: CRS, points: list[tuple[float, float]]) -> bool:
    area = crs.area_of_use
    assert area is not None
    return all(
        area.west <= longitude <= area.east and area.south <= latitude <= area.north
        for longitude, latitude in points
    )


def _unsuitable(place: Place, found: Text) -> Finding:
    return error(
        "metric-crs",
        place,
        found=found,
        allowed=Text(
            zh=f"以米为单位的投影坐标系，在本县失真不超过 {LARGEST_SCALE_ERROR:.0%}",
            en=f"a projected system in metres, true to {LARGEST_SCALE_ERROR:.0%} in the county",
        ),
        mend=_MEND,
    )

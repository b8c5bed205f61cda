"""Where things lie: the case's extent, and rows outside it or with longitude and latitude swapped."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.case import Case
from siteplan.findings import Finding, Place, error, warning
from siteplan.inputs.check.rows import Located, at, located_rows
from siteplan.inputs.tables import swapped_coordinates
from siteplan.inputs.yaml_source import as_shown
from siteplan.text import Text

WIDEST_EXTENT_DEGREES = 5.0
"""Width and height above which an extent can't be that of a county."""

Extent = tuple[float, float, float, float]


def check_coordinates(case: Case) -> Iterator[Finding]:
    """Yield what is wrong with the extent, else with the coordinates of the rows in view of it."""
    wrong_extent = list(_check_extent(case.header.extent, Place(as_shown(case.folder / "case.yaml"))))
    yield from wrong_extent
    if not wrong_extent:
        for row in located_rows(case):
            yield from _check_location(row, case.header.extent)


def is_sensible(extent: Extent) -> bool:
    """Return whether an extent is in order and not wider than a county can be."""
    west, south, east, north = extent
    in_order = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return in_order and max(east - west, north - south) <= WIDEST_EXTENT_DEGREES


def _check_extent(extent: Extent, case_file: Place) -> Iterator[Finding]:
    if not is_sensible(extent):
        yield error(
            "extent",
            Place(case_file.file, yaml_path="extent"),
            found=Text.same(str(list(extent))),
            allowed=Text(
                zh=f"[最小经度, 最小纬度, 最大经度, 最大纬度]，宽和高不超过 {WIDEST_EXTENT_DEGREES:g}°",
                en="[smallest longitude, smallest latitude, largest longitude, largest latitude], "
                f"at most {WIDEST_EXTENT_DEGREES:g}° wide and high",
            ),
            mend=Text(zh="按此顺序填写县域范围", en="state the county's bounds in this order"),
        )


def _check_location(row: Located, extent: Extent) -> Iterator[Finding]:
    if _is_inside(row.longitude, row.latitude, extent):
        return
    found = f"{row.longitude:g}, {row.latitude:g}"
    if _is_inside(row.latitude, row.longitude, extent):
        yield swapped_coordinates(at(row, "longitude"), found)
    elif row.longitude == 0 or row.latitude == 0:
        yield error(
            "coordinates-zero",
            at(row, "longitude"),
            found=Text.same(found),
            allowed=Text(zh="实际的经纬度", en="the actual longitude and latitude"),
            mend=Text(zh="补填经纬度", en="fill in the coordinates"),
        )
    else:
        yield _outside(row, found, extent)


def _is_inside(longitude: float, latitude: float, extent: Extent) -> bool:
    west, south, east, north = extent
    return west <= longitude <= east and south <= latitude <= north


def _outside(row: Located, found: str, extent: Extent) -> Finding:
    west, south, east, north = extent
    return warning(
        "outside-extent",
        at(row, "longitude"),
        found=Text(zh=f"{found}，在县域范围之外", en=f"{found}, outside the extent of the case"),
        allowed=Text(
            zh=f"经度 {west:g}–{east:g}，纬度 {south:g}–{north:g}",
            en=f"longitude {west:g} to {east:g}, latitude {south:g} to {north:g}",
        ),
        mend=Text(
            zh="核对坐标；若范围本身不对，改正 case.yaml 的 extent",
            en="check the coordinates; if the extent is wrong, correct it in case.yaml",
        ),
    )

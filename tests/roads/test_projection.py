"""Between longitudes and latitudes and metres: which CRS are metric, and what they make of places."""

from __future__ import annotations

import numpy as np
import pytest

from siteplan.findings import InputError
from siteplan.inputs.roads.projection import projected, unprojected, utm_crs

ZHOUZHI = (np.array([108.2]), np.array([34.16]))


@pytest.mark.parametrize("name", ["EPSG:4326", "EPSG:2263", "EPSG:4978"])
def test_a_crs_that_does_not_measure_metres_is_refused(name: str) -> None:
    """Degrees, feet (New York Long Island) and metres from the centre of the earth are no plane metres."""
    with pytest.raises(InputError) as refused:
        projected(*ZHOUZHI, name)
    assert [finding.code for finding in refused.value.findings] == ["roads-crs-not-metric"]
    assert name in str(refused.value)


def test_there_and_back_is_the_same_place() -> None:
    """Through the zone of the place; its central meridian is 500 000 m east."""
    zone = utm_crs(108.2, 34.16)
    assert zone == "EPSG:32649"
    x_m, y_m = projected(*ZHOUZHI, zone)
    assert 200_000.0 < x_m[0] < 300_000.0
    assert 3_700_000.0 < y_m[0] < 3_800_000.0
    longitude, latitude = unprojected(x_m, y_m, zone)
    assert (longitude[0], latitude[0]) == (pytest.approx(108.2), pytest.approx(34.16))


def test_a_place_that_cannot_be_projected_is_infinitely_far() -> None:
    """On the equator a quarter of the globe from the central meridian."""
    x_m, _ = projected(np.array([198.0]), np.array([0.0]), "EPSG:32649")
    assert np.isinf(x_m[0])

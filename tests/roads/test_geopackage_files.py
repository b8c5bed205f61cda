"""GeoPackages with lines in any CRS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, MultiLineString, Point

from siteplan.findings import InputError
from siteplan.inputs.roads import read_roads, summarise_roads

METRIC_CRS = "EPSG:4545"
STREETS = [
    LineString([(108.22, 34.16), (108.221, 34.16), (108.222, 34.16)]),
    LineString([(108.221, 34.16), (108.221, 34.161)]),
    LineString([(108.23, 34.16), (108.231, 34.16)]),
]


def saved(
    folder: Path, geometries: list[Any], crs: str | None = "EPSG:4326", layer: str = "streets", **columns: Any
) -> Path:
    path = folder / "roads.gpkg"
    frame = gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:4326")
    (frame.to_crs(crs) if crs else frame.set_crs(None, allow_override=True)).to_file(
        path, layer=layer, driver="GPKG"
    )
    return path


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:4490", "EPSG:32649"])
def test_lines_join_where_they_share_a_vertex(tmp_path: Path, crs: str) -> None:
    """The second street meets the first at its middle vertex, whatever the file's CRS."""
    path = saved(tmp_path, STREETS, crs)
    network = read_roads(path, METRIC_CRS)
    assert (network.node_count, network.edge_count) == (6, 4)
    assert summarise_roads(network, path).components == 2
    np.testing.assert_allclose(network.length_m[0], 92.18, atol=0.05)


def test_columns_are_obeyed(tmp_path: Path) -> None:
    """``highway``, ``access`` and ``foot`` mean what they mean in OSM; no kind is no road."""
    path = saved(tmp_path, STREETS, highway=["residential", None, "service"], access=[None, None, "private"])
    network = read_roads(path, METRIC_CRS)
    assert network.is_private.tolist() == [False, False, True]


def test_columns_may_be_absent(tmp_path: Path) -> None:
    """Without ``highway`` every line is walked on, except where ``foot`` forbids."""
    assert read_roads(saved(tmp_path, STREETS, foot=["no", "", "yes"]), METRIC_CRS).edge_count == 2


def test_multilines_are_their_parts_and_height_is_ignored(tmp_path: Path) -> None:
    """A MultiLineString with heights gives the same network as its parts in the plane."""
    raised = MultiLineString([[(x, y, 400.0) for x, y in street.coords] for street in STREETS])
    network = read_roads(saved(tmp_path, [raised]), METRIC_CRS)
    assert (network.node_count, network.edge_count) == (6, 4)


def test_every_layer_of_lines_is_read(tmp_path: Path) -> None:
    """Lines of two layers form one network; layers of points are passed over."""
    saved(tmp_path, [Point(108.22, 34.16)], layer="trees")
    saved(tmp_path, STREETS[:1], layer="streets")
    path = saved(tmp_path, STREETS[1:2], crs="EPSG:3857", layer="alleys")
    network = read_roads(path, METRIC_CRS)
    assert summarise_roads(network, path).components == 1
    assert network.edge_count == 3


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_layer_without_crs_is_refused(tmp_path: Path) -> None:
    """Coordinates of an unknown system can't be located."""
    with pytest.raises(InputError, match="roads-without-crs"):
        read_roads(saved(tmp_path, STREETS, crs=None), METRIC_CRS)


def test_a_file_without_lines_is_refused(tmp_path: Path) -> None:
    """A GeoPackage of points holds no roads."""
    with pytest.raises(InputError, match="roads-no-line-layer"):
        read_roads(saved(tmp_path, [Point(108.22, 34.16)]), METRIC_CRS)


def test_bubenec() -> None:
    """The streets of Bubeneč in momepy (stored in Web Mercator)hang together, line by line."""
    momepy_datasets = pytest.importorskip("momepy.datasets")
    path = Path(momepy_datasets.get_path("bubenec"))
    network = read_roads(path, "EPSG:5514")
    summary = summarise_roads(network, path)
    streets = gpd.read_file(path, layer="streets")
    assert summary.components == 1
    assert len(set(network.way_id.tolist())) == len(streets)
    on_the_ground_m = float(streets.to_crs("EPSG:32633").length.sum())
    assert summary.length_m == pytest.approx(on_the_ground_m, rel=0.001)

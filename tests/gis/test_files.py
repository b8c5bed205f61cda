"""``siteplan export --to geojson`` and ``--to geoparquet``: read back, and compared with the plan."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from shapely.geometry import shape
from tests.gis.conftest import HOSTILE_NAMES

from siteplan.cli.main import run
from siteplan.publish import read_plan

READERS: dict[str, Any] = {
    "geojson": (".geojson", geopandas.read_file),
    "geoparquet": (".parquet", geopandas.read_parquet),
}


def exported(results: Path, to: str, folder: Path) -> dict[str, Any]:
    """Export and read each layer, with any warning an error."""
    assert run(["export", str(results), "--to", to, "--output", str(folder)], {}) == 0
    suffix, read = READERS[to]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return {file.stem: read(file) for file in folder.glob(f"*{suffix}")}


@pytest.mark.parametrize("to", READERS)
def test_layers_tell_what_the_plan_tells(to: str, results: Path, tmp_path: Path) -> None:
    """Every facility, function and community figure of the plan is in its layer, and nothing else."""
    layers = exported(results, to, tmp_path / "out")
    plan = read_plan(results)
    assert set(layers) == {
        "existing_facilities",
        "planned_facilities",
        "functions",
        "service_areas",
        "coverage_points",
        "roads",
    }
    assert {layer.crs.to_epsg() for layer in layers.values()} == {4326}
    assert all(layer.geometry.is_valid.all() for layer in layers.values())
    areas = {
        row.facility_id: row.floor_area_m2
        for key in ("existing_facilities", "planned_facilities")
        for row in layers[key].itertuples()
    }
    assert areas == pytest.approx({site.site_id: site.floor_area_m2 for site in plan.sites}, abs=0.01)
    provided = {(row.facility_id, row.function): row.area_m2 for row in layers["functions"].itertuples()}
    expected = {
        (site.site_id, item.function): item.area_m2_by_year[plan.years[-1]]
        for site in plan.sites
        for item in site.functions
    }
    assert provided == pytest.approx(expected, abs=0.01)
    assert set(
        zip(layers["service_areas"]["facility_id"], layers["service_areas"]["function"], strict=True)
    ) == set(expected)
    covered = {
        (row.community_code, row.function, row.year): (bool(row.reachable), row.residents_covered)
        for row in layers["coverage_points"].itertuples()
    }
    assert covered == {
        (row.community_code, row.function, row.year): (
            row.reachable,
            pytest.approx(row.residents_covered, abs=0.01),
        )
        for row in plan.communities
    }
    assert layers["roads"]["length_m"].sum() == pytest.approx(
        layers["roads"].to_crs("EPSG:4545").length.sum(), rel=1e-3
    )
    assert all(layer["illustrative"].all() for layer in layers.values())


def test_geojson_is_as_the_rfc_says(results: Path, tmp_path: Path) -> None:
    """No crs, at most 7 decimals, outer rings counter-clockwise, and the site lies in its service area."""
    exported(results, "geojson", tmp_path / "out")
    for file in (tmp_path / "out").glob("*.geojson"):
        collection = json.loads(file.read_text(encoding="utf-8"))
        assert "crs" not in collection
        assert collection["illustrative"] is True
        for feature in collection["features"]:
            geometry = shape(feature["geometry"])
            for x, y in shapely.get_coordinates(geometry):
                assert (x, y) == (round(x, 7), round(y, 7))
            for part in shapely.get_parts(geometry):
                if part.geom_type == "Polygon":
                    assert part.exterior.is_ccw
                    assert not any(ring.is_ccw for ring in part.interiors)


def test_a_service_area_is_around_its_facility(results: Path, tmp_path: Path) -> None:
    """It is no farther away than the radius, and smaller than the circle."""
    layers = exported(results, "geojson", tmp_path / "out")
    areas = layers["service_areas"].to_crs("EPSG:4545")
    plan = {site.site_id: site for site in read_plan(results).sites}
    for row in areas.itertuples():
        site = plan[row.facility_id]
        point = geopandas.GeoSeries.from_xy([site.longitude], [site.latitude], crs=4326).to_crs("EPSG:4545")[
            0
        ]
        assert row.geometry.hausdorff_distance(point) <= row.radius_m + 2.0
        assert row.geometry.area == pytest.approx(row.service_area_m2, rel=1e-3)
        assert row.geometry.area < 3.15 * row.radius_m**2


@pytest.mark.parametrize("to", READERS)
def test_hostile_names_go_through_unharmed(to: str, hostile_results: Path, tmp_path: Path) -> None:
    """Names stay what they are, and become neither paths nor anything else."""
    layers = exported(hostile_results, to, tmp_path / "out")
    names = {site.name for site in read_plan(hostile_results).sites}
    assert names <= set(HOSTILE_NAMES) | {site.name for site in read_plan(hostile_results).sites}
    read = set(layers["existing_facilities"]["name"]) | set(layers["planned_facilities"]["name"])
    assert read == names
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_results_still_verify_and_are_replaced(results: Path) -> None:
    """An export in the result folder doesn't disturb it, and a second one takes the place of the first."""
    for _ in range(2):
        assert run(["export", str(results), "--to", "geojson"], {}) == 0
    assert not list(results.glob(".*"))
    assert run(["verify", str(results)], {}) == 0


def test_what_is_not_an_export_stays(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder with something else in it is refused and left alone."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    call = ["export", str(results), "--to", "geojson", "--output", str(tmp_path)]
    assert run(call, {"SITEPLAN_LANG": "en"}) == 2
    assert "export-not-ours" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]

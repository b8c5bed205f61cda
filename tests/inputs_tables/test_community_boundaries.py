"""The optional layer of community boundaries: what it gives and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_case import tiny_rows

from siteplan.inputs.community_boundaries import read_community_boundaries

CODE = tiny_rows("communities")[0]["community_code"]
SQUARE = {"type": "Polygon", "coordinates": [[[108.0, 34.0], [108.1, 34.0], [108.1, 34.1], [108.0, 34.0]]]}


def layer(folder: Path, *features: Any) -> Path:
    path = folder / "community_boundaries.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def feature(code: str = CODE, geometry: Any = SQUARE) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"community_code": code}, "geometry": geometry}


def test_a_boundary_is_read(tmp_path: Path) -> None:
    """Code and polygon of each feature."""
    boundaries, findings = read_community_boundaries(layer(tmp_path, feature()), {CODE})
    assert findings == []
    assert [boundary.community_code for boundary in boundaries] == [CODE]
    assert boundaries[0].wkt.startswith("POLYGON")


@pytest.mark.parametrize(
    ("features", "place"),
    [
        ([feature(code="1")], "features[0].properties.community_code"),
        ([feature(), feature()], "features[1].properties.community_code"),
        ([feature(geometry={"type": "Point", "coordinates": [108.0, 34.0]})], "features[0].geometry"),
        ([feature(geometry=None)], "features[0].geometry"),
        (["nothing"], "features[0].properties.community_code"),
    ],
)
def test_faults_are_named_by_place(features: list[Any], place: str, tmp_path: Path) -> None:
    """Unknown or repeated codes and what is no polygon are refused where they stand."""
    _, findings = read_community_boundaries(layer(tmp_path, *features), {CODE})
    assert findings[0].code == "community-boundary"
    assert findings[0].place.yaml_path == place


def test_a_file_that_is_no_geojson(tmp_path: Path) -> None:
    """One finding for the file."""
    path = tmp_path / "community_boundaries.geojson"
    path.write_text("[", encoding="utf-8")
    assert len(read_community_boundaries(path, {CODE})[1]) == 1

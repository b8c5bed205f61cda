"""The layer of exclusion zones: what is read, and every fault at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_case import write_tiny_case

from siteplan.case import ZoneKind
from siteplan.findings import InputError
from siteplan.inputs.case_files import load_case
from siteplan.inputs.exclusion_zones import read_exclusion_zones

NAMES = {
    "elderly_care": "elderly_care",
    "养老服务": "elderly_care",
    "infant_care": "infant_care",
    "after_school_care": "after_school_care",
    "community_meals": "community_meals",
    "sports": "sports",
}


def feature(geometry: Any = None, **properties: Any) -> dict[str, Any]:
    """Return a zone that is right, varied."""
    usual = {"kind": "洪水淹没区", "name": "河滩", "buffer_m": 20}
    return {
        "type": "Feature",
        "properties": {**usual, **properties},
        "geometry": geometry or {"type": "Point", "coordinates": [108.22, 34.16]},
    }


def layer(folder: Path, *features: Any) -> Path:
    """Write a layer."""
    path = folder / "exclusion_zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_a_case_with_a_layer_has_its_zones(tmp_path: Path) -> None:
    """Kinds and functions may be Chinese or English; the layer is a file of the case."""
    write_tiny_case(tmp_path)
    path = layer(tmp_path, feature(), feature(kind="pipeline", excluded_functions="养老服务；infant_care"))
    case = load_case(tmp_path, NAMES)
    assert [zone.kind for zone in case.exclusion_zones] == [ZoneKind.FLOOD, ZoneKind.PIPELINE]
    assert case.exclusion_zones[1].excluded_functions == ("elderly_care", "infant_care")
    assert path in case.files


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (feature(kind="lava"), "features[0].properties.kind"),
        (feature(name=""), "features[0].properties.name"),
        (feature(buffer_m=-1), "features[0].properties.buffer_m"),
        (feature(bufer_m=1), "features[0].properties.bufer_m"),
        (feature(excluded_functions=["dancing"]), "features[0].properties.excluded_functions"),
        (feature({"type": "Point", "coordinates": [398_000, 3_780_000]}), "features[0].geometry"),
        (feature({"type": "Polygon", "coordinates": []}), "features[0].geometry"),
        (feature({"type": "Point"}), "features[0].geometry"),
        (
            feature({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}),
            "features[0].geometry",
        ),
        ("nothing", "features[0].geometry"),
    ],
    ids=str,
)
def test_a_fault_says_where_it_is(tmp_path: Path, wrong: Any, place: str) -> None:
    """The feature and its part are named, and the layer can't be used."""
    _, findings = read_exclusion_zones(layer(tmp_path, wrong), NAMES)
    assert findings[0].code == "exclusion-zone"
    assert place in {finding.place.yaml_path for finding in findings}


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    """Two wrong features give two findings with the case's others."""
    write_tiny_case(tmp_path)
    layer(tmp_path, feature(name=""), feature(kind="lava"))
    with pytest.raises(InputError) as raised:
        load_case(tmp_path, NAMES)
    assert len(raised.value.findings) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json"])
def test_a_file_that_is_no_layer(tmp_path: Path, text: str) -> None:
    """It is refused as a whole."""
    path = tmp_path / "exclusion_zones.geojson"
    path.write_text(text, encoding="utf-8")
    assert len(read_exclusion_zones(path, NAMES)[1]) == 1

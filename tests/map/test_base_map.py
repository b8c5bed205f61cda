"""What a road file gives for the base map."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tiny_case import TINY_STREETS, write_tiny_case

from siteplan.inputs.base_map import Feature, feature_of, read_base_map
from siteplan.inputs.roads import read_roads


def test_roads_of_a_case(tmp_path: Path) -> None:
    """Each mapped street is drawn once, by its kind, through the places of its crossings."""
    write_tiny_case(tmp_path)
    roads = tmp_path / "roads.osm"
    drawn = read_base_map(roads, read_roads(roads, "EPSG:4545"))
    assert sum(len(lines) for lines in drawn.values()) == len(TINY_STREETS)
    assert [len(drawn[kind]) for kind in (Feature.MAJOR, Feature.MINOR, Feature.PATH)] == [1, 4, 1]
    assert len(drawn[Feature.MAJOR][0]) == 3


@pytest.mark.parametrize(
    ("tags", "is_closed", "feature"),
    [
        ({"building": "yes"}, True, Feature.BUILDING),
        ({"building": "yes"}, False, None),
        ({"building": "no"}, True, None),
        ({"natural": "water"}, True, Feature.WATER_AREA),
        ({"waterway": "river"}, False, Feature.WATER),
        ({"railway": "rail"}, False, Feature.RAILWAY),
        ({"highway": "primary_link"}, False, Feature.MAJOR),
        ({"highway": "construction"}, False, None),
        ({}, False, None),
    ],
)
def test_kinds(tags: dict[str, str], is_closed: bool, feature: Feature | None) -> None:
    """Tags decide what is drawn and how."""
    assert feature_of(tags, is_closed=is_closed) is feature

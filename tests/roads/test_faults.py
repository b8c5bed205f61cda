"""Whatever is wrong with a road file is one finding in two languages, and nothing else."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from tests.tiny_case import roads_xml

from siteplan.findings import InputError, Severity
from siteplan.inputs.roads import read_roads

METRIC_CRS = "EPSG:4545"
FOOTWAY = {"highway": "footway"}
VALID = roads_xml().encode()


def code_of(path: Path, metric_crs: str | None = METRIC_CRS) -> str:
    """Return the code of the one finding that reading the file raises."""
    with pytest.raises(InputError) as raised:
        read_roads(path, metric_crs)
    (finding,) = raised.value.findings
    assert finding.severity is Severity.ERROR
    for text in (finding.found, finding.allowed, finding.mend):
        assert text.zh
        assert text.en
    return finding.code


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.osm", b"", "roads-empty-file"),
        ("empty.osm.pbf", b"", "roads-empty-file"),
        ("empty.gpkg", b"", "roads-empty-file"),
        ("picture.png", b"\x89PNG", "roads-unknown-format"),
        ("no_ending", VALID, "roads-unknown-format"),
        ("streets.csv", b"a,b\n", "roads-unknown-format"),
        ("text.osm", b"roads of the county", "roads-broken-file"),
        ("page.osm", b"<html><body>Too many requests</body></html>", "roads-broken-file"),
        ("cut_off.osm", VALID[: len(VALID) // 2], "roads-broken-file"),
        ("old_version.osm", b'<osm version="0.5"></osm>', "roads-broken-file"),
        ("word_as_id.osm", b'<osm version="0.6"><node id="x" lat="1" lon="2"/></osm>', "roads-broken-file"),
        ("packed_by_name_only.osm.bz2", VALID, "roads-broken-file"),
        ("packed_in_fact.osm", gzip.compress(VALID), "roads-broken-file"),
        ("cut_off.osm.bz2", bz2.compress(VALID)[:-40], "roads-broken-file"),
        ("xml.osm.pbf", VALID, "roads-broken-file"),
        ("zeros.osm.pbf", bytes(64), "roads-broken-file"),
        ("text.graphml", b"roads", "roads-broken-file"),
        ("other_xml.graphml", VALID, "roads-broken-file"),
        ("text.gpkg", b"roads of the county", "roads-broken-file"),
        ("nothing.osm", b'<osm version="0.6"></osm>', "roads-none-walkable"),
        (
            "motorway.osm",
            roads_xml(streets=[((1, 2), {"highway": "motorway"})]).encode(),
            "roads-none-walkable",
        ),
        ("no_nodes.osm", roads_xml(nodes={}, streets=[((1, 2), FOOTWAY)]).encode(), "roads-none-walkable"),
        (
            "not_on_the_globe.osm",
            roads_xml({1: (108.0, 134.0), 2: (108.1, 134.0)}, [((1, 2), FOOTWAY)]).encode(),
            "roads-coordinates-impossible",
        ),
    ],
)
def test_a_malformed_file_is_one_finding(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    """Each fault of a file has its own code."""
    path = tmp_path / name
    path.write_bytes(content)
    assert code_of(path) == code


def test_a_missing_file(tmp_path: Path) -> None:
    """A path that leads nowhere."""
    assert code_of(tmp_path / "roads.osm") == "roads-missing"


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    """A folder, even one that is called like a road file."""
    folder = tmp_path / "roads.osm"
    folder.mkdir()
    assert code_of(folder) == "roads-is-a-folder"


@pytest.mark.parametrize(
    ("metric_crs", "code"),
    [
        ("EPSG:4326", "roads-crs-not-metric"),
        ("EPSG:4490", "roads-crs-not-metric"),
        ("EPSG:2263", "roads-crs-not-metric"),
        ("EPSG:999999", "roads-unknown-crs"),
        ("metres", "roads-unknown-crs"),
        ("EPSG:3857", "roads-crs-elsewhere"),
        ("EPSG:32633", "roads-crs-elsewhere"),
    ],
)
def test_a_crs_that_cannot_measure_the_roads(tmp_path: Path, metric_crs: str, code: str) -> None:
    """Degrees, feet, unknown names, Web Mercator and another continent's zone are refused."""
    path = tmp_path / "roads.osm"
    path.write_bytes(VALID)
    assert code_of(path, metric_crs) == code


def test_swapped_coordinates_are_noticed(tmp_path: Path) -> None:
    """Latitude and longitude in each other's place lie off the globe, or where the CRS doesn't measure."""
    path = tmp_path / "roads.osm"
    swapped = {1: (34.16, 108.22), 2: (34.161, 108.22)}
    path.write_text(roads_xml(swapped, [((1, 2), FOOTWAY)]), encoding="utf-8")
    assert code_of(path) == "roads-coordinates-impossible"
    prague_swapped = {1: (50.1, 14.4), 2: (50.1, 14.41)}
    path.write_text(roads_xml(prague_swapped, [((1, 2), FOOTWAY)]), encoding="utf-8")
    assert code_of(path, "EPSG:5514") == "roads-crs-elsewhere"

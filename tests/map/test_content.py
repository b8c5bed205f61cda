"""What the page of the map holds: the plan's figures, what is shipped, and no more than may be there."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from siteplan.cli.main import run
from siteplan.cli.stages import Stopwatch, prepare
from siteplan.policy import Standards
from siteplan.publish import read_plan, read_run_record
from siteplan.publish.map import TILES, tile_layer
from siteplan.publish.map.page import json_in_page
from siteplan.publish.map.walks import walks_of_plan
from siteplan.publish.vendored import FOLDER


def content_of(page: Path) -> dict[str, Any]:
    """Return the JSON of a page."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="plan-data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    content: dict[str, Any] = json.loads(found[1])
    return content


def test_shipped_files_are_those_of_the_manifest() -> None:
    """Every file of others has version, licence and the SHA-256 that the manifest says."""
    listed = set()
    for entry in json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8")):
        assert entry["version"]
        assert entry["licence"]
        for name, sha256 in entry["sha256"].items():
            assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == sha256, name
            listed.add(name)
    shipped = {file.name for file in FOLDER.iterdir() if file.is_file()}
    assert shipped - listed == {"__init__.py", "manifest.json", ".gitattributes"}


def test_figures_are_the_plans(results: Path) -> None:
    """Coverage by function and year, missing communities and sites are those of ``plan.json``."""
    content = content_of(results / "map.html")
    plan = json.loads((results / "plan.json").read_text(encoding="utf-8"))
    codes = [community["code"] for community in content["communities"]]
    figures = [figure for figure in plan["coverage"] if figure["basis"] == plan["basis"]]
    shown = [figure for by_year in content["coverage"] for figure in by_year]
    assert len(shown) == len(figures) > 0
    for ours, theirs in zip(shown, figures, strict=True):
        assert (ours["covered"], ours["counted"]) == (theirs["covered"], theirs["counted"])
        assert [codes[index] for index in ours["missing"]] == theirs["missing"]
    opened = [site["id"] for site in content["sites"] if site["open_from"] is not None]
    assert opened == [site["site_id"] for site in plan["sites"]]


def test_who_reaches_what_is_as_published(results: Path) -> None:
    """The bit masks and nearest sites of demand points say what ``coverage.geojson`` says."""
    content = content_of(results / "map.html")
    functions = list(
        dict.fromkeys(
            figure["function"]
            for figure in json.loads((results / "plan.json").read_text(encoding="utf-8"))["coverage"]
        )
    )
    features = json.loads((results / "coverage.geojson").read_text(encoding="utf-8"))["features"]
    demand = content["demand"]
    assert demand["id"] == [feature["properties"]["demand_id"] for feature in features]
    for index, feature in enumerate(features):
        for year_index, year in enumerate(content["years"]):
            for bit, function in enumerate(functions):
                covered = feature["properties"][f"covered_{function}_{year}"]
                assert bool(demand["counted"][index][year_index] >> bit & 1) == (covered is not None)
                assert bool(demand["covered"][index][year_index] >> bit & 1) == (covered is True)
                changes = demand["nearest"][index][bit]
                entries = [changes[at : at + 3] for at in range(0, len(changes), 3)]
                before = [entry for entry in entries if entry[0] <= year_index]
                site = content["sites"][before[-1][1]]["id"] if before and before[-1][1] >= 0 else None
                assert site == feature["properties"][f"nearest_site_{function}_{year}"]


def test_open_sites_have_walking_areas(results: Path) -> None:
    """Each open site has an outline for each radius of its functions."""
    content = content_of(results / "map.html")
    for site in content["sites"]:
        if site["open_from"] is None:
            continue
        radii = {f"{content['functions'][item['function']]['radius_m']:g}" for item in site["functions"]}
        assert set(site["walks"]) == radii


def test_nothing_in_json_can_end_its_element() -> None:
    """``<``, ``>``, ``&`` and line separators are escaped; the values stay the same."""
    value = {"name": "</script><!-- & \u2028\u2029"}
    text = json_in_page(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_page_is_self_contained(results: Path) -> None:
    """No address of anything to load, only those of tiles that the reader may switch on."""
    text = (results / "map.html").read_text(encoding="utf-8")
    outside_scripts = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", outside_scripts)
    assert {
        url for url in re.findall(r"url\(([^)]{0,20})", outside_scripts) if not url.startswith("data:")
    } == set()
    assert "default-src 'none'" in text
    assert "connect-src" not in text


def test_without_tiles_images_come_from_nowhere(results: Path, tmp_path: Path) -> None:
    """``--tiles none`` offers no layer and allows none."""
    page = tmp_path / "map.html"
    assert run(["map", str(results), "--tiles", "none", "--output", str(page)], {}) == 0
    assert content_of(page)["tiles"] == []
    assert "img-src data:;" in page.read_text(encoding="utf-8")


def test_tile_layers_are_names_or_addresses() -> None:
    """天地图 by name; others by an https address with its three places; keys are never part of it."""
    assert [layer.hosts for layer in TILES["tianditu"]] == [("https://*.tianditu.gov.cn",)] * 2
    layer = tile_layer("https://{s}.tiles.example/{z}/{x}/{y}.png?k={key}")[0]
    assert layer.needs_key
    assert layer.hosts == ("https://*.tiles.example",)
    for wrong in (
        "osm",
        "http://a.example/{z}/{x}/{y}.png",
        "https://a.example/{z}/{x}.png",
        "https://a/'{z}{x}{y}",
    ):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            tile_layer(wrong)


def test_boundaries_where_they_are_supplied(results: Path) -> None:
    """A community with an official boundary has its outline, the others are points."""
    communities = content_of(results / "map.html")["communities"]
    assert len(communities[0]["rings"]) == 1
    assert len(communities[0]["rings"][0]) == 10
    assert not any("rings" in community for community in communities[1:])


def test_walking_areas_follow_the_standards(results: Path) -> None:
    """How wide an area is along the roads is the figure of ``standards.yaml``: half of it, less area."""
    record, plan = read_run_record(results), read_plan(results)
    prepared = prepare(record.scenario_file(results), Stopwatch())
    standards = prepared.inputs.policy.standards
    strip = standards.service_area_strip_m
    narrow = strip.model_copy(update={"value": strip.value / 2.0})

    def area(given: Standards) -> float:
        walks = walks_of_plan(plan, prepared.problem, prepared.access, prepared.inputs.network, given)
        return sum(each.area for by_radius in walks.values() for each in by_radius.values())

    assert 0.0 < area(standards.model_copy(update={"service_area_strip_m": narrow})) < area(standards)

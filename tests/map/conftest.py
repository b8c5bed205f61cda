"""Maps of a tiny solved case: one with ordinary names, one with hostile names; and a browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.conftest import REPOSITORY, TINY_SCENARIO
from tests.tiny_case import changed, tiny_rows, write_tiny_case

from siteplan.cli.main import run

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

HOSTILE_NAMES = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    "=cmd|' /C calc'!A0",
    "../../../etc/passwd",
    "😀 综合体 %%style%% \u2028",
    "长" * 200,
    "\u202eمرحبا بالعالم",
)


def write_boundary(case_folder: Path) -> None:
    """Supply the boundary of the first community: a square around the crossings."""
    ring = [[108.218, 34.158], [108.227, 34.158], [108.227, 34.166], [108.218, 34.166], [108.218, 34.158]]
    feature = {
        "type": "Feature",
        "properties": {"community_code": tiny_rows("communities")[0]["community_code"]},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    layer = {"type": "FeatureCollection", "features": [feature]}
    (case_folder / "community_boundaries.geojson").write_text(json.dumps(layer), encoding="utf-8")


def _mapped(root: Path, hostile: bool) -> Path:
    shutil.copytree(REPOSITORY / "model", root / "model")
    tables: dict[str, Any] = {}
    if hostile:
        for table in ("sites", "demand_points", "existing_services", "communities"):
            column = "community_name" if table == "communities" else "name"
            tables[table] = [
                changed(row, **{column: HOSTILE_NAMES[number % len(HOSTILE_NAMES)]})
                for number, row in enumerate(tiny_rows(table))
            ]
    write_tiny_case(root / "data" / "tiny", **tables)
    if not hostile:
        write_boundary(root / "data" / "tiny")
    (root / "scenarios").mkdir()
    scenario = root / "scenarios" / "tiny.yaml"
    scenario.write_text(TINY_SCENARIO, encoding="utf-8")
    results = root / "results"
    assert run(["solve", str(scenario), "--only", "plan", "--output", str(results)], {}) == 0
    assert run(["map", str(results)], {}) == 0
    return results


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Result folder of the tiny case with its map."""
    return _mapped(tmp_path_factory.mktemp("map"), hostile=False)


@pytest.fixture(scope="session")
def hostile_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Result folder of the tiny case with names that try to be something else."""
    return _mapped(tmp_path_factory.mktemp("hostile"), hostile=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one these tests skip, but in CI they fail."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser: none of {', '.join(BROWSERS)} is on the path"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()

"""``siteplan white-spots`` on the tiny case: files, stored zones, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Siteplan
from tests.conftest import TINY_SCENARIO, write_tiny_project

from siteplan.cli.main import run
from siteplan.publish import read_explanations


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Result folder of the tiny case."""
    root = write_tiny_project(tmp_path_factory.mktemp("white-spots"))
    scenario = root / "scenarios" / "tiny.yaml"
    scenario.write_text(TINY_SCENARIO.replace("3_000_000", "300_000"), encoding="utf-8")
    folder = root / "results"
    assert run(["solve", str(scenario), "--only", "plan", "--output", str(folder)], {}) == 0
    return folder


def test_the_zones_are_written_and_stored(siteplan: Siteplan, results: Path) -> None:
    """A line for each zone on the terminal, the same zones in the files and in explanations.json."""
    call = siteplan("white-spots", results, "--solve", "0", "--store")
    assert call.code == 0, call.err
    zones = json.loads((results / "white-spots.geojson").read_text(encoding="utf-8"))["features"]
    stored = read_explanations(results).explanations
    assert stored is not None
    assert stored.white_spots is not None
    assert len(stored.white_spots.spots) == len(zones) > 0
    assert (results / "white-spots.csv").is_file()
    assert "newly covers" in call.out
    assert run(["verify", str(results)], {}) == 0


def test_an_unknown_function_is_refused_with_a_suggestion(siteplan: Siteplan, results: Path) -> None:
    """A function that isn't one names those that come close."""
    call = siteplan("white-spots", results, "--function", "elderly")
    assert call.code == 2
    assert "elderly care" in call.err


def test_a_folder_that_cannot_be_written(siteplan: Siteplan, results: Path) -> None:
    """A file in the place of the folder is one clear error."""
    call = siteplan("white-spots", results, "--solve", "0", "--output", results / "plan.json")
    assert call.code == 2
    assert "can't be written" in call.err

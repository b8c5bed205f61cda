"""``siteplan roads`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.tiny_case import roads_xml
from typer.testing import CliRunner

from siteplan.cli.roads import roads_app
from siteplan.findings import InputError


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    """The tiny case's streets."""
    path = tmp_path / "roads.osm"
    path.write_text(roads_xml(), encoding="utf-8")
    return path


def test_info_as_json(roads: Path) -> None:
    """``--json`` prints nothing but the figures."""
    result = CliRunner().invoke(roads_app, ["info", str(roads), "--json", "--metric-crs", "EPSG:4545"])
    figures = json.loads(result.stdout)
    assert (figures["nodes"], figures["edges"], figures["metric_crs"]) == (9, 12, "EPSG:4545")


@pytest.mark.parametrize(("language", "word"), [("zh", "节点"), ("en", "nodes")])
def test_info_as_a_table(roads: Path, language: str, word: str) -> None:
    """The table speaks the language that is asked for."""
    result = CliRunner().invoke(roads_app, ["info", str(roads), "--lang", language])
    assert result.exit_code == 0
    assert word in result.stdout


def test_faults_are_left_to_the_caller(tmp_path: Path) -> None:
    """A bad file raises the InputError that the command line reports in one place."""
    result = CliRunner().invoke(roads_app, ["info", str(tmp_path)])
    assert isinstance(result.exception, InputError)

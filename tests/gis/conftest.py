"""Result folders of a tiny solved case: with ordinary names, and with hostile ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import write_tiny_project
from tests.tiny_case import changed, tiny_rows

from siteplan.cli.main import run

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../../etc/passwd",
    "😀" * 100,
    "长" * 200,
    "\u202eمرحبا بالعالم",
)


def solved(root: Path, **tables: Any) -> Path:
    """Make a project with the tiny case, solve it and return its result folder."""
    scenario = write_tiny_project(root, **tables) / "scenarios" / "tiny.yaml"
    assert run(["solve", str(scenario), "--only", "plan", "--output", str(root / "results")], {}) == 0
    return root / "results"


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the tiny case."""
    return solved(tmp_path_factory.mktemp("gis"))


@pytest.fixture(scope="session")
def hostile_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the tiny case with names that try to be something else."""
    tables: dict[str, Any] = {}
    for table in ("sites", "existing_services", "communities"):
        column = "community_name" if table == "communities" else "name"
        tables[table] = [
            changed(row, **{column: HOSTILE_NAMES[number % len(HOSTILE_NAMES)]})
            for number, row in enumerate(tiny_rows(table))
        ]
    return solved(tmp_path_factory.mktemp("hostile"), **tables)

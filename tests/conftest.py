"""Fixtures that several areas of the tests share."""

from __future__ import annotations

import math
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_case import write_tiny_case

from siteplan import covering
from siteplan.cli.main import run
from siteplan.highs import Clock
from siteplan.solve import compiling

REPOSITORY = Path(__file__).parents[1]

TINY_SCENARIO = """\
title: {zh: 小示例, en: tiny example}
case: ../data/tiny
years: [2027, 2028]
budget:
  sources:
    county:
      name: {zh: 县级财政资金, en: county budget}
      amounts_cny: {2027: 3_000_000, 2028: 3_000_000}
solver: {time_limit_s: 240, effort: 0.05}
"""


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes that share the tests agree on their names, and compile before they begin.

    Some names are made of sets, in hash order; it differs from run to run, so that no test comes to rest on
    one. On a machine's first run every process would compile the same anew, for a minute.
    """
    os.environ.setdefault("PYTHONHASHSEED", str(random.randrange(2**32)))
    if not hasattr(config, "workerinput") and config.getoption("numprocesses", None):
        compiling.compile_ahead()
        covering.compile_ahead()
        for part in compiling.COMPILERS:
            compiling.wait_until_compiled(part, Clock(math.inf))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the repository."""
    return REPOSITORY


def write_tiny_project(root: Path, **tables: Any) -> Path:
    """Make a project folder: the shipped model, the tiny case with other tables, ``scenarios/tiny.yaml``."""
    shutil.copytree(REPOSITORY / "model", root / "model")
    write_tiny_case(root / "data" / "tiny", **tables)
    (root / "scenarios").mkdir()
    (root / "scenarios" / "tiny.yaml").write_text(TINY_SCENARIO, encoding="utf-8")
    return root


@pytest.fixture
def tiny_project(tmp_path: Path) -> Path:
    """A project folder: the shipped model, the tiny case, ``scenarios/tiny.yaml``."""
    return write_tiny_project(tmp_path / "county")


@pytest.fixture(scope="session")
def solved_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny project after ``siteplan solve scenarios/tiny.yaml --only plan``, to be copied."""
    root = write_tiny_project(tmp_path_factory.mktemp("solved") / "county")
    scenario, results = root / "scenarios/tiny.yaml", root / "results/tiny"
    assert run(["solve", str(scenario), "--only", "plan", "--output", str(results)], {}) == 0
    return root


@pytest.fixture
def solved(solved_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A solved tiny project of the test's own, with ``results/tiny``; the working directory."""
    root = tmp_path / "county"
    shutil.copytree(solved_once, root)
    monkeypatch.chdir(root)
    return root

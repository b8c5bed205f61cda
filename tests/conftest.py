"""Fixtures that several areas of the tests share."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from tests.tiny_case import write_tiny_case

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


def pytest_configure() -> None:
    """Let the processes that share the tests agree on their names: some are made of sets, in hash order.

    The order differs from run to run, so that no test comes to rest on one.
    """
    os.environ.setdefault("PYTHONHASHSEED", str(random.randrange(2**32)))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the repository."""
    return REPOSITORY


@pytest.fixture
def tiny_project(tmp_path: Path) -> Path:
    """A project folder: the shipped model, the tiny case, ``scenarios/tiny.yaml``."""
    root = tmp_path / "county"
    shutil.copytree(REPOSITORY / "model", root / "model")
    write_tiny_case(root / "data" / "tiny")
    (root / "scenarios").mkdir()
    (root / "scenarios" / "tiny.yaml").write_text(TINY_SCENARIO, encoding="utf-8")
    return root

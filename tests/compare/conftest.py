"""Result folders of two scenarios of the tiny case, and their comparison as the command writes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.conftest import REPOSITORY, TINY_SCENARIO
from tests.report.conftest import HOSTILE_NAMES
from tests.tiny_case import changed, tiny_rows, write_tiny_case

from siteplan.cli.main import run

HALF = "extends: tiny.yaml\ntitle: {zh: 资金减半, en: half the money}\nbudget: {scale: 0.3}\n"


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose names try to be something else: ``results/tiny``, ``results/half``, ``results/out``."""
    root = tmp_path_factory.mktemp("compare") / "county"
    shutil.copytree(REPOSITORY / "model", root / "model")
    names = iter(HOSTILE_NAMES * 3)
    sites = [changed(row, name=next(names)) for row in tiny_rows("sites")]
    communities = [changed(row, community_name=next(names)) for row in tiny_rows("communities")]
    write_tiny_case(root / "data" / "tiny", sites=sites, communities=communities)
    (root / "scenarios").mkdir()
    (root / "scenarios" / "tiny.yaml").write_text(TINY_SCENARIO, encoding="utf-8")
    (root / "scenarios" / "half.yaml").write_text(HALF, encoding="utf-8")
    before = Path.cwd()
    os.chdir(root)
    try:
        for scenario in ("tiny", "half"):
            assert run(["solve", f"scenarios/{scenario}.yaml", "--effort", "0.04", "--only", "plan"], {}) == 0
        arguments = ["compare", "scenarios/tiny.yaml", "scenarios/half.yaml", "--output", "results/out"]
        assert run(arguments, {"SITEPLAN_LANG": "en"}) == 0
    finally:
        os.chdir(before)
    return root

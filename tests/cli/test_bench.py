"""``siteplan bench make``."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bench.test_making import TINY
from tests.cli.conftest import Siteplan

from siteplan.bench.making import ALL_RULES, BASES, make_case


def test_the_command_refuses_a_used_folder(siteplan: Siteplan, tmp_path: Path) -> None:
    """``siteplan bench make`` writes into no folder that holds something."""
    (tmp_path / "kept.txt").write_text("mine", encoding="utf-8")
    call = siteplan("bench", "make", "--size", "county", "--output", str(tmp_path))
    assert call.code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["kept.txt"]


def test_the_command_makes_a_case(siteplan: Siteplan, tmp_path: Path) -> None:
    """``siteplan bench make`` says what it made and how to solve it."""
    folder = tmp_path / "county"
    call = siteplan("bench", "make", "--size", "county", "--output", str(folder))
    assert call.code == 0
    assert "60 demand points" in call.err
    assert (folder / "scenarios" / "residents.yaml").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("basis", BASES)
def test_a_plan_keeps_every_rule_of_a_made_case(basis: str, siteplan: Siteplan, tmp_path: Path) -> None:
    """The scenario with all rules of a tiny case is solved, and its plan verified."""
    made = make_case(TINY, 7, tmp_path / "made")
    scenario, results = made.folder / "scenarios" / f"{basis}-{ALL_RULES}.yaml", tmp_path / "results"
    options = ("--only", "plan", "--effort", "0.02", "--output", results)
    assert siteplan("solve", scenario, *options).code == 0
    assert siteplan("verify", results).code == 0

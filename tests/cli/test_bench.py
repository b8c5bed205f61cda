"""``siteplan bench make``."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Siteplan


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

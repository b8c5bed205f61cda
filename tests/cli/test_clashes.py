"""No plan: the command line says which rules clash, where they are stated, and what would help."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Siteplan

NO_MONEY = """\
extends: tiny.yaml
title: {zh: 无解, en: no plan}
commit:
  first: {site: S1, year: 2027}
budget: {scale: 0}
"""


def test_a_clash_names_file_and_line(siteplan: Siteplan, tiny_project: Path) -> None:
    """The site committed on line 4 and the money of line 5, in Chinese and English; exit code 3."""
    scenario = tiny_project / "scenarios/no-plan.yaml"
    scenario.write_text(NO_MONEY, encoding="utf-8")
    for lang, first, second in (
        ("en", "line 4, commit.first", "line 5, budget"),
        ("zh", "第 4 行，commit.first", "第 5 行，budget"),
    ):
        call = siteplan("solve", scenario, "--output", tiny_project / "results", lang=lang)
        assert call.code == 3
        told = call.err.replace("\n", "")
        assert first in told
        assert second in told
        assert "no-plan.yaml" in told

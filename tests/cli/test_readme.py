"""What the README promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


@pytest.fixture
def readme(repository: Path) -> str:
    """Text of the README."""
    return (repository / "README.md").read_text(encoding="utf-8")


def test_quick_start_has_two_bash_blocks(readme: str) -> None:
    """Exactly two ``bash`` blocks, of one command line each, both in the quick start."""
    blocks = re.findall(r"^```bash\n(.*?)^```$", readme, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    assert all(len(block.splitlines()) == 1 for block in blocks)
    quick_start = readme.partition("## Quick start")[2].partition("\n## ")[0]
    assert quick_start.count("```bash") == 2
    assert "siteplan solve scenarios/2027.yaml && " in blocks[0]
    assert "siteplan verify results/2027" in blocks[0]
    assert "-m pytest" in blocks[1]


def test_links_lead_somewhere(repository: Path) -> None:
    """Every relative link of the README and the guides leads to a file."""
    for document in (repository / "README.md", *(repository / "docs").glob("*.md")):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"

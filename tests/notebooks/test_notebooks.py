"""The notebooks run as they are, and what they show was made by running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LARGEST_BYTES = 1_500_000
TIMEOUT_S = 300
"""Seconds that a cell may take."""


def read(file: Path) -> Any:
    return nbformat.reads(file.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds_of_output(notebook: Any) -> list[list[str]]:
    """Return the kinds of what each code cell shows: MIME types, names of streams."""
    return [
        [
            kind
            for output in cell.outputs
            for kind in sorted(output.get("data", [output.get("name", "error")]))
        ]
        for cell in code_cells(notebook)
    ]


def test_there_are_notebooks() -> None:
    """The tests below have something to test."""
    assert NOTEBOOKS


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_committed_outputs(file: Path) -> None:
    """A notebook is committed as run once from its first cell to its last, and says what its data are."""
    notebook = read(file)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = [kind for shown in kinds_of_output(notebook) for kind in shown]
    assert "image/png" in kinds
    assert "text/html" in kinds
    assert not {"error", "stderr"} & set(kinds)
    text = notebook.cells[0].source
    assert "illustrative" in text
    assert "示例" in text


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_small_file(file: Path) -> None:
    """A notebook stays small enough to be opened, mailed and reviewed."""
    assert file.stat().st_size < LARGEST_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_runs(file: Path) -> None:
    """Every cell runs in a fresh kernel and shows the kinds of things that are committed."""
    committed, fresh = read(file), read(file)
    NotebookClient(fresh, timeout=TIMEOUT_S, kernel_name="python3").execute()
    assert kinds_of_output(fresh) == kinds_of_output(committed)

"""What several files of solver tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from siteplan.highs import SolverSession


@pytest.fixture(scope="module")
def session() -> Iterator[SolverSession]:
    """One solver process for the whole file."""
    with SolverSession() as running:
        yield running

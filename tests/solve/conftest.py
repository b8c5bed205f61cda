"""What several files of solver tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from siteplan.highs import SolverSession
from siteplan.solve import planning


@pytest.fixture(scope="module")
def session() -> Iterator[SolverSession]:
    """One solver process for the whole file."""
    with SolverSession() as running:
        yield running


@pytest.fixture
def by_stages_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve by the stages alone: the whole program beside them is faster where problems are small."""
    monkeypatch.setattr(planning, "begun_at_once", lambda _run: None)

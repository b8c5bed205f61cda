"""``explanations.json``: what is stored is added to, and belongs to one plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from siteplan.publish import (
    EXPLANATIONS_FILE,
    Cause,
    CauseShare,
    MissedTarget,
    Remedy,
    Words,
    read_explanations,
    store_explanations,
)
from siteplan.publish.explanations import CAUSE_NAMES
from siteplan.scenario import Basis
from siteplan.text import Text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    results = tmp_path / "2027"
    results.mkdir()
    (results / "plan.json").write_text("{}", encoding="utf-8")
    return results


def missed(function: str, year: int, value: float) -> MissedTarget:
    words = Words(zh="多 50 万元", en="50 × 10 000 CNY more")
    return MissedTarget(
        function=function,
        year=year,
        basis=Basis.REACHABLE,
        counts_communities=True,
        target=2.0,
        covered=2.0 - value,
        counted=2.0,
        missing=value,
        missing_alone_low=0.0,
        missing_alone_high=0.0,
        causes=(CauseShare(cause=Cause.MONEY, value=value, low=value, high=value),),
        remedies=(Remedy(kind="money", gain=value, cny=500_000.0, cny_at_least=500_000.0, words=words),),
    )


def test_what_is_stored_is_added_to(folder: Path) -> None:
    """Sites and function-years join what is there; the same ones are replaced."""
    store_explanations(folder, sites={"S1": [Text(" 因为", "since")]})
    store_explanations(folder, shortfalls=[missed("meals", 2028, 1.0), missed("meals", 2027, 1.0)])
    store_explanations(folder, sites={"S2": []}, shortfalls=[missed("meals", 2028, 2.0)])
    stored = read_explanations(folder).explanations
    assert stored is not None
    assert stored.reasons() == {"S1": (Text("因为", "since"),), "S2": ()}
    assert [(entry.year, entry.missing) for entry in stored.shortfalls] == [(2027, 1.0), (2028, 2.0)]
    assert stored.shortfalls[0].is_proven
    assert json.loads((folder / EXPLANATIONS_FILE).read_text("utf-8"))["schema"] == "siteplan-explanations/1"
    assert sorted(path.name for path in folder.iterdir()) == [EXPLANATIONS_FILE, "plan.json"]


def test_another_plan_is_not_explained(folder: Path) -> None:
    """Once the plan has changed, what was stored is ignored, which is said; storing begins anew."""
    assert read_explanations(folder).ignored is None
    store_explanations(folder, sites={"S1": [Text.same("x")]})
    (folder / "plan.json").write_text('{"a": 1}', encoding="utf-8")
    stored = read_explanations(folder)
    assert stored.explanations is None
    assert stored.ignored is not None
    assert "explains another plan" in stored.ignored.en
    store_explanations(folder, sites={"S2": []})
    again = read_explanations(folder).explanations
    assert again is not None
    assert set(again.sites) == {"S2"}


@pytest.mark.parametrize("content", ["", "[1]", '{"sites": {}}'])
def test_a_file_that_cannot_be_used_is_ignored(folder: Path, content: str) -> None:
    """What isn't stored explanations is ignored with a message."""
    (folder / EXPLANATIONS_FILE).write_text(content, encoding="utf-8")
    ignored = read_explanations(folder).ignored
    assert ignored is not None
    assert "can't be used" in ignored.en


def test_every_cause_has_a_name() -> None:
    """In both languages, in the order of `Cause`."""
    assert list(CAUSE_NAMES) == list(Cause)

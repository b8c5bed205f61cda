"""What the solve stage returns, and what it raises when the hard rules clash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from siteplan.plan import Decisions, LevelResult
from siteplan.solve.conflict import Conflict
from siteplan.text import Text

StoppedBy = Literal["completed", "gap", "work_limit", "time_limit", "interrupted"]


@dataclass(frozen=True, slots=True)
class SolveResult:
    """The decisions with the value, bound and gap of every objective level, and what ended the run."""

    decisions: Decisions
    levels: tuple[LevelResult, ...]
    stopped_by: StoppedBy


class InfeasibleError(Exception):
    """No plan meets the hard rules; ``conflict`` names the rules that clash, as constraint families.

    The set is irreducible where ``explained.is_narrow``: without any one of them the others can be met
    together. There may be further conflicts, so leaving one out need not make a plan possible. ``explained``
    has the objects that clash and the least relaxations.
    """

    def __init__(self, conflict: tuple[str, ...], text: Text, explained: Conflict | None = None) -> None:
        self.conflict = conflict
        self.text = text
        self.explained = explained
        super().__init__(text.en)


class NoPlanError(Exception):
    """The time ran out, or the user interrupted, before any plan was found."""

    def __init__(self, interrupted: bool) -> None:
        self.interrupted = interrupted
        super().__init__("interrupted without a plan" if interrupted else "time limit without a plan")

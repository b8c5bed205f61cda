"""What a run tells while it works. Stages report; the command line shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Progress:
    """One report: the stage, and what is known so far of the objective level in work.

    ``incumbent``, ``bound`` and ``gap`` are in the level's ``unit`` (coverage points, m², CNY, …).
    """

    stage: Text
    elapsed_s: float
    level: str | None = None
    unit: Text | None = None
    incumbent: float | None = None
    bound: float | None = None
    gap: float | None = None


class ProgressListener(Protocol):
    """Anything that takes progress reports, for example a line on a terminal."""

    def __call__(self, progress: Progress, /) -> None:
        """Take one report."""


def silent(progress: Progress, /) -> None:
    """Take a report and show nothing."""

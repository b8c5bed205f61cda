"""HiGHS: programs as arrays, and the solver session in a process of its own."""

from siteplan.highs.program import FloatArray, Program
from siteplan.highs.session import (
    LARGE_RELAXATION,
    Answer,
    Clock,
    Limits,
    Listener,
    SolverSession,
    Status,
)

__all__ = [
    "LARGE_RELAXATION",
    "Answer",
    "Clock",
    "FloatArray",
    "Limits",
    "Listener",
    "Program",
    "SolverSession",
    "Status",
]

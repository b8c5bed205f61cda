"""HiGHS: programs as arrays, and the solver session in a process of its own."""

from siteplan.highs.program import FloatArray, Program
from siteplan.highs.session import Answer, Clock, Ended, Limits, Listener, SolverSession, Status

__all__ = [
    "Answer",
    "Clock",
    "Ended",
    "FloatArray",
    "Limits",
    "Listener",
    "Program",
    "SolverSession",
    "Status",
]

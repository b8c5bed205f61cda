"""HiGHS: programs as arrays, and the solver session in a process of its own."""

from siteplan.highs.program import FloatArray, Program
from siteplan.highs.session import Answer, Clock, Limits, Listener, SolverSession, Status

__all__ = [
    "Answer",
    "Clock",
    "FloatArray",
    "Limits",
    "Listener",
    "Program",
    "SolverSession",
    "Status",
]

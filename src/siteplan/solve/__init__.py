"""Solve the planning problem: formulation, search, decomposition, the solver session."""

from siteplan.highs import Clock
from siteplan.solve.compiling import compile_ahead
from siteplan.solve.levels import proven_levels
from siteplan.solve.planning import solve
from siteplan.solve.program import Cut
from siteplan.solve.result import InfeasibleError, NoPlanError, SolveResult

__all__ = [
    "Clock",
    "Cut",
    "InfeasibleError",
    "NoPlanError",
    "SolveResult",
    "compile_ahead",
    "proven_levels",
    "solve",
]

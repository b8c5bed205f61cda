"""Covering problems on a sparse reach matrix: maximal, set and partial covering with safe bounds."""

from siteplan.covering.api import CoveringResult, NotCoverableError, solve_lscp, solve_mclp, solve_pscp
from siteplan.covering.maximal import compile_ahead

__all__ = [
    "CoveringResult",
    "NotCoverableError",
    "compile_ahead",
    "solve_lscp",
    "solve_mclp",
    "solve_pscp",
]

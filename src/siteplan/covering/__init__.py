"""Covering problems on a sparse reach matrix: maximal, set and partial covering with safe bounds."""

from siteplan.covering.api import CoveringResult, NotCoverableError, solve_lscp, solve_mclp, solve_pscp

__all__ = ["CoveringResult", "NotCoverableError", "solve_lscp", "solve_mclp", "solve_pscp"]

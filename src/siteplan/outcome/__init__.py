"""Outcome: what decisions achieve and cost — coverage, assignment, area, money, level values."""

from siteplan.outcome.assignment import assign
from siteplan.outcome.decisions import decisions_of
from siteplan.outcome.evaluation import Outcome, evaluate, make_plan
from siteplan.outcome.levels import MAXIMISED, UNITS, advantage, level_value

__all__ = [
    "MAXIMISED",
    "UNITS",
    "Outcome",
    "advantage",
    "assign",
    "decisions_of",
    "evaluate",
    "level_value",
    "make_plan",
]

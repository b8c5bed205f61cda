"""Assemble the planning problem from the inputs and the walking distances (stage ``problem``)."""

from siteplan.assemble.check_by_hand import check_by_hand
from siteplan.assemble.check_targets import check_local_targets
from siteplan.assemble.futures import check_future_cases, future_changes
from siteplan.assemble.problem import build_problem

__all__ = [
    "build_problem",
    "check_by_hand",
    "check_future_cases",
    "check_local_targets",
    "future_changes",
]

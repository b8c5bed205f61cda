"""siteplan from Python: scenarios, plans, comparisons and maps for a notebook.

The way through is that of ``siteplan solve`` (`siteplan.cli.stages`); nothing is written to the disk unless a
method says so.
"""

from siteplan.api.comparing import Comparison, Picture, compare
from siteplan.api.exploring import InteractiveMap, explore
from siteplan.api.planning import Case, Plan, Scenario, Why

__all__ = [
    "Case",
    "Comparison",
    "InteractiveMap",
    "Picture",
    "Plan",
    "Scenario",
    "Why",
    "compare",
    "explore",
]

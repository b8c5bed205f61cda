"""siteplan: where to put community services, in which existing space, in which year.

From Python: ``Scenario.load("scenarios/2027.yaml").with_(budget={"scale": 0.5}).solve().sites``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siteplan.api import (
        Case,
        Comparison,
        InteractiveMap,
        Picture,
        Plan,
        Scenario,
        Why,
        compare,
        explore,
    )

__all__ = ["Case", "Comparison", "InteractiveMap", "Picture", "Plan", "Scenario", "Why", "compare", "explore"]


def __getattr__(name: str) -> Any:
    """Load the API when it is first asked for: the solver and the geographic libraries take a second."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from siteplan import api  # noqa: PLC0415 - see above

    return getattr(api, name)

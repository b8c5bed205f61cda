"""Nearest with a place: a plan claims those who are nearest, where its program may seat others."""

from __future__ import annotations

import pytest
from tests.tiny_problem import ELDERLY, A, candidate, existing_elderly_care, nearest_with_a_place

from siteplan.case import Form, Mode
from siteplan.plan import Decisions
from siteplan.problem import Money, Pace, Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import solve


def dear_or_cheap() -> Problem:
    """Return a problem of one year in which one of two sites opens, beside e1 with 20 places.

    ===== ======== ============== ===============
    point e1       s1 (dear)      s2 (cheap)
    ===== ======== ============== ===============
    a1    100 m    out of reach   400 m
    a2    200 m    100 m          out of reach
    ===== ======== ============== ===============

    20 elderly persons live at each. With s1 everybody has a place. With s2 the program may seat a2 at e1 and
    a1 at s2; by distance a1 is at e1, and a2 has none.
    """
    hosted = frozenset({ELDERLY})
    sites = (
        existing_elderly_care("e1"),
        candidate("s1", A, 200.0, 900_000.0, Mode.REBUILD, may_host=hosted),
        candidate("s2", A, 200.0, 100_000.0, Mode.REBUILD, may_host=hosted),
    )
    return nearest_with_a_place(
        sites,
        {"a1": {"e1": 100.0, "s2": 400.0}, "a2": {"e1": 200.0, "s1": 100.0}},
        money=Money(None, {}, True, {}),
        pace=Pace(1, None),
        objective=(Level.SHORTFALL, Level.COST),
    )


def test_a_later_level_keeps_what_the_plan_claims() -> None:
    """The cheap site is no worse in the program, but would leave a2 without a place."""
    start = Decisions(
        start_year={("s1", ELDERLY): 2027},
        room_m2={("s1", "elderly", 2027): 40.0},
        area_m2={("s1", ELDERLY, 2027): 40.0},
        forms={"s1": Form.SCATTERED},
    )
    result = solve(dear_or_cheap(), SolverSettings(time_limit_s=60.0, effort=0.02), start=start)
    assert result.decisions.start_year == start.start_year
    assert result.levels[0].value == pytest.approx(0.0)

"""HiGHS alone is judged by its plan, as siteplan is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tiny_problem import DEMAND, ELDERLY, EXISTING, reach_from, tiny_problem

from siteplan.bench.plain import plain_first_level
from siteplan.problem import Problem
from siteplan.scenario import AssignmentRule, Basis


def one_of_two_sites_is_far() -> Problem:
    """Return a problem of two existing sites of 20 places each, with nothing to decide.

    20 elderly persons at a1 are 100 m from e1 and 400 m from e2, 20 at a2 are 200 m from e1 alone.
    """
    problem = tiny_problem()
    elderly = problem.functions[ELDERLY]
    homes = [replace(home, target_group={ELDERLY: 20.0}) for home in DEMAND[:2]]
    sites = [
        replace(EXISTING, site_id=key, programme={ELDERLY: 20.0 / elderly.capacity_persons_per_m2})
        for key in ("e1", "e2")
    ]
    return replace(
        problem,
        years=(2027,),
        functions={ELDERLY: elderly},
        demand={home.demand_id: home for home in homes},
        sites={site.site_id: site for site in sites},
        reach=reach_from({"a1": {"e1": 100.0, "e2": 400.0}, "a2": {"e1": 200.0}}, ("e1", "e2")),
        basis=Basis.SERVED,
        targets={(ELDERLY, 2027): 100.0},
        assignment_rule=AssignmentRule.NEAREST_WITH_A_PLACE,
    )


def test_the_value_is_that_of_the_plan() -> None:
    """The program may seat a2 at e1 and a1 at e2; by distance e1 is full of a1, and a2 stays without."""
    answer = plain_first_level(one_of_two_sites_is_far(), 1, 20.0)
    assert answer.bound == pytest.approx(0.0)
    assert answer.value == pytest.approx(50.0)

"""HiGHS alone is judged by its plan, as siteplan is."""

from __future__ import annotations

import pytest
from tests.tiny_problem import existing_elderly_care, nearest_with_a_place

from siteplan.bench.plain import plain_first_level


def test_the_value_is_that_of_the_plan() -> None:
    """The program may seat a2 at e1 and a1 at e2; by distance e1 is full of a1, and a2 stays without."""
    sites = (existing_elderly_care("e1"), existing_elderly_care("e2"))
    problem = nearest_with_a_place(sites, {"a1": {"e1": 100.0, "e2": 400.0}, "a2": {"e1": 200.0}})
    answer = plain_first_level(problem, 1, 20.0)
    assert answer.bound == pytest.approx(0.0)
    assert answer.value == pytest.approx(50.0)

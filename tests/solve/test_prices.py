"""Bounds from prices: below every plan, not trivial, and at large sizes near what a search finds."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tests.solve.brute_force import best_levels
from tests.solve.random_problem import random_problem
from tests.solve.test_against_brute_force import tiny_instance

from siteplan.highs import Clock
from siteplan.scenario import Basis, Level
from siteplan.solve.decompose.prices import priced_bounds
from siteplan.solve.formulation import OBJECTIVES
from siteplan.solve.search.start import search


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 24))]
)
def test_no_plan_is_better_than_the_bound(seed: int) -> None:
    """The best of all plans has at least the bound's shortfall."""
    problem = replace(tiny_instance(seed), objective=(Level.SHORTFALL,))
    best = best_levels(problem)
    if best is None:
        pytest.skip("no plan keeps the rules")
    per_point = OBJECTIVES[Level.SHORTFALL].reported_per_model(problem)
    answer = priced_bounds(problem, Clock(time.monotonic() + 60.0))
    assert sum(answer.by_year.values()) <= answer.total + 1e-9
    assert answer.total * per_point <= best[Level.SHORTFALL] + 1e-9


@pytest.mark.parametrize("basis", [Basis.REACHABLE, Basis.RESIDENTS])
def test_the_bound_is_near_a_good_plan(basis: Basis) -> None:
    """Where money is short the bound proves most of the shortfall, and more than year by year."""
    problem = random_problem(1, basis=basis, communities=12, points=80, sites=40, budget_cny=3_000_000.0)
    clock = Clock(time.monotonic() + 60.0)
    found = search(problem, seed=1, moves=60_000, runs=1, clock=clock)
    assert found is not None
    answer = priced_bounds(problem, clock)
    assert 0.6 * found.shortfall < answer.total <= found.shortfall
    assert answer.total > sum(answer.by_year.values())


def test_forbidden_sites_are_left_in() -> None:
    """What is forbidden until some year may be provided later: the bound doesn't forbid it."""
    problem = random_problem(2, communities=6, points=30, sites=20, budget_cny=3_000_000.0)
    forbidden = {
        (site, function): problem.years[0] for site in problem.planned_sites for function in problem.functions
    }
    clock = Clock(time.monotonic() + 60.0)
    free = priced_bounds(problem, clock)
    bounded = priced_bounds(replace(problem, forbidden_by_hand=forbidden), clock)
    assert (bounded.by_year, bounded.total) == (free.by_year, free.total)

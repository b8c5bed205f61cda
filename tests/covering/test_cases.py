"""Bounds by cases: safe whatever the prices, the LP's where these don't differ, and lower where they do."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from siteplan.covering.bounds import maximal_covering_bound
from siteplan.covering.cases import Cases, bound_by_cases, cases_of, likely_cases, prices_by_case
from siteplan.covering.instance import Instance, make_instance
from siteplan.covering.lowering import upper_bounds
from siteplan.covering.state import greedy, neighbours_of, rows_of
from siteplan.highs import Clock

CASES = 8
UNLIMITED = Clock(np.inf)


def random_instance(seed: int) -> tuple[Instance, float]:
    """Return points scattered on a square and fewer sites, with a budget for some of these."""
    random = np.random.default_rng(seed)
    demand, sites = int(random.integers(3, 25)), int(random.integers(2, 10))
    points, places = random.random((demand, 2)), random.random((sites, 2))
    reach = np.linalg.norm(points[:, None] - places, axis=2) <= 0.4
    reach[np.arange(demand), random.integers(0, sites, demand)] = True
    reach[random.integers(0, demand, sites), np.arange(sites)] = True
    weights, costs = random.integers(1, 20, demand) + random.random(demand), random.uniform(0.5, 3.0, sites)
    budget = float(costs.sum() * random.uniform(0.2, 0.8))
    return make_instance(sparse.csr_array(reach), weights, costs), budget


def random_cases(instance: Instance, seed: int) -> Cases:
    """Return random regions, each with a few random groups of sites, some of them empty."""
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 4))
    groups = []
    for _ in range(count):
        group = random.integers(0, CASES, instance.site_count)
        groups.append([np.flatnonzero(group == case) for case in range(CASES - 1)])
    return cases_of(random.integers(0, count, instance.demand_count), groups, CASES, instance)


def best_within(instance: Instance, budget: float) -> float:
    """Return the most weight that sites within the budget cover, by trying all."""
    sites = range(instance.site_count)
    every = chain.from_iterable(combinations(sites, count) for count in range(instance.site_count + 1))
    return max(
        instance.covered_weight(np.array(chosen, dtype=np.int64))
        for chosen in every
        if instance.costs[list(chosen)].sum() <= budget
    )


def lp_bound(instance: Instance, budget: float) -> float:
    rows = rows_of(instance)
    return next(upper_bounds(rows, instance, neighbours_of(rows, 99), budget, lambda: 0.0, UNLIMITED))


@given(seed=st.integers(0, 100_000), scale=st.floats(0.0, 2.0))
@settings(max_examples=80, deadline=None)
def test_no_selection_is_better_whatever_the_prices(seed: int, scale: float) -> None:
    """Prices and premiums may be anything, even outside their limits."""
    instance, budget = random_instance(seed)
    cases, random = random_cases(instance, seed), np.random.default_rng(seed + 1)
    prices = scale * random.normal(10.0, 8.0, (instance.demand_count, CASES))
    premiums = scale * random.normal(5.0, 10.0, (int(cases.counts[0]), CASES))
    assert bound_by_cases(instance, budget, cases, prices, premiums) >= best_within(instance, budget) - 1e-9


@given(seed=st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_prices_alike_in_all_cases_bound_as_one(seed: int) -> None:
    """Without premiums and with one price in all cases the bound is that of these prices."""
    instance, budget = random_instance(seed)
    cases = random_cases(instance, seed)
    prices = np.random.default_rng(seed + 1).random(instance.demand_count) * instance.weights
    alike, none = np.repeat(prices[:, None], CASES, axis=1), np.zeros((int(cases.counts[0]), CASES))
    bound = bound_by_cases(instance, budget, cases, alike, none)
    assert bound == pytest.approx(maximal_covering_bound(instance, budget, prices), rel=1e-9)


@given(seed=st.integers(0, 100_000))
@settings(max_examples=15, deadline=None)
def test_what_the_ascent_finds_holds(seed: int) -> None:
    """With cases as they are made, and the prices found for them, no selection is better than the bound."""
    instance, budget = random_instance(seed)
    rows, best = rows_of(instance), best_within(instance, budget)
    half = 0.5 * instance.weights
    near, mass = neighbours_of(rows, 99), np.random.default_rng(seed).random(instance.site_count)
    cases = likely_cases(instance, near, mass, half, CASES, UNLIMITED)
    prices, premiums = prices_by_case(rows, cases, budget, half, best, 300, UNLIMITED)
    assert bound_by_cases(instance, budget, cases, prices, premiums) >= best - 1e-9


def test_a_mass_spread_thinly_has_regions() -> None:
    """Where the LP opens a little of every site, its demand points still belong to a region."""
    instance, _ = random_instance(1)
    near, mass = neighbours_of(rows_of(instance), 99), np.full(instance.site_count, 1e-7)
    cases = likely_cases(instance, near, mass, 0.5 * instance.weights, CASES, UNLIMITED)
    assert cases.counts.tolist() == [1, CASES]
    assert (cases.region == 0).all()


def triangle() -> tuple[Instance, Cases]:
    """Return three points of which each of three sites reaches two, and one with a site of its own.

    Two sites cover 30. The LP covers 35: all three of the triangle by halves of its sites, and half of the
    fourth. The cases: the triangle's first site is open, or it is not.
    """
    reach = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1]])
    instance = make_instance(sparse.csr_array(reach), [10.5, 10.5, 10.5, 10.5], None)
    groups = [np.array([0]), *[np.empty(0, dtype=np.int64)] * (CASES - 2)]
    return instance, cases_of(np.zeros(4, dtype=np.int64), [groups], CASES, instance)


def test_two_cases_close_the_lps_gap() -> None:
    """By hand: with the first site open, the point it misses has a price of 10.5 and it a premium of 10.5."""
    instance, cases = triangle()
    prices, premiums = np.zeros((4, CASES)), np.zeros((1, CASES))
    prices[:, 0], premiums[0, 0] = [0.0, 10.5, 0.0, 10.5], 10.5
    premiums[0, 1:-1] = 42.0
    prices[:, -1] = [10.5, 0.0, 10.5, 10.5]
    assert lp_bound(instance, 2.0) == pytest.approx(36.75)
    assert best_within(instance, 2.0) == 31.5
    assert bound_by_cases(instance, 2.0, cases, prices, premiums) == pytest.approx(31.5)


def test_the_ascent_finds_such_prices() -> None:
    """From half the weights, the bound comes within a hundredth of the optimum; the LP's is a sixth off."""
    instance, cases = triangle()
    half = 0.5 * instance.weights
    prices, premiums = prices_by_case(rows_of(instance), cases, 2.0, half, 31.5, 3000, UNLIMITED)
    assert 31.5 - 1e-9 <= bound_by_cases(instance, 2.0, cases, prices, premiums) <= 1.01 * 31.5


def test_cases_of_a_map_lower_the_lps_bound() -> None:
    """On points scattered on a square, with regions and groups as they are made."""
    random = np.random.default_rng(2)
    place = random.random((600, 2))
    reach = sparse.csr_array(np.linalg.norm(place[:, None] - place, axis=2) <= 0.15)
    instance = make_instance(reach, random.integers(1, 100, 600), None)
    rows = rows_of(instance)
    known = instance.covered_weight(greedy(rows, 12.0, 0.0))
    bounds = upper_bounds(rows, instance, neighbours_of(rows, 600), 12.0, lambda: known, UNLIMITED)
    lp, by_cases = next(bounds), next(bounds)
    assert by_cases < lp - 50.0

"""Row weighting, and what set and partial covering find with it: no selection is dearer than it must be."""

from __future__ import annotations

import math
import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from siteplan.covering import solve_lscp, solve_pscp
from siteplan.covering.instance import Instance, make_instance
from siteplan.covering.partial import Descent
from siteplan.covering.state import SPENT, rows_of, seed_random, selection_of
from siteplan.covering.weighting import LEAST_MISSING, MISSING, UNCOVERED, best_of, first_weighting, weigh
from siteplan.highs import Clock

NOBODY_SELECTED = np.empty(0, dtype=np.int64)


def small_instance(seed: int, *, are_costs_alike: bool) -> Instance:
    """Return 25 demand points and 12 sites, of which all together reach everybody."""
    random = np.random.default_rng(seed)
    reach = random.random((25, 12)) < 0.25
    reach[np.arange(25), random.integers(0, 12, 25)] = True
    costs = np.ones(12) if are_costs_alike else random.integers(1, 9, 12).astype(float)
    return make_instance(sparse.csr_array(reach), random.integers(1, 20, 25).astype(float), costs)


def cheapest(instance: Instance, wanted: float) -> float:
    """Return the least cost of covering so much weight, by trying every selection."""
    everything = range(instance.site_count)
    selections = (list(some) for size in range(13) for some in combinations(everything, size))
    return min(
        float(instance.costs[some].sum())
        for some in (np.array(selection, dtype=np.int64) for selection in selections)
        if instance.covered_weight(some) >= wanted
    )


@given(st.integers(0, 10_000), st.integers(0, 8), st.integers(0, 300))
@settings(max_examples=30, deadline=None)
def test_what_is_not_covered_is_kept_up_to_date(seed: int, budget: int, steps: int) -> None:
    """After any steps the uncovered demand points and their weight are as if worked out anew."""
    instance = small_instance(seed, are_costs_alike=False)
    seed_random(seed)
    search = first_weighting(rows_of(instance), NOBODY_SELECTED)
    is_everybody_covered = weigh(search, float(budget), steps)
    selected = selection_of(search.state)
    is_covered = instance.is_covered(selected)
    assert sorted(search.uncovered[: search.counts[UNCOVERED]]) == np.flatnonzero(~is_covered).tolist()
    assert search.sums[MISSING] == pytest.approx(instance.weights[~is_covered].sum())
    assert search.state.sums[SPENT] == pytest.approx(instance.costs[selected].sum())
    assert is_everybody_covered == (bool(is_covered.all()) and instance.costs[selected].sum() <= budget)
    best = best_of(search)
    assert instance.costs[best].sum() <= budget
    assert search.sums[LEAST_MISSING] == pytest.approx(instance.weights.sum() - instance.covered_weight(best))
    assert search.sums[LEAST_MISSING] <= search.sums[MISSING] + 1e-9
    for site in range(instance.site_count):
        rows = instance.reach.toarray()[:, site] > 0.0
        assert search.state.fresh[site] == pytest.approx(search.rows.weights[rows & ~is_covered].sum())


@pytest.mark.parametrize("are_costs_alike", [True, False])
@pytest.mark.parametrize("share", [0.8, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_the_cheapest(seed: int, share: float, are_costs_alike: bool) -> None:
    """By itself, without the solver that it usually runs beside, it ends with the least cost there is."""
    instance = small_instance(seed, are_costs_alike=are_costs_alike)
    wanted = None if share == 1.0 else share * float(instance.weights.sum())
    least = cheapest(instance, wanted or float(instance.weights.sum()))
    everything, clock = np.arange(instance.site_count), Clock(time.monotonic() + 120.0)
    descent = Descent(instance, wanted, everything, least, clock, clock.until(math.inf))
    descent.run(seed)
    assert instance.costs[descent.best].sum() == least
    assert descent.bound <= least
    assert descent.solving.not_needed.is_set()


@pytest.mark.slow
def test_many_sites_are_searched_beside_the_solver() -> None:
    """Where the solver alone stays far off, everybody and a share are covered at a cost near the bound."""
    random = np.random.default_rng(3)
    place = random.uniform(0.0, 10.0, (1500, 2))
    reach = sparse.csr_array(np.linalg.norm(place[:, None] - place, axis=2) <= 0.6)
    weights = random.integers(1, 100, 1500).astype(float)
    everybody = solve_lscp(reach, time_limit=20.0)
    share = solve_pscp(reach, weights, 0.9, time_limit=20.0)
    assert (reach[:, everybody.selected].sum(axis=1) > 0).all()
    assert weights[reach[:, share.selected].sum(axis=1) > 0].sum() >= 0.9 * weights.sum()
    assert everybody.bound <= everybody.objective <= 1.08 * everybody.bound
    assert share.bound <= share.objective <= 1.05 * share.bound

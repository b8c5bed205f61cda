"""What generations are confined to: sites that a plan near the bound may well have."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from siteplan.covering import maximal, population, solve_mclp
from siteplan.covering.ascent import good_prices
from siteplan.covering.bounds import maximal_covering_bound
from siteplan.covering.core import LEAST_PLANS, core_of, core_of_all, profits_and_worth, promising_cores
from siteplan.covering.instance import FloatArray, Instance, make_instance
from siteplan.covering.population import Found
from siteplan.covering.state import VALUE, rows_of, state_of
from siteplan.highs import Clock

SIZE = 8


def random_instance(seed: int, count: int = 120) -> Instance:
    """Return points scattered on a square, each a site as well."""
    random = np.random.default_rng(seed)
    place = random.uniform(0.0, 1.0, (count, 2))
    reach = np.linalg.norm(place[:, None] - place, axis=2) <= 0.15
    return make_instance(sparse.csr_array(reach), random.integers(1, 2_000, count).astype(float), None)


def prices_of(instance: Instance) -> FloatArray:
    """Return good prices for `SIZE` sites."""
    return good_prices(rows_of(instance), SIZE, 0.5 * float(instance.weights.sum()), Clock(np.inf))


@given(st.integers(0, 1_000), st.integers(0, 1_000))
@settings(max_examples=30, deadline=None)
def test_the_reduced_costs_of_a_plan_sum_to_no_more_than_its_gap(seed: int, plan_seed: int) -> None:
    """Beyond those of the best sites, for any prices and any plan, as docs/covering.md says."""
    instance, random = random_instance(seed), np.random.default_rng(plan_seed)
    prices = instance.weights * random.uniform(0.0, 1.0, instance.demand_count)
    plan = random.choice(instance.site_count, SIZE, replace=False)
    profits, worth = profits_and_worth(instance, SIZE, prices)
    reduced_costs = worth * instance.costs - profits
    assert (reduced_costs <= 1e-9).sum() >= SIZE
    gap = maximal_covering_bound(instance, SIZE, prices) - instance.covered_weight(plan)
    lacking = reduced_costs[plan].sum() - np.sort(reduced_costs)[:SIZE].sum()
    assert lacking <= gap + 1.0, "the bound of whole weights is rounded down"


@given(st.integers(0, 1_000))
@settings(max_examples=10, deadline=None)
def test_a_core_covers_what_its_sites_cover(seed: int) -> None:
    """Its demand points are merged, and columns lead back to the instance's."""
    instance, random = random_instance(seed), np.random.default_rng(seed)
    core = core_of(instance, np.sort(random.choice(instance.site_count, 40, replace=False)))
    columns = np.sort(random.choice(40, SIZE, replace=False))
    covered = state_of(core.rows, columns).sums[VALUE]
    assert covered == pytest.approx(instance.covered_weight(core.sites[columns]))
    assert np.array_equal(core.within(core.sites[columns]), columns)


def test_sites_outside_a_core_are_left_out() -> None:
    """Of a selection of the instance, those within remain."""
    core = core_of(random_instance(0), np.array([3, 5, 8]))
    assert core.within(np.array([0, 5, 8, 119])).tolist() == [1, 2]
    assert core.within(np.array([0, 119])).tolist() == []


def test_cores_grow() -> None:
    """Each has the one before and at least a few plans; sites of the least reduced cost come first."""
    instance = random_instance(1, 400)
    prices = prices_of(instance)
    known = 0.999 * maximal_covering_bound(instance, SIZE, prices)
    cores = promising_cores(instance, SIZE, prices, known, SIZE)
    assert len(cores[0]) >= LEAST_PLANS * SIZE
    assert [len(core) for core in cores] == sorted(len(core) for core in cores)
    profits, _ = profits_and_worth(instance, SIZE, prices)
    for smaller, larger in itertools.pairwise(cores):
        assert set(smaller) <= set(larger)
    outside = np.setdiff1d(np.arange(instance.site_count), cores[0])
    assert profits[cores[0]].min() >= profits[outside].max()


def test_a_core_of_almost_all_sites_is_the_last_and_has_them_all() -> None:
    """So with prices that tell nothing, nothing is left out."""
    instance = random_instance(2)
    cores = promising_cores(instance, SIZE, np.zeros(instance.demand_count), 0.0, SIZE)
    assert [len(core) for core in cores] == [instance.site_count]


def test_a_core_without_a_good_site_harms_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generations confined to three poor sites come and go; others, and the elders, find the optimum."""
    instance, size = random_instance(3, 250), 10
    exact = solve_mclp(instance.reach, instance.weights, p=size, time_limit=60.0)
    poor = np.sort(np.argsort(instance.reached_by @ instance.weights)[:3])
    monkeypatch.setattr(maximal, "EXACT_SITES", 0)
    monkeypatch.setattr(maximal, "LP_WORTH", np.inf)
    monkeypatch.setattr(maximal, "MOVES_PER_SITE", 200)
    monkeypatch.setattr(population, "PATIENCE", 5)
    monkeypatch.setattr(maximal, "promising_cores", lambda *_: [poor])
    clock, give_way = Clock(time.monotonic() + 60.0), population.Population._give_way

    def give_way_six_times(generation: population.Population) -> None:
        give_way(generation)
        if generation.generations >= 6:
            clock.stop.set()

    monkeypatch.setattr(population.Population, "_give_way", give_way_six_times)
    search = maximal.Search(instance, size, True, clock, seed=0)
    search.run(0.0)
    assert search._population.generations > search._first_confined, "no generation was confined"
    assert exact.gap == 0.0
    assert search.found.value == exact.objective


def test_two_selections_of_which_nothing_is_in_the_core_are_crossed_everywhere() -> None:
    """As nothing of them would be left there."""
    instance = random_instance(4)
    search = maximal.Search(instance, SIZE, True, Clock(np.inf), seed=0)
    search._everywhere = core_of_all(rows_of(instance))
    parents = [
        Found(selected, instance.covered_weight(selected))
        for selected in (np.arange(SIZE), np.arange(SIZE, 2 * SIZE))
    ]
    crossed = search._crossed(core_of(instance, np.array([100, 101])), (parents[0], parents[1]), 10)
    assert crossed.value >= max(parent.value for parent in parents)

"""The compiled search of maximal covering: what it keeps up to date, crossing, and the population."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse

from siteplan.covering import compile_ahead, solve_mclp
from siteplan.covering.annealing import anneal
from siteplan.covering.crossing import cross
from siteplan.covering.instance import Instance, make_instance
from siteplan.covering.population import ELDERS, NOTHING, PATIENCE, Found, Population
from siteplan.covering.state import (
    NOBODY,
    SEVERAL,
    SPENT,
    VALUE,
    close_site,
    greedy,
    neighbours_of,
    open_site,
    rows_of,
    seed_random,
    selection_of,
    state_of,
)

ALL_NEIGHBOURS = 1_000


def random_instance(seed: int) -> Instance:
    """Return points scattered on a square, each a site as well, with costs that differ."""
    random = np.random.default_rng(seed)
    place = random.uniform(0.0, 1.0, (60, 2))
    reach = np.linalg.norm(place[:, None] - place, axis=2) <= 0.2
    weights, costs = random.integers(1, 20, 60), random.integers(1, 5, 60)
    return make_instance(sparse.csr_array(reach), weights.astype(float), costs.astype(float))


@given(st.integers(0, 10_000), st.lists(st.integers(0, 59), max_size=40))
@settings(max_examples=30, deadline=None)
def test_what_follows_from_a_selection_is_kept_up_to_date(seed: int, toggled: list[int]) -> None:
    """After any sites opened and closed, everything is as if worked out anew."""
    instance = random_instance(seed)
    rows = rows_of(instance)
    state = state_of(rows, np.empty(0, dtype=np.int64))
    chosen: set[int] = set()
    for site in toggled:
        (close_site if site in chosen else open_site)(rows, state, site)
        chosen ^= {site}
    selected = np.array(sorted(chosen), dtype=np.int64)
    reach = instance.reach.toarray() > 0.0
    providers = reach[:, selected].sum(axis=1)
    assert sorted(selection_of(state)) == sorted(chosen)
    assert state.sums[VALUE] == pytest.approx(instance.covered_weight(selected))
    assert state.sums[SPENT] == pytest.approx(instance.costs[selected].sum())
    assert np.array_equal(state.providers, providers)
    assert np.array_equal(state.provider == NOBODY, providers == 0)
    assert np.array_equal(state.provider == SEVERAL, providers > 1)
    for point in np.flatnonzero(providers == 1):
        assert reach[point, state.provider[point]]
        assert state.provider[point] in chosen
    for site in range(instance.site_count):
        new = instance.weights[reach[:, site] & (providers == 0)].sum()
        only = instance.weights[reach[:, site] & (providers == 1)].sum() if site in chosen else 0.0
        assert state.fresh[site] == pytest.approx(new)
        assert state.alone[site] == pytest.approx(only)


@pytest.mark.parametrize("at_most", [3, ALL_NEIGHBOURS])
def test_neighbours_share_demand_points_the_most_weight_first(at_most: int) -> None:
    """Each site's neighbours are those of the most shared weight, as many as asked for."""
    instance = random_instance(1)
    near = neighbours_of(rows_of(instance), at_most)
    reach = instance.reach.toarray()
    shared = reach.T @ (instance.weights[:, None] * reach)
    np.fill_diagonal(shared, 0.0)
    for site in range(instance.site_count):
        first, last = near.start[site], near.start[site + 1]
        expected = np.sort(shared[site][shared[site] > 0.0])[::-1][:at_most]
        assert near.shared[first:last] == pytest.approx(expected)
        assert shared[site][near.sites[first:last]] == pytest.approx(expected)


@given(st.integers(0, 10_000), st.integers(1, 20))
@example(698, 19)
@settings(max_examples=20, deadline=None)
def test_crossed_selections_keep_the_budget(seed: int, budget: int) -> None:
    """A crossed selection has each site once, costs no more than the budget, and leaves nothing that fits."""
    instance = random_instance(seed)
    rows = rows_of(instance)
    near = neighbours_of(rows, ALL_NEIGHBOURS)
    seed_random(seed)
    first, second = greedy(rows, float(budget), 0.5), greedy(rows, float(budget), 0.5)
    crossed = cross(rows, near, float(budget), first, second, 0.1, 100)
    assert len(set(crossed.tolist())) == len(crossed)
    spent = instance.costs[crossed].sum()
    assert spent <= budget
    state = state_of(rows, crossed)
    cheap = (state.fresh > 0.0) & (instance.costs <= budget - spent)
    cheap[crossed] = False
    assert not cheap.any()


def test_crossing_finds_what_annealing_alone_misses() -> None:
    """Two halves, each right in one parent, come together."""
    block = np.kron(np.eye(2), np.array([[1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]))
    instance = make_instance(sparse.csr_array(block), np.array([4.0, 3, 3, 1] * 2), np.ones(6))
    rows = rows_of(instance)
    near = neighbours_of(rows, ALL_NEIGHBOURS)
    left, right = np.array([1, 3]), np.array([0, 4])
    values = set()
    for seed in range(20):
        seed_random(seed)
        values.add(instance.covered_weight(cross(rows, near, 2.0, left, right, 1e-9, 1_000)))
    assert max(values) == pytest.approx(20.0)


def test_annealing_keeps_the_number_of_sites() -> None:
    """Swaps open as many as they close, and what is returned as the best is no worse than the start."""
    instance = random_instance(2)
    rows = rows_of(make_instance(instance.reach, instance.weights, None))
    near = neighbours_of(rows, ALL_NEIGHBOURS)
    start = greedy(rows, 5.0, 0.0)
    seed_random(0)
    best, last = anneal(rows, near, 5.0, True, start, 5_000, 20.0, 0.1)
    assert len(best) == len(last) == 5
    assert instance.covered_weight(best) >= instance.covered_weight(start)


def found(*selected: int, value: float) -> Found:
    return Found(np.array(selected), value)


def test_no_two_members_are_alike() -> None:
    """A selection that is there already, or empty, isn't taken in."""
    population = Population(5)
    for one in (found(1, 2, value=3.0), found(1, 2, value=3.0), NOTHING, found(1, 3, value=3.0)):
        population.add(one)
    assert [member.selected.tolist() for member in population.ranked()] == [[1, 2], [1, 3]]


def test_a_crossed_selection_replaces_the_parent_it_is_like() -> None:
    """And only where it is better than that one, however the other is."""
    population = Population(2)
    near, far = found(1, 2, 3, value=10.0), found(7, 8, 9, value=1.0)
    population.add(near)
    population.add(far)
    population.replace((near, far), found(1, 2, 4, value=5.0))
    assert [member.value for member in population.ranked()] == [10.0, 1.0]
    population.replace((near, far), found(1, 2, 4, value=11.0))
    assert [member.value for member in population.ranked()] == [11.0, 1.0]


def test_what_is_merged_replaces_the_worst() -> None:
    """Where it is better."""
    population = Population(2)
    population.add(found(1, value=1.0))
    population.add(found(2, value=2.0))
    population.replace_worst(found(3, value=3.0))
    population.replace_worst(found(4, value=1.5))
    assert [member.value for member in population.ranked()] == [3.0, 2.0]


def test_a_generation_gives_way_when_nothing_improves() -> None:
    """Its best are elders then, and new selections are wanted until there are as many as before."""
    population, random = Population(8), np.random.default_rng(0)
    for number in range(8):
        population.add(found(number, value=float(number)))
    assert population.pair(random) is not None
    exhaust(population)
    assert [member.value for member in population.elders] == [7.0, 6.0, 5.0]
    assert population.members == []
    assert not population.is_of_elders
    assert population.pair(random) is None


@pytest.mark.parametrize("different", [1, 2])
def test_a_generation_whose_runs_end_alike_grows_no_more(different: int) -> None:
    """Two are crossed; a single one, which can't be, gives way."""
    population, random = Population(8), np.random.default_rng(0)
    for number in range(8 + different + 1):
        assert population.pair(random) is None
        population.add(found(number % different, value=1.0))
    assert (population.pair(random) is None) == (different == 1)
    assert population.generations == (1 if different == 1 else 0)
    assert len(population.elders) == population.generations


def exhaust(population: Population) -> None:
    """Cross without success until the generation gives way."""
    before, parents = population.generations, population.ranked()[:2]
    for _ in range(PATIENCE + 2):
        if population.generations == before:
            population.replace(parents, NOTHING)
    assert population.generations == before + 1


def test_enough_elders_are_a_generation() -> None:
    """The best of each generation are crossed once they are as many as one."""
    population = Population(2 * ELDERS)
    for first in (0, 100):
        for number in range(first, first + 2 * ELDERS):
            population.add(found(number, value=float(number)))
        assert population.pair(np.random.default_rng(0)) is not None
        exhaust(population)
    best = [
        float(number)
        for start in (100, 0)
        for number in range(start + 2 * ELDERS - 1, start + ELDERS - 1, -1)
    ]
    assert [member.value for member in population.ranked()] == best
    assert population.is_of_elders
    assert population.pair(np.random.default_rng(0)) is not None


def test_elders_can_be_called() -> None:
    """At the end of the time the elders are crossed with the members at hand, and nobody is annealed anew."""
    population = Population(4)
    for number in range(4):
        population.add(found(number, value=float(number)))
    assert population.pair(np.random.default_rng(0)) is not None
    exhaust(population)
    population.add(found(9, value=9.0))
    population.call_elders()
    assert [member.value for member in population.ranked()] == [9.0, 3.0, 2.0, 1.0]
    assert population.pair(np.random.default_rng(0)) is not None


@pytest.mark.slow
@pytest.mark.parametrize("with_costs", [False, True])
def test_a_large_instance_is_searched_by_crossing(with_costs: bool) -> None:
    """Where solving exactly takes too long, what is found keeps its limit and is near the bound."""
    compile_ahead()  # which would take its time otherwise, on a machine's first use
    random = np.random.default_rng(3)
    place = random.uniform(0.0, 10.0, (900, 2))
    reach = sparse.csr_array(np.linalg.norm(place[:, None] - place, axis=2) <= 0.6)
    weights = random.integers(1, 100, 900).astype(float)
    costs = random.integers(10, 30, 900).astype(float)
    limit = {"costs": costs, "budget": 700.0} if with_costs else {"p": 40}
    result = solve_mclp(reach, weights, time_limit=12.0, **limit)
    assert result.objective <= result.bound <= 1.03 * result.objective
    assert costs[result.selected].sum() <= 700.0 if with_costs else len(result.selected) <= 40
    assert len(result.selected) > 20

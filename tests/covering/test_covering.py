"""Covering problems against trying everything, bounds that hold, reductions that keep the optimum."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from siteplan.covering import NotCoverableError, solve_lscp, solve_mclp, solve_pscp
from siteplan.covering.ascent import good_prices
from siteplan.covering.bounds import maximal_covering_bound, partial_covering_bound, set_covering_bound
from siteplan.covering.instance import Instance, make_instance
from siteplan.covering.lowering import upper_bounds
from siteplan.covering.maximal import compile_ahead
from siteplan.covering.reduce import reduce_instance
from siteplan.covering.state import neighbours_of, rows_of
from siteplan.highs import Clock

SECONDS = 20.0


def random_instance(seed: int, *, whole: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return reach (demand, sites), weights and costs of a small random instance; every row is reached."""
    random = np.random.default_rng(seed)
    demand, sites = int(random.integers(3, 14)), int(random.integers(2, 9))
    reach = (random.random((demand, sites)) < random.choice([0.15, 0.3, 0.5])).astype(float)
    reach[np.arange(demand), random.integers(0, sites, demand)] = 1.0
    weights = random.integers(0, 20, demand).astype(float)
    costs = random.integers(1, 9, sites).astype(float)
    if not whole:
        weights, costs = weights + random.random(demand), costs + random.random(sites)
    return reach, weights, costs


def selections(sites: int) -> list[tuple[int, ...]]:
    return list(chain.from_iterable(combinations(range(sites), count) for count in range(sites + 1)))


def covered(reach: np.ndarray, weights: np.ndarray, chosen: tuple[int, ...]) -> float:
    return float(weights[reach[:, list(chosen)].any(axis=1)].sum()) if chosen else 0.0


@pytest.mark.parametrize("seed", range(8))
def test_p_sites_cover_the_most(seed: int) -> None:
    """The best of all selections of p sites, proven where the LP's bound is as good."""
    reach, weights, _ = random_instance(seed)
    p = 1 + seed % 3
    best = max(covered(reach, weights, chosen) for chosen in selections(reach.shape[1]) if len(chosen) <= p)
    result = solve_mclp(sparse.csr_array(reach), weights, p=p, time_limit=3.0, gap=0.0)
    assert result.objective == pytest.approx(best)
    assert result.objective == pytest.approx(covered(reach, weights, tuple(result.selected)))
    assert result.bound >= best - 1e-9
    assert len(result.selected) <= p
    assert list(result.selected) == sorted(set(result.selected.tolist()))


@pytest.mark.parametrize("seed", range(8))
def test_a_budget_covers_the_most(seed: int) -> None:
    """The best of all selections within the budget."""
    reach, weights, costs = random_instance(seed, whole=seed % 2 == 0)
    budget = float(costs.sum()) * 0.4
    affordable = [chosen for chosen in selections(len(costs)) if costs[list(chosen)].sum() <= budget]
    best = max(covered(reach, weights, chosen) for chosen in affordable)
    result = solve_mclp(sparse.csr_array(reach), weights, costs=costs, budget=budget, time_limit=3.0)
    assert result.objective == pytest.approx(best)
    assert costs[result.selected].sum() <= budget + 1e-9
    assert result.bound >= best - 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_everybody_is_covered_at_the_least_cost(seed: int) -> None:
    """Set covering: the cheapest selection that reaches every row, proven."""
    reach, _, costs = random_instance(seed, whole=seed % 2 == 0)
    best = min(
        costs[list(chosen)].sum()
        for chosen in selections(len(costs))
        if chosen and reach[:, list(chosen)].any(axis=1).all()
    )
    result = solve_lscp(sparse.csr_array(reach), costs=costs, time_limit=SECONDS)
    assert result.objective == pytest.approx(best)
    assert result.gap <= 1e-6
    assert reach[:, result.selected].any(axis=1).all()


@pytest.mark.parametrize("seed", range(12))
def test_a_share_is_covered_at_the_least_cost(seed: int) -> None:
    """Partial covering: the cheapest selection that reaches the share of the weight, proven."""
    reach, weights, costs = random_instance(seed, whole=seed % 2 == 0)
    wanted = 0.7 * weights.sum()
    best = min(
        costs[list(chosen)].sum()
        for chosen in selections(len(costs))
        if covered(reach, weights, chosen) >= wanted - 1e-9
    )
    result = solve_pscp(sparse.csr_array(reach), weights, 0.7, costs=costs, time_limit=SECONDS)
    assert result.objective == pytest.approx(best)
    assert result.gap <= 1e-6
    assert covered(reach, weights, tuple(result.selected)) >= wanted * (1.0 - 1e-8)


@given(seed=st.integers(0, 10_000), scale=st.floats(0.0, 3.0), worth=st.floats(0.0, 3.0))
@settings(max_examples=60, deadline=None)
def test_bounds_hold_for_any_prices(seed: int, scale: float, worth: float) -> None:
    """Whatever the multipliers: no selection is better than the bound says."""
    reach, weights, costs = random_instance(seed, whole=seed % 2 == 0)
    instance = make_instance(sparse.csr_array(reach), weights, costs)
    prices = np.random.default_rng(seed).random(len(weights)) * scale * 10.0
    budget, wanted = float(costs.sum()) * 0.4, 0.6 * float(weights.sum())
    upper = maximal_covering_bound(instance, budget, prices)
    partial, everybody = (
        partial_covering_bound(instance, wanted, prices, worth),
        set_covering_bound(instance, prices),
    )
    for chosen in selections(len(costs)):
        cost, weight = float(costs[list(chosen)].sum()), covered(reach, weights, chosen)
        if cost <= budget:
            assert weight <= upper + 1e-9
        if weight >= wanted:
            assert cost >= partial - 1e-9
        if chosen and reach[:, list(chosen)].any(axis=1).all():
            assert cost >= everybody - 1e-9


@given(seed=st.integers(0, 10_000), alike=st.booleans())
@settings(max_examples=60, deadline=None)
def test_reductions_keep_the_optimum(seed: int, alike: bool) -> None:
    """The best covered weight within any budget is the same before and after."""
    reach, weights, costs = random_instance(seed)
    costs = np.ones_like(costs) if alike else costs
    full = make_instance(sparse.csr_array(reach), weights, costs)
    reduced = reduce_instance(full, sites_are_alike=alike)
    for budget in (1.0, 3.0, 8.0):
        assert best_within(reduced.instance, budget) == pytest.approx(best_within(full, budget))
    assert full.covered_weight(reduced.sites) == pytest.approx(reduced.instance.weights.sum())


def best_within(instance: Instance, budget: float) -> float:
    return max(
        instance.covered_weight(np.array(chosen, dtype=np.int64))
        for chosen in selections(instance.site_count)
        if instance.costs[list(chosen)].sum() <= budget
    )


def test_reductions_merge_and_drop() -> None:
    """Two points of the same reach become one row; a site that reaches less for as much goes."""
    reach = sparse.csr_array(np.array([[1.0, 1, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]))
    reduced = reduce_instance(make_instance(reach, [1.0, 2, 4, 8, 16], None), sites_are_alike=True)
    assert reduced.sites.tolist() == [1, 2]
    assert sorted(reduced.instance.weights.tolist()) == [7.0, 8.0]


def test_the_same_arguments_give_the_same_result() -> None:
    """A search that ends by its gap is repeatable."""
    random = np.random.default_rng(5)
    reach = sparse.csr_array((random.random((200, 60)) < 0.06).astype(float))
    weights = random.integers(1, 100, 200)
    first, second = (solve_mclp(reach, weights, p=8, gap=0.2, seed=3) for _ in range(2))
    assert first.selected.tolist() == second.selected.tolist()
    assert first.gap <= 0.2


@pytest.mark.parametrize("seed", range(3))
def test_prices_found_at_once_are_near_the_lps(seed: int) -> None:
    """The volume algorithm's bound is within a per cent of the LP's, which no prices better."""
    random = np.random.default_rng(seed)
    reach = sparse.csr_array((random.random((150, 80)) < 0.05).astype(float))
    instance = make_instance(reach, random.integers(1, 100, 150), random.integers(1, 9, 80))
    clock = Clock(np.inf)
    rows = rows_of(instance)
    prices = good_prices(rows, 40.0, 0.0, clock)
    lp = next(upper_bounds(rows, instance, neighbours_of(rows, 80), 40.0, lambda: 0.0, clock))
    assert lp - 1.0 <= maximal_covering_bound(instance, 40.0, prices) <= 1.01 * lp


def test_time_limit_holds() -> None:
    """The call returns soon after its limit, with a plan and a bound, where the search is compiled."""
    compile_ahead()
    random = np.random.default_rng(6)
    reach = sparse.csr_array((random.random((2000, 600)) < 0.02).astype(float))
    result = solve_mclp(reach, random.integers(1, 100, 2000), p=40, time_limit=2.0)
    assert result.seconds < 6.0
    assert 0.0 < result.objective <= result.bound


def test_nothing_to_do() -> None:
    """No sites, no weight and no money are instances too."""
    empty = sparse.csr_array((3, 2))
    assert solve_mclp(empty, [1, 2, 3], p=1, time_limit=1.0).objective == 0.0
    reach = sparse.csr_array(np.ones((2, 2)))
    assert solve_mclp(reach, [0, 0], p=1, time_limit=1.0).objective == 0.0
    assert solve_mclp(reach, [1, 1], p=0, time_limit=1.0).selected.tolist() == []
    assert solve_pscp(reach, [1, 1], 0.0).objective == 0.0
    everything = solve_mclp(reach, [1, 1], p=2, time_limit=5.0)
    assert (everything.objective, everything.gap) == (2.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"p": 1, "weights": [1.0]}, "weights must have the shape"),
        ({"p": 1, "weights": [1.0, -1.0]}, r"weights\[1\] is -1.0"),
        ({"weights": [1.0, 1.0]}, "either p, or costs"),
        ({"p": 1, "budget": 2.0, "weights": [1.0, 1.0]}, "either p, or costs"),
        ({"p": -1, "weights": [1.0, 1.0]}, "p is -1.0"),
        ({"p": 1, "weights": [1.0, 1.0], "time_limit": 0.0}, "time_limit is 0.0"),
    ],
)
def test_bad_arguments(arguments: dict[str, object], words: str) -> None:
    """Each names what is wrong."""
    weights = arguments.pop("weights")
    with pytest.raises(ValueError, match=words):
        solve_mclp(sparse.csr_array(np.ones((2, 2))), weights, **arguments)  # type: ignore[arg-type]


def test_out_of_reach_is_named() -> None:
    """Set covering names the rows that no site reaches; a share that is too large says what there is."""
    reach = sparse.csr_array(np.array([[1.0], [0.0]]))
    with pytest.raises(NotCoverableError, match=r"1 demand points .* \(rows 1\)"):
        solve_lscp(reach)
    with pytest.raises(NotCoverableError, match="cover 1 of 3"):
        solve_pscp(reach, [1.0, 2.0], 0.9)
    with pytest.raises(ValueError, match=r"share is 1\.5"):
        solve_pscp(reach, [1.0, 2.0], 1.5)

"""Annealing with swaps: close one site, open one that shares a demand point with it.

Now and then a site that is little needed moves to where a demand point is not covered.

How many selected sites cover a demand point, and the sum of their numbers, are kept; where one covers it,
that sum is its only provider. So what a swap gains is one pass over the new site's demand points, the
heaviest first; it ends as soon as what is left can't make up for the weight that the closed site loses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from siteplan.covering.instance import FloatArray, IndexArray, Instance

LOCAL_SHARE = 0.9
"""Share of the swaps with a site that shares a demand point with the one that closes."""
CONTENDERS = 4
"""Selected sites of which the least needed is moved elsewhere."""
TRIES = 30
"""Demand points drawn until one is not covered."""
SWAP_SHARE = 0.9
"""Share of swaps among the moves where costs differ; the rest open or close a site."""
BUDGET_SLACK = 1e-12
"""Share of the budget by which sums of costs may exceed it: they are floating-point."""
NOBODY = -1
SEVERAL = -2
"""Provider of a demand point that no selected site covers, or more than one."""
COUNT = 0
"""Entry of `State.counts`."""
VALUE, SPENT = 0, 1
"""Entries of `State.sums`."""


class Rows(NamedTuple):
    """An instance as plain arrays: the sites of each demand point and the demand points of each site.

    Demand point i has ``demand_sites[demand_start[i]:demand_start[i + 1]]``, sites likewise; ``weights``
    (demand,) of the demand points, the heaviest of a site first, ``site_weight`` (sites,) of all that a site
    covers, ``costs`` (sites,).
    """

    demand_start: IndexArray
    demand_sites: NDArray[np.int32]
    site_start: IndexArray
    site_demand: NDArray[np.int32]
    weights: FloatArray
    site_weight: FloatArray
    costs: FloatArray


class State(NamedTuple):
    """A selection and what follows from it.

    ``providers``, ``provider_sum`` (demand,): number of selected sites that cover it, and the sum of their
    columns; ``provider`` (demand,): the only one, `NOBODY` or `SEVERAL`; ``alone`` (sites,): weight that only
    this site covers; ``chosen`` (sites,): the selected ones come first; ``place`` (sites,): where a site
    stands among them, or `NOBODY`; ``counts`` (1,): selected sites; ``sums`` (2,): covered weight, cost.
    """

    providers: IndexArray
    provider_sum: IndexArray
    provider: NDArray[np.int32]
    alone: FloatArray
    chosen: IndexArray
    place: IndexArray
    counts: IndexArray
    sums: FloatArray


_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile to machine code that runs beside other threads, once on a machine."""
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def _inlined(function: _Function) -> _Function:
    """Compile as a part of what calls it: handing over so many arrays takes as long as a move."""
    return cast(_Function, numba.njit(nogil=True, error_model="numpy", inline="always")(function))


def rows_of(instance: Instance) -> Rows:
    """Return what the compiled functions read."""
    site_start = instance.reached_by.indptr.astype(np.int64)
    demand = instance.reached_by.indices
    site_of = np.repeat(np.arange(instance.site_count), np.diff(site_start))
    heaviest_first = np.lexsort((-instance.weights[demand], site_of))
    return Rows(
        instance.reach.indptr.astype(np.int64),
        instance.reach.indices.astype(np.int32),
        site_start,
        demand[heaviest_first].astype(np.int32),
        instance.weights,
        np.asarray(instance.reached_by @ instance.weights),
        instance.costs,
    )


@compiled
def seed_random(seed: int) -> None:
    """Seed the compiled random numbers of the calling thread."""
    np.random.seed(seed)


@compiled
def empty_state(demand: int, sites: int) -> State:
    """Return the state of an empty selection."""
    return State(
        np.zeros(demand, dtype=np.int64),
        np.zeros(demand, dtype=np.int64),
        np.full(demand, NOBODY, dtype=np.int32),
        np.zeros(sites),
        np.empty(sites, dtype=np.int64),
        np.full(sites, NOBODY, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        np.zeros(2),
    )


@compiled
def open_site(rows: Rows, state: State, site: int) -> None:
    """Add a site to the selection."""
    for at in range(rows.site_start[site], rows.site_start[site + 1]):
        demand = rows.site_demand[at]
        weight = rows.weights[demand]
        if state.providers[demand] == 0:
            state.sums[VALUE] += weight
            state.alone[site] += weight
            state.provider[demand] = site
        elif state.providers[demand] == 1:
            state.alone[state.provider[demand]] -= weight
            state.provider[demand] = SEVERAL
        state.providers[demand] += 1
        state.provider_sum[demand] += site
    state.sums[SPENT] += rows.costs[site]
    state.chosen[state.counts[COUNT]] = site
    state.place[site] = state.counts[COUNT]
    state.counts[COUNT] += 1


@compiled
def close_site(rows: Rows, state: State, site: int) -> None:
    """Take a site out of the selection."""
    for at in range(rows.site_start[site], rows.site_start[site + 1]):
        demand = rows.site_demand[at]
        weight = rows.weights[demand]
        state.providers[demand] -= 1
        state.provider_sum[demand] -= site
        if state.providers[demand] == 0:
            state.sums[VALUE] -= weight
            state.provider[demand] = NOBODY
        elif state.providers[demand] == 1:
            state.provider[demand] = state.provider_sum[demand]
            state.alone[state.provider[demand]] += weight
    state.alone[site] = 0.0
    state.sums[SPENT] -= rows.costs[site]
    state.counts[COUNT] -= 1
    last = state.chosen[state.counts[COUNT]]
    state.chosen[state.place[site]] = last
    state.place[last] = state.place[site]
    state.place[site] = NOBODY


@_inlined
def gain(rows: Rows, state: State, site: int, instead_of: int, wanted: float) -> float:
    """Return the weight that a site would cover newly once ``instead_of`` (or nobody) is closed.

    Where that is less than ``wanted``, what is returned may be any number below it.
    """
    at_most = rows.site_weight[site]
    for at in range(rows.site_start[site], rows.site_start[site + 1]):
        demand = rows.site_demand[at]
        provider = state.provider[demand]
        if provider != NOBODY and provider != instead_of:  # noqa: PLR1714 - a tuple is slower here
            at_most -= rows.weights[demand]
            if at_most < wanted:
                break
    return float(at_most)


@compiled
def greedy(rows: Rows, budget: float, noise: float) -> IndexArray:
    """Return sites opened one by one, each of the most new weight for its cost times 1 ± noise."""
    sites = len(rows.costs)
    state = empty_state(len(rows.weights), sites)
    new_weight = np.zeros(sites)
    for site in range(sites):
        new_weight[site] = gain(rows, state, site, NOBODY, 0.0)
    while True:
        best = _most_for_its_cost(rows, state, new_weight, budget - state.sums[SPENT], noise)
        if best == NOBODY:
            return state.chosen[: state.counts[COUNT]].copy()
        for at in range(rows.site_start[best], rows.site_start[best + 1]):
            demand = rows.site_demand[at]
            if state.providers[demand] == 0:
                for other in range(rows.demand_start[demand], rows.demand_start[demand + 1]):
                    new_weight[rows.demand_sites[other]] -= rows.weights[demand]
        open_site(rows, state, best)


@compiled
def _most_for_its_cost(rows: Rows, state: State, new_weight: FloatArray, left: float, noise: float) -> int:
    best, best_score = NOBODY, 0.0
    for site in range(len(new_weight)):
        if state.place[site] != NOBODY or new_weight[site] <= 0.0 or rows.costs[site] > left + BUDGET_SLACK:
            continue
        score = new_weight[site] / max(rows.costs[site], 1e-12)
        if noise > 0.0:
            score *= 1.0 + noise * (2.0 * np.random.random() - 1.0)
        if score > best_score:
            best, best_score = site, score
    return best


@_inlined
def _draw(count: int) -> int:
    """Return a random number from 0 to count - 1."""
    return int(np.random.random() * count)


@_inlined
def _provider_of(rows: Rows, demand: int) -> int:
    """Return a random site that reaches a demand point."""
    first, last = rows.demand_start[demand], rows.demand_start[demand + 1]
    return int(rows.demand_sites[first + _draw(last - first)])


@_inlined
def _little_needed(state: State) -> int:
    """Return the selected site of a few random ones that covers the least alone."""
    least = state.chosen[_draw(state.counts[COUNT])]
    for _ in range(CONTENDERS - 1):
        other = state.chosen[_draw(state.counts[COUNT])]
        if state.alone[other] < state.alone[least]:
            least = other
    return int(least)


@_inlined
def _uncovered(rows: Rows, state: State) -> int:
    """Return a random demand point that is not covered, or any where a few draws find none."""
    demand = _draw(len(rows.weights))
    for _ in range(TRIES):
        if state.provider[demand] == NOBODY:
            break
        demand = _draw(len(rows.weights))
    return demand


@_inlined
def _swap(rows: Rows, state: State, limit: float, temperature: float) -> None:
    """Try to close a selected site and open another."""
    if np.random.random() < LOCAL_SHARE:
        old = int(state.chosen[_draw(state.counts[COUNT])])
        first, last = rows.site_start[old], rows.site_start[old + 1]
        new = _provider_of(rows, rows.site_demand[first + _draw(last - first)])
    else:
        old = _little_needed(state)
        new = _provider_of(rows, _uncovered(rows, state))
    if state.place[new] != NOBODY or state.sums[SPENT] - rows.costs[old] + rows.costs[new] > limit:
        return
    wanted = state.alone[old] + temperature * np.log(1.0 - np.random.random())
    if gain(rows, state, new, old, wanted) >= wanted:
        close_site(rows, state, old)
        open_site(rows, state, new)


@compiled
def _open_or_close(rows: Rows, state: State, limit: float, temperature: float) -> None:
    """Open a random site where the budget allows, or try to close it where it is selected."""
    site = _draw(len(rows.costs))
    if state.place[site] == NOBODY:
        if state.sums[SPENT] + rows.costs[site] <= limit:
            open_site(rows, state, site)
    elif np.random.random() < np.exp(-state.alone[site] / temperature):
        close_site(rows, state, site)


@compiled
def anneal(
    rows: Rows,
    budget: float,
    is_cardinality: bool,
    selected: IndexArray,
    moves: int,
    hot: float,
    cold: float,
) -> tuple[IndexArray, IndexArray]:
    """Anneal from ``selected``; return (best selection, last selection).

    ``hot``, ``cold``: first and last temperature, in units of weight. ``is_cardinality``: the budget is a
    number of sites, which swaps keep.
    """
    state = empty_state(len(rows.weights), len(rows.costs))
    for site in selected:
        open_site(rows, state, site)
    best, best_value = selected.copy(), state.sums[VALUE]
    limit = budget * (1.0 + BUDGET_SLACK)
    cooling = (cold / hot) ** (1.0 / max(1, moves))
    temperature = hot
    for _ in range(moves):
        temperature *= cooling
        if not is_cardinality and (state.counts[COUNT] == 0 or np.random.random() >= SWAP_SHARE):
            _open_or_close(rows, state, limit, temperature)
        elif state.counts[COUNT] > 0:
            _swap(rows, state, limit, temperature)
        if state.sums[VALUE] > best_value + 1e-9:
            best_value = state.sums[VALUE]
            best = state.chosen[: state.counts[COUNT]].copy()
    return best, state.chosen[: state.counts[COUNT]].copy()

"""A selection of sites and what follows from it, kept up to date as sites open and close; compiled.

How many selected sites cover a demand point, and the sum of their numbers, are kept; where one covers it,
that sum is its only provider. The weight that each site would cover newly is kept too, so that most swaps are
refused without a look at any demand point.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.covering.instance import FloatArray, IndexArray, Instance
from siteplan.machine_code import compiled, inlined, uncounted

BUDGET_SLACK = 1e-12
"""Share of the budget by which sums of costs may exceed it: they are floating-point."""
LEAST_COST = 1e-12
"""Sites that cost less count as costing this where weight is told by cost."""
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


class Neighbours(NamedTuple):
    """The sites that share demand points with each site, those that share the most weight first.

    Site j has ``sites[start[j]:start[j + 1]]``, which share the weight ``shared`` with it.
    """

    start: IndexArray
    sites: NDArray[np.int32]
    shared: FloatArray


class State(NamedTuple):
    """A selection and what follows from it.

    ``providers``, ``provider_sum`` (demand,): number of selected sites that cover it, and the sum of their
    columns; ``provider`` (demand,): the only one, `NOBODY` or `SEVERAL`; ``alone`` (sites,): weight that only
    this site covers; ``fresh`` (sites,): weight of its demand points that no site covers; ``chosen``
    (sites,): the selected ones come first; ``place`` (sites,): where a site stands among them, or `NOBODY`;
    ``counts`` (1,): selected sites; ``sums`` (2,): covered weight, cost.
    """

    providers: IndexArray
    provider_sum: IndexArray
    provider: NDArray[np.int32]
    alone: FloatArray
    fresh: FloatArray
    chosen: IndexArray
    place: IndexArray
    counts: IndexArray
    sums: FloatArray


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
def neighbours_of(rows: Rows, at_most: int) -> Neighbours:
    """Return the sites that share demand points with each site, ``at_most`` a site."""
    count = len(rows.costs)
    start = np.zeros(count + 1, dtype=np.int64)
    sites, shared = np.empty(count * at_most, dtype=np.int32), np.empty(count * at_most)
    weight, is_met = np.zeros(count), np.zeros(count, dtype=np.bool_)
    met = np.empty(count, dtype=np.int64)
    for site in range(count):
        others = 0
        is_met[site] = True
        for at in range(rows.site_start[site], rows.site_start[site + 1]):
            demand = rows.site_demand[at]
            for near in range(rows.demand_start[demand], rows.demand_start[demand + 1]):
                other = rows.demand_sites[near]
                if not is_met[other]:
                    is_met[other] = True
                    met[others] = other
                    others += 1
                weight[other] += rows.weights[demand]
        end = start[site]
        for at in np.argsort(-weight[met[:others]])[:at_most]:
            sites[end], shared[end] = met[at], weight[met[at]]
            end += 1
        start[site + 1] = end
        is_met[site], weight[site] = False, 0.0
        for at in range(others):
            is_met[met[at]], weight[met[at]] = False, 0.0
    return Neighbours(start, sites[: start[count]].copy(), shared[: start[count]].copy())


@compiled
def seed_random(seed: int) -> None:
    """Seed the compiled random numbers of the calling thread."""
    np.random.seed(seed)


@inlined
def draw(count: int) -> int:
    """Return a random number from 0 to count - 1."""
    return int(np.random.random() * count)


@compiled
def empty_state(rows: Rows) -> State:
    """Return the state of an empty selection."""
    demand, sites = len(rows.weights), len(rows.costs)
    return State(
        np.zeros(demand, dtype=np.int64),
        np.zeros(demand, dtype=np.int64),
        np.full(demand, NOBODY, dtype=np.int32),
        np.zeros(sites),
        rows.site_weight.copy(),
        np.empty(sites, dtype=np.int64),
        np.full(sites, NOBODY, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        np.zeros(2),
    )


@compiled
def state_of(rows: Rows, selected: IndexArray) -> State:
    """Return the state of a selection."""
    state = empty_state(rows)
    for site in selected:
        open_site(rows, state, site)
    return state


@compiled
def selection_of(state: State) -> IndexArray:
    """Return the selected sites."""
    return state.chosen[: state.counts[COUNT]].copy()


@uncounted
def copy_selection(state: State, selected: IndexArray) -> int:
    """Write the selected sites into an array, and return their number."""
    count = state.counts[COUNT]
    for at in range(count):
        selected[at] = state.chosen[at]
    return int(count)


@uncounted
def open_site(rows: Rows, state: State, site: int) -> None:
    """Add a site to the selection."""
    for at in range(rows.site_start[site], rows.site_start[site + 1]):
        demand = rows.site_demand[at]
        weight = rows.weights[demand]
        if state.providers[demand] == 0:
            state.sums[VALUE] += weight
            state.alone[site] += weight
            state.provider[demand] = site
            _change_fresh(rows, state, demand, -weight)
        elif state.providers[demand] == 1:
            state.alone[state.provider[demand]] -= weight
            state.provider[demand] = SEVERAL
        state.providers[demand] += 1
        state.provider_sum[demand] += site
    state.sums[SPENT] += rows.costs[site]
    state.chosen[state.counts[COUNT]] = site
    state.place[site] = state.counts[COUNT]
    state.counts[COUNT] += 1


@uncounted
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
            _change_fresh(rows, state, demand, weight)
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


@inlined
def _change_fresh(rows: Rows, state: State, demand: int, weight: float) -> None:
    for at in range(rows.demand_start[demand], rows.demand_start[demand + 1]):
        state.fresh[rows.demand_sites[at]] += weight


@inlined
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


@uncounted
def fill(rows: Rows, state: State, budget: float, noise: float) -> None:
    """Open sites one by one while they fit, each of the most new weight for its cost times 1 ± noise."""
    while True:
        left = budget * (1.0 + BUDGET_SLACK) - state.sums[SPENT]
        best, best_score = NOBODY, 0.0
        for site in range(len(rows.costs)):
            if state.place[site] != NOBODY or state.fresh[site] <= 0.0 or rows.costs[site] > left:
                continue
            score = state.fresh[site] / max(rows.costs[site], LEAST_COST)
            if noise > 0.0:
                score *= 1.0 + noise * (2.0 * np.random.random() - 1.0)
            if score > best_score:
                best, best_score = site, score
        if best == NOBODY:
            return
        open_site(rows, state, best)


@compiled
def greedy(rows: Rows, budget: float, noise: float) -> IndexArray:
    """Return sites opened one by one, each of the most new weight for its cost times 1 ± noise."""
    state = empty_state(rows)
    fill(rows, state, budget, noise)
    return selection_of(state)

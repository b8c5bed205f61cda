"""Row weighting: a search for selections that cover nearly everybody.

Each step closes the site that is least needed and opens one for a random demand point that nobody covers.
Then the demand points left uncovered weigh more, so that the search leaves every arrangement in which they
are left out (Gao, Weise & Li 2015, "An efficient local search heuristic with row weighting for the unicost
set covering problem"; here sites may differ in cost and demand points in weight).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from siteplan.covering.instance import FloatArray, IndexArray
from siteplan.covering.state import (
    BUDGET_SLACK,
    COUNT,
    NOBODY,
    SPENT,
    Rows,
    State,
    close_site,
    copy_selection,
    draw,
    open_site,
    state_of,
)
from siteplan.machine_code import inlined, uncounted

HEAVIER = 3.0
"""By how many times its own weight a demand point that nobody covers weighs more after a step."""
CONTENDERS = 3
"""Uncovered demand points of which a site is opened for the one that weighs the most."""
NEWEST = 1
"""Steps for which a site that opened stays open."""
UNCOVERED, STEP, BEST_COUNT = 0, 1, 2
"""Entries of `Weighting.counts`."""
MISSING, LEAST_MISSING = 0, 1
"""Entries of `Weighting.sums`."""


class Weighting(NamedTuple):
    """Where a search by row weighting stands.

    ``rows``: the instance, its weights those that grow; ``state`` of the selection under them; ``weights``
    (demand,): the true ones. ``uncovered`` (demand,): the demand points that nobody covers come first, and
    ``place`` (demand,) is where each stands among them, or `NOBODY`. ``changed`` (sites,): step at which a
    site last opened or closed. ``best`` (sites,): the best selection comes first. ``counts`` (3,): uncovered
    demand points, steps, sites of the best selection. ``sums`` (2,): true weight not covered now, and by the
    best.
    """

    rows: Rows
    state: State
    weights: FloatArray
    uncovered: IndexArray
    place: IndexArray
    changed: IndexArray
    best: IndexArray
    counts: IndexArray
    sums: FloatArray


def first_weighting(rows: Rows, selected: IndexArray) -> Weighting:
    """Return where a search from ``selected`` begins."""
    growing = rows._replace(weights=rows.weights.copy())
    state = state_of(growing, selected)
    demand, sites = len(rows.weights), len(rows.costs)
    missing = np.flatnonzero(state.provider == NOBODY)
    uncovered, place = np.empty(demand, dtype=np.int64), np.full(demand, NOBODY, dtype=np.int64)
    uncovered[: len(missing)], place[missing] = missing, np.arange(len(missing))
    best = np.empty(sites, dtype=np.int64)
    best[: len(selected)] = selected
    weight = float(rows.weights[missing].sum())
    return Weighting(
        growing,
        state,
        rows.weights,
        uncovered,
        place,
        np.full(sites, -NEWEST, dtype=np.int64),
        best,
        np.array([len(missing), 0, len(selected)], dtype=np.int64),
        np.array([weight, weight]),
    )


def best_of(search: Weighting) -> IndexArray:
    """Return the best selection found, that which leaves the least weight uncovered."""
    return search.best[: search.counts[BEST_COUNT]].copy()


@uncounted
def weigh(search: Weighting, budget: float, steps: int) -> bool:
    """Search for some steps within a budget; return whether everybody is covered, where it ends."""
    state = search.state
    limit = budget * (1.0 + BUDGET_SLACK)
    for _ in range(steps):
        _keep_the_best(search, limit)
        if search.counts[UNCOVERED] == 0 and state.sums[SPENT] <= limit:
            return True
        search.counts[STEP] += 1
        closed = NOBODY
        while state.counts[COUNT] > 0 and (closed == NOBODY or state.sums[SPENT] > limit):
            closed = _least_needed(search)
            _close(search, closed)
        while search.counts[UNCOVERED] > 0:
            site = _most_wanted(search, limit - state.sums[SPENT], closed)
            if site == NOBODY:
                break
            _open(search, site)
        _make_heavier(search)
    _keep_the_best(search, limit)
    return bool(search.counts[UNCOVERED] == 0 and state.sums[SPENT] <= limit)


@uncounted
def _keep_the_best(search: Weighting, limit: float) -> None:
    if search.sums[MISSING] < search.sums[LEAST_MISSING] and search.state.sums[SPENT] <= limit:
        search.counts[BEST_COUNT] = copy_selection(search.state, search.best)
        search.sums[LEAST_MISSING] = search.sums[MISSING]


@inlined
def _least_needed(search: Weighting) -> int:
    """Return the selected site that covers the least alone for its cost; of equals that changed long ago."""
    state, costs, changed = search.state, search.rows.costs, search.changed
    least, is_new = state.chosen[0], True
    for at in range(state.counts[COUNT]):
        site = state.chosen[at]
        if search.counts[STEP] - changed[site] <= NEWEST and not is_new:
            continue
        one, other = state.alone[site] * costs[least], state.alone[least] * costs[site]
        if is_new or one < other or (one == other and changed[site] < changed[least]):
            least, is_new = site, search.counts[STEP] - changed[site] <= NEWEST
    return int(least)


@inlined
def _most_wanted(search: Weighting, money: float, closed: int) -> int:
    """Return the site that fits and adds the most for its cost, for an uncovered point; `NOBODY` if none."""
    rows, state, changed = search.rows, search.state, search.changed
    demand = search.uncovered[draw(search.counts[UNCOVERED])]
    for _ in range(CONTENDERS - 1):
        other = search.uncovered[draw(search.counts[UNCOVERED])]
        if rows.weights[other] > rows.weights[demand]:
            demand = other
    best = NOBODY
    for at in range(rows.demand_start[demand], rows.demand_start[demand + 1]):
        site = rows.demand_sites[at]
        if site == closed or rows.costs[site] > money:
            continue
        if best == NOBODY:
            best = site
            continue
        one, other_one = state.fresh[site] * rows.costs[best], state.fresh[best] * rows.costs[site]
        if one > other_one or (one == other_one and changed[site] < changed[best]):
            best = site
    return int(best)


@uncounted
def _close(search: Weighting, site: int) -> None:
    close_site(search.rows, search.state, site)
    search.changed[site] = search.counts[STEP]
    for at in range(search.rows.site_start[site], search.rows.site_start[site + 1]):
        demand = search.rows.site_demand[at]
        if search.state.providers[demand] == 0:
            search.uncovered[search.counts[UNCOVERED]] = demand
            search.place[demand] = search.counts[UNCOVERED]
            search.counts[UNCOVERED] += 1
            search.sums[MISSING] += search.weights[demand]


@uncounted
def _open(search: Weighting, site: int) -> None:
    open_site(search.rows, search.state, site)
    search.changed[site] = search.counts[STEP]
    for at in range(search.rows.site_start[site], search.rows.site_start[site + 1]):
        demand = search.rows.site_demand[at]
        if search.state.providers[demand] == 1:
            search.counts[UNCOVERED] -= 1
            last = search.uncovered[search.counts[UNCOVERED]]
            search.uncovered[search.place[demand]] = last
            search.place[last] = search.place[demand]
            search.place[demand] = NOBODY
            search.sums[MISSING] -= search.weights[demand]


@uncounted
def _make_heavier(search: Weighting) -> None:
    rows = search.rows
    for at in range(search.counts[UNCOVERED]):
        demand = search.uncovered[at]
        more = HEAVIER * search.weights[demand]
        rows.weights[demand] += more
        for near in range(rows.demand_start[demand], rows.demand_start[demand + 1]):
            search.state.fresh[rows.demand_sites[near]] += more

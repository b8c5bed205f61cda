"""Annealing with swaps: open a site, and close a selected one that shares demand points with it.

The more weight two sites share, the likelier they are tried. What a swap gains at most is known at once;
what it gains is one pass over the new site's demand points, the heaviest first, which ends as soon as what
is left can't make up for the weight that the closed site loses. Now and then a site that is little needed
moves to where more is not covered.
"""

from __future__ import annotations

import numpy as np

from siteplan.covering.instance import IndexArray
from siteplan.covering.state import (
    BUDGET_SLACK,
    COUNT,
    NOBODY,
    SPENT,
    VALUE,
    Neighbours,
    Rows,
    State,
    close_site,
    copy_selection,
    draw,
    gain,
    open_site,
    selection_of,
    state_of,
)
from siteplan.machine_code import compiled, inlined, uncounted

LOCAL_SHARE = 0.9
"""Share of the swaps with a site that shares a demand point with the one that closes."""
CONTENDERS = 4
"""Selected sites of which the least needed is moved elsewhere."""
PLACES = 6
"""Sites of which the one with the most weight that nobody covers is opened for it."""
SWAP_SHARE = 0.9
"""Share of swaps among the moves where costs differ; the rest open or close a site."""


@inlined
def little_needed(rows: Rows, state: State) -> int:
    """Return the selected site of a few random ones that covers the least alone for its cost."""
    least = state.chosen[draw(state.counts[COUNT])]
    for _ in range(CONTENDERS - 1):
        other = state.chosen[draw(state.counts[COUNT])]
        if state.alone[other] * rows.costs[least] < state.alone[least] * rows.costs[other]:
            least = other
    return int(least)


@inlined
def much_needed(rows: Rows, state: State) -> int:
    """Return the site of a few random ones with the most weight for its cost that nobody covers."""
    most = draw(len(rows.costs))
    for _ in range(PLACES - 1):
        other = draw(len(rows.costs))
        if state.fresh[other] * rows.costs[most] > state.fresh[most] * rows.costs[other]:
            most = other
    return most


@inlined
def swap_near(rows: Rows, near: Neighbours, state: State, old: int, limit: float, temperature: float) -> int:
    """Try to close a selected site and open one near it; return the one that opened, or `NOBODY`."""
    first, last = near.start[old], near.start[old + 1]
    nearest_first = np.random.random()
    at = first + int(nearest_first * nearest_first * (last - first))
    opened = NOBODY
    if at < last:
        new = near.sites[at]
        if state.place[new] == NOBODY and state.sums[SPENT] - rows.costs[old] + rows.costs[new] <= limit:
            wanted = state.alone[old] + temperature * np.log(1.0 - np.random.random())
            at_most = state.fresh[new] + min(near.shared[at], state.alone[old])
            if at_most >= wanted and gain(rows, state, new, old, wanted) >= wanted:
                open_site(rows, state, new)
                close_site(rows, state, old)
                opened = int(new)
    return opened


@inlined
def _swap_far(rows: Rows, state: State, limit: float, temperature: float) -> None:
    """Try to close a site that is little needed, and open one elsewhere."""
    old, new = little_needed(rows, state), much_needed(rows, state)
    if state.place[new] == NOBODY and state.sums[SPENT] - rows.costs[old] + rows.costs[new] <= limit:
        wanted = state.alone[old] + temperature * np.log(1.0 - np.random.random())
        if state.fresh[new] >= wanted:
            open_site(rows, state, new)
            close_site(rows, state, old)


@uncounted
def _open_or_close(rows: Rows, state: State, limit: float, temperature: float) -> None:
    """Open a random site where the budget allows, or try to close it where it is selected."""
    site = draw(len(rows.costs))
    if state.place[site] == NOBODY:
        if state.sums[SPENT] + rows.costs[site] <= limit:
            open_site(rows, state, site)
    elif np.random.random() < np.exp(-state.alone[site] / temperature):
        close_site(rows, state, site)


@compiled
def anneal(
    rows: Rows,
    near: Neighbours,
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
    state = state_of(rows, selected)
    best = np.empty(len(rows.costs), dtype=np.int64)
    count = _anneal(rows, near, state, budget, is_cardinality, moves, hot, cold, best)
    return best[:count].copy(), selection_of(state)


@uncounted
def _anneal(
    rows: Rows,
    near: Neighbours,
    state: State,
    budget: float,
    is_cardinality: bool,
    moves: int,
    hot: float,
    cold: float,
    best: IndexArray,
) -> int:
    """Anneal the state; write the best selection into ``best`` and return the number of its sites."""
    best_count, best_value = copy_selection(state, best), state.sums[VALUE]
    limit = budget * (1.0 + BUDGET_SLACK)
    cooling = (cold / hot) ** (1.0 / max(1, moves))
    temperature = hot
    for _ in range(moves):
        temperature *= cooling
        if not is_cardinality and (state.counts[COUNT] == 0 or np.random.random() >= SWAP_SHARE):
            _open_or_close(rows, state, limit, temperature)
        elif state.counts[COUNT] > 0:
            if np.random.random() < LOCAL_SHARE:
                old = int(state.chosen[draw(state.counts[COUNT])])
                swap_near(rows, near, state, old, limit, temperature)
            else:
                _swap_far(rows, state, limit, temperature)
        if state.sums[VALUE] > best_value + 1e-9:
            best_count, best_value = copy_selection(state, best), state.sums[VALUE]
    return best_count

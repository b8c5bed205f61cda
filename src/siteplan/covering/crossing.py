"""Crossing two selections: one part of the map from one, the rest from the other, and a mended seam.

Selections that were annealed apart are good in different parts. A part is grown from a random site over sites
that share demand points; where the two meet, sites are annealed anew. Then little needed sites move to where
more is not covered, each time with the sites around both places annealed, and stay where that is no loss.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siteplan.covering.annealing import little_needed, much_needed, swap_near
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
    draw,
    empty_state,
    fill,
    open_site,
    selection_of,
)
from siteplan.machine_code import compiled, inlined, uncounted

SMALLEST_PART, LARGEST_PART = 0.05, 0.5
"""Shares of the first selection's sites in the part that is taken from it."""
TRANSFER_MOVES, LAST_MOVES = 200, 200
"""Moves per site that is annealed: around the places of a transfer, and everywhere at last."""
SEAM_HOT, TRANSFER_HOT, TRANSFER_LOSS = 6.0, 4.0, 1.0
"""First temperatures, and the loss that a transfer may bring about, as factors of the last temperature."""
FROZEN = 0.3
"""The temperature at which everything is annealed at last ends at this factor of the last temperature."""
TRANSFERS = 5

BoolArray = NDArray[np.bool_]


@compiled
def cross(
    rows: Rows,
    near: Neighbours,
    budget: float,
    first: IndexArray,
    second: IndexArray,
    cold: float,
    seam_moves: int,
) -> IndexArray:
    """Return a selection within the budget, crossed from two that aren't empty and mended.

    ``cold``: last temperature, in units of weight. ``seam_moves``: moves per site annealed at the seam.
    """
    in_part = _part(rows, near, first, second)
    state = empty_state(rows)
    for site in first:
        if in_part[site]:
            open_site(rows, state, site)
    for site in second:
        if not in_part[site] and state.place[site] == NOBODY:
            open_site(rows, state, site)
    limit = budget * (1.0 + BUDGET_SLACK)
    _thin_out(rows, state, limit)
    fill(rows, state, budget, 0.0)
    movable, is_listed = np.empty(len(rows.costs), dtype=np.int64), np.zeros(len(rows.costs), dtype=np.bool_)
    count = _with_neighbours(near, state, movable, _seam(near, state, in_part, movable), is_listed)
    _relax(rows, near, state, movable, count, seam_moves, limit, SEAM_HOT * cold, cold)
    for _ in range(TRANSFERS):
        _transfer(rows, near, state, movable, is_listed, limit, cold)
    fill(rows, state, budget, 0.0)
    count = state.counts[COUNT]
    movable[:count] = state.chosen[:count]
    _relax(rows, near, state, movable, count, LAST_MOVES, limit, cold, FROZEN * cold)
    fill(rows, state, budget, 0.0)
    return selection_of(state)


@compiled
def _part(rows: Rows, near: Neighbours, first: IndexArray, second: IndexArray) -> BoolArray:
    """Return which sites (sites,) of two selections are in a part grown from a random site of the first."""
    of_first, of_either = np.zeros(len(rows.costs), dtype=np.bool_), np.zeros(len(rows.costs), dtype=np.bool_)
    of_first[first], of_either[first], of_either[second] = True, True, True
    share = SMALLEST_PART + (LARGEST_PART - SMALLEST_PART) * np.random.random()
    wanted = max(1, int(share * len(first)))
    in_part = np.zeros(len(rows.costs), dtype=np.bool_)
    grown = np.empty(len(first) + len(second), dtype=np.int64)
    count, done, of_first_count = 0, 0, 0
    while of_first_count < wanted:
        if done == count:
            site = first[draw(len(first))]
            if not in_part[site]:
                in_part[site], grown[count] = True, site
                count, of_first_count = count + 1, of_first_count + 1
            continue
        site, done = grown[done], done + 1
        for at in range(near.start[site], near.start[site + 1]):
            other = near.sites[at]
            if of_either[other] and not in_part[other] and of_first_count < wanted:
                in_part[other], grown[count] = True, other
                count, of_first_count = count + 1, of_first_count + int(of_first[other])
    return in_part


@uncounted
def _thin_out(rows: Rows, state: State, limit: float) -> None:
    """Close the least needed sites until the budget is kept."""
    while state.sums[SPENT] > limit and state.counts[COUNT] > 0:
        least = state.chosen[0]
        for at in range(1, state.counts[COUNT]):
            other = state.chosen[at]
            if state.alone[other] * rows.costs[least] < state.alone[least] * rows.costs[other]:
                least = other
        close_site(rows, state, least)


@uncounted
def _seam(near: Neighbours, state: State, in_part: BoolArray, movable: IndexArray) -> int:
    """List the selected sites that share demand points with one of the other side; return their number."""
    count = 0
    for place in range(state.counts[COUNT]):
        site = state.chosen[place]
        for at in range(near.start[site], near.start[site + 1]):
            other = near.sites[at]
            if state.place[other] != NOBODY and in_part[other] != in_part[site]:
                movable[count] = site
                count += 1
                break
    return count


@uncounted
def _with_neighbours(
    near: Neighbours, state: State, movable: IndexArray, count: int, is_listed: BoolArray
) -> int:
    """Add the selected neighbours of the listed sites; return their number. ``is_listed`` is all False."""
    _mark(is_listed, movable, count, True)
    for place in range(count):
        site = movable[place]
        for at in range(near.start[site], near.start[site + 1]):
            other = near.sites[at]
            if state.place[other] != NOBODY and not is_listed[other]:
                is_listed[other], movable[count] = True, other
                count += 1
    _mark(is_listed, movable, count, False)
    return count


@inlined
def _mark(is_listed: BoolArray, movable: IndexArray, count: int, listed: bool) -> None:
    for place in range(count):
        is_listed[movable[place]] = listed


@uncounted
def _relax(
    rows: Rows,
    near: Neighbours,
    state: State,
    movable: IndexArray,
    count: int,
    moves_per_site: int,
    limit: float,
    hot: float,
    cold: float,
) -> None:
    """Anneal the first ``count`` sites of ``movable``, which then are those that took their places."""
    moves = moves_per_site * count
    cooling = (cold / hot) ** (1.0 / max(1, moves))
    temperature = hot
    for _ in range(moves):
        temperature *= cooling
        place = draw(count)
        opened = swap_near(rows, near, state, int(movable[place]), limit, temperature)
        if opened != NOBODY:
            movable[place] = opened


@compiled
def _transfer(
    rows: Rows,
    near: Neighbours,
    state: State,
    movable: IndexArray,
    is_listed: BoolArray,
    limit: float,
    cold: float,
) -> None:
    """Move a little needed site to where more is not covered, anneal around both; undo a loss."""
    if state.counts[COUNT] == 0:
        return
    old, new = little_needed(rows, state), much_needed(rows, state)
    if state.place[new] != NOBODY or state.sums[SPENT] - rows.costs[old] + rows.costs[new] > limit:
        return
    before, value = selection_of(state), state.sums[VALUE]
    close_site(rows, state, old)
    open_site(rows, state, new)
    count = 1
    movable[0] = new
    for at in range(near.start[old], near.start[old + 1]):
        other = near.sites[at]
        if state.place[other] != NOBODY and other != new:
            movable[count] = other
            count += 1
    count = _with_neighbours(near, state, movable, count, is_listed)
    _relax(rows, near, state, movable, count, TRANSFER_MOVES, limit, TRANSFER_HOT * cold, cold)
    if state.sums[VALUE] < value + TRANSFER_LOSS * cold * np.log(1.0 - np.random.random()):
        _return_to(rows, state, before, is_listed)


@compiled
def _return_to(rows: Rows, state: State, before: IndexArray, is_listed: BoolArray) -> None:
    """Return to an earlier selection. ``is_listed`` is all False."""
    is_listed[before] = True
    for site in selection_of(state):
        if not is_listed[site]:
            close_site(rows, state, site)
    for site in before:
        if state.place[site] == NOBODY:
            open_site(rows, state, site)
        is_listed[site] = False

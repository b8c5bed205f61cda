"""Annealing in numba over the state (programme, opening year) of every planned site.

Budget and pace are priced, not enforced: their prices rise while they are violated and relax while they
are slack; only states within the limits are recorded.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

NEVER = -1
"""Programme of a site that does not open."""
MOVES_PER_PRICE_UPDATE = 2000
PRICE_RISE = 1.1
PRICE_RELAX = 0.97
VIOLATION_TOLERANCE = 1e-9


@numba.njit(cache=True, nogil=True)
def _switch(site, programme, year, sign, data, state):  # type: ignore[no-untyped-def]
    """Add (sign 1) or take away (sign -1) a site's programme from the state's sums."""
    (first, covers, element_function, target_weight, person_weight, mask, cost, penalty, town, paced) = data
    (count, covered, sums, spend, opened) = state
    functions, years = covered.shape
    spend[year] += sign * cost[programme]
    sums[1] += sign * penalty[programme]
    if paced[site]:
        opened[0, year] += sign
        opened[1 + town[site], year] += sign
    for function in range(functions):
        if not mask[programme] >> function & 1:
            continue
        row = site * functions + function
        for entry in range(first[row], first[row + 1]):
            element = covers[entry]
            for t in range(year, years):
                before = count[element, t]
                count[element, t] = before + sign
                if (sign > 0 and before == 0) or (sign < 0 and before == 1):
                    covered[element_function[element], t] += sign * target_weight[element, t]
                    sums[0] += sign * person_weight[element, t]


@numba.njit(cache=True, nogil=True)
def _shortfall(covered, target, price_of_shortfall):  # type: ignore[no-untyped-def]
    """Return Σ priority · shortfall in percentage points."""
    total = 0.0
    for function in range(target.shape[0]):
        for t in range(target.shape[1]):
            missing = target[function, t] - covered[function, t]
            if missing > 1e-9:
                total += price_of_shortfall[function, t] * missing
    return total


@numba.njit(cache=True, nogil=True)
def _violation(spend, opened, amount, carry_over, pace_all, pace_town):  # type: ignore[no-untyped-def]
    """Return (million CNY over budget, sites over pace), summed over years."""
    money, balance, sites = 0.0, 0.0, 0.0
    for t in range(amount.shape[0]):
        balance = (balance if carry_over else 0.0) + amount[t] - spend[t]
        if balance < -1e-9:
            money -= balance
        if opened[0, t] > pace_all:
            sites += opened[0, t] - pace_all
        for town in range(1, opened.shape[0]):
            if opened[town, t] > pace_town:
                sites += opened[town, t] - pace_town
    return money, sites


@numba.njit(cache=True, nogil=True)
def _propose(site, programme, year, first_programme, mask, by_mask, earliest, years):  # type: ignore[no-untyped-def]
    """Return another (programme, year) for a site: one function more or less, another year, or anew."""
    begin, end = first_programme[site], first_programme[site + 1]
    draw = np.random.random()
    if programme >= 0 and draw < 0.45:
        bit = np.random.randint(0, 30) % 16
        changed = mask[programme] ^ (1 << bit)
        if changed < by_mask.shape[1] and by_mask[site, changed] >= 0:
            return by_mask[site, changed], year
    if programme >= 0 and draw < 0.65:
        return programme, np.random.randint(earliest[site], years)
    if programme >= 0 and draw < 0.75:
        return -1, 0
    return np.random.randint(begin, end), np.random.randint(earliest[site], years)


@numba.njit(cache=True, nogil=True)
def anneal(  # type: ignore[no-untyped-def]
    data, programme_first, by_mask, neighbours_first, neighbours, limits, targets, start, settings
):
    """Anneal; return (best programme, best year, best shortfall or -1 where none was within limits).

    ``settings``: moves, first and last temperature, worth of one person-year, worth of a site's penalty,
    worth of a million CNY, seed.
    """
    (amount, carry_over, pace_all, pace_town, earliest, fixed_year, movable) = limits
    (target, price_of_shortfall, base_count) = targets
    (moves, hot, cold, person_worth, penalty_worth, money_worth, seed) = settings
    np.random.seed(seed)
    mask = data[5]
    years = amount.shape[0]
    count = base_count.copy()
    covered = np.zeros(target.shape)
    sums = np.zeros(2)
    for element in range(count.shape[0]):
        for t in range(years):
            if count[element, t] > 0:
                covered[data[2][element], t] += data[3][element, t]
                sums[0] += data[4][element, t]
    spend = np.zeros(years)
    opened = np.zeros((data[8].max() + 2, years))
    state = (count, covered, sums, spend, opened)
    programme = np.full(fixed_year.shape[0], -1)
    year = np.zeros(fixed_year.shape[0], dtype=np.int64)
    for site in range(programme.shape[0]):
        if start[0][site] >= 0:
            programme[site], year[site] = start[0][site], start[1][site]
            _switch(site, programme[site], year[site], 1, data, state)
    best_programme, best_year = programme.copy(), year.copy()
    best, best_shortfall = np.inf, -1.0
    money_price, pace_price = 10.0, 10.0
    current = np.inf
    for move in range(moves):
        temperature = hot * (cold / hot) ** (move / moves)
        if move % MOVES_PER_PRICE_UPDATE == 0:
            money, sites = _violation(spend, opened, amount, carry_over, pace_all, pace_town)
            money_price = (
                min(1e4, money_price * PRICE_RISE) if money > 0 else max(0.1, money_price * PRICE_RELAX)
            )
            pace_price = (
                min(1e4, pace_price * PRICE_RISE) if sites > 0 else max(0.1, pace_price * PRICE_RELAX)
            )
            current = (
                _shortfall(covered, target, price_of_shortfall)
                - person_worth * sums[0]
                + penalty_worth * sums[1]
                + money_worth * spend.sum()
                + money_price * money
                + pace_price * sites
            )
        site = movable[np.random.randint(0, movable.shape[0])]
        old_programme, old_year = programme[site], year[site]
        new_programme, new_year = _propose(
            site, old_programme, old_year, programme_first, mask, by_mask, earliest, years
        )
        if fixed_year[site] >= 0:
            new_year = fixed_year[site]
            if new_programme < 0:
                continue
        if new_programme == old_programme and (new_year == old_year or new_programme < 0):
            continue
        other, other_programme, other_year = -1, -1, 0
        if (
            old_programme < 0
            and neighbours_first[site + 1] > neighbours_first[site]
            and np.random.random() < 0.6
        ):
            pick = np.random.randint(neighbours_first[site], neighbours_first[site + 1])
            other = neighbours[pick]
            other_programme, other_year = programme[other], year[other]
            if other_programme < 0 or fixed_year[other] >= 0:
                other = -1
            else:
                if np.random.random() < 0.5:
                    new_year = max(earliest[site], other_year)
                same = by_mask[site, mask[other_programme]]
                if same >= 0 and np.random.random() < 0.7:
                    new_programme = same
        if other >= 0:
            _switch(other, other_programme, other_year, -1, data, state)
            programme[other] = -1
        if old_programme >= 0:
            _switch(site, old_programme, old_year, -1, data, state)
        if new_programme >= 0:
            _switch(site, new_programme, new_year, 1, data, state)
        money, sites = _violation(spend, opened, amount, carry_over, pace_all, pace_town)
        shortfall = _shortfall(covered, target, price_of_shortfall)
        true_cost = shortfall - person_worth * sums[0] + penalty_worth * sums[1] + money_worth * spend.sum()
        proposed = true_cost + money_price * money + pace_price * sites
        if proposed <= current or np.random.random() < np.exp((current - proposed) / temperature):
            current = proposed
            programme[site], year[site] = new_programme, new_year
            if money <= VIOLATION_TOLERANCE and sites <= 0 and true_cost < best:
                best, best_shortfall = true_cost, shortfall
                best_programme[:] = programme
                best_year[:] = year
            continue
        if new_programme >= 0:
            _switch(site, new_programme, new_year, -1, data, state)
        if old_programme >= 0:
            _switch(site, old_programme, old_year, 1, data, state)
        if other >= 0:
            _switch(other, other_programme, other_year, 1, data, state)
            programme[other] = other_programme
    return best_programme, best_year, best, best_shortfall


__all__: list[Any] = ["NEVER", "anneal"]

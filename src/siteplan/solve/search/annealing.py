"""Annealing in numba over what every planned site provides in every year.

The state holds a programme (or none) for each site and year. Budget, operating limits and pace are
priced, not enforced: their prices rise while they are violated and relax while they are slack; only
states within the limits are recorded. All other rules hold in every state by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from siteplan.solve.search.landscape import FloatArray, IntArray, Landscape

CLOSED = -1
"""Programme of a site that is not open."""
NOBODY = -1
"""No second site takes part in a move."""
REJECTED = -2
"""A proposed move breaks a rule of form or space, or changes nothing."""
MOVES_PER_PRICE_UPDATE = 2000
FIRST_PRICE = 10.0
LOWEST_PRICE, HIGHEST_PRICE = 0.1, 1e4
PRICE_RISE, PRICE_RELAX = 1.1, 0.97
MONEY_TOLERANCE = 1e-9
SHORTFALL_TOLERANCE = 1e-9
TRIES_TO_FIT = 3
"""Functions that may be dropped so that what a site takes over fits."""
RESTART, HAND_OVER, EXCHANGE, SHIFT, CLOSE = 0.40, 0.60, 0.78, 0.86, 0.90
"""Cumulative shares of the kinds of move; the rest is `_propose_programme`."""
PERSONS, PENALTY, MONEY, PACE_EXCESS = 0, 1, 2, 3
"""Entries of `State.sums`."""


class State(NamedTuple):
    """The programmes and the sums that follow from them. P sites, T years; other letters: `Landscape`.

    ``programme`` (P, T): programme number or `CLOSED`; ``providers`` (E, T): sites that cover an element;
    ``covered`` (F, T); ``spend``, ``running`` (T,): million CNY; ``opened`` (1 + W, T): newly opened
    candidate sites in all and by town; ``sums`` (4,): person-years covered, penalty, all money, sites
    above the pace.
    """

    programme: IntArray
    providers: IntArray
    covered: FloatArray
    spend: FloatArray
    running: FloatArray
    opened: FloatArray
    sums: FloatArray


class Schedule(NamedTuple):
    """Length and temperatures of a run (weighted points), and the worths of later levels in points."""

    moves: int
    hot: float
    cold: float
    person_worth: float
    penalty_worth: float
    money_worth: float


class Prices(NamedTuple):
    """Prices of a million CNY above the budget and of a site above the pace, each a single entry."""

    money: FloatArray
    pace: FloatArray


_Function = TypeVar("_Function", bound=Callable[..., object])


def _compiled(function: _Function) -> _Function:
    """Compile to machine code that runs beside other threads, kept on disk."""
    return cast(_Function, numba.njit(cache=True, nogil=True)(function))


@_compiled
def _first_year(programmes: IntArray) -> int:
    """Return the index of the first year in which a site is open; the number of years if never."""
    for year in range(programmes.shape[0]):
        if programmes[year] >= 0:
            return year
    return int(programmes.shape[0])


@_compiled
def _mask_of(programme: int, land: Landscape) -> int:
    return int(land.mask[programme]) if programme >= 0 else 0


@_compiled
def _cover(row: int, year: int, sign: int, land: Landscape, state: State) -> None:
    """Add (1) or take away (-1) a site's function, row site · functions + function, in one year."""
    before_change = 0 if sign > 0 else 1
    for entry in range(land.covers_first[row], land.covers_first[row + 1]):
        element = land.covers[entry]
        if state.providers[element, year] == before_change:
            state.covered[land.element_function[element], year] += sign * land.target_weight[element, year]
            state.sums[PERSONS] += sign * land.person_weight[element, year]
        state.providers[element, year] += sign


@_compiled
def _count_opening(site: int, year: int, sign: int, land: Landscape, state: State) -> None:
    """Add or take away a newly opened candidate site."""
    if year >= state.spend.shape[0] or not land.counts_for_pace[site]:
        return
    for group in (0, 1 + land.town[site]):
        before = max(0.0, state.opened[group, year] - land.pace[group])
        state.opened[group, year] += sign
        state.sums[PACE_EXCESS] += max(0.0, state.opened[group, year] - land.pace[group]) - before


@_compiled
def _count_money(programmes: IntArray, sign: int, land: Landscape, state: State) -> None:
    """Add or take away the money and the penalty of a site's programmes."""
    years = programmes.shape[0]
    before = 0.0
    for year in range(years):
        programme = programmes[year]
        if programme < 0:
            continue
        spend = sign * (land.cost[programme] - before)
        before = land.cost[programme]
        state.spend[year] += spend
        state.sums[MONEY] += spend
        if year + 1 < years:
            state.running[year + 1] += sign * land.running[programme]
            state.sums[MONEY] += sign * land.running[programme]
    if programmes[years - 1] >= 0:
        state.sums[PENALTY] += sign * land.penalty[programmes[years - 1]]


@_compiled
def _replace(site: int, programmes: IntArray, land: Landscape, state: State) -> None:
    """Give a site other programmes by year, and update the sums."""
    present = state.programme[site]
    functions = land.target.shape[0]
    for year in range(programmes.shape[0]):
        old, new = _mask_of(present[year], land), _mask_of(programmes[year], land)
        changed, position = old ^ new, 0
        while changed:
            if changed & 1:
                sign = 1 if new >> position & 1 else -1
                _cover(site * functions + position, year, sign, land, state)
            changed >>= 1
            position += 1
    _count_money(present, -1, land, state)
    _count_money(programmes, 1, land, state)
    old_year, new_year = _first_year(present), _first_year(programmes)
    if old_year != new_year:
        _count_opening(site, old_year, -1, land, state)
        _count_opening(site, new_year, 1, land, state)
    present[:] = programmes


@_compiled
def _shortfall(land: Landscape, state: State) -> float:
    """Return Σ priority · shortfall in percentage points."""
    total = 0.0
    for function in range(land.target.shape[0]):
        for year in range(land.target.shape[1]):
            missing = land.target[function, year] - state.covered[function, year]
            if missing > SHORTFALL_TOLERANCE:
                total += land.price_of_shortfall[function, year] * missing
    return total


@_compiled
def _money_above_limits(land: Landscape, state: State) -> float:
    """Return million CNY above the capital and operating limits, summed over years."""
    above, balance = 0.0, 0.0
    for year in range(land.capital.shape[0]):
        balance = (balance if land.carry_over else 0.0) + land.capital[year] - state.spend[year]
        if balance < -MONEY_TOLERANCE:
            above -= balance
        running = state.running[year] - land.operating[year]
        if running > MONEY_TOLERANCE:
            above += running
    return above


@_compiled
def _cost(shortfall: float, schedule: Schedule, state: State) -> float:
    """Return the cost of a state without its violations: weighted points."""
    return float(
        shortfall
        - schedule.person_worth * state.sums[PERSONS]
        + schedule.penalty_worth * state.sums[PENALTY]
        + schedule.money_worth * state.sums[MONEY]
    )


@_compiled
def _keeps_rules(site: int, masks: IntArray, programmes: IntArray, land: Landscape) -> bool:
    """Write the programmes of masks by year; return whether all exist, in one form, in allowed years."""
    fixed, form = land.fixed_year[site], -1
    for year in range(masks.shape[0]):
        programmes[year] = CLOSED
        if masks[year] == 0:
            if 0 <= fixed <= year:
                return False
            continue
        programme = land.by_mask[site, masks[year]]
        if programme < 0 or year < land.earliest[site]:
            return False
        if form >= 0 and form != land.is_complex[programme]:
            return False
        form = int(land.is_complex[programme])
        programmes[year] = programme
    return True


@_compiled
def _start(masks: IntArray, function: int, year: int) -> None:
    """Let a function start in a year, or never where the year is past the last."""
    bit = 1 << function
    for index in range(masks.shape[0]):
        masks[index] = masks[index] | bit if index >= year else masks[index] & ~bit


@_compiled
def _start_of(masks: IntArray, function: int) -> int:
    """Return the index of the year in which a function starts; the number of years if never."""
    for year in range(masks.shape[0]):
        if masks[year] >> function & 1:
            return year
    return int(masks.shape[0])


@_compiled
def _fit(site: int, kept: int, masks: IntArray, programmes: IntArray, land: Landscape) -> bool:
    """Drop random functions other than ``kept`` (-1: any) until the masks keep the rules, or give up."""
    functions, years = land.target.shape
    for _ in range(TRIES_TO_FIT):
        if _keeps_rules(site, masks, programmes, land):
            return True
        if masks[years - 1] == 0:
            return False
        dropped = np.random.randint(0, functions)
        while dropped == kept or not masks[years - 1] >> dropped & 1:
            if masks[years - 1] == 1 << max(kept, 0):
                return False
            dropped = np.random.randint(0, functions)
        _start(masks, dropped, years)
    return bool(_keeps_rules(site, masks, programmes, land))


@_compiled
def _read_masks(site: int, masks: IntArray, land: Landscape, state: State) -> None:
    for year in range(masks.shape[0]):
        masks[year] = _mask_of(state.programme[site, year], land)


@_compiled
def _pick_partner(site: int, land: Landscape) -> int:
    """Return a neighbour, sometimes any site; `NOBODY` where the draw is the site itself."""
    begin, end = land.neighbours_first[site], land.neighbours_first[site + 1]
    if end > begin and np.random.random() < 0.85:
        return int(land.neighbours[np.random.randint(begin, end)])
    other = int(land.movable[np.random.randint(0, land.movable.shape[0])])
    return other if other != site else NOBODY


@_compiled
def _propose_restart(site: int, masks: IntArray, rows: IntArray, land: Landscape) -> int:
    """Let one function start in another year, or never; swap another out where the site is full."""
    functions, years = land.target.shape
    function = np.random.randint(0, functions)
    _start(masks[0], function, np.random.randint(land.earliest[site], years + 1))
    return NOBODY if _fit(site, function, masks[0], rows[0], land) else REJECTED


@_compiled
def _propose_hand_over(site: int, masks: IntArray, rows: IntArray, land: Landscape, state: State) -> int:
    """Exchange the starts of one function between two sites."""
    other = _pick_partner(site, land)
    if other == NOBODY:
        return REJECTED
    _read_masks(other, masks[1], land, state)
    function = np.random.randint(0, land.target.shape[0])
    here, there = _start_of(masks[0], function), _start_of(masks[1], function)
    if here == there:
        return REJECTED
    _start(masks[0], function, max(there, land.earliest[site]))
    _start(masks[1], function, max(here, land.earliest[other]))
    if _fit(site, function, masks[0], rows[0], land) and _fit(other, function, masks[1], rows[1], land):
        return other
    return REJECTED


@_compiled
def _take_over(site: int, masks: IntArray, programmes: IntArray, land: Landscape) -> bool:
    """Fit masks of another site into this one, from its first year on."""
    hosted = 0
    for entry in range(land.programme_first[site], land.programme_first[site + 1]):
        hosted |= land.mask[entry]
    for year in range(masks.shape[0]):
        masks[year] = masks[year] & hosted if year >= land.earliest[site] else 0
    return bool(_fit(site, -1, masks, programmes, land))


@_compiled
def _propose_exchange(site: int, masks: IntArray, rows: IntArray, land: Landscape, state: State) -> int:
    """Exchange all that two sites provide, dropping functions that do not fit."""
    other = _pick_partner(site, land)
    if other == NOBODY:
        return REJECTED
    masks[1] = masks[0]
    _read_masks(other, masks[0], land, state)
    if _take_over(site, masks[0], rows[0], land) and _take_over(other, masks[1], rows[1], land):
        return other
    return REJECTED


@_compiled
def _propose_shift(site: int, masks: IntArray, rows: IntArray, land: Landscape) -> int:
    """Shift all that a site provides in time."""
    years = masks.shape[1]
    delta = np.random.randint(1 - years, years)
    masks[1] = masks[0]
    for year in range(years):
        source = year - delta
        masks[0, year] = 0 if source < 0 else masks[1, min(source, years - 1)]
    return NOBODY if _keeps_rules(site, masks[0], rows[0], land) else REJECTED


@_compiled
def _propose_programme(site: int, masks: IntArray, rows: IntArray, land: Landscape) -> int:
    """Open with a random programme in a random year."""
    programme = np.random.randint(land.programme_first[site], land.programme_first[site + 1])
    opening = np.random.randint(land.earliest[site], masks.shape[1])
    for year in range(masks.shape[1]):
        masks[0, year] = land.mask[programme] if year >= opening else 0
    return NOBODY if _keeps_rules(site, masks[0], rows[0], land) else REJECTED


@_compiled
def _propose(site: int, masks: IntArray, rows: IntArray, land: Landscape, state: State) -> int:
    """Write new programmes of the site (row 0), and of a second site (row 1), whose number is returned."""
    _read_masks(site, masks[0], land, state)
    is_open = masks[0, masks.shape[1] - 1] > 0
    draw = np.random.random()
    if draw < RESTART:
        return int(_propose_restart(site, masks, rows, land))
    if draw < HAND_OVER:
        return int(_propose_hand_over(site, masks, rows, land, state))
    if draw < EXCHANGE:
        return int(_propose_exchange(site, masks, rows, land, state))
    if is_open and draw < SHIFT:
        return int(_propose_shift(site, masks, rows, land))
    if is_open and draw < CLOSE:
        masks[0] = 0
        return NOBODY if _keeps_rules(site, masks[0], rows[0], land) else REJECTED
    return int(_propose_programme(site, masks, rows, land))


@_compiled
def _first_state(land: Landscape, programmes: IntArray) -> State:
    """Return the state with the given programmes (sites, years)."""
    years = land.capital.shape[0]
    state = State(
        np.full_like(programmes, CLOSED),
        np.zeros(land.target_weight.shape, dtype=np.int64),
        land.decided_coverage.copy(),
        np.zeros(years),
        np.zeros(years),
        np.zeros((land.pace.shape[0], years)),
        np.zeros(4),
    )
    for site in range(programmes.shape[0]):
        _replace(site, programmes[site], land, state)
    return state


@_compiled
def _update_price(price: FloatArray, is_violated: bool) -> None:
    """Raise the price of a limit that is violated, relax it otherwise."""
    changed = price[0] * (PRICE_RISE if is_violated else PRICE_RELAX)
    price[0] = min(HIGHEST_PRICE, max(LOWEST_PRICE, changed))


@_compiled
def _assess(
    land: Landscape, schedule: Schedule, prices: Prices, state: State
) -> tuple[float, float, float, bool]:
    """Return the priced cost, the cost, the shortfall, and whether the state is within the limits."""
    above = _money_above_limits(land, state)
    excess = state.sums[PACE_EXCESS]
    shortfall = _shortfall(land, state)
    cost = _cost(shortfall, schedule, state)
    return cost + prices.money[0] * above + prices.pace[0] * excess, cost, shortfall, above + excess <= 0.0


@_compiled
def _is_accepted(rise: float, temperature: float) -> bool:
    return bool(rise <= 0.0 or np.random.random() < np.exp(-rise / temperature))


@_compiled
def anneal(
    land: Landscape, schedule: Schedule, seed: int, first: IntArray, stop: NDArray[np.bool_]
) -> tuple[IntArray, float, float]:
    """Anneal from the programmes ``first`` (sites, years) until the moves are done or ``stop[0]`` is set.

    Returns (best programmes, cost, weighted points short); an infinite cost where no state was within the
    limits. Deterministic for a seed when not stopped.
    """
    np.random.seed(seed)
    years = land.capital.shape[0]
    state = _first_state(land, first)
    prices = Prices(np.full(1, FIRST_PRICE), np.full(1, FIRST_PRICE))
    masks, rows = np.zeros((2, years), dtype=np.int64), np.zeros((2, years), dtype=np.int64)
    kept = np.zeros((2, years), dtype=np.int64)
    current, cost, shortfall, is_within = _assess(land, schedule, prices, state)
    best, best_cost, best_shortfall = first.copy(), np.inf, np.inf
    if is_within:
        best_cost, best_shortfall = cost, shortfall
    temperature = schedule.hot
    for move in range(schedule.moves if land.movable.shape[0] > 0 else 0):
        if move % MOVES_PER_PRICE_UPDATE == 0:
            if stop[0]:
                break
            temperature = schedule.hot * (schedule.cold / schedule.hot) ** (move / schedule.moves)
            _update_price(prices.money, _money_above_limits(land, state) > 0.0)
            _update_price(prices.pace, state.sums[PACE_EXCESS] > 0.0)
            current, cost, shortfall, is_within = _assess(land, schedule, prices, state)
        site = land.movable[np.random.randint(0, land.movable.shape[0])]
        other = _propose(site, masks, rows, land, state)
        if other == REJECTED:
            continue
        kept[0] = state.programme[site]
        _replace(site, rows[0], land, state)
        if other >= 0:
            kept[1] = state.programme[other]
            _replace(other, rows[1], land, state)
        proposed, cost, shortfall, is_within = _assess(land, schedule, prices, state)
        if _is_accepted(proposed - current, temperature):
            current = proposed
            if is_within and cost < best_cost:
                best_cost, best_shortfall = cost, shortfall
                best[:] = state.programme
            continue
        _replace(site, kept[0], land, state)
        if other >= 0:
            _replace(other, kept[1], land, state)
    return best, best_cost, best_shortfall

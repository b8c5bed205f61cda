"""Annealing in numba over what every planned site provides in every year.

The state holds what each site provides in each year, as bit masks of functions. Limits (`Limits`) and
coverage that is a must (`Musts`) are priced, not enforced: their prices rise while they are violated and
relax while they are slack; only states within them are recorded. The rules of form and space hold in
every state by construction.

The first call on a machine waits for the compiler, so what is slow to compile is left out: each function
takes only the arrays that it uses, nothing is allocated and no rows are sliced.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from siteplan.machine_code import compiled_part, inlined, uncounted
from siteplan.solve.search.landscape import (
    FloatArray,
    IntArray,
    Landscape,
    Money,
    Sites,
    Targets,
    empty_landscape,
)
from siteplan.solve.search.limits import Limits, capital_allowed
from siteplan.solve.search.musts import Musts

CLOSED = -1
"""Programme of a site that is not open."""
NOBODY = -1
"""No second site takes part in a move."""
REJECTED = -2
"""A proposed move breaks a rule of form or space, or changes nothing."""
MOVES_PER_PRICE_UPDATE, SWEEPS_PER_PRICE_UPDATE = 2000, 10
"""Moves between changes of prices, at least, and by site."""
MOVES_PER_LOOK = 10_000
"""Moves between looks at whether the time is gone: about a hundredth of a second."""
LOWEST_PRICE, HIGHEST_PRICE = 0.1, 1e4
"""Of a limit or must, as multiples of its first price."""
PRICE_RISE, PRICE_RELAX = 1.03, 0.99
LATE, LATE_RISE = 0.8, 1.2
"""Share of a run after which prices no longer relax, and rise faster: what it ends with keeps all limits."""
LIMIT_TOLERANCE = 1e-9
SHORTFALL_TOLERANCE = 1e-9
TRIES_TO_FIT = 3
"""Functions that may be dropped so that what a site takes over fits."""
SHARE_OF_NEIGHBOURS = 0.85
"""Share of the moves between two sites that are between neighbours."""
RESTART, HAND_OVER, EXCHANGE, EXCHANGE_TIMES, SHIFT, CLOSE = 0.36, 0.54, 0.70, 0.78, 0.86, 0.90
"""Cumulative shares of the kinds of move; the rest opens a site with a random programme."""
PERSONS, PENALTY, MONEY, EXCESS, PRICED_EXCESS = 0, 1, 2, 3, 4
"""Entries of `State.sums`."""
PRICED_COST, COST, SHORTFALL, VIOLATION = 0, 1, 2, 3
"""Entries of `State.assessed`: the cost with priced violations, without, and its parts."""


class State(NamedTuple):
    """What sites provide, and the sums that follow. P sites, T years; other letters: `Landscape`.

    ``provided`` (P, T): bit masks, 0 where closed; ``providers`` (E, T): sites that cover an element;
    ``covered`` (F, T); ``used`` (R, T): of each limit; ``met`` (G,): of each must; ``sums`` (5,):
    person-years covered, penalty, all money, what limits and musts are violated by, as it is and priced;
    ``assessed`` (4,): see the names of its entries; ``prices``, ``first_prices`` (R · T + G,): of violating
    each limit in each year and each must, now and at first.
    """

    provided: IntArray
    providers: IntArray
    covered: FloatArray
    used: FloatArray
    met: FloatArray
    sums: FloatArray
    assessed: FloatArray
    prices: FloatArray
    first_prices: FloatArray


class Schedule(NamedTuple):
    """Length and temperatures of a run (weighted points), and the worths of later levels in points."""

    moves: int
    hot: float
    cold: float
    person_worth: float
    penalty_worth: float
    money_worth: float


class Run(NamedTuple):
    """What a run found: programmes (P, T) and their weighted points, with and without later levels.

    ``violation``: 0, or where no state was within all limits and musts, what the last one violates them by.
    """

    seed: int
    programmes: IntArray
    cost: float
    shortfall: float
    violation: float


@compiled_part
def _draw(count: int) -> int:
    """Return a random number from 0 to count - 1."""
    return int(np.random.random() * count)


@compiled_part
def _copy_row(source: IntArray, source_row: int, target: IntArray, target_row: int) -> None:
    for year in range(source.shape[1]):
        target[target_row, year] = source[source_row, year]


@inlined
def _cover(row: int, year: int, sign: int, land: Landscape, state: State) -> None:
    """Add (1) or take away (-1) a site's function, row site · functions + function, in one year."""
    coverage, musts = land.coverage, land.musts
    before_change = 0 if sign > 0 else 1
    for entry in range(coverage.first[row], coverage.first[row + 1]):
        element = coverage.elements[entry]
        if state.providers[element, year] == before_change:
            state.covered[coverage.function[element], year] += sign * coverage.target_weight[element, year]
            state.sums[PERSONS] += sign * coverage.person_weight[element, year]
            for at in range(musts.first[element], musts.first[element + 1]):
                if musts.year[at] == year:
                    _meet(musts.must[at], sign * musts.weight[at], musts, state)
        state.providers[element, year] += sign


@inlined
def _meet(must: int, weight: float, musts: Musts, state: State) -> None:
    """Count what is newly covered of a must, or no longer."""
    before = max(0.0, musts.least[must] - state.met[must])
    state.met[must] += weight
    _exceed(state.used.size + must, max(0.0, musts.least[must] - state.met[must]) - before, state)


@inlined
def _exceed(number: int, change: float, state: State) -> None:
    """Count that a limit in a year, or a must after all limits, is violated by more, or less."""
    state.sums[EXCESS] += change
    state.sums[PRICED_EXCESS] += state.prices[number] * change


@inlined
def _above(used: float, most: float) -> float:
    """Return what a limit is exceeded by; what is within rounding is nothing."""
    return used - most if used > most + LIMIT_TOLERANCE else 0.0


@inlined
def _use(row: int, year: int, amount: float, limits: Limits, state: State) -> None:
    """Use more of a limit in a year, or less."""
    before = state.used[row, year]
    after = before + amount
    state.used[row, year] = after
    most = limits.most[row, year]
    if not limits.is_of_year[row]:
        _exceed(_entry(row, year, limits), _above(after, most) - _above(before, most), state)
        return
    earlier = state.used[row, year - 1] if year > 0 else 0.0
    change = _above(after - earlier, most) - _above(before - earlier, most)
    if year + 1 < limits.most.shape[1]:
        later, most = state.used[row, year + 1], limits.most[row, year + 1]
        later_change = _above(later - after, most) - _above(later - before, most)
        _exceed(_entry(row, year + 1, limits), later_change, state)
    _exceed(_entry(row, year, limits), change, state)


@inlined
def _entry(row: int, year: int, limits: Limits) -> int:
    """Return the number of a limit's price in a year."""
    return int(row * limits.most.shape[1] + year)


@compiled_part
def _update_price(entry: int, is_violated: bool, is_late: bool, state: State) -> None:
    """Raise the price of a limit that is violated, relax it otherwise, but not when it is late."""
    rise, relax = (LATE_RISE, 1.0) if is_late else (PRICE_RISE, PRICE_RELAX)
    changed = state.prices[entry] * (rise if is_violated else relax)
    first = state.first_prices[entry]
    state.prices[entry] = min(HIGHEST_PRICE * first, max(LOWEST_PRICE * first, changed))


@compiled_part
def _count_exactly(land: Landscape, state: State, is_update: bool, is_late: bool) -> None:
    """Sum anew what limits and musts are violated by: the running sums are rounded.

    ``is_update``: the price of what is violated rises, that of the others relaxes.
    """
    state.sums[EXCESS] = state.sums[PRICED_EXCESS] = 0.0
    limits = land.limits
    for row in range(limits.most.shape[0]):
        for year in range(limits.most.shape[1]):
            earlier = state.used[row, year - 1] if limits.is_of_year[row] and year > 0 else 0.0
            excess = _above(state.used[row, year] - earlier, limits.most[row, year])
            if is_update:
                _update_price(_entry(row, year, limits), excess > 0.0, is_late, state)
            _exceed(_entry(row, year, limits), excess, state)
    for must in range(len(state.met)):
        excess = max(0.0, land.musts.least[must] - state.met[must])
        if is_update:
            _update_price(state.used.size + must, excess > 0.0, is_late, state)
        _exceed(state.used.size + must, excess, state)


@compiled_part
def _first_year(masks: IntArray, row: int) -> int:
    """Return the index of the first year with any function; the number of years if never."""
    for year in range(masks.shape[1]):
        if masks[row, year] > 0:
            return year
    return int(masks.shape[1])


@inlined
def _use_instead(
    old: int, old_joint: int, new: int, new_joint: int, year: int, limits: Limits, state: State
) -> None:
    """Use in a year what the new programme takes instead of the old one; either may be `CLOSED`.

    ``old_joint``, ``new_joint``: 1 where the site is opened with its joint programme, else 0.
    """
    at = limits.first[old] if old >= 0 else 0
    end = limits.first[old + 1] if old >= 0 else 0
    new_at = limits.first[new] if new >= 0 else 0
    new_end = limits.first[new + 1] if new >= 0 else 0
    while at < end or new_at < new_end:
        row = limits.row[at] if at < end else limits.most.shape[0]
        new_row = limits.row[new_at] if new_at < new_end else limits.most.shape[0]
        amount = 0.0
        if new_row <= row:
            amount += limits.amount[new_at, new_joint]
            new_at += 1
        if row <= new_row:
            amount -= limits.amount[at, old_joint]
            at += 1
        if amount != 0.0:
            _use(min(row, new_row), year, amount, limits, state)


@inlined
def _count_money(old: int, new: int, year: int, money: Money, state: State) -> None:
    """Count what is spent and run, and the penalty of form, of the new programme instead of the old one."""
    is_last = year + 1 == state.used.shape[1]
    for sign, programme in ((-1, old), (1, new)):
        if programme < 0:
            continue
        if is_last:
            state.sums[MONEY] += sign * money.cost[programme]
            state.sums[PENALTY] += sign * money.penalty[programme]
        else:
            state.sums[MONEY] += sign * money.running[programme]


@inlined
def _swap(site: int, masks: IntArray, row: int, land: Landscape, state: State) -> None:
    """Exchange what a site provides with a row of masks, and update the sums."""
    functions = land.targets.share.shape[0]
    old_joint = 1 if _first_year(state.provided, site) == land.sites.joint[site] else 0
    new_joint = 1 if _first_year(masks, row) == land.sites.joint[site] else 0
    for year in range(masks.shape[1]):
        old, new = state.provided[site, year], masks[row, year]
        if old == new and old_joint == new_joint:
            continue
        old_programme, new_programme = land.sites.by_mask[site, old], land.sites.by_mask[site, new]
        _use_instead(old_programme, old_joint, new_programme, new_joint, year, land.limits, state)
        _count_money(old_programme, new_programme, year, land.money, state)
        covering_old = old if old > 0 else land.sites.closed_mask[site]
        covering_new = new if new > 0 else land.sites.closed_mask[site]
        for function in range(functions):
            if (covering_old ^ covering_new) >> function & 1:
                sign = 1 if covering_new >> function & 1 else -1
                _cover(site * functions + function, year, sign, land, state)
        state.provided[site, year] = new
        masks[row, year] = old


@compiled_part
def _cover_while_closed(land: Landscape, state: State) -> None:
    """Cover what services do in the spaces of closed sites."""
    functions = land.targets.share.shape[0]
    for site in range(state.provided.shape[0]):
        for function in range(functions):
            if land.sites.closed_mask[site] >> function & 1:
                for year in range(state.provided.shape[1]):
                    _cover(site * functions + function, year, 1, land, state)


@compiled_part
def _swap_both(site: int, other: int, masks: IntArray, land: Landscape, state: State) -> None:
    """Exchange what the sites of a move provide with the masks; the same once more undoes it."""
    for row in range(2 if other >= 0 else 1):
        _swap(other if row else site, masks, row, land, state)


@inlined
def _shortfall(targets: Targets, state: State) -> float:
    """Return Σ priority · shortfall in percentage points."""
    total = 0.0
    for function in range(targets.share.shape[0]):
        for year in range(targets.share.shape[1]):
            missing = targets.share[function, year] - state.covered[function, year]
            if missing > SHORTFALL_TOLERANCE:
                total += targets.price_of_shortfall[function, year] * missing
    return total


@compiled_part
def _assess(targets: Targets, schedule: Schedule, state: State) -> None:
    """Write ``state.assessed``; costs are weighted points."""
    shortfall = _shortfall(targets, state)
    cost = (
        shortfall
        - schedule.person_worth * state.sums[PERSONS]
        + schedule.penalty_worth * state.sums[PENALTY]
        + schedule.money_worth * state.sums[MONEY]
    )
    state.assessed[PRICED_COST] = cost + state.sums[PRICED_EXCESS]
    state.assessed[COST] = cost
    state.assessed[SHORTFALL] = shortfall
    state.assessed[VIOLATION] = state.sums[EXCESS]


@compiled_part
def _keeps_rules(site: int, masks: IntArray, row: int, sites: Sites) -> bool:
    """Return whether the programmes of masks by year all exist, in one form, in allowed years."""
    fixed, form = sites.fixed_year[site], -1
    for year in range(masks.shape[1]):
        if masks[row, year] == 0:
            if 0 <= fixed <= year:
                return False
            continue
        programme = sites.by_mask[site, masks[row, year]]
        if programme < 0 or year < sites.earliest[site]:
            return False
        if form >= 0 and form != sites.is_complex[programme]:
            return False
        form = int(sites.is_complex[programme])
    return True


@compiled_part
def _start(masks: IntArray, row: int, function: int, year: int) -> None:
    """Let a function start in a year, or never where the year is past the last."""
    bit = 1 << function
    for index in range(masks.shape[1]):
        masks[row, index] = masks[row, index] | bit if index >= year else masks[row, index] & ~bit


@compiled_part
def _start_of(masks: IntArray, row: int, function: int) -> int:
    """Return the index of the year in which a function starts; the number of years if never."""
    for year in range(masks.shape[1]):
        if masks[row, year] >> function & 1:
            return year
    return int(masks.shape[1])


@compiled_part
def _fit(site: int, kept: int, masks: IntArray, row: int, sites: Sites) -> bool:
    """Drop random functions other than ``kept`` (-1: any) until the masks keep the rules, or give up."""
    years = masks.shape[1]
    for attempt in range(TRIES_TO_FIT + 1):
        if _keeps_rules(site, masks, row, sites):
            return True
        last = masks[row, years - 1]
        if attempt == TRIES_TO_FIT or last == 0 or last == 1 << max(kept, 0):
            return False
        dropped = _draw(sites.functions)
        while dropped == kept or not last >> dropped & 1:
            dropped = _draw(sites.functions)
        _start(masks, row, dropped, years)
    return False


@inlined
def _pick_partner(site: int, sites: Sites) -> int:
    """Return a neighbour, sometimes any site; `NOBODY` where the draw is the site itself."""
    begin, end = sites.neighbours_first[site], sites.neighbours_first[site + 1]
    if end > begin and np.random.random() < SHARE_OF_NEIGHBOURS:
        return int(sites.neighbours[begin + _draw(end - begin)])
    return _pick_any(site, sites)


@inlined
def _pick_any(site: int, sites: Sites) -> int:
    """Return any site; `NOBODY` where the draw is the site itself."""
    other = int(sites.movable[_draw(sites.movable.shape[0])])
    return other if other != site else NOBODY


@inlined
def _restart(site: int, masks: IntArray, sites: Sites) -> int:
    """Let one function start in another year, or never; return it."""
    function, earliest = _draw(sites.functions), sites.earliest[site]
    _start(masks, 0, function, earliest + _draw(masks.shape[1] + 1 - earliest))
    return function


@inlined
def _hand_over(site: int, other: int, masks: IntArray, sites: Sites) -> int:
    """Exchange the starts of one function between two sites; return it, or `REJECTED`."""
    function = _draw(sites.functions)
    here, there = _start_of(masks, 0, function), _start_of(masks, 1, function)
    if here == there:
        return REJECTED
    _start(masks, 0, function, max(there, sites.earliest[site]))
    _start(masks, 1, function, max(here, sites.earliest[other]))
    return function


@inlined
def _exchange(site: int, other: int, masks: IntArray, sites: Sites) -> None:
    """Exchange all that two sites provide, as far as the functions and years of each allow."""
    for year in range(masks.shape[1]):
        here, there = masks[0, year], masks[1, year]
        masks[0, year] = there & sites.hosted[site] if year >= sites.earliest[site] else 0
        masks[1, year] = here & sites.hosted[other] if year >= sites.earliest[other] else 0


@inlined
def _exchange_times(masks: IntArray) -> bool:
    """Let two sites open in each other's year, and all functions as much sooner or later, if both open."""
    years = masks.shape[1]
    here, there = _first_year(masks, 0), _first_year(masks, 1)
    if here == there or years in (here, there):
        return False
    _delay(masks, 0, there - here)
    _delay(masks, 1, here - there)
    return True


@inlined
def _delay(masks: IntArray, row: int, delta: int) -> None:
    """Let all that a site provides start so many years later, or earlier if below 0."""
    years = masks.shape[1]
    for index in range(years):
        year = years - 1 - index if delta > 0 else index
        source = year - delta
        masks[row, year] = 0 if source < 0 else masks[row, min(source, years - 1)]


@inlined
def _shift(masks: IntArray) -> None:
    """Shift all that a site provides in time."""
    years = masks.shape[1]
    _delay(masks, 0, 1 - years + _draw(2 * years - 1))


@inlined
def _open(site: int, masks: IntArray, sites: Sites) -> None:
    """Open with a random programme in a random year."""
    begin, earliest = sites.programme_first[site], sites.earliest[site]
    programme = begin + _draw(sites.programme_first[site + 1] - begin)
    opening = earliest + _draw(masks.shape[1] - earliest)
    for year in range(masks.shape[1]):
        masks[0, year] = sites.mask[programme] if year >= opening else 0


@inlined
def _propose_for_one(site: int, draw: float, masks: IntArray, sites: Sites) -> None:
    """Write into row 0 what an open site may provide in other years, or a closed site from some year."""
    if masks[0, masks.shape[1] - 1] == 0 or draw >= CLOSE:
        _open(site, masks, sites)
    elif draw < SHIFT:
        _shift(masks)
    else:
        for year in range(masks.shape[1]):
            masks[0, year] = 0


@inlined
def _propose(site: int, masks: IntArray, sites: Sites, state: State) -> int:
    """Write new masks of the site (row 0), and of a second site (row 1), whose number is returned."""
    _copy_row(state.provided, site, masks, 0)
    draw = np.random.random()
    if draw >= EXCHANGE_TIMES:
        _propose_for_one(site, draw, masks, sites)
        return NOBODY if _keeps_rules(site, masks, 0, sites) else REJECTED
    other, kept = NOBODY, NOBODY
    if draw < RESTART:
        kept = _restart(site, masks, sites)
    else:
        other = _pick_partner(site, sites) if draw < EXCHANGE else _pick_any(site, sites)
        if other == NOBODY:
            return REJECTED
        _copy_row(state.provided, other, masks, 1)
        if draw < HAND_OVER:
            kept = _hand_over(site, other, masks, sites)
        elif draw < EXCHANGE:
            _exchange(site, other, masks, sites)
        elif not _exchange_times(masks):
            return REJECTED
    if kept == REJECTED:
        return REJECTED
    for row in range(2 if other >= 0 else 1):
        if not _fit(other if row else site, kept, masks, row, sites):
            return REJECTED
    return other


@compiled_part
def _keep_best(state: State, best: IntArray, best_assessed: FloatArray) -> None:
    """Copy the state where it is within the limits and better than the best."""
    if state.assessed[VIOLATION] <= LIMIT_TOLERANCE and state.assessed[COST] < best_assessed[COST]:
        _copy_state(state, best, best_assessed)


@compiled_part
def _copy_state(state: State, best: IntArray, best_assessed: FloatArray) -> None:
    """Write what a state provides and how it is assessed."""
    for entry in range(state.assessed.shape[0]):
        best_assessed[entry] = state.assessed[entry]
    for site in range(best.shape[0]):
        _copy_row(state.provided, site, best, site)


@uncounted
def _anneal(
    land: Landscape,
    schedule: Schedule,
    seed: int,
    state: State,
    masks: IntArray,
    best: IntArray,
    best_assessed: FloatArray,
    gone: FloatArray,
) -> None:
    """Anneal from what ``best`` provides, with nothing open in ``state``; write the best into ``best``."""
    np.random.seed(seed)
    sites = land.sites
    _cover_while_closed(land, state)
    for site in range(best.shape[0]):
        _copy_row(best, site, masks, 0)
        _swap_both(site, NOBODY, masks, land, state)
    _count_exactly(land, state, False, False)
    _assess(land.targets, schedule, state)
    _keep_best(state, best, best_assessed)
    temperature, current = schedule.hot, 0.0
    update = max(MOVES_PER_PRICE_UPDATE, SWEEPS_PER_PRICE_UPDATE * sites.movable.shape[0])
    for move in range(schedule.moves if sites.movable.shape[0] > 0 else 0):
        if move % MOVES_PER_LOOK == 0 and gone[0] >= 1.0:
            break
        if move % update == 0:
            progress = max(move / schedule.moves, gone[0])
            temperature = schedule.hot * (schedule.cold / schedule.hot) ** progress
            _count_exactly(land, state, True, progress > LATE)
            _assess(land.targets, schedule, state)
            current = state.assessed[PRICED_COST]
        site = sites.movable[_draw(sites.movable.shape[0])]
        other = _propose(site, masks, sites, state)
        if other == REJECTED:
            continue
        _swap_both(site, other, masks, land, state)
        _assess(land.targets, schedule, state)
        rise = state.assessed[PRICED_COST] - current
        if rise <= 0.0 or np.random.random() < np.exp(-rise / temperature):
            current = state.assessed[PRICED_COST]
            _keep_best(state, best, best_assessed)
        else:
            _swap_both(site, other, masks, land, state)
    if best_assessed[COST] == np.inf:
        _count_exactly(land, state, False, False)
        _assess(land.targets, schedule, state)
        _copy_state(state, best, best_assessed)


def _first_prices(land: Landscape) -> FloatArray:
    """Return (R · T + G,): what violating each limit by year and each must costs at first (weighted points).

    Of money as much as the targets are worth for all of it, of others as much as a function of a site covers.
    """
    limits, targets = land.limits, land.targets
    covers = mean_worth_of_function(land)
    prices = np.full(limits.most.shape, covers)
    worth = float((targets.share * targets.price_of_shortfall).sum())
    rows = np.flatnonzero(limits.is_capital)
    prices[rows] = (max(1e-6, worth) / np.maximum(1e-3, capital_allowed(limits)))[:, None]
    return np.concatenate([prices.ravel(), np.full(len(land.musts.least), covers)])


def unit_of_shortfall(land: Landscape) -> float:
    """Return the mean weighted points of one unit of shortfall."""
    priced = land.targets.price_of_shortfall[land.targets.share > 0.0]
    return float(priced.mean()) if len(priced) else 1.0


def mean_worth_of_function(land: Landscape) -> float:
    """Return the mean weighted points that one function of a site covers in the last year."""
    weight = float(land.coverage.target_weight[land.coverage.elements, -1].sum())
    return unit_of_shortfall(land) * max(
        1e-9, weight / max(1, int(np.count_nonzero(np.diff(land.coverage.first))))
    )


def nothing_provided(land: Landscape, sites: int) -> State:
    """Return the state in which nothing is open and nothing is used, met or covered by sites."""
    years, first_prices = land.coverage.target_weight.shape[1], _first_prices(land)
    return State(
        provided=np.zeros((sites, years), dtype=np.int64),
        providers=np.zeros(land.coverage.target_weight.shape, dtype=np.int64),
        covered=land.targets.decided_coverage.copy(),
        used=np.zeros((len(land.limits.most), years)),
        met=np.zeros(len(land.musts.least)),
        sums=np.zeros(5),
        assessed=np.zeros(4),
        prices=first_prices.copy(),
        first_prices=first_prices,
    )


def anneal(land: Landscape, schedule: Schedule, seed: int, first: IntArray, gone: FloatArray) -> Run:
    """Anneal from the programmes ``first`` (sites, years) until the moves are done or the time is gone.

    ``gone`` (1,): share of the run's time that is gone, which another thread may raise: the run cools at
    least as fast. Deterministic for a seed where moves are gone sooner than time.
    """
    years = first.shape[1]
    state = nothing_provided(land, len(first))
    best = np.where(first == CLOSED, 0, land.sites.mask[first])
    best_assessed = np.full(4, np.inf)
    _anneal(land, schedule, seed, state, np.zeros((2, years), np.int64), best, best_assessed, gone)
    programmes = land.sites.by_mask[np.arange(len(best))[:, None], best].astype(np.int64)
    violation = float(best_assessed[VIOLATION])
    return Run(
        seed,
        programmes,
        float(best_assessed[COST]),
        float(best_assessed[SHORTFALL]),
        violation if violation > LIMIT_TOLERANCE else 0.0,
    )


def compile_annealing() -> None:
    """Compile the annealing, or load it where this machine has kept it: anneal where there are no sites."""
    schedule = Schedule(0, hot=1.0, cold=1.0, person_worth=0.0, penalty_worth=0.0, money_worth=0.0)
    anneal(empty_landscape(), schedule, 0, np.zeros((0, 1), dtype=np.int64), np.zeros((1, 1))[0])


KEPT_ANNEALING = _anneal
"""What numba keeps on the disk of the annealing."""

"""Bounds of the shortfall from prices: of covering, money, other limits, and coverage that is a must.

With prices u of covering an element, μ of money, ν of other limits and γ of musts, all at least 0, no plan
has less shortfall than

    Σ_{f,t} min {π · s + Σ_e (u_e − Σ_g γ_g · v_{g,e}) · c_e : s ≥ target − Σ_e w_e · c_e, s ≥ 0, 0 ≤ c ≤ 1}
    + Σ_j min over programmes by year Σ_t (pay_t(cost) + Σ_r ν_{r,t} · use_r − Σ_{e covered} u_e)
    − Σ_t (Σ_b μ_{b,t} · B_{b,t} + Σ_r ν_{r,t} · most_{r,t}) + Σ_g γ_g · least_g

where pay_t(cost) is the least that a programme's cost takes at the prices μ of the sources of money that may
pay for it, each up to its share; use_r is what it uses of a limit in rooms of any size
(`limits_of_any_rooms`).

(proof in ``docs/decisions/002-how-the-plan-is-searched-and-proven.md``). Each programme has the cheapest
rooms that hold its functions, and keep its operator where every one has to be viable; rules that are left out
can only make plans worse. Good prices are found by Adam (`adam`); bad ones make the bound weak,
never false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from siteplan.highs import Clock
from siteplan.machine_code import compiled
from siteplan.problem import Problem
from siteplan.solve.decompose.adam import BOUND, Ascent, ascend, first_ascent
from siteplan.solve.decompose.relaxation import Years, no_years, rules_of, years_of
from siteplan.solve.search.landscape import (
    FloatArray,
    IntArray,
    Landscape,
    describe_landscape,
)
from siteplan.solve.search.limits import UNLIMITED
from siteplan.solve.search.programmes import MOST_FUNCTIONS
from siteplan.solve.search.start import Promising

ITERATIONS = 1000
PARTS, WORTH_PARTS = 2, 100_000
"""Parts of the sites and years, each worked out by a thread of its own, where so many programmes and years
are compared: fewer take no longer than waking the threads. Not as many as there are cores, so that sums are
the same on every machine."""
MEASURED_ITERATIONS, AFFORDABLE_SHARE = 20, 0.9
"""Every so many iterations the last of them say whether there is time for all; else as many are made as take
this share of what is left, with steps that shorten sooner."""
AVERAGED_SHARE = 0.1
"""Share of the iterations whose answers are averaged, about."""
FIRST_PRICE = 0.3
"""First prices of elements in their units; money costs as much as all of them."""
TOGETHER_SHARE = 0.7
"""Share of the time for all years together, where the bound of each year is wanted too."""
PROMISING_SHARES = (0.3, 0.5, 0.7)
"""Shares of the averaged answers in which a site provides a function, beyond which that is promising."""
ROUNDING = 1e-9
"""Share of all that was summed by which a bound is weakened against floating-point errors of the sums."""
LEAST_WEIGHT = 1e-12
"""What has no weight toward a target counts as this where prices are divided by weights."""
IMPOSSIBLE = -1e300


class Work(NamedTuple):
    """Scratch arrays.

    ``excess`` (rows,), ``worth``, ``best``, ``came_from`` (T, 2^F), ``chosen``, ``with_joint`` (T,);
    ``cheapest`` (T, K): the sources of money, the cheapest first; ``saved`` (T,): what a larger room
    saves of money at most for its cost, as it lets others pay more; ``provided`` (P, F, T): the share of
    the averaged answers in which a site provides a function.
    """

    excess: FloatArray
    worth: FloatArray
    best: FloatArray
    came_from: IntArray
    chosen: IntArray
    with_joint: IntArray
    cheapest: IntArray
    saved: FloatArray
    provided: FloatArray


class PricedBounds(NamedTuple):
    """Lower bounds of the shortfall in weighted points: of each year's part if asked for, and of the whole.

    ``promising``: what each site provides in many of the averaged answers: together near a good plan, but
    within no limit. None where nothing is worked out. ``dearest_first``: the numbers of the sources
    of money, those of the highest prices first.
    """

    by_year: Mapping[int, float]
    total: float
    promising: Promising | None
    dearest_first: tuple[int, ...] = ()


def priced_bounds(
    problem: Problem, clock: Clock, land: Landscape | None = None, *, by_year: bool = True
) -> PricedBounds:
    """Return lower bounds of the shortfall, and what is promising at their prices.

    ``land``: the problem's, where it is known already; ``by_year``: of each year by itself as well.
    Nothing is proven beyond `MOST_FUNCTIONS` functions.
    """
    if len(problem.functions) > MOST_FUNCTIONS or not problem.planned_sites:
        return PricedBounds({}, 0.0, None)
    relaxed = problem
    if problem.forbidden_by_hand:
        relaxed, land = replace(problem, forbidden_by_hand={}), None
    land = describe_landscape(relaxed) if land is None else land
    count = len(problem.years)
    share = TOGETHER_SHARE if by_year else 1.0
    rules = rules_of(relaxed)
    whole = years_of(relaxed, land, rules, range(count))
    works = _works_for(whole)
    together = _ascend(whole, works, clock.until(share * clock.seconds_left()))
    bounds: dict[int, float] = {}
    for index, year in enumerate(problem.years if by_year else ()):
        own_clock = clock.until(clock.seconds_left() / (count - index))
        of_year = years_of(relaxed, land, rules, [index])
        bounds[year] = _safe(of_year, _ascend(of_year, _works_for(of_year), own_clock))
    promising = _promising(whole, land, works[0].provided)
    dearest_first = tuple(np.argsort(-_source_prices(whole, together.best_prices), kind="stable").tolist())
    return PricedBounds(bounds, max(_safe(whole, together), sum(bounds.values())), promising, dearest_first)


def _source_prices(years: Years, prices: FloatArray) -> FloatArray:
    """Return (K,): the prices of the sources' money, all years together."""
    first = len(years.weight)
    of_limits = prices[first : first + years.limit.size].reshape(years.limit.shape)
    return np.asarray(of_limits[:, years.limit.shape[1] - years.payable.shape[1] :].sum(axis=0))


def _first_prices(years: Years) -> FloatArray:
    """Return prices to begin with."""
    prices = np.zeros(len(years.unit))
    elements = len(years.weight)
    prices[:elements] = FIRST_PRICE * years.unit[:elements]
    for year, limits in enumerate(years.limit):
        first, last = years.element_first[year], years.element_first[year + 1]
        end = elements + (year + 1) * len(limits)
        sources = years.payable.shape[1]
        money = min(UNLIMITED, limits[-sources:].sum())
        prices[end - sources : end] = prices[first:last].sum() / max(money, 1e-6)
    return prices


def _ascend(years: Years, works: Sequence[Work], clock: Clock) -> Ascent:
    """Search for good prices; where the clock hurries or ends it, `Clock.cut_short` says so."""
    ascent = first_ascent(_first_prices(years), years.unit, _highest(years))
    iterations, done, may_move = ITERATIONS, 0, len(years.weight) > 0
    measured = clock.seconds_left()
    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        while may_move and done < iterations and (left := clock.seconds_left()) > 0.0:
            if done > 0 and done % MEASURED_ITERATIONS == 0:
                affordable = AFFORDABLE_SHARE * MEASURED_ITERATIONS * left / max(measured - left, 1e-9)
                measured = left
                iterations = done + int(affordable) if affordable < ITERATIONS - done else ITERATIONS
            newest = max(1.0 / (AVERAGED_SHARE * iterations), 1.0 / (1.0 + done))
            may_move = ascend(ascent, *_whole_answer(years, ascent.prices, newest, works, pool), iterations)
            done += 1
    if may_move and done < ITERATIONS:
        clock.cut_short.set()
    return ascent


def _whole_answer(
    years: Years, prices: FloatArray, newest: float, works: Sequence[Work], pool: ThreadPoolExecutor
) -> tuple[float, FloatArray]:
    """Return the bound at some prices, and what its answer violates the rows by (rows,), from all parts."""
    if len(works) == 1:
        return _answer(years, prices, newest, 0, 1, works[0]), works[0].excess
    parts = [
        pool.submit(_answer, years, prices, newest, part, len(works), work) for part, work in enumerate(works)
    ]
    bound = sum(part.result() for part in parts)
    return bound, np.sum([work.excess for work in works], axis=0)


def _promising(years: Years, land: Landscape, provided: FloatArray) -> Promising:
    """Return what sites provide in many of the averaged answers; those of the highest shares come first.

    These are the functions by year of the least of `PROMISING_SHARES` at which they are a programme.
    """
    sites = len(years.programme_first) - 1
    promising = Promising(np.zeros((sites, len(years.missing)), dtype=np.int64), np.zeros(sites))
    bits = 1 << np.arange(years.missing.shape[1])
    of_site = np.arange(sites)[:, None]
    for least in sorted(PROMISING_SHARES, reverse=True):
        is_chosen = provided > least
        masks = (is_chosen * bits[:, None]).sum(axis=1)
        is_programme = ((masks == 0) | (land.sites.by_mask[of_site, masks] >= 0)).all(axis=1)
        worth = (provided * is_chosen).sum(axis=(1, 2)) / np.maximum(1, is_chosen.sum(axis=(1, 2)))
        promising.masks[is_programme] = masks[is_programme]
        promising.worth[is_programme] = worth[is_programme]
    return promising


def _highest(years: Years) -> FloatArray:
    """Return the highest sensible prices: without musts covering is worth no more than its unit."""
    highest = np.full(len(years.unit), np.inf)
    free = np.flatnonzero(np.diff(years.must_first) == 0)
    highest[free] = years.unit[free]
    return highest


def _works_for(years: Years) -> list[Work]:
    """Return scratch arrays for each part; what is provided is one, of which each part has its sites."""
    provided = np.zeros((len(years.programme_first) - 1, years.missing.shape[1], len(years.missing)))
    parts = PARTS if len(years.mask) * len(years.missing) >= WORTH_PARTS else 1
    return [_work_for(years, provided) for _ in range(parts)]


def _work_for(years: Years, provided: FloatArray) -> Work:
    masks, count = 1 << years.missing.shape[1], len(years.missing)
    return Work(
        np.zeros(len(years.unit)),
        np.zeros((count, masks)),
        np.zeros((count, masks)),
        np.zeros((count, masks), dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.zeros((count, years.payable.shape[1]), dtype=np.int64),
        np.zeros(count),
        provided,
    )


def compile_prices() -> None:
    """Compile the bounds by prices, or load them where this machine has kept them."""
    years = no_years()
    ascent, work = first_ascent(np.zeros(0), years.unit, _highest(years)), _works_for(years)[0]
    ascend(ascent, _answer(years, ascent.prices, 1.0, 0, 1, work), work.excess, 1)


def _safe(years: Years, ascent: Ascent) -> float:
    """Return the best bound, weakened by what rounding of its sums may be.

    No plan misses more than everything: where the bound says so, there is none.
    """
    bound = float(ascent.sums[BOUND])
    bound -= ROUNDING * (1.0 + abs(bound) + float(ascent.best_prices.sum()))
    return min(max(0.0, bound), _everything(years))


def _everything(years: Years) -> float:
    """Return the shortfall where nothing planned is provided, in weighted points."""
    return float((years.missing * years.point_price).sum())


@compiled
def _answer(years: Years, prices: FloatArray, newest: float, part: int, parts: int, work: Work) -> float:
    """Return what a part of the sites and years adds to the bound at some prices.

    Fills ``work.excess`` with what it adds to the violation of the rows, and averages what is provided at
    its sites in ``work.provided``, where ``newest`` is the share of this answer.
    """
    work.excess[:] = 0.0
    bound, row = 0.0, len(years.weight)
    for year in range(years.limit.shape[0]):
        _compare_sources(years, year, prices, work)
        if year % parts != part:
            row += years.limit.shape[1]
            continue
        for entry in range(years.limit.shape[1]):
            bound -= prices[row] * years.limit[year, entry]
            work.excess[row] -= years.limit[year, entry]
            row += 1
        bound += _cover_cheaply(years, year, prices, work.excess)
    if part == 0:
        for must in range(len(years.least)):
            bound += prices[row] * years.least[must]
            work.excess[row] += years.least[must]
            row += 1
    sites = len(years.programme_first) - 1
    for site in range(part * sites // parts, (part + 1) * sites // parts):
        work.provided[site] *= 1.0 - newest
        has_any = years.programme_first[site] < years.programme_first[site + 1]
        if has_any or years.closed_mask[site]:
            bound += _open_where_it_pays(years, site, prices, newest, work)
    return bound


@compiled
def _first_source(years: Years, year: int) -> int:
    """Return the row of the first source's money in a year."""
    return int(len(years.weight) + (year + 1) * years.limit.shape[1] - years.payable.shape[1])


@compiled
def _compare_sources(years: Years, year: int, prices: FloatArray, work: Work) -> None:
    """Sort the sources by their prices in a year, and see whether larger rooms save money.

    A CNY more of a room that a source for some functions pays for lets others pay their share of it as well,
    at best instead of the dearest source.
    """
    first, sources = _first_source(years, year), years.payable.shape[1]
    work.cheapest[year, :] = np.argsort(prices[first : first + sources])
    dearest = prices[first + work.cheapest[year, sources - 1]]
    costs = dearest
    for source in range(sources):
        part = years.share[source] + years.is_for_some[source]
        costs -= part * (dearest - prices[first + source])
    work.saved[year] = max(0.0, -costs)


@compiled
def _pay(years: Years, year: int, programme: int, is_joint: int, prices: FloatArray, work: Work) -> float:
    """Return the least that a programme's cost takes at the prices of money."""
    first, left, total = _first_source(years, year), years.cost[programme, is_joint], 0.0
    source = 0
    for number in range(years.payable.shape[1]):
        source = work.cheapest[year, number]
        part = min(left, years.payable[programme, source])
        total += part * prices[first + source]
        left -= part
        if left <= 0.0:
            break
    total += max(0.0, left) * prices[first + source]
    return float(max(0.0, total - work.saved[year] * years.growth[programme]))


@compiled
def _count_paid(years: Years, year: int, programme: int, is_joint: int, work: Work) -> None:
    """Count what each source pays of a programme's cost as in `_pay`."""
    first, sources = _first_source(years, year), years.payable.shape[1]
    left = years.cost[programme, is_joint]
    source = 0
    for number in range(sources):
        source = work.cheapest[year, number]
        part = min(left, years.payable[programme, source])
        work.excess[first + source] += part
        left -= part
        if left <= 0.0:
            break
    work.excess[first + source] += max(0.0, left)
    if work.saved[year] > 0.0:
        growth, dearest = years.growth[programme], work.cheapest[year, sources - 1]
        for number in range(sources):
            part = years.share[number] + years.is_for_some[number]
            work.excess[first + number] += growth * part
            work.excess[first + dearest] -= growth * part
        work.excess[first + dearest] += growth


@compiled
def _cover_cheaply(years: Years, year: int, prices: FloatArray, excess: FloatArray) -> float:
    """Cover elements where that is cheaper than the shortfall, the cheapest first, until targets are met.

    Those that musts make worth more than their price are covered beyond the targets.
    """
    first, last = years.element_first[year], years.element_first[year + 1]
    price = prices[first:last].copy()
    musts = len(years.weight) + years.limit.size
    for number in range(last - first):
        for at in range(years.must_first[first + number], years.must_first[first + number + 1]):
            price[number] -= prices[musts + years.must[at]] * years.must_weight[at]
    ratio = price / np.maximum(years.weight[first:last], LEAST_WEIGHT)
    left = years.missing[year].copy()
    total = 0.0
    for function in range(len(left)):
        total += years.point_price[year, function] * left[function]
    for number in np.argsort(ratio):
        element = first + number
        function = years.element_function[element]
        covered = 0.0
        if years.point_price[year, function] > ratio[number] and years.weight[element] > 0.0:
            amount = max(0.0, min(left[function], years.weight[element]))
            left[function] -= amount
            total -= years.point_price[year, function] * amount
            covered = amount / years.weight[element]
        if price[number] < 0.0:
            covered = 1.0
        total += price[number] * covered
        excess[element] = covered
        for at in range(years.must_first[element], years.must_first[element + 1]):
            excess[musts + years.must[at]] -= years.must_weight[at] * covered
    return total


@compiled
def _open_where_it_pays(years: Years, site: int, prices: FloatArray, newest: float, work: Work) -> float:
    """Let a site provide the programmes of most worth above their prices; return the (negative) rest.

    It opens with its joint programme, which pays a part, or later, or never.
    """
    joint_total = IMPOSSIBLE
    if years.joint[site] >= 0:
        joint_total = _best_by_year(years, site, 1, prices, work)
        work.with_joint[:] = work.chosen
    total, is_joint = _best_by_year(years, site, 0, prices, work), 0
    if joint_total > total:
        total, is_joint = joint_total, 1
        work.chosen[:] = work.with_joint
    for year in range(len(years.missing)):
        _count(years, site, year, is_joint, work)
        for function in range(years.missing.shape[1]):
            if work.chosen[year] >> function & 1:
                work.provided[site, function, year] += newest
    return -total


@compiled
def _best_by_year(years: Years, site: int, is_joint: int, prices: FloatArray, work: Work) -> float:
    """Choose nested programmes of most worth; return it."""
    total, is_nested = 0.0, True
    for year in range(len(years.missing)):
        total += _best_alone(years, site, year, is_joint, prices, work)
        if year > 0 and work.chosen[year - 1] & ~work.chosen[year]:
            is_nested = False
    return total if is_nested else _best_nested(work)


@compiled
def _best_alone(years: Years, site: int, year: int, is_joint: int, prices: FloatArray, work: Work) -> float:
    """Write the worth of every mask in a year above its price; choose the best, or nothing.

    ``is_joint``: 1 where the site opens with its joint programme, else 0.
    """
    functions = years.missing.shape[1]
    worth = work.best[year]
    worth[0] = 0.0
    for function in range(functions):
        covered, row = 0.0, site * functions + function
        for entry in range(years.site_first[year, row], years.site_first[year, row + 1]):
            covered += prices[years.elements[entry]]
        bit = 1 << function
        for mask in range(bit):
            worth[bit + mask] = worth[mask] + covered
    limits = len(years.weight) + year * years.limit.shape[1]
    work.worth[year, :] = IMPOSSIBLE
    if not (is_joint and year == years.joint[site]):
        work.worth[year, 0] = worth[years.closed_mask[site]]
    work.chosen[year] = 0
    if years.may_open[year, site] and (is_joint or year > years.joint[site]):
        for programme in range(years.programme_first[site], years.programme_first[site + 1]):
            mask = years.mask[programme]
            value = worth[mask] - _pay(years, year, programme, is_joint, prices, work)
            for at in range(years.use_first[programme], years.use_first[programme + 1]):
                value -= prices[limits + years.use_row[at]] * years.use[at]
            work.worth[year, mask] = value
            if value > work.worth[year, work.chosen[year]]:
                work.chosen[year] = mask
    return float(work.worth[year, work.chosen[year]])


@compiled
def _best_nested(work: Work) -> float:
    """Choose the masks by year of most worth of which each contains the one before; return their worth."""
    count, masks = work.worth.shape
    work.best[0, :] = work.worth[0]
    for year in range(1, count):
        for mask in range(masks):
            work.came_from[year, mask] = mask
        bit = 1
        while bit < masks:
            for mask in range(masks):
                if mask & bit and work.best[year - 1, mask ^ bit] > work.best[year - 1, mask]:
                    work.best[year - 1, mask] = work.best[year - 1, mask ^ bit]
                    work.came_from[year, mask] = work.came_from[year, mask ^ bit]
            bit <<= 1
        work.best[year, :] = work.best[year - 1] + work.worth[year]
    mask = int(np.argmax(work.best[count - 1]))
    total = float(work.best[count - 1, mask])
    for year in range(count - 1, -1, -1):
        work.chosen[year] = mask
        mask = work.came_from[year, mask]
    return total


@compiled
def _count(years: Years, site: int, year: int, is_joint: int, work: Work) -> None:
    """Count what the chosen programme covers, costs and opens."""
    mask, functions = work.chosen[year], years.missing.shape[1]
    covering = mask if mask > 0 else years.closed_mask[site]
    limits = len(years.weight) + year * years.limit.shape[1]
    for programme in range(years.programme_first[site], years.programme_first[site + 1]):
        if years.mask[programme] == mask:
            _count_paid(years, year, programme, is_joint, work)
            for at in range(years.use_first[programme], years.use_first[programme + 1]):
                work.excess[limits + years.use_row[at]] += years.use[at]
    for function in range(functions):
        row = site * functions + function
        if covering >> function & 1:
            for entry in range(years.site_first[year, row], years.site_first[year, row + 1]):
                work.excess[years.elements[entry]] -= 1.0


KEPT_PRICES = _answer
"""What numba keeps on the disk of the bounds by prices: what takes seconds to compile."""

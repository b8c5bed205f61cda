"""Bounds of the shortfall from prices: of covering, money, subsidies and pace.

With prices u of covering an element, μ of money, σ of subsidies and ν of pace, all at least 0, no plan has
less shortfall than

    Σ_{f,t} min {π · s + Σ_e u_e · c_e : s ≥ target − Σ_e w_e · c_e, s ≥ 0, 0 ≤ c ≤ 1}
    + Σ_j min over programmes by year Σ_t (pay_t(cost) + σ_t · subsidy + ν_t − Σ_{e covered} u_e)
    − Σ_t (Σ_b μ_{b,t} · B_{b,t} + σ_t · S_t + ν_t · N_t)

where pay_t(cost) is the least that a programme's cost takes at the prices μ of the sources of money that may
pay for it, each up to its share.

(proof in ``docs/decisions/002-how-the-plan-is-searched-and-proven.md``). Each programme has the cheapest
rooms that hold its functions, and keep its operator where every one has to be viable; rules that are left out
can only make plans worse. Good prices are found by the volume algorithm (Barahona & Anbil 2000); bad ones
make the bound weak, never false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from siteplan.highs import Clock
from siteplan.machine_code import compiled
from siteplan.problem import Problem, Role
from siteplan.solve.search.landscape import (
    FloatArray,
    IntArray,
    Landscape,
    describe_landscape,
)
from siteplan.solve.search.limits import UNLIMITED, money_by_source, payable_by_source
from siteplan.solve.search.programmes import MOST_FUNCTIONS, enumerate_programmes
from siteplan.solve.search.start import Promising
from siteplan.units import to_model_money
from siteplan.volume import BOUND, Ascent, ascend, first_ascent

ITERATIONS = 1000
ITERATIONS_OF_A_PIECE = 10
"""Between looks at the clock."""
NEWEST_SHARE = 0.01
"""Share of the newest answer in the average of answers."""
RISE, RISE_OF_ALL = 0.1, 0.02
"""Rise of the bound that a step aims at, as a share of it, or of what is missing without any site."""
FIRST_PRICE = 0.3
"""First prices of elements in their units; money costs as much as all of them."""
DAMPED = 0.75
"""Steps of the limits' prices are shorter by this power of the number of elements, which all move at once."""
TOGETHER_SHARE = 0.7
"""Share of the time for all years together, where the bound of each year is wanted too."""
SUBSIDY, OPENINGS, TOWNS = 0, 1, 2
"""Entries of a row of `Years.limit`; after the towns come the sources of money."""
ROUNDING = 1e-9
"""Share of all that was summed by which a bound is weakened against floating-point errors of the sums."""
IMPOSSIBLE = -1e300


class Years(NamedTuple):
    """The problem of some years. T years, P sites, F functions, E elements of all years, M programmes.

    ``element_first`` (T + 1,): the elements of each year; ``site_first`` (T, P·F + 1), ``elements``: what
    site p covers with function f; ``element_function``, ``weight`` (E,); ``missing`` (T, F): target less
    what decided sites cover; ``point_price`` (T, F); ``programme_first`` (P + 1,), ``mask``, ``subsidy``
    (M,); ``closed_mask`` (P,): what is provided while the site is closed; ``joint`` (P,): the year of its
    joint programme, -1 where there is none; ``cost`` (M, 2): apart from that and with it; ``payable`` (M,
    K): what each source of money may pay of the cost; ``growth`` (M,): what larger rooms may cost besides
    that sources for some functions pay for; ``share`` (K,): the most that a source pays of any cost, 0
    where no share limits it; ``is_for_some`` (K,): 1 for a source for some functions; ``town`` (P,), -1
    for sites without pace; ``may_open`` (T, P); ``limit`` (T, 2 + W + K): subsidies after the year,
    openings in all and by town until it, money of each source until it. ``unit`` (E + T·(2 + W + K),): of
    the prices of elements and limits, so that all steps are of one size.
    """

    element_first: IntArray
    site_first: IntArray
    elements: IntArray
    element_function: IntArray
    weight: FloatArray
    missing: FloatArray
    point_price: FloatArray
    programme_first: IntArray
    closed_mask: IntArray
    mask: IntArray
    joint: IntArray
    cost: FloatArray
    subsidy: FloatArray
    payable: FloatArray
    growth: FloatArray
    share: FloatArray
    is_for_some: FloatArray
    town: IntArray
    may_open: IntArray
    limit: FloatArray
    unit: FloatArray


class Work(NamedTuple):
    """Scratch arrays.

    ``excess`` (rows,), ``worth``, ``best``, ``came_from`` (T, 2^F), ``chosen``, ``with_joint`` (T,);
    ``cheapest`` (T, K): the sources of money, the cheapest first; ``saved`` (T,): what a larger room
    saves of money at most for its cost, as it lets others pay more.
    """

    excess: FloatArray
    worth: FloatArray
    best: FloatArray
    came_from: IntArray
    chosen: IntArray
    with_joint: IntArray
    cheapest: IntArray
    saved: FloatArray


class PricedBounds(NamedTuple):
    """Lower bounds of the shortfall in weighted points: of each year's part if asked for, and of the whole.

    ``promising``: what each site provides where it is worth the most above its prices: together near a good
    plan, but within no limit. None where nothing is worked out. ``dearest_first``: the numbers of the sources
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
    funding = _funding(relaxed, land)
    whole = _years(relaxed, land, funding, range(count))
    together = _ascend(whole, clock.until(share * clock.seconds_left()))
    bounds: dict[int, float] = {}
    for index, year in enumerate(problem.years if by_year else ()):
        own_clock = clock.until(clock.seconds_left() / (count - index))
        bounds[year] = _safe(_ascend(_years(relaxed, land, funding, [index]), own_clock))
    promising = _promising(whole, together.best_prices)
    dearest_first = tuple(np.argsort(-_source_prices(whole, together.best_prices), kind="stable").tolist())
    return PricedBounds(bounds, max(_safe(together), sum(bounds.values())), promising, dearest_first)


def _source_prices(years: Years, prices: FloatArray) -> FloatArray:
    """Return (K,): the prices of the sources' money, all years together."""
    of_limits = prices[len(years.weight) :].reshape(years.limit.shape)
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


def _ascend(years: Years, clock: Clock) -> Ascent:
    ascent = first_ascent(_first_prices(years), years.unit, _highest(years))
    work = _work_for(years)
    without = float((years.missing * years.point_price).sum())
    for _ in range(ITERATIONS // ITERATIONS_OF_A_PIECE):
        if clock.seconds_left() <= 0.0 or not len(years.weight):
            break
        _iterate(years, RISE_OF_ALL * without, ascent, work, ITERATIONS_OF_A_PIECE)
    return ascent


def _promising(years: Years, prices: FloatArray) -> Promising:
    """Return what is worth the most above the prices."""
    work = _work_for(years)
    sites = len(years.programme_first) - 1
    promising = Promising(np.zeros((sites, len(years.missing)), dtype=np.int64), np.zeros(sites))
    for site in np.flatnonzero(np.diff(years.programme_first)):
        worth = -_open_where_it_pays(years, int(site), prices, work)
        promising.worth[site] = worth - work.worth[:, 0].sum()
        promising.masks[site] = work.chosen
    return promising


def _highest(years: Years) -> FloatArray:
    """Return the highest sensible prices: covering an element is worth no more than its unit."""
    highest = np.full(len(years.unit), np.inf)
    highest[: len(years.weight)] = years.unit[: len(years.weight)]
    return highest


def _work_for(years: Years) -> Work:
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
    )


def compile_prices() -> None:
    """Compile the bounds by prices, or load them where this machine has kept them: iterate not once."""
    years = _no_years()
    _iterate(years, 0.0, first_ascent(np.zeros(0), years.unit, _highest(years)), _work_for(years), 0)


def _no_years() -> Years:
    """Return the problem of no years and sites: its arrays have the right types."""
    none, first = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Years(
        element_first=first,
        site_first=np.zeros((0, 1), dtype=np.int64),
        elements=none,
        element_function=none,
        weight=np.zeros(0),
        missing=np.zeros((0, 0)),
        point_price=np.zeros((0, 0)),
        programme_first=first,
        closed_mask=none,
        mask=none,
        joint=none,
        cost=np.zeros((0, 2)),
        subsidy=np.zeros(0),
        payable=np.zeros((0, 1)),
        growth=np.zeros(0),
        share=np.zeros(1),
        is_for_some=np.zeros(1),
        town=none,
        may_open=np.zeros((0, 0), dtype=np.int64),
        limit=np.zeros((0, TOWNS + 1)),
        unit=np.zeros(0),
    )


def _safe(ascent: Ascent) -> float:
    """Return the best bound, weakened by what rounding of its sums may be."""
    bound = float(ascent.sums[BOUND])
    return max(0.0, bound - ROUNDING * (1.0 + abs(bound) + float(ascent.best_prices.sum())))


def _years(problem: Problem, land: Landscape, funding: _Funding, indices: Sequence[int]) -> Years:
    """Return the problem of some years: all money and pace up to each, every site that may be open by it."""
    coverage, targets = land.coverage, land.targets
    missing = np.maximum(0.0, targets.share - targets.decided_coverage)
    firsts, elements, functions, weights, worths = [], [], [], [], []
    count, entries = 0, 0
    for index in indices:
        counts = (coverage.target_weight[:, index] > 0.0) & (missing[:, index] > 0.0)[coverage.function]
        number, is_counted = count + np.cumsum(counts) - 1, counts[coverage.elements]
        firsts.append(entries + np.concatenate([[0], np.cumsum(is_counted)])[coverage.first])
        elements.append(number[coverage.elements[is_counted]])
        functions.append(coverage.function[counts])
        weights.append(coverage.target_weight[counts, index])
        worths.append(targets.price_of_shortfall[functions[-1], index] * weights[-1])
        count, entries = count + int(counts.sum()), entries + int(is_counted.sum())
    sites = [problem.sites[key] for key in problem.planned_sites]
    limit = np.array(
        [
            [_subsidy_after(problem, index), *(land.pace.limit * (index + 1)), *money]
            for index, money in zip(indices, _money_by(problem, indices), strict=True)
        ]
    )
    whole = limit.copy()
    whole[:, -len(funding.share) :] = limit[:, -len(funding.share) :].sum(axis=1, keepdims=True)
    damped = [
        worth.sum() / np.maximum(row, 1e-6) / max(1, len(worth)) ** DAMPED
        for worth, row in zip(worths, whole, strict=True)
    ]
    is_of_one_year = len(problem.years) > len(indices)
    paid = [to_model_money(0.0 if site.joint is None else site.joint.pays_cny) for site in sites]
    joint_cost = np.maximum(0.0, land.money.cost - np.repeat(paid, np.diff(land.sites.programme_first)))
    return Years(
        element_first=np.cumsum([0, *(len(worth) for worth in worths)]),
        site_first=np.array(firsts, dtype=np.int64),
        elements=np.concatenate(elements).astype(np.int64),
        element_function=np.concatenate(functions).astype(np.int64),
        weight=np.concatenate(weights),
        missing=np.ascontiguousarray(missing[:, indices].T),
        point_price=np.ascontiguousarray(targets.price_of_shortfall[:, indices].T),
        programme_first=land.sites.programme_first,
        closed_mask=land.sites.closed_mask,
        mask=land.sites.mask,
        joint=np.full(len(sites), -1) if is_of_one_year else land.sites.joint,
        cost=np.stack([joint_cost if is_of_one_year else land.money.cost, joint_cost], axis=1),
        subsidy=land.money.subsidy,
        payable=funding.payable,
        growth=funding.growth,
        share=funding.share,
        is_for_some=funding.is_for_some,
        town=np.where([site.role is Role.CANDIDATE for site in sites], land.pace.town, -1),
        may_open=np.array(
            [
                [max(site.available_from, site.opens_in or 0) <= problem.years[index] for site in sites]
                for index in indices
            ],
            dtype=np.int64,
        ),
        limit=limit,
        unit=np.concatenate([*worths, *damped]),
    )


class _Funding(NamedTuple):
    """Who may pay what: `Years.payable`, ``growth``, ``share`` and ``is_for_some``."""

    payable: FloatArray
    growth: FloatArray
    share: FloatArray
    is_for_some: FloatArray


def _funding(problem: Problem, land: Landscape) -> _Funding:
    """Return who may pay what; without conditions one source pays everything."""
    if not problem.money.sources:
        count = len(land.money.cost)
        return _Funding(np.full((count, 1), UNLIMITED), np.zeros(count), np.zeros(1), np.zeros(1))
    programmes, sources = enumerate_programmes(problem), problem.money.sources.values()
    return _Funding(
        payable_by_source(problem, programmes, programmes.cost),
        programmes.growth,
        np.array([source.share_of_project_at_most or 0.0 for source in sources]),
        np.array([float(source.eligible_functions is not None) for source in sources]),
    )


def _money_by(problem: Problem, indices: Sequence[int]) -> FloatArray:
    """Return (T, K): million CNY of each source that can be spent by a year, whatever is carried over."""
    money = problem.money
    if money.sources:
        return money_by_source(problem)[list(indices)]
    if money.capital_cny is None:
        return np.full((len(indices), 1), UNLIMITED)
    spent = np.cumsum([to_model_money(money.capital_cny[year]) for year in problem.years])
    return spent[list(indices), None]


def _subsidy_after(problem: Problem, index: int) -> float:
    """Return million CNY that what runs in a year may be subsidised with in the next."""
    limit_cny = problem.money.subsidy_cny.get(problem.years[index] + 1)
    return UNLIMITED if limit_cny is None else to_model_money(limit_cny)


@compiled
def _iterate(years: Years, least_rise: float, ascent: Ascent, work: Work, iterations: int) -> None:
    for _ in range(iterations):
        bound = _bound_at(years, ascent.prices, work)
        rise = max(least_rise, RISE * ascent.sums[BOUND])
        if not ascend(ascent, bound, work.excess, NEWEST_SHARE, 0.0, rise):
            return


@compiled
def _bound_at(years: Years, prices: FloatArray, work: Work) -> float:
    """Return the bound at some prices; fill ``work.excess`` with what the answer violates the rows by."""
    bound, row = 0.0, len(years.weight)
    for year in range(years.limit.shape[0]):
        for entry in range(years.limit.shape[1]):
            bound -= prices[row] * years.limit[year, entry]
            work.excess[row] = -years.limit[year, entry]
            row += 1
        _compare_sources(years, year, prices, work)
        bound += _cover_cheaply(years, year, prices, work.excess)
    for site in range(len(years.programme_first) - 1):
        has_any = years.programme_first[site] < years.programme_first[site + 1]
        if has_any or years.closed_mask[site]:
            bound += _open_where_it_pays(years, site, prices, work)
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
    """Cover elements where that is cheaper than the shortfall, the cheapest first, until targets are met."""
    first, last = years.element_first[year], years.element_first[year + 1]
    ratio = prices[first:last] / years.weight[first:last]
    left = years.missing[year].copy()
    total = 0.0
    for function in range(len(left)):
        total += years.point_price[year, function] * left[function]
    for number in np.argsort(ratio):
        element = first + number
        function = years.element_function[element]
        gain = years.point_price[year, function] - ratio[number]
        amount = max(0.0, min(left[function], years.weight[element])) if gain > 0.0 else 0.0
        left[function] -= amount
        total -= gain * amount
        excess[element] = amount / years.weight[element]
    return total


@compiled
def _open_where_it_pays(years: Years, site: int, prices: FloatArray, work: Work) -> float:
    """Let a site provide the programmes of most worth above their prices; return the (negative) rest.

    It opens with its joint programme, which pays a part, or later, or never. ``work.worth`` is left as it is
    apart from that programme.
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
    opening = 0.0
    if years.town[site] >= 0:
        opening = prices[limits + OPENINGS] + prices[limits + TOWNS + years.town[site]]
    work.worth[year, :] = IMPOSSIBLE
    if not (is_joint and year == years.joint[site]):
        work.worth[year, 0] = worth[years.closed_mask[site]]
    work.chosen[year] = 0
    if years.may_open[year, site] and (is_joint or year > years.joint[site]):
        for programme in range(years.programme_first[site], years.programme_first[site + 1]):
            mask = years.mask[programme]
            value = worth[mask] - opening
            value -= _pay(years, year, programme, is_joint, prices, work)
            value -= prices[limits + SUBSIDY] * years.subsidy[programme]
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
            work.excess[limits + SUBSIDY] += years.subsidy[programme]
    if mask > 0 and years.town[site] >= 0:
        work.excess[limits + OPENINGS] += 1.0
        work.excess[limits + TOWNS + years.town[site]] += 1.0
    for function in range(functions):
        row = site * functions + function
        if covering >> function & 1:
            for entry in range(years.site_first[year, row], years.site_first[year, row + 1]):
                work.excess[years.elements[entry]] -= 1.0


KEPT_PRICES = _iterate
"""What numba keeps on the disk of the bounds by prices."""

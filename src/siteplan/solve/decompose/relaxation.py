"""The problem that prices relax, as arrays: what sites cover, cost and use in some years."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.problem import Problem
from siteplan.solve.search.landscape import FloatArray, IntArray, Landscape
from siteplan.solve.search.limits import (
    UNLIMITED,
    Limits,
    limits_of_any_rooms,
    money_by_source,
    payable_by_source,
)
from siteplan.solve.search.programmes import enumerate_programmes
from siteplan.units import to_model_money


class Years(NamedTuple):
    """The problem of some years. T years, P sites, F functions, E elements of all years, M programmes.

    ``element_first`` (T + 1,): the elements of each year; ``site_first`` (T, P·F + 1), ``elements``: what
    site p covers with function f; ``element_function``, ``weight`` (E,); ``missing`` (T, F): target less
    what decided sites cover; ``point_price`` (T, F); ``programme_first`` (P + 1,), ``mask`` (M,);
    ``closed_mask`` (P,): what is provided while the site is closed; ``joint`` (P,): the year of its joint
    programme, -1 where there is none; ``cost`` (M, 2): apart from that and with it; ``payable`` (M, K):
    what each source of money may pay of the cost; ``growth`` (M,): what larger rooms may cost besides
    that sources for some functions pay for; ``share`` (K,): the most that a source pays of any cost, 0
    where no share limits it; ``is_for_some`` (K,): 1 for a source for some functions; ``use_first`` (M + 1,),
    ``use_row``, ``use``: what a programme uses of R other limits; ``may_open`` (T, P); ``limit`` (T, R + K):
    of other limits and the money of each source, until the year; ``must_first`` (E + 1,), ``must``,
    ``must_weight``: the musts that an element counts for; ``least`` (G,): of each must. ``unit`` (E +
    T·(R + K) + G,): of the prices of elements, limits and musts, so that all steps are of one size.
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
    payable: FloatArray
    growth: FloatArray
    share: FloatArray
    is_for_some: FloatArray
    use_first: IntArray
    use_row: IntArray
    use: FloatArray
    may_open: IntArray
    limit: FloatArray
    must_first: IntArray
    must: IntArray
    must_weight: FloatArray
    least: FloatArray
    unit: FloatArray


class Rules(NamedTuple):
    """Who may pay what (`Years.payable`, ``growth``, ``share``, ``is_for_some``), and the other limits."""

    payable: FloatArray
    growth: FloatArray
    share: FloatArray
    is_for_some: FloatArray
    limits: Limits


def rules_of(problem: Problem) -> Rules:
    """Return who may pay what, and what else limits programmes; without sources one pays everything."""
    programmes, sources = enumerate_programmes(problem), problem.money.sources.values()
    limits = limits_of_any_rooms(problem, programmes)
    if not sources:
        count = len(programmes.cost)
        return Rules(np.full((count, 1), UNLIMITED), np.zeros(count), np.zeros(1), np.zeros(1), limits)
    return Rules(
        payable_by_source(problem, programmes, programmes.cost),
        programmes.growth,
        np.array([source.share_of_project_at_most or 0.0 for source in sources]),
        np.array([float(source.eligible_functions is not None) for source in sources]),
        limits,
    )


class _Elements(NamedTuple):
    """The elements of some years, one year after another; fields as in `Years`, ``worth`` (E,) in points."""

    element_first: IntArray
    site_first: IntArray
    elements: IntArray
    element_function: IntArray
    weight: FloatArray
    worth: FloatArray
    of_land: tuple[IntArray, ...]
    """The numbers that the elements of each year have in the landscape."""


class _Musts(NamedTuple):
    """The musts of some years; fields as in `Years`, ``year`` (G,): which of these years each is of."""

    must_first: IntArray
    must: IntArray
    must_weight: FloatArray
    least: FloatArray
    year: IntArray


def years_of(problem: Problem, land: Landscape, rules: Rules, indices: Sequence[int]) -> Years:
    """Return the problem of some years: all money and pace up to each, every site that may be open by it."""
    missing = np.maximum(0.0, land.targets.share - land.targets.decided_coverage)
    sites = [problem.sites[key] for key in problem.planned_sites]
    elements = _elements_of(land, missing, indices)
    musts = _musts_of(land, elements, indices)
    most = _most(rules.limits)[:, indices].T
    limit = np.concatenate([most, _money_by(problem, indices)], axis=1)
    is_of_one_year = len(problem.years) > len(indices)
    paid = [to_model_money(0.0 if site.joint is None else site.joint.pays_cny) for site in sites]
    joint_cost = np.maximum(0.0, land.money.cost - np.repeat(paid, np.diff(land.sites.programme_first)))
    return Years(
        **{key: value for key, value in elements._asdict().items() if key in Years._fields},
        missing=np.ascontiguousarray(missing[:, indices].T),
        point_price=np.ascontiguousarray(land.targets.price_of_shortfall[:, indices].T),
        programme_first=land.sites.programme_first,
        closed_mask=land.sites.closed_mask,
        mask=land.sites.mask,
        joint=np.full(len(sites), -1) if is_of_one_year else land.sites.joint,
        cost=np.stack([joint_cost if is_of_one_year else land.money.cost, joint_cost], axis=1),
        payable=rules.payable,
        growth=rules.growth,
        share=rules.share,
        is_for_some=rules.is_for_some,
        use_first=rules.limits.first,
        use_row=rules.limits.row,
        use=np.ascontiguousarray(rules.limits.amount[:, 0]),
        may_open=np.array(
            [
                [max(site.available_from, site.opens_in or 0) <= problem.years[index] for site in sites]
                for index in indices
            ],
            dtype=np.int64,
        ),
        limit=limit,
        **{key: value for key, value in musts._asdict().items() if key in Years._fields},
        unit=_units(land, elements, rules, limit, musts),
    )


def _elements_of(land: Landscape, missing: FloatArray, indices: Sequence[int]) -> _Elements:
    """Return what counts toward a target that is not met yet, or is a must."""
    coverage = land.coverage
    firsts, elements, functions, weights, worths, of_land = [], [], [], [], [], []
    count, entries = 0, 0
    for index in indices:
        counts = (coverage.target_weight[:, index] > 0.0) & (missing[:, index] > 0.0)[coverage.function]
        counts |= _is_asked(land, index)
        number, is_counted = count + np.cumsum(counts) - 1, counts[coverage.elements]
        firsts.append(entries + np.concatenate([[0], np.cumsum(is_counted)])[coverage.first])
        elements.append(number[coverage.elements[is_counted]])
        functions.append(coverage.function[counts])
        weights.append(coverage.target_weight[counts, index])
        worths.append(land.targets.price_of_shortfall[functions[-1], index] * weights[-1])
        of_land.append(np.flatnonzero(counts))
        count, entries = count + int(counts.sum()), entries + int(is_counted.sum())
    return _Elements(
        element_first=np.cumsum([0, *(len(worth) for worth in worths)]),
        site_first=np.array(firsts, dtype=np.int64),
        elements=np.concatenate(elements).astype(np.int64),
        element_function=np.concatenate(functions).astype(np.int64),
        weight=np.concatenate(weights),
        worth=np.concatenate(worths),
        of_land=tuple(of_land),
    )


def _is_asked(land: Landscape, index: int) -> NDArray[np.bool_]:
    """Return (elements,): whether covering it in a year counts for a must."""
    musts = land.musts
    element = np.repeat(np.arange(len(musts.first) - 1), np.diff(musts.first))
    asked = np.zeros(len(musts.first) - 1, dtype=np.bool_)
    asked[element[musts.year == index]] = True
    return asked


def _musts_of(land: Landscape, elements: _Elements, indices: Sequence[int]) -> _Musts:
    """Return the musts that any element of these years counts for."""
    musts = land.musts
    lists = [
        [at for at in range(musts.first[element], musts.first[element + 1]) if musts.year[at] == index]
        for index, of_year in zip(indices, elements.of_land, strict=True)
        for element in of_year.tolist()
    ]
    at = np.array([entry for entries in lists for entry in entries], dtype=np.int64)
    kept, number = np.unique(musts.must[at], return_inverse=True)
    year_of = dict(zip(musts.must.tolist(), musts.year.tolist(), strict=True))
    return _Musts(
        must_first=np.cumsum([0, *(len(entries) for entries in lists)]).astype(np.int64),
        must=number.astype(np.int64),
        must_weight=musts.weight[at],
        least=musts.least[kept],
        year=np.array([list(indices).index(year_of[must]) for must in kept.tolist()], dtype=np.int64),
    )


def _most(limits: Limits) -> FloatArray:
    """Return (R, T): the most that may be open of each limit; of what is added in a year, until it."""
    return np.where(limits.is_of_year[:, None], np.cumsum(limits.most, axis=1), limits.most)


def _units(
    land: Landscape, elements: _Elements, rules: Rules, limit: FloatArray, musts: _Musts
) -> FloatArray:
    """Return the units of the prices of elements, limits and musts: `Years.unit`."""
    sites = len(land.sites.programme_first) - 1
    programmes = np.repeat(np.arange(len(rules.limits.first) - 1), np.diff(rules.limits.first))
    site = np.repeat(np.arange(sites), np.diff(land.sites.programme_first))[programmes]
    used = np.unique(np.stack([rules.limits.row, site]), axis=1)[0]
    share = np.ones(limit.shape[1])
    others = len(rules.limits.most)
    share[:others] = np.bincount(used, minlength=others) / max(1, sites)
    whole = np.abs(limit)
    whole[:, others:] = limit[:, others:].sum(axis=1, keepdims=True)
    of_element, of_limits, of_site = [], [], []
    for year, (first, last) in enumerate(pairwise(elements.element_first.tolist())):
        worth = elements.worth[first:last]
        of_site.append(worth.sum() / max(1, sites))
        of_element.append(np.where(worth > 0.0, worth, of_site[-1]))
        of_limits.append(worth.sum() * share / np.maximum(whole[year], 1e-6))
    return np.concatenate([*of_element, *of_limits, np.array(of_site)[musts.year]])


def _money_by(problem: Problem, indices: Sequence[int]) -> FloatArray:
    """Return (T, K): million CNY of each source that can be spent by a year, whatever is carried over."""
    money = problem.money
    if money.sources:
        return money_by_source(problem)[list(indices)]
    if money.capital_cny is None:
        return np.full((len(indices), 1), UNLIMITED)
    spent = np.cumsum([to_model_money(money.capital_cny[year]) for year in problem.years])
    return spent[list(indices), None]


def no_years() -> Years:
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
        payable=np.zeros((0, 1)),
        growth=np.zeros(0),
        share=np.zeros(1),
        is_for_some=np.zeros(1),
        use_first=first,
        use_row=none,
        use=np.zeros(0),
        may_open=np.zeros((0, 0), dtype=np.int64),
        limit=np.zeros((0, 1)),
        must_first=first,
        must=none,
        must_weight=np.zeros(0),
        least=np.zeros(0),
        unit=np.zeros(0),
    )

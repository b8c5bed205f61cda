"""Limits of the search as rows over programmes: money, operating, subsidies, pace, and what else adds up.

Every row sums what the open programmes of a year use of it, and has a most for each year; "at least" is a
most of negative sums. Places are those of the smallest rooms, so a row that larger ones would keep may count
as exceeded; floor area is that of the largest, which mending pays for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.case import Form
from siteplan.problem import FundingSource, Problem, Role, Site
from siteplan.scenario import CARE_BEDS
from siteplan.solve.formulation.areas import AreaOf
from siteplan.solve.formulation.operators import ROUNDING_SLACK
from siteplan.solve.formulation.places import function_of_places
from siteplan.solve.formulation.standards import (
    ALL_ROOMS,
    ELDERLY_TIER,
    decided_floor_area_m2,
    missing_floor_area_m2,
)
from siteplan.solve.formulation.stock import newly_built_sites_of
from siteplan.solve.search.programmes import Programmes, functions_of, smallest_area_in_site_m2
from siteplan.units import to_model_money

UNLIMITED = 1e9
"""Stands for no limit."""
KEPT_BACK = 0.005
"""Share of the money of sources that the search leaves for what it knows only roughly."""

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Limits(NamedTuple):
    """Rows that programmes use. M programmes, R rows, T years.

    ``first`` (M + 1,), ``row``, ``amount`` (entries, 2): the rows that a programme uses, and how much of
    them, at sites opened apart from their joint programme and at those opened with it; ``most`` (R, T);
    ``is_of_year`` (R,): limits what is added in a year, else what is open in it; ``is_capital`` (R,):
    limits capital, million CNY.
    """

    first: IntArray
    row: IntArray
    amount: FloatArray
    most: FloatArray
    is_of_year: NDArray[np.bool_]
    is_capital: NDArray[np.bool_]


@dataclass(slots=True)
class _Rows:
    """Rows gathered so far: programmes, their amounts, and the most by year, of each row."""

    years: int
    programmes: list[IntArray] = field(default_factory=list)
    amounts: list[FloatArray] = field(default_factory=list)
    most: list[FloatArray] = field(default_factory=list)
    is_of_year: list[bool] = field(default_factory=list)
    is_capital: list[bool] = field(default_factory=list)

    def add(
        self,
        programmes: IntArray,
        amounts: FloatArray,
        most: Iterable[float],
        *,
        is_of_year: bool = False,
        is_capital: bool = False,
    ) -> None:
        """Add a row, unless it limits nothing."""
        limits = np.fromiter(most, dtype=np.float64, count=self.years)
        if (limits >= UNLIMITED).all():
            return
        amounts = np.stack([amounts, amounts], axis=1) if amounts.ndim == 1 else amounts
        used = (amounts != 0.0).any(axis=1)
        self.programmes.append(programmes[used])
        self.amounts.append(amounts[used])
        self.most.append(limits)
        self.is_of_year.append(is_of_year)
        self.is_capital.append(is_capital)

    def limits(self, programme_count: int) -> Limits:
        """Return all rows, sorted by programme."""
        counts = [len(programmes) for programmes in self.programmes]
        programme = np.concatenate([np.zeros(0, dtype=np.int64), *self.programmes])
        order = np.argsort(programme, kind="stable")
        return Limits(
            first=np.searchsorted(programme[order], np.arange(programme_count + 1)).astype(np.int64),
            row=np.repeat(np.arange(len(counts)), counts)[order].astype(np.int64),
            amount=np.concatenate([np.zeros((0, 2)), *self.amounts])[order],
            most=np.array(self.most).reshape(len(counts), self.years),
            is_of_year=np.array(self.is_of_year, dtype=np.bool_),
            is_capital=np.array(self.is_capital, dtype=np.bool_),
        )


def no_limits() -> Limits:
    """Return the limits of no programmes in one year, with the types of any."""
    return _Rows(1).limits(0)


@dataclass(frozen=True, eq=False)
class _Planned:
    """The problem's programmes by planned site."""

    problem: Problem
    programmes: Programmes

    @cached_property
    def site(self) -> IntArray:
        """The planned site of each programme."""
        count = len(self.problem.planned_sites)
        return np.repeat(np.arange(count), np.diff(self.programmes.first)).astype(np.int64)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The number of each planned site."""
        return {key: position for position, key in enumerate(self.problem.planned_sites)}

    @property
    def all(self) -> IntArray:
        """The numbers of all programmes."""
        return np.arange(len(self.site))

    def of_sites(self, sites: Iterable[str]) -> IntArray:
        """Return the numbers of the programmes of some planned sites."""
        first = self.programmes.first
        spans = [
            np.arange(first[self.number[key]], first[self.number[key] + 1])
            for key in sites
            if key in self.number
        ]
        return np.concatenate([np.zeros(0, dtype=np.int64), *spans])

    def per_site(self, values: Iterable[Any]) -> NDArray[Any]:
        """Return (M,): a value of each planned site, for its programmes."""
        return np.array(list(values))[self.site]


def limits_of(problem: Problem, programmes: Programmes, dearest_first: Sequence[int] = ()) -> Limits:
    """Return the limits of a problem's programmes.

    ``dearest_first``: the numbers of funding sources, those first whose money is the shortest: a row for the
    first, the first two, and so on says what these have to pay at least, as the others may pay no more.
    """
    planned, rows = _Planned(problem, programmes), _Rows(len(problem.years))
    if problem.planned_sites:
        _add_money(planned, rows, dearest_first)
        _add_operating(planned, rows, programmes.running)
        _add_others(planned, rows, smallest_area_in_site_m2)
    return rows.limits(len(planned.site))


def limits_of_any_rooms(problem: Problem, programmes: Programmes) -> Limits:
    """Return limits apart from money that every plan keeps, whatever the size of its rooms.

    What they use is the least, and what they offer the most, that a programme can in rooms of any size.
    """
    planned, rows = _Planned(problem, programmes), _Rows(len(problem.years))
    if problem.planned_sites:
        _add_operating(planned, rows, programmes.least_running)
        _add_others(planned, rows, _largest_area_m2)
    return rows.limits(len(planned.site))


def capital_allowed(limits: Limits) -> FloatArray:
    """Return million CNY that each row of capital allows in all years."""
    rows = np.flatnonzero(limits.is_capital)
    in_years, until_last = limits.most[rows].sum(axis=1), limits.most[rows, -1]
    return np.asarray(np.where(limits.is_of_year[rows], in_years, until_last), dtype=np.float64)


def _add_others(planned: _Planned, rows: _Rows, area_of: AreaOf) -> None:
    """Add what limits programmes besides money and operating cost; ``area_of``: in what areas are places."""
    _add_subsidies(planned, rows)
    _add_pace(planned, rows)
    _add_openings(planned, rows)
    _add_places(planned, rows, area_of)
    _add_floor_area(planned, rows)


def _add_money(planned: _Planned, rows: _Rows, dearest_first: Sequence[int]) -> None:
    """Add the capital of all years up to each; by source where there are conditions."""
    problem, money = planned.problem, planned.problem.money
    paid = [problem.sites[key].joint for key in problem.planned_sites]
    joint_pays = planned.per_site(0.0 if joint is None else to_model_money(joint.pays_cny) for joint in paid)
    costs = [planned.programmes.cost, np.maximum(0.0, planned.programmes.cost - joint_pays)]
    if not money.sources:
        amounts = [
            UNLIMITED if money.capital_cny is None else to_model_money(money.capital_cny[year])
            for year in problem.years
        ]
        most = np.cumsum(amounts) if money.carry_over else amounts
        cost = np.stack(costs, axis=1)
        rows.add(planned.all, cost, most, is_of_year=not money.carry_over, is_capital=True)
        return
    payable = [payable_by_source(problem, planned.programmes, cost) for cost in costs]
    available = money_by_source(problem)
    order = list(dearest_first) or _least_conditions_first(problem)
    for length in range(1, len(order) + 1):
        paying, others = order[:length], order[length:]
        needed = [
            np.maximum(0.0, cost - by_source[:, others].sum(axis=1))
            for cost, by_source in zip(costs, payable, strict=True)
        ]
        most = (1.0 - KEPT_BACK) * available[:, paying].sum(axis=1)
        rows.add(planned.all, np.stack(needed, axis=1), most, is_capital=True)


def _least_conditions_first(problem: Problem) -> list[int]:
    """Return the sources in order of how few conditions their money has: it can be spent on most."""
    conditions = [
        sum(
            condition is not None
            for condition in (
                source.eligible_levels,
                source.eligible_modes,
                source.eligible_functions,
                source.share_of_project_at_most,
                source.per_project_cap_cny,
            )
        )
        for source in problem.money.sources.values()
    ]
    return sorted(range(len(conditions)), key=conditions.__getitem__)


def payable_by_source(problem: Problem, programmes: Programmes, cost: FloatArray) -> FloatArray:
    """Return (M, sources): million CNY that a source may pay of the cost of a programme.

    ``cost`` (M,): million CNY that sources have to pay together, in the smallest rooms.
    """
    sites = [problem.sites[key] for key in problem.planned_sites]
    number = np.repeat(np.arange(len(sites)), np.diff(programmes.first))
    payable = np.minimum(programmes.payable, cost[:, None])
    for column, source in enumerate(problem.money.sources.values()):
        may_pay = np.array([source.may_pay(site) for site in sites], dtype=np.bool_)[number]
        if source.share_of_project_at_most is not None:
            payable[:, column] = np.minimum(payable[:, column], source.share_of_project_at_most * cost)
        if source.per_project_cap_cny is not None:
            cap = to_model_money(source.per_project_cap_cny)
            payable[:, column] = np.minimum(payable[:, column], cap)
        payable[~may_pay, column] = 0.0
    return payable


def money_by_source(problem: Problem) -> FloatArray:
    """Return (years, sources): million CNY that each can have granted by a year, whatever is carried over.

    Of an award no more than what is paid later and may be advanced until then.
    """
    return np.array(
        [
            [_granted_by(problem, source, year) for source in problem.money.sources.values()]
            for year in problem.years
        ]
    ).reshape(len(problem.years), len(problem.money.sources))


def _granted_by(problem: Problem, source: FundingSource, year: int) -> float:
    granted = sum(
        amount for paid_in, amount in source.amounts_cny.items() if paid_in <= year + source.paid_after_years
    )
    if source.paid_after_years > 0:
        advances = problem.money.advance_cny
        granted = min(granted, sum(advances.get(one, 0.0) for one in problem.years if one <= year))
    return to_model_money(granted)


def _add_operating(planned: _Planned, rows: _Rows, running: FloatArray) -> None:
    """Add the limits of operating cost, ``running`` (M,) in the year after."""
    money, years = planned.problem.money, planned.problem.years
    most = [
        to_model_money(money.operating_cny[year + 1])
        if year + 1 in money.operating_cny and year != years[-1]
        else UNLIMITED
        for year in years
    ]
    rows.add(planned.all, running, most)


def _add_subsidies(planned: _Planned, rows: _Rows) -> None:
    """Add the limits of subsidies, of what runs in the year after."""
    subsidy_cny, years = planned.problem.money.subsidy_cny, planned.problem.years
    most = [to_model_money(subsidy_cny[year + 1]) if year + 1 in subsidy_cny else UNLIMITED for year in years]
    rows.add(planned.all, planned.programmes.subsidy, most)


def _add_pace(planned: _Planned, rows: _Rows) -> None:
    """Add the openings of candidates a year, in all and by town."""
    problem, pace = planned.problem, planned.problem.pace
    sites = [problem.sites[key] for key in problem.planned_sites]
    counts = planned.per_site(float(site.role is Role.CANDIDATE) for site in sites)
    if pace.sites_per_year is not None:
        rows.add(planned.all, counts, [pace.sites_per_year] * rows.years, is_of_year=True)
    if pace.sites_per_year_and_town is None:
        return
    towns: dict[str, list[str]] = {}
    for site in sites:
        towns.setdefault(site.town_code, []).append(site.site_id)
    for keys in towns.values():
        of_town = planned.of_sites(keys)
        most = [pace.sites_per_year_and_town] * rows.years
        rows.add(of_town, counts[of_town], most, is_of_year=True)


def _add_openings(planned: _Planned, rows: _Rows) -> None:
    """Add newly built sites, plots that are used once, and the share of each operator, of the last year."""
    problem = planned.problem
    ones = np.ones(len(planned.site))
    until_last = [UNLIMITED] * (rows.years - 1)
    if problem.newly_built_at_most is not None:
        built = planned.of_sites(newly_built_sites_of(problem))
        rows.add(built, ones[built], [*until_last, problem.newly_built_at_most])
    for keys in problem.plots.values():
        of_plot = planned.of_sites(keys)
        rows.add(of_plot, ones[of_plot], [*until_last, 1.0])
    share = problem.operator_share_at_most
    if share is None:
        return
    named = planned.of_sites(key for keys in problem.operators.values() for key in keys)
    for keys in problem.operators.values():
        theirs = [key for key in keys if not problem.sites[key].is_decided]
        if len(theirs) > 1:
            amounts = np.isin(named, planned.of_sites(theirs)).astype(np.float64) - share
            rows.add(named, amounts, [*until_last, 1.0 - ROUNDING_SLACK])


def _largest_area_m2(problem: Problem, site: Site, function: str, form: Form) -> float:
    return min(site.usable_area_m2, problem.functions[function].maximum_m2, UNLIMITED)


def _add_places(planned: _Planned, rows: _Rows, area_of: AreaOf) -> None:
    """Add the places that all sites together must have, as parts of what is missing."""
    problem = planned.problem
    for kind in dict.fromkeys(kind for kind, _ in problem.places_at_least):
        function = function_of_places(problem, kind)
        decided = sum(
            _places(problem, kind, (problem.sites[key].programme or {}).get(function, 0.0))
            for key in problem.decided_sites
        )
        missing = [
            max(0.0, problem.places_at_least.get((kind, year), 0.0) - decided) for year in problem.years
        ]
        areas_m2 = _areas_m2(planned, function, area_of)
        offered = np.array([_places(problem, kind, area_m2) for area_m2 in areas_m2.tolist()])
        _add_at_least(planned.all, offered, missing, rows)


def _places(problem: Problem, kind: str, area_m2: float) -> float:
    """Return the places of a kind that a function's area holds."""
    if kind == CARE_BEDS:
        return float(problem.care_beds(area_m2))
    return area_m2 * problem.functions[kind].capacity_persons_per_m2


def _areas_m2(planned: _Planned, function: str, area_of: AreaOf) -> FloatArray:
    """Return (M,): the usable m² of a function where a programme has it, else 0, also where it can't be."""
    problem, programmes = planned.problem, planned.programmes
    bit = 1 << list(problem.functions).index(function)
    by_form = [
        planned.per_site(
            area_of(problem, problem.sites[key], function, form) for key in problem.planned_sites
        )
        for form in (Form.SCATTERED, Form.COMPLEX)
    ]
    area_m2 = np.where(programmes.is_complex, by_form[1], by_form[0])
    return np.where((programmes.mask & bit > 0) & np.isfinite(area_m2), area_m2, 0.0)


def _add_floor_area(planned: _Planned, rows: _Rows) -> None:
    """Add the floor area that is a must in communities and new estates, of the largest rooms possible."""
    problem = planned.problem
    ratio = planned.per_site(problem.sites[key].floor_per_usable for key in problem.planned_sites)
    largest = ratio * _largest_rooms_m2(planned)
    tiers = (
        (ALL_ROOMS, problem.area_floor_m2_per_100_households, largest),
        (
            ELDERLY_TIER,
            problem.elderly_area_floor_m2_per_100_households,
            ratio * _areas_m2(planned, problem.elderly_function, _largest_area_m2),
        ),
    )
    communities: dict[str, list[str]] = {}
    for key in problem.planned_sites:
        communities.setdefault(problem.sites[key].community_code, []).append(key)
    for tier, floors, offered in tiers:
        converted = _convertible_floor_area_m2(problem, tier) if floors else {}
        for community, keys in communities.items() if floors else ():
            missing = [
                missing_floor_area_m2(problem, community, tier, year, floors[year])
                if year in floors and problem.communities[community].in_scope
                else 0.0
                for year in problem.years
            ]
            of_community = planned.of_sites(keys)
            still = [max(0.0, area_m2 - converted.get(community, 0.0)) for area_m2 in missing]
            _add_at_least(of_community, offered[of_community], still, rows)
    for estate, entry in problem.new_estates.items():
        missing = [problem.estate_floor_area_m2(estate, year) for year in problem.years]
        of_estate = planned.of_sites(entry.sites)
        _add_at_least(of_estate, largest[of_estate], missing, rows)


def _convertible_floor_area_m2(problem: Problem, tier: str) -> dict[str, float]:
    """Return by community the floor area of services that may be converted: as long as they are not."""
    found: dict[str, float] = {}
    for key in problem.conversions:
        site = problem.sites[key]
        area_m2 = decided_floor_area_m2(problem, site, tier)
        found[site.community_code] = found.get(site.community_code, 0.0) + area_m2
    return found


def _largest_rooms_m2(planned: _Planned) -> FloatArray:
    """Return (M,): usable m² of the largest rooms that each programme may have."""
    problem = planned.problem
    of_mask: dict[int, float] = {}
    for mask in np.unique(planned.programmes.mask).tolist():
        by_group: dict[str, float] = {}
        for key in functions_of(problem, mask):
            group = problem.functions[key].room_group
            by_group[group] = max(by_group.get(group, 0.0), problem.functions[key].maximum_m2)
        of_mask[mask] = sum(by_group.values())
    rooms = np.array([of_mask[mask] for mask in planned.programmes.mask.tolist()], dtype=np.float64)
    usable = planned.per_site(problem.sites[key].usable_area_m2 for key in problem.planned_sites)
    return np.asarray(np.minimum(np.minimum(usable, rooms), UNLIMITED), dtype=np.float64)


def _add_at_least(programmes: IntArray, offered: FloatArray, missing: Sequence[float], rows: _Rows) -> None:
    """Add a row that asks for something of each year; its unit is the most that is asked for."""
    unit = max(missing)
    if unit > 0.0:
        most = [-least / unit if least > 0.0 else UNLIMITED for least in missing]
        rows.add(programmes, -offered / unit, most)

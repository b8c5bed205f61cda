"""Money: capital in the year of opening and of each extension, operating and fees from the year after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from siteplan.outcome.funding import Spending, awards_outstanding_cny, source_years
from siteplan.outcome.provision import room_area_m2
from siteplan.plan import Decisions, YearMoney
from siteplan.problem import Money, Problem, Site


@dataclass(frozen=True, slots=True)
class SiteMoney:
    """Money of one planned site by year of the horizon, in CNY."""

    capital: Mapping[int, float]
    operating: Mapping[int, float]
    fees: Mapping[int, float]
    subsidy: Mapping[int, float]
    joint_programme: Mapping[int, float]
    """What a joint programme pays besides ``capital``."""


def money_of_sites(problem: Problem, decisions: Decisions) -> dict[str, SiteMoney]:
    """Return the money of each planned site that opens, in the order of the problem's sites.

    Capital is the opening cost in the opening year plus the fit-out of added room area; operating cost
    and fees of a function begin in the year after it starts, rent (an operating cost) in the year after
    opening. Decided sites cost nothing.
    """
    opening = decisions.opening_years()
    functions_of: dict[str, list[str]] = {site_id: [] for site_id in opening}
    for site_id, function in decisions.start_year:
        functions_of[site_id].append(function)
    return {
        site_id: SiteMoney(
            capital=_capital(problem, decisions, site_id, opening[site_id]),
            operating=_with_rent(
                problem,
                site_id,
                opening[site_id],
                _running(problem, decisions, site_id, functions_of[site_id], operating_rates(problem)),
            ),
            fees=_running(problem, decisions, site_id, functions_of[site_id], fee_rates(problem)),
            subsidy=_running(problem, decisions, site_id, functions_of[site_id], subsidy_rates(problem)),
            joint_programme={
                year: problem.sites[site_id].joint_programme_cny(year) if year == opening[site_id] else 0.0
                for year in problem.years
            },
        )
        for site_id in problem.planned_sites
        if site_id in opening
    }


def money_by_year(
    problem: Problem, of_sites: Mapping[str, SiteMoney], spending: Spending
) -> tuple[YearMoney, ...]:
    """Sum the sites up and carry unspent capital money over where the budget allows it.

    ``spending`` is who pays what, where money is planned by source.
    """
    rows: list[YearMoney] = []
    sources = source_years(problem, spending)
    carried_in = 0.0
    for year in problem.years:
        capital = sum(site.capital[year] for site in of_sites.values())
        if problem.money.sources:
            of_year = [row for row in sources if row.year == year]
            amount: float | None = sum(row.amount_cny for row in of_year)
            carried_out: float | None = sum(row.carried_out_cny for row in of_year)
        else:
            amount, carried_out = _carry(problem.money, year, carried_in, capital)
        rows.append(
            YearMoney(
                year=year,
                amount_cny=amount,
                carried_in_cny=None if amount is None else carried_in,
                capital_cny=capital,
                carried_out_cny=carried_out,
                operating_cny=sum(site.operating[year] for site in of_sites.values()),
                fees_cny=sum(site.fees[year] for site in of_sites.values()),
                subsidy_cny=sum(site.subsidy[year] for site in of_sites.values()),
                joint_programmes_cny=sum(site.joint_programme[year] for site in of_sites.values()),
                awards_outstanding_cny=awards_outstanding_cny(problem, spending, year),
            )
        )
        carried_in = carried_out or 0.0
    return tuple(rows)


def fit_out_cost_cny_per_m2(problem: Problem, room_group: str) -> float:
    """Return the fit-out of a room per m² floor area: that of the most demanding function sharing it."""
    return max(
        problem.functions[function].fit_out_cost_cny_per_m2 for function in problem.room_groups[room_group]
    )


def operating_rates(problem: Problem) -> dict[str, float]:
    """Return the operating cost of each function, CNY per m² floor area and year."""
    return {key: function.operating_cost_cny_per_m2_year for key, function in problem.functions.items()}


def fee_rates(problem: Problem) -> dict[str, float]:
    """Return the fee income of each function, CNY per m² floor area and year."""
    return {key: function.fee_income_cny_per_m2_year for key, function in problem.functions.items()}


def subsidy_rates(problem: Problem) -> dict[str, float]:
    """Return the subsidy to the operator of each function, CNY per m² floor area and year."""
    return {key: function.subsidy_cny_per_m2_year for key, function in problem.functions.items()}


def operator_balance_cny(problem: Problem, decisions: Decisions, site: Site) -> float:
    """Return what an operator is left with a year, CNY: of a planned site as it is at the end of the horizon.

    Fees and subsidy less operating cost and rent; of a decided site 0, as its running is not charged.
    """
    if site.is_decided:
        return 0.0
    margin_per_m2 = {
        key: function.fee_income_cny_per_m2_year
        + function.subsidy_cny_per_m2_year
        - function.operating_cost_cny_per_m2_year
        for key, function in problem.functions.items()
    }
    margin = sum(
        rate * decisions.area_m2.get((site.site_id, key, problem.years[-1]), 0.0)
        for key, rate in margin_per_m2.items()
    )
    return margin * site.floor_per_usable - site.rent_cny_per_year


def _carry(money: Money, year: int, carried_in: float, capital: float) -> tuple[float | None, float | None]:
    """Return (amount, carried out) of a year; without a budget both are None."""
    if money.capital_cny is None:
        return None, None
    amount = money.capital_cny.get(year, 0.0)
    return amount, carried_in + amount - capital if money.carry_over else 0.0


def _capital(problem: Problem, decisions: Decisions, site_id: str, opening_year: int) -> dict[int, float]:
    site = problem.sites[site_id]
    capital = {year: site.opening_cost_in(year) if year == opening_year else 0.0 for year in problem.years}
    for group in problem.room_groups if site.fit_out_is_charged else ():
        fit_out = fit_out_cost_cny_per_m2(problem, group) * site.floor_per_usable
        before = 0.0
        for year in problem.years:
            room = room_area_m2(problem, decisions, site_id, group, year)
            capital[year] += fit_out * (room - before)
            before = room
    return capital


def _with_rent(
    problem: Problem, site_id: str, opening_year: int, operating: Mapping[int, float]
) -> dict[int, float]:
    """Return operating cost with the site's rent in every year after the opening."""
    rent = problem.sites[site_id].rent_cny_per_year
    return {year: cost + (rent if year > opening_year else 0.0) for year, cost in operating.items()}


def _running(
    problem: Problem,
    decisions: Decisions,
    site_id: str,
    functions: list[str],
    rates_cny_per_m2: Mapping[str, float],
) -> dict[int, float]:
    """Return rate × floor area in place a year before, by year: what a year ends with runs in the next."""
    floor_per_usable = problem.sites[site_id].floor_per_usable
    return {
        year: sum(
            rates_cny_per_m2[function]
            * decisions.area_m2.get((site_id, function, year - 1), 0.0)
            * floor_per_usable
            for function in functions
        )
        for year in problem.years
    }

"""Constraints on money: yearly capital with carry-over, and operating limits."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem
from siteplan.solve.formulation.variables import Expression, PlanModel, room_at, room_groups_of
from siteplan.units import M2_PER_MODEL_AREA, to_model_money


def group_fit_out_cost(problem: Problem, group: str) -> float:
    """Return the fit-out cost of a sharing group's room, CNY per m² floor area.

    A shared room is equipped for the most demanding of its functions.
    """
    return max(problem.functions[key].fit_out_cost_cny_per_m2 for key in problem.room_groups[group])


def per_model_area(problem: Problem, site: str, cny_per_floor_m2: float) -> float:
    """Return million CNY per 100 m² usable area at a site."""
    ratio = problem.sites[site].floor_per_usable
    return to_model_money(cny_per_floor_m2 * ratio * M2_PER_MODEL_AREA)


def capital_of_site(problem: Problem, model: PlanModel, site: str, year: int) -> Expression:
    """Return a site's capital cost of a year in million CNY: opening, and fit-out of added room area.

    What a joint programme pays of the opening in its year is not the plan's cost.
    """
    first = year == problem.years[0]
    opened = model.open[site, year] - (0 if first else model.open[site, year - 1])
    opening = to_model_money(problem.sites[site].opening_cost_in(year)) * opened
    if not problem.sites[site].fit_out_is_charged:
        return opening
    fit_out = sum(
        per_model_area(problem, site, group_fit_out_cost(problem, group))
        * (room_at(model, site, group, year) - (0 if first else room_at(model, site, group, year - 1)))
        for group in room_groups_of(problem, site)
    )
    return opening + fit_out


def capital(problem: Problem, model: PlanModel, year: int) -> Expression:
    """Return the capital cost of a year in million CNY, over all sites."""
    return sum(capital_of_site(problem, model, site, year) for site in model.sites)


def operating_less_fees(problem: Problem, model: PlanModel, year: int) -> Expression:
    """Return operating cost and rent less fees of a year in million CNY: of what a year before has."""
    if year == problem.years[0]:
        return 0.0
    of_areas = sum(
        per_model_area(problem, site, running_cost(problem, function)) * model.area[site, function, year - 1]
        for site, function in model.hosting
    )
    return of_areas + rent(problem, model, year)


def rent(problem: Problem, model: PlanModel, year: int) -> Expression:
    """Return the rent of a year in million CNY: of the rented sites that are open a year before."""
    return sum(
        to_model_money(problem.sites[site].rent_cny_per_year) * model.open[site, year - 1]
        for site in problem.planned_sites
        if problem.sites[site].rent_cny_per_year > 0.0
    )


def running_cost(problem: Problem, function: str) -> float:
    """Return operating cost less fees, CNY per m² floor area and year."""
    entry = problem.functions[function]
    return entry.operating_cost_cny_per_m2_year - entry.fee_income_cny_per_m2_year


def yearly_budget(problem: Problem, model: PlanModel) -> Constraint:
    """What a year spends and carries out comes from its amount and what was carried in.

    capital[t] + carried[t] ≤ amount[t] + carried[t−1]      (million CNY; carried = 0 without carry-over)

    Where sources have conditions, `source_amount` says it for each of them. 周至方案: 落实资金保障.
    """

    def rule(model: PlanModel, year: int) -> Expression:
        if problem.money.capital_cny is None or problem.money.sources or not problem.planned_sites:
            return Constraint.Skip
        carried_out = model.carried[year] if problem.money.carry_over else 0
        has_carried_in = problem.money.carry_over and year > problem.years[0]
        carried_in = model.carried[year - 1] if has_carried_in else 0
        amount = to_model_money(problem.money.capital_cny[year])
        return capital(problem, model, year) + carried_out <= amount + carried_in

    return Constraint(model.years, rule=rule)


def operating_limit(problem: Problem, model: PlanModel) -> Constraint:
    """Operating cost less fees stays within the operating budget of the years that have one.

    Σ_{j,f} (operating_f − fee_f) · area[j,f,t−1] + Σ_j rent_j · open[j,t−1] ≤ operating_amount[t]
    (million CNY)
    """

    def rule(model: PlanModel, year: int) -> Expression:
        limit = problem.money.operating_cny.get(year)
        if limit is None or year == problem.years[0] or not problem.planned_sites:
            return Constraint.Skip
        return operating_less_fees(problem, model, year) <= to_model_money(limit)

    return Constraint(model.years, rule=rule)


def operator_is_viable(problem: Problem, model: PlanModel) -> Constraint:
    """Fees and subsidy of a site meet its operating cost and rent in the year that follows.

    Σ_f (fee_f + subsidy_f − operating_f) · floor_per_usable_j · area[j,f,t] ≥ rent_j · open[j,t]
    (million CNY, every site j and year t; the fee is at most the affordable one)

    周至方案: 政府补、企业让、社区帮、个人付.
    """

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        hosted = [key for key in problem.functions if key in problem.sites[site].may_host]
        if not problem.operator_viability or not hosted:
            return Constraint.Skip
        margin = sum(
            per_model_area(problem, site, operating_margin(problem, key)) * model.area[site, key, year]
            for key in hosted
        )
        rent_cny = problem.sites[site].rent_cny_per_year
        return margin - to_model_money(rent_cny) * model.open[site, year] >= 0

    return Constraint(model.sites, model.years, rule=rule)


def operating_margin(problem: Problem, function: str) -> float:
    """Return what an operator is left with, CNY per m² floor area and year: fee and subsidy less cost."""
    return problem.functions[function].subsidy_cny_per_m2_year - running_cost(problem, function)


def subsidy_limit(problem: Problem, model: PlanModel) -> Constraint:
    """Subsidies to operators stay within what the years that name a limit have for them.

    Σ_{j,f} subsidy_f · floor_per_usable_j · area[j,f,t−1] ≤ subsidy_amount[t]      (million CNY, t up to
    the year after the last, in which what the last ends with runs)

    周至方案 附件2-38: departments subsidise the operation of the standard functions.
    """

    def rule(model: PlanModel, year: int) -> Expression:
        subsidised = [
            (site, key) for site, key in model.hosting if problem.functions[key].subsidy_cny_per_m2_year > 0.0
        ]
        if not subsidised:
            return Constraint.Skip
        subsidies = sum(
            per_model_area(problem, site, problem.functions[key].subsidy_cny_per_m2_year)
            * model.area[site, key, year - 1]
            for site, key in subsidised
        )
        return subsidies <= to_model_money(problem.money.subsidy_cny[year])

    limited = [year for year in problem.money.subsidy_cny if year - 1 in problem.years]
    return Constraint(limited, rule=rule)

"""Constraints on funding sources: who may pay what of which project, and when (资金来源).

They exist only where the scenario's sources have conditions; else `money.yearly_budget` sums them up.
"""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem
from siteplan.solve.formulation.money import capital_of_site, per_model_area
from siteplan.solve.formulation.variables import Expression, PlanModel, room_at
from siteplan.units import to_model_money


def project_is_paid(problem: Problem, model: PlanModel) -> Constraint:
    """What a project costs in a year is paid, by the sources that may pay for it.

    Σ_b spend[j,b,t] = capital[j,t]      (million CNY, every site j and year t)

    周至方案 落实资金保障.
    """
    sources: dict[str, list[str]] = {site: [] for site in problem.planned_sites}
    for site, source in model.funding:
        sources[site].append(source)

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        if not problem.money.sources:
            return Constraint.Skip
        entry = problem.sites[site]
        if not sources[site] and not entry.fit_out_is_charged and entry.opening_cost_cny <= 0.0:
            return Constraint.Skip
        paid = sum(model.spend[site, source, year] for source in sources[site])
        return paid - capital_of_site(problem, model, site, year) == 0

    return Constraint(model.sites, model.years, rule=rule)


def source_amount(problem: Problem, model: PlanModel) -> Constraint:
    """What a source pays in a year and carries out comes from its amount and what was carried in.

    Σ_j spend[j,b,t−lag_b] + carried[b,t] ≤ amount[b,t] + carried[b,t−1]      (million CNY, every source b
    and year t in which it may pay; carried = 0 where it doesn't carry over)

    An award is paid lag_b years after acceptance. 周至方案 落实资金保障.
    """

    def rule(model: PlanModel, source: str, year: int) -> Expression:
        entry = problem.money.sources[source]
        carried_in = model.carried[source, year - 1] if year > problem.years[0] else 0
        accepted = year - entry.paid_after_years
        paid = spent_by(model, source, accepted) if accepted in problem.years else 0
        carried = model.carried[source, year] - carried_in if entry.carry_over else 0
        if isinstance(paid + carried, int):
            return Constraint.Skip
        return paid + carried <= to_model_money(entry.amounts_cny[year])

    return Constraint(model.payments, rule=rule)


def spent_by(model: PlanModel, source: str, year: int) -> Expression:
    """Return what a source pays for the projects of a year, in million CNY."""
    return sum(model.spend[site, key, year] for site, key in model.funding if key == source)


def _paid_until(model: PlanModel, site: str, source: str, year: int) -> Expression:
    return sum(model.spend[site, source, earlier] for earlier in model.years if earlier <= year)


def source_share_of_project(problem: Problem, model: PlanModel) -> Constraint:
    """A source never has paid more than its share of what a project has cost so far.

    Σ_{s≤t} spend[j,b,s] ≤ share_b · Σ_{s≤t} capital[j,s]      (million CNY)

    Assumption: the plan names no shares.
    """

    def rule(model: PlanModel, site: str, source: str, year: int) -> Expression:
        share = problem.money.sources[source].share_of_project_at_most
        if share is None:
            return Constraint.Skip
        cost = sum(
            capital_of_site(problem, model, site, earlier) for earlier in problem.years if earlier <= year
        )
        return _paid_until(model, site, source, year) - share * cost <= 0

    return Constraint(model.funding, model.years, rule=rule)


def source_cap_per_project(problem: Problem, model: PlanModel) -> Constraint:
    """A source pays at most so much of one project over the horizon.

    Σ_t spend[j,b,t] ≤ cap_b      (million CNY)

    Assumption: no cap of the central subsidy was found.
    """

    def rule(model: PlanModel, site: str, source: str) -> Expression:
        cap = problem.money.sources[source].per_project_cap_cny
        if cap is None:
            return Constraint.Skip
        return _paid_until(model, site, source, problem.years[-1]) <= to_model_money(cap)

    return Constraint(model.funding, rule=rule)


def eligible_room_is_used(problem: Problem, model: PlanModel) -> Constraint:
    """The room that a source pays for is no larger than the room, nor than its functions there.

    eligible_room[j,b,k,t] ≤ room[j,k,t]; eligible_room[j,b,k,t] ≤ Σ_{f∈k∩F_b} area[j,f,t]      (100 m²)

    Reading of 周至方案 附件2-38: subsidies of departments are for functions.
    """

    def rule(model: PlanModel, site: str, source: str, group: str, year: int, limit: str) -> Expression:
        eligible = model.eligible_room[site, source, group, year]
        if limit == "room":
            return eligible <= room_at(model, site, group, year)
        functions = problem.eligible_in_room(source, site, group)
        return eligible <= sum(model.area[site, key, year] for key in functions)

    return Constraint(model.paid_rooms, model.years, ["room", "functions"], rule=rule)


def source_pays_eligible_functions(problem: Problem, model: PlanModel) -> Constraint:
    """A source for some functions has paid at most the fit-out of their rooms so far.

    Σ_{s≤t} spend[j,b,s] ≤ Σ_k max_{f∈k∩F_b} fit_out_f · floor_per_usable_j · eligible_room[j,b,k,t]
    (million CNY)

    Reading of 周至方案 附件2-38; the opening cost is for other sources.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for site, source, group in model.paid_rooms:
        groups.setdefault((site, source), []).append(group)

    def rule(model: PlanModel, site: str, source: str, year: int) -> Expression:
        if problem.money.sources[source].eligible_functions is None:
            return Constraint.Skip
        fit_out = sum(
            per_model_area(problem, site, eligible_fit_out_cost(problem, source, site, group))
            * model.eligible_room[site, source, group, year]
            for group in groups[site, source]
        )
        return _paid_until(model, site, source, year) - fit_out <= 0

    return Constraint(model.funding, model.years, rule=rule)


def eligible_fit_out_cost(problem: Problem, source: str, site: str, group: str) -> float:
    """Return the fit-out that a source pays in a room: of its most demanding function there, CNY per m²."""
    functions = problem.eligible_in_room(source, site, group)
    return max(problem.functions[key].fit_out_cost_cny_per_m2 for key in functions)


def awards_are_bridged(problem: Problem, model: PlanModel) -> Constraint:
    """Awards for accepted projects that are not yet paid are bridged by the advance.

    Σ_b Σ_{t−lag_b<s≤t} Σ_j spend[j,b,s] ≤ advance[t]      (million CNY, sources b paid after acceptance)

    周至方案: municipal awards are paid after acceptance (验收后奖补).
    """

    def rule(model: PlanModel, year: int) -> Expression:
        unpaid = [
            spent_by(model, key, earlier)
            for key, source in problem.money.sources.items()
            for earlier in problem.years
            if earlier <= year < earlier + source.paid_after_years and _has_variables(model, key)
        ]
        if not unpaid:
            return Constraint.Skip
        return sum(unpaid) <= to_model_money(problem.money.advance_cny.get(year, 0.0))

    return Constraint(model.years, rule=rule)


def _has_variables(model: PlanModel, source: str) -> bool:
    return any(key == source for _, key in model.funding)

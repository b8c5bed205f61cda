"""Constraints on time: what opens when, and stays."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem, Role
from siteplan.solve.formulation.variables import Expression, PlanModel

ALL_TOWNS = "all"
"""Stands for the whole county where a rule holds by town as well."""


def provided_only_when_open(problem: Problem, model: PlanModel) -> Constraint:
    """A site provides a function only while it is open.

    provide[j,f,t] ≤ open[j,t]      (every site j, function f it may host, year t)
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        return model.provide[site, function, year] <= model.open[site, year]

    return Constraint(model.hosting, model.years, rule=rule)


def open_only_to_provide(problem: Problem, model: PlanModel) -> Constraint:
    """An open site provides at least one function: it opens in the year of its first function.

    open[j,t] ≤ Σ_f provide[j,f,t]      (every site j and year t)
    """

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        hosted = [key for key in problem.functions if key in problem.sites[site].may_host]
        return model.open[site, year] <= sum(model.provide[site, key, year] for key in hosted)

    return Constraint(model.sites, model.years, rule=rule)


def available_from(problem: Problem, model: PlanModel) -> Constraint:
    """No candidate opens before the year from which it is available.

    open[j,t] = 0      (every candidate j, years t before its own)

    周至方案 附件2-8: 同步规划、建设、验收、交付.
    """

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        if year >= problem.sites[site].available_from:
            return Constraint.Skip
        return model.open[site, year] == 0

    return Constraint(model.sites, model.years, rule=rule)


def stays_open(problem: Problem, model: PlanModel) -> Constraint:
    """What is open stays open.

    open[j,t−1] ≤ open[j,t]      (every site j and year t but the first)
    """

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        if year == problem.years[0]:
            return Constraint.Skip
        return model.open[site, year - 1] <= model.open[site, year]

    return Constraint(model.sites, model.years, rule=rule)


def stays_provided(problem: Problem, model: PlanModel) -> Constraint:
    """What a site provides it goes on providing.

    provide[j,f,t−1] ≤ provide[j,f,t]      (every hosting pair j, f and year t but the first)
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        if year == problem.years[0]:
            return Constraint.Skip
        return model.provide[site, function, year - 1] <= model.provide[site, function, year]

    return Constraint(model.hosting, model.years, rule=rule)


def area_never_shrinks(problem: Problem, model: PlanModel) -> Constraint:
    """The area of a function at a site never shrinks.

    area[j,f,t−1] ≤ area[j,f,t]      (100 m², every hosting pair j, f and year t but the first)
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        if year == problem.years[0] or model.areas_are_smallest:
            return Constraint.Skip
        return model.area[site, function, year - 1] <= model.area[site, function, year]

    return Constraint(model.hosting, model.years, rule=rule)


def room_never_shrinks(problem: Problem, model: PlanModel) -> Constraint:
    """A room of a site never shrinks.

    room[j,k,t−1] ≤ room[j,k,t]      (100 m², every site j, room group k and year t but the first)
    """

    def rule(model: PlanModel, site: str, group: str, year: int) -> Expression:
        if year == problem.years[0] or model.areas_are_smallest:
            return Constraint.Skip
        return model.room[site, group, year - 1] <= model.room[site, group, year]

    return Constraint(model.rooms, model.years, rule=rule)


def committed_sites(problem: Problem, model: PlanModel) -> Constraint:
    """A committed project inside the horizon opens in its year, neither before nor after.

    open[j,t] = 1 if t ≥ year_j else 0      (every committed site j of the horizon, every year t)

    周至方案 附件3.
    """

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        opens_in = problem.sites[site].opens_in
        if opens_in is None or problem.sites[site].is_committed_by_hand:
            return Constraint.Skip
        return model.open[site, year] == int(year >= opens_in)

    return Constraint(model.sites, model.years, rule=rule)


def required_functions(problem: Problem, model: PlanModel) -> Constraint:
    """A committed project provides the functions it must have from its opening on.

    provide[j,f,t] = open[j,t]      (every committed site j, required function f, year t)

    周至方案 附件3: a municipal project must have the four standard functions.
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        entry = problem.sites[site]
        if function not in entry.required_functions or entry.is_committed_by_hand:
            return Constraint.Skip
        return model.provide[site, function, year] == model.open[site, year]

    return Constraint(model.hosting, model.years, rule=rule)


def rollout_pace(problem: Problem, model: PlanModel) -> Constraint:
    """At most n candidate sites open newly in a year, in all and in each town.

    Σ_j (open[j,t] − open[j,t−1]) ≤ n      (every year t; candidates of all towns, or of one town)

    周至方案: 稳妥推进.
    """
    towns = sorted({problem.sites[site].town_code for site in problem.planned_sites})

    def newly_opened(model: PlanModel, site: str, year: int) -> Expression:
        before = model.open[site, year - 1] if year > problem.years[0] else 0
        return model.open[site, year] - before

    def rule(model: PlanModel, town: str, year: int) -> Expression:
        in_all = town == ALL_TOWNS
        limit = problem.pace.sites_per_year if in_all else problem.pace.sites_per_year_and_town
        sites = [
            key
            for key in problem.planned_sites
            if problem.sites[key].role is Role.CANDIDATE and (in_all or problem.sites[key].town_code == town)
        ]
        if limit is None or len(sites) <= limit:
            return Constraint.Skip
        return sum(newly_opened(model, site, year) for site in sites) <= limit

    return Constraint([ALL_TOWNS, *towns], model.years, rule=rule)

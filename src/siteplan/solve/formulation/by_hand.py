"""Constraints that a planner fixes by hand: commit, forbid, require."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.case import Form
from siteplan.problem import Problem
from siteplan.solve.formulation.coverage import providers
from siteplan.solve.formulation.variables import Expression, PlanModel, impossible

OPENING, FORM = "open", "form"
"""Second index of `committed_by_hand` where it is no function."""


def committed_by_hand(problem: Problem, model: PlanModel) -> Constraint:
    """A candidate committed by hand opens in its year, with its functions and in its form.

    open[j,t] = 1 if t ≥ year_j else 0      (every candidate j committed by hand, every year t)
    provide[j,f,t] = open[j,t]              (and every function f committed with it)
    complex[j] = 1 or 0                     (where its form is committed, too)

    周至方案 四（三）: 经居民和产权单位同意后确定; fixing single sites by hand is the planner's.
    """
    rows = [
        (key, item)
        for key in problem.planned_sites
        if problem.sites[key].is_committed_by_hand
        for item in (OPENING, *sorted(problem.sites[key].required_functions), FORM)
    ]

    def rule(model: PlanModel, site: str, item: str, year: int) -> Expression:
        entry = problem.sites[site]
        opens_in = entry.opens_in or year
        if item == OPENING:
            return model.open[site, year] == int(year >= opens_in)
        if item != FORM:
            return model.provide[site, item, year] == model.open[site, year]
        last = problem.years[-1]
        if entry.form_by_hand is None or year != last or opens_in > last:
            return Constraint.Skip
        return model.complex[site] == int(entry.form_by_hand is Form.COMPLEX)

    return Constraint(rows, model.years, rule=rule)


def forbidden_by_hand(problem: Problem, model: PlanModel) -> Constraint:
    """What is forbidden by hand is not provided, for good or until a year.

    provide[j,f,t] = 0      (every forbidden pair j, f and year t up to its last)

    Fixing single sites by hand is the planner's.
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        if not problem.is_forbidden(site, function, year):
            return Constraint.Skip
        return model.provide[site, function, year] == 0

    return Constraint(model.hosting, model.years, rule=rule)


def required_coverage(problem: Problem, model: PlanModel) -> Constraint:
    """A community has a function covered by the year in which a planner requires it.

    Σ_{j∈reach_θ(c,f,t)} provide[j,f,t] ≥ 1      (every required pair c, f and year t from its own on)

    Fixing single communities by hand is the planner's. On the residents basis the reading is `reachable`.
    """

    def rule(model: PlanModel, community: str, function: str, year: int) -> Expression:
        is_counted = community in problem.counted_communities(function, year)
        if year < problem.required_coverage[community, function] or not is_counted:
            return Constraint.Skip
        sites = problem.covering_sites(community, function, year)
        provided = providers(problem, model, sites, function, year)
        if isinstance(provided, int):
            return Constraint.Skip if provided else impossible(model)
        return provided >= 1

    return Constraint(list(problem.required_coverage), model.years, rule=rule)

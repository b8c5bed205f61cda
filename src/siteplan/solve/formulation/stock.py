"""Constraints on stock: what exists is used before anything is newly built (存量)."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem
from siteplan.solve.formulation.variables import Expression, PlanModel


def newly_built_sites_of(problem: Problem) -> tuple[str, ...]:
    """Return the candidates that need new building (新建)."""
    return tuple(key for key in problem.planned_sites if problem.sites[key].is_newly_built)


def one_use_of_a_plot(problem: Problem, model: PlanModel) -> Constraint:
    """Of the candidates of one plot, such as its rebuilding and its new building, at most one opens.

    Σ_{j of plot p} open[j,t] ≤ 1      (every plot p with several candidates, last year t)

    周至方案: 新建、改建、扩建、补建 of one space exclude each other.
    """

    def rule(model: PlanModel, plot: str) -> Expression:
        return sum(model.open[site, problem.years[-1]] for site in problem.plots[plot]) <= 1

    return Constraint(list(problem.plots), rule=rule)


def newly_built_sites(problem: Problem, model: PlanModel) -> Constraint:
    """At most so many candidates are newly built within the horizon.

    Σ_{j newly built} open[j,t] ≤ n      (last year t)

    周至方案 附件2-8: 盘活存量优先.
    """
    sites, limit = newly_built_sites_of(problem), problem.newly_built_at_most

    def rule(model: PlanModel, year: int) -> Expression:
        if limit is None or len(sites) <= limit:
            return Constraint.Skip
        return sum(model.open[site, year] for site in sites) <= limit

    return Constraint([problem.years[-1]], rule=rule)

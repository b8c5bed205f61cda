"""Constraints on operators: none of them runs too much (运营主体)."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem
from siteplan.solve.formulation.variables import Expression, PlanModel

ROUNDING_SLACK = 1e-3
"""The share is rounded up to whole sites: one site more, less this."""


def open_at(problem: Problem, model: PlanModel, site: str, year: int) -> Expression:
    """Return open[j,t]: of a decided site 1, of one that may be converted whether it operates."""
    if site in problem.conversions:
        return model.operates[site, year]
    return 1 if problem.sites[site].is_decided else model.open[site, year]


def operator_share(problem: Problem, model: PlanModel) -> Constraint:
    """No operator gets more than its share of the sites that the plan opens for a named operator, rounded up.

    Σ_{j of o} open[j,t] ≤ share · Σ_{j of any operator} open[j,t] + 1 − ε      (planned sites j, every
    operator o of several, last year t)

    Assumption: no text limits an operator's share.
    """
    planned = {
        operator: [site for site in sites if not problem.sites[site].is_decided]
        for operator, sites in problem.operators.items()
    }
    share = problem.operator_share_at_most

    def rule(model: PlanModel, operator: str, year: int) -> Expression:
        if share is None or len(planned[operator]) < 2:
            return Constraint.Skip
        of_operator = sum(model.open[site, year] for site in planned[operator])
        of_all = sum(model.open[site, year] for sites in planned.values() for site in sites)
        return of_operator - share * of_all <= 1.0 - ROUNDING_SLACK

    return Constraint(list(planned), [problem.years[-1]], rule=rule)


def operator_with_most_sites(problem: Problem, model: PlanModel) -> Constraint:
    """The operator with the most sites counts (level `operator_concentration`).

    most_sites ≥ Σ_{j of o} open[j,t]      (every operator o, last year t)

    Assumption.
    """

    def rule(model: PlanModel, operator: str, year: int) -> Expression:
        sites = problem.operators[operator]
        return model.most_sites >= sum(open_at(problem, model, site, year) for site in sites)

    return Constraint(list(problem.operators), [problem.years[-1]], rule=rule)

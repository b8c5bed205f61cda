"""Constraints on the conversion of little-used existing services."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem
from siteplan.solve.formulation.variables import Expression, PlanModel


def conversion_starts_and_stops(problem: Problem, model: PlanModel) -> Constraint:
    """What a converted service did stops in the year in which its new use starts.

    operates[e,t] + open[j,t] = 1      (every convertible service e, the candidate j in its place, year t)

    周至方案 五（六）: 使用率低的服务及时调整.
    """

    def rule(model: PlanModel, service: str, year: int) -> Expression:
        return model.operates[service, year] + model.open[problem.conversions[service], year] == 1

    return Constraint(list(problem.conversions), model.years, rule=rule)


def use_is_held(problem: Problem, model: PlanModel) -> Constraint:
    """A use is held for some years before it may be converted.

    open[j,t] = 0      (every candidate j in the place of a service, years t before the use is held)

    Assumption; off by default, as 周至方案 五（六） wants little-used services adjusted.
    """

    def rule(model: PlanModel, service: str, year: int) -> Expression:
        converted = problem.conversions[service]
        if year >= (problem.sites[converted].held_until or year):
            return Constraint.Skip
        return model.open[converted, year] == 0

    return Constraint(list(problem.conversions), model.years, rule=rule)

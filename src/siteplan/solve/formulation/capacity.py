"""Constraints on capacity: who has a place, and where."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem
from siteplan.solve.formulation.coverage import provided_at
from siteplan.solve.formulation.variables import Expression, PlanModel
from siteplan.units import M2_PER_MODEL_AREA, to_model_persons


def places(problem: Problem, model: PlanModel, site: str, function: str, year: int) -> Expression:
    """Return capacity_f · area[j,f,t], in thousand persons; a decided site has its programme's area."""
    per_m2 = to_model_persons(problem.functions[function].capacity_persons_per_m2)
    programme = problem.sites[site].programme
    if programme is not None:
        return per_m2 * programme[function] * provided_at(problem, model, site, function, year)
    return per_m2 * M2_PER_MODEL_AREA * model.area[site, function, year]


def served_only_where_provided(problem: Problem, model: PlanModel) -> Constraint:
    """Persons are served only at a site that provides the function.

    serve[i,j,f,t] ≤ persons[i,f,t] · provide[j,f,t]      (thousand persons)
    """

    def rule(model: PlanModel, point: str, site: str, function: str, year: int) -> Expression:
        provided = provided_at(problem, model, site, function, year)
        if isinstance(provided, int):
            return Constraint.Skip
        persons = to_model_persons(problem.target_group(point, function, year))
        return model.serve[point, site, function, year] <= persons * provided

    return Constraint(model.served, model.years, rule=rule)


def served_at_most_demand(problem: Problem, model: PlanModel) -> Constraint:
    """Nobody is served twice.

    Σ_{j∈reach(i,f)} serve[i,j,f,t] ≤ persons[i,f,t]      (thousand persons)
    """

    def rule(model: PlanModel, point: str, function: str, year: int) -> Expression:
        sites = problem.providers_within_reach(point, function)
        persons = to_model_persons(problem.target_group(point, function, year))
        return sum(model.serve[point, site, function, year] for site in sites) <= persons

    return Constraint(model.served_demand, model.years, rule=rule)


def served_within_capacity(problem: Problem, model: PlanModel) -> Constraint:
    """A site serves no more persons than it has places.

    Σ_{i: j∈reach(i,f)} serve[i,j,f,t] ≤ capacity_f · area[j,f,t]      (thousand persons)

    Capacities per m² are assumptions after the design standards.
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        return _served_at(model, site, function, year) <= places(problem, model, site, function, year)

    return Constraint(model.serving, model.years, rule=rule)


def full_without_a_free_place(problem: Problem, model: PlanModel) -> Constraint:
    """A site is full only where it has no free place.

    Σ_i serve[i,j,f,t] ≥ capacity_f · area[j,f,t] − most places_{j,f} · (1 − full[j,f,t])
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        offered = places(problem, model, site, function, year)
        entry, figures = problem.sites[site], problem.functions[function]
        largest = min(figures.maximum_m2, entry.usable_area_m2)
        if entry.programme is not None:
            largest = entry.programme[function]
        most = to_model_persons(figures.capacity_persons_per_m2 * largest)
        is_full = model.full[site, function, year]
        return _served_at(model, site, function, year) >= offered - most * (1 - is_full)

    return Constraint(model.filling, model.years, rule=rule)


def nearest_with_a_place(problem: Problem, model: PlanModel) -> Constraint:
    """Who is not served at a site or nearer finds that site full: nobody passes a free place.

    persons[i,f,t] − Σ_{h: d[i,h] ≤ d[i,j]} serve[i,h,f,t]
        ≤ persons[i,f,t] · (1 + full[j,f,t] − provide[j,f,t])
    """

    def rule(model: PlanModel, point: str, site: str, function: str, year: int) -> Expression:
        persons = to_model_persons(problem.target_group(point, function, year))
        if persons <= 0.0 or (site, function) not in model.filling:
            return Constraint.Skip
        distances = problem.distances[point]
        nearer = [
            key
            for key in problem.providers_within_reach(point, function)
            if distances[key] <= distances[site]
        ]
        passing = persons - sum(model.serve[point, key, function, year] for key in nearer)
        provided = provided_at(problem, model, site, function, year)
        return passing <= persons * (1 + model.full[site, function, year] - provided)

    return Constraint(model.served, model.years, rule=rule)


def _served_at(model: PlanModel, site: str, function: str, year: int) -> Expression:
    """Return Σ_i serve[i,j,f,t] over the demand points that the site reaches."""
    points = model.points_served_by[site, function]
    return sum(model.serve[point, site, function, year] for point in points)

"""Constraints on space: minimum and maximum areas, rooms, what fits.

Where areas are the smallest (`siteplan.solve.formulation.areas`), rows that they keep anyway are left out.
"""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.case import Form
from siteplan.problem import Problem
from siteplan.solve.formulation.areas import smallest_area_m2
from siteplan.solve.formulation.variables import Expression, PlanModel, room_at, room_groups_of
from siteplan.units import to_model_area


def area_at_least_minimum(problem: Problem, model: PlanModel) -> Constraint:
    """A provided function has at least the minimum area of a module in a complex.

    area[j,f,t] ≥ minimum_in_complex_f · provide[j,f,t]      (100 m² usable)
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        if model.areas_are_smallest:
            return Constraint.Skip
        minimum = to_model_area(problem.functions[function].minimum_in_complex_m2)
        return model.area[site, function, year] >= minimum * model.provide[site, function, year]

    return Constraint(model.hosting, model.years, rule=rule)


def area_at_least_minimum_alone(problem: Problem, model: PlanModel) -> Constraint:
    """Outside a complex a provided function has at least the area it needs standing alone.

    area[j,f,t] ≥ minimum_alone_f · (provide[j,f,t] − complex[j])      (100 m² usable)
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        if model.areas_are_smallest:
            if (site, function) not in model.of_free_form:
                return Constraint.Skip
            provided = model.provide[site, function, year]
            return model.stands_alone[site, function, year] >= provided - model.complex[site]
        minimum = to_model_area(problem.functions[function].minimum_alone_m2)
        return model.area[site, function, year] >= minimum * (
            model.provide[site, function, year] - model.complex[site]
        )

    return Constraint(model.hosting, model.years, rule=rule)


def area_at_most_maximum(problem: Problem, model: PlanModel) -> Constraint:
    """A function has at most its maximum area, and none where it is not provided.

    area[j,f,t] ≤ min(maximum_f, usable_area_j) · provide[j,f,t]      (100 m² usable)
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        maximum = problem.functions[function].maximum_m2
        if model.areas_are_smallest and smallest_area_m2(problem, function, Form.SCATTERED) <= maximum:
            return Constraint.Skip
        largest = min(maximum, problem.sites[site].usable_area_m2)
        return (
            model.area[site, function, year] <= to_model_area(largest) * model.provide[site, function, year]
        )

    return Constraint(model.hosting, model.years, rule=rule)


def function_fits_its_room(problem: Problem, model: PlanModel) -> Constraint:
    """A function fits into the room of its sharing group.

    area[j,f,t] ≤ room[j,k(f),t]      (100 m² usable)

    周至方案 五（三）: 功能可拓展、空间可转换.
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        group = problem.functions[function].room_group
        if (site, group) in model.sharing.only_function:
            return Constraint.Skip
        return model.area[site, function, year] <= model.room[site, group, year]

    return Constraint(model.hosting, model.years, rule=rule)


def room_is_used(problem: Problem, model: PlanModel) -> Constraint:
    """Every square metre of a room is used by a function of its group: no empty rooms.

    room[j,k,t] ≤ Σ_{f∈k} area[j,f,t]      (100 m² usable)
    """

    def rule(model: PlanModel, site: str, group: str, year: int) -> Expression:
        if model.areas_are_smallest:
            return Constraint.Skip
        hosted = [key for key in problem.room_groups[group] if key in problem.sites[site].may_host]
        return model.room[site, group, year] <= sum(model.area[site, key, year] for key in hosted)

    return Constraint(model.rooms, model.years, rule=rule)


def rooms_fit_in_site(problem: Problem, model: PlanModel) -> Constraint:
    """The rooms of a site fit into its usable area.

    Σ_k room[j,k,t] ≤ usable_area_j · open[j,t]      (100 m², every site j and year t)
    """
    groups = {site: room_groups_of(problem, site) for site in problem.planned_sites}

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        rooms = sum(room_at(model, site, group, year) for group in groups[site])
        return rooms <= to_model_area(problem.sites[site].usable_area_m2) * model.open[site, year]

    return Constraint(model.sites, model.years, rule=rule)

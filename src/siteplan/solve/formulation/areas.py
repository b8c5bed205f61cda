"""The areas of functions: variables of their own, or the smallest of their form where nothing asks for more.

Why a program with the smallest areas has the same optimum is in ``docs/reductions.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyomo.environ import Expression as NamedExpression
from pyomo.environ import NonNegativeReals, Set, UnitInterval, Var

from siteplan.case import Form
from siteplan.plan import Decisions
from siteplan.problem import Problem, Site
from siteplan.scenario import Level
from siteplan.solve.formulation.form import can_be_complex, free_form
from siteplan.solve.formulation.money import running_cost
from siteplan.solve.formulation.variables import Expression, PlanModel, hosting_pairs
from siteplan.units import to_model_area

AreaOf = Callable[[Problem, Site, str, Form], float]
"""The usable m² of a site's function in a form; infinite where it can't have one."""


def add_areas(problem: Problem, model: PlanModel, levels: tuple[Level, ...], *, shared: bool) -> None:
    """Declare ``area[j,f,t]`` over a model that has the other variables.

    ``shared``: as in `siteplan.solve.formulation.model.fill_model`. Where areas then are the smallest,
    ``area`` is an expression of ``provide`` and, where the form is free, of what ``stands_alone``.
    """
    model.areas_are_smallest = shared and areas_are_smallest(problem, levels)
    if not model.areas_are_smallest:
        model.area = Var(model.hosting, model.years, domain=NonNegativeReals)
        return
    model.of_free_form = Set(initialize=pairs_of_free_form(problem), dimen=2, ordered=True)
    model.stands_alone = Var(model.of_free_form, model.years, domain=UnitInterval)

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        form = _form_of(problem, site) or Form.COMPLEX
        smallest = to_model_area(smallest_area_m2(problem, function, form))
        area = smallest * model.provide[site, function, year]
        if (site, function) not in model.of_free_form:
            return area
        added = to_model_area(_added_alone_m2(problem, function))
        return area + added * model.stands_alone[site, function, year]

    model.area = NamedExpression(model.hosting, model.years, rule=rule)


def pairs_of_free_form(problem: Problem) -> list[tuple[str, str]]:
    """Return the hosting pairs whose smallest area depends on the form that the plan gives the site."""
    return [
        (site, function)
        for site, function in hosting_pairs(problem)
        if _form_of(problem, site) is None and _added_alone_m2(problem, function) > 0.0
    ]


def areas_are_smallest(problem: Problem, levels: tuple[Level, ...]) -> bool:
    """Return whether some best plan of the levels has every function at the smallest area of its form.

    No level and no rule may want more: floor area, places, what pays for itself, or what makes another
    source pay.
    """
    wants_more = (
        Level.AREA_STANDARD in levels
        or problem.area_floor_m2_per_100_households
        or problem.elderly_area_floor_m2_per_100_households
        or problem.new_estates
        or problem.places_at_least
        or problem.complex_places_at_least
        or problem.capacity_is_a_rule
        or problem.operator_viability
        or problem.money.sources
    )
    counts_running_costs = Level.COST in levels or bool(problem.money.operating_cny)
    pays_for_itself = any(running_cost(problem, function) < 0.0 for function in problem.functions)
    return not (wants_more or (counts_running_costs and pays_for_itself)) and _is_paid_in_all(problem)


def _is_paid_in_all(problem: Problem) -> bool:
    """Return whether all that counts of capital is its sum up to a year: spending earlier frees nothing."""
    return problem.money.capital_cny is None or problem.money.carry_over or len(problem.years) == 1


def smallest_area_m2(problem: Problem, function: str, form: Form) -> float:
    """Return the smallest usable area of a function in a site of a form, in m²."""
    entry = problem.functions[function]
    if form is Form.COMPLEX:
        return entry.minimum_in_complex_m2
    return max(entry.minimum_alone_m2, entry.minimum_in_complex_m2)


def at_smallest_areas(
    problem: Problem,
    start_year: Mapping[tuple[str, str], int],
    forms: Mapping[str, Form],
    area_of: AreaOf,
) -> Decisions:
    """Return a plan in which every function has its smallest area, and a room that of its largest function.

    ``start_year`` and ``forms``: as in `Decisions`. ``area_of``: the smallest usable m² of a site's
    function in a form.
    """
    areas: dict[tuple[str, str, int], float] = {}
    rooms: dict[tuple[str, str, int], float] = {}
    for (site, function), first in start_year.items():
        area_m2 = area_of(problem, problem.sites[site], function, forms[site])
        group = problem.functions[function].room_group
        for year in problem.years:
            if year >= first:
                areas[site, function, year] = area_m2
                rooms[site, group, year] = max(area_m2, rooms.get((site, group, year), 0.0))
    return Decisions(dict(start_year), rooms, areas, dict(forms))


def _form_of(problem: Problem, site: str) -> Form | None:
    """Return the form that a site has in any case, None where it is free."""
    if not can_be_complex(problem, problem.sites[site]):
        return Form.SCATTERED
    return Form.COMPLEX if free_form(problem, site) is None else None


def _added_alone_m2(problem: Problem, function: str) -> float:
    """Return by how much more usable area a function needs standing alone than in a complex, in m²."""
    in_complex = smallest_area_m2(problem, function, Form.COMPLEX)
    return smallest_area_m2(problem, function, Form.SCATTERED) - in_complex

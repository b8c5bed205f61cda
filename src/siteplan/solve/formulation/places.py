"""Constraints on places: space for infants and care beds comes first (托位、护理型床位)."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem, Role
from siteplan.scenario import CARE_BEDS
from siteplan.solve.formulation.coverage import provided_at
from siteplan.solve.formulation.form import can_be_complex
from siteplan.solve.formulation.variables import Expression, PlanModel, care_bed_sites, impossible
from siteplan.units import M2_PER_MODEL_AREA


def function_of_places(problem: Problem, kind: str) -> str:
    """Return the function whose room holds a kind of places: care beds are in the elderly room."""
    return problem.elderly_function if kind == CARE_BEDS else kind


def places_of(problem: Problem, model: PlanModel, site: str, kind: str, year: int) -> Expression:
    """Return the places of a kind at a site that may provide its function, in the function's unit."""
    function = function_of_places(problem, kind)
    per_m2 = problem.functions[function].capacity_persons_per_m2
    programme = problem.sites[site].programme
    if programme is not None:
        area_m2 = programme[function]
        offered = problem.care_beds(area_m2) if kind == CARE_BEDS else per_m2 * area_m2
        return offered * provided_at(problem, model, site, function, year)
    if kind == CARE_BEDS:
        return model.care_beds[site, year]
    return per_m2 * M2_PER_MODEL_AREA * model.area[site, function, year]


def care_beds_fit_in_elderly_room(problem: Problem, model: PlanModel) -> Constraint:
    """Care beds are whole beds in their share of the elderly room.

    bed_area · care_beds[j,t] ≤ share · area[j,elderly,t]      (beds, every site j that may host elderly care)

    Share and area of a bed are assumptions.
    """
    share, elderly = problem.care_bed_share_of_elderly_room or 0.0, problem.elderly_function
    per_model_area = share * M2_PER_MODEL_AREA / problem.care_bed_area_m2

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        return model.care_beds[site, year] <= per_model_area * model.area[site, elderly, year]

    return Constraint(care_bed_sites(problem), model.years, rule=rule)


def places_at_least(problem: Problem, model: PlanModel) -> Constraint:
    """All sites together have so many places of a function, or care beds.

    Σ_j places[j,f,t] ≥ least[f,t]      (the function's unit, functions f and years t of the scenario)

    周至方案 五（三）, 附件2-11: 优先保障托位、护理型床位.
    """

    def rule(model: PlanModel, kind: str, year: int) -> Expression:
        function = function_of_places(problem, kind)
        has_places = kind == CARE_BEDS or problem.functions[function].capacity_persons_per_m2 > 0.0
        sites = [key for key in problem.sites if has_places and problem.can_provide(key, function)]
        offered = sum(places_of(problem, model, site, kind, year) for site in sites)
        least = problem.places_at_least[kind, year]
        if isinstance(offered, int | float):
            return Constraint.Skip if offered >= least else impossible(model, least - offered)
        return offered >= least

    return Constraint([key for key in problem.places_at_least if key[1] in problem.years], rule=rule)


def complex_places_at_least(problem: Problem, model: PlanModel) -> Constraint:
    """A complex that provides a function has at least so many places of it, or care beds.

    places[j,f,t] ≥ least_f · (provide[j,f,t] + complex[j] − 1)      (candidates j that can be a complex)

    周至方案 五（三）, 附件2-11; the numbers are the scenario's.
    """

    def rule(model: PlanModel, kind: str, site: str, year: int) -> Expression:
        entry, function = problem.sites[site], function_of_places(problem, kind)
        is_free = entry.role is Role.CANDIDATE and can_be_complex(problem, entry)
        if not is_free or function not in entry.may_host:
            return Constraint.Skip
        offered = places_of(problem, model, site, kind, year)
        in_complex = model.provide[site, function, year] + model.complex[site] - 1
        return offered >= problem.complex_places_at_least[kind] * in_complex

    return Constraint(list(problem.complex_places_at_least), model.sites, model.years, rule=rule)

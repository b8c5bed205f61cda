"""The levels of the lexicographic objective, each an expression with its unit (DESIGN 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from siteplan.problem import Problem, Role
from siteplan.scenario import Level
from siteplan.solve.formulation.form import free_form, may_be_small
from siteplan.solve.formulation.money import capital, operating_less_fees
from siteplan.solve.formulation.stock import newly_built_sites_of
from siteplan.solve.formulation.variables import Expression, PlanModel, assign_at, cover_at
from siteplan.units import CNY_PER_MODEL_MONEY, M2_PER_MODEL_AREA, PERSONS_PER_MODEL_PERSON, to_points


@dataclass(frozen=True, slots=True)
class ObjectiveLevel:
    """How a level is optimised: sense, expression in the model's units, and its reporting unit.

    A reported value is the model's value × ``reported_per_model(problem)``.
    """

    level: Level
    maximise: bool
    unit: str
    expression: Callable[[Problem, PlanModel], Expression]
    reported_per_model: Callable[[Problem], float]


def target_priority(problem: Problem) -> float:
    """Return the sum of the weights of all targets; 1 where there is none.

    The weight of a county's target is priority_f, of a local one priority_f · the area's share of the county.
    """
    county = sum(problem.functions[function].priority for function, _ in problem.targets)
    local = sum(
        problem.functions[function].priority * problem.share_of_county(area, function, year)
        for area, function, year in problem.local_targets
    )
    return (county + local) or 1.0


def points_per_unit_of_shortfall(problem: Problem, function: str, year: int) -> float:
    """Return percentage points for one unit of shortfall: a community, or one point."""
    if not problem.basis.counts_communities:
        return 1.0
    return to_points(1.0 / max(1, len(problem.counted_communities(function, year))))


def points_per_unit_of_local_shortfall(problem: Problem, area: str, function: str, year: int) -> float:
    """Return percentage points of the county for one unit of an area's shortfall: a community, or a point."""
    if problem.basis.counts_communities:
        return points_per_unit_of_shortfall(problem, function, year)
    return problem.share_of_county(area, function, year)


def shortfall(problem: Problem, model: PlanModel) -> Expression:
    """Σ_{f,t} priority_f · shortfall[f,t] in percentage points (model unit: weighted points).

    Local shortfalls add, in percentage points of the county: a community short is as much in both.
    """
    local = sum(
        problem.functions[function].priority
        * points_per_unit_of_local_shortfall(problem, area, function, year)
        * model.local_shortfall[area, function, year]
        for area, function, year in model.local_function_years
    )
    return local + sum(
        problem.functions[function].priority
        * points_per_unit_of_shortfall(problem, function, year)
        * model.shortfall[function, year]
        for function, year in model.function_years
    )


def persons_covered(problem: Problem, model: PlanModel) -> Expression:
    """Σ_{i,f,t} (years left + 1) · persons[i,f,t] · cover[i,f,t] in thousand person-years.

    Where capacity is a rule, those count who have a place: Σ_j serve[i,j,f,t].
    """
    if problem.capacity_is_a_rule:
        return sum(
            (problem.years[-1] - year + 1) * model.serve[point, site, function, year]
            for point, site, function in model.served
            for year in problem.years
        )
    return sum(
        (problem.years[-1] - year + 1)
        * problem.target_group(point, function, year)
        / PERSONS_PER_MODEL_PERSON
        * cover_at(model, point, function, year)
        for point, function in model.sharing.cover
        for year in problem.years
    )


def area_standard(problem: Problem, model: PlanModel) -> Expression:
    """Σ_{c,tier,t} area_shortfall[c,tier,t] in 100 m²."""
    return sum(model.area_shortfall.values())


def form(problem: Problem, model: PlanModel) -> Expression:
    """Number of opened scattered candidate sites plus number of opened newly built ones."""
    last = problem.years[-1]
    candidates = [key for key in problem.planned_sites if problem.sites[key].role is Role.CANDIDATE]
    scattered = sum(
        model.open[key, last] - model.complex[key]
        for key in candidates
        if free_form(problem, key) is not None
    )
    newly_built = sum(model.open[key, last] for key in candidates if problem.sites[key].is_newly_built)
    return scattered + newly_built


def cost(problem: Problem, model: PlanModel) -> Expression:
    """Undiscounted capital plus operating cost less fees over the horizon, in million CNY."""
    capital_cost: Expression = sum(capital(problem, model, year) for year in problem.years)
    running: Expression = sum(operating_less_fees(problem, model, year) for year in problem.years)
    return capital_cost + running


def walking_distance(problem: Problem, model: PlanModel) -> Expression:
    """Σ persons[i,f,t] · distance[i,j] · assign[i,j,f,t] in thousand resident-metres.

    Where capacity is a rule, those walk who have a place: Σ distance[i,j] · serve[i,j,f,t].
    """
    if problem.capacity_is_a_rule:
        return sum(
            problem.distances[point][site] * model.serve[point, site, function, year]
            for point, site, function in model.served
            for year in problem.years
        )
    return sum(
        problem.target_group(point, function, year)
        * problem.distances[point][site]
        / PERSONS_PER_MODEL_PERSON
        * assign_at(model, point, site, function, year)
        for point, site, function in model.sharing.assign
        for year in problem.years
    )


def worst_community(problem: Problem, model: PlanModel) -> Expression:
    """Σ_t of the number of functions that the worst-off community has covered."""
    return sum(model.least_served.values())


def newly_built(problem: Problem, model: PlanModel) -> Expression:
    """Number of opened candidate sites that are newly built."""
    return sum(model.open[key, problem.years[-1]] for key in newly_built_sites_of(problem))


def preferred_form(problem: Problem, model: PlanModel) -> Expression:
    """Complexes below the preferred floor area, plus complexes without elderly and infant care."""
    small = sum(model.complex[key] for key in problem.planned_sites if may_be_small(problem, key))
    return small + sum(model.lacks_care.values())


def scattered_functions(problem: Problem, model: PlanModel) -> Expression:
    """Number of functions that candidates provide outside complexes."""
    return sum(model.scattered.values())


def operator_concentration(problem: Problem, model: PlanModel) -> Expression:
    """Number of sites of the operator that runs the most."""
    return model.most_sites


def changes(problem: Problem, model: PlanModel) -> Expression:
    """Σ over the promises of an earlier plan of 1 − provide[j,f,t] in the year t in which each falls due."""
    kept = sum(
        model.provide[site, function, year]
        for (site, function), year in problem.promises.items()
        if (site, function) in model.hosting
    )
    given = sum(
        site in problem.sites and function in (problem.sites[site].programme or ())
        for site, function in problem.promises
    )
    return float(len(problem.promises) - given) - kept


def weighed(problem: Problem, model: PlanModel) -> Expression:
    """Σ_level weight · value, each level in its reported unit, with a minus where more is better."""
    return sum(
        weight
        * (-1.0 if OBJECTIVES[level].maximise else 1.0)
        * OBJECTIVES[level].reported_per_model(problem)
        * OBJECTIVES[level].expression(problem, model)
        for level, weight in problem.weights.items()
    )


def _one(problem: Problem) -> float:
    return 1.0


OBJECTIVES: dict[Level, ObjectiveLevel] = {
    Level.SHORTFALL: ObjectiveLevel(
        Level.SHORTFALL, False, "coverage points", shortfall, lambda problem: 1.0 / target_priority(problem)
    ),
    Level.PERSONS_COVERED: ObjectiveLevel(
        Level.PERSONS_COVERED, True, "person-years", persons_covered, lambda problem: PERSONS_PER_MODEL_PERSON
    ),
    Level.AREA_STANDARD: ObjectiveLevel(
        Level.AREA_STANDARD, False, "m²", area_standard, lambda problem: M2_PER_MODEL_AREA
    ),
    Level.FORM: ObjectiveLevel(Level.FORM, False, "sites", form, _one),
    Level.COST: ObjectiveLevel(Level.COST, False, "CNY", cost, lambda problem: CNY_PER_MODEL_MONEY),
    Level.WALKING_DISTANCE: ObjectiveLevel(
        Level.WALKING_DISTANCE,
        False,
        "resident-metres",
        walking_distance,
        lambda problem: PERSONS_PER_MODEL_PERSON,
    ),
    Level.WORST_COMMUNITY: ObjectiveLevel(Level.WORST_COMMUNITY, True, "functions", worst_community, _one),
    Level.PREFERRED_FORM: ObjectiveLevel(Level.PREFERRED_FORM, False, "sites", preferred_form, _one),
    Level.CHANGES: ObjectiveLevel(Level.CHANGES, False, "promises", changes, _one),
    Level.SCATTERED_FUNCTIONS: ObjectiveLevel(
        Level.SCATTERED_FUNCTIONS, False, "functions", scattered_functions, _one
    ),
    Level.OPERATOR_CONCENTRATION: ObjectiveLevel(
        Level.OPERATOR_CONCENTRATION, False, "sites", operator_concentration, _one
    ),
    Level.NEWLY_BUILT: ObjectiveLevel(Level.NEWLY_BUILT, False, "sites", newly_built, _one),
    Level.WEIGHED: ObjectiveLevel(Level.WEIGHED, False, "weighed units", weighed, _one),
}
"""Every level by name."""

"""Sets and variables of the model, in its own units: 100 m², million CNY, percentage points.

Only *planned* sites have variables; what is decided already enters the constraints as constants.
"""

from __future__ import annotations

from typing import Any

from pyomo.environ import Binary, ConcreteModel, NonNegativeIntegers, NonNegativeReals, Set, UnitInterval, Var

from siteplan.problem import Problem
from siteplan.scenario import CARE_BEDS, AssignmentRule, Basis, Level
from siteplan.solve.formulation.sharing import nothing_shared, what_is_shared

PlanModel = Any
"""A Pyomo ``ConcreteModel`` with the sets and variables of this module (Pyomo is untyped)."""

Expression = Any
"""A Pyomo expression, a relation between two, or a number."""


def hosting_pairs(problem: Problem) -> list[tuple[str, str]]:
    """Return (planned site, function it may host): `site_may_host` leaves the others without variables."""
    return [
        (site, function)
        for site in problem.planned_sites
        for function in problem.functions
        if function in problem.sites[site].may_host
    ]


def room_groups_of(problem: Problem, site: str) -> list[str]:
    """Return the room groups with a function that the site may host."""
    hosted = problem.sites[site].may_host
    return [group for group, functions in problem.room_groups.items() if hosted.intersection(functions)]


def room_pairs(problem: Problem) -> list[tuple[str, str]]:
    """Return (planned site, room group with a function that the site may host)."""
    return [(site, group) for site in problem.planned_sites for group in room_groups_of(problem, site)]


def funding_pairs(problem: Problem) -> list[tuple[str, str]]:
    """Return (planned site, source that may pay for it): eligibility leaves the others without variables."""
    return [
        (site, key)
        for site in problem.planned_sites
        for key, source in problem.money.sources.items()
        if source.may_pay(problem.sites[site])
    ]


def paid_rooms(problem: Problem) -> list[tuple[str, str, str]]:
    """Return (planned site, source with eligible functions, room group in which the site may host one)."""
    return [
        (site, key, group)
        for site, key in funding_pairs(problem)
        for group in room_groups_of(problem, site)
        if problem.eligible_in_room(key, site, group)
    ]


def care_bed_sites(problem: Problem) -> list[str]:
    """Return the planned sites whose care beds are counted: where the scenario asks for some."""
    asked = {key for key, _ in problem.places_at_least} | set(problem.complex_places_at_least)
    sites = problem.planned_sites if CARE_BEDS in asked else ()
    return [site for site in sites if problem.elderly_function in problem.sites[site].may_host]


def needs_persons(problem: Problem, levels: tuple[Level, ...]) -> bool:
    """Return whether coverage of persons is modelled: for its own level, walking, or as target basis."""
    wanted = {Level.PERSONS_COVERED, Level.WALKING_DISTANCE}.intersection(levels)
    return bool(wanted) or not problem.basis.counts_communities


def needs_cover(problem: Problem, levels: tuple[Level, ...]) -> bool:
    """Return whether coverage within reach is modelled: with capacity, for the residents basis alone."""
    if problem.capacity_is_a_rule:
        return problem.basis is Basis.RESIDENTS
    return needs_persons(problem, levels)


def needs_places(problem: Problem, levels: tuple[Level, ...]) -> bool:
    """Return whether persons served are modelled: capacity is a rule, and something counts them."""
    counted = {Level.PERSONS_COVERED, Level.WALKING_DISTANCE}.intersection(levels)
    return problem.capacity_is_a_rule and (bool(counted) or problem.basis is Basis.SERVED)


def room_at(model: PlanModel, site: str, group: str, year: int) -> Expression:
    """Return room[j,k,t]: where one function alone may use it, its area."""
    function = model.sharing.only_function.get((site, group))
    return model.room[site, group, year] if function is None else model.area[site, function, year]


def cover_at(model: PlanModel, point: str, function: str, year: int) -> Expression:
    """Return cover[i,f,t], which demand points with the same sites within reach may share."""
    return model.cover[*model.sharing.cover[point, function], year]


def assign_at(model: PlanModel, point: str, site: str, function: str, year: int) -> Expression:
    """Return assign[i,j,f,t], which demand points with the same sites nearer than j may share."""
    return model.assign[*model.sharing.assign[point, site, function], year]


def covered_demand(problem: Problem) -> list[tuple[str, str]]:
    """Return (demand point, function) with a target group and at least one provider within reach."""
    return [
        (point, function)
        for point in problem.counted_demand
        for function in problem.functions
        if problem.demand[point].target_group[function] > 0.0
        and problem.providers_within_reach(point, function)
    ]


def add_variables(
    problem: Problem, model: PlanModel, levels: tuple[Level, ...], *, shared: bool = False
) -> None:
    """Declare the sets and the variables that the given objective levels need, all but areas.

    ``shared``: variables that are equal in some best plan have one column (`Sharing`).
    """
    _share(problem, model, levels, shared=shared)
    model.sites = Set(initialize=problem.planned_sites, ordered=True)
    model.years = Set(initialize=problem.years, ordered=True)
    model.hosting = Set(initialize=hosting_pairs(problem), dimen=2, ordered=True)
    rooms = [pair for pair in room_pairs(problem) if pair not in model.sharing.only_function]
    model.rooms = Set(initialize=rooms, dimen=2, ordered=True)
    model.communities = Set(
        initialize=[code for code, community in problem.communities.items() if community.in_scope],
        ordered=True,
    )
    model.convertible = Set(initialize=list(problem.conversions), ordered=True)
    model.operates = Var(model.convertible, model.years, domain=UnitInterval)
    model.function_years = Set(initialize=list(problem.targets), dimen=2, ordered=True)
    model.local_function_years = Set(initialize=list(problem.local_targets), dimen=3, ordered=True)
    _add_decisions(model)
    _add_money(problem, model)
    _add_coverage(problem, model, levels)
    _add_places(problem, model, levels)
    if Level.AREA_STANDARD in levels:
        tiers = [*(f"{tier:g}" for tier in problem.area_standard.tiers_m2), "elderly"]
        model.tiers = Set(initialize=tiers, ordered=True)
        model.area_shortfall = Var(model.communities, model.tiers, model.years, domain=NonNegativeReals)


def _share(problem: Problem, model: PlanModel, levels: tuple[Level, ...], *, shared: bool) -> None:
    """Keep which variables share a column."""
    demand = covered_demand(problem) if needs_cover(problem, levels) else []
    is_walked = Level.WALKING_DISTANCE in levels and not problem.capacity_is_a_rule
    model.sharing = (
        what_is_shared(problem, demand, room_pairs(problem), is_walked=is_walked)
        if shared
        else nothing_shared(problem, demand, is_walked=is_walked)
    )


def _add_decisions(model: PlanModel) -> None:
    model.open = Var(model.sites, model.years, domain=Binary)
    model.provide = Var(model.hosting, model.years, domain=Binary)
    model.complex = Var(model.sites, domain=Binary)
    model.room = Var(model.rooms, model.years, domain=NonNegativeReals)
    model.never = Var(bounds=(0.0, 0.0))


def _add_money(problem: Problem, model: PlanModel) -> None:
    """Declare what is carried over; by source also who pays what, where a source has conditions."""
    sources = problem.money.sources
    payments = [(key, year) for key, source in sources.items() for year in source.amounts_cny]
    model.payments = Set(initialize=payments, dimen=2, ordered=True)
    model.carried = Var(model.payments if sources else model.years, domain=NonNegativeReals)
    model.funding = Set(initialize=funding_pairs(problem), dimen=2, ordered=True)
    model.spend = Var(model.funding, model.years, domain=NonNegativeReals)
    model.paid_rooms = Set(initialize=paid_rooms(problem), dimen=3, ordered=True)
    model.eligible_room = Var(model.paid_rooms, model.years, domain=NonNegativeReals)


LEAST_MISSING = 1e-5
"""A row that lacks less (model units) would be met within the solver's tolerance."""


def impossible(model: PlanModel, missing: float = 1.0) -> Expression:
    """Return a relation that never holds: a row that nothing can meet, which a conflict then names.

    ``missing``: how much more is asked for than there can be, in the unit of the row; above 0.
    """
    return model.never >= max(missing, LEAST_MISSING)


def _add_coverage(problem: Problem, model: PlanModel, levels: tuple[Level, ...]) -> None:
    counts = problem.basis.counts_communities
    short = NonNegativeIntegers if counts else NonNegativeReals
    model.shortfall = Var(model.function_years, domain=short)
    model.local_shortfall = Var(model.local_function_years, domain=short)
    targeted = {
        (code, function, year)
        for area, function, year in problem.local_targets
        for code in problem.counted_in(area, function, year)
    }
    pairs = [
        (community, function, year)
        for function in problem.functions
        for year in problem.years
        for community in problem.counted_communities(function, year)
        if (counts and (function, year) in problem.targets)
        or (counts and (community, function, year) in targeted)
        or Level.WORST_COMMUNITY in levels
        or year in problem.functions_per_community
        or year in problem.coverage_per_town
        or (counts and (function, year) in problem.coverage_floor)
    ]
    model.community_covered = Var(Set(initialize=pairs, dimen=3, ordered=True), domain=UnitInterval)
    covered = list(dict.fromkeys(model.sharing.cover.values()))
    model.covered = Set(initialize=covered, dimen=2, ordered=True)
    model.cover = Var(model.covered, model.years, domain=UnitInterval)
    assigned = list(dict.fromkeys(model.sharing.assign.values()))
    model.assigned = Set(initialize=assigned, dimen=3, ordered=True)
    model.assign = Var(model.assigned, model.years, domain=UnitInterval)
    model.lacks_care = Var(model.sites if Level.PREFERRED_FORM in levels else [], domain=NonNegativeReals)
    scattered = model.hosting if Level.SCATTERED_FUNCTIONS in levels else []
    model.scattered = Var(scattered, domain=NonNegativeReals)
    model.most_sites = Var(domain=NonNegativeReals)
    model.care_beds = Var(care_bed_sites(problem), model.years, domain=NonNegativeIntegers)
    worst = model.years if Level.WORST_COMMUNITY in levels else []
    model.least_served = Var(worst, domain=NonNegativeIntegers)


def _add_places(problem: Problem, model: PlanModel, levels: tuple[Level, ...]) -> None:
    """Declare ``serve`` (thousand persons) over pairs within the radius, and ``full`` over the sites."""
    points = covered_demand(problem) if needs_places(problem, levels) else []
    pairs = [
        (point, site, function)
        for point, function in points
        for site in problem.providers_within_reach(point, function)
    ]
    served_by: dict[tuple[str, str], list[str]] = {}
    for point, site, function in pairs:
        served_by.setdefault((site, function), []).append(point)
    model.points_served_by = served_by
    model.served_demand = Set(initialize=points, dimen=2, ordered=True)
    model.served = Set(initialize=pairs, dimen=3, ordered=True)
    model.serving = Set(initialize=list(served_by), dimen=2, ordered=True)
    holds = problem.assignment_rule is AssignmentRule.NEAREST_WITH_A_PLACE
    model.filling = Set(initialize=list(served_by) if holds else [], dimen=2, ordered=True)
    model.serve = Var(model.served, model.years, domain=NonNegativeReals)
    model.full = Var(model.filling, model.years, domain=Binary)


def new_model() -> PlanModel:
    """Return an empty Pyomo model."""
    return ConcreteModel(name="siteplan")

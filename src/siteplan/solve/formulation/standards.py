"""The area standard per 100 households, as nested soft tiers."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem, Site
from siteplan.solve.formulation.variables import Expression, PlanModel, impossible, room_at, room_groups_of
from siteplan.units import to_model_area

ELDERLY_TIER = "elderly"
"""The part of the standard that only elderly care meets."""
ALL_ROOMS = "all"
"""The rooms of every function, each once."""


def decided_floor_area_m2(problem: Problem, site: Site, tier: str) -> float:
    """Return the floor area that a decided site contributes to a tier, each room once, in m²."""
    programme = site.programme or {}
    if tier == ELDERLY_TIER:
        return programme.get(problem.elderly_function, 0.0) * site.floor_per_usable
    rooms = (
        max((programme.get(key, 0.0) for key in functions), default=0.0)
        for functions in problem.room_groups.values()
    )
    return sum(rooms) * site.floor_per_usable


def missing_floor_area_m2(
    problem: Problem, community: str, tier: str, year: int, m2_per_100_households: float
) -> float:
    """Return the floor area that is asked of a community in a year beyond what is decided, in m²."""
    decided = sum(
        decided_floor_area_m2(problem, problem.sites[site], tier)
        for site in problem.decided_sites
        if problem.sites[site].community_code == community and site not in problem.conversions
    )
    return m2_per_100_households * problem.households(community, year) / 100.0 - decided


def planned_floor_area(
    problem: Problem, model: PlanModel, community: str, tier: str, year: int
) -> Expression:
    """Return the floor area in a community that counts for a tier, in 100 m²: planned, or convertible."""
    total: Expression = 0.0
    for site in problem.planned_sites:
        entry = problem.sites[site]
        if entry.community_code != community:
            continue
        if tier != ELDERLY_TIER:
            groups = room_groups_of(problem, site)
            total = total + entry.floor_per_usable * sum(
                room_at(model, site, group, year) for group in groups
            )
        elif problem.elderly_function in entry.may_host:
            total = total + entry.floor_per_usable * model.area[site, problem.elderly_function, year]
    for site in problem.conversions:
        area_m2 = decided_floor_area_m2(problem, problem.sites[site], tier)
        if problem.sites[site].community_code == community and area_m2 > 0.0:
            total = total + to_model_area(area_m2) * model.operates[site, year]
    return total


def community_area_standard(problem: Problem, model: PlanModel) -> Constraint:
    """Community-service floor area per 100 households; what is missing of a tier is shortfall.

    Σ_{j∈c} floor_per_usable_j · Σ_k room[j,k,t] + decided + area_shortfall[c,tier,t] ≥ tier · households/100

    (100 m²; tiers 30, 50, 80 over all rooms, each once; 20 over elderly care alone.)
    周至方案 附件2-8; 导则（试行）: 每百户 30、50、80 m²，其中养老服务 20 m².
    """

    def rule(model: PlanModel, community: str, tier: str, year: int) -> Expression:
        per_100 = problem.area_standard.elderly_m2 if tier == ELDERLY_TIER else float(tier)
        missing = missing_floor_area_m2(problem, community, tier, year, per_100)
        provided = planned_floor_area(problem, model, community, tier, year)
        return provided + model.area_shortfall[community, tier, year] >= to_model_area(missing)

    return Constraint(model.communities, model.tiers, model.years, rule=rule)


def area_standard_floor(problem: Problem, model: PlanModel) -> Constraint:
    """Every community has at least so much floor area per 100 households in the years that ask for it.

    Σ_{j∈c} floor_per_usable_j · Σ_k room[j,k,t] + decided ≥ floor[t] · households/100      (100 m²)

    导则（试行）: 既有社区每百户 ≥ 30 m², as a must where the scenario says so.
    """

    def rule(model: PlanModel, community: str, year: int) -> Expression:
        floor = problem.area_floor_m2_per_100_households.get(year)
        return _at_least(problem, model, community, ALL_ROOMS, year, floor)

    return Constraint(model.communities, model.years, rule=rule)


def elderly_area_standard_floor(problem: Problem, model: PlanModel) -> Constraint:
    """Every community has at least so much floor area of elderly care per 100 households.

    Σ_{j∈c} floor_per_usable_j · area[j,elderly,t] + decided ≥ floor[t] · households/100      (100 m²)

    周至方案 附件2-8: 其中养老服务 20 m², as a must where the scenario says so.
    """

    def rule(model: PlanModel, community: str, year: int) -> Expression:
        floor = problem.elderly_area_floor_m2_per_100_households.get(year)
        return _at_least(problem, model, community, ELDERLY_TIER, year, floor)

    return Constraint(model.communities, model.years, rule=rule)


def _at_least(
    problem: Problem, model: PlanModel, community: str, tier: str, year: int, floor: float | None
) -> Expression:
    """Return the row that asks for floor area, where it asks for more than what is decided."""
    if floor is None:
        return Constraint.Skip
    missing = missing_floor_area_m2(problem, community, tier, year, floor)
    if missing <= 0.0:
        return Constraint.Skip
    planned = planned_floor_area(problem, model, community, tier, year)
    if isinstance(planned, float):
        return impossible(model, to_model_area(missing))
    return planned >= to_model_area(missing)


def new_estate_area_standard(problem: Problem, model: PlanModel) -> Constraint:
    """What a developer hands over in a new estate is in use with its floor area once people live there.

    Σ_{j∈estate} floor_per_usable_j · Σ_k room[j,k,t] ≥ min(50 · households/100, what spaces hold)   (100 m²)

    周至方案 附件2-8: 新建小区每百户 ≥ 50 m², 同步交付; at the developer's cost.
    """

    def rule(model: PlanModel, estate: str, year: int) -> Expression:
        least = problem.estate_floor_area_m2(estate, year)
        if least <= 0.0:
            return Constraint.Skip
        rooms = sum(
            problem.sites[site].floor_per_usable * room_at(model, site, group, year)
            for site in problem.new_estates[estate].sites
            for group in room_groups_of(problem, site)
        )
        return rooms >= to_model_area(least)

    return Constraint(list(problem.new_estates), model.years, rule=rule)

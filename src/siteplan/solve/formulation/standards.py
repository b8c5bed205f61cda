"""The area standard per 100 households, as nested soft tiers."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.problem import Problem, Site
from siteplan.solve.formulation.variables import Expression, PlanModel
from siteplan.units import to_model_area

ELDERLY_TIER = "elderly"
"""The part of the standard that only elderly care meets."""


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


def required_floor_area_m2(problem: Problem, community: str, tier: str, year: int) -> float:
    """Return the floor area that a tier asks of a community in a year, in m²."""
    standard = problem.area_standard
    per_100 = standard.elderly_m2 if tier == ELDERLY_TIER else float(tier)
    return per_100 * problem.households(community, year) / 100.0


def community_area_standard(problem: Problem, model: PlanModel) -> Constraint:
    """Community-service floor area per 100 households; what is missing of a tier is shortfall.

    Σ_{j∈c} floor_per_usable_j · Σ_k room[j,k,t] + decided + area_shortfall[c,tier,t] ≥ tier · households/100

    (100 m²; tiers 30, 50, 80 over all rooms, each once; 20 over elderly care alone.)
    周至方案 附件2-8; 导则（试行）: 每百户 30、50、80 m²，其中养老服务 20 m².
    """
    located: dict[str, list[str]] = {}
    for site in problem.planned_sites:
        located.setdefault(problem.sites[site].community_code, []).append(site)
    rooms: dict[str, list[str]] = {}
    for site, group in model.rooms:
        rooms.setdefault(site, []).append(group)

    def planned(model: PlanModel, community: str, tier: str, year: int) -> Expression:
        total: Expression = 0.0
        for site in located.get(community, []):
            ratio = problem.sites[site].floor_per_usable
            if tier != ELDERLY_TIER:
                total = total + ratio * sum(model.room[site, group, year] for group in rooms.get(site, []))
            elif (site, problem.elderly_function) in model.hosting:
                total = total + ratio * model.area[site, problem.elderly_function, year]
        return total

    def rule(model: PlanModel, community: str, tier: str, year: int) -> Expression:
        there = [key for key in problem.decided_sites if problem.sites[key].community_code == community]
        areas = {key: decided_floor_area_m2(problem, problem.sites[key], tier) for key in there}
        decided = sum(area for key, area in areas.items() if key not in problem.conversions)
        missing = to_model_area(required_floor_area_m2(problem, community, tier, year) - decided)
        provided = planned(model, community, tier, year) + sum(
            to_model_area(areas[key]) * model.operates[key, year]
            for key in there
            if key in problem.conversions
        )
        return provided + model.area_shortfall[community, tier, year] >= missing

    return Constraint(model.communities, model.tiers, model.years, rule=rule)

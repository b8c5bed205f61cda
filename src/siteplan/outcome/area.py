"""The area standard: floor area of community services per 100 households, and what is short of it."""

from __future__ import annotations

from siteplan.outcome.provision import operates, room_area_m2
from siteplan.plan import CommunityArea, Decisions
from siteplan.problem import AreaStandard, Problem

ELDERLY_TIER = "elderly"
"""Key of the elderly part in ``CommunityArea.shortfall_m2_by_tier``, beside the tiers as text."""


def area_standard(problem: Problem, decisions: Decisions) -> tuple[CommunityArea, ...]:
    """Return the area standard of each community in scope and year (周至方案 附件2-8, 导则).

    Counted is the floor area of every room at sites that lie in the community, what exists included,
    each room once; of it the rooms of elderly care.
    """
    sites_of_community: dict[str, list[str]] = {code: [] for code in problem.communities}
    for site_id, site in problem.sites.items():
        sites_of_community[site.community_code].append(site_id)
    return tuple(
        _community_area(problem, decisions, code, tuple(sites_of_community[code]), year)
        for code, community in problem.communities.items()
        if community.in_scope
        for year in problem.years
    )


def _community_area(
    problem: Problem, decisions: Decisions, community: str, site_ids: tuple[str, ...], year: int
) -> CommunityArea:
    households = problem.households(community, year)
    floor_area = sum(
        room_area_m2(problem, decisions, site_id, group, year) * problem.sites[site_id].floor_per_usable
        for site_id in site_ids
        for group in problem.room_groups
    )
    elderly = sum(
        _elderly_area_m2(problem, decisions, site_id, year) * problem.sites[site_id].floor_per_usable
        for site_id in site_ids
    )
    return CommunityArea(
        community_code=community,
        year=year,
        households=households,
        floor_area_m2=floor_area,
        elderly_floor_area_m2=elderly,
        shortfall_m2_by_tier=_shortfalls(problem.area_standard, households, floor_area, elderly),
    )


def _elderly_area_m2(problem: Problem, decisions: Decisions, site_id: str, year: int) -> float:
    """Return the usable m² of elderly care at a site, 0 where it has none."""
    programme = problem.sites[site_id].programme
    if programme is not None:
        if not operates(problem, decisions, site_id, year):
            return 0.0
        return programme.get(problem.elderly_function, 0.0)
    return decisions.area_m2.get((site_id, problem.elderly_function, year), 0.0)


def _shortfalls(
    standard: AreaStandard, households: float, floor_area_m2: float, elderly_floor_area_m2: float
) -> dict[str, float]:
    shortfalls = {
        f"{tier:g}": max(0.0, tier * households / 100.0 - floor_area_m2) for tier in standard.tiers_m2
    }
    shortfalls[ELDERLY_TIER] = max(0.0, standard.elderly_m2 * households / 100.0 - elderly_floor_area_m2)
    return shortfalls

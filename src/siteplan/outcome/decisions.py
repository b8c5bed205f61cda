"""From a plan back to the decisions that it states: the inverse of `make_plan`."""

from __future__ import annotations

from siteplan.plan import Decisions, Plan
from siteplan.problem import Problem


def decisions_of(problem: Problem, plan: Plan) -> Decisions:
    """Return the decisions of a plan, of its sites that are planned sites of the problem.

    For the plan's own problem, or one like it: sites, functions and years that the problem doesn't know are
    left out, and what starts before its first year starts in it. Areas are usable m².
    """
    planned, first, last = set(problem.planned_sites), problem.years[0], problem.years[-1]
    start: dict[tuple[str, str], int] = {}
    rooms: dict[tuple[str, str, int], float] = {}
    areas: dict[tuple[str, str, int], float] = {}
    for site in plan.sites:
        if site.site_id not in planned:
            continue
        hosted = problem.sites[site.site_id].may_host
        for entry in site.functions:
            if entry.function not in hosted or entry.from_year > last:
                continue
            start[site.site_id, entry.function] = max(first, entry.from_year)
            for year, area in entry.area_m2_by_year.items():
                if year in problem.years:
                    areas[site.site_id, entry.function, year] = area
        for room in site.rooms:
            for year, area in room.area_m2_by_year.items():
                if year in problem.years and room.room_group in problem.room_groups:
                    rooms[site.site_id, room.room_group, year] = area
    opened = {site for site, _ in start}
    forms = {
        site.site_id: site.form for site in plan.sites if site.site_id in opened and site.form is not None
    }
    return Decisions(start, rooms, areas, forms)

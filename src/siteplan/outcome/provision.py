"""Which sites provide what, when and with how much area: decided and planned sites alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from siteplan.plan import Decisions
from siteplan.problem import Problem

Providing = Mapping[tuple[str, int], frozenset[str]]
"""(function, year) → ids of the sites that provide the function in the year."""


def providing_sites(problem: Problem, decisions: Decisions) -> Providing:
    """Return the sites that provide each function in each year.

    A decided site provides its programme in every year until it is converted, a planned one each function
    from its start on.
    """
    providing: dict[tuple[str, int], set[str]] = {
        (function, year): set() for function in problem.functions for year in problem.years
    }
    for site_id in problem.decided_sites:
        for function in problem.sites[site_id].programme or ():
            for year in problem.years:
                if operates(problem, decisions, site_id, year):
                    providing[function, year].add(site_id)
    for (site_id, function), start in decisions.start_year.items():
        for year in problem.years:
            if year >= start:
                providing[function, year].add(site_id)
    return {key: frozenset(sites) for key, sites in providing.items()}


def converted_in(problem: Problem, decisions: Decisions, site_id: str) -> int | None:
    """Return the year in which an existing service is converted, None if it goes on as it is."""
    converted = problem.conversions.get(site_id)
    if converted is None:
        return None
    starts = (year for (owner, _), year in decisions.start_year.items() if owner == converted)
    return min(starts, default=None)


def operates(problem: Problem, decisions: Decisions, site_id: str, year: int) -> bool:
    """Return whether a decided site still provides its programme in the year: it isn't converted yet."""
    converted = converted_in(problem, decisions, site_id)
    return converted is None or year < converted


def function_area_m2(problem: Problem, decisions: Decisions, site_id: str, function: str, year: int) -> float:
    """Return the usable m² of a function at a site that provides it in the year."""
    programme = problem.sites[site_id].programme
    return programme[function] if programme is not None else decisions.area_m2[site_id, function, year]


def room_area_m2(problem: Problem, decisions: Decisions, site_id: str, room_group: str, year: int) -> float:
    """Return the usable m² of a site's room for a group of functions, 0 where it has none.

    A decided site's room is as large as the largest of the group's functions in its programme.
    """
    programme = problem.sites[site_id].programme
    if programme is None:
        return decisions.room_m2.get((site_id, room_group, year), 0.0)
    if not operates(problem, decisions, site_id, year):
        return 0.0
    return max((programme.get(function, 0.0) for function in problem.room_groups[room_group]), default=0.0)


def nearest_provider(
    problem: Problem, providing: Providing, demand_id: str, function: str, year: int
) -> str | None:
    """Return the nearest site within the service radius that provides the function, if any.

    Of sites at the same distance the one with the smallest id is nearest.
    """
    providers = providing[function, year]
    for site_id in problem.providers_within_reach(demand_id, function):
        if site_id in providers:
            return site_id
    return None


def target_groups(
    problem: Problem, demand_ids: tuple[str, ...], function: str, year: int
) -> Iterator[tuple[str, float]]:
    """Yield (demand id, persons) of the demand points that have a target group for the function."""
    for demand_id in demand_ids:
        persons = problem.target_group(demand_id, function, year)
        if persons > 0.0:
            yield demand_id, persons

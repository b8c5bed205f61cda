"""Who uses which site, by a convention that anybody can recompute.

For each year and function, the pairs of a demand point and a site that provides the function within its
service radius are taken in the order of (distance, demand id, site id); each pair seats as many of the
point's unseated persons as the site has free places. Persons are real numbers. Where capacity is a rule
of the scenario, as many as possible are seated instead, with the least walking (`siteplan.seating`); with
the rule `nearest_with_a_place` the order of distance stands.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from siteplan.outcome.provision import Providing, function_area_m2, providing_sites, target_groups
from siteplan.plan import Assignment, Decisions
from siteplan.problem import Problem
from siteplan.scenario import AssignmentRule
from siteplan.seating import most_served, nearest_first

SEATING = MappingProxyType(
    {
        AssignmentRule.NEAREST_FIRST: nearest_first,
        AssignmentRule.MOST_SERVED: most_served,
        AssignmentRule.NEAREST_WITH_A_PLACE: nearest_first,
    }
)
"""How each rule fills places. Filling by distance keeps `nearest_with_a_place` by construction."""

Cause = Literal["", "no_place", "no_provider_in_reach"]


def assign(problem: Problem, decisions: Decisions) -> tuple[Assignment, ...]:
    """Assign the persons of every counted demand point, function and year.

    Ordered by year, function, demand point (each as in the problem) and distance; persons without a site
    come last, with the cause: ``no_provider_in_reach`` or ``no_place``.
    """
    providing = providing_sites(problem, decisions)
    return tuple(
        assignment
        for year in problem.years
        for function in problem.functions
        for assignment in _assign_function(problem, decisions, providing, function, year)
    )


def places_at(problem: Problem, decisions: Decisions, site_id: str, function: str, year: int) -> float:
    """Return the persons that a site has places for: capacity per m² × usable area of the function."""
    capacity = problem.functions[function].capacity_persons_per_m2
    return capacity * function_area_m2(problem, decisions, site_id, function, year)


def _assign_function(
    problem: Problem, decisions: Decisions, providing: Providing, function: str, year: int
) -> list[Assignment]:
    unseated = dict(target_groups(problem, problem.counted_demand, function, year))
    places = {
        site_id: places_at(problem, decisions, site_id, function, year)
        for site_id in providing[function, year]
    }
    walks = _pairs_by_distance(problem, providing, function, year)
    seats = SEATING[problem.assignment_rule](unseated, places, walks)
    rows: dict[str, list[Assignment]] = {demand_id: [] for demand_id in unseated}
    in_reach: set[str] = set()
    for distance, demand_id, site_id in walks:
        in_reach.add(demand_id)
        persons = seats.get((demand_id, site_id), 0.0)
        if persons <= 0.0:
            continue
        unseated[demand_id] -= persons
        rows[demand_id].append(Assignment(year, function, demand_id, site_id, persons, distance, ""))
    for demand_id, persons in unseated.items():
        if persons > 0.0:
            cause = _cause(demand_id in in_reach)
            rows[demand_id].append(Assignment(year, function, demand_id, "", persons, None, cause))
    return [assignment for of_point in rows.values() for assignment in of_point]


def _cause(in_reach: bool) -> Cause:
    """Return why persons are left: their providers are full, or there is none within the radius."""
    return "no_place" if in_reach else "no_provider_in_reach"


def _pairs_by_distance(
    problem: Problem, providing: Providing, function: str, year: int
) -> list[tuple[float, str, str]]:
    """Return (distance, demand id, site id) of the pairs that the convention goes through, in order."""
    providers = providing[function, year]
    pairs = [
        (problem.distances[demand_id][site_id], demand_id, site_id)
        for demand_id, _ in target_groups(problem, problem.counted_demand, function, year)
        for site_id in problem.providers_within_reach(demand_id, function)
        if site_id in providers
    ]
    pairs.sort()
    return pairs

"""Which spaces lie within walking distance of a community, whether or not they may host anything."""

from __future__ import annotations

from siteplan.problem import THRESHOLD_SLACK, Problem


def share_in_reach(problem: Problem, community: str, function: str, year: int) -> dict[str, float]:
    """Return site → share (0 to 1) of the community's target group within the radius, able or not."""
    radius = problem.functions[function].service_radius_m
    total = 0.0
    within: dict[str, float] = {}
    for demand_id in problem.demand_of_community[community]:
        persons = problem.target_group(demand_id, function, year)
        total += persons
        for site_id, distance in problem.distances[demand_id].items():
            if distance <= radius:
                within[site_id] = within.get(site_id, 0.0) + persons
    return {key: persons / total for key, persons in within.items()} if total > 0.0 else {}


def near_enough(problem: Problem, community: str, function: str, year: int) -> list[str]:
    """Return the sites that have the threshold share of the community's target group within the radius."""
    least = problem.threshold * (1.0 - THRESHOLD_SLACK)
    shares = share_in_reach(problem, community, function, year)
    return [key for key, share in shares.items() if share >= least]

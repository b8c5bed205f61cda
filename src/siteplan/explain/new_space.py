"""A space that isn't there yet: as large as a complex must be, and fit for every function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from siteplan.case import DataStatus, Mode
from siteplan.network import Reach
from siteplan.policy import Policy
from siteplan.problem import Problem, Role, Site

NEW_SPACE = "new-space"
"""Its site id."""


@dataclass(frozen=True, slots=True)
class NewSpace:
    """A space near a demand point of a community."""

    community_code: str
    near_demand_id: str
    floor_area_m2: float
    usable_area_m2: float
    opening_cost_cny: float


def new_space(policy: Policy, community: str, near_demand_id: str) -> NewSpace:
    """Return a space of the least floor area of a complex, rebuilt at the unit cost of ``costs.yaml``."""
    floor_area_m2 = policy.standards.complex_minimum_floor_area_m2.value
    return NewSpace(
        community_code=community,
        near_demand_id=near_demand_id,
        floor_area_m2=floor_area_m2,
        usable_area_m2=floor_area_m2 * policy.standards.usable_share_of_floor_area.value,
        opening_cost_cny=floor_area_m2 * policy.costs.opening_cost_cny_per_m2[Mode.REBUILD].value,
    )


def middle_of(problem: Problem, community: str, between: Reach) -> str | None:
    """Return the community's demand point nearest to its residents: the least households × walking metres.

    ``between``: distances from demand points to demand points; farther ones count as its limit. None: the
    community has no demand point in the last year.
    """
    points = [
        key
        for key in problem.demand_of_community[community]
        if problem.demand[key].is_occupied(problem.years[-1])
    ]
    rows = {key: index for index, key in enumerate(between.demand_ids)}
    walks = {key: dict(between.sites_within(rows[key], between.limit_m)) for key in points}

    def metres(middle: str) -> float:
        return sum(problem.demand[key].households * walks[key].get(middle, between.limit_m) for key in points)

    return min(points, key=lambda key: (metres(key), key), default=None)


def walks_to(between: Reach, place: str) -> dict[str, float]:
    """Return demand point → walking metres to a place of ``between``, where within its limit."""
    walks: dict[str, float] = {}
    for index, demand_id in enumerate(between.demand_ids):
        metres = dict(between.sites_within(index, between.limit_m)).get(place)
        if metres is not None:
            walks[demand_id] = metres
    return walks


def with_new_space(problem: Problem, space: NewSpace, walks: Mapping[str, float]) -> Problem:
    """Return the problem with the space as one more candidate site.

    ``walks``: demand point → walking metres to the space, where within the reach limit.
    """
    point = problem.demand[space.near_demand_id]
    site = Site(
        site_id=NEW_SPACE,
        name="新空间",
        role=Role.CANDIDATE,
        community_code=space.community_code,
        town_code=problem.communities[space.community_code].town_code,
        longitude=point.longitude,
        latitude=point.latitude,
        floor_area_m2=space.floor_area_m2,
        usable_area_m2=space.usable_area_m2,
        may_host=frozenset(problem.functions),
        why_not={},
        available_from=problem.years[0],
        opens_in=None,
        listed_form=None,
        programme=None,
        required_functions=frozenset(),
        opening_cost_cny=space.opening_cost_cny,
        mode=Mode.REBUILD,
        serves_communities=frozenset(),
        data_status=DataStatus.ILLUSTRATIVE,
    )
    return replace(
        problem,
        sites={**problem.sites, NEW_SPACE: site},
        reach=_with_place(problem.reach, NEW_SPACE, walks),
    )


def _with_place(reach: Reach, place: str, distance_m: Mapping[str, float]) -> Reach:
    """Return the distances with one more site, the last."""
    number = len(reach.site_ids)
    site_index: list[Iterable[int]] = []
    metres: list[Iterable[float]] = []
    row_start = [0]
    for index, demand_id in enumerate(reach.demand_ids):
        entries = slice(int(reach.row_start[index]), int(reach.row_start[index + 1]))
        further = distance_m.get(demand_id)
        added = [] if further is None or further > reach.limit_m else [further]
        site_index.append([*reach.site_index[entries], *(number for _ in added)])
        metres.append([*reach.distance_m[entries], *added])
        row_start.append(row_start[-1] + entries.stop - entries.start + len(added))
    return replace(
        reach,
        site_ids=(*reach.site_ids, place),
        row_start=np.array(row_start, dtype=np.int64),
        site_index=np.concatenate([np.asarray(part, dtype=np.int64) for part in site_index]),
        distance_m=np.concatenate([np.asarray(part, dtype=np.float64) for part in metres]),
    )

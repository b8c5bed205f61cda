"""Walking service areas of the sites on the map, one for each service radius of their functions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from siteplan.inputs.roads.projection import unprojected
from siteplan.network import RoadNetwork, WalkingAccess
from siteplan.plan import Plan
from siteplan.policy import Standards
from siteplan.problem import Problem
from siteplan.reach import ServiceAreas
from siteplan.reach.pieces import road_pieces

OUTLINE_TOLERANCE_M = 4.0
"""Outlines on the map are coarser than those that are delivered: they are for looking at."""

Walks = Mapping[str, Mapping[float, BaseGeometry]]
"""Site → radius in metres → where one can walk from, longitude and latitude."""


def walks_of_plan(
    plan: Plan, problem: Problem, access: WalkingAccess, network: RoadNetwork, standards: Standards
) -> Walks:
    """Return the walking service areas of the sites that are open in the last year."""
    areas = ServiceAreas(network, road_pieces(network))
    position = {site_id: index for index, site_id in enumerate(access.reach.site_ids)}

    def in_degrees(
        points: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return np.column_stack(unprojected(points[:, 0], points[:, 1], network.metric_crs))

    walks: dict[str, dict[float, BaseGeometry]] = {}
    for site in plan.sites:
        place = problem.sites[site.site_id].converts or site.site_id
        radii = {problem.functions[item.function].service_radius_m for item in site.functions}
        for radius_m in sorted(radii):
            area = areas.area(
                access.sites_snapped,
                position[place],
                radius_m,
                strip_m=standards.service_area_strip_m.value,
                smallest_hole_m2=standards.service_area_smallest_hole_m2.value,
            )
            if not area.is_empty:
                outline = area.simplify(OUTLINE_TOLERANCE_M)
                walks.setdefault(site.site_id, {})[radius_m] = shapely.transform(outline, in_degrees)
    return walks

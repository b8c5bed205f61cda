"""Walking distances: places put onto the roads, who can walk to which site, and what is suspicious.

How places are snapped and what private ways mean is in ``docs/roads.md``.
"""

from siteplan.reach.check import check_reach
from siteplan.reach.distances import distance_blocks, distance_matrix, places_at_nodes
from siteplan.reach.road_points import RoadPoints, road_points
from siteplan.reach.service_areas import ServiceAreas
from siteplan.reach.walking import reach_of_points, walking_access

__all__ = [
    "RoadPoints",
    "ServiceAreas",
    "check_reach",
    "distance_blocks",
    "distance_matrix",
    "places_at_nodes",
    "reach_of_points",
    "road_points",
    "walking_access",
]

"""Walking distances from every demand point to every site within a limit, door to door."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from siteplan.case import Case
from siteplan.inputs.roads.projection import projected
from siteplan.network import FloatArray, IntArray, Reach, RoadNetwork, Snapped, WalkingAccess
from siteplan.policy import Policy
from siteplan.reach.distances import distance_blocks, gathered
from siteplan.reach.pieces import RoadPieces, road_pieces
from siteplan.reach.places import demand_places, metres_of, site_places
from siteplan.reach.snapping import Snapper
from siteplan.units import METRES_PER_REPORTED_DISTANCE


def walking_access(network: RoadNetwork, case: Case, policy: Policy, limit_m: float) -> WalkingAccess:
    """Return who can walk to which site within ``limit_m``, and how places met the network.

    Sites are all sites of the case: candidate sites, then projects, then existing services. The limit
    should be the largest service radius that anybody asks for; memory and time grow with what is within.
    """
    pieces = road_pieces(network)
    snapper = Snapper(network, pieces)
    snap_limit_m = policy.standards.snap_limit_m.value
    demand, sites = demand_places(case), site_places(case)
    demand_x, demand_y = metres_of(demand, network.metric_crs)
    demand_snapped = snapper.snap(demand_x, demand_y, snap_limit_m)
    sites_snapped = snapper.snap(*metres_of(sites, network.metric_crs), snap_limit_m)
    far_m = policy.standards.far_from_mapped_way_m.value
    is_far = snapper.distance_to_nearest_way(demand_x, demand_y) > far_m
    residents = np.array([point.residents for point in case.demand_points], dtype=np.float64)
    row_start, site_index, distance_m = distances_within(
        network, pieces, demand_snapped, sites_snapped, limit_m
    )
    return WalkingAccess(
        reach=Reach(
            demand_ids=tuple(place.identifier for place in demand),
            site_ids=tuple(place.identifier for place in sites),
            limit_m=limit_m,
            row_start=row_start,
            site_index=site_index,
            distance_m=distance_m,
        ),
        demand_snapped=demand_snapped,
        sites_snapped=sites_snapped,
        share_far_from_mapped_way=float(residents[is_far].sum() / max(residents.sum(), 1.0)),
    )


def reach_of_points(
    network: RoadNetwork,
    access: WalkingAccess,
    points: Mapping[str, tuple[float, float]],
    snap_limit_m: float,
) -> Reach:
    """Return the walking distances from every demand point to other points, within the limit of ``access``.

    ``points``: name → longitude and latitude (WGS 84); the names take the place of site ids.
    """
    degrees = np.array(list(points.values()), dtype=np.float64).reshape(-1, 2)
    x_m, y_m = projected(degrees[:, 0], degrees[:, 1], network.metric_crs)
    pieces = road_pieces(network)
    snapped = Snapper(network, pieces).snap(x_m, y_m, snap_limit_m)
    limit_m = access.reach.limit_m
    row_start, site_index, distance_m = distances_within(
        network, pieces, access.demand_snapped, snapped, limit_m
    )
    return Reach(access.reach.demand_ids, tuple(points), limit_m, row_start, site_index, distance_m)


def distances_within(
    network: RoadNetwork, pieces: RoadPieces, demand: Snapped, sites: Snapped, limit_m: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return ``row_start``, ``site_index`` and ``distance_m`` of `Reach` for snapped places.

    Distances are rounded to a decimetre and compared with the limit after that.
    """
    searched_m = limit_m + METRES_PER_REPORTED_DISTANCE
    blocks = distance_blocks(network, pieces, demand, sites, searched_m)
    exact = gathered(blocks, shape=(len(demand.edge), len(sites.edge)))
    counts, site_index = np.diff(exact.indptr), exact.indices.astype(np.int64)
    distance_m = rounded_to_decimetre(exact.data)
    is_within = distance_m <= limit_m
    row = np.repeat(np.arange(len(counts)), counts)[is_within]
    row_start = np.searchsorted(row, np.arange(len(counts) + 1)).astype(np.int64)
    return row_start, site_index[is_within], distance_m[is_within]


def rounded_to_decimetre(distance_m: FloatArray) -> FloatArray:
    """Round as Python's ``round(distance, 1)`` does, which numpy's own rounding misses at ties."""
    rounded_m = np.round(distance_m, 1)
    is_near_tie = np.abs(np.abs(distance_m - rounded_m) - METRES_PER_REPORTED_DISTANCE / 2.0) < 1e-6
    rounded_m[is_near_tie] = [round(float(metres), 1) for metres in distance_m[is_near_tie]]
    return rounded_m

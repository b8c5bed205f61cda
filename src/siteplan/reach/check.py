"""What is suspicious about who can walk where: warnings that need distances."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from siteplan.case import Case, DemandPoint
from siteplan.findings import Finding
from siteplan.inputs.roads.components import components_of
from siteplan.network import BoolArray, IntArray, RoadNetwork, WalkingAccess
from siteplan.policy import FunctionPolicy, Policy
from siteplan.reach import wording
from siteplan.reach.pieces import RoadPieces, road_pieces
from siteplan.reach.places import demand_places, metres_of, site_places
from siteplan.reach.search import Search
from siteplan.reach.snapping import Snapper
from siteplan.text import Text


def check_reach(
    case: Case,
    policy: Policy,
    providers: Mapping[str, Collection[str]],
    access: WalkingAccess,
    network: RoadNetwork,
) -> list[Finding]:
    """Return warnings about the road network, about places off it, and about residents out of reach.

    Demand points count where their community is in scope and somebody belongs to the function's target
    group; those that aren't on the network are named once and not again for every function.

    Args:
        case: The case whose places were snapped.
        policy: With the service radii in force (those of the scenario, where it overrides them).
        providers: Function key to the ids of all sites, candidate, committed or existing, that can provide
            it; functions that aren't keys are not checked.
        access: As `walking_access` returned it, with a limit of at least the largest service radius.
        network: The network it was computed on.
    """
    pieces = road_pieces(network)
    findings = [
        *_islands_in_the_roads(case, network),
        *_places_off_the_roads(case, policy, access, network, pieces),
    ]
    if access.share_far_from_mapped_way > 0.0:
        far_m = policy.standards.far_from_mapped_way_m.value
        findings.append(wording.residents_far_from_ways(case, access.share_far_from_mapped_way, far_m))
    for key, site_ids in providers.items():
        function = policy.functions[key]
        is_provider = np.isin(access.reach.site_ids, list(site_ids))
        missing = _without_provider(case, function, is_provider, access)
        if len(missing):
            search = Search(network, pieces, access.sites_snapped, is_provider)
            findings.append(_out_of_reach(case, function, missing, search, access))
    return findings


def _islands_in_the_roads(case: Case, network: RoadNetwork) -> Iterable[Finding]:
    component = components_of(network, ~network.is_private)
    is_outside = (component[network.edge_from] > 0) & ~network.is_private
    if is_outside.any():
        yield wording.islands_in_the_roads(
            case,
            parts=int(component.max()) + 1,
            length_m=float(network.length_m[is_outside].sum()),
            share_of_nodes=float((component > 0).sum() / (component >= 0).sum()),
        )


def _places_off_the_roads(
    case: Case, policy: Policy, access: WalkingAccess, network: RoadNetwork, pieces: RoadPieces
) -> Iterable[Finding]:
    """Warn of demand points and sites that aren't snapped, or snapped to an island."""
    limit_m = policy.standards.snap_limit_m.value
    for kind, places, snapped in (
        (Text(zh="居民点", en="demand points"), demand_places(case), access.demand_snapped),
        (Text(zh="服务空间", en="sites"), site_places(case), access.sites_snapped),
    ):
        off = [places[index] for index in np.flatnonzero(snapped.edge < 0)]
        if off:
            away_m = Snapper(network, pieces).distance_to_nearest_way(*metres_of(off, network.metric_crs))
            yield wording.not_snapped(case, kind, off, away_m.tolist(), limit_m)
        is_island = (snapped.edge >= 0) & snapped.on_island
        if is_island.any():
            island = [places[index] for index in np.flatnonzero(is_island)]
            yield wording.on_island(case, kind, island, snapped.offset_m[is_island].tolist())


def _without_provider(
    case: Case, function: FunctionPolicy, is_provider: BoolArray, access: WalkingAccess
) -> IntArray:
    """Return the snapped demand points that count and have no provider within the service radius."""
    reach = access.reach
    is_near = is_provider[reach.site_index] & (reach.distance_m <= function.service_radius_m.value)
    row = np.repeat(np.arange(len(reach.demand_ids)), np.diff(reach.row_start))
    has_provider = np.zeros(len(reach.demand_ids), dtype=np.bool_)
    has_provider[row[is_near]] = True
    return np.flatnonzero(_counts(case, function) & ~has_provider & (access.demand_snapped.edge >= 0))


def _out_of_reach(
    case: Case, function: FunctionPolicy, missing: IntArray, search: Search, access: WalkingAccess
) -> Finding:
    nearest, nearest_m = search.nearest(access.demand_snapped, missing)
    demand, sites = demand_places(case), site_places(case)
    farthest_first = np.argsort(-nearest_m, kind="stable")
    return wording.no_site_within_radius(
        case,
        function,
        [demand[missing[index]] for index in farthest_first],
        [sites[nearest[index]] if nearest[index] >= 0 else None for index in farthest_first],
        nearest_m[farthest_first].tolist(),
    )


def _counts(case: Case, function: FunctionPolicy) -> BoolArray:
    """Return which demand points (in table order) are in scope and have a target group."""
    in_scope = {community.community_code for community in case.communities if community.in_scope}

    def has_target_group(point: DemandPoint) -> bool:
        return any(point.residents_of(age) > 0.0 for age in function.target_ages)

    return np.array(
        [point.community_code in in_scope and has_target_group(point) for point in case.demand_points],
        dtype=np.bool_,
    )

"""Walking distances door to door, recomputed with shapely and networkx.

Places are put onto the nearest point of a straight edge; each edge is then cut at the places on it, so
that plain Dijkstra on the cut graph gives every walk, also one along a single edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from siteplan.network import RoadNetwork

if TYPE_CHECKING:
    Graph: TypeAlias = nx.Graph[int]
    CutGraph: TypeAlias = nx.MultiGraph[Any]

TIE_M = 0.001
"""Edges that lie within a millimetre of the nearest one count as equally near."""

Distances = Mapping[str, Mapping[str, float]]
"""Demand id → site id → metres, door to door, rounded to a decimetre."""


@dataclass(frozen=True, slots=True)
class OnRoad:
    """Where a place meets the network: an edge, metres along it, and metres from the door to it."""

    edge: int
    position_m: float
    offset_m: float


def walking_distances(
    network: RoadNetwork,
    demand: Mapping[str, tuple[float, float]],
    sites: Mapping[str, tuple[float, float]],
    snap_limit_m: float,
    limit_m: float,
) -> Distances:
    """Return the walks of at most ``limit_m`` metres from each demand point to each site.

    ``demand`` and ``sites``: id → (longitude, latitude). A walker may use every public edge, and of the
    private ones only the connected piece onto which the walker's own demand point snaps.
    """
    pieces = private_pieces(network)
    demand_on_road = snap(network, demand, snap_limit_m)
    snapped = snap(network, sites, snap_limit_m)
    sites_on_road = {site_id: place for site_id, place in snapped.items() if place is not None}
    graph = _cut_graph(network, pieces, {"demand": demand_on_road, "site": sites_on_road})
    return {
        demand_id: _walks_from(graph, demand_id, place, pieces.get(place.edge), sites_on_road, limit_m)
        if place is not None
        else {}
        for demand_id, place in demand_on_road.items()
    }


def snap(
    network: RoadNetwork, places: Mapping[str, tuple[float, float]], snap_limit_m: float
) -> dict[str, OnRoad | None]:
    """Return where each place (longitude, latitude) meets the network; None beyond the limit.

    Edges that hang together with the main public component go before the others; among edges within
    `TIE_M` of the nearest, public ones go first, then the one listed first.
    """
    if not places or network.edge_count == 0:
        return dict.fromkeys(places)
    longitude, latitude = np.array(list(places.values()), dtype=float).T
    x, y = _from_degrees(network.metric_crs).transform(longitude, latitude)
    start = np.column_stack([network.x_m[network.edge_from], network.y_m[network.edge_from]])
    end = np.column_stack([network.x_m[network.edge_to], network.y_m[network.edge_to]])
    tree = shapely.STRtree([shapely.LineString(pair) for pair in np.stack([start, end], axis=1)])
    attached = attached_edges(network)
    on_road: dict[str, OnRoad | None] = {}
    for number, place_id in enumerate(places):
        place = np.array([x[number], y[number]])
        # The search is a little wider than the limit, which is applied to our own distances below.
        near = np.sort(tree.query(shapely.Point(place), predicate="dwithin", distance=snap_limit_m + 1.0))
        offset, position = _feet(place, start[near], end[near])
        eligible = offset <= snap_limit_m
        chosen = _choose(near[eligible], offset[eligible], position[eligible], attached, network.is_private)
        on_road[place_id] = chosen
    return on_road


def attached_edges(network: RoadNetwork) -> set[int]:
    """Return the edges of the largest public component and of the private pieces that touch it.

    The size of a component is its number of nodes.
    """
    public: Graph = nx.Graph()
    private: Graph = nx.Graph()
    for edge, (tail, head) in enumerate(zip(network.edge_from, network.edge_to, strict=True)):
        (private if network.is_private[edge] else public).add_edge(int(tail), int(head))
    main = max(nx.connected_components(public), key=len, default=set())
    hanging = {node for piece in nx.connected_components(private) if piece & main for node in piece}
    return {
        edge
        for edge, tail in enumerate(network.edge_from)
        if int(tail) in (hanging if network.is_private[edge] else main)
    }


def private_pieces(network: RoadNetwork) -> dict[int, int]:
    """Return private edge → number of its connected private piece."""
    private: Graph = nx.Graph()
    edges = [edge for edge in range(network.edge_count) if network.is_private[edge]]
    private.add_edges_from((int(network.edge_from[edge]), int(network.edge_to[edge])) for edge in edges)
    piece_of_node = {
        node: number for number, piece in enumerate(nx.connected_components(private)) for node in piece
    }
    return {edge: piece_of_node[int(network.edge_from[edge])] for edge in edges}


@cache
def _from_degrees(metric_crs: str) -> Transformer:
    """Return the transformation from longitude and latitude; making one takes longer than using it."""
    return Transformer.from_crs("EPSG:4326", metric_crs, always_xy=True)


def _feet(
    place: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distance to each segment, and how far along it the nearest point lies, in metres."""
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((place - start) * along).sum(axis=1) / length**2
    share = np.where(length > 0.0, np.clip(share, 0.0, 1.0), 0.0)
    foot = start + along * share[:, None]
    return np.hypot(*(place - foot).T), share * length


def _choose(
    edges: NDArray[np.int64],
    offset: NDArray[np.float64],
    position: NDArray[np.float64],
    attached: set[int],
    is_private: NDArray[np.bool_],
) -> OnRoad | None:
    """Return the edge to snap to among the eligible ones (ascending numbers), or None without any."""
    numbers = range(len(edges))
    among = [number for number in numbers if int(edges[number]) in attached] or list(numbers)
    if not among:
        return None
    nearest = min(offset[number] for number in among)
    ties = [number for number in among if offset[number] <= nearest + TIE_M]
    best = min(ties, key=lambda number: (bool(is_private[edges[number]]), int(edges[number])))
    return OnRoad(int(edges[best]), float(position[best]), float(offset[best]))


def _cut_graph(
    network: RoadNetwork, pieces: Mapping[int, int], places: Mapping[str, Mapping[str, OnRoad | None]]
) -> CutGraph:
    """Return the network with every edge cut at the places on it.

    Places are nodes (kind, id); edges carry ``length`` in metres and ``piece``, None on public ways.
    """
    cuts: dict[int, list[tuple[float, tuple[str, str]]]] = {}
    for kind, on_road in places.items():
        for place_id, place in on_road.items():
            if place is not None:
                cuts.setdefault(place.edge, []).append((place.position_m, (kind, place_id)))
    graph: CutGraph = nx.MultiGraph()
    for edge in range(network.edge_count):
        tail, head = int(network.edge_from[edge]), int(network.edge_to[edge])
        length = float(np.hypot(network.x_m[head] - network.x_m[tail], network.y_m[head] - network.y_m[tail]))
        stops: list[tuple[float, Any]] = [(0.0, tail), *sorted(cuts.get(edge, [])), (length, head)]
        for (before, left), (after, right) in pairwise(stops):
            graph.add_edge(left, right, length=max(0.0, after - before), piece=pieces.get(edge))
    return graph


def _walks_from(
    graph: CutGraph,
    demand_id: str,
    place: OnRoad,
    own_piece: int | None,
    sites: Mapping[str, OnRoad],
    limit_m: float,
) -> dict[str, float]:
    """Return site → distance for one demand point, within the limit after rounding."""

    def walkable(_tail: Any, _head: Any, parallel: dict[Any, Any]) -> float | None:
        lengths = [edge["length"] for edge in parallel.values() if edge["piece"] in (None, own_piece)]
        return min(lengths, default=None)

    on_the_way = nx.single_source_dijkstra_path_length(
        graph, ("demand", demand_id), cutoff=limit_m + 1.0, weight=walkable
    )
    walks: dict[str, float] = {}
    for node, metres in on_the_way.items():
        if isinstance(node, tuple) and node[0] == "site":
            distance = round(place.offset_m + metres + sites[node[1]].offset_m, 1)
            if distance <= limit_m:
                walks[node[1]] = distance
    return walks

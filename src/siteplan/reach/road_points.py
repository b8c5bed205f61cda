"""Points along the public ways, close together: where a space that isn't there yet might have its door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from siteplan.inputs.roads.projection import unprojected
from siteplan.network import BoolArray, FloatArray, IntArray, RoadNetwork, Snapped
from siteplan.reach.pieces import PUBLIC, RoadPieces, road_pieces
from siteplan.reach.service_areas import OUTLINE_TOLERANCE_M, without_small_holes
from siteplan.reach.walking import distances_within

DRAWING_M = 0.5
"""Arcs of straight pieces and coordinates of a decimetre are off by less."""


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """Who walks how far to which point, within a limit: row of the demand point, point and metres.

    Shapes: ``demand``, ``point`` and ``distance_m``: (walks,).
    """

    demand: IntArray
    point: IntArray
    distance_m: FloatArray


@dataclass(frozen=True, eq=False)
class RoadPoints:
    """The nodes of the public ways of the main component, and points between them at most a step apart.

    Shapes: ``edge``, ``position_m`` (along the edge from its ``edge_from``), ``x_m``, ``y_m``: (points,);
    ``next_to``: (pairs, 2), neighbours along an edge.
    """

    network: RoadNetwork
    pieces: RoadPieces
    edge: IntArray
    position_m: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    next_to: IntArray

    @cached_property
    def longitude_latitude(self) -> tuple[FloatArray, FloatArray]:
        """Longitude and latitude (WGS 84) of the points; shapes (points,)."""
        return self.in_degrees(self.x_m, self.y_m)

    def in_degrees(self, x_m: FloatArray, y_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return longitude and latitude (WGS 84) of places in the network's metric CRS."""
        return unprojected(x_m, y_m, self.network.metric_crs)

    def walks(self, demand: Snapped, limit_m: float, door_m: float) -> Walks:
        """Return the walks of at most ``limit_m`` to a door ``door_m`` from each point."""
        count = len(self.edge)
        doors = Snapped(self.edge, self.position_m, np.full(count, door_m), np.zeros(count, dtype=np.bool_))
        row_start, point, distance_m = distances_within(self.network, self.pieces, demand, doors, limit_m)
        row = np.repeat(np.arange(len(demand.edge)), np.diff(row_start))
        return Walks(row, point, distance_m)

    def around(self, point: int, among: BoolArray) -> BoolArray:
        """Return which points hang together with one of them through points ``among`` which they are."""
        pairs = self.next_to[among[self.next_to].all(axis=1)]
        links = sparse.coo_array(
            (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(among), len(among))
        )
        _, part = connected_components(links, directed=False)
        return np.asarray(among & (part == part[point]))

    def strip(self, points: BoolArray, strip_m: float, smallest_hole_m2: float) -> BaseGeometry:
        """Return the strip along the roads between neighbouring points, ``strip_m`` to either side.

        A valid polygon in the network's metric CRS, nowhere narrower than the strip; holes smaller than
        ``smallest_hole_m2`` (m²) are filled.
        """
        pairs = self.next_to[points[self.next_to].all(axis=1)]
        alone = np.flatnonzero(points)
        doors = np.asarray(shapely.points(self.x_m[alone], self.y_m[alone]))
        roads = np.asarray(shapely.linestrings(np.stack([self.x_m[pairs], self.y_m[pairs]], axis=2)))
        parts = shapely.buffer(np.concatenate([doors, roads]), strip_m)
        area = shapely.union_all(parts).simplify(OUTLINE_TOLERANCE_M)
        return shapely.make_valid(without_small_holes(area, smallest_hole_m2))

    def sure_strip(self, points: BoolArray, strip_m: float) -> BaseGeometry:
        """Return the places whose nearest way is one along the points, within ``strip_m`` of it.

        Along the points: to the next one if that is among them, else half the way to it. A place anywhere in
        the area therefore meets the roads at most half a step from one of the points. What is as near to
        another way is left out, a private one too, since it might meet the roads there. The area is valid,
        in the network's metric CRS, and may consist of parts.
        """
        ends = points[self.next_to]
        both, one = ends.all(axis=1), ends.any(axis=1) & ~ends.all(axis=1)
        inner = np.where(ends[one, 0], self.next_to[one, 0], self.next_to[one, 1])
        outer = np.where(ends[one, 0], self.next_to[one, 1], self.next_to[one, 0])
        place = np.stack([self.x_m, self.y_m], axis=1)
        middle = 0.5 * (place[inner] + place[outer])
        ours = np.concatenate([place[self.next_to[both]], np.stack([place[inner], middle], axis=1)])
        if not len(ours):
            return shapely.Polygon()
        drawn_m = strip_m - OUTLINE_TOLERANCE_M - DRAWING_M
        area = shapely.union_all(shapely.buffer(shapely.linestrings(ours), drawn_m))
        area = area.simplify(OUTLINE_TOLERANCE_M)
        theirs = np.concatenate(
            [place[self.next_to[~ends.any(axis=1)]], np.stack([middle, place[outer]], axis=1)]
        )
        lines = np.concatenate([np.asarray(shapely.linestrings(theirs)), self._private_ways])
        near = lines[shapely.STRtree(lines).query(area, predicate="dwithin", distance=strip_m)]
        return shapely.make_valid(area.difference(shapely.union_all(shapely.buffer(near, strip_m))))

    @cached_property
    def _private_ways(self) -> NDArray[np.object_]:
        """The private ways that hang together with the public ones, as lines."""
        network = self.network
        edges = np.flatnonzero((self.pieces.piece != PUBLIC) & self.pieces.is_attached)
        ends = np.stack([network.edge_from[edges], network.edge_to[edges]], axis=1)
        return np.asarray(shapely.linestrings(np.stack([network.x_m[ends], network.y_m[ends]], axis=2)))


def road_points(network: RoadNetwork, step_m: float) -> RoadPoints:
    """Return the points of a network, neighbours at most ``step_m`` apart along the roads."""
    pieces = road_pieces(network)
    edges = np.flatnonzero((pieces.piece == PUBLIC) & pieces.is_attached & (network.length_m > 0.0))
    nodes, first = np.unique(
        np.concatenate([network.edge_from[edges], network.edge_to[edges]]), return_index=True
    )
    of_node = np.full(network.node_count, -1, dtype=np.int64)
    of_node[nodes] = np.arange(len(nodes))
    node_edge = np.tile(edges, 2)[first]
    is_end = first >= len(edges)
    between = np.maximum(0, np.ceil(network.length_m[edges] / step_m).astype(np.int64) - 1)
    edge = np.repeat(edges, between)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(between) - between, between)
    share = (number + 1) / np.repeat(between + 1, between)
    start, end = network.edge_from[edge], network.edge_to[edge]
    return RoadPoints(
        network,
        pieces,
        edge=np.concatenate([node_edge, edge]),
        position_m=np.concatenate(
            [np.where(is_end, network.length_m[node_edge], 0.0), share * network.length_m[edge]]
        ),
        x_m=np.concatenate(
            [network.x_m[nodes], network.x_m[start] + share * (network.x_m[end] - network.x_m[start])]
        ),
        y_m=np.concatenate(
            [network.y_m[nodes], network.y_m[start] + share * (network.y_m[end] - network.y_m[start])]
        ),
        next_to=_neighbours(network, edges, between, of_node, len(nodes)),
    )


def _neighbours(
    network: RoadNetwork, edges: IntArray, between: IntArray, of_node: IntArray, nodes: int
) -> IntArray:
    """Return the pairs of neighbouring points: node, points between in their order, node, edge by edge."""
    first = nodes + np.cumsum(between) - between
    pairs: list[tuple[int, int]] = []
    for edge, begin, count in zip(edges.tolist(), first.tolist(), between.tolist(), strict=True):
        line = [
            int(of_node[network.edge_from[edge]]),
            *range(begin, begin + count),
            int(of_node[network.edge_to[edge]]),
        ]
        pairs += pairwise(line)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)

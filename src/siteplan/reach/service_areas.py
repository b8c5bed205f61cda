"""Walking service areas (步行服务范围): where a site can be walked to from, as polygons along the roads.

A service area is the strip along the roads that are reached, never a circle: a river without a bridge or
the back of a cul-de-sac is not crossed. Private ways count as they do for distances (``docs/roads.md``).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from siteplan.network import RoadNetwork, Snapped
from siteplan.reach.pieces import PUBLIC, RoadPieces

OUTLINE_TOLERANCE_M = 1.0
"""The outline is simplified by at most so much: arcs of a strip's end need no hundred corners."""

Distances = dict[int, float]
Span = tuple[int, float, float]
"""A stretch of an edge: the edge, and where it begins and ends from ``edge_from``, in metres."""


class ServiceAreas:
    """Makes the service areas of sites on one network."""

    def __init__(self, network: RoadNetwork, pieces: RoadPieces) -> None:
        self._network = network
        self._piece = pieces.piece
        ends = np.concatenate([network.edge_from, network.edge_to])
        self._order = np.argsort(ends, kind="stable")
        self._first = np.searchsorted(ends[self._order], np.arange(network.node_count + 1))
        private = np.flatnonzero(self._piece != PUBLIC)
        self._edges_of_piece: dict[int, list[int]] = {}
        for edge in private:
            self._edges_of_piece.setdefault(int(self._piece[edge]), []).append(int(edge))

    def area(
        self, sites: Snapped, site: int, radius_m: float, *, strip_m: float, smallest_hole_m2: float
    ) -> BaseGeometry:
        """Return where one can walk to ``sites[site]`` from within ``radius_m``, door to door.

        The area is valid, in the network's metric CRS, and empty for a site that isn't on the network. It
        reaches ``strip_m`` to either side of the roads and ends where walk and strip together make the
        radius, so that it never promises more than the distance does. Holes smaller than
        ``smallest_hole_m2`` (m²) are filled.
        """
        walk_m = radius_m - strip_m
        spans = list(self._spans(sites, site, walk_m))
        if not spans:
            return shapely.Polygon()
        strip = shapely.union_all(shapely.buffer(self._lines(spans), strip_m))
        return shapely.make_valid(without_small_holes(strip.simplify(OUTLINE_TOLERANCE_M), smallest_hole_m2))

    def _spans(self, sites: Snapped, site: int, walk_m: float) -> Iterator[Span]:
        """Yield the stretches from which the site is reached within ``walk_m``."""
        start = int(sites.edge[site])
        if start < 0 or sites.offset_m[site] > walk_m:
            return
        network, position_m, offset_m = self._network, sites.position_m[site], sites.offset_m[site]
        at_start = {
            int(network.edge_from[start]): float(offset_m + position_m),
            int(network.edge_to[start]): float(offset_m + network.length_m[start] - position_m),
        }
        own_piece = int(self._piece[start])
        around = walk_m - offset_m
        length_m = float(network.length_m[start])
        yield start, max(0.0, float(position_m - around)), min(length_m, float(position_m + around))
        if own_piece != PUBLIC:
            reached = self._walk(at_start, own_piece, walk_m)
            yield from self._reached_spans(self._edges_of_piece[own_piece], reached, walk_m)
            return
        reached = self._walk(at_start, PUBLIC, walk_m)
        edges = {edge for node in reached for edge in self._edges_at(node)}
        public = sorted(edge for edge in edges if self._piece[edge] == PUBLIC)
        yield from self._reached_spans(public, reached, walk_m)
        for piece in sorted({int(self._piece[edge]) for edge in edges} - {PUBLIC}):
            within = self._walk(reached, piece, walk_m)
            yield from self._reached_spans(self._edges_of_piece[piece], within, walk_m)

    def _walk(self, seeds: Mapping[int, float], piece: int, limit_m: float) -> Distances:
        """Return the nodes within the limit, in metres, over public ways and those of one private piece."""
        reached: Distances = {}
        queue = [(metres, node) for node, metres in seeds.items() if metres <= limit_m]
        heapq.heapify(queue)
        while queue:
            metres, node = heapq.heappop(queue)
            if node in reached:
                continue
            reached[node] = metres
            for edge in self._edges_at(node):
                if self._piece[edge] not in (PUBLIC, piece):
                    continue
                start, end = int(self._network.edge_from[edge]), int(self._network.edge_to[edge])
                other = end if start == node else start
                further_m = metres + float(self._network.length_m[edge])
                if other not in reached and further_m <= limit_m:
                    heapq.heappush(queue, (further_m, other))
        return reached

    def _edges_at(self, node: int) -> list[int]:
        ends = self._order[self._first[node] : self._first[node + 1]]
        return [int(end) % self._network.edge_count for end in ends]

    def _reached_spans(self, edges: list[int], reached: Distances, walk_m: float) -> Iterator[Span]:
        for edge in edges:
            length_m = float(self._network.length_m[edge])
            from_start = walk_m - reached.get(int(self._network.edge_from[edge]), np.inf)
            from_end = walk_m - reached.get(int(self._network.edge_to[edge]), np.inf)
            if from_start + from_end >= length_m:
                yield edge, 0.0, length_m
                continue
            if from_start >= 0.0:
                yield edge, 0.0, min(from_start, length_m)
            if from_end >= 0.0:
                yield edge, max(0.0, length_m - from_end), length_m

    def _lines(self, spans: Sequence[Span]) -> NDArray[np.object_]:
        """Return the stretches as lines."""
        network = self._network
        edges = np.array([edge for edge, _, _ in spans])
        ends_m = np.array([(begin_m, end_m) for _, begin_m, end_m in spans])
        share = ends_m / np.maximum(network.length_m[edges], np.finfo(float).tiny)[:, None]
        begin, end = network.edge_from[edges], network.edge_to[edges]
        x_m = network.x_m[begin, None] + share * (network.x_m[end] - network.x_m[begin])[:, None]
        y_m = network.y_m[begin, None] + share * (network.y_m[end] - network.y_m[begin])[:, None]
        return np.asarray(shapely.linestrings(np.stack([x_m, y_m], axis=2)))


def without_small_holes(area: BaseGeometry, smallest_hole_m2: float) -> BaseGeometry:
    """Return an area without its holes that are smaller than so many m²."""
    parts = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if shapely.Polygon(ring).area >= smallest_hole_m2],
        )
        for part in shapely.get_parts(area)
    ]
    return shapely.union_all(parts)

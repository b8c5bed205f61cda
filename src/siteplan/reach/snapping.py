"""Putting places onto the road network: the nearest point of the nearest edge.

Edges attached to the main component come first, however near an island is; among edges whose distances
differ by less than a millimetre a public one, then the one that the file names first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from siteplan.network import BoolArray, FloatArray, IntArray, RoadNetwork, Snapped
from siteplan.reach.pieces import RoadPieces

TIE_M = 0.001
"""Edges that are nearer or farther by less than this are equally near."""

PLACES_AT_ONCE = 20_000
"""Places are looked up in portions, so that the list of edges near them stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """Pairs of a place and an edge within the limit, with the nearest point. Shapes: (pairs,)."""

    place: IntArray
    edge: IntArray
    offset_m: FloatArray
    position_m: FloatArray

    def chosen(self, which: BoolArray | IntArray) -> _Candidates:
        """Return some of the pairs."""
        return _Candidates(self.place[which], self.edge[which], self.offset_m[which], self.position_m[which])


class Snapper:
    """The edges of a network in a spatial index, ready to take places."""

    def __init__(self, network: RoadNetwork, pieces: RoadPieces) -> None:
        self._network = network
        self._pieces = pieces
        ends = np.stack([network.edge_from, network.edge_to], axis=1)
        lines = shapely.linestrings(np.stack([network.x_m[ends], network.y_m[ends]], axis=2))
        self._tree = shapely.STRtree(np.asarray(lines))

    def snap(self, x_m: FloatArray, y_m: FloatArray, limit_m: float) -> Snapped:
        """Return where places meet the network; ``edge`` is -1 for those with no edge within ``limit_m``.

        Shapes: ``x_m``, ``y_m``: (places,) in the network's metric CRS.
        """
        count = len(x_m)
        edge = np.full(count, -1, dtype=np.int64)
        position_m = np.zeros(count)
        offset_m = np.zeros(count)
        on_island = np.zeros(count, dtype=np.bool_)
        for start in range(0, count, PLACES_AT_ONCE):
            near = self._candidates(x_m, y_m, slice(start, start + PLACES_AT_ONCE), limit_m)
            best = self._best(near, count)
            edge[best.place] = best.edge
            position_m[best.place] = best.position_m
            offset_m[best.place] = best.offset_m
            on_island[best.place] = ~self._pieces.is_attached[best.edge]
        return Snapped(edge, position_m, offset_m, on_island)

    def distance_to_nearest_way(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        """Return the straight distance of places (places,) to the nearest edge of any kind, in metres."""
        distance_m = np.full(len(x_m), np.inf)
        located = np.flatnonzero(np.isfinite(x_m) & np.isfinite(y_m))
        (place, _), nearest_m = self._tree.query_nearest(
            shapely.points(x_m[located], y_m[located]), return_distance=True, all_matches=False
        )
        distance_m[located[place]] = nearest_m
        return distance_m

    def _candidates(self, x_m: FloatArray, y_m: FloatArray, portion: slice, limit_m: float) -> _Candidates:
        located = np.flatnonzero(np.isfinite(x_m[portion]) & np.isfinite(y_m[portion])) + portion.start
        position, edge = self._tree.query(
            shapely.points(x_m[located], y_m[located]), predicate="dwithin", distance=limit_m + TIE_M
        )
        place = located[position]
        position_m, offset_m = nearest_points(self._network, edge, x_m[place], y_m[place])
        return _Candidates(place, edge, offset_m, position_m).chosen(offset_m <= limit_m)

    def _best(self, near: _Candidates, count: int) -> _Candidates:
        attached = self._pieces.is_attached[near.edge]
        has_attached = np.zeros(count, dtype=np.bool_)
        has_attached[near.place[attached]] = True
        near = near.chosen(attached | ~has_attached[near.place])
        smallest_m = np.full(count, np.inf)
        np.minimum.at(smallest_m, near.place, near.offset_m)
        near = near.chosen(near.offset_m <= smallest_m[near.place] + TIE_M)
        order = np.lexsort((near.edge, self._network.is_private[near.edge], near.place))
        _, first = np.unique(near.place[order], return_index=True)
        return near.chosen(order[first])


def nearest_points(
    network: RoadNetwork, edge: IntArray, x_m: FloatArray, y_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the position along each edge, from its ``edge_from``, nearest to a place, and the distance.

    Shapes: all (pairs,): an edge and a place each.
    """
    start, end = network.edge_from[edge], network.edge_to[edge]
    along_x, along_y = network.x_m[end] - network.x_m[start], network.y_m[end] - network.y_m[start]
    from_x, from_y = x_m - network.x_m[start], y_m - network.y_m[start]
    squared = along_x**2 + along_y**2
    share = np.clip((from_x * along_x + from_y * along_y) / np.where(squared > 0.0, squared, 1.0), 0.0, 1.0)
    offset_m = np.hypot(from_x - share * along_x, from_y - share * along_y)
    return share * network.length_m[edge], offset_m

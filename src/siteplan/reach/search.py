"""The arrays that the compiled search works on, made from a network and snapped sites."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from siteplan.network import BoolArray, FloatArray, IntArray, RoadNetwork, Snapped
from siteplan.reach.arrays import Goals, Starts, Streets
from siteplan.reach.pieces import PUBLIC, RoadPieces


class Search:
    """Finds sites from starting places; sites that aren't snapped, or not asked for, are never found."""

    def __init__(
        self, network: RoadNetwork, pieces: RoadPieces, sites: Snapped, asked_for: BoolArray | None = None
    ) -> None:
        self._network = network
        self._pieces = pieces
        is_goal = sites.edge >= 0 if asked_for is None else asked_for & (sites.edge >= 0)
        self._streets = _streets(network, pieces)
        self._goals = _goals(network, pieces, sites, np.flatnonzero(is_goal))

    def within(
        self, places: Snapped, chosen: IntArray, limit_m: float
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """Return the number of sites within ``limit_m`` of each chosen place, those sites, and metres."""
        return self._walk(places, chosen, limit_m, only_nearest=False)

    def nearest(self, places: Snapped, chosen: IntArray) -> tuple[IntArray, FloatArray]:
        """Return the nearest site of each chosen place, however far, and metres; -1 where there is none."""
        counts, site, metres = self._walk(places, chosen, np.inf, only_nearest=True)
        row = np.repeat(np.arange(len(chosen)), counts)
        order = np.lexsort((site, metres, row))
        rows, first = np.unique(row[order], return_index=True)
        nearest = np.full(len(chosen), -1, dtype=np.int64)
        nearest_m = np.full(len(chosen), np.inf)
        nearest[rows] = site[order[first]]
        nearest_m[rows] = metres[order[first]]
        return nearest, nearest_m

    def _walk(
        self, places: Snapped, chosen: IntArray, limit_m: float, *, only_nearest: bool
    ) -> tuple[IntArray, IntArray, FloatArray]:
        from siteplan.reach.kernel import walk  # noqa: PLC0415 - numba takes a second to import

        starts = self._starts(places, chosen)
        counts, site, metres = walk(self._streets, self._goals, starts, float(limit_m), only_nearest)
        return counts, site, metres

    def _starts(self, places: Snapped, chosen: IntArray) -> Starts:
        edge, position_m = places.edge[chosen], places.position_m[chosen]
        return Starts(
            edge=edge,
            from_node=self._network.edge_from[edge],
            to_node=self._network.edge_to[edge],
            position_m=position_m,
            rest_m=self._network.length_m[edge] - position_m,
            offset_m=places.offset_m[chosen],
            piece=np.where(edge >= 0, self._pieces.piece[edge], PUBLIC),
        )


def _grouped(group: IntArray, groups: int) -> tuple[IntArray, IntArray]:
    """Return where each group begins in the order of groups, and that order."""
    # Rows of a sparse matrix are filled by counting, which is several times as fast as sorting.
    members = np.arange(len(group))
    rows = coo_array((members, (group, members)), shape=(groups, len(group))).tocsr()
    return rows.indptr.astype(np.int64), rows.indices.astype(np.int64)


def _streets(network: RoadNetwork, pieces: RoadPieces) -> Streets:
    start = np.concatenate([network.edge_from, network.edge_to])
    end = np.concatenate([network.edge_to, network.edge_from])
    first, order = _grouped(start, network.node_count)
    return Streets(
        first=first,
        neighbour=end[order],
        length_m=np.tile(network.length_m, 2)[order],
        piece=np.tile(pieces.piece, 2)[order],
    )


def _goals(network: RoadNetwork, pieces: RoadPieces, sites: Snapped, goals: IntArray) -> Goals:
    edge, position_m, offset_m = sites.edge[goals], sites.position_m[goals], sites.offset_m[goals]
    node = np.concatenate([network.edge_from[edge], network.edge_to[edge]])
    rest_m = np.concatenate([position_m, network.length_m[edge] - position_m]) + np.tile(offset_m, 2)
    first, order = _grouped(node, network.node_count)
    edge_first, edge_order = _grouped(edge, network.edge_count)
    return Goals(
        first=first,
        site=np.tile(goals, 2)[order],
        rest_m=rest_m[order],
        edge_first=edge_first,
        edge_site=goals[edge_order],
        piece=np.where(sites.edge >= 0, pieces.piece[sites.edge], PUBLIC),
        position_m=sites.position_m,
        offset_m=sites.offset_m,
    )

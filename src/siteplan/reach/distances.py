"""Many-to-many walking distances within a limit, in blocks of bounded memory and as a sparse matrix.

Each start is searched on its own (`siteplan.reach.kernel`), so time and memory grow with what lies within the
limit and not with starts × goals. Threads take blocks of starts in turn: the search is compiled and holds no
lock.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from siteplan.network import FloatArray, IntArray, RoadNetwork, Snapped
from siteplan.reach.pieces import RoadPieces, road_pieces
from siteplan.reach.search import Search

STARTS_AT_ONCE = 4096
"""Starts of one block at most; fewer where that leaves threads idle."""
BLOCKS_A_THREAD = 4
"""So many blocks a thread at least, for an even load, and so many at most that wait to be taken."""
CELL_M = 500.0
MOST_CELLS_BITS = 16
"""Side of a cell in which places count as near, and the binary digits of the number of cells across."""


@dataclass(frozen=True, slots=True, eq=False)
class DistanceBlock:
    """The walks of some demand points, whose numbers are ``demand_index``.

    Row ``r`` of the block holds the entries ``row_start[r]:row_start[r + 1]`` of ``site_index`` (ascending)
    and ``distance_m`` (exact, not rounded). Shapes: ``demand_index``: (rows,); ``row_start``: (rows + 1,);
    the others: (entries,).
    """

    demand_index: IntArray
    row_start: IntArray
    site_index: IntArray
    distance_m: FloatArray


def places_at_nodes(network: RoadNetwork, nodes: IntArray) -> Snapped:
    """Return places that lie on nodes of the network, with no walk from the door to the road.

    A node on no edge is not on the network: its ``edge`` is -1. Shapes: ``nodes``: (places,), indices.
    """
    edge_of = np.full(network.node_count, -1, dtype=np.int64)
    every_edge = np.arange(network.edge_count)
    edge_of[network.edge_to] = every_edge
    edge_of[network.edge_from] = every_edge
    edge = edge_of[nodes]
    is_at_end = (edge >= 0) & (network.edge_from[edge] != nodes)
    return Snapped(
        edge=edge,
        position_m=np.where(is_at_end, network.length_m[edge], 0.0),
        offset_m=np.zeros(len(nodes)),
        on_island=np.zeros(len(nodes), dtype=np.bool_),
    )


def distance_matrix(
    network: RoadNetwork, demand: Snapped, sites: Snapped, limit_m: float, *, threads: int | None = None
) -> csr_array:
    """Return the walking distances (demand, sites) in metres within ``limit_m``, sparse.

    Entries are exact, not rounded; what is farther, or not on the network, has none. A place on the spot has
    an entry of 0, which is stored. Where no way is private, walks are as long in both directions: then the
    search starts from whichever places are fewer.

    Args:
        network: The roads.
        demand: Places that walk, as `siteplan.reach.snapping.Snapper` or `places_at_nodes` gives them.
        sites: Places that are walked to.
        limit_m: Longest walk, door to door, inclusive.
        threads: How many search at once; by default one for each core.
    """
    pieces = road_pieces(network)
    turned = len(sites.edge) < len(demand.edge) and not network.is_private.any()
    starts, goals = (sites, demand) if turned else (demand, sites)
    matrix = gathered(
        distance_blocks(network, pieces, starts, goals, limit_m, threads=threads),
        shape=(len(starts.edge), len(goals.edge)),
    )
    return csr_array(matrix.T) if turned else matrix


def gathered(blocks: Iterable[DistanceBlock], shape: tuple[int, int]) -> csr_array:
    """Return the blocks as one sparse matrix (demand, sites) of that shape, columns ascending."""
    parts = list(blocks)
    if not parts:
        return csr_array(shape)
    matrices = [
        csr_array(
            (part.distance_m, part.site_index, part.row_start), shape=(len(part.demand_index), shape[1])
        )
        for part in parts
    ]
    row_of = np.argsort(np.concatenate([part.demand_index for part in parts]))
    return csr_array(csr_array(vstack(matrices, format="csr"))[row_of])


def distance_blocks(
    network: RoadNetwork,
    pieces: RoadPieces,
    demand: Snapped,
    sites: Snapped,
    limit_m: float,
    *,
    threads: int | None = None,
) -> Iterator[DistanceBlock]:
    """Yield the walks of all demand points block by block; a few blocks are in memory at a time.

    A block holds demand points that lie near each other: their searches pass the same streets, which are then
    at hand in the processor's cache. Arguments as in `distance_matrix`; ``pieces`` is `road_pieces` of the
    network.
    """
    search = Search(network, pieces, sites)
    order = neighbours_together(network, demand)
    workers = threads or os.cpu_count() or 1
    size = max(1, min(STARTS_AT_ONCE, -(-len(order) // (workers * BLOCKS_A_THREAD))))
    waiting: deque[Future[DistanceBlock]] = deque()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for first in range(0, len(order), size):
            waiting.append(pool.submit(_block, search, demand, order[first : first + size], limit_m))
            if len(waiting) > workers * BLOCKS_A_THREAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _block(search: Search, demand: Snapped, chosen: IntArray, limit_m: float) -> DistanceBlock:
    counts, site_index, distance_m = search.within(demand, chosen, limit_m)
    order = np.lexsort((site_index, np.repeat(np.arange(len(chosen)), counts)))
    row_start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
    return DistanceBlock(chosen, row_start, site_index[order], distance_m[order])


def neighbours_together(network: RoadNetwork, places: Snapped) -> IntArray:
    """Return an order of places in which those that follow each other are mostly near each other.

    Places are sorted by the cell of a grid in which their street begins, the cells by Morton's Z-order curve.
    """
    node = network.edge_from[places.edge]
    column, row = (
        ((axis[node] - axis.min(initial=0.0)) // CELL_M).astype(np.int64)
        for axis in (network.x_m, network.y_m)
    )
    along_curve = np.zeros(len(node), dtype=np.int64)
    for bit in range(MOST_CELLS_BITS):
        along_curve |= (column >> bit & 1) << 2 * bit | (row >> bit & 1) << 2 * bit + 1
    return np.argsort(along_curve, kind="stable")

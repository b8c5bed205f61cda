"""The compiled loop: bounded Dijkstra from many starting places, one after the other.

Distances to nodes are kept in one array that is reset from the list of touched nodes, so a start costs
what it reaches and not what the network holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from siteplan.machine_code import compiled, uncounted
from siteplan.network import FloatArray, IntArray
from siteplan.reach.arrays import Goals, Starts, Streets


class Scratch(NamedTuple):
    """Working memory of one thread, clean between starts.

    ``node_m`` and ``site_m`` hold the best distances, infinite where untouched; ``touched`` and ``found``
    list the nodes and sites that are not; ``queue_m`` and ``queue_node`` are a binary heap; ``used`` says
    how much of these three lists is in use, in the order `TOUCHED`, `FOUND`, `QUEUED`.
    """

    node_m: FloatArray
    site_m: FloatArray
    touched: IntArray
    found: IntArray
    queue_m: FloatArray
    queue_node: IntArray
    used: IntArray


TOUCHED, FOUND, QUEUED = 0, 1, 2


@compiled
def walk(
    streets: Streets, goals: Goals, starts: Starts, limit_m: float, only_nearest: bool
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the sites within ``limit_m`` of each start: entries per start, sites and distances in metres.

    With ``only_nearest`` the limit shrinks to the nearest site found so far: the nearest is among those
    returned. A walker uses public edges and those of the private piece in which the start lies; a site on
    a private edge is entered only by walkers from the same piece.
    """
    nodes, sites = len(streets.first) - 1, len(goals.piece)
    # Every directed edge is relaxed at most once a start, so the heap never holds more than that.
    longest_queue = len(streets.neighbour) + 2
    scratch = Scratch(
        np.full(nodes, np.inf),
        np.full(sites, np.inf),
        np.empty(nodes, dtype=np.int64),
        np.empty(sites, dtype=np.int64),
        np.empty(longest_queue, dtype=np.float64),
        np.empty(longest_queue, dtype=np.int64),
        np.zeros(3, dtype=np.int64),
    )
    counts = np.zeros(len(starts.edge), dtype=np.int64)
    out_site = np.empty(1024, dtype=np.int64)
    out_m = np.empty(1024, dtype=np.float64)
    filled = 0
    for start in range(len(starts.edge)):
        if starts.edge[start] < 0:
            continue
        _walk_from(streets, goals, starts, start, scratch, limit_m, only_nearest)
        counts[start] = scratch.used[FOUND]
        if filled + counts[start] > len(out_site):
            out_site, out_m = _longer(out_site, out_m, filled, 2 * (filled + counts[start]))
        for number in range(counts[start]):
            out_site[filled] = scratch.found[number]
            out_m[filled] = scratch.site_m[scratch.found[number]]
            filled += 1
        _clean(scratch)
    return counts, out_site[:filled], out_m[:filled]


@uncounted
def _walk_from(
    streets: Streets,
    goals: Goals,
    starts: Starts,
    start: int,
    scratch: Scratch,
    limit_m: float,
    only_nearest: bool,
) -> None:
    """Dijkstra from one start; the sites found and their distances stay in ``scratch``."""
    edge, piece, offset_m = starts.edge[start], starts.piece[start], starts.offset_m[start]
    bound = limit_m
    for entry in range(goals.edge_first[edge], goals.edge_first[edge + 1]):
        site = goals.edge_site[entry]
        along_m = abs(starts.position_m[start] - goals.position_m[site])
        bound = _offer(scratch, site, offset_m + along_m + goals.offset_m[site], bound, only_nearest)
    _enter(scratch, starts.from_node[start], offset_m + starts.position_m[start], bound)
    _enter(scratch, starts.to_node[start], offset_m + starts.rest_m[start], bound)
    while scratch.used[QUEUED] > 0 and scratch.queue_m[0] <= bound:
        reached_m, node = scratch.queue_m[0], scratch.queue_node[0]
        _drop_first(scratch)
        if reached_m > scratch.node_m[node]:
            continue
        for entry in range(goals.first[node], goals.first[node + 1]):
            site = goals.site[entry]
            if goals.piece[site] < 0 or goals.piece[site] == piece:
                bound = _offer(scratch, site, reached_m + goals.rest_m[entry], bound, only_nearest)
        for entry in range(streets.first[node], streets.first[node + 1]):
            if streets.piece[entry] < 0 or streets.piece[entry] == piece:
                _enter(scratch, streets.neighbour[entry], reached_m + streets.length_m[entry], bound)


@uncounted
def _offer(scratch: Scratch, site: int, total_m: float, bound: float, only_nearest: bool) -> float:
    """Note a way to a site if it is the shortest so far; return the bound that holds from now on."""
    if total_m > bound or total_m >= scratch.site_m[site]:
        return bound
    if scratch.site_m[site] == np.inf:
        scratch.found[scratch.used[FOUND]] = site
        scratch.used[FOUND] += 1
    scratch.site_m[site] = total_m
    return total_m if only_nearest else bound


@uncounted
def _enter(scratch: Scratch, node: int, reached_m: float, bound: float) -> None:
    """Note a way to a node if it is the shortest so far, and put the node into the heap."""
    if reached_m > bound or reached_m >= scratch.node_m[node]:
        return
    if scratch.node_m[node] == np.inf:
        scratch.touched[scratch.used[TOUCHED]] = node
        scratch.used[TOUCHED] += 1
    scratch.node_m[node] = reached_m
    place = scratch.used[QUEUED]
    scratch.used[QUEUED] += 1
    while place > 0 and scratch.queue_m[(place - 1) // 2] > reached_m:
        scratch.queue_m[place] = scratch.queue_m[(place - 1) // 2]
        scratch.queue_node[place] = scratch.queue_node[(place - 1) // 2]
        place = (place - 1) // 2
    scratch.queue_m[place] = reached_m
    scratch.queue_node[place] = node


@uncounted
def _drop_first(scratch: Scratch) -> None:
    """Take the nearest entry out of the heap."""
    scratch.used[QUEUED] -= 1
    size = scratch.used[QUEUED]
    last_m, last_node = scratch.queue_m[size], scratch.queue_node[size]
    place, child = 0, 1
    while child < size:
        if child + 1 < size and scratch.queue_m[child + 1] < scratch.queue_m[child]:
            child += 1
        if scratch.queue_m[child] >= last_m:
            break
        scratch.queue_m[place] = scratch.queue_m[child]
        scratch.queue_node[place] = scratch.queue_node[child]
        place, child = child, 2 * child + 1
    scratch.queue_m[place] = last_m
    scratch.queue_node[place] = last_node


@compiled
def _longer(site: IntArray, metres: FloatArray, filled: int, size: int) -> tuple[IntArray, FloatArray]:
    """Return longer copies of the output arrays; a plain loop compiles far faster than slices do."""
    longer_site = np.empty(size, dtype=np.int64)
    longer_m = np.empty(size, dtype=np.float64)
    for number in range(filled):
        longer_site[number] = site[number]
        longer_m[number] = metres[number]
    return longer_site, longer_m


@uncounted
def _clean(scratch: Scratch) -> None:
    """Forget what the last start reached."""
    for entry in range(scratch.used[TOUCHED]):
        scratch.node_m[scratch.touched[entry]] = np.inf
    for entry in range(scratch.used[FOUND]):
        scratch.site_m[scratch.found[entry]] = np.inf
    for entry in (TOUCHED, FOUND, QUEUED):
        scratch.used[entry] = 0

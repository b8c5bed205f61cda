"""From walkable lines to the network: consecutive nodes become edges, each pair of nodes one edge."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from siteplan.inputs.roads.faults import no_walkable_way
from siteplan.inputs.roads.mapped_ways import MappedWays, WalkableLine
from siteplan.inputs.roads.projection import middle_of, to_longitude_latitude, to_metres, utm_crs
from siteplan.network import RoadNetwork


def build_network(mapped: MappedWays, metric_crs: str | None, path: Path) -> RoadNetwork:
    """Return the network of the walkable lines.

    Nodes and edges come in the order in which the lines first pass them. Without ``metric_crs`` lengths
    are measured in the UTM zone of the middle of the data.

    Raises:
        InputError: there is no edge, or the coordinates can't be projected.
    """
    edges = _edges(mapped)
    if not edges:
        raise no_walkable_way(path)
    node_index: dict[int, int] = {}
    ends = np.array(
        [[node_index.setdefault(node, len(node_index)) for node in pair] for pair in edges], dtype=np.int64
    )
    places = np.array([mapped.coordinates[node] for node in node_index], dtype=np.float64)
    longitude, latitude = to_longitude_latitude(places[:, 0], places[:, 1], mapped.crs, path)
    used_crs = metric_crs or utm_crs(*middle_of(longitude, latitude))
    x_m, y_m = to_metres(longitude, latitude, used_crs, path)
    start, end = ends[:, 0], ends[:, 1]
    return RoadNetwork(
        metric_crs=used_crs,
        node_id=np.fromiter(node_index, dtype=np.int64, count=len(node_index)),
        longitude=longitude,
        latitude=latitude,
        x_m=x_m,
        y_m=y_m,
        edge_from=start,
        edge_to=end,
        length_m=np.hypot(x_m[end] - x_m[start], y_m[end] - y_m[start]),
        is_private=np.array([line.is_private for line in edges.values()], dtype=np.bool_),
        way_id=np.array([line.way_id for line in edges.values()], dtype=np.int64),
        mapped_until=mapped.mapped_until,
    )


def _edges(mapped: MappedWays) -> dict[tuple[int, int], WalkableLine]:
    """Return each pair of consecutive nodes once, with the line it belongs to.

    Pairs with a node that the file lacks, or of a node with itself, are left out: what remains of the line
    on both sides is kept. Where lines share a pair the first counts, a public one before a private one.
    """
    edges: dict[tuple[int, int], WalkableLine] = {}
    for line in mapped.lines:
        for one, other in pairwise(line.nodes):
            if one == other or one not in mapped.coordinates or other not in mapped.coordinates:
                continue
            pair = (other, one) if (other, one) in edges else (one, other)
            known = edges.setdefault(pair, line)
            if known.is_private and not line.is_private:
                edges[pair] = line
    return edges

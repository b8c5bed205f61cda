"""Roads and walking distances as data: the walkable network, and who can walk to which site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """What a person may walk on: straight edges between nodes, walkable in both directions.

    Nodes are the unsimplified vertices of the walkable ways; an edge joins two consecutive vertices of
    a way and appears once. Coordinates ``x_m``, ``y_m`` are in ``metric_crs``; ``length_m`` is the
    straight length between an edge's nodes in that CRS.

    Shapes: ``node_id``, ``longitude``, ``latitude``, ``x_m``, ``y_m``: (nodes,);
    ``edge_from``, ``edge_to`` (indices of nodes), ``length_m``, ``is_private``, ``way_id``: (edges,).
    """

    metric_crs: str
    node_id: IntArray
    longitude: FloatArray
    latitude: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    edge_from: IntArray
    edge_to: IntArray
    length_m: FloatArray
    is_private: BoolArray
    way_id: IntArray
    mapped_until: str | None = None
    """Date of the newest object or of the extract, ISO 8601, where the file tells."""

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.node_id)

    @property
    def edge_count(self) -> int:
        """Number of edges."""
        return len(self.edge_from)


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Places put onto the nearest edge of a network. All arrays: (places,).

    ``edge`` is -1 where no edge lies within the snapping limit; ``position_m`` is the distance along the
    edge from its ``edge_from`` node; ``offset_m`` the straight walk between door and road; ``on_island``
    says that the edge does not hang together with the main component.
    """

    edge: IntArray
    position_m: FloatArray
    offset_m: FloatArray
    on_island: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Walking distances from every demand point to every site within ``limit_m``, sparse.

    Row ``i`` (a demand point, in table order) holds the entries ``row_start[i]:row_start[i + 1]`` of
    ``site_index`` (into ``site_ids``, ascending) and ``distance_m``, door to door, rounded to a decimetre.

    Shapes: ``row_start``: (demand points + 1,); ``site_index``, ``distance_m``: (entries,).
    """

    demand_ids: tuple[str, ...]
    site_ids: tuple[str, ...]
    limit_m: float
    row_start: IntArray
    site_index: IntArray
    distance_m: FloatArray

    def sites_within(self, demand_index: int, radius_m: float) -> list[tuple[str, float]]:
        """Return (site id, distance in metres) of the sites within ``radius_m``, nearest first."""
        entries = slice(int(self.row_start[demand_index]), int(self.row_start[demand_index + 1]))
        pairs = [
            (self.site_ids[int(site)], float(distance))
            for site, distance in zip(self.site_index[entries], self.distance_m[entries], strict=True)
            if distance <= radius_m
        ]
        return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


@dataclass(frozen=True, slots=True, eq=False)
class WalkingAccess:
    """What the ``reach`` stage returns: the distances, and how places met the road network."""

    reach: Reach
    demand_snapped: Snapped
    sites_snapped: Snapped
    share_far_from_mapped_way: float
    """Share of residents whose demand point is farther than the standard from any mapped way."""

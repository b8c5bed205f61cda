"""What a road file holds, in figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siteplan.inputs.roads.components import components_of
from siteplan.network import RoadNetwork


@dataclass(frozen=True, slots=True)
class RoadsSummary:
    """A road network in figures.

    ``nodes``, ``edges`` and ``length_m`` count all walkable ways, private ones included; ``components``
    and ``largest_component_share`` (of nodes) those of the public ways alone. ``private_nodes`` lie on
    private ways only. ``extent`` is west, south, east, north in degrees.
    """

    file: str
    metric_crs: str
    nodes: int
    edges: int
    length_m: float
    components: int
    largest_component_share: float
    private_nodes: int
    private_edges: int
    private_length_m: float
    extent: tuple[float, float, float, float]
    mapped_until: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the figures under their names, ready for JSON."""
        return {
            "file": self.file,
            "metric_crs": self.metric_crs,
            "nodes": self.nodes,
            "edges": self.edges,
            "length_m": round(self.length_m, 1),
            "components": self.components,
            "largest_component_share": round(self.largest_component_share, 6),
            "private_nodes": self.private_nodes,
            "private_edges": self.private_edges,
            "private_length_m": round(self.private_length_m, 1),
            "extent": [round(degrees, 7) for degrees in self.extent],
            "mapped_until": self.mapped_until,
        }


def summarise_roads(network: RoadNetwork, path: Path) -> RoadsSummary:
    """Return the figures of a network read from ``path``."""
    component = components_of(network, ~network.is_private)
    sizes = np.bincount(component[component >= 0])
    return RoadsSummary(
        file=str(path),
        metric_crs=network.metric_crs,
        nodes=network.node_count,
        edges=network.edge_count,
        length_m=float(network.length_m.sum()),
        components=len(sizes),
        largest_component_share=float(sizes.max() / sizes.sum()) if len(sizes) else 0.0,
        private_nodes=int((component < 0).sum()),
        private_edges=int(network.is_private.sum()),
        private_length_m=float(network.length_m[network.is_private].sum()),
        extent=(
            float(network.longitude.min()),
            float(network.latitude.min()),
            float(network.longitude.max()),
            float(network.latitude.max()),
        ),
        mapped_until=network.mapped_until,
    )

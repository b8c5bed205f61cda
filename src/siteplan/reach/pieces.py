"""How the edges of a network hang together: the main component, private pieces, islands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siteplan.inputs.roads.components import components_of
from siteplan.network import BoolArray, IntArray, RoadNetwork

PUBLIC = -1
"""Piece of a public edge: anybody may walk there."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadPieces:
    """The private piece of each edge (`PUBLIC` where public), and whether it is attached to the main part.

    Attached are the public edges of the largest public component (by nodes), and the private pieces
    (components of the private edges alone) that share a node with it. Shapes: (edges,).
    """

    piece: IntArray
    is_attached: BoolArray


def road_pieces(network: RoadNetwork) -> RoadPieces:
    """Return how the edges of a network hang together."""
    public_component = components_of(network, ~network.is_private)
    private_component = components_of(network, network.is_private)
    in_main = public_component == 0
    touches_main = np.unique(private_component[in_main & (private_component >= 0)])
    piece = np.where(network.is_private, private_component[network.edge_from], PUBLIC)
    is_attached = np.where(network.is_private, np.isin(piece, touches_main), in_main[network.edge_from])
    return RoadPieces(piece, is_attached)

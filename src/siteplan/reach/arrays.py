"""What the compiled search works on: the streets, the sites to find and the places to start from."""

from __future__ import annotations

from typing import NamedTuple

from siteplan.network import FloatArray, IntArray


class Streets(NamedTuple):
    """Neighbours of each node: entries ``first[n]:first[n + 1]`` of the other arrays.

    ``piece`` is the private piece of the edge, -1 where it is public.
    """

    first: IntArray
    neighbour: IntArray
    length_m: FloatArray
    piece: IntArray


class Goals(NamedTuple):
    """Sites by the node from which they are entered, and by the edge on which they lie.

    Entries ``first[n]:first[n + 1]`` of ``site`` and ``rest_m`` (from node to door) belong to node ``n``,
    entries ``edge_first[e]:edge_first[e + 1]`` of ``edge_site`` to edge ``e``. ``piece``, ``position_m``
    and ``offset_m``: (sites,).
    """

    first: IntArray
    site: IntArray
    rest_m: FloatArray
    edge_first: IntArray
    edge_site: IntArray
    piece: IntArray
    position_m: FloatArray
    offset_m: FloatArray


class Starts(NamedTuple):
    """Starting places: edge (-1: none), its two ends, the place on it, and its private piece (or -1)."""

    edge: IntArray
    from_node: IntArray
    to_node: IntArray
    position_m: FloatArray
    rest_m: FloatArray
    offset_m: FloatArray
    piece: IntArray

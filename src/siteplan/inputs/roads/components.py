"""What hangs together in a network: connected components of a choice of its edges."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siteplan.network import BoolArray, IntArray, RoadNetwork


def components_of(network: RoadNetwork, edges: BoolArray) -> IntArray:
    """Return the component of each node in the graph of the chosen edges, -1 for nodes on none of them.

    Components are numbered by size (nodes, the largest is 0), equal ones by their first node.

    Shapes: ``edges``: (edges,); result: (nodes,).
    """
    if not edges.any():
        return np.full(network.node_count, -1, dtype=np.int64)
    start, end = network.edge_from[edges], network.edge_to[edges]
    is_used = np.zeros(network.node_count, dtype=np.bool_)
    is_used[start] = is_used[end] = True
    shape = (network.node_count, network.node_count)
    links = coo_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=shape)
    _, labels = connected_components(links, directed=False)
    names, first_node, label, sizes = np.unique(
        labels[is_used], return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.lexsort((first_node, -sizes))] = np.arange(len(names))
    components = np.full(network.node_count, -1, dtype=np.int64)
    components[is_used] = rank[label]
    return components

"""Exact reductions of covering instances; why each keeps the optimum is in ``docs/covering.md``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from siteplan.covering.instance import FloatArray, IndexArray, Instance, instance_of

ROWS_PER_BLOCK = 2048
"""Sites compared at a time, so that memory stays bounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """A smaller instance with the same optimum.

    ``sites`` (kept sites,): their columns in the original. ``weight_everybody_gets``: always covered.
    """

    instance: Instance
    sites: IndexArray


def reduce_instance(instance: Instance, *, sites_are_alike: bool) -> Reduced:
    """Merge demand points of equal reach, drop those nobody can cover, then dominated sites; repeat once.

    ``sites_are_alike``: costs play no part (a limit on the number of sites).
    """
    costs = np.ones(instance.site_count) if sites_are_alike else instance.costs
    reach, weights = merge_equal_demand(instance.reach, instance.weights)
    kept = undominated_sites(instance_of(reach, weights, costs))
    reach, weights = merge_equal_demand(sparse.csr_array(reach[:, kept]), weights)
    return Reduced(instance_of(reach, weights, costs[kept]), kept)


def merge_equal_demand(reach: sparse.csr_array, weights: FloatArray) -> tuple[sparse.csr_array, FloatArray]:
    """Return the instance with one row for all demand points of the same reach, weights summed.

    Rows without weight or without any site in reach are left out: nothing covers or needs them.
    """
    needed = np.flatnonzero((weights > 0.0) & (np.diff(reach.indptr) > 0))
    reach, weights = sparse.csr_array(reach[needed]), weights[needed]
    reach.sort_indices()
    first: dict[bytes, int] = {}
    group = np.empty(len(weights), dtype=np.int64)
    bounds = reach.indptr
    for row in range(len(weights)):
        group[row] = first.setdefault(reach.indices[bounds[row] : bounds[row + 1]].tobytes(), len(first))
    if len(first) == len(weights):
        return reach, weights
    leaders = np.full(len(first), -1, dtype=np.int64)
    leaders[group[::-1]] = np.arange(len(weights))[::-1]
    return sparse.csr_array(reach[leaders]), np.bincount(group, weights, minlength=len(first)).astype(
        np.float64
    )


def undominated_sites(instance: Instance) -> IndexArray:
    """Return the columns of the sites that no other dominates.

    A site is dominated by one that reaches all it reaches and costs no more; of equals the first stays.
    """
    reached_by, costs = instance.reached_by, instance.costs
    sizes = np.diff(reached_by.indptr)
    keep = sizes > 0
    for begin in range(0, instance.site_count, ROWS_PER_BLOCK):
        block = sparse.csr_array(reached_by[begin : begin + ROWS_PER_BLOCK])
        shared = sparse.coo_array(block @ instance.reach)
        one, other = shared.row + begin, shared.col
        contained = (shared.data >= sizes[one]) & (one != other) & (costs[other] <= costs[one])
        one, other = one[contained], other[contained]
        equal = (sizes[one] == sizes[other]) & (costs[one] == costs[other])
        keep[one[~equal | (other < one)]] = False
    return np.flatnonzero(keep)

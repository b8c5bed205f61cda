"""A covering instance: who reaches what, in compressed rows both ways, with weights and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

IndexArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Demand points × sites.

    ``reach`` (demand, sites) CSR and ``reached_by`` (sites, demand) CSR, its transpose: ones where a demand
    point is within reach of a site, with sorted indices. ``weights`` (demand,) ≥ 0; ``costs`` (sites,) ≥ 0.
    """

    reach: sparse.csr_array
    reached_by: sparse.csr_array
    weights: FloatArray
    costs: FloatArray

    @property
    def demand_count(self) -> int:
        """Number of demand points."""
        return int(self.reach.shape[0])

    @property
    def site_count(self) -> int:
        """Number of sites."""
        return int(self.reach.shape[1])

    def covered_weight(self, selected: IndexArray) -> float:
        """Return the weight of the demand points within reach of at least one selected site."""
        return float(self.weights[self.is_covered(selected)].sum())

    def is_covered(self, selected: IndexArray) -> NDArray[np.bool_]:
        """Return which demand points (demand,) are within reach of a selected site."""
        chosen = np.zeros(self.site_count)
        chosen[selected] = 1.0
        return np.asarray(self.reach @ chosen > 0.0)


def make_instance(reach: Any, weights: ArrayLike | None, costs: ArrayLike | None) -> Instance:
    """Check what a caller passed and return it as an instance; entries other than 0 mean "within reach".

    Raises:
        ValueError: shapes don't match, or a weight or cost is negative or not finite; names every fault.
    """
    matrix = sparse.csr_array(reach)
    if matrix.ndim != 2:
        raise ValueError(f"reach must be a demand × site matrix, not of {matrix.ndim} dimensions")
    matrix = sparse.csr_array(matrix != 0).astype(np.float64)
    matrix.sum_duplicates()
    demand, sites = matrix.shape
    faults: list[str] = []
    weight_array = _vector("weights", weights, demand, faults)
    cost_array = _vector("costs", costs, sites, faults)
    if faults:
        raise ValueError("; ".join(faults))
    return instance_of(matrix, weight_array, cost_array)


def instance_of(reach: sparse.csr_array, weights: FloatArray, costs: FloatArray) -> Instance:
    """Return an instance of a matrix of ones."""
    reach.sort_indices()
    reached_by = sparse.csr_array(reach.T.tocsr())
    reached_by.sort_indices()
    return Instance(reach, reached_by, weights, costs)


def _vector(name: str, values: ArrayLike | None, length: int, faults: list[str]) -> FloatArray:
    if values is None:
        return np.ones(length)
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (length,):
        faults.append(f"{name} must have the shape ({length},), not {array.shape}")
    elif not np.isfinite(array).all() or (array < 0.0).any():
        at = int(np.flatnonzero(~np.isfinite(array) | (array < 0.0))[0])
        faults.append(f"{name}[{at}] is {array[at]}: it must be finite and not negative")
    return array

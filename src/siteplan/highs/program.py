"""The mixed-integer program as arrays: what travels to the solver process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """minimise cost · x + offset subject to row_lower ≤ A x ≤ row_upper, column_lower ≤ x ≤ column_upper.

    Shapes: ``matrix`` (rows, columns) CSR; ``row_*`` (rows,); ``column_*``, ``cost``, ``is_integer``
    (columns,). ``row_names`` carry the constraint's name and indices, for example
    ``rooms_fit_in_site[S012,2028]``.
    """

    matrix: Any
    row_lower: FloatArray
    row_upper: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    cost: FloatArray
    offset: float
    is_integer: NDArray[np.bool_]
    row_names: tuple[str, ...]

    def with_objective(self, cost: FloatArray, offset: float) -> Program:
        """Return the program with another objective to minimise."""
        return replace(self, cost=cost, offset=offset)

    def relaxed(self) -> Program:
        """Return the program in which no column has to be whole."""
        return replace(self, is_integer=np.zeros_like(self.is_integer))

    def with_row(self, name: str, coefficients: FloatArray, lower: float, upper: float) -> Program:
        """Return the program with one more row ``lower ≤ coefficients · x ≤ upper``."""
        row = sparse.csr_matrix(coefficients.reshape(1, -1))
        return replace(
            self,
            matrix=sparse.vstack([self.matrix, row], format="csr"),
            row_lower=np.append(self.row_lower, lower),
            row_upper=np.append(self.row_upper, upper),
            row_names=(*self.row_names, name),
        )

    def with_fixed(self, columns: NDArray[np.int64], values: FloatArray) -> Program:
        """Return the program with the given columns fixed at the given values."""
        lower, upper = self.column_lower.copy(), self.column_upper.copy()
        lower[columns] = values
        upper[columns] = values
        return replace(self, column_lower=lower, column_upper=upper)

    def with_column_at_most(self, column: int, value: float) -> Program:
        """Return the program with an upper limit on a column."""
        upper = self.column_upper.copy()
        upper[column] = min(upper[column], value)
        return replace(self, column_upper=upper)

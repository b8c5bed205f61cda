"""Rows of a compiled program by the rule that they state: leaving them out, and letting them give way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siteplan.highs import FloatArray, Program

Keys = tuple[str, ...]
"""What a row is about: ids, codes, keys and years."""


def family_of(row_name: str) -> str:
    """Return the constraint family that a row belongs to."""
    return row_name.split("[", 1)[0]


def keys_of(row_name: str) -> Keys:
    """Return what a row is about: the indices in its name."""
    indices = row_name.partition("[")[2].removesuffix("]")
    return tuple(index.strip("'") for index in indices.split(",")) if indices else ()


def without_families(program: Program, families: frozenset[str]) -> Program:
    """Return the program without the rows of some constraint families."""
    return without_rows(
        program, [number for number, row in enumerate(program.row_names) if family_of(row) in families]
    )


def without_rows(program: Program, left_out: Sequence[int]) -> Program:
    """Return the program without some rows."""
    kept = np.ones(len(program.row_names), dtype=bool)
    kept[list(left_out)] = False
    return replace(
        program,
        matrix=program.matrix[kept],
        row_lower=program.row_lower[kept],
        row_upper=program.row_upper[kept],
        row_names=tuple(name for name, keep in zip(program.row_names, kept, strict=True) if keep),
    )


def with_slacks(
    program: Program,
    rows: Sequence[int],
    *,
    is_whole: bool | NDArray[np.bool_],
    weight: FloatArray | None = None,
) -> Program:
    """Return the program that minimises how far the given rows are exceeded (upwards, then downwards).

    ``is_whole``: rows are exceeded by whole units only, all or (rows,); ``weight``: (rows,) of an excess.
    """
    count = len(rows)
    shape = (len(program.row_names), count)
    unit = sparse.csr_array((np.ones(count), (list(rows), range(count))), shape=shape)
    columns = len(program.cost)
    each = np.ones(count) if weight is None else weight
    return replace(
        program,
        matrix=sparse.hstack([program.matrix, -unit, unit], format="csr"),
        column_lower=np.concatenate([program.column_lower, np.zeros(2 * count)]),
        column_upper=np.concatenate([program.column_upper, np.full(2 * count, np.inf)]),
        cost=np.concatenate([np.zeros(columns), each, each]),
        offset=0.0,
        is_integer=np.concatenate([program.is_integer, np.tile(np.broadcast_to(is_whole, count), 2)]),
    )


def slacks_of(program: Program, rows: Sequence[int], values: FloatArray) -> FloatArray:
    """Return by how much each of the rows (rows,) is exceeded in a solution of `with_slacks`."""
    given = values[len(program.cost) :].reshape(2, len(rows))
    return np.asarray(given.sum(axis=0))


def weights_of(program: Program, rows: Sequence[int]) -> FloatArray:
    """Return weights (rows,) by which an excess is relative to the row's bound, where that is above 1."""
    bounds = np.stack([program.row_lower[list(rows)], program.row_upper[list(rows)]])
    size = np.where(np.isfinite(bounds), np.abs(bounds), 0.0).max(axis=0)
    return np.asarray(1.0 / np.maximum(size, 1.0))

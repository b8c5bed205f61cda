"""Compiling to machine code, in one way throughout: beside other threads, without a check of divisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile once on a machine: what comes of it is kept on the disk, with all that it calls."""
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def compiled_part(function: _Function) -> _Function:
    """Compile for compiled functions only, which are kept on the disk with it."""
    return cast(_Function, numba.njit(nogil=True, error_model="numpy")(function))


def inlined(function: _Function) -> _Function:
    """Compile as text of what calls it: handing over many arrays takes longer than a short function."""
    return cast(_Function, numba.njit(nogil=True, error_model="numpy", inline="always")(function))

"""Compiling to machine code, in one way throughout: beside other threads, without a check of divisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.options import DefaultOptions

_ALWAYS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_UNCOUNTED: dict[str, Any] = {**_ALWAYS, "_nrt": False} if hasattr(DefaultOptions, "_nrt") else _ALWAYS
"""Options of what allocates nothing: without numba's memory management, where it knows that option."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile once on a machine: what comes of it is kept on the disk, with all that it calls.

    What was kept of an older source is removed: numba looks at the function's own file alone, and fails where
    a type that it knew is gone.
    """
    return _kept(function, _ALWAYS)


def uncounted(function: _Function) -> _Function:
    """Compile once on a machine what allocates nothing, nor does what it calls: it only borrows its arrays.

    Else every array of a tuple that is read or handed over is counted, in and out again, in steps that cores
    have to agree on: an annealing that hands over twenty arrays takes four to ten times as long.
    """
    return _kept(function, _UNCOUNTED)


def _kept(function: _Function, options: Mapping[str, Any]) -> _Function:
    dispatcher = numba.njit(cache=True, **options)(function)
    for index in _kept_indices(dispatcher):
        with suppress(OSError):
            if index.stat().st_mtime <= _changed_at(_source(dispatcher).parent):
                index.unlink()
    return cast(_Function, dispatcher)


def is_kept(function: Any) -> bool:
    """Return whether the disk holds machine code of a compiled function."""
    return bool(_kept_indices(function))


def _source(function: Any) -> Path:
    return Path(function.py_func.__code__.co_filename)


def _kept_indices(function: Any) -> list[Path]:
    """Return the files in which numba keeps what it has compiled of a function."""
    name = f"{_source(function).stem}.{function.py_func.__qualname__}-*.nbi"
    return list(Path(function.stats.cache_path).glob(name))


@cache
def _changed_at(folder: Path) -> float:
    """Return when a source in a folder was changed last: seconds since the epoch."""
    return max(file.stat().st_mtime for file in folder.glob("*.py"))


def compiled_part(function: _Function) -> _Function:
    """Compile for `uncounted` functions only, which are kept on the disk with it."""
    return cast(_Function, numba.njit(**_UNCOUNTED)(function))


def inlined(function: _Function) -> _Function:
    """Compile as text of what calls it: handing over many arrays takes longer than a short function."""
    return cast(_Function, numba.njit(inline="always", **_UNCOUNTED)(function))

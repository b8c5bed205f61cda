"""Compiling ahead: what a search of several years runs, in processes of its own while the inputs are read.

The compiler takes seconds, once on a machine, and other threads wait for it. A process of its own leaves its
work on the disk, from where the search loads it in no time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from siteplan import machine_code
from siteplan.highs import Clock
from siteplan.solve.decompose.prices import KEPT_PRICES, compile_prices
from siteplan.solve.search.annealing import KEPT_ANNEALING, compile_annealing

ANNEALING, PRICES = "annealing", "prices"
COMPILERS: Mapping[str, Callable[[], None]] = {ANNEALING: compile_annealing, PRICES: compile_prices}
"""What compiles each part."""
KEPT: Mapping[str, Any] = {ANNEALING: KEPT_ANNEALING, PRICES: KEPT_PRICES}
"""The function of each part that numba keeps on the disk, with all it calls."""
COMMAND = "from siteplan.solve.compiling import COMPILERS; COMPILERS['{part}']()"
POLL_S = 0.05
"""How often the clock is looked at, in seconds."""

_running: dict[str, subprocess.Popen[bytes]] = {}


def compile_ahead() -> None:
    """Begin to compile what this machine hasn't kept yet; return at once. Calling it again does nothing."""
    for part in COMPILERS:
        if part in _running or is_kept(part):
            continue
        with suppress(OSError):  # then the search compiles it itself
            _running[part] = subprocess.Popen(
                [sys.executable, "-P", "-c", COMMAND.format(part=part)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )


def wait_until_compiled(part: str, clock: Clock) -> bool:
    """Wait for the process that compiles a part, where there is one; return whether it has ended.

    The part is to be left out where it hasn't: compiling it here would take as long again.
    """
    process = _running.get(part)
    while process is not None and process.poll() is None:
        if clock.seconds_left() <= 0.0:
            return False
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL_S)
    return True


def is_kept(part: str) -> bool:
    """Return whether the disk holds a part's machine code."""
    return machine_code.is_kept(KEPT[part])

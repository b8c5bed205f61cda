"""The clock of the whole command: ``--time-limit`` counts from here, start-up and publishing included.

Import this module before anything heavy.
"""

from __future__ import annotations

import time

PROCESS_STARTED = time.monotonic()
"""When the command started, on the clock of `time.monotonic`."""

MINIMUM_TIME_LIMIT_S = 15.0
"""Shortest time limit that is accepted: start-up, distances and publishing of the bundled case need about
half of it on two cores."""

LONGEST_TIME_LIMIT_S = 7 * 24 * 3600.0
"""Longest time limit that is accepted: a week; more is a slip of the pen."""


def elapsed_s() -> float:
    """Return the seconds since the command started."""
    return time.monotonic() - PROCESS_STARTED


def deadline(time_limit_s: float) -> float:
    """Return the moment (`time.monotonic`) at which the command must have ended."""
    return PROCESS_STARTED + time_limit_s

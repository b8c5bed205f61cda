"""The clock of the whole command: ``--time-limit`` counts from here, start-up and publishing included.

Import this module before anything heavy.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

PROCESS_STARTED = time.monotonic()
"""When the command started, on the clock of `time.monotonic`."""

MINIMUM_TIME_LIMIT_S = 15.0
"""Shortest time limit that is accepted: start-up, distances and publishing of the bundled case need about
half of it on two cores."""

LONGEST_TIME_LIMIT_S = 7 * 24 * 3600.0
"""Longest time limit that is accepted: a week; more is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class RunClock:
    """Counts from the start of a call, on `time.monotonic`."""

    started: float = field(default_factory=time.monotonic)

    def elapsed_s(self) -> float:
        """Return the seconds since the call started."""
        return time.monotonic() - self.started

    def deadline(self, time_limit_s: float) -> float:
        """Return the moment (`time.monotonic`) at which the call must have ended."""
        return self.started + time_limit_s

"""What the process says to its caller when it ends: every exit code of siteplan."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command.

    ``DONE`` is also a plan published after Ctrl-C or a time limit, and a check with warnings alone.
    """

    DONE = 0
    FALSE_CLAIM = 1
    BAD_INPUT = 2
    INFEASIBLE = 3
    TIME_LIMIT_WITHOUT_PLAN = 4
    INTERNAL_ERROR = 70
    INTERRUPTED_WITHOUT_PLAN = 130

"""Solves side by side end with their reader."""

from __future__ import annotations

import threading
import time

import pytest
from tests.tiny_problem import tiny_problem

from siteplan.explain.side_by_side import WORKERS, side_by_side
from siteplan.highs import Clock
from siteplan.scenario import SolverSettings
from siteplan.solve import NoPlanError, solve


def test_results_come_in_the_order_of_the_tasks() -> None:
    """Whichever solve ends first, the first task's result is the first."""
    stop = threading.Event()
    assert list(side_by_side(lambda number: number * number, range(5), stop)) == [0, 1, 4, 9, 16]


def test_what_runs_is_told_to_stop_and_what_waits_never_begins() -> None:
    """Where the reader takes one result and leaves, no more tasks begin, and those that run end."""
    stop, begun = threading.Event(), list[int]()

    def task(number: int) -> int:
        begun.append(number)
        if number > 0:
            assert stop.wait(60.0)
        return number

    results = side_by_side(task, range(10), stop)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert stop.is_set()
    assert len(begun) <= 1 + WORKERS


def test_a_plan_that_nobody_needs_is_given_up() -> None:
    """A solve whose clock says that nothing is needed ends without a plan, even if it could find one."""
    not_needed = threading.Event()
    not_needed.set()
    clock = Clock(time.monotonic() + 60.0, not_needed=not_needed)
    with pytest.raises(NoPlanError):
        solve(tiny_problem(), SolverSettings(time_limit_s=60.0), clock=clock)

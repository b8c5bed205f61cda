"""Solver processes go from one session to the next: none that is at work, has ended, or holds much memory."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from siteplan.highs import Clock, Limits, Program, SolverSession, Status
from siteplan.highs import process as process_module
from siteplan.highs.process import SolverProcess, give_back, take_process


def knapsack(items: int, seed: int = 1) -> Program:
    """Return a program that chooses items of the greatest worth within several weights."""
    random = np.random.default_rng(seed)
    weights = random.integers(1, 100, (5, items)).astype(float)
    return Program(
        matrix=csr_matrix(weights),
        row_lower=np.full(5, -np.inf),
        row_upper=weights.sum(axis=1) / 2.0,
        column_lower=np.zeros(items),
        column_upper=np.ones(items),
        cost=-random.integers(1, 100, items).astype(float),
        offset=0.0,
        is_integer=np.ones(items, dtype=bool),
        row_names=tuple(f"weight[{row}]" for row in range(5)),
    )


@pytest.fixture(autouse=True)
def none_idle() -> Iterator[None]:
    """Begin and end without an idle process."""
    process_module._end_idle()
    yield
    process_module._end_idle()


def solved(program: Program, seconds: float = 30.0) -> tuple[Status, int]:
    """Return how a session of its own ends, and the number of the process that it had."""
    with SolverSession() as session:
        status = session.solve(program, Limits(), Clock(time.monotonic() + seconds)).status
        process = session._process
        return status, -1 if process is None else process._process.pid


def test_the_next_session_has_the_same_process() -> None:
    """It starts once, and what it solved before changes nothing."""
    first, again = solved(knapsack(10)), solved(knapsack(10))
    assert first == again
    assert first[0] is Status.OPTIMAL


def test_sessions_side_by_side_have_a_process_each() -> None:
    """Both are kept, a third is not."""
    with SolverSession() as one, SolverSession() as two, SolverSession() as three:
        for session in (one, two, three):
            session.solve(knapsack(5), Limits(), Clock(time.monotonic() + 30.0))
        processes = [session._process for session in (one, two, three)]
    assert len({process._process.pid for process in processes if process is not None}) == 3
    assert len(process_module._idle) == process_module.MOST_IDLE


def test_a_process_that_is_at_work_is_ended() -> None:
    """What the clock cuts short answers nobody else."""
    status, _ = solved(knapsack(400), seconds=0.6)
    assert status is not Status.OPTIMAL
    assert not process_module._idle
    assert solved(knapsack(10))[0] is Status.OPTIMAL


def test_a_process_that_held_a_large_program_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory would stay taken."""
    monkeypatch.setattr(process_module, "LARGEST_KEPT", 9)
    solved(knapsack(10))
    assert not process_module._idle
    solved(knapsack(9))
    assert len(process_module._idle) == 1


def test_an_idle_process_that_has_ended_is_not_used() -> None:
    """Something on the machine may end it meanwhile."""
    _, number = solved(knapsack(10))
    os.kill(number, 9)
    process_module._idle[0]._process.wait()
    status, other = solved(knapsack(10))
    assert status is Status.OPTIMAL
    assert other != number


def test_a_process_that_ends_at_work_is_an_error() -> None:
    """The session says so and doesn't wait for ever."""
    process = take_process()
    process.send({"cost": []})  # a request without its other parts
    with pytest.raises(RuntimeError, match="ended unexpectedly"):
        process.next_event(30.0)
    give_back(process)
    assert not process_module._idle


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_none_of_its_parents() -> None:
    """Two would write to the same solver."""
    give_back(SolverProcess())
    assert len(process_module._idle) == 1
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_number_of_idle) == 0
    assert len(process_module._idle) == 1


def _number_of_idle() -> int:
    return len(process_module._idle)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_process_forked_while_another_thread_takes_one_can_take_its_own() -> None:
    """The lock that the thread holds isn't held in the child for ever."""
    is_held, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with process_module._lock:
            is_held.set()
            may_go_on.wait(0.5)

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(5.0)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        may_go_on.set()
        assert pool.apply_async(_lock_is_free).get(timeout=10.0)
    thread.join()
    assert process_module._lock.acquire(timeout=5.0)
    process_module._lock.release()


def _lock_is_free() -> bool:
    return process_module._lock.acquire(timeout=1.0)

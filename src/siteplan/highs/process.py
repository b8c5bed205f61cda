"""HiGHS processes: started when first needed, then handed from one solver session to the next.

A process needs a quarter of a second or more to start, longer than most small programs take to solve.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from siteplan.highs.worker import read_message, write_message

MOST_IDLE = 2
"""Processes that wait for the next session, at most: as many as are used side by side."""
LARGEST_KEPT = 50_000
"""Columns of a program after which a process is not kept, as its memory isn't given back until it ends."""


class SolverProcess:
    """A running HiGHS process that answers one request after another."""

    def __init__(self) -> None:
        worker = Path(__file__).with_name("worker.py")
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(worker)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
        )
        self._is_busy = False
        self._most_columns = 0
        threading.Thread(target=self._forward, daemon=True).start()

    def _forward(self) -> None:
        """Pass what the process says on to the queue; None when it has ended."""
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError, EOFError):
            while (event := read_message(self._process.stdout)) is not None:
                self._events.put(event)
        self._events.put(None)

    def send(self, request: dict[str, Any]) -> None:
        """Give the process a program to solve."""
        assert self._process.stdin is not None
        self._is_busy = True
        self._most_columns = max(self._most_columns, len(request["cost"]))
        write_message(self._process.stdin, request)

    def next_event(self, timeout_s: float) -> dict[str, Any]:
        """Return what the process says next.

        Raises:
            queue.Empty: it said nothing for so long.
            RuntimeError: it has ended.
        """
        event = self._events.get(timeout=timeout_s)
        if event is None:
            raise RuntimeError("the solver process ended unexpectedly")
        self._is_busy = event["event"] != "done"
        return event

    def can_be_kept(self) -> bool:
        """Return whether another session may use the process: it runs, is idle, and holds little memory."""
        is_small = self._most_columns <= LARGEST_KEPT
        return is_small and not self._is_busy and self._process.poll() is None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


_idle: list[SolverProcess] = []
_lock = threading.Lock()


def take_process() -> SolverProcess:
    """Return an idle process, or a new one."""
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.can_be_kept():
                return process
            process.end()
    return SolverProcess()


def give_back(process: SolverProcess) -> None:
    """Keep a process for the next session where it can be kept and few are idle; else end it."""
    with _lock:
        if process.can_be_kept() and len(_idle) < MOST_IDLE:
            _idle.append(process)
            return
    process.end()


def _end_idle() -> None:
    while _idle:
        _idle.pop().end()


def _begin_forked() -> None:
    _idle.clear()  # those are the parent's
    _lock.release()


atexit.register(_end_idle)
if hasattr(os, "register_at_fork"):  # a lock that another thread holds would stay held in the child
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_begin_forked)

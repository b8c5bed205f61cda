"""Several solves at a time, which all end where their reader ends early: Ctrl-C waits for none of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

WORKERS = 2

Task = TypeVar("Task")
Result = TypeVar("Result")


def side_by_side(
    solve: Callable[[Task], Result], tasks: Iterable[Task], stop: threading.Event
) -> Iterator[Result]:
    """Yield the results in the order of the tasks, solved a few at a time.

    Where no more of them are read, because of an interrupt or for any other reason, ``stop`` is set, which
    the solves have to heed, and tasks that wait never begin. It is set at the end in any case.
    """
    pool = ThreadPoolExecutor(max_workers=WORKERS)
    try:
        yield from pool.map(solve, tasks)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)

"""What Ctrl-C (and a polite kill) does to a run.

Before the search nothing is worth keeping: the run ends at once. From the search on the first Ctrl-C
stops the search, and the best plan found so far is published; the second ends the run at once, with the
previous results as they were.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Turns signals into a stop request, or into `KeyboardInterrupt`.

    ``stop`` is set by the first signal after `search_begins`; ``when_stopping`` is called then.
    """

    def __init__(self, when_stopping: Callable[[], None]) -> None:
        self.stop = threading.Event()
        self._when_stopping = when_stopping
        self._is_searching = False

    def search_begins(self) -> None:
        """From now on the first signal asks the search to stop instead of ending the run."""
        self._is_searching = True

    @contextmanager
    def watch(self) -> Iterator[Interruption]:
        """Handle the signals inside the ``with`` block; outside they do what they did before.

        Only the main thread may; elsewhere signals are left alone.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        previous = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            yield self
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_searching or self.stop.is_set():
            raise KeyboardInterrupt
        self.stop.set()
        self._when_stopping()

"""One run at a time on a result folder: an operating-system lock on a file beside it.

The system gives the lock back when its holder ends, however it ends, so a lock file that a dead run
has left behind is simply taken over. The file holds the process id of the holder, for the message only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_LOCKED_BYTE = 2**30
"""Where Windows locks: far behind the process id, which others may then still read."""

_HELD_ELSEWHERE = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})


class LockHeldError(Exception):
    """Another process holds the lock; ``holder`` is its process id where the file tells."""

    def __init__(self, path: Path, holder: int | None) -> None:
        self.path = path
        self.holder = holder
        super().__init__(f"{path} is held by process {holder if holder is not None else 'unknown'}")


@contextlib.contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock at ``path`` inside the ``with`` block; the file is removed afterwards.

    Raises:
        LockHeldError: another process holds it.
        OSError: the file can't be made there.
    """
    descriptor = _acquire(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode("ascii"))
        yield
    finally:
        _release(descriptor, path)


def _acquire(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
        except OSError as refusal:
            os.close(descriptor)
            if refusal.errno in _HELD_ELSEWHERE:
                raise LockHeldError(path, _holder(path)) from refusal
            raise
        # Its last holder may have removed the file after we opened it: then another one counts.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)


def _release(descriptor: int, path: Path) -> None:
    if sys.platform == "win32":
        os.close(descriptor)
        with contextlib.suppress(OSError):  # another run has it open by now
            path.unlink()
    else:
        try:
            # Removed while still held, so that nobody else's lock file is.
            with contextlib.suppress(OSError):
                path.unlink()
        finally:
            os.close(descriptor)


def _holder(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

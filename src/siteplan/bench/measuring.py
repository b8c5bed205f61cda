"""Running a command and measuring it: wall time, and memory of its process with its children, in limits."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SECONDS_BETWEEN_SAMPLES = 0.2
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended.

    ``peak_bytes`` is the largest sum of resident memory over its process and all processes below it, sampled
    (shared pages count in each); 0 where the system doesn't tell. ``ended_for`` says which limit ended it.
    """

    exit_code: int
    out: str
    err: str
    wall_s: float
    peak_bytes: float
    ended_for: str = ""


def run_measured(
    command: Sequence[str], *, seconds: float | None = None, memory_bytes: float | None = None
) -> Finished:
    """Run a command to its end, or until it is beyond a limit of time or memory."""
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True)
        peak_bytes, ended_for = 0.0, ""
        while process.poll() is None:
            peak_bytes = max(peak_bytes, tree_bytes(process.pid))
            if memory_bytes is not None and peak_bytes > memory_bytes:
                ended_for = "memory"
            elif seconds is not None and time.monotonic() - begin > seconds:
                ended_for = "time"
            if ended_for:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            time.sleep(SECONDS_BETWEEN_SAMPLES)
        wall_s = time.monotonic() - begin
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read())
    return Finished(process.returncode, texts[0], texts[1], wall_s, peak_bytes, ended_for)


def tree_bytes(process: int) -> float:
    """Return the resident memory of a process and all below it; 0 where there is no ``/proc``."""
    total, waiting = 0.0, [process]
    while waiting:
        folder = PROC / str(waiting.pop())
        try:
            pages = int((folder / "statm").read_text().split()[1])
            children = [child for task in (folder / "task").iterdir() for child in _children(task)]
        except (OSError, IndexError, ValueError):  # ended meanwhile
            continue
        total += pages * os.sysconf("SC_PAGE_SIZE")
        waiting += children
    return total


def _children(task: Path) -> list[int]:
    return [int(child) for child in (task / "children").read_text().split()]


def growth_exponent(sizes: Iterable[float], values: Iterable[float]) -> float | None:
    """Return the exponent e of values ≈ c · size^e, fitted to the logarithms; None below two points."""
    pairs = [(size, value) for size, value in zip(sizes, values, strict=True) if size > 0.0 and value > 0.0]
    if len({size for size, _ in pairs}) < 2:
        return None
    logarithms = np.log(np.array(pairs))
    slope, _ = np.polyfit(logarithms[:, 0], logarithms[:, 1], 1)
    return float(slope)

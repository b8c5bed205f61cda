"""``RESULTS.md``: one section a benchmark, each renewed on its own, and the machine it was measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

TITLE = "# Benchmark results"
GIB = 2.0**30


def renew_section(file: Path, name: str, lines: Iterable[str]) -> None:
    """Put ``lines`` into the section ``name`` of a Markdown file, in place of what stands there.

    Sections lie between comments that name them; a new one is added at the end, and the rest of the file
    stays as it is.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = "\n".join([begin, *lines, end])
    text = file.read_text(encoding="utf-8") if file.is_file() else f"{TITLE}\n"
    known = re.compile(re.escape(begin) + ".*?" + re.escape(end), flags=re.DOTALL)
    found = known.search(text)
    text = known.sub(lambda _: section, text) if found else f"{text.rstrip()}\n\n{section}\n"
    file.write_text(text, encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return [
        f"| {' | '.join(head)} |",
        "|---" * len(head) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def measured_on(packages: Sequence[str]) -> list[str]:
    """Return two lines on when and where: date, load, cores, and the versions of packages that are there."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    versions = [f"{package} {found}" for package in packages if (found := installed_version(package))]
    return [
        f"- Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; load average at the end {load}",
        f"- {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"CPython {platform.python_version()}, {', '.join(versions)}",
    ]


def installed_version(package: str) -> str | None:
    """Return the version of an installed package, None where it isn't installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def figure(value: float | None, digits: int = 3) -> str:
    """Return a number with some significant digits, a dash where there is none."""
    if value is None:
        return "—"
    if abs(value) >= 10.0**digits:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def ratio(other: float | None, own: float | None) -> str:
    """Return ``other`` as a multiple of ``own``, a dash where one is missing or zero."""
    return "—" if other is None or not own else f"{figure(other / own)} ×"


def seconds_with_nothing_compiled(program: str, *arguments: str) -> float:
    """Return the seconds that a Python program prints, run as on a machine that has kept no machine code yet.

    ``arguments`` are the program's ``sys.argv[1:]``.

    Raises:
        subprocess.CalledProcessError: the program fails.
        ValueError: it prints anything else.
    """
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        command = [sys.executable, "-c", program, *arguments]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(run.stdout)

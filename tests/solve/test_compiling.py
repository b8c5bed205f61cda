"""What is compiled ahead is what the search runs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core.errors import NumbaError
from tests.solve.random_problem import random_problem

from siteplan import machine_code
from siteplan.highs import Clock
from siteplan.solve import compiling
from siteplan.solve.decompose.relaxation import no_years, rules_of, years_of
from siteplan.solve.search.landscape import describe_landscape, empty_landscape


def type_of(value: object) -> object:
    """Return what the compiler takes a value for."""
    return numba.typeof(value)  # type: ignore[no-untyped-call]


def test_the_annealing_is_compiled_for_the_types_of_a_real_landscape() -> None:
    """The empty landscape has the types of a problem's, so that no call compiles a second time."""
    assert type_of(empty_landscape()) == type_of(describe_landscape(random_problem(1)))


def test_the_prices_are_compiled_for_the_types_of_real_years() -> None:
    """The problem of no years has the types of a problem's years."""
    problem = random_problem(1)
    land = describe_landscape(problem)
    years = years_of(problem, land, rules_of(problem), range(len(problem.years)))
    assert type_of(no_years()) == type_of(years)


@pytest.mark.parametrize("part", compiling.COMPILERS)
def test_what_has_been_compiled_is_kept(part: str) -> None:
    """After compiling, the disk holds the machine code, so that no process is started for it."""
    compiling.COMPILERS[part]()
    assert compiling.is_kept(part)


def test_waiting_for_the_compiler_ends_with_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that still compiles when the clock ends is waited for no longer."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(compiling, "_running", {compiling.PRICES: process})
    try:
        assert not compiling.wait_until_compiled(compiling.PRICES, Clock(time.monotonic()))
    finally:
        process.kill()
        process.wait()
    assert compiling.wait_until_compiled(compiling.PRICES, Clock(time.monotonic()))


def test_what_borrows_its_arrays_allocates_none() -> None:
    """The option that leaves out the counting of arrays is numba's own and underscored: it is still known."""

    def allocating(count: int) -> float:
        return float(np.zeros(count).sum())

    as_usual: Any = numba.njit(allocating)
    assert as_usual(1) == 0.0
    with pytest.raises(NumbaError):
        machine_code.uncounted(allocating)(1)


AT_HOME = """
import numpy
from machine_code import compiled
from parts import Pair

@compiled
def first(pair):
    return pair.one[0]

print(first(Pair(numpy.zeros(1), 2)))
"""


@pytest.mark.slow
def test_what_was_compiled_of_an_older_source_is_removed(tmp_path: Path) -> None:
    """A type that is gone, in a file of the same folder, is no error: the function is compiled again."""
    (tmp_path / "machine_code.py").write_bytes(Path(machine_code.__file__).read_bytes())
    (tmp_path / "home.py").write_text(AT_HOME, encoding="utf-8")

    def run(kind: str) -> str:
        parts = f"from collections import namedtuple\n{kind} = Pair = namedtuple('{kind}', 'one two')\n"
        (tmp_path / "parts.py").write_text(parts, encoding="utf-8")
        command = [sys.executable, "-c", "import home"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert [run("Old"), run("New")] == ["0.0\n", "0.0\n"]

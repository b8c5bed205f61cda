"""What is compiled ahead is what the search runs."""

from __future__ import annotations

import subprocess
import sys
import time

import numba
import pytest
from tests.solve.random_problem import random_problem

from siteplan.highs import Clock
from siteplan.solve import compiling
from siteplan.solve.decompose.prices import _funding, _no_years, _years
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
    years = _years(problem, land, _funding(problem, land), range(len(problem.years)))
    assert type_of(_no_years()) == type_of(years)


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

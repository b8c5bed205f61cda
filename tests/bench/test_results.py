"""Sections of ``RESULTS.md``, and commands that are measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from siteplan.bench.measuring import growth_exponent, run_measured
from siteplan.bench.results import figure, ratio, renew_section, seconds_with_nothing_compiled, table


def test_a_section_is_renewed_and_the_others_stay(tmp_path: Path) -> None:
    """Writing a section again replaces it alone, wherever it stands."""
    file = tmp_path / "RESULTS.md"
    renew_section(file, "one", ["## One", "old"])
    renew_section(file, "two", ["## Two"])
    renew_section(file, "one", ["## One", r"new \1"])
    text = file.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.index(r"new \1") < text.index("## Two")
    assert text.count("<!-- begin") == 2


def test_a_table_is_markdown() -> None:
    """Head, rule and rows."""
    assert table(("a", "b"), [("1", "2")]) == ["| a | b |", "|---|---|", "| 1 | 2 |"]


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "—"), (1234.5, "1,234"), (12.345, "12.3"), (0.0123, "0.0123"), (0.0, "0")]
)
def test_figures_are_short(value: float | None, shown: str) -> None:
    """Three digits, thousands apart, a dash for nothing."""
    assert figure(value) == shown


def test_a_ratio_needs_both() -> None:
    """A ratio is of the other to one's own; without one of them there is none."""
    assert ratio(30.0, 2.0) == "15 ×"
    assert ratio(None, 2.0) == ratio(3.0, None) == ratio(3.0, 0.0) == "—"


def test_growth_of_a_power_is_its_exponent() -> None:
    """The exponent of 3 · size^1.5 is 1.5; one size alone has none."""
    sizes = [60.0, 600.0, 6000.0]
    assert growth_exponent(sizes, [3.0 * size**1.5 for size in sizes]) == pytest.approx(1.5)
    assert growth_exponent([60.0], [3.0]) is None


def test_memory_includes_children() -> None:
    """A command whose child holds 80 MB is measured with it."""
    child = "import time; held = bytearray(80_000_000); time.sleep(1.0)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    run = run_measured([sys.executable, "-c", parent])
    assert run.exit_code == 0
    if Path("/proc/self/task").is_dir():
        assert run.peak_bytes > 80_000_000


def test_a_command_is_ended_at_its_limit_of_time() -> None:
    """What sleeps beyond its seconds is ended, and the reason told."""
    run = run_measured([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.5)
    assert run.ended_for == "time"
    assert run.wall_s < 30.0


def test_what_a_command_says_is_kept() -> None:
    """Both outputs and the exit code are returned."""
    run = run_measured([sys.executable, "-c", "import sys; print('out'); sys.exit('err')"])
    assert (run.exit_code, run.out.strip(), run.err.strip()) == (1, "out", "err")


def test_nothing_is_compiled_for_a_program(tmp_path: Path) -> None:
    """It runs with its arguments, and finds an empty folder of machine code; what it prints is returned."""
    found = tmp_path / "found.txt"
    program = (
        "import os, sys, pathlib; folder = pathlib.Path(os.environ['NUMBA_CACHE_DIR']); "
        "pathlib.Path(sys.argv[1]).write_text(f'{folder.is_dir()} {len(list(folder.iterdir()))}'); print(1.5)"
    )
    assert seconds_with_nothing_compiled(program, str(found)) == 1.5
    assert found.read_text(encoding="utf-8") == "True 0"

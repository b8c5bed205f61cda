"""Time limits hold and Ctrl-C publishes, on the whole rollout of the bundled case."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.cli.conftest import files_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are sent the POSIX way"),
]

LONGEST_WAIT_S = 120.0
ALLOWED_OVERRUN_S = 2.0
SECONDS_INTO_SOLVES, ENDS_WITHIN_S = 6.0, 15.0
"""When to interrupt solves that take minutes, and when all has ended even on a busy machine."""


class Command:
    """A command in a process of its own, its stderr read line by line."""

    def __init__(self, *arguments: str) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "siteplan", "--lang", "en", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, words: str) -> None:
        """Wait until stderr says ``words``."""
        while not any(words in line for line in self.lines):
            assert self.process.poll() is None, self.lines
            assert time.monotonic() - self.started < LONGEST_WAIT_S, self.lines
            time.sleep(0.05)

    def interrupt(self) -> None:
        """Send what Ctrl-C sends, to the whole group of processes as a terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        code = self.process.wait(LONGEST_WAIT_S)
        self._reader.join()
        return code

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)


class Run(Command):
    """A ``siteplan solve`` of the whole rollout."""

    def __init__(self, repository: Path, folder: Path, *options: str) -> None:
        scenario = str(repository / "scenarios/2027-2030.yaml")
        super().__init__("solve", scenario, "--output", str(folder), *options)


def test_ctrl_c_publishes_the_best_plan(repository: Path, tmp_path: Path) -> None:
    """Ctrl-C during the search ends soon, with exit code 0 and a plan that says it was interrupted."""
    run = Run(repository, tmp_path / "results")
    run.wait_for("bounds year by year")
    interrupted = time.monotonic()
    run.interrupt()
    assert run.end() == 0, run.lines
    assert time.monotonic() - interrupted < 15.0
    plan = json.loads((tmp_path / "results/plan.json").read_text(encoding="utf-8"))
    assert plan["stopped_by"] == "interrupted"
    assert any("stopping the search" in line for line in run.lines)
    verified = subprocess.run(
        [sys.executable, "-m", "siteplan", "verify", str(tmp_path / "results")], check=False
    )
    assert verified.returncode == 0


def test_two_ctrl_c_leave_everything_as_it_was(repository: Path, tmp_path: Path) -> None:
    """A second Ctrl-C ends with 130 and leaves the previous results, and nothing beside them."""
    results = tmp_path / "results"
    results.mkdir()
    (results / "run.json").write_text("{}", encoding="utf-8")
    before = files_in(tmp_path)
    run = Run(repository, results)
    run.wait_for("bounds year by year")
    run.interrupt()
    run.wait_for("stopping the search")
    run.interrupt()
    assert run.end() == 130, run.lines
    assert files_in(tmp_path) == before


def test_ctrl_c_before_the_search_ends_at_once(repository: Path, tmp_path: Path) -> None:
    """While the inputs are read there is no plan to publish: exit code 130."""
    run = Run(repository, tmp_path / "results")
    run.wait_for("reading and checking")
    run.interrupt()
    assert run.end() == 130, run.lines
    assert files_in(tmp_path) == {}


@pytest.mark.parametrize("limit_s", [15, 30])
def test_time_limit_holds(repository: Path, tmp_path: Path, limit_s: int) -> None:
    """The whole command, start-up and publishing included, ends within 2 s of its limit, with a plan."""
    run = Run(repository, tmp_path / "results", "--time-limit", str(limit_s))
    assert run.end() == 0, run.lines
    assert time.monotonic() - run.started <= limit_s + ALLOWED_OVERRUN_S
    plan = json.loads((tmp_path / "results/plan.json").read_text(encoding="utf-8"))
    assert plan["stopped_by"] == "time_limit"


@pytest.fixture(scope="module")
def rollout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the whole rollout, found in a hurry."""
    results = tmp_path_factory.mktemp("rollout") / "results"
    assert Run(repository, results, "--time-limit", "15", "--only", "plan").end() == 0
    return results


@pytest.mark.parametrize(
    "question", [("prices",), ("explain", "--shortfalls")], ids=lambda question: question[0]
)
def test_ctrl_c_ends_what_is_solved_side_by_side(question: tuple[str, ...], rollout: Path) -> None:
    """Two solves of five minutes each don't go on: the command ends with 130 and waits for neither."""
    command, *options = question
    run = Command(command, str(rollout), *options, "--seconds", "300")
    run.wait_for("assembling the problem")
    time.sleep(SECONDS_INTO_SOLVES)
    interrupted = time.monotonic()
    run.interrupt()
    assert run.end() == 130, run.lines
    assert time.monotonic() - interrupted < ENDS_WITHIN_S

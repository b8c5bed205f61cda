"""The script that makes the bundled case."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def check(script: Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the script with ``--check``."""
    command = [sys.executable, str(script), "--check"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.slow
def test_script_writes_the_committed_bytes(case_folder: Path) -> None:
    """``make_case.py --check`` finds every generated file as it would write it."""
    run = check(case_folder / "make_case.py")
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.slow
def test_check_names_a_changed_file(case_folder: Path, tmp_path: Path) -> None:
    """A changed table is named and the check fails; nothing is written."""
    copy = tmp_path / "zhouzhi"
    shutil.copytree(case_folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
    towns = copy / "towns.csv"
    changed = towns.read_bytes().replace("哑柏镇".encode(), "亚柏镇".encode())
    towns.write_bytes(changed)
    run = check(copy / "make_case.py")
    assert run.returncode == 1
    assert run.stderr.strip().endswith("towns.csv")
    assert len(run.stderr.splitlines()) == 1
    assert towns.read_bytes() == changed

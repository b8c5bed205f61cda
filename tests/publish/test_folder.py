"""The result folder is replaced as a whole or not at all, whenever a run dies, by one run at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from siteplan.findings import InputError
from siteplan.publish import mend_interrupted_swap, result_folder


class DiedError(BaseException):
    """The run is dead: from here on none of its file operations happens."""


@contextmanager
def dying_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let the process die at its ``step``-th change of the file system (0: the first).

    Once dead nothing works any more, cleaning up included, as after a power cut. Yields the names of the
    operations that were tried.
    """
    tried: list[str] = []

    def mortal(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def attempt(*arguments: Any, **options: Any) -> Any:
            tried.append(name)
            if len(tried) > step:
                raise DiedError(name)
            return operation(*arguments, **options)

        return attempt

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", mortal("replace", os.replace))
        patched.setattr(shutil, "rmtree", mortal("rmtree", shutil.rmtree))
        patched.setattr(Path, "mkdir", mortal("mkdir", Path.mkdir))
        patched.setattr(Path, "write_text", mortal("write", Path.write_text))
        patched.setattr(Path, "unlink", mortal("unlink", Path.unlink))
        yield tried


def publish_version(folder: Path, version: str) -> None:
    """Publish two files that say the version."""

    def write(new: Path) -> None:
        (new / "plan.json").write_text(version, encoding="utf-8")
        (new / "run.json").write_text(version, encoding="utf-8")

    with result_folder(folder) as results:
        results.replace(write)


def version_in(folder: Path) -> str:
    """Return the version that both files of a complete result folder say."""
    versions = {(folder / name).read_text(encoding="utf-8") for name in ("plan.json", "run.json")}
    assert len(versions) == 1, "half old, half new"
    return versions.pop()


def siblings(folder: Path) -> list[str]:
    """Return the names beside the result folder, sorted."""
    return sorted(entry.name for entry in folder.parent.iterdir())


def test_results_appear_and_the_former_ones_are_kept(tmp_path: Path) -> None:
    """A second publication replaces the first, which becomes `.previous`; nothing else is left."""
    folder = tmp_path / "results" / "2027"
    for version in ("one", "two", "three"):
        publish_version(folder, version)
    assert version_in(folder) == "three"
    assert version_in(tmp_path / "results" / "2027.previous") == "two"
    assert siblings(folder) == ["2027", "2027.previous"]


@pytest.mark.parametrize("earlier", [0, 1, 2])
def test_a_run_that_dies_anywhere_leaves_whole_results(
    earlier: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die at every single step, with 0, 1 or 2 earlier results: what counts is old or new, never half.

    After the next command's mending the folder holds the old results or the new ones, the previous ones
    are the results before, and nothing is left beside them.
    """
    seen = set()
    for step in range(100):
        folder = tmp_path / f"case{step}" / "2027"
        for number in range(earlier):
            publish_version(folder, f"old {number}")
        with dying_at(step, monkeypatch) as tried:
            try:
                publish_version(folder, "new")
            except DiedError:
                died = True
            else:
                died = False
        if not died:
            break
        mend_interrupted_swap(folder)
        seen.add(_check_whole(folder, earlier))
        publish_version(folder, "newer")
        assert version_in(folder) == "newer"
    assert not died
    assert {"replace", "mkdir", "write", "rmtree"} <= set(tried)
    assert "new" in seen
    assert ("nothing" if earlier == 0 else f"old {earlier - 1}") in seen


def _check_whole(folder: Path, earlier: int) -> str:
    """Check what a run that died has left after mending; return the version in the folder."""
    if not folder.parent.exists():
        return "nothing"
    left = [name for name in siblings(folder) if not name.endswith(".siteplan-lock")]
    if not folder.exists():
        assert (earlier, left) == (0, [])
        return "nothing"
    version = version_in(folder)
    before = [f"old {number}" for number in range(earlier)]
    before = before if version == "new" else before[:-1]
    assert version in ("new", f"old {earlier - 1}")
    previous = folder.with_name("2027.previous")
    assert left == (["2027", "2027.previous"] if before else ["2027"])
    assert not before or version_in(previous) == before[-1]
    return version


def test_mending_that_dies_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A swap that is interrupted again while it is mended is finished by the command after that."""
    folder = tmp_path / "2027"
    publish_version(folder, "older")
    publish_version(folder, "old")
    ready = folder.with_name(".2027.siteplan-ready")
    for step in range(4):
        ready.mkdir()
        for name in ("plan.json", "run.json"):
            (ready / name).write_text(f"new {step}", encoding="utf-8")
        with dying_at(step, monkeypatch), pytest.raises(DiedError):
            mend_interrupted_swap(folder)
        assert mend_interrupted_swap(folder)
        assert version_in(folder) == f"new {step}"
        assert siblings(folder) == ["2027", "2027.previous"]


def test_a_failure_while_writing_changes_nothing(tmp_path: Path) -> None:
    """An error (or Ctrl-C) while results are written leaves the earlier ones and no trace."""
    folder = tmp_path / "2027"
    publish_version(folder, "old")

    def write(new: Path) -> None:
        (new / "plan.json").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), result_folder(folder) as results:
        results.replace(write)
    assert version_in(folder) == "old"
    assert siblings(folder) == ["2027"]


def test_a_folder_in_use_is_told_and_mended_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another program blocks the swap (Windows), the finding says so and the next command swaps."""
    folder = tmp_path / "2027"
    publish_version(folder, "old")
    rename = os.replace

    def blocked(source: Path, target: Path) -> None:
        if Path(source) == folder:
            raise PermissionError(13, "in use")
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", blocked)
        with pytest.raises(InputError, match="results-in-use"):
            publish_version(folder, "new")
    assert version_in(folder) == "old"
    assert mend_interrupted_swap(folder)
    assert version_in(folder) == "new"


def test_nothing_to_mend_touches_nothing(tmp_path: Path) -> None:
    """Mending a folder without leftovers, or none at all, changes nothing on disk."""
    assert not mend_interrupted_swap(tmp_path / "results" / "2027")
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_results_leaves_no_folders(tmp_path: Path) -> None:
    """Taking the folder and publishing nothing removes the parents that were made for it."""
    with result_folder(tmp_path / "a" / "b" / "2027"):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["2027", "2027.previous"])
def test_somebody_elses_folder_is_refused(name: str, tmp_path: Path) -> None:
    """A folder that holds something else than results is neither replaced nor removed."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match="results-not-ours"):
        publish_version(tmp_path / "2027", "new")
    assert (tmp_path / name / "thesis.docx").read_text(encoding="utf-8") == "years of work"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A file where the result folder should be, or above it, is refused and kept."""
    file = tmp_path / "2027"
    file.write_text("notes", encoding="utf-8")
    with pytest.raises(InputError, match="results-not-ours"):
        publish_version(file, "new")
    with pytest.raises(InputError, match="results-not-writable"):
        publish_version(file / "inside", "new")
    assert file.read_text(encoding="utf-8") == "notes"


def test_a_folder_that_cannot_be_written_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal of the file system comes as a finding before anything is computed."""

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left on device"), result_folder(tmp_path / "2027"):
        pytest.fail("the run went on")
    assert list(tmp_path.iterdir()) == []


HOLDER = """
import sys, time
from pathlib import Path
from siteplan.publish.folder import result_folder
with result_folder(Path(sys.argv[1])) as results:
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_run(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a second process that holds the folder until it is killed or its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_run_on_the_folder_is_refused(tmp_path: Path) -> None:
    """While another process holds the folder this one is refused, told by whom, and changes nothing."""
    folder = tmp_path / "2027"
    publish_version(folder, "old")
    with another_run(folder) as process:
        leftover = folder.with_name(".2027.siteplan-writing")
        leftover.mkdir()
        with pytest.raises(InputError, match=f"process {process.pid}"), result_folder(folder):
            pytest.fail("two runs at once")
        assert not mend_interrupted_swap(folder)
        assert leftover.exists()
        leftover.rmdir()
    assert version_in(folder) == "old"


def test_the_lock_of_a_dead_run_is_taken_over(tmp_path: Path) -> None:
    """A run that was killed leaves its lock file behind; the next run goes ahead and removes it."""
    folder = tmp_path / "2027"
    with another_run(folder) as process:
        process.kill()
        process.wait()
        assert (tmp_path / ".2027.siteplan-lock").exists()
        publish_version(folder, "new")
    assert version_in(folder) == "new"
    assert siblings(folder) == ["2027"]


def test_two_runs_on_different_folders_go_together(tmp_path: Path) -> None:
    """The lock is of one result folder, not of the folder above."""
    with another_run(tmp_path / "2027"):
        publish_version(tmp_path / "2030", "new")
    assert version_in(tmp_path / "2030") == "new"

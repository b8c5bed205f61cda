"""The result folder: replaced as a whole or not at all, by one run at a time.

New results are written into a hidden sibling, which is renamed to `ready` once it is complete; then the
results so far become ``<name>.previous`` and the ready ones take their place. A run may die anywhere:
before the results are ready nothing has changed, afterwards `mend_interrupted_swap` finishes the swap.
Siblings of a result folder ``2027``, only the first of which outlives a run:

    2027.previous             the results before these
    .2027.siteplan-lock       held by a run in work
    .2027.siteplan-writing    results being written
    .2027.siteplan-ready      complete results, not yet in place
    .2027.siteplan-discarded  the results before the previous ones, being removed
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish.lock import LockHeldError, exclusive_lock
from siteplan.text import Text

RESULT_FILES = ("plan.json", "run.json")
"""A folder that has one of these holds results, and may be replaced by newer ones."""


@dataclass(frozen=True, slots=True)
class ResultFolder:
    """A result folder that this process holds the lock of; `result_folder` gives it."""

    path: Path

    @property
    def previous(self) -> Path:
        """Where the results before these are kept."""
        return self.path.with_name(f"{self.path.name}.previous")

    def replace(self, write: Callable[[Path], None]) -> None:
        """Replace the results by what ``write`` puts into the folder it is given.

        If ``write`` raises, the results stay as they were.

        Raises:
            InputError: the new results are complete but the folder is in use by another program, as
                happens on Windows; the next command puts them in place.
        """
        writing = self._sibling("writing")
        writing.mkdir()
        try:
            write(writing)
            _sync_tree(writing)
        except BaseException:
            shutil.rmtree(writing)
            raise
        os.replace(writing, self._sibling("ready"))
        try:
            self._swap()
        except PermissionError as refusal:
            raise InputError([_in_use(self.path)]) from refusal

    def mend(self) -> bool:
        """Finish a swap that was interrupted and remove what a dead run left; return whether it had to."""
        if not self.needs_mending:
            return False
        if self._sibling("ready").exists():
            self._swap()
        for purpose in ("writing", "discarded"):
            _remove(self._sibling(purpose))
        return True

    @property
    def needs_mending(self) -> bool:
        """Whether a run that died has left something beside the folder."""
        return any(self._sibling(purpose).exists() for purpose in ("writing", "ready", "discarded"))

    @property
    def lock_file(self) -> Path:
        """The file that is locked while a run works on the folder."""
        return self._sibling("lock")

    def check_writable(self) -> None:
        """Make and remove a folder with a file where results will be written.

        Raises:
            OSError: results can't be written there.
        """
        writing = self._sibling("writing")
        writing.mkdir()
        try:
            (writing / "probe").write_bytes(b"siteplan")
        finally:
            shutil.rmtree(writing)

    def _swap(self) -> None:
        """Put the ready results in place. Every step can be the last; doing it again finishes it."""
        if self.path.exists():
            if self.previous.exists():
                _remove(self._sibling("discarded"))
                os.replace(self.previous, self._sibling("discarded"))
            os.replace(self.path, self.previous)
        os.replace(self._sibling("ready"), self.path)
        _sync_directory(self.path.parent)
        _remove(self._sibling("discarded"))

    def _sibling(self, purpose: str) -> Path:
        return self.path.with_name(f".{self.path.name}.siteplan-{purpose}")


@contextlib.contextmanager
def result_folder(folder: Path) -> Iterator[ResultFolder]:
    """Hold a result folder inside the ``with`` block: locked, mended and known to be writable.

    Folders above it are made; those that are still empty afterwards are removed again.

    Raises:
        InputError: another run holds it, it can't be written, or it holds something else than results.
    """
    results = ResultFolder(folder.resolve())
    with contextlib.ExitStack() as stack:
        stack.callback(_remove_empty, _missing_above(results.path))
        try:
            results.path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(exclusive_lock(results.lock_file))
            results.mend()
            _refuse_foreign_content(results)
            results.check_writable()
        except LockHeldError as held:
            raise InputError([_busy(results.path, held.holder)]) from held
        except OSError as refusal:
            raise InputError([_not_writable(results.path, refusal)]) from refusal
        yield results


def mend_interrupted_swap(folder: Path) -> bool:
    """Finish what a run that died left beside a result folder; return whether there was anything.

    Commands that only read results call this first. Nothing is touched while a run works on the folder,
    nor where nothing is to mend.
    """
    results = ResultFolder(folder.resolve())
    if not results.needs_mending:
        return False
    with contextlib.suppress(LockHeldError), exclusive_lock(results.lock_file):
        return results.mend()
    return False


def _missing_above(path: Path) -> tuple[Path, ...]:
    """Return the folders above ``path`` that don't exist yet, innermost first."""
    return tuple(parent for parent in path.parents if not parent.exists())


def _remove_empty(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):  # it has results by now, or never came to be
            folder.rmdir()


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _sync_tree(folder: Path) -> None:
    """Make sure that the files of a folder are on the disk, not just on their way."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb+") as stream:
                os.fsync(stream.fileno())
    _sync_directory(folder)


def _sync_directory(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_foreign_content(results: ResultFolder) -> None:
    """Refuse to replace a file, or a folder that holds something else than results.

    Raises:
        InputError: the folder or its predecessor isn't one of results.
    """
    findings = [
        _foreign(folder) for folder in (results.path, results.previous) if not _may_be_replaced(folder)
    ]
    if findings:
        raise InputError(findings)


def _may_be_replaced(folder: Path) -> bool:
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    return any((folder / name).is_file() for name in RESULT_FILES) or not any(folder.iterdir())


def _busy(folder: Path, holder: int | None) -> Finding:
    process = str(holder) if holder is not None else "?"
    return error(
        "results-busy",
        Place(file=folder),
        found=Text(
            zh=f"另一次运行（进程 {process}）正在使用这个结果文件夹",
            en=f"another run (process {process}) is working on this result folder",
        ),
        allowed=Text(zh="同一结果文件夹一次只能有一个运行", en="one run at a time on a result folder"),
        mend=Text(
            zh="等它结束，或用 --output 指定另一个文件夹",
            en="wait until it ends, or choose another folder with --output",
        ),
    )


def _not_writable(folder: Path, refusal: OSError) -> Finding:
    reason = refusal.strerror or str(refusal)
    return error(
        "results-not-writable",
        Place(file=folder),
        found=Text(zh=f"无法写入结果：{reason}", en=f"results can't be written there: {reason}"),
        allowed=Text(zh="可写的文件夹", en="a folder that can be written"),
        mend=Text(
            zh="检查权限和磁盘，或用 --output 指定另一个文件夹",
            en="check permissions and disk, or choose another folder with --output",
        ),
    )


def _foreign(folder: Path) -> Finding:
    return error(
        "results-not-ours",
        Place(file=folder),
        found=Text(
            zh="这里已有内容，但不是 siteplan 的结果（没有 plan.json 或 run.json）",
            en="there is something here that isn't siteplan's results (no plan.json or run.json)",
        ),
        allowed=Text(
            zh="新文件夹、空文件夹或以前的结果文件夹", en="a new or empty folder, or one of earlier results"
        ),
        mend=Text(
            zh="用 --output 指定另一个文件夹，或先移走其中的内容",
            en="choose another folder with --output, or move its content away first",
        ),
    )


def _in_use(folder: Path) -> Finding:
    return error(
        "results-in-use",
        Place(file=folder),
        found=Text(
            zh="新结果已写好，但结果文件夹被其他程序占用，暂时无法替换",
            en="the new results are complete, but another program has the result folder in use",
        ),
        allowed=Text(zh="没有程序打开其中的文件", en="no program has one of its files open"),
        mend=Text(
            zh="关闭打开这些文件的程序（如 Excel、QGIS），再运行任一 siteplan 命令即可完成替换",
            en="close the programs that show its files (Excel, QGIS); the next siteplan command on this"
            " folder puts the new results in place",
        ),
    )

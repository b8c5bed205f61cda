"""``siteplan init``: a folder with a ready case, scenarios and model files to start from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siteplan.findings import Finding, InputError, Place, error
from siteplan.inputs.bundled import bundled_root
from siteplan.text import Text

STARTER_FOLDERS = ("model", "data/zhouzhi", "scenarios", "docs/examples")
STARTER_FILES = ("docs/data-dictionary.md",)
"""What a new folder is given, relative to the bundled root."""


def create_starter_folder(folder: Path) -> None:
    """Copy the bundled model, case and scenarios into a new or empty folder, all of it or nothing.

    Raises:
        InputError: the folder holds something, is a file, or can't be written.
    """
    with new_folder(folder) as prepared:
        for name in STARTER_FOLDERS:
            shutil.copytree(
                bundled_root() / name, prepared / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in STARTER_FILES:
            (prepared / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundled_root() / name, prepared / name)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Lend a folder to fill, which becomes ``folder`` at the end of the ``with`` block, or nothing does.

    Raises:
        InputError: the folder holds something, is a file, or can't be written.
    """
    folder = folder.absolute()
    _refuse_used(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            prepared = Path(scratch) / "prepared"
            prepared.mkdir()
            yield prepared
            _put_in_place(prepared, folder)
    except OSError as problem:
        raise InputError([_not_writable(folder, problem)]) from problem


def _refuse_used(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        raise InputError(
            [
                error(
                    "folder-in-use",
                    Place(file=folder),
                    found=Text("这里已有内容。", "there is something here already."),
                    allowed=Text("新文件夹或空文件夹。", "a new or an empty folder."),
                    mend=Text(
                        "换一个文件夹名",
                        "name another folder",
                    ),
                )
            ]
        )


def _put_in_place(prepared: Path, folder: Path) -> None:
    """Rename the prepared folder, or, if the folder exists (empty), what is in it."""
    if not folder.exists():
        prepared.rename(folder)
        return
    moved: list[Path] = []
    try:
        for child in sorted(prepared.iterdir()):
            moved.append(child.rename(folder / child.name))
    except BaseException:
        for child in moved:
            shutil.rmtree(child)
        raise


def _not_writable(folder: Path, problem: OSError) -> Finding:
    return error(
        "folder-not-writable",
        Place(file=folder),
        found=Text(f"无法写入：{problem.strerror}", f"can't be written: {problem.strerror}"),
        allowed=Text("可写入的位置。", "a place that can be written to."),
        mend=Text(
            "换一个位置，或检查权限和磁盘空间。", "choose another place, or check rights and disk space."
        ),
    )

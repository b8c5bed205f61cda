"""The folder of an export: replaced as a whole, and only where it holds an earlier export or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from siteplan.findings import Finding, InputError, Place, error
from siteplan.text import Text

EXPORT_FILE = "export.json"
SCHEMA = "siteplan-export/1"


def replace_export(folder: Path, target: str, note: Text, write: Callable[[Path], None]) -> None:
    """Put what ``write`` makes in place of an earlier export; on failure that one stays.

    ``note``: what the export says of itself, empty for none.

    Raises:
        InputError: the folder holds something else than an export, or can't be written.
    """
    if folder.exists() and not _is_ours(folder):
        raise InputError([_foreign(folder)])
    writing = folder.with_name(f".{folder.name}.siteplan-writing")
    try:
        shutil.rmtree(writing, ignore_errors=True)
        writing.mkdir(parents=True)
        write(writing)
        said = {"schema": SCHEMA, "to": target, "note_zh": note.zh, "note_en": note.en}
        words = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
        (writing / EXPORT_FILE).write_text(words, encoding="utf-8", newline="\n")
        if folder.exists():
            shutil.rmtree(folder)
        writing.rename(folder)
    except OSError as refusal:
        raise InputError([_not_writable(folder, refusal)]) from refusal
    finally:
        shutil.rmtree(writing, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / EXPORT_FILE).is_file() or not any(folder.iterdir()))


def _foreign(folder: Path) -> Finding:
    return error(
        "export-not-ours",
        Place(file=folder),
        found=Text("这里已有内容，但不是 siteplan 的导出", "there is something here that isn't an export"),
        allowed=Text("新文件夹、空文件夹或以前的导出", "a new or empty folder, or one of an earlier export"),
        mend=Text("用 --output 指定另一个文件夹", "choose another folder with --output"),
    )


def _not_writable(folder: Path, refusal: OSError) -> Finding:
    reason = refusal.strerror or str(refusal)
    return error(
        "export-not-writable",
        Place(file=folder),
        found=Text(f"无法写入：{reason}", f"it can't be written: {reason}"),
        allowed=Text("可写的文件夹", "a folder that can be written"),
        mend=Text(
            "检查权限和磁盘，关闭打开这些文件的程序，或用 --output 指定另一个文件夹",
            "check permissions and disk, close programs that show its files, or use --output",
        ),
    )

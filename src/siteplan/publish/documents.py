"""JSON result files: written from a typed document and read back into it, or refused with findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from siteplan.findings import Finding, InputError, Place, error
from siteplan.text import Text

DocumentT = TypeVar("DocumentT", bound=BaseModel)

SHOWN_FAULTS = 20
"""Faults of one file that are told; a file of another kind has thousands."""


def write_document(document: BaseModel, file: Path) -> None:
    """Write a document as UTF-8 JSON, keys and numbers as they are."""
    file.write_text(document.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8", newline="\n")


def read_document(file: Path, kind: type[DocumentT], schema: str) -> DocumentT:
    """Read a document that `write_document` wrote.

    Raises:
        InputError: there is no such file, it isn't JSON, has another schema version or a fault in it.
    """
    data = _read_json(file)
    found = data.get("schema") if isinstance(data, dict) else None
    if found != schema:
        raise InputError([_wrong_schema(file, found, schema)])
    try:
        return kind.model_validate(data)
    except ValidationError as faults:
        raise InputError(_faults(file, faults)) from faults


def _read_json(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as refusal:
        raise InputError([_unreadable(file, refusal.strerror or str(refusal))]) from refusal
    except (ValueError, RecursionError) as fault:
        raise InputError([_not_json(file, str(fault))]) from fault


def _unreadable(file: Path, reason: str) -> Finding:
    return error(
        "results-unreadable",
        Place(file=file),
        found=Text(zh=f"读不了这个文件：{reason}", en=f"the file can't be read: {reason}"),
        allowed=Text(
            zh="siteplan solve 写出的结果文件夹", en="a result folder that `siteplan solve` has written"
        ),
        mend=Text(
            zh="检查文件夹名称，或先运行 siteplan solve",
            en="check the name of the folder, or run `siteplan solve` first",
        ),
    )


def _not_json(file: Path, reason: str) -> Finding:
    return error(
        "results-not-json",
        Place(file=file),
        found=Text(zh=f"不是有效的 JSON：{reason}", en=f"it isn't valid JSON: {reason}"),
        allowed=Text(zh="UTF-8 编码的 JSON", en="JSON in UTF-8"),
        mend=_solve_again(),
    )


def _wrong_schema(file: Path, found: object, schema: str) -> Finding:
    return error(
        "results-schema",
        Place(file=file, yaml_path="schema"),
        found=Text(
            zh=f"格式版本为 {found!r}" if found is not None else "没有格式版本",
            en=f"its schema version is {found!r}" if found is not None else "it has no schema version",
        ),
        allowed=Text(zh=f"本版 siteplan 读取 {schema}", en=f"this siteplan reads {schema}"),
        mend=Text(
            zh="用写出它的 siteplan 版本读取，或重新运行 siteplan solve",
            en="use the siteplan version that wrote it, or run `siteplan solve` again",
        ),
    )


def _faults(file: Path, faults: ValidationError) -> list[Finding]:
    return [
        error(
            "results-fault",
            Place(file=file, yaml_path=".".join(str(part) for part in fault["loc"])),
            found=Text.same(f"{fault['msg']} ({str(fault['input'])[:80]})"),
            allowed=Text(zh="siteplan solve 写出的内容", en="what `siteplan solve` writes"),
            mend=_solve_again(),
        )
        for fault in faults.errors(include_url=False)[:SHOWN_FAULTS]
    ]


def _solve_again() -> Text:
    return Text(
        zh="文件可能被改动或损坏：重新运行 siteplan solve",
        en="the file may have been changed or damaged: run `siteplan solve` again",
    )

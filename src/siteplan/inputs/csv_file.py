"""A CSV file as spreadsheets write it, read into a header and records: encoding, delimiter, quotes.

Read: UTF-8 with or without byte order mark, GBK / GB18030 (what Chinese Excel saves), UTF-16 with byte
order mark ("Unicode text"); comma, semicolon or tab, whichever lets the header be recognised.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from siteplan.findings import Finding, Place, error
from siteplan.text import Text

LARGEST_TABLE_BYTES = 32 * 2**20
"""A larger file is refused unread: a county has thousands of rows, not hundreds of thousands."""

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Record:
    """One record with its row number as a spreadsheet counts (a line break inside quotes starts none)."""

    row: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvContent:
    """The records of a file up to the first that can't be split into cells; blank ones are left out.

    The first one is the header. ``findings`` says why the file couldn't be read (to its end).
    """

    records: tuple[Record, ...]
    findings: tuple[Finding, ...]


def read_csv(path: Path, is_column: Callable[[str], bool]) -> CsvContent:
    """Read a CSV file; ``is_column`` tells known column names, by which the delimiter is recognised."""
    content = _bytes_of(path)
    if isinstance(content, Finding):
        return CsvContent((), (content,))
    text = _decoded(path, content)
    if isinstance(text, Finding):
        return CsvContent((), (text,))
    return _split(path, text, _delimiter(text, is_column))


def _bytes_of(path: Path) -> bytes | Finding:
    if path.is_dir():
        return error(
            "directory-not-file",
            Place(path),
            found=Text(zh="这是一个文件夹", en="a folder"),
            allowed=Text(zh="CSV 文件", en="a CSV file"),
            mend=Text(zh="把表格另存为这个名称的 CSV 文件", en="save the table as a CSV file of this name"),
        )
    try:
        if not path.is_file():
            raise FileNotFoundError(path)
        size = path.stat().st_size
        if size > LARGEST_TABLE_BYTES:
            return _too_large(path, size)
        return path.read_bytes()
    except OSError as problem:
        reason = problem.strerror or "not a regular file"
        return error(
            "unreadable-file",
            Place(path),
            found=Text(zh=f"文件无法读取（{reason}）", en=f"the file can't be read ({reason})"),
            allowed=Text(zh="可读取的 CSV 文件", en="a CSV file that can be read"),
            mend=Text(zh="检查文件是否存在、是否有读取权限", en="check that the file exists and may be read"),
        )


def _too_large(path: Path, size: int) -> Finding:
    limit = LARGEST_TABLE_BYTES // 2**20
    return error(
        "file-too-large",
        Place(path),
        found=Text(zh=f"{size / 2**20:.0f} MB", en=f"{size / 2**20:.0f} MB"),
        allowed=Text(zh=f"不超过 {limit} MB", en=f"at most {limit} MB"),
        mend=Text(zh="检查是否放错了文件", en="check that this is the right file"),
    )


def _decoded(path: Path, content: bytes) -> str | Finding:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _try(content, "utf-16")
    else:
        text = _try(content, "utf-8-sig")
        if text is None and not _is_damaged_utf8(content):
            text = _try(content, "gb18030")
    if text is None:
        return _not_text(path, content)
    if "\0" in text:
        return _binary(path, text)
    return text


def _try(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_damaged_utf8(content: bytes) -> bool:
    """Whether most of the text beyond ASCII is UTF-8, so that reading it as GBK would garble it."""
    text = content.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    return sum(not character.isascii() for character in text) > 2 * broken


def _not_text(path: Path, content: bytes) -> Finding:
    try:
        content.decode("utf-8")
        position = 0
    except UnicodeDecodeError as problem:
        position = problem.start
    line = content.count(b"\n", 0, position) + 1
    return error(
        "unknown-encoding",
        Place(path, line=line),
        found=Text(
            zh=f"第 {position + 1} 个字节起无法识别文字编码",
            en=f"bytes from number {position + 1} on are no known text encoding",
        ),
        allowed=Text(zh="UTF-8 或 GBK（GB18030）编码", en="UTF-8 or GBK (GB18030)"),
        mend=Text(
            zh="在电子表格中另存为“CSV UTF-8（逗号分隔）”", en="save it as 'CSV UTF-8' in the spreadsheet"
        ),
    )


def _binary(path: Path, text: str) -> Finding:
    line = text.count("\n", 0, text.index("\0")) + 1
    return error(
        "binary-content",
        Place(path, line=line),
        found=Text(zh="空字符（NUL）", en="a NUL character"),
        allowed=Text(zh="文本格式的 CSV", en="CSV, which is plain text"),
        mend=Text(
            zh="文件已损坏或不是 CSV：在电子表格中另存为“CSV UTF-8（逗号分隔）”",
            en="the file is damaged or no CSV: save it as 'CSV UTF-8' in the spreadsheet",
        ),
    )


def _delimiter(text: str, is_column: Callable[[str], bool]) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")

    def recognised(delimiter: str) -> int:
        return sum(is_column(name.strip().strip('"')) for name in header.split(delimiter))

    return max(DELIMITERS, key=recognised)


def _split(path: Path, text: str, delimiter: str) -> CsvContent:
    records: list[Record] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                records.append(Record(row, stripped))
    except csv.Error as problem:
        return CsvContent(tuple(records), (_malformed(path, row + 1, problem),))
    return CsvContent(tuple(records), ())


def _malformed(path: Path, row: int, problem: csv.Error) -> Finding:
    return error(
        "malformed-record",
        Place(path, row=row),
        found=Text(
            zh=f"这一行无法拆分成单元格（{problem}）", en=f"the row can't be split into cells ({problem})"
        ),
        allowed=Text(
            zh="引号成对；单元格内的引号写两遍", en="paired quotation marks; inside a cell, doubled"
        ),
        mend=Text(
            zh="检查这一行的引号；此行之后的内容未检查",
            en="check the quotation marks in this row; what follows it was not checked",
        ),
    )

"""Texts from data on their way into tables: no control characters, cut at whole characters."""

from __future__ import annotations

import unicodedata


def cleaned(text: str) -> str:
    """Return a text on one line: control characters and line separators become spaces."""
    marks = ("Cc", "Zl", "Zp")
    return "".join(" " if unicodedata.category(mark) in marks else mark for mark in text).strip()


def shortened(text: str, characters: int | None, octets: int | None) -> str:
    """Return the beginning of a text that has at most so many characters, and bytes in UTF-8."""
    text = text if characters is None else text[:characters]
    return text if octets is None else text.encode()[:octets].decode(errors="ignore")

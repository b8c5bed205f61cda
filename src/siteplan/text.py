"""Planner-facing text in the two languages siteplan speaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """Language of planner-facing text: ``zh`` (Chinese, the default) or ``en`` (English)."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in Chinese and in English."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the text in ``language``."""
        return self.zh if language is Language.ZH else self.en

    @classmethod
    def same(cls, words: str) -> Text:
        """Text that reads the same in both languages: a code, a file name, a number."""
        return cls(zh=words, en=words)


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def as_cell(words: str) -> str:
    """Return a text from data as a cell of a CSV file that a spreadsheet doesn't take for a formula.

    One that begins like a formula gets an apostrophe in front, and so does one that begins with an
    apostrophe: `from_cell` gives back every text.
    """
    return f"'{words}" if words.startswith((*FORMULA_STARTS, "'")) else words


def from_cell(cell: str) -> str:
    """Return the text that `as_cell` has made a cell of."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*FORMULA_STARTS, "'")) else cell

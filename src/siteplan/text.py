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

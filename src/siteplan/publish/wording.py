"""Words and numbers as an official reads them, whatever the data contains."""

from __future__ import annotations

import re
from collections.abc import Iterable

from siteplan.text import Language, Text

CNY_PER_10_000 = 10_000.0
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TURNS_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_TEXT = 2000
LONGEST_NAME = 60
"""Characters of a text or a name from data; a longer one ends in …."""

DRAFT = Text("示例数据，不得报送", "Illustrative data: not to be submitted")
TO_BE_SUPPLIED = Text("待镇街填报", "to be supplied by the town")
NOT_CONCERNED = Text("不涉及", "not concerned")


def clean(words: str) -> str:
    """Return a text from data as one line that a document can hold and that can't reorder what follows."""
    kept = TURNS_DIRECTION.sub("", NOT_IN_XML.sub("", words))
    line = " ".join(kept.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def name(words: str) -> str:
    """Return a name from data, short enough for a column of a table."""
    line = clean(words)
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def joined(names: Iterable[str], language: Language) -> str:
    """Return names as a list in a sentence; — where there is none."""
    return ("、" if language is Language.ZH else ", ").join(map(name, names)) or "—"


def whole(value: float) -> str:
    """Return a number without decimals: persons, sites, m²."""
    return str(round(value))


def short(value: float) -> str:
    """Return a number with one decimal at most."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded.is_integer() else f"{rounded:.1f}"


def money(cny: float | None) -> str:
    """Return an amount in 10 000 CNY (万元) with one decimal at most; — where there is none."""
    return "—" if cny is None else short(cny / CNY_PER_10_000)


NUMERALS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """Return 1 to 99 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return NUMERALS[ones]
    return ("" if tens == 1 else NUMERALS[tens]) + "十" + (NUMERALS[ones] if ones else "")


def heading_number(numbers: tuple[int, ...], language: Language) -> str:
    """Return the number of a heading: 一、 （一） 1. as in official documents, or 1, 1.1, 1.1.1."""
    if language is Language.EN:
        return ".".join(map(str, numbers)) + "  "
    last = numbers[-1]
    return (f"{chinese_number(last)}、", f"（{chinese_number(last)}）", f"{last}. ")[len(numbers) - 1]


WIDE = re.compile("[\u2e80-\u9fff\uff00-\uffef]")


def own_language(words: str, language: Language) -> str:
    """Return the part in one language of a note that gives Chinese first and then English.

    The two are parted by " / ", or English begins after the last Chinese character.
    """
    chinese, slash, english = words.rpartition(" / ")
    if not slash:
        last = max((found.end() for found in WIDE.finditer(words)), default=0)
        chinese, english = words[:last], words[last:]
        if not last or not english.strip(" .。").count(" "):
            return words.strip()
    return (chinese if language is Language.ZH else english).strip() or words.strip()

"""What is wrong, or suspicious, in an input: one finding each, all of them at once.

A finding says where (file, row and column or YAML path), what was found, what is allowed and how to
mend it. Stages collect findings and raise them together in one `InputError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from siteplan.text import Language, Text


class Severity(StrEnum):
    """An error stops the run; a warning is reported and the run goes on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is: a file, and inside it a table cell or a place in a YAML document.

    ``row`` counts as a spreadsheet does: the header is row 1. ``yaml_path`` is written with dots, for
    example ``budget.sources.county``; ``line`` is 1-based.
    """

    file: Path | None = None
    row: int | None = None
    column: str | None = None
    yaml_path: str | None = None
    line: int | None = None

    def describe(self, language: Language) -> str:
        """Return the place as a planner reads it, for example ``sites.csv, row 12, column floor``."""
        zh = language is Language.ZH
        parts = [str(self.file)] if self.file is not None else []
        if self.line is not None:
            parts.append(f"第 {self.line} 行" if zh else f"line {self.line}")
        if self.row is not None:
            parts.append(f"表格第 {self.row} 行" if zh else f"row {self.row}")
        if self.column is not None:
            parts.append(f"“{self.column}”列" if zh else f"column {self.column}")
        if self.yaml_path:
            parts.append(self.yaml_path)
        return ("，" if zh else ", ").join(parts)


YamlPath = tuple[str | int, ...]
"""Keys and list positions from the root of a YAML document: ``("budget", "sources", "county")``."""


def nearest_place(places: Mapping[YamlPath, Place], path: YamlPath, file: Path | None = None) -> Place:
    """Return the place of ``path``, or of its nearest stated parent, under the full dotted path."""
    for length in range(len(path), -1, -1):
        place = places.get(path[:length])
        if place is not None:
            return Place(file=place.file, line=place.line, yaml_path=dotted(path))
    return Place(file=file, yaml_path=dotted(path))


def dotted(path: YamlPath) -> str:
    """Return a path as planners read it, for example ``objective[2]``."""
    words = ""
    for step in path:
        words += f"[{step}]" if isinstance(step, int) else f".{step}"
    return words.lstrip(".")


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. ``code`` is a stable name for it, for example ``unknown-key``."""

    severity: Severity
    code: str
    place: Place
    found: Text
    allowed: Text
    mend: Text

    def describe(self, language: Language) -> str:
        """Return the finding as a short paragraph: place, what was found, what is allowed, the mend."""
        zh = language is Language.ZH
        mark = {
            Severity.ERROR: "错误" if zh else "error",
            Severity.WARNING: "警告" if zh else "warning",
        }[self.severity]
        labels = ("允许", "改法") if zh else ("allowed", "to mend")
        where = self.place.describe(language)
        head = f"{mark} [{self.code}] {where}".rstrip()
        return "\n".join(
            [
                f"{head}{'：' if zh else ': '}{self.found.in_language(language)}",
                f"    {labels[0]}{'：' if zh else ': '}{self.allowed.in_language(language)}",
                f"    {labels[1]}{'：' if zh else ': '}{self.mend.in_language(language)}",
            ]
        )


def error(code: str, place: Place, *, found: Text, allowed: Text, mend: Text) -> Finding:
    """Return a finding that stops the run."""
    return Finding(Severity.ERROR, code, place, found, allowed, mend)


def warning(code: str, place: Place, *, found: Text, allowed: Text, mend: Text) -> Finding:
    """Return a finding that is reported while the run goes on."""
    return Finding(Severity.WARNING, code, place, found, allowed, mend)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


class InvalidValueError(ValueError):
    """A validator of an input type refuses a value; ``allowed`` says in both languages what it takes.

    Where values don't go together, ``path`` is the one to look at, inside of what is validated, ``found``
    says what is wrong and ``mend`` what to do.
    """

    def __init__(
        self, allowed: Text, *, path: YamlPath = (), found: Text | None = None, mend: Text | None = None
    ) -> None:
        self.allowed = allowed
        self.path, self.found, self.mend = path, found, mend
        super().__init__(allowed.en)


class InputError(Exception):
    """The inputs can't be used; carries every finding of the stage that raised it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__("\n".join(finding.describe(Language.EN) for finding in self.findings))


def raise_errors(findings: Iterable[Finding]) -> None:
    """Raise one `InputError` with all findings if any of them is an error.

    Raises:
        InputError: at least one finding is an error.
    """
    collected = tuple(findings)
    if has_errors(collected):
        raise InputError(collected)

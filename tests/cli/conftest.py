"""Calling the command line inside the test's process, and looking at what it leaves on the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from siteplan.cli.main import run


@dataclass(frozen=True)
class Call:
    """What a call of the command line ended with."""

    code: int
    out: str
    err: str


Siteplan = Callable[..., Call]


@pytest.fixture
def siteplan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Siteplan:
    """Call ``siteplan`` with arguments, in English unless a test says ``lang=…``."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str | Path, lang: str = "en") -> Call:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments], {"SITEPLAN_LANG": lang})
        captured = capsys.readouterr()
        return Call(int(code), captured.out, captured.err)

    return call


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder, by relative path; folders as empty content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }

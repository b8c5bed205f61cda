"""What one call of the command line shares: language, consoles and the reporter."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console

from siteplan.cli.errors import Reporter
from siteplan.text import Language

PIPED_WIDTH = 80
"""Columns of tables that go to a file or a pipe."""


@dataclass(frozen=True, slots=True)
class Session:
    """Language and output of a call; commands find it in their context (`session_of`)."""

    language: Language
    out: Console
    err: Console

    @property
    def reporter(self) -> Reporter:
        """Where findings and messages go."""
        return Reporter(self.err, self.language)


def make_session(language: Language) -> Session:
    """Return the session of a call: tables on stdout, messages and progress on stderr."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a name that the terminal's encoding lacks must not end a run
            reconfigure(errors="replace")
    return Session(language, _console(stderr=False), _console(stderr=True))


def session_of(context: typer.Context) -> Session:
    """Return the session of the call that a command is part of."""
    session: Any = context.obj
    assert isinstance(session, Session)
    return session


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console

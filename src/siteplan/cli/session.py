"""What one call of the command line shares: language, consoles, reporter and clock."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console

from siteplan.cli.clock import RunClock
from siteplan.cli.errors import Reporter
from siteplan.text import Language

PIPED_WIDTH = 80
"""Columns of tables that go to a file or a pipe."""


@dataclass(frozen=True, slots=True)
class Session:
    """Language, output and clock of a call; commands find it in their context (`session_of`)."""

    language: Language
    out: Console
    err: Console
    clock: RunClock

    @property
    def reporter(self) -> Reporter:
        """Where findings and messages go."""
        return Reporter(self.err, self.language)


def make_session(language: Language, clock: RunClock | None = None) -> Session:
    """Return the session of a call, tables on stdout, the rest on stderr; by default it starts now."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a name that the terminal's encoding lacks must not end a run
            reconfigure(errors="replace")
    return Session(language, _console(stderr=False), _console(stderr=True), clock or RunClock())


def session_of(context: typer.Context) -> Session:
    """Return the session of the call that a command is part of.

    A command that is called without `siteplan.cli.main.run`, as from a notebook, has none: it gets one in
    the language of its own ``--lang``.
    """
    session: Any = context.obj
    if isinstance(session, Session):
        return session
    return make_session(context.params.get("lang") or Language.ZH)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console

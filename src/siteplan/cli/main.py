"""The entry point: from the arguments of the process to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import typer

from siteplan.cli.app import app
from siteplan.cli.clock import PROCESS_STARTED, RunClock
from siteplan.cli.errors import run_and_report
from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.language import chosen_language, localise
from siteplan.cli.session import make_session


def main() -> None:
    """Run the command line of this process and exit with its code."""
    sys.exit(run(sys.argv[1:], os.environ, RunClock(PROCESS_STARTED)))


def run(arguments: Sequence[str], environment: Mapping[str, str], clock: RunClock | None = None) -> ExitCode:
    """Run a command line and return its exit code; messages go to stderr, results to stdout.

    Time limits count from ``clock``, by default from now.
    """
    session = make_session(chosen_language(arguments, environment), clock)
    command = typer.main.get_command(app)
    localise(command, session.language)
    is_debug = "--debug" in arguments or bool(environment.get("SITEPLAN_DEBUG"))

    def call() -> int | None:
        code: int | None = command.main(
            args=list(arguments), prog_name="siteplan", standalone_mode=False, obj=session
        )
        return code

    return run_and_report(call, session.reporter, debug=is_debug)

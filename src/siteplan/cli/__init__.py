"""The command line of siteplan: commands, progress, tables and exit codes; no logic of planning."""

from siteplan.cli import clock as _clock  # noqa: F401 - first: the time limit counts from here
from siteplan.cli.main import main

__all__ = ["main"]

"""Options that every command has."""

from __future__ import annotations

import os
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated

import typer

from siteplan.cli.language import bilingual
from siteplan.text import Language


class ExportTarget(StrEnum):
    """Formats of ``siteplan export``."""

    ONEMAP = "onemap"
    GEOJSON = "geojson"
    GEOPARQUET = "geoparquet"
    POSTGIS = "postgis"


class Difference(StrEnum):
    """What ``siteplan alternatives`` compares plans by."""

    SITES = "sites"
    FUNCTIONS = "functions"


class Rule(StrEnum):
    """How ``siteplan futures`` judges a decision; as `siteplan.scenario.DecisionRule`."""

    ROBUST = "robust"
    EXPECTED = "expected"
    REGRET = "regret"


class ReportKind(StrEnum):
    """Files of ``siteplan report``, by their ending."""

    DOCX = "docx"
    XLSX = "xlsx"


class SolveOutput(StrEnum):
    """What ``siteplan solve --only`` writes."""

    PLAN = "plan"


class PictureKind(StrEnum):
    """Pictures of ``siteplan plot``."""

    MAP = "map"
    COVERAGE = "coverage"
    OPENINGS = "openings"
    MONEY = "money"
    ALL = "all"


class PictureFormat(StrEnum):
    """File formats of ``siteplan plot``."""

    PNG = "png"
    SVG = "svg"


LanguageOption = Annotated[
    Language | None,
    typer.Option(
        "--lang",
        case_sensitive=False,
        help=bilingual("输出语言：zh 或 en。", "Language of the output: zh or en."),
    ),
]
"""Its value is read from the command line before that is parsed (`language.chosen_language`); here it is
only checked and documented."""


ProcessesOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        help=bilingual(
            "同时运行几次；默认处理器核数。", "So many runs at a time; by default one for each core."
        ),
    ),
]

SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help=bilingual(
            "Dask 调度器地址（tcp://…）：在集群上运行。", "Address of a Dask scheduler (tcp://…): run there."
        ),
    ),
]


def cores() -> int:
    """Return the number of cores of this machine."""
    return os.cpu_count() or 1


def show_version(wanted: bool) -> None:
    """Print the version and end the call, where asked."""
    if wanted:
        typer.echo(f"siteplan {version('siteplan')}")
        raise typer.Exit

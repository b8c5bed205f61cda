"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siteplan.cli.language import bilingual
from siteplan.cli.options import SolveOutput
from siteplan.cli.session import Session

if TYPE_CHECKING:
    from siteplan.cli.stages import FurtherOutputs


ScenarioArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO",
        help=bilingual(
            "情景文件，例如 scenarios/2027.yaml", "Scenario file, for example scenarios/2027.yaml"
        ),
    ),
]
CaseOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help=bilingual("案例文件夹现在的位置（若已移动）。", "Where the case folder is now, if it moved."),
    ),
]
ResultsArgument = Annotated[
    Path, typer.Argument(metavar="RESULTS", help=bilingual("结果文件夹。", "The result folder."))
]
OnlyOption = Annotated[
    SolveOutput | None,
    typer.Option(
        "--only",
        case_sensitive=False,
        help=bilingual(
            "plan：不写报告、地图和图片，较快。",
            "plan: without report, map and pictures; faster.",
        ),
    ),
]
SecondsOption = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        min=0.0,
        help=bilingual("每次重新求解的秒数；0 不求解。", "For each solve; 0: nothing is solved again."),
    ),
]


def further_outputs(only: SolveOutput | None, session: Session) -> FurtherOutputs:
    """Return what makes the results for people, unless only the plan is wanted."""
    from siteplan.cli.solving import readables_in
    from siteplan.cli.stages import no_further_outputs

    return no_further_outputs if only is SolveOutput.PLAN else readables_in(session.language)

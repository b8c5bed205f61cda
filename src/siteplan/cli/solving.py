"""``siteplan solve``: options, the run with its progress and interruption, and the closing table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import ValidationError

from siteplan.cli.clock import MINIMUM_TIME_LIMIT_S, RunClock
from siteplan.cli.display import progress_on
from siteplan.cli.errors import counts
from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.interruption import Interruption
from siteplan.cli.session import Session
from siteplan.cli.stages import (
    FurtherOutputs,
    Prepared,
    Solved,
    Stopwatch,
    no_further_outputs,
    now,
    prepare,
    publish_result,
    search,
)
from siteplan.cli.summary import Summary
from siteplan.findings import InputError, error
from siteplan.plan import Plan
from siteplan.publish import Output, result_folder
from siteplan.scenario import LoadedScenario, SolverSettings
from siteplan.text import Language, Text


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command line; None where the scenario's setting holds.

    ``further``: makes the outputs besides the essential ones.
    """

    output: Path | None
    time_limit_s: float | None
    gap: float | None
    seed: int | None
    effort: float | None
    further: FurtherOutputs = no_further_outputs

    def settings(self, scenario: SolverSettings) -> SolverSettings:
        """Return the scenario's solver settings with the options in place.

        Raises:
            BadParameter: an option is no such number.
        """
        changes = {
            name: value
            for name in ("time_limit_s", "gap", "seed", "effort")
            if (value := getattr(self, name)) is not None
        }
        try:
            return SolverSettings.model_validate(scenario.model_dump() | changes)
        except ValidationError as faults:
            first = faults.errors()[0]
            raise typer.BadParameter(f"{first['loc'][0]}: {first['msg']}") from faults

    def folder(self, scenario_file: Path) -> Path:
        """Return the result folder: as asked, or ``results/<file stem>`` under the working directory."""
        return self.output if self.output is not None else Path("results") / scenario_file.stem


def readables_in(language: Language) -> FurtherOutputs:
    """Return what makes every result for people, in a language."""

    def outputs(prepared: Prepared, plan: Plan, deadline: float) -> tuple[Output, ...]:
        # loading them takes a second, which the search can use
        from siteplan.cli.readable import readable_sources  # noqa: PLC0415
        from siteplan.publish.readable import readable_outputs  # noqa: PLC0415

        return readable_outputs(readable_sources(prepared, plan, language), deadline)

    return outputs


def solve_scenario(scenario_file: Path, options: Options, session: Session) -> ExitCode:
    """Run every stage, publish, and print the summary.

    Raises:
        InputError: bad inputs, or a result folder that can't be written.
        InfeasibleError: the hard rules clash.
        NoPlanError: the search ended without a plan.
        KeyboardInterrupt: the run was interrupted before the search, or twice.
    """
    folder = options.folder(scenario_file)
    solved = solve_to_folder(scenario_file, options, session, session.clock)
    Summary(solved.plan, solved.problem, session.out, session.language).print(folder, solved.record)
    return ExitCode.DONE


def solve_to_folder(scenario_file: Path, options: Options, session: Session, clock: RunClock) -> Solved:
    """Run every stage and publish, with progress on stderr; ``clock``: from when the time limit counts.

    Raises:
        InputError, InfeasibleError, NoPlanError, KeyboardInterrupt: as `solve_scenario`.
    """
    folder = options.folder(scenario_file)
    with progress_on(session.err, session.language, clock) as display:
        interruption = Interruption(display.stopping)
        with interruption.watch():
            stopwatch = Stopwatch(display, clock)
            return _run(scenario_file, options, folder, stopwatch, interruption, session)


def _run(
    scenario_file: Path,
    options: Options,
    folder: Path,
    stopwatch: Stopwatch,
    interruption: Interruption,
    session: Session,
) -> Solved:
    started_at = now()
    prepared = prepare(scenario_file, stopwatch, is_for_search=True)
    loaded = prepared.inputs.loaded
    settings = options.settings(loaded.scenario.solver)
    _refuse_short_limit(settings, loaded)
    if prepared.warnings:
        session.reporter.say(counts(prepared.warnings))
        session.reporter.say(
            Text(f"详见 siteplan check {scenario_file}", f"see siteplan check {scenario_file}")
        )
    if loaded.scenario.futures is not None:
        session.reporter.say(
            Text(
                f"只求情景本身的方案；各种未来的共同决定用 siteplan futures {scenario_file}",
                f"this is the plan of the scenario as it stands; for its futures: siteplan futures "
                f"{scenario_file}",
            )
        )
    with result_folder(folder) as results:
        interruption.search_begins()
        result = search(
            prepared,
            settings,
            stopwatch,
            interruption.stop,
            keeps_time_for_readables=options.further is not no_further_outputs,
        )
        return publish_result(prepared, result, results, settings, stopwatch, started_at, options.further)


def _refuse_short_limit(settings: SolverSettings, loaded: LoadedScenario) -> None:
    if settings.time_limit_s >= MINIMUM_TIME_LIMIT_S:
        return
    raise InputError(
        [
            error(
                "time-limit-too-short",
                loaded.place_of(("solver", "time_limit_s")),
                found=Text(f"{settings.time_limit_s:g} 秒", f"{settings.time_limit_s:g} seconds"),
                allowed=Text(
                    f"至少 {MINIMUM_TIME_LIMIT_S:g} 秒：启动、步行距离和发布也计入",
                    f"at least {MINIMUM_TIME_LIMIT_S:g}: start-up, distances and publishing count too",
                ),
                mend=Text("加大 solver.time_limit_s", "raise solver.time_limit_s"),
            )
        ]
    )

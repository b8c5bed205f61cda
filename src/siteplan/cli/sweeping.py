"""``siteplan sweep``: scenarios × parameters, every run a result folder, in processes or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich import box
from rich.table import Table

from siteplan.cli.display import progress_on
from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.interruption import Interruption
from siteplan.cli.runs import ClusterError, Task, by_status, faults_in_words, run_all, settings_of
from siteplan.cli.session import Session
from siteplan.cli.wording import LEVEL_NAMES, number
from siteplan.findings import InputError
from siteplan.inputs.scenario_files import load_scenario
from siteplan.progress import Progress
from siteplan.publish import read_run_record
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.studies.sweep import (
    SWEEP_FILE,
    RunOutcome,
    SweepRun,
    finished,
    is_sweep_file,
    read_sweep,
    runs_of,
    values_of,
    write_run_scenario,
    write_sweep,
)
from siteplan.text import Text

WHY = Text("由 siteplan sweep 写出：一次运行", "written by siteplan sweep: one run")
NO_PLAN = {
    "infeasible": ExitCode.INFEASIBLE,
    "no_plan": ExitCode.TIME_LIMIT_WITHOUT_PLAN,
    "failed": ExitCode.BAD_INPUT,
    "not_run": ExitCode.INTERRUPTED_WITHOUT_PLAN,
}
"""The exit code where no run has a plan, by the status of the first."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What the user asks for. ``settings``: ``KEY=V1,V2`` each; ``seconds`` for each run."""

    sources: tuple[Path, ...]
    settings: tuple[str, ...]
    seconds: float | None
    processes: int
    scheduler: str | None
    output: Path | None


def sweep_scenarios(asked: Swept, session: Session) -> ExitCode:
    """Run everything that isn't finished yet, and write the table after every run.

    Raises:
        InputError: no run has inputs that can be used, or the folder can't be written.
        BadParameter: ``--set`` is no ``KEY=V1,V2``, or there is no such cluster.
    """
    scenarios, values, seconds = _asked(asked, session)
    folder = asked.output or Path("results") / f"{asked.sources[0].stem}-sweep"
    runs = runs_of(scenarios, values, folder)
    outcomes: dict[str, RunOutcome] = {}
    tasks = _tasks(runs, seconds, outcomes)
    write_sweep(folder / SWEEP_FILE, runs, outcomes)
    with progress_on(session.err, session.language, session.clock) as display:

        def told(name: str, outcome: RunOutcome) -> None:
            outcomes[name] = outcome
            write_sweep(folder / SWEEP_FILE, runs, outcomes)
            display(progress_of(len(outcomes), len(runs), name, outcome))

        run_watched(tasks, asked.scheduler, asked.processes, told, display.stopping)
    _report(runs, outcomes, folder, session)
    if any(outcome.has_plan for outcome in outcomes.values()):
        return ExitCode.DONE
    return NO_PLAN[outcomes.get(runs[0].name, RunOutcome("not_run")).status]


def run_watched(
    tasks: Sequence[Task],
    scheduler: str | None,
    processes: int,
    told: Callable[[str, RunOutcome], None],
    stopping: Callable[[], None],
) -> bool:
    """Run tasks until the user interrupts; return whether they all were run.

    Raises:
        BadParameter: there is no such cluster.
    """
    interruption = Interruption(stopping)
    with interruption.watch():
        interruption.search_begins()
        try:
            run_all(tasks, scheduler, processes, interruption.stop, told)
        except ClusterError as fault:
            raise typer.BadParameter(f"{fault.text.zh} / {fault.text.en}") from fault
    return not interruption.stop.is_set()


def progress_of(count: int, total: int, name: str, outcome: RunOutcome) -> Progress:
    """Return a report that a run has ended."""
    words = f"{count}/{total} {name}: {outcome.status}"
    return Progress(Text.same(words), 0.0)


def _asked(asked: Swept, session: Session) -> tuple[list[Path], dict[str, Sequence[Any]], float | None]:
    """Return the scenario files, the values by key, and the seconds for each run."""
    scenarios: list[Path] = []
    values: dict[str, Sequence[Any]] = {}
    seconds = asked.seconds
    for source in asked.sources:
        if is_sweep_file(source):
            named, settings = read_sweep(source)
            scenarios += named
            values |= settings.values
            seconds = seconds or settings.seconds
        else:
            scenarios.append(source)
    for setting in asked.settings:
        key, separator, stated = setting.partition("=")
        try:
            values[key.strip()] = values_of(stated if separator else "")
        except ValueError as fault:
            words = Text(
                f"--set {setting}：应为 键=值,值，如 budget.scale=0.5,1",
                f"--set {setting}: say KEY=VALUE,VALUE, such as budget.scale=0.5,1",
            )
            raise typer.BadParameter(words.in_language(session.language)) from fault
    return scenarios, values, seconds


def _tasks(runs: Sequence[SweepRun], seconds: float | None, outcomes: dict[str, RunOutcome]) -> list[Task]:
    """Write the scenario of every run; return those to be run, and note what is finished or can't be.

    Raises:
        InputError: no run has a scenario that can be used: what is wrong with the first.
    """
    refusals: list[InputError] = []
    tasks: list[Task] = []
    for run in runs:
        try:
            write_run_scenario(run, load_scenario(run.scenario), WHY)
            loaded = load_scenario(run.file)
        except InputError as refusal:
            refusals.append(refusal)
            outcomes[run.name] = RunOutcome("failed", faults_in_words(refusal))
            continue
        task = Task(run.name, run.file.resolve(), run.results.resolve(), seconds)
        if finished(run.results, run.file, settings_of(task, loaded.scenario.solver)) is None:
            tasks.append(task)
        else:
            outcomes[run.name] = RunOutcome("kept")
    if len(refusals) == len(runs):
        raise refusals[0]
    return tasks


def _report(
    runs: Sequence[SweepRun], outcomes: Mapping[str, RunOutcome], folder: Path, session: Session
) -> None:
    records = {
        run.name: read_run_record(run.results)
        for run in runs
        if run.name in outcomes and outcomes[run.name].has_plan
    }
    if any(record.illustrative for record in records.values()):
        session.out.print(ILLUSTRATIVE_NOTE.in_language(session.language), style="yellow", markup=False)
    table = Table(box=box.SIMPLE, pad_edge=False)
    heads = (Text("运行", "run"), Text("状态", "status"), Text("第一级", "first level"), Text("差", "gap"))
    for position, head in enumerate(heads):
        table.add_column(head.in_language(session.language), justify="left" if position < 2 else "right")
    for run in runs:
        first = records[run.name].levels[0] if run.name in records else None
        value = (
            "—"
            if first is None
            else f"{LEVEL_NAMES[first.name].in_language(session.language)} {number(first.value)}"
        )
        gap = "—" if first is None or first.gap is None else number(first.gap)
        table.add_row(run.name, outcomes.get(run.name, RunOutcome("not_run")).status, value, gap)
    session.out.print(table)
    for name, outcome in outcomes.items():
        if not outcome.has_plan:
            session.reporter.say(Text(f"{name}：{outcome.error.zh}", f"{name}: {outcome.error.en}"))
    counts = ", ".join(f"{status} {count}" for status, count in by_status(outcomes).items())
    missing = len(runs) - len(outcomes)
    if missing:
        counts += f", not_run {missing}"
    session.reporter.say(Text.same(counts))
    session.reporter.say(Text(f"已写出 {folder / SWEEP_FILE}", f"wrote {folder / SWEEP_FILE}"))

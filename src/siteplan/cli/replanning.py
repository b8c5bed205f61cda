"""``siteplan replan``: a plan, how far it has come, and a new scenario; the new plan and what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from siteplan.cli.display import progress_on
from siteplan.cli.interruption import Interruption
from siteplan.cli.session import Session
from siteplan.cli.stages import (
    FurtherOutputs,
    Solved,
    Stopwatch,
    no_further_outputs,
    now,
    prepare,
    publish_result,
    search,
)
from siteplan.cli.summary import Summary
from siteplan.findings import raise_errors
from siteplan.inputs.progress_file import SiteProgress, read_progress
from siteplan.outcome import decisions_of
from siteplan.plan import Plan
from siteplan.publish import mend_interrupted_swap, read_plan, result_folder
from siteplan.studies.replan import (
    CHANGES_FILE,
    Change,
    changes_between,
    check_progress,
    replanned,
    write_changes,
)
from siteplan.studies.scenario_file import title_with, write_changed_scenario
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What the user gives: the earlier results, the table of progress, the new scenario; further outputs."""

    results: Path
    progress: Path | None
    scenario: Path
    output: Path | None
    further: FurtherOutputs = no_further_outputs


def replan_results(given: Adjusted, session: Session) -> None:
    """Solve the new scenario with the promises of the earlier plan, and list what changes.

    Raises:
        InputError: bad inputs, or a folder that can't be written.
        InfeasibleError, NoPlanError: there is no new plan.
    """
    folder = given.output or Path("results") / f"{given.scenario.stem}-replan"
    mend_interrupted_swap(given.results)
    earlier = read_plan(given.results)
    progress = {} if given.progress is None else read_progress(given.progress)
    with progress_on(session.err, session.language, session.clock) as display:
        stopwatch = Stopwatch(display, session.clock)
        interruption = Interruption(display.stopping)
        with interruption.watch():
            solved = _solved(given, folder, earlier, progress, stopwatch, interruption)
    changes = changes_between(earlier, solved.plan, solved.problem, progress)
    write_changes(folder / CHANGES_FILE, changes, solved.plan.illustrative)
    Summary(solved.plan, solved.problem, session.out, session.language).print(folder / "plan", solved.record)
    _show(changes, session)
    written = folder / CHANGES_FILE
    session.reporter.say(Text(f"已写出 {written}", f"wrote {written}"))


def _solved(
    given: Adjusted,
    folder: Path,
    earlier: Plan,
    progress: dict[str, SiteProgress],
    stopwatch: Stopwatch,
    interruption: Interruption,
) -> Solved:
    started_at = now()
    base = prepare(given.scenario, stopwatch)
    if given.progress is not None:
        raise_errors(check_progress(given.progress, progress, earlier, base.problem))
    loaded = base.inputs.loaded
    file = folder / "scenario.yaml"
    why = Text(
        f"由 siteplan replan 写出：{earlier.title_zh} 的承诺，已开工的固定，滞后的推迟",
        f"written by siteplan replan: the promises of {earlier.title_en}; what is begun is fixed, what "
        "slipped waits",
    )
    changes = replanned(earlier, progress, loaded, base.problem)
    write_changed_scenario(file, loaded, title_with(loaded, Text("动态调整", "replanned")), changes, why)
    prepared = prepare(file, stopwatch)
    settings = prepared.inputs.loaded.scenario.solver
    with result_folder(folder / "plan") as results:
        interruption.search_begins()
        start = decisions_of(prepared.problem, earlier)
        result = search(
            prepared,
            settings,
            stopwatch,
            interruption.stop,
            start,
            keeps_time_for_readables=given.further is not no_further_outputs,
        )
        return publish_result(prepared, result, results, settings, stopwatch, started_at, given.further)


def _show(changes: list[Change], session: Session) -> None:
    """Print a line for each change."""
    zh = session.language.value == "zh"
    if not changes:
        words = Text("没有变动：承诺全部保持。", "No changes: every promise is kept.")
        session.out.print(words.in_language(session.language))
    for change in changes:
        years = " → ".join(
            "—" if year is None else str(year) for year in (change.year_before, change.year_after)
        )
        head = change.kind.text.in_language(session.language)
        reason = change.reason.in_language(session.language)
        colon = "：" if zh else ": "
        session.out.print(
            f"{head} {change.site} {change.name} ({years}){colon}{reason}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

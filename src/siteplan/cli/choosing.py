"""``siteplan alternatives``: plans as good as one but as different as possible, each a result folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table

from siteplan.cli.display import progress_on
from siteplan.cli.interruption import Interruption
from siteplan.cli.session import Session
from siteplan.cli.stages import Prepared, Stopwatch, now, prepare, publish_result
from siteplan.cli.wording import LEVEL_NAMES, number
from siteplan.findings import raise_errors
from siteplan.outcome import UNITS, decisions_of
from siteplan.plan import Plan
from siteplan.publish import check_inputs, mend_interrupted_swap, read_plan, read_run_record, result_folder
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.scenario import SolverSettings
from siteplan.solve import Clock, SolveResult, solve
from siteplan.solve.difference import Measure
from siteplan.studies.alternatives import (
    ALTERNATIVES_FILE,
    SITES_FILE,
    Alternative,
    find_alternatives,
    in_words,
    write_alternatives,
    write_sites,
)
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for. ``within`` in the first level's unit; ``seconds`` for each alternative."""

    within: float
    count: int
    measure: Measure
    seconds: float
    output: Path | None
    case: Path | None


def propose_alternatives(source: Path, wanted: Wanted, session: Session) -> None:
    """Find the alternatives of a result folder or a scenario, publish them and say what they share.

    Raises:
        InputError: bad inputs, or a folder that can't be written.
        InfeasibleError, NoPlanError: the scenario has no plan.
    """
    name = source.resolve().name if source.is_dir() else source.stem
    folder = wanted.output or Path("results") / f"{name}-alternatives"
    with progress_on(session.err, session.language, session.clock) as display:
        stopwatch = Stopwatch(display, session.clock)
        interruption = Interruption(display.stopping)
        prepared, given = _read(source, wanted, stopwatch)
        settings = prepared.inputs.loaded.scenario.solver
        with interruption.watch():
            interruption.search_begins()
            limit = Clock(time.monotonic() + settings.time_limit_s, interruption.stop)
            base = given or solve(prepared.problem, settings, display, limit)
            found = find_alternatives(
                prepared.problem,
                base.decisions,
                base.levels[0],
                wanted.within,
                wanted.count,
                wanted.measure,
                settings,
                wanted.seconds,
                interruption.stop,
                display,
            )
            results = [base, *(alternative.result for alternative in found)]
            plans = _published(prepared, results, settings, folder)
    _write(found, plans, wanted, folder, session)


def _read(source: Path, wanted: Wanted, stopwatch: Stopwatch) -> tuple[Prepared, SolveResult | None]:
    """Return the inputs, and the plan of a result folder."""
    if not source.is_dir():
        return prepare(source, stopwatch, wanted.case), None
    mend_interrupted_swap(source)
    record, plan = read_run_record(source), read_plan(source)
    raise_errors(check_inputs(record, source, wanted.case))
    prepared = prepare(record.scenario_file(source), stopwatch, wanted.case)
    decisions = decisions_of(prepared.problem, plan)
    return prepared, SolveResult(decisions, plan.levels, plan.stopped_by)


def _published(
    prepared: Prepared, results: Sequence[SolveResult], settings: SolverSettings, folder: Path
) -> list[Plan]:
    plans: list[Plan] = []
    for position, result in enumerate(results):
        with result_folder(folder / str(position)) as target:
            plans.append(publish_result(prepared, result, target, settings, Stopwatch(), now()).plan)
    return plans


def _write(
    found: Sequence[Alternative], plans: Sequence[Plan], wanted: Wanted, folder: Path, session: Session
) -> None:
    labels = [str(position) for position in range(len(plans))]
    write_alternatives(folder / ALTERNATIVES_FILE, found, plans, labels)
    write_sites(folder / SITES_FILE, plans, labels)
    if plans[0].illustrative:
        session.out.print(ILLUSTRATIVE_NOTE.in_language(session.language), style="yellow", markup=False)
    session.out.print(_table(found, plans, session))
    for line in in_words(plans):
        session.out.print(line.in_language(session.language), markup=False, highlight=False, soft_wrap=True)
    if len(found) < wanted.count:
        session.reporter.say(
            Text(
                f"只找到 {len(found)} 份：没有（或时间内未找到）更多在 {wanted.within:g} 以内的不同方案",
                f"only {len(found)} found: there is no other plan within {wanted.within:g}, or none in time",
            )
        )
    for file in (ALTERNATIVES_FILE, SITES_FILE):
        session.reporter.say(Text(f"已写出 {folder / file}", f"wrote {folder / file}"))


def _table(found: Sequence[Alternative], plans: Sequence[Plan], session: Session) -> Table:
    first = plans[0].levels[0]
    level, unit = LEVEL_NAMES[first.name], UNITS[first.name]
    table = Table(box=box.SIMPLE, pad_edge=False)
    heads = (
        Text("方案", "plan"),
        Text("不同之处", "differs by"),
        Text("至多", "at most"),
        Text(f"{level.zh}（{unit.zh}）", f"{level.en} ({unit.en})"),
        Text("差", "gap"),
    )
    for head in heads:
        table.add_column(head.in_language(session.language), justify="right")
    differences = ["—", *(str(each.difference) for each in found)]
    at_most = ["—", *("—" if each.at_most is None else str(each.at_most) for each in found)]
    for position, plan in enumerate(plans):
        result = plan.levels[0]
        gap = "—" if result.gap is None else number(result.gap)
        table.add_row(str(position), differences[position], at_most[position], number(result.value), gap)
    return table

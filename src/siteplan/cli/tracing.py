"""``siteplan frontier``: a scenario solved along a setting, every point a result folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich import box
from rich.table import Table

from siteplan.cli.display import progress_on
from siteplan.cli.interruption import Interruption
from siteplan.cli.session import Session
from siteplan.cli.stages import Prepared, Stopwatch, now, prepare, publish_result
from siteplan.cli.wording import LEVEL_NAMES, number
from siteplan.outcome import UNITS
from siteplan.plan import Plan
from siteplan.progress import ProgressListener
from siteplan.publish import result_folder
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.scenario import SolverSettings
from siteplan.solve import NoPlanError
from siteplan.studies.axes import Aim, Axis, AxisError, aim_of, axis_of
from siteplan.studies.frontier import (
    CURVE_FILE,
    Point,
    knees,
    monotone,
    trace,
    write_curve,
)
from siteplan.studies.frontier_picture import PICTURE_FILE, draw_curve
from siteplan.studies.scenario_file import title_with, write_changed_scenario
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Traced:
    """What the user asks for. ``seconds`` for each point; ``gap`` in the first level's unit."""

    over: str
    against: str
    first: float | None
    last: float | None
    points: int
    seconds: float
    gap: float
    output: Path | None


@dataclass(frozen=True, slots=True)
class _Step:
    """A point to be solved: its value, the name of its folder, its inputs and settings."""

    value: float
    name: str
    prepared: Prepared
    settings: SolverSettings


def trace_frontier(scenario_file: Path, asked: Traced, session: Session) -> None:
    """Solve the points, publish each as a result folder, and write the curve as table and picture.

    Raises:
        InputError: bad inputs, or a folder that can't be written.
        BadParameter: what is to be varied or aimed at makes no curve.
        InfeasibleError: no point has a plan.
        NoPlanError: the search ended before any point had one.
    """
    folder = asked.output or Path("results") / f"{scenario_file.stem}-frontier"
    with progress_on(session.err, session.language, session.clock) as display:
        stopwatch = Stopwatch(display, session.clock)
        base = prepare(scenario_file, stopwatch)
        axis, aim = _axis_and_aim(base, asked, session)
        steps = _steps(base, axis, aim, asked, folder)
        interruption = Interruption(display.stopping)
        with interruption.watch():
            interruption.search_begins()
            to_solve = [(step.value, step.prepared.problem, step.settings) for step in steps]
            try:
                points = trace(to_solve, asked.seconds, interruption.stop, _named(display, axis, steps))
            except NoPlanError as refusal:
                if not refusal.interrupted:
                    session.reporter.say(_too_short(asked.seconds))
                raise
            curve = monotone(points)
            plans = _published(curve, steps, folder)
    _say_what_is_missing(steps, curve, axis, session)
    _write(curve, plans, axis, aim, folder, session)


def _too_short(seconds: float) -> Text:
    return Text(
        f"每一点 {seconds:g} 秒不够找到任何方案：加大 --seconds",
        f"{seconds:g} seconds for each point are too few for any plan: raise --seconds",
    )


def _say_what_is_missing(
    steps: Sequence[_Step], curve: Sequence[Point], axis: Axis, session: Session
) -> None:
    found = {point.value for point in curve}
    missing = [axis.words(step.value) for step in steps if step.value not in found]
    if missing:
        session.reporter.say(
            Text(
                f"没有方案（规定冲突或时间不够）：{'、'.join(words.zh for words in missing)}",
                f"no plan (rules clash, or time ran out): {', '.join(words.en for words in missing)}",
            )
        )


def _axis_and_aim(base: Prepared, asked: Traced, session: Session) -> tuple[Axis, Aim]:
    loaded, problem = base.inputs.loaded, base.problem
    try:
        axis = axis_of(asked.over, loaded, problem)
        return axis, aim_of(asked.against, axis, loaded, problem)
    except AxisError as fault:
        raise typer.BadParameter(fault.text.in_language(session.language)) from fault


def _steps(base: Prepared, axis: Axis, aim: Aim, asked: Traced, folder: Path) -> list[_Step]:
    """Write and prepare the scenario of each point, from tight to loose."""
    values = axis.values(asked.first, asked.last, asked.points)
    why = Text(
        "由 siteplan frontier 写出：曲线上的一点", "written by siteplan frontier: one point of the curve"
    )
    steps: list[_Step] = []
    for value in reversed(values) if axis.is_floor else values:
        name = f"{axis.key.replace(':', '-')}-{value:g}"
        file = folder / "scenarios" / f"{name}.yaml"
        loaded = base.inputs.loaded
        changes = {**aim.changes, **axis.changes(value)}
        if "targets" in aim.changes:
            changes["targets"] = aim.changes["targets"]
        write_changed_scenario(file, loaded, title_with(loaded, axis.words(value)), changes, why)
        prepared = prepare(file, Stopwatch())
        solver = prepared.inputs.loaded.scenario.solver
        gap = max(solver.gap, asked.gap)
        settings = solver.model_copy(update={"gap": gap, "time_limit_s": asked.seconds})
        steps.append(_Step(value, name, prepared, settings))
    return steps


def _named(
    display: ProgressListener, axis: Axis, steps: Sequence[_Step]
) -> Callable[[int], ProgressListener]:
    """Return listeners that put the point's value in front of each stage."""

    def listener_of(position: int) -> ProgressListener:
        words = axis.words(steps[position].value)
        return lambda progress: display(
            replace(
                progress,
                stage=Text(f"{words.zh} · {progress.stage.zh}", f"{words.en} · {progress.stage.en}"),
            )
        )

    return listener_of


def _published(curve: Sequence[Point], steps: Sequence[_Step], folder: Path) -> list[Plan]:
    """Publish each point as a result folder."""
    by_value = {step.value: step for step in steps}
    plans: list[Plan] = []
    for point in curve:
        step = by_value[point.value]
        with result_folder(folder / step.name) as results:
            solved = publish_result(step.prepared, point.result, results, step.settings, Stopwatch(), now())
        plans.append(solved.plan)
    return plans


def _write(
    curve: Sequence[Point], plans: Sequence[Plan], axis: Axis, aim: Aim, folder: Path, session: Session
) -> None:
    names = [f"{axis.key.replace(':', '-')}-{point.value:g}" for point in curve]
    write_curve(folder / CURVE_FILE, axis.key, curve, plans, names)
    illustrative = plans[0].illustrative
    note = ILLUSTRATIVE_NOTE if illustrative else Text.same("")
    name = Text(f"{axis.name.zh}（{axis.unit.zh}）", f"{axis.name.en} ({axis.unit.en})")
    level = _aim_name(aim)
    written = [CURVE_FILE]
    try:
        draw_curve(folder / PICTURE_FILE, curve, name, level, note, session.language)
        written.append(PICTURE_FILE)
    except ModuleNotFoundError:
        session.reporter.say(
            Text(
                "没有画图：需要 matplotlib（pip install 'siteplan[picture]'）",
                "no picture: it needs matplotlib (pip install 'siteplan[picture]')",
            )
        )
    if illustrative:
        session.out.print(ILLUSTRATIVE_NOTE.in_language(session.language), style="yellow", markup=False)
    session.out.print(_table(curve, axis, level, session))
    for file in written:
        session.reporter.say(Text(f"已写出 {folder / file}", f"wrote {folder / file}"))


def _aim_name(aim: Aim) -> Text:
    if ":" in aim.key:
        return Text(f"{aim.key} 距 100 %", f"{aim.key}, short of 100 %")
    return LEVEL_NAMES[aim.level]


def _table(curve: Sequence[Point], axis: Axis, level: Text, session: Session) -> Table:
    marked = knees(curve)
    table = Table(box=box.SIMPLE, pad_edge=False)
    unit = UNITS[curve[0].first.name]
    heads = (
        axis.name,
        Text(f"{level.zh}（{unit.zh}）", f"{level.en} ({unit.en})"),
        Text("理论界", "bound"),
        Text("差", "gap"),
        Text("", ""),
    )
    for position, head in enumerate(heads):
        table.add_column(head.in_language(session.language), justify="right" if position < 4 else "left")
    for point in sorted(curve, key=lambda point: point.value):
        first = point.first
        table.add_row(
            f"{point.value:g}",
            number(first.value),
            "—" if first.bound is None else number(first.bound),
            "—" if first.gap is None else number(first.gap),
            Text("拐点", "knee").in_language(session.language) if point.value in marked else "",
        )
    return table

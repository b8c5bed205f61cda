"""``siteplan compare``: result folders, or scenarios that are solved first, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text as Line

from siteplan.cli.clock import RunClock
from siteplan.cli.session import Session
from siteplan.cli.solving import Options, readables_in, solve_to_folder
from siteplan.cli.wording import LEVEL_NAMES
from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish import RunRecord, check_inputs, mend_interrupted_swap, read_plan, read_run_record
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.studies.comparison import (
    ComparedPlan,
    CompareError,
    Comparison,
    compare_plans,
    from_folder,
    labels_of,
)
from siteplan.studies.comparison.grids import Grid, overview
from siteplan.studies.comparison.sources import too_few
from siteplan.studies.comparison.words import Words
from siteplan.studies.comparison.writing import pictures_of, writers_of
from siteplan.text import Text

SCENARIO_SUFFIXES = (".yaml", ".yml")
FEWEST = 2
MEASURE_WIDTH = 22
"""Columns of the terminal that the first column of the overview has at least."""
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """Options of the command line."""

    output: Path | None
    time_limit_s: float | None
    effort: float | None


def compare_results(sources: Sequence[Path], options: CompareOptions, session: Session) -> None:
    """Compare plans, solving what has no up-to-date result, and write every file of the comparison.

    Raises:
        InputError: something is no result folder and no scenario, is there twice or can't be read; or a file
            can't be written.
        InfeasibleError, NoPlanError: a scenario has no plan.
    """
    if len(sources) < FEWEST:
        raise CompareError([too_few()])
    folders = [_result_folder(source) for source in sources]
    names = labels_of(folders)
    for source, folder in zip(sources, folders, strict=True):
        if _is_scenario(source):
            _solve_if_needed(source, folder, options, session)
    plans = [from_folder(folder, name) for folder, name in zip(folders, names, strict=True)]
    comparison = compare_plans(plans)
    output = options.output or Path("results") / f"{_joined(names)}-compare"
    _show(comparison, session)
    _write_all(comparison, plans, output, session)


def _is_scenario(source: Path) -> bool:
    return source.suffix in SCENARIO_SUFFIXES and not source.is_dir()


def _result_folder(source: Path) -> Path:
    return Path("results") / source.stem if _is_scenario(source) else source


def _joined(names: Sequence[str]) -> str:
    """Return the plans' names as one folder's name."""
    plain = "-".join(name.replace("/", "-").replace("\\", "-").replace(":", "-") for name in names)
    return plain[:LONGEST_NAME].rstrip("-. ")


def _solve_if_needed(scenario: Path, folder: Path, options: CompareOptions, session: Session) -> None:
    wanted = Options(None, options.time_limit_s, None, None, options.effort, readables_in(session.language))
    if _is_up_to_date(scenario, folder, wanted):
        session.reporter.say(Text(f"沿用已有结果 {folder}", f"using the results in {folder}"))
        return
    session.reporter.say(Text(f"求解 {scenario}", f"solving {scenario}"))
    solve_to_folder(scenario, wanted, session, RunClock())


def _is_up_to_date(scenario: Path, folder: Path, wanted: Options) -> bool:
    """Return whether a folder has the plan of a scenario as its files are now, and made with the options.

    A plan that is proven at every level is as good whatever the options.
    """
    mend_interrupted_swap(folder)
    try:
        record, plan = read_run_record(folder), read_plan(folder)
    except InputError:
        return False
    if record.scenario_file(folder).resolve() != scenario.resolve() or check_inputs(record, folder):
        return False
    return plan.stopped_by == "completed" or _was_asked(record, wanted)


def _was_asked(record: RunRecord, wanted: Options) -> bool:
    asked = {"time_limit_s": wanted.time_limit_s, "effort": wanted.effort}
    return all(value is None or record.options.get(name) == value for name, value in asked.items())


def _show(comparison: Comparison, session: Session) -> None:
    """Print the warnings and everything at a glance."""
    words = Words(comparison, session.language)
    if comparison.illustrative:
        session.out.print(words.say(ILLUSTRATIVE_NOTE), style="yellow", markup=False)
    for remark in comparison.warnings:
        mark = words.say(Text("注意：", "Note: "))
        session.out.print(f"{mark}{words.say(remark)}", style="bold red", markup=False, highlight=False)
    grid = overview(words, LEVEL_NAMES)
    table = Table(box=box.SIMPLE, pad_edge=False)
    shown = len(grid.headings) if len(comparison.plans) == FEWEST else len(grid.headings) - 1
    for number, heading in enumerate(grid.headings[:shown]):
        name, is_number = Line(words.say(heading)), number in grid.numeric
        least = MEASURE_WIDTH if number == 0 else None
        table.add_column(name, justify="right" if is_number else "left", overflow="fold", min_width=least)
    for row in grid.rows:
        table.add_row(*(Line(cell) for cell in row[:shown]))
    session.out.print(table)
    for said in () if shown == len(grid.headings) else _remarks(grid):
        session.out.print(Line(said))


def _remarks(grid: Grid) -> list[str]:
    """Return what stands beside the rows of a table that is too wide to show it, the same remark once."""
    rows: dict[str, list[str]] = {}
    for row in grid.rows:
        if row[-1]:
            rows.setdefault(row[-1], []).append(row[0].strip())
    return [f"{', '.join(names)}: {remark}" for remark, names in rows.items()]


def _write_all(comparison: Comparison, plans: Sequence[ComparedPlan], folder: Path, session: Session) -> None:
    pictures = pictures_of(comparison, plans, session.language)
    for file, write in writers_of(comparison, LEVEL_NAMES, pictures, session.language, folder).items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(file)
        except OSError as refusal:
            raise InputError([_not_writable(file, refusal)]) from refusal
        session.reporter.say(Text(f"已写出 {file}", f"wrote {file}"))


def _not_writable(file: Path, refusal: OSError) -> Finding:
    return error(
        "compare-not-writable",
        Place(file=file),
        found=Text(f"写不了这个文件：{refusal}", f"the file can't be written: {refusal}"),
        allowed=Text("可写的文件夹", "a folder that can be written"),
        mend=Text("关闭正在打开它的程序，或用 --output 另指定", "close it where it is open, or say --output"),
    )

"""Publishing a run: every result file into a new folder, which then replaces the earlier results."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from siteplan.outcome.evaluation import Outcome
from siteplan.plan import Plan
from siteplan.policy import Policy
from siteplan.problem import Problem
from siteplan.publish.assignments import write_assignments
from siteplan.publish.documents import write_document
from siteplan.publish.folder import ResultFolder
from siteplan.publish.geojson import write_coverage, write_sites
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.publish.money import write_money
from siteplan.publish.plan_file import PLAN_FILE, write_plan
from siteplan.publish.run_record import (
    RUN_FILE,
    InputFile,
    RunRecord,
    package_versions,
    path_from,
    python_version,
    root_as_recorded,
)
from siteplan.scenario import LoadedScenario
from siteplan.text import Text

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run that is ready to be published.

    ``inputs`` come from `record_inputs`, ``outcome`` and ``plan`` are of the same decisions; ``options``
    are those of the command line; ``seconds_by_stage`` is how long each stage took.
    """

    loaded: LoadedScenario
    policy: Policy
    inputs: tuple[InputFile, ...]
    problem: Problem
    outcome: Outcome
    plan: Plan
    options: Mapping[str, str | bool | int | float | None]
    started_at: datetime
    seconds_by_stage: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Output:
    """A result file or folder of files.

    One that isn't essential is skipped where less than ``seconds`` are left, and left out where it fails.
    """

    file_name: str
    write: Callable[[Run, Path], None]
    is_essential: bool
    seconds: float = 0.0


OUTPUTS = (
    Output(PLAN_FILE, lambda run, file: write_plan(run.plan, file), is_essential=True),
    Output("sites.geojson", lambda run, file: write_sites(run.plan, run.problem, file), is_essential=True),
    Output(
        "coverage.geojson",
        lambda run, file: write_coverage(run.plan, run.problem, run.outcome, file),
        is_essential=True,
    ),
    Output(
        "assignments.csv",
        lambda run, file: write_assignments(
            run.outcome.assignments, run.problem, run.plan.illustrative, file
        ),
        is_essential=True,
    ),
    Output("money.csv", lambda run, file: write_money(run.plan, file), is_essential=True),
)
"""The essential result files in the order in which they are written; ``run.json``, always, is the last."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A result for people, made from the plan and the inputs: by ``solve``, or later by ``rebuilt_by``.

    The seconds are a generous estimate, to be multiplied by `Pace.slowness`: what it takes at least, by row
    (see `rows_of`), by node of the road network, and by node and year where each year has a map.
    """

    rebuilt_by: str
    seconds_at_least: float
    seconds_per_row: float
    seconds_per_node: float = 0.0
    seconds_per_node_and_year: float = 0.0

    def seconds(self, problem: Problem, road_nodes: int) -> float:
        """Return the estimate for a problem on a road network of so many nodes."""
        per_node = self.seconds_per_node + self.seconds_per_node_and_year * len(problem.years)
        return self.seconds_at_least + rows_of(problem) * self.seconds_per_row + road_nodes * per_node


READABLES: Mapping[str, Readable] = {
    "report.xlsx": Readable("siteplan report {folder} --only xlsx", 1.0, 2e-5),
    "report.docx": Readable("siteplan report {folder} --only docx", 6.0, 2.4e-4, 2.5e-4),
    "map.html": Readable("siteplan map {folder}", 2.4, 2.4e-4, 3.5e-4),
    "pictures": Readable("siteplan plot {folder}", 2.6, 0.0, 8e-5, 8e-5),
}
"""The results for people by file or folder, in the order in which they are written.

Measured where `STEPS_MEASURED_S` was, in seconds of work: for 2027 (1 350 rows, 8 631 nodes) 0.1, 4.1 to 7.2,
3.2 to 4 and 2.2; for four years with 24 sites (5 400 rows) 0.1, 5.2 to 6.7, 4.4 to 6.1 and 4.1 to 5.0; for a
generated county (2 160 rows, 710 nodes) 0.1, 4.5, 1.6 and 1.8; for a generated city (216 000 rows, 27 705
nodes) 2.2, 44, 45 and 11. Loading the libraries of all is counted with the first.
"""


def publish(
    run: Run,
    results: ResultFolder,
    *,
    deadline: float | None = None,
    outputs: Iterable[Output] = OUTPUTS,
    clock: Clock = time.monotonic,
    pace: Pace | None = None,
) -> RunRecord:
    """Write the result files and put them in place of the earlier ones, all or none.

    ``pace``: of work that began a while ago, as the first outputs tell little of it. ``deadline`` is on
    ``clock``; outputs that aren't essential are skipped, and named in the record, where
    they wouldn't be ready by then. One of them that fails costs nothing else: the record says why.

    Raises:
        InputError: the folder is in use by another program; the next command puts the results in place.
    """
    records: list[RunRecord] = []

    def write_all(folder: Path) -> None:
        progress = _write_outputs(run, folder, tuple(outputs), deadline, clock, pace or Pace(clock))
        record = record_of(run, results.path, progress)
        write_document(record, folder / RUN_FILE)
        records.append(record)

    results.replace(write_all)
    return records[0]


@dataclass(slots=True)
class Progress:
    """What has been written, skipped and failed (why), and the seconds of outputs that aren't essential."""

    written: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def publishing_seconds(problem: Problem) -> float:
    """Return a generous estimate of the seconds for `evaluate` and the essential outputs, at slowness 1.

    Both go once through every demand point, function and year; where capacity is a rule, to seat persons too.
    """
    per_row = SECONDS_PER_ROW_SEATED if problem.capacity_is_a_rule else SECONDS_PER_ROW
    return SECONDS_AT_LEAST + rows_of(problem) * per_row


def readable_seconds(problem: Problem, road_nodes: int) -> float:
    """Return a generous estimate of the seconds that `READABLES` need, at slowness 1."""
    return sum(readable.seconds(problem, road_nodes) for readable in READABLES.values())


def rows_of(problem: Problem) -> int:
    """Return the number of demand points, functions and years together: what publishing goes through."""
    return len(problem.demand) * len(problem.functions) * len(problem.years)


SECONDS_AT_LEAST = 1.0
SECONDS_PER_ROW, SECONDS_PER_ROW_SEATED = 1e-4, 1.6e-4
"""About twice what is measured, in seconds of work, on generated cases. On a machine 1.7 times as fast as
that of the other estimates, 21 600 rows (district) took 0.4, with capacity as a rule 0.7; 216 000 rows (city)
took 5.8 to 6.7, with capacity 10.7."""


def _write_outputs(
    run: Run, folder: Path, outputs: tuple[Output, ...], deadline: float | None, clock: Clock, pace: Pace
) -> Progress:
    """Write the essential outputs, then the others as long as there is time."""
    progress = Progress()
    for output in sorted(outputs, key=lambda output: not output.is_essential):
        if output.is_essential:
            output.write(run, folder / output.file_name)
            progress.written.append(output.file_name)
        elif deadline is None or clock() + output.seconds * pace.slowness() <= deadline:
            _try(output, run, folder, progress, clock)
        else:
            progress.skipped.append(output.file_name)
    return progress


class Pace:
    """How much slower the work goes than where its estimates were measured: slower machine, or a busy one.

    ``machine``: see `machine_slowness`, which is measured by default.
    """

    def __init__(self, clock: Clock = time.monotonic, machine: float | None = None) -> None:
        self._machine = machine_slowness() if machine is None else machine
        self._clock, self._begin_s, self._begin_cpu_s = clock, clock(), time.process_time()

    def slowness(self) -> float:
        """Return the seconds that pass, since this was made, for each second of work as it was measured."""
        spent_s, worked_s = self._clock() - self._begin_s, time.process_time() - self._begin_cpu_s
        busy = max(1.0, spent_s / worked_s) if worked_s > SHORTEST_WORK_S else 1.0
        return self._machine * busy


@cache
def machine_slowness() -> float:
    """Return how many times longer than where the estimates were measured a fixed piece of work takes here.

    At least `FASTEST`: a fast moment promises less than it shows.
    """

    def once() -> float:
        begin = time.process_time()
        sum(step * step % 7 for step in range(STEPS))
        return time.process_time() - begin

    return max(FASTEST, min(once() for _ in range(3)) / STEPS_MEASURED_S)


FASTEST = 0.7
"""The slowness that a machine has at least, however fast."""
STEPS, STEPS_MEASURED_S = 200_000, 0.0232
"""A fixed piece of work, and what it took on the machine of the estimates: a slow one, a core of a server."""

SHORTEST_WORK_S = 0.02
"""Less work than this tells nothing about the pace."""


def _try(output: Output, run: Run, folder: Path, progress: Progress, clock: Clock) -> None:
    """Write an output; whatever is wrong with it must not cost the plan, so that it is only noted."""
    begin, file = clock(), folder / output.file_name
    try:
        output.write(run, file)
    except Exception as fault:
        progress.failed[output.file_name] = f"{type(fault).__name__}: {fault}"
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink(missing_ok=True)
        return
    progress.written.append(output.file_name)
    progress.seconds[f"writing {output.file_name}"] = clock() - begin


def record_of(run: Run, folder: Path, progress: Progress | None = None) -> RunRecord:
    """Return the record of a run whose results are in ``folder``, with what has been written so far."""
    progress = progress or Progress()
    plan, root = run.plan, run.loaded.project_root
    seconds = {**run.seconds_by_stage, **progress.seconds}
    note = ILLUSTRATIVE_NOTE if plan.illustrative else Text.same("")
    return RunRecord(
        title_zh=plan.title_zh,
        title_en=plan.title_en,
        illustrative=plan.illustrative,
        note_zh=note.zh,
        note_en=note.en,
        started_at=run.started_at,
        finished_at=datetime.now(UTC),
        seconds_by_stage={stage: round(spent, 3) for stage, spent in seconds.items()},
        stopped_by=plan.stopped_by,
        repeatable=plan.stopped_by not in ("time_limit", "interrupted"),
        levels=plan.levels,
        options=dict(run.options),
        outputs=(*progress.written, RUN_FILE),
        skipped_outputs=tuple(progress.skipped),
        failed_outputs=dict(progress.failed),
        project_root=root_as_recorded(root, folder),
        case_folder=path_from(root, run.loaded.case_folder),
        inputs=run.inputs,
        python=python_version(),
        platform=platform.platform(),
        packages=package_versions(),
        assumptions=tuple(run.policy.assumptions()),
    )

"""Publishing a run: every result file into a new folder, which then replaces the earlier results."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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
    """A result file. One that isn't essential is skipped where less than ``seconds`` are left."""

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
"""The result files in the order in which they are written; ``run.json``, always, is the last."""


def publish(
    run: Run,
    results: ResultFolder,
    *,
    deadline: float | None = None,
    outputs: Iterable[Output] = OUTPUTS,
    clock: Clock = time.monotonic,
) -> RunRecord:
    """Write the result files and put them in place of the earlier ones, all or none.

    ``deadline`` is on ``clock``; outputs that aren't essential are skipped, and named in the record, where
    they wouldn't be ready by then.

    Raises:
        InputError: the folder is in use by another program; the next command puts the results in place.
    """
    records: list[RunRecord] = []

    def write_all(folder: Path) -> None:
        written, skipped = _write_outputs(run, folder, tuple(outputs), deadline, clock)
        record = _record(run, results.path, written=(*written, RUN_FILE), skipped=skipped)
        write_document(record, folder / RUN_FILE)
        records.append(record)

    results.replace(write_all)
    return records[0]


def publishing_seconds(problem: Problem) -> float:
    """Return a generous estimate of the seconds that `publish` and `evaluate` need on one slow core.

    Both go once through every demand point, function and year.
    """
    rows = len(problem.demand) * len(problem.functions) * len(problem.years)
    return SECONDS_AT_LEAST + rows * SECONDS_PER_ROW


SECONDS_AT_LEAST = 1.0
SECONDS_PER_ROW = 1e-4
"""Measured: 108 000 rows of a synthetic county (3 000 demand points) in about 11 s on two busy cores."""


def _write_outputs(
    run: Run, folder: Path, outputs: tuple[Output, ...], deadline: float | None, clock: Clock
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write the essential outputs, then the others as long as there is time; return (written, skipped)."""
    written: list[str] = []
    skipped: list[str] = []
    for output in sorted(outputs, key=lambda output: not output.is_essential):
        in_time = deadline is None or clock() + output.seconds <= deadline
        if output.is_essential or in_time:
            output.write(run, folder / output.file_name)
            written.append(output.file_name)
        else:
            skipped.append(output.file_name)
    return tuple(written), tuple(skipped)


def _record(run: Run, folder: Path, *, written: tuple[str, ...], skipped: tuple[str, ...]) -> RunRecord:
    plan, root = run.plan, run.loaded.project_root
    note = ILLUSTRATIVE_NOTE if plan.illustrative else Text.same("")
    return RunRecord(
        title_zh=plan.title_zh,
        title_en=plan.title_en,
        illustrative=plan.illustrative,
        note_zh=note.zh,
        note_en=note.en,
        started_at=run.started_at,
        finished_at=datetime.now(UTC),
        seconds_by_stage={stage: round(seconds, 3) for stage, seconds in run.seconds_by_stage.items()},
        stopped_by=plan.stopped_by,
        repeatable=plan.stopped_by not in ("time_limit", "interrupted"),
        levels=plan.levels,
        options=dict(run.options),
        outputs=written,
        skipped_outputs=skipped,
        project_root=root_as_recorded(root, folder),
        case_folder=path_from(root, run.loaded.case_folder),
        inputs=run.inputs,
        python=python_version(),
        platform=platform.platform(),
        packages=package_versions(),
        assumptions=tuple(run.policy.assumptions()),
    )

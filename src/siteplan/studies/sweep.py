"""Many runs: scenarios × parameters, each a scenario file and a result folder of its own, in one table.

What is run, what is finished already and what came of it; who runs it where is the caller's business.
"""

from __future__ import annotations

import csv
import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field

from siteplan.findings import InputError, Place, error
from siteplan.inputs.yaml_source import read_yaml
from siteplan.inputs.yaml_validation import validated
from siteplan.plan import LevelResult
from siteplan.publish import RunRecord, check_inputs, mend_interrupted_swap, read_run_record
from siteplan.publish.run_record import package_versions
from siteplan.scenario import LoadedScenario, ScenarioModel, SolverSettings
from siteplan.studies.scenario_file import title_with, write_changed_scenario
from siteplan.text import Text

SWEEP_FILE = "sweep.csv"
MOST_RUNS = 10_000
"""More runs than this are a slip of the pen."""
NOTHING = Text("", "")
Status = Literal["done", "kept", "interrupted", "infeasible", "no_plan", "failed", "not_run"]


class SweepSettings(ScenarioModel):
    """A sweep file: scenarios (relative to it) and, by dotted key of a scenario, the values to try.

    ``seconds`` takes the place of the scenarios' ``solver.time_limit_s``.
    """

    scenarios: Annotated[tuple[str, ...], Field(min_length=1)]
    values: Annotated[
        dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]], Field(alias="set", default={})
    ]
    seconds: Annotated[float | None, Field(gt=0)] = None


@dataclass(frozen=True, slots=True)
class SweepRun:
    """One run: the scenario studied, its parameters by dotted key, its own scenario file and results."""

    name: str
    scenario: Path
    parameters: Mapping[str, Any]
    file: Path
    results: Path


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of a run; ``error`` says why there is no plan, ``seconds`` how long it took this time."""

    status: Status
    error: Text = NOTHING
    seconds: float = 0.0

    @property
    def has_plan(self) -> bool:
        """Whether the result folder holds a plan of the run."""
        return self.status in ("done", "kept", "interrupted")


def is_sweep_file(file: Path) -> bool:
    """Return whether a YAML file is a sweep: it names scenarios."""
    return "scenarios" in read_yaml(file).data


def read_sweep(file: Path) -> tuple[list[Path], SweepSettings]:
    """Read a sweep file; return the scenario files with what is stated.

    Raises:
        InputError: with every fault of the file.
    """
    settings = validated(read_yaml(file), SweepSettings)
    return [file.parent / scenario for scenario in settings.scenarios], settings


def values_of(stated: str) -> tuple[Any, ...]:
    """Return the values of ``KEY=V1,V2``'s right side, read as YAML: numbers, words, true, [lists].

    Raises:
        ValueError: they are no YAML, or none at all.
    """
    try:
        values = yaml.safe_load(f"[{stated}]")
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from fault
    if not values:
        raise ValueError("no values")
    return tuple(values)


def changes_of(parameters: Mapping[str, Any]) -> dict[Any, Any]:
    """Return dotted keys as nested changes of a scenario; digits are years.

    ``{"budget.scale": 0.5}`` is ``{"budget": {"scale": 0.5}}``.
    """
    changes: dict[int | str, Any] = {}
    for key, value in parameters.items():
        inner = changes
        *path, last = (int(part) if part.isdigit() else part for part in key.split("."))
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return changes


def runs_of(scenarios: Sequence[Path], values: Mapping[str, Sequence[Any]], folder: Path) -> list[SweepRun]:
    """Return a run for each scenario and each combination of values, with names that differ.

    Raises:
        InputError: there are more than `MOST_RUNS`.
    """
    combinations = list(itertools.islice(itertools.product(*values.values()), MOST_RUNS + 1))
    if len(combinations) * len(scenarios) > MOST_RUNS:
        raise InputError([_too_many()])
    runs: list[SweepRun] = []
    taken: set[str] = set()
    for scenario in scenarios:
        for combination in combinations:
            parameters = dict(zip(values, combination, strict=True))
            name = _name_that_differs(_name(scenario, parameters), taken)
            file = folder / "scenarios" / f"{name}.yaml"
            runs.append(SweepRun(name, scenario, parameters, file, folder / name))
    return runs


def _name(scenario: Path, parameters: Mapping[str, Any]) -> str:
    """Return the scenario's name with each parameter's last key and value behind it, fit for a file."""
    parts = [scenario.stem, *(f"{key.rpartition('.')[2]}-{value}" for key, value in parameters.items())]
    return re.sub(r"[^\w.-]+", "_", "-".join(parts))[:120].strip("._-") or "run"


def _name_that_differs(name: str, taken: set[str]) -> str:
    for other in itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2))):
        if other.casefold() not in taken:
            taken.add(other.casefold())
            return other
    raise AssertionError("unreachable")


def write_run_scenario(run: SweepRun, loaded: LoadedScenario, why: Text) -> None:
    """Write the scenario file of a run; the same run writes the same file.

    Raises:
        InputError: it lies outside the scenario's project, or can't be written.
    """
    words = ", ".join(f"{key} = {value}" for key, value in run.parameters.items())
    title = title_with(loaded, Text.same(words)) if words else loaded.scenario.title.text
    write_changed_scenario(run.file, loaded, title, changes_of(run.parameters), why)


def finished(results: Path, file: Path, settings: SolverSettings) -> RunRecord | None:
    """Return the record of a run that needs no repeating: same inputs (SHA-256), settings and version.

    An interrupted run is repeated. None: there is nothing, or it has to be run.
    """
    mend_interrupted_swap(results)
    try:
        record = read_run_record(results)
    except InputError:
        return None
    same_file = record.scenario_file(results).resolve() == file.resolve()
    same_version = record.packages.get("siteplan") == package_versions().get("siteplan")
    same_settings = dict(record.options) == settings.model_dump()
    if not (same_file and same_version and same_settings) or record.stopped_by == "interrupted":
        return None
    return None if check_inputs(record, results) or not (results / "plan.json").is_file() else record


# --- the table ----------------------------------------------------------------------------------------


def write_sweep(file: Path, runs: Sequence[SweepRun], outcomes: Mapping[str, RunOutcome]) -> None:
    """Write a row for each run, whole or not at all: parameters, status, levels with bound and gap, seconds.

    A run without an outcome so far is ``not_run``.
    """
    records = {
        run.name: read_run_record(run.results)
        for run in runs
        if outcomes.get(run.name, RunOutcome("not_run")).has_plan
    }
    levels = list(dict.fromkeys(level.name.value for record in records.values() for level in record.levels))
    keys = list(dict.fromkeys(key for run in runs for key in run.parameters))
    columns = [f"{level}{part}" for level in levels for part in ("", "_bound", "_gap", "_status")]
    header = ["run", "scenario", *keys, "status", "stopped_by", *columns, "seconds", "error_zh", "error_en"]
    partial = file.with_name(f".{file.name}.partial")
    with partial.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, [*header, "scenario_file", "results", "illustrative"])
        writer.writeheader()
        for run in runs:
            outcome = outcomes.get(run.name, RunOutcome("not_run"))
            writer.writerow(dict(_row(run, outcome, records.get(run.name), file.parent)))
    os.replace(partial, file)


def _row(
    run: SweepRun, outcome: RunOutcome, record: RunRecord | None, folder: Path
) -> Iterator[tuple[str, object]]:
    yield "run", run.name
    yield "scenario", run.scenario.stem
    yield from run.parameters.items()
    yield "status", outcome.status
    yield "seconds", f"{outcome.seconds:.1f}"
    yield "error_zh", outcome.error.zh
    yield "error_en", outcome.error.en
    yield "scenario_file", run.file.relative_to(folder).as_posix()
    if record is None:
        return
    yield "results", run.results.relative_to(folder).as_posix()
    yield "illustrative", "yes" if record.illustrative else "no"
    yield "stopped_by", record.stopped_by
    if outcome.status == "kept":
        yield "seconds", f"{sum(record.seconds_by_stage.values()):.1f}"
    for level in record.levels:
        yield from _level(level)


def _level(level: LevelResult) -> Iterator[tuple[str, object]]:
    name = level.name.value
    for column, value in ((name, level.value), (f"{name}_bound", level.bound), (f"{name}_gap", level.gap)):
        yield column, "" if value is None else f"{round(value, 6) + 0.0:.10g}"
    yield f"{name}_status", level.status


def _too_many() -> Any:
    return error(
        "too-many-runs",
        Place(),
        found=Text(f"多于 {MOST_RUNS} 次运行", f"more than {MOST_RUNS} runs"),
        allowed=Text(f"至多 {MOST_RUNS} 次", f"at most {MOST_RUNS}"),
        mend=Text("减少情景或取值", "fewer scenarios or values"),
    )

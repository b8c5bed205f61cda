"""Reads a result folder, and the inputs that its ``run.json`` lists, refused where they have changed."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from siteplan.case import Case
from siteplan.findings import Finding, InputError, Place, error, raise_errors
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.inputs.scenario_files import load_scenario
from siteplan.scenario import LoadedScenario
from siteplan.text import Text
from siteplan.verify.assignments import ASSIGNMENTS_FILE
from siteplan.verify.claims import PLAN_FILE, VerificationReport
from siteplan.verify.facts import Facts, facts_of
from siteplan.verify.funding import MONEY_FILE
from siteplan.verify.geojson import COVERAGE_FILE, SITES_FILE
from siteplan.verify.verification import RUN_FILE, Results, verify


class RecordedInput(BaseModel):
    """An input as ``run.json`` lists it; ``path`` is relative to the project root, or absolute."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["scenario", "extended", "case", "model"]
    path: str
    sha256: str


class RecordedInputs(BaseModel):
    """The part of ``run.json`` that leads to the inputs; the rest are claims."""

    model_config = ConfigDict(frozen=True)

    project_root: str
    case_folder: str
    inputs: tuple[RecordedInput, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """Recorded inputs and where they are now."""

    recorded: RecordedInputs
    root: Path
    case_folder: Path
    files: Mapping[Path, RecordedInput]


def verify_results(results_folder: Path, case_folder: Path | None = None) -> VerificationReport:
    """Verify a result folder against the raw inputs from which it was made.

    ``case_folder`` is where the case is now, if it isn't where ``run.json`` says.

    Raises:
        InputError: a result file is missing, or an input is missing, has changed or isn't listed.
    """
    results = read_results(results_folder)
    located = _locate(results_folder, results.run, case_folder)
    raise_errors(_changed_inputs(located))
    return verify(load_facts(located), results)


def read_results(folder: Path) -> Results:
    """Read the files of a result folder that hold claims.

    Raises:
        InputError: one of them is missing or can't be read at all.
    """
    names = (PLAN_FILE, RUN_FILE, SITES_FILE, COVERAGE_FILE, ASSIGNMENTS_FILE, MONEY_FILE)
    files = [folder / name for name in names]
    raise_errors(_missing_result(file) for file in files if not file.is_file())
    run = _parsed(folder / RUN_FILE)
    if not isinstance(run, dict):
        raise InputError([_unusable(folder / RUN_FILE, "not a JSON object")])
    return Results(
        plan=_text(folder / PLAN_FILE),
        assignments=_rows(folder / ASSIGNMENTS_FILE),
        sites=_parsed(folder / SITES_FILE),
        coverage=_parsed(folder / COVERAGE_FILE),
        run=run,
        money=_rows(folder / MONEY_FILE),
    )


def load_facts(located: Located) -> Facts:
    """Read the inputs anew and resolve them.

    Raises:
        InputError: an input has a fault, or a file that they consist of isn't listed in ``run.json``.
    """
    scenario_file = next(file for file, entry in located.files.items() if entry.kind == "scenario")
    loaded = load_scenario(scenario_file, located.case_folder)
    policy = load_policy(loaded.model_folder, loaded)
    case = load_case(located.case_folder, function_names(policy))
    listed = {file.resolve() for file in located.files}
    raise_errors(_not_listed(file) for file in _files_read(loaded, case) if file.resolve() not in listed)
    return facts_of(case, policy, loaded.scenario, read_roads(case.roads_file, case.header.metric_crs))


def _locate(folder: Path, run: Mapping[str, object], case_folder: Path | None) -> Located:
    try:
        recorded = RecordedInputs.model_validate(run)
    except ValidationError as faults:
        raise InputError(
            [
                _unusable(folder / RUN_FILE, f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}")
                for fault in faults.errors(include_url=False)
            ]
        ) from faults
    if [entry.kind for entry in recorded.inputs].count("scenario") != 1:
        raise InputError([_unusable(folder / RUN_FILE, "inputs: exactly one scenario is expected")])
    root = (folder.resolve() / recorded.project_root).resolve()
    recorded_case = root / recorded.case_folder
    case_now = recorded_case if case_folder is None else case_folder.resolve()
    files = {
        case_now / os.path.relpath(root / entry.path, recorded_case)
        if entry.kind == "case"
        else root / entry.path: entry
        for entry in recorded.inputs
    }
    return Located(recorded, root, case_now, files)


def _changed_inputs(located: Located) -> Iterable[Finding]:
    for file, entry in located.files.items():
        if not file.is_file():
            yield _missing_input(file, entry)
        elif hashlib.sha256(file.read_bytes()).hexdigest() != entry.sha256:
            yield _changed_input(file, entry)


def _files_read(loaded: LoadedScenario, case: Case) -> Iterable[Path]:
    """Yield the files that the inputs consist of: none may stay outside the record."""
    yield from (loaded.file, *loaded.extended)
    yield from sorted(loaded.model_folder.glob("*.yaml"))
    yield from case.files


def _text(file: Path) -> str:
    """Return the text of a result file; bytes that are no UTF-8 become marks that no claim has."""
    return file.read_text(encoding="utf-8", errors="replace")


def _parsed(file: Path) -> object:
    """Return what a JSON file says, None where it isn't JSON."""
    try:
        return json.loads(_text(file))
    except (ValueError, RecursionError):
        return None


def _rows(file: Path) -> tuple[dict[str, str], ...]:
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            return tuple(csv.DictReader(stream, restval=""))
    except csv.Error as fault:
        raise InputError([_unusable(file, str(fault))]) from fault


def _missing_result(file: Path) -> Finding:
    return error(
        "results-missing",
        Place(file=file),
        found=Text("没有这个结果文件", "this result file is not there"),
        allowed=Text(
            "siteplan solve 写出的完整结果文件夹", "a whole folder that `siteplan solve` has written"
        ),
        mend=Text(
            "检查文件夹名称，或先运行 siteplan solve", "check the name of the folder, or run `siteplan solve`"
        ),
    )


def _unusable(file: Path, reason: str) -> Finding:
    return error(
        "results-unreadable",
        Place(file=file),
        found=Text(f"无法使用：{reason}", f"it can't be used: {reason}"),
        allowed=Text("siteplan solve 写出的内容", "what `siteplan solve` writes"),
        mend=Text("重新运行 siteplan solve", "run `siteplan solve` again"),
    )


def _missing_input(file: Path, entry: RecordedInput) -> Finding:
    return error(
        "input-missing",
        Place(file=file),
        found=Text(f"输入文件 {entry.path} 不在了", f"the input {entry.path} is not there"),
        allowed=Text("run.json 所列的全部输入文件", "every input that run.json lists"),
        mend=Text(
            "把文件放回原处，或用 --case 指定案例文件夹现在的位置",
            "put it back, or say with --case where the case folder is now",
        ),
    )


def _changed_input(file: Path, entry: RecordedInput) -> Finding:
    return error(
        "input-changed",
        Place(file=file),
        found=Text(
            f"输入文件 {entry.path} 在计算之后被改动（SHA-256 不同）",
            f"the input {entry.path} has changed since the results were made (its SHA-256 differs)",
        ),
        allowed=Text("与 run.json 所记相同的文件", "the file as run.json records it"),
        mend=Text("恢复原文件，或重新运行 siteplan solve", "restore it, or run `siteplan solve` again"),
    )


def _not_listed(file: Path) -> Finding:
    return error(
        "input-not-listed",
        Place(file=file),
        found=Text("run.json 没有列出这个输入文件", "run.json doesn't list this input"),
        allowed=Text("只用 run.json 所列的输入文件", "inputs that run.json lists, and no others"),
        mend=Text("移走这个文件，或重新运行 siteplan solve", "move it away, or run `siteplan solve` again"),
    )

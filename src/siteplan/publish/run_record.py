"""``run.json``: what a run read, with what it was made, how it went, and what rests on assumptions."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from siteplan.case import Case
from siteplan.findings import Finding, Place, error
from siteplan.plan import LevelResult
from siteplan.publish.documents import read_document
from siteplan.scenario import LoadedScenario
from siteplan.text import Text

RUN_FILE = "run.json"
SCHEMA: Final = "siteplan-run/1"

PACKAGES = (
    "siteplan",
    "pyomo",
    "highspy",
    "numpy",
    "scipy",
    "numba",
    "networkx",
    "pydantic",
    "pyproj",
    "osmium",
    "geopandas",
)
"""Packages whose version a run records."""


class InputKind(StrEnum):
    """What an input file is for."""

    SCENARIO = "scenario"
    EXTENDED = "extended"
    CASE = "case"
    MODEL = "model"


class RecordModel(BaseModel):
    """Base of everything in ``run.json``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class InputFile(RecordModel):
    """A file that the run read: path relative to the project root, or absolute outside it."""

    kind: InputKind
    path: str
    sha256: str


class RunRecord(RecordModel):
    """``run.json``.

    ``project_root`` is relative to the result folder where that lies inside the project, so that both can
    be moved together, else absolute. ``repeatable`` is False for a run that was cut by a time limit or
    Ctrl-C: repeated, it may end with another plan. ``assumptions`` are the dotted places of the policy's
    figures that rest on an assumption. ``failed_outputs``: files that could not be written, and why.
    """

    schema_version: Annotated[Literal["siteplan-run/1"], Field(alias="schema")] = SCHEMA
    title_zh: str
    title_en: str
    illustrative: bool
    note_zh: str
    note_en: str
    started_at: datetime
    finished_at: datetime
    seconds_by_stage: dict[str, float]
    stopped_by: Literal["completed", "gap", "work_limit", "time_limit", "interrupted"]
    repeatable: bool
    levels: tuple[LevelResult, ...]
    options: dict[str, str | bool | int | float | None]
    outputs: tuple[str, ...]
    skipped_outputs: tuple[str, ...]
    failed_outputs: dict[str, str] = Field(default_factory=dict)
    project_root: str
    case_folder: str
    inputs: tuple[InputFile, ...]
    python: str
    platform: str
    packages: dict[str, str]
    assumptions: tuple[str, ...]

    def root(self, folder: Path) -> Path:
        """Return the project root, for a record that was read from ``folder``."""
        return (folder.resolve() / self.project_root).resolve()

    def scenario_file(self, folder: Path) -> Path:
        """Return the scenario that was solved, for a record that was read from ``folder``."""
        scenario = next(file for file in self.inputs if file.kind is InputKind.SCENARIO)
        return self.root(folder) / scenario.path


def read_run_record(folder: Path) -> RunRecord:
    """Read the run record of a result folder.

    Raises:
        InputError: there is none, or it has another schema version or a fault in it.
    """
    return read_document(folder / RUN_FILE, RunRecord, SCHEMA)


def record_inputs(loaded: LoadedScenario, case: Case) -> tuple[InputFile, ...]:
    """Return the files of a run with their SHA-256; to be called as soon as they have been read."""
    return tuple(
        InputFile(kind=kind, path=path_from(loaded.project_root, file), sha256=sha256_of(file))
        for kind, file in _input_files(loaded, case)
    )


def check_inputs(record: RunRecord, folder: Path, case_folder: Path | None = None) -> list[Finding]:
    """Return a finding for each recorded input that is missing or has changed since the run.

    ``case_folder`` is where the case is now, if it isn't where it was (``--case DIR``).
    """
    findings: list[Finding] = []
    for recorded in record.inputs:
        file = _file_now(record, recorded, folder, case_folder)
        if not file.is_file():
            findings.append(_missing(file, recorded))
        elif sha256_of(file) != recorded.sha256:
            findings.append(_changed(file, recorded))
    return findings


def root_as_recorded(project_root: Path, folder: Path) -> str:
    """Return the project root as a run in ``folder`` records it: relative inside the project."""
    root, inside = project_root.resolve(), folder.resolve()
    if inside.is_relative_to(root):
        return Path(os.path.relpath(root, inside)).as_posix()
    return root.as_posix()


def path_from(project_root: Path, file: Path) -> str:
    """Return a path relative to the project root with forward slashes, absolute where it is outside."""
    root, path = project_root.resolve(), file.resolve()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def package_versions() -> dict[str, str]:
    """Return the versions of `PACKAGES`, of those that are installed."""
    return dict(_installed())


def python_version() -> str:
    """Return implementation and version of the Python in use, for example ``CPython 3.11.2``."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def _installed() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def _input_files(loaded: LoadedScenario, case: Case) -> Iterator[tuple[InputKind, Path]]:
    yield InputKind.SCENARIO, loaded.file
    for file in loaded.extended:
        yield InputKind.EXTENDED, file
    for file in case.files:
        yield InputKind.CASE, file
    for file in sorted(loaded.model_folder.glob("*.yaml")):
        yield InputKind.MODEL, file


def _file_now(record: RunRecord, recorded: InputFile, folder: Path, case_folder: Path | None) -> Path:
    root = record.root(folder)
    file = root / recorded.path
    if case_folder is None or recorded.kind is not InputKind.CASE:
        return file
    return case_folder / os.path.relpath(file, root / record.case_folder)


def _missing(file: Path, recorded: InputFile) -> Finding:
    return error(
        "input-missing",
        Place(file=file),
        found=Text(
            zh=f"计算这些结果时用过的文件 {recorded.path} 不在了",
            en=f"the file {recorded.path}, from which these results were made, is not there",
        ),
        allowed=Text(zh="run.json 所列的全部输入文件", en="every input that run.json lists"),
        mend=Text(
            zh="把文件放回原处，或用 --case 指定案例文件夹现在的位置",
            en="put it back, or say with --case where the case folder is now",
        ),
    )


def _changed(file: Path, recorded: InputFile) -> Finding:
    return error(
        "input-changed",
        Place(file=file),
        found=Text(
            zh=f"文件 {recorded.path} 在计算之后被改动（SHA-256 不同）",
            en=f"{recorded.path} has changed since these results were made (its SHA-256 differs)",
        ),
        allowed=Text(zh="与 run.json 所记相同的文件", en="the file as run.json records it"),
        mend=Text(
            zh="恢复原文件，或重新运行 siteplan solve",
            en="restore the file, or run `siteplan solve` again",
        ),
    )

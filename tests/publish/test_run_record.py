"""``run.json``: inputs with their hashes, versions, options, times, outputs and assumptions."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.publish.conftest import Project

from siteplan.findings import InputError
from siteplan.publish import (
    OUTPUTS,
    Output,
    Run,
    RunRecord,
    check_inputs,
    publish,
    publishing_seconds,
    read_run_record,
    result_folder,
)
from siteplan.publish.publication import FASTEST, Pace, machine_slowness
from siteplan.scenario import AssignmentRule
from siteplan.verify.verification import RUN_CIRCUMSTANCES, RUN_CLAIMS


def published(run: Run, folder: Path) -> RunRecord:
    """Publish the run and return the record as it reads back."""
    with result_folder(folder) as held:
        record = publish(run, held)
    assert read_run_record(folder) == record
    return record


def test_the_record_lists_every_input_with_its_hash(run: Run, project: Project) -> None:
    """Scenario, what it extends, case tables, roads and model files, relative to the project root."""
    record = published(run, project.root / "results" / "tiny")
    assert [(file.kind.value, file.path) for file in record.inputs] == [
        ("scenario", "tiny.yaml"),
        ("extended", "base.yaml"),
        ("case", "data/tiny/case.yaml"),
        ("case", "data/tiny/towns.csv"),
        ("case", "data/tiny/communities.csv"),
        ("case", "data/tiny/demand_points.csv"),
        ("case", "data/tiny/sites.csv"),
        ("case", "data/tiny/projects.csv"),
        ("case", "data/tiny/existing_services.csv"),
        ("case", "data/tiny/roads.osm"),
        ("model", "model/costs.yaml"),
        ("model", "model/functions.yaml"),
        ("model", "model/standards.yaml"),
    ]
    for file in record.inputs:
        assert file.sha256 == hashlib.sha256((project.root / file.path).read_bytes()).hexdigest()


def test_the_record_says_how_the_run_went(run: Run, project: Project) -> None:
    """Versions, options, times, levels, outputs, assumptions and that the case is illustrative."""
    record = published(run, project.root / "results" / "tiny")
    assert platform.python_version() in record.python
    assert {"siteplan", "pyomo", "highspy"} <= set(record.packages)
    assert record.options == {"time_limit_s": 60.0, "gap": 0.0, "seed": 0, "output": None}
    assert record.started_at == run.started_at
    assert record.finished_at > record.started_at
    assert record.seconds_by_stage == {"read": 0.5, "solve": 1.25}
    assert (record.stopped_by, record.repeatable) == ("completed", True)
    assert record.levels == run.plan.levels
    assert record.outputs == (
        "plan.json",
        "sites.geojson",
        "coverage.geojson",
        "assignments.csv",
        "money.csv",
        "run.json",
    )
    assert record.skipped_outputs == ()
    assert record.assumptions == tuple(run.policy.assumptions())
    assert "functions.elderly_care.priority" in record.assumptions
    assert record.illustrative
    assert "示例数据" in record.note_zh


@pytest.mark.parametrize("stopped_by", ["time_limit", "interrupted"])
def test_a_run_that_was_cut_is_not_repeatable(stopped_by: str, run: Run, tmp_path: Path) -> None:
    """After a time limit or Ctrl-C the record says that another run may differ."""
    cut = replace(run, plan=run.plan.model_copy(update={"stopped_by": stopped_by}))
    assert not published(cut, tmp_path / "tiny").repeatable


def test_the_project_can_be_moved_with_its_results(run: Run, project: Project, tmp_path: Path) -> None:
    """Results inside the project find their inputs after both have moved together."""
    published(run, project.root / "results" / "tiny")
    moved = tmp_path / "elsewhere"
    shutil.move(project.root, moved)
    folder = moved / "results" / "tiny"
    record = read_run_record(folder)
    assert record.root(folder) == moved
    assert record.scenario_file(folder) == moved / "tiny.yaml"
    assert check_inputs(record, folder) == []


def test_results_outside_the_project_find_their_inputs(run: Run, project: Project, tmp_path: Path) -> None:
    """Results elsewhere keep the project's absolute place, and may be moved on."""
    published(run, tmp_path / "out" / "tiny")
    moved = tmp_path / "out" / "further" / "down"
    shutil.copytree(tmp_path / "out" / "tiny", moved)
    record = read_run_record(moved)
    assert record.scenario_file(moved) == project.root / "tiny.yaml"
    assert check_inputs(record, moved) == []


def test_changed_and_missing_inputs_are_found(run: Run, project: Project) -> None:
    """Each input that has changed or gone since the run is named, the others not."""
    folder = project.root / "results" / "tiny"
    record = published(run, folder)
    with (project.root / "data" / "tiny" / "sites.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    (project.root / "base.yaml").unlink()
    findings = check_inputs(record, folder)
    assert [(finding.code, finding.place.file) for finding in findings] == [
        ("input-missing", project.root / "base.yaml"),
        ("input-changed", project.root / "data" / "tiny" / "sites.csv"),
    ]


def test_a_case_that_has_moved_can_be_named(run: Run, project: Project, tmp_path: Path) -> None:
    """With the case folder's new place its files are looked for there, the others where they were."""
    folder = project.root / "results" / "tiny"
    record = published(run, folder)
    shutil.move(project.root / "data" / "tiny", tmp_path / "case")
    assert {finding.code for finding in check_inputs(record, folder)} == {"input-missing"}
    assert check_inputs(record, folder, tmp_path / "case") == []


def test_outputs_that_would_come_too_late_are_skipped(run: Run, tmp_path: Path) -> None:
    """Essential outputs are always written; of the others those that don't fit before the deadline aren't."""
    quick = Output("quick.txt", lambda _, file: _write(file, "quick"), is_essential=False, seconds=1.0)
    slow = Output("slow.txt", lambda _, file: _write(file, "slow"), is_essential=False, seconds=30.0)
    with result_folder(tmp_path / "tiny") as held:
        record = publish(run, held, deadline=110.0, outputs=(slow, quick, *OUTPUTS), clock=lambda: 100.0)
    names = {entry.name for entry in (tmp_path / "tiny").iterdir()}
    assert names == {output.file_name for output in OUTPUTS} | {"quick.txt", "run.json"}
    assert record.skipped_outputs == ("slow.txt",)
    assert set(record.outputs) == names


def test_an_output_that_fails_is_noted_and_left_out(run: Run, tmp_path: Path) -> None:
    """What isn't essential may fail: nothing half-written stays, the record says why; the rest is there."""

    def fail(_: Run, folder: Path) -> None:
        folder.mkdir()
        _write(folder / "half.txt", "half")
        raise OSError("disk full")

    failing = Output("pictures", fail, is_essential=False)
    quick = Output("quick.txt", lambda _, file: _write(file, "quick"), is_essential=False)
    with result_folder(tmp_path / "tiny") as held:
        record = publish(run, held, outputs=(*OUTPUTS, failing, quick))
    assert record.failed_outputs == {"pictures": "OSError: disk full"}
    names = {entry.name for entry in (tmp_path / "tiny").iterdir()}
    assert names == {output.file_name for output in OUTPUTS} | {"quick.txt", "run.json"}
    assert set(record.outputs) == names


def test_an_essential_output_that_fails_leaves_the_results_as_they_were(run: Run, tmp_path: Path) -> None:
    """Without the plan's own files there is no result."""

    def fail(_: Run, file: Path) -> None:
        raise OSError("disk full")

    with (
        result_folder(tmp_path / "tiny") as held,
        pytest.raises(OSError, match="disk full"),
    ):
        publish(run, held, outputs=(Output("plan.json", fail, is_essential=True),))
    assert not (tmp_path / "tiny").exists()


def test_the_pace_is_what_passes_for_each_second_of_work() -> None:
    """On a busy machine an estimate counts as many times as the clock outruns the work, at least once."""
    moments = iter((0.0, 0.0, 1000.0))
    pace = Pace(lambda: next(moments), machine=1.0)
    begin = time.process_time()
    while time.process_time() - begin < 0.05:
        pass
    assert pace.slowness() == 1.0
    assert pace.slowness() > 100.0


def test_the_pace_of_a_slow_machine_counts_too() -> None:
    """What a machine takes twice as long for counts twice; a fast one counts as no faster than `FASTEST`."""
    assert Pace(lambda: 0.0, machine=2.0).slowness() == 2.0
    assert FASTEST <= machine_slowness() < 100.0


def test_the_estimate_grows_with_the_problem(run: Run) -> None:
    """Publishing twice the demand points is estimated to take longer, and never no time at all."""
    problem = run.problem
    doubled = {**problem.demand, **{f"{key}'": point for key, point in problem.demand.items()}}
    assert publishing_seconds(replace(problem, demand=doubled)) > publishing_seconds(problem) > 0.0


def test_seating_is_estimated_to_take_longer(run: Run) -> None:
    """Where capacity is a rule persons are seated, which takes time of its own."""
    seated = replace(run.problem, assignment_rule=AssignmentRule.MOST_SERVED)
    assert publishing_seconds(seated) > publishing_seconds(run.problem)


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    """A record of another version of siteplan is told as such."""
    (tmp_path / "run.json").write_text(json.dumps({"schema": "siteplan-run/0"}), encoding="utf-8")
    with pytest.raises(InputError, match="siteplan-run/0"):
        read_run_record(tmp_path)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def test_verification_knows_every_member_of_a_run_record() -> None:
    """What a run records is either a claim that verification recomputes, or how the run went."""
    members = {field.alias or name for name, field in RunRecord.model_fields.items()}
    assert members == RUN_CLAIMS | RUN_CIRCUMSTANCES

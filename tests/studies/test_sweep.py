"""``siteplan sweep``: what is run, what is kept, what a failure does, in processes and on a cluster."""

from __future__ import annotations

import csv
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from siteplan.cli.main import run
from siteplan.cli.runs import Task, run_all
from siteplan.findings import InputError
from siteplan.studies.sweep import RunOutcome, changes_of, runs_of, values_of

ENGLISH = {"SITEPLAN_LANG": "en"}
SHORT = ["--set", "objective=[shortfall]"]


def rows_of(project: Path, name: str = "tiny-sweep") -> dict[str, dict[str, str]]:
    with (project / "results" / name / "sweep.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["run"]: row for row in csv.DictReader(stream)}


def test_dotted_keys_are_nested_and_years_are_numbers() -> None:
    """What a run changes is what a scenario file would say."""
    changes = changes_of({"budget.scale": 0.5, "budget.sources.county.amounts_cny.2027": 7, "years": [2027]})
    county = {"amounts_cny": {2027: 7}}
    assert changes == {"budget": {"scale": 0.5, "sources": {"county": county}}, "years": [2027]}


@pytest.mark.parametrize(
    ("stated", "values"),
    [
        ("0.5,1", (0.5, 1)),
        ("true", (True,)),
        ("[shortfall, cost],[cost]", (["shortfall", "cost"], ["cost"])),
        ("null,linear", (None, "linear")),
    ],
)
def test_values_are_read_as_yaml(stated: str, values: tuple[Any, ...]) -> None:
    """Numbers, switches, lists and words, with commas between."""
    assert values_of(stated) == values


@pytest.mark.parametrize("stated", ["", "[1", "{a: "])
def test_values_that_are_none_are_refused(stated: str) -> None:
    """Nothing, and what is no YAML."""
    with pytest.raises(ValueError, match=r"."):
        values_of(stated)


def test_every_combination_is_a_run_of_its_own(tmp_path: Path) -> None:
    """Scenarios × values, with names that differ also where only capitals or folders do."""
    scenarios = [tmp_path / "a" / "plan.yaml", tmp_path / "b" / "Plan.yaml"]
    runs = runs_of(scenarios, {"budget.scale": [0.5, 1], "pace.sites_per_year": [6, 10]}, tmp_path)
    assert len({run.name.casefold() for run in runs}) == 8
    assert runs[0].name == "plan-scale-0.5-sites_per_year-6"
    assert [run.parameters["pace.sites_per_year"] for run in runs] == [6, 10] * 4
    with pytest.raises(InputError):
        runs_of(scenarios, {key: range(10) for key in "abcd"}, tmp_path)


@pytest.mark.slow
def test_finished_runs_are_kept_and_a_failure_harms_no_other(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that can't be is told in its row; what is done is kept until its inputs change."""
    monkeypatch.chdir(tiny_project)
    command = ["sweep", "scenarios/tiny.yaml", "--set", "budget.scale=0.5,-1,1", *SHORT]
    assert run(command, ENGLISH) == 0
    rows = rows_of(tiny_project)
    assert [row["status"] for row in rows.values()] == ["done", "failed", "done"]
    half, bad, full = rows.values()
    assert "budget.scale" in bad["error_en"]
    assert "-1" in bad["error_en"]
    assert float(half["shortfall"]) > float(full["shortfall"])
    assert half["budget.scale"] == "0.5"
    assert float(half["shortfall_gap"]) == float(half["shortfall"]) - float(half["shortfall_bound"])
    for row in (half, full):
        assert run(["verify", str(tiny_project / "results/tiny-sweep" / row["results"])], {}) == 0
    written = (tiny_project / "results/tiny-sweep" / half["results"] / "run.json").stat().st_mtime_ns
    assert run(command, ENGLISH) == 0
    assert [row["status"] for row in rows_of(tiny_project).values()] == ["kept", "failed", "kept"]
    run_json = tiny_project / "results/tiny-sweep" / half["results"] / "run.json"
    assert run_json.stat().st_mtime_ns == written
    table = tiny_project / "data/tiny/sites.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("1000", "1001"), encoding="utf-8-sig")
    assert run([*command[:2], "--set", "budget.scale=0.5", *SHORT], ENGLISH) == 0
    assert [row["status"] for row in rows_of(tiny_project).values()] == ["done"]
    capsys.readouterr()


@pytest.mark.slow
def test_a_sweep_file_says_the_same(tiny_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenarios and values from a file; scenarios are found relative to it, unknown keys are errors."""
    monkeypatch.chdir(tiny_project)
    file = tiny_project / "scenarios/many.yaml"
    body = "scenarios: [tiny.yaml]\nset: {objective: [[cost], [form]], years: [[2027]]}\nseconds: 40\n"
    file.write_text(body, encoding="utf-8")
    assert run(["sweep", "scenarios/many.yaml"], ENGLISH) == 0
    rows = rows_of(tiny_project, "many-sweep")
    assert {row["status"] for row in rows.values()} == {"done"}
    assert [bool(row["cost"]) for row in rows.values()] == [True, False]
    file.write_text(body.replace("seconds", "second"), encoding="utf-8")
    assert run(["sweep", "scenarios/many.yaml"], ENGLISH) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scenarios/tiny.yaml", "--set", "budget.scale"], "KEY=VALUE"),
        (["scenarios/tiny.yaml", "--set", "budgte.scale=1,2"], "did you mean `budget`"),
        (["scenarios/none.yaml"], "none.yaml"),
        pytest.param(
            ["scenarios/tiny.yaml", "--scheduler", "tcp://127.0.0.1:9"],
            "no Dask scheduler",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_cannot_be_swept_is_told(
    tiny_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    """Bad settings, unknown keys in every run, a missing scenario, no cluster: exit code 2 and a reason."""
    monkeypatch.chdir(tiny_project)
    assert run(["sweep", *arguments], ENGLISH) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_whose_process_dies_is_told_and_the_others_are_run(tiny_project: Path) -> None:
    """A killed process is one failed run, with how it ended."""
    scenario = tiny_project / "scenarios/short.yaml"
    scenario.write_text("extends: tiny.yaml\nobjective: [shortfall]\n", encoding="utf-8")
    results = tiny_project / "results"
    tasks = [Task(name, scenario, results / name, None) for name in ("one", "two")]
    outcomes: dict[str, RunOutcome] = {}
    victim = threading.Thread(target=_kill_a_child, args=(results,), daemon=True)
    victim.start()
    run_all(tasks, None, 1, threading.Event(), outcomes.__setitem__)
    victim.join()
    assert outcomes["one"].status == "failed"
    assert str(-signal.SIGKILL) in outcomes["one"].error.en
    assert outcomes["two"].status == "done"


def _kill_a_child(results: Path) -> None:
    """Kill the process that holds the lock of the first run, as soon as there is one."""
    lock = results / ".one.siteplan-lock"
    while not (lock.is_file() and lock.read_text(encoding="ascii")):
        time.sleep(0.01)
    os.kill(int(lock.read_text(encoding="ascii")), signal.SIGKILL)


def test_after_a_stop_nothing_more_is_begun(tiny_project: Path) -> None:
    """Runs that weren't begun have no outcome, and no folder."""
    stop = threading.Event()
    stop.set()
    outcomes: dict[str, RunOutcome] = {}
    task = Task("one", tiny_project / "scenarios/tiny.yaml", tiny_project / "results/one", None)
    run_all([task], None, 1, stop, outcomes.__setitem__)
    assert outcomes == {}
    assert not task.results.exists()


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_finishes_the_sweep(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two worker processes, one killed while it has a run in work: every run is done all the same."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.chdir(tiny_project)
    settings: dict[str, Any] = {"processes": True, "n_workers": 2, "threads_per_worker": 1}
    with distributed.LocalCluster(dashboard_address=None, **settings) as cluster:
        killed: list[int] = []
        stop = threading.Event()
        killer = threading.Thread(
            target=_kill_a_worker,
            args=(distributed, cluster, tiny_project / "results", killed, stop),
            daemon=True,
        )
        killer.start()
        address = cluster.scheduler_address
        values = ["--set", "budget.scale=0.5,0.75,1", "--set", "years=[2027]", *SHORT]
        assert run(["sweep", "scenarios/tiny.yaml", *values, "--scheduler", address], ENGLISH) == 0
        stop.set()
        killer.join()
    assert killed
    rows = rows_of(tiny_project)
    assert [row["status"] for row in rows.values()] == ["done"] * 3
    for row in rows.values():
        assert (tiny_project / "results/tiny-sweep" / row["results"] / "plan.json").is_file()


def _kill_a_worker(
    distributed: Any, cluster: Any, results: Path, killed: list[int], stop: threading.Event
) -> None:
    """Kill a worker process of the cluster that holds the lock of a run."""
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        workers = set(client.run(os.getpid).values())
    while not killed and not stop.is_set():
        for lock in results.glob("tiny-sweep/.*.siteplan-lock"):
            holder = _holder(lock)
            if holder in workers and not killed:
                os.kill(holder, signal.SIGKILL)
                killed.append(holder)
        time.sleep(0.01)


def _holder(lock: Path) -> int:
    try:
        return int(lock.read_text(encoding="ascii") or 0)
    except OSError:
        return 0

"""Runs beside each other: in processes of this machine, or on a Dask cluster.

A run is solved and published where it is; only its outcome comes back. One that fails, or whose process
dies, harms no other.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from siteplan.cli.clock import RunClock
from siteplan.cli.interruption import Interruption
from siteplan.cli.stages import Stopwatch, now, prepare, publish_result, search
from siteplan.findings import InputError, Severity
from siteplan.publish import result_folder
from siteplan.scenario import SolverSettings
from siteplan.solve import InfeasibleError, NoPlanError
from siteplan.studies.sweep import RunOutcome, Status
from siteplan.text import Text

POLL_S = 0.2
INTERRUPTED = Text("已中断，没有方案", "interrupted without a plan")
ATTEMPTS = 3
"""So often is a run tried whose worker on the cluster dies."""


@dataclass(frozen=True, slots=True)
class Task:
    """A run as it travels to the process that does it; absolute paths that it sees too."""

    name: str
    scenario_file: Path
    results: Path
    seconds: float | None


Told = Callable[[str, RunOutcome], None]
"""Takes a run's name and outcome as soon as it is known."""


def settings_of(task: Task, solver: SolverSettings) -> SolverSettings:
    """Return the scenario's solver settings with the time of the task."""
    return solver if task.seconds is None else solver.model_copy(update={"time_limit_s": task.seconds})


def solve_task(task: Task, interruption: Interruption | None = None) -> RunOutcome:
    """Solve a run and publish it; whatever goes wrong is its outcome."""
    begin = time.monotonic()
    interruption = interruption or Interruption(lambda: None)
    try:
        outcome = RunOutcome(_solved(task, interruption))
    except InputError as refusal:
        outcome = RunOutcome("failed", faults_in_words(refusal))
    except InfeasibleError as clash:
        outcome = RunOutcome("infeasible", clash.text)
    except NoPlanError as refusal:
        outcome = RunOutcome("no_plan", INTERRUPTED if refusal.interrupted else _too_short())
    except Exception as fault:  # a fault of one run is told in its row and harms no other
        outcome = RunOutcome("failed", Text.same(f"{type(fault).__name__}: {fault}"))
    return replace(outcome, seconds=time.monotonic() - begin)


def _solved(task: Task, interruption: Interruption) -> Status:
    started_at, stopwatch = now(), Stopwatch(clock=RunClock())
    with result_folder(task.results) as results:
        prepared = prepare(task.scenario_file, stopwatch)
        settings = settings_of(task, prepared.inputs.loaded.scenario.solver)
        interruption.search_begins()
        result = search(prepared, settings, stopwatch, interruption.stop)
        publish_result(prepared, result, results, settings, stopwatch, started_at)
    return "interrupted" if result.stopped_by == "interrupted" else "done"


def _too_short() -> Text:
    return Text("时间用完，尚未找到方案", "the time ran out before any plan was found")


def faults_in_words(refusal: InputError) -> Text:
    """Return the errors of an input as one line each: place, what was found, what is allowed."""
    errors = [finding for finding in refusal.findings if finding.severity is Severity.ERROR]
    places = [str(finding.place.yaml_path or finding.place.file or "") for finding in errors]
    pairs = list(zip(places, errors, strict=True))
    return Text(
        "；".join(f"{place} {each.found.zh}（应为 {each.allowed.zh}）".strip() for place, each in pairs),
        "; ".join(f"{place} {each.found.en} (allowed: {each.allowed.en})".strip() for place, each in pairs),
    )


def run_all(
    tasks: Sequence[Task], scheduler: str | None, processes: int, stop: threading.Event, told: Told
) -> None:
    """Run the tasks on the cluster of a Dask scheduler, or in so many processes of this machine.

    ``told`` hears of every run in the calling thread. Once ``stop`` is set, runs in work on this machine
    publish their best plan so far, and no other begins.

    Raises:
        ClusterError: there is no such cluster, or Dask isn't installed.
    """
    if scheduler is None:
        _run_here(tasks, processes, stop, told)
    else:
        _run_on_cluster(tasks, scheduler, stop, told)


# --- this machine -------------------------------------------------------------------------------------


def _run_here(tasks: Sequence[Task], processes: int, stop: threading.Event, told: Told) -> None:
    with ThreadPoolExecutor(max_workers=processes) as pool:
        waiting: dict[Future[RunOutcome | None], Task] = {
            pool.submit(_in_a_process, task, stop): task for task in tasks
        }
        while waiting:
            done, _ = wait(waiting, timeout=POLL_S, return_when=FIRST_COMPLETED)
            for future in done:
                task, outcome = waiting.pop(future), future.result()
                if outcome is not None:
                    told(task.name, outcome)


def _in_a_process(task: Task, stop: threading.Event) -> RunOutcome | None:
    """Run a task in a process of its own; None where it wasn't begun any more."""
    if stop.is_set():
        return None
    begin = time.monotonic()
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_outcome, args=(task, sender), daemon=True)
    process.start()
    sender.close()
    asked = False
    while not receiver.poll(POLL_S):
        if stop.is_set() and not asked:
            process.terminate()
            asked = True
    try:
        outcome = receiver.recv()
        assert isinstance(outcome, RunOutcome)
    except EOFError:
        process.join()
        outcome = _died(process.exitcode, interrupted=asked)
        outcome = replace(outcome, seconds=time.monotonic() - begin)
    process.join()
    return outcome


def _send_outcome(task: Task, sender: Connection) -> None:
    """Run a task in its own process: SIGTERM asks for the best plan so far, Ctrl-C is for the parent."""
    interruption = Interruption(lambda: None)
    with interruption.watch():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            outcome = solve_task(task, interruption)
        except KeyboardInterrupt:
            outcome = RunOutcome("no_plan", INTERRUPTED)
    sender.send(outcome)
    sender.close()


def _died(code: int | None, *, interrupted: bool) -> RunOutcome:
    if interrupted:
        return RunOutcome("no_plan", INTERRUPTED)
    return RunOutcome(
        "failed", Text(f"运行的进程意外结束（{code}）", f"its process ended unexpectedly ({code})")
    )


# --- a cluster ----------------------------------------------------------------------------------------


class ClusterError(Exception):
    """The cluster can't be used; ``text`` says why."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


def _run_on_cluster(tasks: Sequence[Task], scheduler: str, stop: threading.Event, told: Told) -> None:
    distributed = _distributed()
    try:
        client = distributed.Client(scheduler, timeout="5s", set_as_default=False)
    except (OSError, ValueError, RuntimeError) as refusal:
        raise ClusterError(
            Text(f"连不上 Dask 调度器 {scheduler}：{refusal}", f"no Dask scheduler at {scheduler}: {refusal}")
        ) from refusal
    with client, client.as_current():
        waiting = {
            client.submit(solve_task, task, pure=False, key=f"{task.name}-{time.time_ns()}"): (task, 1)
            for task in tasks
        }
        for task, outcome in _outcomes(distributed, client, waiting, stop):
            told(task.name, outcome)


def _distributed() -> Any:
    try:
        import distributed  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as missing:
        raise ClusterError(
            Text(
                "--scheduler 需要 Dask：pip install 'siteplan[cluster]'",
                "--scheduler needs Dask: pip install 'siteplan[cluster]'",
            )
        ) from missing
    return distributed


def _outcomes(
    distributed: Any, client: Any, waiting: dict[Any, tuple[Task, int]], stop: threading.Event
) -> Iterator[tuple[Task, RunOutcome]]:
    """Yield outcomes as they come; a run whose worker died too often for Dask is tried again."""
    while waiting and not stop.is_set():
        try:
            finished = distributed.wait(list(waiting), timeout=POLL_S, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            continue
        for future in finished:
            task, attempt = waiting.pop(future)
            try:
                yield task, future.result()
            except Exception as fault:  # whatever the cluster makes of a run is told in its row
                if isinstance(fault, distributed.KilledWorker) and attempt < ATTEMPTS:
                    again = client.submit(solve_task, task, pure=False, key=f"{task.name}-{time.time_ns()}")
                    waiting[again] = (task, attempt + 1)
                    continue
                yield task, RunOutcome("failed", Text.same(f"{type(fault).__name__}: {fault}"))
    client.cancel(list(waiting))


def by_status(outcomes: Mapping[str, RunOutcome]) -> dict[Status, int]:
    """Return how many runs ended how."""
    counts: dict[Status, int] = {}
    for outcome in outcomes.values():
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    return counts

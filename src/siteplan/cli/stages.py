"""The way through siteplan, stage by stage: read → check → reach → problem → solve → outcome → publish.

Every stage takes what the stage before returned; the commands only call them and show what comes out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from siteplan.assemble import build_problem, check_by_hand, check_future_cases, check_local_targets
from siteplan.case import Case
from siteplan.cli.clashes import located
from siteplan.cli.clock import RunClock
from siteplan.findings import Finding, InputError, has_errors
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.check import check_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.inputs.scenario_files import load_scenario
from siteplan.network import RoadNetwork, WalkingAccess
from siteplan.outcome import evaluate, make_plan
from siteplan.outcome.evaluation import Outcome
from siteplan.plan import Decisions, Plan
from siteplan.policy import Policy
from siteplan.problem import Problem
from siteplan.progress import Progress, ProgressListener, silent
from siteplan.publish import (
    OUTPUTS,
    Output,
    Pace,
    ResultFolder,
    Run,
    RunRecord,
    publish,
    publishing_seconds,
    readable_seconds,
    record_inputs,
)
from siteplan.publish.run_record import InputFile
from siteplan.reach import check_reach, walking_access
from siteplan.scenario import LoadedScenario, SolverSettings
from siteplan.solve import Clock, InfeasibleError, SolveResult, compile_ahead, solve
from siteplan.text import Text

READ = Text("读取并检查输入", "reading and checking the inputs")
REACH = Text("计算步行距离", "walking distances")
PROBLEM = Text("建立问题", "assembling the problem")
SOLVE = Text("求解", "solving")
OUTCOME = Text("计算方案成效", "what the plan achieves")
PUBLISH = Text("写出结果", "writing the results")


@dataclass(slots=True)
class Stopwatch:
    """Announces stages to a listener and keeps the seconds that each took, by English name.

    ``pace``: how slowly the work goes because others use the machine too.
    """

    listener: ProgressListener = silent
    clock: RunClock = field(default_factory=RunClock)
    seconds_by_stage: dict[str, float] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)

    @contextmanager
    def stage(self, name: Text) -> Iterator[None]:
        """Announce a stage and measure the ``with`` block."""
        begin = time.monotonic()
        self.listener(Progress(name, self.clock.elapsed_s()))
        try:
            yield
        finally:
            self.seconds_by_stage[name.en] = time.monotonic() - begin


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What was read, with the SHA-256 of the files and what is suspicious in them."""

    loaded: LoadedScenario
    policy: Policy
    case: Case
    network: RoadNetwork
    files: tuple[InputFile, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Everything before the search: inputs, walking distances, the problem, and all warnings."""

    inputs: Inputs
    access: WalkingAccess
    problem: Problem
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A published run: its plan, and the record of what was written."""

    plan: Plan
    problem: Problem
    record: RunRecord


FurtherOutputs = Callable[[Prepared, Plan, float], tuple[Output, ...]]
"""From what was prepared, the plan and the deadline (`time.monotonic`) to outputs beyond the essential."""


def no_further_outputs(prepared: Prepared, plan: Plan, deadline: float) -> tuple[Output, ...]:
    """Return no outputs: the plan, the run and the geographic and tabular files are enough."""
    return ()


def read_inputs(
    scenario_file: Path, case_folder: Path | None = None, changes: Iterable[Mapping[str, Any]] = ()
) -> Inputs:
    """Read a scenario, its policy, case and roads, and check them together.

    ``case_folder`` is where the case is now, if it isn't where the scenario says; ``changes`` are merged
    on top of the scenario.

    Raises:
        InputError: with every error and warning of all of them.
    """
    loaded = load_scenario(scenario_file, case_folder, changes)
    findings = list(loaded.warnings)
    with _added_to(findings):
        policy = load_policy(loaded.model_folder, loaded)
    case: Case | None = None
    network: RoadNetwork | None = None
    errors: list[Finding] = []
    try:
        case = load_case(loaded.case_folder, function_names(policy))
        findings += [loaded.located(finding) for finding in check_case(case, policy, loaded.scenario)]
    except InputError as problem:
        errors += problem.findings
    if case is not None:
        try:
            network = read_roads(case.roads_file, case.header.metric_crs)
        except InputError as problem:
            errors += problem.findings
    findings += errors
    if case is None or network is None or has_errors(findings):
        raise InputError(findings)
    return Inputs(loaded, policy, case, network, record_inputs(loaded, case), tuple(findings))


@contextmanager
def _added_to(findings: list[Finding]) -> Iterator[None]:
    """Let an `InputError` of the ``with`` block also carry the findings made before it."""
    try:
        yield
    except InputError as problem:
        raise InputError([*findings, *problem.findings]) from problem


def prepare(
    scenario_file: Path,
    stopwatch: Stopwatch,
    case_folder: Path | None = None,
    changes: Iterable[Mapping[str, Any]] = (),
    *,
    is_for_search: bool = False,
) -> Prepared:
    """Read and check the inputs, compute walking distances and assemble the problem.

    ``case_folder`` is where the case is now, if it isn't where the scenario says; ``changes`` are merged
    on top of the scenario. ``is_for_search``: what the search runs is compiled meanwhile.

    Raises:
        InputError: with every error and warning of the inputs.
    """
    with stopwatch.stage(READ):
        inputs = read_inputs(scenario_file, case_folder, changes)
    if is_for_search and len(inputs.loaded.scenario.years) > 1:
        compile_ahead()
    with stopwatch.stage(REACH):
        access = walking_access(inputs.network, inputs.case, inputs.policy, farthest_walk_m(inputs.policy))
    with stopwatch.stage(PROBLEM):
        problem = build_problem(inputs.case, inputs.policy, inputs.loaded.scenario, access)
        suspicious = check_reach(
            inputs.case, inputs.policy, possible_providers(problem), access, inputs.network
        )
        by_hand = check_by_hand(problem, inputs.case, inputs.loaded)
        local = check_local_targets(problem, inputs.loaded)
        futures = check_future_cases(problem, inputs.policy, inputs.loaded)
    warnings = (*inputs.warnings, *by_hand, *local, *futures, *suspicious)
    if has_errors(warnings):
        raise InputError(warnings)
    return Prepared(inputs, access, problem, warnings)


def farthest_walk_m(policy: Policy) -> float:
    """Return the distance in metres up to which walks matter: the largest radius used or reported."""
    radii = [function.service_radius_m.value for function in policy.functions.values()]
    radii += [radius.value for radius in policy.standards.reported_radii_m]
    return max(radii)


def possible_providers(problem: Problem) -> Mapping[str, frozenset[str]]:
    """Return the sites that provide each function, or could."""
    return {
        function: frozenset(site for site in problem.sites if problem.can_provide(site, function))
        for function in problem.functions
    }


def search(
    prepared: Prepared,
    settings: SolverSettings,
    stopwatch: Stopwatch,
    stop: threading.Event,
    start: Decisions | None = None,
    *,
    keeps_time_for_readables: bool = False,
) -> SolveResult:
    """Search for the best plan until the time that publishing needs; ``stop`` ends the search early.

    ``start``: decisions to begin with. ``keeps_time_for_readables``: publishing will write the results for
    people too.

    Raises:
        InfeasibleError: the hard rules clash.
        NoPlanError: the time ran out, or ``stop`` was set, before any plan was found.
    """
    reserve_s = RESERVE_AT_LEAST_S + publishing_seconds(prepared.problem)
    deadline = stopwatch.clock.deadline(settings.time_limit_s)
    left_s, slowness = deadline - time.monotonic(), stopwatch.pace.slowness()
    reserve_s = max(reserve_s, min(reserve_s * slowness, left_s * SLOW_SHARE))
    if keeps_time_for_readables:
        most_s = max(0.0, left_s - SHORT_TIME_S) * READABLES_SHARE
        readables_s = readable_seconds(prepared.problem, prepared.inputs.network.node_count)
        reserve_s += min(most_s, readables_s * slowness)
    clock = Clock(deadline - reserve_s, stop)
    with stopwatch.stage(SOLVE):
        try:
            return solve(prepared.problem, settings, stopwatch.listener, clock, start=start)
        except InfeasibleError as clash:
            inputs = prepared.inputs
            raise located(clash, inputs.loaded, inputs.case) from clash


RESERVE_AT_LEAST_S = 2.0
"""Seconds of the time limit kept, besides publishing, for the solver to stop and for the table."""


SLOW_SHARE = 0.4
"""A busy machine publishes slower; that may take such a share of the time left, or the ordinary reserve."""


SHORT_TIME_S, READABLES_SHARE = 20.0, 0.45
"""Of the time left beyond so many seconds, the results for people take at most such a share: a plan comes
first, and what doesn't fit is skipped and can be made later."""


def achieved(prepared: Prepared, result: SolveResult) -> tuple[Outcome, Plan]:
    """Compute what the decisions achieve and cost, and the plan that says so."""
    problem, title = prepared.problem, prepared.inputs.loaded.scenario.title
    outcome = evaluate(problem, result.decisions)
    plan = make_plan(
        problem,
        result.decisions,
        result.levels,
        title=Text(title.zh, title.en),
        illustrative=prepared.inputs.case.is_illustrative,
        stopped_by=result.stopped_by,
        outcome=outcome,
    )
    return outcome, plan


def publish_result(
    prepared: Prepared,
    result: SolveResult,
    results: ResultFolder,
    settings: SolverSettings,
    stopwatch: Stopwatch,
    started_at: datetime,
    further: FurtherOutputs = no_further_outputs,
) -> Solved:
    """Compute what the plan achieves and publish it, with ``further`` outputs besides the essential ones.

    Raises:
        InputError: the result folder is in use by another program.
    """
    inputs, problem = prepared.inputs, prepared.problem
    with stopwatch.stage(OUTCOME):
        outcome, plan = achieved(prepared, result)
    run = Run(
        loaded=inputs.loaded,
        policy=inputs.policy,
        inputs=inputs.files,
        problem=problem,
        outcome=outcome,
        plan=plan,
        options=settings.model_dump(),
        started_at=started_at,
        seconds_by_stage=stopwatch.seconds_by_stage,
    )
    deadline = stopwatch.clock.deadline(settings.time_limit_s)
    if plan.stopped_by == "interrupted":
        deadline = time.monotonic()  # who interrupts gets the plan at once, and can have the rest made later
    with stopwatch.stage(PUBLISH):
        pace = Pace()
        outputs = (*OUTPUTS, *further(prepared, plan, deadline))
        record = publish(run, results, deadline=deadline, outputs=outputs, pace=pace)
    return Solved(plan, problem, record)


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)

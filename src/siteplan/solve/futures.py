"""One decision that suits several futures: the joint mixed-integer program, begun from single-future plans.

Every future's own decision is first tried in all futures, so there is a plan before the joint program is
solved. Its bound and that of the single futures (nobody does better than one who knows) are both proven.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from siteplan.highs import Answer, Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.outcome import advantage, level_value
from siteplan.plan import Decisions
from siteplan.problem import Problem, Role
from siteplan.progress import Progress, ProgressListener, silent
from siteplan.scenario import AssignmentRule, DecidedNow, DecisionRule, Level, SolverSettings
from siteplan.solve.decompose.neighbourhood import ColumnArray, Start, improve_by_town
from siteplan.solve.formulation import build_model
from siteplan.solve.formulation.futures import Future, FuturesProblem, build_futures_model
from siteplan.solve.program import CompiledModel, Cut, columns_of, compile_program, program_of
from siteplan.solve.result import InfeasibleError, NoPlanError
from siteplan.solve.stages.values import PROVEN_TOLERANCE
from siteplan.text import Text

TRY_NODES = 200
JOINT_NODES = 1000
LATER_NODES = 40
NEIGHBOURHOOD_NODES = 20
NEIGHBOURHOOD_PASSES = 3
"""Work limits at effort 1, in branch-and-bound nodes of each stage, and passes."""
COLUMNS_OF_NODE_LIMITS = 5000
"""Node limits are for programs of this many columns; a smaller program gets more nodes, as they are cheap."""
TRYING_SHARE = 0.4
JOINT_SHARE = 0.5
NEIGHBOURHOOD_SHARE = 0.5
"""Shares of the time left, at most, of the stages in their order."""
TRY_SECONDS = 4.0
LAST_RESORT_SECONDS = 20.0
"""Seconds that trying a decision in a future, and the last resort, may take even when time is up."""
SLACK = 1e-7
"""Rows that hold a value or a bound give way by this (relative, at least absolute): solver tolerance."""
SMALLEST_GAIN = 1e-9

TRYING = Text("各未来的方案互相检验", "trying each future's plan in all futures")
JOINT = Text("求共同决定", "the decision for all futures")
LATER = Text("共同决定的后续目标", "later levels of the decision")
CLASH = Text("找出互相冲突的未来", "finding the futures that clash")


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided before the future is known: opening years, and first years of functions if decided."""

    opening: Mapping[str, int]
    functions: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, eq=False)
class CommonPlan:
    """A decision with a plan of each future that follows it, and the rule's bound in reported units."""

    decision: Decision
    plans: Mapping[str, Decisions]
    bound: float | None


def decision_of(problem: FuturesProblem, decisions: Decisions) -> Decision:
    """Return the part of a plan that is decided before the future is known."""
    sites = set(problem.decided_sites)
    opening = {site: year for site, year in decisions.opening_years().items() if site in sites}
    functions = {
        pair: year
        for pair, year in decisions.start_year.items()
        if problem.decide is DecidedNow.FUNCTIONS and pair[0] in sites
    }
    return Decision(opening, functions)


def following(problem: FuturesProblem, future: Future, decision: Decision) -> tuple[Problem, tuple[Cut, ...]]:
    """Return a future's problem with the decision made, and the rows that make its functions follow.

    A candidate opens in its year, or after the horizon where it doesn't open.
    """
    known, never = future.problem, future.problem.years[-1] + 1
    decided = set(problem.decided_sites_of(future))
    sites = {
        key: replace(site, opens_in=decision.opening.get(key, never))
        if key in decided and site.role is Role.CANDIDATE
        else site
        for key, site in known.sites.items()
    }
    fixed = replace(known, sites=sites)
    if problem.decide is not DecidedNow.FUNCTIONS:
        return fixed, ()
    signs = {
        (site, function, year): 1.0 if year >= decision.functions.get((site, function), never) else -1.0
        for site in decided
        for function in known.sites[site].may_host
        for year in known.years
    }
    wanted = sum(sign > 0.0 for sign in signs.values())
    return fixed, (Cut("provided_alike", float(wanted), provide=signs),)


def rule_value(problem: FuturesProblem, values: Mapping[str, float]) -> float:
    """Return what the rule makes of the first level's value in each future, in reported units.

    The mean, the worst, or the largest distance from the reference of each future.
    """
    sign = 1.0 if problem.reported_per_model(problem.level) > 0.0 else -1.0
    if problem.rule is DecisionRule.EXPECTED:
        return sum(problem.weights[key] * value for key, value in values.items())
    if problem.rule is DecisionRule.ROBUST:
        return sign * max(sign * value for value in values.values())
    return max(sign * (values[future.key] - future.reference) for future in problem.futures)


def rule_bound(problem: FuturesProblem, bounds: Mapping[str, float | None]) -> float | None:
    """Return the rule's value at the bounds of the single futures: no decision is better than knowing."""
    known = {key: bound for key, bound in bounds.items() if bound is not None}
    if problem.rule is DecisionRule.EXPECTED and len(known) < len(problem.futures):
        return None
    if problem.rule is DecisionRule.REGRET:
        return 0.0 if len(known) == len(problem.futures) else None
    return rule_value(problem, known) if known else None


@dataclass(frozen=True)
class JointModel:
    """The program of all futures; each future's columns and the common decision's among its columns.

    ``rule``, ``values`` (by future) and ``means`` (by level) are objective vectors (columns,) with offset,
    to be minimised, in model units of the first future.
    """

    problem: FuturesProblem
    program: Program
    futures: Mapping[str, CompiledModel]
    open: Mapping[tuple[str, int], int]
    provide: Mapping[tuple[str, str, int], int]
    rule: tuple[FloatArray, float]
    values: Mapping[str, tuple[FloatArray, float]]
    means: Mapping[Level, tuple[FloatArray, float]]

    def decision(self, values: FloatArray) -> Decision:
        """Read the common decision from a solution vector (columns,)."""
        opening: dict[str, int] = {}
        for (site, year), column in self.open.items():
            if values[column] > 0.5:
                opening[site] = min(year, opening.get(site, year))
        functions: dict[tuple[str, str], int] = {}
        for (site, function, year), column in self.provide.items():
            if values[column] > 0.5:
                functions[site, function] = min(year, functions.get((site, function), year))
        return Decision(opening, functions)

    def plans(self, values: FloatArray) -> dict[str, Decisions]:
        """Read the plan of each future from a solution vector (columns,)."""
        return {key: compiled.decisions(values) for key, compiled in self.futures.items()}

    def start(self, decision: Decision, plans: Mapping[str, Decisions]) -> Start:
        """Return (columns, values) of the binaries of a decision and its plans."""
        never = self.problem.futures[0].problem.years[-1] + 1
        parts = [compiled.start_values(plans[key]) for key, compiled in self.futures.items()]
        own = [
            (column, year >= decision.opening.get(site, never)) for (site, year), column in self.open.items()
        ]
        own += [
            (column, year >= decision.functions.get((site, function), never))
            for (site, function, year), column in self.provide.items()
        ]
        columns = np.concatenate(
            [*(part[0] for part in parts), np.array([c for c, _ in own], dtype=np.int64)]
        )
        values = np.concatenate(
            [*(part[1] for part in parts), np.array([v for _, v in own], dtype=np.float64)]
        )
        return columns, values

    @cached_property
    def site_columns(self) -> dict[str, ColumnArray]:
        """Site → its binary columns in all futures and in the common decision."""
        columns: dict[str, list[int]] = {}
        for compiled in self.futures.values():
            for site, own in compiled.columns_by_site().items():
                columns.setdefault(site, []).extend(own)
        for (site, _), column in self.open.items():
            columns[site].append(column)
        for (site, _, _), column in self.provide.items():
            columns[site].append(column)
        return {site: np.array(own, dtype=np.int64) for site, own in columns.items()}

    @property
    def towns(self) -> dict[str, str]:
        """Site → town."""
        return {
            key: future.problem.sites[key].town_code
            for future in self.problem.futures
            for key in future.problem.planned_sites
        }


def compile_futures(problem: FuturesProblem, levels: tuple[Level, ...]) -> JointModel:
    """Compile the model of all futures for the given levels, the first level among them first."""
    model = build_futures_model(problem, levels)
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    index = {id(variable): column for column, variable in enumerate(form.columns)}
    program, costs = program_of(form), form.c.toarray()
    vectors = [(costs[row].astype(float), float(form.c_offset[row])) for row in range(len(costs))]
    keys = [future.key for future in problem.futures]

    def positions(variable: Any) -> dict[Any, int]:
        return {key: index[id(item)] for key, item in variable.items() if id(item) in index}

    return JointModel(
        problem=problem,
        program=program,
        futures={
            future.key: CompiledModel(
                future.problem,
                program,
                columns_of(model.future[future.key], index),
                {},
                model.future[future.key].areas_are_smallest,
            )
            for future in problem.futures
        },
        open=positions(model.open),
        provide=positions(model.provide),
        rule=vectors[0],
        values=dict(zip(keys, vectors[1:], strict=False)),
        means=dict(zip(levels, vectors[1 + len(keys) :], strict=True)),
    )


@dataclass(slots=True)
class _Run:
    """What the stages share."""

    problem: FuturesProblem
    settings: SolverSettings
    listener: ProgressListener
    clock: Clock
    session: SolverSession

    def tell(self, stage: Text) -> None:
        self.listener(Progress(stage, 0.0))

    def limits(self, program: Program, nodes_at_effort_one: int) -> Limits:
        cheapness = max(1.0, COLUMNS_OF_NODE_LIMITS / len(program.cost))
        nodes = max(1, round(nodes_at_effort_one * self.settings.effort * cheapness))
        return Limits(nodes=nodes, seed=self.settings.seed)


def solve_futures(
    problem: FuturesProblem,
    own: Mapping[str, Decisions],
    own_bounds: Mapping[str, float | None],
    settings: SolverSettings,
    clock: Clock,
    listener: ProgressListener = silent,
) -> CommonPlan:
    """Return the best decision found under the rule, with a plan of each future that follows it.

    ``own`` and ``own_bounds``: each future's own plan and the proven bound of its first level, in its
    reported unit. Later levels are made as good as they can in the mean of the futures, earlier ones held.

    Raises:
        InfeasibleError: no decision keeps the hard rules in all futures.
        NoPlanError: the clock ended the search before any was found.
    """
    with SolverSession() as session:
        run = _Run(problem, settings, listener, clock, session)
        first = compile_futures(problem, (problem.level,))
        best = _best_tried(run, own)
        best, bound = _joint(run, first, best, own_bounds)
        best = _later(run, best)
    return CommonPlan(best[0], best[1], bound)


Candidate = tuple[Decision, dict[str, Decisions]]


def _best_tried(run: _Run, own: Mapping[str, Decisions]) -> Candidate | None:
    """Return the best of the futures' own decisions, each tried in all of them; None where none fits all."""
    run.tell(TRYING)
    problem = run.problem
    clock = run.clock.until(TRYING_SHARE * run.clock.seconds_left())
    compiled = {
        future.key: compile_program(
            future.problem, build_model(future.problem, (problem.level,), shared=True), (problem.level,)
        )
        for future in problem.futures
    }
    plans = list(own.values())
    decisions = [decision_of(problem, plan) for plan in plans]
    careful = _in_every(decisions)
    decisions += [careful, _only_fixed(problem, careful)]
    tried: list[tuple[float, Candidate]] = []
    for number, decision in enumerate(decisions):
        is_last_resort = number == len(decisions) - 1
        if decision in decisions[:number] or (is_last_resort and tried):
            continue
        share = clock.until(clock.seconds_left() / (len(decisions) - number))
        made_by = plans[number] if number < len(plans) else plans[0]
        least_s = LAST_RESORT_SECONDS if is_last_resort else TRY_SECONDS
        found = _tried(run, decision, compiled, made_by, share, least_s)
        if found is not None:
            tried.append((_signed(problem, _value(problem, found)), (decision, found)))
    return min(tried, key=lambda entry: entry[0], default=(0.0, None))[1]


def _in_every(decisions: Sequence[Decision]) -> Decision:
    """Return what every decision opens, in the last of its years: the most careful one."""
    opening = {
        site: max(decision.opening[site] for decision in decisions)
        for site in decisions[0].opening
        if all(site in decision.opening for decision in decisions)
    }
    functions = {
        pair: max(decision.functions[pair] for decision in decisions)
        for pair in decisions[0].functions
        if all(pair in decision.functions for decision in decisions)
    }
    return Decision(opening, functions)


def _only_fixed(problem: FuturesProblem, careful: Decision) -> Decision:
    """Return what is fixed whatever is decided: the last resort."""
    sites = problem.futures[0].problem.sites
    opening = {site: year for site, year in careful.opening.items() if sites[site].opens_in is not None}
    functions = {pair: year for pair, year in careful.functions.items() if pair[0] in opening}
    return Decision(opening, functions)


def _tried(
    run: _Run,
    decision: Decision,
    compiled: Mapping[str, CompiledModel],
    made_by: Decisions,
    clock: Clock,
    least_s: float,
) -> dict[str, Decisions] | None:
    """Return the best plan of each future under a decision; None where one has none, or none in time.

    ``made_by``: a plan with the decision or one like it; what it provides where the decision opens is the
    start.
    """
    plans: dict[str, Decisions] = {}
    for number, future in enumerate(run.problem.futures):
        model = compiled[future.key]
        program = _decided(run.problem, future, model, decision)
        seconds = max(least_s, clock.seconds_left() / (len(run.problem.futures) - number))
        share = Clock(time.monotonic() + seconds, clock.stop)
        provided = {
            pair: max(year, decision.opening[pair[0]])
            for pair, year in made_by.start_year.items()
            if pair[0] in decision.opening and pair[0] not in future.lost_sites
        }
        start = model.start_values(replace(made_by, start_year=provided))
        answer = run.session.solve(program, run.limits(program, TRY_NODES), share, start)
        if answer.values is None:
            return None
        plans[future.key] = model.decisions(answer.values)
    return plans


def _decided(problem: FuturesProblem, future: Future, compiled: CompiledModel, decision: Decision) -> Program:
    """Return a future's program with the columns of the decision fixed."""
    sites, never = set(problem.decided_sites_of(future)), future.problem.years[-1] + 1
    fixed = [
        (column, float(year >= decision.opening.get(site, never)))
        for (site, year), column in compiled.columns.open.items()
        if site in sites
    ]
    if problem.decide is DecidedNow.FUNCTIONS:
        fixed += [
            (column, float(year >= decision.functions.get((site, function), never)))
            for (site, function, year), column in compiled.columns.provide.items()
            if site in sites
        ]
    program = compiled.program.with_objective(*compiled.objectives[problem.level])
    return program.with_fixed(
        np.array([column for column, _ in fixed], dtype=np.int64), np.array([value for _, value in fixed])
    )


def _value(problem: FuturesProblem, plans: Mapping[str, Decisions]) -> float:
    """Return the rule's value of the plans, in reported units."""
    return rule_value(
        problem,
        {
            future.key: level_value(future.problem, plans[future.key], problem.level)
            for future in problem.futures
        },
    )


def _signed(problem: FuturesProblem, value: float) -> float:
    """Return a value of the rule as one to be minimised; regret is so already."""
    is_maximised = problem.reported_per_model(problem.level) < 0.0
    return -value if is_maximised and problem.rule is not DecisionRule.REGRET else value


def _joint(
    run: _Run, model: JointModel, best: Candidate | None, own_bounds: Mapping[str, float | None]
) -> tuple[Candidate, float | None]:
    """Solve the joint program from the best candidate; return the best decision and the rule's bound."""
    run.tell(JOINT)
    problem = run.problem
    program = _with_own_bounds(model, own_bounds).with_objective(*model.rule)
    start = None if best is None else model.start(*best)
    clock = run.clock.until(JOINT_SHARE * run.clock.seconds_left())
    answer = run.session.solve(program, run.limits(program, JOINT_NODES), clock, start)
    if answer.status is Status.INFEASIBLE:
        raise InfeasibleError((), _clash(run))
    found = [] if best is None else [best]
    if answer.values is not None:
        found.append((model.decision(answer.values), model.plans(answer.values)))
    if not found:
        raise NoPlanError(interrupted=run.clock.stop.is_set())
    best = min(found, key=lambda each: _signed(problem, _value(problem, each[1])))
    if not answer.is_proven:
        best = _improved(run, model, program, best)
    proven = [
        bound
        for bound in (_reported_bound(problem, answer), rule_bound(problem, own_bounds))
        if bound is not None
    ]
    return best, max(proven, key=lambda bound: _signed(problem, bound), default=None)


def _reported_bound(problem: FuturesProblem, answer: Answer) -> float | None:
    """Return the bound of the joint program in the rule's reported unit; a regret is always positive."""
    if answer.bound is None:
        return None
    unit = problem.reported_per_model(problem.level)
    return answer.bound * (abs(unit) if problem.rule is DecisionRule.REGRET else unit) + 0.0


def _with_own_bounds(model: JointModel, own_bounds: Mapping[str, float | None]) -> Program:
    """Add the futures' own bounds as rows: in no future is a plan better than its best."""
    program, problem = model.program, model.problem
    for future in problem.futures:
        bound = own_bounds[future.key]
        if bound is None:
            continue
        coefficients, offset = model.values[future.key]
        least = bound / problem.reported_per_model(problem.level)
        program = program.with_row(
            f"own_bound[{future.key}]", coefficients, least - offset - SLACK * max(1.0, abs(least)), np.inf
        )
    return program


def _improved(run: _Run, model: JointModel, program: Program, best: Candidate) -> Candidate:
    """Return the best decision that the neighbourhoods of a candidate have: town by town, in all futures."""
    clock = run.clock.until(NEIGHBOURHOOD_SHARE * run.clock.seconds_left())
    answer = improve_by_town(
        model.site_columns,
        model.towns,
        program,
        model.start(*best),
        run.session,
        run.limits(program, NEIGHBOURHOOD_NODES),
        clock,
        NEIGHBOURHOOD_PASSES,
    )
    if answer is None:
        return best
    other = (model.decision(answer[0]), model.plans(answer[0]))
    values = [_signed(run.problem, _value(run.problem, each[1])) for each in (best, other)]
    return other if values[1] < values[0] - SMALLEST_GAIN * max(1.0, abs(values[0])) else best


def _later(run: _Run, best: Candidate) -> Candidate:
    """Make the mean of every level as good as it can be, one after the other, holding all before it.

    So of the decisions that are equally good under the rule it is the best on average, and nothing opens
    that no level wants. Walking distance doesn't count in the decision.
    """
    run.tell(LATER)
    problem, first = run.problem, run.problem.level
    levels = tuple(
        level
        for level in problem.futures[0].problem.objective
        if level is not Level.WALKING_DISTANCE or level is first
    )
    passes = [level for level in levels if problem.rule is not DecisionRule.EXPECTED or level is not first]
    if not passes or run.clock.seconds_left() <= 0.0:
        return best
    model = compile_futures(problem, levels)
    rule = _value(problem, best[1])
    program = _held(model.program, model.rule, _in_model_units(problem, rule))
    means: dict[Level, float] = {}
    for number, level in enumerate(passes):
        clock = run.clock.until(run.clock.seconds_left() / (len(passes) - number))
        asked = program.with_objective(*model.means[level])
        limits = replace(run.limits(asked, LATER_NODES), holds_values=True)
        answer = run.session.solve(asked, limits, clock, model.start(*best))
        if answer.values is not None:
            found = model.plans(answer.values)
            if _keeps(problem, found, rule, {**means, level: _mean(problem, best[1], level)}):
                best = (model.decision(answer.values), found)
        means[level] = _mean(problem, best[1], level)
        tolerance = problem.futures[0].problem.tolerance.get(level, 0.0)
        unit = problem.reported_per_model(level)
        program = _held(program, model.means[level], means[level] / unit + tolerance / abs(unit))
    return best


def _mean(problem: FuturesProblem, plans: Mapping[str, Decisions], level: Level) -> float:
    """Return the mean of a level over the futures, in its reported unit."""
    return sum(
        problem.weights[future.key] * level_value(future.problem, plans[future.key], level)
        for future in problem.futures
    )


def _keeps(
    problem: FuturesProblem, plans: Mapping[str, Decisions], rule: float, means: Mapping[Level, float]
) -> bool:
    """Return whether plans are no worse than the rule's value and some means, by what they come to.

    The program's own values are not enough where a plan claims less than the program does
    (`nearest_with_a_place`).
    """
    if problem.futures[0].problem.assignment_rule is not AssignmentRule.NEAREST_WITH_A_PLACE:
        return True
    lost = _signed(problem, _value(problem, plans)) - _signed(problem, rule)
    if lost > PROVEN_TOLERANCE * max(1.0, abs(rule)):
        return False
    tolerance = problem.futures[0].problem.tolerance
    return all(
        advantage(level, value, _mean(problem, plans, level))
        <= tolerance.get(level, 0.0) + PROVEN_TOLERANCE * max(1.0, abs(value))
        for level, value in means.items()
    )


def _in_model_units(problem: FuturesProblem, value: float) -> float:
    """Return a value of the rule in model units of the joint program, to be minimised."""
    unit = problem.reported_per_model(problem.level)
    return value / (abs(unit) if problem.rule is DecisionRule.REGRET else unit)


def _held(program: Program, objective: tuple[FloatArray, float], value: float) -> Program:
    """Return the program in which an objective (minimised) is no worse than a value."""
    coefficients, offset = objective
    return program.with_row("held", coefficients, -np.inf, value - offset + SLACK * max(1.0, abs(value)))


def _clash(run: _Run) -> Text:
    """Say which futures have no decision in common: without any one of them the others have."""
    run.tell(CLASH)
    kept = list(run.problem.futures)
    for future in run.problem.futures:
        others = tuple(each for each in kept if each is not future)
        if not others:
            continue
        program = compile_futures(replace(run.problem, futures=others), (run.problem.level,)).program
        if run.session.solve(program, Limits(), run.clock).status is Status.INFEASIBLE:
            kept = list(others)
    names = ", ".join(future.key for future in kept)
    return Text(
        f"没有一个共同决定在这些未来都满足规定：{names}。放宽规定，或改 futures.decide / 各未来的设定",
        f"no decision keeps the rules in all of these futures: {names}. Relax a rule, decide less now "
        "(futures.decide), or change a future",
    )

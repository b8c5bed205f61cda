"""Why targets are missed: each shortfall split into causes by lifting rules one after another.

For a missed target every other target is kept at least as well met as in the plan, and the target's own
shortfall is minimised: under all rules, then without pace, without money too, without capacity too, and at
last as if every listed space suited the function. What each step gains is the share of its cause; what is
left lies beyond the radius of every listed space. Each minimum has an incumbent and a proven bound, so each
share has a figure (of the incumbents: these add up) and an interval that holds the true share.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siteplan.explain.remedies import PACE_RULES, Ground, money_remedy, space_remedies
from siteplan.explain.what_if import Question
from siteplan.highs import Clock, FloatArray, Limits, Program, SolverSession
from siteplan.outcome import decisions_of
from siteplan.plan import CoverageFigure, Decisions
from siteplan.problem import Problem
from siteplan.publish import Cause, CauseShare, MissedTarget
from siteplan.scenario import Level
from siteplan.solve.conflict import without_families
from siteplan.solve.decompose.single_year import single_year_problem
from siteplan.solve.formulation import build_model
from siteplan.solve.program import CompiledModel, compile_program

MONEY_RULES = frozenset(
    {
        "yearly_budget",
        "operating_limit",
        "operator_is_viable",
        "subsidy_limit",
        "project_is_paid",
        "source_amount",
        "source_share_of_project",
        "source_cap_per_project",
        "eligible_room_is_used",
        "source_pays_eligible_functions",
        "awards_are_bridged",
    }
)
CAPACITY_RULES = frozenset({"served_within_capacity", "full_without_a_free_place", "nearest_with_a_place"})
LIFTED = {
    Cause.CHOICE: frozenset[str](),
    Cause.PACE: PACE_RULES,
    Cause.MONEY: PACE_RULES | MONEY_RULES,
    Cause.CAPACITY: PACE_RULES | MONEY_RULES | CAPACITY_RULES,
}
"""The constraint families that are left out when a cause is lifted, with those before it (DESIGN 4.4)."""

TOLERANCE = 1e-6
"""Solver noise in shortfalls (communities, or percentage points)."""
WHOLE_GAP = 0.99
"""A whole number is proven once incumbent and bound are closer than one."""
WORKERS = 2
SOLVES_OF_A_TARGET = 6
"""A target's share of the time is for so many solves."""


@dataclass(frozen=True, slots=True)
class Least:
    """The least shortfall under some rules: found, and proven, in the model's unit."""

    found: float
    proven: float
    solution: tuple[NDArray[np.int64], FloatArray] | None = field(default=None, compare=False)
    """(columns, values) of the binaries with which ``found`` was found."""

    @property
    def is_proven(self) -> bool:
        """Whether nothing less is possible."""
        return self.proven >= self.found - TOLERANCE


@dataclass(frozen=True, eq=False)
class _Case:
    """One missed target: its problem, and the program with all other targets kept as the plan meets them."""

    compiled: CompiledModel
    decisions: Decisions | None
    key: tuple[str, int]
    missing: float
    others: dict[tuple[str, int], float]
    is_whole: bool

    @cached_property
    def program(self) -> Program:
        """The program that minimises the target's own shortfall, other targets kept."""
        program = self.own
        for other, missing in self.others.items():
            if other in self.compiled.columns.shortfall:
                column = self.compiled.columns.shortfall[other]
                program = program.with_column_at_most(column, missing + TOLERANCE)
        return program

    @cached_property
    def own(self) -> Program:
        """The program that minimises the target's own shortfall, other targets of no account."""
        cost = np.zeros(len(self.compiled.program.cost))
        cost[self.compiled.columns.shortfall[self.key]] = 1.0
        return self.compiled.program.with_objective(cost, 0.0)

    def least(self, program: Program, session: SolverSession, clock: Clock) -> Least | None:
        """Return the least shortfall; None where the time gave no solution and no bound."""
        start = None if self.decisions is None else self.compiled.start_values(self.decisions)
        limits = Limits(absolute_gap=WHOLE_GAP if self.is_whole else 1e-9)
        answer = session.solve(program, limits, clock, start)
        if answer.objective is None and answer.bound is None:
            return None
        found = math.inf if answer.objective is None else answer.objective
        proven = 0.0 if answer.bound is None else max(0.0, answer.bound)
        if self.is_whole:
            found = found if math.isinf(found) else float(round(found))
            proven = float(math.ceil(proven - TOLERANCE))
        solution = None
        if answer.values is not None:
            binaries = np.flatnonzero(program.is_integer)
            solution = binaries, answer.values[binaries].round()
        return Least(found, min(proven, found), solution)


def missed_targets(
    question: Question, function: str | None = None, year: int | None = None
) -> list[CoverageFigure]:
    """Return the plan's figures of the targets that it misses, of one function or year if named."""
    return [
        figure
        for figure in question.plan.coverage
        if figure.basis is question.plan.basis
        and figure.target is not None
        and figure.target - figure.covered > TOLERANCE * max(1.0, figure.target)
        and (figure.function, figure.year) in question.problem.targets
        and function in (None, figure.function)
        and year in (None, figure.year)
    ]


def explain_shortfalls(
    question: Question, missed: list[CoverageFigure], ground: Ground, seconds_in_all: float
) -> Iterator[MissedTarget]:
    """Yield the missed targets in their order with causes and remedies.

    ``question.seconds`` is the time of one solve, ``seconds_in_all`` of all together.
    """
    assert question.seconds is not None
    problem = replace(question.problem, objective=(Level.SHORTFALL,))
    clock = Clock(time.monotonic() + seconds_in_all)
    compiled = _compiled(problem)
    decisions = decisions_of(problem, question.plan)
    of_plan = {
        (figure.function, figure.year): _model_missing(problem, figure)
        for figure in question.plan.coverage
        if figure.basis is question.plan.basis and figure.target is not None
    }

    def explained(figure: CoverageFigure) -> MissedTarget:
        key = figure.function, figure.year
        others = {other: missing for other, missing in of_plan.items() if other != key}
        whole = problem.basis.counts_communities
        case = _Case(compiled, decisions, key, of_plan[key], others, whole)
        left = max(1, len(missed) - done) / min(WORKERS, max(1, len(missed)))
        share = clock.seconds_left() / left / SOLVES_OF_A_TARGET
        seconds = min(question.seconds or share, share)
        return _explained(question, problem, figure, case, ground, clock, seconds)

    done = 0
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for answer in pool.map(explained, missed):
            done += 1
            yield answer


def _explained(
    question: Question,
    problem: Problem,
    figure: CoverageFigure,
    case: _Case,
    ground: Ground,
    clock: Clock,
    seconds: float,
) -> MissedTarget:
    unit = 1.0 if case.is_whole else figure.counted / 100.0
    with SolverSession() as session:
        steps = _steps(question, problem, case, session, clock, seconds)
        alone = case.least(case.own, session, clock.until(seconds)) or Least(case.missing, 0.0)
        shares = tuple(_shares(case.missing, steps, unit))
        money = None
        if steps[Cause.PACE].found - steps[Cause.MONEY].found > TOLERANCE:
            aim = steps[Cause.MONEY].found
            column = case.compiled.columns.shortfall[case.key]
            asked = case.program.with_column_at_most(column, aim + TOLERANCE)
            gain = (case.missing - aim) * unit
            money = money_remedy(
                problem, asked, steps[Cause.MONEY].solution, gain, session, clock.until(2.0 * seconds)
            )
    spaces = space_remedies(
        problem,
        figure,
        ground,
        lacking=steps[Cause.CAPACITY].found * unit,
        without_place=(steps[Cause.MONEY].found - steps[Cause.CAPACITY].found) * unit,
    )
    missing = case.missing * unit
    return MissedTarget(
        function=figure.function,
        year=figure.year,
        basis=figure.basis,
        counts_communities=case.is_whole,
        target=figure.target or 0.0,
        covered=figure.covered,
        counted=figure.counted,
        missing=missing,
        missing_alone_low=min(alone.proven * unit, missing),
        missing_alone_high=min(alone.found * unit, missing),
        causes=shares,
        remedies=tuple(remedy for remedy in (money, *spaces) if remedy is not None),
    )


def _steps(
    question: Question,
    problem: Problem,
    case: _Case,
    session: SolverSession,
    clock: Clock,
    seconds: float,
) -> dict[Cause, Least]:
    """Return the least shortfall with each cause and those before it lifted, in order.

    The most relaxed comes first: its bound holds for the others, and most often spares their solves.
    """
    beyond = beyond_radius(problem, case.key)
    steps = {Cause.SUITABILITY: Least(min(beyond, case.missing), min(beyond, case.missing))}
    single = _single(problem, case) if len(problem.years) > 1 else None
    known = steps[Cause.SUITABILITY].proven
    least, rows = Least(case.missing, known), -1
    for cause in (Cause.CAPACITY, Cause.MONEY, Cause.PACE, Cause.CHOICE):
        program = without_families(case.program, LIFTED[cause])
        if len(program.row_names) != rows:
            least, rows = Least(case.missing, known), len(program.row_names)
            if cause is Cause.CHOICE and _is_best(question):
                least = Least(case.missing, case.missing)
            if single is not None and not least.is_proven:
                alone = without_families(single.program, LIFTED[cause])
                bound = single.least(alone, session, clock.until(seconds))
                least = replace(least, proven=max(least.proven, 0.0 if bound is None else bound.proven))
            if not least.is_proven:
                answer = case.least(program, session, clock.until(seconds)) or least
                is_better = answer.found < least.found - TOLERANCE
                least = Least(
                    min(least.found, answer.found),
                    max(least.proven, answer.proven),
                    answer.solution if is_better else None,
                )
        elif cause is Cause.CHOICE and _is_best(question):
            least = Least(case.missing, case.missing)
        known = min(least.proven, least.found)
        steps[cause] = replace(least, proven=known)
    found = case.missing
    ordered: dict[Cause, Least] = {}
    for cause in (Cause.CHOICE, Cause.PACE, Cause.MONEY, Cause.CAPACITY, Cause.SUITABILITY):
        found = max(min(found, steps[cause].found), steps[cause].proven)
        ordered[cause] = replace(steps[cause], found=found)
    return ordered


def _shares(missing: float, steps: dict[Cause, Least], unit: float) -> Iterator[CauseShare]:
    """Yield the share of each cause: figures that add up to what is missing, and proven intervals."""
    before = Least(missing, missing)
    for cause in Cause:
        after = steps.get(cause, Least(0.0, 0.0))
        value = before.found - after.found
        low = max(0.0, before.proven - after.found)
        high = max(low, before.found - after.proven)
        if high - low <= TOLERANCE:
            low = high = value
        yield CauseShare(
            cause=cause,
            value=_clean(value * unit),
            low=_clean(min(low, value) * unit),
            high=_clean(max(high, value) * unit),
        )
        before = after


def beyond_radius(problem: Problem, key: tuple[str, int]) -> float:
    """Return the shortfall that stays if every listed space suited the function at once (model unit).

    Whatever of the target isn't within the radius of any space; exact, without solving.
    """
    function, year = key
    target = problem.targets[key]
    suited = _all_suited(problem, function)
    if problem.basis.counts_communities:
        counted = problem.counted_communities(function, year)
        within = sum(bool(suited.covering_sites_on(problem.basis, code, function, year)) for code in counted)
        return max(0.0, target - within)
    persons = {point: problem.target_group(point, function, year) for point in problem.counted_demand}
    total = sum(persons.values())
    if total <= 0.0:
        return 0.0
    reached = sum(count for point, count in persons.items() if suited.providers_within_reach(point, function))
    return max(0.0, target - 100.0 * reached / total)


def _all_suited(problem: Problem, function: str) -> Problem:
    """Return the problem in which every site that is planned may host the function."""
    sites = {
        key: site if site.is_decided else replace(site, may_host=site.may_host | {function})
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites, functions={function: problem.functions[function]})


def _is_best(question: Question) -> bool:
    """Return whether the plan is proven best at the shortfalls, so that none can be less at no expense."""
    first, problem = question.plan.levels[0], question.problem
    return (
        first.name is Level.SHORTFALL
        and first.status == "optimal"
        and problem.tolerance.get(Level.SHORTFALL, 0.0) == 0.0
        and all(problem.functions[function].priority > 0.0 for function, _ in problem.targets)
    )


def _single(problem: Problem, case: _Case) -> _Case:
    """Return the target's year alone, a relaxation: its bounds hold for the whole."""
    compiled = _compiled(single_year_problem(problem, case.key[1]))
    return _Case(compiled, None, case.key, case.missing, case.others, case.is_whole)


def _compiled(problem: Problem) -> CompiledModel:
    levels = (Level.SHORTFALL,)
    return compile_program(problem, build_model(problem, levels), levels)


def _model_missing(problem: Problem, figure: CoverageFigure) -> float:
    """Return what is missing of a target in the model's unit: communities, or percentage points."""
    missing = max(0.0, (figure.target or 0.0) - figure.covered)
    if problem.basis.counts_communities:
        return missing
    return 100.0 * missing / figure.counted if figure.counted > 0.0 else 0.0


def _clean(value: float) -> float:
    """Return a figure without the solver's noise."""
    return round(value, 6) + 0.0

"""Why targets are missed: each shortfall split into causes by lifting rules one after another.

For a missed target every other target is kept at least as well met as in the plan, and the target's own
shortfall is minimised: under all rules, then without pace, without money too, without capacity too, and at
last as if every listed space suited the function. What each step gains is the share of its cause; what is
left lies beyond the radius of every listed space. Where money takes a share, its kinds are lifted one after
another in the same way (`MoneyKind`), so that their shares add up to it. Each minimum has an incumbent and a
proven bound, so each share has a figure (of the incumbents: these add up) and an interval that holds the
true share.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siteplan.explain.money_remedies import (
    MONEY_RULES,
    PACE_RULES,
    RULES_OF_MONEY,
    FirstGuess,
    kinds_limited,
    money_remedy,
    with_money,
)
from siteplan.explain.road_coverage import RoadCoverage
from siteplan.explain.side_by_side import WORKERS, side_by_side
from siteplan.explain.space_remedies import Ground, space_remedies
from siteplan.explain.what_if import Question
from siteplan.highs import Clock, FloatArray, Limits, Program, SolverSession
from siteplan.outcome import decisions_of
from siteplan.plan import CoverageFigure, Decisions, LocalCoverage
from siteplan.problem import Problem
from siteplan.publish import Cause, CauseShare, MissedTarget, MoneyShare
from siteplan.scenario import Level
from siteplan.solve.decompose.repair import asked_for, restricted_to
from siteplan.solve.decompose.single_year import single_year_problem
from siteplan.solve.formulation import build_model
from siteplan.solve.program import CompiledModel, TargetKey, compile_program
from siteplan.solve.rows import without_families

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
SHARE_OF_A_BOUND, SHARE_OF_AN_EXTENSION, SHARE_OF_A_STEP, SHARE_OF_A_KIND = 0.2, 0.3, 0.4, 0.15
"""Shares of a target's time left, at most: a year alone, an extension of the plan, a step, a money kind."""

Solution = tuple[NDArray[np.int64], FloatArray]
"""(columns, values) of the binaries."""


@dataclass(frozen=True, slots=True)
class Least:
    """The least shortfall under some rules: found, and proven, in the model's unit."""

    found: float
    proven: float
    solution: Solution | None = field(default=None, compare=False)
    """With which ``found`` was found, where that isn't the plan."""

    @property
    def is_proven(self) -> bool:
        """Whether nothing less is possible."""
        return self.proven >= self.found - TOLERANCE

    def joined_with(self, answer: Least | None, *, bounds: bool) -> Least:
        """Return the better of both; the answer's bound counts only where it ``bounds`` the whole."""
        if answer is None:
            return self
        is_better = answer.found < self.found - TOLERANCE
        proven = max(self.proven, answer.proven) if bounds else self.proven
        return Least(min(self.found, answer.found), proven, answer.solution if is_better else self.solution)


@dataclass(frozen=True, slots=True)
class _Timer:
    """The time of one target: a clock for all its solves, and seconds for one."""

    clock: Clock
    seconds: float

    def share(self, share: float) -> Clock:
        """Return a clock that stops after a share of the time left, or the seconds of one solve."""
        return self.clock.until(min(self.seconds, share * self.clock.seconds_left()))


@dataclass(frozen=True, eq=False)
class _Case:
    """One missed target: its problem, and the program with all other targets kept as the plan meets them."""

    compiled: CompiledModel
    decisions: Decisions | None
    key: TargetKey
    missing: float
    others: dict[TargetKey, float]
    is_whole: bool

    @property
    def year(self) -> int:
        """The target's year."""
        return self.key[-1]

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

    def beside_the_plan(self, program: Program) -> Program:
        """Return the program in which the plan's sites keep what they provide."""
        if self.decisions is None:
            return program
        start = self.decisions.start_year
        opened = {site for site, _ in start}
        fixed = {
            column: float(start.get((site, function), year + 1) <= year)
            for (site, function, year), column in self.compiled.columns.provide.items()
            if site in opened
        }
        return _with_fixed(program, fixed)

    def with_more(self, program: Program, more: frozenset[tuple[str, str]]) -> Program:
        """Return the program in which the plan's functions start as planned, and more from the year on."""
        planned = {} if self.decisions is None else self.decisions.start_year
        start = {**dict.fromkeys(more, self.year), **planned}
        fixed = {
            column: float(start.get((site, function), year + 1) <= year)
            for (site, function, year), column in self.compiled.columns.provide.items()
        }
        return _with_fixed(program, fixed)

    def pairs(self, solution: Solution) -> frozenset[tuple[str, str]]:
        """Return the (site, function) pairs that a solution provides."""
        values = np.zeros(len(self.compiled.program.cost))
        values[solution[0]] = solution[1]
        return frozenset(self.compiled.decisions(values).start_year)

    def least(
        self, program: Program, session: SolverSession, clock: Clock, solution: Solution | None = None
    ) -> Least | None:
        """Return the least shortfall; None where the time gave no solution and no bound.

        It starts from the solution, or from the plan.
        """
        start = solution
        if start is None and self.decisions is not None:
            start = self.compiled.start_values(self.decisions)
        limits = Limits(absolute_gap=WHOLE_GAP if self.is_whole else 1e-9, holds_values=True)
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
    """Return the plan's figures of the targets that it misses, of one function or year if named.

    Those of the county first, then those of towns and communities.
    """
    problem = question.problem
    return [
        figure
        for figure in _targeted(question)
        if figure.target is not None
        and figure.target - figure.covered > TOLERANCE * max(1.0, figure.target)
        and (_key(figure) in problem.targets or _key(figure) in problem.local_targets)
        and function in (None, figure.function)
        and year in (None, figure.year)
    ]


def _targeted(question: Question) -> list[CoverageFigure]:
    """Return the figures with a target: those of the county on its basis, then the local ones."""
    county = [
        figure
        for figure in question.plan.coverage
        if figure.basis is question.plan.basis and figure.target is not None
    ]
    return [*county, *question.plan.local_coverage]


def _key(figure: CoverageFigure) -> TargetKey:
    """Return the key of the figure's target among the program's shortfalls."""
    if isinstance(figure, LocalCoverage):
        return figure.area_code, figure.function, figure.year
    return figure.function, figure.year


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
    roads = RoadCoverage(problem, ground.terrain)
    decisions = decisions_of(problem, question.plan)
    of_plan = {_key(figure): _model_missing(problem, figure) for figure in _targeted(question)}

    def explained(figure: CoverageFigure) -> MissedTarget:
        key = _key(figure)
        others = {other: missing for other, missing in of_plan.items() if other != key}
        whole = problem.basis.counts_communities
        case = _Case(compiled, decisions, key, of_plan[key], others, whole)
        left = max(1, len(missed) - done) / min(WORKERS, max(1, len(missed)))
        timer = _Timer(clock.until(clock.seconds_left() / left), question.seconds or math.inf)
        return _explained(question, problem, figure, case, ground, roads, timer)

    done = 0
    for answer in side_by_side(explained, missed, clock.stop):
        done += 1  # noqa: SIM113 - `explained` reads it
        yield answer


def _explained(
    question: Question,
    problem: Problem,
    figure: CoverageFigure,
    case: _Case,
    ground: Ground,
    roads: RoadCoverage,
    timer: _Timer,
) -> MissedTarget:
    unit = 1.0 if case.is_whole else figure.counted / 100.0
    with SolverSession() as session:
        single = _single(problem, case) if len(problem.years) > 1 else None
        steps = _steps(question, problem, case, single, session, timer)
        alone = _alone(case, single, session, timer)
        shares = tuple(_shares(case.missing, steps, unit))
        of_money = tuple(_shares_of_money(case, steps, unit, session, timer))
        money = None
        if steps[Cause.PACE].found - steps[Cause.MONEY].found > TOLERANCE:
            aim = steps[Cause.MONEY].found
            column = case.compiled.columns.shortfall[case.key]
            asked = case.program.with_column_at_most(column, aim + TOLERANCE)
            gain = (case.missing - aim) * unit
            first = FirstGuess(steps[Cause.MONEY].solution)
            if single is not None:
                first = _cheapest_extension(case, single, asked, aim, session, timer)
            money = money_remedy(problem, asked, first, gain, session, timer.share(1.0))
    spaces = space_remedies(
        problem,
        figure,
        ground,
        roads,
        lacking=steps[Cause.CAPACITY].found * unit,
        without_place=(steps[Cause.MONEY].found - steps[Cause.CAPACITY].found) * unit,
    )
    missing = case.missing * unit
    return MissedTarget(
        area_code=figure.area_code if isinstance(figure, LocalCoverage) else None,
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
        money=of_money,
        remedies=tuple(remedy for remedy in (money, *spaces) if remedy is not None),
    )


def _steps(
    question: Question,
    problem: Problem,
    case: _Case,
    single: _Case | None,
    session: SolverSession,
    timer: _Timer,
) -> dict[Cause, Least]:
    """Return the least shortfall with each cause and those before it lifted, in order.

    The most relaxed comes first: its bound holds for the others, and most often spares their solves.
    """
    beyond = beyond_radius(problem, case.key)
    steps = {Cause.SUITABILITY: Least(min(beyond, case.missing), min(beyond, case.missing))}
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
                bound = single.least(alone, session, timer.share(SHARE_OF_A_BOUND))
                least = replace(least, proven=max(least.proven, 0.0 if bound is None else bound.proven))
            if single is not None and not least.is_proven:
                answer = _extended(case, program, single, alone, session, timer)
                least = least.joined_with(answer, bounds=False)
            if not least.is_proven:
                answer = case.least(program, session, timer.share(SHARE_OF_A_STEP), least.solution)
                least = least.joined_with(answer, bounds=True)
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


def _extended(
    case: _Case, program: Program, single: _Case, alone: Program, session: SolverSession, timer: _Timer
) -> Least | None:
    """Return what the plan reaches with more sites from the target's year on, found in that year alone.

    Two small programs instead of the whole; what they find counts, but proves nothing.
    """
    found = single.least(single.beside_the_plan(alone), session, timer.share(SHARE_OF_AN_EXTENSION))
    if found is None or found.solution is None:
        return None
    extended = case.with_more(program, single.pairs(found.solution))
    return case.least(extended, session, timer.share(SHARE_OF_AN_EXTENSION))


def _cheapest_extension(
    case: _Case, single: _Case, asked: Program, aim: float, session: SolverSession, timer: _Timer
) -> FirstGuess:
    """Return the plan with the sites beside it that reach the aim at the least money in the year alone."""
    column = single.compiled.columns.shortfall[case.key]
    program = without_families(single.beside_the_plan(single.program), PACE_RULES)
    program = with_money(program.with_column_at_most(column, aim + TOLERANCE))
    answer = session.solve(program, Limits(), timer.share(SHARE_OF_AN_EXTENSION))
    if answer.values is None:
        return FirstGuess()
    binaries = np.flatnonzero(single.program.is_integer)
    pairs = single.pairs((binaries, answer.values[binaries].round()))
    return FirstGuess(restricted=case.with_more(asked, pairs))


def _alone(case: _Case, single: _Case | None, session: SolverSession, timer: _Timer) -> Least:
    """Return the least shortfall under all rules if this were the only target."""
    least = Least(case.missing, 0.0)
    if single is not None:
        bound = single.least(single.own, session, timer.share(SHARE_OF_A_BOUND))
        if bound is not None and bound.solution is not None:
            pairs = single.pairs(bound.solution) | asked_for(case.compiled.problem)
            restricted = restricted_to(case.compiled, case.own, pairs)
            least = Least(case.missing, min(bound.proven, case.missing)).joined_with(
                case.least(restricted, session, timer.share(SHARE_OF_AN_EXTENSION)), bounds=False
            )
    if least.is_proven:
        return least
    whole = case.least(case.own, session, timer.share(SHARE_OF_A_STEP), least.solution)
    return least.joined_with(whole, bounds=True)


def _shares(missing: float, steps: dict[Cause, Least], unit: float) -> Iterator[CauseShare]:
    """Yield the share of each cause: figures that add up to what is missing, and proven intervals."""
    before = Least(missing, missing)
    for cause in Cause:
        after = steps.get(cause, Least(0.0, 0.0))
        value, low, high = _share(before, after, unit)
        yield CauseShare(cause=cause, value=value, low=low, high=high)
        before = after


def _share(before: Least, after: Least, unit: float) -> tuple[float, float, float]:
    """Return what lifting a rule gains: the figure of the incumbents, and the proven interval around it."""
    value = before.found - after.found
    low = max(0.0, before.proven - after.found)
    high = max(low, before.found - after.proven)
    if high - low <= TOLERANCE:
        low = high = value
    return _clean(value * unit), _clean(min(low, value) * unit), _clean(max(high, value) * unit)


def _shares_of_money(
    case: _Case, steps: dict[Cause, Least], unit: float, session: SolverSession, timer: _Timer
) -> Iterator[MoneyShare]:
    """Yield the share of each kind of money that is limited; they add up to the share of money.

    Nothing where money has no share. The kinds are lifted as the causes are, the most relaxed first.
    """
    before, money = steps[Cause.PACE], steps[Cause.MONEY]
    kinds = kinds_limited(case.program)
    if before.found - money.proven <= TOLERANCE or not kinds:
        return
    after = {kinds[-1]: money}
    known = money.proven
    for number in range(len(kinds) - 1, 0, -1):
        least = Least(before.found, max(known, 0.0))
        if not least.is_proven:
            lifted = PACE_RULES.union(*(RULES_OF_MONEY[kind] for kind in kinds[:number]))
            program = without_families(case.program, lifted)
            answer = case.least(program, session, timer.share(SHARE_OF_A_KIND))
            least = least.joined_with(answer, bounds=True)
        known = min(least.proven, least.found)
        after[kinds[number - 1]] = replace(least, proven=known)
    for kind in kinds:
        # Lifting more never leaves more missing: what was found under fewer rules counts as the limit.
        found = max(min(before.found, after[kind].found), money.found)
        step = replace(after[kind], found=found)
        value, low, high = _share(before, step, unit)
        yield MoneyShare(kind=kind, value=value, low=low, high=high)
        before = step


def beyond_radius(problem: Problem, key: TargetKey) -> float:
    """Return the shortfall that stays if every listed space suited the function at once (model unit).

    Whatever of the target isn't within the radius of any space; exact, without solving.
    """
    if len(key) == 3:
        _, function, year = key
        target, counted = problem.local_targets[key], problem.counted_in(*key)
    else:
        function, year = key
        target, counted = problem.targets[key], problem.counted_communities(*key)
    suited = _all_suited(problem, function)
    if problem.basis.counts_communities:
        within = sum(bool(suited.covering_sites_on(problem.basis, code, function, year)) for code in counted)
        return max(0.0, target - within)
    persons = {
        point: problem.target_group(point, function, year)
        for code in counted
        for point in problem.demand_of_community[code]
    }
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
        and all(problem.functions[function].priority > 0.0 for _, function, _ in problem.local_targets)
    )


def _single(problem: Problem, case: _Case) -> _Case:
    """Return the target's year alone, a relaxation: its bounds hold for the whole."""
    compiled = _compiled(single_year_problem(problem, case.year))
    decisions = None if case.decisions is None else _seen_in_year(case.decisions, case.year)
    return _Case(compiled, decisions, case.key, case.missing, case.others, case.is_whole)


def _seen_in_year(decisions: Decisions, year: int) -> Decisions:
    """Return a plan's state in a year as decisions of that year alone; what comes later stays closed."""
    never = year + 1
    start = {key: year if first <= year else never for key, first in decisions.start_year.items()}
    return replace(decisions, start_year=start)


def _with_fixed(program: Program, fixed: dict[int, float]) -> Program:
    columns, values = list(fixed), list(fixed.values())
    return program.with_fixed(np.array(columns, dtype=np.int64), np.array(values, dtype=np.float64))


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

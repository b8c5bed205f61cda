"""Solve the planning problem: search start, first level by decomposition, then level after level."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Self

import numpy as np

from siteplan.highs import Answer, Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.outcome import MAXIMISED, UNITS, level_value
from siteplan.plan import Decisions, LevelResult
from siteplan.problem import Problem
from siteplan.progress import Progress, ProgressListener, silent
from siteplan.scenario import Level, SolverSettings
from siteplan.solve.compiling import ANNEALING, PRICES, compile_ahead, wait_until_compiled
from siteplan.solve.conflict import explain_conflict
from siteplan.solve.decompose.dominated import without_the_dominated
from siteplan.solve.decompose.lattice import lattice_step, round_up
from siteplan.solve.decompose.merging import crossed, merged
from siteplan.solve.decompose.neighbourhood import Solution, Start, improve
from siteplan.solve.decompose.prices import PricedBounds, priced_bounds
from siteplan.solve.decompose.repair import (
    CHECK_SHARE,
    check_seconds,
    completed,
    fitted_to,
    limited_to,
    repaired,
    restricted_to,
)
from siteplan.solve.decompose.single_year import SEPARABLE, single_year_problem
from siteplan.solve.feasibility import doubtful_rules, only_the_program_tells
from siteplan.solve.formulation import OBJECTIVES
from siteplan.solve.program import CompiledModel, Cut
from siteplan.solve.reductions import compile_reduced, count_columns, without_the_impossible
from siteplan.solve.result import InfeasibleError, NoPlanError, SolveResult, StoppedBy
from siteplan.solve.search import Runs, search_starts
from siteplan.solve.search.landscape import Landscape, describe_landscape, with_dearest_sources
from siteplan.solve.search.programmes import MOST_FUNCTIONS
from siteplan.text import Text

MOVES_PER_EFFORT = 400_000
MOVES_PER_SITE = 5_000
RUNS_FROM_NOTHING, RUNS_FROM_PROMISING = 2, 4
RUNS_TO_BE_CROSSED = 8
MERGED_PLANS, MERGING_NODES = 4, 300
SINGLE_YEAR_NODES = 3000
STAGING_NODES = 300
FIRST_LEVEL_NODES = 3000
LATER_LEVEL_NODES = 60
NEIGHBOURHOOD_NODES = 20
NEIGHBOURHOOD_PASSES = 3
"""Work limits at effort 1: annealing moves of a run (the larger), runs from nothing and from what is
promising, runs where their plans are crossed, best plans that are merged, branch-and-bound nodes of each
stage, passes."""
COLUMNS_OF_NODE_LIMITS = 3000
"""Node limits are for programs of this many columns; a smaller program gets more nodes, as they are cheap."""
HEAD_START_S = 1.0
"""Seconds after which the neighbourhood search joins a solver run that is still unproven."""
COMPILER_SHARE = 0.5
"""Share of the time left that the search may wait for the compiler, which runs once on a machine."""
PRICES_SHARE, PRICES_SHARE_WITHOUT_PROGRAM = 0.2, 0.35
SEARCH_SHARE = 0.4
FIRST_LEVEL_SHARE, FIRST_LEVEL_SHARE_UNBRANCHED = 0.5, 0.75
MERGING_SHARE, MERGING_SHARE_UNBRANCHED = 0.15, 0.6
SINGLE_YEAR_SHARE = 0.5
"""Shares of the time left, at most: the bounds by prices (the larger where the whole program doesn't follow,
as nothing else proves anything there), the search, and the first level of what is left for the solve; merging
and single-year bounds of what is left for the first level. The larger of two where branching is of no use."""
LARGEST_BRANCHED_PROGRAM = 19_000
"""Columns beyond which branching on a year, or on the whole, proves no more than prices do in that time."""
LARGEST_PROGRAM = 120_000
"""Columns beyond which HiGHS makes nothing of the whole program in the time that a planner waits."""
BUILD_SECONDS_PER_COLUMN, BUILD_SHARE, SMALL_BUILD_SHARE = 1e-4, 0.5, 0.1
"""What building and compiling a program takes, and the shares of the time left that it may take: the smaller
where a plan that keeps every rule is known without it."""
SHARE_WITHOUT_PROGRAM, MOVES_WITHOUT_PROGRAM, RUNS_WITHOUT_PROGRAM = 0.9, 20_000, 2
"""Share of the time, moves by site and runs of the search where nothing follows: fewer and longer runs, as
they scatter less the larger the problem is."""
BUILD_OF_ALL_LEVELS = 3.0
"""Building the program of all levels takes so many times as long as that of the first, at most."""
MENDING_SHARE, MENDING_SHARE_UNBRANCHED = 0.35, 0.8
REPAIR_SHARE, REPAIR_SHARE_UNBRANCHED, CROSSING_SHARE = 0.4, 0.8, 0.5
"""Shares of the first level's time for mending the search's plans where they may break a rule, of that for
the first of them (the larger where branching is of no use: from nothing it finds nothing), and of the rest
for crossing it with others."""
FAR_FROM_PRICES, LONGER_MENDING_SHARE = 0.08, 0.4
"""A merged plan that is above the bound from prices by more than this share of it is worked on for this share
of the time more: on a slow or busy machine the solver may have had too little."""
MENDED_WELL_ENOUGH = 0.02
"""Gap, as a share of the first level, at which a mended plan is begun with."""
HURRIED_SHARE = 0.1
"""A search with less of its time left may have been hurried by the clock."""
HOLD_SLACK = 1e-7
"""A held level may be this much (relative, at least absolute) worse: solver feasibility tolerance."""
SMALLEST_GAIN = 1e-9
"""A plan that is better by less (relative, at least absolute) is as good."""
PROVEN_TOLERANCE = 1e-6
"""A gap below this (absolute, or relative to the value) is 0 within solver tolerances."""

SEARCH = Text("搜索初始方案", "searching for a first plan")
BOUNDS_BY_PRICES = Text("由影子价格求上限", "bounds from prices")
SINGLE_YEAR = Text("逐年求上限", "bounds year by year")
REPAIR = Text("修正初始方案", "mending the first plan")
MERGING = Text("合并各次搜索的方案", "merging the plans of the search")
STAGING = Text("末年状态分年安排", "staging the end state")
FIRST_LEVEL = Text("求解第一级目标", "first objective level")
CONFLICT = Text("找出互相冲突的规定", "finding the rules that clash")
LATER_LEVEL = Text("求解后续目标", "later objective levels")


@dataclass
class _Run:
    """What the stages of one solve share: clock, settings, progress, and what ended them so far."""

    problem: Problem
    settings: SolverSettings
    listener: ProgressListener
    clock: Clock
    cuts: tuple[Cut, ...] = ()
    started: float = field(default_factory=time.monotonic)
    land: Landscape | None = None
    priced: PricedBounds | None = None
    build_s: float = 0.0
    """Seconds that building the program of the first level took, which nothing interrupts."""

    @cached_property
    def columns(self) -> int:
        """Return about how many columns the program of the first level has."""
        return count_columns(self.problem, self.problem.objective[0])

    def is_branched(self) -> bool:
        """Return whether branching on the program of the first level is of use."""
        return self.columns <= LARGEST_BRANCHED_PROGRAM

    def is_large(self) -> bool:
        """Return whether the plan is better found and proven without the whole program."""
        build_s = BUILD_SECONDS_PER_COLUMN * self.columns
        return self.columns > LARGEST_PROGRAM or build_s > BUILD_SHARE * self.clock.seconds_left()

    def can_build(self, clock: Clock, times: float = 1.0) -> bool:
        """Return whether there is time to build a program of so many times the first one's length."""
        enough = clock.seconds_left() > times * self.build_s
        if not enough:
            self.clock.cut_short.set()
        return enough

    def tell(
        self,
        stage: Text,
        level: Level | None = None,
        answer: tuple[float | None, float | None] = (None, None),
    ) -> None:
        """Report a stage; ``answer`` is (incumbent, bound) in the level's reported unit.

        Raises:
            NoPlanError: nobody needs the plan any more.
        """
        self.go_on()
        incumbent, bound = answer
        gap = None if incumbent is None or bound is None else abs(incumbent - bound)
        unit = None if level is None else UNITS[level]
        name = None if level is None else level.value
        elapsed = time.monotonic() - self.started
        self.listener(Progress(stage, elapsed, name, unit, incumbent, bound, gap))

    def go_on(self) -> None:
        """Give up where nobody needs the plan any more: `NoPlanError`."""
        if self.clock.not_needed.is_set():
            raise NoPlanError(interrupted=True)

    def limits(self, program: Program, nodes_at_effort_one: int, absolute_gap: float = 1e-9) -> Limits:
        """Return the limits of a solver run on a program, or on a restriction of it."""
        cheapness = max(1.0, COLUMNS_OF_NODE_LIMITS / max(1, len(program.cost)))
        nodes = max(1, round(nodes_at_effort_one * self.settings.effort * cheapness))
        return Limits(nodes=nodes, absolute_gap=absolute_gap, seed=self.settings.seed)


def solve(
    problem: Problem,
    settings: SolverSettings,
    listener: ProgressListener = silent,
    clock: Clock | None = None,
    *,
    start: Decisions | None = None,
    known_bound: float | None = None,
    cuts: tuple[Cut, ...] = (),
) -> SolveResult:
    """Solve the problem level after level; always return the best plan found with its proven gaps.

    The result is the same for the same arguments unless the clock cuts the run.

    ``start``: a plan to begin with. Where it keeps every rule, the result is no worse at the first level;
    what the problem doesn't know of it is left out, and one that breaks a rule is mended or not used.
    ``known_bound``: a proven bound of the first level, in its reported unit: no plan is better. ``cuts``:
    further rows that every plan has to keep.

    Raises:
        InfeasibleError: the hard rules clash; carries an irreducible set of them.
        NoPlanError: the clock ended the run before any plan was found, or says that none is needed any more.
        ValueError: a plan is better than ``known_bound``, so it is none.
    """
    clock = clock or Clock(time.monotonic() + settings.time_limit_s)
    clock = replace(clock, cut_short=threading.Event())  # of this run alone, whatever else the clock is for
    run = _Run(problem, settings, listener, clock, cuts)
    if len(problem.years) > 1:
        compile_ahead()
    can_do_without = len(problem.years) > 1 and not cuts and run.is_large()
    found: tuple[Decisions, ...] = ()
    if len(problem.years) > 1:
        _find_prices(run, is_alone=can_do_without)
        found = _search(run, start, is_alone=can_do_without)
    first = _without_program(run, found, start, known_bound) if can_do_without else None
    if first is None:
        first = _first_level(run, found, start, known_bound)
    _refuse_wrong_bound(run, first, known_bound)
    if first.is_without_program or len(problem.objective) == 1:
        return _result(run, first.decisions, {problem.objective[0]: first.bound})
    decisions, bounds = _later_levels(run, first)
    return _result(run, decisions, bounds)


def _find_prices(run: _Run, *, is_alone: bool) -> None:
    """Work out bounds of the shortfall from prices, where it is the first level.

    ``is_alone``: the whole program doesn't follow, so the bounds of single years are of no use.
    """
    if len(run.problem.functions) <= MOST_FUNCTIONS:
        run.land = describe_landscape(run.problem)
    if run.problem.objective[0] is not Level.SHORTFALL:
        return
    run.tell(BOUNDS_BY_PRICES, Level.SHORTFALL)
    share = COMPILER_SHARE if is_alone else PRICES_SHARE
    if not wait_until_compiled(PRICES, run.clock.until(share * run.clock.seconds_left())):
        run.clock.cut_short.set()
        return
    share = PRICES_SHARE_WITHOUT_PROGRAM if is_alone else PRICES_SHARE
    clock = run.clock.until(share * run.clock.seconds_left())
    if clock.seconds_left() > 0.0:
        run.priced = priced_bounds(run.problem, clock, run.land, by_year=not is_alone)
        if run.land is not None and run.problem.money.sources:
            run.land = with_dearest_sources(run.problem, run.land, run.priced.dearest_first)
    if clock.seconds_left() <= 0.0:
        run.clock.cut_short.set()


def _search(run: _Run, start: Decisions | None, *, is_alone: bool) -> tuple[Decisions, ...]:
    """Return the search's plans, the best first. One year's program closes by itself and needs none.

    ``is_alone``: the whole program doesn't follow.
    """
    run.tell(SEARCH)
    by_site = MOVES_WITHOUT_PROGRAM if is_alone else MOVES_PER_SITE
    most = max(MOVES_PER_EFFORT, by_site * len(run.problem.planned_sites))
    moves = max(1, round(most * run.settings.effort))
    if not wait_until_compiled(ANNEALING, run.clock.until(COMPILER_SHARE * run.clock.seconds_left())):
        run.clock.cut_short.set()
        return ()
    promising = None if run.priced is None else run.priced.promising
    from_nothing, every = int(start is not None), RUNS_WITHOUT_PROGRAM if is_alone else RUNS_TO_BE_CROSSED
    if run.is_branched() and not is_alone:
        from_nothing, every = RUNS_FROM_NOTHING, RUNS_FROM_NOTHING + RUNS_FROM_PROMISING
    if promising is None:
        from_nothing = every
    has_to_be_mended = bool(only_the_program_tells(run.problem))
    is_last = is_alone and not has_to_be_mended
    seconds = (SHARE_WITHOUT_PROGRAM if is_last else SEARCH_SHARE) * run.clock.seconds_left()
    clock = run.clock.until(seconds)
    runs = Runs(moves, from_nothing, every - from_nothing)
    found = search_starts(
        run.problem,
        run.settings.seed,
        runs,
        clock,
        start,
        run.land,
        promising,
        can_be_mended=has_to_be_mended or not is_alone,
    )
    if clock.seconds_left() < HURRIED_SHARE * seconds:
        run.clock.cut_short.set()
    return tuple(one.decisions for one in found)


@dataclass(frozen=True, slots=True, eq=False)
class _First:
    """The first level's decisions and proven bound (model units, to be minimised)."""

    decisions: Decisions
    bound: float | None
    is_without_program: bool = False


def _without_program(
    run: _Run, found: tuple[Decisions, ...], given: Decisions | None, known_bound: float | None
) -> _First | None:
    """Return the best of the search's plans, the caller's and what these open, with the bound from prices.

    None where none is known to keep every rule: only the program can mend it. All are complete: the search's
    have every room and function at its minimum area, or are mended by the program of what they open.
    """
    problem = run.problem
    plans = found if given is None else (fitted_to(problem, given), *found)
    keeping = [plan for plan in plans if plan.start_year and not doubtful_rules(problem, plan)]
    best = _nothing_but_committed(problem)
    for plan in keeping:
        best = _better(run, best, plan)
    if only_the_program_tells(problem) or (keeping and _has_time_for_what_they_open(run, keeping)):
        with SolverSession() as session:
            mended = _mended(run, plans, session, run.clock, run.clock, is_crossed=False)
        best = _better(run, best, mended)
    if not best.start_year:
        return None
    if run.clock.seconds_left() <= 0.0:
        run.clock.cut_short.set()
    return _First(best, _bound_without_program(run, known_bound), is_without_program=True)


def _has_time_for_what_they_open(run: _Run, plans: Sequence[Decisions]) -> bool:
    """Return whether the program of what some plans open is small enough, and there is time to build it."""
    columns = count_columns(limited_to(run.problem, _opened(plans)), run.problem.objective[0])
    build_s = BUILD_SECONDS_PER_COLUMN * columns
    return columns <= LARGEST_PROGRAM and build_s <= SMALL_BUILD_SHARE * run.clock.seconds_left()


def _bound_without_program(run: _Run, known_bound: float | None) -> float | None:
    """Return the best of the bound from prices and the caller's (model units)."""
    bounds = [] if known_bound is None else [known_bound / _factor(run.problem, run.problem.objective[0])]
    if run.priced is not None:
        bounds.append(run.priced.total)
    return max(bounds, default=None)


def _mended(
    run: _Run,
    found: Sequence[Decisions],
    session: SolverSession,
    clock: Clock,
    longer: Clock,
    *,
    is_crossed: bool,
) -> Decisions | None:
    """Return the best plan of what the search's best plans open, by the program of that alone.

    None where there is no time for it, or nothing is found that keeps every rule. ``longer``: the clock
    where what is found by the end of ``clock`` is far from the bound from prices; ``is_crossed``: the best is
    crossed with the others before it is merged with them, which is of no use where plans are huge. Areas are
    worked out anew at the end: those of a run that was cut short go with binaries that are whole within a
    tolerance only.
    """
    most = RUNS_TO_BE_CROSSED if is_crossed else MERGED_PLANS
    plans = [plan for plan in found if plan.start_year][:most]
    if not plans:
        return None
    run.tell(REPAIR, run.problem.objective[0])
    level = run.problem.objective[0]
    compiled = compile_reduced(limited_to(run.problem, _opened(plans)), (level,)).with_cuts(run.cuts)
    program = compiled.program.with_objective(*compiled.objectives[level])
    kept_s = min(check_seconds(program, run.clock.until(0.0)), CHECK_SHARE * longer.seconds_left())
    clock, longer = (end.until(end.seconds_left() - kept_s) for end in (clock, longer))
    gap = MENDED_WELL_ENOUGH * abs(_first_level_of(run, plans[0]))
    limits = run.limits(program, STAGING_NODES, gap)
    part = REPAIR_SHARE if run.is_branched() else REPAIR_SHARE_UNBRANCHED
    share = clock.until(part * clock.seconds_left())
    best = repaired(compiled, program, plans[0], session, limits, share)
    if best is not None and is_crossed:
        run.tell(MERGING, level)
        share = clock.until(CROSSING_SHARE * clock.seconds_left())
        best = crossed(compiled, program, best, plans[1:], run.limits(program, MERGING_NODES), share)
    for end in (clock, longer):
        is_proven = False
        if best is not None and not run.is_branched():
            best = _improved(run, compiled, program, best, session, end, MERGING)
        else:
            answer = _optimise(run, compiled, program, level, best, session, end, MERGING, MERGING_NODES)
            best = best if answer.values is None else compiled.decisions(answer.values)
            is_proven = answer.is_proven
        if is_proven or not _is_far_from_prices(run, best) or longer.seconds_left() <= 0.0:
            break
    if best is None:
        return None
    return completed(compiled, program, best, session, run.clock.until(0.0)) or best


def _improved(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    best: Decisions,
    session: SolverSession,
    clock: Clock,
    stage: Text,
) -> Decisions:
    """Return the best of a plan's neighbourhoods, with both cores: branching on it all is of no use."""
    level = run.problem.objective[0]
    run.tell(stage, level, (_reported(run.problem, level, _first_level_of(run, best)), None))
    limits, start = run.limits(program, NEIGHBOURHOOD_NODES), compiled.start_values(best)
    found = improve(compiled, program, start, session, limits, clock, NEIGHBOURHOOD_PASSES, is_alone=True)
    return best if found is None else compiled.decisions(found.values)


def _first_level_of(run: _Run, plan: Decisions) -> float:
    """Return a plan's value of the first level, in model units."""
    level = run.problem.objective[0]
    return level_value(run.problem, plan, level) / _factor(run.problem, level)


def _is_far_from_prices(run: _Run, plan: Decisions | None) -> bool:
    """Return whether a plan, or none, is well above the bound from prices, where there is one."""
    if run.priced is None:
        return False
    allowed = run.priced.total + FAR_FROM_PRICES * abs(run.priced.total)
    return plan is None or _first_level_of(run, plan) > allowed


def _first_level(
    run: _Run,
    found: tuple[Decisions, ...],
    given: Decisions | None = None,
    known_bound: float | None = None,
) -> _First:
    """Solve the first level: merging, single-year bounds, staging, then the whole from the best start.

    ``found`` are the search's plans, ``given`` is the caller's.
    """
    problem, level = run.problem, run.problem.objective[0]
    run.go_on()
    begin = time.monotonic()
    compiled = compile_reduced(problem, (level,)).with_cuts(run.cuts)
    run.build_s = time.monotonic() - begin
    program = compiled.program.with_objective(*compiled.objectives[level])
    clock = run.clock.until(_first_level_share(run) * run.clock.seconds_left())
    least = None if known_bound is None else known_bound / _factor(problem, level)
    with SolverSession() as session, ExitStack() as until_done:
        whole = None
        if _is_solved_beside(run, program):
            is_for_bound = not run.is_branched() and bool(found)
            whole = until_done.enter_context(_WholeProgram(run, compiled, program, clock, is_for_bound))
        best = _first_plan(run, compiled, program, found, session, clock)
        given = None if given is None else _taken(run, compiled, program, given, session, clock)
        if given is not None and _is_near(run, given, known_bound):
            return _First(given, least)
        if given is not None:
            best = _better(run, given, best)
        if least is not None:
            program = _with_known_bound(program, least)
        attempt = _attempted(run, compiled, program, (best, *found), whole, session, clock)
    answer = attempt.answer
    if answer.status is Status.INFEASIBLE and least is not None:
        return _first_level(run, found, given)  # the bound may be none: then the plan will say so
    if answer.status is Status.INFEASIBLE:
        run.tell(CONFLICT)
        clash = explain_conflict(problem, run.clock)
        raise InfeasibleError(clash.rules, clash.text(), clash)
    if answer.values is not None:
        other = attempt.start if whole is not None and attempt.start.start_year else given
        best = _better(run, compiled.decisions(answer.values), other)
    elif not attempt.start.start_year:
        raise NoPlanError(interrupted=run.clock.stop.is_set())
    else:
        best = attempt.start
    proven = [bound for bound in (answer.bound, attempt.bound, least) if bound is not None]
    return _First(best, max(proven) if proven else None)


@dataclass(frozen=True, slots=True, eq=False)
class _Attempt:
    """What solving the first level gave: the answer, the best plan before, a bound besides (model units)."""

    answer: Answer
    start: Decisions
    bound: float | None


NO_ANSWER = Answer(Status.NO_SOLUTION, None, None, None, 0)
"""Where nothing was asked."""


def _first_level_share(run: _Run) -> float:
    """Return the share of the time left that the first level may take."""
    if len(run.problem.objective) == 1:
        return 1.0
    return FIRST_LEVEL_SHARE if run.is_branched() else FIRST_LEVEL_SHARE_UNBRANCHED


def _first_plan(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    found: tuple[Decisions, ...],
    session: SolverSession,
    clock: Clock,
) -> Decisions:
    """Return the best that mending or merging makes of the search's plans."""
    if not only_the_program_tells(run.problem):
        return _best_start(run, compiled, program, found, session, clock)
    share = MENDING_SHARE if run.is_branched() else MENDING_SHARE_UNBRANCHED
    mending = clock.until(share * clock.seconds_left())
    longer = clock.until(min(1.0, share + LONGER_MENDING_SHARE) * clock.seconds_left())
    mended = _mended(run, found, session, mending, longer, is_crossed=not run.is_branched())
    return mended or _nothing_but_committed(run.problem)


def _attempted(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    plans: Sequence[Decisions],
    whole: _WholeProgram | None,
    session: SolverSession,
    clock: Clock,
) -> _Attempt:
    """Solve the first level from the first of some plans, or beside the whole program that is solved already.

    Where branching is of no use, neighbourhoods are of what the plans open: the relaxation of all takes
    longer.
    """
    best = plans[0]
    part = program if run.is_branched() else restricted_to(compiled, program, _opened(plans))
    if whole is not None:
        return whole.attempt_beside(best, part)
    if run.is_branched() or run.priced is None or not best.start_year:
        return _decomposed(run, compiled, program, best, session, clock)
    improved = _improved(run, compiled, part, best, session, clock, FIRST_LEVEL)
    return _Attempt(NO_ANSWER, improved, _highest(run, *_priced_bounds(run, compiled)))


def _opened(plans: Sequence[Decisions]) -> frozenset[tuple[str, str]]:
    """Return the (site, function) pairs that some plan opens, in any year."""
    return frozenset(pair for plan in plans for pair in plan.start_year)


def _decomposed(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    best: Decisions,
    session: SolverSession,
    clock: Clock,
) -> _Attempt:
    """Solve single years for their bounds, stage the last one's plan, then solve the whole from the best."""
    level = run.problem.objective[0]
    bounds: dict[int, float] = {}
    total: float | None = None
    if len(run.problem.years) > 1 and level in SEPARABLE:
        priced, total = _priced_bounds(run, compiled)
        end_state = None
        if priced == {} or run.is_branched():
            share = SINGLE_YEAR_SHARE * clock.seconds_left()
            bounds, end_state = _single_year_bounds(run, best, clock.until(share))
        bounds = {year: max(bounds.get(year, 0.0), priced.get(year, 0.0)) for year in {*bounds, *priced}}
        program = _with_year_bounds(run, compiled, program, bounds)
        best = _better(run, best, _staged(run, compiled, program, end_state, session, clock))
    answer = _optimise(run, compiled, program, level, best, session, clock, FIRST_LEVEL, FIRST_LEVEL_NODES)
    return _Attempt(answer, best, _highest(run, bounds, total))


def _highest(run: _Run, bounds: Mapping[int, float], total: float | None) -> float | None:
    """Return the best of a bound of the whole and of the years' bounds together, if all have one."""
    together = sum(bounds.values()) if len(bounds) == len(run.problem.years) else None
    return max((bound for bound in (together, total) if bound is not None), default=None)


def _is_solved_beside(run: _Run, program: Program) -> bool:
    """Return whether HiGHS solves the whole program from nothing, beside all that finds plans.

    Where the search knows not every rule, its plans are a poor start. Where branching is of no use, HiGHS
    proves more than prices where the shortfall has steps: of a generated district with all rules, 9.45
    coverage points instead of 9.26 where communities count, no more than prices where residents do.
    """
    if run.is_branched():
        return len(run.problem.years) > 1 and bool(only_the_program_tells(run.problem))
    return run.priced is not None and lattice_step(program) is not None


def _best_start(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    found: tuple[Decisions, ...],
    session: SolverSession,
    clock: Clock,
) -> Decisions:
    """Return the best that merging makes of the search's plans, the first of them mended where it has to be.

    Plans of the same sites and functions are one.
    """
    if not found:
        return _nothing_but_committed(run.problem)
    best = _repaired(run, compiled, program, found[0], session, clock)
    distinct: dict[frozenset[tuple[str, str]], Decisions] = {}
    for plan in (best, *found[1:]) if best.start_year else found:
        distinct.setdefault(frozenset(plan.start_year), plan)
    if len(distinct) == 1 or _is_proven_by_prices(run, best):
        return best
    run.tell(MERGING, run.problem.objective[0])
    share = MERGING_SHARE if run.is_branched() else MERGING_SHARE_UNBRANCHED
    clock = clock.until(share * clock.seconds_left())
    limits = run.limits(program, MERGING_NODES)
    if not run.is_branched():
        others = [plan for plan in distinct.values() if plan is not best]
        return crossed(compiled, program, best, others, limits, clock)
    return _better(
        run, best, merged(compiled, program, list(distinct.values())[:MERGED_PLANS], limits, clock)
    )


def _is_proven_by_prices(run: _Run, plan: Decisions) -> bool:
    """Return whether prices prove that no plan is better at the first level."""
    if run.priced is None:
        return False
    value = _first_level_of(run, plan)
    return value <= run.priced.total + SMALLEST_GAIN * max(1.0, value)


def _taken(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    given: Decisions,
    session: SolverSession,
    clock: Clock,
) -> Decisions | None:
    """Return the caller's start with areas at their best, mended where it breaks a rule, or None."""
    run.tell(REPAIR, run.problem.objective[0])
    fitted = fitted_to(run.problem, given)
    taken = completed(compiled, program, fitted, session, clock)
    if taken is None and fitted.start_year:
        taken = repaired(compiled, program, fitted, session, run.limits(program, STAGING_NODES), clock)
    return taken if taken is not None and taken.start_year else None


def _is_near(run: _Run, decisions: Decisions, known_bound: float | None) -> bool:
    """Return whether the decisions are as near to a known bound as the search has to come."""
    if known_bound is None:
        return False
    level = run.problem.objective[0]
    value = level_value(run.problem, decisions, level)
    away = known_bound - value if level in MAXIMISED else value - known_bound
    return abs(away) <= max(run.settings.gap, PROVEN_TOLERANCE * max(1.0, abs(value)))


def _with_known_bound(program: Program, least: float) -> Program:
    """Add a known bound (model units) as a row."""
    slack = HOLD_SLACK * max(1.0, abs(least))
    return program.with_row("known_bound", program.cost, least - program.offset - slack, np.inf)


def _refuse_wrong_bound(run: _Run, first: _First, known_bound: float | None) -> None:
    """Refuse a known bound that the plan found is better than."""
    if known_bound is None:
        return
    level = run.problem.objective[0]
    value = level_value(run.problem, first.decisions, level)
    better = value - known_bound if level in MAXIMISED else known_bound - value
    if better > PROVEN_TOLERANCE * max(1.0, abs(value)):
        raise ValueError(f"known_bound {known_bound:g} of {level.value} is none: a plan reaches {value:g}")


def _nothing_but_committed(problem: Problem) -> Decisions:
    """Return decisions that open nothing of their own accord: a start that the solver may mend."""
    return Decisions({}, {}, {}, {})


def _single_year_bounds(
    run: _Run, start: Decisions, clock: Clock
) -> tuple[dict[int, float], Decisions | None]:
    """Return the first level's bound by year (model units), and the last year's own best decisions."""
    level = run.problem.objective[0]
    if not run.can_build(clock):
        return {}, None
    run.tell(SINGLE_YEAR, level)

    def bound_of(year: int) -> tuple[float | None, Decisions | None]:
        single = without_the_impossible(single_year_problem(run.problem, year))
        compiled = compile_reduced(without_the_dominated(single), (level,))
        program = compiled.program.with_objective(*compiled.objectives[level])
        with SolverSession() as session:
            answer = session.solve(
                program,
                run.limits(program, SINGLE_YEAR_NODES),
                clock,
                compiled.start_values(fitted_to(compiled.problem, _seen_in_year(start, year))),
            )
        decisions = None if answer.values is None else compiled.decisions(answer.values)
        bound = (
            None if answer.bound is None else round_up(answer.bound, lattice_step(program), program.offset)
        )
        return bound, decisions

    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = dict(zip(run.problem.years, pool.map(bound_of, run.problem.years), strict=True))
    bounds = {year: bound for year, (bound, _) in answers.items() if bound is not None}
    return bounds, answers[run.problem.years[-1]][1]


def _priced_bounds(run: _Run, compiled: CompiledModel) -> tuple[dict[int, float], float | None]:
    """Return bounds of the shortfall from prices (model units): of each year's part, and of the whole.

    What no shortfall of the program's steps can be is rounded up to the next that one can.
    """
    level, answer = run.problem.objective[0], run.priced
    if level is not Level.SHORTFALL or answer is None:
        return {}, None
    cost, offset = compiled.objectives[level]
    by_year: dict[int, float] = {}
    for year, bound in answer.by_year.items():
        of_year = np.zeros(len(cost))
        columns = [column for key, column in compiled.columns.shortfall.items() if key[-1] == year]
        of_year[columns] = cost[columns]
        by_year[year] = round_up(bound, lattice_step(compiled.program.with_objective(of_year, 0.0)))
    step = lattice_step(compiled.program.with_objective(cost, offset))
    return by_year, round_up(answer.total, step, offset)


def _seen_in_year(decisions: Decisions, year: int) -> Decisions:
    """Return a plan's state in a year as decisions of the single-year problem."""
    start = {key: year for key, first in decisions.start_year.items() if first <= year}
    return replace(decisions, start_year=start)


def _with_year_bounds(
    run: _Run, compiled: CompiledModel, program: Program, bounds: dict[int, float]
) -> Program:
    """Add the single-year bounds of the shortfall as rows: they cut off what no year can reach."""
    if run.problem.objective[0] is not Level.SHORTFALL:
        return program
    for year, bound in bounds.items():
        if bound <= 0.0:
            continue
        columns = [column for key, column in compiled.columns.shortfall.items() if key[-1] == year]
        if not columns:
            continue
        coefficients = np.zeros(len(program.cost))
        coefficients[columns] = program.cost[columns]
        program = program.with_row(
            f"single_year_bound[{year}]", coefficients, bound - HOLD_SLACK * max(1.0, bound), np.inf
        )
    return program


def _repaired(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    start: Decisions,
    session: SolverSession,
    clock: Clock,
) -> Decisions:
    """Return the start; where it breaks a rule, the best rollout of its sites and functions, or nothing.

    The search knows the budget, the pace and what a site may hold, but not every rule.
    """
    run.tell(REPAIR, run.problem.objective[0])
    limits = run.limits(program, STAGING_NODES)
    mended = repaired(compiled, program, start, session, limits, clock)
    return _nothing_but_committed(run.problem) if mended is None else mended


def _staged(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    end_state: Decisions | None,
    session: SolverSession,
    clock: Clock,
) -> Decisions | None:
    """Return the best rollout of a state: only its sites and functions open, in any year."""
    if end_state is None:
        return None
    restricted = restricted_to(compiled, program, frozenset(end_state.start_year))
    level = run.problem.objective[0]
    answer = _optimise(run, compiled, restricted, level, None, session, clock, STAGING, STAGING_NODES)
    return None if answer.values is None else compiled.decisions(answer.values)


def _better(run: _Run, one: Decisions, other: Decisions | None) -> Decisions:
    """Return whichever decisions are better at the first level; the first if they are equal."""
    if other is None or not other.start_year:
        return one
    if not one.start_year:
        return other
    level = run.problem.objective[0]
    values = [level_value(run.problem, decisions, level) for decisions in (one, other)]
    gain = values[1] - values[0] if level in MAXIMISED else values[0] - values[1]
    return other if gain > SMALLEST_GAIN * max(1.0, abs(values[0])) else one


def _optimise(
    run: _Run,
    compiled: CompiledModel,
    program: Program,
    level: Level,
    start: Decisions | None,
    session: SolverSession,
    clock: Clock,
    stage: Text,
    nodes: int,
) -> Answer:
    """Minimise a program from a start, reporting progress in the level's unit."""
    run.tell(stage, level)
    begin = None if start is None else compiled.start_values(start)
    if start is not None and start.area_m2 and stage is LATER_LEVEL:
        begin = _joined(begin, compiled.area_start_values(start))
    improvement = _Improvement(run, compiled, program, start, clock) if stage is not STAGING else None
    limits = run.limits(program, nodes, _wanted_gap(run, level) if stage is FIRST_LEVEL else 1e-9)
    answer = session.solve(program, limits, clock, begin, partial(_listen, run, level, stage))
    return answer if improvement is None else improvement.joined_with(answer)


def _wanted_gap(run: _Run, level: Level) -> float:
    """Return the gap at which the first level may stop (model units)."""
    return max(1e-9, run.settings.gap / abs(_factor(run.problem, level)))


def _listen(run: _Run, level: Level, stage: Text, incumbent: float | None, bound: float | None) -> None:
    """Report progress in the level's unit; the bound of a part of the problem is none of the whole."""
    bound = None if stage in (STAGING, MERGING) else bound
    run.tell(stage, level, (_reported(run.problem, level, incumbent), _reported(run.problem, level, bound)))


class _WholeProgram:
    """The first level's whole program, solved from nothing on a core of its own while a start is mended."""

    def __init__(
        self, run: _Run, compiled: CompiledModel, program: Program, clock: Clock, is_for_bound: bool
    ) -> None:
        self._run, self._compiled, self._program = run, compiled, program
        self._is_for_bound = is_for_bound
        self._clock = clock.beside()
        self._is_told = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._answer = self._pool.submit(self._solve)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.not_needed.set()
        self._pool.shutdown()

    def _solve(self) -> Answer:
        run, level = self._run, self._run.problem.objective[0]
        limits = run.limits(self._program, FIRST_LEVEL_NODES, _wanted_gap(run, level))
        limits = replace(limits, is_for_bound=self._is_for_bound)

        def listen(incumbent: float | None, bound: float | None) -> None:
            if self._is_told.is_set():
                _listen(run, level, FIRST_LEVEL, incumbent, bound)

        with SolverSession() as session:
            return session.solve(self._program, limits, self._clock, None, listen)

    def attempt_beside(self, start: Decisions, part: Program) -> _Attempt:
        """Wait for the answer, while neighbourhoods of a start are searched; return the better of both.

        ``part``: the program, or as much of it as is searched.
        """
        bound = _highest(self._run, *_priced_bounds(self._run, self._compiled))
        self._run.tell(FIRST_LEVEL, self._run.problem.objective[0])
        self._is_told.set()
        best = start if start.start_year else None
        improvement = _Improvement(self._run, self._compiled, part, best, self._clock)
        answer = self._answer.result()
        return _Attempt(improvement.joined_with(answer), start, bound)


class _Improvement:
    """Neighbourhood search beside the solver's own run, on the second core."""

    def __init__(
        self, run: _Run, compiled: CompiledModel, program: Program, start: Decisions | None, clock: Clock
    ) -> None:
        self._run = run
        self._clock = clock.beside()
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._best = (
            None
            if start is None or len(run.problem.years) == 1
            else self._pool.submit(self._improve, run, compiled, program, compiled.start_values(start))
        )

    def _improve(self, run: _Run, compiled: CompiledModel, program: Program, start: Start) -> Solution | None:
        if self._clock.not_needed.wait(HEAD_START_S):
            return None
        limits = run.limits(program, NEIGHBOURHOOD_NODES)
        with SolverSession() as session:
            return improve(compiled, program, start, session, limits, self._clock, NEIGHBOURHOOD_PASSES)

    def joined_with(self, answer: Answer) -> Answer:
        """Return the better of both solutions with the solver's bound; a proven answer stands."""
        if answer.is_proven:
            self._clock.not_needed.set()
        best = None if self._best is None else self._best.result()
        self._pool.shutdown()
        if answer.is_proven or best is None:
            return answer
        if self._clock.seconds_left() <= 0.0:
            self._run.clock.cut_short.set()
        if answer.objective is not None and answer.objective <= best.objective:
            return answer
        return replace(answer, status=Status.FEASIBLE, values=best.values, objective=best.objective)


def _joined(
    one: tuple[np.ndarray, FloatArray] | None, other: tuple[np.ndarray, FloatArray]
) -> tuple[np.ndarray, FloatArray]:
    if one is None:
        return other
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def _factor(problem: Problem, level: Level) -> float:
    """Return the reported value of one model unit, negative for a maximised level."""
    factor = OBJECTIVES[level].reported_per_model(problem)
    return -factor if level in MAXIMISED else factor


def _reported(problem: Problem, level: Level, model_value: float | None) -> float | None:
    return None if model_value is None else model_value * _factor(problem, level) + 0.0


def _later_levels(run: _Run, first: _First) -> tuple[Decisions, dict[Level, float | None]]:
    """Optimise the later levels one by one, holding every earlier one at its incumbent."""
    problem, levels = run.problem, run.problem.objective
    decisions, bounds = first.decisions, {levels[0]: first.bound}
    if not run.can_build(run.clock, BUILD_OF_ALL_LEVELS):
        return decisions, bounds
    without_walking = tuple(level for level in levels if level is not Level.WALKING_DISTANCE)
    compiled = compile_reduced(problem, without_walking).with_cuts(run.cuts)
    held: dict[Level, float] = {}
    with SolverSession() as session:
        for number, level in enumerate(levels[1:], start=1):
            if run.clock.seconds_left() <= 0.0:
                break
            if level not in compiled.objectives:
                compiled = compile_reduced(problem, levels).with_cuts(run.cuts)
            program = _holding(run, compiled, levels[:number], decisions, held)
            program = program.with_objective(*compiled.objectives[level])
            clock = run.clock.until(run.clock.seconds_left() / (len(levels) - number))
            answer = _optimise(
                run, compiled, program, level, decisions, session, clock, LATER_LEVEL, LATER_LEVEL_NODES
            )
            bounds[level] = answer.bound
            if answer.values is not None:
                decisions = compiled.decisions(answer.values)
    return decisions, bounds


def _holding(
    run: _Run,
    compiled: CompiledModel,
    levels: tuple[Level, ...],
    decisions: Decisions,
    held: dict[Level, float],
) -> Program:
    """Return the program in which earlier levels keep the incumbent's value plus their tolerance.

    ``held`` remembers each level's value at the time when it was optimised.
    """
    program = compiled.program
    for level in levels:
        factor = _factor(run.problem, level)
        if level not in held:
            held[level] = level_value(run.problem, decisions, level)
        value = held[level] / factor + run.problem.tolerance.get(level, 0.0) / abs(factor)
        coefficients, offset = compiled.objectives[level]
        slack = HOLD_SLACK * max(1.0, abs(value))
        program = program.with_row(f"hold_{level.value}", coefficients, -np.inf, value - offset + slack)
    return program


def _result(run: _Run, decisions: Decisions, bounds: dict[Level, float | None]) -> SolveResult:
    reported = {level: _reported(run.problem, level, bound) for level, bound in bounds.items()}
    results = proven_levels(run.problem, decisions, reported)
    return SolveResult(decisions, results, _stopped_by(run, results))


def proven_levels(
    problem: Problem, decisions: Decisions, bounds: Mapping[Level, float | None]
) -> tuple[LevelResult, ...]:
    """Return the levels of a plan: values of the decisions, beside proven bounds in the levels' units."""
    results: list[LevelResult] = []
    for level in problem.objective:
        value = level_value(problem, decisions, level)
        earlier_unproven = any(result.status != "optimal" for result in results)
        results.append(_level_result(level, value, bounds.get(level), earlier_unproven))
    if Level.WEIGHED in problem.objective:
        results += [_component(level, level_value(problem, decisions, level)) for level in problem.weights]
    return tuple(results)


def _component(level: Level, value: float) -> LevelResult:
    """Return the value of a part of the weighed sum, of which nothing is proven by itself."""
    return LevelResult(
        name=level,
        unit=UNITS[level].en,
        value=value,
        bound=None,
        gap=None,
        status="component",
        given_unproven=False,
    )


def _level_result(level: Level, value: float, bound: float | None, given_unproven: bool) -> LevelResult:
    """Return a level's result; a bound within solver tolerance of the value is the value."""
    unit = UNITS[level].en
    if bound is None:
        return LevelResult(
            name=level,
            unit=unit,
            value=value,
            bound=None,
            gap=None,
            status="unproven",
            given_unproven=given_unproven,
        )
    gap = bound - value if level in MAXIMISED else value - bound
    if gap <= PROVEN_TOLERANCE * max(1.0, abs(value)):
        bound, gap = value, 0.0
    return LevelResult(
        name=level,
        unit=unit,
        value=value,
        bound=bound,
        gap=gap,
        status="optimal" if gap == 0.0 else "gap",
        given_unproven=given_unproven,
    )


def _stopped_by(run: _Run, results: Sequence[LevelResult]) -> StoppedBy:
    first = results[0]
    if run.clock.stop.is_set():
        return "interrupted"
    if run.clock.cut_short.is_set() or run.clock.seconds_left() <= 0.0:
        return "time_limit"
    if first.gap and first.gap <= run.settings.gap:
        return "gap"
    is_proven = all(result.status in ("optimal", "component") for result in results)
    return "completed" if is_proven else "work_limit"

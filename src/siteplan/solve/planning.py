"""Solve the planning problem: search start, first level by decomposition, then level after level."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

from siteplan.highs import Clock
from siteplan.outcome import advantage, level_value
from siteplan.plan import Decisions, LevelResult
from siteplan.problem import Problem
from siteplan.progress import ProgressListener, silent
from siteplan.scenario import Level, SolverSettings
from siteplan.solve.compiling import compile_ahead
from siteplan.solve.levels import proven_levels
from siteplan.solve.program import Cut
from siteplan.solve.result import SolveResult, StoppedBy
from siteplan.solve.stages.first_level import begun_at_once, first_level, first_level_beside
from siteplan.solve.stages.large import without_program
from siteplan.solve.stages.later_levels import later_levels
from siteplan.solve.stages.run import First, Run
from siteplan.solve.stages.starting import find_prices, search_plans
from siteplan.solve.stages.values import PROVEN_TOLERANCE, in_reported_unit


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
    run = Run(problem, settings, listener, clock, cuts)
    if len(problem.years) > 1:
        compile_ahead()
    first = _first(run, start, known_bound)
    _refuse_wrong_bound(run, first, known_bound)
    if first.is_without_program or len(problem.objective) == 1:
        return _result(run, first.decisions, {problem.objective[0]: first.bound})
    decisions, bounds = later_levels(run, first)
    return _result(run, decisions, bounds)


def _first(run: Run, start: Decisions | None, known_bound: float | None) -> First:
    """Solve the first level, with what comes before its program."""
    if len(run.problem.years) == 1:
        return first_level(run, (), start, known_bound)
    can_do_without = not run.cuts and run.is_large()
    is_from_nothing = start is None and known_bound is None and not can_do_without
    whole = begun_at_once(run) if is_from_nothing else None
    with whole or nullcontext():
        find_prices(run, is_alone=can_do_without)
        found: tuple[Decisions, ...] = ()
        with nullcontext() if whole is None or run.priced is not None else whole.deciding():
            found = search_plans(run, start, is_alone=can_do_without)
        if whole is not None:
            return first_level_beside(run, found, whole)
        first = without_program(run, found, start, known_bound) if can_do_without else None
        return first or first_level(run, found, start, known_bound)


def _refuse_wrong_bound(run: Run, first: First, known_bound: float | None) -> None:
    """Refuse a known bound that the plan found is better than."""
    if known_bound is None:
        return
    level = run.problem.objective[0]
    value = level_value(run.problem, first.decisions, level)
    if advantage(level, value, known_bound) > PROVEN_TOLERANCE * max(1.0, abs(value)):
        raise ValueError(f"known_bound {known_bound:g} of {level.value} is none: a plan reaches {value:g}")


def _result(run: Run, decisions: Decisions, bounds: dict[Level, float | None]) -> SolveResult:
    reported = {level: in_reported_unit(run.problem, level, bound) for level, bound in bounds.items()}
    results = proven_levels(run.problem, decisions, reported)
    return SolveResult(decisions, results, _stopped_by(run, results))


def _stopped_by(run: Run, results: Sequence[LevelResult]) -> StoppedBy:
    first = results[0]
    if run.clock.stop.is_set():
        return "interrupted"
    if run.clock.cut_short.is_set() or run.clock.seconds_left() <= 0.0:
        return "time_limit"
    if first.gap and first.gap <= run.settings.gap:
        return "gap"
    is_proven = all(result.status in ("optimal", "component") for result in results)
    return "completed" if is_proven else "work_limit"

"""The first level where the whole program is too large: by search, prices, and a part of the program."""

from __future__ import annotations

from collections.abc import Sequence

from siteplan.highs import SolverSession
from siteplan.plan import Decisions
from siteplan.solve.decompose.repair import fitted_to, limited_to
from siteplan.solve.feasibility import doubtful_rules, only_the_program_tells
from siteplan.solve.reductions import count_columns
from siteplan.solve.stages.effort import BUILD_SECONDS_PER_COLUMN, LARGEST_PROGRAM, SMALL_BUILD_SHARE
from siteplan.solve.stages.mending import mended_plan, opened_by
from siteplan.solve.stages.run import First, Run
from siteplan.solve.stages.values import better, nothing_but_committed, value_of_unit


def without_program(
    run: Run, found: tuple[Decisions, ...], given: Decisions | None, known_bound: float | None
) -> First | None:
    """Return the best of the search's plans, the caller's and what these open, with the bound from prices.

    None where none is known to keep every rule: only the program can mend it. All are complete: the search's
    have every room and function at its minimum area, or are mended by the program of what they open.
    """
    problem = run.problem
    plans = found if given is None else (fitted_to(problem, given), *found)
    keeping = [plan for plan in plans if plan.start_year and not doubtful_rules(problem, plan)]
    best = nothing_but_committed()
    for plan in keeping:
        best = better(run, best, plan)
    if only_the_program_tells(problem) or (keeping and _has_time_for_what_they_open(run, keeping)):
        with SolverSession() as session:
            mended = mended_plan(run, plans, session, run.clock, run.clock, is_crossed=False)
        best = better(run, best, mended)
    if not best.start_year:
        return None
    if run.clock.seconds_left() <= 0.0:
        run.clock.cut_short.set()
    return First(best, _bound_without_program(run, known_bound), is_without_program=True)


def _has_time_for_what_they_open(run: Run, plans: Sequence[Decisions]) -> bool:
    """Return whether the program of what some plans open is small enough, and there is time to build it."""
    columns = count_columns(limited_to(run.problem, opened_by(plans)), run.problem.objective[0])
    build_s = BUILD_SECONDS_PER_COLUMN * columns
    return columns <= LARGEST_PROGRAM and build_s <= SMALL_BUILD_SHARE * run.clock.seconds_left()


def _bound_without_program(run: Run, known_bound: float | None) -> float | None:
    """Return the best of the bound from prices and the caller's (model units)."""
    unit = value_of_unit(run.problem, run.problem.objective[0])
    bounds = [] if known_bound is None else [known_bound / unit]
    if run.priced is not None:
        bounds.append(run.priced.total)
    return max(bounds, default=None)

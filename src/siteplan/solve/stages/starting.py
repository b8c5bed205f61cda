"""What comes before any program: bounds from prices, and the search's plans."""

from __future__ import annotations

from dataclasses import replace

from siteplan.highs import Clock
from siteplan.plan import Decisions
from siteplan.scenario import Level
from siteplan.solve.compiling import ANNEALING, PRICES, wait_until_compiled
from siteplan.solve.decompose.prices import priced_bounds
from siteplan.solve.feasibility import only_the_program_tells
from siteplan.solve.search import Runs, search_starts
from siteplan.solve.search.landscape import describe_landscape, with_dearest_sources
from siteplan.solve.search.programmes import MOST_FUNCTIONS
from siteplan.solve.stages.effort import (
    COMPILER_SHARE,
    HURRIED_SHARE,
    MOVES_PER_SITE,
    MOVES_WITHOUT_PROGRAM,
    PRICES_SHARE,
    PRICES_SHARE_WITHOUT_PROGRAM,
    RUNS_FROM_PROMISING,
    RUNS_TO_BE_CROSSED,
    RUNS_WITHOUT_PROGRAM,
    SEARCH_SHARE,
    SHARE_WITHOUT_PROGRAM,
    WORST_OFF_RUNS,
    WORST_OFF_SHARE,
)
from siteplan.solve.stages.run import BOUNDS_BY_PRICES, SEARCH, Run


def find_prices(run: Run, *, is_alone: bool) -> None:
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


def search_plans(run: Run, start: Decisions | None, *, is_alone: bool) -> tuple[Decisions, ...]:
    """Return the search's plans, the best first. One year's program closes by itself and needs none.

    ``is_alone``: the whole program doesn't follow.
    """
    run.tell(SEARCH)
    by_site = MOVES_WITHOUT_PROGRAM if is_alone else MOVES_PER_SITE
    moves = max(1, round(by_site * len(run.problem.planned_sites) * run.settings.effort))
    if not wait_until_compiled(ANNEALING, run.clock.until(COMPILER_SHARE * run.clock.seconds_left())):
        run.clock.cut_short.set()
        return ()
    promising = None if run.priced is None else run.priced.promising
    from_nothing, every = int(start is not None), RUNS_WITHOUT_PROGRAM if is_alone else RUNS_TO_BE_CROSSED
    if run.is_branched() and not is_alone:
        every = from_nothing + RUNS_FROM_PROMISING
    if promising is None:
        from_nothing = every
    has_to_be_mended = bool(only_the_program_tells(run.problem))
    is_last = is_alone and not has_to_be_mended
    seconds = (SHARE_WITHOUT_PROGRAM if is_last else SEARCH_SHARE) * run.clock.seconds_left()
    clock = run.clock.until(seconds)
    runs = Runs(moves, from_nothing, every - from_nothing)
    is_for_all = run.problem.objective[0] is Level.WORST_COMMUNITY
    for_all = _plans_for_the_worst_off(run, moves, clock) if is_for_all else ()
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
    return (*for_all, *(one.decisions for one in found))


def _plans_for_the_worst_off(run: Run, moves: int, clock: Clock) -> tuple[Decisions, ...]:
    """Return plans with ever more functions in every community, the most first.

    The search minimises the shortfall; what every community has to have is a must for it. That is raised by
    one in all years while a plan is found, then from the second year on, and so forth.
    """
    problem = run.problem
    least = {year: problem.functions_per_community.get(year, 0) for year in problem.years}
    plans: list[Decisions] = []
    for first in problem.years:
        while clock.seconds_left() > 0.0 and least[first] < len(problem.functions):
            raised = {year: count + (year >= first) for year, count in least.items()}
            seconds = WORST_OFF_SHARE * clock.seconds_left()
            share = clock.until(seconds)
            found = search_starts(
                replace(problem, functions_per_community=raised),
                run.settings.seed,
                Runs(moves, WORST_OFF_RUNS),
                share,
                plans[0] if plans else None,
            )
            if share.seconds_left() < HURRIED_SHARE * seconds:
                run.clock.cut_short.set()
            if not found:
                break
            least, plans = raised, [found[0].decisions, *plans]
    return tuple(plans)

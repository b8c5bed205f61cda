"""The first level by its whole program: from the best start, with bounds of single years and prices."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from siteplan.highs import Answer, Clock, Program, SolverSession, Status
from siteplan.plan import Decisions
from siteplan.scenario import AssignmentRule
from siteplan.solve.conflict import explain_conflict
from siteplan.solve.decompose.lattice import lattice_step
from siteplan.solve.decompose.repair import restricted_to
from siteplan.solve.decompose.single_year import SEPARABLE
from siteplan.solve.feasibility import doubtful_rules, only_the_program_tells
from siteplan.solve.program import CompiledModel
from siteplan.solve.reductions import compile_reduced
from siteplan.solve.result import InfeasibleError, NoPlanError
from siteplan.solve.stages.bounding import (
    bounds_by_prices,
    single_year_bounds,
    with_known_bound,
    with_year_bounds,
)
from siteplan.solve.stages.effort import (
    FIRST_LEVEL_NODES,
    FIRST_LEVEL_SHARE,
    FIRST_LEVEL_SHARE_UNBRANCHED,
    LONGER_MENDING_SHARE,
    MENDING_SHARE,
    MENDING_SHARE_UNBRANCHED,
    NODES_FROM_NOTHING,
    SINGLE_YEAR_SHARE,
    STAGING_NODES,
)
from siteplan.solve.stages.mending import best_start, improved_plan, mended_plan, opened_by, taken
from siteplan.solve.stages.run import CONFLICT, FIRST_LEVEL, STAGING, First, Run
from siteplan.solve.stages.solving import NO_ANSWER, Attempt, WholeProgram, optimise
from siteplan.solve.stages.values import (
    better,
    higher_by_year,
    highest,
    is_near,
    is_proven_by_prices,
    is_worse,
    nothing_but_committed,
    value_of_unit,
)


def first_level(
    run: Run,
    found: tuple[Decisions, ...],
    given: Decisions | None = None,
    known_bound: float | None = None,
) -> First:
    """Solve the first level: merging, single-year bounds, staging, then the whole from the best start.

    ``found`` are the search's plans, ``given`` is the caller's.
    """
    problem, level = run.problem, run.problem.objective[0]
    compiled, program = _program_of_first_level(run)
    clock = run.clock.until(_first_level_share(run) * run.clock.seconds_left())
    least = None if known_bound is None else known_bound / value_of_unit(problem, level)
    with SolverSession() as session, ExitStack() as until_done:
        whole = None
        if _is_solved_beside(run, program):
            is_for_bound = not run.is_branched() and bool(found)
            whole = WholeProgram(run, compiled, program, clock, FIRST_LEVEL_NODES, is_for_bound=is_for_bound)
            until_done.enter_context(whole)
        best = _first_plan(run, compiled, program, found, session, clock)
        given = None if given is None else taken(run, compiled, program, given, session, clock)
        if given is not None and is_near(run, given, known_bound):
            return First(given, least)
        if given is not None:
            best = better(run, given, best)
        if least is not None:
            program = with_known_bound(program, least)
        attempt = _attempted(run, compiled, program, (best, *found), whole, session, clock)
    answer = attempt.answer
    if answer.status is Status.INFEASIBLE and least is not None:
        return first_level(run, found, given)  # the bound may be none: then the plan will say so
    other = attempt.start if whole is not None and attempt.start.start_year else given
    return _first_of(run, compiled, answer, attempt.start, other, (attempt.bound, least))


def begun_at_once(run: Run) -> WholeProgram | None:
    """Begin to solve the first level's whole program from nothing, before there is a plan to start from.

    From nothing HiGHS's way to the proof is another than from a start: now the one is shorter, now the
    other. None where branching is of no use, where a year closes by itself, or where the program may claim
    more than a plan does.
    """
    is_of_use = run.is_branched() and len(run.problem.years) > 1
    if not is_of_use or run.problem.assignment_rule is AssignmentRule.NEAREST_WITH_A_PLACE:
        return None
    compiled, program = _program_of_first_level(run)
    nodes = FIRST_LEVEL_NODES if only_the_program_tells(run.problem) else NODES_FROM_NOTHING
    return WholeProgram(run, compiled, program, run.clock, nodes)


def first_level_beside(run: Run, found: tuple[Decisions, ...], whole: WholeProgram) -> First:
    """Solve the first level by its stages, while its whole program is solved from nothing.

    So that a run gives the same plan again, whichever is the faster: the stages' plan counts where prices
    prove one of the search, and where the whole program isn't solved within its number of nodes, which is
    waited for. Else that program's does.
    """
    compiled, program = whole.compiled, whole.program
    proven = _proven_by_prices(run, found)
    if proven is not None:
        return First(proven, highest(run, *bounds_by_prices(run, compiled)))
    clock = run.clock.until(_first_level_share(run) * run.clock.seconds_left())
    whole.end_with(clock)
    attempt = Attempt(NO_ANSWER, nothing_but_committed(), None)
    with SolverSession() as session, whole.deciding():
        within = run.clock.until(clock.seconds_left())
        best = _first_plan(run, compiled, program, found, session, within)
        if only_the_program_tells(run.problem):
            attempt = whole.attempt_beside(best, program)
        else:
            attempt = _decomposed(run, compiled, program, best, session, within)
    answer = whole.answer()
    if answer.status is Status.OPTIMAL:
        return _first_of(run, compiled, answer, attempt.start, None, ())
    answer = _joined_answers(attempt.answer, answer)
    other = attempt.start if attempt.start.start_year else None
    return _first_of(run, compiled, answer, attempt.start, other, (attempt.bound,))


def _program_of_first_level(run: Run) -> tuple[CompiledModel, Program]:
    run.go_on()
    level = run.problem.objective[0]
    begin = time.monotonic()
    compiled = compile_reduced(run.problem, (level,)).with_cuts(run.cuts)
    run.build_s = time.monotonic() - begin
    return compiled, compiled.program.with_objective(*compiled.objectives[level])


def _proven_by_prices(run: Run, found: Sequence[Decisions]) -> Decisions | None:
    """Return a plan of the search that keeps every rule and that prices prove to be the best, or None.

    Nothing but the program tells whether it keeps further rows.
    """
    if run.cuts:
        return None
    return next(
        (
            plan
            for plan in found
            if plan.start_year and is_proven_by_prices(run, plan) and not doubtful_rules(run.problem, plan)
        ),
        None,
    )


def _joined_answers(one: Answer, other: Answer) -> Answer:
    """Return the better solution of two unproven answers with the higher bound; what is proven stands.

    That there is no plan is refuted by one.
    """
    for answer, rival in ((one, other), (other, one)):
        if answer.status is Status.INFEASIBLE and rival.values is not None:
            return rival
    if one.is_proven or other.is_proven:
        return one if one.is_proven else other
    bound = max((bound for bound in (one.bound, other.bound) if bound is not None), default=None)
    solved = [answer for answer in (one, other) if answer.objective is not None]
    best = min(solved, key=lambda answer: answer.objective or 0.0, default=one)
    return replace(best, bound=bound)


def _first_of(
    run: Run,
    compiled: CompiledModel,
    answer: Answer,
    start: Decisions,
    other: Decisions | None,
    bounds: Sequence[float | None],
) -> First:
    """Return the best of an answer and another plan, with the highest of the answer's bound and others.

    Raises:
        InfeasibleError: the answer is that there is no plan.
        NoPlanError: there is neither a solution nor a start.
    """
    if answer.status is Status.INFEASIBLE:
        run.tell(CONFLICT)
        clash = explain_conflict(run.problem, run.clock, run.cuts)
        raise InfeasibleError(clash.rules, clash.text(), clash)
    if answer.values is not None:
        found_by_program = compiled.decisions(answer.values)
        best = better(run, found_by_program, other)
        if not found_by_program.start_year and not is_worse(run, found_by_program, best):
            best = found_by_program  # to open nothing may be the best
    elif not start.start_year:
        raise NoPlanError(interrupted=run.clock.stop.is_set())
    else:
        best = start
    proven = [bound for bound in (answer.bound, *bounds) if bound is not None]
    return First(best, max(proven) if proven else None)


def _first_level_share(run: Run) -> float:
    """Return the share of the time left that the first level may take."""
    if len(run.problem.objective) == 1:
        return 1.0
    return FIRST_LEVEL_SHARE if run.is_branched() else FIRST_LEVEL_SHARE_UNBRANCHED


def _first_plan(
    run: Run,
    compiled: CompiledModel,
    program: Program,
    found: tuple[Decisions, ...],
    session: SolverSession,
    clock: Clock,
) -> Decisions:
    """Return the best that mending or merging makes of the search's plans."""
    if not only_the_program_tells(run.problem):
        return best_start(run, compiled, program, found, session, clock)
    share = MENDING_SHARE if run.is_branched() else MENDING_SHARE_UNBRANCHED
    mending = clock.until(share * clock.seconds_left())
    longer = clock.until(min(1.0, share + LONGER_MENDING_SHARE) * clock.seconds_left())
    mended = mended_plan(run, found, session, mending, longer, is_crossed=not run.is_branched())
    return mended or nothing_but_committed()


def _attempted(
    run: Run,
    compiled: CompiledModel,
    program: Program,
    plans: Sequence[Decisions],
    whole: WholeProgram | None,
    session: SolverSession,
    clock: Clock,
) -> Attempt:
    """Solve the first level from the first of some plans, or beside the whole program that is solved already.

    Where branching is of no use, neighbourhoods are of what the plans open: the relaxation of all takes
    longer.
    """
    best = plans[0]
    part = program if run.is_branched() else restricted_to(compiled, program, opened_by(plans))
    if whole is not None:
        return whole.attempt_beside(best, part)
    if run.is_branched() or run.priced is None or not best.start_year:
        return _decomposed(run, compiled, program, best, session, clock)
    improved = improved_plan(run, compiled, part, best, session, clock, FIRST_LEVEL)
    return Attempt(NO_ANSWER, improved, highest(run, *bounds_by_prices(run, compiled)))


def _decomposed(
    run: Run,
    compiled: CompiledModel,
    program: Program,
    best: Decisions,
    session: SolverSession,
    clock: Clock,
) -> Attempt:
    """Solve single years for their bounds, stage the last one's plan, then solve the whole from the best."""
    level = run.problem.objective[0]
    bounds: dict[int, float] = {}
    total: float | None = None
    if len(run.problem.years) > 1 and level in SEPARABLE:
        priced, total = bounds_by_prices(run, compiled)
        end_state = None
        if priced == {} or run.is_branched():
            share = SINGLE_YEAR_SHARE * clock.seconds_left()
            bounds, end_state = single_year_bounds(run, best, clock.until(share))
        bounds = higher_by_year(bounds, priced)
        program = with_year_bounds(run, compiled, program, bounds)
        best = better(run, best, _staged(run, compiled, program, end_state, session, clock))
    answer = optimise(run, compiled, program, level, best, session, clock, FIRST_LEVEL, FIRST_LEVEL_NODES)
    return Attempt(answer, best, highest(run, bounds, total))


def _is_solved_beside(run: Run, program: Program) -> bool:
    """Return whether HiGHS solves the whole program from nothing, beside all that finds plans.

    Where the search knows not every rule, its plans are a poor start. Where branching is of no use, HiGHS
    proves more than prices where the shortfall has steps: of a generated district with all rules, 9.45
    coverage points instead of 9.26 where communities count, no more than prices where residents do.
    """
    if run.is_branched():
        return len(run.problem.years) > 1 and bool(only_the_program_tells(run.problem))
    return run.priced is not None and lattice_step(program) is not None


def _staged(
    run: Run,
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
    answer = optimise(run, compiled, restricted, level, None, session, clock, STAGING, STAGING_NODES)
    return None if answer.values is None else compiled.decisions(answer.values)

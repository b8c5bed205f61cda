"""Plans of the search and of the caller, mended, merged and improved by the program of what they open."""

from __future__ import annotations

from collections.abc import Sequence

from siteplan.highs import Clock, Program, SolverSession
from siteplan.plan import Decisions
from siteplan.solve.decompose.merging import crossed, merged
from siteplan.solve.decompose.neighbourhood import improve
from siteplan.solve.decompose.repair import (
    CHECK_SHARE,
    check_seconds,
    completed,
    fitted_to,
    limited_to,
    repaired,
)
from siteplan.solve.program import CompiledModel
from siteplan.solve.reductions import compile_reduced
from siteplan.solve.stages.effort import (
    CROSSING_SHARE,
    MENDED_WELL_ENOUGH,
    MERGED_PLANS,
    MERGING_NODES,
    MERGING_SHARE,
    MERGING_SHARE_UNBRANCHED,
    NEIGHBOURHOOD_NODES,
    NEIGHBOURHOOD_PASSES,
    REPAIR_SHARE,
    REPAIR_SHARE_UNBRANCHED,
    RUNS_TO_BE_CROSSED,
    STAGING_NODES,
)
from siteplan.solve.stages.run import MERGING, REPAIR, Run
from siteplan.solve.stages.solving import optimise
from siteplan.solve.stages.values import (
    better,
    first_level_of,
    in_reported_unit,
    is_far_from_prices,
    is_proven_by_prices,
    nothing_but_committed,
)
from siteplan.text import Text


def mended_plan(
    run: Run,
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
    compiled = compile_reduced(limited_to(run.problem, opened_by(plans)), (level,)).with_cuts(run.cuts)
    program = compiled.program.with_objective(*compiled.objectives[level])
    kept_s = min(check_seconds(program, run.clock.until(0.0)), CHECK_SHARE * longer.seconds_left())
    clock, longer = (end.until(end.seconds_left() - kept_s) for end in (clock, longer))
    gap = MENDED_WELL_ENOUGH * abs(first_level_of(run, plans[0]))
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
            best = improved_plan(run, compiled, program, best, session, end, MERGING)
        else:
            answer = optimise(run, compiled, program, level, best, session, end, MERGING, MERGING_NODES)
            best = best if answer.values is None else compiled.decisions(answer.values)
            is_proven = answer.is_proven
        if is_proven or not is_far_from_prices(run, best) or longer.seconds_left() <= 0.0:
            break
    if best is None:
        return None
    return completed(compiled, program, best, session, run.clock.until(0.0)) or best


def improved_plan(
    run: Run,
    compiled: CompiledModel,
    program: Program,
    best: Decisions,
    session: SolverSession,
    clock: Clock,
    stage: Text,
) -> Decisions:
    """Return the best of a plan's neighbourhoods, with both cores: branching on it all is of no use."""
    level = run.problem.objective[0]
    run.tell(stage, level, (in_reported_unit(run.problem, level, first_level_of(run, best)), None))
    limits, start = run.limits(program, NEIGHBOURHOOD_NODES), compiled.start_values(best)
    found = improve(compiled, program, start, session, limits, clock, NEIGHBOURHOOD_PASSES, is_alone=True)
    return best if found is None else compiled.decisions(found.values)


def best_start(
    run: Run,
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
        return nothing_but_committed()
    best = _repaired(run, compiled, program, found[0], session, clock)
    distinct: dict[frozenset[tuple[str, str]], Decisions] = {}
    for plan in (best, *found[1:]) if best.start_year else found:
        distinct.setdefault(frozenset(plan.start_year), plan)
    if len(distinct) == 1 or is_proven_by_prices(run, best):
        return best
    run.tell(MERGING, run.problem.objective[0])
    share = MERGING_SHARE if run.is_branched() else MERGING_SHARE_UNBRANCHED
    clock = clock.until(share * clock.seconds_left())
    limits = run.limits(program, MERGING_NODES)
    if not run.is_branched():
        others = [plan for plan in distinct.values() if plan is not best]
        return crossed(compiled, program, best, others, limits, clock)
    return better(run, best, merged(compiled, program, list(distinct.values())[:MERGED_PLANS], limits, clock))


def taken(
    run: Run,
    compiled: CompiledModel,
    program: Program,
    given: Decisions,
    session: SolverSession,
    clock: Clock,
) -> Decisions | None:
    """Return the caller's start with areas at their best, mended where it breaks a rule, or None."""
    run.tell(REPAIR, run.problem.objective[0])
    fitted = fitted_to(run.problem, given)
    plan = completed(compiled, program, fitted, session, clock)
    if plan is None and fitted.start_year:
        plan = repaired(compiled, program, fitted, session, run.limits(program, STAGING_NODES), clock)
    return plan if plan is not None and plan.start_year else None


def _repaired(
    run: Run,
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
    return nothing_but_committed() if mended is None else mended


def opened_by(plans: Sequence[Decisions]) -> frozenset[tuple[str, str]]:
    """Return the (site, function) pairs that some plan opens, in any year."""
    return frozenset(pair for plan in plans for pair in plan.start_year)

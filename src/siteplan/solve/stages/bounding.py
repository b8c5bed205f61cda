"""Bounds of the first level besides the solver's: from prices, of single years, the caller's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from siteplan.highs import Clock, Program, SolverSession
from siteplan.plan import Decisions
from siteplan.scenario import Level
from siteplan.solve.decompose.dominated import without_the_dominated
from siteplan.solve.decompose.lattice import lattice_step, round_up
from siteplan.solve.decompose.repair import fitted_to
from siteplan.solve.decompose.single_year import single_year_problem
from siteplan.solve.program import CompiledModel
from siteplan.solve.reductions import compile_reduced, without_the_impossible
from siteplan.solve.stages.effort import SINGLE_YEAR_NODES
from siteplan.solve.stages.run import SINGLE_YEAR, Run
from siteplan.solve.stages.values import HOLD_SLACK


def bounds_by_prices(run: Run, compiled: CompiledModel) -> tuple[dict[int, float], float | None]:
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


def single_year_bounds(run: Run, start: Decisions, clock: Clock) -> tuple[dict[int, float], Decisions | None]:
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


def _seen_in_year(decisions: Decisions, year: int) -> Decisions:
    """Return a plan's state in a year as decisions of the single-year problem."""
    start = {key: year for key, first in decisions.start_year.items() if first <= year}
    return replace(decisions, start_year=start)


def with_year_bounds(
    run: Run, compiled: CompiledModel, program: Program, bounds: dict[int, float]
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


def with_known_bound(program: Program, least: float) -> Program:
    """Add a known bound (model units) as a row."""
    slack = HOLD_SLACK * max(1.0, abs(least))
    return program.with_row("known_bound", program.cost, least - program.offset - slack, np.inf)

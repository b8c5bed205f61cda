"""How different a plan can be from others while it is as good: a mixed-integer program of its own.

The difference of two plans is the number of planned sites that only one of them opens, or the number of
(site, function, year) that only one of them provides. What is maximised is the least difference from any
of the given plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import sparse

from siteplan.highs import Clock, Limits, Program, SolverSession
from siteplan.outcome import MAXIMISED, advantage, level_value
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.solve.formulation import OBJECTIVES
from siteplan.solve.program import CompiledModel, Cut
from siteplan.solve.reductions import compile_reduced
from siteplan.solve.stages.values import PROVEN_TOLERANCE

ROUNDING = 1e-6
"""A bound of a difference that is this near to a whole number is that number."""
SLACK = 1e-7
"""The first level may be this much (relative, at least absolute) worse: solver feasibility tolerance."""


class Measure(StrEnum):
    """What is counted in the difference of two plans."""

    SITES = "sites"
    FUNCTIONS = "functions"


@dataclass(frozen=True, slots=True)
class MostDifferent:
    """A plan with its least difference from the given ones, and the bound: no plan differs by more."""

    decisions: Decisions
    difference: int
    at_most: int | None


def difference(problem: Problem, one: Decisions, other: Decisions, measure: Measure) -> int:
    """Return in how many sites, or (site, function, year), two plans differ."""
    if measure is Measure.SITES:
        return len(set(one.opening_years()) ^ set(other.opening_years()))
    return len(_provided(problem, one) ^ _provided(problem, other))


def _provided(problem: Problem, decisions: Decisions) -> set[tuple[str, str, int]]:
    return {
        (site, function, year)
        for (site, function), start in decisions.start_year.items()
        for year in problem.years
        if year >= start
    }


def distance_cut(problem: Problem, plan: Decisions, measure: Measure, at_least: int) -> Cut:
    """Return the row that keeps plans at least so different from a plan.

    Σ_{not in the plan} x + Σ_{in the plan} (1 − x) ≥ at_least
    """
    opened, provided = set(plan.opening_years()), _provided(problem, plan)
    if measure is Measure.SITES:
        signs = {site: -1.0 if site in opened else 1.0 for site in problem.planned_sites}
        return Cut("differs", float(at_least - len(opened)), open=signs)
    triples = {
        (site, function, year): -1.0 if (site, function, year) in provided else 1.0
        for site in problem.planned_sites
        for function in problem.sites[site].may_host
        for year in problem.years
    }
    return Cut("differs", float(at_least - len(provided)), provide=triples)


def most_different(
    problem: Problem,
    plans: Sequence[Decisions],
    measure: Measure,
    worst_value: float,
    clock: Clock,
    seed: int = 0,
) -> MostDifferent | None:
    """Return a plan that is as different as possible from all given ones; None where none is found in time.

    Nor where the plan claims less than the program says and so is too bad (`nearest_with_a_place`).

    ``worst_value``: the first level may be so bad at most, in its reported unit. The first of ``plans`` keeps
    every rule and is the start.
    """
    level = problem.objective[0]
    compiled = compile_reduced(problem, (level,))
    cost, offset = compiled.objectives[level]
    factor = OBJECTIVES[level].reported_per_model(problem) * (-1.0 if level in MAXIMISED else 1.0)
    worst = worst_value / factor
    program = compiled.program.with_row(
        "as_good", cost, -np.inf, worst - offset + SLACK * max(1.0, abs(worst))
    )
    cuts = [distance_cut(problem, plan, measure, 0) for plan in plans]
    program = _with_least_difference(program, compiled, cuts)
    with SolverSession() as session:
        limits = Limits(absolute_gap=1.0 - ROUNDING, seed=seed, holds_values=True)
        answer = session.solve(program, limits, clock, compiled.start_values(plans[0]))
    if answer.values is None:
        return None
    decisions = compiled.decisions(answer.values)
    if not is_within(problem, decisions, worst_value):
        return None
    least = min(difference(problem, decisions, plan, measure) for plan in plans)
    at_most = None if answer.bound is None else int(np.floor(-answer.bound + ROUNDING))
    return MostDifferent(decisions, least, at_most)


def is_within(problem: Problem, decisions: Decisions, worst_value: float) -> bool:
    """Return whether a plan's first level is no worse than a value (reported unit), but for rounding."""
    level = problem.objective[0]
    value = level_value(problem, decisions, level)
    return advantage(level, worst_value, value) <= PROVEN_TOLERANCE * max(1.0, abs(worst_value))


def _with_least_difference(program: Program, compiled: CompiledModel, cuts: Sequence[Cut]) -> Program:
    """Add a column for the least difference, to be maximised, and a row that bounds it for each plan.

    Σ coefficient · x − least ≥ −|plan|
    """
    count = len(program.cost)
    widest = float(max(len(cut.open) + len(cut.provide) for cut in cuts))
    widened = replace(
        program,
        matrix=sparse.hstack([program.matrix, sparse.csr_matrix((program.matrix.shape[0], 1))], format="csr"),
        column_lower=np.append(program.column_lower, 0.0),
        column_upper=np.append(program.column_upper, widest),
        cost=np.append(np.zeros(count), -1.0),
        offset=0.0,
        is_integer=np.append(program.is_integer, True),
    )
    for cut in cuts:
        row = np.append(compiled.coefficients(cut), -1.0)
        widened = widened.with_row("least_difference", row, cut.at_least, np.inf)
    return widened

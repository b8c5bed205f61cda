"""Merging: the best plan of the sites and functions that two plans open, in any year, found exactly.

What good plans have in common is right, and where they differ the solver picks the best of each. Plans are
merged in pairs, then the plans that come of it, until one is left. Crossing also keeps the years in which the
plans agree: the program is smaller still, and the second plan need keep no rule.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from siteplan.highs import Clock, Limits, Program, SolverSession
from siteplan.plan import Decisions
from siteplan.solve.decompose.neighbourhood import SMALLEST_GAIN, Start
from siteplan.solve.decompose.repair import restricted_to
from siteplan.solve.program import CompiledModel

SIDE_BY_SIDE = 2
"""Merges at a time."""


class _Merged(NamedTuple):
    """A plan with its objective (model units), infinite where it isn't the solver's and may break a rule."""

    plan: Decisions
    objective: float


def merged(
    compiled: CompiledModel, program: Program, plans: Sequence[Decisions], limits: Limits, clock: Clock
) -> Decisions | None:
    """Return what merging leads to, which keeps every rule; None where the solver found nothing in time.

    ``plans``: at least two, the best first; what they provide is taken, whether they keep every rule or not.
    """
    left = [_Merged(plan, math.inf) for plan in plans]
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        while len(left) > 1 and clock.seconds_left() > 0.0:
            share = clock.until(clock.seconds_left() / (len(left) - 1).bit_length())
            merge = partial(_merge, compiled, program, limits, share)
            alone = left[len(left) // 2 * 2 :]
            new = pool.map(merge, left[::2], left[1::2])
            left = sorted([*new, *alone], key=_objective)
    return left[0].plan if math.isfinite(left[0].objective) else None


def _merge(
    compiled: CompiledModel, program: Program, limits: Limits, clock: Clock, one: _Merged, other: _Merged
) -> _Merged:
    """Return the best plan of the sites and functions of two, begun at the first; else the first."""
    union = restricted_to(
        compiled, program, frozenset(one.plan.start_year) | frozenset(other.plan.start_year)
    )
    return _solved(compiled, union, limits, clock, compiled.start_values(one.plan)) or one


def crossed(
    compiled: CompiledModel,
    program: Program,
    start: Decisions,
    others: Sequence[Decisions],
    limits: Limits,
    clock: Clock,
) -> Decisions:
    """Return the best of a plan that keeps every rule and of what others provide in place of parts of it.

    Two of the others at a time; where both lead to something better, these are crossed next.
    """
    best = _Merged(start, math.inf)
    waiting = deque(others)
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        while waiting and clock.seconds_left() > 0.0:
            rounds = math.ceil(len(waiting) / SIDE_BY_SIDE)
            share = clock.until(clock.seconds_left() / rounds)
            pair = [waiting.popleft() for _ in range(min(SIDE_BY_SIDE, len(waiting)))]
            found = list(pool.map(partial(_cross, compiled, program, limits, share, best), pair))
            enough = best.objective - SMALLEST_GAIN
            better = sorted((one for one in found if one.objective < enough), key=_objective)
            waiting.extendleft(
                one.plan for one in better[1:] if one.plan.start_year != better[0].plan.start_year
            )
            best = better[0] if better else best
    return best.plan


def _objective(one: _Merged) -> float:
    return one.objective


def _cross(
    compiled: CompiledModel, program: Program, limits: Limits, clock: Clock, best: _Merged, other: Decisions
) -> _Merged:
    """Return the best plan that provides what both plans do where they agree, begun at the first."""
    columns, values = compiled.start_values(best.plan)
    _, other_values = compiled.start_values(other)
    agreed = (values == other_values) & np.isin(columns, list(compiled.columns.provide.values()))
    restricted = program.with_fixed(columns[agreed], values[agreed])
    return _solved(compiled, restricted, limits, clock, (columns, values)) or best


def _solved(
    compiled: CompiledModel, program: Program, limits: Limits, clock: Clock, start: Start
) -> _Merged | None:
    """Return the best plan of a program that the solver finds, or None."""
    with SolverSession() as session:
        answer = session.solve(program, limits, clock, start)
    if answer.values is None or answer.objective is None:
        return None
    return _Merged(compiled.decisions(answer.values), answer.objective)

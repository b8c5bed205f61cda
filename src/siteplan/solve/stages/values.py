"""Plans and bounds compared at the first level, within the tolerances of the solver."""

from __future__ import annotations

from collections.abc import Mapping

from siteplan.outcome import MAXIMISED, advantage, level_value
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.scenario import Level
from siteplan.solve.formulation import OBJECTIVES
from siteplan.solve.stages.effort import FAR_FROM_PRICES
from siteplan.solve.stages.run import Run

HOLD_SLACK = 1e-7
"""A held level may be this much (relative, at least absolute) worse: solver feasibility tolerance."""
SMALLEST_GAIN = 1e-9
"""A plan that is better by less (relative, at least absolute) is as good."""
PROVEN_TOLERANCE = 1e-6
"""A gap below this (absolute, or relative to the value) is 0 within solver tolerances."""


def value_of_unit(problem: Problem, level: Level) -> float:
    """Return the reported value of one model unit, negative for a maximised level."""
    factor = OBJECTIVES[level].reported_per_model(problem)
    return -factor if level in MAXIMISED else factor


def in_reported_unit(problem: Problem, level: Level, model_value: float | None) -> float | None:
    """Return a value of the model, if there is one, in the unit in which the level is reported."""
    return None if model_value is None else model_value * value_of_unit(problem, level) + 0.0


def first_level_of(run: Run, plan: Decisions) -> float:
    """Return a plan's value of the first level, in model units."""
    level = run.problem.objective[0]
    return level_value(run.problem, plan, level) / value_of_unit(run.problem, level)


def better(run: Run, one: Decisions, other: Decisions | None) -> Decisions:
    """Return whichever decisions are better at the first level; the first if they are equal."""
    if other is None or not other.start_year:
        return one
    if not one.start_year:
        return other
    return other if is_worse(run, one, other) else one


def is_worse(run: Run, one: Decisions, other: Decisions) -> bool:
    """Return whether decisions are worse at the first level than others."""
    level = run.problem.objective[0]
    value, other_value = (level_value(run.problem, decisions, level) for decisions in (one, other))
    return advantage(level, other_value, value) > SMALLEST_GAIN * max(1.0, abs(value))


def nothing_but_committed() -> Decisions:
    """Return decisions that open nothing of their own accord: a start that the solver may mend."""
    return Decisions({}, {}, {}, {})


def is_far_from_prices(run: Run, plan: Decisions | None) -> bool:
    """Return whether a plan, or none, is well above the bound from prices, where there is one."""
    if run.priced is None:
        return False
    allowed = run.priced.total + FAR_FROM_PRICES * abs(run.priced.total)
    return plan is None or first_level_of(run, plan) > allowed


def is_proven_by_prices(run: Run, plan: Decisions) -> bool:
    """Return whether prices prove that no plan is better at the first level."""
    if run.priced is None:
        return False
    value = first_level_of(run, plan)
    return value <= run.priced.total + SMALLEST_GAIN * max(1.0, value)


def is_near(run: Run, decisions: Decisions, known_bound: float | None) -> bool:
    """Return whether the decisions are as near to a known bound as the search has to come."""
    if known_bound is None:
        return False
    level = run.problem.objective[0]
    value = level_value(run.problem, decisions, level)
    return abs(value - known_bound) <= max(run.settings.gap, PROVEN_TOLERANCE * max(1.0, abs(value)))


def higher_by_year(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    """Return the higher of two bounds of each year (model units), the only one where there is one.

    Of a maximised level bounds are negative: none is no 0.
    """
    return {
        year: max(bounds[year] for bounds in (one, other) if year in bounds)
        for year in sorted({*one, *other})
    }


def highest(run: Run, bounds: Mapping[int, float], total: float | None) -> float | None:
    """Return the best of a bound of the whole and of the years' bounds together, if all have one."""
    together = sum(bounds.values()) if len(bounds) == len(run.problem.years) else None
    return max((bound for bound in (together, total) if bound is not None), default=None)

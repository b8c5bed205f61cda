"""The levels of a plan: values, beside proven bounds in the levels' units."""

from __future__ import annotations

from collections.abc import Mapping

from siteplan.outcome import UNITS, advantage, level_value
from siteplan.plan import Decisions, LevelResult
from siteplan.problem import Problem
from siteplan.scenario import Level
from siteplan.solve.stages.values import PROVEN_TOLERANCE


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
    """Return a level's result; a bound within solver tolerance of the value is the value.

    A bound that the value is better than by more is none, and proves nothing.
    """
    unit = UNITS[level].en
    tolerance = PROVEN_TOLERANCE * max(1.0, abs(value))
    if bound is None or advantage(level, bound, value) < -tolerance:
        return LevelResult(
            name=level,
            unit=unit,
            value=value,
            bound=None,
            gap=None,
            status="unproven",
            given_unproven=given_unproven,
        )
    gap = advantage(level, bound, value)
    if gap <= tolerance:
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

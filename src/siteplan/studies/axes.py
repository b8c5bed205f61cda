"""What a frontier varies, and what it asks for at each step: both as changes of the scenario.

A *ceiling* (money, new sites, walking distance) is looser the more there is of it; a *floor* (functions of
the worst-off community, area standard, coverage) is tighter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from siteplan.problem import Problem
from siteplan.scenario import Level, LoadedScenario
from siteplan.text import Text

Changes = Mapping[str, Any]
PERCENT = Text("%，情景为 100", "% of the scenario's")
COVERAGE = "coverage:"


class AxisError(ValueError):
    """What is asked for makes no curve; ``text`` says why and what does."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


@dataclass(frozen=True, slots=True)
class Axis:
    """What is varied. ``changes``: from a value to changes of the scenario.

    ``is_floor``: more of it leaves fewer plans; ``is_whole``: only whole numbers differ.
    """

    key: str
    name: Text
    unit: Text
    default_range: tuple[float, float]
    is_floor: bool
    is_whole: bool
    changes: Callable[[float], Changes]

    def values(self, first: float | None, last: float | None, points: int) -> tuple[float, ...]:
        """Return the values of the points, from small to large, each once."""
        low = self.default_range[0] if first is None else first
        high = self.default_range[1] if last is None else last
        values = np.linspace(min(low, high), max(low, high), points)
        rounded = (round(float(value), 0 if self.is_whole else 3) for value in values)
        return tuple(dict.fromkeys(rounded))

    def words(self, value: float) -> Text:
        """Return a value in words."""
        return Text(f"{self.name.zh} {value:g} {self.unit.zh}", f"{self.name.en} {value:g} {self.unit.en}")


@dataclass(frozen=True, slots=True)
class Aim:
    """What each point makes as good as it can: the first level of the objective, as changes."""

    key: str
    level: Level
    changes: Changes


AXES = ("budget", "sites", "walking", "worst_community", "area_standard")
TRIVIAL_WITHOUT_A_FLOOR = frozenset(
    {
        Level.COST,
        Level.FORM,
        Level.NEWLY_BUILT,
        Level.OPERATOR_CONCENTRATION,
        Level.PREFERRED_FORM,
        Level.SCATTERED_FUNCTIONS,
        Level.WALKING_DISTANCE,
    }
)
"""Levels that are best where nothing opens: they make a curve only over a floor."""


def axis_of(words: str, loaded: LoadedScenario, problem: Problem) -> Axis:
    """Return what ``--over`` names.

    Raises:
        AxisError: it is none of the axes, or the scenario has no such setting to vary.
    """
    makers: dict[str, Callable[[LoadedScenario, Problem], Axis]] = {
        "budget": _budget,
        "sites": _sites,
        "walking": _walking,
        "worst_community": _worst_community,
        "area_standard": _area_standard,
    }
    if words in makers:
        return makers[words](loaded, problem)
    function = _function_of(words, problem)
    if function is not None:
        return _coverage(function, problem)
    allowed = ", ".join((*AXES, f"{COVERAGE}<function>"))
    raise AxisError(Text(f"--over 没有“{words}”；可写 {allowed}", f"--over: no '{words}'; say {allowed}"))


def aim_of(words: str, over: Axis, loaded: LoadedScenario, problem: Problem) -> Aim:
    """Return what ``--against`` names.

    Raises:
        AxisError: it is no level and no coverage, or the best of it is to open nothing.
    """
    function = _function_of(words, problem)
    if function is not None:
        return _coverage_aim(words, function, loaded, problem)
    if words not in set(Level) - {Level.WEIGHED}:
        allowed = ", ".join((*(each for each in Level if each is not Level.WEIGHED), f"{COVERAGE}<function>"))
        raise AxisError(
            Text(f"--against 没有“{words}”；可写 {allowed}", f"--against: no '{words}'; say {allowed}")
        )
    level = Level(words)
    if level in TRIVIAL_WITHOUT_A_FLOOR and not over.is_floor:
        floors = f"worst_community, area_standard, {COVERAGE}<function>"
        raise AxisError(
            Text(
                f"{words} 不开任何点位时最好：--over 请写 {floors}",
                f"{words} is best where nothing opens: say --over {floors}",
            )
        )
    others = [each.value for each in _named_levels(loaded) if each is not level]
    changes = {} if loaded.scenario.levels[0] is level else {"objective": [level.value, *others]}
    return Aim(words, level, changes)


def _named_levels(loaded: LoadedScenario) -> tuple[Level, ...]:
    """Return the levels that the scenario names, in their order or with weights."""
    return tuple(loaded.scenario.weights) or loaded.scenario.levels


def _function_of(words: str, problem: Problem) -> str | None:
    key = words.removeprefix(COVERAGE)
    return key if words.startswith(COVERAGE) and key in problem.functions else None


def _budget(loaded: LoadedScenario, problem: Problem) -> Axis:
    budget = loaded.scenario.budget
    if budget is None:
        raise AxisError(Text("情景不限资金，没有可变的金额", "the scenario has no budget to vary"))
    scale = budget.scale
    return Axis(
        "budget",
        Text("资金", "budget"),
        PERCENT,
        (25.0, 150.0),
        is_floor=False,
        is_whole=False,
        changes=lambda percent: {"budget": {"scale": round(scale * percent / 100.0, 9)}},
    )


def _sites(loaded: LoadedScenario, problem: Problem) -> Axis:
    pace = loaded.scenario.pace.sites_per_year
    highest = float(pace) * 1.5 if pace is not None else float(len(problem.planned_sites))
    return Axis(
        "sites",
        Text("每年新开点位", "new sites a year"),
        Text("处", "at most"),
        (round(highest / 6.0), round(highest)),
        is_floor=False,
        is_whole=True,
        changes=lambda count: {"pace": {"sites_per_year": round(count)}},
    )


def _walking(loaded: LoadedScenario, problem: Problem) -> Axis:
    radii = {key: function.service_radius_m for key, function in problem.functions.items()}
    last = _targets_as_they_are(problem)

    def changes(percent: float) -> Changes:
        functions = {
            key: {"service_radius_m": round(radius * percent / 100.0, 1)} for key, radius in radii.items()
        }
        return {"functions": functions, "targets": {"path": "none", "overrides": last}}

    return Axis(
        "walking",
        Text("步行距离", "walking distance"),
        PERCENT,
        (25.0, 150.0),
        is_floor=False,
        is_whole=False,
        changes=changes,
    )


def _targets_as_they_are(problem: Problem) -> dict[str, dict[int, float]]:
    """Return the targets in percent: those of a path depend on who is covered already, within the radii."""
    percent: dict[str, dict[int, float]] = {}
    for (function, year), target in problem.targets.items():
        counted = len(problem.counted_communities(function, year))
        share = 100.0 * target / max(1, counted) if problem.basis.counts_communities else target
        percent.setdefault(function, {})[year] = round(share, 9)
    return percent


def _worst_community(loaded: LoadedScenario, problem: Problem) -> Axis:
    year = problem.years[-1]
    return Axis(
        "worst_community",
        Text("最弱社区", "worst-off community"),
        Text("类功能", "functions"),
        (0.0, float(len(problem.functions))),
        is_floor=True,
        is_whole=True,
        changes=lambda count: {"rules": {"functions_per_community_at_least": {year: round(count)}}},
    )


def _area_standard(loaded: LoadedScenario, problem: Problem) -> Axis:
    year = problem.years[-1]
    return Axis(
        "area_standard",
        Text("每百户面积底线", "area per 100 households"),
        Text("m²", "m²"),
        (0.0, 30.0),
        is_floor=True,
        is_whole=False,
        changes=lambda area: {"rules": {"area_standard_at_least_m2": {year: area}}},
    )


def _coverage(function: str, problem: Problem) -> Axis:
    year, name = problem.years[-1], problem.functions[function].name
    return Axis(
        f"{COVERAGE}{function}",
        Text(f"{name.zh}覆盖率", f"coverage of {name.en}"),
        Text("%", "%"),
        (0.0, 100.0),
        is_floor=True,
        is_whole=False,
        changes=lambda percent: {"rules": {"coverage_at_least": {function: {year: percent}}}},
    )


def _coverage_aim(words: str, function: str, loaded: LoadedScenario, problem: Problem) -> Aim:
    """Return the aim of covering everybody with one function in the last year: its shortfall to 100 %."""
    overrides: dict[str, Any] = dict.fromkeys(loaded.scenario.targets.overrides)
    overrides[function] = {**dict.fromkeys(loaded.scenario.targets.overrides.get(function, {}))}
    overrides[function][problem.years[-1]] = 100.0
    others = [level.value for level in _named_levels(loaded) if level is not Level.SHORTFALL]
    changes = {
        "targets": {
            "path": "none",
            "overrides": overrides,
            "towns": dict.fromkeys(loaded.scenario.targets.towns),
            "communities": dict.fromkeys(loaded.scenario.targets.communities),
        },
        "objective": [Level.SHORTFALL.value, *others],
    }
    return Aim(words, Level.SHORTFALL, changes)

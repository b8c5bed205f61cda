"""What another choice would cost: the plan's first two levels solved again with one thing changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from siteplan.explain.covered import changes_of_coverage
from siteplan.outcome import MAXIMISED, UNITS
from siteplan.plan import LevelResult, Plan
from siteplan.problem import Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import Clock, InfeasibleError, NoPlanError, SolveResult, solve
from siteplan.text import Text

LEVELS_COMPARED = 2
SAME = 1e-6
"""Values that differ by less (absolute, or relative to the value) are the same."""


@dataclass(frozen=True, slots=True)
class Question:
    """A plan and its problem, and how long an answer may take. ``seconds`` None: nothing is solved again.

    ``stop``: ends what is being solved.
    """

    problem: Problem
    plan: Plan
    settings: SolverSettings
    seconds: float | None
    stop: threading.Event = field(default_factory=threading.Event, compare=False)

    def clock(self) -> Clock:
        """Return the clock of a solve that begins now, of which nothing is needed once it is told to stop."""
        return Clock(time.monotonic() + (self.seconds or 0.0), self.stop, not_needed=self.stop)

    def levels(self) -> tuple[LevelResult, ...]:
        """Return the plan's levels that answers compare."""
        levels = self.plan.levels[:LEVELS_COMPARED]
        return tuple(level for level in levels if level.status != "component")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the changed problem gave: a result, or the words for why there is none.

    ``changes``: what coverage is lost and gained, in words.
    """

    result: SolveResult | None
    levels: tuple[Text, ...]
    changes: tuple[Text, ...] = ()

    @property
    def words(self) -> tuple[Text, ...]:
        """All that is said of it."""
        return *self.levels, *self.changes


def solve_changed(question: Question, changed: Problem) -> Answer:
    """Solve the changed problem's first levels and compare them with the plan's."""
    assert question.seconds is not None
    before = question.levels()
    levels = tuple(level.name for level in before)
    only = replace(changed, objective=levels)
    try:
        result = solve(only, question.settings, clock=question.clock())
    except InfeasibleError as conflict:
        lines = zip(conflict.text.zh.split("\n"), conflict.text.en.split("\n"), strict=True)
        told = tuple(Text(zh, en) for zh, en in lines)
        return Answer(None, (Text("这样就没有可行方案。", "no plan is possible then."), *told))
    except NoPlanError:
        return Answer(None, (Text("时间内未算出。", "not found within the time."),))
    result = replace(result, levels=result.levels[: len(before)])  # without the parts of a weighed sum
    compared = tuple(_in_words(before, result.levels))
    return Answer(result, compared, tuple(changes_of_coverage(question.plan, changed, result.decisions)))


def _in_words(before: Sequence[LevelResult], after: Sequence[LevelResult]) -> Iterator[Text]:
    """Yield the comparison of each level, up to the first that isn't proven: the next depend on its value."""
    for one, other in zip(before, after, strict=True):
        yield _compared(one, other)
        if other.status != "optimal":
            return


def _compared(before: LevelResult, after: LevelResult) -> Text:
    """Say how much worse the best changed plan is than the plan: exactly where proven, else an interval."""
    unit = UNITS[before.name]
    sign = -1.0 if before.name in MAXIMISED else 1.0
    worse = sign * (after.value - before.value)
    name = LEVEL_WORDS[before.name]
    near = SAME * max(1.0, abs(before.value))
    if after.status == "optimal":
        if abs(worse) <= near:
            return Text(f"{name.zh}不变（已证）", f"{name.en}: the same (proven)")
        zh = "变差" if worse > 0.0 else "变好"
        en = "worse" if worse > 0.0 else "better"
        return Text(
            f"{name.zh}{zh} {_figure(abs(worse))} {unit.zh}（已证）",
            f"{name.en}: {_figure(abs(worse))} {unit.en} {en} (proven)",
        )
    if after.bound is None:
        return _without_bound(name, 0.0 if abs(worse) <= near else worse, unit)
    least = sign * (after.bound - before.value)
    least, worse = (0.0 if abs(value) <= near else value for value in (least, worse))
    if worse <= 0.0:
        between = Text(f"变好 {_figure(-worse)} 到 {_figure(-least)}", "better")
        return _not_proven(name, between, -worse, -least, unit)
    if least >= 0.0:
        between = Text(f"变差 {_figure(least)} 到 {_figure(worse)}", "worse")
        return _not_proven(name, between, least, worse, unit)
    return Text(
        f"{name.zh}可能变好，至多 {_figure(-least)}，也可能变差，至多 {_figure(worse)} {unit.zh}（未证）",
        f"{name.en}: at most {_figure(-least)} better, or at most {_figure(worse)} {unit.en} worse "
        "(not proven)",
    )


def _without_bound(name: Text, worse: float, unit: Text) -> Text:
    if worse < 0.0:
        return Text(
            f"{name.zh}至少变好 {_figure(-worse)} {unit.zh}（未证上限）",
            f"{name.en}: at least {_figure(-worse)} {unit.en} better (no proof of a most)",
        )
    return Text(
        f"{name.zh}至多变差 {_figure(worse)} {unit.zh}（未证下限）",
        f"{name.en}: at most {_figure(worse)} {unit.en} worse (no proof of a least)",
    )


def _not_proven(name: Text, between: Text, least: float, most: float, unit: Text) -> Text:
    return Text(
        f"{name.zh}{between.zh} {unit.zh}（未证到底）",
        f"{name.en}: {_figure(least)} to {_figure(most)} {unit.en} {between.en} (not proven)",
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"


LEVEL_WORDS: dict[Level, Text] = {
    Level.SHORTFALL: Text("目标缺口", "shortfall to the targets"),
    Level.PERSONS_COVERED: Text("覆盖人年", "persons covered"),
    Level.AREA_STANDARD: Text("面积标准缺口", "area-standard shortfall"),
    Level.FORM: Text("插花与新建数", "scattered and newly built sites"),
    Level.COST: Text("费用", "cost"),
    Level.WALKING_DISTANCE: Text("步行距离", "walking distance"),
    Level.WORST_COMMUNITY: Text("最差社区的功能数", "functions of the worst-off community"),
    Level.NEWLY_BUILT: Text("新建数", "newly built sites"),
    Level.CHANGES: Text("变动的承诺", "promises changed"),
    Level.SCATTERED_FUNCTIONS: Text("插花功能数", "scattered functions"),
    Level.OPERATOR_CONCENTRATION: Text("最大运营主体的点位数", "sites of the largest operator"),
    Level.PREFERRED_FORM: Text("优先形式", "preferred form"),
    Level.WEIGHED: Text("加权和", "weighed sum"),
}
"""What the levels are called in a sentence."""

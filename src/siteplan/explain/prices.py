"""What one more unit would be worth: money in a year, and a usable space in a community.

Both by solving again with more of it. The first level can only gain; the second is compared where the first
is proven to stay as it is, since only then it can only gain as well.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from siteplan.explain.new_space import NewSpace, walks_to, with_new_space
from siteplan.explain.side_by_side import WORKERS, side_by_side
from siteplan.explain.what_if import LEVEL_WORDS, SAME, Question, solve_changed
from siteplan.network import Reach
from siteplan.outcome import MAXIMISED, UNITS, advantage
from siteplan.plan import LevelResult
from siteplan.problem import Money, Problem
from siteplan.scenario import Level
from siteplan.text import Text

UNIT_CNY = 10_000.0
"""The money that a price is for (万元)."""
STEP_SHARE = 0.1
"""Share of a year's amount by which it is raised, unless a step is asked for."""
SHORTEST_RANKING = 3
LEAST_SECONDS = 1.0
"""With less time nothing is solved."""


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better a level can become: between ``least`` and ``most``, in its reported unit, never < 0."""

    level: LevelResult
    least: float
    most: float

    @property
    def tolerance(self) -> float:
        """Gains below this are solver noise."""
        return SAME * max(1.0, abs(self.level.value))

    @property
    def is_zero(self) -> bool:
        """Whether it is proven that nothing is gained."""
        return self.most <= self.tolerance

    @property
    def may_be_zero(self) -> bool:
        """Whether a gain isn't proven."""
        return self.least <= self.tolerance


def gain(before: LevelResult, after: LevelResult) -> Gain:
    """Return what the best plan gains when more is allowed: exact where both are proven, else an interval."""
    sign = -1.0 if before.name in MAXIMISED else 1.0
    best_before = -math.inf if before.bound is None else sign * before.bound
    best_after = -math.inf if after.bound is None else sign * after.bound
    return Gain(
        before,
        least=max(0.0, best_before - sign * after.value),
        most=max(0.0, sign * before.value - best_after),
    )


@dataclass(frozen=True, slots=True)
class Price:
    """What more of something is worth: the levels' gains, or words for why there are none.

    ``name``: of the community with the space; ``changes``: what coverage is lost and gained. ``more_cny`` CNY
    more in a ``year``, of a ``source`` where money is planned by source; None: it is the price of a space.
    """

    what: Text
    gains: list[Gain] | Text
    name: str = ""
    changes: tuple[Text, ...] = ()
    year: int | None = None
    source: str | None = None
    more_cny: float | None = None

    def lines(self) -> Iterator[Text]:
        """Yield what it is the price of, and the gains in words."""
        yield self.what
        units = None if self.more_cny is None else self.more_cny / UNIT_CNY
        found = self.gains
        lines = [found] if isinstance(found, Text) else [gain_in_words(each, units) for each in found]
        for line in (*lines, *self.changes):
            yield Text(f"  {line.zh}", f"  {line.en}")


Task = Callable[[Question], Price]
"""Finds one price in the time of the question."""


@dataclass(slots=True)
class _FairTime:
    """The time of all tasks: each gets what is left for one of those that wait, the workers side by side."""

    deadline: float
    waiting: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, seconds: float) -> float:
        """Return the seconds of the next task, at most ``seconds``."""
        with self.lock:
            left = max(0.0, self.deadline - time.monotonic())
            rounds = math.ceil(self.waiting / WORKERS)
            self.waiting -= 1
        return min(seconds, left / max(1, rounds))


def priced(question: Question, tasks: Sequence[Task], seconds_in_all: float = math.inf) -> Iterator[Price]:
    """Yield the prices in the order of the tasks, solved side by side; each task by itself.

    ``question.seconds`` is the time of one solve, at most. Tasks that don't need their time leave it to those
    after them.
    """
    assert question.seconds is not None
    fair, seconds = _FairTime(time.monotonic() + seconds_in_all, len(tasks)), question.seconds
    stop = threading.Event()

    def solved(task: Task) -> Price:
        return task(replace(question, seconds=fair.take(seconds), stop=stop))

    yield from side_by_side(solved, tasks, stop)


def prices_of_money(question: Question, year: int | None, step_cny: float | None) -> Iterator[Price]:
    """Yield what more money is worth in each year (or one), by source where money is planned by source."""
    yield from priced(question, tasks_of_money(question.problem, year, step_cny))


def tasks_of_money(problem: Problem, year: int | None, step_cny: float | None) -> list[Task]:
    """Return the tasks for the price of money in each year (or one), and of each source if planned by source.

    ``step_cny``: by how much a year's amount is raised; None: by a tenth of it, in whole 10 000 CNY.
    """
    if problem.money.capital_cny is None:
        return []
    return [
        partial(_price_of_money, year=of_year, source=source, step_cny=step_cny)
        for of_year in (problem.years if year is None else (year,))
        for source in problem.money.sources or (None,)
    ]


def _price_of_money(question: Question, year: int, source: str | None, step_cny: float | None) -> Price:
    problem = question.problem
    money = problem.money
    amount = (money.capital_cny or {})[year] if source is None else money.sources[source].amounts_cny[year]
    step = default_step(amount) if step_cny is None else step_cny
    by = Text("", "") if source is None else money.sources[source].name
    what = Text(
        f"{year} 年{by.zh}资金 {amount / UNIT_CNY:,.0f} 万元，再多 {step / UNIT_CNY:,.6g} 万元（重新求解）：",
        f"{year}: {f'{by.en}, ' if by.en else ''}{amount / UNIT_CNY:,.0f} × 10 000 CNY, "
        f"with {step / UNIT_CNY:,.6g} more (solved again):",
    )
    changed = replace(problem, money=with_more(problem, year, source, step))
    found, changes = _gains_and_changes(question, changed)
    return Price(what, found, changes=changes, year=year, source=source, more_cny=step)


def default_step(amount_cny: float) -> float:
    """Return a tenth of an amount in whole 10 000 CNY, at least one of them."""
    return max(1.0, round(STEP_SHARE * amount_cny / UNIT_CNY)) * UNIT_CNY


def with_more(problem: Problem, year: int, source: str | None, step_cny: float) -> Money:
    """Return the money with a larger amount in one year, of a source where money is planned by source."""
    money = problem.money
    capital = dict(money.capital_cny or {})
    if source is None:
        capital[year] += step_cny
        return replace(money, capital_cny=capital)
    entry = money.sources[source]
    amounts = {**entry.amounts_cny, year: entry.amounts_cny[year] + step_cny}
    capital[max(problem.years[0], year - entry.paid_after_years)] += step_cny
    sources = {**money.sources, source: replace(entry, amounts_cny=amounts)}
    return replace(money, capital_cny=capital, sources=sources)


def price_of_space(question: Question, space: NewSpace, reach: Reach) -> Price:
    """Return what the plan would gain if a community had one more usable space, money and pace the same.

    ``reach`` has the walking distances from every demand point to the new space.
    """
    problem = question.problem
    name = problem.communities[space.community_code].name
    near = problem.demand[space.near_demand_id].name
    opening = space.opening_cost_cny / UNIT_CNY
    what = Text(
        f"{name}：在{near}多一处 {space.floor_area_m2:,.0f} m² 的空间"
        f"（开办费 {opening:,.0f} 万元，重新求解）：",
        f"{name}: one more space of {space.floor_area_m2:,.0f} m² at {near} "
        f"(opening takes {opening:,.0f} × 10 000 CNY; solved again):",
    )
    changed = with_new_space(problem, space, walks_to(reach, space.near_demand_id))
    found, changes = _gains_and_changes(question, changed)
    return Price(what, found, name, changes)


def gains(question: Question, changed: Problem) -> list[Gain] | Text:
    """Return the gains of the levels compared, up to the first that isn't proven to be zero.

    Words for why there are none, where the time gave no plan.
    """
    return _gains_and_changes(question, changed)[0]


def _gains_and_changes(question: Question, changed: Problem) -> tuple[list[Gain] | Text, tuple[Text, ...]]:
    """Return `gains`, and where something is gained what coverage is lost and gained, in words."""
    if question.seconds is not None and question.seconds < LEAST_SECONDS:
        return Text("时间已用完，未求解。", "not solved: the time had run out."), ()
    answer = solve_changed(question, changed)
    if answer.result is None:
        words = answer.words
        return Text("".join(line.zh for line in words), " ".join(line.en for line in words)), ()
    found = gains_of_levels(question.levels(), answer.result.levels, changed.tolerance)
    is_something = any(not each.may_be_zero for each in found)
    return found, answer.changes if is_something else ()


def gains_of_levels(
    before: Sequence[LevelResult], after: Sequence[LevelResult], tolerance: Mapping[Level, float]
) -> list[Gain]:
    """Return the gains of the levels, up to the first that isn't proven to be zero.

    A later level surely gains nothing where an earlier one was given up for it: where the new plan is worse
    there than the plan by more than its ``tolerance`` (in the level's unit).
    """
    found: list[Gain] = []
    is_given_up = False
    for old, new in zip(before, after, strict=True):
        gained = gain(old, new)
        found.append(replace(gained, least=0.0) if is_given_up else gained)
        if not gained.is_zero:
            break
        allowed = tolerance.get(old.name, 0.0) + gained.tolerance
        is_given_up = is_given_up or advantage(old.name, old.value, new.value) > allowed
    return found


def gain_in_words(found: Gain, units: float | None) -> Text:
    """Say what a level gains; ``units``: the number of 10 000 CNY added, for the average."""
    name, unit = LEVEL_WORDS[found.level.name], UNITS[found.level.name]
    if found.is_zero:
        return Text(f"{name.zh}：没有改善（已证）", f"{name.en}: no gain (proven)")
    if found.may_be_zero:
        if math.isinf(found.most):
            return Text(
                f"{name.zh}：与零无法区分（没有上限）",
                f"{name.en}: not distinguishable from zero (no bound)",
            )
        each = _each(0.0, found.most, units, unit)
        return Text(
            f"{name.zh}：与零无法区分（至多 {figure(found.most)} {unit.zh}）{each.zh}",
            f"{name.en}: not distinguishable from zero (at most {figure(found.most)} {unit.en}){each.en}",
        )
    each = _each(found.least, found.most, units, unit)
    if found.most - found.least <= found.tolerance:
        return Text(
            f"{name.zh}：改善 {figure(found.most)} {unit.zh}（已证）{each.zh}",
            f"{name.en}: {figure(found.most)} {unit.en} better (proven){each.en}",
        )
    return Text(
        f"{name.zh}：改善 {_between(found.least, found.most, '至')} {unit.zh}{each.zh}",
        f"{name.en}: {_between(found.least, found.most, 'to')} {unit.en} better{each.en}",
    )


def _each(least: float, most: float, units: float | None, unit: Text) -> Text:
    """Return the average for each 10 000 CNY added; nothing where no money was added."""
    if units is None:
        return Text("", "")
    if least <= 0.0:
        value = figure(most / units)
        return Text(
            f"，平均每万元至多 {value} {unit.zh}", f", at most {value} {unit.en} per 10 000 CNY on average"
        )
    value_zh = _between(least / units, most / units, "至")
    value_en = _between(least / units, most / units, "to")
    return Text(f"，平均每万元 {value_zh} {unit.zh}", f", {value_en} {unit.en} per 10 000 CNY on average")


def _between(least: float, most: float, word: str) -> str:
    low, high = figure(least), figure(most)
    return high if low == high else f"{low} {word} {high}"


def figure(value: float) -> str:
    """Return a number with three digits, or whole from 100 on."""
    return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"


def words_of_ranking(prices: Sequence[Price]) -> Iterator[Text]:
    """Yield the prices that are surely worth something, the most valuable first, and how many others aren't.

    Ranked by what is proven at least, on the first level that gains; nothing for fewer than three prices.
    """
    if len(prices) < SHORTEST_RANKING:
        return
    worth: list[tuple[tuple[int, float], Price, Gain]] = []
    nothing = unknown = 0
    for price in prices:
        found = [] if isinstance(price.gains, Text) else price.gains
        sure = [(level, each) for level, each in enumerate(found) if not each.may_be_zero]
        if sure:
            level, each = sure[0]
            worth.append(((level, -each.least), price, each))
        elif found and all(each.is_zero for each in found):
            nothing += 1
        else:
            unknown += 1
    yield Text(
        f"合计 {len(prices)} 处：{len(worth)} 处有改善，{nothing} 处没有（已证），{unknown} 处未能分辨。",
        f"{len(prices)} in all: {len(worth)} improve the plan, {nothing} don't (proven), {unknown} unknown.",
    )
    for rank, (_, price, each) in enumerate(sorted(worth, key=lambda entry: entry[0]), start=1):
        words = gain_in_words(each, None)
        yield Text(f"  {rank}  {price.name}：{words.zh}", f"  {rank}  {price.name}: {words.en}")

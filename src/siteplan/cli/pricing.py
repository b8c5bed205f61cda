"""``siteplan prices``: from a result folder to the value of more money and of more spaces."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from siteplan.cli.explaining import (
    distances_between_points,
    known_year,
    named_community,
    question_about,
    show,
)
from siteplan.cli.session import Session
from siteplan.cli.stages import Prepared
from siteplan.explain import Question, middle_of, new_space, price_of_space
from siteplan.explain.prices import (
    UNIT_CNY,
    Price,
    Task,
    priced,
    tasks_of_money,
    words_of_ranking,
)
from siteplan.explain.side_by_side import WORKERS
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Priced:
    """What the user asks the price of: ``step`` in 10 000 CNY, ``seconds`` for each solve.

    ``seconds_in_all``: of all solves together, None: as long as they take.
    """

    year: int | None
    community: str | None
    step: float | None
    seconds: float
    seconds_in_all: float | None
    case: Path | None


def price_results(results: Path, asked: Priced, session: Session) -> None:
    """Print the prices that are asked for; all of them where neither a year nor a community is named.

    Raises:
        InputError: a result file is missing, or an input is missing or has changed.
        BadParameter: the year or the community isn't in the plan's problem.
    """
    question, prepared = question_about(results, asked.seconds, asked.case, session)
    problem = question.problem
    known_year(problem, asked.year, session.language)
    codes = [key for key, community in problem.communities.items() if community.in_scope]
    if asked.community is not None:
        codes = [named_community(problem, asked.community, session.language)]
    is_all = asked.year is None and asked.community is None
    step_cny = None if asked.step is None else asked.step * UNIT_CNY
    of_money = tasks_of_money(problem, asked.year, step_cny) if is_all or asked.year is not None else []
    of_spaces: list[Task] = []
    if is_all or asked.community is not None:
        of_spaces, without = _tasks_of_spaces(question, prepared, codes)
        show((Text(f"{name}：没有居民点", f"{name}: it has no demand point") for name in without), session)
    if asked.community is None and problem.money.capital_cny is None:
        show([Text("情景没有资金限制。", "The scenario doesn't limit money.")], session)
    tasks = [*of_money, *of_spaces]
    show([_at_most(len(tasks), asked)], session)
    found: list[Price] = []
    for price in priced(question, tasks, math.inf if asked.seconds_in_all is None else asked.seconds_in_all):
        found.append(price)
        session.out.print(f"{len(found)}/{len(tasks)} ", end="", markup=False, highlight=False)
        show(price.lines(), session)
    show(words_of_ranking(found[len(of_money) :]), session)


def _at_most(solves: int, asked: Priced) -> Text:
    """Say how often is solved again, and how long that may take."""
    at_once = min(WORKERS, max(1, solves))
    seconds = math.ceil(solves / at_once) * asked.seconds
    if asked.seconds_in_all is not None:
        seconds = min(seconds, asked.seconds_in_all)
    minutes = math.ceil(seconds / 60.0)
    if solves <= 1:
        return Text(
            f"重新求解 {solves} 次，至多 {asked.seconds:g} 秒，合计至多约 {minutes} 分钟。",
            f"{solves} solve, at most {asked.seconds:g} seconds: about {minutes} min at most.",
        )
    return Text(
        f"重新求解 {solves} 次，{at_once} 次同时进行，每次至多 {asked.seconds:g} 秒，"
        f"合计至多约 {minutes} 分钟。",
        f"{solves} solves, {at_once} at a time, at most {asked.seconds:g} seconds each: about {minutes} min "
        "at most.",
    )


def _tasks_of_spaces(
    question: Question, prepared: Prepared, codes: Iterable[str]
) -> tuple[list[Task], list[str]]:
    """Return the tasks for a space in each community, and the names of those without a demand point."""
    problem, policy = question.problem, prepared.inputs.policy
    between = distances_between_points(prepared)
    tasks: list[Task] = []
    without: list[str] = []
    for code in codes:
        near = middle_of(problem, code, between)
        if near is None:
            without.append(problem.communities[code].name)
        else:
            tasks.append(partial(price_of_space, space=new_space(policy, code, near), reach=between))
    return tasks, without

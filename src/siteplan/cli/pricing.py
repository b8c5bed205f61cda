"""``siteplan prices``: from a result folder to the value of more money and of more spaces."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
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
from siteplan.explain import Question, middle_of, new_space, price_of_space, prices_of_money
from siteplan.explain.prices import UNIT_CNY
from siteplan.problem import Problem
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Priced:
    """What the user asks the price of: ``step`` in 10 000 CNY, ``seconds`` for each solve."""

    year: int | None
    community: str | None
    step: float | None
    seconds: float
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
    of_money, of_spaces = is_all or asked.year is not None, is_all or asked.community is not None
    amounts = _number_of_amounts(problem, asked.year) if of_money else 0
    show([_at_most(amounts + (len(codes) if of_spaces else 0), asked.seconds)], session)
    if of_money:
        step_cny = None if asked.step is None else asked.step * UNIT_CNY
        if problem.money.capital_cny is None:
            show([Text("情景没有资金限制。", "The scenario doesn't limit money.")], session)
        for price in prices_of_money(question, asked.year, step_cny):
            show(price.lines(), session)
    if of_spaces:
        show(_prices_of_spaces(question, prepared, codes), session)


def _number_of_amounts(problem: Problem, year: int | None) -> int:
    """Return how many amounts are priced: one a year, or one a year and source."""
    if problem.money.capital_cny is None:
        return 0
    years = len(problem.years) if year is None else 1
    return years * max(1, len(problem.money.sources))


def _at_most(solves: int, seconds: float) -> Text:
    """Say how often is solved again, and how long that may take."""
    minutes = math.ceil(solves * seconds / 60.0)
    return Text(
        f"重新求解 {solves} 次，每次至多 {seconds:g} 秒，合计至多约 {minutes} 分钟。",
        f"{solves} solves, at most {seconds:g} seconds each: about {minutes} min at most.",
    )


def _prices_of_spaces(question: Question, prepared: Prepared, codes: Iterable[str]) -> Iterable[Text]:
    problem, policy = question.problem, prepared.inputs.policy
    between = distances_between_points(prepared)
    for code in codes:
        near = middle_of(problem, code, between)
        if near is None:
            name = problem.communities[code].name
            yield Text(f"{name}：没有居民点", f"{name}: it has no demand point")
        else:
            yield from price_of_space(question, new_space(policy, code, near), between).lines()

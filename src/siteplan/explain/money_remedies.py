"""Which money is short, and the least of it with which a missed target would be met."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siteplan.explain.units import counted_unit
from siteplan.highs import Answer, Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.problem import Problem
from siteplan.publish import MONEY_KIND_NAMES, MoneyKind, MoneyNeed, Remedy, Words
from siteplan.solve.rows import family_of, keys_of, slacks_of, with_slacks, without_families
from siteplan.text import Text
from siteplan.units import to_cny

PACE_RULES = frozenset({"rollout_pace"})
RULES_OF_MONEY: Mapping[MoneyKind, frozenset[str]] = {
    MoneyKind.CONDITIONS: frozenset(
        {
            "source_share_of_project",
            "source_cap_per_project",
            "eligible_room_is_used",
            "source_pays_eligible_functions",
        }
    ),
    MoneyKind.VIABILITY: frozenset({"operator_is_viable"}),
    MoneyKind.SUBSIDY: frozenset({"subsidy_limit"}),
    MoneyKind.OPERATING: frozenset({"operating_limit"}),
    MoneyKind.ADVANCE: frozenset({"awards_are_bridged"}),
    MoneyKind.CAPITAL: frozenset({"yearly_budget", "project_is_paid", "source_amount"}),
}
"""The constraint families of each kind of money."""
MONEY_RULES = frozenset[str]().union(*RULES_OF_MONEY.values())
KIND_PAYING: Mapping[str, MoneyKind] = {
    "yearly_budget": MoneyKind.CAPITAL,
    "project_is_paid": MoneyKind.CAPITAL,
    "operating_limit": MoneyKind.OPERATING,
    "subsidy_limit": MoneyKind.SUBSIDY,
    "operator_is_viable": MoneyKind.VIABILITY,
}
"""The constraint families that more money satisfies, and which money it is."""
UNIT_CNY = 10_000.0
TOLERANCE = 1e-6
NOISE_CNY = 100.0
"""Smaller amounts are within the solver's tolerances."""
EARLIER_COSTS = 1e-7
"""By so much money of an earlier year counts more, so that it is asked for when it is needed."""


@dataclass(frozen=True, slots=True, eq=False)
class FirstGuess:
    """Where the search for the least money begins: (columns, values) of binaries, or a restricted program."""

    solution: tuple[NDArray[np.int64], FloatArray] | None = None
    restricted: Program | None = None


def kinds_limited(program: Program) -> tuple[MoneyKind, ...]:
    """Return the kinds of money that a program limits, in the order in which they are lifted."""
    families = {family_of(name) for name in program.row_names}
    return tuple(kind for kind in MoneyKind if RULES_OF_MONEY[kind] & families)


def money_remedy(
    problem: Problem, asked: Program, first: FirstGuess, gain: float, session: SolverSession, clock: Clock
) -> Remedy | None:
    """Return the least money beyond the plan's with which the program's limits on shortfalls can be kept.

    Under the same pace where that is found possible. ``gain``: of the target's shortfall, in its unit. None:
    the time gave no answer.
    """
    answer = _least_money(asked, first, frozenset(), session, clock.until(0.5 * clock.seconds_left()))
    without_pace = answer.objective is None
    if without_pace:
        answer = _least_money(asked, first, PACE_RULES, session, clock)
    if answer.objective is None or answer.values is None:
        return None
    lifted = PACE_RULES if without_pace else frozenset[str]()
    needs = _needs(without_families(asked, lifted), answer.values)
    cny = round(sum(need.cny for need in needs), 2)
    least = cny if answer.is_proven else round(to_cny(max(0.0, answer.bound or 0.0)), 2)
    return Remedy(
        kind="money",
        gain=round(gain, 6),
        cny=cny,
        cny_at_least=min(least, cny),
        needs=needs,
        words=_money_words(problem, needs, min(least, cny), gain, without_pace=without_pace),
    )


def _least_money(
    asked: Program, first: FirstGuess, lifted: frozenset[str], session: SolverSession, clock: Clock
) -> Answer:
    """Return the least money with some families lifted: the first guess improved, and a bound."""
    start, guess = first.solution, None
    if first.restricted is not None:
        restricted = with_money(without_families(first.restricted, lifted))
        guess = session.solve(restricted, Limits(), clock.until(0.4 * clock.seconds_left()))
        if guess.values is not None:
            binaries = np.flatnonzero(asked.is_integer)
            start = binaries, guess.values[binaries].round()
    answer = session.solve(with_money(without_families(asked, lifted)), Limits(), clock, start)
    if guess is None or guess.objective is None:
        return answer
    if answer.objective is not None and answer.objective <= guess.objective:
        return answer
    return replace(answer, status=Status.FEASIBLE, values=guess.values, objective=guess.objective)


def with_money(program: Program) -> Program:
    """Return the program that minimises the money by which the rules on money are exceeded (model unit)."""
    rows = _paying_rows(program)
    years = np.array([int(keys_of(program.row_names[row])[-1]) for row in rows])
    earlier = EARLIER_COSTS * (years.max(initial=0) - years)
    priced = with_slacks(program, rows, is_whole=False)
    cost = priced.cost.copy()
    cost[len(program.cost) :] += np.tile(earlier, 2)
    return replace(priced, cost=cost)


def _paying_rows(program: Program) -> list[int]:
    return [number for number, name in enumerate(program.row_names) if family_of(name) in KIND_PAYING]


def _needs(asked: Program, values: FloatArray) -> tuple[MoneyNeed, ...]:
    """Return the money of a solution of `with_money` by kind and year."""
    rows = _paying_rows(asked)
    given = slacks_of(asked, rows, values)
    needs: dict[tuple[int, MoneyKind], float] = {}
    for row, amount in zip(rows, given.tolist(), strict=True):
        name = asked.row_names[row]
        key = int(keys_of(name)[-1]), KIND_PAYING[family_of(name)]
        needs[key] = needs.get(key, 0.0) + to_cny(amount)
    return tuple(
        MoneyNeed(kind=kind, year=year, cny=round(cny, 2))
        for (year, kind), cny in sorted(needs.items())
        if cny > NOISE_CNY
    )


def _money_words(
    problem: Problem, needs: Sequence[MoneyNeed], least: float, gain: float, *, without_pace: bool
) -> Words:
    amount, kinds = _amounts_in_words(needs)
    cny = round(sum(need.cny for need in needs), 2)
    proof = Text("（未证最少）", " (not proven least)")
    if least == cny:
        proof = Text("（已证最少）", " (proven least)")
    elif least >= 0.1 * UNIT_CNY:
        bound = f"{least / UNIT_CNY:,.1f}"
        proof = Text(f"（未证最少；至少 {bound} 万元）", f" (not proven least; at least {bound})")
    pace_zh = "，且每年开办数量不受限" if without_pace else ""
    pace_en = ", and no limit on sites opened a year" if without_pace else ""
    unit = counted_unit(problem, gain)
    return Words(
        zh=f"再有{amount.zh}{proof.zh}{kinds.zh}{pace_zh}，可补上 {unit[0]}，其他目标不受影响",
        en=f"{amount.en} more{proof.en}{kinds.en}{pace_en} make up {unit[1]}, other targets kept",
    )


def _amounts_in_words(needs: Sequence[MoneyNeed]) -> tuple[Text, Text]:
    """Return the sum, named where it is of one kind and year, and else how it may be divided."""
    if len(needs) == 1:
        name, figure = MONEY_KIND_NAMES[needs[0].kind], _figure(needs[0].cny)
        return (
            Text(
                f" {needs[0].year} 年{name.zh} {figure} 万元",
                f"{figure} × 10 000 CNY of {name.en} in {needs[0].year}",
            ),
            Text("", ""),
        )
    figure = _figure(sum(need.cny for need in needs))
    told = [(need.year, MONEY_KIND_NAMES[need.kind], _figure(need.cny)) for need in needs]
    zh = "、".join(f"{year} 年{name.zh} {each}" for year, name, each in told)
    en = ", ".join(f"{each} of {name.en} in {year}" for year, name, each in told)
    return (
        Text(f" {figure} 万元", f"{figure} × 10 000 CNY"),
        Text(f"：{zh}（这样分配即够）", f", for instance {en},") if needs else Text("", ""),
    )


def _figure(cny: float) -> str:
    return f"{math.ceil(cny / UNIT_CNY * 10.0 - TOLERANCE) / 10.0:,.1f}"

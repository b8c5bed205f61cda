"""Why there is no plan: an irreducible set of rules that clash, and the least that makes a plan possible.

HiGHS's own irreducible sets cover linear programs only, so both are found on the mixed-integer program:
rules are left out one by one, and each is relaxed by as little as possible with all others kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from siteplan.highs import Clock, Limits, Program, SolverSession, Status
from siteplan.problem import Problem
from siteplan.solve.formulation import build_model
from siteplan.solve.formulation.by_hand import FORM, OPENING
from siteplan.solve.program import compile_program
from siteplan.solve.rules import RULES
from siteplan.text import Text

SMALLEST_AMOUNT = 1e-7
"""A slack below this (model units) is solver noise."""
BY_HAND = {OPENING: Text("启用年份", "opening year"), FORM: Text("建设形式", "form")}
"""What `committed_by_hand` fixes of a site besides its functions."""
SHOWN_ROWS = 5
"""Rows of a relaxation that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The least by which one rule must give way, all others kept.

    ``amounts``: row of the rule → by how much, in the rule's reported unit. ``is_proven``: no smaller one is
    enough.
    """

    rule: str
    amounts: dict[str, float]
    is_proven: bool


def explain_conflict(problem: Problem, clock: Clock) -> tuple[tuple[str, ...], Text]:
    """Return clashing rules, irreducible unless the clock ended the search, and what to do about them.

    A deletion filter: a family is left out if the rest still clashes without it. Then each rule of the
    conflict is relaxed as little as possible with every other rule of the scenario kept.
    """
    level = problem.objective[0]
    program = compile_program(problem, build_model(problem, (level,)), (level,)).program
    kept = [name for name in RULES if any(family_of(row) == name for row in program.row_names)]
    with SolverSession() as session:
        for name in list(kept):
            others = [other for other in kept if other != name]
            answer = session.solve(_only(program, others), Limits(), clock)
            if answer.status is Status.INFEASIBLE:
                kept = others
        is_narrow = clock.seconds_left() > 0.0
        relaxations = [_smallest_relaxation(program, name, session, clock) for name in kept]
    words = [_headline(kept, is_narrow)]
    words += [_described(problem, found) for found in relaxations if found is not None]
    return tuple(kept), Text("\n".join(line.zh for line in words), "\n".join(line.en for line in words))


def _headline(kept: Sequence[str], is_narrow: bool) -> Text:
    zh = "、".join(RULES[name].name.zh for name in kept)
    en = ", ".join(RULES[name].name.en for name in kept)
    if not is_narrow:
        return Text(
            f"以下规定不能同时满足（时间用尽，未能缩小到最少几项）：{zh}",
            f"these rules cannot all be met (time ran out before the set was narrowed down): {en}",
        )
    return Text(
        f"以下规定不能同时满足，缺其中任一项则其余可以并存：{zh}",
        f"these rules cannot all be met, though any of them left out the others can: {en}",
    )


def _smallest_relaxation(
    program: Program, name: str, session: SolverSession, clock: Clock
) -> Relaxation | None:
    """Return the least relaxation of one rule that makes a plan possible; None if it alone doesn't help."""
    rows = [number for number, row in enumerate(program.row_names) if family_of(row) == name]
    elastic = with_slacks(program, rows, is_whole=RULES[name].is_whole)
    answer = session.solve(elastic, Limits(), clock)
    if answer.values is None:
        return None
    given = answer.values[len(program.cost) :]
    above, below = given[: len(rows)], given[len(rows) :]
    amounts = {
        program.row_names[row]: float(amount) * RULES[name].per_model
        for row, amount in zip(rows, above + below, strict=True)
        if amount > SMALLEST_AMOUNT
    }
    return Relaxation(name, amounts, answer.status is Status.OPTIMAL)


def with_slacks(program: Program, rows: Sequence[int], *, is_whole: bool) -> Program:
    """Return the program that minimises how far the given rows are exceeded (upwards, then downwards)."""
    count = len(rows)
    shape = (len(program.row_names), count)
    unit = sparse.csr_array((np.ones(count), (list(rows), range(count))), shape=shape)
    columns = len(program.cost)
    return replace(
        program,
        matrix=sparse.hstack([program.matrix, -unit, unit], format="csr"),
        column_lower=np.concatenate([program.column_lower, np.zeros(2 * count)]),
        column_upper=np.concatenate([program.column_upper, np.full(2 * count, np.inf)]),
        cost=np.concatenate([np.zeros(columns), np.ones(2 * count)]),
        offset=0.0,
        is_integer=np.concatenate([program.is_integer, np.full(2 * count, is_whole)]),
    )


def _described(problem: Problem, found: Relaxation) -> Text:
    rule = RULES[found.rule]
    rows = sorted(found.amounts, key=lambda row: -found.amounts[row])
    places = [(_place(problem, row), _amount(found.amounts[row])) for row in rows[:SHOWN_ROWS]]
    zh = "；".join(f"{place.zh} {amount} {rule.unit.zh}" for place, amount in places)
    en = "; ".join(f"{place.en} {amount} {rule.unit.en}" for place, amount in places)
    if len(rows) > SHOWN_ROWS:
        zh, en = f"{zh} 等 {len(rows)} 处", f"{en} and {len(rows) - SHOWN_ROWS} more"
    at_least = (
        Text("最少", "the least") if found.is_proven else Text("够用（未证最少）", "enough, not proven least")
    )
    stated = "" if rule.stated_at is None else f" [{'.'.join(map(str, rule.stated_at))}]"
    return Text(
        f"  只放宽“{rule.name.zh}”{stated}，{at_least.zh}：{zh}",
        f"  relaxing only {rule.name.en}{stated}, {at_least.en}: {en}",
    )


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.3g}"


def _place(problem: Problem, row: str) -> Text:
    """Return what a row is about: the names of its sites, communities, functions and years."""
    zh, en = [], []
    for index in row.partition("[")[2].removesuffix("]").split(","):
        key = index.strip("'")
        if key in problem.sites:
            words = Text.same(f"{problem.sites[key].name}（{key}）")
        elif key in problem.communities:
            words = Text.same(problem.communities[key].name)
        elif key in problem.town_names:
            words = Text.same(problem.town_names[key])
        elif key in problem.functions:
            words = problem.functions[key].name
        elif key in BY_HAND:
            words = BY_HAND[key]
        else:
            words = Text.same(key)
        zh.append(words.zh)
        en.append(words.en)
    return Text(" ".join(zh), " ".join(en))


def _only(program: Program, kept: Sequence[str]) -> Program:
    """Return the program without the rows of the `RULES` that are not kept, and without an objective."""
    left_out = without_families(program, frozenset(RULES) - frozenset(kept))
    return replace(left_out, cost=np.zeros(len(program.cost)))


def without_families(program: Program, families: frozenset[str]) -> Program:
    """Return the program without the rows of some constraint families."""
    rows = np.array([family_of(name) not in families for name in program.row_names], dtype=bool)
    return replace(
        program,
        matrix=program.matrix[rows],
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        row_names=tuple(name for name, keep in zip(program.row_names, rows, strict=True) if keep),
    )


def family_of(row_name: str) -> str:
    """Return the constraint family that a row belongs to."""
    return row_name.split("[", 1)[0]

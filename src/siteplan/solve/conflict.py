"""Why there is no plan: an irreducible set of rules that clash, and the least that makes a plan possible.

HiGHS's own irreducible sets cover linear programs only, so both are found on the mixed-integer program: the
set by `siteplan.solve.narrowing`, and each of its rules is relaxed by as little as possible, all others kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from siteplan.highs import Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.problem import Problem
from siteplan.scenario import CARE_BEDS
from siteplan.solve.formulation import build_model
from siteplan.solve.formulation.by_hand import FORM, OPENING
from siteplan.solve.formulation.form import ALL_KINDS, STANDARD_KIND
from siteplan.solve.formulation.time import ALL_TOWNS
from siteplan.solve.narrowing import Narrowed, Narrowing
from siteplan.solve.program import Cut, compile_program
from siteplan.solve.rows import Keys, family_of, keys_of, slacks_of, weights_of, with_slacks
from siteplan.solve.rules import CNY, MONEY_RULES, RULES
from siteplan.text import Text

SMALLEST_AMOUNT = 1e-7
"""A slack below this (model units) is solver noise."""
WORDS = {
    OPENING: Text("启用年份", "opening year"),
    FORM: Text("建设形式", "form"),
    ALL_TOWNS: Text("全县", "the whole county"),
    ALL_KINDS: Text("各类功能合计", "functions of all kinds"),
    STANDARD_KIND: Text("标配功能", "standard functions"),
    CARE_BEDS: Text("护理型床位", "care beds"),
}
"""What rows name besides objects and years: what `committed_by_hand` fixes, whom `rollout_pace` limits, which
functions `complex_has_enough` counts, and beds."""
NO_RULE = Text(
    "情景之外附加的条件不能满足：没有这些条件才有方案",
    "what is asked for besides the scenario can't be met: no rule of it is in the way",
)
"""What is said where rows that are no rule's clash by themselves."""
DIGITS_OF_A_YEAR = 4
SHOWN = 5
"""Objects of a rule, and rows of a relaxation, that are named; the others are counted."""
SHARE_OF_NARROWING, SHARE_OF_A_RULE = 0.6, 0.5
"""Shares of the time left, at most: for the rules that clash, and for relaxing one that has objects."""
WORKERS = 2
CNY_PER_10_000 = 10_000.0
SINGULAR = {"entries": "entry", "sites": "site", "functions": "function", "communities": "community"}

Places = Callable[[str, Keys], Text | None]
"""(rule, object) → where the scenario or a table states it, or None."""

OBJECTS: Mapping[str, int | None] = {
    "yearly_budget": None,
    "source_amount": None,
    "awards_are_bridged": None,
    "subsidy_limit": None,
    "operating_limit": None,
    "operator_is_viable": 1,
    "rollout_pace": None,
    "committed_sites": 1,
    "required_functions": 1,
    "use_is_held": 1,
    "committed_by_hand": 1,
    "forbidden_by_hand": 1,
    "required_coverage": 2,
    "functions_per_community": None,
    "coverage_floor": None,
    "coverage_per_town": None,
    "area_standard_floor": None,
    "elderly_area_standard_floor": None,
    "places_at_least": None,
    "complex_places_at_least": 2,
    "operator_share": None,
    "one_use_of_a_plot": 1,
    "newly_built_sites": None,
}
"""The rules of which a conflict names single objects, and how many keys of a row name one; None: all."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule of a conflict, and those of its objects that clash; none: the rule as a whole.

    ``is_needed``: without it, or any of its objects, the others are proven not to clash.
    """

    rule: str
    objects: tuple[Keys, ...] = ()
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The least by which rules must give way, all others kept: one rule, or several together.

    ``amounts``: row → by how much, in its rule's reported unit; empty where it doesn't help, or where the
    time gave no answer. ``is_proven``: no smaller one is enough, or none at all is. ``at_least``: is needed
    in all, proven, in the rule's unit.
    """

    rules: tuple[str, ...]
    amounts: Mapping[str, float]
    is_proven: bool
    at_least: float = 0.0

    @property
    def rule(self) -> str:
        """The rule, or the first of them."""
        return self.rules[0]


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    """Rules that are proven to clash, and the least relaxations of each.

    ``is_narrow``: without any one of the rules, or of the objects named, the others can be met together;
    otherwise the time ran out before that was certain. ``together``: of several, where none alone helps.
    """

    problem: Problem
    clauses: tuple[Clause, ...]
    is_narrow: bool
    relaxations: tuple[Relaxation, ...]
    together: Relaxation | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that clash, as constraint families."""
        return tuple(clause.rule for clause in self.clauses)

    def text(self, places: Places = lambda rule, keys: None) -> Text:
        """Return the conflict in words; ``places`` says where what clashes is stated."""
        words = [_headline(self.is_narrow) if self.clauses else NO_RULE]
        words += [_clause_in_words(self.problem, clause, places) for clause in self.clauses]
        words += [_described(self.problem, found) for found in self.relaxations]
        if self.together is not None:
            words.append(_described_together(self.problem, self.together))
        return Text("\n".join(line.zh for line in words), "\n".join(line.en for line in words))


def explain_conflict(problem: Problem, clock: Clock, cuts: Sequence[Cut] = ()) -> Conflict:
    """Return clashing rules, irreducible unless the clock ended the search, and what to do about them.

    ``cuts``: further rows that every plan has to keep; they are no rule's, and kept throughout.

    Of the rules in `OBJECTS` single objects are named (`Narrowing`). Each rule of the conflict is then
    relaxed as little as possible with every other rule of the scenario kept; where no rule alone helps, all
    that the scenario states are relaxed together.

    Raises:
        RuntimeError: a plan keeps all the rules that the solver said clash.
    """
    level = problem.objective[0]
    program = compile_program(problem, build_model(problem, (level,)), (level,)).with_cuts(cuts).program
    rules = [name for name in RULES if any(family_of(row) == name for row in program.row_names)]
    with SolverSession() as session:
        narrowing_clock = clock.until(SHARE_OF_NARROWING * clock.seconds_left())
        narrowing = Narrowing(program, rules, MONEY_RULES, OBJECTS, session, narrowing_clock)
        found = narrowing.find()
        if narrowing.is_kept(found):
            raise RuntimeError(
                "the solver contradicts itself: it found no plan, then one that keeps every rule"
            )
        relaxations = _relaxations(program, _rules_of(found), clock)
        together = None
        if not any(each.amounts for each in relaxations):
            together = _together(program, rules, clock)
        if not found.is_irreducible:
            found = narrowing.go_on(found, clock)
    kept = _rules_of(found)
    named = {rule: tuple(keys for name, keys in found.elements if name == rule and keys) for rule in kept}
    in_doubt = {rule for rule, _ in frozenset(found.elements) - found.needed}
    clauses = tuple(Clause(rule, named[rule], rule not in in_doubt) for rule in kept)
    relaxations = tuple(each for each in relaxations if each.rule in kept)
    return Conflict(problem, clauses, found.is_irreducible, relaxations, together)


def _rules_of(found: Narrowed) -> tuple[str, ...]:
    """Return the rules that clash, in the order of `RULES`."""
    clashing = {rule for rule, _ in found.elements}
    return tuple(rule for rule in RULES if rule in clashing)


def _relaxations(program: Program, rules: Sequence[str], clock: Clock) -> tuple[Relaxation, ...]:
    """Return the least relaxation of each rule by itself, found side by side in fair shares of the time."""
    left = len(rules)

    def relaxed(rule: str) -> Relaxation:
        nonlocal left
        share = clock.seconds_left() / max(1, math.ceil((left + 1) / WORKERS))
        if rule in OBJECTS:
            share = max(share, SHARE_OF_A_RULE * clock.seconds_left())
        left -= 1
        with SolverSession() as session:
            return _smallest_relaxation(program, rule, session, clock.until(share))

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return tuple(pool.map(relaxed, rules))


def _headline(is_narrow: bool) -> Text:
    if not is_narrow:
        return Text(
            "以下规定已证不能同时满足；时间用尽，标 ? 的可能是多余的：",
            "these rules are proven to clash; time ran out, those marked ? may not be needed for that:",
        )
    return Text(
        "以下规定不能同时满足，缺其中任一项则其余可以并存：",
        "these rules cannot all be met, though any of them left out the others can:",
    )


def _clause_in_words(problem: Problem, clause: Clause, places: Places) -> Text:
    """Return a rule with the objects that clash and where they are stated."""
    name = RULES[clause.rule].name
    by_place: dict[Text | None, list[Text]] = {}
    for keys in clause.objects[:SHOWN] or ((),):
        by_place.setdefault(places(clause.rule, keys), []).append(_named(problem, keys))
    told = [
        Text(
            "；".join(words.zh for words in objects) + ("" if place is None else f"（{place.zh}）"),
            "; ".join(words.en for words in objects) + ("" if place is None else f" ({place.en})"),
        )
        for place, objects in by_place.items()
    ]
    zh, en = "；".join(each.zh for each in told), "; ".join(each.en for each in told)
    if len(clause.objects) > SHOWN:
        zh, en = f"{zh} 等 {len(clause.objects)} 处", f"{en} and {len(clause.objects) - SHOWN} more"
    colon = "：" if clause.objects else ""
    mark = "·" if clause.is_needed else "?"
    return Text(f"  {mark} {name.zh}{colon}{zh}", f"  {mark} {name.en}{': ' if clause.objects else ''}{en}")


def _smallest_relaxation(program: Program, name: str, session: SolverSession, clock: Clock) -> Relaxation:
    """Return the least relaxation of one rule that makes a plan possible."""
    rows = [number for number, row in enumerate(program.row_names) if family_of(row) == name]
    elastic = with_slacks(program, rows, is_whole=RULES[name].is_whole)
    answer = session.solve(elastic, Limits(), clock)
    at_least = max(0.0, answer.bound or 0.0) * RULES[name].per_model
    if answer.values is None:
        return Relaxation((name,), {}, answer.status is Status.INFEASIBLE, at_least)
    amounts = _amounts(program, rows, answer.values)
    return Relaxation((name,), amounts, answer.status is Status.OPTIMAL, at_least)


def _together(program: Program, rules: Sequence[str], clock: Clock) -> Relaxation:
    """Return a relaxation of all rules that the scenario states or that have objects, small in proportion."""
    open_rules = tuple(name for name in rules if name in OBJECTS or RULES[name].stated_at is not None)
    rows = [number for number, row in enumerate(program.row_names) if family_of(row) in open_rules]
    families = [family_of(program.row_names[row]) for row in rows]
    whole = np.array([RULES[name].is_whole for name in families])
    elastic = with_slacks(program, rows, is_whole=whole, weight=weights_of(program, rows))
    with SolverSession() as session:
        answer = session.solve(elastic, Limits(), clock)
    if answer.values is None:
        return Relaxation(open_rules, {}, answer.status is Status.INFEASIBLE)
    return Relaxation(open_rules, _amounts(program, rows, answer.values), is_proven=False)


def _amounts(program: Program, rows: Sequence[int], values: FloatArray) -> dict[str, float]:
    """Return row → by how much it gives way, in its rule's reported unit."""
    given = zip(rows, slacks_of(program, rows, values).tolist(), strict=True)
    amounts = {program.row_names[row]: amount for row, amount in given if amount > SMALLEST_AMOUNT}
    return {row: amount * RULES[family_of(row)].per_model for row, amount in amounts.items()}


def _described(problem: Problem, found: Relaxation) -> Text:
    rule = RULES[found.rule]
    stated = "" if rule.stated_at is None else f" [{'.'.join(map(str, rule.stated_at))}]"
    only_zh, only_en = f"  只放宽“{rule.name.zh}”{stated}", f"  relaxing only {rule.name.en}{stated}"
    if not found.amounts and found.is_proven:
        return Text(f"{only_zh}，还不够（已证）", f"{only_en} is not enough (proven)")
    least = Text("", "")
    if found.at_least > 0.0 and not found.is_proven:
        amount = _with_unit(found.at_least, rule.unit)
        least = Text(f"（合计至少要 {amount.zh}）", f" (at least {amount.en} in all)")
    if not found.amounts:
        return Text(f"{only_zh}：时间内未算出{least.zh}", f"{only_en}: not found within the time{least.en}")
    told = _rows_in_words(problem, found)
    if found.is_proven:
        return Text(f"{only_zh}，最少：{told.zh}", f"{only_en}, the least: {told.en}")
    return Text(
        f"{only_zh}，够用（未证最少）{least.zh}：{told.zh}",
        f"{only_en}, enough, not proven least{least.en}: {told.en}",
    )


def _described_together(problem: Problem, found: Relaxation) -> Text:
    """Say how far all rules together give way, rule by rule."""
    if not found.amounts:
        return Text(
            "  几项一起放宽多少则够：时间内未算出",
            "  how far several rules together must give way: not found within the time",
        )
    rules = [name for name in found.rules if any(family_of(row) == name for row in found.amounts)]
    parts = []
    for name in rules:
        of_rule = {row: amount for row, amount in found.amounts.items() if family_of(row) == name}
        told = _rows_in_words(problem, replace(found, rules=(name,), amounts=of_rule))
        parts.append(Text(f"{RULES[name].name.zh}：{told.zh}", f"{RULES[name].name.en}: {told.en}"))
    zh, en = "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)
    return Text(
        f"  几项一起放宽，够用（未证最少）——{zh}",
        f"  relaxing several together, enough, not proven least: {en}",
    )


def _rows_in_words(problem: Problem, found: Relaxation) -> Text:
    rows = sorted(found.amounts, key=lambda row: -found.amounts[row])
    told = [(_named(problem, keys_of(row)), _amount(problem, found, row)) for row in rows[:SHOWN]]
    zh = "；".join(f"{place.zh} {amount.zh}" for place, amount in told)
    en = "; ".join(f"{place.en} {amount.en}" for place, amount in told)
    if len(rows) > SHOWN:
        zh, en = f"{zh} 等 {len(rows)} 处", f"{en} and {len(rows) - SHOWN} more"
    return Text(zh, en)


def _amount(problem: Problem, found: Relaxation, row: str) -> Text:
    """Return by how much a row gives way, with its unit."""
    unit = RULES[found.rule].unit
    if found.rule == "coverage_floor" and not problem.basis.counts_communities:
        unit = Text("个百分点", "points")
    return _with_unit(found.amounts[row], unit)


def _with_unit(value: float, unit: Text) -> Text:
    """Return an amount with its unit; larger sums of money in 10 000 CNY, rounded up so that they suffice."""
    if unit == CNY and value >= CNY_PER_10_000:
        figure = f"{math.ceil(10.0 * value / CNY_PER_10_000 - SMALLEST_AMOUNT) / 10.0:,.1f}"
        return Text(f"{figure} 万元", f"{figure} × 10 000 CNY")
    figure = f"{value:,.0f}" if value >= 10.0 else f"{value:.3g}"
    english = SINGULAR.get(unit.en, unit.en) if figure == "1" else unit.en
    return Text(f"{figure} {unit.zh}", f"{figure} {english}")


def _named(problem: Problem, keys: Keys) -> Text:
    """Return what a row or an object is about: the names of its sites, communities, functions and years."""
    words = []
    for key in keys:
        if key in problem.sites:
            words.append(Text.same(f"{problem.sites[key].name}（{key}）"))
        elif key in problem.communities:
            words.append(Text.same(problem.communities[key].name))
        elif key in problem.town_names:
            words.append(Text.same(problem.town_names[key]))
        elif key in problem.functions:
            words.append(problem.functions[key].name)
        elif key in problem.money.sources:
            words.append(problem.money.sources[key].name)
        elif key.isdigit() and len(key) == DIGITS_OF_A_YEAR:
            words.append(Text(f"{key} 年", key))
        else:
            words.append(WORDS.get(key, Text.same(key)))
    return Text(" ".join(each.zh for each in words), " ".join(each.en for each in words))

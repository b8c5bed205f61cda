"""Why there is no plan: an irreducible set of rules that clash, and the least that makes a plan possible.

HiGHS's own irreducible sets cover linear programs only, so both are found on the mixed-integer program:
rules are left out one by one, and each is relaxed by as little as possible with all others kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from siteplan.highs import Clock, Limits, Program, SolverSession, Status
from siteplan.problem import Problem
from siteplan.scenario import CARE_BEDS
from siteplan.solve.formulation import build_model
from siteplan.solve.formulation.by_hand import FORM, OPENING
from siteplan.solve.formulation.time import ALL_TOWNS
from siteplan.solve.program import compile_program
from siteplan.solve.rules import RULES
from siteplan.text import Text

SMALLEST_AMOUNT = 1e-7
"""A slack below this (model units) is solver noise."""
WORDS = {
    OPENING: Text("启用年份", "opening year"),
    FORM: Text("建设形式", "form"),
    ALL_TOWNS: Text("全县", "the whole county"),
    CARE_BEDS: Text("护理型床位", "care beds"),
}
"""What `committed_by_hand` fixes of a site besides its functions, and whom `rollout_pace` limits."""
DIGITS_OF_A_YEAR = 4
SHOWN = 5
"""Objects of a rule, and rows of a relaxation, that are named; the others are counted."""
SINGULAR = {"entries": "entry", "sites": "site", "functions": "function", "communities": "community"}

Keys = tuple[str, ...]
"""What a row is about: ids, codes, keys and years."""
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
    """A rule of a conflict, and those of its objects that clash; none: the rule as a whole."""

    rule: str
    objects: tuple[Keys, ...] = ()


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The least by which one rule must give way, all others kept.

    ``amounts``: row of the rule → by how much, in the rule's reported unit; empty where it doesn't help, or
    where the time gave no answer. ``is_proven``: no smaller one is enough, or none at all is.
    """

    rule: str
    amounts: Mapping[str, float]
    is_proven: bool


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    """Rules that clash and the least relaxations of each.

    ``is_narrow``: without any one of the rules, or of the objects named, the others can be met together;
    otherwise the time ran out before the set was narrowed down.
    """

    problem: Problem
    clauses: tuple[Clause, ...]
    is_narrow: bool
    relaxations: tuple[Relaxation, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that clash, as constraint families."""
        return tuple(clause.rule for clause in self.clauses)

    def text(self, places: Places = lambda rule, keys: None) -> Text:
        """Return the conflict in words; ``places`` says where what clashes is stated."""
        words = [_headline(self.is_narrow)]
        words += [_clause_in_words(self.problem, clause, places) for clause in self.clauses]
        words += [_described(self.problem, found) for found in self.relaxations]
        return Text("\n".join(line.zh for line in words), "\n".join(line.en for line in words))


def explain_conflict(problem: Problem, clock: Clock) -> Conflict:
    """Return clashing rules, irreducible unless the clock ended the search, and what to do about them.

    A deletion filter: a family is left out if the rest still clashes without it. Of the rules in `OBJECTS`
    the single objects that clash are then found by halving (QuickXplain). At last each rule of the conflict
    is relaxed as little as possible with every other rule of the scenario kept.
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
        objects = _clashing_objects(_only(program, kept), session, clock)
        is_narrow = clock.seconds_left() > 0.0
        relaxations = tuple(_smallest_relaxation(program, name, session, clock) for name in kept)
    named = {name: tuple(keys for rule, keys in objects if rule == name) for name in kept}
    clauses = tuple(Clause(name, named[name]) for name in kept)
    return Conflict(problem, clauses, is_narrow, relaxations)


def _clashing_objects(program: Program, session: SolverSession, clock: Clock) -> list[tuple[str, Keys]]:
    """Return an irreducible set of objects of the rules in `OBJECTS` that clash, all other rows kept.

    Junker (2004), QuickXplain: halves are tried with the other half as background.
    """
    rows: dict[tuple[str, Keys], list[int]] = {}
    for number, row in enumerate(program.row_names):
        if (rule := family_of(row)) in OBJECTS:
            rows.setdefault((rule, keys_of(row)[: OBJECTS[rule]]), []).append(number)

    def clashes(chosen: Sequence[tuple[str, Keys]]) -> bool:
        left_out = [number for key in rows.keys() - set(chosen) for number in rows[key]]
        answer = session.solve(_without_rows(program, left_out), Limits(), clock)
        return answer.status is Status.INFEASIBLE

    def narrowed(
        background: list[tuple[str, Keys]], candidates: list[tuple[str, Keys]], *, is_new: bool
    ) -> list[tuple[str, Keys]]:
        if is_new and clashes(background):
            return []
        if len(candidates) <= 1:
            return candidates
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        needed = narrowed([*background, *first], second, is_new=True)
        return [*narrowed([*background, *needed], first, is_new=bool(needed)), *needed]

    return narrowed([], list(rows), is_new=True)


def _headline(is_narrow: bool) -> Text:
    if not is_narrow:
        return Text(
            "以下规定不能同时满足（时间用尽，未能缩小到最少几项）：",
            "these rules cannot all be met (time ran out before the set was narrowed down):",
        )
    return Text(
        "以下规定不能同时满足，缺其中任一项则其余可以并存：",
        "these rules cannot all be met, though any of them left out the others can:",
    )


def _clause_in_words(problem: Problem, clause: Clause, places: Places) -> Text:
    """Return a rule with the objects that clash and where they are stated."""
    name = RULES[clause.rule].name
    shown = clause.objects[:SHOWN] or ((),)
    told = [(_named(problem, keys), places(clause.rule, keys)) for keys in shown]
    zh = "；".join(f"{words.zh}{'' if place is None else f'（{place.zh}）'}" for words, place in told)
    en = "; ".join(f"{words.en}{'' if place is None else f' ({place.en})'}" for words, place in told)
    if len(clause.objects) > SHOWN:
        zh, en = f"{zh} 等 {len(clause.objects)} 处", f"{en} and {len(clause.objects) - SHOWN} more"
    colon = "：" if clause.objects else ""
    return Text(f"  · {name.zh}{colon}{zh}", f"  · {name.en}{': ' if clause.objects else ''}{en}")


def _smallest_relaxation(program: Program, name: str, session: SolverSession, clock: Clock) -> Relaxation:
    """Return the least relaxation of one rule that makes a plan possible."""
    rows = [number for number, row in enumerate(program.row_names) if family_of(row) == name]
    elastic = with_slacks(program, rows, is_whole=RULES[name].is_whole)
    answer = session.solve(elastic, Limits(), clock)
    if answer.values is None:
        return Relaxation(name, {}, answer.status is Status.INFEASIBLE)
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
    stated = "" if rule.stated_at is None else f" [{'.'.join(map(str, rule.stated_at))}]"
    only_zh, only_en = f"  只放宽“{rule.name.zh}”{stated}", f"  relaxing only {rule.name.en}{stated}"
    if not found.amounts and found.is_proven:
        return Text(f"{only_zh}，还不够（已证）", f"{only_en} is not enough (proven)")
    if not found.amounts:
        return Text(f"{only_zh}：时间内未算出", f"{only_en}: not found within the time")
    rows = sorted(found.amounts, key=lambda row: -found.amounts[row])
    told = [(_named(problem, keys_of(row)), _amount(problem, found, row)) for row in rows[:SHOWN]]
    zh = "；".join(f"{place.zh} {amount.zh}" for place, amount in told)
    en = "; ".join(f"{place.en} {amount.en}" for place, amount in told)
    if len(rows) > SHOWN:
        zh, en = f"{zh} 等 {len(rows)} 处", f"{en} and {len(rows) - SHOWN} more"
    at_least = (
        Text("最少", "the least") if found.is_proven else Text("够用（未证最少）", "enough, not proven least")
    )
    return Text(f"{only_zh}，{at_least.zh}：{zh}", f"{only_en}, {at_least.en}: {en}")


def _amount(problem: Problem, found: Relaxation, row: str) -> Text:
    """Return by how much a row gives way, with its unit."""
    value, unit = found.amounts[row], RULES[found.rule].unit
    if found.rule == "coverage_floor" and not problem.basis.counts_communities:
        unit = Text("个百分点", "points")
    figure = f"{value:,.0f}" if value >= 10.0 else f"{value:.3g}"
    english = SINGULAR.get(unit.en, unit.en) if figure == "1" else unit.en
    return Text(f"{figure} {unit.zh}", f"{figure} {english}")


def keys_of(row_name: str) -> Keys:
    """Return what a row is about: the indices in its name."""
    indices = row_name.partition("[")[2].removesuffix("]")
    return tuple(index.strip("'") for index in indices.split(",")) if indices else ()


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


def _only(program: Program, kept: Sequence[str]) -> Program:
    """Return the program without the rows of the `RULES` that are not kept, and without an objective."""
    left_out = without_families(program, frozenset(RULES) - frozenset(kept))
    return replace(left_out, cost=np.zeros(len(program.cost)))


def without_families(program: Program, families: frozenset[str]) -> Program:
    """Return the program without the rows of some constraint families."""
    return _without_rows(
        program, [number for number, row in enumerate(program.row_names) if family_of(row) in families]
    )


def _without_rows(program: Program, left_out: Sequence[int]) -> Program:
    kept = np.ones(len(program.row_names), dtype=bool)
    kept[list(left_out)] = False
    return replace(
        program,
        matrix=program.matrix[kept],
        row_lower=program.row_lower[kept],
        row_upper=program.row_upper[kept],
        row_names=tuple(name for name, keep in zip(program.row_names, kept, strict=True) if keep),
    )


def family_of(row_name: str) -> str:
    """Return the constraint family that a row belongs to."""
    return row_name.split("[", 1)[0]

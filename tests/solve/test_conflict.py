"""Why there is no plan, clash by clash: the rules and objects that clash, no more, and what would help."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.solve.test_conversion import with_conversion
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, YEARS, A, B, tiny_problem

from siteplan.case import Form
from siteplan.highs import Answer, Clock, Limits, SolverSession, Status
from siteplan.problem import Money, Pace, Problem
from siteplan.scenario import Basis, Level, SolverSettings
from siteplan.solve import Cut, InfeasibleError, solve
from siteplan.solve.conflict import OBJECTS, Conflict, Relaxation, _together, explain_conflict
from siteplan.solve.formulation import build_model
from siteplan.solve.narrowing import Narrowing
from siteplan.solve.program import compile_program
from siteplan.solve.rows import family_of, keys_of, without_families, without_rows
from siteplan.solve.rules import MONEY_RULES, RULES

LAST = YEARS[-1]


def conflict_of(problem: Problem) -> Conflict:
    return explain_conflict(problem, Clock(time.monotonic() + 60.0))


def commitment_without_money() -> Problem:
    """s1 is committed by hand for 2027, and there is no money at all."""
    tiny = tiny_problem()
    s1 = replace(tiny.sites["s1"], opens_in=2027)
    money = Money(dict.fromkeys(YEARS, 0.0), {}, False, {})
    return replace(tiny, sites={**tiny.sites, "s1": s1}, money=money)


def required_but_forbidden() -> Problem:
    """B is to have elderly care in 2027, for which s2 is the only site, but it is forbidden there."""
    return replace(
        tiny_problem(),
        required_coverage={(B, ELDERLY): 2027, (A, MEALS): LAST},
        forbidden_by_hand={("s2", ELDERLY): 2027, ("s3", MEALS): LAST},
    )


def floor_without_pace() -> Problem:
    """Both communities are to have elderly care, and nothing may open."""
    return replace(tiny_problem(), pace=Pace(0, None), coverage_floor={(ELDERLY, LAST): 2.0})


def area_beyond_the_space() -> Problem:
    """A is to have more floor area per household than all of its sites have."""
    return replace(tiny_problem(), area_floor_m2_per_100_households={LAST: 1000.0})


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ({"basis": Basis.RESIDENTS, "coverage_floor": {(CULTURE, LAST): 60.0}}, 60.0),
        ({"area_floor_m2_per_100_households": {LAST: 30.0}}, 36.0),
        ({"places_at_least": {(MEALS, LAST): 100.0}}, 85.0),
    ],
)
def test_what_no_site_can_bring_is_told_by_how_much(asked: dict[str, Any], missing: float) -> None:
    """Culture is hosted nowhere, B's 120 households have no site for 36 m², e1 alone has meals: 15 places."""
    tiny = tiny_problem()
    s1 = replace(tiny.sites["s1"], may_host=frozenset({ELDERLY}))
    found = conflict_of(replace(tiny, sites={"s1": s1, "e1": tiny.sites["e1"]}, targets={}, **asked))
    (relaxation,) = found.relaxations
    assert relaxation.is_proven
    assert list(relaxation.amounts.values()) == [pytest.approx(missing)]
    assert relaxation.at_least == pytest.approx(missing)


def test_a_further_row_that_clashes_by_itself_is_no_rule_of_the_scenario() -> None:
    """Two sites more than there are have to open: no rule is blamed."""
    cut = Cut("two_more", 5.0, open={"s1": 1.0, "s2": 1.0, "s3": 1.0})
    with pytest.raises(InfeasibleError) as raised:
        solve(tiny_problem(), SolverSettings(time_limit_s=60.0, effort=0.05), cuts=(cut,))
    assert raised.value.conflict == ()
    assert "no rule of it is in the way" in raised.value.text.en


def test_rules_that_a_plan_keeps_are_not_said_to_clash() -> None:
    """Asked why a possible plan is impossible, the search says that the solver contradicts itself."""
    with pytest.raises(RuntimeError, match="contradicts itself"):
        conflict_of(tiny_problem())


def test_functions_of_a_complex_are_not_told_as_a_county() -> None:
    """A complex by hand with two functions at most lacks one of all kinds."""
    tiny = tiny_problem()
    s1 = replace(tiny.sites["s1"], opens_in=2027, form_by_hand=Form.COMPLEX)
    forbidden = {("s1", CULTURE): LAST}
    text = conflict_of(replace(tiny, sites={**tiny.sites, "s1": s1}, forbidden_by_hand=forbidden)).text()
    assert "functions of all kinds" in text.en
    assert "the whole county" not in text.en


def operators_without_income() -> Problem:
    """No fee, no subsidy: elderly care can't be run at s1, s2 or s3, but one community is to have it."""
    tiny = tiny_problem()
    free = {key: replace(entry, fee_income_cny_per_m2_year=0.0) for key, entry in tiny.functions.items()}
    return replace(tiny, functions=free, operator_viability=True, coverage_floor={(ELDERLY, LAST): 1.0})


def elderly_area_without_a_site() -> Problem:
    """Nobody may host elderly care in A, and the service that could be converted there is for meals."""
    tiny = with_conversion(replace(tiny_problem(), elderly_area_floor_m2_per_100_households={LAST: 20.0}))
    sites = {
        key: replace(site, may_host=site.may_host - {ELDERLY}) if site.community_code == A else site
        for key, site in tiny.sites.items()
    }
    return replace(tiny, sites=sites)


CLASHES: dict[Callable[[], Problem], set[tuple[str, tuple[str, ...]]]] = {
    commitment_without_money: {("yearly_budget", ("2027",)), ("committed_by_hand", ("s1",))},
    required_but_forbidden: {("forbidden_by_hand", ("s2",)), ("required_coverage", (B, ELDERLY))},
    floor_without_pace: {
        ("rollout_pace", ("all", "2027")),
        ("rollout_pace", ("all", "2028")),
        ("coverage_floor", (ELDERLY, "2028")),
    },
    area_beyond_the_space: {("area_standard_floor", (A, "2028"))},
    elderly_area_without_a_site: {("elderly_area_standard_floor", (A, "2028"))},
    operators_without_income: {
        ("operator_is_viable", ("s1",)),
        ("operator_is_viable", ("s2",)),
        ("operator_is_viable", ("s3",)),
        ("coverage_floor", (ELDERLY, "2028")),
    },
}
"""What clashes in each: rule and object, found by hand (where there are several such sets, one of them)."""


@pytest.mark.parametrize("clash", CLASHES, ids=lambda clash: clash.__name__)
def test_the_objects_that_clash(clash: Callable[[], Problem]) -> None:
    """The conflict names the rules and objects that clash by construction."""
    found = conflict_of(clash())
    objects = {(clause.rule, keys) for clause in found.clauses for keys in clause.objects}
    rules = {rule for rule, _ in CLASHES[clash]}
    assert found.is_narrow
    assert rules <= set(found.rules)
    assert objects == CLASHES[clash]


@pytest.mark.parametrize("clash", CLASHES, ids=lambda clash: clash.__name__)
def test_a_conflict_is_irreducible_to_its_objects(clash: Callable[[], Problem]) -> None:
    """The rules and objects named clash by themselves; without any one object the others do not."""
    problem = clash()
    found = conflict_of(problem)
    level = Level.SHORTFALL
    program = compile_program(problem, build_model(problem, (level,)), (level,)).program
    program = without_families(program, frozenset(RULES) - frozenset(found.rules))
    objects = [(clause.rule, keys) for clause in found.clauses for keys in clause.objects]

    def is_infeasible(session: SolverSession, kept: list[tuple[str, tuple[str, ...]]]) -> bool:
        rows = np.array(
            [
                family_of(row) not in OBJECTS
                or (family_of(row), keys_of(row)[: OBJECTS[family_of(row)]]) in kept
                for row in program.row_names
            ]
        )
        lower = np.where(rows, program.row_lower, -np.inf)
        upper = np.where(rows, program.row_upper, np.inf)
        feasibility = replace(program, row_lower=lower, row_upper=upper, cost=np.zeros(len(program.cost)))
        answer = session.solve(feasibility, Limits(), Clock(time.monotonic() + 60.0))
        return answer.status is Status.INFEASIBLE

    with SolverSession() as session:
        assert is_infeasible(session, objects)
        for left_out in objects:
            assert not is_infeasible(session, [each for each in objects if each != left_out])


def test_what_does_not_help_is_said() -> None:
    """With money for nothing, a faster pace alone doesn't help; proven, and said so in both languages."""
    problem = replace(floor_without_pace(), money=Money(dict.fromkeys(YEARS, 0.0), {}, False, {}))
    found = conflict_of(problem)
    told = found.text()
    assert "is not enough (proven)" in told.en
    assert "还不够（已证）" in told.zh


def test_one_is_singular() -> None:
    """One entry gives way, not one entries."""
    assert "1 entry" in conflict_of(required_but_forbidden()).text().en
    assert "entries" not in conflict_of(required_but_forbidden()).text().en


def test_without_time_nothing_is_called_least() -> None:
    """A clock that has run out: the set isn't called narrow, no relaxation least or proven."""
    found = explain_conflict(commitment_without_money(), Clock(time.monotonic() - 1.0))
    assert not found.is_narrow
    assert "(proven)" not in found.text().en
    assert "the least" not in found.text().en
    assert "时间用尽" in found.text().zh
    assert "  ? " in found.text().en
    assert "  · " not in found.text().en


def none_alone_is_enough() -> Problem:
    """B is to have elderly care, but there is no money, and nothing may open."""
    nothing = Money(dict.fromkeys(YEARS, 0.0), {}, False, {})
    return replace(tiny_problem(), money=nothing, pace=Pace(0, None), required_coverage={(B, ELDERLY): LAST})


def test_several_rules_give_way_together() -> None:
    """Neither money nor pace alone makes the coverage possible: both together are said, with amounts."""
    problem = none_alone_is_enough()
    found = conflict_of(problem)
    kept = tuple(each for each in found.relaxations if each.rule != "required_coverage")
    assert not any(each.amounts for each in kept)
    told = replace(found, relaxations=kept, together=_together_of(problem)).text()
    assert "relaxing several together, enough, not proven least: the yearly budget: " in told.en
    assert "几项一起放宽，够用（未证最少）——年度资金：" in told.zh


def _together_of(problem: Problem) -> Relaxation:
    level = Level.SHORTFALL
    program = compile_program(problem, build_model(problem, (level,)), (level,)).program
    relaxation = _together(program, ["yearly_budget", "rollout_pace"], Clock(time.monotonic() + 60.0))
    assert {family_of(row) for row in relaxation.amounts} == {"yearly_budget", "rollout_pace"}
    return relaxation


@pytest.mark.parametrize("clash", CLASHES, ids=lambda clash: clash.__name__)
@pytest.mark.parametrize("answers", [0, 1, 3, 6])
def test_whenever_the_time_ends_the_rules_are_proven_to_clash(
    clash: Callable[[], Problem], answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many answers no more come: what is named clashes by itself all the same."""
    problem = clash()
    level = Level.SHORTFALL
    program = compile_program(problem, build_model(problem, (level,)), (level,)).program
    rules = [name for name in RULES if any(family_of(row) == name for row in program.row_names)]
    solve, given = SolverSession.solve, 0

    def solve_few(session: SolverSession, *asked: object, **more: object) -> Answer:
        nonlocal given
        given += 1
        if given > answers:
            return Answer(Status.NO_SOLUTION, None, None, None, 0)
        return solve(session, *asked, **more)  # type: ignore[arg-type]

    with SolverSession() as session:
        monkeypatch.setattr(SolverSession, "solve", solve_few)
        clock = Clock(time.monotonic() + 60.0)
        narrowing = Narrowing(program, rules, MONEY_RULES, OBJECTS, session, clock)
        found = narrowing.find()
        monkeypatch.undo()
        left_out = narrowing.rows.keys() - set(found.elements)
        kept = without_rows(program, [row for element in left_out for row in narrowing.rows[element]])
        answer = session.solve(kept, Limits(), clock)
    assert answer.status is Status.INFEASIBLE
    assert found.needed <= set(found.elements)

"""Explanations of a plan of the tiny problem, each checked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, YEARS, A, B, X, tiny_problem

from siteplan.explain import Question, explain_community, explain_function, explain_site
from siteplan.explain.what_if import _compared, _in_words
from siteplan.outcome import evaluate, make_plan
from siteplan.plan import LevelResult
from siteplan.problem import Money, Pace, Problem
from siteplan.scenario import Basis, Level, SolverSettings
from siteplan.solve import solve
from siteplan.text import Text

QUICK = SolverSettings(time_limit_s=240.0, effort=0.05)
OBJECTIVE = (Level.SHORTFALL, Level.PERSONS_COVERED)


def question(
    problem: Problem, *, seconds: float | None = 20.0, objective: tuple[Level, ...] = OBJECTIVE
) -> Question:
    problem = replace(problem, objective=objective)
    result = solve(problem, QUICK)
    plan = make_plan(
        problem,
        result.decisions,
        result.levels,
        title=Text.same("tiny"),
        illustrative=True,
        stopped_by=result.stopped_by,
        outcome=evaluate(problem, result.decisions),
    )
    return Question(problem, plan, QUICK, seconds)


def one_site_problem(**changes: object) -> Problem:
    """Return the problem with targets of one community each, no limit on money, and s1 alone to choose."""
    problem = tiny_problem()
    sites = {key: site for key, site in problem.sites.items() if key in ("s1", "e1")}
    targets = {(ELDERLY, YEARS[-1]): 1.0}
    free = replace(
        problem, sites=sites, targets=targets, money=Money(None, {}, True, {}), pace=Pace(None, None)
    )
    return replace(free, **changes)  # type: ignore[arg-type]


def english(lines: object) -> str:
    return "\n".join(line.en for line in lines)  # type: ignore[attr-defined]


def test_a_covered_community_names_its_site_and_share() -> None:
    """s1 lies within 500 m of both of A's points: 100 % of elderly care's target group."""
    told = english(explain_community(question(one_site_problem()), A, ELDERLY, None))
    assert "elderly care: covered" in told
    assert "(s1, complex), 100 % of the target group" in told


def test_no_space_in_reach() -> None:
    """B's points are 800 m from s1 and out of reach of e1: a new space is needed."""
    told = english(explain_community(question(one_site_problem()), B, ELDERLY, YEARS[0]))
    assert "no space has 50 % of the target group within 500 m" in told
    assert "a new space is needed" in told


def test_spaces_in_reach_are_unsuitable() -> None:
    """s1 reaches A but may not host elderly care: its reason is given."""
    problem = one_site_problem()
    why = Text("楼层太高", "too high up")
    s1 = replace(problem.sites["s1"], may_host=frozenset({MEALS, CULTURE}), why_not={ELDERLY: why})
    told = english(
        explain_community(question(replace(problem, sites={**problem.sites, "s1": s1})), A, ELDERLY, None)
    )
    assert "none of them suitable" in told
    assert "too high up" in told


def test_what_is_forbidden_by_hand_is_no_choice_of_the_plan() -> None:
    """s1 could cover A, but for the scenario; from 2028 on it is a choice again."""
    problem = one_site_problem(forbidden_by_hand={("s1", ELDERLY): YEARS[0]})
    told = english(explain_community(question(problem), A, ELDERLY, YEARS[0]))
    assert "forbidden by hand" in told
    assert "the plan chose others" not in told


def test_on_established_only_spaces_in_the_community_or_serving_it_count() -> None:
    """s1 reaches all of A but lies in B: no answer. With e1 nothing suits, without it nothing is there."""
    problem = one_site_problem(basis=Basis.ESTABLISHED)
    s1 = replace(problem.sites["s1"], community_code=B)
    told = english(
        explain_community(question(replace(problem, sites={**problem.sites, "s1": s1})), A, ELDERLY, None)
    )
    assert "none of them suitable" in told
    assert "e1" in told
    assert "s1" not in told.split("suitable:")[1].split("no complex")[0]
    alone = replace(problem, sites={"s1": s1})
    told = english(explain_community(question(alone), A, ELDERLY, None))
    assert "no space lies in the community or is declared to serve it" in told


def test_a_use_that_is_held_makes_a_space_wait() -> None:
    """s1 is available, but what it converts is held until 2028."""
    problem = one_site_problem()
    s1 = replace(problem.sites["s1"], held_until=YEARS[1])
    assert s1.may_open_from == YEARS[1]
    assert replace(s1, held_until=None).may_open_from == s1.available_from


def test_a_space_too_small_for_the_fewest_functions_is_no_complex() -> None:
    """Three functions in a complex take 80 m² (30 + 50); 75 m² hold none, though the floor area is enough."""
    problem = one_site_problem()
    s1 = replace(problem.sites["s1"], usable_area_m2=75.0)
    told = english(
        explain_community(question(replace(problem, sites={**problem.sites, "s1": s1})), A, None, None)
    )
    assert "75 m² usable hold no complex: its fewest functions take 80 m²" in told
    assert "could be one" not in told


def test_a_weighed_plan_is_compared_by_its_sum() -> None:
    """The sum's parts have no bound of their own, and aren't compared."""
    weights = {Level.SHORTFALL: 1.0, Level.COST: 2e-5}
    asked = question(one_site_problem(weights=weights), objective=(Level.WEIGHED,))
    assert "weighed sum" in english(explain_site(asked, "s1"))


def test_not_available_yet() -> None:
    """s1 opens from 2028 on: in 2027 nothing could cover A."""
    problem = one_site_problem()
    s1 = replace(problem.sites["s1"], available_from=YEARS[1])
    told = english(
        explain_community(question(replace(problem, sites={**problem.sites, "s1": s1})), A, ELDERLY, YEARS[0])
    )
    assert "is available in 2027" in told


def test_without_money_a_requirement_has_no_plan() -> None:
    """With no money s1 stays closed; requiring its coverage clashes with the budget, and says by how much."""
    problem = one_site_problem(money=Money(dict.fromkeys(YEARS, 0.0), {}, False, {}))
    asked = question(problem)
    told = english(explain_community(asked, A, ELDERLY, YEARS[-1]))
    assert "the plan chose others" in told
    assert "no plan is possible then" in told
    assert "the yearly budget" in told
    assert "s1" in english(explain_site(asked, "s1"))


def test_what_a_site_contributes() -> None:
    """Without s1 the one target, elderly care in one community, is missed: a half of two communities."""
    told = english(explain_site(question(one_site_problem()), "s1"))
    assert "without it (solved again)" in told
    assert "shortfall to the targets: 50 coverage points worse (proven)" in told
    assert "3 lose coverage in 2028: 甲社区 (elderly care, culture); 乙社区 (culture)" in told
    assert "sites that open instead: none" in told


def test_nothing_is_solved_where_no_time_is_given() -> None:
    """Seconds None: what the site does, and no more."""
    assert "solved again" not in english(explain_site(question(one_site_problem(), seconds=None), "s1"))


def test_an_existing_service_is_no_choice() -> None:
    """e1 operates already."""
    assert "not the model's choice" in english(explain_site(question(one_site_problem()), "e1"))


@pytest.mark.parametrize("function", [ELDERLY, MEALS])
def test_a_function_lists_the_missing_communities(function: str) -> None:
    """N of m, and each missing community with its cause."""
    asked = question(one_site_problem())
    told = english(explain_function(asked, function, YEARS[-1]))
    assert "of 2 communities" in told
    missing = [row for row in asked.plan.communities if row.function == function and row.year == YEARS[-1]]
    for row in missing:
        name = asked.problem.communities[row.community_code].name
        assert (f"  {name}:" in told) is not row.reachable


def test_a_community_outside_the_scope() -> None:
    """X is outside: not concerned, in both languages, and no figure."""
    lines = list(explain_community(question(one_site_problem(), seconds=None), X, None, None))
    assert [line.zh for line in lines][1:] == ["  不在纳入范围内：不涉及"]
    assert "not concerned" in english(lines)


def test_a_function_without_a_target_group() -> None:
    """Nobody in A is of the target group: not concerned."""
    problem = one_site_problem()
    nobody = {
        key: replace(point, target_group={**point.target_group, ELDERLY: 0.0})
        for key, point in problem.demand.items()
    }
    asked = question(replace(problem, demand=nobody, targets={(MEALS, YEARS[-1]): 1.0}), seconds=None)
    assert "no target group in 2028" in english(explain_community(asked, A, ELDERLY, None))


def test_too_small_to_stand_alone() -> None:
    """s1 of 45 m² floor area, 36 usable, may host elderly care by the tables, but alone that takes 40."""
    problem = one_site_problem()
    s1 = replace(problem.sites["s1"], floor_area_m2=45.0, usable_area_m2=36.0)
    asked = question(replace(problem, sites={**problem.sites, "s1": s1}), seconds=None)
    told = english(explain_community(asked, A, ELDERLY, None))
    assert "none of them suitable" in told
    assert "36 m² usable, at least 40 m² are needed (too small for a complex)" in told
    assert "at least 40 m² are needed" in english(explain_site(asked, "s1"))


def test_functions_with_the_same_reasons_are_told_together() -> None:
    """s1 alone covers A with elderly care and culture: one answer for both."""
    told = english(explain_community(question(one_site_problem(), seconds=None), A, None, None))
    assert "  elderly care, culture: covered\n    s1空间 (s1, complex), 100 %" in told


def scattered_problem() -> Problem:
    """Return the problem without s1: B has s2 (200 m²) and s3 (750 m²); the target is elderly care in one."""
    problem = tiny_problem()
    sites = {key: site for key, site in problem.sites.items() if key != "s1"}
    varied = replace(sites["s3"], opening_cost_cny=2e6, available_from=YEARS[0])
    free = Money(None, {}, True, {})
    return replace(problem, sites={**sites, "s3": varied}, targets={(ELDERLY, YEARS[-1]): 1.0}, money=free)


def with_s2_alone(problem: Problem, *, seconds: float | None) -> Question:
    """Return the question about the plan that opens s2 and not s3."""
    forbidden = {("s3", function): YEARS[-1] for function in problem.functions}
    asked = question(replace(problem, forbidden_by_hand=forbidden), seconds=seconds)
    return replace(asked, problem=replace(problem, objective=OBJECTIVE))


def test_why_a_community_gets_a_scattered_site() -> None:
    """s2 is below 600 m²; s3, large enough, could be a complex, and what it would take is told."""
    told = english(explain_community(with_s2_alone(scattered_problem(), seconds=20.0), B, None, None))
    assert "s2空间 (s2) scattered: 200 m² is below the 600 m² floor area of a complex" in told
    assert "no complex: 1 of the spaces within reach could be one" in told
    assert "s3空间 (s3), 750 m², opening takes 200 × 10 000 CNY" in told
    assert "with s3空间 opened as a complex in 2028 (solved again):" in told
    assert "shortfall to the targets: the same (proven)" in told


@pytest.mark.parametrize(
    ("s3", "why"),
    [
        ({"available_from": YEARS[1] + 1}, "it is available from 2029"),
        ({"floor_area_m2": 590.0}, "590 m² is below the 600 m² floor area of a complex"),
        (
            {"may_host": frozenset({CULTURE, MEALS})},
            "it suits 2 functions; a complex needs 3, of them 2 standard",
        ),
        (
            {"may_host": frozenset(), "why_not": {ELDERLY: Text("未同意", "consent is refused")}},
            "it can't be used: consent is refused",
        ),
    ],
)
def test_no_space_could_be_a_complex(s3: dict[str, object], why: str) -> None:
    """Every space within reach of B is told with the reason why it can't be one."""
    problem = scattered_problem()
    varied = replace(problem.sites["s3"], **s3)  # type: ignore[arg-type]
    asked = question(replace(problem, sites={**problem.sites, "s3": varied}), seconds=None)
    told = english(explain_community(asked, B, None, None))
    assert "no complex: none of the 2 candidate spaces within reach can be one in 2028" in told
    assert f"- s3空间 (s3): {why}" in told


def test_a_complex_that_serves_the_community() -> None:
    """s1, a complex, covers A: nothing else about form is told."""
    told = english(explain_community(question(one_site_problem()), A, None, None))
    assert "a complex serves it: s1空间 (s1)" in told
    assert "no complex" not in told


def test_the_alternative_is_named_with_its_cost() -> None:
    """Without s1 another site opens for the one target: named with its id, year and opening cost."""
    tiny = tiny_problem()
    money = Money({YEARS[0]: 0.0, YEARS[1]: 600_000.0}, {}, True, {})  # s1 takes 400 000, s2 500 000
    sites = {key: site for key, site in tiny.sites.items() if key != "s3"}
    problem = one_site_problem(sites=sites, money=money)
    asked = question(problem)
    (chosen,) = {site.site_id for site in asked.plan.sites} & {"s1", "s2"}
    other = "s2" if chosen == "s1" else "s1"
    told = english(explain_site(asked, chosen))
    assert f"({other}, 20" in told
    assert "opening takes" in told.split("sites that open instead")[1]
    assert "shortfall to the targets: the same (proven)" in told


def test_an_interval_says_which_way() -> None:
    """Better, worse or unknown in words; rounding noise around nothing is neither."""

    def level(value: float, bound: float | None, status: str) -> LevelResult:
        return LevelResult(
            name=Level.SHORTFALL,
            unit="coverage points",
            value=value,
            bound=bound,
            gap=None,
            status=status,
            given_unproven=False,
        )

    before = level(10.0, 10.0, "optimal")
    told = {
        (value, bound): _compared(before, level(value, bound, "gap")).en
        for value, bound in ((12.0, 10.0 - 1e-14), (9.0, 8.0), (12.0, 8.0))
    }
    assert "0 to 2 coverage points worse" in told[12.0, 10.0 - 1e-14]
    assert "1 to 2 coverage points better" in told[9.0, 8.0]
    assert "at most 2 better, or at most 2 coverage points worse" in told[12.0, 8.0]
    without = {value: _compared(before, level(value, None, "unproven")).en for value in (4.0, 10.0, 12.0)}
    assert "at least 6 coverage points better (no proof of a most)" in without[4.0]
    assert "at most 0 coverage points worse" in without[10.0]
    assert "at most 2 coverage points worse" in without[12.0]
    both = (before, before)
    assert len(list(_in_words(both, (level(12.0, 8.0, "gap"), before)))) == 1  # what follows depends on it
    assert len(list(_in_words(both, both))) == 2

"""Shortfall causes of the tiny problem, each checked by hand: one instance for each cause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conftest import REPOSITORY
from tests.explain.test_explain import english, one_site_problem, question
from tests.explain.test_white_spots import ROAD, along_the_road
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, YEARS, tiny_problem

from siteplan.explain import (
    Ground,
    Terrain,
    explain_shortfalls,
    missed_targets,
    reasons_of_sites,
    words_of_missed_target,
    words_of_sums,
)
from siteplan.explain.shortfalls import Least, _shares
from siteplan.inputs.policy_files import load_policy
from siteplan.plan import LevelResult
from siteplan.problem import FundingSource, Money, Pace, Problem
from siteplan.publish import Cause, MissedTarget, MoneyKind
from siteplan.scenario import AssignmentRule, Basis, Level
from siteplan.text import Text

FIRST, LAST = YEARS
TERRAIN = Terrain(ROAD, along_the_road(tiny_problem()), load_policy(REPOSITORY / "model"))
GROUND = Ground(TERRAIN, usable_share=0.8, opening_cost_cny_per_m2=1_000.0)
"""A straight road, A's people at its begin, B's 2 km on."""
NOTHING = Money(dict.fromkeys(YEARS, 0.0), {}, False, {})
FREE = Money(None, {}, True, {})


def explained(problem: Problem, function: str | None = None, year: int | None = None) -> list[MissedTarget]:
    asked = question(problem)
    return list(explain_shortfalls(asked, missed_targets(asked, function, year), GROUND, 60.0))


def causes(missed: MissedTarget) -> dict[Cause, float]:
    """Return the causes that have a share, and check that the shares add up within their intervals."""
    assert sum(share.value for share in missed.causes) == pytest.approx(missed.missing)
    assert all(share.low <= share.value <= share.high for share in missed.causes)
    return {share.cause: share.value for share in missed.causes if share.value > 0.0}


def elderly(target: float, year: int, **changes: object) -> Problem:
    """Return the problem with one target of elderly care; no limit on money or pace unless changed."""
    free = replace(tiny_problem(), targets={(ELDERLY, year): target}, money=FREE, pace=Pace(None, None))
    return replace(free, **changes)  # type: ignore[arg-type]


def test_money() -> None:
    """Without money s1 stays closed: all of it is money.

    Opening s1 takes 400 000 and its elderly care 40 × 1.25 × 2 000 = 100 000.
    """
    missed = explained(one_site_problem(money=NOTHING))
    assert len(missed) == 1
    assert causes(missed[0]) == {Cause.MONEY: 1.0}
    assert missed[0].is_proven
    assert missed[0].missing_alone_low == missed[0].missing_alone_high == 1.0
    (remedy,) = missed[0].remedies
    assert remedy.kind == "money"
    assert remedy.gain == 1.0
    assert remedy.cny == remedy.cny_at_least == pytest.approx(500_000.0, abs=1.0)
    assert "50.0 × 10 000 CNY of capital in 2028 more (proven least) make up 1 community" in remedy.words.en
    assert [(share.kind, share.value) for share in missed[0].money] == [(MoneyKind.CAPITAL, 1.0)]


def test_pace() -> None:
    """s1 covers A and s2 or s3 covers B, but only one site may open in 2027."""
    missed = explained(elderly(2.0, FIRST, pace=Pace(1, None)))
    assert causes(missed[0]) == {Cause.PACE: 1.0}
    assert missed[0].is_proven
    assert missed[0].remedies == ()


def test_pace_comes_before_money() -> None:
    """With 500 000 CNY and a pace of one, the second site wants both: the money is what it lacks then.

    s2's elderly care takes 500 000 + 100 000, s1's 400 000 + 100 000; pace alone frees nothing.
    """
    money = Money({FIRST: 500_000.0, LAST: 0.0}, {}, True, {})
    missed = explained(elderly(2.0, FIRST, pace=Pace(1, None), money=money))
    assert causes(missed[0]) == {Cause.MONEY: 1.0}
    (remedy,) = missed[0].remedies
    assert remedy.cny == pytest.approx(600_000.0, abs=1.0)
    assert "no limit on sites opened a year" in remedy.words.en


def test_not_suitable() -> None:
    """B's spaces may host everything but elderly care: a space there suits nobody."""
    problem = elderly(2.0, LAST)
    others = {
        key: replace(site, may_host=frozenset({MEALS, CULTURE})) if key in ("s2", "s3") else site
        for key, site in problem.sites.items()
    }
    missed = explained(replace(problem, sites=others))
    assert causes(missed[0]) == {Cause.SUITABILITY: 1.0}
    (remedy,) = missed[0].remedies
    assert remedy.kind == "space"
    assert remedy.usable_area_m2 == 40.0
    assert remedy.floor_area_m2 == 50.0
    assert remedy.cny == 50.0 * (1_000.0 + 2_000.0)
    assert remedy.demand_id in ("b1", "b2")


def test_not_available_yet() -> None:
    """Only s3 covers B if s2 is gone, and it is available from 2028 on: unsuitable in 2027."""
    problem = elderly(2.0, FIRST)
    sites = {key: site for key, site in problem.sites.items() if key != "s2"}
    assert causes(explained(replace(problem, sites=sites))[0]) == {Cause.SUITABILITY: 1.0}


def test_beyond_the_radius() -> None:
    """With s1 alone nothing lies within 500 m of B: a space of 40 m² usable is wanted there."""
    missed = explained(one_site_problem(targets={(ELDERLY, LAST): 2.0}))
    assert causes(missed[0]) == {Cause.RADIUS: 1.0}
    assert missed[0].is_proven
    (remedy,) = missed[0].remedies
    assert remedy.demand_id in ("b1", "b2")
    assert "makes up 1 community" in remedy.words.en


def test_capacity() -> None:
    """On the basis of places: a room of 40 m² at most has 20 places for the 60 persons near s1."""
    problem = one_site_problem(
        targets={(ELDERLY, LAST): 50.0},
        basis=Basis.SERVED,
        assignment_rule=AssignmentRule.MOST_SERVED,
    )
    small = replace(problem.functions[ELDERLY], maximum_m2=40.0)
    missed = explained(replace(problem, functions={**problem.functions, ELDERLY: small}))
    assert missed[0].missing == pytest.approx(40.0)
    assert causes(missed[0]) == {Cause.CAPACITY: pytest.approx(40.0)}
    (remedy,) = missed[0].remedies
    assert remedy.usable_area_m2 == pytest.approx(80.0)
    assert "more places in reach: 2 spaces, in all at least" in remedy.words.en
    assert "makes up 40 persons" in remedy.words.en


def test_one_space_makes_up_no_more_than_the_places_that_it_may_have() -> None:
    """60 persons live near B without a space; a room of 80 m² at most has places for 40 of them."""
    problem = one_site_problem(
        targets={(ELDERLY, LAST): 100.0}, basis=Basis.SERVED, assignment_rule=AssignmentRule.MOST_SERVED
    )
    small = replace(problem.functions[ELDERLY], maximum_m2=80.0)
    (missed,) = explained(replace(problem, functions={**problem.functions, ELDERLY: small}))
    in_area = next(remedy for remedy in missed.remedies if remedy.area is not None)
    assert in_area.gain == pytest.approx(40.0)
    assert in_area.usable_area_m2 == pytest.approx(80.0)


def test_other_targets_are_kept() -> None:
    """500 000 CNY open s1 with elderly care; culture besides takes 68 750 more, elderly care kept.

    Cheapest as a complex: opening 400 000, elderly care 30 × 1.25 × 2 000 = 75 000, culture and meals in one
    room of 50 × 1.25 × 1 500 = 93 750. Culture alone takes 60 × 1.25 × 1 500 = 112 500, above the 100 000.
    """
    problem = one_site_problem(
        targets={(ELDERLY, LAST): 1.0, (CULTURE, LAST): 1.0},
        money=Money({FIRST: 500_000.0, LAST: 0.0}, {}, True, {}),
    )
    (missed,) = explained(problem)
    assert missed.function == CULTURE
    assert causes(missed) == {Cause.MONEY: 1.0}
    assert missed.missing_alone_high == 1.0
    assert missed.remedies[0].cny == pytest.approx(68_750.0, abs=1.0)


def test_a_plan_that_is_not_the_best() -> None:
    """Where the plan isn't proven best, what was possible under its own rules is its own choice."""
    poor = question(one_site_problem(money=NOTHING))
    level = LevelResult(
        name=Level.SHORTFALL,
        unit="coverage points",
        value=50.0,
        bound=0.0,
        gap=50.0,
        status="gap",
        given_unproven=False,
    )
    plan = poor.plan.model_copy(update={"levels": (level, *poor.plan.levels[1:])})
    rich = replace(poor, plan=plan, problem=one_site_problem(objective=poor.problem.objective))
    (missed,) = explain_shortfalls(rich, missed_targets(rich), GROUND, 60.0)
    assert causes(missed) == {Cause.CHOICE: 1.0}
    assert missed.missing_alone_high == 0.0


def test_intervals_hold_every_share() -> None:
    """Least shortfalls in 2 to 3, 2, 0 to 1, 0 to 1 and 0, of 4: choice takes 1 to 2 and so on."""
    steps = {
        Cause.CHOICE: Least(3.0, 2.0),
        Cause.PACE: Least(2.0, 2.0),
        Cause.MONEY: Least(1.0, 0.0),
        Cause.CAPACITY: Least(1.0, 0.0),
        Cause.SUITABILITY: Least(0.0, 0.0),
    }
    told = {share.cause: (share.value, share.low, share.high) for share in _shares(4.0, steps, 1.0)}
    assert told == {
        Cause.CHOICE: (1.0, 1.0, 2.0),
        Cause.PACE: (1.0, 0.0, 1.0),
        Cause.MONEY: (1.0, 1.0, 2.0),
        Cause.CAPACITY: (0.0, 0.0, 1.0),
        Cause.SUITABILITY: (1.0, 0.0, 1.0),
        Cause.RADIUS: (0.0, 0.0, 0.0),
    }


def test_without_time_the_intervals_are_wide_and_still_add_up() -> None:
    """No time for a solve: figures add up, and say that they aren't proven."""
    asked = question(elderly(2.0, FIRST, pace=Pace(1, None)))
    (missed,) = explain_shortfalls(asked, missed_targets(asked), GROUND, 0.0)
    causes(missed)
    assert not missed.is_proven
    assert "not proven, between" in english(words_of_missed_target(asked.problem, missed))


def test_words_have_sums() -> None:
    """N of m, every cause, their sum, and the sum over all missed targets."""
    problem = one_site_problem(targets={(ELDERLY, FIRST): 1.0, (ELDERLY, LAST): 2.0}, money=NOTHING)
    missed = explained(problem)
    told = english(words_of_missed_target(problem, missed[1]))
    assert "0 of 2, target 2: 2 communities missing" in told
    assert "money (capital) 1 (proven)" in told
    assert "no space within the radius 1 (proven)" in told
    assert "sum 2" in told
    assert "all 2 missed targets, 3 community-function-years" in english(words_of_sums(missed))


def test_one_function_and_year() -> None:
    """Only the missed targets that are asked for."""
    asked = question(one_site_problem(targets={(ELDERLY, FIRST): 1.0, (ELDERLY, LAST): 2.0}, money=NOTHING))
    assert [figure.year for figure in missed_targets(asked, ELDERLY, LAST)] == [LAST]
    assert missed_targets(asked, MEALS) == []


def test_reasons_of_sites_solve_nothing() -> None:
    """Every site has reasons from the plan's own figures: s1 alone covers A for elderly care."""
    asked = question(one_site_problem())
    told = {site: english(lines) for site, lines in reasons_of_sites(asked)}
    assert "solved again" not in told["s1"]
    assert "in 2028 it alone covers 甲社区 (elderly care" in told["s1"]
    assert "not the model's choice" in told["e1"]


def kinds_of(missed: MissedTarget) -> dict[MoneyKind, float]:
    """Return the kinds of money that have a share, and check that they add up to the share of money."""
    (money,) = (share for share in missed.causes if share.cause is Cause.MONEY)
    assert sum(share.value for share in missed.money) == pytest.approx(money.value)
    assert all(share.low <= share.value <= share.high for share in missed.money)
    return {share.kind: share.value for share in missed.money if share.value > 0.0}


def test_operators_without_income() -> None:
    """No fee and no subsidy: elderly care costs 40 × 1.25 × 200 a year more than it earns, at s1 alone."""
    problem = one_site_problem(operator_viability=True)
    free = replace(problem.functions[ELDERLY], fee_income_cny_per_m2_year=0.0)
    (missed,) = explained(replace(problem, functions={**problem.functions, ELDERLY: free}))
    assert kinds_of(missed) == {MoneyKind.VIABILITY: 1.0}
    (remedy,) = missed.remedies
    assert [(need.kind, need.year) for need in remedy.needs] == [(MoneyKind.VIABILITY, LAST)]
    assert remedy.cny == pytest.approx(40.0 * 1.25 * 200.0, abs=1.0)
    assert "1.0 × 10 000 CNY of operators' viability in 2028" in remedy.words.en


def test_no_operating_money() -> None:
    """Opened in 2027, elderly care needs 40 × 1.25 × 80 CNY in 2028, where there is no operating money.

    Only a target of 2027 asks for that: what opens in 2028 runs in 2029.
    """
    money = Money(None, {}, True, {LAST: 0.0})
    (missed,) = explained(one_site_problem(targets={(ELDERLY, FIRST): 1.0}, money=money))
    assert kinds_of(missed) == {MoneyKind.OPERATING: 1.0}
    (remedy,) = missed.remedies
    assert [(need.kind, need.year) for need in remedy.needs] == [(MoneyKind.OPERATING, LAST)]
    assert remedy.cny == pytest.approx(40.0 * 1.25 * 80.0, abs=1.0)


def of_sources(county_cny: float, award_cny: float) -> Problem:
    """Return the problem with an award that pays at most half of a project."""
    amounts = {"county": county_cny, "award": award_cny}
    sources = {
        key: FundingSource(
            key,
            Text.same(key),
            {FIRST: amounts[key], LAST: 0.0},
            share_of_project_at_most=0.5 if key == "award" else None,
        )
        for key in amounts
    }
    capital = {FIRST: county_cny + award_cny, LAST: 0.0}
    return one_site_problem(money=Money(capital, {}, True, {}, sources=sources))


def test_money_that_may_not_be_spent() -> None:
    """500 000 CNY are needed and there: 100 000 of the county and an award that may pay only half."""
    (missed,) = explained(of_sources(100_000.0, 400_000.0))
    assert kinds_of(missed) == {MoneyKind.CONDITIONS: 1.0}
    told = english(words_of_missed_target(of_sources(0.0, 0.0), missed))
    assert "what sources may pay for 1 (proven)" in told


def test_conditions_are_not_blamed_where_the_money_is_not_there() -> None:
    """Of 400 000 CNY in all, 500 000 can't be paid under any conditions, half by the award."""
    (missed,) = explained(of_sources(100_000.0, 300_000.0))
    assert kinds_of(missed) == {MoneyKind.CAPITAL: 1.0}
    (remedy,) = missed.remedies
    assert remedy.cny == pytest.approx(150_000.0, abs=1.0)


def test_money_is_asked_for_when_it_is_needed() -> None:
    """s1 is to open in 2028: the money is named for 2028 though it could be there a year before."""
    problem = one_site_problem(money=NOTHING, targets={(ELDERLY, LAST): 1.0})
    (missed,) = explained(problem)
    (remedy,) = missed.remedies
    assert [need.year for need in remedy.needs] == [LAST]

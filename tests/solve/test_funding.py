"""Money by source: what the scenario says, what the solver may spend, and who pays in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.solve.random_problem import random_problem
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_decisions, tiny_problem
from tests.verify.world import tiny_scenario

from siteplan.assemble.problem import _money
from siteplan.case import Mode, ProjectLevel
from siteplan.outcome import evaluate
from siteplan.problem import FundingSource, Money, Pace, Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import solve
from siteplan.solve.decompose.single_year import single_year_problem
from siteplan.text import Text

QUICK = SolverSettings(time_limit_s=240.0, effort=0.02)
PLENTY = {2027: 5e6, 2028: 5e6}


def source(key: str, **conditions: Any) -> FundingSource:
    """Return a source with plenty of money, unless told otherwise."""
    return FundingSource(key, Text.same(key), **{"amounts_cny": PLENTY, **conditions})


def paid_by(
    *sources: FundingSource, advance_cny: Mapping[int, float] | None = None, problem: Problem | None = None
) -> Problem:
    """Return the tiny problem with money by source."""
    by_key = {entry.key: entry for entry in sources}
    money = Money({2027: 1e7, 2028: 1e7}, {}, True, {}, by_key, advance_cny or {})
    return replace(problem or tiny_problem(), money=money)


def payments_of(problem: Problem) -> dict[tuple[str, str, int], float]:
    """Return who pays what of the tiny plan: s1 743 750 in 2027 and 56 250 in 2028, s2 600 000 in 2028."""
    rows = evaluate(problem, tiny_decisions()).money_by_source
    return {(row.site_id, row.source, row.year): round(row.cny, 1) for row in rows}


def test_sources_are_used_in_their_order() -> None:
    """The first source pays as long as it has money, the next the rest."""
    problem = paid_by(source("central", amounts_cny={2027: 500_000.0, 2028: 0.0}), source("county"))
    assert payments_of(problem) == {
        ("s1", "central", 2027): 500_000.0,
        ("s1", "county", 2027): 243_750.0,
        ("s1", "county", 2028): 56_250.0,
        ("s2", "county", 2028): 600_000.0,
    }


@pytest.mark.parametrize(
    ("conditions", "paid"),
    [
        ({"share_of_project_at_most": 0.4}, {2027: 0.4 * 743_750, 2028: 0.4 * 56_250}),
        ({"per_project_cap_cny": 750_000.0}, {2027: 743_750, 2028: 6_250}),
        # 100 m² × 1.25 × 2 000 of elderly care, all of it in 2027.
        ({"eligible_functions": frozenset({ELDERLY})}, {2027: 250_000}),
        # Meals of 40, then 60 m² in the day room, at their own 1 500 CNY.
        ({"eligible_functions": frozenset({MEALS})}, {2027: 75_000, 2028: 37_500}),
        # Culture fills the day room of 50, then 80 m²; it needs 1 200 CNY, the rest of 1 500 is not for it.
        ({"eligible_functions": frozenset({CULTURE})}, {2027: 75_000, 2028: 45_000}),
        # Together the two pay for the room once.
        ({"eligible_functions": frozenset({MEALS, CULTURE})}, {2027: 93_750, 2028: 56_250}),
        ({"eligible_modes": frozenset({Mode.NEW_BUILD})}, {}),
        ({"eligible_levels": frozenset({ProjectLevel.NATIONAL})}, {}),
    ],
    ids=str,
)
def test_conditions_of_a_source(conditions: dict[str, Any], paid: dict[int, float]) -> None:
    """What the first source pays of s1 (rebuilt, 743 750 in 2027 and 56 250 in 2028), the county the rest."""
    payments = payments_of(paid_by(source("first", **conditions), source("county")))
    assert {
        year: cny for (site, key, year), cny in payments.items() if (site, key) == ("s1", "first")
    } == paid


def test_an_award_is_paid_later_and_bridged() -> None:
    """Of an award of 300 000 for 2027 only the advance of 200 000 can be used; it is paid in 2028."""
    award = source("award", amounts_cny={2027: 0.0, 2028: 300_000.0, 2029: 0.0}, paid_after_years=1)
    outcome = evaluate(paid_by(award, source("county"), advance_cny={2027: 200_000.0}), tiny_decisions())
    (row,) = [row for row in outcome.money_by_source if row.source == "award"]
    assert (row.year, row.paid_in) == (2027, 2028)
    assert row.cny == pytest.approx(200_000.0)
    assert [year.awards_outstanding_cny for year in outcome.money] == pytest.approx([200_000.0, 0.0])
    in_2028 = next(entry for entry in outcome.sources if (entry.source, entry.year) == ("award", 2028))
    assert (in_2028.paid_cny, in_2028.carried_out_cny) == pytest.approx((200_000.0, 100_000.0))


def free(problem: Problem) -> Problem:
    return replace(problem, pace=Pace(None, None), objective=(Level.SHORTFALL, Level.COST))


def test_a_source_that_may_not_pay_for_new_building_keeps_it_closed() -> None:
    """s2 is the only one for elderly care in B in 2027 and newly built: only who pays for that opens it."""
    targets = {(ELDERLY, 2027): 2.0}
    rebuilt = source("central", eligible_modes=frozenset({Mode.REBUILD, Mode.EXTEND}))
    short = solve(free(paid_by(rebuilt, problem=replace(tiny_problem(), targets=targets))), QUICK)
    assert "s2" not in short.decisions.opening_years()
    assert short.levels[0].value == pytest.approx(50.0)
    county = source("county")
    met = solve(free(paid_by(rebuilt, county, problem=replace(tiny_problem(), targets=targets))), QUICK)
    assert met.levels[0].value == 0.0
    paid = evaluate(paid_by(rebuilt, county), met.decisions).money_by_source
    assert {row.source for row in paid if row.site_id == "s2"} == {"county"}


def test_the_plan_keeps_to_a_share_where_the_rest_is_short() -> None:
    """The county has 100 000 for at least half of each project: nothing of 500 000 CNY can open."""
    half = source("central", share_of_project_at_most=0.5)
    county = source("county", amounts_cny={2027: 100_000.0, 2028: 0.0})
    assert solve(free(paid_by(half, county)), QUICK).decisions.start_year == {}
    whole = source("central", share_of_project_at_most=0.9)
    assert solve(free(paid_by(whole, county)), QUICK).decisions.start_year != {}


def test_an_award_counts_in_a_single_year_as_far_as_it_is_paid_or_bridged() -> None:
    """By 2027 the advance of 200 000, by 2028 the 300 000 paid and nothing more (no advance in 2028)."""
    award = source("award", amounts_cny={2027: 0.0, 2028: 300_000.0, 2029: 900_000.0}, paid_after_years=1)
    problem = paid_by(award, source("county"), advance_cny={2027: 200_000.0})
    seen = [single_year_problem(problem, year).money.sources for year in problem.years]
    assert [sources["award"].amounts_cny for sources in seen] == [{2027: 200_000.0}, {2028: 300_000.0}]
    assert [sources["county"].amounts_cny for sources in seen] == [{2027: 5e6}, {2028: 1e7}]
    assert all(sources["award"].paid_after_years == 0 for sources in seen)


def test_money_is_by_source_only_where_a_source_has_a_condition() -> None:
    """Plain sources are one sum a year; one condition makes all of them separate, scaled alike."""
    plain = {"county": {"name": "县", "amounts_cny": {2027: 10, 2028: 20}}}
    award = {"name": "奖补", "amounts_cny": {2027: 1, 2028: 2, 2029: 4}, "paid_after_years": 1}
    budget = tiny_scenario(budget={"sources": plain}).budget
    assert _money(budget, (2027, 2028)).sources == {}
    budget = tiny_scenario(budget={"sources": {**plain, "award": award}, "scale": 0.5}).budget
    money = _money(budget, (2027, 2028))
    assert {key: entry.amounts_cny for key, entry in money.sources.items()} == {
        "county": {2027: 5.0, 2028: 10.0},
        "award": {2027: 0.5, 2028: 1.0, 2029: 2.0},
    }
    # What 2027's projects may get: 5, and 0.5 + 1 of the award that is paid in 2028.
    assert money.capital_cny == {2027: 6.5, 2028: 12.0}


def in_two_sources(problem: Problem) -> Problem:
    """Return the problem with its money in two halves whose only condition never bites."""
    amounts = {year: cny / 2.0 for year, cny in (problem.money.capital_cny or {}).items()}
    halves = {
        key: source(key, amounts_cny=amounts, carry_over=problem.money.carry_over, per_project_cap_cny=1e12)
        for key in ("one", "other")
    }
    return replace(problem, money=replace(problem.money, sources=halves))


@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 1))])
def test_sources_without_biting_conditions_are_one_sum(seed: int) -> None:
    """Whatever the problem, two halves of the budget give the same levels, and pay every project in full."""
    problem = random_problem(
        seed, communities=3, towns=2, points=12, sites=5, years=2, budget_cny=1_500_000.0
    )
    settings = SolverSettings(time_limit_s=240.0, effort=0.2)
    summed, split = solve(problem, settings), solve(in_two_sources(problem), settings)
    assert [level.value for level in split.levels] == pytest.approx(
        [level.value for level in summed.levels], rel=1e-5, abs=1e-5
    )
    outcome = evaluate(in_two_sources(problem), split.decisions)
    assert sum(row.cny for row in outcome.money_by_source) == pytest.approx(
        sum(year.capital_cny for year in outcome.money)
    )
    assert all(row.carried_out_cny >= -1.0 for row in outcome.sources)

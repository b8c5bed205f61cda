"""Area standard, money and the sites of the tiny problem's plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, A, B, tiny_decisions, tiny_problem

from siteplan.case import Form, Tenure
from siteplan.outcome import Outcome, evaluate
from siteplan.plan import Decisions


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """What the tiny plan achieves."""
    return evaluate(tiny_problem(), tiny_decisions())


def test_area_standard_counts_each_room_once(outcome: Outcome) -> None:
    """Floor area is 1.25 × rooms; s1's day room counts once though two functions share it.

    A 2027: e1 60, s1 100 + 50 usable → 262.5 m² against 80 × 4.5 = 360. B 2027: nothing for 80 households.
    """
    rows = [
        (
            row.community_code,
            row.year,
            row.households,
            row.floor_area_m2,
            row.elderly_floor_area_m2,
            row.shortfall_m2_by_tier,
        )
        for row in outcome.area_standard
    ]
    assert rows == [
        (A, 2027, 450.0, 262.5, 125.0, {"30": 0.0, "50": 0.0, "80": 97.5, "elderly": 0.0}),
        (A, 2028, 450.0, 300.0, 125.0, {"30": 0.0, "50": 0.0, "80": 60.0, "elderly": 0.0}),
        (B, 2027, 80.0, 0.0, 0.0, {"30": 24.0, "50": 40.0, "80": 64.0, "elderly": 16.0}),
        (B, 2028, 120.0, 50.0, 50.0, {"30": 0.0, "50": 10.0, "80": 46.0, "elderly": 0.0}),
    ]


def test_an_existing_shared_room_is_its_largest_function() -> None:
    """Meals 60 and culture 70 m² at e1 share a room of 70 m² usable area, 87.5 m² floor area."""
    problem = tiny_problem()
    e1 = replace(problem.sites["e1"], programme={MEALS: 60.0, CULTURE: 70.0})
    outcome = evaluate(replace(problem, sites={**problem.sites, "e1": e1}), Decisions({}, {}, {}, {}))
    assert outcome.area_standard[0].floor_area_m2 == pytest.approx(87.5)


def test_money_by_year(outcome: Outcome) -> None:
    """Capital, what is carried over, and operating cost of the areas in place a year before.

    2027: s1 400 000 + 1.25 × (100 × 2 000 + 50 × 1 500) = 743 750. 2028: 30 m² more at s1 56 250, s2
    500 000 + 100 000. Operating 2028, of s1 only: 1.25 × (100 × 200 + 60 × 150 + 80 × 100) = 46 250.
    """
    first, second = outcome.money
    assert (first.amount_cny, first.carried_in_cny, first.capital_cny) == (1_000_000.0, 0.0, 743_750.0)
    assert (first.carried_out_cny, first.operating_cny, first.fees_cny) == (256_250.0, 0.0, 0.0)
    assert (second.amount_cny, second.carried_in_cny, second.capital_cny) == (400_000.0, 256_250.0, 656_250.0)
    assert (second.carried_out_cny, second.operating_cny, second.fees_cny) == (0.0, 38_750.0, 21_250.0)


def test_nothing_is_carried_where_the_budget_does_not_allow_it() -> None:
    """Without carry-over what is left of 2027 is gone."""
    problem = tiny_problem()
    outcome = evaluate(replace(problem, money=replace(problem.money, carry_over=False)), tiny_decisions())
    assert [(year.carried_in_cny, year.carried_out_cny) for year in outcome.money] == [(0.0, 0.0), (0.0, 0.0)]


def test_without_a_budget_there_is_no_amount() -> None:
    """Without a budget the capital is reported and nothing is said of amounts."""
    problem = tiny_problem()
    outcome = evaluate(
        replace(problem, money=replace(problem.money, capital_cny=None, capital_by_source_cny={})),
        tiny_decisions(),
    )
    year = outcome.money[0]
    assert (year.amount_cny, year.carried_in_cny, year.carried_out_cny) == (None, None, None)
    assert year.capital_cny == 743_750.0


def test_sites_with_functions_rooms_and_money(outcome: Outcome) -> None:
    """The plan lists what is open in the last year; s3 stays closed; e1 has its programme at no cost."""
    s1, s2, e1 = outcome.sites
    assert (s1.site_id, s1.open_from, s1.form) == ("s1", 2027, Form.COMPLEX)
    assert [(item.function, item.from_year, item.area_m2_by_year) for item in s1.functions] == [
        (ELDERLY, 2027, {2027: 100.0, 2028: 100.0}),
        (MEALS, 2027, {2027: 40.0, 2028: 60.0}),
        (CULTURE, 2027, {2027: 50.0, 2028: 80.0}),
    ]
    assert [(room.room_group, room.area_m2_by_year) for room in s1.rooms] == [
        ("elderly", {2027: 100.0, 2028: 100.0}),
        ("day", {2027: 50.0, 2028: 80.0}),
    ]
    assert s1.capital_cny_by_year == {2027: 743_750.0, 2028: 56_250.0}
    assert (s2.site_id, s2.open_from, s2.form) == ("s2", 2028, Form.SCATTERED)
    assert s2.rooms[0].area_m2_by_year == {2028: 40.0}
    assert s2.capital_cny_by_year == {2027: 0.0, 2028: 600_000.0}
    assert (e1.site_id, e1.open_from, e1.form) == ("e1", 2027, None)
    assert e1.functions[0].area_m2_by_year == {2027: 60.0, 2028: 60.0}
    assert e1.rooms[0].area_m2_by_year == {2027: 60.0, 2028: 60.0}
    assert e1.capital_cny_by_year == e1.operating_cny_by_year == {2027: 0.0, 2028: 0.0}


def test_what_an_operator_is_left_with(outcome: Outcome) -> None:
    """s1 ends with 100·(120−200) + 60·(100−150) + 80·(20−100) per usable m², ×1.25; what exists has none."""
    s1, _, e1 = outcome.sites
    assert s1.operator_balance_cny_per_year == pytest.approx(-21_750.0)
    assert e1.operator_balance_cny_per_year == 0.0


def test_rent_and_subsidy_of_an_operator() -> None:
    """100 m² of elderly care at s1, ×1.25, get 60 a m² from the year after the opening; rent is taken off."""
    problem = tiny_problem()
    subsidised = replace(problem.functions[ELDERLY], subsidy_cny_per_m2_year=60.0)
    rented = replace(problem.sites["s1"], tenure=Tenure.RENTED, rent_cny_per_year=10_000.0)
    outcome = evaluate(
        replace(
            problem,
            functions={**problem.functions, ELDERLY: subsidised},
            sites={**problem.sites, "s1": rented},
        ),
        tiny_decisions(),
    )
    s1 = outcome.sites[0]
    assert (s1.tenure, s1.rent_cny_per_year) == (Tenure.RENTED, 10_000.0)
    assert s1.subsidy_cny_by_year == pytest.approx({2027: 0.0, 2028: 7_500.0})
    assert s1.operator_balance_cny_per_year == pytest.approx(-21_750.0 + 7_500.0 - 10_000.0)


def test_a_planned_function_without_area_is_refused() -> None:
    """Decisions that provide a function without saying its area are incomplete, not zero m²."""
    decisions = tiny_decisions()
    areas = {key: area for key, area in decisions.area_m2.items() if key != ("s1", MEALS, 2028)}
    with pytest.raises(KeyError, match="community_meals"):
        evaluate(tiny_problem(), replace(decisions, area_m2=areas))

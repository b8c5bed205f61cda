"""The value of each objective level, and the plan made from decisions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tiny_problem import ELDERLY, MEALS, tiny_decisions, tiny_problem

from siteplan.outcome import MAXIMISED, UNITS, evaluate, level_value, make_plan
from siteplan.plan import LevelResult, Plan
from siteplan.scenario import Basis, Level
from siteplan.text import Text


@pytest.mark.parametrize(
    ("level", "value"),
    [
        # Meals 2028 reach 1 of 2 communities: 50 points × priority 2, over priorities 3 + 3 + 2 + 2 + 1.
        (Level.SHORTFALL, 100 / 11),
        # Elderly care 60 × 2 + 90, meals 30 × 2 + 30, culture 240 × 2 + 240.
        (Level.PERSONS_COVERED, 1020),
        # A 97.5 + 60, B 144 + 56.
        (Level.AREA_STANDARD, 357.5),
        # s2 is scattered and newly built.
        (Level.FORM, 2),
        # Capital 743 750 + 656 250, operating 38 750, less fees 21 250.
        (Level.COST, 1_417_500),
        # Elderly care 17 000 + 26 000, meals 5 500 twice, culture 111 000 twice.
        (Level.WALKING_DISTANCE, 276_000),
        # B: culture in 2027; elderly care and culture in 2028.
        (Level.WORST_COMMUNITY, 3),
    ],
)
def test_level_values_by_hand(level: Level, value: float) -> None:
    """Each level's value in its reported unit agrees with the one worked out by hand."""
    assert level_value(tiny_problem(), tiny_decisions(), level) == pytest.approx(value, rel=1e-12)


def test_shortfall_on_the_residents_basis_is_in_percentage_points() -> None:
    """90 of 120 persons are 75 %, 15 points below 90; 30 of 54 are above 50; weighed 3 to 2."""
    problem = replace(
        tiny_problem(), basis=Basis.RESIDENTS, targets={(ELDERLY, 2028): 90.0, (MEALS, 2028): 50.0}
    )
    assert level_value(problem, tiny_decisions(), Level.SHORTFALL) == pytest.approx(3 * 15 / 5)


def test_without_targets_nothing_is_short() -> None:
    """A scenario without targets has a shortfall of 0."""
    assert level_value(replace(tiny_problem(), targets={}), tiny_decisions(), Level.SHORTFALL) == 0.0


def test_every_level_has_a_unit_and_a_value() -> None:
    """No level is without a unit or missing from the outcome; more is better for two of them."""
    outcome = evaluate(tiny_problem(), tiny_decisions())
    assert set(UNITS) == set(Level) == set(outcome.levels)
    assert outcome.levels[Level.COST] == level_value(tiny_problem(), tiny_decisions(), Level.COST)
    assert {Level.PERSONS_COVERED, Level.WORST_COMMUNITY} == MAXIMISED


def test_the_plan_says_all_of_the_outcome_and_survives_json() -> None:
    """`make_plan` copies the outcome, with or without it given, and the plan reads back from JSON."""
    problem, decisions = tiny_problem(), tiny_decisions()
    levels = [
        LevelResult(
            name=Level.SHORTFALL,
            unit="coverage points",
            value=100 / 11,
            bound=100 / 11,
            gap=0.0,
            status="optimal",
            given_unproven=False,
        )
    ]
    title = Text("示例", "example")
    plan = make_plan(problem, decisions, levels, title=title, illustrative=True, stopped_by="completed")
    outcome = evaluate(problem, decisions)
    assert plan == make_plan(
        problem, decisions, levels, title=title, illustrative=True, stopped_by="completed", outcome=outcome
    )
    assert (plan.coverage, plan.money, plan.sites) == (outcome.coverage, outcome.money, outcome.sites)
    assert Plan.model_validate_json(plan.model_dump_json(by_alias=True)) == plan

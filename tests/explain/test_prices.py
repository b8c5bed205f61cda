"""Prices of money and of spaces in the tiny problem, each checked by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.explain.test_explain import english, one_site_problem, question
from tests.tiny_problem import ELDERLY, YEARS, A, B, reach_from, tiny_problem

from siteplan.explain import NewSpace, Question, middle_of, price_of_space, prices_of_money
from siteplan.explain.prices import (
    Gain,
    Price,
    default_step,
    gain,
    gains_of_levels,
    priced,
    tasks_of_money,
    words_of_ranking,
)
from siteplan.plan import LevelResult
from siteplan.problem import FundingSource, Money, Problem
from siteplan.scenario import Level
from siteplan.text import Text

BETWEEN = reach_from(
    {
        "a1": {"a1": 0.0, "a2": 300.0},
        "a2": {"a1": 300.0, "a2": 0.0},
        "b1": {"b1": 0.0, "b2": 200.0},
        "b2": {"b1": 200.0, "b2": 0.0},
        "x1": {"x1": 0.0},
    },
    ("a1", "a2", "b1", "b2", "x1"),
)
"""Walking distances between demand points."""
LAST = YEARS[-1]


def told_of(prices: Iterable[Price]) -> str:
    return english(line for price in prices for line in price.lines())


def penniless() -> Problem:
    """Return the problem in which s1 stays closed for want of money.

    It takes 400 000 to open and, for 40 m² of elderly care, 40 × 1.25 × 2 000 = 100 000 to fit out.
    """
    return one_site_problem(money=Money(dict.fromkeys(YEARS, 0.0), {}, False, {}))


def test_enough_money_buys_the_target() -> None:
    """500 000 CNY open s1: one community of two is 50 points, one for each of the 50 × 10 000 CNY."""
    told = told_of(prices_of_money(question(penniless()), LAST, 500_000.0))
    assert "2028: 0 × 10 000 CNY, with 50 more (solved again)" in told
    assert "50 coverage points better (proven), 1 coverage points per 10 000 CNY on average" in told
    assert "gain coverage in 2028: 甲社区 (elderly care" in told


def test_too_little_money_buys_nothing() -> None:
    """490 000 CNY leave 90 000 for fit-out: no function's smallest room is that cheap.

    Elderly care needs 100 000, community meals 50 × 1.25 × 1 500 = 93 750, culture (in the same kind of room)
    60 × 1.25 × 1 500 = 112 500.
    """
    told = told_of(prices_of_money(question(penniless()), LAST, 490_000.0))
    assert "shortfall to the targets: no gain (proven)" in told
    assert "persons covered: no gain (proven)" in told


def test_every_source_has_its_price() -> None:
    """Money by source: the county's 500 000 open s1; the award may not pay for more than a half of it."""
    sources = {
        key: FundingSource(
            key, Text.same(key), dict.fromkeys(YEARS, 0.0), True, share_of_project_at_most=share
        )
        for key, share in (("county", None), ("award", 0.5))
    }
    money = replace(penniless().money, sources=sources)
    told = told_of(prices_of_money(question(replace(penniless(), money=money)), LAST, 500_000.0))
    county, award = told.split("2028: award")
    assert "50 coverage points better" in county
    assert "no gain (proven)" in award


def test_no_limit_has_no_price() -> None:
    """Without a budget there is no price."""
    assert list(prices_of_money(question(one_site_problem()), None, None)) == []


def test_a_space_where_there_is_none() -> None:
    """B has no site in reach; one more space there meets its target of elderly care: 50 points."""
    problem = one_site_problem(targets={(ELDERLY, LAST): 2.0})
    space = NewSpace(B, "b1", 600.0, 480.0, 0.0)
    told = told_of([price_of_space(question(problem), space, BETWEEN)])
    assert "乙社区: one more space of 600 m² at b1" in told
    assert "50 coverage points better (proven)" in told


def test_a_space_where_there_is_one() -> None:
    """A is served already: one more space meets no further target."""
    space = NewSpace(A, "a1", 600.0, 480.0, 0.0)
    told = told_of([price_of_space(question(one_site_problem()), space, BETWEEN)])
    assert "shortfall to the targets: no gain (proven)" in told


def test_the_middle_of_a_community() -> None:
    """a1 has 300 households and a2 150: walks to a1 add up to less."""
    assert middle_of(tiny_problem(), A, BETWEEN) == "a1"


def level(value: float, bound: float | None, name: Level = Level.SHORTFALL) -> LevelResult:
    return LevelResult(
        name=name, unit="", value=value, bound=bound, gap=None, status="gap", given_unproven=False
    )


@pytest.mark.parametrize(
    ("before", "after", "least", "most"),
    [
        (level(10.0, 10.0), level(7.0, 7.0), 3.0, 3.0),
        (level(10.0, 8.0), level(9.0, 6.0), 0.0, 4.0),
        (level(10.0, 9.0), level(7.0, 5.0), 2.0, 5.0),
        (level(10.0, None), level(7.0, 7.0), 0.0, 3.0),
        (level(10.0, 12.0, Level.PERSONS_COVERED), level(15.0, 16.0, Level.PERSONS_COVERED), 3.0, 6.0),
    ],
)
def test_gains_are_intervals(before: LevelResult, after: LevelResult, least: float, most: float) -> None:
    """The best plan before lies between value and bound, and the best one after as well."""
    found = gain(before, after)
    assert (found.least, found.most) == pytest.approx((least, most))


def test_the_step_is_a_tenth() -> None:
    """A tenth of the amount in whole 10 000 CNY, and never nothing."""
    assert default_step(10_500_000.0) == 1_050_000.0
    assert default_step(0.0) == 10_000.0


def told_as(name: str, gains: list[Gain] | Text) -> Price:
    return Price(Text.same(name), gains, name)


def test_prices_come_in_the_order_of_their_tasks() -> None:
    """The second is done before the first, which waits for it: side by side, and told in order."""
    done = threading.Event()

    def first(asked: Question) -> Price:
        assert done.wait(60.0)
        return told_as("first", [])

    def second(asked: Question) -> Price:
        done.set()
        return told_as("second", [])

    asked = question(one_site_problem())
    assert [price.name for price in priced(asked, [first, second])] == ["first", "second"]


def test_the_time_is_shared_fairly() -> None:
    """Of 10 000 s, 4 tasks in 2 rounds get 5 000 each at most, and no more than is asked for one."""
    asked = replace(question(one_site_problem()), seconds=7_000.0)
    given: list[float | None] = []

    def task(each: Question) -> Price:
        given.append(each.seconds)
        return told_as("", [])

    list(priced(asked, [task] * 4, 10_000.0))
    assert sorted(round(seconds or 0.0, -2) for seconds in given) == [5_000.0, 5_000.0, 7_000.0, 7_000.0]


def test_without_time_nothing_is_priced() -> None:
    """Where the time of all has run out it says so."""
    (price,) = priced(question(penniless()), tasks_of_money(penniless(), LAST, 500_000.0), 0.0)
    assert "not solved" in english(price.lines())


def test_the_most_valuable_communities_come_first() -> None:
    """Ranked by what is proven on the first level that gains; what may be nothing isn't ranked."""
    shortfall, persons = level(50.0, 50.0), level(10.0, 10.0, Level.PERSONS_COVERED)
    prices = [
        told_as("none", [Gain(shortfall, 0.0, 0.0), Gain(persons, 0.0, 0.0)]),
        told_as("persons", [Gain(shortfall, 0.0, 0.0), Gain(persons, 5.0, 5.0)]),
        told_as("little", [Gain(shortfall, 1.0, 1.0)]),
        told_as("perhaps", [Gain(shortfall, 0.0, 9.0)]),
        told_as("much", [Gain(shortfall, 2.0, 4.0)]),
        told_as("unsolved", Text.same("no time")),
    ]
    headline, *ranked = (line.en for line in words_of_ranking(prices))
    assert headline == "6 in all: 3 improve the plan, 1 don't (proven), 2 unknown."
    assert [line.split()[1].removesuffix(":") for line in ranked] == ["much", "little", "persons"]
    assert list(words_of_ranking(prices[:2])) == []


def test_a_later_level_gains_nothing_by_an_earlier_one_given_up() -> None:
    """The shortfall stays at 10 (proven), but the time only gave 12: then 100 persons more prove nothing."""
    before = (level(10.0, 10.0), level(1000.0, 1000.0, Level.PERSONS_COVERED))
    after = (level(12.0, 10.0), level(1100.0, 1100.0, Level.PERSONS_COVERED))
    first, second = gains_of_levels(before, after, {})
    assert first.is_zero
    assert (second.least, second.most) == (0.0, 100.0)
    _, second = gains_of_levels(before, after, {Level.SHORTFALL: 2.0})
    assert (second.least, second.most) == (100.0, 100.0)
    _, second = gains_of_levels(before, (level(10.0, 10.0), after[1]), {})
    assert (second.least, second.most) == (100.0, 100.0)

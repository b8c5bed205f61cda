"""Programmes where every operator has to be viable, counted by hand.

With the subsidies elderly care leaves 20 CNY per m² floor area and year, meals leave 10, culture loses 20.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.solve.rich_instance import SUBSIDY_CNY_PER_M2
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_problem

from siteplan.problem import Problem
from siteplan.solve.search.programmes import enumerate_programmes, mask_of

ALL = frozenset({ELDERLY, MEALS, CULTURE})


def viable(rent_cny: float = 0.0) -> Problem:
    """The tiny problem with viable operators; s1, 800 usable of 1000 m², pays a rent."""
    tiny = tiny_problem()
    functions = {
        key: replace(function, subsidy_cny_per_m2_year=SUBSIDY_CNY_PER_M2[key])
        for key, function in tiny.functions.items()
    }
    sites = {**tiny.sites, "s1": replace(tiny.sites["s1"], rent_cny_per_year=rent_cny)}
    return replace(tiny, functions=functions, sites=sites, operator_viability=True)


def cost_cny(problem: Problem, site: str, functions: frozenset[str]) -> float | None:
    """What the programme of these functions at a site costs; None where there is none."""
    programmes = enumerate_programmes(problem)
    number = programmes.by_mask[problem.planned_sites.index(site), mask_of(problem, functions)]
    return None if number < 0 else 1e6 * float(programmes.cost[number])


def test_what_only_loses_is_no_programme() -> None:
    """Culture alone can't run without a loss, beside elderly care it can."""
    problem = viable()
    assert cost_cny(problem, "s3", frozenset({CULTURE})) is None
    assert cost_cny(problem, "s3", frozenset({CULTURE, ELDERLY})) is not None


def test_a_function_uses_the_room_that_another_needs() -> None:
    """Meals in culture's 50 m² and 30 m² of elderly care meet culture's loss: no room is larger."""
    rooms_cny = 1.25 * (30.0 * 2000.0 + 50.0 * 1500.0)
    assert cost_cny(viable(), "s1", ALL) == pytest.approx(400_000.0 + rooms_cny)


def test_a_rent_takes_larger_rooms() -> None:
    """1000 CNY less the 125 left at the smallest rooms, made good by elderly care at 2000 / 20 CNY each."""
    rooms_cny = 1.25 * (30.0 * 2000.0 + 50.0 * 1500.0)
    assert cost_cny(viable(1000.0), "s1", ALL) == pytest.approx(400_000.0 + rooms_cny + 875.0 * 100.0)


def test_a_rent_may_be_too_high_for_a_space() -> None:
    """Larger rooms have to fit: 800 m² of elderly care leave no more than 20 000 CNY."""
    assert cost_cny(viable(30_000.0), "s1", ALL) is None

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


def running_cny(problem: Problem, functions: frozenset[str]) -> tuple[float, float]:
    """What the programme of these functions at s1 takes to run, and the least of it in rooms of any size."""
    programmes = enumerate_programmes(problem)
    number = programmes.by_mask[problem.planned_sites.index("s1"), mask_of(problem, functions)]
    return 1e6 * float(programmes.running[number]), 1e6 * float(programmes.least_running[number])


def test_a_rent_is_part_of_what_a_space_takes_to_run() -> None:
    """Where operators need not be viable, rent is added to the running cost of the smallest rooms."""
    both = [running_cny(replace(viable(rent), operator_viability=False), ALL) for rent in (0.0, 1000.0)]
    assert both[1] == pytest.approx(tuple(cny + 1000.0 for cny in both[0]))


def test_the_least_that_a_programme_takes_to_run_has_what_fees_pay_for_at_its_largest() -> None:
    """Culture's fees are made higher than its cost by 3 CNY: in 400 m² it takes 1200 CNY off."""
    problem = replace(viable(), operator_viability=False)
    culture = problem.functions[CULTURE]
    fees = culture.operating_cost_cny_per_m2_year + 3.0
    paid = replace(culture, fee_income_cny_per_m2_year=fees, maximum_m2=400.0)
    problem = replace(problem, functions={**problem.functions, CULTURE: paid})
    smallest, least = running_cny(problem, frozenset({CULTURE}))
    assert smallest == pytest.approx(-3.0 * 1.25 * 60.0)
    assert least == pytest.approx(-3.0 * 1.25 * 400.0)


def test_a_loss_takes_more_to_run_in_whichever_rooms_make_it_good() -> None:
    """The smallest areas leave nothing: each CNY of rent takes what one that some function leaves takes."""
    problem = viable(1000.0)
    without = replace(problem, operator_viability=False)
    per_cny = min(
        (function.operating_cost_cny_per_m2_year - function.fee_income_cny_per_m2_year) / left
        for function, left in ((problem.functions[ELDERLY], 20.0), (problem.functions[MEALS], 10.0))
    )
    _, least = running_cny(problem, ALL)
    _, of_smallest = running_cny(without, ALL)
    assert least == pytest.approx(of_smallest + 1000.0 * per_cny)

"""Bounds from prices: below every plan, not trivial, and at large sizes near what a search finds."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.solve.brute_force import best_levels
from tests.solve.random_problem import random_problem
from tests.solve.rich_instance import SUBSIDY_CNY_PER_M2, rich_instance
from tests.solve.test_against_brute_force import tiny_instance

from siteplan.bench.plain import plain_first_level
from siteplan.case import Mode
from siteplan.highs import Clock
from siteplan.problem import FundingSource, JointFunding, Problem, Role
from siteplan.scenario import Basis, Level
from siteplan.solve.decompose import prices
from siteplan.solve.decompose.prices import Work, priced_bounds
from siteplan.solve.decompose.relaxation import Years
from siteplan.solve.formulation import OBJECTIVES
from siteplan.solve.search import Runs, search_starts
from siteplan.text import Text


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 24))]
)
def test_no_plan_is_better_than_the_bound(seed: int) -> None:
    """The best of all plans has at least the bound's shortfall."""
    problem = replace(tiny_instance(seed), objective=(Level.SHORTFALL,))
    best = best_levels(problem)
    if best is None:
        pytest.skip("no plan keeps the rules")
    per_point = OBJECTIVES[Level.SHORTFALL].reported_per_model(problem)
    answer = priced_bounds(problem, Clock(time.monotonic() + 60.0))
    assert sum(answer.by_year.values()) <= answer.total + 1e-9
    assert answer.total * per_point <= best[Level.SHORTFALL] + 1e-9


@pytest.mark.parametrize("basis", [Basis.REACHABLE, Basis.RESIDENTS])
def test_the_bound_is_near_a_good_plan(basis: Basis) -> None:
    """Where money is short the bound proves most of the shortfall, and more than year by year."""
    problem = random_problem(1, basis=basis, communities=12, points=80, sites=40, budget_cny=3_000_000.0)
    clock = Clock(time.monotonic() + 240.0)
    found = search_starts(problem, 1, Runs(60_000, 1), clock)[0]
    answer = priced_bounds(problem, clock)
    assert 0.6 * found.shortfall < answer.total <= found.shortfall
    assert answer.total > sum(answer.by_year.values())


def test_parts_side_by_side_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where much is compared two threads share it: the bounds and what is promising are those of one."""
    problem = random_problem(1, communities=6, points=30, sites=20, budget_cny=3_000_000.0)
    alone = priced_bounds(problem, Clock(time.monotonic() + 60.0))
    works_for, parts = prices._works_for, []

    def counted(years: Years) -> list[Work]:
        works = works_for(years)
        parts.append(len(works))
        return works

    monkeypatch.setattr(prices, "WORTH_PARTS", 0)
    monkeypatch.setattr(prices, "_works_for", counted)
    shared = priced_bounds(problem, Clock(time.monotonic() + 60.0))
    assert set(parts) == {prices.PARTS}
    assert alone.total > 0.0
    assert shared.total == pytest.approx(alone.total, rel=1e-3)
    assert shared.by_year == pytest.approx(alone.by_year, rel=1e-3)
    assert alone.promising is not None
    assert shared.promising is not None
    assert (alone.promising.masks == shared.promising.masks).mean() > 0.9


def test_forbidden_sites_are_left_in() -> None:
    """What is forbidden until some year may be provided later: the bound doesn't forbid it."""
    problem = random_problem(2, communities=6, points=30, sites=20, budget_cny=3_000_000.0)
    forbidden = {
        (site, function): problem.years[0] for site in problem.planned_sites for function in problem.functions
    }
    clock = Clock(time.monotonic() + 60.0)
    free = priced_bounds(problem, clock)
    bounded = priced_bounds(replace(problem, forbidden_by_hand=forbidden), clock)
    assert (bounded.by_year, bounded.total) == (free.by_year, free.total)


def assert_no_plan_is_better(problem: Problem) -> None:
    """What HiGHS proves of the whole program is no lower than the bound by prices."""
    proven = plain_first_level(problem, 1, 60.0)
    if proven.value is None:
        pytest.skip("no plan keeps the rules")
    per_point = OBJECTIVES[Level.SHORTFALL].reported_per_model(problem)
    answer = priced_bounds(problem, Clock(time.monotonic() + 60.0))
    assert answer.total * per_point <= proven.value + 1e-6


def with_viable_operators(seed: int) -> Problem:
    """A random rich problem in which every operator has to be viable, with the shortfall alone."""
    problem = rich_instance(seed)
    functions = {
        key: replace(function, subsidy_cny_per_m2_year=SUBSIDY_CNY_PER_M2[key])
        for key, function in problem.functions.items()
    }
    return replace(problem, functions=functions, operator_viability=True, objective=(Level.SHORTFALL,))


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, 30))]
)
def test_no_plan_of_viable_operators_is_better_than_the_bound(seed: int) -> None:
    """What HiGHS proves of the whole program, without search and prices, is no lower than the bound."""
    assert_no_plan_is_better(with_viable_operators(seed))


@pytest.mark.slow
def test_viable_operators_raise_the_bound() -> None:
    """What can't run without a loss covers nobody: the bound knows."""
    viable = [with_viable_operators(seed) for seed in range(8)]
    free = [replace(problem, operator_viability=False) for problem in viable]
    with_rule, without = (
        sum(priced_bounds(problem, Clock(math.inf)).total for problem in problems)
        for problems in (viable, free)
    )
    assert with_rule > without


def with_few_subsidies(seed: int, yearly_cny: float = 10_000.0) -> Problem:
    """The problem of viable operators, where few of them can be subsidised."""
    problem = with_viable_operators(seed)
    subsidy_cny = {year + 1: yearly_cny for year in problem.years}
    return replace(problem, money=replace(problem.money, subsidy_cny=subsidy_cny))


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 16))]
)
def test_no_plan_within_the_subsidies_is_better_than_the_bound(seed: int) -> None:
    """What HiGHS proves of the whole program is no lower than the bound, which knows the limit."""
    assert_no_plan_is_better(with_few_subsidies(seed))


def test_few_subsidies_raise_the_bound() -> None:
    """What can't be subsidised can't run: the bound knows."""
    few, many = (
        sum(priced_bounds(problem, Clock(math.inf)).total for problem in problems)
        for problems in (
            [with_few_subsidies(seed, 6_000.0) for seed in range(6)],
            [with_viable_operators(seed) for seed in range(6)],
        )
    )
    assert few > many


def with_every_rule(seed: int) -> Problem:
    """A random problem with money by source, conversions, viable operators, joint programmes and more."""
    problem = replace(rich_instance(seed), objective=(Level.SHORTFALL,))
    random = np.random.default_rng([seed, 5])
    sites = {
        key: replace(
            site,
            joint=JointFunding(
                "old-estates", year, float(random.integers(1, 6)) * 0.2 * site.opening_cost_cny
            ),
            available_from=max(site.available_from, year),
        )
        if site.role is Role.CANDIDATE
        and random.random() < 0.5
        and (year := int(random.choice(problem.years)))
        else site
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites)


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 60))]
)
def test_no_plan_within_every_rule_is_better_than_the_bound(seed: int) -> None:
    """Sources that pay in part, joint programmes and conversions leave the bound below every plan."""
    assert_no_plan_is_better(with_every_rule(seed))


def by_source(problem: Problem, *, with_conditions: bool) -> Problem:
    """The problem with its money from two sources, one of which may pay a fifth of any cost, or all of it."""
    capital = problem.money.capital_cny or {}
    half = {year: 0.5 * amount for year, amount in capital.items()}
    share = 0.2 if with_conditions else 1.0
    sources = {
        "county": FundingSource("county", Text.same("county"), half),
        "central": FundingSource("central", Text.same("central"), half, share_of_project_at_most=share),
    }
    return replace(problem, money=replace(problem.money, sources=sources))


@pytest.mark.slow
def test_conditions_of_money_raise_the_bound() -> None:
    """Half of the money pays no more than a fifth of anything: the bound knows, and names the dearer one."""
    problem = random_problem(1, communities=12, points=80, sites=40, budget_cny=3_000_000.0)
    clock = Clock(math.inf)
    strict, free = (
        priced_bounds(by_source(problem, with_conditions=is_on), clock) for is_on in (True, False)
    )
    assert strict.total > 1.05 * free.total
    assert free.total == pytest.approx(priced_bounds(problem, clock).total, rel=0.02)
    assert strict.dearest_first == (0, 1)


@pytest.mark.slow
def test_a_joint_programme_pays_in_its_own_year_alone() -> None:
    """What is opened in that year costs nothing; a programme that is over pays nothing."""
    problem = random_problem(1, communities=12, points=80, sites=40, budget_cny=3_000_000.0)

    def joined(year: int) -> Problem:
        sites = {
            key: replace(site, joint=JointFunding("old-estates", year, site.opening_cost_cny))
            if site.role is Role.CANDIDATE
            else site
            for key, site in problem.sites.items()
        }
        return replace(problem, sites=sites)

    first, before, free = (
        priced_bounds(one, Clock(math.inf), by_year=False).total
        for one in (joined(problem.years[0]), joined(problem.years[0] - 1), problem)
    )
    assert before == pytest.approx(free)
    assert first < before


def with_musts_and_limits(seed: int) -> Problem:
    """A random problem with coverage, floor area and places that are a must, and few new and large ones."""
    problem = random_problem(
        seed,
        basis=(Basis.REACHABLE, Basis.RESIDENTS)[seed % 2],
        communities=5,
        points=20,
        sites=16,
        budget_cny=12_000_000.0,
    )
    random, last = np.random.default_rng([seed, 7]), problem.years[-1]
    sites = {
        key: site
        if site.role is not Role.CANDIDATE
        else replace(
            site,
            mode=(Mode.NEW_BUILD, Mode.REBUILD)[int(random.integers(2))],
            operator=("甲", "乙", "丙")[max(0, int(random.integers(6)) - 3)],
            plot_id=f"P{random.integers(30)}",
        )
        for key, site in problem.sites.items()
    }
    return replace(
        problem,
        sites=sites,
        newly_built_at_most=int(random.integers(1, 4)),
        operator_share_at_most=(0.4, 0.6)[seed // 2 % 2],
        functions_per_community={last: 1},
        coverage_floor={("health", last): 10.0} if seed % 2 else {},
        coverage_per_town={problem.years[1]: 5.0},
        area_floor_m2_per_100_households={last: float(random.integers(1, 6))},
        places_at_least={("infant_care", last): float(random.integers(10, 60))},
        objective=(Level.SHORTFALL,),
    )


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 40))]
)
def test_no_plan_with_musts_and_limits_is_better_than_the_bound(seed: int) -> None:
    """What HiGHS proves of the whole program is no lower than the bound, which prices these rules too."""
    assert_no_plan_is_better(with_musts_and_limits(seed))


@pytest.mark.parametrize(
    ("rules", "free"),
    [
        pytest.param({}, {"newly_built_at_most": None}, marks=pytest.mark.slow),
        ({}, {"operator_share_at_most": None}),
        pytest.param(
            {},
            {"functions_per_community": {}, "coverage_floor": {}, "coverage_per_town": {}},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"area_floor_m2_per_100_households": {2029: 60.0}},
            {"area_floor_m2_per_100_households": {}},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"places_at_least": {("infant_care", 2029): 2000.0}},
            {"places_at_least": {}},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["newly built", "operators", "coverage", "floor area", "places"],
)
def test_musts_and_limits_raise_the_bound(rules: dict[str, Any], free: dict[str, Any]) -> None:
    """What a must or a limit costs enters the bound."""
    problems = [replace(with_musts_and_limits(seed), **rules) for seed in range(3)]
    with_rules, without = (
        sum(priced_bounds(problem, Clock(math.inf)).total for problem in some)
        for some in (problems, [replace(problem, **free) for problem in problems])
    )
    assert with_rules > 1.001 * without

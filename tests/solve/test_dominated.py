"""What the least shortfall of one year does without, and why a plan doesn't do without it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.solve.rich_instance import rich_instance
from tests.solve.test_against_brute_force import tiny_instance
from tests.solve.test_properties import SEEDS, TOLERANCE, checked, shortfall
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, A, candidate, reach_from, tiny_problem

from siteplan.case import Mode
from siteplan.highs import SolverSession
from siteplan.problem import FundingSource, Problem, Role, Site
from siteplan.scenario import Level
from siteplan.solve.decompose.dominated import without_the_dominated
from siteplan.solve.decompose.single_year import single_year_problem
from siteplan.text import Text


def small(site_id: str, *hosted: str, cost_cny: float = 100_000.0, floor_m2: float = 150.0) -> Site:
    """Return a candidate of A that is too small for a complex; 150 m² hold elderly care and meals."""
    return candidate(site_id, A, floor_m2, cost_cny, Mode.REBUILD, may_host=frozenset(hosted))


def one_year(*sites: Site, distances: dict[str, dict[str, float]]) -> Problem:
    """Return the tiny problem's first year with these sites; A and B want elderly care and meals."""
    problem = tiny_problem()
    listed = {site.site_id: site for site in (*sites, problem.sites["e1"])}
    rows = {
        point: distances.get(point, {}) | ({"e1": 100.0} if point in ("a1", "a2") else {})
        for point in problem.demand
    }
    return replace(
        problem,
        years=(2027,),
        sites=listed,
        reach=reach_from(rows, tuple(listed)),
        targets={(ELDERLY, 2027): 2.0, (MEALS, 2027): 2.0},
        objective=(Level.SHORTFALL,),
    )


def near(*site_ids: str) -> dict[str, dict[str, float]]:
    """Return that the sites are near everybody in A."""
    return {point: dict.fromkeys(site_ids, 200.0) for point in ("a1", "a2")}


def test_a_function_that_covers_nothing_new_is_left_out() -> None:
    """e1 serves meals in A already, so that meals at p add nothing; elderly care does."""
    left = without_the_dominated(one_year(small("p", ELDERLY, MEALS), distances=near("p")))
    assert left.sites["p"].may_host == {ELDERLY}


def test_a_site_that_covers_nothing_new_is_left_out() -> None:
    """q, with meals alone, is no site of the bound beside p."""
    left = without_the_dominated(one_year(small("p", ELDERLY), small("q", MEALS), distances=near("p", "q")))
    assert set(left.sites) == {"p", "e1"}


def test_a_dominated_site_is_left_out() -> None:
    """Of two that reach the same and cost differently the cheaper one stays, whichever comes first."""
    for dear, cheap in (("p", "q"), ("q", "p")):
        sites = (small(dear, ELDERLY, cost_cny=200_000.0), small(cheap, ELDERLY))
        left = without_the_dominated(one_year(*sites, distances=near("p", "q")))
        assert set(left.sites) == {cheap, "e1"}


def test_of_equal_sites_the_first_stays() -> None:
    """Three sites that are alike: p, q and r."""
    alike = [small(key, ELDERLY) for key in ("q", "p", "r")]
    left = without_the_dominated(one_year(*alike, distances=near("p", "q", "r")))
    assert set(left.sites) == {"p", "e1"}


@pytest.mark.parametrize(
    "other",
    [
        replace(small("q", ELDERLY), opening_cost_cny=99_000.0),
        replace(small("q", ELDERLY), town_code="610124100"),
        replace(small("q", ELDERLY), floor_area_m2=149.0),
        small("q", ELDERLY, CULTURE),
    ],
    ids=["cheaper", "in another town", "less floor area to fit out", "more functions"],
)
def test_a_site_that_is_better_in_one_respect_stays(other: Site) -> None:
    """Beside p, which costs more, is of another town with a pace of its own, or can't provide as much."""
    problem = one_year(small("p", ELDERLY), other, distances=near("p", "q"))
    problem = replace(problem, pace=replace(problem.pace, sites_per_year_and_town=1))
    assert "q" in without_the_dominated(problem).sites


def test_a_site_that_could_not_hold_both_programmes_dominates_nothing() -> None:
    """With 50 m² p holds elderly care or the meals of B, not both: q is needed beside it."""
    narrow = small("p", ELDERLY, MEALS, floor_m2=62.5)
    distances = near("p", "q") | {"b1": {"p": 300.0}}
    problem = one_year(narrow, small("q", ELDERLY), distances=distances)
    assert without_the_dominated(problem).sites == problem.sites


def test_a_possible_complex_keeps_what_covers_nothing_new() -> None:
    """Meals may be the third function that makes it one."""
    large = replace(small("p", ELDERLY, MEALS, CULTURE), floor_area_m2=1000.0, usable_area_m2=800.0)
    problem = one_year(large, distances=near("p"))
    assert without_the_dominated(problem) is problem


REWARDS: dict[str, dict[str, Any]] = {
    "least places": {"places_at_least": {(MEALS, 2027): 20.0}},
    "floor area": {"area_floor_m2_per_100_households": {2027: 10.0}},
    "floor area of elderly care": {"elderly_area_floor_m2_per_100_households": {2027: 5.0}},
    "viability": {"operator_viability": True},
    "operators": {"operator_share_at_most": 0.5},
    "care in complexes first": {"form_standard": None, "places_reserved_first": True},
}


@pytest.mark.parametrize("rule", REWARDS.values(), ids=REWARDS)
def test_a_rule_that_rewards_more_than_coverage_keeps_everything(rule: dict[str, Any]) -> None:
    """Under it meals at p may be of use, though e1 serves them in A already."""
    problem = replace(one_year(small("p", ELDERLY, MEALS), distances=near("p")), **rule)
    assert without_the_dominated(problem) is problem


def test_money_of_sources_keeps_everything() -> None:
    """A source that pays half of a project pays less of a cheaper one, and the other half may lack."""
    problem = one_year(small("p", ELDERLY, MEALS), distances=near("p"))
    half = FundingSource("award", Text.same("award"), {2027: 1e6}, share_of_project_at_most=0.5)
    problem = replace(problem, money=replace(problem.money, sources={"award": half}))
    assert without_the_dominated(problem) is problem


def test_several_years_are_refused() -> None:
    """What opens later for want of a function that covers nothing new may miss a year's money."""
    with pytest.raises(ValueError, match="single year"):
        without_the_dominated(tiny_problem())


@pytest.mark.parametrize("level", [Level.AREA_STANDARD, Level.PERSONS_COVERED])
def test_later_levels_want_what_the_shortfall_does_without(session: SolverSession, level: Level) -> None:
    """The counterexample: q adds nothing to p's coverage of A, but floor area, and elderly persons of B."""
    problem = one_year(
        small("p", ELDERLY), small("q", ELDERLY), distances=near("p", "q") | {"b1": {"q": 500.0}}
    )
    problem = replace(problem, threshold=1.0, pace=replace(problem.pace, sites_per_year=2))
    b1 = replace(problem.demand["b2"], occupied_from=None)
    problem = replace(problem, demand={**problem.demand, "b2": b1})
    left = without_the_dominated(problem)
    assert set(left.sites) == {"p", "e1"}
    assert shortfall(session, left) == pytest.approx(shortfall(session, problem))
    assert shortfall(session, left, level) > shortfall(session, problem, level) + TOLERANCE


def with_twins(problem: Problem, seed: int) -> Problem:
    """Return the problem with a second site beside each free candidate: cheaper or dearer, for less."""
    random = np.random.default_rng([seed, 13])
    twins = {
        key: replace(
            site,
            site_id=f"{key}t",
            opening_cost_cny=site.opening_cost_cny * float(random.choice([0.5, 1.0, 1.5])),
            may_host=frozenset(function for function in sorted(site.may_host) if random.random() < 0.7),
        )
        for key, site in problem.sites.items()
        if site.role is Role.CANDIDATE and site.opens_in is None and site.converts is None
    }
    sites = {**problem.sites, **{twin.site_id: twin for twin in twins.values()}}
    distances = {
        point: dict(row) | {twins[key].site_id: metres for key, metres in row.items() if key in twins}
        for point, row in problem.distances.items()
    }
    reach = reach_from(distances, tuple(sites), problem.reach.limit_m)
    return replace(problem, sites=sites, reach=reach)


def drawn(seed: int) -> Problem:
    """Return a random tiny problem of one year in which sites are often too small for a complex."""
    problem = (tiny_instance if seed % 2 else rich_instance)(seed)
    problem = single_year_problem(problem, problem.years[-1])
    if seed % 4:
        problem = replace(problem, operator_share_at_most=None, places_at_least={}, operator_viability=False)
        problem = replace(problem, money=replace(problem.money, sources={}))
    if seed % 5:
        smaller = {
            key: replace(site, floor_area_m2=min(site.floor_area_m2, 500.0), plot_id=None)
            for key, site in problem.sites.items()
        }
        problem = replace(problem, sites=smaller)
    return replace(with_twins(problem, seed), objective=(Level.SHORTFALL,))


@settings(checked, max_examples=20)
@given(seed=SEEDS)
def test_the_least_shortfall_of_a_year_stays(session: SolverSession, seed: int) -> None:
    """With and without what is dominated it is the same."""
    problem = drawn(seed)
    expected = shortfall(session, problem)
    assert shortfall(session, without_the_dominated(problem)) == pytest.approx(expected, abs=TOLERANCE)


@pytest.mark.slow
@settings(checked, max_examples=400)
@given(seed=SEEDS)
def test_the_least_shortfall_of_many_years_stays(session: SolverSession, seed: int) -> None:
    """The same for twenty times as many."""
    problem = drawn(seed)
    expected = shortfall(session, problem)
    assert shortfall(session, without_the_dominated(problem)) == pytest.approx(expected, abs=TOLERANCE)


def test_the_problems_have_something_that_is_dominated() -> None:
    """Of two hundred problems a good part loses functions, or whole sites."""
    functions = sites = 0
    for seed in range(200):
        problem = drawn(seed)
        left = without_the_dominated(problem)
        functions += any(site.may_host < problem.sites[key].may_host for key, site in left.sites.items())
        sites += len(left.sites) < len(problem.sites)
    assert min(functions, sites) >= 20, (functions, sites)

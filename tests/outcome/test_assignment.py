"""The assignment convention: by hand on the tiny plan, and its properties on random problems."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny_problem import (
    CULTURE,
    DISTANCES,
    ELDERLY,
    FUNCTIONS,
    MEALS,
    YEARS,
    reach_from,
    tiny_decisions,
    tiny_problem,
)

from siteplan.outcome import assign
from siteplan.outcome.assignment import places_at
from siteplan.outcome.provision import providing_sites
from siteplan.plan import Assignment, Decisions
from siteplan.problem import Problem

PLANNED = ("s1", "s2", "s3")


def test_the_tiny_plan_by_hand() -> None:
    """Each pair in order of distance fills what is free; the rest stay with the cause.

    Meals 2027: e1 has 15 places, s1 10. a2 is 150 m from e1 and takes 10 of them; a1 takes s1's 10 at
    200 m, then e1's last 5 at 400 m, and 5 stay without a place. b1 has no provider within 500 m.
    """
    rows = [
        row for row in assign(tiny_problem(), tiny_decisions()) if (row.function, row.year) == (MEALS, 2027)
    ]
    assert rows == [
        Assignment(2027, MEALS, "a1", "s1", 10.0, 200.0, ""),
        Assignment(2027, MEALS, "a1", "e1", 5.0, 400.0, ""),
        Assignment(2027, MEALS, "a1", "", 5.0, None, "no_place"),
        Assignment(2027, MEALS, "a2", "e1", 10.0, 150.0, ""),
        Assignment(2027, MEALS, "b1", "", 16.0, None, "no_provider_in_reach"),
    ]


def test_ordered_by_year_function_and_demand_point() -> None:
    """Rows come by year, function and demand point; a point that is not occupied or counted has none."""
    rows = assign(tiny_problem(), tiny_decisions())
    order = list(dict.fromkeys((row.year, row.function, row.demand_id) for row in rows))
    assert order == [
        (year, function, demand_id)
        for year in YEARS
        for function in (ELDERLY, MEALS, CULTURE)
        for demand_id in (("a1", "a2", "b1") if year == 2027 else ("a1", "a2", "b1", "b2"))
    ]


def test_ties_go_to_the_smaller_demand_id_then_site_id() -> None:
    """At equal distance the demand id decides, then the site id."""
    problem = tiny_problem()
    distances = {**DISTANCES, "a1": {"s1": 200.0, "s2": 200.0}, "b1": {"s1": 200.0, "s2": 200.0}}
    problem = replace(problem, reach=reach_from(distances, tuple(problem.sites)))
    rows = [row for row in assign(problem, tiny_decisions()) if (row.function, row.year) == (ELDERLY, 2028)]
    assert [(row.demand_id, row.site_id, row.persons) for row in rows if row.site_id] == [
        ("a1", "s1", 40.0),
        ("b1", "s1", 10.0),
        ("b1", "s2", 20.0),
    ]


@st.composite
def random_plans(draw: st.DrawFn) -> tuple[Problem, Decisions]:
    """Draw distances, target groups and areas for the tiny problem's points and sites."""
    problem = tiny_problem()
    metres = st.integers(0, 10_000).map(lambda decimetres: decimetres / 10)
    distances = {
        demand_id: draw(st.dictionaries(st.sampled_from(tuple(problem.sites)), metres))
        for demand_id in problem.demand
    }
    persons = st.floats(0, 200, allow_subnormal=False)
    demand = {
        key: replace(point, target_group={function.key: draw(persons) for function in FUNCTIONS})
        for key, point in problem.demand.items()
    }
    pairs = [(site_id, key) for site_id in PLANNED for key in sorted(problem.sites[site_id].may_host)]
    starts = draw(st.dictionaries(st.sampled_from(pairs), st.sampled_from(YEARS)))
    areas = {
        (site_id, function, year): draw(st.floats(0, 300, allow_subnormal=False))
        for (site_id, function), start in starts.items()
        for year in YEARS
        if year >= start
    }
    varied = replace(problem, demand=demand, reach=reach_from(distances, tuple(problem.sites)))
    return varied, Decisions(starts, {}, areas, {})


@given(random_plans())
def test_persons_are_conserved(plan: tuple[Problem, Decisions]) -> None:
    """Seated and unseated persons of a demand point sum up to its target group."""
    problem, decisions = plan
    total: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in assign(problem, decisions):
        assert row.persons > 0.0
        total[row.year, row.function, row.demand_id] += row.persons
    for year in problem.years:
        for function in problem.functions:
            for demand_id in problem.counted_demand:
                assert total[year, function, demand_id] == pytest.approx(
                    problem.target_group(demand_id, function, year), rel=1e-9
                )


@given(random_plans())
def test_places_are_respected(plan: tuple[Problem, Decisions]) -> None:
    """No site seats more persons than it has places, and only within the service radius."""
    problem, decisions = plan
    used: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in assign(problem, decisions):
        if row.site_id:
            assert row.distance_m == problem.distances[row.demand_id][row.site_id]
            assert row.distance_m <= problem.functions[row.function].service_radius_m
            used[row.year, row.function, row.site_id] += row.persons
    for (year, function, site_id), persons in used.items():
        places = places_at(problem, decisions, site_id, function, year)
        assert persons <= places * (1 + 1e-9)


@given(random_plans())
def test_nobody_is_sent_farther_past_a_free_place(plan: tuple[Problem, Decisions]) -> None:
    """Whoever walks farther, or has no place, finds every nearer provider full; the cause is right."""
    problem, decisions = plan
    providing = providing_sites(problem, decisions)
    rows = assign(problem, decisions)
    used: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in rows:
        used[row.year, row.function, row.site_id] += row.persons
    for row in rows:
        radius = problem.functions[row.function].service_radius_m
        distances = problem.distances[row.demand_id]
        providers = [
            site_id
            for site_id, distance in distances.items()
            if site_id in providing[row.function, row.year] and distance <= radius
        ]
        if not row.site_id:
            assert row.cause == ("no_place" if providers else "no_provider_in_reach")
        for site_id in providers:
            if not row.site_id or distances[site_id] < distances[row.site_id]:
                places = places_at(problem, decisions, site_id, row.function, row.year)
                assert used[row.year, row.function, site_id] == pytest.approx(places, rel=1e-9, abs=1e-9)

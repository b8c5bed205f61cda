"""Little-used existing services make room for other functions."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.solve.test_against_brute_force import check_against_brute_force, tiny_instance
from tests.solve.test_assemble import problem_of
from tests.tiny_case import changed, tiny_rows
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, A
from tests.verify.world import CULTURE as CASE_CULTURE
from tests.verify.world import SPORTS

from siteplan.case import Mode
from siteplan.highs import Clock
from siteplan.outcome import evaluate
from siteplan.problem import Problem, Role
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import solve
from siteplan.solve.search import Runs, search_starts

QUICK = SolverSettings(time_limit_s=240.0, effort=0.05)


def with_conversion(problem: Problem, held_until: int | None = None) -> Problem:
    """Return the problem in which e1 (80 m²) may become a place for elderly care and culture."""
    former = problem.sites["e1"]
    converted = replace(
        former,
        site_id="x1",
        role=Role.CANDIDATE,
        may_host=frozenset({ELDERLY, CULTURE}),
        programme=None,
        opening_cost_cny=100_000.0,
        mode=Mode.REBUILD,
        converts="e1",
        held_until=held_until,
    )
    return replace(problem, sites={**problem.sites, "x1": converted})


@pytest.fixture
def only_conversion() -> Problem:
    """Nothing is wanted but elderly care in A, and nothing can open but the space of e1."""
    problem = tiny_instance(2)
    years = problem.years
    sites = {"e1": problem.sites["e1"]}
    return with_conversion(
        replace(
            tiny_instance(2),
            sites=sites,
            targets={(ELDERLY, years[-1]): 1.0},
            objective=(Level.SHORTFALL, Level.COST),
            money=replace(problem.money, capital_cny=None, operating_cny={}),
        )
    )


def test_a_service_makes_room_for_what_is_wanted(only_conversion: Problem) -> None:
    """e1 stops its meals in the year in which elderly care starts in its space; its coverage is gone."""
    decisions = solve(only_conversion, QUICK).decisions
    (start,) = {year for (site, _), year in decisions.start_year.items() if site == "x1"}
    outcome = evaluate(only_conversion, decisions)
    for year in only_conversion.years:
        assert ("e1" in outcome.providing[MEALS, year]) is (year < start)
        assert ("x1" in outcome.providing[ELDERLY, year]) is (year >= start)
    (former,) = [site for site in outcome.sites if site.site_id == "e1"]
    assert former.converted_in == start
    assert all(max(entry.area_m2_by_year, default=0) < start for entry in former.functions)
    (row,) = [
        row
        for row in outcome.area_standard
        if row.community_code == A and row.year == only_conversion.years[-1]
    ]
    # 40 to 80 m² of elderly care in place of 60 m² of meals, times 1.25.
    assert row.floor_area_m2 == row.elderly_floor_area_m2 > 0.0


def test_a_use_that_is_held_is_not_converted(only_conversion: Problem) -> None:
    """Held beyond the horizon, e1 goes on and elderly care stays short."""
    sites = dict(only_conversion.sites)
    sites["x1"] = replace(sites["x1"], held_until=only_conversion.years[-1] + 1)
    result = solve(replace(only_conversion, sites=sites), QUICK)
    assert not result.decisions.start_year
    assert result.levels[0].value > 0.0


@pytest.mark.parametrize("seed", [0, 2, 4, 6, 8])
def test_the_solver_agrees_with_trying_everything(seed: int) -> None:
    """With e1 convertible, from the second year on in some, both find the same."""
    problem = tiny_instance(seed)
    check_against_brute_force(with_conversion(problem, problem.years[-1] if seed % 4 == 2 else None))


@pytest.mark.parametrize(
    ("rules", "columns", "held_until"),
    [
        ({"conversion": True}, {}, None),
        ({"conversion": True, "use_is_held_years": 3}, {"operating_since": "2025"}, 2028),
        ({"conversion": True, "use_is_held_years": 3}, {"operating_since": ""}, None),
    ],
    ids=str,
)
def test_a_convertible_service_has_a_candidate_in_its_place(
    tmp_path: Path, rules: dict[str, Any], columns: dict[str, str], held_until: int | None
) -> None:
    """E1 (400 m², 280 usable) may become anything it is large enough for, at 1 000 CNY per m²."""
    service = changed(tiny_rows("existing_services")[0], convertible="yes", operating_since="")
    problem = problem_of(tmp_path, {"rules": rules}, existing_services=[changed(service, **columns)])
    site = problem.sites["E1-converted"]
    assert {SPORTS, CASE_CULTURE} <= site.may_host
    assert (site.converts, site.held_until) == ("E1", held_until)
    assert site.opening_cost_cny == pytest.approx(400_000.0)
    assert all(walks.get("E1") == walks.get("E1-converted") for walks in problem.distances.values())


@pytest.mark.parametrize(("rules", "convertible"), [({}, "yes"), ({"conversion": True}, "no")])
def test_nothing_is_converted_without_rule_and_mark(
    tmp_path: Path, rules: dict[str, Any], convertible: str
) -> None:
    """Both the scenario's rule and the row's mark are needed."""
    service = changed(tiny_rows("existing_services")[0], convertible=convertible)
    problem = problem_of(tmp_path, {"rules": rules}, existing_services=[service])
    assert not problem.conversions


def test_the_search_converts_where_that_covers_what_is_wanted(only_conversion: Problem) -> None:
    """A free conversion opens, one with a fixed year in that year, one whose use is held never."""
    years, free = only_conversion.years, only_conversion.sites["x1"]

    def starts(**changes: Any) -> list[dict[tuple[str, str], int]]:
        problem = replace(only_conversion, sites={**only_conversion.sites, "x1": replace(free, **changes)})
        plans = search_starts(problem, 1, Runs(1000, 1), Clock(time.monotonic() + 240.0))
        return [dict(plan.decisions.start_year) for plan in plans]

    assert set(starts()[0]) == {("x1", ELDERLY)}
    fixed = starts(opens_in=years[-1], required_functions=frozenset({ELDERLY}))
    assert fixed == [{("x1", ELDERLY): years[-1]}]
    assert not starts(held_until=years[-1] + 1)

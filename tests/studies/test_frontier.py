"""The trade-off curve: exact on tiny problems, monotone always, every point a plan that `verify` confirms."""

from __future__ import annotations

import csv
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.solve.brute_force import best_levels
from tests.solve.random_problem import random_problem
from tests.tiny_problem import tiny_problem

from siteplan.cli.main import run
from siteplan.outcome import MAXIMISED, level_value
from siteplan.plan import Decisions, LevelResult
from siteplan.problem import Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import InfeasibleError, NoPlanError, SolveResult, proven_levels, solve
from siteplan.studies import frontier
from siteplan.studies.axes import AxisError, axis_of
from siteplan.studies.frontier import Point, knees, monotone, solving_order, trace

QUICK = SolverSettings(time_limit_s=240.0, effort=0.02)


def scaled(problem: Problem, share: float) -> Problem:
    """Return the problem with a share of its money."""
    assert problem.money.capital_cny is not None
    capital = {year: share * amount for year, amount in problem.money.capital_cny.items()}
    return replace(problem, money=replace(problem.money, capital_cny=capital))


def test_the_ends_come_first_and_every_point_once() -> None:
    """The order is a bisection."""
    assert solving_order(5) == [0, 4, 2, 1, 3]
    for count in range(1, 14):
        assert sorted(solving_order(count)) == list(range(count))


@pytest.mark.parametrize(
    "level", [Level.SHORTFALL, pytest.param(Level.PERSONS_COVERED, marks=pytest.mark.slow)]
)
def test_each_point_is_the_best_there_is(level: Level) -> None:
    """On the tiny problem: the first level of every plan tried by brute force."""
    problem = replace(tiny_problem(), objective=(level, Level.COST))
    shares = (0.3, 0.5, 0.7, 0.9, 1.2)
    steps = [(share, scaled(problem, share), QUICK) for share in shares]
    curve = monotone(trace(steps, 60.0, threading.Event()))
    assert [point.value for point in curve] == list(shares)
    for point in curve:
        expected = best_levels(point.problem)
        assert expected is not None
        assert point.first.value == pytest.approx(expected[level])
        assert point.first.status == "optimal"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_curve_is_monotone(seed: int) -> None:
    """More money is never worse, nor is its bound, however hasty the search of each point."""
    problem = random_problem(
        seed, communities=6, towns=2, points=30, sites=10, years=1 + seed % 2, budget_cny=1_500_000.0
    )
    hasty = SolverSettings(time_limit_s=240.0, effort=0.001)
    steps = [(share, scaled(problem, share), hasty) for share in (0.2, 0.5, 0.9, 1.4)]
    curve = monotone(trace(steps, 60.0, threading.Event()))
    values = [point.first.value for point in curve]
    bounds = [point.first.bound for point in curve if point.first.bound is not None]
    assert values == sorted(values, reverse=True)
    assert bounds == sorted(bounds, reverse=True)
    for point in curve:
        assert point.first.value == level_value(point.problem, point.result.decisions, point.first.name)


def test_a_worse_point_takes_its_tighter_neighbours_plan() -> None:
    """The plan for less money takes the place of a worse one for more, and a bound is passed back."""
    problem = replace(tiny_problem(), objective=(Level.SHORTFALL,))
    best = trace([(1.0, problem, QUICK)], 60.0, threading.Event())[0]
    nothing = Decisions({}, {}, {}, {})
    worse = SolveResult(nothing, proven_levels(problem, nothing, {Level.SHORTFALL: 1.0}), "completed")
    curve = monotone([replace(best, value=0.5), Point(1.0, problem, worse)])
    assert curve[1].taken_from == 0.5
    assert curve[1].result.decisions == best.result.decisions
    assert curve[1].first.value == best.first.value


def point_at(value: float, height: float) -> Point:
    """Return a point of a curve."""
    level = LevelResult(
        name=Level.SHORTFALL,
        unit="coverage points",
        value=height,
        bound=None,
        gap=None,
        status="unproven",
        given_unproven=False,
    )
    return Point(value, tiny_problem(), SolveResult(Decisions({}, {}, {}, {}), (level,), "completed"))


def test_a_knee_is_where_the_curve_bends() -> None:
    """Steep until 2, flat from there: one knee. A straight line and a flat one have none."""
    assert Level.SHORTFALL not in MAXIMISED
    heights = [10.0, 5.0, 0.5, 0.4, 0.0]
    assert knees([point_at(float(x), height) for x, height in enumerate(heights)]) == {2.0}
    assert knees([point_at(float(x), 10.0 - x) for x in range(5)]) == set()
    assert knees([point_at(float(x), 3.0) for x in range(5)]) == set()
    floors = [point_at(4.0 - x, height) for x, height in enumerate(heights)]
    assert knees(floors) == {2.0}


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("over", "against", "first", "last"),
    [
        pytest.param("budget", "shortfall", "10", "60", marks=pytest.mark.slow),
        pytest.param("walking", "coverage:elderly_care", "40", "100", marks=pytest.mark.slow),
        pytest.param("worst_community", "cost", "0", "3", marks=pytest.mark.slow),
        pytest.param("area_standard", "persons_covered", "0", "20", marks=pytest.mark.slow),
        pytest.param("coverage:culture", "coverage:sports", "0", "50", marks=pytest.mark.slow),
    ],
)
def test_every_point_is_verified(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, over: str, against: str, first: str, last: str
) -> None:
    """Three points from the command line: CSV, picture, and result folders that `verify` confirms."""
    monkeypatch.chdir(tiny_project)
    arguments = ["frontier", "scenarios/tiny.yaml", "--over", over, "--against", against]
    assert run([*arguments, "--from", first, "--to", last, "--points", "3"], {}) == 0
    folder = tiny_project / "results/tiny-frontier"
    assert (folder / "frontier.png").stat().st_size > 10_000
    rows = rows_of(folder / "frontier.csv")
    assert len(rows) == 3
    values = [float(row["level_value"]) for row in rows]
    loosened = values if against in ("shortfall", "cost") or ":" in against else values[::-1]
    assert loosened == sorted(loosened, reverse=True)
    assert len(np.unique([row["results"] for row in rows])) == 3
    for row in rows:
        assert (folder / row["scenario"]).is_file()
        assert run(["verify", str(folder / row["results"])], {}) == 0


def test_what_makes_no_curve_is_refused(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown names, an aim that is best where nothing opens, a folder outside the project."""
    monkeypatch.chdir(tiny_project)
    english = {"SITEPLAN_LANG": "en"}
    for options, words in (
        (("--over", "moon"), "budget, sites, walking"),
        (("--against", "moon"), "shortfall"),
        (("--against", "cost"), "worst_community"),
    ):
        assert run(["frontier", "scenarios/tiny.yaml", *options], english) == 2
        assert words in " ".join(capsys.readouterr().err.split())
    outside = str(tiny_project.parent / "elsewhere")
    assert run(["frontier", "scenarios/tiny.yaml", "--output", outside], english) == 2
    assert "project" in capsys.readouterr().err
    with pytest.raises(AxisError, match="moon"):
        axis_of("moon", None, tiny_problem())  # type: ignore[arg-type]


def test_a_point_that_is_too_far_from_its_bound_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first try proves nothing, the first level alone is solved, then the rest from there."""
    problem = replace(tiny_problem(), objective=(Level.SHORTFALL, Level.COST))
    tried: list[tuple[Level, ...]] = []

    def forgetful(asked: Problem, *arguments: Any, **keywords: Any) -> SolveResult:
        tried.append(asked.objective)
        found = solve(asked, *arguments, **keywords)
        if len(tried) > 1:
            return found
        nothing = Decisions({}, {}, {}, {})
        return SolveResult(nothing, proven_levels(asked, nothing, {Level.SHORTFALL: 0.0}), "time_limit")

    monkeypatch.setattr("siteplan.studies.frontier.solve", forgetful)
    point = trace([(1.0, problem, QUICK)], 60.0, threading.Event())[0]
    assert tried == [problem.objective, (Level.SHORTFALL,), problem.objective]
    assert point.first.status == "optimal"
    assert point.first.value == pytest.approx(solve(problem, QUICK).levels[0].value)


def floors(count: int) -> Problem:
    """Return the tiny problem at least cost with so many communities that must have elderly care."""
    problem = replace(tiny_problem(), objective=(Level.COST,))
    return replace(problem, coverage_floor={("elderly_care", problem.years[-1]): float(count)})


def test_to_open_nothing_may_be_the_best() -> None:
    """Where nothing is a must, nothing is cheapest, whatever the tighter points begin with."""
    points = trace([(float(count), floors(count), QUICK) for count in (2, 1, 0)], 30.0, threading.Event())
    assert points[0].first.value > 0.0
    assert (points[-1].first.value, points[-1].first.status) == (0.0, "optimal")


def test_points_that_ran_out_of_time_are_not_said_to_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tightest point clashes, the others were given no time: nobody knows whether they have a plan."""
    impossible = replace(floors(2), pace=replace(floors(2).pace, sites_per_year=0))

    def slow(problem: Problem, *arguments: Any, **options: Any) -> SolveResult:
        if problem is not impossible:
            raise NoPlanError(interrupted=False)
        return solve(problem, *arguments, **options)

    monkeypatch.setattr(frontier, "solve", slow)
    with pytest.raises(NoPlanError):
        trace([(2.0, impossible, QUICK), (0.0, floors(0), QUICK)], 30.0, threading.Event())
    with pytest.raises(InfeasibleError):
        trace([(2.0, impossible, QUICK)], 30.0, threading.Event())


def test_targets_of_towns_are_no_part_of_a_functions_coverage(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a function's coverage nothing else is missed, whatever a town was to have."""
    monkeypatch.chdir(tiny_project)
    town = rows_of(tiny_project / "data/tiny/communities.csv")[0]["town_code"]
    own = f'{{towns: {{"{town}": {{elderly_care: {{2028: 100}}, culture: {{2028: 100}}}}}}}}'
    scenario = tiny_project / "scenarios/local.yaml"
    scenario.write_text(f"extends: tiny.yaml\nbudget: {{scale: 0.02}}\ntargets: {own}\n", encoding="utf-8")
    arguments = ["frontier", "scenarios/local.yaml", "--over", "budget", "--against", "coverage:culture"]
    assert run([*arguments, "--from", "20", "--to", "100", "--points", "2"], {}) == 0
    for row in rows_of(tiny_project / "results/local-frontier/frontier.csv"):
        short = 100.0 - float(row["coverage_percent_culture"])
        assert float(row["level_value"]) == pytest.approx(short, abs=0.01)

"""``siteplan province``: the split is the best over its points, its bound holds for every split."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siteplan.cli.main import run
from siteplan.cli.runs import Task, solve_task
from siteplan.publish import read_plan
from siteplan.scenario import Level
from siteplan.studies.province import (
    County,
    Point,
    best_split,
    bound_steps,
    even_scale,
    first_points,
    money_left,
    split_money,
)

ENGLISH = {"SITEPLAN_LANG": "en"}
TOTALS = {2027: 100.0, 2028: 60.0}
COUNTIES = (County("a", 1.0, {2027: 50.0, 2028: 20.0}), County("b", 3.0, {2027: 30.0, 2028: 40.0}))


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_first_points_are_around_the_even_scale_and_at_all_the_money() -> None:
    """Even: 100 / 80 and 60 / 60, the lower one; alone a takes 100 / 50, b 60 / 40."""
    assert even_scale(COUNTIES, TOTALS) == 1.0
    assert first_points(COUNTIES, TOTALS) == [
        *(("a", scale) for scale in (0.5, 0.75, 1.0, 1.25, 2.0)),
        *(("b", scale) for scale in (0.5, 0.75, 1.0, 1.25, 1.5)),
    ]


def test_the_bound_at_a_point_holds_up_to_it() -> None:
    """A step begins at the point before; a looser point's better bound holds for a tighter one too."""
    points = [Point(0.5, 9.0, 6.0), Point(1.0, 5.0, 4.0), Point(1.5, 5.0, 4.5), Point(2.0, 1.0, 1.0)]
    assert bound_steps(Level.SHORTFALL, points, 2.0) == [(0.0, 6.0), (0.5, 4.5), (1.0, 4.5), (1.5, 1.0)]
    assert bound_steps(Level.PERSONS_COVERED, [Point(1.0, 3.0, 5.0), Point(2.0, 4.0, 4.0)], 2.0) == [
        (0.0, 4.0),
        (1.0, 4.0),
    ]


def test_what_is_infeasible_has_no_step_and_what_is_unproven_none_of_its_own() -> None:
    """Scales up to an infeasible one are out; without a bound at the most money there is none."""
    points = [Point(0.5, None, None, True), Point(0.7, 8.0, None), Point(1.0, 5.0, 4.0)]
    assert bound_steps(Level.SHORTFALL, points, 1.0) == [(0.5, 4.0)]
    assert bound_steps(Level.SHORTFALL, [Point(0.5, 9.0, 6.0), Point(1.0, 5.0, None)], 1.0) == []


def test_an_interrupted_study_has_no_bound() -> None:
    """What a county reaches with all the money there is wasn't solved: nothing bounds it."""
    assert bound_steps(Level.SHORTFALL, [Point(0.5, 20.0, 20.0), Point(1.0, 20.0, 20.0)], 1.5) == []

    def interrupted(wanted: Sequence[tuple[str, float]]) -> dict[tuple[str, float], Point]:
        return {(key, scale): Point(scale, 20.0, 20.0) for key, scale in wanted if scale < 1.5}

    split, _ = split_money(COUNTIES, TOTALS, Level.SHORTFALL, interrupted, 3, 0.1)
    assert split is not None
    assert (split.value, split.bound) == (20.0, None)


values = st.lists(st.integers(0, 40), min_size=4, max_size=4)


@settings(max_examples=40, deadline=None)
@given(first=values, second=values, slack=st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_the_split_is_the_best_and_nothing_is_beyond_the_bound(
    first: list[int], second: list[int], slack: list[int]
) -> None:
    """Against all combinations of the points; and against a finer grid of the true, monotone curves."""
    scales = (0.5, 1.0, 1.5, 2.0)
    true = {"a": sorted(first, reverse=True), "b": sorted(second, reverse=True)}
    curves = {
        key: [
            Point(scale, float(value), float(value - slack[4 * position + number]))
            for number, (scale, value) in enumerate(zip(scales, true[key], strict=True))
        ]
        for position, key in enumerate(("a", "b"))
    }

    def fits(one: float, other: float) -> bool:
        shares = (one, other)
        return all(
            sum(share * county.amounts_cny[year] for share, county in zip(shares, COUNTIES, strict=True))
            <= total + 1e-9
            for year, total in TOTALS.items()
        )

    def best_over(grid: Sequence[float]) -> float:
        def at(key: str, scale: float) -> float:
            # between points a county may be as good as at the next one, at an instant above the last
            reached = [value for known, value in zip(scales, true[key], strict=True) if known >= scale - 1e-9]
            return float(reached[0])

        pairs = [(one, other) for one, other in itertools.product(grid, grid) if fits(one, other)]
        return min((at("a", one) + 3.0 * at("b", other)) / 4.0 for one, other in pairs)

    split = best_split(COUNTIES, TOTALS, Level.SHORTFALL, curves)
    assert split is not None
    assert split.value == pytest.approx(best_over(scales))
    assert split.bound is not None
    finer = [step + 0.001 for step in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.4, 1.5, 1.7)]
    assert split.bound <= best_over(finer) + 1e-9
    assert all(left >= 0.0 for left in money_left(COUNTIES, TOTALS, split).values())


def test_refining_closes_the_gap() -> None:
    """New points are solved where bound and split disagree; what each round knows only gets better."""

    def value(key: str, scale: float) -> float:
        return max(0.0, 30.0 - (18.0 if key == "a" else 25.0) * scale)

    def solve(wanted: Sequence[tuple[str, float]]) -> Mapping[tuple[str, float], Point]:
        return {
            (key, scale): Point(
                scale, value := max(0.0, 30.0 - (18.0 if key == "a" else 25.0) * scale), value
            )
            for key, scale in wanted
        }

    gaps = []
    for rounds in (0, 2, 5):
        split, curves = split_money(COUNTIES, TOTALS, Level.SHORTFALL, solve, rounds, 0.0)
        assert split is not None
        assert split.gap is not None
        gaps.append(split.gap)
        keys = [(key, point.scale) for key, points in curves.items() for point in points]
        assert len(keys) == len(set(keys))
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 2.0


def test_without_a_plan_everywhere_there_is_no_split() -> None:
    """One county without any plan leaves nothing to split, and nothing is claimed."""

    def solve(wanted: Sequence[tuple[str, float]]) -> Mapping[tuple[str, float], Point]:
        return {
            (key, scale): Point(scale, None, None, True) if key == "a" else Point(scale, 1.0, 1.0)
            for key, scale in wanted
        }

    split, curves = split_money(COUNTIES, TOTALS, Level.SHORTFALL, solve, 1, 0.0)
    assert split is None
    assert all(point.is_infeasible for point in curves["a"])


def province(project: Path, total: float, **counties: str) -> None:
    """Write a province of counties that each extend the tiny scenario."""
    lines = ["counties:"]
    for key, body in counties.items():
        text = f"extends: tiny.yaml\nobjective: [shortfall]\nyears: [2027]\n{body}\n"
        (project / f"scenarios/{key}.yaml").write_text(text, encoding="utf-8")
        lines.append(f"  {key}: {{scenario: {key}.yaml, weight: {len(key)}}}")
    lines += [f"budget_cny: {{2027: {total}}}", "rounds: 0"]
    (project / "scenarios/province.yaml").write_text("\n".join(lines), encoding="utf-8")


def one_after_the_other(tasks: Sequence[Task], *others: Any) -> None:
    """Run tasks in this process, in place of `run_all`."""
    for task in tasks:
        others[-1](task.name, solve_task(task))


@pytest.mark.slow
def test_every_countys_plan_is_verified_and_the_money_kept(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two counties share the money of a year: full plans, a mean with its bound, points kept next time."""
    monkeypatch.chdir(tiny_project)
    monkeypatch.setattr("siteplan.cli.sweeping.run_all", one_after_the_other)
    money = "budget: {sources: {county: {amounts_cny: {2028: null}}}}"
    province(tiny_project, 3_000_000.0, east=money, northwest=f"{money}\npace: {{sites_per_year: 1}}")
    assert run(["province", "scenarios/province.yaml"], ENGLISH) == 0
    assert "no split is better than" in capsys.readouterr().out
    folder = tiny_project / "results/province-province"
    rows = {row["county"]: row for row in rows_of(folder / "province.csv")}
    assert sum(float(row["money_2027_cny"]) for row in rows.values()) <= 3_000_000.0
    for row in rows.values():
        assert run(["verify", str(folder / row["results"])], {}) == 0
        plan = read_plan(folder / row["results"])
        assert plan.levels[0].value == pytest.approx(float(row["value"]), abs=1e-5)
        assert sum(year.capital_cny for year in plan.money) <= float(row["money_2027_cny"]) + 1.0
    (split,) = rows_of(folder / "split.csv")
    mean = sum(float(row["value"]) * float(row["weight"]) for row in rows.values()) / (4 + 9)
    assert float(split["value"]) == pytest.approx(mean, abs=1e-5)
    assert float(split["bound"]) <= float(split["value"]) + 1e-6
    times = [file.stat().st_mtime_ns for file in sorted(folder.glob("points/*/run.json"))]
    assert run(["province", "scenarios/province.yaml"], ENGLISH) == 0
    assert [file.stat().st_mtime_ns for file in sorted(folder.glob("points/*/run.json"))] == times


@pytest.mark.parametrize(
    ("bodies", "total", "said"),
    [
        ({"east": "budget: null"}, "2027", "the scenario has no money"),
        ({"east": ""}, "2026", "no total for 2027, 2028"),
        ({"east": "", "west": "objective: [cost]"}, "2027", "another county's shortfall"),
        ({"east": "paec: 3"}, "2027", "paec"),
    ],
)
def test_bad_provinces_are_told(
    tiny_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bodies: dict[str, str],
    total: str,
    said: str,
) -> None:
    """Counties without money, years without a total, levels that differ, faults of a scenario."""
    monkeypatch.chdir(tiny_project)
    for key, body in bodies.items():
        (tiny_project / f"scenarios/{key}.yaml").write_text(f"extends: tiny.yaml\n{body}\n", encoding="utf-8")
    counties = ", ".join(f"{key}: {{scenario: {key}.yaml}}" for key in bodies)
    text = f"counties: {{{counties}}}\nbudget_cny: {{{total}: 1000000}}\n"
    (tiny_project / "scenarios/province.yaml").write_text(text, encoding="utf-8")
    assert run(["province", "scenarios/province.yaml"], ENGLISH) == 2
    assert said in capsys.readouterr().err

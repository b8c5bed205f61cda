"""Plans as good but as different as possible: by brute force on tiny problems, and from the command line."""

from __future__ import annotations

import csv
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.solve.brute_force import Areas, Coverage, countable, plans
from tests.tiny_problem import tiny_decisions, tiny_problem

from siteplan.cli.main import run
from siteplan.outcome import level_value
from siteplan.plan import Decisions
from siteplan.problem import Money, Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import solve
from siteplan.solve.difference import Measure, difference, distance_cut, is_within
from siteplan.studies.alternatives import find_alternatives

QUICK = SolverSettings(time_limit_s=240.0, effort=0.02)


def good_plans(problem: Problem, worst: float) -> list[frozenset[tuple[str, str, int]]]:
    """Return what every plan provides whose first level is good enough, by brute force."""
    coverage, last = Coverage(problem), problem.years[-1]
    found = set()
    for plan in plans(problem):
        if countable(problem, coverage, plan)[problem.objective[0]] > worst + 1e-9:
            continue
        provided = frozenset(
            (choice.site.site_id, function, year)
            for choice in plan
            for function, start in choice.starts.items()
            for year in range(start, last + 1)
        )
        if provided not in found and Areas(problem, plan).least(None, {}) is not None:
            found.add(provided)
    return list(found)


def provided_by(problem: Problem, decisions: Decisions) -> frozenset[tuple[str, str, int]]:
    return frozenset(
        (site, function, year)
        for (site, function), start in decisions.start_year.items()
        for year in problem.years
        if year >= start
    )


@pytest.mark.parametrize("measure", list(Measure))
@pytest.mark.parametrize("within", [pytest.param(0.0, marks=pytest.mark.slow), 20.0])
def test_each_alternative_is_the_most_different(measure: Measure, within: float) -> None:
    """The least difference from the plans before it is the largest of all plans as good."""
    money = Money({2027: 1_000_000.0, 2028: 900_000.0}, {}, True, {})
    problem = replace(tiny_problem(), money=money, objective=(Level.SHORTFALL, Level.COST))
    base = solve(problem, QUICK)
    worst = base.levels[0].value + within
    found = find_alternatives(
        problem, base.decisions, base.levels[0], within, 3, measure, QUICK, 30.0, threading.Event()
    )
    pool = good_plans(problem, worst)
    before = [provided_by(problem, base.decisions)]

    def away(one: frozenset[tuple[str, str, int]], other: frozenset[tuple[str, str, int]]) -> int:
        if measure is Measure.FUNCTIONS:
            return len(one ^ other)
        return len({site for site, _, _ in one} ^ {site for site, _, _ in other})

    for alternative in found:
        most = max(min(away(plan, earlier) for earlier in before) for plan in pool)
        assert alternative.difference == alternative.at_most == most
        assert alternative.result.levels[0].value <= worst + 1e-9
        assert alternative.result.levels[0].bound == pytest.approx(base.levels[0].bound)
        assert alternative.result.levels[1].bound is None
        before.append(provided_by(problem, alternative.result.decisions))
    if len(found) < 3:
        assert max(min(away(plan, earlier) for earlier in before) for plan in pool) == 0


def test_among_plans_as_different_the_best_is_taken() -> None:
    """The difference is kept while the levels improve: no worse than the first plan found so different."""
    problem = replace(tiny_problem(), objective=(Level.SHORTFALL, Level.COST))
    base = solve(problem, QUICK)
    found = find_alternatives(
        problem, base.decisions, base.levels[0], 30.0, 1, Measure.SITES, QUICK, 30.0, threading.Event()
    )
    cut = distance_cut(problem, base.decisions, Measure.SITES, found[0].difference)
    best = solve(problem, QUICK, cuts=(cut,))
    assert found[0].result.levels[0].value == pytest.approx(best.levels[0].value)
    assert found[0].result.levels[1].value == pytest.approx(best.levels[1].value)


def test_differences_are_counted_by_site_or_by_function_and_year() -> None:
    """The tiny plan opens two sites; without s2 one site and one function-year are missing."""
    problem, plan = tiny_problem(), tiny_decisions()
    start = {pair: year for pair, year in plan.start_year.items() if pair[0] == "s1"}
    without = replace(plan, start_year=start)
    assert difference(problem, plan, without, Measure.SITES) == 1
    assert difference(problem, plan, without, Measure.FUNCTIONS) == 1
    assert level_value(problem, without, Level.SHORTFALL) >= level_value(problem, plan, Level.SHORTFALL)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["scenario", "results"])
def test_every_alternative_is_verified(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    """From a scenario or a result folder: result folders, a table of plans and one of sites."""
    monkeypatch.chdir(tiny_project)
    asked = "scenarios/tiny.yaml"
    if source == "results":
        assert run(["solve", asked, "--only", "plan"], {}) == 0
        asked = "results/tiny"
    assert run(["alternatives", asked, "--within", "10", "--count", "2", "--by", "functions"], {}) == 0
    folder = tiny_project / "results/tiny-alternatives"
    with (folder / "alternatives.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert 2 <= len(rows) <= 3
    assert all(int(row["difference"]) > 0 for row in rows[1:])
    assert all(float(row["shortfall"]) <= float(rows[0]["shortfall"]) + 10.0 for row in rows)
    for row in rows:
        assert run(["verify", str(folder / row["plan"])], {}) == 0
    with (folder / "sites.csv").open(encoding="utf-8-sig", newline="") as stream:
        sites = list(csv.DictReader(stream))
    for site in sites:
        count = sum(bool(site[row["plan"]]) for row in rows)
        assert count == int(site["plans"])
        assert (site["found_in"] == "all") == (count == len(rows))
    assert "每份方案都有" in capsys.readouterr().out or sites


def test_the_first_levels_own_tolerance_is_not_given_away() -> None:
    """The scenario lets later levels cost 15 points; alternatives are as good as asked for all the same."""
    problem = replace(
        tiny_problem(), objective=(Level.SHORTFALL, Level.COST), tolerance={Level.SHORTFALL: 15.0}
    )
    base = solve(problem, QUICK)
    found = find_alternatives(
        problem,
        base.decisions,
        base.levels[0],
        0.0,
        3,
        Measure.FUNCTIONS,
        QUICK,
        30.0,
        threading.Event(),
    )
    assert found
    assert max(each.result.levels[0].value for each in found) <= base.levels[0].value + 1e-6


def test_a_plan_that_claims_less_than_it_may_is_no_alternative() -> None:
    """To open nothing is not within what a good plan reaches; it is where everything is allowed."""
    problem = replace(tiny_problem(), objective=(Level.SHORTFALL,))
    nothing = Decisions({}, {}, {}, {})
    assert not is_within(problem, nothing, 0.0)
    assert is_within(problem, nothing, 100.0)

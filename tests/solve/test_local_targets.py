"""Targets of towns and communities of their own: resolved, checked, weighed, pursued and explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.explain.test_shortfalls import causes, explained
from tests.solve.test_assemble import problem_of, scenario
from tests.tiny_problem import ELDERLY, TOWN, A, B, tiny_problem
from tests.verify.world import CULTURE, MEALS

from siteplan.assemble import check_local_targets
from siteplan.findings import Finding
from siteplan.outcome import evaluate
from siteplan.plan import Decisions
from siteplan.problem import Money, Pace, Problem
from siteplan.publish import Cause
from siteplan.scenario import Basis, Level, LoadedScenario, SolverSettings
from siteplan.solve import solve

EAST, WEST, COUNTRY = "610124001001", "610124001002", "610124100201"
QUICK = SolverSettings(time_limit_s=240.0, effort=0.05)
ONE_A_YEAR = Pace(1, None)


def test_local_targets_are_whole_communities_of_the_area(tmp_path: Path) -> None:
    """60 % of a town of two communities are two; a code or a name says which; other years say nothing."""
    targets = {
        "towns": {"甲街道": {MEALS: {2027: 60, 2030: 90}}},
        "communities": {WEST: {CULTURE: {2028: 100}}},
    }
    problem = problem_of(tmp_path, {"targets": targets})
    assert problem.local_targets == {("610124001", MEALS, 2027): 2.0, (WEST, CULTURE, 2028): 1.0}
    assert problem.area_name("610124001") == "甲街道"


def test_local_targets_are_percent_of_residents(tmp_path: Path) -> None:
    """On the residents basis a community may be covered in part."""
    targets = {"communities": {WEST: {CULTURE: {2028: 75}}}}
    problem = problem_of(tmp_path, {"targets": targets, "coverage": {"basis": "residents"}})
    assert problem.local_targets == {(WEST, CULTURE, 2028): 75.0}


def findings(folder: Path, targets: dict[str, Any]) -> list[Finding]:
    problem = problem_of(folder, {"targets": targets})
    file = folder / "scenario.yaml"
    loaded = LoadedScenario(scenario(targets=targets), file, (), folder, folder, folder)
    return check_local_targets(problem, loaded)


@pytest.mark.parametrize(
    ("targets", "code", "mend"),
    [
        ({"towns": {"甲街": {MEALS: {2027: 60}}}}, "unknown-town", "甲街道"),
        ({"communities": {"610124001009": {MEALS: {2027: 100}}}}, "unknown-community", "610124001"),
        (
            {"communities": {WEST: {MEALS: {2027: 100}}, "西街社区": {CULTURE: {2027: 100}}}},
            "area-named-twice",
            "join",
        ),
        ({"communities": {COUNTRY: {MEALS: {2027: 100}}}}, "target-of-nobody", "delete"),
    ],
)
def test_areas_that_cannot_be_meant(tmp_path: Path, targets: dict[str, Any], code: str, mend: str) -> None:
    """Unknown, twice the same, or without anybody who counts: each is told with what to do."""
    (finding,) = findings(tmp_path, targets)
    assert finding.code == code
    assert mend in finding.mend.en


def test_a_community_missing_weighs_the_same_in_both(tmp_path: Path) -> None:
    """A covered, B not: the county lacks 50 points, B 100 with half the county's weight: 300 / 4.5."""
    targets = {(ELDERLY, 2028): 2.0}
    problem = replace(tiny_problem(), targets=targets, local_targets={(B, ELDERLY, 2028): 1.0})
    only_a = Decisions({("s1", ELDERLY): 2028}, {}, {("s1", ELDERLY, 2028): 40.0}, {})
    outcome = evaluate(problem, only_a)
    assert outcome.levels[Level.SHORTFALL] == pytest.approx((3.0 * 50.0 + 1.5 * 100.0) / 4.5)
    (figure,) = outcome.local_coverage
    assert (figure.area_name, figure.covered, figure.counted, figure.missing) == ("乙社区", 0.0, 1.0, (B,))


def test_persons_of_an_area_weigh_by_their_number() -> None:
    """Elderly of B in 2028: 60 of 120. s2 reaches b1's 30: 50 points of B, which is half the county."""
    problem = replace(
        tiny_problem(), basis=Basis.RESIDENTS, targets={}, local_targets={(B, ELDERLY, 2028): 100.0}
    )
    half = Decisions({("s2", ELDERLY): 2028}, {}, {("s2", ELDERLY, 2028): 40.0}, {})
    assert problem.share_of_county(B, ELDERLY, 2028) == pytest.approx(0.5)
    assert evaluate(problem, half).levels[Level.SHORTFALL] == pytest.approx(50.0)


def pulled(local: dict[tuple[str, str, int], float], **changes: Any) -> Problem:
    """Return the problem in which one of s1 (for A) and s2 (for B) may open in 2027, for elderly care."""
    unlimited = Money(None, {}, True, {})
    return replace(
        tiny_problem(),
        targets={(ELDERLY, 2027): 1.0},
        local_targets=local,
        money=unlimited,
        pace=ONE_A_YEAR,
        objective=(Level.SHORTFALL,),
        **changes,
    )


@pytest.mark.parametrize(("area", "site"), [(A, "s1"), (B, "s2")])
def test_a_local_target_decides_between_equals(area: str, site: str) -> None:
    """The county wants one of two communities; which one is the local target's say. Both are met, proven."""
    result = solve(pulled({(area, ELDERLY, 2027): 1.0}), QUICK)
    assert site in {key for key, year in result.decisions.opening_years().items() if year == 2027}
    assert (result.levels[0].value, result.levels[0].status) == (0.0, "optimal")


def test_a_missed_local_target_has_causes() -> None:
    """The town wants both communities in 2027, but one site may open: the pace, and the county kept."""
    (missed,) = explained(pulled({(TOWN, ELDERLY, 2027): 2.0}))
    assert (missed.area_code, missed.missing, missed.counted) == (TOWN, 1.0, 2.0)
    assert causes(missed) == {Cause.PACE: 1.0}


def test_another_target_is_kept_at_a_local_ones_expense() -> None:
    """What is said about the county's target keeps B's: with one opening only pace would help."""
    problem = replace(pulled({(B, ELDERLY, 2027): 1.0}), targets={(ELDERLY, 2027): 2.0})
    (missed,) = explained(problem)
    assert missed.area_code is None
    assert causes(missed) == {Cause.PACE: 1.0}

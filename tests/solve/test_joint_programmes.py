"""Joint programmes: a candidate waits for its programme's year, in which the programme pays part of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.solve.test_assemble import problem_of
from tests.tiny_case import changed, tiny_rows
from tests.tiny_problem import CULTURE, ELDERLY, tiny_problem

from siteplan.outcome import evaluate
from siteplan.problem import JointFunding, Money, Pace, Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import solve
from siteplan.solve.decompose.single_year import single_year_problem

PROGRAMME = "老旧小区改造"


def joined(tmp_path: Path, year_of_site: str, **settings: Any) -> Problem:
    """Return the tiny case (S1 of 1 000 m², opening at 1 000 CNY per m²) with S1 joined with a programme."""
    first, *others = tiny_rows("sites")
    row = changed(first, joint_programme=PROGRAMME, joint_programme_year=year_of_site)
    entry = {"programme": PROGRAMME, "pays_share": 0.4, **settings}
    return problem_of(tmp_path, {"joint_programmes": {"old-estates": entry}}, sites=[row, *others])


@pytest.mark.parametrize(
    ("year", "settings", "available_from", "paid_cny"),
    [
        ("2028", {}, 2028, (0.0, 400_000.0)),
        ("2027", {}, 2027, (400_000.0, 0.0)),
        ("2027", {"pays_at_most_cny": 250_000}, 2027, (250_000.0, 0.0)),
        ("2026", {}, 2027, (0.0, 0.0)),
        ("", {"year": 2028}, 2028, (0.0, 400_000.0)),
        ("2027", {"year": 2028}, 2027, (400_000.0, 0.0)),
    ],
    ids=str,
)
def test_a_joined_site_waits_and_is_paid_in_the_programmes_year(
    tmp_path: Path, year: str, settings: dict[str, Any], available_from: int, paid_cny: tuple[float, float]
) -> None:
    """Of 1 000 000 CNY the programme pays 40 %, at most its limit, in its own year alone."""
    site = joined(tmp_path, year, **settings).sites["S1"]
    assert site.available_from == available_from
    assert (site.joint_programme_cny(2027), site.joint_programme_cny(2028)) == paid_cny
    assert site.opening_cost_in(2028) == 1_000_000.0 - paid_cny[1]


def test_a_programme_that_the_scenario_does_not_list_changes_nothing(tmp_path: Path) -> None:
    """The name alone neither delays the site nor pays for it."""
    row = changed(tiny_rows("sites")[0], joint_programme=PROGRAMME, joint_programme_year="2028")
    site = problem_of(tmp_path, {}, sites=[row, *tiny_rows("sites")[1:]]).sites["S1"]
    assert (site.joint, site.available_from) == (None, 2027)


def with_joint_site(budget_cny: float) -> Problem:
    """Return the tiny problem in which s1 (400 000 CNY) may open at once, with half of it paid in 2028."""
    problem = tiny_problem()
    sites = {key: problem.sites[key] for key in ("s1", "e1")}
    sites["s1"] = replace(sites["s1"], joint=JointFunding(PROGRAMME, 2028, 200_000.0), available_from=2028)
    amounts = {2027: budget_cny, 2028: 0.0}
    return replace(
        problem,
        sites=sites,
        form_standard=None,
        objective=(Level.SHORTFALL, Level.COST),
        money=Money(amounts, {"county": amounts}, True, {}),
        pace=Pace(None, None),
    )


def test_the_programme_pays_what_the_budget_lacks() -> None:
    """Two functions at s1: 400 000 + 30 × 1.25 × 2 000 + 50 × 1.25 × 1 500 = 568 750, 200 000 of it joint."""
    result = solve(with_joint_site(368_750.0), SolverSettings(time_limit_s=240.0))
    assert {key for _, key in result.decisions.start_year} == {ELDERLY, CULTURE}
    outcome = evaluate(with_joint_site(368_750.0), result.decisions)
    year = outcome.money[1]
    assert year.capital_cny == pytest.approx(368_750.0)
    assert year.joint_programmes_cny == 200_000.0
    site = next(entry for entry in outcome.sites if entry.site_id == "s1")
    assert (site.joint_programme, site.joint_programme_cny) == (PROGRAMME, 200_000.0)


def test_without_the_programmes_money_less_is_covered() -> None:
    """With 1 000 CNY less than that, not all of it can be had."""
    result = solve(with_joint_site(367_750.0), SolverSettings(time_limit_s=240.0))
    assert {key for _, key in result.decisions.start_year} < {ELDERLY, CULTURE}


def test_a_single_year_counts_what_was_paid_before() -> None:
    """Seen in 2028 alone, s1 has what its programme paid in 2027; seen in 2027, nothing of 2028."""
    problem = with_joint_site(1.0)
    early = replace(problem.sites["s1"], joint=JointFunding(PROGRAMME, 2027, 200_000.0), available_from=2027)
    paid_before = single_year_problem(replace(problem, sites={**problem.sites, "s1": early}), 2028)
    assert paid_before.sites["s1"].opening_cost_in(2028) == 200_000.0
    assert single_year_problem(problem, 2027).sites["s1"].opening_cost_in(2027) == 400_000.0

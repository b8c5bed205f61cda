"""New estates: the floor area of what developers hand over is a must, and costs the county nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.solve.test_against_brute_force import check_against_brute_force, tiny_instance
from tests.solve.test_assemble import problem_of
from tests.tiny_case import changed, tiny_rows
from tests.tiny_problem import CULTURE, tiny_problem

from siteplan.case import Mode
from siteplan.findings import InputError
from siteplan.inputs.policy_files import load_policy
from siteplan.problem import Money, NewEstate, Pace, Problem
from siteplan.scenario import Level, Scenario, SolverSettings
from siteplan.solve import InfeasibleError, solve

QUICK = SolverSettings(time_limit_s=240.0, effort=0.05)
MODEL = Path(__file__).parents[2] / "model"
RULE = {"rules": {"new_estate_area_standard": True}}


def estate_case(folder: Path, changes: dict[str, Any], **columns: str) -> Problem:
    """Return the tiny case in which S1 is handed over in an estate with D1, occupied from 2028."""
    first, *others = tiny_rows("sites")
    home, *homes = tiny_rows("demand_points")
    sites = [changed(first, tenure="returned", estate_id="N1", **columns), *others]
    points = [changed(home, estate_id="N1", occupied_from="2028"), *homes]
    return problem_of(folder, changes, sites=sites, demand_points=points)


def test_the_standard_is_the_households_times_fifty(tmp_path: Path) -> None:
    """D1 has 300 households from 2028: 150 m² floor area then, nothing before."""
    problem = estate_case(tmp_path, RULE)
    households = problem.demand["D1"].households
    assert problem.new_estates["N1"].sites == ("S1",)
    assert problem.estate_floor_area_m2("N1", 2027) == 0.0
    assert problem.estate_floor_area_m2("N1", 2028) == pytest.approx(households * 0.5)


def test_the_developer_pays_space_and_fit_out(tmp_path: Path) -> None:
    """With the rule neither opening nor fit-out is charged; without it the fit-out is."""
    for changes, charged in ((RULE, False), ({}, True)):
        folder = tmp_path / str(charged)
        folder.mkdir()
        site = estate_case(folder, changes).sites["S1"]
        assert (site.opening_cost_cny, site.fit_out_is_charged) == (0.0, charged)


def test_too_little_space_is_filled(tmp_path: Path) -> None:
    """A space of 100 m² for 300 households: all of it is asked for, the rest is `check`'s to report."""
    problem = estate_case(tmp_path, RULE, floor_area_m2="130", usable_area_m2="")
    assert problem.estate_floor_area_m2("N1", 2028) == pytest.approx(130.0)


def test_a_space_too_small_for_anything_holds_nothing(tmp_path: Path) -> None:
    """No function fits into 15 m² alone: nothing is asked for, which nothing could give."""
    problem = estate_case(tmp_path, RULE, floor_area_m2="20", usable_area_m2="15")
    assert problem.estate_floor_area_m2("N1", 2028) == 0.0


def with_estate(m2: float, **changes: Any) -> Problem:
    """Return the problem in which s3 is newly built for b2's 40 households, from 2028 and for nothing."""
    problem = tiny_problem()
    sites = dict(problem.sites)
    sites["s3"] = replace(sites["s3"], mode=Mode.NEW_BUILD, opening_cost_cny=0.0, fit_out_is_charged=False)
    estates = {"N1": NewEstate(("s3",), ("b2",), m2)}
    return replace(problem, sites=sites, new_estates=estates, targets={}, **changes)


def test_the_must_opens_the_facility_for_nothing() -> None:
    """Nothing newly built at least cost, no targets: s3 opens just where its area is a must, and is free."""
    order = (Level.NEWLY_BUILT, Level.COST)
    assert "s3" not in solve(with_estate(0.0, objective=order), QUICK).decisions.opening_years()
    result = solve(with_estate(50.0, objective=order), QUICK)
    assert result.decisions.opening_years() == {"s3": 2028}
    assert [level.value for level in result.levels] == pytest.approx([1.0, 0.0])


def test_a_must_without_a_place_for_it_is_a_conflict() -> None:
    """No site may open: the conflict names the pace and the estate."""
    with pytest.raises(InfeasibleError) as caught:
        solve(with_estate(50.0, pace=Pace(0, None)), QUICK)
    assert {"rollout_pace", "new_estate_area_standard"} <= set(caught.value.conflict)
    assert "new estates" in caught.value.text.en


@pytest.mark.parametrize("seed", [1, 2])
def test_against_brute_force(seed: int) -> None:
    """With s2 handed over, free and a must, every level is that of all plans."""
    problem = tiny_instance(seed)
    sites = {**problem.sites, "s2": replace(problem.sites["s2"], fit_out_is_charged=False)}
    estates = {"N1": NewEstate(("s2",), ("b1", "b2"), 60.0)}
    check_against_brute_force(
        replace(problem, sites=sites, new_estates=estates, money=Money(None, {}, True, {}))
    )


def test_a_rule_without_its_figure_is_an_error(tmp_path: Path) -> None:
    """The rule is on but ``standards.yaml`` says nothing of new estates."""
    for file in MODEL.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    standards = tmp_path / "standards.yaml"
    lines = standards.read_text(encoding="utf-8").split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("new_estate_area_m2"))
    standards.write_text("\n".join(lines[:start] + lines[start + 2 :]), encoding="utf-8")
    scenario = Scenario.model_validate({"title": "x", "case": "case", "years": [2027], **RULE})
    with pytest.raises(InputError) as caught:
        load_policy(tmp_path, scenario)
    assert [finding.code for finding in caught.value.findings] == ["missing-key"]
    assert CULTURE in load_policy(tmp_path).functions

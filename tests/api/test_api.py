"""siteplan from Python: the same plan as the command line, as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from siteplan import Case, Plan, Scenario
from siteplan.cli.main import run
from siteplan.findings import InputError


@pytest.fixture
def tiny(tiny_project: Path) -> Scenario:
    return Scenario.load(tiny_project / "scenarios/tiny.yaml")


def test_same_plan_as_the_command_line(tiny: Scenario, tiny_project: Path) -> None:
    """`Scenario.solve` gives the plan that ``siteplan solve`` writes, and `Plan.load` reads it."""
    folder = tiny_project / "results/tiny"
    assert run(["solve", str(tiny.file), "--only", "plan", "--output", str(folder)], {}) == 0
    assert tiny.solve().data == Plan.load(folder).data


def test_tables(tiny: Scenario) -> None:
    """The tables have every row of ``plan.json``; a site is a point in WGS 84, its money a sum."""
    plan = tiny.solve()
    assert plan.title.en == "tiny example"
    assert list(plan.sites["site_id"]) == [site.site_id for site in plan.data.sites]
    assert plan.sites.crs.to_epsg() == 4326
    assert list(plan.sites.geometry.x) == [site.longitude for site in plan.data.sites]
    first = plan.data.sites[0]
    assert plan.sites["functions"].iloc[0].split(", ") == [entry.function for entry in first.functions]
    spent = plan.money["capital_cny"].sum()
    assert spent > 0.0
    assert plan.sites["capital_cny"].sum() == pytest.approx(spent)
    assert len(plan.coverage) == len(plan.data.coverage)
    assert len(plan.communities) == len(plan.data.communities)
    assert plan.levels["name"].iloc[0] == "shortfall"


def test_with_changes_like_a_file_that_extends(tiny: Scenario) -> None:
    """Mappings merge deep, later changes win, and the scenario that is changed stays as it was."""
    half = tiny.with_(budget={"scale": 0.5})
    assert half.settings.budget is not None
    assert half.settings.budget.scale == 0.5
    assert half.settings.budget.sources["county"].amounts_cny == {2027: 3e6, 2028: 3e6}
    amounts = {"sources": {"county": {"amounts_cny": {2028: 1e6}}}}
    less = half.with_(budget=amounts, years=[2028]).settings
    assert less.budget is not None
    assert less.budget.scale == 0.5
    assert less.budget.sources["county"].amounts_cny[2028] == 1e6
    assert less.years == (2028,)
    assert tiny.settings.budget is not None
    assert tiny.settings.budget.scale == 1.0


def test_without_money_nothing_new_is_paid_for(tiny: Scenario) -> None:
    """A change reaches the solver: with no money a plan spends none."""
    assert tiny.with_(budget={"scale": 0.0}).solve().money["capital_cny"].sum() == 0.0


def test_bad_change(tiny: Scenario) -> None:
    """An unknown key and a bad value are both reported, under their path and with the scenario's file."""
    with pytest.raises(InputError) as caught:
        tiny.with_(budgte={"scale": 0.5}, budget={"scale": -1})
    words = str(caught.value)
    assert "budgte" in words
    assert "budget.scale" in words
    assert "tiny.yaml" in words


def test_changed_case_is_looked_for_beside_the_scenario(tiny: Scenario, tiny_project: Path) -> None:
    """A path in a change is relative to the scenario's file; one that isn't there is an input error."""
    assert tiny.with_(case="../data/tiny").loaded.case_folder == (tiny_project / "data/tiny").resolve()
    with pytest.raises(InputError, match="no such folder"):
        tiny.with_(case="../data/absent")


def test_case(tiny: Scenario, tiny_project: Path) -> None:
    """A case loads by itself or through its scenario, with the column names of the tables."""
    case = Case.load(tiny_project / "data/tiny", tiny_project / "model")
    assert list(case.sites["site_id"]) == list(tiny.case().sites["site_id"])
    assert {"demand_id", "households"} <= set(case.demand_points.columns)
    assert "community_code" in case.communities.columns


def test_no_plan_there(tmp_path: Path) -> None:
    """A folder without a plan is an input error, not a traceback."""
    with pytest.raises(InputError):
        Plan.load(tmp_path)


def test_why_a_plan_is_as_it_is(tiny: Scenario) -> None:
    """Causes add up to what is missing; zones are polygons; a price is an interval."""
    poor = tiny.with_(budget={"scale": 0.1}, years=[2028])
    why = poor.why(poor.solve())
    missed = why.shortfalls(30.0)
    causes = ["choice", "pace", "money", "capacity", "suitability", "radius"]
    assert len(missed) > 0
    assert missed[causes].sum(axis=1).tolist() == pytest.approx(missed["missing"].tolist())
    zones = why.white_spots(count=2)
    assert zones.crs.to_epsg() == 4326
    assert zones.geometry.is_valid.all()
    assert list(zones["rank"]) == [1, 2][: len(zones)]
    priced = why.prices_of_money()
    assert (priced["least"] <= priced["most"]).all()


def test_questions_about_what_is_not_there(tiny: Scenario) -> None:
    """An unknown function or year is refused."""
    why = tiny.why(tiny.solve())
    with pytest.raises(KeyError):
        why.white_spots(["swimming"])
    with pytest.raises(ValueError, match="isn't planned"):
        why.white_spots(year=2035)

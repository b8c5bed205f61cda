"""The scenarios with all rules of a generated case: nothing is off, all is possible, and it scales."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from siteplan.bench.making import ALL_RULES, make_case
from siteplan.bench.sizes import SIZES, SizeName
from siteplan.cli.stages import Stopwatch, prepare
from siteplan.inputs.scenario_files import load_scenario
from siteplan.problem import Problem
from siteplan.scenario import Rules

LEFT_OUT = {"elderly_area_standard_at_least_m2"}
"""Rules that the file itself says are off, and why."""
SHIPPED = Path("scenarios/2027-2028-all-rules.yaml")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenarios of a generated county."""
    return (
        make_case(SIZES[SizeName.COUNTY], 1, tmp_path_factory.mktemp("county") / "made").folder / "scenarios"
    )


@pytest.fixture(scope="module")
def problem(county: Path) -> Problem:
    """Its problem with all rules on the basis `reachable`."""
    return prepare(county / f"reachable-{ALL_RULES}.yaml", Stopwatch()).problem


def switched_on(rules: Rules) -> set[str]:
    """The rules that do something: true, or with a number."""
    return {name for name, value in rules if value not in (False, None, {})}


def test_every_rule_is_on(county: Path) -> None:
    """Only the rule that the file says is left out is off."""
    rules = load_scenario(county / f"residents-{ALL_RULES}.yaml").scenario.rules
    assert switched_on(rules) == {
        *("site_form", "places_reserved_first", "new_estate_area_standard", "operator_viability"),
        *("area_standard_at_least_m2", "functions_per_community_at_least", "coverage_per_town_at_least"),
        *("coverage_at_least", "places_at_least", "complex_places_at_least", "operator_sites_share_at_most"),
        *("capacity", "nearest_with_a_place", "lead_time", "newly_built_sites_at_most", "conversion"),
        "use_is_held_years",
    }
    assert switched_on(rules) == set(Rules.model_fields) - LEFT_OUT


def keys_of(entries: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Paths of all keys of a document."""
    for key, value in entries.items():
        yield f"{above}{key}"
        if isinstance(value, Mapping):
            yield from keys_of(value, f"{above}{key}.")


def test_it_has_what_the_shipped_scenario_has(county: Path, repository: Path) -> None:
    """Whatever the shipped scenario sets of `budget`, `standards` and the like is set here."""
    ours, shipped = (
        load_scenario(file).scenario.model_dump(mode="json", exclude_defaults=True)
        for file in (county / f"reachable-{ALL_RULES}.yaml", repository / SHIPPED)
    )
    for key in (
        "joint_programmes",
        "functions",
        "standards",
        "commit",
        "forbid",
        "require",
        "pace",
        "targets",
    ):
        assert ours[key], key
    assert set(shipped["budget"]) - set(ours["budget"]) == set()
    conditions = [
        {key for source in document["budget"]["sources"].values() for key in source}
        for document in (ours, shipped)
    ]
    assert conditions[0] == conditions[1]
    assert set(keys_of(ours["standards"])) == set(keys_of(shipped["standards"]))


def test_the_tables_bring_what_has_no_switch(problem: Problem) -> None:
    """Plots, operators, joint programmes, conversions, new estates and zones concern somebody."""
    assert problem.plots
    assert problem.operators
    assert any(site.joint for site in problem.sites.values())
    assert problem.conversions
    assert problem.new_estates
    assert any("合成）" in str(why.zh) for site in problem.sites.values() for why in site.why_not.values())


def test_money_by_source_is_about_the_same_budget(county: Path) -> None:
    """The sources with conditions have a fifth more than the budget of the scenarios without them."""
    budgets = [load_scenario(county / name).scenario.budget for name in ("base.yaml", f"{ALL_RULES}.yaml")]
    totals = [
        sum(sum(source.amounts_cny.values()) for source in budget.sources.values())
        for budget in budgets
        if budget is not None
    ]
    assert totals[1] == pytest.approx(1.2 * totals[0], rel=0.01)


def test_the_other_tables_stay_as_they_are(county: Path) -> None:
    """Sites keep all but what makes a community's own space usable; the other tables are the same."""
    plain, further = (
        pd.read_csv(county.parent / folder / "sites.csv", dtype=str, keep_default_na=False)
        for folder in ("case", f"case-{ALL_RULES}")
    )
    same = ["site_id", "community_code", "longitude", "latitude", "floor_area_m2", "stock_kind"]
    assert plain[same].equals(further[same])
    for table in ("towns.csv", "communities.csv", "demand_points.csv", "projects.csv", "roads.osm.pbf"):
        files = [county.parent / folder / table for folder in ("case", f"case-{ALL_RULES}")]
        assert files[0].read_bytes() == files[1].read_bytes()

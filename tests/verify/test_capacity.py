"""Where capacity is a rule, a plan claims no more than its places, and no less than possible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.verify.world import World, tiny_scenario, tiny_world

from siteplan.verify import VerificationReport, verify

RULES = {"capacity": True, "places_reserved_first": True}


@pytest.fixture(scope="module", params=[False, True], ids=["most-served", "nearest-with-a-place"])
def limited(request: Any, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tiny plan, with targets on persons who have a place."""
    rules = {**RULES, "nearest_with_a_place": request.param}
    scenario = tiny_scenario(coverage={"basis": "served"}, rules=rules)
    return tiny_world(tmp_path_factory.mktemp("limited"), scenario)


def test_a_true_plan_is_accepted(limited: World) -> None:
    """Nothing it claims is false."""
    report = verify(limited.facts, limited.results)
    assert not [claim.detail.en for claim in report.false]


def test_serving_others_than_stated_is_noticed(limited: World) -> None:
    """Each row with one person more, or one less, is false somewhere."""
    results = limited.results
    seated = [number for number, row in enumerate(results.assignments) if row["site_id"]]
    for number in seated[::3]:
        for change in (1.0, -1.0):
            rows = [dict(row) for row in results.assignments]
            rows[number]["persons"] = f"{float(rows[number]['persons']) + change:.6f}"
            report: VerificationReport = verify(limited.facts, replace(results, assignments=rows))
            assert not report.passed


@pytest.mark.parametrize("name", ["assignment_rule", "places_by_year", "care_beds_by_year", "places_unit_en"])
def test_places_and_rule_are_recomputed(limited: World, name: str, tmp_path: Path) -> None:
    """Another rule, a place or bed more, or another unit is false."""
    site = next(site for site in limited.plan.sites if any(f.care_beds_by_year for f in site.functions))
    at = limited.plan.sites.index(site)
    number = next(n for n, entry in enumerate(site.functions) if entry.care_beds_by_year)
    entry = site.functions[number]
    if name == "assignment_rule":
        plan = limited.plan.model_copy(update={name: "nearest_first"})
    else:
        old = getattr(entry, name)
        new = "x" if isinstance(old, str) else {year: count + 1 for year, count in old.items()}
        functions = [*site.functions]
        functions[number] = entry.model_copy(update={name: new})
        sites = [*limited.plan.sites]
        sites[at] = site.model_copy(update={"functions": tuple(functions)})
        plan = limited.plan.model_copy(update={"sites": tuple(sites)})
    text = plan.model_dump_json(by_alias=True, warnings=False)
    assert not verify(limited.facts, replace(limited.results, plan=text)).passed

"""A plan with a converted service: everything about it is recomputed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_case import changed, tiny_rows
from tests.verify.world import CULTURE, SPORTS, World, access_of, tiny_decisions, tiny_scenario, tiny_world

from siteplan.assemble import build_problem
from siteplan.case import ExclusionZone, Form, ZoneKind
from siteplan.plan import Decisions
from siteplan.scenario import Scenario
from siteplan.verify.facts import facts_of
from siteplan.verify.verification import verify

RULES = {"places_reserved_first": True, "conversion": True}


def scenario(**rules: Any) -> Scenario:
    return tiny_scenario(rules={**RULES, **rules}, pace={}, budget=None)


@pytest.fixture
def converted(tmp_path: Path) -> World:
    """The tiny plan, with E1 converted in 2028: culture, and sports in less room than before."""
    tiny = tiny_decisions()
    areas = {("E1-converted", CULTURE, 2028): 100.0, ("E1-converted", SPORTS, 2028): 150.0}
    rooms = {("E1-converted", "day", 2028): 100.0, ("E1-converted", "sports", 2028): 150.0}
    decisions = Decisions(
        {**tiny.start_year, ("E1-converted", CULTURE): 2028, ("E1-converted", SPORTS): 2028},
        {**tiny.room_m2, **rooms},
        {**tiny.area_m2, **areas},
        {**tiny.forms, "E1-converted": Form.SCATTERED},
    )
    service = changed(tiny_rows("existing_services")[0], convertible="yes", operating_since="2026")
    return tiny_world(tmp_path, scenario(), decisions, existing_services=[service])


def false_after(world: World, change: Callable[[dict[str, Any]], None]) -> set[str]:
    """Return the false claims after a change of the former service in plan.json."""
    plan = json.loads(world.results.plan)
    change(next(site for site in plan["sites"] if site["site_id"] == "E1"))
    report = verify(world.facts, replace(world.results, plan=json.dumps(plan)))
    return {claim.key for claim in report.false}


def test_a_plan_with_a_conversion_passes(converted: World) -> None:
    """The former service has its areas until 2027, the site in its place from 2028 on."""
    assert verify(converted.facts, converted.results).false == ()
    former = next(site for site in converted.plan.sites if site.site_id == "E1")
    assert former.converted_in == 2028
    assert [sorted(entry.area_m2_by_year) for entry in former.functions] == [[2027]]


def test_a_service_that_goes_on_beside_its_conversion_is_false(converted: World) -> None:
    """E1 can't be there and be converted: not by leaving the year out, nor by areas that go on."""

    def as_if_not_converted(site: dict[str, Any]) -> None:
        site["converted_in"] = None

    def going_on(site: dict[str, Any]) -> None:
        site["converted_in"] = None
        for entry in (*site["functions"], *site["rooms"]):
            entry["area_m2_by_year"]["2028"] = entry["area_m2_by_year"]["2027"]

    assert "plan_structure" in false_after(converted, as_if_not_converted)
    assert {"conversion_starts_and_stops", "committed_sites"} <= false_after(converted, going_on)


@pytest.mark.parametrize(("years", "false"), [(3, {"use_is_held"}), (2, set())])
def test_a_use_converted_too_early_is_false(converted: World, years: int, false: set[str]) -> None:
    """Operating since 2026 and held for three years, E1 may be converted in 2029 only."""
    facts = facts_of(converted.case, converted.policy, scenario(use_is_held_years=years), converted.network)
    assert {claim.key for claim in verify(facts, converted.results).false} == false


def test_an_exclusion_zone_forbids_functions_of_a_conversion(converted: World) -> None:
    """A zone at E1 that excludes culture leaves sports on both sides; the plan's culture is false."""
    zone = ExclusionZone(
        kind=ZoneKind.PIPELINE,
        name="阀室",
        buffer_m=30.0,
        excluded_functions=(CULTURE,),
        wkt="POINT (108.2247 34.1623)",
    )
    case = replace(converted.case, exclusion_zones=(zone,))
    facts = facts_of(case, converted.policy, converted.scenario, converted.network)
    problem = build_problem(
        case, converted.policy, converted.scenario, access_of(case, converted.facts.distances)
    )
    left = converted.problem.sites["E1-converted"].may_host - {CULTURE}
    assert problem.sites["E1-converted"].may_host == facts.sites["E1-converted"].may_host == left
    assert "阀室" in problem.sites["E1-converted"].why_not[CULTURE].zh
    false = {claim.key for claim in verify(facts, converted.results).false}
    assert false == {"site_may_host", "excluded_sites"}

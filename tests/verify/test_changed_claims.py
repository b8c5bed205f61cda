"""A plan in which any claim was changed fails, and the report names the claim."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verify.world import World

from siteplan.verify.assignments import assignment_claims, seat
from siteplan.verify.claims import ClaimStatus, VerificationReport
from siteplan.verify.geojson import geojson_claims
from siteplan.verify.schedule import Schedule
from siteplan.verify.verification import verify


def report_on(world: World, plan: Any) -> VerificationReport:
    """Verify the tiny plan with another ``plan.json``."""
    return verify(world.facts, replace(world.results, plan=json.dumps(plan)))


def test_a_consistent_plan_passes(world: World) -> None:
    """Every claim of the unchanged plan is confirmed, and only the bounds are not proven again."""
    report = verify(world.facts, world.results)
    assert report.false == ()
    assert report.passed
    assert [claim.key for claim in report.with_status(ClaimStatus.NOT_RE_PROVEN)] == ["level_bounds"]
    assert report.counts[ClaimStatus.CONFIRMED] == len(report.claims) - 1
    assert report.comparisons > 1000


CHANGES: list[tuple[str, Any, str]] = [
    ("title_zh", "别的", "plan_head"),
    ("stopped_by", "time_limit", "run_record"),
    ("illustrative", False, "plan_head"),
    ("years", [2027, 2029], "plan_structure"),
    ("basis", "residents", "coverage_basis"),
    ("threshold", 0.4, "coverage_basis"),
    ("sites.0.name", "别处", "site_attributes"),
    ("sites.0.longitude", 108.3, "site_attributes"),
    ("sites.0.floor_area_m2", 1001.0, "site_attributes"),
    ("sites.0.mode", "new_build", "site_attributes"),
    ("sites.0.role", "existing", "site_attributes"),
    ("sites.0.data_status", "official", "site_attributes"),
    ("sites.0.site_id", "S9", "plan_structure"),
    ("sites.0.site_id", "S3", "site_attributes"),
    ("sites.0.open_from", 2028, "provided_only_when_open"),
    ("sites.0.form", "scattered", "site_form"),
    ("sites.0.functions.0.function", "sports", "coverage"),
    ("sites.0.functions.0.function", "elderly", "plan_structure"),
    ("sites.0.functions.0.area_m2_by_year.2027", 130.0, "function_fits_its_room"),
    ("sites.0.functions.0.area_m2_by_year.2027", 75.0, "area_at_least_minimum"),
    ("assignment_rule", "most_served", "served_within_capacity"),
    ("sites.0.functions.0.places_by_year.2027", 60.0, "places_by_unit"),
    ("sites.0.functions.0.care_beds_by_year.2027", 60, "places_by_unit"),
    ("sites.0.rooms.0.area_m2_by_year.2028", 700.0, "rooms_fit_in_site"),
    ("sites.0.rooms.0.area_m2_by_year.2027", 125.0, "stays_open"),
    ("sites.0.capital_cny_by_year.2027", 1.0, "money_of_sites"),
    ("sites.0.operating_cny_by_year.2028", 1.0, "money_of_sites"),
    ("sites.0.fees_cny_by_year.2028", 1.0, "money_of_sites"),
    ("sites.0.subsidy_cny_by_year.2028", 10.0, "money_of_sites"),
    ("sites.0.operator_balance_cny_per_year", 1.0, "money_of_sites"),
    ("sites.0.tenure", "rented", "tenure"),
    ("sites.0.rent_cny_per_year", 5_000.0, "tenure"),
    ("coverage.0.covered", 2.0, "coverage"),
    ("coverage.0.percent", 51.0, "coverage"),
    ("coverage.0.target", 2.0, "coverage"),
    ("coverage.0.missing", [], "coverage"),
    ("coverage.3.covered", 47.0, "coverage"),
    ("coverage_at_radii.0.covered", 100.0, "coverage_at_radii"),
    ("communities.0.reachable", False, "coverage_of_communities"),
    ("communities.0.established", False, "coverage_of_communities"),
    ("communities.0.residents_covered", 1.0, "coverage_of_communities"),
    ("communities.0.served", 1.0, "coverage_of_communities"),
    ("area_standard.0.households", 401.0, "community_area_standard"),
    ("area_standard.0.floor_area_m2", 1.0, "community_area_standard"),
    ("area_standard.0.elderly_floor_area_m2", 1.0, "community_area_standard"),
    ("area_standard.0.shortfall_m2_by_tier.200", 1.0, "community_area_standard"),
    ("money.0.amount_cny", 1.0, "money_of_years"),
    ("money.1.carried_in_cny", 1.0, "money_of_years"),
    ("money.0.carried_out_cny", None, "money_of_years"),
    ("money.1.operating_cny", 1.0, "money_of_years"),
    ("money.1.subsidy_cny", 9.0, "money_of_years"),
    ("money.1.awards_outstanding_cny", 9.0, "money_by_source"),
    ("levels.0.value", 6.0, "level_values"),
    ("levels.0.unit", "m²", "level_values"),
    ("levels.1.bound", 1200.0, "level_bounds"),
    ("levels.1.gap", 0.0, "level_bounds"),
    ("levels.1.gap", math.nan, "level_bounds"),
    ("levels.1.status", "optimal", "level_bounds"),
    ("levels.0.status", "gap", "level_bounds"),
    ("levels.3.given_unproven", False, "level_bounds"),
    ("levels.2.bound", None, "level_bounds"),
    ("levels.0.status", "proven", "plan_schema"),
    ("schema", "siteplan-plan/2", "plan_schema"),
    ("surplus", 1, "plan_schema"),
    ("sites.0.surplus", 1, "plan_schema"),
]


@pytest.mark.parametrize(("path", "value", "claim"), CHANGES, ids=[f"{p}={v}" for p, v, _ in CHANGES])
def test_a_changed_claim_is_named(world: World, path: str, value: Any, claim: str) -> None:
    """Changing one value of plan.json makes the claim about it false."""
    plan = json.loads(world.results.plan)
    _put(plan, tuple(path.split(".")), value)
    report = report_on(world, plan)
    assert not report.passed
    assert claim in {result.key for result in report.false}


def test_the_detail_says_place_claimed_recomputed_and_tolerance(world: World) -> None:
    """A false claim tells where it stands, what is claimed, what it should be and how near is near."""
    plan = json.loads(world.results.plan)
    plan["money"][1]["capital_cny"] += 5.0
    (claim,) = report_on(world, plan).false
    assert claim.key == "money_of_years"
    assert claim.detail.en == (
        "plan.json money[1].capital_cny: claimed 897862.142857, recomputed 897857.142857 (tolerance 1 CNY)"
    )
    assert "所称 897862.142857，重新计算为 897857.142857" in claim.detail.zh


def test_a_row_left_out_or_doubled_is_false(world: World) -> None:
    """Every table of the plan is complete, and each of its rows stands once."""
    for table, claim in (
        ("coverage", "coverage"),
        ("coverage_at_radii", "coverage_at_radii"),
        ("communities", "coverage_of_communities"),
        ("area_standard", "community_area_standard"),
        ("money", "money_of_years"),
        ("levels", "level_values"),
    ):
        plan = json.loads(world.results.plan)
        removed = plan[table].pop()
        assert claim in {result.key for result in report_on(world, plan).false}, table
        plan[table] += [removed, removed]
        assert claim in {result.key for result in report_on(world, plan).false}, table


def test_a_key_given_twice_is_false(world: World) -> None:
    """JSON with a doubled key says two things at once, whichever of them is right."""
    text = world.results.plan.replace('"years"', '"illustrative": true, "years"', 1)
    (claim,) = verify(world.facts, replace(world.results, plan=text)).false
    assert claim.key == "plan_schema"
    assert "illustrative" in claim.detail.en


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"schema": "siteplan-plan/1"}'])
def test_a_plan_that_is_none_is_false(world: World, text: str) -> None:
    """Whatever stands in plan.json instead of a plan is a false claim and no crash."""
    report = verify(world.facts, replace(world.results, plan=text))
    assert {claim.key for claim in report.false} == {"plan_schema"}


def test_run_json_says_what_the_plan_says(world: World) -> None:
    """A level, a title or an end of the search that run.json states otherwise is false."""
    run = world.results.run
    levels: Any = run["levels"]
    changes: list[dict[str, Any]] = [
        {"levels": [{**levels[0], **change}, *levels[1:]]}
        for change in ({"value": 1.0}, {"bound": 1.0}, {"status": "gap"}, {"given_unproven": True})
    ]
    changes += [{"levels": levels[1:]}, {"levels": None}, {"title_en": "x"}, {"illustrative": False}]
    changes += [{"stopped_by": "gap"}, {"repeatable": False}, {"assumptions": []}, {"surplus": 1}]
    for change in changes:
        report = verify(world.facts, replace(world.results, run={**run, **change}))
        assert {claim.key for claim in report.false} == {"run_record"}, change


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("persons", "3.5"),
        ("persons", "many"),
        ("distance_m", "1.5"),
        ("distance_m", ""),
        ("site_id", "S2"),
        ("demand_id", "D9"),
        ("year", "2028"),
        ("year", "soon"),
        ("function", "sports"),
        ("cause", "no_place"),
        ("demand_name", "别处"),
        ("site_name", "别处"),
        ("community_name", "别处"),
        ("function_zh", "别的"),
        ("illustrative", "no"),
    ],
)
def test_a_changed_assignment_is_false(world: World, column: str, cell: str) -> None:
    """Every cell of assignments.csv follows from the convention and the inputs."""
    rows = [dict(row) for row in world.results.assignments]
    number = next(index for index, row in enumerate(rows) if row["site_id"] == "S1")
    rows[number][column] = cell
    report = verify(world.facts, replace(world.results, assignments=rows))
    assert {claim.key for claim in report.false} == {"assignments"}
    named = [claim.detail.en for claim in report.false]
    assert any(f"row {number + 2} " in detail for detail in named) or column == "year"


def test_assignments_are_complete(world: World) -> None:
    """No row may be missing or stand twice, whether it has a site or a cause."""
    rows = list(world.results.assignments)
    schedule = Schedule(world.facts, world.plan)
    seating = seat(schedule, rows)
    for number in range(len(rows)):
        fewer = [*rows[:number], *rows[number + 1 :]]
        assert not VerificationReport(assignment_claims(schedule, seating, fewer)).passed
    assert not VerificationReport(assignment_claims(schedule, seating, [*rows, rows[0]])).passed


@pytest.mark.parametrize("layer", ["sites", "coverage"])
def test_a_changed_feature_is_false(world: World, layer: str) -> None:
    """Every member and property of the two layers is checked."""
    original = getattr(world.results, layer)
    schedule = Schedule(world.facts, world.plan)
    for path in _leaves(original):
        if path == ("note",):
            continue
        changed = copy.deepcopy(original)
        _put(changed, path, _another(_at(changed, path)))
        files = {"sites": world.results.sites, "coverage": world.results.coverage, layer: changed}
        claims = geojson_claims(schedule, files["sites"], files["coverage"])
        false = VerificationReport(claims).false
        assert {claim.key for claim in false} == {f"{layer}_geojson"}, path


@pytest.mark.parametrize("document", [None, [], {"type": "FeatureCollection"}, {"features": [None]}])
def test_a_layer_that_is_none_is_false(world: World, document: Any) -> None:
    """Whatever stands in a GeoJSON file instead of features is a false claim and no crash."""
    report = verify(world.facts, replace(world.results, sites=document))
    assert {claim.key for claim in report.false} == {"sites_geojson"}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_leaf_of_the_plan_can_be_changed(world: World, data: st.DataObject) -> None:
    """Changing any leaf of plan.json, or leaving out any member, fails."""
    plan = json.loads(world.results.plan)
    path = data.draw(st.sampled_from(list(_leaves(plan))))
    if data.draw(st.booleans()):
        _put(plan, path, _another(_at(plan, path)))
    else:
        parent = _at(plan, path[:-1])
        del parent[path[-1]]
    assert not report_on(world, plan).passed


Path = tuple[Any, ...]


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    children = list(members)
    if not children and path:
        yield path
    for key, child in children:
        yield from _leaves(child, (*path, key))


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _put(document: Any, path: Path, value: Any) -> None:
    parent = document
    for part in path[:-1]:
        parent = parent[int(part) if isinstance(parent, list) else part]
    parent[int(path[-1]) if isinstance(parent, list) else path[-1]] = value


def _another(value: Any) -> Any:
    """Return a value of the same kind that means something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * 1.5 + 3.0 if isinstance(value, float) else value + 1
    if isinstance(value, str):
        return value + "x"
    return ["x"] if isinstance(value, list) else 7.0

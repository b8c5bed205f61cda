"""Plans whose figures are all right but which break a hard rule: the rule is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_case import changed, tiny_rows
from tests.verify.world import (
    CULTURE,
    ELDERLY,
    INFANT,
    MEALS,
    SCHOOL,
    SPORTS,
    World,
    access_of,
    tiny_decisions,
    tiny_policy,
    tiny_scenario,
    tiny_world,
)

from siteplan.assemble import build_problem
from siteplan.case import (
    CandidateSite,
    Case,
    Consent,
    ExclusionZone,
    Form,
    Mode,
    ProjectLevel,
    StockKind,
    Tenure,
)
from siteplan.outcome import evaluate
from siteplan.plan import Decisions
from siteplan.policy import Figure, LandUseCodes, Policy
from siteplan.scenario import Scenario
from siteplan.verify.facts import Facts, facts_of
from siteplan.verify.verification import verify

Areas = dict[tuple[str, str], tuple[float | None, float | None]]


def decisions_with(
    areas: Areas, forms: dict[str, Form] | None = None, rooms: Areas | None = None
) -> Decisions:
    """Return the tiny decisions with other areas by (site, function), rooms as large as they are.

    None: the site doesn't provide the function in that year.
    """
    tiny = tiny_decisions()
    start, area, room = dict(tiny.start_year), dict(tiny.area_m2), dict(tiny.room_m2)
    groups = {
        ELDERLY: "elderly",
        INFANT: "infant",
        SCHOOL: "school",
        MEALS: "day",
        CULTURE: "day",
        SPORTS: "sports",
    }
    for (site, function), (first, second) in areas.items():
        start.pop((site, function), None)
        for year, size in ((2027, first), (2028, second)):
            area.pop((site, function, year), None)
            if size is not None:
                start.setdefault((site, function), year)
                area[site, function, year] = size
                room[site, groups[function], year] = size
            elif groups[function] != "day":
                room.pop((site, groups[function], year), None)
    for (site, group), sizes in (rooms or {}).items():
        for year, size in zip((2027, 2028), sizes, strict=True):
            if size is not None:
                room[site, group, year] = size
    return Decisions(start, room, area, {**tiny.forms, **(forms or {})})


BROKEN: list[tuple[str, Decisions, dict[str, Any], set[str]]] = [
    ("too small alone", decisions_with({("S2", SCHOOL): (None, 100.0)}), {}, {"area_at_least_minimum"}),
    ("too large", decisions_with({("S1", ELDERLY): (120.0, 310.0)}), {}, {"area_at_most_maximum"}),
    (
        "room smaller than the function",
        decisions_with({}, rooms={("S1", "day"): (60.0, 95.0)}),
        {},
        {"function_fits_its_room"},
    ),
    (
        "rooms larger than the site",
        decisions_with({("S2", SCHOOL): (None, 110.0)}, rooms={("S2", "school"): (None, 211.0)}),
        {},
        {"rooms_fit_in_site"},
    ),
    ("shrinks", decisions_with({("S1", SCHOOL): (80.0, 75.0)}), {}, {"stays_open"}),
    (
        "opens before it is available",
        decisions_with({("S2", SCHOOL): (110.0, 110.0)}),
        {"pace": {}},
        {"available_from"},
    ),
    (
        "room before opening",
        decisions_with({}, rooms={("S2", "school"): (50.0, 110.0)}),
        {},
        {"rooms_fit_in_site"},
    ),
    (
        "required function late",
        decisions_with({("P2", INFANT): (None, 100.0), ("P2", ELDERLY): (80.0, 80.0)}),
        {},
        {"required_functions"},
    ),
    (
        "committed project late",
        decisions_with({("P2", INFANT): (None, 100.0)}),
        {},
        {"committed_sites", "required_functions"},
    ),
    ("complex of two functions", decisions_with({("S1", SCHOOL): (None, 70.0)}), {}, {"site_form"}),
    ("complex that is too small", decisions_with({}, {"S2": Form.COMPLEX}), {"rules": {}}, {"site_form"}),
    (
        "scattered site of four functions",
        decisions_with({}, {"S1": Form.SCATTERED}),
        {},
        {"site_form", "area_at_least_minimum"},
    ),
    ("committed form changed", decisions_with({}, {"P2": Form.SCATTERED}), {}, {"committed_sites"}),
    (
        "neither elderly nor infant care",
        decisions_with({("S1", ELDERLY): (None, None), ("S1", SPORTS): (90.0, 90.0)}),
        {},
        {"places_reserved_first"},
    ),
    ("too many sites a year", tiny_decisions(), {"pace": {"sites_per_year": 0}}, {"rollout_pace"}),
    (
        "committed by hand to another year",
        tiny_decisions(),
        {"commit": {"x": {"site": "S1", "year": 2028}}},
        {"committed_by_hand"},
    ),
    (
        "committed by hand with another function and form",
        tiny_decisions(),
        {"commit": {"x": {"site": "S1", "year": 2027, "functions": [CULTURE], "form": "scattered"}}},
        {"committed_by_hand"},
    ),
    (
        "forbidden by hand",
        tiny_decisions(),
        {"forbid": {"x": {"site": "S2"}}},
        {"forbidden_by_hand"},
    ),
    (
        "forbidden by hand for a year",
        tiny_decisions(),
        {"forbid": {"x": {"site": "S1", "functions": [MEALS], "until": 2027}}},
        {"forbidden_by_hand"},
    ),
    (
        "required coverage missing",
        tiny_decisions(),
        {"require": {"x": {"community": "610124001001", "function": CULTURE, "by": 2027}}},
        {"required_coverage"},
    ),
    (
        "less coverage than a must",
        tiny_decisions(),
        {"rules": {"places_reserved_first": True, "coverage_at_least": {CULTURE: {2027: 50}}}},
        {"coverage_floor"},
    ),
    (
        "less coverage in a town than a must",
        tiny_decisions(),
        {"rules": {"places_reserved_first": True, "coverage_per_town_at_least": {2028: 100}}},
        {"coverage_per_town"},
    ),
    (
        "too many newly built",
        tiny_decisions(),
        {"rules": {"places_reserved_first": True, "newly_built_sites_at_most": 0}},
        {"newly_built_sites"},
    ),
    # 120 m² of elderly care at S1: four care beds of 8 m² in 30 % of it; P1 has nine more.
    (
        "too few care beds in the county",
        tiny_decisions(),
        {"rules": {"places_reserved_first": True, "places_at_least": {"care_beds": {2027: 14}}}},
        {"places_at_least"},
    ),
    (
        "too few meals in the county",
        tiny_decisions(),
        {"rules": {"places_reserved_first": True, "places_at_least": {MEALS: {2028: 171}}}},
        {"places_at_least"},
    ),
    (
        "too few care beds in a complex",
        tiny_decisions(),
        {"rules": {"places_reserved_first": True, "complex_places_at_least": {"care_beds": 5}}},
        {"complex_places_at_least"},
    ),
    ("too many in a town", tiny_decisions(), {"pace": {"sites_per_year_and_town": 0}}, {"rollout_pace"}),
]


@pytest.mark.parametrize(
    ("decisions", "changes", "rules"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_rule_is_named(
    tmp_path: Path, decisions: Decisions, changes: dict[str, Any], rules: set[str]
) -> None:
    """Of a plan that is consistent but for a decision, just the rules it breaks are false."""
    world = tiny_world(tmp_path, tiny_scenario(**changes), decisions)
    assert {claim.key for claim in verify(world.facts, world.results).false} == rules


def budget(**changes: Any) -> dict[str, Any]:
    """Return a budget of one source with other keys."""
    source = {"name": {"zh": "县", "en": "county"}, "amounts_cny": {2027: 4_000_000, 2028: 1_500_000}}
    return {"sources": {"county": source}, **changes}


@pytest.mark.parametrize(
    ("money", "rule"),
    [
        (budget(scale=0.5), "yearly_budget"),
        (budget(operating_cny={2028: 10_000}), "operating_limit"),
        (
            budget(
                sources={"county": {"name": "县", "amounts_cny": {2027: 5_000_000, 2028: 10_000}}},
                carry_over=False,
            ),
            "yearly_budget",
        ),
    ],
)
def test_money_that_is_overspent(tmp_path: Path, money: dict[str, Any], rule: str) -> None:
    """Capital beyond the year's money, or operating cost beyond its limit, is false."""
    world = tiny_world(tmp_path, tiny_scenario(budget=money))
    assert {claim.key for claim in verify(world.facts, world.results).false} == {rule}


def with_subsidies(policy: Policy, **cny_per_m2_year: float) -> Policy:
    """Return the policy with other subsidies to operators."""
    functions = {
        key: function.model_copy(
            update={"subsidy_cny_per_m2_year": Figure(value=cny_per_m2_year.get(key, 0.0), assumption=True)}
        )
        for key, function in policy.functions.items()
    }
    return replace(policy, functions=functions)


ENOUGH = {"places_at_least": {"care_beds": {2027: 13}, MEALS: {2028: 170}}}


def test_places_that_are_just_enough(tmp_path: Path) -> None:
    """Thirteen care beds (4 and 9), 90 and 80 meals in 2028, four beds in the one complex."""
    rules = {"places_reserved_first": True, **ENOUGH, "complex_places_at_least": {"care_beds": 4}}
    world = tiny_world(tmp_path, tiny_scenario(rules=rules))
    assert verify(world.facts, world.results).false == ()


@pytest.mark.parametrize(
    ("rule", "family"),
    [
        ("area_standard_at_least_m2", "area_standard_floor"),
        ("elderly_area_standard_at_least_m2", "elderly_area_standard_floor"),
    ],
)
def test_floor_area_below_the_least(world: World, rule: str, family: str) -> None:
    """No more than the least that a community has can be asked for, of all rooms or of elderly care."""
    rows = [row for row in world.plan.area_standard if row.year == 2028]
    has = min(
        100.0 * (row.elderly_floor_area_m2 if "elderly" in rule else row.floor_area_m2) / row.households
        for row in rows
    )
    for floor, false in ((has, set()), (has + 1.0, {family})):
        scenario = tiny_scenario(rules={"places_reserved_first": True, rule: {2028: floor}})
        claims = verify(facts_after(world, scenario=scenario), world.results).false
        assert {claim.key for claim in claims} == false


@pytest.mark.parametrize(("share", "false"), [(0.3, {"operator_share"}), (0.4, set())])
def test_an_operator_with_too_many_sites(tmp_path: Path, share: float, false: set[str]) -> None:
    """In 2028 S1 and S2 are one operator's, P2 another's: two of three; E1 was there before."""
    sites = [changed(row, operator="甲") for row in tiny_rows("sites")]
    sites[1] = changed(sites[1], mode="new_build", year_available="2028")
    services = [changed(row, operator="甲") for row in tiny_rows("existing_services")]
    rules = {"places_reserved_first": True, "operator_sites_share_at_most": share}
    world = tiny_world(tmp_path, tiny_scenario(rules=rules), sites=sites, existing_services=services)
    first, second = world.case.projects
    case = replace(world.case, projects=(first, second.model_copy(update={"operator": "乙"})))
    plan = json.loads(world.results.plan)
    next(site for site in plan["sites"] if site["site_id"] == "P2")["operator"] = "乙"
    layer = json.loads(json.dumps(world.results.sites))
    properties = [each["properties"] for each in layer["features"]]
    next(each for each in properties if each["site_id"] == "P2")["operator"] = "乙"
    results = replace(world.results, plan=json.dumps(plan), sites=layer)
    assert {claim.key for claim in verify(facts_after(world, case=case), results).false} == false


@pytest.mark.parametrize(
    ("year", "false", "paid_cny"), [("2027", set(), 250_000.0), ("2028", {"available_from"}, 0.0)]
)
def test_a_joint_programme_is_waited_for_and_pays(
    tmp_path: Path, year: str, false: set[str], paid_cny: float
) -> None:
    """S1 opens in 2027: with its programme of that year, which pays 250 000 CNY, or before that of 2028."""
    first, *others = tiny_rows("sites")
    sites = [changed(first, joint_programme="完整社区建设", joint_programme_year=year), *others]
    entry = {"programme": "完整社区建设", "pays_share": 0.4, "pays_at_most_cny": 250_000}
    world = tiny_world(tmp_path, tiny_scenario(joint_programmes={"x": entry}), sites=sites)
    assert {claim.key for claim in verify(world.facts, world.results).false} == false
    assert world.plan.money[0].joint_programmes_cny == paid_cny
    less = tiny_scenario(joint_programmes={"x": {**entry, "pays_at_most_cny": 200_000}})
    claims = verify(facts_after(world, scenario=less), world.results).false
    assert ("money_of_sites" in {claim.key for claim in claims}) is (paid_cny > 0.0)


PLENTY = dict.fromkeys((ELDERLY, INFANT, SCHOOL, MEALS, CULTURE), 200.0)


def test_an_operator_that_is_not_viable(tmp_path: Path) -> None:
    """Every function of the tiny plan costs more than its fees; 200 CNY per m² make all of them viable."""
    viable = tiny_scenario(rules={"places_reserved_first": True, "operator_viability": True})
    policy = with_subsidies(tiny_policy(), **PLENTY)
    world = tiny_world(tmp_path, viable, policy=policy)
    assert verify(world.facts, world.results).false == ()
    assert world.plan.money[0].subsidy_cny == 0.0
    assert world.plan.money[1].subsidy_cny > 0.0
    rented = {**world.facts.sites, "S2": replace(world.facts.sites["S2"], rent_cny=100_000.0)}
    claims = verify(replace(world.facts, sites=rented), world.results).false
    assert "operator_is_viable" in {claim.key for claim in claims}
    facts = facts_after(world, policy=with_subsidies(policy, **{**PLENTY, SCHOOL: 0.0}))
    assert {claim.key for claim in verify(facts, world.results).false} == {
        "operator_is_viable",
        "money_of_sites",
        "money_of_years",
    }


@pytest.mark.parametrize("year", [2028, 2029])
def test_subsidies_beyond_their_limit(tmp_path: Path, year: int) -> None:
    """What operators get in a year is limited, up to the year in which the last year's areas run."""
    limited = tiny_scenario(budget=budget(subsidy_cny={year: 10_000}))
    world = tiny_world(tmp_path, limited, policy=with_subsidies(tiny_policy(), **PLENTY))
    assert {claim.key for claim in verify(world.facts, world.results).false} == {"subsidy_limit"}


def test_fees_are_at_most_the_affordable_ones(tmp_path: Path) -> None:
    """A cap below the fee income of elderly care (400) lowers it; one above leaves it."""
    policy = tiny_policy()
    elderly = policy.functions[ELDERLY]
    fees = []
    for cap in (300.0, 500.0):
        capped = elderly.model_copy(
            update={"affordable_fee_cny_per_m2_year": Figure(value=cap, assumption=True)}
        )
        folder = tmp_path / str(cap)
        folder.mkdir()
        world = tiny_world(folder, policy=replace(policy, functions={**policy.functions, ELDERLY: capped}))
        assert verify(world.facts, world.results).false == ()
        fees.append(world.problem.functions[ELDERLY].fee_income_cny_per_m2_year)
    assert fees == [300.0, 400.0]


LOCAL_TARGETS = {
    "towns": {"甲街道": {ELDERLY: {2027: 90, 2028: 100}}},
    "communities": {"610124001002": {CULTURE: {2028: 100}, MEALS: {2027: 100, 2030: 100}}},
}


@pytest.mark.parametrize(
    "changes",
    [
        {"budget": None},
        {"budget": budget(carry_over=False)},
        {"targets": {"path": "none"}},
        {"targets": {"path": "last_year_only", "overrides": {CULTURE: {2027: 40}}}},
        {"coverage": {"basis": "residents", "threshold": 0.9}},
        {"coverage": {"basis": "established"}},
        {"objective": ["cost", "shortfall"]},
        {"objective": {"weights": {"shortfall": 1, "persons_covered": 0.001, "cost": 1e-6}}},
        {"targets": LOCAL_TARGETS},
        {"targets": LOCAL_TARGETS, "coverage": {"basis": "residents"}},
        {
            "commit": {
                "x": {"site": "S1", "year": 2027, "functions": [MEALS], "form": "complex"},
                "later": {"site": "S3", "year": 2030},
            },
            "forbid": {"x": {"site": "S1", "functions": [CULTURE], "until": 2027}, "y": {"site": "S3"}},
            "require": {"x": {"community": "东街社区", "function": CULTURE, "by": 2028}},
        },
        {"years": [2027, 2028], "rules": {"site_form": True, "places_reserved_first": False}},
    ],
    ids=str,
)
def test_other_settings_agree_with_outcome(tmp_path: Path, changes: dict[str, Any]) -> None:
    """The plan passes under other budgets, targets, bases and objectives, each computed twice."""
    world = tiny_world(tmp_path, tiny_scenario(**changes))
    assert verify(world.facts, world.results).false == ()


def may_host(world: World, **columns: Any) -> frozenset[str]:
    """Return what S1 may host with other columns in its row."""
    row = CandidateSite.model_validate({**world.case.sites[0].model_dump(), **columns})
    sites = (row, *world.case.sites[1:])
    return facts_after(world, case=replace(world.case, sites=sites)).sites["S1"].may_host


def facts_after(
    world: World, case: Case | None = None, policy: Policy | None = None, scenario: Scenario | None = None
) -> Facts:
    """Return the facts of the tiny inputs, some replaced."""
    return facts_of(case or world.case, policy or world.policy, scenario or world.scenario, world.network)


ALL = frozenset({ELDERLY, INFANT, SCHOOL, MEALS, SPORTS, CULTURE})


@pytest.mark.parametrize(
    ("columns", "hosted"),
    [
        ({}, ALL),
        ({"consent": Consent.REFUSED}, frozenset()),
        ({"consent": Consent.SEEKING}, ALL),
        ({"excluded_functions": (MEALS, SPORTS)}, ALL - {MEALS, SPORTS}),
        ({"has_outdoor_space": False}, ALL - {SPORTS}),
        ({"floor": 2}, ALL),
        ({"floor": 2, "has_lift": False}, ALL - {ELDERLY}),
        ({"floor": 4}, ALL - {ELDERLY}),
        ({"floor": -1}, frozenset({SPORTS})),
        ({"noise_sensitive_neighbours": True}, ALL - {SPORTS}),
        ({"has_own_entrance": False}, ALL - {INFANT}),
        ({"has_kitchen": False}, ALL - {MEALS}),
        ({"stock_kind": StockKind.CLEARED_LAND}, ALL - {CULTURE}),
        ({"usable_area_m2": 75.0}, frozenset({SCHOOL, MEALS, CULTURE})),
        ({"floor_area_m2": 85.0, "usable_area_m2": None}, frozenset({MEALS})),
    ],
    ids=str,
)
def test_what_a_space_may_host(world: World, columns: dict[str, Any], hosted: frozenset[str]) -> None:
    """Consent, exclusions, size, floor, lift and outdoor space decide, each by itself.

    The smallest minima in usable m²: elderly 80, infant 80, school 60, meals 50, sports 90, culture 65.
    """
    assert may_host(world, **columns) == hosted


def test_what_a_committed_project_may_host(world: World) -> None:
    """P2, a complex of 350 m² usable, may host every module, whatever its floor or open ground."""
    assert world.facts.sites["P2"].may_host == ALL
    assert world.facts.sites["P1"].programme is not None


@pytest.mark.parametrize(
    "changed", [{"consent": Consent.REFUSED}, {"excluded_functions": (SCHOOL,)}, {"floor": -1}]
)
def test_a_function_where_the_space_does_not_suit_is_false(world: World, changed: dict[str, Any]) -> None:
    """A plan made before the row of S1 was changed provides what S1 may not host."""
    row = CandidateSite.model_validate({**world.case.sites[0].model_dump(), **changed})
    facts = facts_after(world, case=replace(world.case, sites=(row, *world.case.sites[1:])))
    false = {claim.key for claim in verify(facts, world.results).false}
    assert false == {"site_may_host", "excluded_sites", *({"consent"} & set(changed))}


def test_a_committed_or_existing_site_may_not_be_left_out(
    world: World, without: Callable[[str], World]
) -> None:
    """A plan without E1, P1 or P2 is false by that, even if all its figures were changed with it."""
    for site_id in ("E1", "P1", "P2"):
        report = verify(world.facts, without(site_id).results)
        assert "committed_sites" in {claim.key for claim in report.false}


@pytest.fixture
def without(world: World, tmp_path: Path) -> Callable[[str], World]:
    """Return a maker of results in which a site is missing from the plan."""

    def make(site_id: str) -> World:
        kept = tuple(site for site in world.plan.sites if site.site_id != site_id)
        folder = tmp_path / site_id
        folder.mkdir()
        for file in world.folder.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        plan = world.plan.model_copy(update={"sites": kept})
        (folder / "plan.json").write_text(plan.model_dump_json(by_alias=True), encoding="utf-8")
        return replace(world, plan=plan, folder=folder)

    return make


def with_times(policy: Policy) -> Policy:
    """Return the policy with services at home on 0702, and a lead time of two years for rebuilding."""
    codes = LandUseCodes(codes=("0702",), source="test", confidence="V")
    lead_time = {Mode.REBUILD: Figure(value=2, source="test", confidence="V")}
    update = {"land_use_for_services": codes, "lead_time_years": lead_time}
    return replace(policy, standards=policy.standards.model_copy(update=update))


@pytest.mark.parametrize(
    ("code", "rules"), [("0901", {"land_use_grace"}), ("0702", set()), ("", set())], ids=str
)
def test_a_land_use_procedure_left_out_is_false(world: World, code: str, rules: set[str]) -> None:
    """S1 opens in 2027 on commercial land, and the plan doesn't list what falls due in 2032."""
    row = CandidateSite.model_validate({**world.case.sites[0].model_dump(), "land_use_code": code})
    case = replace(world.case, sites=(row, *world.case.sites[1:]))
    facts = facts_after(world, case=case, policy=with_times(world.policy))
    assert {claim.key for claim in verify(facts, world.results).false} == rules


@pytest.mark.parametrize(("lead_time", "rules"), [(True, {"available_from"}), (False, set())])
def test_opening_within_the_lead_time_is_false(world: World, lead_time: bool, rules: set[str]) -> None:
    """S1, to be rebuilt in two years, opens in the first."""
    scenario = tiny_scenario(rules={"places_reserved_first": True, "lead_time": lead_time})
    facts = facts_after(world, policy=with_times(world.policy), scenario=scenario)
    assert {claim.key for claim in verify(facts, world.results).false} == rules


def zone(**properties: Any) -> ExclusionZone:
    """Return a zone at S1 (108.2226, 34.1603): a point 92 m east of it, unless told otherwise."""
    usual = {"kind": "petrol_station", "name": "加油站", "wkt": "POINT (108.2236 34.1603)"}
    return ExclusionZone.model_validate({**usual, **properties})


@pytest.mark.parametrize(
    ("properties", "excluded"),
    [
        ({"buffer_m": 90}, frozenset()),
        ({"buffer_m": 95}, ALL),
        ({"buffer_m": 95, "excluded_functions": (INFANT,)}, {INFANT}),
        ({"wkt": "POLYGON ((108.222 34.16, 108.223 34.16, 108.223 34.161, 108.222 34.16))"}, ALL),
    ],
    ids=str,
)
def test_what_an_exclusion_zone_excludes(
    world: World, properties: dict[str, Any], excluded: frozenset[str]
) -> None:
    """Zone and buffer reach S1 or not, in verification and in the problem alike; the plan names the zone."""
    case = replace(world.case, exclusion_zones=(zone(**properties),))
    facts = facts_after(world, case=case)
    problem = build_problem(case, world.policy, world.scenario, access_of(case, facts.distances))
    assert facts.sites["S1"].may_host == problem.sites["S1"].may_host == ALL - excluded
    listed = {key for key, reason in problem.sites["S1"].why_not.items() if "加油站" in reason.zh}
    assert listed == set(excluded)
    rules = {"excluded_sites"} if excluded else set()
    rules |= {"site_may_host"} if ELDERLY in excluded else set()
    assert {claim.key for claim in verify(facts, world.results).false} == rules


def test_a_returned_facility_opens_with_its_estate_for_nothing(world: World) -> None:
    """S1, returned by the developer of an estate that is occupied from 2028, opens from then on, free."""
    columns = {"tenure": Tenure.RETURNED, "estate_id": "N1"}
    rows = (world.case.sites[0].model_copy(update=columns), *world.case.sites[1:])
    home = world.case.demand_points[0].model_copy(update={"estate_id": "N1", "occupied_from": 2028})
    case = replace(world.case, sites=rows, demand_points=(home, *world.case.demand_points[1:]))
    facts = facts_after(world, case=case)
    problem = build_problem(case, world.policy, world.scenario, access_of(case, facts.distances))
    for site in (facts.sites["S1"], problem.sites["S1"]):
        assert (site.available_from, site.opening_cost_cny) == (2028, 0.0)
    assert "available_from" in {claim.key for claim in verify(facts, world.results).false}


def test_a_new_estate_without_its_facility_is_false(world: World) -> None:
    """S3, returned for the homes that are occupied from 2028, isn't open: false with the rule alone."""
    late = next(row for row in world.case.demand_points if row.occupied_from == 2028)
    points = tuple(
        row.model_copy(update={"estate_id": "N1"}) if row is late else row for row in world.case.demand_points
    )
    sites = tuple(
        row.model_copy(update={"tenure": Tenure.RETURNED, "estate_id": "N1"}) if row.site_id == "S3" else row
        for row in world.case.sites
    )
    case = replace(world.case, sites=sites, demand_points=points)
    rules = world.scenario.rules.model_copy(update={"new_estate_area_standard": True})
    for switched, false in ((world.scenario.rules, set()), (rules, {"new_estate_area_standard"})):
        scenario = world.scenario.model_copy(update={"rules": switched})
        facts = facts_after(world, case=case, scenario=scenario)
        assert {claim.key for claim in verify(facts, world.results).false} == false


def test_a_plot_used_twice_is_false(tmp_path: Path) -> None:
    """S1 and S2 on one plot can't both open."""
    world = tiny_world(tmp_path)
    rows = tuple(row.model_copy(update={"plot_id": "p"}) for row in world.case.sites)
    facts = facts_after(world, case=replace(world.case, sites=rows))
    assert {claim.key for claim in verify(facts, world.results).false} == {"one_use_of_a_plot"}


def test_rent_is_operating_cost_from_the_year_after_opening(tmp_path: Path) -> None:
    """S1 (1 000 m² from 2027) at 30 CNY pays 30 000 in 2028, S2 (opens in 2028) nothing yet."""
    world = tiny_world(tmp_path)
    rented = {"tenure": Tenure.RENTED, "rent_cny_per_m2_year": 30.0}
    rows = tuple(row.model_copy(update=rented) for row in world.case.sites)
    case = replace(world.case, sites=rows)
    facts = facts_after(world, case=case)
    problem = build_problem(case, world.policy, world.scenario, access_of(case, facts.distances))
    before, after = (evaluate(one, tiny_decisions()) for one in (world.problem, problem))
    added = [
        {year: new.operating_cny_by_year[year] - old.operating_cny_by_year[year] for year in (2027, 2028)}
        for old, new in zip(before.sites, after.sites, strict=True)
    ]
    assert sorted(change[2028] for change in added) == pytest.approx([0.0] * (len(added) - 1) + [30_000.0])
    assert all(change[2027] == 0.0 for change in added)
    assert "money_of_sites" in {claim.key for claim in verify(facts, world.results).false}


def test_a_municipal_project_has_the_standard_functions(world: World) -> None:
    """Inside the horizon P2 listed as municipal must have all four, whatever the table requires."""
    facts = facts_after(world)
    problem_site = world.problem.sites["P2"]
    standard = {ELDERLY, INFANT, SCHOOL, MEALS}
    assert facts.sites["P2"].required_functions == problem_site.required_functions
    rows = tuple(row.model_copy(update={"level": ProjectLevel.MUNICIPAL}) for row in world.case.projects)
    facts = facts_after(world, case=replace(world.case, projects=rows))
    assert facts.sites["P2"].required_functions == standard

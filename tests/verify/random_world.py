"""Random small cases through the real chain: read, assemble, solve, evaluate, write.

The case is the tiny one with sites, homes, projects and services changed at random; the scenario switches
every rule on or off at random. Nothing here computes a figure: what comes out is for verification.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.tiny_case import TableRow, changed, tiny_rows, write_tiny_case
from tests.verify.world import (
    CULTURE,
    ELDERLY,
    INFANT,
    MEALS,
    SCHOOL,
    SPORTS,
    World,
    access_of,
    tiny_policy,
    tiny_scenario,
    written,
)

from siteplan.assemble import build_problem
from siteplan.case import ExclusionZone, Mode, ZoneKind
from siteplan.inputs.case_files import load_case
from siteplan.inputs.roads import read_roads
from siteplan.outcome import evaluate, make_plan
from siteplan.policy import Figure, Policy
from siteplan.scenario import CARE_BEDS, Commitment, Level, Requirement, Scenario
from siteplan.solve import InfeasibleError, solve
from siteplan.verify.facts import facts_of

FUNCTIONS = (ELDERLY, INFANT, SCHOOL, MEALS, SPORTS, CULTURE)
JOINT = {"year": 2027, "pays_share": 0.4, "pays_at_most_cny": 200_000}
COMMUNITIES = ("610124001001", "610124001002", "610124100201")


def random_world(folder: Path, seed: int) -> World | None:
    """Solve a random case under random rules; None where its rules clash."""
    dice = random.Random(seed)
    policy = random_policy(seed)
    scenario = random_scenario(dice, seed)
    tables = random_tables(dice)
    case = load_case(write_tiny_case(folder / "case", **tables), {key: key for key in policy.functions})
    case = replace(case, exclusion_zones=_zones(seed, tables["sites"]))
    scenario = scenario.model_copy(update=_by_hand(seed, scenario, tables["sites"]))
    network = read_roads(case.roads_file, case.header.metric_crs)
    facts = facts_of(case, policy, scenario, network)
    problem = build_problem(case, policy, scenario, access_of(case, facts.distances))
    try:
        result = solve(problem, scenario.solver)
    except InfeasibleError:
        return None
    outcome = evaluate(problem, result.decisions)
    plan = make_plan(
        problem,
        result.decisions,
        result.levels,
        title=scenario.title.text,
        illustrative=case.is_illustrative,
        stopped_by=result.stopped_by,
        outcome=outcome,
    )
    results = written(folder / "results", problem, outcome, plan)
    return World(case, policy, scenario, network, facts, problem, plan, results)


def random_policy(seed: int) -> Policy:
    """Return the tiny policy, for every other seed with subsidies, affordable prices and lead times.

    With 250 CNY per m² every function leaves a margin to its operator, but for meals under their price.
    """
    policy = tiny_policy()
    if seed % 2:
        return policy
    functions = {
        key: function.model_copy(update={"subsidy_cny_per_m2_year": assumed(250.0)})
        for key, function in policy.functions.items()
    }
    functions[MEALS] = functions[MEALS].model_copy(update={"affordable_fee_cny_per_m2_year": assumed(420.0)})
    times = {Mode.NEW_BUILD: assumed(2.0), Mode.EXTEND: assumed(1.5), Mode.REBUILD: assumed(1.0)}
    standards = policy.standards.model_copy(update={"lead_time_years": times})
    return replace(policy, functions=functions, standards=standards)


def assumed(value: float) -> Figure:
    """Return a figure that is an assumption."""
    return Figure(value=value, assumption=True)


def _zones(seed: int, sites: Sequence[TableRow]) -> tuple[ExclusionZone, ...]:
    """Return a zone around the first space for every third seed: for everything, or for two functions."""
    if seed % 3 != 1:
        return ()
    functions = (MEALS, CULTURE) if seed % 2 else ()
    point, kind = f"POINT ({sites[0]['longitude']} {sites[0]['latitude']})", ZoneKind.PETROL_STATION
    return (
        ExclusionZone(
            kind=kind,
            name="加油站",
            wkt=point,
            buffer_m=60.0,
            excluded_functions=functions,
        ),
    )


def _by_hand(seed: int, scenario: Scenario, sites: Sequence[TableRow]) -> dict[str, Any]:
    """Return entries by hand for every fourth seed: a space that has consent opens, meals are required."""
    last = scenario.years[-1]
    if seed % 4 != 3:
        return {}
    require = {"meals": Requirement(community=COMMUNITIES[0], function=MEALS, by=last)}
    agreed = [row for row in sites if row["consent"] == "agreed" and not row["joint_programme"]]
    commit = {row["site_id"]: Commitment(site=row["site_id"], year=last) for row in agreed[-1:]}
    return {"require": require, "commit": commit}


def random_tables(dice: random.Random) -> dict[str, Any]:
    """Return the tables of a case with five spaces, two of them on one plot, and a convertible service."""
    points = [
        changed(row, households=str(dice.randint(50, 500)), occupied_from=dice.choice(["", "", "2028"]))
        for row in tiny_rows("demand_points")
    ]
    sites = [_site(dice, row) for row in (*tiny_rows("sites"), *tiny_rows("sites")[:2])]
    for number, row in enumerate(sites, start=1):
        row["site_id"], row["name"] = f"S{number}", f"空间 S{number}"
        row["plot_id"] = "PL1" if number > 3 else ""
    for row in sites:
        row["estate_id"] = ""
    if points[0]["occupied_from"]:
        points[0]["estate_id"] = sites[2]["estate_id"] = "N1"
        sites[2] |= {"tenure": "returned", "rent_cny_per_m2_year": ""}
    project = tiny_rows("projects")[0]
    second = changed(
        project,
        project_id="P2",
        name="乙社区综合体",
        year=dice.choice(["2027", "2028"]),
        level=dice.choice(["municipal", "national"]),
        form=dice.choice(["complex", "scattered"]),
        community_code=COMMUNITIES[0],
        floor_area_m2="900",
        usable_area_m2="",
        longitude="108.2213",
        latitude="34.1601",
        function_areas="",
    )
    service = changed(
        tiny_rows("existing_services")[0],
        convertible=dice.choice(["yes", "no"]),
        operator=dice.choice(["", "甲公司"]),
        operating_since=dice.choice(["", "2020", "2026"]),
        serves_communities=dice.choice(["", COMMUNITIES[1]]),
    )
    projects = [project, second] if dice.random() < 0.5 else [project]
    return {"demand_points": points, "sites": sites, "projects": projects, "existing_services": [service]}


def _site(dice: random.Random, row: TableRow) -> TableRow:
    tenure = dice.choice(["owned", "lent_free", "rented"])
    return changed(
        row,
        community_code=dice.choice(COMMUNITIES[:2]),
        longitude=f"{dice.uniform(108.2202, 108.2248):.6f}",
        latitude=f"{dice.uniform(34.1602, 34.1638):.6f}",
        floor_area_m2=str(dice.choice([300, 700, 900, 1400])),
        usable_area_m2="",
        stock_kind=dice.choice(["community_rooms", "idle_premises", "state_firm_premises"]),
        mode=dice.choice(["rebuild", "new_build", "extend"]),
        floor=dice.choice(["1", "1", "2"]),
        has_own_entrance=dice.choice(["yes", "no"]),
        has_kitchen=dice.choice(["yes", "no"]),
        noise_sensitive_neighbours=dice.choice(["yes", "no"]),
        plot_id="",
        tenure=tenure,
        rent_cny_per_m2_year="40" if tenure == "rented" else "",
        consent=dice.choice(["agreed", "agreed", "seeking"]),
        year_available=dice.choice(["", "", "2028"]),
        project_level=dice.choice(["", "municipal", "national"]),
        excluded_functions=dice.choice(["", MEALS, CULTURE]),
        operator=dice.choice(["", "甲公司", "乙公司"]),
        joint_programme=dice.choice(["", "老旧小区改造"]),
        joint_programme_year=dice.choice(["", "2026", "2027", "2028"]),
        serves_communities=dice.choice(["", COMMUNITIES[1]]),
    )


def random_scenario(dice: random.Random, seed: int) -> Scenario:
    """Return a scenario of one or two years with every rule switched at random."""
    years = dice.choice([(2027,), (2027, 2028)])
    rules = _rules(dice, years) | _newer_rules(seed, years)
    can_be_served = rules["capacity"] and not rules["coverage_at_least"]
    bases = ["reachable", "established", "residents", *(["served"] if can_be_served else [])]
    basis = dice.choice(bases)
    named = [level for level in Level if level is not Level.WEIGHED]
    levels = dice.sample(named, dice.randint(2, len(named)))
    if basis in {"residents", "served"}:
        levels = [level for level in levels if level is not Level.WORST_COMMUNITY]
    return tiny_scenario(
        years=years,
        coverage={"basis": basis, "threshold": dice.choice([0.3, 0.5, 0.8])},
        targets={"path": dice.choice(["linear", "last_year_only"]), **_local_targets(seed, years)},
        budget=dice.choice([None, _one_sum(dice, years), _by_source(dice, years)]),
        pace=dice.choice([{}, {"sites_per_year": 1}, {"sites_per_year": 2, "sites_per_year_and_town": 1}]),
        rules=rules,
        joint_programmes=dice.choice([{}, {"old": {"programme": "老旧小区改造", **JOINT}}]),
        objective=_weights(levels)
        if seed % 5 == 4
        else [Level.SHORTFALL, *(level for level in levels if level is not Level.SHORTFALL)],
        forbid={"sports": {"site": "S3", "functions": [SPORTS]}} if dice.random() < 0.3 else {},
        solver={"time_limit_s": 240, "effort": 0.02},
    )


def _weights(levels: Sequence[Level]) -> dict[str, Any]:
    """Return the levels weighed, each unit by about what it is worth."""
    small = {Level.COST: 1e-5, Level.WALKING_DISTANCE: 1e-6, Level.PERSONS_COVERED: 0.01}
    return {"weights": {level: small.get(level, 1.0) for level in levels}}


def _local_targets(seed: int, years: tuple[int, ...]) -> dict[str, Any]:
    """Return targets of a town and of a community for every third seed, drawn apart from everything else."""
    dice = random.Random(seed)
    if seed % 3:
        return {}
    town = {dice.choice(FUNCTIONS): {year: dice.choice([50, 100]) for year in years}}
    return {
        "towns": {"610124001": town},
        "communities": {COMMUNITIES[1]: {dice.choice(FUNCTIONS): {years[-1]: 100}}},
    }


def _newer_rules(seed: int, years: tuple[int, ...]) -> dict[str, Any]:
    """Return rules drawn apart from everything else: lead times, viable operators, a floor of coverage."""
    dice = random.Random(seed + 0.5)
    return {
        "lead_time": dice.random() < 0.5,
        **({} if seed % 2 else {"operator_viability": dice.random() < 0.7}),
        "elderly_area_standard_at_least_m2": {years[-1]: 3} if dice.random() < 0.2 else {},
        "coverage_at_least": {MEALS: {years[-1]: 30}} if dice.random() < 0.3 else {},
    }


def _rules(dice: random.Random, years: tuple[int, ...]) -> dict[str, Any]:
    capacity = dice.random() < 0.4
    return {
        "site_form": dice.random() < 0.8,
        "places_reserved_first": dice.random() < 0.5,
        "operator_viability": dice.random() < 0.2,
        "capacity": capacity,
        "nearest_with_a_place": capacity and dice.random() < 0.4,
        "newly_built_sites_at_most": dice.choice([None, 0, 1]),
        "conversion": dice.random() < 0.5,
        "use_is_held_years": dice.choice([None, 2]),
        "area_standard_at_least_m2": {years[-1]: 10} if dice.random() < 0.2 else {},
        "functions_per_community_at_least": {years[-1]: 1} if dice.random() < 0.3 else {},
        "new_estate_area_standard": len(years) > 1,
        "coverage_per_town_at_least": {years[-1]: 30} if len(years) > 1 else {},
        "places_at_least": {CARE_BEDS: {years[-1]: 10}, MEALS: {years[-1]: 60}}
        if dice.random() < 0.3
        else {},
        "complex_places_at_least": dice.choice([{}, {CARE_BEDS: 4, MEALS: 80}]),
        "operator_sites_share_at_most": dice.choice([None, None, 0.6]),
    }


def _one_sum(dice: random.Random, years: tuple[int, ...]) -> dict[str, Any]:
    amounts = {year: dice.randint(5, 50) * 100_000 for year in years}
    return {
        "carry_over": dice.random() < 0.5,
        "sources": {"county": {"name": {"zh": "县", "en": "county"}, "amounts_cny": amounts}},
        "operating_cny": {2028: 400_000} if len(years) > 1 and dice.random() < 0.5 else {},
    }


def _by_source(dice: random.Random, years: tuple[int, ...]) -> dict[str, Any]:
    """Return a county that pays for anything, an award, and a fund for some functions, with conditions."""
    award: dict[str, Any] = {
        "amounts_cny": {years[-1] + 1: 900_000},
        "paid_after_years": 1,
        "eligible_levels": ["municipal"],
        "share_of_project_at_most": 0.5,
    }
    fund: dict[str, Any] = {
        "amounts_cny": {year: 200_000 for year in years},
        "eligible_functions": [ELDERLY, CULTURE],
        "carry_over": dice.random() < 0.5,
        "per_project_cap_cny": 150_000,
    }
    county: dict[str, Any] = {"amounts_cny": {year: dice.randint(10, 50) * 100_000 for year in years}}
    sources = {"award": award, "fund": fund, "county": county}
    return {
        "sources": {
            key: {"name": {"zh": f"来源{key}", "en": key}, **source} for key, source in sources.items()
        },
        "advance_cny": {year: 600_000 for year in years},
    }

"""A tiny consistent plan with its inputs, for tests of verification.

The case is `tests.tiny_case` with a committed project more, one demand point occupied from 2028 and a
road network of nine crossings. The plan: S1 opens in 2027 as a complex and grows in 2028, S2 opens in 2028
as a scattered site, P2 is committed to 2027, P1 and E1 are there already. ``outcome`` makes its figures,
from the distances that verification finds, so that both agree or a test fails.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from tests.tiny_case import changed, tiny_rows, write_tiny_case

from siteplan.assemble import build_problem
from siteplan.case import Case, Form, Mode
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.inputs.scenario_files import load_scenario
from siteplan.network import Reach, RoadNetwork, Snapped, WalkingAccess
from siteplan.outcome import MAXIMISED, UNITS, Outcome, evaluate, make_plan
from siteplan.plan import Decisions, LevelResult, Plan
from siteplan.policy import Costs, Figure, FunctionPolicy, Policy, Standards
from siteplan.problem import Problem
from siteplan.publish.assignments import write_assignments
from siteplan.publish.folder import result_folder
from siteplan.publish.geojson import write_coverage, write_sites
from siteplan.publish.money import write_money
from siteplan.publish.plan_file import write_plan
from siteplan.publish.publication import Run, publish
from siteplan.publish.run_record import record_inputs
from siteplan.reach import walking_access
from siteplan.scenario import Level, Scenario
from siteplan.verify.distances import Distances
from siteplan.verify.facts import Facts, facts_of
from siteplan.verify.verification import Results

YEARS = (2027, 2028)
ELDERLY, INFANT, SCHOOL, MEALS, SPORTS, CULTURE = (
    "elderly_care",
    "infant_care",
    "after_school_care",
    "community_meals",
    "sports",
    "culture",
)


def figure(value: float) -> dict[str, Any]:
    """Return a figure as ``model/*.yaml`` would state it."""
    return {"value": value, "assumption": True}


def _function(
    name: str, kind: str, group: str, figures: tuple[float, ...], ages: list[str]
) -> FunctionPolicy:
    """Return a function; its figures are those unpacked in the first line."""
    target, priority, radius, alone, in_complex, capacity, fit_out, operating, fee = figures
    return FunctionPolicy.model_validate(
        {
            "name": {"zh": f"{name}（中）", "en": name},
            "kind": kind,
            "target_percent": figure(target),
            "priority": figure(priority),
            "service_radius_m": figure(radius),
            "minimum_alone_m2": {**figure(alone), "area": "floor"},
            "minimum_in_complex_m2": {**figure(in_complex), "area": "usable"},
            "maximum_m2": {**figure(300), "area": "usable"},
            "capacity_persons_per_m2": figure(capacity),
            "capacity_unit": {"zh": "人", "en": "persons"},
            "target_ages": ages,
            "participation_rate": figure(0.3),
            "fit_out_cost_cny_per_m2": figure(fit_out),
            "operating_cost_cny_per_m2_year": figure(operating),
            "fee_income_cny_per_m2_year": figure(fee),
            "room_group": group,
            "lead_bureau": {"zh": "局", "en": "bureau"},
            "approvals": [],
        }
    )


def tiny_policy() -> Policy:
    """Return six functions, two of which share a room, and round standards."""
    old = ["age_60_69", "age_70_79", "age_80_plus"]
    functions = {
        ELDERLY: _function(ELDERLY, "standard", "elderly", (90, 3, 300, 200, 80, 0.4, 2000, 600, 400), old),
        INFANT: _function(
            INFANT, "standard", "infant", (50, 3, 400, 200, 80, 0.1, 3000, 900, 700), ["age_0_2"]
        ),
        SCHOOL: _function(
            SCHOOL, "standard", "school", (90, 2, 300, 150, 60, 0.3, 1500, 400, 300), ["age_6_12"]
        ),
        MEALS: _function(MEALS, "standard", "day", (70, 2, 300, 100, 50, 1.0, 2400, 700, 500), old),
        SPORTS: _function(
            SPORTS, "optional", "sports", (100, 1, 500, 200, 90, 2.0, 1200, 200, 100), ["age_13_17"]
        ),
        CULTURE: _function(
            CULTURE, "optional", "day", (100, 1, 500, 100, 65, 0.2, 1600, 250, 50), ["age_18_59"]
        ),
    }
    standards = {
        "usable_share_of_floor_area": figure(0.7),
        "area_tiers_m2_per_100_households": [figure(30), figure(200)],
        "elderly_area_m2_per_100_households": figure(20),
        "new_estate_area_m2_per_100_households": figure(50),
        "complex_minimum_floor_area_m2": figure(600),
        "complex_preferred_floor_area_m2": figure(1200),
        "complex_minimum_functions": figure(3),
        "complex_minimum_standard_functions": figure(2),
        "scattered_maximum_functions": figure(2),
        "coverage_threshold": figure(0.5),
        "target_baseline_year": figure(2026),
        "target_year": figure(2030),
        "reported_radii_m": [figure(300), figure(600)],
        "land_use_grace_years": figure(5),
        "snap_limit_m": figure(200),
        "far_from_mapped_way_m": figure(100),
        "service_area_strip_m": figure(25),
        "service_area_smallest_hole_m2": figure(5000),
        "care_bed_share_of_elderly_room": figure(0.3),
        "care_bed_area_m2": figure(8),
        "hosting": {
            ELDERLY: {"highest_floor": figure(3), "highest_floor_without_lift": figure(1)},
            INFANT: {"needs_own_entrance": figure(1)},
            MEALS: {"needs_kitchen": figure(1)},
            CULTURE: {
                "allowed_stock_kinds": {"value": ["community_rooms", "idle_premises"], "assumption": True}
            },
            SPORTS: {
                "needs_outdoor_space": figure(1),
                "basement_allowed": figure(1),
                "is_noisy": figure(1),
            },
        },
    }
    costs = Costs(opening_cost_cny_per_m2={mode: Figure(value=1000, assumption=True) for mode in Mode})
    return Policy(functions, Standards.model_validate(standards), costs)


def tiny_scenario(**changes: Any) -> Scenario:
    """Return a scenario of two years with budget, pace and every level; ``changes`` replace its keys."""
    settings: dict[str, Any] = {
        "title": {"zh": "小例", "en": "tiny"},
        "case": "case",
        "years": YEARS,
        "budget": {
            "sources": {
                "county": {
                    "name": {"zh": "县", "en": "county"},
                    "amounts_cny": {2027: 4_000_000, 2028: 1_500_000},
                }
            },
            "operating_cny": {2028: 300_000},
        },
        "pace": {"sites_per_year": 1, "sites_per_year_and_town": 1},
        "rules": {"places_reserved_first": True},
        "objective": [
            "shortfall",
            "persons_covered",
            "area_standard",
            "form",
            "cost",
            "walking_distance",
            "worst_community",
            "newly_built",
            "preferred_form",
            "changes",
            "scattered_functions",
            "operator_concentration",
        ],
        "promises": {
            "S1": {ELDERLY: 2026, SCHOOL: 2027, CULTURE: 2027},
            "S2": {SCHOOL: 2028, MEALS: 2029},
            "E1": {SPORTS: 2027},
            "S9": {MEALS: 2028},
        },
    }
    return Scenario.model_validate({**settings, **changes})


def tiny_decisions() -> Decisions:
    """Return the decisions of the plan that the module describes; areas in usable m²."""
    by_year = {
        ("S1", ELDERLY): (120.0, 120.0),
        ("S1", SCHOOL): (70.0, 75.0),
        ("S1", MEALS): (60.0, 90.0),
        ("S1", CULTURE): (None, 100.0),
        ("S2", SCHOOL): (None, 110.0),
        ("P2", INFANT): (90.0, 140.0),
    }
    rooms = {
        ("S1", "elderly"): (120.0, 120.0),
        ("S1", "school"): (70.0, 75.0),
        ("S1", "day"): (60.0, 100.0),
        ("S2", "school"): (None, 110.0),
        ("P2", "infant"): (90.0, 140.0),
    }
    return Decisions(
        start_year={key: YEARS[1] if areas[0] is None else YEARS[0] for key, areas in by_year.items()},
        room_m2={
            (*key, year): area
            for key, areas in rooms.items()
            for year, area in zip(YEARS, areas, strict=True)
            if area is not None
        },
        area_m2={
            (*key, year): area
            for key, areas in by_year.items()
            for year, area in zip(YEARS, areas, strict=True)
            if area is not None
        },
        forms={"S1": Form.COMPLEX, "S2": Form.SCATTERED, "P2": Form.COMPLEX},
    )


@dataclass(frozen=True)
class World:
    """Inputs of the tiny plan, and its files as written."""

    case: Case
    policy: Policy
    scenario: Scenario
    network: RoadNetwork
    facts: Facts
    problem: Problem
    plan: Plan
    folder: Path

    @property
    def results(self) -> Results:
        """The result files as verification reads them."""
        with (self.folder / "assignments.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        with (self.folder / "money.csv").open(encoding="utf-8-sig", newline="") as stream:
            money = list(csv.DictReader(stream))
        return Results(
            money=money,
            plan=(self.folder / "plan.json").read_text(encoding="utf-8"),
            assignments=rows,
            sites=json.loads((self.folder / "sites.geojson").read_text(encoding="utf-8")),
            coverage=json.loads((self.folder / "coverage.geojson").read_text(encoding="utf-8")),
            run={
                "title_zh": self.plan.title_zh,
                "title_en": self.plan.title_en,
                "illustrative": self.plan.illustrative,
                "stopped_by": self.plan.stopped_by,
                "repeatable": self.plan.stopped_by in ("completed", "gap", "work_limit"),
                "assumptions": list(self.policy.assumptions()),
                "levels": [level.model_dump(mode="json") for level in self.plan.levels],
            },
        )


def tiny_case_of_the_world(folder: Path, **tables: Any) -> Path:
    """Write the case: a point that is occupied from 2028, and a project committed to 2027.

    ``tables`` replace the rows of whole tables.
    """
    points = tiny_rows("demand_points")
    points[1] = changed(points[1], occupied_from="2028")
    project = tiny_rows("projects")[0]
    second = changed(
        project,
        project_id="P2",
        name="乙社区综合体",
        year="2027",
        level="national",
        community_code="610124001001",
        floor_area_m2="500",
        usable_area_m2="",
        longitude="108.2213",
        latitude="34.1601",
        required_functions="infant_care",
        function_areas="",
    )
    sites = tiny_rows("sites")
    sites[1] = changed(sites[1], mode="new_build", year_available="2028")
    own = {"demand_points": points, "projects": [project, second], "sites": sites}
    return write_tiny_case(folder, **{**own, **tables})


def tiny_world(
    folder: Path,
    scenario: Scenario | None = None,
    decisions: Decisions | None = None,
    policy: Policy | None = None,
    **tables: Any,
) -> World:
    """Write case and results below ``folder`` and return everything about them."""
    policy = policy or tiny_policy()
    case = load_case(
        tiny_case_of_the_world(folder / "case", **tables), {key: key for key in policy.functions}
    )
    scenario = scenario or tiny_scenario()
    network = read_roads(case.roads_file, case.header.metric_crs)
    facts = facts_of(case, policy, scenario, network)
    problem = build_problem(case, policy, scenario, access_of(case, facts.distances))
    outcome, plan = _plan_of(problem, scenario, decisions or tiny_decisions())
    results = written(folder / "results", problem, outcome, plan)
    return World(case, policy, scenario, network, facts, problem, plan, results)


def written(results: Path, problem: Problem, outcome: Outcome, plan: Plan) -> Path:
    """Write the files of a result folder that hold claims, ``run.json`` apart, and return the folder."""
    results.mkdir()
    write_plan(plan, results / "plan.json")
    write_sites(plan, problem, results / "sites.geojson")
    write_coverage(plan, problem, outcome, results / "coverage.geojson")
    write_assignments(outcome.assignments, problem, plan.illustrative, results / "assignments.csv")
    write_money(plan, results / "money.csv")
    return results


def tiny_project(root: Path) -> Path:
    """Write a project with case, model and scenarios, publish the tiny plan in it, return the results.

    Its distances come from the reach stage.
    """
    tiny_case_of_the_world(root / "case")
    policy = tiny_policy()
    model = {
        "functions": {key: function.model_dump(mode="json") for key, function in policy.functions.items()},
        "standards": policy.standards.model_dump(mode="json"),
        "costs": policy.costs.model_dump(mode="json"),
    }
    scenario = {**tiny_scenario().model_dump(mode="json"), "case": "../case"}
    base = {key: scenario.pop(key) for key in ("pace", "rules")}
    documents = {f"model/{name}.yaml": document for name, document in model.items()}
    documents |= {"scenarios/base.yaml": base, "scenarios/tiny.yaml": {"extends": "base.yaml", **scenario}}
    for name, document in documents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(_without_nulls(document), allow_unicode=True, sort_keys=False)
        (root / name).write_text(text, encoding="utf-8")
    return _publish(root, root / "results" / "tiny")


def _publish(root: Path, folder: Path) -> Path:
    loaded = load_scenario(root / "scenarios" / "tiny.yaml")
    policy = load_policy(loaded.model_folder, loaded)
    case = load_case(loaded.case_folder, function_names(policy))
    network = read_roads(case.roads_file, case.header.metric_crs)
    problem = build_problem(case, policy, loaded.scenario, walking_access(network, case, policy, 1000.0))
    outcome, plan = _plan_of(problem, loaded.scenario, tiny_decisions())
    run = Run(loaded, policy, record_inputs(loaded, case), problem, outcome, plan, {}, datetime.now(UTC), {})
    with result_folder(folder) as results:
        publish(run, results)
    return folder


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _plan_of(problem: Problem, scenario: Scenario, decisions: Decisions) -> tuple[Outcome, Plan]:
    """Return outcome and plan; the first level is proven optimal, the others have a gap of a quarter."""
    outcome = evaluate(problem, decisions)
    levels = []
    unproven = False
    for number, level in enumerate((*scenario.levels, *scenario.weights)):
        value = outcome.levels[level]
        if number and scenario.weights:
            levels.append(_part_of_the_sum(level, value))
            continue
        gap = 0.0 if number == 0 else 0.25 * value
        levels.append(
            LevelResult(
                name=level,
                unit=UNITS[level].en,
                value=value,
                bound=value + gap if level in MAXIMISED else value - gap,
                gap=gap,
                status="optimal" if gap == 0.0 else "gap",
                given_unproven=unproven,
            )
        )
        unproven = unproven or gap > 0.0
    plan = make_plan(
        problem,
        decisions,
        levels,
        title=scenario.title.text,
        illustrative=True,
        stopped_by="completed",
        outcome=outcome,
    )
    return outcome, plan


def _part_of_the_sum(level: Level, value: float) -> LevelResult:
    return LevelResult(
        name=level,
        unit=UNITS[level].en,
        value=value,
        bound=None,
        gap=None,
        status="component",
        given_unproven=False,
    )


def access_of(case: Case, distances: Distances) -> WalkingAccess:
    """Return distances by id as the sparse arrays of the reach stage."""
    site_ids = (
        *(row.site_id for row in case.sites),
        *(row.project_id for row in case.projects),
        *(row.service_id for row in case.existing_services),
    )
    row_start, site_index, distance_m = [0], [], []
    for row in case.demand_points:
        walks = distances.get(row.demand_id, {})
        for number, site_id in enumerate(site_ids):
            if site_id in walks:
                site_index.append(number)
                distance_m.append(walks[site_id])
        row_start.append(len(site_index))
    reach = Reach(
        tuple(row.demand_id for row in case.demand_points),
        site_ids,
        1000.0,
        np.array(row_start, dtype=np.int64),
        np.array(site_index, dtype=np.int64),
        np.array(distance_m, dtype=np.float64),
    )
    nowhere = Snapped(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.bool_))
    return WalkingAccess(reach, nowhere, nowhere, 0.0)

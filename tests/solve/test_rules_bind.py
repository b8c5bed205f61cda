"""Every rule binds in a shipped scenario: without its rows some objective level gets better than proven.

A family that the others imply for whole plans is kept because the relaxation is tighter with it: without its
rows the relaxation's bound of some level gets worse.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from siteplan.assemble import build_problem
from siteplan.highs import Clock, Limits, Program, SolverSession
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads import read_roads
from siteplan.inputs.scenario_files import load_scenario
from siteplan.outcome import MAXIMISED
from siteplan.problem import Problem
from siteplan.reach import walking_access
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import InfeasibleError, SolveResult, solve
from siteplan.solve.formulation import CONSTRAINTS, build_model
from siteplan.solve.formulation.objective import OBJECTIVES
from siteplan.solve.program import compile_program

SCENARIOS = Path(__file__).parents[2] / "scenarios"
ONE_YEAR, TWO_YEARS = "2027-all-rules", "2027-2028-all-rules"
SHORTFALL = (Level.SHORTFALL,)
SECONDS = 40.0

Claim = tuple[str, tuple[Level, ...]]
"""A shipped scenario, and the levels by which it is solved; the last one gets better without the rule."""

WHAT_IS_THERE_STAYS = ("stays_provided", "area_never_shrinks", "room_never_shrinks")
"""Each of these nearly implies the others: they are taken away together."""

BINDS: dict[str, Claim] = {
    **dict.fromkeys(
        (
            "site_form",
            "area_at_least_minimum",
            "area_at_least_minimum_alone",
            "operator_is_viable",
            "subsidy_limit",
            "community_covered_by_one_site",
            "coverage_target",
            "local_coverage_target",
            "committed_by_hand",
            "forbidden_by_hand",
            "required_coverage",
            "complex_has_enough",
            "conversion_starts_and_stops",
        ),
        (ONE_YEAR, SHORTFALL),
    ),
    **dict.fromkeys(
        (
            "project_is_paid",
            "source_amount",
            "awards_are_bridged",
            "area_at_most_maximum",
            "source_cap_per_project",
            "source_share_of_project",
            "eligible_room_is_used",
            "source_pays_eligible_functions",
        ),
        (ONE_YEAR, (Level.AREA_STANDARD,)),
    ),
    "rollout_pace": (TWO_YEARS, (Level.AREA_STANDARD,)),
    "yearly_budget": ("2027", SHORTFALL),
    **dict.fromkeys(
        ("open_only_to_provide", "function_fits_its_room", "rooms_fit_in_site", "functions_per_community"),
        (ONE_YEAR, (Level.COST,)),
    ),
    **dict.fromkeys(
        ("coverage_floor", "coverage_per_town", "operator_share"), ("2027-sports-first", (Level.COST,))
    ),
    "newly_built_sites": ("2030-need-existing-stock", SHORTFALL),
    **dict.fromkeys(
        ("use_is_held", "places_reserved_first", "complex_places_at_least"),
        ("2030-need-existing-stock", (Level.COST,)),
    ),
    "provided_outside_complex": ("2027-sports-first", (Level.COST, Level.SCATTERED_FUNCTIONS)),
    "operator_with_most_sites": ("2027-sports-first", (Level.COST, Level.OPERATOR_CONCENTRATION)),
    **dict.fromkeys(
        ("one_use_of_a_plot", "scattered_has_few_functions"), ("2030-need-factory-kept", SHORTFALL)
    ),
    "complex_has_care": ("2030-need-factory-kept", (Level.SHORTFALL, Level.PREFERRED_FORM)),
    "committed_sites": ("pilots-2024-2026", (Level.COST,)),
    "required_functions": ("pilots-2024-2026", (Level.PERSONS_COVERED,)),
    **dict.fromkeys(
        ("operating_limit", *WHAT_IS_THERE_STAYS),
        ("pilots-2024-2026-running-costs", (Level.AREA_STANDARD,)),
    ),
    "covered_only_within_reach": ("2027", (Level.PERSONS_COVERED,)),
    "room_is_used": ("2027", (Level.AREA_STANDARD,)),
    "community_area_standard": ("2027", (Level.AREA_STANDARD,)),
    **dict.fromkeys(
        ("area_standard_floor", "places_at_least", "care_beds_fit_in_elderly_room"),
        ("2030-need-area-floor", (Level.COST,)),
    ),
    "elderly_area_standard_floor": ("2030-need-elderly-floor", (Level.COST,)),
    "new_estate_area_standard": ("2030-need-area-floor", (Level.NEWLY_BUILT,)),
    "available_from": ("2027", (Level.AREA_STANDARD,)),
    "assigned_only_where_provided": ("2027", (Level.WALKING_DISTANCE,)),
    "covered_where_provided": ("2027", (Level.WALKING_DISTANCE,)),
    "covered_are_assigned": ("2027", (Level.WALKING_DISTANCE,)),
    "served_at_most_demand": ("2027-places", SHORTFALL),
    "served_within_capacity": ("2027-places", SHORTFALL),
    "full_without_a_free_place": ("2027-nearest-place", (Level.WALKING_DISTANCE,)),
    "nearest_with_a_place": ("2027-nearest-place", (Level.WALKING_DISTANCE,)),
}

TIGHTENS: dict[str, tuple[str, Level]] = {
    "provided_only_when_open": ("2027", Level.SHORTFALL),
    "stays_open": (TWO_YEARS, Level.COST),
    "served_only_where_provided": ("2027-places", Level.SHORTFALL),
    "no_community_left_behind": ("2027-2030-equity-first", Level.WORST_COMMUNITY),
}
"""A shipped scenario, and the level of which the relaxation's bound gets worse without the family.

For whole plans the first three say what others say too (`area_at_most_maximum` and `rooms_fit_in_site`;
`stays_provided`; `served_within_capacity`). The last is what limits its level at all.
"""


@pytest.fixture(scope="module")
def session() -> Iterator[SolverSession]:
    """One solver process for the whole file."""
    with SolverSession() as running:
        yield running


@cache
def problem_of(scenario: str) -> Problem:
    loaded = load_scenario(SCENARIOS / f"{scenario}.yaml")
    policy = load_policy(loaded.model_folder, loaded)
    case = load_case(loaded.case_folder, function_names(policy))
    access = walking_access(read_roads(case.roads_file, case.header.metric_crs), case, policy, 1000.0)
    return build_problem(case, policy, loaded.scenario, access)


@cache
def solved(scenario: str, levels: tuple[Level, ...]) -> SolveResult:
    problem = replace(problem_of(scenario), objective=levels)
    return solve(problem, SolverSettings(time_limit_s=SECONDS, effort=0.1))


def test_every_rule_is_claimed_by_a_shipped_scenario() -> None:
    """No constraint family is left out, nor named twice."""
    assert set(BINDS) | set(TIGHTENS) == set(CONSTRAINTS)
    assert not set(BINDS) & set(TIGHTENS)
    claimed = {scenario for scenario, _ in (*BINDS.values(), *TIGHTENS.values())}
    assert all((SCENARIOS / f"{scenario}.yaml").is_file() for scenario in claimed)


@pytest.mark.slow
@pytest.mark.parametrize("family", BINDS)
def test_a_rule_binds_in_a_shipped_scenario(session: SolverSession, family: str) -> None:
    """Without the rows of the family a plan is found that is better than any plan that keeps them."""
    scenario, levels = BINDS[family]
    problem, result = problem_of(scenario), solved(scenario, levels)
    compiled = compile_program(problem, build_model(problem, levels), levels)
    families = WHAT_IS_THERE_STAYS if family in WHAT_IS_THERE_STAYS else (family,)
    program = _without(compiled.program, families)
    for level, held in zip(levels[:-1], result.levels, strict=False):
        cost, offset = compiled.objectives[level]
        program = program.with_row(
            "hold", cost, -np.inf, _in_model(problem, level, held.value) - offset + 1e-6
        )
    proven = result.levels[-1].bound
    assert proven is not None
    bound = _in_model(problem, levels[-1], proven)
    better = bound - 1e-5 * max(1.0, abs(bound))
    clock = Clock(time.monotonic() + 3.0 * SECONDS)

    def stop_when_better(incumbent: float | None, _bound: float | None) -> None:
        if incumbent is not None and incumbent < better:
            clock.not_needed.set()

    answer = session.solve(
        program.with_objective(*compiled.objectives[levels[-1]]),
        Limits(),
        clock,
        start=compiled.start_values(result.decisions),
        listener=stop_when_better,
    )
    assert answer.objective is not None
    assert answer.objective < better


@pytest.mark.slow
@pytest.mark.parametrize("family", TIGHTENS)
def test_the_relaxation_is_looser_without_a_rule(session: SolverSession, family: str) -> None:
    """Without the rows of the family the bound that fractional decisions give is worse."""
    scenario, level = TIGHTENS[family]
    problem = problem_of(scenario)
    compiled = compile_program(problem, build_model(problem, (level,)), (level,))
    program = _no_more_than_all_functions(
        problem, compiled.program.with_objective(*compiled.objectives[level])
    )
    bound = _relaxed(session, program)
    assert _relaxed(session, _without(program, (family,))) < bound - 1e-5 * max(1.0, abs(bound))


@pytest.mark.slow
def test_what_joint_programmes_pay_binds_in_a_shipped_scenario() -> None:
    """The musts cost more where joint programmes pay nothing."""
    cost = (Level.COST,)
    problem = replace(problem_of(ONE_YEAR), objective=cost)
    unpaid = {
        key: replace(site, joint=replace(site.joint, pays_cny=0.0))
        for key, site in problem.sites.items()
        if site.joint is not None
    }
    dearer = solve(replace(problem, sites={**problem.sites, **unpaid}), SolverSettings(time_limit_s=SECONDS))
    assert dearer.levels[0].bound is not None
    assert dearer.levels[0].bound > solved(ONE_YEAR, cost).levels[0].value + 1.0


@pytest.mark.slow
def test_waiting_for_a_joint_programme_binds_in_a_shipped_scenario() -> None:
    """安富园社区 has elderly care in 2027 only if its spaces don't wait for their programme of 2028."""
    problem = replace(problem_of(ONE_YEAR), objective=(Level.COST,))
    community = next(key for key, entry in problem.communities.items() if entry.name == "安富园社区")
    asked = replace(
        problem, required_coverage={**problem.required_coverage, (community, problem.elderly_function): 2027}
    )
    at_once = {
        key: replace(site, available_from=2027) for key, site in asked.sites.items() if site.joint is not None
    }
    with pytest.raises(InfeasibleError):
        solve(asked, SolverSettings(time_limit_s=SECONDS))
    assert solve(
        replace(asked, sites={**asked.sites, **at_once}), SolverSettings(time_limit_s=SECONDS)
    ).levels


def _without(program: Program, families: tuple[str, ...]) -> Program:
    kept = np.array([name.split("[")[0] not in families for name in program.row_names])
    assert not kept.all(), "the scenario has no row of the family"
    return replace(
        program,
        matrix=program.matrix[kept],
        row_lower=program.row_lower[kept],
        row_upper=program.row_upper[kept],
        row_names=tuple(name for name, keep in zip(program.row_names, kept, strict=True) if keep),
    )


def _relaxed(session: SolverSession, program: Program) -> float:
    """Return the least value where every decision may be a fraction."""
    fractional = replace(program, is_integer=np.zeros_like(program.is_integer))
    answer = session.solve(fractional, Limits(), Clock(time.monotonic() + SECONDS))
    assert answer.is_proven
    assert answer.objective is not None
    return answer.objective


def _no_more_than_all_functions(problem: Problem, program: Program) -> Program:
    """Return the program in which what is maximised without limit is at most the number of functions."""
    is_free = (program.cost < 0.0) & np.isinf(program.column_upper)
    upper = np.where(is_free, float(len(problem.functions)), program.column_upper)
    return replace(program, column_upper=upper)


def _in_model(problem: Problem, level: Level, value: float) -> float:
    """Return a level's reported value as the program has it, to be minimised."""
    sign = -1.0 if level in MAXIMISED else 1.0
    return sign * value / OBJECTIVES[level].reported_per_model(problem)

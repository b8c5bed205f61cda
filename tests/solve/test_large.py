"""Problems too large for the whole program: search, check and bounds from prices give the plan."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.solve.random_problem import random_problem

from siteplan.bench.making import make_case
from siteplan.bench.sizes import Size
from siteplan.cli.stages import Stopwatch, now, prepare, publish_result, search
from siteplan.highs import Answer, Clock, SolverSession, Status
from siteplan.outcome import level_value
from siteplan.problem import FundingSource, Problem
from siteplan.publish import result_folder
from siteplan.scenario import Basis, Level, SolverSettings
from siteplan.solve import Cut, compiling, solve
from siteplan.solve.decompose.repair import completed
from siteplan.solve.feasibility import doubtful_rules
from siteplan.solve.program import CompiledModel
from siteplan.solve.reductions import compile_reduced, count_columns
from siteplan.solve.stages import bounding, first_level, large, later_levels, mending, run, solving, values
from siteplan.text import Text
from siteplan.verify import verify_results

QUICK = SolverSettings(time_limit_s=120.0, effort=0.02)


def take_everything_for_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every whole program, and every part of one, for too large to be solved."""
    for stage in (run, large):
        monkeypatch.setattr(stage, "LARGEST_PROGRAM", 0)


@pytest.fixture(autouse=True, scope="module")
def _all_is_compiled() -> None:
    """Wait for the compiler, once on a machine: a search goes without what isn't compiled in time."""
    compiling.compile_ahead()
    for part in compiling.COMPILERS:
        assert compiling.wait_until_compiled(part, Clock(time.monotonic() + 300.0))


@pytest.fixture
def nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every problem is too large, and building its program fails the test."""

    def refuse(*_: object) -> None:
        raise AssertionError("the program was built")

    take_everything_for_too_large(monkeypatch)
    for stage in (first_level, mending, bounding, later_levels):
        monkeypatch.setattr(stage, "compile_reduced", refuse)


def problem_of(seed: int, basis: Basis = Basis.REACHABLE) -> Problem:
    """Return a random problem of three towns."""
    return random_problem(
        seed, basis=basis, communities=9, towns=3, points=60, sites=30, years=3, budget_cny=4_000_000.0
    )


@pytest.mark.usefixtures("nothing_is_built")
@pytest.mark.parametrize("basis", [Basis.REACHABLE, Basis.RESIDENTS])
def test_a_large_problem_gets_a_plan_and_a_bound(basis: Basis) -> None:
    """Without the program the plan keeps every rule, and its value is no better than the bound."""
    problem = problem_of(1, basis)
    result = solve(problem, QUICK)
    first, *later = result.levels
    assert doubtful_rules(problem, result.decisions) == ()
    assert first.value == pytest.approx(level_value(problem, result.decisions, Level.SHORTFALL))
    assert first.bound is not None
    assert 0.0 < first.bound <= first.value
    assert {level.status for level in later} == {"unproven"}


@pytest.mark.usefixtures("nothing_is_built")
def test_a_start_of_a_large_problem_is_never_worsened() -> None:
    """A plan from a longer search is kept where the search finds nothing better."""
    problem = problem_of(2)
    good = solve(problem, QUICK.model_copy(update={"effort": 0.2})).decisions
    hasty = solve(problem, QUICK.model_copy(update={"effort": 1e-5}), start=good)
    assert hasty.levels[0].value <= level_value(problem, good, Level.SHORTFALL) + 1e-9


def test_a_large_plan_is_improved_by_the_program_of_what_it_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is time for that, the sites and functions of a hasty search are put to better use."""
    problem, hasty = problem_of(1), QUICK.model_copy(update={"effort": 1e-3})
    monkeypatch.setattr(run.Run, "is_large", lambda _: True)
    improved = solve(problem, hasty)
    monkeypatch.setattr(large, "SMALL_BUILD_SHARE", 0.0)
    as_found = solve(problem, hasty)
    assert doubtful_rules(problem, improved.decisions) == ()
    assert improved.levels[0].value < as_found.levels[0].value - 1e-6
    assert improved.levels[0].bound == as_found.levels[0].bound


def test_what_the_search_does_not_know_needs_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A further row is kept though the problem is large."""
    take_everything_for_too_large(monkeypatch)
    problem = random_problem(3, communities=4, towns=1, points=16, sites=8, years=2, budget_cny=2_000_000.0)
    problem = replace(problem, objective=(Level.SHORTFALL,))
    site = next(key for key in problem.planned_sites if problem.sites[key].opens_in is None)
    cut = Cut("opens", 1.0, open={site: 1.0})
    assert site in {key for key, _ in solve(problem, QUICK, cuts=(cut,)).decisions.start_year}


def _problem_of_sources() -> Problem:
    """Return a problem whose money comes from two sources: only the program can tell who pays for what."""
    problem = problem_of(1)
    capital = problem.money.capital_cny or {}
    sources = {
        "county": FundingSource("county", Text.same("county"), {y: 0.6 * cny for y, cny in capital.items()}),
        "central": FundingSource(
            "central",
            Text.same("central"),
            {y: 0.4 * cny for y, cny in capital.items()},
            carry_over=False,
            share_of_project_at_most=0.5,
        ),
    }
    return replace(
        problem,
        money=replace(problem.money, sources=sources),
        functions_per_community={problem.years[-1]: 1},
        objective=(Level.SHORTFALL, Level.COST),
    )


@pytest.mark.slow
def test_a_large_problem_with_more_rules_is_mended_with_what_the_search_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Money by source is planned by the program of the search's sites alone; the plan keeps every rule."""
    problem = _problem_of_sources()
    compiled = compile_reduced(problem, (Level.SHORTFALL,))
    sizes: list[int] = []

    def remember(limited: Problem, levels: Sequence[Level]) -> CompiledModel:
        sizes.append(len(limited.planned_sites))
        return compile_reduced(limited, levels)

    take_everything_for_too_large(monkeypatch)
    monkeypatch.setattr(mending, "compile_reduced", remember)
    result = solve(problem, QUICK)
    assert sizes
    assert max(sizes) < len(problem.planned_sites)
    first = result.levels[0]
    assert first.bound is not None
    assert first.bound <= first.value
    program = compiled.program.with_objective(*compiled.objectives[Level.SHORTFALL])
    with SolverSession() as session:
        clock = Clock(time.monotonic() + 60.0)
        assert completed(compiled, program, result.decisions, session, clock) is not None


@pytest.mark.parametrize("basis", [Basis.REACHABLE, Basis.RESIDENTS])
def test_columns_are_counted_without_building(basis: Basis) -> None:
    """The estimate is near the number of columns of the program."""
    problem = problem_of(4, basis)
    built = compile_reduced(problem, (Level.SHORTFALL,))
    columns = len(built.program.cost)
    assert 0.8 * columns <= count_columns(problem, Level.SHORTFALL) <= 1.2 * columns


def test_a_generated_case_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the files of a generated case to a plan that verification passes, without the program."""
    take_everything_for_too_large(monkeypatch)
    made = make_case(Size("middle", 80, 60, 3, 600.0, 8.0, 60.0), 3, tmp_path / "made")
    stopwatch, started_at = Stopwatch(), now()
    with result_folder(tmp_path / "out") as results:
        prepared = prepare(made.scenarios[1], stopwatch)
        result = search(prepared, QUICK, stopwatch, threading.Event())
        publish_result(prepared, result, results, QUICK, stopwatch, started_at)
    report = verify_results(tmp_path / "out")
    assert report.passed, report.false


@pytest.mark.slow
def test_a_merged_plan_far_from_the_bound_by_prices_is_worked_on_for_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine the solver may have had too little time: what it leaves is merged again."""
    clocks: list[Clock] = []
    optimise = solving.optimise

    def cut_short(*arguments: Any) -> Answer:
        answer = optimise(*arguments)
        if arguments[7] is not run.MERGING:
            return answer
        clocks.append(arguments[6])
        return replace(answer, status=Status.FEASIBLE) if len(clocks) == 1 else answer

    monkeypatch.setattr(values, "FAR_FROM_PRICES", 0.0)
    monkeypatch.setattr(mending, "optimise", cut_short)
    problem = replace(_problem_of_sources(), objective=(Level.SHORTFALL,))
    result = solve(problem, QUICK.model_copy(update={"time_limit_s": 6.0}))
    first_clock, longer = clocks
    assert longer.deadline > first_clock.deadline
    first = result.levels[0]
    assert first.bound is not None
    assert 0.0 < first.bound <= first.value

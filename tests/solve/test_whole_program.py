"""The first level's whole program, solved from nothing beside the stages that find plans."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.solve.random_problem import random_problem

from siteplan.highs import Answer, Clock, Status
from siteplan.problem import Problem
from siteplan.scenario import AssignmentRule, Level, SolverSettings
from siteplan.solve import Cut, InfeasibleError, NoPlanError, solve
from siteplan.solve.result import SolveResult
from siteplan.solve.stages import first_level
from siteplan.solve.stages.first_level import begun_at_once
from siteplan.solve.stages.run import Run
from siteplan.solve.stages.solving import NO_ANSWER, Attempt, WholeProgram
from siteplan.solve.stages.values import nothing_but_committed

SETTINGS = SolverSettings(time_limit_s=120.0, effort=0.02)


@pytest.fixture
def problem() -> Problem:
    """Two years, whose best plan prices don't prove."""
    made = random_problem(1, communities=5, towns=2, points=20, sites=10, years=2, budget_cny=1_000_000.0)
    return replace(made, objective=(Level.SHORTFALL,))


def _run(problem: Problem) -> Run:
    return Run(problem, SETTINGS, lambda _: None, Clock(time.monotonic() + 60.0))


def _told(result: SolveResult) -> tuple[Any, ...]:
    level = result.levels[0]
    return result.decisions, level.value, level.bound, level.status, result.stopped_by


def test_its_answer_ends_the_stages(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages that take for ever are given up once it is solved."""

    def for_ever(run: Run, *_: object) -> Attempt:
        while True:
            run.go_on()
            time.sleep(0.01)

    monkeypatch.setattr(first_level, "_decomposed", for_ever)
    result = solve(problem, SETTINGS)
    assert result.levels[0].status == "optimal"
    assert result.stopped_by == "completed"


def test_the_plan_is_the_same_whichever_is_faster(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stages' proven answer waits for that of the whole program, and gives way to it."""
    sooner = solve(problem, SETTINGS)
    are_done = threading.Event()
    decomposed, solved = first_level._decomposed, WholeProgram._solve

    def stages(*arguments: Any) -> Attempt:
        attempt = decomposed(*arguments)
        are_done.set()
        return attempt

    def slowly(whole: WholeProgram, *arguments: Any) -> Answer:
        assert are_done.wait(60.0)
        return solved(whole, *arguments)

    monkeypatch.setattr(first_level, "_decomposed", stages)
    monkeypatch.setattr(WholeProgram, "_solve", slowly)
    later = solve(problem, SETTINGS)
    assert are_done.is_set()
    assert _told(later) == _told(sooner)


def test_beyond_its_nodes_the_stages_plan_counts(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it isn't solved, the better plan and the higher bound of both are told."""
    best = solve(problem, SETTINGS).levels[0]
    monkeypatch.setattr(WholeProgram, "_solve", lambda *_: NO_ANSWER)
    by_stages = solve(problem, SETTINGS).levels[0]
    assert by_stages.value == pytest.approx(best.value)
    assert by_stages.status == "optimal"


def test_its_bound_and_solution_count_where_the_stages_have_none(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it came to within its nodes isn't lost."""
    answered: list[Answer] = []

    def unproven(whole: WholeProgram, *arguments: Any) -> Answer:
        answered.append(replace(solved(whole, *arguments), status=Status.FEASIBLE))
        return answered[0]

    solved = WholeProgram._solve
    monkeypatch.setattr(WholeProgram, "_solve", unproven)
    monkeypatch.setattr(
        first_level, "_decomposed", lambda *_: Attempt(NO_ANSWER, nothing_but_committed(), None)
    )
    level = solve(problem, SETTINGS).levels[0]
    assert len(answered) == 1
    assert level.bound == pytest.approx(level.value)


def test_what_prices_prove_needs_no_program(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """With money for everything in reach the search's plan is the answer, however long the program takes."""

    def for_ever(whole: WholeProgram, *_: object) -> Answer:
        while whole._clock.seconds_left() > 0.0:
            time.sleep(0.01)
        return NO_ANSWER

    monkeypatch.setattr(WholeProgram, "_solve", for_ever)
    targets = {key: 0.0 for key in problem.targets}
    begin = time.monotonic()
    result = solve(replace(problem, targets=targets), SETTINGS)
    assert time.monotonic() - begin < SETTINGS.time_limit_s / 2
    assert result.levels[0].status == "optimal"


def test_where_no_plan_is_possible_it_says_so(problem: Problem) -> None:
    """A site more than there are has to open: whatever is solved beside it, that is the answer."""
    more = Cut("one_more", len(problem.sites) + 1.0, open={key: 1.0 for key in problem.sites})
    with pytest.raises(InfeasibleError):
        solve(problem, SETTINGS, cuts=(more,))


def test_a_plan_refutes_that_there_is_none(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS has said so before where there was one: the stages' answer stands."""
    nothing = replace(NO_ANSWER, status=Status.INFEASIBLE)
    monkeypatch.setattr(WholeProgram, "_solve", lambda *_: nothing)
    assert solve(problem, SETTINGS).levels[0].status == "optimal"


def test_an_interrupt_ends_both(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who interrupts before any plan is found gets none, at once."""
    clock = Clock(time.monotonic() + 60.0)

    def for_ever(whole: WholeProgram, *_: object) -> Answer:
        clock.stop.set()
        while whole._clock.seconds_left() > 0.0:
            time.sleep(0.01)
        return NO_ANSWER

    monkeypatch.setattr(WholeProgram, "_solve", for_ever)
    with pytest.raises(NoPlanError) as raised:
        solve(problem, SETTINGS, clock=clock)
    assert raised.value.interrupted


def test_it_is_begun_where_it_may_be_of_use(problem: Problem) -> None:
    """Not for one year, which closes by itself, nor where the program may claim more than a plan does."""
    year = problem.years[:1]
    one_year = replace(
        problem, years=year, targets={key: each for key, each in problem.targets.items() if key[1] in year}
    )
    seated = replace(problem, assignment_rule=AssignmentRule.NEAREST_WITH_A_PLACE)
    assert begun_at_once(_run(one_year)) is None
    assert begun_at_once(_run(seated)) is None
    whole = begun_at_once(_run(problem))
    assert whole is not None
    with whole:
        assert whole.answer().status is Status.OPTIMAL


def test_neighbourhoods_wait_for_a_core(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """On two cores they are searched once the whole program from nothing is done; with more, at once."""
    may_end = threading.Event()

    def wait(*_: object) -> Answer:
        may_end.wait(60.0)
        return NO_ANSWER

    monkeypatch.setattr(WholeProgram, "_solve", wait)
    for cores, is_free in ((2, False), (4, True)):
        may_end.clear()
        monkeypatch.setattr(os, "cpu_count", partial(int, cores))
        run = _run(problem)
        whole = begun_at_once(run)
        assert whole is not None
        with whole:
            assert run.core_is_free.is_set() is is_free
            may_end.set()
            whole.answer()
            assert run.core_is_free.wait(10.0)

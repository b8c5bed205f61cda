"""What a solve returns or raises: conflicts, limits, the same plan for the same seed, bounds that hold."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.solve.random_problem import random_problem
from tests.solve.rich_instance import rich_instance
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_problem

from siteplan.case import Form
from siteplan.highs import Limits, Program, SolverSession, Status
from siteplan.problem import Money, Pace, Problem, Role
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import Clock, InfeasibleError, NoPlanError, solve
from siteplan.solve.decompose.lattice import lattice_step, round_up
from siteplan.solve.decompose.single_year import SEPARABLE, single_year_problem
from siteplan.solve.formulation import CONSTRAINTS, OBJECTIVES, build_model
from siteplan.solve.program import CompiledModel, compile_program
from siteplan.solve.rules import RULES, STRUCTURE
from siteplan.solve.search import Found, search_starts
from siteplan.solve.stages import mending, solving

QUICK = SolverSettings(time_limit_s=240.0, effort=0.02)


def with_committed(problem: Problem, capital_cny: float) -> Problem:
    """Return the problem with s1 committed to 2027 (400 000 CNY and fit-out) and that much money a year."""
    sites = dict(problem.sites)
    sites["s1"] = replace(
        sites["s1"],
        role=Role.COMMITTED,
        opens_in=2027,
        listed_form=Form.COMPLEX,
        required_functions=frozenset({ELDERLY}),
    )
    money = Money(dict.fromkeys(problem.years, capital_cny), {}, True, {})
    return replace(problem, sites=sites, money=money)


def test_a_committed_project_against_no_money_is_a_conflict() -> None:
    """The conflict names money and the committed project, in both languages, and only what clashes."""
    with pytest.raises(InfeasibleError) as raised:
        solve(with_committed(tiny_problem(), 0.0), QUICK)
    assert set(raised.value.conflict) == {"yearly_budget", "committed_sites"}
    assert "年度资金" in raised.value.text.zh
    assert "the yearly budget" in raised.value.text.en


def test_a_conflict_is_irreducible() -> None:
    """With 400 000 CNY the opening is paid but no room: the rules clash, and without any one they do not."""
    problem = with_committed(tiny_problem(), 400_000.0)
    with pytest.raises(InfeasibleError) as raised:
        solve(replace(problem, money=replace(problem.money, carry_over=False)), QUICK)
    conflict = raised.value.conflict
    assert {"yearly_budget", "committed_sites", "area_at_least_minimum"} <= set(conflict)
    program = _program(replace(problem, money=replace(problem.money, carry_over=False)), Level.SHORTFALL)
    others = [name for name in RULES if name not in conflict]
    with SolverSession() as session:
        assert _is_infeasible(session, _without(program, others))
        for left_out in conflict:
            assert not _is_infeasible(session, _without(program, [*others, left_out]))


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_can_be_decided_the_plan_is_empty(seed: int) -> None:
    """Only existing services are left: no rule of the random problems is in the way, none is broken."""
    problem = rich_instance(seed)
    decided = {key: site for key, site in problem.sites.items() if site.is_decided}
    none_asked = replace(
        problem, sites=decided, places_at_least={}, elderly_area_floor_m2_per_100_households={}
    )
    none_asked = replace(none_asked, coverage_floor={}, coverage_per_town={}, functions_per_community={})
    result = solve(replace(none_asked, area_floor_m2_per_100_households={}), QUICK)
    assert not result.decisions.start_year
    assert result.levels[0].gap == 0.0


def test_no_time_at_all_is_no_plan() -> None:
    """A clock that has run out says so; a user's interrupt says that it was one."""
    problem = with_committed(tiny_problem(), 2_000_000.0)
    with pytest.raises(NoPlanError) as raised:
        solve(problem, QUICK, clock=Clock(time.monotonic() - 1.0))
    assert not raised.value.interrupted
    stopped = _clock(60.0)
    stopped.stop.set()
    with pytest.raises(NoPlanError) as raised:
        solve(problem, QUICK, clock=stopped)
    assert raised.value.interrupted


def test_the_same_seed_gives_the_same_plan() -> None:
    """Decisions and levels repeat exactly where the clock does not cut the run."""
    problem = random_problem(5, communities=4, towns=2, points=24, sites=8, years=2, budget_cny=1_500_000.0)
    settings = SolverSettings(time_limit_s=240.0, effort=0.01, seed=7)
    assert solve(problem, settings) == solve(problem, settings)


@pytest.mark.parametrize("level", sorted(SEPARABLE))
@pytest.mark.parametrize("seed", range(3))
def test_single_year_bounds_add_up_to_a_bound(seed: int, level: Level) -> None:
    """The sum of the best single years is no worse than the best plan over all years."""
    random = np.random.default_rng(seed)
    problem = replace(
        tiny_problem(),
        money=Money(
            {year: float(random.integers(3, 9)) * 100_000.0 for year in (2027, 2028)},
            {},
            bool(seed % 2),
            {2028: 20_000.0},
        ),
        pace=Pace(1, None),
        targets={(key, year): 2.0 for key in (ELDERLY, MEALS, CULTURE) for year in (2027, 2028)},
    )
    whole = _least(problem, level)
    single = [_least(single_year_problem(problem, year), level) for year in problem.years]
    assert sum(single) <= whole + 1e-6 * max(1.0, abs(whole))


def test_a_bound_is_rounded_up_to_what_the_objective_can_be() -> None:
    """With costs 100, 150 and 300 of whole numbers every value is a multiple of 50."""
    program = _program(tiny_problem(), Level.SHORTFALL)
    whole = np.flatnonzero(program.is_integer)[:3]
    cost = np.zeros(len(program.cost))
    cost[whole] = [100.0, 150.0, 300.0]
    step = lattice_step(program.with_objective(cost, 0.0))
    assert step == pytest.approx(50.0)
    assert round_up(101.0, step) == pytest.approx(150.0)
    assert round_up(150.0 + 1e-9, step) == pytest.approx(150.0)
    assert round_up(101.0, step, offset=20.0) == pytest.approx(120.0)
    continuous = np.flatnonzero(~program.is_integer)[:1]
    cost[continuous] = 1.0
    assert lattice_step(program.with_objective(cost, 0.0)) is None
    assert round_up(101.0, None) == 101.0


def test_rounding_up_never_loses_the_optimum() -> None:
    """The rounded bound of a solved problem is its optimum, from just below it too."""
    program = _program(tiny_problem(), Level.SHORTFALL)
    step = lattice_step(program)
    assert step is not None
    optimum = _least(tiny_problem(), Level.SHORTFALL)
    for below in (0.0, 1e-7, 0.4 * step):
        assert round_up(optimum - below, step, program.offset) == pytest.approx(optimum)


def test_a_start_outside_the_limits_of_columns_is_no_plan() -> None:
    """Columns that the program fixes otherwise are not taken from the start."""
    program = _program(tiny_problem(), Level.SHORTFALL)
    every = np.arange(len(program.cost))
    with SolverSession() as session:
        best = session.solve(program, Limits(), _clock(30.0))
        assert best.values is not None
        used = np.flatnonzero(program.is_integer & (program.cost == 0.0) & (best.values > 0.5))
        fixed = program.with_fixed(used, np.zeros(len(used)))
        without = session.solve(fixed, Limits(), _clock(30.0))
        started = session.solve(fixed, Limits(), _clock(30.0), (every, best.values))
    assert started.values is not None
    assert started.values[used].max() == pytest.approx(0.0)
    assert started.objective == pytest.approx(without.objective)


def test_a_session_obeys_the_clock_and_is_used_again() -> None:
    """A hard program is ended within a second of the deadline; the session then solves another."""
    hard = _program(random_problem(1, points=200, sites=60), Level.SHORTFALL)
    easy = _program(tiny_problem(), Level.SHORTFALL)
    clock = _clock(0.5)
    with SolverSession() as session:
        begin = time.monotonic()
        assert not session.solve(hard, Limits(), clock).is_proven
        assert time.monotonic() - begin < 1.5
        assert clock.cut_short.is_set()
        again = session.solve(easy, Limits(), _clock(30.0))
        assert again.status is Status.OPTIMAL
        once_more = session.solve(easy, Limits(), _clock(30.0))
        assert once_more.objective == again.objective


def test_a_session_stops_when_the_user_interrupts() -> None:
    """An interrupt during a run ends it within a second and is told apart from the time limit."""
    hard = _program(random_problem(1, points=200, sites=60), Level.SHORTFALL)
    clock = _clock(60.0)
    threading.Timer(0.5, clock.stop.set).start()
    begin = time.monotonic()
    with SolverSession() as session:
        assert not session.solve(hard, Limits(), clock).is_proven
    assert time.monotonic() - begin < 1.5
    assert not clock.cut_short.is_set()


def test_a_clock_remembers_what_those_made_of_it_cut_short() -> None:
    """Not what nobody needs any more, which ends without another result."""
    program = _program(tiny_problem(), Level.SHORTFALL)
    for is_regardless in (True, False):
        clock = _clock(30.0)
        with SolverSession() as session:
            over = clock.until(9.0).regardless(0.0) if is_regardless else clock.until(0.0)
            assert session.solve(program, Limits(), over).values is None
        assert clock.cut_short.is_set()
    clock = _clock(30.0)
    beside = clock.beside()
    beside.not_needed.set()
    with SolverSession() as session:
        assert session.solve(program, Limits(), beside.until(9.0)).values is None
    assert not clock.cut_short.is_set()
    assert not clock.not_needed.is_set()


@pytest.mark.usefixtures("by_stages_alone")
@pytest.mark.parametrize("is_cut", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_plan_is_repeatable_only_where_the_clock_cut_nothing(
    is_cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time that ends no more than merging may lead to another plan next time."""

    def merge(compiled: CompiledModel, program: Program, plans: object, limits: Limits, clock: Clock) -> None:
        with SolverSession() as session:
            session.solve(program, limits, clock.until(0.0) if is_cut else clock)

    monkeypatch.setattr(mending, "merged", merge)
    problem = random_problem(1, communities=6, towns=2, points=30, sites=20, years=2, budget_cny=2_000_000.0)
    result = solve(replace(problem, objective=(Level.SHORTFALL,)), QUICK)
    assert (result.stopped_by == "time_limit") is is_cut


def _clock(seconds: float) -> Clock:
    return Clock(time.monotonic() + seconds)


def _program(problem: Problem, level: Level) -> Program:
    compiled = compile_program(problem, build_model(problem, (level,)), (level,))
    return compiled.program.with_objective(*compiled.objectives[level])


def _least(problem: Problem, level: Level) -> float:
    """Return the proven least of a level in model units (a maximised level with its sign turned)."""
    with SolverSession() as session:
        answer = session.solve(_program(problem, level), Limits(), _clock(30.0))
    assert answer.status is Status.OPTIMAL
    assert answer.objective is not None
    return answer.objective


def _is_infeasible(session: SolverSession, program: Program) -> bool:
    return session.solve(program, Limits(), _clock(30.0)).status is Status.INFEASIBLE


def _without(program: Program, families: list[str]) -> Program:
    rows = np.array([name.split("[")[0] not in families for name in program.row_names])
    lower = np.where(rows, program.row_lower, -np.inf)
    upper = np.where(rows, program.row_upper, np.inf)
    return replace(program, row_lower=lower, row_upper=upper)


def test_every_family_is_a_rule_or_says_what_words_mean() -> None:
    """A conflict can name every rule that a planner may change."""
    assert set(RULES) | STRUCTURE == set(CONSTRAINTS)
    assert not set(RULES) & STRUCTURE


def test_a_conflict_says_the_least_that_helps() -> None:
    """There is no money: opening s1 takes 400 000 CNY, and 37.5 m² of elderly care at 2 000 CNY a m²."""
    problem = with_committed(tiny_problem(), 0.0)
    with pytest.raises(InfeasibleError) as raised:
        solve(replace(problem, money=replace(problem.money, carry_over=False)), QUICK)
    english, chinese = raised.value.text.en, raised.value.text.zh
    assert "relaxing only the yearly budget [budget], the least: 2027 47.5 × 10 000 CNY" in english
    assert "只放宽“年度资金”" in chinese
    assert "s1空间" in chinese


@pytest.mark.slow
@pytest.mark.usefixtures("by_stages_alone")
def test_the_search_goes_on_beside_branch_and_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is no worse than the best of its runs."""
    found: list[Found] = []

    def recorded(*arguments: Any, **others: Any) -> tuple[Found, ...]:
        found.extend(search_starts(*arguments, **others))
        return tuple(found)

    monkeypatch.setattr(solving, "search_starts", recorded)
    monkeypatch.setattr(solving, "HEAD_START_S", 0.0)
    problem = random_problem(1, communities=8, towns=2, points=60, sites=25, years=3, budget_cny=2.5e6)
    result = solve(
        replace(problem, objective=(Level.SHORTFALL,)), SolverSettings(time_limit_s=240.0, effort=0.005)
    )
    per_point = OBJECTIVES[Level.SHORTFALL].reported_per_model(problem)
    assert found
    assert result.levels[0].value <= per_point * min(one.shortfall for one in found) + 1e-6

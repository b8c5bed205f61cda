"""The search gives starts that the mixed-integer program accepts, at the value the search says."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from tests.solve.random_problem import random_problem
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_problem

from siteplan.highs import Answer, Clock, Limits, SolverSession
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.scenario import Basis, Level
from siteplan.solve.formulation import build_model
from siteplan.solve.program import compile_program
from siteplan.solve.search import search_start
from siteplan.solve.search.start import search

MOVES = 20_000


def _clock(seconds: float = 300.0) -> Clock:
    return Clock(time.monotonic() + seconds)


def _complete(problem: Problem, decisions: Decisions) -> Answer:
    """Solve the program of the first level with all binaries fixed as decided."""
    levels = (Level.SHORTFALL,)
    compiled = compile_program(problem, build_model(problem, levels), levels)
    columns, values = compiled.start_values(decisions)
    program = compiled.program.with_objective(*compiled.objectives[Level.SHORTFALL])
    with SolverSession() as session:
        return session.solve(program.with_fixed(columns, values), Limits(), _clock())


def _small_county(seed: int, basis: Basis) -> Problem:
    return random_problem(
        seed, basis=basis, communities=6, towns=3, points=30, sites=15, years=3, budget_cny=2.5e6
    )


def _without_budget(problem: Problem) -> Problem:
    return replace(problem, money=replace(problem.money, capital_cny=None))


def _poor(problem: Problem) -> Problem:
    capital = dict.fromkeys(problem.years, 450_000.0)
    return replace(problem, money=replace(problem.money, capital_cny=capital, carry_over=False))


def _hard_to_run(problem: Problem) -> Problem:
    return replace(problem, money=replace(problem.money, operating_cny={problem.years[-1]: 9_000.0}))


VARIATIONS = {
    "as it is": tiny_problem(),
    "no budget": _without_budget(tiny_problem()),
    "no carry-over, little money": _poor(tiny_problem()),
    "operating limit": _hard_to_run(tiny_problem()),
    "established": replace(tiny_problem(), basis=Basis.ESTABLISHED),
    "free form": replace(tiny_problem(), form_standard=None),
    "residents": replace(
        tiny_problem(),
        basis=Basis.RESIDENTS,
        targets={(key, 2028): 90.0 for key in (ELDERLY, MEALS, CULTURE)},
    ),
    "county, reachable": _small_county(1, Basis.REACHABLE),
    "county, residents": _small_county(2, Basis.RESIDENTS),
}


@pytest.mark.parametrize("name", VARIATIONS)
def test_program_accepts_the_start_at_the_value_of_the_search(name: str) -> None:
    """With its binaries fixed the program is feasible, and as short of the targets as the search says."""
    problem = VARIATIONS[name]
    found = search(problem, 1, MOVES, 2, _clock())
    assert found is not None
    answer = _complete(problem, found.decisions)
    assert answer.is_proven
    assert answer.objective == pytest.approx(found.shortfall, abs=1e-5)


def test_tiny_problem_is_solved() -> None:
    """The tiny problem's targets can all be met within its limits, and the search finds how."""
    found = search(tiny_problem(), 1, MOVES, 1, _clock())
    assert found is not None
    assert found.shortfall == 0.0


def test_same_arguments_give_the_same_start() -> None:
    """The start depends on the arguments alone, not on the timing of threads."""
    problem = _small_county(3, Basis.REACHABLE)
    starts = [search_start(problem, 7, 5_000, 3, _clock()) for _ in range(2)]
    assert starts[0] is not None
    assert starts[0] == starts[1]


def test_search_continues_from_given_decisions() -> None:
    """Continued from a start with no moves left, the search returns that start."""
    problem = _small_county(3, Basis.REACHABLE)
    first = search(problem, 7, MOVES, 2, _clock())
    assert first is not None
    again = search(problem, 7, 0, 1, _clock(), improve_from=first.decisions)
    assert again == first


def test_committed_sites_open_in_their_year() -> None:
    """Committed sites open in their year with all that is required of them."""
    problem = _small_county(4, Basis.REACHABLE)
    start = search_start(problem, 1, MOVES, 1, _clock())
    assert start is not None
    committed = {key: site for key, site in problem.sites.items() if site.opens_in is not None}
    assert committed
    for key, site in committed.items():
        assert start.opening_years()[key] == site.opens_in
        assert all(start.start_year[key, function] == site.opens_in for function in site.required_functions)


def test_nothing_where_no_site_can_open() -> None:
    """Without a site that can open within the horizon there is no start."""
    problem = tiny_problem()
    late = {key: replace(site, available_from=2040) for key, site in problem.sites.items()}
    assert search_start(replace(problem, sites=late), 1, MOVES, 1, _clock()) is None


def test_nothing_where_a_committed_site_breaks_the_budget() -> None:
    """No state within the limits: the committed site alone costs more than there is."""
    problem = tiny_problem()
    committed = {**problem.sites, "s1": replace(problem.sites["s1"], opens_in=2027)}
    broke = _poor(replace(problem, sites=committed))
    assert search_start(broke, 1, MOVES, 1, _clock()) is None


def test_search_stops_with_the_clock() -> None:
    """The search returns what it has within half a second of an interrupt."""
    problem = _small_county(5, Basis.REACHABLE)
    search_start(problem, 1, 10, 1, _clock())
    clock = _clock()
    timer = threading.Timer(1.0, clock.stop.set)
    timer.start()
    begin = time.monotonic()
    start = search_start(problem, 1, 2_000_000_000, 2, clock)
    assert start is not None
    assert time.monotonic() - begin < 1.8

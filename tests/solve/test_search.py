"""The search gives starts that the mixed-integer program accepts, at the value the search says."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from tests.solve.random_problem import random_problem
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_problem

from siteplan.highs import Answer, Clock, Limits, SolverSession
from siteplan.plan import Decisions
from siteplan.problem import Pace, Problem, Role
from siteplan.scenario import Basis, Level
from siteplan.solve.decompose.prices import priced_bounds
from siteplan.solve.formulation import build_model
from siteplan.solve.program import compile_program
from siteplan.solve.search import Found, Promising, Runs, search_starts
from siteplan.solve.search.annealing import (
    EXCESS,
    PRICE_RELAX,
    PRICE_RISE,
    PRICED_EXCESS,
    _count_exactly,
    _exchange_times,
    nothing_provided,
)
from siteplan.solve.search.landscape import describe_landscape

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
    found = _best(problem, 1, Runs(MOVES, 2))
    assert found is not None
    answer = _complete(problem, found.decisions)
    assert answer.is_proven
    assert answer.objective == pytest.approx(found.shortfall, abs=1e-5)


def _best(problem: Problem, seed: int, runs: Runs) -> Found | None:
    """Return the best of the runs."""
    found = search_starts(problem, seed, runs, _clock())
    return found[0] if found else None


def test_tiny_problem_is_solved() -> None:
    """The tiny problem's targets can all be met within its limits, and the search finds how."""
    found = _best(tiny_problem(), 1, Runs(MOVES, 1))
    assert found is not None
    assert found.shortfall == 0.0


def test_same_arguments_give_the_same_start() -> None:
    """The start depends on the arguments alone, not on the timing of threads."""
    problem = _small_county(3, Basis.REACHABLE)
    starts = [search_starts(problem, 7, Runs(5_000, 3), _clock()) for _ in range(2)]
    assert len(starts[0]) == 3
    assert starts[0] == starts[1]


def test_search_continues_from_given_decisions() -> None:
    """Continued from a start with no moves left, the search returns that start."""
    problem = _small_county(3, Basis.REACHABLE)
    first = _best(problem, 7, Runs(MOVES, 2))
    assert first is not None
    again = search_starts(problem, 7, Runs(0, 1), _clock(), improve_from=first.decisions)
    assert again == (first,)


def test_committed_sites_open_in_their_year() -> None:
    """Committed sites open in their year with all that is required of them."""
    problem = _small_county(4, Basis.REACHABLE)
    found = _best(problem, 1, Runs(MOVES, 1))
    assert found is not None
    start = found.decisions
    committed = {key: site for key, site in problem.sites.items() if site.opens_in is not None}
    assert committed
    for key, site in committed.items():
        assert start.opening_years()[key] == site.opens_in
        assert all(start.start_year[key, function] == site.opens_in for function in site.required_functions)


def test_nothing_where_no_site_can_open() -> None:
    """Without a site that can open within the horizon there is no start."""
    problem = tiny_problem()
    late = {key: replace(site, available_from=2040) for key, site in problem.sites.items()}
    assert not search_starts(replace(problem, sites=late), 1, Runs(MOVES, 1), _clock())


def test_nothing_where_a_committed_site_breaks_the_budget() -> None:
    """No state within the limits: the committed site alone costs more than there is."""
    problem = tiny_problem()
    committed = {**problem.sites, "s1": replace(problem.sites["s1"], opens_in=2027)}
    broke = _poor(replace(problem, sites=committed))
    assert not search_starts(broke, 1, Runs(MOVES, 1), _clock())


def test_search_stops_with_the_clock() -> None:
    """The search returns what it has within half a second of an interrupt."""
    problem = _small_county(5, Basis.REACHABLE)
    search_starts(problem, 1, Runs(10, 1), _clock())
    clock = _clock()
    timer = threading.Timer(1.0, clock.stop.set)
    timer.start()
    begin = time.monotonic()
    assert search_starts(problem, 1, Runs(2_000_000_000, 2), clock)
    assert time.monotonic() - begin < 1.8


@pytest.mark.parametrize("basis", [Basis.REACHABLE, Basis.RESIDENTS])
def test_what_is_promising_is_begun_within_the_limits(basis: Basis) -> None:
    """With no moves left, a run from what is promising is a plan: the limits and the form are kept."""
    problem = _small_county(3, basis)
    promising = priced_bounds(problem, _clock(), by_year=False).promising
    assert promising is not None
    assert promising.masks.any()
    (found,) = search_starts(problem, 1, Runs(0, 0, from_promising=1), _clock(), promising=promising)
    answer = _complete(problem, found.decisions)
    assert answer.objective == pytest.approx(found.shortfall, abs=1e-5)
    nothing = search_starts(problem, 1, Runs(0, 1), _clock())[0]
    assert found.shortfall < nothing.shortfall


def test_sites_are_promising_only_as_far_as_the_pace_allows() -> None:
    """Where everything pays but two sites may open a year, the run begins with two a year."""
    problem = replace(_small_county(3, Basis.REACHABLE), pace=Pace(2, None))
    rich = replace(problem, money=replace(problem.money, capital_cny=None))
    land = describe_landscape(rich)
    everything = np.where(land.sites.earliest[:, None] <= 0, land.sites.hosted[:, None], 0)
    masks = np.broadcast_to(everything, (len(everything), len(problem.years)))
    promising = Promising(masks.astype(np.int64), np.arange(len(masks), dtype=np.float64))
    (found,) = search_starts(rich, 1, Runs(0, 0, from_promising=1), _clock(), promising=promising)
    candidates = [
        year
        for site, year in found.decisions.opening_years().items()
        if rich.sites[site].role is Role.CANDIDATE
    ]
    assert candidates == [problem.years[0]] * 2


def test_sites_are_promising_whatever_their_operator_has_so_far() -> None:
    """One operator has all sites but one and no more than half of what opens: the run begins with all.

    How many an operator may have depends on those of the others, which the moves decide together.
    """
    rich = _without_budget(replace(_small_county(3, Basis.REACHABLE), pace=Pace(None, None)))
    planned = rich.planned_sites
    sites = {
        key: replace(site, operator="one" if key == planned[0] else "other") if key in planned else site
        for key, site in rich.sites.items()
    }
    free = replace(rich, sites=sites)
    land = describe_landscape(free)
    everything = np.where(land.sites.earliest[:, None] <= 0, land.sites.hosted[:, None], 0)
    masks = np.broadcast_to(everything, (len(everything), len(free.years))).astype(np.int64)
    promising, runs = Promising(masks, np.arange(len(masks), dtype=np.float64)), Runs(0, 0, from_promising=1)
    (all_of_them,) = search_starts(free, 1, runs, _clock(), promising=promising)
    (found,) = search_starts(
        replace(free, operator_share_at_most=0.5),
        1,
        runs,
        _clock(),
        promising=promising,
        can_be_mended=True,
    )
    assert not found.is_within_limits
    assert found.decisions == all_of_them.decisions


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([0, 3, 7, 7], [0, 0, 0, 4], ([0, 0, 0, 3], [0, 4, 4, 4])),
        ([0, 0, 0, 4], [0, 3, 7, 7], ([0, 4, 4, 4], [0, 0, 0, 3])),
        ([1, 3, 7, 15], [0, 8, 8, 12], ([0, 1, 3, 7], [8, 8, 12, 12])),
    ],
)
def test_two_sites_exchange_their_times(
    one: list[int], other: list[int], expected: tuple[list[int], list[int]]
) -> None:
    """Each opens in the other's year; what it adds later comes as much later or sooner."""
    masks = np.array([one, other])
    assert _exchange_times(masks)
    assert masks.tolist() == list(expected)


@pytest.mark.parametrize("other", [[0, 0, 0, 0], [0, 1, 1, 1]])
def test_no_times_to_exchange(other: list[int]) -> None:
    """Two sites of which one stays closed, or that open in the same year, have no times to exchange."""
    masks = np.array([[0, 3, 7, 7], other])
    assert not _exchange_times(masks)


def test_a_limit_has_a_price_of_its_own_in_each_year() -> None:
    """The price of the year in which a limit is exceeded rises, those of the others relax."""
    problem = tiny_problem()
    land = describe_landscape(problem)
    state = nothing_provided(land, len(problem.planned_sites))
    money = int(np.flatnonzero(land.limits.is_capital)[0])
    state.used[money] = land.limits.most[money] + [-1.0, 1.0]
    before = state.prices.copy().reshape(-1, len(problem.years))
    _count_exactly(land, state, True, False)
    after = state.prices.reshape(before.shape)
    assert (after[money] / before[money]).tolist() == pytest.approx([PRICE_RELAX, PRICE_RISE])
    assert state.sums[EXCESS] == pytest.approx(1.0)
    assert state.sums[PRICED_EXCESS] == pytest.approx(after[money, 1])

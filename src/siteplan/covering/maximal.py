"""Maximal covering: annealing on every core, then merging what the runs found, and a safe bound.

Merging solves the problem exactly on the union of several runs' sites: what good plans have in common is
right, and where they differ the solver picks the best of each. Prices of being covered give a bound at once,
and tell which sites are worth a look.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple

import numpy as np
from scipy import sparse

from siteplan.covering.annealing import Rows, anneal, greedy, rows_of, seed_random
from siteplan.covering.ascent import good_prices
from siteplan.covering.bounds import maximal_covering_bound, multipliers, relaxation
from siteplan.covering.instance import FloatArray, IndexArray, Instance, instance_of
from siteplan.covering.reduce import merge_equal_demand
from siteplan.highs import Clock, Limits, Program, SolverSession

RUNS, FRESH_RUNS, FRESH_RUNS_BESIDE_ELITES = 4, 2, 1
"""Annealing runs of a round; those from a new start; and those where the best of all plans is followed."""
ROUNDS_AHEAD = 1
"""Rounds that wait for a processor while one runs."""
FIRST_MOVES, MOST_MOVES = 500_000, 2_500_000
"""Moves of a run in a plan's first round and at most; every round's runs are longer than the last one's."""
LONGER = 1.2
PIECES_OF_A_RUN = 20
"""Looks at the clock during a run."""
HOT, COLD, LEAST_COLD, COLD_PER_WORTH = 0.02, 0.002, 0.0005, 0.01
"""First and last temperature of a run, as shares of the covered weight per selected site.

Where another site is worth little, plans differ by less: the last temperature is
``LEAST_COLD + COLD_PER_WORTH`` · its worth, at most ``COLD``.
"""
REHEATED, SPREAD, HOTTER = 0.012, 1.25, 1.15
"""First temperature of runs from the plan that is followed, as a share like these, in the middle; its factors
from one run of a round to the next, and with every round without a gain.
"""
NOISE = 0.3
"""By which share the scores of a new start's sites are blurred."""
ROUNDS_WITHOUT_GAIN = 3
"""Rounds without a gain after which another plan is followed."""
ELITES = 20
"""Best plans of all that were followed; they are merged with runs from the best."""
WORTHLESS = (0.01, 0.04)
"""Sites with a reduced cost above this aren't looked at, in weight per selected site; in turn, then all."""
EXACT_SITES, EXACT_SECONDS = 280, 4.0
"""An instance of so few sites is first tried to be solved exactly, for so long."""
MERGE_SECONDS = 1.0
MERGED_SITES, MOST_MERGED_SITES = 200, 400
"""The largest union that is merged, at first and at most."""
WIDER, NARROWER = 1.1, 0.8
"""Factors of the largest union after a merge that was solved in time, and after one that was not."""
LEAST_MERGED_PLANS = 1.3
"""The largest union is never below so many times the sites of the best plan."""
LP_WORTH = 6.0
"""The LP's bound is worked out where the time left is this many times the seconds that the prices took,
with runs beside them."""
SOLVER_TOLERANCE = 1e-6
"""Relative tolerance of the solver's own bounds."""
PROVEN = 2e-6
"""A relative gap below this is within the tolerance of the solver's bounds."""
RANDOM_SEEDS = 2**31 - 1


class Found(NamedTuple):
    """A selection (columns of the instance) and the weight that it covers."""

    selected: IndexArray
    value: float


Round = list[Future[Found]]
"""Runs that were started together."""
NOTHING = Found(np.empty(0, dtype=np.int64), 0.0)


class Core(NamedTuple):
    """The sites worth a look: their columns, and the instance on them."""

    sites: IndexArray
    rows: Rows


@dataclass(slots=True)
class Cores:
    """The sites that runs from new starts look at, and those that runs from a plan look at."""

    of_fresh: Core
    of_reheated: Core


@dataclass(slots=True)
class Search:
    """A search for the best selection of one instance: incumbent `best` of `value`, and a safe `bound`.

    The bound of the LP is worked out beside the search, which ends once it has the gap wanted.
    """

    instance: Instance
    budget: float
    is_cardinality: bool
    clock: Clock
    seed: int
    bound: float = field(init=False)
    found: Found = field(init=False)
    _unit: float = 1.0
    """Covered weight per selected site of the greedy plan."""
    _moves: float = FIRST_MOVES
    _cold: float = COLD
    _mergeable: float = MERGED_SITES
    _random: np.random.Generator = field(init=False)
    _solver: SolverSession = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.bound = float(self.instance.weights.sum())
        self._random = np.random.default_rng(self.seed)
        self._solver = SolverSession()
        self.found = NOTHING

    @property
    def best(self) -> IndexArray:
        """The best selection found, as columns of the instance."""
        return self.found.selected

    def run(self, wanted_gap: float) -> None:
        """Search until the clock stops it or the incumbent is within the wanted gap of the bound."""
        if self.instance.site_count == 0:
            return
        rows = rows_of(self.instance)
        self._offer(greedy(rows, self.budget, 0.0))
        with ExitStack() as until_done:
            until_done.enter_context(self._solver)
            if self.instance.site_count <= EXACT_SITES:
                everything = Found(np.arange(self.instance.site_count), self.bound)
                self._merge([everything], self.clock.until(EXACT_SECONDS))
            if self._is_done(wanted_gap):
                return
            pool = until_done.enter_context(ThreadPoolExecutor(max_workers=os.cpu_count() or 1))
            self._unit = max(self.found.value / max(1, len(self.found.selected)), 1e-12)
            before, known = self.clock.seconds_left(), self.found.value
            whole = Core(np.arange(self.instance.site_count), rows)
            first = self._start_round(pool, Cores(whole, whole), NOTHING, 0, FRESH_RUNS)
            prices = good_prices(rows, self.budget, known, self.clock)
            self.bound = min(self.bound, maximal_covering_bound(self.instance, self.budget, prices))
            if self.clock.seconds_left() > LP_WORTH * (before - self.clock.seconds_left()):
                beside = until_done.enter_context(ThreadPoolExecutor(max_workers=1))
                bound = beside.submit(upper_bound, self.instance, self.budget, self.clock)
                bound.add_done_callback(self._take_bound)
            reduced_costs = self._reduced_costs(prices)
            cores = [self._core(np.flatnonzero(reduced_costs <= limit)) for limit in WORTHLESS]
            self._search(pool, [*cores, whole], first, wanted_gap)
            self.clock.not_needed.set()

    def _search(
        self, pool: ThreadPoolExecutor, cores: Sequence[Core], first: Round, wanted_gap: float
    ) -> None:
        """Follow one plan after the other: from nothing, and from the best of all, in turn."""
        elites: list[Found] = []
        running = [first]
        for number in count():
            if self._is_done(wanted_gap):
                return
            within = Cores(cores[number % len(cores)], cores[min(number % len(cores) + 1, len(cores) - 1)])
            is_fresh = number % 2 == 0
            if is_fresh:
                self._moves = FIRST_MOVES
            found = self._follow(pool, within, running, [] if is_fresh else elites, wanted_gap)
            if not self._is_done(wanted_gap):
                found += [run.result() for started in running for run in started]
            elites = _ranked([*elites, *found])[:ELITES]
            running = []

    def _follow(
        self,
        pool: ThreadPoolExecutor,
        cores: Cores,
        running: list[Round],
        earlier: list[Found],
        wanted_gap: float,
    ) -> list[Found]:
        """Merge a plan with rounds of runs until it gains no more; return it with all that was found.

        ``running``: rounds that run already. ``earlier``: plans to begin with. So that no processor waits for
        a merge, `ROUNDS_AHEAD` more rounds run during it.
        """
        idle = 0
        fresh_runs = FRESH_RUNS_BESIDE_ELITES if earlier else FRESH_RUNS
        plan = max(earlier, key=_value, default=NOTHING)
        while idle < ROUNDS_WITHOUT_GAIN and not self._is_done(wanted_gap):
            while len(running) <= ROUNDS_AHEAD:
                running.append(self._start_round(pool, cores, plan, idle, fresh_runs))
            found = [run.result() for run in running.pop(0)]
            running.append(self._start_round(pool, cores, max([plan, *found], key=_value), idle, fresh_runs))
            merged = self._merge([plan, *found, *earlier], self.clock.until(MERGE_SECONDS))
            earlier = _ranked([*earlier, *found])
            idle = 0 if merged.value > plan.value else idle + 1
            plan = merged
        return [plan, *earlier]

    def _start_round(
        self, pool: ThreadPoolExecutor, cores: Cores, plan: Found, idle: int, fresh_runs: int
    ) -> Round:
        """Start runs from new starts and, where there is a plan, from it: hotter with every idle round."""
        runs: Round = []
        cores.of_reheated = self._wider(cores.of_reheated, plan)
        start = np.flatnonzero(np.isin(cores.of_reheated.sites, plan.selected))
        cold = self._cold * self._unit
        for number in range(RUNS):
            moves, seed = int(self._moves), self._draw()
            if number < fresh_runs or len(start) == 0:
                heat = (HOT * self._unit, cold)
                runs.append(pool.submit(self._anneal, cores.of_fresh, None, heat, moves, seed))
            else:
                beside_middle = number - (fresh_runs + RUNS - 1) / 2
                hot = REHEATED * SPREAD**beside_middle * HOTTER**idle
                heat = (hot * self._unit, cold)
                runs.append(pool.submit(self._anneal, cores.of_reheated, start, heat, moves, seed))
        self._moves = min(LONGER * self._moves, MOST_MOVES)
        return runs

    def _anneal(
        self, core: Core, start: IndexArray | None, heat: tuple[float, float], moves: int, seed: int
    ) -> Found:
        """Return what a run ends with: not its start, even where that is better; merging wants others.

        ``heat``: first and last temperature, in units of weight.
        """
        if self.clock.seconds_left() <= 0.0:
            return NOTHING
        seed_random(seed)
        best = last = greedy(core.rows, self.budget, NOISE) if start is None else start
        hot, ratio = heat[0], (heat[1] / heat[0]) ** (1.0 / PIECES_OF_A_RUN)
        for _ in range(PIECES_OF_A_RUN):
            if self.clock.seconds_left() <= 0.0:
                break
            best, last = anneal(
                core.rows,
                self.budget,
                self.is_cardinality,
                last,
                moves // PIECES_OF_A_RUN,
                hot,
                hot * ratio,
            )
            hot *= ratio
        return self._offer(core.sites[best])

    def _is_done(self, wanted_gap: float) -> bool:
        if self.clock.seconds_left() <= 0.0:
            return True
        return self.bound - self.found.value <= max(wanted_gap, PROVEN) * max(1.0, abs(self.found.value))

    def _reduced_costs(self, prices: FloatArray) -> FloatArray:
        """Return by how much a site's profit misses being selected at some prices, in `_unit`.

        The more, the rarer in good plans. What another site is worth sets the last temperature.
        """
        profits = np.asarray(self.instance.reached_by @ prices)
        costs = np.maximum(self.instance.costs, 1e-12)
        order = np.argsort(-profits / costs, kind="stable")
        last = min(int(np.searchsorted(np.cumsum(costs[order]), self.budget)), len(order) - 1)
        worth = float(profits[order[last]] / costs[order[last]])
        self._cold = min(COLD, LEAST_COLD + COLD_PER_WORTH * worth * float(costs.mean()) / self._unit)
        return np.asarray((worth * costs - profits) / self._unit)

    def _core(self, sites: IndexArray) -> Core:
        reach, weights = merge_equal_demand(
            sparse.csr_array(self.instance.reach[:, sites]), self.instance.weights
        )
        return Core(sites, rows_of(instance_of(reach, weights, self.instance.costs[sites])))

    def _wider(self, core: Core, plan: Found) -> Core:
        """Return a core that has all sites of a plan."""
        if np.isin(plan.selected, core.sites).all():
            return core
        return self._core(np.union1d(core.sites, plan.selected))

    def _merge(self, found: Sequence[Found], clock: Clock) -> Found:
        """Return the best selection within the union of several, as many of the first as can be merged."""
        best = max(found, key=_value)
        if clock.seconds_left() <= 0.0:
            return best
        union = best.selected
        for one in found:
            wider = np.union1d(union, one.selected)
            union = wider if len(wider) <= self._mergeable else union
        columns = sparse.csr_array(self.instance.reach[:, union])
        reach, weights = merge_equal_demand(columns, self.instance.weights)
        sites = instance_of(reach, weights, self.instance.costs[union])
        is_everything = len(union) == self.instance.site_count
        start = np.isin(union, (self.found if is_everything else best).selected).astype(np.float64)
        answer = self._solver.solve(
            _exact(sites, self.budget, self.is_cardinality),
            Limits(absolute_gap=1e-6),
            clock,
            (np.arange(len(union)), start),
        )
        self._mergeable *= WIDER if answer.is_proven else NARROWER
        self._mergeable = min(
            MOST_MERGED_SITES, max(LEAST_MERGED_PLANS * len(best.selected), self._mergeable)
        )
        if answer.bound is not None and is_everything:
            self.bound = min(self.bound, self._rounded(-answer.bound))
        if answer.values is None:
            return best
        merged = self._offer(union[answer.values[: len(union)] > 0.5])
        return max(best, merged, key=_value)

    def _rounded(self, bound: float) -> float:
        """Weaken the solver's bound by its own tolerance; whole weights have whole sums."""
        bound += SOLVER_TOLERANCE * max(1.0, abs(bound))
        is_whole = bool((self.instance.weights == np.floor(self.instance.weights)).all())
        return float(np.floor(bound)) if is_whole else bound

    def _take_bound(self, bound: Future[float]) -> None:
        if bound.exception() is None:
            self.bound = min(self.bound, bound.result())

    def _offer(self, selected: IndexArray) -> Found:
        """Keep a selection where it is the best within the budget; return it with its value."""
        found = Found(np.sort(selected), self.instance.covered_weight(selected))
        if self.instance.costs[selected].sum() > self.budget * (1.0 + 1e-12):
            return NOTHING
        with self._lock:
            if found.value > self.found.value:
                self.found = found
        return found

    def _draw(self) -> int:
        return int(self._random.integers(RANDOM_SEEDS))


def _value(found: Found) -> float:
    return found.value


def _ranked(found: Sequence[Found]) -> list[Found]:
    """Return selections, the best first."""
    return sorted(found, key=_value, reverse=True)


def _exact(instance: Instance, budget: float, is_cardinality: bool) -> Program:
    """Return the mixed-integer program of maximal covering; a limit on the number is met exactly."""
    program = relaxation(instance, budget)
    is_integer = np.arange(len(program.cost)) < instance.site_count
    lower = program.row_lower.copy()
    if is_cardinality:
        lower[-1] = min(budget, float(instance.site_count))
    return replace(program, is_integer=is_integer, row_lower=lower)


def upper_bound(instance: Instance, budget: float, clock: Clock) -> float:
    """Return a safe upper bound on the covered weight: the LP's, or everybody where time runs out."""
    everybody = float(instance.weights.sum())
    if instance.site_count == 0 or instance.costs.sum() <= budget:
        return everybody
    with SolverSession() as session:
        duals = multipliers(relaxation(instance, budget), session, clock)
    if duals is None:
        return everybody
    return min(everybody, maximal_covering_bound(instance, budget, np.abs(duals[:-1])))

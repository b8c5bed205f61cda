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
from typing import NamedTuple

import numpy as np
from scipy import sparse

from siteplan.covering.annealing import Rows, anneal, greedy, rows_of, seed_random
from siteplan.covering.ascent import good_prices
from siteplan.covering.bounds import maximal_covering_bound, multipliers, relaxation
from siteplan.covering.instance import FloatArray, IndexArray, Instance, instance_of
from siteplan.covering.reduce import merge_equal_demand
from siteplan.highs import Clock, Limits, Program, SolverSession

FRESH_RUNS, REHEATED_RUNS = 2, 2
"""Annealing runs of a round: from a new start, and from the plan that is followed."""
FIRST_MOVES, MOST_MOVES = 500_000, 4_000_000
"""Moves of a run in the first round and at most; every round's runs are longer than the last one's."""
LONGER = 1.2
PIECES_OF_A_RUN = 20
"""Looks at the clock during a run."""
HOT, COLD, LEAST_COLD, COLD_PER_WORTH = 0.02, 0.002, 0.0005, 0.01
"""First and last temperature of a run, as shares of the covered weight per selected site.

Where another site is worth little, plans differ by less: the last temperature is
``LEAST_COLD + COLD_PER_WORTH`` · its worth, at most ``COLD``.
"""
REHEATED = 0.012
"""First temperature of a run from the plan that is followed."""
NOISE = 0.3
"""By which share the scores of a new start's sites are blurred."""
ROUNDS_WITHOUT_GAIN = 4
"""Rounds without a gain after which another plan is followed."""
WORTHLESS = (0.01, 0.04, np.inf)
"""Sites with a reduced cost above this aren't looked at, in covered weight per selected site; in turn."""
MERGE_SECONDS = 1.0
MERGED_SITES, MOST_MERGED_SITES = 200, 400
ROUNDS_AHEAD = 1
"""The largest union that is merged: beyond it the solver is too slow."""
LP_WORTH = 8.0
"""The LP's bound is worked out where the time left is this many times the seconds that the prices took."""
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
            if self.instance.site_count <= MERGED_SITES:
                self._merge([Found(np.arange(self.instance.site_count), self.bound)])
            if self._is_done(wanted_gap):
                return
            pool = until_done.enter_context(ThreadPoolExecutor(max_workers=os.cpu_count() or 1))
            everything = Core(np.arange(self.instance.site_count), rows)
            first = self._start_round(pool, everything, NOTHING)
            before = self.clock.seconds_left()
            prices = good_prices(rows, self.budget, self.found.value, self.clock)
            self.bound = min(self.bound, maximal_covering_bound(self.instance, self.budget, prices))
            if self.clock.seconds_left() > LP_WORTH * (before - self.clock.seconds_left()):
                beside = until_done.enter_context(ThreadPoolExecutor(max_workers=1))
                bound = beside.submit(upper_bound, self.instance, self.budget, self.clock)
                bound.add_done_callback(self._take_bound)
            self._search(pool, self._reduced_costs(prices), first, wanted_gap)

    def _search(
        self, pool: ThreadPoolExecutor, reduced_costs: FloatArray, first: Round, wanted_gap: float
    ) -> None:
        """Follow one plan after the other: from nothing, and from the best, in turn."""
        elites: list[Found] = []
        number = 0
        running = [first]
        while not self._is_done(wanted_gap):
            core = self._core(reduced_costs, WORTHLESS[number % len(WORTHLESS)])
            plan = NOTHING if number % 2 == 0 else self.found
            followed = self._follow(pool, core, running, plan, wanted_gap)
            elites = sorted([*elites, followed], key=_value, reverse=True)[:3]
            self._merge(elites)
            number += 1

    def _follow(
        self, pool: ThreadPoolExecutor, core: Core, running: list[Round], plan: Found, wanted_gap: float
    ) -> Found:
        """Merge a plan with rounds of runs until it gains no more; further rounds run during a merge."""
        idle = 0
        earlier: list[Found] = []
        while idle < ROUNDS_WITHOUT_GAIN and not self._is_done(wanted_gap):
            while len(running) <= ROUNDS_AHEAD:
                running.append(self._start_round(pool, core, plan))
            found = [run.result() for run in running.pop(0)]
            running.append(self._start_round(pool, core, max([plan, *found], key=_value)))
            merged = self._merge([plan, *found, *sorted(earlier, key=_value, reverse=True)])
            earlier += found
            idle = 0 if merged.value > plan.value else idle + 1
            plan = merged
        return plan

    def _start_round(self, pool: ThreadPoolExecutor, core: Core, plan: Found) -> Round:
        """Start runs from new starts, and from a plan where there is one."""
        runs: list[Future[Found]] = []
        within = np.flatnonzero(np.isin(core.sites, plan.selected))
        for number in range(FRESH_RUNS + REHEATED_RUNS):
            is_fresh = number < FRESH_RUNS or len(within) == 0 or len(within) < len(plan.selected)
            start, hot = (None, HOT) if is_fresh else (within, REHEATED)
            runs.append(pool.submit(self._anneal, core, start, hot, int(self._moves), self._draw()))
        self._moves = min(LONGER * self._moves, MOST_MOVES)
        return runs

    def _anneal(self, core: Core, start: IndexArray | None, hot: float, moves: int, seed: int) -> Found:
        seed_random(seed)
        best = last = greedy(core.rows, self.budget, NOISE) if start is None else start
        unit = self._unit()
        ratio = (self._cold / hot) ** (1.0 / PIECES_OF_A_RUN)
        for piece in range(PIECES_OF_A_RUN):
            if self.clock.seconds_left() <= 0.0:
                break
            best, last, _ = anneal(
                core.rows,
                self.budget,
                self.is_cardinality,
                last,
                moves // PIECES_OF_A_RUN,
                hot * unit * ratio**piece,
                hot * unit * ratio ** (piece + 1),
            )
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
        self._cold = min(COLD, LEAST_COLD + COLD_PER_WORTH * worth * float(costs.mean()) / self._unit())
        return np.asarray((worth * costs - profits) / self._unit())

    def _unit(self) -> float:
        """Return the covered weight per selected site."""
        return max(self.found.value / max(1, len(self.found.selected)), 1e-12)

    def _core(self, reduced_costs: FloatArray, limit: float) -> Core:
        sites = np.union1d(np.flatnonzero(reduced_costs <= limit), self.found.selected)
        reach, weights = merge_equal_demand(
            sparse.csr_array(self.instance.reach[:, sites]), self.instance.weights
        )
        return Core(sites, rows_of(instance_of(reach, weights, self.instance.costs[sites])))

    def _merge(self, found: Sequence[Found]) -> Found:
        """Return the best selection within the union of several, as many of the first as can be merged."""
        best = max(found, key=_value)
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
            self.clock.until(MERGE_SECONDS),
            (np.arange(len(union)), start),
        )
        if answer.bound is not None and is_everything:
            self.bound = min(self.bound, self._rounded(-answer.bound))
        factor = 1.1 if answer.is_proven else 0.8
        self._mergeable = min(MOST_MERGED_SITES, max(len(best.selected)*1.3, factor * self._mergeable))
        if answer.values is None:
            return best
        merged = self._offer(union[answer.values[: len(union)] > 0.5])
        return merged if merged.value > best.value else best

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

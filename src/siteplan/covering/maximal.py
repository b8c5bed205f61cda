"""Maximal covering: annealing on every core, then merging what the runs found, and a safe bound.

Merging solves the problem exactly on the union of several runs' sites: what good plans have in common is
right, and where they differ the solver picks the best of each.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from siteplan.covering.annealing import Rows, anneal, greedy, rows_of, seed_random
from siteplan.covering.bounds import maximal_covering_bound, multipliers, relaxation
from siteplan.covering.instance import IndexArray, Instance, instance_of
from siteplan.covering.reduce import merge_equal_demand
from siteplan.highs import Clock, Limits, Program, SolverSession

RUNS_OF_A_POPULATION = 6
REHEATED_RUNS = 6
FIRST_MOVES, MOST_MOVES = 400_000, 6_000_000
"""Moves of a run in the first population, and at most: each population runs twice as long as the last."""
PIECES_OF_A_RUN = 20
"""Looks at the clock during a run."""
HOT, COLD = 0.03, 0.003
"""First and last temperature of a run, as shares of the covered weight per selected site."""
REHEATED = 0.4
"""First temperature of a run from the best plan, as a share of ``HOT``."""
ROUNDS_WITHOUT_GAIN = 3
"""Rounds from the best plan without a gain after which a new population starts."""
MERGE_SECONDS = 8.0
MERGED_SITES = 320
"""The largest union that is merged: beyond it the solver is too slow."""
SOLVER_TOLERANCE = 1e-6
"""Relative tolerance of the solver's own bounds."""
PROVEN = 2e-6
"""A relative gap below this is within the tolerance of the solver's bounds."""
RANDOM_SEEDS = 2**31 - 1


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
    rows: Rows = field(init=False)
    moves: int = FIRST_MOVES
    best: IndexArray = field(init=False)
    value: float = field(init=False)
    _random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.bound = float(self.instance.weights.sum())
        self.rows = rows_of(self.instance)
        self._random = np.random.default_rng(self.seed)
        self.best = self._greedy(0.0, 0)
        self.value = self.instance.covered_weight(self.best)

    def run(self, wanted_gap: float) -> None:
        """Search until the clock stops it or the incumbent is within the wanted gap of the bound."""
        if 0 < self.instance.site_count <= MERGED_SITES:
            self._merge([np.arange(self.instance.site_count)])
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(max_workers=1) as beside, ThreadPoolExecutor(max_workers=workers) as pool:
            bound = beside.submit(upper_bound, self.instance, self.budget, self.clock)
            bound.add_done_callback(self._take_bound)
            self._search(pool, wanted_gap)
            bound.result()

    def _search(self, pool: ThreadPoolExecutor, wanted_gap: float) -> None:
        while not self._is_done(wanted_gap):
            self._merge(self._population(pool))
            idle = 0
            while idle < ROUNDS_WITHOUT_GAIN and not self._is_done(wanted_gap):
                before = self.value
                self._merge(self._reheated(pool))
                idle = 0 if self.value > before else idle + 1
            self.moves = min(2 * self.moves, MOST_MOVES)

    def _is_done(self, wanted_gap: float) -> bool:
        if self.clock.seconds_left() <= 0.0 or self.instance.site_count == 0:
            return True
        return self.bound - self.value <= max(wanted_gap, PROVEN) * max(1.0, abs(self.value))

    def _greedy(self, noise: float, seed: int) -> IndexArray:
        seed_random(seed)
        return greedy(self.rows, self.budget, noise)

    def _population(self, pool: ThreadPoolExecutor) -> list[IndexArray]:
        starts = [self._greedy(0.3, self._draw()) for _ in range(RUNS_OF_A_POPULATION)]
        return self._anneal(pool, starts, HOT)

    def _reheated(self, pool: ThreadPoolExecutor) -> list[IndexArray]:
        return [*self._anneal(pool, [self.best] * REHEATED_RUNS, HOT * REHEATED), self.best]

    def _anneal(self, pool: ThreadPoolExecutor, starts: list[IndexArray], hot: float) -> list[IndexArray]:
        """Run from every start; keep the best; return what the runs found."""
        unit = self.value / max(1, len(self.best))
        runs: list[Future[tuple[IndexArray, float]]] = [
            pool.submit(self._anneal_once, start, hot * unit, COLD * unit, self._draw()) for start in starts
        ]
        found: list[IndexArray] = []
        for run in as_completed(runs):
            selected, value = run.result()
            self._offer(selected, value)
            found.append(selected)
        return found

    def _anneal_once(self, start: IndexArray, hot: float, cold: float, seed: int) -> tuple[IndexArray, float]:
        seed_random(seed)
        best, last, value = start, start, -1.0
        ratio = (cold / hot) ** (1.0 / PIECES_OF_A_RUN)
        for piece in range(PIECES_OF_A_RUN):
            if self.clock.seconds_left() <= 0.0:
                break
            found, last, found_value = anneal(
                self.rows,
                self.budget,
                self.is_cardinality,
                last,
                self.moves // PIECES_OF_A_RUN,
                hot * ratio**piece,
                hot * ratio ** (piece + 1),
            )
            if found_value > value:
                best, value = found, found_value
        return best, value

    def _merge(self, selections: list[IndexArray]) -> None:
        union = np.unique(np.concatenate([*selections, self.best]))
        if len(union) > MERGED_SITES:
            often = np.bincount(np.concatenate(selections), minlength=self.instance.site_count)
            order = union[np.argsort(-often[union], kind="stable")]
            union = np.unique(np.concatenate([order[:MERGED_SITES], self.best]))
        columns = sparse.csr_array(self.instance.reach[:, union])
        reach, weights = merge_equal_demand(columns, self.instance.weights)
        sites = instance_of(reach, weights, self.instance.costs[union])
        start = np.isin(union, self.best).astype(np.float64)
        with SolverSession() as session:
            answer = session.solve(
                _exact(sites, self.budget, self.is_cardinality),
                Limits(absolute_gap=1e-6),
                self.clock.until(MERGE_SECONDS),
                (np.arange(len(union)), start),
            )
        if answer.bound is not None and len(union) == self.instance.site_count:
            self.bound = min(self.bound, self._rounded(-answer.bound))
        if answer.values is not None:
            selected = union[answer.values[: len(union)] > 0.5]
            self._offer(selected, self.instance.covered_weight(selected))

    def _rounded(self, bound: float) -> float:
        """Weaken the solver's bound by its own tolerance; whole weights have whole sums."""
        bound += SOLVER_TOLERANCE * max(1.0, abs(bound))
        is_whole = bool((self.instance.weights == np.floor(self.instance.weights)).all())
        return float(np.floor(bound)) if is_whole else bound

    def _take_bound(self, bound: Future[float]) -> None:
        if bound.exception() is None:
            self.bound = min(self.bound, bound.result())

    def _offer(self, selected: IndexArray, value: float) -> None:
        if value > self.value and self.instance.costs[selected].sum() <= self.budget * (1.0 + 1e-12):
            self.best, self.value = np.sort(selected), value

    def _draw(self) -> int:
        return int(self._random.integers(RANDOM_SEEDS))


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

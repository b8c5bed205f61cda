"""Set covering and partial covering: the cheapest sites that cover everybody, or a share of the weight.

A plan is opened greedily and thinned out. Then the solver improves it and its bound, and beside it, where
there are many sites, a search looks for cheaper ones: by row weighting for everybody, by maximal covering
with ever less money for a share. The parts of a set covering that share no demand point are solved one by
one, the smallest first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from siteplan.covering.bounds import multipliers, partial_covering_bound, set_covering_bound
from siteplan.covering.instance import FloatArray, IndexArray, Instance, instance_of
from siteplan.covering.maximal import EXACT_SITES, Search
from siteplan.covering.state import LEAST_COST, rows_of, seed_random, selection_of
from siteplan.covering.weighting import first_weighting, weigh
from siteplan.highs import Clock, Limits, Program, SolverSession

WEIGHT_SLACK = 1e-9
"""Share of the wanted weight that rounding of sums may miss."""
WEIGHING_STEPS = 10_000
"""Of row weighting between looks at the clock."""
FIRST_STEP = 0.1
"""Share of the gap by which the money is cut at first where a share of the weight is to be covered."""
LEAST_STEP = 1e-9
"""Least share by which something is cheaper where costs aren't whole."""
TRIAL_SHARE = 0.25
"""Share of the time left for a search with so much less money."""


def solve_parts(instance: Instance, clock: Clock, wanted_gap: float, seed: int) -> tuple[IndexArray, float]:
    """Return (selection, lower bound) of a set covering, its independent parts solved one by one."""
    selected: list[IndexArray] = []
    bounds: list[float] = []
    for columns, part in sorted(parts(instance), key=lambda part: len(part[0])):
        chosen, bound = solve_cheapest(
            part, None, clock, wanted_gap * max(1.0, part.costs.sum()) if wanted_gap else 0.0, seed
        )
        selected.append(columns[chosen])
        bounds.append(bound)
    everything = np.sort(np.concatenate(selected)) if selected else np.empty(0, dtype=np.int64)
    return everything, float(sum(bounds))


def parts(instance: Instance) -> Iterator[tuple[IndexArray, Instance]]:
    """Yield (columns, instance) of each connected part of an instance."""
    demand, sites = instance.demand_count, instance.site_count
    graph = sparse.block_array([[None, instance.reach], [instance.reached_by, None]], format="csr")
    count, label = connected_components(graph, directed=False)
    for number in range(count):
        rows = np.flatnonzero(label[:demand] == number)
        columns = np.flatnonzero(label[demand : demand + sites] == number)
        if len(rows) and len(columns):
            reach = sparse.csr_array(sparse.csr_array(instance.reach[rows])[:, columns])
            yield columns, instance_of(reach, instance.weights[rows], instance.costs[columns])


def solve_cheapest(
    instance: Instance, wanted: float | None, clock: Clock, wanted_gap: float, seed: int
) -> tuple[IndexArray, float]:
    """Return (selection, lower bound on the cost); ``wanted``: weight to cover, None for everybody.

    ``wanted_gap``: in units of cost.
    """
    best = _thinned(instance, _greedy(instance, wanted), wanted)
    program = _program(instance, wanted)
    bound = 0.0
    with SolverSession() as session, ThreadPoolExecutor(max_workers=1) as beside:
        duals = multipliers(_relaxed(program), session, clock)
        if duals is not None:
            bound = _bound(instance, wanted, duals)
        solving = clock.beside()
        search = Descent(instance, wanted, best, bound + wanted_gap, clock.beside(), solving)
        searching = beside.submit(search.run, seed) if instance.site_count > EXACT_SITES else None
        start = np.zeros(instance.site_count)
        start[best] = 1.0
        answer = session.solve(
            program,
            Limits(absolute_gap=max(1e-9, wanted_gap), seed=seed),
            solving,
            (np.arange(instance.site_count), start),
        )
        if answer.is_proven:
            search.clock.not_needed.set()
        if searching is not None:
            searching.result()
    best, bound = search.best, max(bound, search.bound, answer.bound or 0.0)
    if answer.values is not None:
        found = _thinned(instance, np.flatnonzero(answer.values[: instance.site_count] > 0.5), wanted)
        if _covers(instance, found, wanted) and instance.costs[found].sum() < instance.costs[best].sum():
            best = found
    return best, min(bound, float(instance.costs[best].sum()))


@dataclass(slots=True)
class Descent:
    """A search for ever cheaper selections; it ends where one costs no more than ``enough``.

    ``clock`` stops it; where it ends by itself, what is solved under ``solving`` is no longer needed.
    """

    instance: Instance
    wanted: float | None
    best: IndexArray
    enough: float
    clock: Clock
    solving: Clock
    bound: float = 0.0
    """Nothing costs less, as far as it has shown."""

    def run(self, seed: int) -> None:
        """Search until the clock stops it or nothing cheaper is wanted."""
        if self.wanted is None:
            self._weigh(seed)
        else:
            self._cut(self.wanted, seed)
        if self._is_cheap_enough():
            self.solving.not_needed.set()

    def _is_cheap_enough(self) -> bool:
        return self._cost() <= max(self.enough, self.bound)

    def _cost(self) -> float:
        return float(self.instance.costs[self.best].sum())

    def _least_step(self) -> float:
        """Return by how much a cheaper selection is cheaper at least: whole costs have whole sums."""
        costs = self.instance.costs
        return 1.0 if (costs == np.floor(costs)).all() else LEAST_STEP * self._cost()

    def _weigh(self, seed: int) -> None:
        """Cover everybody with ever less money by row weighting."""
        seed_random(seed)
        alike = instance_of(self.instance.reach, np.ones(self.instance.demand_count), self.instance.costs)
        search = first_weighting(rows_of(alike), self.best)
        while self.clock.seconds_left() > 0.0 and not self._is_cheap_enough():
            if weigh(search, self._cost() - self._least_step(), WEIGHING_STEPS):
                self.best = _thinned(self.instance, np.sort(selection_of(search.state)), None)

    def _cut(self, wanted: float, seed: int) -> None:
        """Cover the wanted weight with ever less money by maximal covering."""
        is_cardinality = bool((self.instance.costs == 1.0).all())
        wanted, step_share = wanted * (1.0 - WEIGHT_SLACK), FIRST_STEP
        while self.clock.seconds_left() > 0.0 and not self._is_cheap_enough():
            least = self._least_step()
            step = max(least, step_share * (self._cost() - self.enough))
            is_least = step <= least
            clock = self.clock.until(math.inf if is_least else TRIAL_SHARE * self.clock.seconds_left())
            budget = self._cost() - (np.floor(step) if least == 1.0 else step)
            search = Search(self.instance, budget, is_cardinality, clock, seed, wanted)
            search.run(0.0)
            if search.found.value >= wanted:
                self.best = _thinned(self.instance, search.best, wanted)
            elif search.bound < wanted:
                self.bound = max(self.bound, budget + least if least == 1.0 else budget)
                step_share *= FIRST_STEP
            elif is_least:
                return
            else:
                step_share *= FIRST_STEP


def _program(instance: Instance, wanted: float | None) -> Program:
    """Return: minimise Σ cost · open with everybody reached, or Σ weight · cover ≥ wanted."""
    demand, sites = instance.demand_count, instance.site_count
    if wanted is None:
        return Program(
            matrix=instance.reach,
            row_lower=np.ones(demand),
            row_upper=np.full(demand, np.inf),
            column_lower=np.zeros(sites),
            column_upper=np.ones(sites),
            cost=instance.costs,
            offset=0.0,
            is_integer=np.ones(sites, dtype=bool),
            row_names=(),
        )
    covering = sparse.hstack([instance.reach, -sparse.eye_array(demand, format="csr")], format="csr")
    weighing = sparse.hstack(
        [sparse.csr_array((1, sites)), sparse.csr_array(instance.weights.reshape(1, -1))], format="csr"
    )
    return Program(
        matrix=sparse.vstack([covering, weighing], format="csr"),
        row_lower=np.append(np.zeros(demand), wanted),
        row_upper=np.full(demand + 1, np.inf),
        column_lower=np.zeros(sites + demand),
        column_upper=np.ones(sites + demand),
        cost=np.concatenate([instance.costs, np.zeros(demand)]),
        offset=0.0,
        is_integer=np.arange(sites + demand) < sites,
        row_names=(),
    )


def _relaxed(program: Program) -> Program:
    return Program(
        program.matrix,
        program.row_lower,
        program.row_upper,
        program.column_lower,
        program.column_upper,
        program.cost,
        program.offset,
        np.zeros(len(program.cost), dtype=bool),
        program.row_names,
    )


def _bound(instance: Instance, wanted: float | None, duals: FloatArray) -> float:
    if wanted is None:
        return set_covering_bound(instance, np.abs(duals))
    return partial_covering_bound(instance, wanted, np.abs(duals[:-1]), abs(float(duals[-1])))


def _covers(instance: Instance, selected: IndexArray, wanted: float | None) -> bool:
    if wanted is None:
        return bool(instance.is_covered(selected).all())
    return instance.covered_weight(selected) >= wanted * (1.0 - WEIGHT_SLACK)


def _greedy(instance: Instance, wanted: float | None) -> IndexArray:
    """Open the site of the most new weight (persons count alike for everybody) for its cost until enough."""
    weights = np.ones(instance.demand_count) if wanted is None else instance.weights
    left = weights.copy()
    chosen: list[int] = []
    while not _covers(instance, np.array(chosen, dtype=np.int64), wanted):
        gain = instance.reached_by @ left
        site = int(np.argmax(np.minimum(gain, np.inf) / np.maximum(instance.costs, LEAST_COST)))
        chosen.append(site)
        first, last = instance.reached_by.indptr[site], instance.reached_by.indptr[site + 1]
        left[instance.reached_by.indices[first:last]] = 0.0
    return np.array(chosen, dtype=np.int64)


def _thinned(instance: Instance, selected: IndexArray, wanted: float | None) -> IndexArray:
    """Close sites that are not needed, the dearest first."""
    kept = set(selected.tolist())
    for site in sorted(kept, key=lambda column: (-instance.costs[column], column)):
        without = np.array(sorted(kept - {site}), dtype=np.int64)
        if _covers(instance, without, wanted):
            kept.discard(site)
    return np.array(sorted(kept), dtype=np.int64)

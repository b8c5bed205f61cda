"""Maximal covering: selections annealed on all processors, crossed with each other, merged, and a safe bound.

Crossing takes a part of the map from one selection and the rest from another, and mends the seam. Merging
solves the problem exactly on the union of several selections' sites: what good ones have in common is right,
and where they differ the solver picks the best of each. Prices of being covered give a bound at once.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from siteplan.covering.annealing import anneal
from siteplan.covering.ascent import good_prices
from siteplan.covering.bounds import maximal_covering_bound, relaxation
from siteplan.covering.cases import likely_cases, prices_by_case
from siteplan.covering.core import Core, core_of, core_of_all, profits_and_worth, promising_cores
from siteplan.covering.crossing import cross
from siteplan.covering.instance import FloatArray, IndexArray, Instance, instance_of
from siteplan.covering.lowering import upper_bounds
from siteplan.covering.population import NOTHING, Found, Population
from siteplan.covering.reduce import merge_equal_demand
from siteplan.covering.state import LEAST_COST, greedy, rows_of, seed_random
from siteplan.covering.weighting import best_of, first_weighting, weigh
from siteplan.highs import Clock, Limits, Program, SolverSession

MOST_MEMBERS, LEAST_MEMBERS = 15, 6
"""Selections of a generation: as many as can be annealed in `SEEDING_SHARE` of the time, within these."""
SEEDING_SHARE = 0.25
ELDERS_SHARE = 0.2
"""Last share of the time, in which the elders of all generations are crossed."""
MOVES_PER_SITE, MOST_MOVES = 10_000, 2_500_000
"""Moves of a run for each selected site, and at most."""
SEAM_MOVES, QUICK_SEAM_MOVES, QUICK_SECONDS = 1_000, 400, 20.0
"""Moves per site at the seam of a crossing; and in a quick search, which has less time than this."""
PIECES_OF_A_RUN = 20
"""Looks at the clock during a run."""
HOT, COLD, LEAST_COLD, COLD_PER_WORTH = 0.02, 0.002, 0.0005, 0.01
"""First and last temperature of a run, as shares of the covered weight per selected site.

Where another site is worth little, plans differ by less: the last temperature is
``LEAST_COLD + COLD_PER_WORTH`` · its worth, at most ``COLD``.
"""
NEARLY_EVERYBODY, WEIGHING_STEPS = 1e-5, 10_000
"""Where a bound is within this share of everybody, one processor weighs rows, so many steps at a time."""
NOISE = 0.3
"""By which share the scores of a new start's sites are blurred."""
EXACT_SITES, EXACT_SECONDS = 280, 4.0
"""An instance of so few sites is first tried to be solved exactly, for so long."""
MERGE_SECONDS, MERGED = 1.0, 12
"""Time of a merge, and the number of selections that are merged, as far as they fit."""
SECONDS_BETWEEN_MERGES, PAUSE_PER_MERGE = 0.5, 4.0
"""Pause before a merge, at least; and in a search that isn't quick, as a factor of the last merge's time."""
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


@dataclass(slots=True)
class Search:
    """A search for the best selection of one instance: the best `found`, and a safe `bound`.

    The bound of the LP is worked out beside the search, which ends once it has the gap wanted, the weight
    that is `enough`, or a bound below that.
    """

    instance: Instance
    budget: float
    is_cardinality: bool
    clock: Clock
    seed: int
    enough: float = math.inf
    bound: float = field(init=False)
    found: Found = field(init=False)
    _unit: float = 1.0
    """Covered weight per selected site of the greedy plan."""
    _cold: float = COLD
    _mergeable: float = MERGED_SITES
    _seconds: float = 0.0
    """Time of the search, without the greedy plan."""
    _are_elders_called: bool = False
    _is_nearly_everybody_covered: bool = False
    """Whether the prices say that nearly everybody may be covered."""
    _everywhere: Core = field(init=False)
    """All sites."""
    _promising: list[IndexArray] = field(default_factory=list)
    """The sites that generations are confined to, in turn."""
    _cores: dict[int, Core] = field(default_factory=dict)
    """Of what is promising, by place."""
    _first_confined: int = 0
    """Generation that is confined first."""
    _population: Population = field(init=False)
    _random: np.random.Generator = field(init=False)
    _solver: SolverSession = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cores_lock: threading.Lock = field(default_factory=threading.Lock)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.bound = float(self.instance.weights.sum())
        self._random = np.random.default_rng(self.seed)
        self._solver = SolverSession()
        self._population = Population(MOST_MEMBERS)
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
            if self._is_done(wanted_gap) or len(self.found.selected) == 0:
                return
            self._unit = max(self.found.value / len(self.found.selected), 1e-12)
            self._seconds = self.clock.seconds_left()
            self._everywhere = core_of_all(rows)
            workers = until_done.enter_context(ThreadPoolExecutor(max_workers=os.cpu_count() or 1))
            until_done.callback(self._is_over.set)
            working = [
                workers.submit(self._work, number, self._draw(), wanted_gap)
                for number in range(os.cpu_count() or 1)
            ]
            prices = good_prices(rows, self.budget, self.found.value, self.clock)
            self.bound = min(self.bound, maximal_covering_bound(self.instance, self.budget, prices))
            nearly = (1.0 - NEARLY_EVERYBODY) * float(self.instance.weights.sum())
            self._is_nearly_everybody_covered = self.bound >= nearly
            if self.clock.seconds_left() > LP_WORTH * (self._seconds - self.clock.seconds_left()):
                beside = until_done.enter_context(ThreadPoolExecutor(max_workers=1))
                working.append(beside.submit(self._lower_the_bound))
            self._cold = self._coldest(prices)
            self._confine(prices)
            self._merge_now_and_then(wanted_gap)
            self._is_over.set()
            self.clock.not_needed.set()
            for worker in working:
                worker.result()

    def _work(self, number: int, seed: int, wanted_gap: float) -> None:
        """Anneal new selections, or cross two, as the population wants, until the search is done."""
        seed_random(seed)
        random = np.random.default_rng(seed)
        seam_moves = QUICK_SEAM_MOVES if self._is_quick() else SEAM_MOVES
        while not self._is_done(wanted_gap):
            if number == 0 and self._is_nearly_everybody_covered:
                self._weigh(wanted_gap)
                continue
            self._keep_to_the_time()
            parents = self._population.pair(random)
            core = self._core_of_the_generation()
            if parents is None:
                self._population.add(self._annealed(core))
            else:
                self._population.replace(parents, self._crossed(core, parents, seam_moves))

    def _core_of_the_generation(self) -> Core:
        """Return what the generation is confined to, worked out at its first use; the elders are free."""
        with self._cores_lock:
            generation = self._population.generations
            is_confined = bool(self._promising) and generation >= self._first_confined
            if not is_confined or self._population.is_of_elders:
                return self._everywhere
            number = (generation - self._first_confined) % len(self._promising)
            if len(self._promising[number]) == self.instance.site_count:
                return self._everywhere
            if number not in self._cores:
                self._cores[number] = core_of(self.instance, self._promising[number])
            return self._cores[number]

    def _keep_to_the_time(self) -> None:
        """End the annealing of the first generation, and call the elders, when it is time."""
        population, left = self._population, self.clock.seconds_left() / self._seconds
        if population.generations == 0 and left <= 1.0 - SEEDING_SHARE:
            population.size = max(LEAST_MEMBERS, min(population.size, len(population.members)))
        if population.generations > 0 and left <= ELDERS_SHARE and not self._are_elders_called:
            self._are_elders_called = True
            population.call_elders()

    def _weigh(self, wanted_gap: float) -> None:
        """Search by row weighting until the search is done."""
        search = first_weighting(self._everywhere.rows, self.found.selected)
        while not self._is_done(wanted_gap):
            weigh(search, self.budget, WEIGHING_STEPS)
            self._offer(best_of(search))

    def _annealed(self, core: Core) -> Found:
        """Return the best selection of a run from a new start."""
        best, last = NOTHING, greedy(core.rows, self.budget, NOISE)
        moves = min(MOST_MOVES, MOVES_PER_SITE * max(1, len(last)))
        hot, cold = HOT * self._unit, self._cold * self._unit
        ratio = (cold / hot) ** (1.0 / PIECES_OF_A_RUN)
        for _ in range(PIECES_OF_A_RUN):
            if self.clock.seconds_left() <= 0.0:
                break
            piece, end = moves // PIECES_OF_A_RUN, hot * ratio
            of_piece, last = anneal(
                core.rows, core.near, self.budget, self.is_cardinality, last, piece, hot, end
            )
            best = max(best, self._offer(core.sites[of_piece]), key=lambda found: found.value)
            hot = end
        return best

    def _crossed(self, core: Core, parents: tuple[Found, Found], seam_moves: int) -> Found:
        """Return a selection of a core's sites crossed from two, without what isn't in the core."""
        first, second = (core.within(parent.selected) for parent in parents)
        if len(first) == 0 or len(second) == 0:
            core = self._everywhere
            first, second = (parent.selected for parent in parents)
        crossed = cross(core.rows, core.near, self.budget, first, second, self._cold * self._unit, seam_moves)
        return self._offer(core.sites[crossed])

    def _merge_now_and_then(self, wanted_gap: float) -> None:
        """Merge the best of the population whenever they are others than at the last merge."""
        merged: list[float] = []
        pause = SECONDS_BETWEEN_MERGES
        while not self._is_done(wanted_gap):
            if self._is_over.wait(min(pause, max(0.0, self.clock.seconds_left()))):
                return
            pause = SECONDS_BETWEEN_MERGES
            best = self._population.ranked()[:MERGED]
            values = [found.value for found in best]
            if len(best) > 1 and values != merged:
                begin = time.monotonic()
                self._population.replace_worst(self._merge(best, self.clock.until(MERGE_SECONDS)))
                if not self._is_quick():
                    pause = max(pause, PAUSE_PER_MERGE * (time.monotonic() - begin))
            merged = values

    def _is_quick(self) -> bool:
        return self._seconds < QUICK_SECONDS

    def _is_done(self, wanted_gap: float) -> bool:
        if self._is_over.is_set() or self.clock.seconds_left() <= 0.0:
            return True
        if self.enough < math.inf and (self.found.value >= self.enough or self.bound < self.enough):
            return True
        return self.bound - self.found.value <= max(wanted_gap, PROVEN) * max(1.0, abs(self.found.value))

    def _coldest(self, prices: FloatArray) -> float:
        """Return the last temperature: what another site is worth at some prices sets it."""
        _, worth = profits_and_worth(self.instance, self.budget, prices)
        mean_cost = float(np.maximum(self.instance.costs, LEAST_COST).mean())
        return min(COLD, LEAST_COLD + COLD_PER_WORTH * worth * mean_cost / self._unit)

    def _confine(self, prices: FloatArray) -> None:
        """Confine later generations, in turn, to what is promising at some prices."""
        found = self.found
        promising = promising_cores(self.instance, self.budget, prices, found.value, len(found.selected))
        with self._cores_lock:
            self._promising, self._first_confined = promising, self._population.generations + 1

    def _merge(self, found: Sequence[Found], clock: Clock) -> Found:
        """Return the best selection within the union of several, as many of the first as can be merged."""
        best = max(found, key=lambda one: one.value)
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
        return max(best, merged, key=lambda one: one.value)

    def _rounded(self, bound: float) -> float:
        """Weaken the solver's bound by its own tolerance; whole weights have whole sums."""
        bound += SOLVER_TOLERANCE * max(1.0, abs(bound))
        is_whole = bool((self.instance.weights == np.floor(self.instance.weights)).all())
        return float(np.floor(bound)) if is_whole else bound

    def _lower_the_bound(self) -> None:
        """Take the bounds of the LP and by cases; without them where its solver fails."""
        _, rows, near = self._everywhere
        bounds = upper_bounds(rows, self.instance, near, self.budget, lambda: self.found.value, self.clock)
        with suppress(RuntimeError):
            for bound in bounds:
                self.bound = min(self.bound, bound)

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


def compile_ahead() -> None:
    """Compile all that `solve_mclp` runs, which takes about 20 seconds, once on a machine.

    Otherwise its first use does so, within its time limit or beyond it.
    """
    instance = instance_of(sparse.eye_array(3, format="csr"), np.ones(3), np.ones(3))
    _, rows, near = core_of_all(rows_of(instance))
    seed_random(0)
    start = greedy(rows, 2.0, NOISE)
    anneal(rows, near, 2.0, True, start, 10, HOT, COLD)
    cross(rows, near, 2.0, start, start, COLD, 1)
    clock = Clock(math.inf)
    prices = good_prices(rows, 2.0, 1.0, clock)
    cases = likely_cases(instance, near, np.ones(3), prices, 8, clock)
    prices_by_case(rows, cases, 2.0, prices, 1.0, 1, clock)
    weigh(first_weighting(rows, start), 2.0, 1)


def _exact(instance: Instance, budget: float, is_cardinality: bool) -> Program:
    """Return the mixed-integer program of maximal covering; a limit on the number is met exactly."""
    program = relaxation(instance, budget)
    is_integer = np.arange(len(program.cost)) < instance.site_count
    lower = program.row_lower.copy()
    if is_cardinality:
        lower[-1] = min(budget, float(instance.site_count))
    return replace(program, is_integer=is_integer, row_lower=lower)

"""Set covering and partial covering: the cheapest sites that cover everybody, or a share of the weight.

A plan is opened greedily and thinned out; the solver then improves it and its bound. The parts of a set
covering that share no demand point are solved one by one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from siteplan.covering.bounds import multipliers, partial_covering_bound, set_covering_bound
from siteplan.covering.instance import FloatArray, IndexArray, Instance, instance_of
from siteplan.highs import Clock, Limits, Program, SolverSession

WEIGHT_SLACK = 1e-9
"""Share of the wanted weight that rounding of sums may miss."""


def solve_parts(instance: Instance, clock: Clock, wanted_gap: float, seed: int) -> tuple[IndexArray, float]:
    """Return (selection, lower bound) of a set covering, its independent parts solved one by one."""
    selected: list[IndexArray] = []
    bounds: list[float] = []
    for columns, part in parts(instance):
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
    with SolverSession() as session:
        duals = multipliers(_relaxed(program), session, clock)
        if duals is not None:
            bound = _bound(instance, wanted, duals)
        start = np.zeros(instance.site_count)
        start[best] = 1.0
        answer = session.solve(
            program,
            Limits(absolute_gap=max(1e-9, wanted_gap), seed=seed),
            clock,
            (np.arange(instance.site_count), start),
        )
    if answer.bound is not None:
        bound = max(bound, answer.bound)
    if answer.values is not None:
        found = _thinned(instance, np.flatnonzero(answer.values[: instance.site_count] > 0.5), wanted)
        if _covers(instance, found, wanted) and instance.costs[found].sum() < instance.costs[best].sum():
            best = found
    return best, min(bound, float(instance.costs[best].sum()))


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
        site = int(np.argmax(np.minimum(gain, np.inf) / np.maximum(instance.costs, 1e-12)))
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

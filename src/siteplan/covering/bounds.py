"""Safe bounds of covering problems: any multipliers give one, those of the LP the best.

The solver's duals are only taken as multipliers; the bound itself is worked out here, so that rounding of
the duals can make it weaker but never false. Proofs are in ``docs/covering.md``.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from siteplan.covering.instance import FloatArray, Instance
from siteplan.highs import Answer, Clock, Limits, Program, SolverSession

ROUNDING = 1e-11
"""Share of all that was summed by which a bound is weakened against floating-point errors of the sums."""


def relaxation(instance: Instance, budget: float) -> Program:
    """Return the LP of maximal covering: minimise −Σ weight · cover; cover ≤ Σ reach · open; Σ cost ≤ budget.

    Columns: open (sites,), then cover (demand,). Rows: one per demand point, then the budget.
    """
    demand, sites = instance.demand_count, instance.site_count
    identity = sparse.eye_array(demand, format="csr")
    covering = sparse.hstack([instance.reach, -identity], format="csr")
    spending = sparse.hstack(
        [sparse.csr_array(instance.costs.reshape(1, -1)), sparse.csr_array((1, demand))], format="csr"
    )
    return Program(
        matrix=sparse.vstack([covering, spending], format="csr"),
        row_lower=np.append(np.zeros(demand), -np.inf),
        row_upper=np.append(np.full(demand, np.inf), budget),
        column_lower=np.zeros(sites + demand),
        column_upper=np.ones(sites + demand),
        cost=np.concatenate([np.zeros(sites), -instance.weights]),
        offset=0.0,
        is_integer=np.zeros(sites + demand, dtype=bool),
        row_names=(),
    )


def solved(program: Program, session: SolverSession, clock: Clock) -> Answer | None:
    """Return an LP's answer by interior point, by simplex where that fails; None out of time."""
    for use_interior_point in (True, False):
        limits = Limits(use_interior_point=use_interior_point)
        answer = session.solve(program, limits, clock)
        if answer.is_proven and answer.row_duals is not None and len(answer.row_duals):
            return answer
    return None


def multipliers(program: Program, session: SolverSession, clock: Clock) -> FloatArray | None:
    """Return the LP's row duals (rows,) as `solved` finds them; None out of time."""
    answer = solved(program, session, clock)
    return None if answer is None else answer.row_duals


def maximal_covering_bound(instance: Instance, budget: float, prices: FloatArray) -> float:
    """Return an upper bound on the weight that a budget can cover, from prices (demand,) of being covered.

    Σ_i (weight_i − price_i) + max {Σ_j (Σ_{i reached by j} price_i) open_j : Σ_j cost_j open_j ≤ budget}
    for prices within [0, weight]; the maximum is taken over fractions, most profit for its cost first.
    """
    prices = np.clip(prices, 0.0, instance.weights)
    profits = np.asarray(instance.reached_by @ prices)
    bound = float((instance.weights - prices).sum()) + fractional_knapsack(profits, instance.costs, budget)
    return safe_upper_bound(instance, bound, float(instance.weights.sum() + profits.sum()))


def safe_upper_bound(instance: Instance, bound: float, summed: float) -> float:
    """Weaken a bound against rounding of all that was ``summed``; whole weights have whole sums."""
    bound += ROUNDING * summed
    return float(np.floor(bound)) if _are_whole(instance.weights) else bound


def fractional_knapsack(profits: FloatArray, costs: FloatArray, budget: float) -> float:
    """Return the most profit within a budget, over fractions: most profit for its cost first."""
    free = costs <= 0.0
    total = float(profits[free].sum())
    profits, costs = profits[~free], costs[~free]
    order = np.argsort(-profits / costs, kind="stable")
    spent = np.cumsum(costs[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    total += float(profits[order[:whole]].sum())
    if whole < len(order):
        left = budget - (spent[whole - 1] if whole else 0.0)
        total += float(profits[order[whole]] * left / costs[order[whole]])
    return total


def partial_covering_bound(instance: Instance, wanted: float, prices: FloatArray, worth: float) -> float:
    """Return a lower bound on the cost of covering ``wanted`` weight.

    worth · wanted + Σ_j min(0, cost_j − Σ_{i reached by j} price_i) + Σ_i min(0, price_i − worth · weight_i)
    for prices (demand,) ≥ 0 and worth ≥ 0 of a unit of weight.
    """
    prices, worth = np.maximum(prices, 0.0), max(0.0, worth)
    reduced = instance.costs - instance.reached_by @ prices
    surplus = prices - worth * instance.weights
    bound = worth * wanted + float(np.minimum(reduced, 0.0).sum()) + float(np.minimum(surplus, 0.0).sum())
    return max(0.0, _rounded_up(instance, bound, float(prices.sum()) + worth * float(instance.weights.sum())))


def set_covering_bound(instance: Instance, prices: FloatArray) -> float:
    """Return a lower bound on the cost of covering everybody: Σ price + Σ_j min(0, cost_j − Σ price)."""
    prices = np.maximum(prices, 0.0)
    reduced = instance.costs - instance.reached_by @ prices
    bound = float(prices.sum()) + float(np.minimum(reduced, 0.0).sum())
    return max(0.0, _rounded_up(instance, bound, float(prices.sum())))


def _rounded_up(instance: Instance, bound: float, summed: float) -> float:
    bound -= ROUNDING * (summed + float(instance.costs.sum()))
    return float(np.ceil(bound)) if _are_whole(instance.costs) else bound


def _are_whole(values: FloatArray) -> bool:
    return bool((values == np.floor(values)).all())

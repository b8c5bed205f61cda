"""Parts of an instance that a search is confined to: the sites that a plan near the bound may well have.

At prices of being covered every site has a profit; its reduced cost is what that lacks of the least profit
for its cost that the budget still pays. The reduced costs of a plan's sites, beyond those of the best ones,
sum to no more than the gap between bound and plan (``docs/covering.md``). So a site whose reduced cost is
several times its share of the gap is seldom in a good plan, and sooner or later every site is searched.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from siteplan.covering.bounds import maximal_covering_bound
from siteplan.covering.instance import FloatArray, IndexArray, Instance, instance_of
from siteplan.covering.reduce import merge_equal_demand
from siteplan.covering.state import LEAST_COST, Neighbours, Rows, neighbours_of, rows_of

SHARES_OF_THE_GAP = (1.0, 2.0, 4.0)
"""The largest reduced cost of a core's sites, as factors of the gap's share of each site of a plan."""
LARGEST_GAP = 0.01
"""Share of the bound that a gap counts as at most: the plans known at first are far from good."""
LEAST_PLANS = 5
"""A core has at least so many times the sites of a plan."""
ALMOST_ALL = 0.95
"""Share of the sites beyond which a core is of all of them."""
MOST_NEIGHBOURS = 500
"""Sites near a site that it may be swapped with."""


class Core(NamedTuple):
    """Some sites of an instance (sorted columns), and what the compiled functions read of them."""

    sites: IndexArray
    rows: Rows
    near: Neighbours

    def within(self, selected: IndexArray) -> IndexArray:
        """Return the columns in the core of those selected sites of the instance that are in it."""
        columns = np.minimum(np.searchsorted(self.sites, selected), len(self.sites) - 1)
        return np.asarray(columns[self.sites[columns] == selected])


def core_of(instance: Instance, sites: IndexArray) -> Core:
    """Return the core of some sites, sorted; demand points of equal reach are one there."""
    reach, weights = merge_equal_demand(sparse.csr_array(instance.reach[:, sites]), instance.weights)
    rows = rows_of(instance_of(reach, weights, instance.costs[sites]))
    return Core(sites, rows, neighbours_of(rows, MOST_NEIGHBOURS))


def core_of_all(rows: Rows) -> Core:
    """Return the core of all sites of an instance."""
    return Core(np.arange(len(rows.costs)), rows, neighbours_of(rows, MOST_NEIGHBOURS))


def profits_and_worth(instance: Instance, budget: float, prices: FloatArray) -> tuple[FloatArray, float]:
    """Return the sites' profits (sites,) at some prices, and the least for its cost that the budget pays."""
    profits = np.asarray(instance.reached_by @ prices)
    rates = profits / np.maximum(instance.costs, LEAST_COST)
    order = np.argsort(-rates, kind="stable")
    last = min(int(np.searchsorted(np.cumsum(instance.costs[order]), budget)), len(order) - 1)
    return profits, float(rates[order[last]])


def promising_cores(
    instance: Instance, budget: float, prices: FloatArray, known: float, size: int
) -> list[IndexArray]:
    """Return the sites of ever larger cores; the last is of all sites where it would be almost that.

    ``prices`` (demand,) of being covered; ``known``: covered weight of a plan of ``size`` sites.
    """
    profits, worth = profits_and_worth(instance, budget, prices)
    reduced_costs = worth * instance.costs - profits
    bound = maximal_covering_bound(instance, budget, prices)
    gap = min(max(0.0, bound - known), LARGEST_GAP * bound)
    least = np.sort(reduced_costs)[min(LEAST_PLANS * size, instance.site_count) - 1]
    cores: list[IndexArray] = []
    for factor in SHARES_OF_THE_GAP:
        sites = np.flatnonzero(reduced_costs <= max(least, factor * gap / size))
        if len(sites) > ALMOST_ALL * instance.site_count:
            return [*cores, np.arange(instance.site_count)]
        cores.append(sites)
    return cores

"""The public covering problems: maximal, set and partial covering on a sparse reach matrix."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from siteplan.covering.instance import IndexArray, Instance, make_instance
from siteplan.covering.maximal import Search
from siteplan.covering.partial import WEIGHT_SLACK, solve_cheapest, solve_parts
from siteplan.covering.reduce import reduce_instance
from siteplan.highs import Clock

RELATIVE_ZERO = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class CoveringResult:
    """What a covering problem gave.

    ``selected``: sorted column indices. ``objective``: covered weight (maximal covering), or cost.
    ``bound``: safe — no selection has a better objective. ``gap``: |bound − objective| relative to the
    objective; 0 means proven optimal. ``seconds``: wall time of the call.
    """

    selected: IndexArray
    objective: float
    bound: float
    gap: float
    seconds: float


class NotCoverableError(ValueError):
    """Not even all sites together cover what is wanted; names the first demand points out of reach."""


def solve_mclp(
    reach: Any,
    weights: ArrayLike,
    *,
    p: int | None = None,
    costs: ArrayLike | None = None,
    budget: float | None = None,
    time_limit: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> CoveringResult:
    """Cover as much weight as possible with ``p`` sites, or with sites whose costs keep a budget.

    Maximal covering location problem (Church & ReVelle 1974). ``reach``: scipy sparse matrix
    (demand, sites), non-zero where a site is within the service radius; ``weights`` (demand,) ≥ 0;
    ``costs`` (sites,) ≥ 0 with ``budget`` in the same unit. ``time_limit`` in seconds of wall time;
    ``gap``: relative gap at which the search may stop. The bound is worked out beside the search, so that
    which of several selections within the gap is returned may depend on the machine's speed.

    Raises:
        ValueError: shapes don't match, a value is negative or not finite, or neither or both of ``p`` and
            ``costs`` with ``budget`` are given.
    """
    begin, clock = _start(time_limit, gap)
    instance = make_instance(reach, weights, costs)
    limit = _limit(p, costs, budget)
    reduced = reduce_instance(instance, sites_are_alike=p is not None)
    search = Search(reduced.instance, limit, p is not None, clock, seed)
    search.run(gap)
    return _result(reduced.sites[search.best], instance.covered_weight, search.bound, begin)


def solve_lscp(
    reach: Any,
    *,
    costs: ArrayLike | None = None,
    time_limit: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> CoveringResult:
    """Cover every demand point with the cheapest sites (the fewest without ``costs``).

    Location set covering problem (Toregas et al. 1971). Arguments as for `solve_mclp`.

    Raises:
        NotCoverableError: a demand point is within reach of no site.
        ValueError: shapes don't match, or a value is negative or not finite.
    """
    begin, clock = _start(time_limit, gap)
    instance = make_instance(reach, None, costs)
    _refuse_uncoverable(instance, None)
    reduced = reduce_instance(instance, sites_are_alike=False)
    selected, bound = solve_parts(reduced.instance, clock, gap, seed)
    return _result(reduced.sites[selected], lambda sites: float(instance.costs[sites].sum()), bound, begin)


def solve_pscp(
    reach: Any,
    weights: ArrayLike,
    share: float,
    *,
    costs: ArrayLike | None = None,
    time_limit: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
) -> CoveringResult:
    """Cover at least ``share`` (0 to 1) of the total weight with the cheapest sites.

    Partial set covering problem (Daskin & Owen 1999). Arguments as for `solve_mclp`.

    Raises:
        NotCoverableError: all sites together cover less than the share.
        ValueError: the share is outside 0 to 1, shapes don't match, or a value is negative or not finite.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share is {share}: it must be from 0 to 1")
    begin, clock = _start(time_limit, gap)
    instance = make_instance(reach, weights, costs)
    wanted = share * float(instance.weights.sum())
    _refuse_uncoverable(instance, wanted)
    reduced = reduce_instance(instance, sites_are_alike=False)
    absolute = gap * max(1.0, float(instance.costs.sum()))
    selected, bound = solve_cheapest(reduced.instance, wanted, clock, absolute, seed)
    return _result(reduced.sites[selected], lambda sites: float(instance.costs[sites].sum()), bound, begin)


def _start(time_limit: float, gap: float) -> tuple[float, Clock]:
    if not time_limit > 0.0 or not gap >= 0.0:
        raise ValueError(
            f"time_limit is {time_limit} and gap is {gap}: one must be above 0, the other not below"
        )
    begin = time.monotonic()
    return begin, Clock(begin + time_limit)


def _limit(p: int | None, costs: ArrayLike | None, budget: float | None) -> float:
    if (p is None) == (budget is None) or (costs is None) != (budget is None):
        raise ValueError("give either p, or costs together with budget")
    limit = float(p) if p is not None else float(budget or 0.0)
    if not (np.isfinite(limit) and limit >= 0.0):
        raise ValueError(f"{'budget' if p is None else 'p'} is {limit}: it must be finite and not negative")
    return limit


def _refuse_uncoverable(instance: Instance, wanted: float | None) -> None:
    everybody = instance.is_covered(np.arange(instance.site_count))
    reachable = float(instance.weights[everybody].sum())
    if everybody.all() if wanted is None else reachable >= wanted * (1.0 - WEIGHT_SLACK):
        return
    missing = np.flatnonzero(~everybody)
    named = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
    raise NotCoverableError(
        f"{len(missing)} demand points are within reach of no site (rows {named}); "
        f"all sites together cover {reachable:g} of {instance.weights.sum():g}"
    )


def _result(selected: IndexArray, objective_of: Any, bound: float, begin: float) -> CoveringResult:
    chosen = np.sort(selected)
    objective = float(objective_of(chosen))
    distance = abs(bound - objective)
    relative = distance / max(abs(objective), RELATIVE_ZERO) if distance > 0.0 else 0.0
    return CoveringResult(chosen, objective, bound, relative, time.monotonic() - begin)

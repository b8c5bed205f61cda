"""How much money a generated case gets: what a simple greedy plan needs for two thirds of the target volume.

The target volume is what is missing at the end of the horizon, on the residents basis, weighted by priority:
Σ_f priority_f × (target_f − what operates already)⁺ in percentage points. The greedy plan opens one site
after the other, each with the functions that bring most volume for their money at their smallest areas, until
the targets are met or no site brings anything. The budget is what it has spent when two thirds of the volume
that it can reach at all are there.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from siteplan.assemble.sites import all_sites, build_function
from siteplan.case import Case
from siteplan.network import BoolArray, FloatArray, IntArray, Reach
from siteplan.policy import Policy
from siteplan.problem import Site

AFFORDABLE_SHARE = 2.0 / 3.0
NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Calibration:
    """``volume`` and ``reachable_volume`` in weighted points, and what it takes of money and sites.

    ``capital_cny`` and ``opened`` (ids in order) are for `AFFORDABLE_SHARE` of the reachable volume, as are
    ``subsidy_cny``, what the operators of these sites would get a year, ``sites_with``, how many of them
    have a function, and ``covered_percent`` by function; ``full_capital_cny`` is for all of it.
    """

    volume: float
    reachable_volume: float
    capital_cny: float
    full_capital_cny: float
    opened: tuple[str, ...]
    subsidy_cny: float
    sites_with: Mapping[str, int]
    covered_percent: Mapping[str, float]

    @property
    def sites(self) -> int:
        """How many sites the greedy plan opened."""
        return len(self.opened)


def calibrate(case: Case, policy: Policy, reach: Reach, years: tuple[int, ...]) -> Calibration:
    """Return the budget of a case by the rule above; deterministic."""
    greedy = _Greedy(case, policy, reach, years)
    volume = greedy.missing_volume()
    covered = greedy.covered_percent()
    steps = list(greedy.steps())
    reachable = sum(step.gain for step in steps)
    gained, taken = 0.0, 0
    while taken < len(steps) and gained < AFFORDABLE_SHARE * reachable:
        gained, taken = gained + steps[taken].gain, taken + 1
    affordable = steps[:taken]
    keys = list(policy.functions)
    return Calibration(
        volume=volume,
        reachable_volume=reachable,
        capital_cny=sum(step.cost for step in affordable),
        full_capital_cny=sum(step.cost for step in steps),
        opened=tuple(step.site_id for step in affordable),
        subsidy_cny=sum(step.subsidy_cny for step in affordable),
        sites_with={key: sum(f in step.functions for step in affordable) for f, key in enumerate(keys)},
        covered_percent={
            key: covered[f] + sum(step.covers_percent.get(f, 0.0) for step in affordable)
            for f, key in enumerate(keys)
        },
    )


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Functions (positions) that a site would open with, the volume they bring and their cost.

    ``covers_percent``: of the target group of each, beyond what is covered; ``subsidy_cny`` a year.
    """

    site_id: str
    functions: tuple[int, ...]
    gain: float
    cost: float
    subsidy_cny: float
    covers_percent: Mapping[int, float]

    @property
    def merit(self) -> float:
        """Volume for money."""
        return self.gain / self.cost


class _Greedy:
    """The state of the greedy plan: who is covered, and what is missing of each target."""

    def __init__(self, case: Case, policy: Policy, reach: Reach, years: tuple[int, ...]) -> None:
        share = policy.standards.usable_share_of_floor_area.value
        self._functions = [build_function(key, entry, share) for key, entry in policy.functions.items()]
        self._standards = policy.standards
        named = {function.key: function for function in self._functions}
        self._sites = list(all_sites(case, policy, named, years))
        self._radius_m = np.array([function.service_radius_m for function in self._functions])
        self._points = _points_per_person(case, policy)
        self._weight = np.array([function.priority for function in self._functions])
        self._missing = np.array([entry.target_percent.value for entry in policy.functions.values()])
        self._is_covered = np.zeros(self._points.shape, dtype=np.bool_)
        self._first, self._demand, self._distance_m = _by_site(reach)
        for number, site in enumerate(self._sites):
            if site.programme is not None:
                self._cover(number, [f for f, fn in enumerate(self._functions) if fn.key in site.programme])
        self._missing = np.maximum(self._missing, 0.0)

    def missing_volume(self) -> float:
        """Return the priority-weighted points that are missing now."""
        return float(self._weight @ np.maximum(self._missing, 0.0))

    def covered_percent(self) -> list[float]:
        """Return the percentage of each function's target group that is covered now."""
        covered: FloatArray = (self._points * self._is_covered).sum(axis=1)
        return [float(points) for points in covered]

    def steps(self) -> Iterable[_Bundle]:
        """Open sites in order of volume for money, merits brought up to date lazily."""
        waiting = [
            (-bundle.merit, number)
            for number, site in enumerate(self._sites)
            if site.programme is None and (bundle := self._best_bundle(number)) is not None
        ]
        heapq.heapify(waiting)
        while waiting:
            _, number = heapq.heappop(waiting)
            bundle = self._best_bundle(number)
            if bundle is None:
                continue
            if waiting and bundle.merit < -waiting[0][0]:
                heapq.heappush(waiting, (-bundle.merit, number))
                continue
            self._cover(number, bundle.functions)
            yield bundle

    def _best_bundle(self, number: int) -> _Bundle | None:
        """Return the bundle with the most volume for its money that the rules of form and area allow."""
        site = self._sites[number]
        covers = self._gains(number)
        as_complex = site.floor_area_m2 >= self._standards.complex_minimum_floor_area_m2.value
        candidates = [self._bundle(site, covers, as_complex=False)]
        if as_complex:
            candidates.append(self._bundle(site, covers, as_complex=True))
        bundles = [bundle for bundle in candidates if bundle is not None]
        return max(bundles, key=lambda bundle: bundle.merit, default=None)

    def _bundle(self, site: Site, covers: FloatArray, *, as_complex: bool) -> _Bundle | None:
        gains = self._weight * np.clip(covers, 0.0, np.maximum(self._missing, 0.0))
        most = len(gains) if as_complex else round(self._standards.scattered_maximum_functions.value)
        area, cost = [], []
        for function in self._functions:
            area.append(function.minimum_in_complex_m2 if as_complex else function.minimum_alone_m2)
            cost.append(area[-1] * site.floor_per_usable * function.fit_out_cost_cny_per_m2)
        useful = [f for f, fn in enumerate(self._functions) if fn.key in site.may_host and gains[f] > NOTHING]
        chosen: list[int] = []
        gain, spent, left_m2 = 0.0, site.opening_cost_cny, site.usable_area_m2
        for f in sorted(useful, key=lambda f: -gains[f] / cost[f]):
            if (
                len(chosen) < most
                and area[f] <= left_m2
                and (not chosen or gains[f] / cost[f] > gain / spent)
            ):
                chosen.append(f)
                gain, spent, left_m2 = gain + float(gains[f]), spent + cost[f], left_m2 - area[f]
        if not chosen or (as_complex and not self._makes_a_complex(chosen)):
            return None
        subsidies = [self._functions[f].subsidy_cny_per_m2_year * area[f] for f in chosen]
        return _Bundle(
            site_id=site.site_id,
            functions=tuple(chosen),
            gain=gain,
            cost=spent,
            subsidy_cny=sum(subsidies) * site.floor_per_usable,
            covers_percent={f: float(covers[f]) for f in chosen},
        )

    def _makes_a_complex(self, chosen: list[int]) -> bool:
        standard = sum(self._functions[f].is_standard for f in chosen)
        return (
            len(chosen) >= self._standards.complex_minimum_functions.value
            and standard >= self._standards.complex_minimum_standard_functions.value
        )

    def _newly_covered(self, number: int) -> tuple[IntArray, BoolArray]:
        entries = slice(int(self._first[number]), int(self._first[number + 1]))
        demand = self._demand[entries]
        return demand, ~self._is_covered[:, demand] & (self._distance_m[entries] <= self._radius_m[:, None])

    def _gains(self, number: int) -> FloatArray:
        """Return the points (functions,) that each function would add at a site, beyond targets too."""
        demand, is_new = self._newly_covered(number)
        gains: FloatArray = (self._points[:, demand] * is_new).sum(axis=1)
        return gains

    def _cover(self, number: int, functions: Iterable[int]) -> None:
        demand, is_new = self._newly_covered(number)
        for f in functions:
            self._missing[f] -= float(self._points[f, demand[is_new[f]]].sum())
            self._is_covered[f, demand[is_new[f]]] = True


def _points_per_person(case: Case, policy: Policy) -> FloatArray:
    """Return the percentage points (functions, demand points) of each demand point's target group."""
    groups: FloatArray = np.array(
        [
            [sum(row.residents_of(age) for age in entry.target_ages) for row in case.demand_points]
            for entry in policy.functions.values()
        ],
        dtype=np.float64,
    )
    points: FloatArray = 100.0 * groups / np.maximum(groups.sum(axis=1, keepdims=True), 1.0)
    return points


def _by_site(reach: Reach) -> tuple[IntArray, IntArray, FloatArray]:
    """Return where each site's entries begin, their demand points and distances."""
    demand = np.repeat(np.arange(len(reach.demand_ids)), np.diff(reach.row_start))
    order = np.lexsort((demand, reach.site_index))
    first = np.searchsorted(reach.site_index[order], np.arange(len(reach.site_ids) + 1))
    return first, demand[order], reach.distance_m[order]


def sites_a_year(calibration: Calibration, years: int, slack: float) -> int:
    """Return a pace that lets the greedy plan open its sites, with some slack."""
    return math.ceil(slack * calibration.sites / years)

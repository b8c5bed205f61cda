"""What the annealing needs to know of a problem, as arrays: elements to cover, targets, limits.

An *element* is something that one providing site covers for one function: a community on the community
bases (it counts towards the target), a demand point (its persons count towards the second level; on the
residents basis its share counts towards the target as well), or several of these that the same sites
cover. What decided sites cover already is no element.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siteplan.problem import Problem
from siteplan.solve.formulation.objective import points_per_unit_of_shortfall
from siteplan.solve.search.limits import Limits, limits_of, no_limits
from siteplan.solve.search.musts import Must, Musts, must_arrays, musts_of
from siteplan.solve.search.programmes import Programmes, enumerate_programmes, mask_of
from siteplan.units import to_points

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Coverage(NamedTuple):
    """What sites cover: ``elements`` of site p with function f from ``first`` (P·F + 1,) row p·F + f on.

    ``function`` (E,): of each element; ``target_weight``, ``person_weight`` (E, T).
    """

    first: IntArray
    elements: IntArray
    function: IntArray
    target_weight: FloatArray
    person_weight: FloatArray


class Targets(NamedTuple):
    """Targets, what decided sites cover of them, and the price of a unit of shortfall. All (F, T)."""

    share: FloatArray
    decided_coverage: FloatArray
    price_of_shortfall: FloatArray


class Sites(NamedTuple):
    """What sites can provide and when.

    ``functions``: their number; ``earliest`` (P,): first year index; ``joint`` (P,): the year index of its
    joint programme, which pays a part of what opens then, else -1; ``closed_mask`` (P,): what a service
    provides in its space as long as it is closed; ``fixed_year`` (P,): the year index
    of a committed site, else -1; ``movable``: sites that can open; ``neighbours`` from
    ``neighbours_first`` (P + 1,) on: movable sites that cover an element in common; ``hosted`` (P,):
    mask of all functions in any of its programmes; ``programme_first``, ``mask``, ``is_complex``,
    ``by_mask`` (P, 2^F): as in `Programmes`.
    """

    functions: int
    earliest: IntArray
    joint: IntArray
    closed_mask: IntArray
    fixed_year: IntArray
    movable: IntArray
    neighbours_first: IntArray
    neighbours: IntArray
    hosted: IntArray
    programme_first: IntArray
    mask: IntArray
    is_complex: NDArray[np.bool_]
    by_mask: NDArray[np.int32]


class Money(NamedTuple):
    """Money in million CNY, and the penalty of form: ``cost``, ``running``, ``penalty`` (M,)."""

    cost: FloatArray
    running: FloatArray
    penalty: FloatArray


class Landscape(NamedTuple):
    """Arrays of the search. P planned sites, F functions, T years, E elements, M programmes."""

    coverage: Coverage
    targets: Targets
    musts: Musts
    sites: Sites
    money: Money
    limits: Limits


def empty_landscape() -> Landscape:
    """Return the landscape of no sites, functions and elements in one year, with the types of any."""
    none, first = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    by_function, empty = np.zeros((0, 1)), np.zeros(0)
    return Landscape(
        coverage=Coverage(first, none, none, np.zeros((0, 1)), np.zeros((0, 1))),
        targets=Targets(by_function, by_function, by_function),
        musts=must_arrays([], []),
        sites=Sites(
            functions=0,
            earliest=none,
            joint=none,
            closed_mask=none,
            fixed_year=none,
            movable=none,
            neighbours_first=first,
            neighbours=none,
            hosted=none,
            programme_first=first,
            mask=none,
            is_complex=np.zeros(0, dtype=np.bool_),
            by_mask=np.zeros((0, 1), dtype=np.int32),
        ),
        money=Money(empty, empty, empty),
        limits=no_limits(),
    )


def describe_landscape(problem: Problem) -> Landscape:
    """Turn a problem into the arrays of the search."""
    elements = _Elements(problem)
    _add_communities(problem, elements)
    _add_demand(problem, elements)
    programmes = enumerate_programmes(problem)
    first, covered = elements.site_lists()
    coverage = Coverage(
        first=first,
        elements=covered,
        function=np.array([function for function, _ in elements.number], dtype=np.int64),
        target_weight=_by_year(elements.target_weight, len(problem.years)),
        person_weight=_by_year(elements.person_weight, len(problem.years)),
    )
    share, price_of_shortfall = _targets(problem)
    return Landscape(
        coverage=coverage,
        targets=Targets(share, elements.decided_coverage, price_of_shortfall),
        musts=must_arrays(elements.musts, elements.must_of, problem.years),
        sites=_sites(problem, programmes, coverage),
        money=Money(
            cost=programmes.cost,
            running=programmes.running,
            penalty=programmes.penalty,
        ),
        limits=limits_of(problem, programmes),
    )


def with_dearest_sources(problem: Problem, land: Landscape, dearest_first: Sequence[int]) -> Landscape:
    """Return the landscape with its money limited by source, the sources of the dearest money first."""
    return land._replace(limits=limits_of(problem, enumerate_programmes(problem), dearest_first))


class _Elements:
    """Elements gathered so far: by function and the planned sites (rows) that cover them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.keys = tuple(problem.functions)
        self.row_of = {site: row for row, site in enumerate(problem.planned_sites)}
        self.number: dict[tuple[int, tuple[int, ...]], int] = {}
        self.target_weight: list[FloatArray] = []
        self.person_weight: list[FloatArray] = []
        self.musts = musts_of(problem)
        self.must_of: list[list[tuple[int, float]]] = []
        self.decided_coverage = np.zeros((len(problem.functions), len(problem.years)))

    def add(
        self,
        function: int,
        sites: tuple[str, ...],
        target_weight: FloatArray,
        person_weight: FloatArray,
        musts: Iterable[tuple[int, float]] = (),
    ) -> None:
        """Add what the sites cover; weights (years,).

        ``musts``: the numbers of those that it counts for, with what it is worth of each.
        """
        planned = {self._planned(function, site, sites) for site in sites}
        if None in planned:
            self.decided_coverage[function] += target_weight
            for must, weight in musts:
                self.musts[must].least -= weight
            return
        rows = tuple(sorted(self.row_of[site] for site in planned if site is not None))
        if not rows:
            return
        number = self.number.setdefault((function, rows), len(self.target_weight))
        if number == len(self.target_weight):
            self.target_weight.append(np.zeros(len(target_weight)))
            self.person_weight.append(np.zeros(len(person_weight)))
            self.must_of.append([])
        self.target_weight[number] += target_weight
        self.person_weight[number] += person_weight
        self.must_of[number] += musts

    def _planned(self, function: int, site: str, sites: tuple[str, ...]) -> str | None:
        """Return the planned site that covers where a site does: itself, or what it may be converted to.

        None for a decided site that stays. Until it is converted, a service covers as the closed site in its
        place; where only one of both would, with the same function, it counts as one that stays.
        """
        if not self.problem.sites[site].is_decided:
            return site
        converted = self.problem.conversions.get(site)
        if converted is None:
            return None
        hosts = self.keys[function] in self.problem.sites[converted].may_host
        return converted if converted in sites or not hosts else None

    def site_lists(self) -> tuple[IntArray, IntArray]:
        """Return (first, elements) of each planned site and function, row site · functions + function."""
        functions = len(self.problem.functions)
        lists: list[list[int]] = [[] for _ in range(len(self.row_of) * functions)]
        for (function, rows), number in self.number.items():
            for row in rows:
                lists[row * functions + function].append(number)
        return _flatten(lists)


def _flatten(lists: list[list[int]]) -> tuple[IntArray, IntArray]:
    first = np.cumsum([0, *(len(entries) for entries in lists)])
    flat = [entry for entries in lists for entry in entries]
    return first.astype(np.int64), np.array(flat, dtype=np.int64)


def _by_year(rows: list[FloatArray], years: int) -> FloatArray:
    return np.array(rows, dtype=np.float64).reshape(len(rows), years)


def _add_communities(problem: Problem, elements: _Elements) -> None:
    """Add each community, function and year with the sites that cover it: they may differ by year.

    On the bases that count persons only those of which some coverage is a must.
    """
    musts = _musts_of_communities(elements.musts)
    counts = problem.basis.counts_communities
    for position, function in enumerate(problem.functions):
        for index, year in enumerate(problem.years):
            weight = np.eye(len(problem.years))[index] * counts
            for community in problem.counted_communities(function, year):
                asked = musts.get((community, function, year), [])
                if counts or asked:
                    sites = problem.covering_sites(community, function, year)
                    elements.add(position, sites, weight, np.zeros_like(weight), asked)


def _musts_of_communities(musts: list[Must]) -> dict[tuple[str, str, int], list[tuple[int, float]]]:
    """Return (community, function, year) → the numbers of the musts in which it counts, one each."""
    found: dict[tuple[str, str, int], list[tuple[int, float]]] = {}
    for number, must in enumerate(musts):
        for community, function in must.pairs:
            found.setdefault((community, function, must.year), []).append((number, 1.0))
    return found


def _add_demand(problem: Problem, elements: _Elements) -> None:
    """Add each demand point and function with its persons, and on the residents basis its share."""
    years_left = np.arange(len(problem.years), 0, -1, dtype=np.float64)
    for position, function in enumerate(problem.functions):
        persons = {
            point: np.array([problem.target_group(point, function, year) for year in problem.years])
            for point in problem.counted_demand
        }
        total = np.maximum(sum(persons.values(), start=np.zeros(len(problem.years))), np.finfo(float).tiny)
        is_target = 0.0 if problem.basis.counts_communities else 1.0
        musts = [
            (number, problem.years.index(must.year))
            for number, must in enumerate(elements.musts)
            if must.points_of == function
        ]
        for point, count in persons.items():
            sites = problem.providers_within_reach(point, function)
            share = to_points(1.0) * count / total
            asked = [(number, float(share[year])) for number, year in musts]
            elements.add(position, sites, is_target * share, count * years_left, asked)


def _targets(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """Return (functions, years): the target, and the weighted points of one unit of shortfall."""
    shape = (len(problem.functions), len(problem.years))
    target, price = np.zeros(shape), np.zeros(shape)
    for row, (function, entry) in enumerate(problem.functions.items()):
        for column, year in enumerate(problem.years):
            target[row, column] = problem.targets.get((function, year), 0.0)
            price[row, column] = entry.priority * points_per_unit_of_shortfall(problem, function, year)
    return target, price


def _opening_years(problem: Problem) -> tuple[IntArray, IntArray]:
    """Return (planned sites,): the index of the first possible year, and of a committed site's year or -1."""
    number = {year: index for index, year in enumerate(problem.years)}
    earliest, fixed = [], []
    for key in problem.planned_sites:
        site = problem.sites[key]
        opens_in = -1 if site.opens_in is None else number.get(site.opens_in, len(number))
        available = sum(year < site.available_from for year in problem.years)
        held = sum(year < (site.held_until or year) for year in problem.years)
        earliest.append(max(available, held, opens_in))
        fixed.append(-1 if opens_in == len(number) else opens_in)
    return np.array(earliest, dtype=np.int64), np.array(fixed, dtype=np.int64)


def _sites(problem: Problem, programmes: Programmes, coverage: Coverage) -> Sites:
    """Describe what sites can provide and when."""
    earliest, fixed_year = _opening_years(problem)
    movable = _movable(programmes, earliest, len(problem.years))
    neighbours_first, neighbours = _neighbours(problem, coverage, movable)
    spans = zip(programmes.first[:-1], programmes.first[1:], strict=True)
    hosted = [np.bitwise_or.reduce(programmes.mask[begin:end]) for begin, end in spans]
    return Sites(
        functions=len(problem.functions),
        earliest=earliest,
        joint=_joint_years(problem),
        closed_mask=_closed_masks(problem),
        fixed_year=fixed_year,
        movable=movable,
        neighbours_first=neighbours_first,
        neighbours=neighbours,
        hosted=np.array(hosted, dtype=np.int64),
        programme_first=programmes.first,
        mask=programmes.mask,
        is_complex=programmes.is_complex,
        by_mask=programmes.by_mask,
    )


def _joint_years(problem: Problem) -> IntArray:
    """Return (planned sites,): the index of the year in which a joint programme pays, else -1."""
    number = {year: index for index, year in enumerate(problem.years)}
    joint = [problem.sites[key].joint for key in problem.planned_sites]
    return np.array([-1 if one is None else number.get(one.year, -1) for one in joint], dtype=np.int64)


def _closed_masks(problem: Problem) -> IntArray:
    """Return (planned sites,): the functions of the service that a site would convert, as a bit mask."""
    converted = [problem.sites[key].converts for key in problem.planned_sites]
    programmes = [frozenset(problem.sites[key].programme or {}) if key else frozenset() for key in converted]
    return np.array([mask_of(problem, programme) for programme in programmes], dtype=np.int64)


def _movable(programmes: Programmes, earliest: IntArray, years: int) -> IntArray:
    """Return the sites that have a programme and can open within the horizon."""
    return np.flatnonzero((np.diff(programmes.first) > 0) & (earliest < years)).astype(np.int64)


def _neighbours(problem: Problem, coverage: Coverage, movable: IntArray) -> tuple[IntArray, IntArray]:
    """Return (first, sites): the movable sites that share an element with each site."""
    sites, functions = len(problem.planned_sites), len(problem.functions)
    rows = np.repeat(np.arange(sites * functions) // functions, np.diff(coverage.first))
    covered = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, coverage.elements)), shape=(sites, len(coverage.function))
    )
    shared = sparse.csr_matrix(covered @ covered.T)
    can_open = set(movable.tolist())
    return _flatten(
        [
            [
                int(other)
                for other in sorted(shared.indices[shared.indptr[site] : shared.indptr[site + 1]])
                if other != site and int(other) in can_open
            ]
            for site in range(sites)
        ]
    )

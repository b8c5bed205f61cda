"""Repair of a start: a plan that breaks a rule which the search doesn't know becomes one that keeps all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siteplan.highs import Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.plan import Decisions
from siteplan.problem import Problem, Role
from siteplan.solve.formulation.form import can_be_complex
from siteplan.solve.formulation.places import function_of_places
from siteplan.solve.program import CompiledModel

Pair = tuple[str, str]
IntArray = NDArray[np.int64]

CHECK_SECONDS = 1.5
"""Seconds to see whether a start keeps every rule, even when time is up: no plan is published unchecked."""
CHECK_SECONDS_PER_COLUMN = 1.6e-4
"""More where the program is large."""
CHECK_SHARE = 0.1
"""Share of the time left that the check may take where that is longer."""


ROUNDS_OF_LEAVING_OUT = 6
WHOLE = 0.999
"""Rounds in which a little of a start is left out, and the share of a function that counts as all of it."""
MOST_SHARE = 0.7
"""Share of the time for keeping the most of a start, before all of it is free."""
LEAVING_OUT_SHARE = 0.8
"""Share of that for finding what is left out: where nothing is found, nothing is kept. Where these rounds, a
second or two each for a city, take long, branch and bound finds nothing either."""
NEEDED_WORTH = 100.0
"""What a function counts for at a site of which rows ask or could have asked for something, where it counts 1
elsewhere: else what one round leaves out is lacking in the next."""
FEW_SITES, MOST_COLUMNS_OF_FEW = 3, 200
"""A row that asks for something of no more sites, with no more columns, is a few sites' own."""
SHORT = 1e-6
"""What a row is short of beyond this is lacking: the solver's tolerance."""
KEPT_SHARE, MOST_GAP = 0.6, 0.005
"""Share of the time for what is provided besides what was whole, before which part of the start is provided,
and the share of that by which the part may be smaller than the largest."""


def check_seconds(program: Program, clock: Clock) -> float:
    """Return the seconds that the check of a start may take."""
    least = max(CHECK_SECONDS, CHECK_SECONDS_PER_COLUMN * len(program.cost))
    return max(least, CHECK_SHARE * clock.seconds_left())


def restricted_to(compiled: CompiledModel, program: Program, pairs: frozenset[Pair]) -> Program:
    """Return the program in which only these (site, function) pairs may start; the years are free."""
    outside = [
        column
        for (site, function, _), column in compiled.columns.provide.items()
        if (site, function) not in pairs and program.column_lower[column] == 0.0
    ]
    columns = np.array(outside, dtype=np.int64)
    return program.with_fixed(columns, np.zeros(len(columns)))


def limited_to(problem: Problem, pairs: frozenset[Pair]) -> Problem:
    """Return the problem in which few other (site, function) pairs of candidates that are free may start.

    Its program is as small as they are few, and whatever keeps its rules keeps the problem's. Facilities of
    new estates, which are a must, and what is committed stay as they are; so does care where a complex that
    may host it has to have it before others, as one that may not would be free of that rule.
    """
    hosted: dict[str, set[str]] = {}
    for key, function in pairs:
        hosted.setdefault(key, set()).add(function)
    of_estates = {site for estate in problem.new_estates.values() for site in estate.sites}
    care = {problem.elderly_function, problem.infant_function}
    sites = {}
    for key, site in problem.sites.items():
        if site.role is not Role.CANDIDATE or site.opens_in is not None or key in of_estates:
            sites[key] = site
        elif key in hosted:
            left = replace(site, may_host=site.may_host & hosted[key])
            if problem.places_reserved_first and can_be_complex(problem, left):
                left = replace(left, may_host=left.may_host | (site.may_host & care))
            sites[key] = left
    return replace(problem, sites=sites)


def fitted_to(problem: Problem, start: Decisions) -> Decisions:
    """Return the part of a start that the problem knows: its planned sites, their functions, its years.

    What starts before the first year starts in it, a committed project in its own year.
    """
    last = problem.years[-1]
    years: dict[Pair, int] = {}
    for (key, function), year in start.start_year.items():
        site = problem.sites.get(key)
        if site is None or site.is_decided or function not in site.may_host or year > last:
            continue
        years[key, function] = max(problem.years[0], site.available_from, site.opens_in or 0, year)
    fitting = {pair: year for pair, year in years.items() if year <= last}
    opened = {site for site, _ in fitting}
    return Decisions(
        fitting,
        {key: area for key, area in start.room_m2.items() if key[0] in opened},
        {key: area for key, area in start.area_m2.items() if key[:2] in fitting},
        {site: form for site, form in start.forms.items() if site in opened},
    )


def completed(
    compiled: CompiledModel, program: Program, start: Decisions, session: SolverSession, clock: Clock
) -> Decisions | None:
    """Return the start with areas, rooms and all else at their best; None where it breaks a rule."""
    fixed = program.with_fixed(*compiled.start_values(start))
    seconds = check_seconds(program, clock)
    answer = session.solve(fixed, Limits(), clock.regardless(seconds))
    return None if answer.values is None else compiled.decisions(answer.values)


def most_of(
    compiled: CompiledModel,
    program: Program,
    start: Decisions,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
) -> Decisions | None:
    """Return what of a start keeps every rule, all or the most of it, with areas; None if none is found.

    The relaxation says how much of each function can be provided in each year of the start; what it leaves
    whole is kept, and where that still breaks a rule, the relaxation is asked again. Where no part of the
    start brings all that rules ask for, sites that could bring it may open besides (`sites_lacking`). Where
    nothing less than the start keeps a rule, branch and bound decides what is provided besides what was whole
    at first; and where all of that can't be, which part of the start is provided, with nothing besides.
    """
    seconds = max(check_seconds(program, clock), LEAVING_OUT_SHARE * clock.seconds_left())
    end = clock.regardless(seconds)
    whole_at_first: IntArray | None = None
    at_first, raised, needed = start, dict[Pair, int](), sites_asked(compiled, program)
    for _ in range(ROUNDS_OF_LEAVING_OUT):
        fixed = program.with_fixed(*compiled.start_values(start)).with_objective(0.0 * program.cost, 0.0)
        whole_start = session.solve(fixed, Limits(), end).values
        if whole_start is not None:
            return compiled.decisions(whole_start)
        values = _most_and_raised(compiled, program, start, raised, needed, session, end)
        if values is None:
            break
        provide = compiled.columns.provide
        whole = {key: column for key, column in provide.items() if values[column] > WHOLE}
        if whole_at_first is None:
            whole_at_first = np.array(list(whole.values()), dtype=np.int64)
        first = dict(raised)
        for site, function, year in whole:
            first[site, function] = min(year, first.get((site, function), year))
        if first == start.start_year or not first:
            break
        start = replace(start, start_year=first)
    if whole_at_first is None:
        return None
    kept = program.with_fixed(whole_at_first, np.ones(len(whole_at_first)))
    values_kept = session.solve(kept, limits, clock.until(KEPT_SHARE * clock.seconds_left())).values
    if values_kept is None:
        gap = MOST_GAP * len(whole_at_first)
        most = _providing_the_most(compiled, program, at_first)
        values_kept = session.solve(most, Limits(absolute_gap=gap), clock).values
    return None if values_kept is None else compiled.decisions(values_kept)


def _most_and_raised(
    compiled: CompiledModel,
    program: Program,
    start: Decisions,
    raised: dict[Pair, int],
    needed: set[str],
    session: SolverSession,
    clock: Clock,
) -> FloatArray | None:
    """Return the relaxation's values (columns,) of the most of a start, or None where there is none.

    Where no part of it brings what rows ask for, what the relaxation provides besides is ``raised`` too, and
    the sites that could bring it are ``needed`` from then on.
    """
    most = _providing_the_most(compiled, program, start, raised=raised, needed=needed)
    answer = session.solve(most.relaxed(), Limits(), clock)
    if answer.status is not Status.INFEASIBLE:
        return answer.values
    besides = sites_lacking(compiled, most, session, clock)
    needed |= besides
    more = _providing_the_most(compiled, program, start, besides, raised, needed)
    values = session.solve(more.relaxed(), Limits(), clock).values
    if values is not None:
        raised |= _raised(compiled, start, values, besides)
    return values


def _providing_the_most(
    compiled: CompiledModel,
    program: Program,
    start: Decisions,
    besides: frozenset[str] = frozenset(),
    raised: Mapping[Pair, int] | None = None,
    needed: Collection[str] = (),
) -> Program:
    """Return the program in which as much as can be is provided of what a start does, and nothing else.

    ``besides``: sites at which anything else may be provided, which counts for nothing; ``raised``: pairs of
    the start that have to be provided, and from which year on; ``needed``: sites of which rather more than of
    others is provided, as rows ask for something that only few could bring.
    """
    columns, values = compiled.start_values(start)
    of_site = compiled.columns_by_site()
    is_free = np.isin(columns, np.concatenate([columns[:0], *(of_site[site] for site in sorted(besides))]))
    held, planned = columns[~is_free], values[~is_free]
    upper, lower = program.column_upper.copy(), program.column_lower.copy()
    upper[held] = np.minimum(upper[held], planned)
    forms = held[np.isin(held, list(compiled.columns.complex.values()))]
    lower[forms] = upper[forms]
    for (site, function), first in (raised or {}).items():
        for year in compiled.problem.years:
            if year >= first:
                lower[compiled.columns.provide[site, function, year]] = 1.0
    cost = np.zeros(len(program.cost))
    for (site, _, _), column in compiled.columns.provide.items():
        cost[column] = -NEEDED_WORTH if site in needed else -1.0
    cost[columns[is_free & (values == 0.0)]] = 0.0
    return replace(program, column_lower=lower, column_upper=upper).with_objective(cost, 0.0)


def _raised(
    compiled: CompiledModel, start: Decisions, values: FloatArray, besides: frozenset[str]
) -> dict[Pair, int]:
    """Return what a relaxation (columns,) provides besides a start, most of each site, and from when on."""
    never = compiled.problem.years[-1] + 1
    most: dict[Pair, float] = {}
    first: dict[Pair, int] = {}
    for (site, function, year), column in compiled.columns.provide.items():
        pair, value = (site, function), float(values[column])
        if site in besides and value > SHORT and year < start.start_year.get(pair, never):
            most[pair] = max(value, most.get(pair, 0.0))
            first[pair] = min(year, first.get(pair, never))
    of_site = {pair[0]: pair for pair in sorted(most, key=most.__getitem__)}  # the last of a site is its most
    return {pair: first[pair] for pair in of_site.values()}


def _site_of(compiled: CompiledModel) -> dict[int, str]:
    """Return the site of each column that is one's."""
    site_of = {column: site for site, own in compiled.columns_by_site().items() for column in own.tolist()}
    for kind in (compiled.columns.area, compiled.columns.room):
        site_of |= {column: key[0] for key, column in kind.items()}
    return site_of


def sites_asked(compiled: CompiledModel, program: Program) -> set[str]:
    """Return the sites of rows that ask at least something of a few sites alone, as of an estate's own."""
    site_of = _site_of(compiled)
    matrix = sparse.csr_matrix(program.matrix)
    asked: set[str] = set()
    for row in np.flatnonzero(program.row_lower > 0.0).tolist():
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
        if len(columns) > MOST_COLUMNS_OF_FEW or not all(column in site_of for column in columns):
            continue
        sites = {site_of[column] for column in columns}
        if len(sites) <= FEW_SITES:
            asked |= sites
    return asked


def sites_lacking(
    compiled: CompiledModel, program: Program, session: SolverSession, clock: Clock
) -> frozenset[str]:
    """Return the sites that could bring what a program without a solution lacks of what its rows ask for.

    Its rows of at least something may be short of it; where they are, by as little as can be, the sites
    behind them count: those of their columns, or of the rows of these (a community is covered by sites).
    """
    asking = np.flatnonzero(program.row_lower > 0.0)
    columns = len(program.cost)
    short = sparse.csr_matrix(
        (np.ones(len(asking)), (asking, np.arange(len(asking)))), (len(program.row_lower), len(asking))
    )
    elastic = replace(
        program.relaxed(),
        matrix=sparse.hstack([program.matrix, short], format="csr"),
        column_lower=np.append(program.column_lower, np.zeros(len(asking))),
        column_upper=np.append(program.column_upper, np.full(len(asking), np.inf)),
        cost=np.append(np.zeros(columns), 1.0 / program.row_lower[asking]),
        is_integer=np.zeros(columns + len(asking), dtype=np.bool_),
    )
    values = session.solve(elastic, Limits(), clock).values
    if values is None:
        return frozenset()
    site_of = _site_of(compiled)
    rows = asking[values[columns:] > SHORT]
    asked = np.unique(program.matrix[rows].indices).tolist()
    behind = program.matrix[:, [column for column in asked if column not in site_of]]
    asked += np.unique(program.matrix[np.unique(behind.nonzero()[0])].indices).tolist()
    return frozenset(site_of[column] for column in asked if column in site_of)


def repaired(
    compiled: CompiledModel,
    program: Program,
    start: Decisions,
    session: SolverSession,
    limits: Limits,
    clock: Clock,
) -> Decisions | None:
    """Return what of the start keeps every rule, all or the most of it, else the best plan of its own pairs.

    Pairs that commitments ask for, or that required coverage may need, are allowed besides; the years are
    free. None: nothing within the limits.
    """
    if compiled.has_columns_of(start):
        share = clock.until(MOST_SHARE * clock.seconds_left())
        kept = most_of(compiled, program, start, session, limits, share)
        if kept is not None:
            return kept
    pairs = frozenset(start.start_year) | asked_for(compiled.problem)
    answer = session.solve(restricted_to(compiled, program, pairs), limits, clock)
    return None if answer.values is None else compiled.decisions(answer.values)


def asked_for(problem: Problem) -> frozenset[Pair]:
    """Return the (site, function) pairs that commitments ask for or coverage that is a must may need."""
    committed = {
        (key, function)
        for key in problem.planned_sites
        if problem.sites[key].opens_in is not None
        for function in problem.sites[key].may_host
    }
    required = {
        (site, function)
        for community, function in problem.required_coverage
        for site in problem.covering_sites(community, function, problem.years[-1])
    }
    floored = {
        (site, function)
        for function, _ in problem.coverage_floor
        for site in problem.planned_sites
        if function in problem.sites[site].may_host
    }
    places = {function_of_places(problem, kind) for kind, _ in problem.places_at_least}
    counted = {
        (site, function)
        for site in problem.planned_sites
        for function in places & problem.sites[site].may_host
    }
    delivered = {
        (site, function)
        for estate in problem.new_estates.values()
        for site in estate.sites
        for function in problem.sites[site].may_host
    }
    return frozenset(committed | required | floored | counted | delivered)

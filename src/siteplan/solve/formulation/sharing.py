"""Which variables of the formulation share a column: those that are equal in some best plan.

Why each keeps the optimum is in ``docs/reductions.md``. Without sharing every variable of
``model/formulation.md`` has a column of its own: so the document's families are compared and conflicts named.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from siteplan.problem import Problem

Pair = tuple[str, str]
Triple = tuple[str, str, str]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Sharing:
    """The variable whose column each one has, and the rows that are then left.

    ``cover``: (point, function) → the pair whose column it has; ``assign``: (point, site, function) → the
    triple, over the sites that a point may have to walk to. ``cover_rows``: triples that need
    `covered_where_provided`; ``assign_rows``: pairs that need `covered_are_assigned`. ``only_function``:
    (site, room group) → the one function whose area the room is.
    """

    cover: Mapping[Pair, Pair]
    assign: Mapping[Triple, Triple]
    cover_rows: Sequence[Triple]
    assign_rows: Sequence[Pair]
    only_function: Mapping[Pair, str]


def nothing_shared(problem: Problem, demand: Sequence[Pair], *, is_walked: bool) -> Sharing:
    """Return that every variable has its own column.

    ``demand``: the (point, function) pairs that have a cover variable; ``is_walked``: assign variables exist.
    """
    triples = [
        (point, site, function)
        for point, function in (demand if is_walked else ())
        for site in problem.providers_within_reach(point, function)
    ]
    return Sharing(
        cover={pair: pair for pair in demand},
        assign={triple: triple for triple in triples},
        cover_rows=triples,
        assign_rows=demand if is_walked else (),
        only_function={},
    )


def what_is_shared(
    problem: Problem, demand: Sequence[Pair], rooms: Iterable[Pair], *, is_walked: bool
) -> Sharing:
    """Return which variables are equal in some best plan; ``rooms``: (planned site, room group).

    - Points whose sites within reach are the same for a function are covered alike; so are all that a decided
      site covers.
    - Points to which the same sites are nearer than a site are assigned to it alike (Church 2003), and none
      walks past a decided site.
    - A room that one function alone may use is that function's area.
    """
    needed = {pair: _up_to_a_decided_site(problem, *pair) for pair in demand}
    cover = _first_of_a_kind((pair, _covered_by(problem, pair[1], sites)) for pair, sites in needed.items())
    assign = _first_of_a_kind(
        ((point, site, function), (function, site, frozenset(sites[:rank])))
        for (point, function), sites in (needed.items() if is_walked else ())
        for rank, site in enumerate(sites)
    )
    rows = _first_of_a_kind(
        ((point, function), (function, *(assign[point, site, function] for site in sites)))
        for (point, function), sites in (needed.items() if is_walked else ())
    )
    return Sharing(
        cover=cover,
        assign=assign,
        cover_rows=[
            (point, site, function)
            for point, function in (dict.fromkeys(cover.values()) if is_walked else ())
            for site in _rows_of_cover(problem, needed[point, function])
        ],
        assign_rows=list(dict.fromkeys(rows.values())),
        only_function=only_functions(problem, rooms),
    )


def _up_to_a_decided_site(problem: Problem, point: str, function: str) -> tuple[str, ...]:
    """Return the sites within reach, nearest first, that are no farther than the first decided one."""
    sites = problem.providers_within_reach(point, function)
    for rank, site in enumerate(sites, start=1):
        if problem.provides_for_good(site):
            return sites[:rank]
    return sites


def _covered_by(problem: Problem, function: str, sites: Sequence[str]) -> Hashable:
    """Return what decides whether a point is covered: its sites within reach, or nothing."""
    return function, None if problem.provides_for_good(sites[-1]) else frozenset(sites)


def _rows_of_cover(problem: Problem, sites: Sequence[str]) -> Sequence[str]:
    """Return the sites of which one that provides must count: a decided one says it for all."""
    return sites[-1:] if problem.provides_for_good(sites[-1]) else sites


def only_functions(problem: Problem, rooms: Iterable[Pair]) -> dict[Pair, str]:
    """Return the function of the rooms that only one function may use."""
    only: dict[Pair, str] = {}
    for site, group in rooms:
        hosted = [key for key in problem.room_groups[group] if key in problem.sites[site].may_host]
        if len(hosted) == 1:
            only[site, group] = hosted[0]
    return only


def _first_of_a_kind(kinds: Iterable[tuple[Key, Hashable]]) -> dict[Key, Key]:
    """Return for each key the first key of the same kind."""
    first: dict[Hashable, Key] = {}
    return {key: first.setdefault(kind, key) for key, kind in kinds}

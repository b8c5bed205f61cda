"""Exact reductions of the planning problem, before its program is built.

What no plan can have is left out: sites that never open within the horizon, functions that a site can
never hold. Variables that are equal in some best plan share a column (`siteplan.solve.formulation.sharing`).
Why the optimum of every level stays as it is, is in ``docs/reductions.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from siteplan.problem import Problem, Role, Site
from siteplan.scenario import Level
from siteplan.solve.formulation import build_model
from siteplan.solve.formulation.areas import areas_are_smallest, pairs_of_free_form
from siteplan.solve.formulation.form import can_be_complex
from siteplan.solve.formulation.sharing import only_functions, what_is_shared
from siteplan.solve.formulation.variables import (
    covered_demand,
    funding_pairs,
    hosting_pairs,
    needs_cover,
    needs_places,
    paid_rooms,
    room_pairs,
)
from siteplan.solve.program import CompiledModel, compile_program

AREA_SLACK_M2 = 1e-3
"""A space that is too small by no more may still be large enough within the solver's tolerance."""


def compile_reduced(problem: Problem, levels: Sequence[Level]) -> CompiledModel:
    """Return the program of the reduced problem; what is left out is never open or provided."""
    reduced = without_the_impossible(problem)
    levels = tuple(levels)
    return compile_program(reduced, build_model(reduced, levels, shared=True), levels)


def count_columns(problem: Problem, level: Level) -> int:
    """Return about how many columns the reduced program of one level has: what building it costs."""
    reduced = without_the_impossible(problem)
    rooms = room_pairs(reduced)
    hosting = hosting_pairs(reduced)
    areas = pairs_of_free_form(reduced) if areas_are_smallest(reduced, (level,)) else hosting
    by_year = len(hosting) + len(areas) + len(rooms) - len(only_functions(reduced, rooms))
    by_year += len(reduced.planned_sites)
    counted = 0
    if problem.basis.counts_communities:
        counted = sum(len(problem.counted_communities(function, year)) for function, year in problem.targets)
    if needs_cover(problem, (level,)):
        sharing = what_is_shared(problem, covered_demand(problem), (), is_walked=False)
        by_year += len(set(sharing.cover.values()))
    if needs_places(problem, (level,)):
        by_year += sum(len(problem.providers_within_reach(*pair)) for pair in covered_demand(problem))
    if problem.money.sources:
        by_year += len(funding_pairs(reduced)) + len(paid_rooms(reduced))
    return by_year * len(problem.years) + counted


def without_the_impossible(problem: Problem) -> Problem:
    """Return the problem without sites and functions that no plan can open or provide.

    The problem itself where there is nothing to leave out, or no planned site would be left.
    """
    of_estates = {site for estate in problem.new_estates.values() for site in estate.sites}
    sites: dict[str, Site] = {}
    for key, site in problem.sites.items():
        is_free = site.role is Role.CANDIDATE and site.opens_in is None and key not in of_estates
        kept = _with_possible_functions(problem, site) if is_free else site
        if not is_free or (kept.may_host and _may_open(problem, kept)):
            sites[key] = kept
    if sites == problem.sites or all(site.is_decided for site in sites.values()):
        return problem
    return replace(problem, sites=sites)


def _may_open(problem: Problem, site: Site) -> bool:
    """Return whether a candidate is available, and the use that it converts is held no more, in some year."""
    return max(site.available_from, site.held_until or site.available_from) <= problem.years[-1]


def _with_possible_functions(problem: Problem, site: Site) -> Site:
    """Return a candidate with the functions for which it is large enough in a form that it can have."""
    if can_be_complex(problem, site):
        return site
    fitting = frozenset(
        key
        for key in site.may_host
        if problem.functions[key].minimum_alone_m2 <= site.usable_area_m2 + AREA_SLACK_M2
    )
    return site if fitting == site.may_host else replace(site, may_host=fitting)

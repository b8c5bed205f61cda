"""What the least shortfall of one year does without: functions that cover nothing new, dominated sites.

For the bound of a year alone. A plan may want them: they count at later levels, and over several years they
shift when money is spent. The proofs, and why more isn't left out, are in ``docs/reductions.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from siteplan.problem import Problem, Role, Site
from siteplan.scenario import Basis, Level
from siteplan.solve.formulation.form import can_be_complex

Pair = tuple[str, str]
Covered = Mapping[Pair, frozenset[str]]
"""(site, function) → communities and demand points that no decided site covers and this one may."""


def without_the_dominated(problem: Problem) -> Problem:
    """Return a problem of one year with the same least shortfall; itself where nothing may be left out.

    Raises:
        ValueError: the problem has several years.
    """
    if len(problem.years) != 1:
        raise ValueError("only a single year's shortfall does without what is dominated")
    if problem.objective[0] is not Level.SHORTFALL or _rewards_more_than_coverage(problem):
        return problem
    covered = newly_covered(problem)
    useful: dict[str, Site] = {}
    for key, site in problem.sites.items():
        if _is_free(problem, site):
            hosted = frozenset(function for function in site.may_host if (key, function) in covered)
            if hosted:
                useful[key] = replace(site, may_host=hosted)
        else:
            useful[key] = site
    left = {key: site for key, site in useful.items() if not _is_dominated(problem, site, useful, covered)}
    if left == problem.sites or all(site.is_decided for site in left.values()):
        return problem
    return replace(problem, sites=left)


def _rewards_more_than_coverage(problem: Problem) -> bool:
    """Return whether a rule may need a function that covers nothing new, or its cost."""
    return bool(
        problem.money.sources
        or problem.operator_viability
        or problem.operator_share_at_most is not None
        or problem.places_at_least
        or problem.area_floor_m2_per_100_households
        or problem.elderly_area_floor_m2_per_100_households
        or (problem.form_standard is None and _asks_much_of_complexes(problem))
    )


def _asks_much_of_complexes(problem: Problem) -> bool:
    return problem.places_reserved_first or bool(problem.complex_places_at_least)


def _is_free(problem: Problem, site: Site) -> bool:
    """Return whether a site may be left out: a candidate that nobody commits and that is never a complex."""
    return (
        site.role is Role.CANDIDATE
        and site.opens_in is None
        and (problem.form_standard is None or not can_be_complex(problem, site))
        and all(site.site_id not in estate.sites for estate in problem.new_estates.values())
    )


def newly_covered(problem: Problem) -> Covered:
    """Return what each planned site may cover that no decided site covers for good, in a single year."""
    year = problem.years[0]
    covered: dict[Pair, set[str]] = {}
    for item, function, sites in _coverable(problem, year):
        for site in sites:
            covered.setdefault((site, function), set()).add(item)
    return {pair: frozenset(items) for pair, items in covered.items()}


def _coverable(problem: Problem, year: int) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield (community or demand point, function, sites that cover it) where it is open who does."""
    has_places = problem.basis is Basis.SERVED
    for function in problem.functions:
        for community in problem.counted_communities(function, year):
            sites = problem.covering_sites(community, function, year)
            if not any(map(problem.provides_for_good, sites)):
                yield f"community {community}", function, sites
        if problem.basis.counts_communities:
            continue
        for point in problem.counted_demand:
            sites = problem.providers_within_reach(point, function)
            counts = problem.target_group(point, function, year) > 0.0
            if counts and (has_places or not any(map(problem.provides_for_good, sites))):
                yield f"point {point}", function, sites


def _is_dominated(problem: Problem, site: Site, sites: Mapping[str, Site], covered: Covered) -> bool:
    """Return whether another site stands in for a free one, whatever both would provide."""
    if not _is_free(problem, problem.sites[site.site_id]):
        return False
    return any(
        _stands_in(problem, other, site, covered)
        and not (other.site_id > site.site_id and _stands_in(problem, site, other, covered))
        for other in sites.values()
        if other.site_id != site.site_id and _is_free(problem, problem.sites[other.site_id])
    )


def _stands_in(problem: Problem, one: Site, other: Site, covered: Covered) -> bool:
    """Return whether whatever ``other`` provides ``one`` can provide as well, beside all that it may itself.

    It covers as much, at no more cost, within the same limits.
    """
    pace, year = problem.pace, problem.years[0]
    return (
        other.may_host <= one.may_host
        and all(covered[other.site_id, key] <= covered[one.site_id, key] for key in sorted(other.may_host))
        and problem.basis is not Basis.SERVED
        and _holds_everything(problem, one)
        and can_be_complex(problem, one) == can_be_complex(problem, other)
        and one.opening_cost_in(year) <= other.opening_cost_in(year)
        and one.floor_per_usable <= other.floor_per_usable
        and (other.fit_out_is_charged or not one.fit_out_is_charged)
        and (pace.sites_per_year_and_town is None or one.town_code == other.town_code)
        and (problem.newly_built_at_most is None or not one.is_newly_built or other.is_newly_built)
        and max(one.available_from, one.held_until or year) <= year
        and one.converts is None
        and one.plot_id is None
        and not any((one.site_id, key) in problem.forbidden_by_hand for key in one.may_host)
    )


def _holds_everything(problem: Problem, site: Site) -> bool:
    """Return whether a site may provide all that it may host at once, in separate rooms."""
    standard = problem.form_standard
    most = math.inf if standard is None else standard.scattered_maximum_functions
    functions = [problem.functions[key] for key in sorted(site.may_host)]
    area_m2 = sum(
        function.minimum_in_complex_m2
        if can_be_complex(problem, site)
        else max(function.minimum_in_complex_m2, function.minimum_alone_m2)
        for function in functions
    )
    return len(functions) <= most and area_m2 <= site.usable_area_m2

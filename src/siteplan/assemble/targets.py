"""Coverage targets by function and year, from the baseline's own coverage (`coverage_target`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial

from siteplan.policy import Policy
from siteplan.problem import Problem
from siteplan.scenario import AssignmentRule, Basis, TargetSettings
from siteplan.seating import most_served, nearest_first

_COUNT_SLACK = 1e-9
"""Keeps 50 % of 24 at 12 communities despite floating-point products."""


def resolve_targets(
    problem: Problem,
    policy: Policy,
    settings: TargetSettings,
    baseline_programmes: Mapping[str, Iterable[str]],
) -> dict[tuple[str, int], float]:
    """Return the target of each function and year that has one.

    Communities (whole, rounded up) on the community bases, percent on the residents basis.
    ``baseline_programmes``: site → functions of what operates at the end of the baseline year.
    """
    targets: dict[tuple[str, int], float] = {}
    for function in problem.functions:
        final = policy.functions[function].target_percent.value
        baseline = cache(partial(_baseline_percent, problem, policy, function, baseline_programmes))
        for year in problem.years:
            percent = settings.overrides.get(function, {}).get(year)
            if percent is None:
                percent = _path_percent(problem, policy, settings, year, final, baseline)
            if percent is not None:
                targets[function, year] = _in_target_unit(problem, function, year, percent)
    return targets


def resolve_floors(
    problem: Problem, percents: Mapping[str, Mapping[int, float]]
) -> dict[tuple[str, int], float]:
    """Return the least coverage of the functions and years of the horizon that have one, as targets are."""
    return {
        (function, year): _in_target_unit(problem, function, year, percent)
        for function, by_year in percents.items()
        for year, percent in by_year.items()
        if year in problem.years and function in problem.functions
    }


def resolve_local_targets(problem: Problem, settings: TargetSettings) -> dict[tuple[str, str, int], float]:
    """Return the targets of towns and communities in the years of the horizon in which somebody is counted.

    In the unit of the county's: whole communities, rounded up, or percent of the target group there. Areas
    that the problem doesn't know are for `siteplan.assemble.check_targets` to report.
    """
    stated = [
        (code, percents)
        for names, areas in (
            (problem.town_names, settings.towns),
            (community_names(problem), settings.communities),
        )
        for name, percents in areas.items()
        for code in areas_called(names, name)
    ]
    return {
        (area, function, year): _in_unit_of(problem, percent, len(counted))
        for area, percents in stated
        for function, by_year in percents.items()
        if function in problem.functions
        for year, percent in by_year.items()
        if year in problem.years and (counted := problem.counted_in(area, function, year))
    }


def community_names(problem: Problem) -> dict[str, str]:
    """Return code → name of every community."""
    return {code: community.name for code, community in problem.communities.items()}


def areas_called(names: Mapping[str, str], code_or_name: str) -> tuple[str, ...]:
    """Return the codes of the towns or communities with this code or name; one, if all is well."""
    if code_or_name in names:
        return (code_or_name,)
    return tuple(code for code, name in names.items() if name == code_or_name)


def _baseline_percent(
    problem: Problem, policy: Policy, function: str, programmes: Mapping[str, Iterable[str]]
) -> float:
    year = round(policy.standards.target_baseline_year.value)
    return baseline_coverage_percent(problem, function, programmes, year)


def _path_percent(
    problem: Problem,
    policy: Policy,
    settings: TargetSettings,
    year: int,
    final: float,
    baseline: Callable[[], float],
) -> float | None:
    """Return the path's percentage for a year, or None where the path sets no target.

    ``baseline`` returns the coverage at the beginning of the path, in percent.
    """
    if settings.path == "none":
        return None
    if settings.path == "last_year_only":
        return final if year == problem.years[-1] else None
    baseline_year = round(policy.standards.target_baseline_year.value)
    target_year = round(policy.standards.target_year.value)
    if year <= baseline_year:
        return None
    base = baseline()
    if year >= target_year or base >= final:
        return final
    return base + (final - base) * (year - baseline_year) / (target_year - baseline_year)


def baseline_coverage_percent(
    problem: Problem, function: str, programmes: Mapping[str, Iterable[str]], year: int
) -> float:
    """Return the coverage in ``year`` by what operates in it, on the target basis, in percent."""
    providers = {site for site, keys in programmes.items() if function in keys}
    persons = {key: problem.target_group(key, function, year) for key in problem.counted_demand}
    if problem.basis.counts_communities:
        counted = sorted({problem.demand[key].community_code for key in persons if persons[key] > 0.0})
        covered = sum(
            not providers.isdisjoint(problem.covering_sites_on(problem.basis, community, function, year))
            for community in counted
        )
        return 100.0 * covered / len(counted) if counted else 0.0
    total = sum(persons.values())
    if problem.basis is Basis.SERVED:
        return 100.0 * _served_by(problem, function, providers, persons) / total if total else 0.0
    reached = sum(
        count
        for key, count in persons.items()
        if not providers.isdisjoint(problem.providers_within_reach(key, function))
    )
    return 100.0 * reached / total if total else 0.0


def _served_by(problem: Problem, function: str, providers: set[str], persons: Mapping[str, float]) -> float:
    """Return the persons who have a place at sites whose programme is given."""
    capacity = problem.functions[function].capacity_persons_per_m2
    places = {
        site: capacity * (problem.sites[site].programme or {}).get(function, 0.0)
        for site in sorted(providers & problem.sites.keys())
    }
    walks = sorted(
        (problem.distances[point][site], point, site)
        for point, count in persons.items()
        if count > 0.0
        for site in problem.providers_within_reach(point, function)
        if site in places
    )
    fill = most_served if problem.assignment_rule is AssignmentRule.MOST_SERVED else nearest_first
    return sum(fill(persons, places, walks).values())


def _in_target_unit(problem: Problem, function: str, year: int, percent: float) -> float:
    return _in_unit_of(problem, percent, len(problem.counted_communities(function, year)))


def _in_unit_of(problem: Problem, percent: float, counted_communities: int) -> float:
    if not problem.basis.counts_communities:
        return percent
    return float(math.ceil(percent * counted_communities / 100.0 - _COUNT_SLACK))

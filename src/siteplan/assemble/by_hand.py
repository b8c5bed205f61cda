"""What a planner fixes by hand (`commit`, `forbid`, `require`): into the problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from siteplan.problem import Community, Site
from siteplan.scenario import Requirement, Scenario


def with_commitments(sites: Mapping[str, Site], scenario: Scenario) -> dict[str, Site]:
    """Return the sites, those that the scenario commits with their year, functions and form.

    Sites that aren't among them are for `siteplan.assemble.check_by_hand` to report.
    """
    committed = dict(sites)
    for entry in scenario.commit.values():
        if entry.site in sites:
            committed[entry.site] = replace(
                sites[entry.site],
                opens_in=entry.year,
                required_functions=frozenset(entry.functions),
                form_by_hand=entry.form,
            )
    return committed


def forbidden_pairs(sites: Mapping[str, Site], scenario: Scenario) -> dict[tuple[str, str], int]:
    """Return (site, function) → last year in which the scenario forbids it, within the horizon."""
    last_year = scenario.years[-1]
    pairs: dict[tuple[str, str], int] = {}
    for entry in scenario.forbid.values():
        hosted = sites[entry.site].may_host if entry.site in sites else frozenset()
        until = last_year if entry.until is None else min(entry.until, last_year)
        for function in sorted(hosted.intersection(entry.functions) if entry.functions else hosted):
            pairs[entry.site, function] = max(until, pairs.get((entry.site, function), until))
    return {pair: until for pair, until in pairs.items() if until >= scenario.years[0]}


def required_pairs(communities: Mapping[str, Community], scenario: Scenario) -> dict[tuple[str, str], int]:
    """Return (community, function) → first year in which the scenario requires it to be covered."""
    pairs: dict[tuple[str, str], int] = {}
    for entry in scenario.require.values():
        for code in communities_named(communities, entry):
            pairs[code, entry.function] = min(entry.by, pairs.get((code, entry.function), entry.by))
    return pairs


def communities_named(communities: Mapping[str, Community], entry: Requirement) -> tuple[str, ...]:
    """Return the codes of the communities with the entry's code or name; one, if all is well."""
    if entry.community in communities:
        return (entry.community,)
    return tuple(code for code, community in communities.items() if community.name == entry.community)


def promised_pairs(scenario: Scenario) -> dict[tuple[str, str], int]:
    """Return (site, function) → year in which the scenario's ``promises`` fall due, within the horizon."""
    first, last = scenario.years[0], scenario.years[-1]
    return {
        (site, function): max(year, first)
        for site, promised in scenario.promises.items()
        for function, year in promised.items()
        if year <= last
    }

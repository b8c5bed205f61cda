"""Candidates in the place of little-used existing services that may be converted (`rules.conversion`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from siteplan.assemble.sites import too_small
from siteplan.case import Case, ExistingService, Mode
from siteplan.policy import Policy
from siteplan.problem import Function, Role, Site
from siteplan.scenario import Scenario


def converted_id(service_id: str) -> str:
    """Return the id of the candidate that takes the place of an existing service."""
    return f"{service_id}-converted"


def conversion_sites(
    case: Case,
    policy: Policy,
    functions: Mapping[str, Function],
    scenario: Scenario,
    sites: Mapping[str, Site],
) -> Iterator[Site]:
    """Yield a candidate for each convertible service, where the scenario allows conversion."""
    for service in case.existing_services if scenario.rules.conversion else ():
        if service.convertible:
            yield _conversion(service, policy, functions, scenario, sites[service.service_id])


def _conversion(
    row: ExistingService, policy: Policy, functions: Mapping[str, Function], scenario: Scenario, former: Site
) -> Site:
    """Return the candidate: the same space, rebuilt, for any function that it is large enough for."""
    reasons = {
        key: too_small(former.usable_area_m2, min(function.minimum_alone_m2, function.minimum_in_complex_m2))
        for key, function in functions.items()
    }
    held_years = scenario.rules.use_is_held_years
    held = row.operating_since is not None and held_years is not None
    per_m2 = policy.costs.opening_cost_cny_per_m2[Mode.REBUILD].value
    return Site(
        site_id=converted_id(row.service_id),
        name=f"{row.name}（转换）",
        role=Role.CANDIDATE,
        community_code=row.community_code,
        town_code=former.town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=former.usable_area_m2,
        may_host=frozenset(key for key, reason in reasons.items() if reason is None),
        why_not={key: reason for key, reason in reasons.items() if reason is not None},
        available_from=scenario.years[0],
        opens_in=None,
        listed_form=None,
        programme=None,
        required_functions=frozenset(),
        opening_cost_cny=per_m2 * row.floor_area_m2,
        mode=Mode.REBUILD,
        serves_communities=frozenset(row.serves_communities),
        data_status=row.data_status,
        operator=row.operator,
        converts=row.service_id,
        held_until=(row.operating_since or 0) + (held_years or 0) if held else None,
    )

"""Exclusion zones and the list of what may not go where, computed from the inputs alone."""

from __future__ import annotations

from siteplan.problem import Role
from siteplan.text import Text
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.schedule import Schedule
from siteplan.verify.zones import excluded_by, zones_near


def safety_claims(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Check the plan's list of excluded sites: each pair that may not be and no other, zones by name."""
    check = Check("excluded_sites", Text("不可设置的点位、功能及原因", "what may not go where, and why"))
    facts = schedule.facts
    zones = zones_near(facts.case)
    claimed: dict[tuple[str, str], str] = {}
    for number, entry in enumerate(schedule.plan.excluded_sites):
        path = f"excluded_sites[{number}]"
        site = facts.sites.get(entry.site_id)
        check.same(f"{path}.name", entry.name, None if site is None else site.name)
        for function in entry.functions:
            unstated = (entry.site_id, function) not in claimed
            check.holds(unstated, path, Text(f"{function} 重复", f"{function} is listed twice"))
            claimed[entry.site_id, function] = path
            near = [
                zone
                for zone in zones.get(entry.site_id, ())
                if function in excluded_by(zone, facts.functions)
            ]
            named = any(zone.name in entry.reason_zh and zone.name in entry.reason_en for zone in near)
            check.holds(
                named or not near,
                f"{path}.reason_en",
                Text("未指明安全避让区", "the exclusion zone is not named"),
            )
    excluded = {
        (site.site_id, function)
        for site in facts.sites.values()
        if site.role is Role.CANDIDATE
        for function in facts.functions
        if function not in site.may_host
    }
    for site_id, function in sorted(excluded | set(claimed)):
        check.same(
            f"excluded_sites ({site_id}, {function})",
            (site_id, function) in claimed,
            (site_id, function) in excluded,
        )
    return check.results()

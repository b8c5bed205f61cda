"""Operators: how many open sites each of them runs, and its share."""

from __future__ import annotations

import math
from collections import Counter

from siteplan.text import Text
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.schedule import Schedule


def operator_claims(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Check the limit on an operator's share of the sites that the plan opens for a named operator."""
    check = Check("operator_share", Text("单个运营主体的点位比例", "no operator gets more than its share"))
    share = schedule.facts.scenario.rules.operator_sites_share_at_most
    if share is not None:
        sites = sites_by_operator(schedule, max(schedule.facts.years), planned_only=True)
        most = max(1, math.ceil(share * sum(sites.values()) - 1e-9))
        for operator, count in sorted(sites.items()):
            check.at_most(f"sites of {operator}", count, most, 0.0, "")
    return check.results()


def sites_by_operator(schedule: Schedule, year: int, *, planned_only: bool = False) -> Counter[str]:
    """Return the open sites of each named operator in a year; converted services are open no longer.

    ``planned_only``: without existing services and what was committed before the horizon.
    """
    return Counter(
        facts.operator
        for site_id, (_, site, facts) in schedule.sites.items()
        if facts.operator != ""
        and not (planned_only and facts.programme is not None)
        and site.open_from <= year < schedule.converted.get(site_id, year + 1)
    )

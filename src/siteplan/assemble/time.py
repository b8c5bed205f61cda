"""When a candidate can open, and what its land use asks for later."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from siteplan.case import CandidateSite, Case, StockKind, Tenure
from siteplan.policy import Policy
from siteplan.problem import Site
from siteplan.scenario import Scenario
from siteplan.text import Text


def with_times(sites: Mapping[str, Site], case: Case, policy: Policy, scenario: Scenario) -> dict[str, Site]:
    """Return the sites, candidates with lead time, the reason of their first year, and land use."""
    timed = dict(sites)
    for row in case.sites:
        site = sites[row.site_id]
        if scenario.rules.lead_time:
            site = _with_lead_time(site, row, policy, scenario.years[0])
        if row.year_available is not None and row.year_available > scenario.years[0]:
            site = replace(site, available_because=Text("表中的可用年份", "year_available in the table"))
        timed[row.site_id] = replace(site, outgrows_land_use=_outgrows_land_use(row, policy))
    return timed


def _with_lead_time(site: Site, row: CandidateSite, policy: Policy, first_year: int) -> Site:
    """Delay a site by its mode's lead time, counted from the beginning of the first year.

    A lead time of up to one year lets it open in the first year, of up to two in the second. A year that
    the table states already says when the site can open, and a facility of a new estate opens with the
    housing (周至方案 附件2-8): for these the lead time doesn't count.
    """
    lead_time = policy.standards.lead_time_years.get(row.mode)
    is_exempt = row.year_available is not None or row.stock_kind is StockKind.NEW_ESTATE_FACILITY
    if lead_time is None or is_exempt:
        return site
    earliest = first_year + math.ceil(lead_time.value) - 1
    if earliest <= site.available_from:
        return site
    mode, years = type(row.mode).labels()[row.mode], lead_time.value
    return replace(
        site,
        available_from=earliest,
        available_because=Text(
            f"{mode}的审批和施工需 {years:g} 年",
            f"approvals and construction ({row.mode}) take {years:g} years",
        ),
    )


def _outgrows_land_use(row: CandidateSite, policy: Policy) -> bool:
    """Return whether the plot is registered for another use than community services.

    Only of what the government builds or fits out: what a developer hands over is part of its estate. An
    unknown land use tells nothing.
    """
    at_home = policy.standards.land_use_for_services
    if at_home is None or not row.land_use_code or row.tenure is Tenure.RETURNED:
        return False
    return not row.land_use_code.startswith(at_home.codes)

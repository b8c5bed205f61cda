"""Facilities of new estates: they open with the housing, at the developer's cost (同步交付)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from siteplan.case import CandidateSite, Case, Tenure
from siteplan.problem import Site


def with_estates(sites: Mapping[str, Site], case: Case) -> dict[str, Site]:
    """Return the sites, those that developers return in new estates not before the housing and for nothing.

    Their opening costs nothing; the fit-out is charged like any other.

    周至方案 附件2-8: 同步规划、建设、验收、交付.
    """
    estates = case.new_estates
    changed = dict(sites)
    for row in case.sites:
        if is_delivered_with_estate(row, estates):
            site = sites[row.site_id]
            first = max(site.available_from, estates[row.estate_id or ""])
            changed[row.site_id] = replace(site, available_from=first, opening_cost_cny=0.0)
    return changed


def is_delivered_with_estate(row: CandidateSite, estates: Mapping[str, int]) -> bool:
    """Return whether the developer of an estate under construction hands the space over."""
    return row.tenure is Tenure.RETURNED and row.estate_id in estates

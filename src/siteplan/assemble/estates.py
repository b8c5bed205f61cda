"""Facilities of new estates: they open with the housing, at the developer's cost (同步交付)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from siteplan.case import CandidateSite, Case, Tenure
from siteplan.problem import NewEstate, Site


def with_estates(sites: Mapping[str, Site], case: Case, *, fitted_out: bool = False) -> dict[str, Site]:
    """Return the sites, those that developers return in new estates not before the housing and for nothing.

    Their opening costs nothing; the fit-out is charged like any other unless they come ``fitted_out``.

    周至方案 附件2-8: 同步规划、建设、验收、交付.
    """
    estates = case.new_estates
    changed = dict(sites)
    for row in case.sites:
        if is_delivered_with_estate(row, estates):
            site = sites[row.site_id]
            first = max(site.available_from, estates[row.estate_id or ""])
            changed[row.site_id] = replace(site, available_from=first, opening_cost_cny=0.0)
            if fitted_out:
                changed[row.site_id] = replace(changed[row.site_id], fit_out_is_charged=False)
    return changed


def estates_with_a_standard(
    sites: Mapping[str, Site], case: Case, m2_per_100_households: float
) -> dict[str, NewEstate]:
    """Return the new estates whose developers hand over space, with their facilities and demand points."""
    delivered: dict[str, list[str]] = {}
    for row in case.sites:
        if row.estate_id is not None and is_delivered_with_estate(row, case.new_estates):
            delivered.setdefault(row.estate_id, []).append(row.site_id)
    return {
        estate: NewEstate(
            sites=tuple(key for key in keys if key in sites),
            demand=tuple(row.demand_id for row in case.demand_points if row.estate_id == estate),
            m2_per_100_households=m2_per_100_households,
        )
        for estate, keys in delivered.items()
    }


def is_delivered_with_estate(row: CandidateSite, estates: Mapping[str, int]) -> bool:
    """Return whether the developer of an estate under construction hands the space over."""
    return row.tenure is Tenure.RETURNED and row.estate_id in estates

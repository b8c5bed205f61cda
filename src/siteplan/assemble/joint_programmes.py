"""Candidates joined with a programme: they wait for its year, in which it pays part of the opening cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from siteplan.case import Case
from siteplan.problem import JointFunding, Site
from siteplan.scenario import JointProgramme, Scenario
from siteplan.text import Text


def with_joint_programmes(sites: Mapping[str, Site], case: Case, scenario: Scenario) -> dict[str, Site]:
    """Return the sites, those joined with a programme of the scenario not before its year.

    A programme whose year lies before the horizon is over: nothing waits for it, and it pays nothing. The
    case must have passed `siteplan.inputs.check`: every joined site has a year.

    周至方案 五（二）: 与老旧小区改造、完整社区建设等结合.
    """
    programmes = {entry.programme: entry for entry in scenario.joint_programmes.values()}
    joined = dict(sites)
    for row in case.sites:
        programme = programmes.get(row.joint_programme)
        year = row.joint_programme_year or (programme.year if programme is not None else None)
        if programme is not None and year is not None and year >= scenario.years[0]:
            joined[row.site_id] = _joined(sites[row.site_id], programme, year)
    return joined


def _joined(site: Site, programme: JointProgramme, year: int) -> Site:
    pays = JointFunding(programme.programme, year, programme.pays_cny(site.opening_cost_cny))
    if year <= site.available_from:
        return replace(site, joint=pays)
    return replace(
        site,
        joint=pays,
        available_from=year,
        available_because=Text(
            f"与{programme.programme}同步实施", f"it waits for its joint programme, {programme.programme}"
        ),
    )

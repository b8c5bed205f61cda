"""Funding sources against the sites: sources that pay for nothing, sites for which nobody pays."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.case import CandidateSite, Case, CommittedProject
from siteplan.findings import Finding, Place, warning
from siteplan.inputs.check.rows import names_of
from siteplan.scenario import FundingSource, Scenario
from siteplan.text import Text


def check_funding(case: Case, scenario: Scenario | None) -> Iterator[Finding]:
    """Yield a warning for each source without an eligible site, and for the sites without a source."""
    budget = None if scenario is None else scenario.budget
    if scenario is None or budget is None or not budget.is_by_source:
        return
    projects = [project for project in case.projects if project.year in scenario.years]
    rows: list[CandidateSite | CommittedProject] = [*case.sites, *projects]
    for key, source in budget.sources.items():
        if not any(_may_pay(source, row) for row in rows):
            yield _pays_for_nothing(key)
    unpaid = [
        row.site_id if isinstance(row, CandidateSite) else row.project_id
        for row in rows
        if not any(
            source.eligible_functions is None and _may_pay(source, row) for source in budget.sources.values()
        )
    ]
    if unpaid:
        yield _nobody_pays(unpaid)


def _may_pay(source: FundingSource, row: CandidateSite | CommittedProject) -> bool:
    """Return whether level and mode suit; a committed project is listed without a mode."""
    level = row.project_level if isinstance(row, CandidateSite) else row.level
    level_suits = source.eligible_levels is None or level in source.eligible_levels
    if isinstance(row, CommittedProject) or source.eligible_modes is None:
        return level_suits
    return level_suits and row.mode in source.eligible_modes


def _pays_for_nothing(key: str) -> Finding:
    return warning(
        "source-without-sites",
        Place(yaml_path=f"budget.sources.{key}"),
        found=Text(
            f"没有任何点位符合来源“{key}”的级别和方式", f"no site has a level and mode that {key} pays for"
        ),
        allowed=Text("至少一处可补助的点位", "at least one eligible site"),
        mend=Text(
            "核对 sites.csv 的“拟列级别”“建设方式”，或放宽来源条件",
            "check project_level and mode in sites.csv, or widen the source's conditions",
        ),
    )


def _nobody_pays(sites: list[str]) -> Finding:
    return warning(
        "site-without-source",
        Place(yaml_path="budget.sources"),
        found=Text(
            f"{len(sites)} 处没有来源可付建设费用：{names_of(sites)}",
            f"{len(sites)} sites whose opening cost no source may pay: {names_of(sites)}",
        ),
        allowed=Text("每处至少一个不限功能的来源", "a source for whatever functions, for each site"),
        mend=Text(
            "放宽来源条件；否则这些点位只有不花钱才能开放",
            "widen a source's conditions; otherwise these sites open only where they cost nothing",
        ),
    )

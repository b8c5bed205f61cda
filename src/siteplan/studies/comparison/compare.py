"""From plans to their comparison: what they were made from first, then every figure."""

from __future__ import annotations

from collections.abc import Sequence

from siteplan.problem import Role
from siteplan.studies.comparison.communities import community_rows, ground_of, town_rows
from siteplan.studies.comparison.document import Comparison, KnownNames, PlanSummary, Remark
from siteplan.studies.comparison.figures import (
    area_rows,
    coverage_rows,
    level_rows,
    local_rows,
    money_rows,
    radius_rows,
)
from siteplan.studies.comparison.inputs import (
    Comparability,
    file_differences,
    setting_differences,
    version_differences,
    warnings_of,
)
from siteplan.studies.comparison.sites import site_rows
from siteplan.studies.comparison.sources import ComparedPlan, CompareError, too_few

FEWEST = 2


def compare_plans(plans: Sequence[ComparedPlan]) -> Comparison:
    """Compare plans; the first is the reference.

    Raises:
        CompareError: there are fewer than two.
    """
    if len(plans) < FEWEST:
        raise CompareError([too_few()])
    pairs = [Comparability(plans[0], other) for other in plans[1:]]
    ground = ground_of(plans, pairs)
    communities = community_rows(plans, pairs, ground)
    return Comparison(
        plans=tuple(_summary(plan) for plan in plans),
        illustrative=any(plan.plan.illustrative for plan in plans),
        warnings=warnings_of(plans),
        files=file_differences(plans),
        settings=setting_differences(plans),
        versions=version_differences(plans),
        levels=tuple(level_rows(plans, pairs)),
        coverage=tuple(coverage_rows(plans, pairs)),
        local_coverage=tuple(local_rows(plans, pairs)),
        radii=tuple(radius_rows(plans, pairs)),
        area_standard=tuple(area_rows(plans, pairs)),
        money=tuple(money_rows(plans, pairs)),
        sites=tuple(row for other in plans[1:] for row in site_rows(plans[0], other)),
        community_basis=ground.basis,
        community_functions=ground.functions,
        community_years=ground.years,
        communities=tuple(communities),
        towns=tuple(town_rows(communities)),
        names=_names(plans),
    )


def _summary(plan: ComparedPlan) -> PlanSummary:
    data = plan.plan
    return PlanSummary(
        name=plan.name,
        title_zh=data.title_zh,
        title_en=data.title_en,
        folder=None if plan.folder is None else plan.folder.as_posix(),
        illustrative=data.illustrative,
        years=data.years,
        basis=data.basis,
        threshold=data.threshold,
        stopped_by=data.stopped_by,
        repeatable=plan.repeatable,
        sites_open=len(data.sites),
        candidates_opened=sum(site.role is Role.CANDIDATE for site in data.sites),
    )


def _names(plans: Sequence[ComparedPlan]) -> KnownNames:
    """Return the names that the plans' inputs give; the reference's come first."""
    functions: dict[str, Remark] = {}
    communities: dict[str, str] = {}
    towns: dict[str, str] = {}
    for plan in reversed(plans):
        functions |= {key: Remark.of(words) for key, words in plan.names.functions.items()}
        communities |= plan.names.communities
        towns |= plan.names.towns
    return KnownNames(functions=functions, communities=communities, towns=towns)

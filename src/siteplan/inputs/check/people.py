"""Households and residents of demand points that look wrong."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.case import Case, DemandPoint
from siteplan.findings import Finding, warning
from siteplan.inputs.check.rows import at
from siteplan.text import Text

MOST_RESIDENTS_PER_HOUSEHOLD = 10.0
"""Above this a number was probably put into the wrong column."""


def check_people(case: Case) -> Iterator[Finding]:
    """Yield a warning for each demand point whose households and residents don't go together."""
    for point in case.demand_points:
        if point.residents == 0:
            yield _suspicious(point, "no-residents", "没有居民", "no residents")
        elif point.households > point.residents:
            yield _suspicious(
                point,
                "more-households-than-residents",
                f"{point.households:g} 户多于 {point.residents:g} 人",
                f"{point.households:g} households for {point.residents:g} residents",
            )
        elif point.residents > MOST_RESIDENTS_PER_HOUSEHOLD * point.households:
            yield _suspicious(
                point,
                "many-residents-per-household",
                f"{point.residents:g} 人只有 {point.households:g} 户",
                f"{point.residents:g} residents in {point.households:g} households",
            )


def _suspicious(point: DemandPoint, code: str, zh: str, en: str) -> Finding:
    return warning(
        code,
        at(point, "households"),
        found=Text(zh=f"{point.demand_id}：{zh}", en=f"{point.demand_id}: {en}"),
        allowed=Text(
            zh=f"每户 1 至 {MOST_RESIDENTS_PER_HOUSEHOLD:g} 人",
            en=f"1 to {MOST_RESIDENTS_PER_HOUSEHOLD:g} residents a household",
        ),
        mend=Text(zh="核对户数和各年龄人口", en="check the households and the residents by age"),
    )

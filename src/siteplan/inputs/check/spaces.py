"""Floor areas, usable areas, costs and consent of sites."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.case import CandidateSite, Case, CommittedProject, Consent, Tenure
from siteplan.findings import Finding, error, warning
from siteplan.inputs.check.rows import Site, at, names_of, sites_of, usable_area, usable_standard
from siteplan.policy import FunctionPolicy, Policy
from siteplan.scenario import Scenario
from siteplan.text import Text

LARGEST_FLOOR_AREA_M2 = 100_000.0
"""A larger community service building is a slip, for example of hectares or of a decimal point."""

DEAREST_CNY_PER_M2 = 50_000.0
"""A dearer conversion is a slip, for example of yuan and ten thousand yuan (万元)."""


def check_spaces(case: Case, policy: Policy, scenario: Scenario | None) -> Iterator[Finding]:
    """Yield what is wrong or suspicious about the areas, costs and consent of all sites."""
    for _, row in sites_of(case):
        yield from _check_area(row)
    for project in case.projects:
        yield from _check_cost(project)
    for site in case.sites:
        yield from _check_cost(site)
        yield from _check_smallest(site, policy, scenario)
    yield from _check_consent(case)
    yield from _check_rents(case)
    yield from _check_plots(case)
    yield from _check_new_estates(case, policy)


def _check_area(row: Site) -> Iterator[Finding]:
    if row.usable_area_m2 is not None and row.usable_area_m2 > row.floor_area_m2:
        yield error(
            "usable-above-floor-area",
            at(row, "usable_area_m2"),
            found=Text(
                zh=f"使用面积 {row.usable_area_m2:g} m² 大于建筑面积 {row.floor_area_m2:g} m²",
                en=f"usable area {row.usable_area_m2:g} m² above floor area {row.floor_area_m2:g} m²",
            ),
            allowed=Text(zh="使用面积不大于建筑面积", en="a usable area of at most the floor area"),
            mend=Text(
                zh="核对两列是否写反；使用面积不详可留空",
                en="check whether the two are swapped; an unknown usable area may be left empty",
            ),
        )
    if row.floor_area_m2 > LARGEST_FLOOR_AREA_M2:
        yield warning(
            "very-large-area",
            at(row, "floor_area_m2"),
            found=Text.same(f"{row.floor_area_m2:g} m²"),
            allowed=Text(
                zh=f"一般不超过 {LARGEST_FLOOR_AREA_M2:g} m²",
                en=f"as a rule at most {LARGEST_FLOOR_AREA_M2:g} m²",
            ),
            mend=Text(
                zh="核对单位和小数点；只计可用于服务的部分",
                en="check unit and decimal point; count the part that services could use",
            ),
        )


def _check_cost(row: CandidateSite | CommittedProject) -> Iterator[Finding]:
    if row.opening_cost_cny is not None and row.opening_cost_cny > DEAREST_CNY_PER_M2 * row.floor_area_m2:
        rate = row.opening_cost_cny / row.floor_area_m2
        yield warning(
            "very-high-cost",
            at(row, "opening_cost_cny"),
            found=Text(zh=f"每平方米 {rate:,.0f} 元", en=f"{rate:,.0f} CNY per m²"),
            allowed=Text(
                zh=f"一般不超过 {DEAREST_CNY_PER_M2:,.0f} 元/m²",
                en=f"as a rule at most {DEAREST_CNY_PER_M2:,.0f} CNY per m²",
            ),
            mend=Text(
                zh="核对单位：这一列的单位是元，不是万元", en="check the unit: the column is in CNY, not 万元"
            ),
        )


def _check_smallest(site: CandidateSite, policy: Policy, scenario: Scenario | None) -> Iterator[Finding]:
    has_forms = scenario is None or scenario.rules.site_form
    may_be_complex = (
        not has_forms or site.floor_area_m2 >= policy.standards.complex_minimum_floor_area_m2.value
    )
    minima = {
        key: _minimum(function, policy, may_be_complex)
        for key, function in policy.functions.items()
        if key not in site.excluded_functions
    }
    area = usable_area(site, policy)
    if minima and area < min(minima.values()):
        key = min(minima, key=lambda function: minima[function])
        name = policy.functions[key].name
        yield warning(
            "below-every-minimum",
            at(site, "floor_area_m2"),
            found=Text(
                zh=f"{site.site_id} 的使用面积 {area:g} m² 放不下任何功能",
                en=f"{site.site_id}: usable area {area:g} m², too small for any function",
            ),
            allowed=Text(
                zh=f"至少 {minima[key]:g} m²（{name.zh}）", en=f"at least {minima[key]:g} m² ({name.en})"
            ),
            mend=Text(zh="核对面积；这个空间不会被选用", en="check the area; the site will never be chosen"),
        )


def _minimum(function: FunctionPolicy, policy: Policy, may_be_complex: bool) -> float:
    alone = usable_standard(function.minimum_alone_m2, policy)
    return min(alone, usable_standard(function.minimum_in_complex_m2, policy)) if may_be_complex else alone


def _check_consent(case: Case) -> Iterator[Finding]:
    refused = [site for site in case.sites if site.consent is Consent.REFUSED]
    if refused:
        names = names_of([site.site_id for site in refused])
        yield warning(
            "consent-refused",
            at(refused[0], "consent"),
            found=Text(
                zh=f"{len(refused)} 处备选空间未获同意：{names}",
                en=f"{len(refused)} candidate sites without consent: {names}",
            ),
            allowed=Text(
                zh="已同意或征求中的空间可以选用", en="sites whose consent is agreed or being sought"
            ),
            mend=Text(
                zh="这些空间不会被选用；征得同意后更新“意见征求”",
                en="they will not be chosen; update their consent once it is given",
            ),
        )
    seeking = [site for site in case.sites if site.consent is Consent.SEEKING]
    if seeking:
        yield warning(
            "consent-still-sought",
            at(seeking[0], "consent"),
            found=Text(
                zh=f"{len(seeking)} 处备选空间意见征求中",
                en=f"consent still being sought for {len(seeking)} candidate sites",
            ),
            allowed=Text(zh="选用前须征得同意（四（三））", en="consent before a site is used"),
            mend=Text(
                zh="可以选用，但不能用 commit 人工确定；结果中逐处标明",
                en="they may be chosen but not committed by hand; the plan states the consent of each site",
            ),
        )


def _check_rents(case: Case) -> Iterator[Finding]:
    for site in case.sites:
        if site.rent_cny_per_m2_year and site.tenure is not Tenure.RENTED:
            yield error(
                "rent-without-renting",
                at(site, "rent_cny_per_m2_year"),
                found=Text(
                    zh=f"{site.site_id} 有租金，使用方式却是“{site.tenure.text.zh}”",
                    en=f"{site.site_id} has a rent, but its tenure is {site.tenure.text.en}",
                ),
                allowed=Text(zh="只有租赁的空间有租金", en="a rent for rented spaces alone"),
                mend=Text(zh="改正使用方式，或清空租金", en="correct the tenure, or empty the rent"),
            )


def _check_plots(case: Case) -> Iterator[Finding]:
    """Sites of one plot lie in one community."""
    first: dict[str, CandidateSite] = {}
    for site in case.sites:
        if site.plot_id is None:
            continue
        other = first.setdefault(site.plot_id, site)
        if other.community_code != site.community_code:
            yield error(
                "plot-in-two-communities",
                at(site, "plot_id"),
                found=Text(
                    zh=f"{other.site_id} 与 {site.site_id} 同在地块 {site.plot_id}，却属不同社区",
                    en=f"{other.site_id} and {site.site_id} share plot {site.plot_id} in two communities",
                ),
                allowed=Text(zh="同一地块的备选空间属同一社区", en="sites of one plot in one community"),
                mend=Text(zh="核对地块编号和社区代码", en="check plot and community code"),
            )


def _check_new_estates(case: Case, policy: Policy) -> Iterator[Finding]:
    """A new estate's developer hands over enough space for its households (附件2-8)."""
    figure = policy.standards.new_estate_area_m2_per_100_households
    if figure is None:
        return
    for estate in case.new_estates:
        points = [row for row in case.demand_points if row.estate_id == estate]
        wanted = figure.value * sum(row.households for row in points) / 100.0
        spaces = [row for row in case.sites if row.estate_id == estate and row.tenure is Tenure.RETURNED]
        delivered = sum(row.floor_area_m2 for row in spaces)
        if delivered < wanted:
            yield warning(
                "new-estate-short-of-space",
                at(points[0], "estate_id"),
                found=Text(
                    zh=f"新建小区 {estate} 移交配套用房 {delivered:g} m²",
                    en=f"the new estate {estate} delivers {delivered:g} m² of service space",
                ),
                allowed=Text(
                    zh=f"每百户 {figure.value:g} m²，即至少 {wanted:g} m²（附件2-8）",
                    en=f"{figure.value:g} m² per 100 households: at least {wanted:g} m²",
                ),
                mend=Text(
                    zh="督促开发商补足，或在 sites.csv 中补录移交的用房（使用方式：开发商移交）",
                    en="have the developer add space, or list it in sites.csv (tenure returned)",
                ),
            )

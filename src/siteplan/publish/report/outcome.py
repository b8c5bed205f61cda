"""What the plan reaches: coverage against targets, the area standard, and what falls short."""

from __future__ import annotations

from siteplan.plan import CommunityArea, CoverageFigure
from siteplan.publish.explanations import CauseShare, MissedTarget, name_of_cause
from siteplan.publish.places import places_figures
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources, shortfall
from siteplan.publish.report.yearly import write_coverage_picture
from siteplan.publish.wording import NOT_CONCERNED, short, whole
from siteplan.scenario import Basis
from siteplan.text import Text

ELDERLY = "elderly"
MET_BELOW_M2 = 0.5


def write_coverage(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write coverage against targets, by function and year, with the missing communities named."""
    manuscript.heading(Text("覆盖目标达成情况", "Coverage against targets"))
    basis = sources.plan.basis
    by_community = basis.counts_communities
    unit = (
        Text("社区", "communities") if by_community else Text("目标人群人数", "persons of the target group")
    )
    manuscript.paragraph(
        Text(
            f"目标按{basis.text.zh}统计，以“已覆盖数/应覆盖数”表示（单位：{unit.zh}）；方案未规定覆盖率的计数规则，本口径为假定，"
            "各口径的含义见“方法”。",
            f"Targets are counted on the basis '{basis.text.en}', as n of m {unit.en}. The county's plan"
            " gives no counting"
            " rule: the basis is an assumption, and 'Method' says what each basis means.",
        )
    )
    manuscript.heading(Text("分年度达成", "By year"), 2)
    _write_by_year(sources, manuscript)
    write_coverage_picture(sources, manuscript)
    if sources.plan.local_coverage:
        manuscript.heading(Text("镇街、社区的目标", "Targets of towns and communities"), 2)
        _write_local_targets(sources, manuscript)
    manuscript.heading(Text(f"{sources.last_year}年未覆盖的社区", f"Not covered in {sources.last_year}"), 2)
    _write_missing(sources, manuscript)
    manuscript.heading(Text(f"{sources.last_year}年各口径对照", f"The four bases in {sources.last_year}"), 2)
    _write_bases(sources, manuscript)
    manuscript.heading(Text("托位、床位等名额", "Places"), 2)
    _write_places(sources, manuscript)


def _write_places(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write places by function in its own unit, by year; care beds have a row of their own."""
    figures = places_figures(sources.plan, sources.problem.planned_sites)
    years = sources.plan.years
    in_all = {(each.function, each.unit, each.year): each for each in figures}
    kinds = list(dict.fromkeys((each.function, each.unit) for each in figures))

    def cells(function: str, unit: Text) -> tuple[str, ...]:
        found = [in_all.get((function, unit, year)) for year in years]
        return tuple("0" if each is None else whole(each.in_all) for each in found)

    last = {
        (each.function, each.unit): whole(each.opened) for each in figures if each.year == sources.last_year
    }
    manuscript.table(
        Text("每年末的名额", "Places at the end of each year"),
        (
            Column(Text("功能", "Function"), 1.4),
            Column(Text("单位", "Unit"), 1.4),
            *(Column(Text(f"{year}年", str(year)), 1.0, Align.RIGHT) for year in years),
            Column(Text("其中规划期新增", "Of them opened by the plan"), 1.2, Align.RIGHT),
        ),
        [
            (
                sources.function(function),
                sources.say(unit),
                *cells(function, unit),
                last.get((function, unit), "0"),
            )
            for function, unit in kinds
        ],
    )


def n_of_m(sources: ReportSources, figure: CoverageFigure | None) -> str:
    """Return coverage as n/m, and as not concerned where nobody is counted."""
    if figure is None or figure.counted == 0:
        return sources.say(NOT_CONCERNED)
    return f"{whole(figure.covered)}/{whole(figure.counted)}"


def _write_by_year(sources: ReportSources, manuscript: Manuscript) -> None:
    def cell(function: str, year: int) -> str:
        figure = sources.figure(function, year)
        words = n_of_m(sources, figure)
        if figure is None or figure.target is None:
            return words
        mark = " ▼" if shortfall(figure) > 0.0 else ""
        target = whole(figure.target)
        return words + sources.say(Text(f"（目标{target}）", f" (target {target})")) + mark

    years = sources.plan.years
    manuscript.table(
        Text("已覆盖/应覆盖（▼为未达目标）", "Covered / counted (▼ below target)"),
        (
            Column(Text("功能", "Function"), 1.3),
            *(Column(Text(f"{year}年", str(year)), 1.4, Align.CENTRE) for year in years),
        ),
        [(sources.function(key), *(cell(key, year) for year in years)) for key in sources.problem.functions],
    )


def _write_local_targets(sources: ReportSources, manuscript: Manuscript) -> None:
    manuscript.table(
        Text("镇街、社区的目标（▼为未达目标）", "Targets of towns and communities (▼ below target)"),
        (
            Column(Text("年份", "Year"), 0.7, Align.CENTRE),
            Column(Text("镇街或社区", "Town or community"), 1.5),
            Column(Text("功能", "Function"), 1.3),
            Column(Text("已覆盖/应覆盖", "Covered / counted"), 1.2, Align.CENTRE),
            Column(Text("目标", "Target"), 0.8, Align.CENTRE),
            Column(Text("未覆盖社区", "Communities not covered"), 3.0),
        ),
        [
            (
                str(each.year),
                each.area_name,
                sources.function(each.function),
                n_of_m(sources, each) + (" ▼" if shortfall(each) > 0.0 else ""),
                whole(each.target or 0.0),
                sources.communities(each.missing) or "—",
            )
            for each in sorted(sources.plan.local_coverage, key=lambda each: each.year)
        ],
    )


def _write_missing(sources: ReportSources, manuscript: Manuscript) -> None:
    basis = sources.plan.basis if sources.plan.basis.counts_communities else Basis.REACHABLE
    rows = []
    for key in sources.problem.functions:
        figure = sources.figure(key, sources.last_year, basis)
        if figure is not None and figure.missing:
            rows.append(
                (sources.function(key), str(len(figure.missing)), sources.communities(figure.missing))
            )
    if not rows:
        manuscript.paragraph(Text("应覆盖的社区均已覆盖。", "Every counted community is covered."))
        return
    manuscript.table(
        Text(f"未覆盖社区（{basis.text.zh}）", f"Communities not covered (basis: {basis.text.en})"),
        (
            Column(Text("功能", "Function"), 1.3),
            Column(Text("个数", "Number"), 0.7, Align.CENTRE),
            Column(Text("社区", "Communities"), 6.0),
        ),
        rows,
    )


def _write_bases(sources: ReportSources, manuscript: Manuscript) -> None:
    manuscript.table(
        Text("按四种口径统计的覆盖", "Coverage on the four bases"),
        (
            Column(Text("功能", "Function"), 1.3),
            *(Column(basis.text, 1.3, Align.CENTRE) for basis in Basis),
        ),
        [
            (
                sources.function(key),
                *(n_of_m(sources, sources.figure(key, sources.last_year, basis)) for basis in Basis),
            )
            for key in sources.problem.functions
        ],
    )
    manuscript.note(
        Text(
            "可达、设置口径的单位为社区；人口、供给口径的单位为目标人群人数。",
            "Reachable and established count communities; residents and served count persons of"
            " the target group.",
        )
    )


def write_area_standard(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the floor area per 100 households of each community, and what is short of each tier."""
    year = sources.last_year
    rows = [each for each in sources.plan.area_standard if each.year == year]
    tiers = list(dict.fromkeys(tier for each in rows for tier in each.shortfall_m2_by_tier))
    manuscript.heading(Text("面积标准", "Area standard"))
    met = [
        (tier, sum(each.shortfall_m2_by_tier.get(tier, 0.0) < MET_BELOW_M2 for each in rows))
        for tier in tiers
    ]
    zh = "；".join(f"达到{_tier(tier).zh}的社区{count}/{len(rows)}个" for tier, count in met)
    en = "; ".join(f"{_tier(tier).en} is met by {count} of {len(rows)}" for tier, count in met)
    manuscript.paragraph(
        Text(
            f"每百户居民拥有社区综合服务设施面积（建筑面积），{year}年：{zh}。",
            f"Floor area of community services per 100 households in {year}: {en} communities.",
        )
    )
    by_code = {each.community_code: each for each in rows}
    codes = [code for code in sources.in_scope if code in by_code]
    manuscript.table(
        Text(f"{year}年各社区面积与缺口（m²）", f"Area and shortfall by community in {year} (m²)"),
        (
            Column(Text("社区", "Community"), 1.6),
            Column(Text("户数", "Households"), 1.0, Align.RIGHT),
            Column(Text("建筑面积", "Floor area"), 1.0, Align.RIGHT),
            Column(Text("每百户", "Per 100 households"), 1.0, Align.RIGHT),
            *(
                Column(Text(f"距{_tier(tier).zh}缺", f"Short of {_tier(tier).en}"), 1.1, Align.RIGHT)
                for tier in tiers
            ),
        ),
        [_area_row(sources, by_code[code], tiers) for code in codes],
    )


def _tier(tier: str) -> Text:
    if tier == ELDERLY:
        return Text("养老面积标准", "elderly care")
    return Text(f"{tier} m²/百户", f"{tier} m²/100 households")


def per_100_households(each: CommunityArea) -> str:
    """Return m² per 100 households; — where nobody lives yet."""
    return short(100.0 * each.floor_area_m2 / each.households) if each.households else "—"


def _area_row(sources: ReportSources, each: CommunityArea, tiers: list[str]) -> tuple[str, ...]:
    shortfalls = (each.shortfall_m2_by_tier.get(tier, 0.0) for tier in tiers)
    return (
        sources.community(each.community_code),
        whole(each.households),
        whole(each.floor_area_m2),
        per_100_households(each),
        *("—" if value < MET_BELOW_M2 else whole(value) for value in shortfalls),
    )


def write_shortfalls(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write what falls short of the targets, and how to learn the causes."""
    manuscript.heading(Text("缺口、原因与对策", "Shortfalls, causes and remedies"))
    if not sources.shortfalls:
        manuscript.paragraph(
            Text("各年各项覆盖目标均已达到。", "Every coverage target is met in every year.")
        )
        return
    manuscript.table(
        Text("未达到的覆盖目标", "Coverage targets that are not met"),
        (
            Column(Text("年份", "Year"), 0.7, Align.CENTRE),
            Column(Text("功能", "Function"), 1.3),
            Column(Text("目标", "Target"), 0.7, Align.RIGHT),
            Column(Text("已覆盖", "Covered"), 0.8, Align.RIGHT),
            Column(Text("缺口", "Short"), 0.7, Align.RIGHT),
            Column(Text("未覆盖社区", "Communities not covered"), 4.5),
        ),
        [
            (
                str(each.year),
                sources.whose_target(each),
                whole(each.target or 0.0),
                whole(each.covered),
                whole(shortfall(each)),
                sources.communities(each.missing),
            )
            for each in sources.shortfalls
        ],
    )
    if sources.missed:
        _write_causes(sources, manuscript)
    else:
        manuscript.paragraph(
            Text(
                "各目标缺口的原因和对策尚未分析，待补充。",
                "The causes of these shortfalls and their remedies have not been worked out yet.",
            )
        )


def _write_causes(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the stored causes of each missed target, and the cheapest remedy of each kind."""
    manuscript.table(
        Text("缺口的原因和对策", "Causes and remedies"),
        (
            Column(Text("年份", "Year"), 0.7, Align.CENTRE),
            Column(Text("功能", "Function"), 1.2),
            Column(Text("缺口", "Short"), 0.9, Align.CENTRE),
            Column(Text("原因", "Causes"), 2.6),
            Column(Text("对策", "Remedies"), 3.6),
        ),
        [
            (
                str(missed.year),
                sources.function(missed.function)
                if missed.area_code is None
                else f"{sources.problem.area_name(missed.area_code)} {sources.function(missed.function)}",
                f"{whole(missed.missing)} {sources.say(missed.unit)}",
                sources.say(Text("；", "; ")).join(
                    _cause(sources, missed, share) for share in missed.causes if share.high > 0.0
                ),
                sources.say(Text("；", "; ")).join(sources.say(each.words.text) for each in missed.remedies)
                or "—",
            )
            for missed in sources.missed
        ],
    )
    if not all(missed.is_proven for missed in sources.missed):
        manuscript.note(
            Text(
                "括号内为已证明的区间：尚不能确定每个原因的准确份额。",
                "In brackets the proven interval, where the exact share of a cause isn't known.",
            )
        )


def _cause(sources: ReportSources, missed: MissedTarget, share: CauseShare) -> str:
    words = f"{sources.say(name_of_cause(missed, share))} {whole(share.value)}"
    if share.is_proven:
        return words
    return words + sources.say(
        Text(f"（{whole(share.low)}至{whole(share.high)}）", f" ({whole(share.low)} to {whole(share.high)})")
    )

"""One page per community (一社区一策) under the plan's own headings; what nobody supplied is not invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from siteplan.plan import CommunityArea, CommunityCoverage, PlannedFunction, PlannedSite
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.outcome import per_100_households
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.wording import NOT_CONCERNED, TO_BE_SUPPLIED, name, whole
from siteplan.scenario import Basis
from siteplan.text import Language, Text


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write a page for each community in scope."""
    manuscript.heading(Text("一社区一策", "One plan per community"), on_new_page=True)
    manuscript.paragraph(
        Text(
            "以下每个社区一页，项目名称取自方案（附件2-10、五（三））。布局模型能够确定的内容已填写；其余须由镇街会同"
            "社区、产权单位和运营方提供，写作“待镇街填报”。",
            "A page for each community follows, under the headings of the county's plan (annex"
            " 2-10, section 5(3))."
            " What the layout plan decides is filled in; the rest is for the towns to supply.",
        )
    )
    last = sources.last_year
    coverage: dict[str, list[CommunityCoverage]] = {}
    for row in sources.plan.communities:
        if row.year == last:
            coverage.setdefault(row.community_code, []).append(row)
    areas = {each.community_code: each for each in sources.plan.area_standard if each.year == last}
    _write_overview(sources, manuscript, coverage, areas)
    for code in sources.in_scope:
        town = sources.town(sources.problem.communities[code].town_code)
        space = "" if sources.language is Language.ZH else " · "
        manuscript.heading(f"{town}{space}{sources.community(code)}", 2, on_new_page=True)
        manuscript.form(
            [
                (sources.say(name), content)
                for name, content in _contents(sources, code, coverage.get(code, []), areas.get(code))
            ]
        )


def _write_overview(
    sources: ReportSources,
    manuscript: Manuscript,
    coverage: Mapping[str, list[CommunityCoverage]],
    areas: Mapping[str, CommunityArea],
) -> None:
    """Write what each community gets, all on one table."""

    def row(code: str) -> tuple[str, ...]:
        sites = [site for site in sources.opened if site.community_code == code]
        rows = coverage.get(code, [])
        covered = sum(_is_covered(sources, each) for each in rows)
        area = areas.get(code)
        return (
            sources.town(sources.problem.communities[code].town_code),
            sources.community(code),
            str(len(sites)),
            f"{covered}/{len(rows)}" if rows else sources.say(NOT_CONCERNED),
            "—" if area is None else per_100_households(area),
        )

    year = sources.last_year
    manuscript.table(
        Text(f"各社区一览（{year}年）", f"The communities in {year}"),
        (
            Column(Text("镇街", "Town"), 1.4),
            Column(Text("社区", "Community"), 1.6),
            Column(Text("新开放（处）", "New sites"), 1.0, Align.RIGHT),
            Column(Text("已覆盖功能", "Functions covered"), 1.0, Align.CENTRE),
            Column(Text("每百户面积（m²）", "m² per 100 households"), 1.2, Align.RIGHT),
        ),
        [row(code) for code in sources.in_scope],
    )


def _is_covered(sources: ReportSources, row: CommunityCoverage) -> bool:
    return row.is_covered_on(sources.plan.basis)


def _contents(
    sources: ReportSources, code: str, coverage: list[CommunityCoverage], area: CommunityArea | None
) -> list[tuple[Text, str]]:
    sites = [site for site in sources.opened if site.community_code == code]
    say, unknown = sources.say, sources.say(TO_BE_SUPPLIED)
    for_sites = unknown if sites else say(NOT_CONCERNED)
    keys = [key for key in sources.problem.functions if any(_has(site, key) for site in sites)]
    bureaus = list(dict.fromkeys(sources.bureau(key) for key in keys or sources.problem.functions))
    return [
        (Text("建设目标", "Aim"), _aim(sources, coverage, area)),
        (Text("建设内容", "What is built"), _built(sources, code, sites)),
        (Text("建设主体", "Who builds"), _builder(sources, code) if sites else for_sites),
        (
            Text("建设方式", "Mode of construction"),
            _by_site(sources, sites, lambda site: None if site.mode is None else site.mode.text),
        ),
        (
            Text("建设形式", "Form"),
            _by_site(sources, sites, lambda site: None if site.form is None else site.form.text),
        ),
        (
            Text("建设时限", "Time limit"),
            _by_site(
                sources,
                sites,
                lambda site: Text(
                    f"{site.open_from}年12月31日前联合验收通过、具备运营条件",
                    f"accepted and ready to operate by 31 December {site.open_from}",
                ),
            ),
        ),
        (
            Text("服务运营主体", "Operator"),
            _by_site(sources, sites, lambda site: Text.same(name(site.operator)) if site.operator else None)
            if sites
            else unknown,
        ),
        (Text("服务项目", "Services"), _services(sources, code, sites)),
        (Text("普惠收费标准", "Affordable fees"), unknown),
        (Text("合作运营模式", "Mode of operation"), unknown),
        (
            Text("监督管理", "Supervision"),
            say(
                Text(
                    f"按功能由{sources.names(bureaus)}牵头，定期按使用率、质量和群众满意度评估；具体措施{unknown}",
                    f"Lead bureaus by function: {sources.names(bureaus)}; regular evaluation by"
                    " use, quality and"
                    f" satisfaction. Measures: {unknown}",
                )
            ),
        ),
    ]


def _has(site: PlannedSite, function: str) -> bool:
    return any(each.function == function for each in site.functions)


def _by_site(
    sources: ReportSources, sites: list[PlannedSite], words: Callable[[PlannedSite], Text | None]
) -> str:
    """Return a fact of each site: once where all agree, else by site."""
    if not sites:
        return sources.say(NOT_CONCERNED)
    facts = {site.site_id: sources.say(words(site) or TO_BE_SUPPLIED) for site in sites}
    if len(set(facts.values())) == 1:
        return next(iter(facts.values()))
    return sources.say(Text("；", "; ")).join(f"{name(site.name)}：{facts[site.site_id]}" for site in sites)


def _aim(sources: ReportSources, coverage: list[CommunityCoverage], area: CommunityArea | None) -> str:
    year = sources.last_year
    basis = Basis.ESTABLISHED if sources.plan.basis is Basis.ESTABLISHED else Basis.REACHABLE
    covered = {row.function for row in coverage if _is_covered(sources, row)}
    lacking = [row.function for row in coverage if row.function not in covered]
    zh = f"到{year}年按{basis.text.zh}计覆盖{len(covered)}/{len(coverage)}项功能"
    en = f"By {year}, {len(covered)} of {len(coverage)} functions are covered ({basis.text.en})"
    if lacking:
        zh += f"，尚缺{sources.functions(lacking)}"
        en += f"; lacking: {sources.functions(lacking)}"
    if area is not None:
        zh += f"；每百户社区综合服务设施面积{per_100_households(area)}平方米"
        en += f"; {per_100_households(area)} m² of community services per 100 households"
    return sources.say(Text(zh + "。", en + "."))


def _built(sources: ReportSources, code: str, sites: list[PlannedSite]) -> str:
    if not sites:
        words = Text("规划期内本社区不新开设施。", "Nothing opens in this community within the horizon.")
        return sources.say(words)
    parts = []
    for site in sites:
        space = "" if sources.language is Language.ZH else " "
        areas = sources.names(
            f"{sources.function(each.function)}{space}{whole(_final_area(each))} m²"
            for each in site.functions
        )
        parts.append(
            sources.say(
                Text(
                    f"{name(site.name)}（建筑面积{whole(site.floor_area_m2)} m²；使用面积：{areas}）",
                    f"{name(site.name)} ({whole(site.floor_area_m2)} m² floor area; usable area: {areas})",
                )
            )
        )
    return sources.say(Text("；", "; ")).join(parts)


def _final_area(each: PlannedFunction) -> float:
    """Return the usable m² of a function in the last year in which it is there."""
    return each.area_m2_by_year[max(each.area_m2_by_year)] if each.area_m2_by_year else 0.0


def _builder(sources: ReportSources, code: str) -> str:
    town = sources.town(sources.problem.communities[code].town_code)
    return sources.say(
        Text(
            f"{town}（镇街主体责任）；具体建设单位待镇街填报",
            f"{town} (the towns are responsible); the builder itself is to be supplied by the town",
        )
    )


def _services(sources: ReportSources, code: str, sites: list[PlannedSite]) -> str:
    """Return the services in the community: those that open, and those already there."""
    opening = sources.functions(
        key for key in sources.problem.functions if any(_has(site, key) for site in sites)
    )
    there = [site for site in sources.already_there if site.community_code == code]
    already = sources.functions(
        key for key in sources.problem.functions if any(_has(site, key) for site in there)
    )
    return sources.say(Text(f"新增：{opening}；已有：{already}", f"New: {opening}. Already there: {already}"))

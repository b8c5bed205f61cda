"""The plan by year: what opens, where, with which functions and at what cost; the map and charts."""

from __future__ import annotations

from siteplan.case import Consent
from siteplan.plan import PlannedSite
from siteplan.publish.pictures import coverage_chart, layout_map, money_chart, openings_chart, png_of
from siteplan.publish.pictures.sources import capital
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.wording import TO_BE_SUPPLIED, money, name, whole
from siteplan.text import Text

TEXT_INCHES = 6.14
"""Width of the text on the page of GB/T 9704."""


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the plan by year."""
    manuscript.heading(Text("分年度安排", "The plan by year"))
    _write_years(sources, manuscript)
    if sources.opened:
        manuscript.picture(
            Text("分年开放安排", "Openings by year"),
            png_of(openings_chart(sources.pictures, width_inches=TEXT_INCHES, is_framed=False)),
        )
    manuscript.picture(
        Text(
            f"{sources.last_year}年设施布局（内部工作用图；制图：siteplan，{sources.made_on.isoformat()}；"
            f"底图：案例路网{_mapped_until(sources)}）",
            f"Layout in {sources.last_year} (internal working map; made by siteplan on"
            f" {sources.made_on.isoformat()}; base: the case's roads{_mapped_until(sources)})",
        ),
        png_of(layout_map(sources.pictures, width_inches=TEXT_INCHES, is_framed=False)),
    )
    for year in sources.plan.years:
        _write_year(sources, manuscript, year)
    _write_land_use(sources, manuscript)


def _mapped_until(sources: ReportSources) -> str:
    until = sources.network.mapped_until
    return f", {until}" if until else ""


def _write_years(sources: ReportSources, manuscript: Manuscript) -> None:
    rows = []
    for each in sources.plan.money:
        sites = [site for site in sources.opened if site.open_from == each.year]
        rows.append(
            (
                str(each.year),
                str(len(sites)),
                whole(sum(site.floor_area_m2 for site in sites)),
                money(each.amount_cny),
                money(each.capital_cny),
                money(each.operating_cny),
                money(each.fees_cny),
            )
        )
    manuscript.table(
        Text("分年度汇总（万元）", "Year by year (10 000 CNY)"),
        (
            Column(Text("年份", "Year"), 1.0, Align.CENTRE),
            Column(Text("新开放（处）", "Sites opened"), 1.0, Align.RIGHT),
            Column(Text("建筑面积（m²）", "Floor area (m²)"), 1.2, Align.RIGHT),
            Column(Text("当年资金", "Money"), 1.0, Align.RIGHT),
            Column(Text("建设投资", "Capital"), 1.0, Align.RIGHT),
            Column(Text("运营费用", "Operating"), 1.0, Align.RIGHT),
            Column(Text("服务收费", "Fees"), 1.0, Align.RIGHT),
        ),
        rows,
    )


def _write_year(sources: ReportSources, manuscript: Manuscript, year: int) -> None:
    sites = [site for site in sources.opened if site.open_from == year]
    manuscript.heading(Text(f"{year}年", f"{year}"), 2)
    if not sites:
        manuscript.paragraph(Text(f"{year}年不新开放设施。", f"Nothing opens in {year}."))
        return
    spent = money(next(each.capital_cny for each in sources.plan.money if each.year == year))
    manuscript.paragraph(
        Text(
            f"{year}年新开放{len(sites)}处，当年建设投资{spent}万元（含此前开放设施增设功能）；均应于{year}年12月31日前完成联合验收、具备运营条件。",
            f"{len(sites)} sites open in {year}; capital of the year is {spent} (10 000 CNY),"
            " functions added elsewhere included. Each is to be accepted and ready to"
            f" operate by 31 December {year}.",
        )
    )
    pending = [site for site in sites if site.consent not in (None, Consent.AGREED)]
    if pending:
        manuscript.paragraph(
            Text(
                f"其中{len(pending)}处尚未取得居民、业主委员会和产权单位同意，须先完成意见征求（表中以*标出）。",
                f"{len(pending)} of them still need the consent of residents and owners (marked *).",
            )
        )
    manuscript.table(
        Text(f"{year}年开放的设施", f"Sites that open in {year}"),
        (
            Column(Text("镇街", "Town"), 1.1),
            Column(Text("点位", "Site"), 2.3),
            Column(Text("形式", "Form"), 0.95, Align.CENTRE),
            Column(Text("方式", "Mode"), 0.75, Align.CENTRE),
            Column(Text("建筑面积（m²）", "Floor area (m²)"), 1.35, Align.RIGHT),
            Column(Text("规划期投资（万元）", "Capital over the horizon (10 000 CNY)"), 1.35, Align.RIGHT),
            Column(Text("服务项目", "Functions"), 2.5),
        ),
        [_site(sources, site) for site in sites],
    )


def _write_land_use(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write what falls due when the years of grace on land use are over, where anything does."""
    due = [site for site in sources.opened if site.land_use_procedure_due is not None]
    if not due:
        return
    manuscript.heading(Text("到期须办理的用地手续", "Land-use procedures that fall due"), 2)
    years = sources.problem.land_use_grace_years
    manuscript.paragraph(
        Text(
            f"下列{len(due)}处的登记用途不是社区服务用地，政府建设的设施{years}年内可沿用原用途，期满须办理手续（六（三）、附件2-37）。",
            f"{len(due)} sites are registered for another use than community services: they may keep it for"
            f" {years} years, and then the procedure falls due (section 6(3), annex 2-37).",
        )
    )
    manuscript.table(
        Text("用地手续到期年份", "When the land-use procedure falls due"),
        (
            Column(Text("到期年份", "Due"), 0.9, Align.CENTRE),
            Column(Text("镇街", "Town"), 1.2),
            Column(Text("点位", "Site"), 3.0),
            Column(Text("开放年份", "Opens"), 0.9, Align.CENTRE),
            Column(Text("手续费用（万元）", "Cost (10 000 CNY)"), 1.2, Align.RIGHT),
        ),
        [
            (
                str(site.land_use_procedure_due),
                sources.town(site.town_code),
                name(site.name),
                str(site.open_from),
                sources.say(TO_BE_SUPPLIED)
                if site.land_use_procedure_cny is None
                else money(site.land_use_procedure_cny),
            )
            for site in sorted(due, key=lambda site: (site.land_use_procedure_due or 0, site.site_id))
        ],
    )


def _site(sources: ReportSources, site: PlannedSite) -> tuple[str, ...]:
    mark = "*" if site.consent not in (None, Consent.AGREED) else ""
    return (
        sources.town(site.town_code),
        name(site.name) + mark,
        "—" if site.form is None else sources.say(site.form.text),
        sources.say(TO_BE_SUPPLIED if site.mode is None else site.mode.text),
        whole(site.floor_area_m2),
        money(capital(site)),
        sources.functions_of(site),
    )


def write_coverage_picture(sources: ReportSources, manuscript: Manuscript) -> None:
    """Insert the chart of coverage against targets."""
    manuscript.picture(
        Text("分年覆盖与目标", "Coverage and targets by year"),
        png_of(coverage_chart(sources.pictures, width_inches=TEXT_INCHES, is_framed=False)),
    )


def write_money_picture(sources: ReportSources, manuscript: Manuscript) -> None:
    """Insert the chart of money by year."""
    png = png_of(money_chart(sources.pictures, width_inches=TEXT_INCHES, is_framed=False))
    manuscript.picture(Text("分年度资金与投资", "Money and capital by year"), png)

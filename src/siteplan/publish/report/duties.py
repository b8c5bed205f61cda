"""Responsibilities of bureaus and towns, as the county's plan gives them (方案 四至六 and annex 2)."""

from __future__ import annotations

from siteplan.publish.pictures.sources import capital
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.wording import money, whole
from siteplan.text import Text

RESOURCES = Text("县资源规划局", "county bureau of natural resources and planning")
DEVELOPMENT = Text("县发改委", "county development and reform commission")
FINANCE = Text("县财政局", "county finance bureau")
HOUSING = Text("县住建局", "county housing and construction bureau")
OFFICES = Text("县机关事务服务中心", "county office services centre")
MARKET = Text("县市场监管局", "county market supervision bureau")
APPROVALS = Text("县行政审批局", "county approvals bureau")
TAX = Text("县税务局", "county tax bureau")
FIRE = Text("县消防救援大队", "county fire and rescue brigade")
CIVIL_AFFAIRS = Text("县民政局", "county civil affairs bureau")
HEALTH = Text("县卫生健康局", "county health bureau")
EDUCATION = Text("县教育科技局", "county education and science bureau")
CULTURE = Text("县文化旅游局", "county culture and tourism bureau")
TRADE = Text("县经贸局", "county economy and trade bureau")

DUTIES = (
    (
        RESOURCES,
        Text(
            "把选址布局纳入国土空间规划“一张图”；政府建设的设施五年内可保持原土地用途，期满办理用地手续（六（三）、附件2-37）",
            "takes the siting into the territorial 'one map'; land-use procedures after the five-year grace"
            " (section 6(3), annex 2-37)",
        ),
    ),
    (
        DEVELOPMENT,
        Text("中央预算内投资等资金争取和统筹；项目审批（附件2-13）", "funds; approval (annex 2-13)"),
    ),
    (FINANCE, Text("资金保障；国有企业闲置房产盘活", "funds; idle premises of state firms")),
    (OFFICES, Text("机关闲置用房盘活", "idle rooms of government offices")),
    (HOUSING, Text("工程建设管理、消防验收", "construction and fire acceptance")),
    (
        MARKET,
        Text("食品经营许可、价格监管、一照多址", "food licences, prices, one licence for several addresses"),
    ),
    (APPROVALS, Text("相关行政审批", "administrative approvals")),
    (TAX, Text("税费政策落实", "taxes and fees")),
    (FIRE, Text("消防安全", "fire safety")),
)

REVIEWING_BUREAUS = (
    DEVELOPMENT,
    FINANCE,
    RESOURCES,
    HOUSING,
    CIVIL_AFFAIRS,
    HEALTH,
    EDUCATION,
    CULTURE,
    TRADE,
    MARKET,
)


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the responsibilities of bureaus and towns."""
    manuscript.heading(Text("职责分工", "Responsibilities"))
    _write_lead_bureaus(sources, manuscript)
    manuscript.table(
        Text("其他部门职责", "Other bureaus"),
        (Column(Text("部门", "Bureau"), 1.2), Column(Text("职责（据方案）", "Duty (from the plan)"), 3.6)),
        [(sources.say(bureau), sources.say(duty)) for bureau, duty in DUTIES],
    )
    _write_towns(sources, manuscript)


def _write_lead_bureaus(sources: ReportSources, manuscript: Manuscript) -> None:
    rows = []
    for key, function in sources.problem.functions.items():
        providing = [site for site in sources.opened if any(each.function == key for each in site.functions)]
        approvals = (sources.say(each.text) for each in sources.policy.functions[key].approvals)
        rows.append(
            (
                sources.bureau(key),
                sources.say(function.name),
                str(len(providing)),
                sources.names(approvals),
            )
        )
    rows.sort(key=lambda row: row[0])
    manuscript.table(
        Text("按功能的牵头部门", "Lead bureaus by function"),
        (
            Column(Text("牵头部门", "Lead bureau"), 1.6),
            Column(Text("功能", "Function"), 1.3),
            Column(Text("新开放（处）", "New sites"), 0.9, Align.RIGHT),
            Column(
                Text("涉及的审批、备案（以主管部门意见为准）", "Approvals (the bureau has the last word)"),
                3.2,
            ),
        ),
        rows,
    )


def _write_towns(sources: ReportSources, manuscript: Manuscript) -> None:
    rows = []
    for code in dict.fromkeys(sources.problem.communities[each].town_code for each in sources.in_scope):
        sites = [site for site in sources.opened if site.town_code == code]
        inside = sum(sources.problem.communities[each].town_code == code for each in sources.in_scope)
        rows.append(
            (
                sources.town(code),
                str(inside),
                str(len(sites)),
                whole(sum(site.floor_area_m2 for site in sites)),
                money(sum(capital(site) for site in sites)),
            )
        )
    manuscript.table(
        Text("镇街任务（主体责任：建设和运营管理）", "Tasks of the towns, which build and run the services"),
        (
            Column(Text("镇街", "Town"), 1.6),
            Column(Text("纳入社区", "Communities"), 1.0, Align.RIGHT),
            Column(Text("新开放（处）", "New sites"), 1.0, Align.RIGHT),
            Column(Text("建筑面积（m²）", "Floor area (m²)"), 1.2, Align.RIGHT),
            Column(Text("规划期投资（万元）", "Capital (10 000 CNY)"), 1.2, Align.RIGHT),
        ),
        rows,
    )

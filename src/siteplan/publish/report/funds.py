"""Money: what is there by source and year, what is spent, what is left."""

from __future__ import annotations

from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.report.yearly import write_money_picture
from siteplan.publish.wording import clean, money
from siteplan.text import Text

SMALLEST_CNY = 1.0
"""A smaller loss is a rounding error."""


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the funds by source and year."""
    manuscript.heading(Text("资金安排", "Funds"))
    budget = sources.scenario.budget
    if budget is None:
        manuscript.paragraph(Text("本情景不限制资金总额。", "The scenario sets no limit on money."))
    else:
        manuscript.paragraph(
            Text(
                "资金来源的名称取自方案；方案没有金额，各年金额为情景给定，须经县发改委、县财政局核定。",
                "Sources are named by the county's plan, which gives no amounts: those are the"
                " scenario's, to be"
                " settled by the county's development and finance bureaus.",
            )
        )
        if sources.plan.sources:
            _write_by_source(sources, manuscript)
        else:
            _write_amounts(sources, manuscript)
    _write_years(sources, manuscript)
    _write_joint_programmes(sources, manuscript)
    _write_running(sources, manuscript)
    write_money_picture(sources, manuscript)


def _write_amounts(sources: ReportSources, manuscript: Manuscript) -> None:
    budget = sources.scenario.budget
    if budget is None:
        return
    amounts = sources.problem.money.capital_by_source_cny
    years = sources.plan.years
    manuscript.table(
        Text("各来源安排的建设资金（万元）", "Capital money by source (10 000 CNY)"),
        (
            Column(Text("来源", "Source"), 3.0),
            *(Column(Text(f"{year}年", str(year)), 1.0, Align.RIGHT) for year in years),
            Column(Text("合计", "Total"), 1.0, Align.RIGHT),
        ),
        [
            (
                clean(sources.say(budget.sources[key].name.text)) if key in budget.sources else clean(key),
                *(money(by_year.get(year, 0.0)) for year in years),
                money(sum(by_year.get(year, 0.0) for year in years)),
            )
            for key, by_year in amounts.items()
        ],
    )


def _write_by_source(sources: ReportSources, manuscript: Manuscript) -> None:
    manuscript.table(
        Text("各来源资金安排与支付（万元）", "What each source grants and pays (10 000 CNY)"),
        (
            Column(Text("年份", "Year"), 0.7, Align.CENTRE),
            Column(Text("来源", "Source"), 2.6),
            Column(Text("金额", "Amount"), 0.9, Align.RIGHT),
            Column(Text("上年结转", "Carried in"), 0.9, Align.RIGHT),
            Column(Text("安排", "Granted"), 0.9, Align.RIGHT),
            Column(Text("支付", "Paid"), 0.9, Align.RIGHT),
            Column(Text("结转下年", "Carried out"), 0.9, Align.RIGHT),
        ),
        [
            (
                str(each.year),
                clean(sources.say(Text(each.name_zh, each.name_en))),
                money(each.amount_cny),
                money(each.carried_in_cny),
                money(each.granted_cny),
                money(each.paid_cny),
                money(each.carried_out_cny),
            )
            for each in sources.plan.sources
        ],
    )


def _write_years(sources: ReportSources, manuscript: Manuscript) -> None:
    manuscript.table(
        Text("分年度资金与支出（万元）", "Money and spending by year (10 000 CNY)"),
        (
            Column(Text("年份", "Year"), 0.7, Align.CENTRE),
            Column(Text("当年资金", "Amount"), 1.0, Align.RIGHT),
            Column(Text("上年结转", "Carried in"), 1.0, Align.RIGHT),
            Column(Text("建设投资", "Capital"), 1.0, Align.RIGHT),
            Column(Text("结转下年", "Carried out"), 1.0, Align.RIGHT),
            Column(Text("运营费用", "Operating"), 1.0, Align.RIGHT),
            Column(Text("服务收费", "Fees"), 1.0, Align.RIGHT),
        ),
        [
            (
                str(each.year),
                money(each.amount_cny),
                money(each.carried_in_cny),
                money(each.capital_cny),
                money(each.carried_out_cny),
                money(each.operating_cny),
                money(each.fees_cny),
            )
            for each in sources.plan.money
        ],
    )


def _write_running(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write what the sites that open pay and get a year once all is there: rent, subsidy, what is left."""
    sites = sources.opened
    if not sites:
        return
    rented = [site for site in sites if site.rent_cny_per_year > 0.0]
    rent = money(sum(site.rent_cny_per_year for site in rented))
    balance = money(sum(site.operator_balance_cny_per_year for site in sites))
    short = sum(site.operator_balance_cny_per_year < -SMALLEST_CNY for site in sites)
    is_rule = sources.scenario.rules.operator_viability
    rule = (
        Text("每处收支平衡为本情景的规则", "that none is short is a rule of the scenario")
        if is_rule
        else Text("收支平衡未作为规则", "no rule of the scenario asks for more")
    )
    manuscript.paragraph(
        Text(
            f"规划期末，租赁空间{len(rented)}处，年租金合计{rent}万元（计入运营费用）；新开放设施每年收费加补贴减运营费用合计"
            f"{balance}万元，其中入不敷出的{short}处（{rule.zh}）。",
            f"At the end of the horizon {len(rented)} sites are rented for {rent} a year (10 000 CNY, part of"
            " the operating cost). Fees and subsidy less operating cost of the sites that open are"
            f" {balance} a year, and {short} of them are short ({rule.en}).",
        )
    )


def _write_joint_programmes(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write what joint programmes pay besides the capital of the plan, where they do."""
    paid = [site for site in sources.plan.sites if site.joint_programme_cny > 0.0]
    if not paid:
        return
    manuscript.table(
        Text("结合项目另行出资（万元）", "Paid by joint programmes besides (10 000 CNY)"),
        (
            Column(Text("年份", "Year"), 0.7, Align.CENTRE),
            Column(Text("点位", "Site"), 3.0),
            Column(Text("结合项目", "Joint programme"), 2.0),
            Column(Text("出资", "Pays"), 0.9, Align.RIGHT),
            Column(Text("本方案建设投资", "Capital of the plan"), 1.2, Align.RIGHT),
        ),
        [
            (
                str(site.open_from),
                clean(site.name),
                clean(site.joint_programme or ""),
                money(site.joint_programme_cny),
                money(sum(site.capital_cny_by_year.values())),
            )
            for site in sorted(paid, key=lambda site: (site.open_from, site.site_id))
        ],
    )

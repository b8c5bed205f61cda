"""Summary: what the plan opens, reaches, costs, what it misses, and how good it is proven to be."""

from __future__ import annotations

from siteplan.case import Form
from siteplan.plan import LevelResult
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources, shortfall
from siteplan.publish.wording import money, short, whole
from siteplan.scenario import Level
from siteplan.text import Text

WHOLE_FROM = 1000.0
"""Amounts from here on have no decimals."""


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the summary."""
    manuscript.heading(Text("概要", "Summary"), on_new_page=True)
    manuscript.paragraph(purpose(sources))
    manuscript.paragraph(openings(sources))
    manuscript.paragraph(achievement(sources))
    manuscript.paragraph(cost(sources))
    manuscript.paragraph(quality(sources))


def purpose(sources: ReportSources) -> Text:
    """Say what the report is for."""
    return Text(
        f"本附件供{sources.case.header.county_name}城市社区嵌入式服务设施建设工作专班研究使用，并送县资源规划局"
        "纳入国土空间规划“一张图”时参考。全部数字由布局模型据附列输入计算，可逐项复核；"
        "不代替项目审批、可行性研究和安全评估。",
        "This attachment is for the county's working group, and for the county bureau of natural"
        " resources and"
        " planning as it takes the siting into the territorial 'one map'. Every figure is computed from the"
        " listed inputs and can be recomputed; it replaces no approval, feasibility study or"
        " safety assessment.",
    )


def openings(sources: ReportSources) -> Text:
    """Say how many sites open, of which form, and with what floor area."""
    opened = sources.opened
    complexes = sum(site.form is Form.COMPLEX for site in opened)
    area = whole(sum(site.floor_area_m2 for site in opened))
    first, last = sources.plan.years[0], sources.last_year
    zh_years = f"{first}年" if first == last else f"{first}—{last}年"
    en_years = f"{first}" if first == last else f"{first} to {last}"
    towns = len({site.town_code for site in opened})
    return Text(
        f"{zh_years}新开放设施{len(opened)}处，其中综合体{complexes}处、插花式{len(opened) - complexes}处，"
        f"分布在{towns}个镇街，所在空间建筑面积合计{area}平方米。",
        f"In {en_years}, {len(opened)} sites open: {complexes} complexes and"
        f" {len(opened) - complexes} scattered"
        f" ones, in {towns} towns, in spaces of {area} m² floor area in all.",
    )


def achievement(sources: ReportSources) -> Text:
    """Say which targets of the last year are met."""
    year = sources.last_year
    figures = [sources.figure(key, year) for key in sources.problem.functions]
    aimed = [figure for figure in figures if figure is not None and figure.target is not None]
    missed = [each.function for each in aimed if shortfall(each) > 0.0]
    basis = sources.plan.basis.text
    if not aimed:
        return Text(
            f"本情景未对{year}年设覆盖目标；按{basis.zh}计的覆盖情况见下文。",
            f"The scenario sets no targets for {year}; coverage on the basis '{basis.en}' follows below.",
        )
    if not missed:
        return Text(
            f"{year}年{len(aimed)}项覆盖目标按{basis.zh}计全部达到。",
            f"All {len(aimed)} coverage targets of {year} are met on the basis '{basis.en}'.",
        )
    zh = "、".join(sources.problem.functions[key].name.zh for key in missed)
    en = ", ".join(sources.problem.functions[key].name.en for key in missed)
    return Text(
        f"{year}年{len(aimed)}项覆盖目标按{basis.zh}计达到{len(aimed) - len(missed)}项，"
        f"未达到的有：{zh}，涉及社区见“缺口、原因与对策”。",
        f"Of {len(aimed)} coverage targets of {year}, {len(aimed) - len(missed)} are met on the basis"
        f" '{basis.en}'; not met: {en}. The communities are named under shortfalls.",
    )


def cost(sources: ReportSources) -> Text:
    """Say what the plan costs and what money there is."""
    years = sources.plan.money
    capital = money(sum(each.capital_cny for each in years))
    last = years[-1]
    amounts = [each.amount_cny for each in years if each.amount_cny is not None]
    zh_money = f"，同期安排资金{money(sum(amounts))}万元" if amounts else ""
    en_money = f", out of {money(sum(amounts))}" if amounts else ""
    zh = f"规划期建设投资合计{capital}万元{zh_money}"
    en = f"Capital over the horizon is {capital}{en_money} (10 000 CNY)"
    if last.operating_cny > 0.0:
        zh += f"；{last.year}年运营费用{money(last.operating_cny)}万元，服务收费{money(last.fees_cny)}万元"
        en += f"; operating cost in {last.year} is {money(last.operating_cny)}, fees {money(last.fees_cny)}"
    else:
        zh += "；运营费用自开放次年起计"
        en += "; operating cost begins in the year after opening"
    if last.awards_outstanding_cny > 0.0:
        later = money(last.awards_outstanding_cny)
        zh += f"；投资中有{later}万元为验收后兑付的奖补，在{last.year}年以后支付"
        en += f"; {later} of the capital are awards that are paid after {last.year}"
    return Text(zh + "。", en + ".")


def quality(sources: ReportSources) -> Text:
    """Say how good the plan is proven to be: optimal only where every level is."""
    levels = tuple(level for level in sources.plan.levels if level.status != "component")
    if levels and all(is_proven(level) for level in levels):
        return Text(
            "本方案在所设规则之内已证明为最优。", "The plan is proven optimal within the rules that are set."
        )
    first = levels[0] if levels else None
    if first is None or first.gap is None or first.name is not Level.SHORTFALL:
        return Text(
            "本方案为在所设规则之内找到的可行方案，尚未证明为最优，各级目标的差距见“方法”。",
            "The plan is feasible within the rules that are set and not proven optimal; see"
            " 'Method' for gaps.",
        )
    if is_proven(first):
        return Text(
            "在所设规则之内，首要目标（覆盖目标缺口最小）已证明最优；其余各级目标的差距见“方法”。",
            "Within the rules that are set the first objective (the least shortfall to the"
            " coverage targets) is"
            " proven optimal; 'Method' states the gaps of the others.",
        )
    return Text(
        f"首要目标（覆盖目标缺口最小）尚未证明最优：与理论界之差为{gap_words(first)}个覆盖率百分点，即所设规则之内"
        "任何方案至多再改善这么多。",
        "The first objective (the least shortfall to the coverage targets) isn't proven optimal:"
        " no plan within"
        f" the rules that are set is better by more than {gap_words(first)} coverage points.",
    )


def is_proven(level: LevelResult) -> bool:
    """Return whether a level is proven optimal, with every level before it."""
    return level.status == "optimal" and not level.given_unproven


def gap_words(level: LevelResult) -> str:
    """Return a level's gap with the digits that matter; — where nothing is proven."""
    if level.gap is None:
        return "—"
    if 0.0 < level.gap < 1.0:
        return f"{level.gap:.2g}"
    return short(level.gap) if level.gap < WHOLE_FROM else whole(level.gap)


def levels_table(sources: ReportSources, manuscript: Manuscript, units: dict[Level, Text]) -> None:
    """Write the table of levels with bound and gap."""

    def amount(level: LevelResult, value: float | None) -> str:
        if value is None:
            return "—"
        if level.name is Level.COST:
            return money(value)
        if level.name is Level.SHORTFALL:
            return f"{value:.2f}"
        return short(value) if abs(value) < WHOLE_FROM else whole(value)

    def unit(level: LevelResult) -> str:
        wanted = Text("万元", "10 000 CNY") if level.name is Level.COST else units[level.name]
        return sources.say(wanted)

    def gap(level: LevelResult) -> str:
        if level.gap is None or level.name is not Level.COST:
            return gap_words(level)
        return money(level.gap)

    def status(level: LevelResult) -> str:
        words = {
            "optimal": Text("已证最优", "optimal"),
            "gap": Text("有差距", "gap"),
            "unproven": Text("未证明", "unproven"),
            "component": Text("加权和的一项", "part of the sum"),
        }[level.status]
        return sources.say(words) + (" †" if level.given_unproven else "")

    manuscript.table(
        Text("各级目标的结果与理论界之差", "Objective levels: result, bound and gap"),
        (
            Column(Text("级", "Level"), 0.5, Align.CENTRE),
            Column(Text("目标", "Objective"), 2.2),
            Column(Text("单位", "Unit"), 1.4, Align.CENTRE),
            Column(Text("方案", "Plan"), 1.4, Align.RIGHT),
            Column(Text("理论界", "Bound"), 1.4, Align.RIGHT),
            Column(Text("差", "Gap"), 1.1, Align.RIGHT),
            Column(Text("状态", "Status"), 1.2, Align.CENTRE),
        ),
        [
            (
                str(rank),
                sources.say(sources.level_names[level.name]),
                unit(level),
                amount(level, level.value),
                amount(level, level.bound),
                gap(level),
                status(level),
            )
            for rank, level in enumerate(sources.plan.levels, start=1)
        ],
    )
    if any(level.given_unproven for level in sources.plan.levels):
        manuscript.note(
            Text(
                "† 前面某一级保持的值尚未证明最优，本级的证明以它为前提。",
                "† an earlier level is held at a value that isn't proven optimal; the proof holds under it.",
            )
        )

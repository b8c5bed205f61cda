"""``report.xlsx``: the plan as a workbook, one sheet per question.

Figures are those of ``plan.json``, money in 10 000 CNY (万元). Totals, shares and shortfalls are live
formulas, which follow the filters and what a reader changes. Whatever comes from data is written as text,
never as a formula, a link or a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from siteplan.case import Form
from siteplan.plan import CoverageFigure, LocalCoverage, Plan, PlannedSite
from siteplan.problem import Problem
from siteplan.publish.explanations import MissedTarget, name_of_cause
from siteplan.publish.labels import ILLUSTRATIVE_NOTE, ROLES
from siteplan.publish.places import CARE_BEDS_UNIT, places_figures
from siteplan.scenario import Basis
from siteplan.text import Language, Text

WORKBOOK_FILE = "report.xlsx"
CNY_PER_10_000 = 10_000.0
LONGEST_CELL = 32_767
ROWS_WITH_CHART_ON_A_PAGE = 12
"""Above a longer table's chart the printed page breaks, so that the chart stays whole."""
LINE_HEIGHT = 15.0
HIGHEST_ROW = 405.0
FIRST_WIDE_LETTER = 0x2E80
HEADER_ROW = 3
A4, A3 = 9, 8
"""Paper sizes by their number in the file format."""
COLUMNS_ON_A4 = 12
"""A sheet with more would be printed too small."""
FIRST_ROW = HEADER_ROW + 1

BASES = {
    Basis.REACHABLE: Text("可达口径", "reachable"),
    Basis.ESTABLISHED: Text("设置口径", "established"),
    Basis.RESIDENTS: Text("人口口径", "residents"),
    Basis.SERVED: Text("供给口径", "served"),
}
COVERED = Text("已覆盖", "covered")
NOT_COVERED = Text("未覆盖", "not covered")
NOT_CONCERNED = Text("不涉及", "not concerned")
YES, NO = Text("是", "yes"), Text("否", "no")
ALL_FUNCTIONS = Text("全部功能", "every function")
MONEY_UNIT = Text("（万元）", " (10 000 CNY)")


class Kind(StrEnum):
    """How a column is written."""

    WORDS = "words"
    YEAR = "year"
    COUNT = "count"
    AREA = "area"
    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"


NUMBER_FORMATS = {
    Kind.WORDS: "@",
    Kind.YEAR: "0",
    Kind.COUNT: "#,##0",
    Kind.AREA: "#,##0",
    Kind.NUMBER: "#,##0.0",
    Kind.MONEY: "#,##0.00",
    Kind.SHARE: "0%",
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with ``{row}`` for its own row, and the value it has as written."""

    words: str
    value: float | str


Cell = str | float | int | Formula | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet; ``is_summed`` gives it a total that follows the filter."""

    title: Text
    kind: Kind = Kind.WORDS
    width: int = 12
    is_summed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A column chart: ``series`` and ``categories`` are column numbers, of the last ``rows`` rows."""

    title: Text
    categories: int
    series: tuple[int, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name, the question it answers, columns, rows and perhaps a chart."""

    name: Text
    question: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class WorkbookSources:
    """What the workbook is made of: the plan, its problem, town names by code and bureaus by function."""

    plan: Plan
    problem: Problem
    towns: Mapping[str, str]
    lead_bureaus: Mapping[str, Text]
    language: Language
    missed: tuple[MissedTarget, ...] = ()
    """The causes of missed targets that are stored of the plan."""


@dataclass(frozen=True, slots=True)
class Book:
    """What every sheet of a workbook begins with: a title, and that the data are illustrative."""

    title: Text
    illustrative: bool
    language: Language


def write_workbook(sources: WorkbookSources, file: Path) -> None:
    """Write the workbook.

    Raises:
        OSError: the file can't be written.
    """
    plan = sources.plan
    title = Text(plan.title_zh, plan.title_en)
    write_sheets(_sheets(sources), Book(title, plan.illustrative, sources.language), file)


def write_sheets(sheets: Iterable[Sheet], book_of: Book, file: Path) -> None:
    """Write sheets as a workbook.

    Raises:
        OSError: the file can't be written.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(file), options)
    for sheet in sheets:
        _write_sheet(book, sheet, book_of)
    try:
        book.close()
    except xlsxwriter.exceptions.FileCreateError as refusal:
        raise OSError(str(refusal)) from refusal


def _sheets(sources: WorkbookSources) -> tuple[Sheet, ...]:
    return (
        _by_year(sources),
        _by_community(sources),
        _by_function(sources),
        *((_local_targets(sources),) if sources.plan.local_coverage else ()),
        _by_bureau(sources),
        _places(sources),
        _by_town(sources),
        _sites(sources),
        _rooms(sources),
        *((_excluded(sources),) if sources.plan.excluded_sites else ()),
        _money(sources),
        *((_money_by_source(sources),) if sources.plan.sources else ()),
        _shortfalls(sources),
        _area_standard(sources),
    )


def _opened(sources: WorkbookSources) -> tuple[PlannedSite, ...]:
    """Return the sites that open within the horizon, by year and id."""
    planned = frozenset(sources.problem.planned_sites)
    sites = (site for site in sources.plan.sites if site.site_id in planned)
    return tuple(sorted(sites, key=lambda site: (site.open_from, site.site_id)))


def _capital(site: PlannedSite) -> float:
    return sum(site.capital_cny_by_year.values()) / CNY_PER_10_000


def _money_column(zh: str, en: str) -> Column:
    return Column(Text(zh + MONEY_UNIT.zh, en + MONEY_UNIT.en), Kind.MONEY, 16, True)


def _by_year(sources: WorkbookSources) -> Sheet:
    plan = sources.plan
    rows = []
    for money in plan.money:
        opened = [site for site in _opened(sources) if site.open_from == money.year]
        complexes = sum(site.form is Form.COMPLEX for site in opened)
        area = sum(site.floor_area_m2 for site in opened)
        amounts = (money.capital_cny, money.operating_cny, money.fees_cny)
        rows.append(
            (
                money.year,
                len(opened),
                complexes,
                len(opened) - complexes,
                area,
                *(amount / CNY_PER_10_000 for amount in amounts),
            )
        )
    return Sheet(
        Text("分年度", "By year"),
        Text("每年开放多少、投入多少", "What opens each year, and what it costs"),
        (
            Column(Text("年份", "year"), Kind.YEAR),
            Column(Text("新开放设施", "sites opened"), Kind.COUNT, 12, True),
            Column(Text("综合体", "complexes"), Kind.COUNT, 12, True),
            Column(Text("插花式", "scattered"), Kind.COUNT, 12, True),
            Column(Text("建筑面积（m²）", "floor area (m²)"), Kind.AREA, 16, True),
            _money_column("建设投资", "capital"),
            _money_column("运营费用", "operating"),
            _money_column("服务收费", "fees"),
        ),
        tuple(rows),
        Chart(Text("分年度建设投资（万元）", "Capital by year (10 000 CNY)"), 0, (5,), len(rows)),
    )


def _by_community(sources: WorkbookSources) -> Sheet:
    plan, problem, language = sources.plan, sources.problem, sources.language
    last = plan.years[-1]
    basis = plan.basis if plan.basis.counts_communities else Basis.REACHABLE
    covered = {
        (each.community_code, each.function): each.is_covered_on(basis)
        for each in plan.communities
        if each.year == last
    }
    counted = {key: frozenset(problem.counted_communities(key, last)) for key in problem.functions}

    def state(code: str, function: str) -> str:
        if code not in counted[function]:
            return NOT_CONCERNED.in_language(language)
        return (COVERED if covered.get((code, function)) else NOT_COVERED).in_language(language)

    opened = _opened(sources)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            code,
            community.name,
            _town(sources, community.town_code),
            sum(site.community_code == code for site in opened),
            sum(_capital(site) for site in opened if site.community_code == code),
            *(state(code, key) for key in problem.functions),
        )
        for code, community in problem.communities.items()
    )
    return Sheet(
        Text("分社区", "By community"),
        Text(
            f"{last} 年各社区有哪些功能（{BASES[basis].zh}）",
            f"What each community has in {last} ({BASES[basis].en})",
        ),
        (
            Column(Text("社区代码", "code"), width=15),
            Column(Text("社区", "community"), width=16),
            Column(Text("镇街", "town"), width=14),
            Column(Text("新开放设施", "sites opened"), Kind.COUNT, 12, True),
            _money_column("建设投资", "capital"),
            *(Column(function.name, width=13) for function in problem.functions.values()),
        ),
        rows,
    )


def _target_figures(plan: Plan) -> tuple[CoverageFigure, ...]:
    return tuple(
        figure
        for year in plan.years
        for figure in plan.coverage
        if figure.basis is plan.basis and figure.year == year
    )


def _by_function(sources: WorkbookSources) -> Sheet:
    plan, problem, language = sources.plan, sources.problem, sources.language
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            figure.year,
            problem.functions[figure.function].name.in_language(language),
            figure.covered,
            figure.counted,
            Formula(
                'IF(D{row}=0,"",C{row}/D{row})', figure.covered / figure.counted if figure.counted else ""
            ),
            figure.target,
            Formula('IF(F{row}="",0,MAX(0,F{row}-C{row}))', _short(figure)),
            _names(sources, figure.missing),
        )
        for figure in _target_figures(plan)
    )
    basis = BASES[plan.basis]
    return Sheet(
        Text("分功能", "By function"),
        Text(f"覆盖与目标（{basis.zh}）", f"Coverage against targets ({basis.en})"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("功能", "function"), width=18),
            Column(Text("已覆盖", "covered"), Kind.COUNT),
            Column(Text("应覆盖", "counted"), Kind.COUNT),
            Column(Text("覆盖率", "share"), Kind.SHARE),
            Column(Text("目标", "target"), Kind.COUNT),
            Column(Text("缺口", "shortfall"), Kind.COUNT),
            Column(Text("未覆盖社区", "communities not covered"), width=70),
        ),
        rows,
        Chart(
            Text(f"{plan.years[-1]} 年覆盖与目标", f"Coverage and targets in {plan.years[-1]}"),
            1,
            (2, 5),
            len(problem.functions),
        ),
    )


def _local_targets(sources: WorkbookSources) -> Sheet:
    language = sources.language
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            figure.year,
            figure.area_name,
            sources.problem.functions[figure.function].name.in_language(language),
            figure.covered,
            figure.counted,
            figure.target,
            Formula("MAX(0,F{row}-D{row})", _short(figure)),
            _names(sources, figure.missing),
        )
        for figure in sorted(sources.plan.local_coverage, key=lambda each: each.year)
    )
    basis = BASES[sources.plan.basis]
    return Sheet(
        Text("镇街社区目标", "Local targets"),
        Text(f"镇街、社区的目标（{basis.zh}）", f"Targets of towns and communities ({basis.en})"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("镇街或社区", "town or community"), width=18),
            Column(Text("功能", "function"), width=18),
            Column(Text("已覆盖", "covered"), Kind.COUNT),
            Column(Text("应覆盖", "counted"), Kind.COUNT),
            Column(Text("目标", "target"), Kind.COUNT),
            Column(Text("缺口", "shortfall"), Kind.COUNT),
            Column(Text("未覆盖社区", "communities not covered"), width=70),
        ),
        rows,
    )


def _short(figure: CoverageFigure) -> float:
    return 0.0 if figure.target is None else max(0.0, figure.target - figure.covered)


def _by_bureau(sources: WorkbookSources) -> Sheet:
    plan, problem, language = sources.plan, sources.problem, sources.language
    last = plan.years[-1]
    rows = [
        (
            sources.lead_bureaus[planned.function].in_language(language),
            problem.functions[planned.function].name.in_language(language),
            planned.from_year,
            site.site_id,
            site.name,
            _community(sources, site.community_code),
            planned.area_m2_by_year.get(last, 0.0),
            planned.places_by_year.get(last, 0.0),
            planned.places_unit_zh if language is Language.ZH else planned.places_unit_en,
        )
        for site in _opened(sources)
        for planned in site.functions
    ]
    rows.sort(key=lambda row: row[:4])
    return Sheet(
        Text("分部门", "By bureau"),
        Text("各牵头部门要落实的功能", "What each lead bureau has to bring about"),
        (
            Column(Text("牵头部门", "lead bureau"), width=24),
            Column(Text("功能", "function"), width=18),
            Column(Text("开始年份", "from year"), Kind.YEAR, 10),
            Column(Text("点位编号", "site id"), width=10),
            Column(Text("点位", "site"), width=36),
            Column(Text("社区", "community"), width=16),
            Column(Text("使用面积（m²）", "usable area (m²)"), Kind.AREA, 16, True),
            Column(Text("可服务量", "places"), Kind.COUNT, 12),
            Column(Text("单位", "unit"), width=14),
        ),
        tuple(rows),
    )


def _places(sources: WorkbookSources) -> Sheet:
    """Return places by year and function, in the function's own unit; care beds have a row of their own."""
    plan, problem, language = sources.plan, sources.problem, sources.language
    groups = {
        (figure.function, figure.year): figure.counted
        for figure in plan.coverage
        if figure.basis is Basis.RESIDENTS
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.year,
            problem.functions[each.function].name.in_language(language),
            each.unit.in_language(language),
            each.there,
            each.opened,
            Formula("D{row}+E{row}", each.in_all),
            None if each.unit == CARE_BEDS_UNIT else groups.get((each.function, each.year)),
        )
        for each in places_figures(plan, problem.planned_sites)
    )
    return Sheet(
        Text("名额", "Places"),
        Text("每年有多少托位、床位、餐位等名额", "Infant places, care beds, meals and other places by year"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("功能", "function"), width=18),
            Column(Text("单位", "unit"), width=18),
            Column(Text("已有", "already there"), Kind.COUNT),
            Column(Text("规划期新增", "opened by the plan"), Kind.COUNT, 14),
            Column(Text("合计", "in all"), Kind.COUNT),
            Column(Text("目标人群", "target group"), Kind.COUNT),
        ),
        rows,
    )


def _by_town(sources: WorkbookSources) -> Sheet:
    problem = sources.problem
    opened = _opened(sources)
    sheet = f"'{_SITES.in_language(sources.language)}'!"
    last = FIRST_ROW + max(len(opened), 1)

    def of_sites(column: str) -> str:
        return f"{sheet}${column}${FIRST_ROW + 1}:${column}${last}"

    codes = sorted({community.town_code for community in problem.communities.values()})
    rows = []
    for code in codes:
        sites = [site for site in opened if site.town_code == code]
        inside = sum(each.in_scope for each in problem.communities.values() if each.town_code == code)
        rows.append(
            (
                code,
                _town(sources, code),
                inside,
                Formula(f"COUNTIF({of_sites('D')},A{{row}})", len(sites)),
                Formula(
                    f"SUMIF({of_sites('D')},A{{row}},{of_sites('I')})",
                    sum(site.floor_area_m2 for site in sites),
                ),
                Formula(
                    f"SUMIF({of_sites('D')},A{{row}},{of_sites('J')})", sum(_capital(site) for site in sites)
                ),
            )
        )
    return Sheet(
        Text("分镇街", "By town"),
        Text("各镇街要建什么", "What each town has to build"),
        (
            Column(Text("镇街代码", "town code"), width=13),
            Column(Text("镇街", "town"), width=16),
            Column(Text("纳入社区", "communities in scope"), Kind.COUNT, 12, True),
            Column(Text("新开放设施", "sites opened"), Kind.COUNT, 12, True),
            Column(Text("建筑面积（m²）", "floor area (m²)"), Kind.AREA, 16, True),
            _money_column("建设投资", "capital"),
        ),
        tuple(rows),
    )


_SITES = Text("设施清单", "Sites")


def _sites(sources: WorkbookSources) -> Sheet:
    language, problem = sources.language, sources.problem

    def functions(site: PlannedSite) -> str:
        names = (problem.functions[each.function].name.in_language(language) for each in site.functions)
        return _joined(names, language)

    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            site.open_from,
            site.site_id,
            site.name,
            site.town_code,
            _community(sources, site.community_code),
            ROLES[site.role].in_language(language),
            None if site.form is None else site.form.text.in_language(language),
            None if site.mode is None else site.mode.text.in_language(language),
            site.floor_area_m2,
            _capital(site),
            functions(site),
            site.operator or None,
            None if site.consent is None else site.consent.text.in_language(language),
            None if site.tenure is None else site.tenure.text.in_language(language),
            site.rent_cny_per_year / CNY_PER_10_000,
            site.operator_balance_cny_per_year / CNY_PER_10_000,
            site.joint_programme,
            site.land_use_procedure_due,
            None if site.land_use_procedure_cny is None else site.land_use_procedure_cny / CNY_PER_10_000,
        )
        for site in _opened(sources)
    )
    return Sheet(
        _SITES,
        Text("规划期内开放的设施", "Sites that open within the horizon"),
        (
            Column(Text("开放年份", "opens in"), Kind.YEAR, 10),
            Column(Text("点位编号", "site id"), width=10),
            Column(Text("点位", "site"), width=36),
            Column(Text("镇街代码", "town code"), width=13),
            Column(Text("社区", "community"), width=16),
            Column(Text("来源", "role"), width=16),
            Column(Text("建设形式", "form"), width=11),
            Column(Text("建设方式", "mode"), width=11),
            Column(Text("建筑面积（m²）", "floor area (m²)"), Kind.AREA, 16, True),
            _money_column("建设投资", "capital"),
            Column(Text("功能", "functions"), width=60),
            Column(Text("运营主体", "operator"), width=18),
            Column(Text("意见征求", "consent"), width=11),
            Column(Text("使用方式", "tenure"), width=11),
            _money_column("年租金", "rent a year"),
            _money_column("每年运营结余", "left to the operator a year"),
            Column(Text("结合项目", "joint programme"), width=18),
            Column(Text("用地手续到期年份", "land-use procedure due"), Kind.YEAR, 12),
            _money_column("用地手续费用", "land-use procedure"),
        ),
        rows,
    )


def _rooms(sources: WorkbookSources) -> Sheet:
    """Return the rooms of the sites that open: functions of one sharing group use one at different hours."""
    language, problem, last = sources.language, sources.problem, sources.plan.years[-1]
    rows: list[tuple[Cell, ...]] = []
    for site in _opened(sources):
        areas = {each.function: each.area_m2_by_year.get(last, 0.0) for each in site.functions}
        for room in site.rooms:
            users = [key for key in problem.room_groups[room.room_group] if areas.get(key, 0.0) > 0.0]
            room_m2 = room.area_m2_by_year.get(last, 0.0)
            rows.append(
                (
                    site.site_id,
                    site.name,
                    _community(sources, site.community_code),
                    _joined((problem.functions[key].name.in_language(language) for key in users), language),
                    (YES if len(users) > 1 else NO).in_language(language),
                    room_m2,
                    sum(areas[key] for key in users) - room_m2,
                )
            )
    return Sheet(
        Text("房间", "Rooms"),
        Text(
            f"{last} 年每处点位有哪些房间、由哪些功能分时共用",
            f"The rooms of each site in {last}, and the functions that share them at different hours",
        ),
        (
            Column(Text("点位编号", "site id"), width=10),
            Column(Text("点位", "site"), width=36),
            Column(Text("社区", "community"), width=16),
            Column(Text("使用的功能", "functions"), width=40),
            Column(Text("分时共用", "shared"), width=10),
            Column(Text("使用面积（m²）", "usable area (m²)"), Kind.AREA, 16, True),
            Column(Text("共用节约（m²）", "saved by sharing (m²)"), Kind.AREA, 16, True),
        ),
        tuple(rows),
    )


def _excluded(sources: WorkbookSources) -> Sheet:
    """Return what the candidates may not host, and why: size, floor, consent, noise, safety and the like."""
    language, problem = sources.language, sources.problem
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.site_id,
            each.name,
            each.reason_zh if language is Language.ZH else each.reason_en,
            ALL_FUNCTIONS.in_language(language)
            if len(each.functions) == len(problem.functions)
            else _joined(
                (problem.functions[key].name.in_language(language) for key in each.functions), language
            ),
        )
        for each in sources.plan.excluded_sites
    )
    return Sheet(
        Text("不宜空间", "Excluded"),
        Text("哪些备选空间不能设哪些功能、为什么", "What the candidate sites may not host, and why"),
        (
            Column(Text("点位编号", "site id"), width=10),
            Column(Text("点位", "site"), width=36),
            Column(Text("原因", "reason"), width=50),
            Column(Text("不能设的功能", "functions"), width=60),
        ),
        rows,
    )


def _money(sources: WorkbookSources) -> Sheet:
    def cell(amount: float | None) -> float | None:
        return None if amount is None else amount / CNY_PER_10_000

    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            money.year,
            cell(money.amount_cny),
            cell(money.carried_in_cny),
            cell(money.capital_cny),
            cell(money.carried_out_cny),
            cell(money.joint_programmes_cny),
            cell(money.operating_cny),
            cell(money.fees_cny),
            cell(money.subsidy_cny),
        )
        for money in sources.plan.money
    )
    return Sheet(
        Text("资金", "Money"),
        Text("每年的资金安排与支出", "Money available and spent each year"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            _money_column("当年资金", "amount"),
            Column(Text("上年结转（万元）", "carried in (10 000 CNY)"), Kind.MONEY, 16),
            _money_column("建设投资", "capital"),
            Column(Text("结转下年（万元）", "carried out (10 000 CNY)"), Kind.MONEY, 16),
            _money_column("结合项目另出", "paid by joint programmes besides"),
            _money_column("运营费用", "operating"),
            _money_column("服务收费", "fees"),
            _money_column("其中运营补贴", "of it subsidies"),
        ),
        rows,
        Chart(Text("资金与建设投资（万元）", "Money and capital (10 000 CNY)"), 0, (1, 3), len(rows)),
    )


def _money_by_source(sources: WorkbookSources) -> Sheet:
    language = sources.language
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.year,
            each.name_zh if language is Language.ZH else each.name_en,
            *(
                amount / CNY_PER_10_000
                for amount in (
                    each.amount_cny,
                    each.carried_in_cny,
                    each.granted_cny,
                    each.paid_cny,
                    each.carried_out_cny,
                )
            ),
        )
        for each in sources.plan.sources
    )
    return Sheet(
        Text("资金来源", "Money by source"),
        Text("每个来源每年安排和支付多少", "What each source grants and pays each year"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("来源", "source"), width=24),
            _money_column("金额", "amount"),
            Column(Text("上年结转（万元）", "carried in (10 000 CNY)"), Kind.MONEY, 16),
            _money_column("安排", "granted"),
            _money_column("支付", "paid"),
            Column(Text("结转下年（万元）", "carried out (10 000 CNY)"), Kind.MONEY, 16),
        ),
        rows,
    )


def _shortfalls(sources: WorkbookSources) -> Sheet:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            figure.year,
            _whose_target(sources, figure),
            figure.target,
            figure.covered,
            Formula("C{row}-D{row}", _short(figure)),
            _names(sources, figure.missing),
            *(_causes_and_remedies(sources, figure) if sources.missed else ()),
        )
        for figure in (*_target_figures(sources.plan), *sources.plan.local_coverage)
        if _short(figure) > 0.0
    )
    return Sheet(
        Text("缺口", "Shortfalls"),
        Text("哪些目标没有达到", "Which targets are missed"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("功能", "function"), width=18),
            Column(Text("目标", "target"), Kind.COUNT),
            Column(Text("已覆盖", "covered"), Kind.COUNT),
            Column(Text("缺口", "shortfall"), Kind.COUNT, 12, True),
            Column(Text("未覆盖社区", "communities not covered"), width=70),
            *(
                (
                    Column(Text("原因", "causes"), width=36),
                    Column(Text("对策", "remedies"), width=50),
                )
                if sources.missed
                else ()
            ),
        ),
        rows,
    )


def _whose_target(sources: WorkbookSources, figure: CoverageFigure) -> str:
    """Return the function of a target, of a local one with the town or community."""
    name = sources.problem.functions[figure.function].name.in_language(sources.language)
    return f"{figure.area_name} {name}" if isinstance(figure, LocalCoverage) else name


def _causes_and_remedies(sources: WorkbookSources, figure: CoverageFigure) -> tuple[str, str]:
    """Return the stored causes and remedies of a missed target; empty where none are stored."""
    language = sources.language
    separator = "；" if language is Language.ZH else "; "
    for missed in sources.missed:
        area = figure.area_code if isinstance(figure, LocalCoverage) else None
        if (missed.area_code, missed.function, missed.year) == (area, figure.function, figure.year):
            causes = (
                f"{name_of_cause(missed, share).in_language(language)} {share.value:.0f}"
                + ("" if share.is_proven else f" ({share.low:.0f}–{share.high:.0f})")
                for share in missed.causes
                if share.high > 0.0
            )
            remedies = (remedy.words.text.in_language(language) for remedy in missed.remedies)
            return separator.join(causes), separator.join(remedies)
    return "", ""


def _area_standard(sources: WorkbookSources) -> Sheet:
    plan = sources.plan
    last = [each for each in plan.area_standard if each.year == plan.years[-1]]
    tiers = sorted({tier for each in last for tier in each.shortfall_m2_by_tier})

    def title(tier: str) -> Text:
        if tier == "elderly":
            return Text("养老面积缺口（m²）", "short of elderly care (m²)")
        return Text(f"距 {tier} m²/百户缺口（m²）", f"short of {tier} m²/100 households (m²)")

    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            _community(sources, each.community_code),
            each.households,
            each.floor_area_m2,
            Formula(
                'IF(B{row}=0,"",100*C{row}/B{row})',
                100.0 * each.floor_area_m2 / each.households if each.households else "",
            ),
            *(each.shortfall_m2_by_tier.get(tier, 0.0) for tier in tiers),
        )
        for each in last
    )
    return Sheet(
        Text("面积标准", "Area standard"),
        Text(
            f"{plan.years[-1]} 年每百户居民拥有社区综合服务设施面积",
            f"Floor area of community services per 100 households in {plan.years[-1]}",
        ),
        (
            Column(Text("社区", "community"), width=16),
            Column(Text("户数", "households"), Kind.COUNT, 12, True),
            Column(Text("建筑面积（m²）", "floor area (m²)"), Kind.AREA, 16, True),
            Column(Text("每百户（m²）", "per 100 households (m²)"), Kind.AREA, 16),
            *(Column(title(tier), Kind.AREA, 18, True) for tier in tiers),
        ),
        rows,
    )


def _community(sources: WorkbookSources, code: str) -> str:
    return sources.problem.communities[code].name


def _town(sources: WorkbookSources, code: str) -> str:
    return sources.towns.get(code, code)


def _names(sources: WorkbookSources, codes: tuple[str, ...]) -> str:
    return _joined((_community(sources, code) for code in codes), sources.language)


def _joined(names: Any, language: Language) -> str:
    return ("、" if language is Language.ZH else ", ").join(names)


def _write_sheet(book: Any, sheet: Sheet, book_of: Book) -> None:
    language = book_of.language
    page = book.add_worksheet(sheet.name.in_language(language))
    title = book_of.title.in_language(language)
    strong = book.add_format({"bold": True, "font_size": 14})
    page.write_string(0, 0, f"{title} · {sheet.question.in_language(language)}", strong)
    if book_of.illustrative:
        warned = book.add_format({"font_color": "#9c2a00"})
        page.write_string(1, 0, ILLUSTRATIVE_NOTE.in_language(language), warned)
    head = book.add_format(
        {"bold": True, "bg_color": "#dde7f0", "border": 1, "text_wrap": True, "valign": "vcenter"}
    )
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width)
        page.write_string(HEADER_ROW, number, column.title.in_language(language), head)
    titles = tuple(column.title.in_language(language) for column in sheet.columns)
    page.set_row(HEADER_ROW, LINE_HEIGHT * _lines(titles, sheet.columns))
    styles = [_style(book, column) for column in sheet.columns]
    for index, row in enumerate(sheet.rows, start=FIRST_ROW):
        page.set_row(index, min(HIGHEST_ROW, LINE_HEIGHT * _lines(row, sheet.columns)))
        for number, cell in enumerate(row):
            _write_cell(page, index, number, cell, styles[number])
    _write_totals(book, page, sheet, language)
    last_row = max(FIRST_ROW, HEADER_ROW + len(sheet.rows))
    page.autofilter(HEADER_ROW, 0, last_row, len(sheet.columns) - 1)
    page.freeze_panes(FIRST_ROW, 0)
    page.set_landscape()
    page.set_paper(A3 if len(sheet.columns) > COLUMNS_ON_A4 else A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(HEADER_ROW)
    page.set_footer("&C— &P / &N —")
    if sheet.chart is not None and sheet.rows:
        _add_chart(book, page, sheet, sheet.chart, language)


def _lines(row: tuple[Cell, ...], columns: tuple[Column, ...]) -> int:
    """Return the lines that the row's longest text wraps into; a Chinese character is two columns wide."""
    return max(
        ceil(sum(1 if ord(letter) < FIRST_WIDE_LETTER else 2 for letter in cell) / (column.width - 2)) or 1
        if isinstance(cell, str)
        else 1
        for cell, column in zip(row, columns, strict=True)
    )


def _style(book: Any, column: Column) -> Any:
    wrap = column.kind is Kind.WORDS
    return book.add_format(
        {"num_format": NUMBER_FORMATS[column.kind], "border": 1, "text_wrap": wrap, "valign": "top"}
    )


def _write_cell(page: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    if cell is None:
        page.write_blank(row, column, None, style)
    elif isinstance(cell, Formula):
        page.write_formula(row, column, "=" + cell.words.format(row=row + 1), style, cell.value)
    elif isinstance(cell, str):
        page.write_string(row, column, cell[:LONGEST_CELL], style)
    else:
        page.write_number(row, column, cell, style)


def _write_totals(book: Any, page: Any, sheet: Sheet, language: Language) -> None:
    """Write totals above the header: they follow the filter and are never sorted into the rows."""
    if not any(column.is_summed for column in sheet.columns):
        return
    label = Text("合计（随筛选）", "total (of what is shown)").in_language(language)
    page.write_string(HEADER_ROW - 1, 0, label, book.add_format({"bold": True}))
    last = FIRST_ROW + max(len(sheet.rows), 1)
    for number, column in enumerate(sheet.columns):
        if column.is_summed:
            letter = xl_col_to_name(number)
            style = book.add_format({"bold": True, "num_format": NUMBER_FORMATS[column.kind], "top": 1})
            value = sum(_number(row[number]) for row in sheet.rows)
            words = f"=SUBTOTAL(109,{letter}{FIRST_ROW + 1}:{letter}{last})"
            page.write_formula(HEADER_ROW - 1, number, words, style, value)


def _number(cell: Cell) -> float:
    value = cell.value if isinstance(cell, Formula) else cell
    return float(value) if isinstance(value, (int, float)) else 0.0


def _add_chart(book: Any, page: Any, sheet: Sheet, wanted: Chart, language: Language) -> None:
    name = sheet.name.in_language(language)
    last = HEADER_ROW + len(sheet.rows)
    first = last - wanted.rows + 1
    chart = book.add_chart({"type": "column"})
    for column, colour in zip(wanted.series, ("#0072b2", "#e69f00"), strict=False):
        chart.add_series(
            {
                "name": sheet.columns[column].title.in_language(language),
                "categories": [name, first, wanted.categories, last, wanted.categories],
                "values": [name, first, column, last, column],
                "fill": {"color": colour},
            }
        )
    chart.set_title({"name": wanted.title.in_language(language), "name_font": {"size": 12}})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"min": 0})
    chart.set_size({"width": 720, "height": 320})
    if len(sheet.rows) > ROWS_WITH_CHART_ON_A_PAGE:
        page.set_h_pagebreaks([last + 1])
    page.insert_chart(last + 2, 0, chart)

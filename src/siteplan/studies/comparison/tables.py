"""The comparison as tables, which the page, the Word report and the workbook show alike.

In the workbook differences, totals of towns and gaps are live formulas; elsewhere their values are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xlsxwriter.utility import xl_col_to_name

from siteplan.outcome import UNITS
from siteplan.publish.workbook import (
    CNY_PER_10_000,
    FIRST_ROW,
    MONEY_UNIT,
    Cell,
    Column,
    Formula,
    Kind,
    Sheet,
)
from siteplan.scenario import Level
from siteplan.studies.comparison.document import CommunityRow, Comparison, CoverageRow, Remark
from siteplan.studies.comparison.inputs import years_of
from siteplan.studies.comparison.words import MONEY_ITEMS, NOT_COMPARABLE, STATUSES, STOPPED_BY, Words
from siteplan.text import Language, Text

COMMUNITIES = Text("社区得失", "Communities")
COMMUNITY_VALUES = 4
"""Column of the sheet of communities at which the figures begin; its first holds the town's code."""
HASH_SHOWN = 12
"""Characters of a SHA-256 that are shown; ``compare.json`` has all."""


def all_sheets(
    comparison: Comparison, language: Language, level_names: Mapping[Level, Text]
) -> tuple[Sheet, ...]:
    """Return every table, the differences of the inputs first."""
    words = Words(comparison, language)
    return (
        warnings(words),
        plans(words),
        inputs(words),
        levels(words, level_names),
        coverage(words),
        *((local_coverage(words),) if comparison.local_coverage else ()),
        radii(words),
        area_standard(words),
        money(words),
        sites(words),
        towns(words),
        communities(words),
    )


def warnings(words: Words) -> Sheet:
    """Return what is to be read before any figure."""
    rows = [(words.say(remark),) for remark in words.comparison.warnings]
    nothing = Text("没有妨碍比较的差异", "nothing stands in the way of a comparison")
    return Sheet(
        Text("先读", "Read first"),
        Text("哪些不同妨碍比较", "What stands in the way of a comparison"),
        (Column(Text("提示", "warning"), width=110),),
        tuple(rows) or ((words.say(nothing),),),
    )


def plans(words: Words) -> Sheet:
    """Return the plans themselves."""
    yes, no = Text("是", "yes"), Text("否", "no")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            plan.name,
            words.say(Text(plan.title_zh, plan.title_en)),
            years_of(plan.years),
            words.basis(plan.basis),
            plan.threshold,
            plan.candidates_opened,
            plan.sites_open,
            words.say(STOPPED_BY[plan.stopped_by]),
            "" if plan.repeatable is None else words.say(yes if plan.repeatable else no),
        )
        for plan in words.comparison.plans
    )
    return Sheet(
        Text("方案", "Plans"),
        Text("比较哪些方案（第一份是参照）", "Which plans are compared (the first is the reference)"),
        (
            Column(Text("名称", "name"), width=20),
            Column(Text("标题", "title"), width=36),
            Column(Text("规划期", "years"), width=12),
            Column(Text("目标口径", "basis of targets"), width=12),
            Column(Text("可达门槛", "threshold"), Kind.SHARE, 10),
            Column(Text("新选点位", "candidates opened"), Kind.COUNT, 12),
            Column(Text("开放点位", "sites open"), Kind.COUNT, 12),
            Column(Text("停止原因", "stopped by"), width=18),
            Column(Text("可重复", "repeatable"), width=10),
        ),
        rows,
    )


def inputs(words: Words) -> Sheet:
    """Return the settings, files and versions that differ."""
    comparison = words.comparison
    missing = words.say(Text("（未写）", "(not stated)"))
    unknown = words.say(Text("（不明）", "(unknown)"))
    known = [any(each.values[n] is not None for each in comparison.settings) for n in _numbers(comparison)]

    def setting(value: str | None, number: int) -> str:
        return value if value is not None else (missing if known[number] else unknown)

    rows: list[tuple[Cell, ...]] = [
        (
            words.say(Text("设定", "setting")),
            each.key,
            *(setting(value, number) for number, value in enumerate(each.values)),
        )
        for each in comparison.settings
    ]
    rows += [
        (
            words.say(FILES[file.kind]),
            file.path,
            *(missing if value is None else value[:HASH_SHOWN] for value in file.sha256),
        )
        for file in comparison.files
    ]
    rows += [
        (
            words.say(Text("版本", "version")),
            version.key,
            *(missing if value is None else value for value in version.values),
        )
        for version in comparison.versions
    ]
    same = words.say(Text("输入和设定都相同", "inputs and settings are all the same"))
    return Sheet(
        Text("输入差异", "Inputs that differ"),
        Text(
            "设定逐项、文件按 SHA-256、程序版本有哪些不同",
            "Which settings, files (by SHA-256) and versions differ",
        ),
        (
            Column(Text("种类", "kind"), width=12),
            Column(Text("项目", "item"), width=46),
            *(Column(heading, width=26) for heading in words.headings()),
        ),
        tuple(rows) or ((same, "", *("" for _ in comparison.plans)),),
    )


FILES = {"case": Text("案例文件", "case file"), "model": Text("模型文件", "model file")}


def _numbers(comparison: Comparison) -> range:
    return range(len(comparison.plans))


def _difference_columns(words: Words, kind: Kind, unit: Text | None = None) -> list[Column]:
    plus = unit or Text("", "")
    return [
        Column(Text(heading.zh + plus.zh, heading.en + plus.en), kind, 14)
        for heading in words.difference_headings()
    ]


def _difference_cells(
    words: Words,
    differences: Sequence[float | None],
    why: Sequence[Remark | None],
    first: int,
    scale: float = 1.0,
    step: int = 1,
) -> list[Cell]:
    """Return live differences from the reference at column ``first``; the others stand ``step`` apart."""
    cells: list[Cell] = []
    for number, value in enumerate(differences, 1):
        if value is None:
            cells.append(None if why[number - 1] is None else words.say(NOT_COMPARABLE))
        else:
            mine, reference = xl_col_to_name(first + step * number), xl_col_to_name(first)
            cells.append(Formula(f"{mine}{{row}}-{reference}{{row}}", value / scale))
    return cells


def _remarks() -> Column:
    return Column(Text("说明", "remark"), width=40)


def levels(words: Words, names: Mapping[Level, Text]) -> Sheet:
    """Return the levels of the objective with bound, gap and what the bounds prove."""
    comparison, per_plan = words.comparison, 4
    rows: list[tuple[Cell, ...]] = []
    for row in comparison.levels:
        cells: list[Cell] = [words.say(names[row.level]), words.say(UNITS[row.level])]
        for number in _numbers(comparison):
            value, bound, gap = row.values[number], row.bounds[number], row.gaps[number]
            status = row.statuses[number]
            first = xl_col_to_name(2 + per_plan * number)
            second = xl_col_to_name(3 + per_plan * number)
            live = Formula(f"ABS({first}{{row}}-{second}{{row}})", gap) if gap is not None else None
            cells += [value, bound, live, "" if status is None else words.say(STATUSES[status])]
        cells += _difference_cells(words, row.differences, row.why_not, 2, step=per_plan)
        cells += [words.say(verdict.text) for verdict in row.verdicts]
        rows.append((*cells, words.why_not(row.why_not)))
    columns = [Column(Text("目标", "level"), width=18), Column(Text("单位", "unit"), width=14)]
    for plan in comparison.plans:
        columns += [
            Column(Text(f"{plan.name} 值", f"{plan.name} value"), Kind.NUMBER, 15),
            Column(Text(f"{plan.name} 理论界", f"{plan.name} bound"), Kind.NUMBER, 15),
            Column(Text("差距", "gap"), Kind.NUMBER, 13),
            Column(Text("状态", "status"), width=11),
        ]
    verdicts = [
        Column(Text(f"证明 {plan.name}", f"proof {plan.name}"), width=20) for plan in comparison.others
    ]
    return Sheet(
        Text("各级目标", "Levels"),
        Text("各级目标的值、理论界和差距", "Levels of the objective: value, bound and gap"),
        (*columns, *_difference_columns(words, Kind.NUMBER), *verdicts, _remarks()),
        tuple(rows),
    )


def coverage(words: Words) -> Sheet:
    """Return coverage by year, function and basis, n of m for each plan."""
    comparison, per_plan = words.comparison, 3
    rows: list[tuple[Cell, ...]] = []
    for row in by_year(comparison):
        cells: list[Cell] = [row.year, words.function(row.function), words.basis(row.basis)]
        for number in _numbers(comparison):
            cells += [row.values[number], row.counted[number], row.targets[number]]
        cells += _difference_cells(words, row.differences, row.why_not, 3, step=per_plan)
        rows.append((*cells, words.why_not(row.why_not)))
    columns = [
        Column(Text("年份", "year"), Kind.YEAR, 8),
        Column(Text("功能", "function"), width=18),
        Column(Text("口径", "basis"), width=12),
    ]
    columns += _covered_columns(words)
    return Sheet(
        Text("覆盖", "Coverage"),
        Text(
            "各功能、各年、各口径的覆盖（可达、设置为社区数，人口、供给为人数）",
            "Coverage by function, year and basis (reachable, established: communities; others: persons)",
        ),
        (*columns, *_difference_columns(words, Kind.COUNT), _remarks()),
        tuple(rows),
    )


def local_coverage(words: Words) -> Sheet:
    """Return coverage of towns and communities that have targets of their own."""
    comparison, per_plan = words.comparison, 3
    rows: list[tuple[Cell, ...]] = []
    for row in sorted(comparison.local_coverage, key=lambda row: row.year):
        cells: list[Cell] = [row.year, row.area_name, words.function(row.function)]
        for number in _numbers(comparison):
            cells += [row.values[number], row.counted[number], row.targets[number]]
        cells += _difference_cells(words, row.differences, row.why_not, 3, step=per_plan)
        rows.append((*cells, words.why_not(row.why_not)))
    return Sheet(
        Text("镇街社区目标", "Local targets"),
        Text("镇街、社区自己的目标", "Targets of towns and communities"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("镇街或社区", "town or community"), width=18),
            Column(Text("功能", "function"), width=18),
            *_covered_columns(words),
            *_difference_columns(words, Kind.COUNT),
            _remarks(),
        ),
        tuple(rows),
    )


def _covered_columns(words: Words) -> Iterator[Column]:
    """Yield covered, counted and target of each plan."""
    for plan in words.comparison.plans:
        yield Column(Text(f"{plan.name} 已覆盖", f"{plan.name} covered"), Kind.COUNT)
        yield Column(Text("应覆盖", "counted"), Kind.COUNT)
        yield Column(Text("目标", "target"), Kind.COUNT)


def by_year(comparison: Comparison) -> list[CoverageRow]:
    """Return the rows of coverage, the years apart."""
    return sorted(comparison.coverage, key=lambda row: row.year)


def radii(words: Words) -> Sheet:
    """Return persons within the reported radii, which service radii don't change."""
    comparison = words.comparison
    rows: list[tuple[Cell, ...]] = [
        (
            row.year,
            words.function(row.function),
            row.radius_m,
            row.counted[0],
            *row.values,
            *_difference_cells(words, row.differences, row.why_not, 4),
            words.why_not(row.why_not),
        )
        for row in sorted(comparison.radii, key=lambda row: row.year)
    ]
    return Sheet(
        Text("固定距离", "Within radii"),
        Text(
            "固定步行距离内有设施的目标人群（人）：服务半径不同也可比",
            "Persons with a provider within fixed walks: comparable whatever the service radii",
        ),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("功能", "function"), width=18),
            Column(Text("步行距离（m）", "walk (m)"), Kind.COUNT),
            Column(Text("目标人群", "target group"), Kind.COUNT),
            *(Column(heading, Kind.COUNT) for heading in words.headings()),
            *_difference_columns(words, Kind.COUNT),
            _remarks(),
        ),
        tuple(rows),
    )


def area_standard(words: Words) -> Sheet:
    """Return area per 100 households, shortfalls and communities that meet each tier."""
    rows: list[tuple[Cell, ...]] = [
        (
            row.year,
            words.say(area_measure(row.measure)),
            *row.values,
            *_difference_cells(words, row.differences, row.why_not, 2),
            words.why_not(row.why_not),
        )
        for row in sorted(words.comparison.area_standard, key=lambda row: row.year)
    ]
    return Sheet(
        Text("面积标准", "Area standard"),
        Text("每百户社区服务设施面积", "Floor area of community services per 100 households"),
        (
            Column(Text("年份", "year"), Kind.YEAR, 8),
            Column(Text("指标", "measure"), width=40),
            *(Column(heading, Kind.NUMBER, 14) for heading in words.headings()),
            *_difference_columns(words, Kind.NUMBER),
            _remarks(),
        ),
        tuple(rows),
    )


def area_measure(measure: str) -> Text:
    """Return the name of a measure of the area standard."""
    kind, _, tier = measure.partition(":")
    if kind == "m2_per_100":
        return Text("每百户面积（m²）", "m² per 100 households")
    zh = "养老面积标准" if tier == "elderly" else f"每百户 {tier} m²"
    en = "the standard of elderly care" if tier == "elderly" else f"{tier} m² per 100 households"
    if kind == "met":
        return Text(f"达到{zh}的社区", f"communities that meet {en}")
    return Text(f"距{zh}合计缺（m²）", f"short of {en} (m²)")


def money(words: Words) -> Sheet:
    """Return money by year, in all and by source."""
    whole = words.say(Text("规划期", "horizon"))
    every = words.say(Text("合计", "all sources"))

    def cell(amount: float | None) -> float | None:
        return None if amount is None else amount / CNY_PER_10_000

    rows: list[tuple[Cell, ...]] = [
        (
            whole if row.year is None else str(row.year),
            every if row.source is None else words.say(Text(row.source_zh, row.source_en)),
            words.say(MONEY_ITEMS[row.item]),
            *(cell(value) for value in row.values),
            *_difference_cells(words, row.differences, row.why_not, 3, CNY_PER_10_000),
            words.why_not(row.why_not),
        )
        for row in words.comparison.money
        if any(row.values)
    ]
    return Sheet(
        Text("资金", "Money"),
        Text("每年、各来源的资金（万元）", "Money by year and source (10 000 CNY)"),
        (
            Column(Text("年份", "year"), width=9),
            Column(Text("来源", "source"), width=24),
            Column(Text("项目", "item"), width=16),
            *(Column(heading, Kind.MONEY, 14) for heading in words.headings()),
            *_difference_columns(words, Kind.MONEY, MONEY_UNIT),
            _remarks(),
        ),
        tuple(rows),
    )


def sites(words: Words) -> Sheet:
    """Return the sites that differ."""
    comparison = words.comparison
    ordered = {plan.name: number for number, plan in enumerate(comparison.plans)}
    rows: list[tuple[Cell, ...]] = [
        (
            row.plan,
            words.say(row.change.text),
            row.site_id,
            row.name,
            words.community(row.community_code),
            "" if row.other_site_id is None else f"{row.other_site_id} {row.other_name}",
            row.year_reference,
            row.year,
            row.area_reference_m2,
            row.area_m2,
            words.functions(row.functions_reference),
            words.functions(row.functions),
            words.role(row),
        )
        for row in sorted(comparison.sites, key=lambda row: ordered[row.plan])
    ]
    reference = comparison.plans[0].name
    return Sheet(
        Text("点位差异", "Sites that differ"),
        Text(f"哪些点位与 {reference} 不同", f"Which sites differ from {reference}"),
        (
            Column(Text("方案", "plan"), width=16),
            Column(Text("差异", "difference"), width=14),
            Column(Text("点位编号", "site id"), width=10),
            Column(Text("点位", "site"), width=32),
            Column(Text("社区", "community"), width=14),
            Column(Text("改用", "instead"), width=26),
            Column(Text("参照年份", "year, reference"), Kind.YEAR, 11),
            Column(Text("该方案年份", "year, this plan"), Kind.YEAR, 11),
            Column(Text("参照面积（m²）", "area, reference (m²)"), Kind.AREA, 13),
            Column(Text("该方案面积（m²）", "area, this plan (m²)"), Kind.AREA, 13),
            Column(Text("参照功能", "functions, reference"), width=36),
            Column(Text("该方案功能", "functions, this plan"), width=36),
            Column(Text("类别", "kind"), width=14),
        ),
        tuple(rows),
    )


def communities(words: Words) -> Sheet:
    """Return who gains and who loses, by community."""
    comparison = words.comparison
    plans_there = len(comparison.plans)
    persons_at = COMMUNITY_VALUES + plans_there + len(comparison.others)
    rows: list[tuple[Cell, ...]] = [
        (
            row.town_code,
            words.town(row.town_code),
            row.community_code,
            words.community(row.community_code),
            *row.values,
            *_difference_cells(words, row.differences, row.why_not, COMMUNITY_VALUES),
            *row.person_years,
            *_difference_cells(words, row.person_years_differences, row.why_not, persons_at),
            *_gained_and_lost(words, row.gained, row.lost),
        )
        for row in by_town(comparison)
    ]
    return Sheet(
        COMMUNITIES,
        communities_question(words),
        (
            Column(Text("镇街代码", "town code"), width=12),
            Column(Text("镇街", "town"), width=12),
            Column(Text("社区代码", "code"), width=15),
            Column(Text("社区", "community"), width=14),
            *_function_year_columns(words),
            *_gain_and_loss_columns(words),
        ),
        tuple(rows),
    )


def by_town(comparison: Comparison) -> list[CommunityRow]:
    """Return the rows of communities by town and code."""
    return sorted(comparison.communities, key=lambda row: (row.town_code, row.community_code))


def communities_question(words: Words) -> Text:
    """Return over what gains and losses are counted, and how many functions can't be."""
    comparison = words.comparison
    basis, years = comparison.community_basis.text, comparison.community_years
    when = years_of(years) if years else "—"
    left_out = len({row.function for row in comparison.coverage}) - len(comparison.community_functions)
    zh = f"，{left_out} 类功能不可比，未计入" if left_out else ""
    en = f"; {left_out} functions that can't be compared are left out" if left_out else ""
    return Text(
        f"谁得谁失：{when} 年覆盖的“功能·年”（{basis.zh}）和人·年{zh}",
        f"Who gains and loses: function-years covered in {when} ({basis.en}) and person-years{en}",
    )


def _function_year_columns(words: Words) -> Iterator[Column]:
    for plan in words.comparison.plans:
        yield Column(Text(f"{plan.name} 功能·年", f"{plan.name} function-years"), Kind.COUNT, 13)
    yield from _difference_columns(words, Kind.COUNT, Text("（功能·年）", " (function-years)"))
    for plan in words.comparison.plans:
        yield Column(Text(f"{plan.name} 人·年", f"{plan.name} person-years"), Kind.COUNT, 13)
    yield from _difference_columns(words, Kind.COUNT, Text("（人·年）", " (person-years)"))


def _gain_and_loss_columns(words: Words) -> Iterator[Column]:
    for plan in words.comparison.others:
        yield Column(Text(f"{plan.name} 新增覆盖", f"{plan.name} gains"), width=30)
        yield Column(Text(f"{plan.name} 失去覆盖", f"{plan.name} loses"), width=30)


def _gained_and_lost(
    words: Words, gained: Sequence[Sequence[str]], lost: Sequence[Sequence[str]]
) -> Iterator[str]:
    for more, less in zip(gained, lost, strict=True):
        yield words.function_years(more)
        yield words.function_years(less)


def towns(words: Words) -> Sheet:
    """Return who gains and who loses, by town: live sums over the sheet of communities."""
    comparison = words.comparison
    sheet = f"'{words.say(COMMUNITIES)}'!"
    last = FIRST_ROW + max(len(comparison.communities), 1)
    plans_there, others = len(comparison.plans), len(comparison.others)

    def total(value: float | None, column: int) -> Cell:
        if value is None:
            return None
        letter = xl_col_to_name(column)
        names = f"{sheet}$A${FIRST_ROW + 1}:$A${last}"
        return Formula(f"SUMIF({names},A{{row}},{sheet}${letter}${FIRST_ROW + 1}:${letter}${last})", value)

    def cells(values: Sequence[float | None], column: int) -> list[Cell]:
        return [total(value, column + number) for number, value in enumerate(values)]

    rows: list[tuple[Cell, ...]] = []
    for row in comparison.towns:
        rows.append(
            (
                row.town_code,
                words.town(row.town_code),
                row.communities,
                *cells(row.values, COMMUNITY_VALUES),
                *cells(row.differences, COMMUNITY_VALUES + plans_there),
                *cells(row.person_years, COMMUNITY_VALUES + plans_there + others),
                *cells(row.person_years_differences, COMMUNITY_VALUES + 2 * plans_there + others),
                *(each for pair in zip(row.gaining, row.losing, strict=True) for each in pair),
            )
        )
    counts = [
        column
        for plan in comparison.others
        for column in (
            Column(Text(f"{plan.name} 得益社区", f"communities that gain, {plan.name}"), Kind.COUNT),
            Column(Text(f"{plan.name} 受损社区", f"communities that lose, {plan.name}"), Kind.COUNT),
        )
    ]
    return Sheet(
        Text("镇街得失", "Towns"),
        communities_question(words),
        (
            Column(Text("镇街代码", "town code"), width=12),
            Column(Text("镇街", "town"), width=14),
            Column(Text("社区数", "communities"), Kind.COUNT, 11),
            *_function_year_columns(words),
            *counts,
        ),
        tuple(rows),
    )

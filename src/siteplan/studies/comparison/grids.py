"""The comparison as tables to be read: n of m in one cell, and a glance at everything first.

The terminal, the page and the Word report show these; the workbook has the figures apart (`tables`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from siteplan.outcome import UNITS
from siteplan.publish.workbook import CNY_PER_10_000
from siteplan.scenario import Level
from siteplan.studies.comparison.communities import changing
from siteplan.studies.comparison.document import (
    CommunityRow,
    CoverageRow,
    LevelRow,
    MoneyRow,
    PlanSummary,
    Row,
    SiteChange,
    SiteRow,
    TownRow,
    Verdict,
)
from siteplan.studies.comparison.tables import (
    area_measure,
    by_town,
    by_year,
    communities_question,
    inputs,
    plans,
)
from siteplan.studies.comparison.words import MONEY_ITEMS, NONE, NOT_COMPARABLE, STATUSES, Words, signed
from siteplan.text import Text

LevelNames = Mapping[Level, Text]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of words. ``widths`` are shares of the page; ``numeric`` columns stand to the right."""

    title: Text
    headings: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    numeric: frozenset[int] = frozenset()


def figure(value: float | None, decimals: int | None = None) -> str:
    """Return a figure as a planner reads it; — where there is none."""
    if value is None:
        return NONE
    if decimals is None:
        decimals = 0 if abs(value) >= 100 or float(value).is_integer() else 2
    return f"{value:,.{decimals}f}"


def overview(words: Words, level_names: LevelNames) -> Grid:
    """Return everything at a glance: the figures of the last common year, of the horizon, of the sites."""
    comparison = words.comparison
    count, others = len(comparison.plans), len(comparison.others)
    rows = [
        *_level_glances(words, level_names),
        *_coverage_glances(words),
        *_other_glances(words),
        *_counts(words),
    ]
    return Grid(
        Text("一览", "At a glance"),
        (
            Text("指标", "measure"),
            *words.headings(),
            *words.difference_headings(),
            Text("说明", "remark"),
        ),
        tuple(rows),
        (2.6, *(1.6,) * count, *(1.3,) * others, 2.2),
        frozenset(range(1, 1 + count + others)),
    )


def _level_glances(words: Words, names: LevelNames) -> Iterator[tuple[str, ...]]:
    for row in words.comparison.levels:
        unit = words.say(UNITS[row.level])
        yield (
            words.say(Text(f"{names[row.level].zh}（{unit}）", f"{names[row.level].en} ({unit})")),
            *(figure(value) for value in row.values),
            *_differences(words, row, _decimals_of(row)),
            _verdicts(words, row, frozenset({Verdict.CONDITIONAL})),
        )


def _decimals_of(row: Row) -> int:
    """Return the decimals of a level's differences: none for large and for whole values."""
    known = [value for value in row.values if value is not None]
    return 2 if any(abs(value) < 100.0 and not float(value).is_integer() for value in known) else 0


def _verdicts(words: Words, row: LevelRow, left_out: frozenset[Verdict] = frozenset()) -> str:
    """Return what the bounds prove of each other plan, and why figures can't be compared."""
    said = {
        plan.name: words.say(verdict.text)
        for plan, verdict, why in zip(words.comparison.others, row.verdicts, row.why_not, strict=True)
        if why is None and verdict not in left_out
    }
    several = len(words.comparison.others) > 1
    listed = [f"{name} {verdict}" if several else verdict for name, verdict in said.items()]
    return "; ".join(each for each in (*listed, words.why_not(row.why_not)) if each)


def _differences(words: Words, row: Row, decimals: int = 0) -> Iterator[str]:
    for value, why in zip(row.differences, row.why_not, strict=True):
        yield words.difference(value, why, decimals)


def common_years(words: Words) -> tuple[int, ...]:
    """Return the years that all plans have."""
    years = [set(plan.years) for plan in words.comparison.plans]
    return tuple(sorted(set.intersection(*years)))


def last_common_year(words: Words) -> int | None:
    """Return the last year that all plans have."""
    return max(common_years(words), default=None)


def _coverage_glances(words: Words) -> Iterator[tuple[str, ...]]:
    """Yield coverage in the last common year; a target that all plans share stands with the function."""
    comparison, year = words.comparison, last_common_year(words)
    basis = comparison.plans[0].basis
    rows = [row for row in comparison.coverage if row.year == year and row.basis is basis]
    if rows:
        head = Text(f"{year} 年覆盖，{basis.text.zh}", f"coverage in {year}, {basis.text.en}")
        yield (words.say(head), *("" for _ in comparison.plans), *("" for _ in comparison.others), "")
    for row in rows:
        is_shared = len(set(row.targets)) == 1
        target = row.targets[0]
        goal = (
            Text(f"（目标 {target:,.0f}）", f" (target {target:,.0f})")
            if target is not None
            else Text("", "")
        )
        yield (
            f"  {words.function(row.function)}{words.say(goal) if is_shared else ''}",
            *(words.n_of_m(row, number, with_target=not is_shared) for number in range(len(row.values))),
            *_differences(words, row),
            words.why_not(row.why_not),
        )


def _other_glances(words: Words) -> Iterator[tuple[str, ...]]:
    comparison, year = words.comparison, last_common_year(words)
    for area in comparison.area_standard:
        if area.year == year and area.measure == "m2_per_100":
            yield (
                f"{words.say(area_measure(area.measure))} {year}",
                *(figure(value, 1) for value in area.values),
                *_differences(words, area, 1),
                words.why_not(area.why_not),
            )
    for row in comparison.money:
        if row.source is None and row.year is None and row.item in ("capital_cny", "operating_cny"):
            yield _money(words, row, words.say(Text("（万元，规划期）", " (10 000 CNY, horizon)")))


def _money(words: Words, row: MoneyRow, unit: str) -> tuple[str, ...]:
    in_unit = [None if value is None else value / CNY_PER_10_000 for value in row.values]
    differences = [
        words.difference(None if value is None else value / CNY_PER_10_000, why, 1)
        for value, why in zip(row.differences, row.why_not, strict=True)
    ]
    name = words.say(MONEY_ITEMS[row.item])
    return (
        f"{name}{unit}",
        *(figure(value, 1) for value in in_unit),
        *differences,
        words.why_not(row.why_not),
    )


def _counts(words: Words) -> Iterator[tuple[str, ...]]:
    comparison = words.comparison
    reference = comparison.plans[0]
    yield (
        words.say(Text("新选点位（处）", "candidates opened")),
        *(str(plan.candidates_opened) for plan in comparison.plans),
        *(
            signed(plan.candidates_opened - reference.candidates_opened)
            if plan.years == reference.years
            else words.say(NOT_COMPARABLE)
            for plan in comparison.others
        ),
        "",
    )
    other_years = any(plan.years != reference.years for plan in comparison.others)
    hint = Text("规划期不同，含各自末年的点位", "the years differ: each plan's last year counts")
    beyond = words.say(hint) if other_years else ""
    for change in SiteChange:
        numbers = [
            len({row.site_id for row in comparison.sites if (row.plan, row.change) == (plan.name, change)})
            for plan in comparison.others
        ]
        if any(numbers):
            yield (
                words.say(Text(f"点位：{change.text.zh}", f"sites: {change.text.en}")),
                *(NONE for _ in comparison.plans),
                *(str(number) for number in numbers),
                beyond,
            )
    for name, sign in (
        (Text("得益社区", "communities that gain"), 1),
        (Text("受损社区", "communities that lose"), -1),
    ):
        yield (
            words.say(name),
            *(NONE for _ in comparison.plans),
            *(
                _count(words, changing(comparison.communities, number, sign))
                for number in range(len(comparison.others))
            ),
            "",
        )


def _count(words: Words, number: int | None) -> str:
    """Return how many; not comparable where it isn't known, or no function means the same in all plans."""
    if number is None or not words.comparison.community_functions:
        return words.say(NOT_COMPARABLE)
    return str(number)


def plans_grid(words: Words) -> Grid:
    """Return the plans."""
    sheet = plans(words)
    rows = tuple(
        tuple("" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row)
        for row in sheet.rows
    )
    widths = (1.6, 3.0, 1.2, 1.1, 0.9, 1.0, 1.0, 1.5, 0.9)
    return Grid(sheet.question, tuple(column.title for column in sheet.columns), rows, widths)


def inputs_grid(words: Words) -> Grid:
    """Return the settings, files and versions that differ."""
    sheet = inputs(words)
    rows = tuple(tuple(str(cell) for cell in row) for row in sheet.rows)
    widths = (0.8, 3.0, *(2.0 for _ in words.comparison.plans))
    return Grid(sheet.question, tuple(column.title for column in sheet.columns), rows, widths)


def levels_grid(words: Words, names: LevelNames) -> Grid:
    """Return the levels, each plan's value with bound, gap and status."""
    comparison = words.comparison
    rows = tuple(
        (
            words.say(
                Text(
                    f"{names[row.level].zh}（{UNITS[row.level].zh}）",
                    f"{names[row.level].en} ({UNITS[row.level].en})",
                )
            ),
            *(_proven(words, row, number) for number in range(len(comparison.plans))),
            *_differences(words, row, _decimals_of(row)),
            _verdicts(words, row),
        )
        for row in comparison.levels
    )
    count, others = len(comparison.plans), len(comparison.others)
    return Grid(
        Text("各级目标的值、理论界和差距", "Levels of the objective: value, bound and gap"),
        (
            Text("目标", "level"),
            *words.headings(),
            *words.difference_headings(),
            Text("证明", "proof"),
        ),
        rows,
        (1.8, *(2.4,) * count, *(1.2,) * others, 1.8),
        frozenset(range(1 + count, 1 + count + others)),
    )


def _proven(words: Words, row: LevelRow, number: int) -> str:
    value, bound, gap = row.values[number], row.bounds[number], row.gaps[number]
    status = row.statuses[number]
    if value is None or status is None:
        return NONE
    said = words.say(STATUSES[status])
    if bound is None:
        return words.say(Text(f"{figure(value)}（{said}）", f"{figure(value)} ({said})"))
    return words.say(
        Text(
            f"{figure(value)}（界 {figure(bound)}，差 {figure(gap)}，{said}）",
            f"{figure(value)} (bound {figure(bound)}, gap {figure(gap)}, {said})",
        )
    )


def coverage_grid(words: Words, rows: Sequence[CoverageRow] | None = None) -> Grid:
    """Return coverage by year, function and basis; ``rows``: only these."""
    comparison = words.comparison
    count, others = len(comparison.plans), len(comparison.others)
    return Grid(
        Text(
            "覆盖（可达、设置为社区数；人口、供给为人数）",
            "Coverage (reachable, established: communities; residents, served: persons)",
        ),
        (
            Text("年份", "year"),
            Text("功能", "function"),
            Text("口径", "basis"),
            *words.headings(),
            *words.difference_headings(),
            Text("说明", "remark"),
        ),
        tuple(
            (
                str(row.year),
                words.function(row.function),
                words.basis(row.basis),
                *(words.n_of_m(row, number) for number in range(count)),
                *_differences(words, row),
                words.why_not(row.why_not),
            )
            for row in (by_year(comparison) if rows is None else rows)
        ),
        (0.9, 1.6, 1.2, *(1.7,) * count, *(1.0,) * others, 1.8),
        frozenset(range(3, 3 + count + others)),
    )


def local_grid(words: Words) -> Grid:
    """Return coverage of towns and communities that have targets of their own."""
    comparison = words.comparison
    count, others = len(comparison.plans), len(comparison.others)
    return Grid(
        Text("镇街、社区自己的目标", "Targets of towns and communities"),
        (
            Text("年份", "year"),
            Text("镇街或社区", "town or community"),
            Text("功能", "function"),
            *words.headings(),
            *words.difference_headings(),
            Text("说明", "remark"),
        ),
        tuple(
            (
                str(row.year),
                row.area_name,
                words.function(row.function),
                *(words.n_of_m(row, number) for number in range(count)),
                *_differences(words, row),
                words.why_not(row.why_not),
            )
            for row in sorted(comparison.local_coverage, key=lambda row: row.year)
        ),
        (0.9, 1.6, 1.4, *(1.7,) * count, *(1.0,) * others, 1.8),
        frozenset(range(3, 3 + count + others)),
    )


def on_target_basis(words: Words) -> list[CoverageRow]:
    """Return coverage on the reference's basis, in the years that any plan has."""
    basis = words.comparison.plans[0].basis
    return [row for row in by_year(words.comparison) if row.basis is basis]


def radii_grid(words: Words) -> Grid:
    """Return persons within fixed walks."""
    comparison = words.comparison
    count, others = len(comparison.plans), len(comparison.others)
    return Grid(
        Text("固定步行距离内有设施的目标人群（人）", "Persons with a provider within fixed walks"),
        (
            Text("年份", "year"),
            Text("功能", "function"),
            Text("步行距离（m）", "walk (m)"),
            *words.headings(),
            *words.difference_headings(),
            Text("说明", "remark"),
        ),
        tuple(
            (
                str(row.year),
                words.function(row.function),
                f"{row.radius_m:g}",
                *(
                    NONE if value is None or of is None else f"{value:,.0f}/{of:,.0f}"
                    for value, of in zip(row.values, row.counted, strict=True)
                ),
                *_differences(words, row),
                words.why_not(row.why_not),
            )
            for row in sorted(comparison.radii, key=lambda row: row.year)
        ),
        (0.9, 1.6, 1.0, *(1.5,) * count, *(1.0,) * others, 1.6),
        frozenset(range(2, 3 + count + others)),
    )


def area_grid(words: Words, years: Sequence[int] | None = None) -> Grid:
    """Return the area standard; ``years``: only of these."""
    comparison = words.comparison
    count, others = len(comparison.plans), len(comparison.others)
    return Grid(
        Text("每百户社区服务设施面积", "Floor area of community services per 100 households"),
        (
            Text("年份", "year"),
            Text("指标", "measure"),
            *words.headings(),
            *words.difference_headings(),
            Text("说明", "remark"),
        ),
        tuple(
            (
                str(row.year),
                words.say(area_measure(row.measure)),
                *(figure(value, _decimals(row.measure)) for value in row.values),
                *_differences(words, row, _decimals(row.measure)),
                words.why_not(row.why_not),
            )
            for row in sorted(comparison.area_standard, key=lambda row: row.year)
            if years is None or row.year in years
        ),
        (0.9, 3.0, *(1.3,) * count, *(1.1,) * others, 1.6),
        frozenset(range(2, 2 + count + others)),
    )


def _decimals(measure: str) -> int:
    return 1 if measure == "m2_per_100" else 0


def money_grid(words: Words, years: Sequence[int] | None = None) -> Grid:
    """Return money by year and source; ``years``: only of these, and of the horizon."""
    comparison = words.comparison
    count, others = len(comparison.plans), len(comparison.others)
    whole, every = words.say(Text("规划期", "horizon")), words.say(Text("合计", "all sources"))
    return Grid(
        Text("每年、各来源的资金（万元）", "Money by year and source (10 000 CNY)"),
        (
            Text("年份", "year"),
            Text("来源", "source"),
            Text("项目", "item"),
            *words.headings(),
            *words.difference_headings(),
            Text("说明", "remark"),
        ),
        tuple(
            (
                whole if row.year is None else str(row.year),
                every if row.source is None else words.say(Text(row.source_zh, row.source_en)),
                *_money(words, row, ""),
            )
            for row in comparison.money
            if any(row.values) and (years is None or row.year is None or row.year in years)
        ),
        (0.9, 1.8, 1.3, *(1.3,) * count, *(1.1,) * others, 1.6),
        frozenset(range(3, 3 + count + others)),
    )


def sites_grid(words: Words, plan: PlanSummary) -> Grid:
    """Return the sites in which a plan differs from the reference."""
    reference = words.comparison.plans[0].name
    rows = tuple(
        (
            words.say(row.change.text),
            f"{row.site_id} {row.name}",
            words.community(row.community_code),
            _site(words, row.year_reference, row.area_reference_m2, row.functions_reference),
            _site(words, row.year, row.area_m2, row.functions, _instead(row)),
        )
        for row in words.comparison.sites
        if row.plan == plan.name
    )
    return Grid(
        Text(f"{plan.name} 与 {reference} 不同的点位", f"Sites of {plan.name} that differ from {reference}"),
        (
            Text("差异", "difference"),
            Text("点位", "site"),
            Text("社区", "community"),
            Text.same(reference),
            Text.same(plan.name),
        ),
        rows,
        (1.1, 2.4, 1.2, 2.8, 2.8),
    )


def _instead(row: SiteRow) -> str:
    return "" if row.other_site_id is None else f"{row.other_site_id} {row.other_name}"


def _site(
    words: Words, year: int | None, area_m2: float | None, functions: Sequence[str], instead: str = ""
) -> str:
    """Return what a plan makes of a site: which year, how large, with what."""
    if year is None:
        return words.say(Text("不开放", "not open"))
    parts = [
        instead,
        str(year),
        *([] if area_m2 is None else [f"{area_m2:,.0f} m²"]),
        words.functions(functions),
    ]
    return " · ".join(part for part in parts if part)


def towns_grid(words: Words) -> Grid:
    """Return who gains and who loses, by town."""
    return _places(words, words.comparison.towns, Text("各镇街", "By town"))


def communities_grid(words: Words, *, only_changed: bool = True) -> Grid:
    """Return who gains and who loses, by community; ``only_changed``: those of which anything differs."""
    rows = [
        row
        for row in by_town(words.comparison)
        if not only_changed or any(row.gained) or any(row.lost) or _changes(row)
    ]
    return _places(words, rows, Text("各社区", "By community"))


def _changes(row: CommunityRow) -> bool:
    return any(each is not None and abs(each) >= 0.5 for each in row.person_years_differences)


def _places(words: Words, rows: Sequence[CommunityRow | TownRow], which: Text) -> Grid:
    comparison, question = words.comparison, communities_question(words)
    title = Text(f"{which.zh}{question.zh}", f"{which.en}: {question.en[0].lower()}{question.en[1:]}")
    count, others = len(comparison.plans), len(comparison.others)
    suffix = {
        "covered": Text("功能·年", "function-years"),
        "persons": Text("人·年之差", "person-years, difference"),
    }
    return Grid(
        title,
        (
            Text("镇街、社区", "town, community"),
            *(
                Text(f"{h.zh} {suffix['covered'].zh}", f"{h.en} {suffix['covered'].en}")
                for h in words.headings()
            ),
            *words.difference_headings(),
            *(
                suffix["persons"]
                if others == 1
                else Text(f"{suffix['persons'].zh} {p.name}", f"{suffix['persons'].en} {p.name}")
                for p in comparison.others
            ),
            Text("增减", "what changes"),
        ),
        tuple(_place(words, row) for row in rows),
        (1.8, *(1.2,) * count, *(0.9,) * others, *(1.2,) * others, 4.0),
        frozenset(range(1, 1 + count + 2 * others)),
    )


def _place(words: Words, row: CommunityRow | TownRow) -> tuple[str, ...]:
    if isinstance(row, CommunityRow):
        name = f"{words.town(row.town_code)} {words.community(row.community_code)}"
        changed = _listed(
            words,
            [
                (words.function_years(more), words.function_years(less))
                for more, less in zip(row.gained, row.lost, strict=True)
            ],
        )
    else:
        name = words.town(row.town_code)
        changed = _listed(
            words,
            [(str(more or 0), str(less or 0)) for more, less in zip(row.gaining, row.losing, strict=True)],
            Text("个社区", " communities"),
        )
    return (
        name,
        *(figure(value, 0) for value in row.values),
        *_differences(words, row),
        *(
            words.difference(value, why)
            for value, why in zip(row.person_years_differences, row.why_not, strict=True)
        ),
        changed,
    )


def _listed(words: Words, pairs: Sequence[tuple[str, str]], unit: Text | None = None) -> str:
    """Return what each other plan gains and loses."""
    behind = "" if unit is None else words.say(unit)
    said = []
    for plan, (more, less) in zip(words.comparison.others, pairs, strict=True):
        parts = [f"+ {more}{behind}"] if more not in (NONE, "0") else []
        parts += [f"− {less}{behind}"] if less not in (NONE, "0") else []
        if parts:
            head = f"{plan.name}: " if len(words.comparison.others) > 1 else ""
            said.append(head + " ".join(parts))
    return "; ".join(said)

"""Coverage, area standard, money and levels of the plans, figure by figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from siteplan.outcome import MAXIMISED
from siteplan.plan import CommunityArea, LevelResult, Plan
from siteplan.scenario import Basis, Level
from siteplan.studies.comparison.document import (
    AreaRow,
    CoverageRow,
    LevelRow,
    LocalRow,
    MoneyRow,
    RadiusRow,
    Remark,
    Verdict,
)
from siteplan.studies.comparison.inputs import Comparability
from siteplan.studies.comparison.sources import ComparedPlan

MET_WITHIN_M2 = 0.5
"""A community meets a tier if it is less than this short of it: areas are whole m² in practice."""
EQUAL = 1e-6
"""Relative difference below which two values of a level are the same."""
SUMMED = (
    "amount_cny",
    "capital_cny",
    "joint_programmes_cny",
    "operating_cny",
    "fees_cny",
    "subsidy_cny",
)
YEARLY = (*SUMMED, "awards_outstanding_cny")
BY_SOURCE = ("amount_cny", "granted_cny", "paid_cny", "carried_out_cny")

NOT_THERE = Remark(zh="不是每份方案都有", en="not every plan has it")
OTHER_BASIS = Remark(zh="目标口径不同", en="the bases of the targets differ")
COUNTED_DIFFERS = Remark(zh="应覆盖数不同", en="what is counted differs")

Reason = Callable[[int], Remark | None]
"""From the position of a plan to why its figure can't be compared with the reference's, None: it can."""


def compared(
    values: Sequence[float | None], reason: Reason
) -> tuple[tuple[float | None, ...], tuple[Remark | None, ...]]:
    """Return each other plan's value less the first's, and why there is none."""
    why = tuple(
        NOT_THERE if values[0] is None or values[number] is None else reason(number)
        for number in range(1, len(values))
    )
    first = values[0]
    differences = tuple(
        None if said is not None or value is None or first is None else value - first
        for value, said in zip(values[1:], why, strict=True)
    )
    return differences, why


def coverage_rows(plans: Sequence[ComparedPlan], pairs: Sequence[Comparability]) -> Iterator[CoverageRow]:
    """Yield coverage by function, year and basis."""
    figures = [
        {(each.function, each.year, each.basis): each for each in plan.plan.coverage} for plan in plans
    ]
    for key in dict.fromkeys(key for each in figures for key in sorted(each, key=_by_year)):
        function, year, basis = key
        there = [each.get(key) for each in figures]
        counted = tuple(None if each is None else each.counted for each in there)
        values = tuple(None if each is None else each.covered for each in there)

        def reason(
            number: int,
            function: str = function,
            basis: Basis = basis,
            counted: tuple[float | None, ...] = counted,
        ) -> Remark | None:
            said = pairs[number - 1].of_coverage(function, basis)
            return said or (COUNTED_DIFFERS if not _same(counted[number], counted[0]) else None)

        differences, why = compared(values, reason)
        yield CoverageRow(
            function=function,
            year=year,
            basis=basis,
            values=values,
            differences=differences,
            why_not=why,
            counted=counted,
            targets=tuple(None if each is None else each.target for each in there),
        )


def local_rows(plans: Sequence[ComparedPlan], pairs: Sequence[Comparability]) -> Iterator[LocalRow]:
    """Yield coverage of towns and communities that have targets of their own, on the plans' target basis."""
    figures = [
        {(each.area_code, each.function, each.year): each for each in plan.plan.local_coverage}
        for plan in plans
    ]
    names = {each.area_code: each.area_name for plan in reversed(plans) for each in plan.plan.local_coverage}
    bases = [plan.plan.basis for plan in plans]
    for code, function, year in dict.fromkeys(key for each in figures for key in each):
        there = [each.get((code, function, year)) for each in figures]
        values = tuple(None if each is None else each.covered for each in there)

        def reason(number: int, function: str = function) -> Remark | None:
            if bases[number] is not bases[0]:
                return OTHER_BASIS
            return pairs[number - 1].of_coverage(function, bases[0])

        differences, why = compared(values, reason)
        yield LocalRow(
            area_code=code,
            area_name=names[code],
            function=function,
            year=year,
            values=values,
            differences=differences,
            why_not=why,
            counted=tuple(None if each is None else each.counted for each in there),
            targets=tuple(None if each is None else each.target for each in there),
        )


def _by_year(key: tuple[str, int, Basis]) -> int:
    return key[1]


def radius_rows(plans: Sequence[ComparedPlan], pairs: Sequence[Comparability]) -> Iterator[RadiusRow]:
    """Yield persons within each reported radius: comparable also where service radii differ."""
    figures = [
        {(each.function, each.year, each.radius_m): each for each in plan.plan.coverage_at_radii}
        for plan in plans
    ]
    for function, year, radius_m in dict.fromkeys(key for each in figures for key in each):
        there = [each.get((function, year, radius_m)) for each in figures]
        values = tuple(None if each is None else each.covered for each in there)
        counted = tuple(None if each is None else each.counted for each in there)

        def reason(number: int, counted: tuple[float | None, ...] = counted) -> Remark | None:
            said = pairs[number - 1].of_people()
            return said or (COUNTED_DIFFERS if not _same(counted[number], counted[0]) else None)

        differences, why = compared(values, reason)
        yield RadiusRow(
            function=function,
            year=year,
            radius_m=radius_m,
            values=values,
            differences=differences,
            why_not=why,
            counted=counted,
        )


def area_rows(plans: Sequence[ComparedPlan], pairs: Sequence[Comparability]) -> Iterator[AreaRow]:
    """Yield area per 100 households, and for each tier what is short and how many communities meet it."""
    measures = [_area_measures(plan.plan) for plan in plans]
    for year, measure in dict.fromkeys(key for each in measures for key in each):
        values = tuple(each.get((year, measure)) for each in measures)
        patterns = ("standards.elderly_area*",) if measure.endswith(":elderly") else ()

        def reason(number: int, patterns: Sequence[str] = patterns) -> Remark | None:
            pair = pairs[number - 1]
            return pair.of_people() or pair.of_settings(patterns)

        differences, why = compared(values, reason)
        yield AreaRow(year=year, measure=measure, values=values, differences=differences, why_not=why)


def _area_measures(plan: Plan) -> Mapping[tuple[int, str], float]:
    measures: dict[tuple[int, str], float] = {}
    for year in plan.years:
        rows = [row for row in plan.area_standard if row.year == year]
        households = sum(row.households for row in rows)
        if households > 0.0:
            area = sum(row.floor_area_m2 for row in rows)
            measures[year, "m2_per_100"] = 100.0 * area / households
        for tier in dict.fromkeys(tier for row in rows for tier in row.shortfall_m2_by_tier):
            measures[year, f"short_m2:{tier}"] = sum(_short(row, tier) for row in rows)
            measures[year, f"met:{tier}"] = float(sum(_short(row, tier) < MET_WITHIN_M2 for row in rows))
    return measures


def _short(row: CommunityArea, tier: str) -> float:
    return row.shortfall_m2_by_tier.get(tier, 0.0)


def money_rows(plans: Sequence[ComparedPlan], pairs: Sequence[Comparability]) -> Iterator[MoneyRow]:
    """Yield amounts by year, their sums over the horizon, and by source where the plans tell."""
    amounts = [{**_by_year_and_item(plan.plan), **_by_source(plan.plan)} for plan in plans]
    names = {
        each.source: (each.name_zh, each.name_en) for plan in reversed(plans) for each in plan.plan.sources
    }
    for source, year, item in dict.fromkeys(key for each in amounts for key in each):
        values = tuple(each.get((source, year, item)) for each in amounts)

        def reason(number: int, year: int | None = year) -> Remark | None:
            return pairs[number - 1].of_horizon() if year is None else None

        differences, why = compared(values, reason)
        zh, en = ("", "") if source is None else names[source]
        yield MoneyRow(
            year=year,
            item=item,
            source=source,
            source_zh=zh,
            source_en=en,
            values=values,
            differences=differences,
            why_not=why,
        )


Amounts = dict[tuple[str | None, int | None, str], float | None]


def _by_year_and_item(plan: Plan) -> Amounts:
    amounts: Amounts = {(None, row.year, item): getattr(row, item) for row in plan.money for item in YEARLY}
    for item in SUMMED:
        every = [getattr(row, item) for row in plan.money]
        amounts[None, None, item] = None if None in every else sum(every)
    return amounts


def _by_source(plan: Plan) -> Amounts:
    return {(row.source, row.year, item): getattr(row, item) for row in plan.sources for item in BY_SOURCE}


def level_rows(plans: Sequence[ComparedPlan], pairs: Sequence[Comparability]) -> Iterator[LevelRow]:
    """Yield the levels of the objectives, in the reference's order, and what their bounds prove."""
    levels = [{each.name: (rank, each) for rank, each in enumerate(plan.plan.levels, 1)} for plan in plans]
    for name in dict.fromkeys(name for each in levels for name in each):
        there = [each.get(name) for each in levels]
        results = [None if each is None else each[1] for each in there]
        values = tuple(None if each is None else each.value for each in results)

        def reason(number: int, name: Level = name) -> Remark | None:
            return pairs[number - 1].of_level(name)

        differences, why = compared(values, reason)
        verdicts = tuple(
            _verdict(plans[0].plan, plans[number].plan, name, why[number - 1])
            for number in range(1, len(plans))
        )
        yield LevelRow(
            level=name,
            unit=next(each.unit for each in results if each is not None),
            ranks=tuple(None if each is None else each[0] for each in there),
            values=values,
            differences=differences,
            why_not=why,
            bounds=tuple(None if each is None else each.bound for each in results),
            gaps=tuple(None if each is None else each.gap for each in results),
            statuses=tuple(None if each is None else each.status for each in results),
            verdicts=verdicts,
        )


def _verdict(reference: Plan, other: Plan, level: Level, why_not: Remark | None) -> Verdict:
    """Return what is proven of the best that two scenarios allow at a level.

    The best lies between bound and value. That of a later level is the best among plans that keep the earlier
    levels at their values: where these differ, two bounds are about different things.
    """
    if why_not is not None:
        return Verdict.NOT_COMPARABLE
    one, before_one = _level(reference, level)
    two, before_two = _level(other, level)
    if [each.name for each in before_one] != [each.name for each in before_two] or not all(
        _same(mine.value, its.value) for mine, its in zip(before_one, before_two, strict=True)
    ):
        return Verdict.CONDITIONAL
    (low_one, high_one), (low_two, high_two) = _interval(one), _interval(two)
    margin = EQUAL * max(1.0, abs(one.value), abs(two.value))
    if high_one + margin < low_two or high_two + margin < low_one:
        return Verdict.PROVEN
    if max(high_one, high_two) - min(low_one, low_two) <= margin:
        return Verdict.SAME
    return Verdict.WITHIN_GAP


def _level(plan: Plan, level: Level) -> tuple[LevelResult, list[LevelResult]]:
    """Return a level and those before it."""
    rank = next(number for number, each in enumerate(plan.levels) if each.name is level)
    return plan.levels[rank], list(plan.levels[:rank])


def _interval(result: LevelResult) -> tuple[float, float]:
    """Return in what interval the best value of a level is known to lie."""
    if result.name in MAXIMISED:
        return result.value, float("inf") if result.bound is None else result.bound
    return float("-inf") if result.bound is None else result.bound, result.value


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= EQUAL * max(1.0, abs(one), abs(other))

"""Who gains and who loses: communities and towns, in function-years covered and in persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from siteplan.plan import CommunityCoverage, Plan
from siteplan.scenario import Basis
from siteplan.studies.comparison.document import CommunityRow, Remark, TownRow
from siteplan.studies.comparison.figures import compared
from siteplan.studies.comparison.inputs import Comparability
from siteplan.studies.comparison.sources import ComparedPlan

TOWN_DIGITS = 9
"""The first digits of a community's statistical code are its town's: used where the case is gone."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Over what communities are counted: basis, functions that mean the same in all plans, common years."""

    basis: Basis
    functions: tuple[str, ...]
    years: tuple[int, ...]


def ground_of(plans: Sequence[ComparedPlan], pairs: Sequence[Comparability]) -> Ground:
    """Return over what the communities of the plans can be counted alike."""
    first = plans[0].plan
    basis = first.basis if first.basis.counts_communities else Basis.REACHABLE
    keys = [dict.fromkeys(each.function for each in plan.plan.coverage) for plan in plans]
    functions = tuple(
        key
        for key in keys[0]
        if all(key in each for each in keys)
        and not any(pair.of_meaning(key, each) for pair in pairs for each in (basis, Basis.RESIDENTS))
    )
    years = tuple(year for year in first.years if all(year in plan.plan.years for plan in plans))
    return Ground(basis, functions, years)


def community_rows(
    plans: Sequence[ComparedPlan], pairs: Sequence[Comparability], ground: Ground
) -> list[CommunityRow]:
    """Return a row for each community that any plan counts."""
    counted = [_by_community(plan.plan, ground) for plan in plans]
    codes = sorted({code for each in counted for code in each})
    return [_row(code, [each.get(code) for each in counted], plans, pairs, ground) for code in codes]


def _by_community(plan: Plan, ground: Ground) -> Mapping[str, list[CommunityCoverage]]:
    rows: dict[str, list[CommunityCoverage]] = {}
    for row in plan.communities:
        if row.function in ground.functions and row.year in ground.years:
            rows.setdefault(row.community_code, []).append(row)
    return rows


def _row(
    code: str,
    counted: Sequence[list[CommunityCoverage] | None],
    plans: Sequence[ComparedPlan],
    pairs: Sequence[Comparability],
    ground: Ground,
) -> CommunityRow:
    covered = [None if rows is None else _covered(rows, ground) for rows in counted]
    values = tuple(None if each is None else float(len(each)) for each in covered)
    persons = tuple(None if rows is None else sum(row.residents_covered for row in rows) for rows in counted)

    def reason(number: int) -> Remark | None:
        return pairs[number - 1].of_people()

    differences, why = compared(values, reason)
    first = covered[0] or frozenset()
    return CommunityRow(
        community_code=code,
        town_code=_town(code, plans),
        values=values,
        differences=differences,
        why_not=why,
        person_years=persons,
        person_years_differences=compared(persons, reason)[0],
        gained=tuple(_listed((each or frozenset()) - first, ground) for each in covered[1:]),
        lost=tuple(_listed(first - (each or frozenset()), ground) for each in covered[1:]),
    )


FunctionYears = frozenset[tuple[str, int]]


def _covered(rows: Sequence[CommunityCoverage], ground: Ground) -> FunctionYears:
    return frozenset((row.function, row.year) for row in rows if row.is_covered_on(ground.basis))


def _listed(pairs: FunctionYears, ground: Ground) -> tuple[str, ...]:
    return tuple(
        f"{function}:{year}"
        for function in ground.functions
        for year in ground.years
        if (function, year) in pairs
    )


def _town(code: str, plans: Sequence[ComparedPlan]) -> str:
    known = (plan.names.town_of[code] for plan in plans if code in plan.names.town_of)
    return next(known, code[:TOWN_DIGITS])


def town_rows(communities: Sequence[CommunityRow]) -> Iterator[TownRow]:
    """Yield the sums of each town's communities."""
    for code in sorted({row.town_code for row in communities}):
        rows = [row for row in communities if row.town_code == code]
        plans, others = range(len(rows[0].values)), range(len(rows[0].differences))
        yield TownRow(
            town_code=code,
            communities=len(rows),
            values=tuple(_sum(row.values[number] for row in rows) for number in plans),
            differences=tuple(_sum(row.differences[number] for row in rows) for number in others),
            why_not=tuple(
                next((row.why_not[number] for row in rows if row.why_not[number]), None) for number in others
            ),
            person_years=tuple(_sum(row.person_years[number] for row in rows) for number in plans),
            person_years_differences=tuple(
                _sum(row.person_years_differences[number] for row in rows) for number in others
            ),
            gaining=tuple(changing(rows, number, 1) for number in others),
            losing=tuple(changing(rows, number, -1) for number in others),
        )


def changing(rows: Sequence[CommunityRow], number: int, sign: int) -> int | None:
    """Return how many communities gain (``sign`` 1) or lose (-1) with another plan; None: not comparable."""
    differences = [row.differences[number] for row in rows]
    return None if None in differences else sum(sign * (each or 0.0) > 0.0 for each in differences)


def _sum(values: Iterator[float | None]) -> float | None:
    """Return the sum; None where any value is missing."""
    every = list(values)
    return None if None in every else sum(value for value in every if value is not None)

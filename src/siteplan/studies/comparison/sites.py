"""The sites that differ between the reference and another plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from siteplan.plan import Plan, PlannedSite
from siteplan.studies.comparison.document import SiteChange, SiteRow
from siteplan.studies.comparison.sources import ComparedPlan

SAME_AREA_M2 = 0.5
"""Rooms that differ by less are the same: areas are whole m² in practice."""


def site_rows(reference: ComparedPlan, other: ComparedPlan) -> Iterator[SiteRow]:
    """Yield every way in which a site differs: only in one, moved, resized, re-timed, other functions.

    A site of the reference alone counts as *moved* where the other plan has one instead in the same community
    with a function in common; those with most in common pair up first, then by id, each once.
    """
    before = {site.site_id: site for site in reference.plan.sites}
    after = {site.site_id: site for site in other.plan.sites}
    year = last_common_year(reference.plan, other.plan)
    gone = [site for key, site in sorted(before.items()) if key not in after]
    new = [site for key, site in sorted(after.items()) if key not in before]
    moves = _moves(gone, new)
    taken = {site.site_id for site in moves.values()}
    ends = reference.plan.years[-1], other.plan.years[-1]
    for site in gone:
        instead = moves.get(site.site_id)
        change = SiteChange.ONLY_REFERENCE if instead is None else SiteChange.MOVED
        yield _row(other.name, change, site, instead, ends)
    for site in new:
        if site.site_id not in taken:
            yield _row(other.name, SiteChange.ONLY_OTHER, None, site, ends)
    for key in sorted(before.keys() & after.keys()):
        for change in _changes(before[key], after[key], year):
            yield _row(other.name, change, before[key], after[key], (year, year))


def last_common_year(one: Plan, other: Plan) -> int | None:
    """Return the last year that both plans have."""
    return max(set(one.years) & set(other.years), default=None)


def functions_of(site: PlannedSite) -> tuple[str, ...]:
    """Return the functions of a site."""
    return tuple(each.function for each in site.functions)


def rooms_m2(site: PlannedSite, year: int | None) -> float | None:
    """Return the usable area of a site's rooms in a year; each room counts once."""
    if year is None:
        return None
    return sum(room.area_m2_by_year.get(year, 0.0) for room in site.rooms)


def _moves(gone: Sequence[PlannedSite], new: Sequence[PlannedSite]) -> Mapping[str, PlannedSite]:
    pairs = sorted(
        (-shared, one.site_id, other.site_id, other)
        for one in gone
        for other in new
        if one.community_code == other.community_code
        and (shared := len(set(functions_of(one)) & set(functions_of(other)))) > 0
    )
    moves: dict[str, PlannedSite] = {}
    taken: set[str] = set()
    for _, site_id, other_id, other in pairs:
        if site_id not in moves and other_id not in taken:
            moves[site_id] = other
            taken.add(other_id)
    return moves


def _changes(one: PlannedSite, other: PlannedSite, year: int | None) -> Iterator[SiteChange]:
    if (one.open_from, one.converted_in) != (other.open_from, other.converted_in):
        yield SiteChange.RETIMED
    first = {each.function: each.from_year for each in one.functions}
    if first != {each.function: each.from_year for each in other.functions}:
        yield SiteChange.REFITTED
    before, after = rooms_m2(one, year), rooms_m2(other, year)
    if before is not None and after is not None and abs(before - after) >= SAME_AREA_M2:
        yield SiteChange.RESIZED


def _row(
    plan: str,
    change: SiteChange,
    before: PlannedSite | None,
    after: PlannedSite | None,
    years: tuple[int | None, int | None],
) -> SiteRow:
    site = before or after
    assert site is not None
    instead = after if change is SiteChange.MOVED else None
    return SiteRow(
        plan=plan,
        change=change,
        site_id=site.site_id,
        name=site.name,
        role=site.role.value,
        community_code=site.community_code,
        other_site_id=None if instead is None else instead.site_id,
        other_name=None if instead is None else instead.name,
        functions_reference=() if before is None else functions_of(before),
        functions=() if after is None else functions_of(after),
        year_reference=None if before is None else before.open_from,
        year=None if after is None else after.open_from,
        area_reference_m2=None if before is None else rooms_m2(before, years[0]),
        area_m2=None if after is None else rooms_m2(after, years[1]),
    )

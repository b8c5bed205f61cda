"""Who uses which site, by the convention that reports follow, and whether ``assignments.csv`` says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from siteplan.scenario import AssignmentRule
from siteplan.text import Text, from_cell
from siteplan.verify import tolerances
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.facts import Facts
from siteplan.verify.places import most_persons, seated_by_distance, walks_to
from siteplan.verify.schedule import Schedule

ASSIGNMENTS_FILE = "assignments.csv"

CSV_ROUNDING_PERSONS = 1e-6
"""Persons are written with six decimals."""

REMAINDER_PERSONS = 1e-4
"""A remainder of a demand point whose rows are rounded, and come from a linear program."""

COLUMNS = (
    "year",
    "function",
    "function_zh",
    "community_code",
    "community_name",
    "demand_id",
    "demand_name",
    "site_id",
    "site_name",
    "persons",
    "distance_m",
    "cause",
    "cause_zh",
    "illustrative",
)

CAUSES_ZH = {"": "", "no_place": "步行范围内已满", "no_provider_in_reach": "步行范围内无此功能"}

Key = tuple[int, str, str, str, str]
"""(year, function, demand id, site id, cause); site id or cause is empty."""


@dataclass(frozen=True, slots=True)
class Seating:
    """Persons, and the walking distance where there is a site, by `Key`."""

    rows: Mapping[Key, tuple[float, float | None]]
    persons_served: Mapping[tuple[int, str, str], float]
    """(year, function, demand id) → persons who have a place."""

    def served(self, function: str, year: int, demand_ids: Iterable[str]) -> float:
        """Return the persons at some demand points who have a place."""
        return sum(self.persons_served.get((year, function, demand_id), 0.0) for demand_id in demand_ids)

    def persons_at(self, function: str, year: int) -> float:
        """Return the persons who have a place for a function in a year."""
        found = self.persons_served.items()
        return sum(persons for (when, key, _), persons in found if (when, key) == (year, function))

    def resident_metres(self) -> float:
        """Return Σ persons · metres over all who have a place."""
        return sum(persons * metres for persons, metres in self.rows.values() if metres is not None)


def seat(schedule: Schedule, published: Sequence[Mapping[str, str]]) -> Seating:
    """Return who has a place where.

    By distance (pairs in order of distance, demand id, site id), recomputed; or, where as many as possible
    are to be served, as the ``published`` rows say, which `assignment_claims` then checks to be that many.
    """
    rows: dict[Key, tuple[float, float | None]] = {}
    served: dict[tuple[int, str, str], float] = {}
    stated = _stated(schedule, published) if _serves_most(schedule) else None
    for year in schedule.facts.years:
        for function in schedule.facts.functions:
            _seat_function(schedule, year, function, rows, served, stated)
    return Seating(rows, served)


def _serves_most(schedule: Schedule) -> bool:
    return schedule.facts.scenario.rules.assignment is AssignmentRule.MOST_SERVED


def _stated(
    schedule: Schedule, published: Sequence[Mapping[str, str]]
) -> Mapping[tuple[int, str], Mapping[tuple[str, str], float]]:
    """Return (year, function) → (demand id, site id) → persons, of the published rows that can be true."""
    facts = schedule.facts
    stated: dict[tuple[int, str], dict[tuple[str, str], float]] = {}
    for row in published:
        year, function, site_id = row.get("year", ""), row.get("function", ""), row.get("site_id", "")
        demand_id, persons = row.get("demand_id", ""), _number(row.get("persons", ""))
        known = function in facts.functions and demand_id in facts.demand
        if not (known and _is_year(year, facts)) or site_id not in schedule.providers(function, int(year)):
            continue
        metres = facts.distances[demand_id].get(site_id, math.inf)
        if metres <= facts.functions[function].service_radius_m and persons > 0.0:
            stated.setdefault((int(year), function), {})[demand_id, site_id] = persons
    return stated


def places_by_site(schedule: Schedule, function: str, year: int) -> dict[str, float]:
    """Return the places of the sites that provide a function in a year, in persons."""
    capacity = schedule.facts.functions[function].capacity_persons_per_m2
    return {
        site_id: capacity * schedule.area(site_id, function, year)
        for site_id in schedule.providers(function, year)
    }


def _seat_function(
    schedule: Schedule,
    year: int,
    function: str,
    rows: dict[Key, tuple[float, float | None]],
    served: dict[tuple[int, str, str], float],
    stated: Mapping[tuple[int, str], Mapping[tuple[str, str], float]] | None,
) -> None:
    facts = schedule.facts
    waiting = {demand_id: facts.persons(demand_id, function, year) for demand_id in facts.demand}
    places = places_by_site(schedule, function, year)
    walks = walks_to(facts, function, year, places)
    seats = (
        seated_by_distance(facts, function, year, places)
        if stated is None
        else stated.get((year, function), {})
    )
    for metres, demand_id, site_id in walks:
        persons = seats.get((demand_id, site_id), 0.0)
        if persons > 0.0:
            waiting[demand_id] -= persons
            rows[year, function, demand_id, site_id, ""] = (persons, metres)
            served[year, function, demand_id] = served.get((year, function, demand_id), 0.0) + persons
    in_reach = {demand_id for _, demand_id, _ in walks}
    for demand_id, persons in waiting.items():
        if persons > 0.0:
            cause = "no_place" if demand_id in in_reach else "no_provider_in_reach"
            rows[year, function, demand_id, "", cause] = (persons, None)


def assignment_claims(
    schedule: Schedule, seating: Seating, rows: Sequence[Mapping[str, str]]
) -> tuple[ClaimResult, ...]:
    """Check the rows of ``assignments.csv`` (column → cell) against the convention.

    Rows of fewer persons than the tolerance may be there or not.
    """
    check = Check(
        "assignments", Text("分配表符合约定", "assignments follow the convention"), file=ASSIGNMENTS_FILE
    )
    found: set[Key] = set()
    # The header is row 1, as a spreadsheet counts.
    for number, row in enumerate(rows, start=2):
        key = _key(check, f"row {number}", row)
        if key is None or not _is_known(check, f"row {number}", key, schedule.facts):
            continue
        path = f"row {number} ({', '.join(str(part) for part in key if part != '')})"
        check.holds(key not in found, path, Text("出现两次", "appears twice"))
        found.add(key)
        _compare(check, path, row, key, schedule, seating)
    for due, (persons, _) in seating.rows.items():
        if due not in found:
            path = f"(no row) ({', '.join(str(part) for part in due if part != '')})"
            tolerance = _tolerance(schedule, due)
            if _serves_most(schedule) and not due[3]:
                tolerance = max(tolerance, REMAINDER_PERSONS)
            check.close(f"{path} persons", 0.0, persons, tolerance, "persons")
    return check.results()


def places_claims(schedule: Schedule, seating: Seating) -> tuple[ClaimResult, ...]:
    """Check that persons served keep demand and capacity, and that no assignment could serve more."""
    check = Check(
        "served_within_capacity",
        Text("有位人数不超容量，且无法再多", "no more served than places, and no assignment serves more"),
        file=ASSIGNMENTS_FILE,
    )
    facts = schedule.facts
    check.same("plan assignment_rule", schedule.plan.assignment_rule, facts.scenario.rules.assignment)
    if not _serves_most(schedule):
        return check.results()
    at_site: dict[tuple[int, str, str], float] = {}
    for (year, function, _, site_id, _), (persons, _) in seating.rows.items():
        if site_id:
            at_site[year, function, site_id] = at_site.get((year, function, site_id), 0.0) + persons
    for (year, function, demand_id), persons in seating.persons_served.items():
        whole = facts.persons(demand_id, function, year)
        check.at_most(f"served {year} {function} {demand_id}", persons, whole, _rounding(whole), "persons")
    for year in facts.years:
        for function in facts.functions:
            places = places_by_site(schedule, function, year)
            for site_id, count in places.items():
                used = at_site.get((year, function, site_id), 0.0)
                path = f"places {year} {function} {site_id}"
                check.at_most(path, used, count, _rounding(count), "persons")
            most = most_persons(facts, function, year, places)
            total = seating.persons_at(function, year)
            check.at_least(f"served {year} {function}", total, most, _rounding(most), "persons")
    return check.results()


def _rounding(persons: float) -> float:
    """Rows are rounded one by one: a sum of some hundred may be that much off."""
    return tolerances.persons(persons) + 500.0 * CSV_ROUNDING_PERSONS


def _key(check: Check, path: str, row: Mapping[str, str]) -> Key | None:
    """Return which group of persons the row is about, or None where it can't be read."""
    columns_fit = check.same(f"{path} columns", tuple(row), COLUMNS)
    if not columns_fit:
        return None
    if not check.holds(
        row["year"].isdecimal() and row["year"].isascii(),
        f"{path} year",
        Text(f"{row['year']!r} 不是年份", f"{row['year']!r} is no year"),
    ):
        return None
    demand_id, site_id = from_cell(row["demand_id"]), from_cell(row["site_id"])
    return int(row["year"]), row["function"], demand_id, site_id, row["cause"]


def _is_known(check: Check, path: str, key: Key, facts: Facts) -> bool:
    """Return whether the codes of a row are those of the inputs, noting the others; no site: empty."""
    year, function, demand_id, site_id, cause = key
    known = (
        ("year", str(year), year in facts.years),
        ("function", function, function in facts.functions),
        ("demand_id", demand_id, demand_id in facts.demand),
        ("site_id", site_id, not site_id or site_id in facts.sites),
        ("cause", cause, cause in CAUSES_ZH and bool(cause) is not bool(site_id)),
    )
    for column, code, is_known in known:
        text = Text(f"{code!r} 不应出现", f"{code!r} does not belong here")
        check.holds(is_known, f"{path} {column}", text)
    return all(is_known for _, _, is_known in known)


def _is_year(cell: str, facts: Facts) -> bool:
    return cell in {str(year) for year in facts.years}


def _compare(
    check: Check, path: str, row: Mapping[str, str], key: Key, schedule: Schedule, seating: Seating
) -> None:
    persons, metres = seating.rows.get(key, (0.0, None))
    tolerance = _tolerance(schedule, key) if key in seating.rows else CSV_ROUNDING_PERSONS
    if _serves_most(schedule) and not key[3]:
        # Who is left over is what rows rounded one by one leave.
        tolerance = max(tolerance, REMAINDER_PERSONS)
    check.close(f"{path} persons", _number(row["persons"]), persons, tolerance, "persons")
    claimed_metres = _number(row["distance_m"]) if row["distance_m"] else None
    check.close(f"{path} distance_m", claimed_metres, metres, tolerances.DISTANCE_M, "m")
    for column, recomputed in _descriptions(schedule, key).items():
        check.same(f"{path} {column}", from_cell(row[column]), recomputed)


def _descriptions(schedule: Schedule, key: Key) -> dict[str, str]:
    """Return the cells of a row that say its codes in words."""
    facts = schedule.facts
    _, function, demand_id, site_id, cause = key
    point = facts.demand[demand_id]
    return {
        "illustrative": "yes" if facts.case.is_illustrative else "no",
        "function_zh": facts.policy.functions[function].name.zh,
        "demand_name": point.name,
        "community_code": point.community_code,
        "community_name": facts.communities[point.community_code].community_name,
        "site_name": facts.sites[site_id].name if site_id else "",
        "cause_zh": CAUSES_ZH[cause],
    }


def _number(cell: str) -> float:
    """Return the number in a cell, NaN (which no figure equals) where there is none."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _tolerance(schedule: Schedule, key: Key) -> float:
    """A remainder of persons may be off by the rounding of the whole group it is left from."""
    year, function, demand_id, _, _ = key
    return tolerances.persons(schedule.facts.persons(demand_id, function, year)) + CSV_ROUNDING_PERSONS

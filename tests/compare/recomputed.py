"""The figures of ``compare.json`` worked out again from two ``plan.json``, with code of its own."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
SUMMED = ("amount", "capital", "joint_programmes", "operating", "fees", "subsidy")


def less(one: float | None, other: float | None) -> float | None:
    """Return the second less the first."""
    return None if one is None or other is None else other - one


def coverage(plan: Json) -> dict[tuple[Any, ...], tuple[float, float, float | None]]:
    """Return (function, year, basis) → covered, counted, target."""
    return {
        (row["function"], row["year"], row["basis"]): (row["covered"], row["counted"], row["target"])
        for row in plan["coverage"]
    }


def radii(plan: Json) -> dict[tuple[Any, ...], float]:
    """Return (function, year, radius) → persons."""
    return {
        (row["function"], row["year"], row["radius_m"]): row["covered"] for row in plan["coverage_at_radii"]
    }


def area(plan: Json) -> dict[tuple[int, str], float]:
    """Return (year, measure) → value."""
    result: dict[tuple[int, str], float] = {}
    for year in plan["years"]:
        rows = [row for row in plan["area_standard"] if row["year"] == year]
        result[year, "m2_per_100"] = (
            sum(row["floor_area_m2"] for row in rows) / sum(row["households"] for row in rows) * 100
        )
        for tier in rows[0]["shortfall_m2_by_tier"]:
            short = [row["shortfall_m2_by_tier"][tier] for row in rows]
            result[year, f"short_m2:{tier}"] = sum(short)
            result[year, f"met:{tier}"] = len([each for each in short if each < 0.5])
    return result


def money(plan: Json) -> dict[tuple[Any, ...], float | None]:
    """Return (year or None, source or None, item) → CNY."""
    result: dict[tuple[Any, ...], float | None] = {}
    for row in plan["money"]:
        for item in (*SUMMED, "awards_outstanding"):
            result[row["year"], None, f"{item}_cny"] = row[f"{item}_cny"]
    for item in SUMMED:
        every = [row[f"{item}_cny"] for row in plan["money"]]
        result[None, None, f"{item}_cny"] = None if None in every else sum(every)
    for row in plan["sources"]:
        for item in ("amount", "granted", "paid", "carried_out"):
            result[row["year"], row["source"], f"{item}_cny"] = row[f"{item}_cny"]
    return result


def levels(plan: Json) -> dict[str, tuple[float, float | None, float | None, int]]:
    """Return level → value, bound, gap, rank."""
    return {
        row["name"]: (row["value"], row["bound"], row["gap"], number + 1)
        for number, row in enumerate(plan["levels"])
    }


def communities(plan: Json, column: str, years: list[int]) -> dict[str, tuple[set[str], float]]:
    """Return community → function-years covered, and person-years."""
    result: dict[str, tuple[set[str], float]] = {}
    for row in plan["communities"]:
        if row["year"] in years:
            covered, persons = result.get(row["community_code"], (set(), 0.0))
            if row[column]:
                covered = covered | {f"{row['function']}:{row['year']}"}
            result[row["community_code"]] = (covered, persons + row["residents_covered"])
    return result


def site_changes(one: Json, other: Json) -> dict[str, set[str]]:
    """Return site → its differences; a moved site stands for itself and for what takes its place."""
    before = {site["site_id"]: site for site in one["sites"]}
    after = {site["site_id"]: site for site in other["sites"]}
    year = str(max(set(one["years"]) & set(other["years"])))
    result: dict[str, set[str]] = {}
    for key in before.keys() | after.keys():
        if key not in after:
            result[key] = {"only_reference"}
        elif key not in before:
            result[key] = {"only_other"}
        else:
            result[key] = _changes(before[key], after[key], year)
    for key, instead in _moved(before, after).items():
        result[key], result[instead] = {"moved"}, set()
    return {key: changes for key, changes in result.items() if changes}


def _changes(one: Json, other: Json, year: str) -> set[str]:
    changes = set()
    if one["open_from"] != other["open_from"] or one["converted_in"] != other["converted_in"]:
        changes.add("retimed")
    if _functions(one) != _functions(other):
        changes.add("refitted")
    if abs(_rooms(one, year) - _rooms(other, year)) >= 0.5:
        changes.add("resized")
    return changes


def _functions(site: Json) -> set[tuple[str, int]]:
    return {(row["function"], row["from_year"]) for row in site["functions"]}


def _rooms(site: Json, year: str) -> float:
    return sum(float(room["area_m2_by_year"].get(year, 0.0)) for room in site["rooms"])


def _moved(before: dict[str, Json], after: dict[str, Json]) -> dict[str, str]:
    names = {key: {row["function"] for row in site["functions"]} for key, site in (before | after).items()}
    gone, new = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    moved: dict[str, str] = {}
    for shared in range(9, 0, -1):
        for one in gone:
            for other in new:
                same_place = before[one]["community_code"] == after[other]["community_code"]
                fits = same_place and len(names[one] & names[other]) == shared
                if fits and one not in moved and other not in moved.values():
                    moved[one] = other
    return moved

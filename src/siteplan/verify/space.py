"""Areas and rooms, and the floor area of community services per 100 households."""

from __future__ import annotations

from itertools import pairwise

from siteplan.case import Tenure
from siteplan.problem import Role
from siteplan.scenario import CARE_BEDS
from siteplan.text import Text
from siteplan.verify import tolerances
from siteplan.verify.claims import Check, ClaimResult, indexed
from siteplan.verify.facts import ELDERLY, Facts, is_occupied
from siteplan.verify.schedule import Schedule

ELDERLY_TIER = "elderly"


def space_claims(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Check areas against minima, maxima, rooms and sites, growth over time, and the area standard."""
    return (
        *_area_within_limits(schedule),
        *_function_fits_its_room(schedule),
        *_places(schedule),
        *_places_at_least(schedule),
        *_rooms_fit_in_site(schedule),
        *_never_shrinks(schedule),
        *_area_standard(schedule),
        *_area_standard_floor(schedule),
        *_new_estate_area_standard(schedule),
    )


def _area_within_limits(schedule: Schedule) -> tuple[ClaimResult, ...]:
    least = Check(
        "area_at_least_minimum", Text("面积不小于最小面积", "areas are not below the minimum of the form")
    )
    most = Check("area_at_most_maximum", Text("面积不超过最大面积", "areas are not above the maximum"))
    for path, site, facts in schedule.sites.values():
        if facts.programme is not None:
            continue
        in_complex = schedule.counts_as_complex(site.site_id)
        for number, entry in enumerate(site.functions):
            function = schedule.facts.functions[entry.function]
            minimum = function.minimum_in_complex_m2 if in_complex else function.minimum_alone_m2
            for year, area in entry.area_m2_by_year.items():
                place = f"{path}.functions[{number}].area_m2_by_year.{year}"
                least.at_least(place, area, minimum, tolerances.AREA_M2, "m²")
                most.at_most(place, area, function.maximum_m2, tolerances.AREA_M2, "m²")
    return (*least.results(), *most.results())


def _places(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("places_by_unit", Text("各功能容量与床位", "places by unit, and care beds"))
    facts = schedule.facts
    share = facts.policy.standards.care_bed_share_of_elderly_room
    size = facts.policy.standards.care_bed_area_m2
    for path, site, _ in schedule.sites.values():
        for number, entry in enumerate(site.functions):
            place = f"{path}.functions[{number}]"
            per_m2 = facts.functions[entry.function].capacity_persons_per_m2
            unit = facts.policy.functions[entry.function].capacity_unit
            check.same(f"{place}.places_unit_zh", entry.places_unit_zh, unit.zh)
            check.same(f"{place}.places_unit_en", entry.places_unit_en, unit.en)
            years = tuple(sorted(entry.area_m2_by_year))
            check.same(f"{place}.places_by_year (years)", tuple(sorted(entry.places_by_year)), years)
            beds = years if entry.function == ELDERLY and share is not None else ()
            check.same(f"{place}.care_beds_by_year (years)", tuple(sorted(entry.care_beds_by_year)), beds)
            for year, area in entry.area_m2_by_year.items():
                claimed = entry.places_by_year.get(year)
                tolerance = per_m2 * tolerances.AREA_M2
                check.close(f"{place}.places_by_year.{year}", claimed, per_m2 * area, tolerance, unit.en)
            if share is None or size is None:
                continue
            for year, count in entry.care_beds_by_year.items():
                whole = int(
                    share.value * entry.area_m2_by_year.get(year, 0.0) / size.value + tolerances.CARE_BEDS
                )
                check.same(f"{place}.care_beds_by_year.{year}", count, whole)
    return check.results()


def places_at(schedule: Schedule, site_id: str, kind: str, year: int) -> float:
    """Return the places of a function at a site in a year, or its whole care beds."""
    facts, standards = schedule.facts, schedule.facts.policy.standards
    if kind != CARE_BEDS:
        return facts.functions[kind].capacity_persons_per_m2 * schedule.area(site_id, kind, year)
    share, size = standards.care_bed_share_of_elderly_room, standards.care_bed_area_m2
    if share is None or size is None:
        return 0.0
    return int(share.value * schedule.area(site_id, ELDERLY, year) / size.value + tolerances.CARE_BEDS)


def _places_at_least(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Compare the places of all sites, and of each complex, with the scenario's least."""
    county = Check("places_at_least", Text("全县名额不少于底线", "the county has its least places"))
    single = Check(
        "complex_places_at_least", Text("综合体名额不少于底线", "complexes have their least places")
    )
    rules = schedule.facts.scenario.rules
    for kind, by_year in rules.places_at_least.items():
        for year, least in by_year.items():
            if year in schedule.facts.years:
                offered = sum(places_at(schedule, site_id, kind, year) for site_id in schedule.sites)
                county.at_least(f"places ({kind}, {year})", offered, least, tolerances.PLACES, "")
    for kind, least in rules.complex_places_at_least.items() if rules.site_form else ():
        function = ELDERLY if kind == CARE_BEDS else kind
        for site_id, (path, _, facts) in schedule.sites.items():
            if facts.role is not Role.CANDIDATE or not schedule.counts_as_complex(site_id):
                continue
            for year in schedule.facts.years:
                if function in schedule.provided(site_id, year):
                    offered = places_at(schedule, site_id, kind, year)
                    single.at_least(f"{path} ({kind}, {year})", offered, least, tolerances.PLACES, "")
    return (*county.results(), *single.results())


def _function_fits_its_room(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "function_fits_its_room", Text("功能面积不超过所用房间", "each function fits into its room")
    )
    for path, site, _ in schedule.sites.values():
        for number, entry in enumerate(site.functions):
            group = schedule.facts.functions[entry.function].room_group
            for year, area in entry.area_m2_by_year.items():
                room = schedule.room(site.site_id, group, year)
                place = f"{path}.functions[{number}].area_m2_by_year.{year}"
                check.at_most(place, area, room, tolerances.AREA_M2, "m²")
    return check.results()


def _rooms_fit_in_site(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "rooms_fit_in_site",
        Text("房间不超过使用面积，开放前没有房间", "rooms fit into the usable area, none before opening"),
    )
    for path, site, facts in schedule.sites.values():
        for year in schedule.facts.years:
            rooms = sum(schedule.room(site.site_id, group, year) for group in schedule.facts.room_groups)
            allowed = facts.usable_area_m2 if year >= site.open_from else 0.0
            check.at_most(f"{path}.rooms ({year})", rooms, allowed, tolerances.AREA_M2, "m²")
    return check.results()


def _never_shrinks(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("stays_open", Text("开放后不关闭、不缩小", "nothing that is open closes or shrinks"))
    years = schedule.facts.years
    for path, site, _ in schedule.sites.values():
        until = schedule.converted.get(site.site_id, years[-1] + 1)
        kept = [year for year in years if year < until]
        for number, entry in enumerate(site.functions):
            for before, year in pairwise(kept):
                area = schedule.area(site.site_id, entry.function, year)
                earlier = schedule.area(site.site_id, entry.function, before)
                place = f"{path}.functions[{number}].area_m2_by_year.{year}"
                check.at_least(place, area, earlier, tolerances.AREA_M2, "m²")
        for number, room in enumerate(site.rooms):
            for before, year in pairwise(kept):
                area = schedule.room(site.site_id, room.room_group, year)
                earlier = schedule.room(site.site_id, room.room_group, before)
                place = f"{path}.rooms[{number}].area_m2_by_year.{year}"
                check.at_least(place, area, earlier, tolerances.AREA_M2, "m²")
                check.at_least(place, area, 0.0, 0.0, "m²")
    return check.results()


def floor_areas(schedule: Schedule, community: str, year: int) -> tuple[float, float]:
    """Return the floor area of all rooms in a community, each once, and of elderly care's, in m²."""
    rooms = elderly = 0.0
    groups = schedule.facts.room_groups
    for site, facts in schedule.sites_of_community.get(community, ()):
        rooms += facts.floor_per_usable * sum(schedule.room(site.site_id, group, year) for group in groups)
        elderly += facts.floor_per_usable * schedule.area(site.site_id, ELDERLY, year)
    return rooms, elderly


def area_shortfalls(schedule: Schedule, community: str, year: int) -> dict[str, float]:
    """Return the m² short of each tier and of the elderly part in a community and year."""
    standards = schedule.facts.policy.standards
    hundreds = schedule.facts.households(community, year) / 100.0
    rooms, elderly = floor_areas(schedule, community, year)
    short = {
        f"{tier.value:g}": max(0.0, tier.value * hundreds - rooms)
        for tier in standards.area_tiers_m2_per_100_households
    }
    asked = standards.elderly_area_m2_per_100_households.value * hundreds
    return {**short, ELDERLY_TIER: max(0.0, asked - elderly)}


def _area_standard(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "community_area_standard",
        Text("每百户服务设施面积", "floor area of community services per 100 households"),
    )
    facts = schedule.facts
    rows = indexed(
        check,
        "area_standard",
        schedule.plan.area_standard,
        lambda row: (row.community_code, row.year),
        [(community, year) for community in facts.communities for year in facts.years],
    )
    for (community, year), (path, row) in rows.items():
        rooms, elderly = floor_areas(schedule, community, year)
        households = facts.households(community, year)
        tolerance = tolerances.persons(households)
        check.close(f"{path}.households", row.households, households, tolerance, "households")
        check.close(f"{path}.floor_area_m2", row.floor_area_m2, rooms, tolerances.AREA_M2, "m²")
        check.close(
            f"{path}.elderly_floor_area_m2", row.elderly_floor_area_m2, elderly, tolerances.AREA_M2, "m²"
        )
        short = area_shortfalls(schedule, community, year)
        claimed = row.shortfall_m2_by_tier
        check.same(f"{path}.shortfall_m2_by_tier (tiers)", tuple(sorted(claimed)), tuple(sorted(short)))
        for tier in sorted(set(claimed) & set(short)):
            place = f"{path}.shortfall_m2_by_tier.{tier}"
            check.close(place, claimed[tier], short[tier], tolerances.AREA_M2, "m²")
    return check.results()


def _area_standard_floor(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Compare the floor area of each community, and that of its elderly care, with the least."""
    rules = schedule.facts.scenario.rules
    of_all = Check(
        "area_standard_floor",
        Text("每百户面积不低于底线", "no community is below the least floor area per 100 households"),
    )
    of_elderly = Check(
        "elderly_area_standard_floor",
        Text(
            "每百户养老面积不低于底线",
            "no community is below the least floor area of elderly care per 100 households",
        ),
    )
    asked_of = (
        (of_all, rules.area_standard_at_least_m2),
        (of_elderly, rules.elderly_area_standard_at_least_m2),
    )
    for part, (check, floors) in enumerate(asked_of):
        for year in sorted(set(floors) & set(schedule.facts.years)):
            for community in schedule.facts.communities:
                area = floor_areas(schedule, community, year)[part]
                asked = floors[year] * schedule.facts.households(community, year) / 100.0
                check.at_least(f"floor area of {community} in {year}", area, asked, tolerances.AREA_M2, "m²")
    return (*of_all.results(), *of_elderly.results())


def _new_estate_area_standard(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """What developers hand over has the standard's floor area, as far as it can, once people live there."""
    check = Check(
        "new_estate_area_standard",
        Text(
            "新建小区配套面积随住房交付", "facilities of new estates have their floor area with the housing"
        ),
    )
    facts = schedule.facts
    standard = facts.policy.standards.new_estate_area_m2_per_100_households
    if not facts.scenario.rules.new_estate_area_standard or standard is None:
        return check.results()
    for estate in facts.case.new_estates:
        delivered = [
            row.site_id
            for row in facts.case.sites
            if row.estate_id == estate and row.tenure is Tenure.RETURNED
        ]
        homes = [row for row in facts.case.demand_points if row.estate_id == estate]
        for year in facts.years:
            households = sum(row.households for row in homes if is_occupied(row, year))
            least = min(standard.value * households / 100.0, _most_floor_area(facts, delivered, year))
            rooms = sum(
                facts.sites[site].floor_per_usable * schedule.room(site, group, year)
                for site in delivered
                for group in facts.room_groups
            )
            check.at_least(f"floor area of {estate} in {year}", rooms, least, tolerances.AREA_M2, "m²")
    return check.results()


def _most_floor_area(facts: Facts, sites: list[str], year: int) -> float:
    """Return the floor area of the largest rooms that the spaces available by a year can hold, in m².

    A function that a space is too small for alone has no room in it.
    """
    total = 0.0
    for site in (facts.sites[key] for key in sites):
        if site.available_from <= year:
            hosted = [facts.functions[key] for key in sorted(site.may_host)]
            largest: dict[str, float] = {}
            for function in hosted:
                rule_of_form = facts.scenario.rules.site_form
                alone = function.minimum_alone_m2 if rule_of_form else function.minimum_in_complex_m2
                if alone > site.usable_area_m2:
                    continue
                group = function.room_group
                largest[group] = max(function.maximum_m2, largest.get(group, 0.0))
            total += site.floor_per_usable * min(site.usable_area_m2, sum(largest.values()))
    return total

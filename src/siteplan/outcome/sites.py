"""The sites of a plan: what is open in the last year, with functions, rooms and money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siteplan.outcome.money import SiteMoney, operator_balance_cny
from siteplan.outcome.provision import converted_in, function_area_m2, operates, room_area_m2
from siteplan.plan import Decisions, ExcludedSite, PlannedFunction, PlannedRoom, PlannedSite
from siteplan.problem import Problem, Role, Site


def planned_sites(
    problem: Problem, decisions: Decisions, money: Mapping[str, SiteMoney]
) -> tuple[PlannedSite, ...]:
    """Return the decided sites and the planned ones that open, in the order of the problem's sites."""
    opening = decisions.opening_years()
    first_year = problem.years[0]
    return tuple(
        _planned_site(
            problem, decisions, site, first_year if site.is_decided else opening[site_id], money.get(site_id)
        )
        for site_id, site in problem.sites.items()
        if site.is_decided or site_id in opening
    )


def excluded_sites(problem: Problem) -> tuple[ExcludedSite, ...]:
    """Return what the candidates may not host, by site and reason, in the order of the problem's sites."""
    return tuple(
        ExcludedSite(
            site_id=site.site_id,
            name=site.name,
            functions=tuple(key for key in problem.functions if site.why_not.get(key) == reason),
            reason_zh=reason.zh,
            reason_en=reason.en,
        )
        for site in problem.sites.values()
        if site.role is Role.CANDIDATE
        for reason in dict.fromkeys(site.why_not[key] for key in problem.functions if key in site.why_not)
    )


def _planned_site(
    problem: Problem, decisions: Decisions, site: Site, open_from: int, money: SiteMoney | None
) -> PlannedSite:
    return PlannedSite(
        site_id=site.site_id,
        name=site.name,
        role=site.role,
        community_code=site.community_code,
        town_code=site.town_code,
        longitude=site.longitude,
        latitude=site.latitude,
        tenure=site.tenure,
        rent_cny_per_year=site.rent_cny_per_year,
        operator_balance_cny_per_year=operator_balance_cny(problem, decisions, site),
        consent=site.consent,
        form=site.listed_form if site.is_decided else decisions.forms.get(site.site_id),
        mode=site.mode,
        open_from=open_from,
        floor_area_m2=site.floor_area_m2,
        usable_area_m2=site.usable_area_m2,
        functions=_functions(problem, decisions, site),
        rooms=_rooms(problem, decisions, site),
        data_status=site.data_status,
        operator=site.operator,
        joint_programme=None if site.joint is None else site.joint.programme,
        converted_in=converted_in(problem, decisions, site.site_id),
        **_land_use(problem, site, open_from),
        **_money_by_year(problem, money),
    )


def _land_use(problem: Problem, site: Site, open_from: int) -> dict[str, Any]:
    """Return when the land-use procedure of a site falls due, and its cost (周至方案 六（三）)."""
    if not site.outgrows_land_use or problem.land_use_grace_years is None:
        return {"land_use_procedure_due": None, "land_use_procedure_cny": None}
    rate = problem.land_use_procedure_cny_per_m2
    return {
        "land_use_procedure_due": open_from + problem.land_use_grace_years,
        "land_use_procedure_cny": None if rate is None else rate * site.floor_area_m2,
    }


def _money_by_year(problem: Problem, money: SiteMoney | None) -> dict[str, Any]:
    """Return the money fields of a site: every year of the horizon, 0 for a site that is decided."""
    nothing = dict.fromkeys(problem.years, 0.0)
    return {
        "capital_cny_by_year": dict(money.capital) if money else nothing,
        "operating_cny_by_year": dict(money.operating) if money else nothing,
        "fees_cny_by_year": dict(money.fees) if money else nothing,
        "subsidy_cny_by_year": dict(money.subsidy) if money else nothing,
        "joint_programme_cny": sum(money.joint_programme.values()) if money else 0.0,
    }


def _functions(problem: Problem, decisions: Decisions, site: Site) -> tuple[PlannedFunction, ...]:
    if site.programme is not None:
        starts = dict.fromkeys(site.programme, problem.years[0])
    else:
        starts = {key: year for (owner, key), year in decisions.start_year.items() if owner == site.site_id}
    return tuple(
        _function(problem, decisions, site, function, starts[function])
        for function in problem.functions
        if function in starts
    )


def _function(
    problem: Problem, decisions: Decisions, site: Site, function: str, from_year: int
) -> PlannedFunction:
    years = [
        year
        for year in problem.years
        if year >= from_year and operates(problem, decisions, site.site_id, year)
    ]
    areas = {year: function_area_m2(problem, decisions, site.site_id, function, year) for year in years}
    figures = problem.functions[function]
    return PlannedFunction(
        function=function,
        from_year=from_year,
        area_m2_by_year=areas,
        places_by_year={year: figures.capacity_persons_per_m2 * area for year, area in areas.items()},
        places_unit_zh=figures.capacity_unit.zh,
        places_unit_en=figures.capacity_unit.en,
        care_beds_by_year={year: problem.care_beds(area) for year, area in areas.items()}
        if function == problem.elderly_function and problem.care_bed_share_of_elderly_room is not None
        else {},
    )


def _rooms(problem: Problem, decisions: Decisions, site: Site) -> tuple[PlannedRoom, ...]:
    rooms: list[PlannedRoom] = []
    for group in problem.room_groups:
        areas = {year: room_area_m2(problem, decisions, site.site_id, group, year) for year in problem.years}
        positive = {year: area for year, area in areas.items() if area > 0.0}
        if positive:
            rooms.append(PlannedRoom(room_group=group, area_m2_by_year=positive))
    return tuple(rooms)

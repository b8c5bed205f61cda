"""``sites.geojson`` and ``coverage.geojson``: points for a map, as RFC 7946 says.

WGS 84 longitude and latitude with 7 decimals (about a centimetre), no ``crs`` member. Properties are
flat, since GIS programs make them columns. ``illustrative`` and ``note`` stand in the collection, where
the RFC allows foreign members, and ``illustrative`` in every feature, since programs drop the former.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from siteplan.case import Choice
from siteplan.outcome.evaluation import Outcome
from siteplan.outcome.provision import nearest_provider
from siteplan.plan import Plan, PlannedSite
from siteplan.problem import DemandPoint, Problem
from siteplan.publish.labels import ILLUSTRATIVE_NOTE, ROLES

Properties = dict[str, Any]

COORDINATE_DECIMALS = 7


def write_sites(plan: Plan, problem: Problem, file: Path) -> None:
    """Write one point for each site that is open in the last year."""
    features = (
        _feature(site.longitude, site.latitude, _site_properties(site, problem, plan)) for site in plan.sites
    )
    write_collection("sites", features, plan.illustrative, file)


def write_coverage(plan: Plan, problem: Problem, outcome: Outcome, file: Path) -> None:
    """Write one point for each demand point, with what it has by function and year.

    ``covered_<function>_<year>`` is null where nobody is counted: outside the scope, before occupancy,
    or without a target group for the function.
    """
    features = (
        _feature(point.longitude, point.latitude, _demand_properties(point, problem, outcome, plan))
        for point in problem.demand.values()
    )
    write_collection("coverage", features, plan.illustrative, file)


def _site_properties(site: PlannedSite, problem: Problem, plan: Plan) -> Properties:
    last_year = plan.years[-1]
    areas = {item.function: item.area_m2_by_year.get(last_year, 0.0) for item in site.functions}
    return {
        "site_id": site.site_id,
        "name": site.name,
        "role": site.role.value,
        "role_zh": ROLES[site.role].zh,
        "community_code": site.community_code,
        "community_name": problem.communities[site.community_code].name,
        "town_code": site.town_code,
        "open_from": site.open_from,
        **_choice("form", site.form),
        **_choice("mode", site.mode),
        "floor_area_m2": round(site.floor_area_m2, 2),
        "usable_area_m2": round(site.usable_area_m2, 2),
        "functions": ";".join(areas),
        "functions_zh": "、".join(problem.functions[function].name.zh for function in areas),
        "function_from_year": "; ".join(f"{item.function}={item.from_year}" for item in site.functions),
        "function_area_m2": "; ".join(f"{function}={area:.10g}" for function, area in areas.items()),
        "capital_cny": _total(site.capital_cny_by_year),
        "operating_cny": _total(site.operating_cny_by_year),
        "fees_cny": _total(site.fees_cny_by_year),
        "operator": site.operator or None,
        "joint_programme": site.joint_programme,
        "joint_programme_cny": round(site.joint_programme_cny, 2),
        **_choice("data_status", site.data_status),
        "illustrative": plan.illustrative,
    }


def _demand_properties(point: DemandPoint, problem: Problem, outcome: Outcome, plan: Plan) -> Properties:
    community = problem.communities[point.community_code]
    properties: Properties = {
        "demand_id": point.demand_id,
        "name": point.name,
        "community_code": point.community_code,
        "community_name": community.name,
        "town_code": community.town_code,
        "in_scope": community.in_scope,
        "households": point.households,
        "occupied_from": point.occupied_from,
        "illustrative": plan.illustrative,
    }
    for function in problem.functions:
        for year in plan.years:
            properties |= _coverage_properties(point.demand_id, function, year, problem, outcome)
    return properties


def _coverage_properties(
    demand_id: str, function: str, year: int, problem: Problem, outcome: Outcome
) -> Properties:
    """Return whether a demand point is covered, by which nearest site and how far it is."""
    community = problem.communities[problem.demand[demand_id].community_code]
    is_counted = community.in_scope and problem.target_group(demand_id, function, year) > 0.0
    site_id = nearest_provider(problem, outcome.providing, demand_id, function, year) if is_counted else None
    return {
        f"covered_{function}_{year}": site_id is not None if is_counted else None,
        f"nearest_site_{function}_{year}": site_id,
        f"distance_m_{function}_{year}": None if site_id is None else problem.distances[demand_id][site_id],
    }


def _choice(name: str, value: Choice | None) -> Properties:
    """Return a choice as its key and its Chinese label."""
    return {name: value.value if value else None, f"{name}_zh": value.text.zh if value else None}


def _total(by_year: Mapping[int, float]) -> float:
    return round(sum(by_year.values()), 2)


def _feature(longitude: float, latitude: float, properties: Properties) -> Properties:
    position = [round(longitude, COORDINATE_DECIMALS), round(latitude, COORDINATE_DECIMALS)]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": position},
        "properties": properties,
    }


def write_collection(name: str, features: Iterable[Properties], illustrative: bool, file: Path) -> None:
    """Write a FeatureCollection, a feature a line so that two versions can be compared."""
    head: Properties = {"type": "FeatureCollection", "name": name, "illustrative": illustrative}
    if illustrative:
        head["note"] = f"{ILLUSTRATIVE_NOTE.zh} / {ILLUSTRATIVE_NOTE.en}"
    lines = ",\n".join(_json(feature) for feature in features)
    text = f'{_json(head)[:-1]}, "features": [\n{lines}\n]}}\n'
    file.write_text(text, encoding="utf-8", newline="\n")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)

"""Whether ``sites.geojson`` and ``coverage.geojson`` say the same as the plan and the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from siteplan.case import Choice, DemandPoint
from siteplan.plan import PlannedSite
from siteplan.problem import Role
from siteplan.text import Text
from siteplan.verify import tolerances
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.coverage import nearest_m
from siteplan.verify.facts import Facts
from siteplan.verify.money import joint_programme_cny
from siteplan.verify.schedule import Schedule

SITES_FILE = "sites.geojson"
COVERAGE_FILE = "coverage.geojson"

ROLES_ZH = {Role.CANDIDATE: "备选空间", Role.COMMITTED: "已列入名录项目", Role.EXISTING: "现有服务"}

Feature = tuple[float, float, Mapping[str, Any]]
"""Longitude, latitude and properties."""


def geojson_claims(schedule: Schedule, sites: object, coverage: object) -> tuple[ClaimResult, ...]:
    """Check every feature of the two collections, each parsed from its file."""
    facts = schedule.facts
    of_sites = Check("sites_geojson", Text("点位图层与方案一致", "the layer of sites agrees"), SITES_FILE)
    _compare_collection(
        of_sites,
        facts,
        sites,
        "site_id",
        {
            site_id: (facts.sites[site_id].longitude, facts.sites[site_id].latitude, _of_site(schedule, site))
            for site_id, (_, site, _) in schedule.sites.items()
        },
    )
    of_coverage = Check(
        "coverage_geojson", Text("覆盖图层与方案一致", "the layer of coverage agrees"), COVERAGE_FILE
    )
    _compare_collection(
        of_coverage,
        facts,
        coverage,
        "demand_id",
        {
            row.demand_id: (row.longitude, row.latitude, _of_demand_point(schedule, row))
            for row in facts.case.demand_points
        },
    )
    return (*of_sites.results(), *of_coverage.results())


def _of_site(schedule: Schedule, site: PlannedSite) -> dict[str, Any]:
    """Return the properties of a site: what the plan decides, the rest from the inputs.

    A series is a mapping of function → figure, written as ``a=1; b=2``.
    """
    facts = schedule.facts
    known = facts.sites[site.site_id]
    names = {row.community_code: row.community_name for row in facts.case.communities}
    last = max(facts.years)
    keys = [entry.function for entry in site.functions]
    return {
        "site_id": site.site_id,
        "name": known.name,
        "role": known.role.value,
        "role_zh": ROLES_ZH[known.role],
        "community_code": known.community_code,
        "community_name": names[known.community_code],
        "town_code": known.town_code,
        "open_from": site.open_from,
        **_choice("form", site.form),
        **_choice("mode", known.mode),
        "floor_area_m2": known.floor_area_m2,
        "usable_area_m2": known.usable_area_m2,
        "functions": ";".join(keys),
        "functions_zh": "、".join(facts.policy.functions[key].name.zh for key in keys),
        "function_from_year": {entry.function: float(entry.from_year) for entry in site.functions},
        "function_area_m2": {key: schedule.area(site.site_id, key, last) for key in keys},
        "capital_cny": sum(site.capital_cny_by_year.values()),
        "operating_cny": sum(site.operating_cny_by_year.values()),
        "fees_cny": sum(site.fees_cny_by_year.values()),
        "operator": known.operator or None,
        "joint_programme": known.joint_programme,
        "joint_programme_cny": sum(joint_programme_cny(schedule, site.site_id, year) for year in facts.years),
        **_choice("data_status", known.data_status),
        "illustrative": facts.case.is_illustrative,
    }


def _of_demand_point(schedule: Schedule, row: DemandPoint) -> dict[str, Any]:
    facts = schedule.facts
    community = next(item for item in facts.case.communities if item.community_code == row.community_code)
    properties: dict[str, Any] = {
        "demand_id": row.demand_id,
        "name": row.name,
        "community_code": row.community_code,
        "community_name": community.community_name,
        "town_code": community.town_code,
        "in_scope": community.in_scope,
        "households": row.households,
        "occupied_from": row.occupied_from,
        "illustrative": facts.case.is_illustrative,
    }
    for function in facts.functions:
        for year in facts.years:
            properties |= _covered(schedule, row.demand_id, function, year)
    return properties


def _covered(schedule: Schedule, demand_id: str, function: str, year: int) -> dict[str, Any]:
    """Return whether a demand point is covered, and its nearest provider; nulls where nobody counts."""
    facts = schedule.facts
    counted = demand_id in facts.demand and facts.persons(demand_id, function, year) > 0.0
    site_id = metres = None
    if counted:
        providers = schedule.providers(function, year)
        nearest = nearest_m(facts, demand_id, providers)
        if nearest <= facts.functions[function].service_radius_m:
            walks = facts.distances[demand_id]
            metres = nearest
            site_id = min(key for key, walk in walks.items() if key in providers and walk == nearest)
    return {
        f"covered_{function}_{year}": metres is not None if counted else None,
        f"nearest_site_{function}_{year}": site_id,
        f"distance_m_{function}_{year}": metres,
    }


def _choice(name: str, value: Choice | None) -> dict[str, str | None]:
    return {name: value.value if value else None, f"{name}_zh": value.text.zh if value else None}


def _compare_collection(
    check: Check, facts: Facts, document: object, key: str, expected: Mapping[str, Feature]
) -> None:
    """Compare a FeatureCollection with the features that are due, by the property ``key``."""
    check.holds(_is_object(document), "$", Text("不是 JSON 对象", "is no JSON object"))
    if not _is_object(document):
        return
    note = {"note"} if facts.case.is_illustrative else set()
    members = {"type", "name", "illustrative", "features"} | note
    check.same("(members)", tuple(sorted(document)), tuple(sorted(members)))
    check.same("type", document.get("type"), "FeatureCollection")
    check.same("name", document.get("name"), check.file.removesuffix(".geojson"))
    check.same("illustrative", document.get("illustrative"), facts.case.is_illustrative)
    features = document.get("features")
    found: set[str] = set()
    for number, feature in enumerate(features if isinstance(features, list) else []):
        path = f"features[{number}]"
        found_key = _compare_feature(check, path, feature, key, expected)
        if found_key is not None:
            check.holds(found_key not in found, path, Text(f"{found_key} 出现两次", f"{found_key} twice"))
            found.add(found_key)
    for missing in sorted(set(expected) - found):
        check.holds(False, "features", Text(f"缺少 {missing}", f"{missing} is missing"))


def _compare_feature(
    check: Check, path: str, feature: object, key: str, expected: Mapping[str, Feature]
) -> str | None:
    """Compare one feature and return its id, None where it isn't one of those expected."""
    check.holds(_is_object(feature), path, Text("不是要素", "is no feature"))
    if not _is_object(feature):
        return None
    check.same(f"{path} (members)", tuple(sorted(feature)), ("geometry", "properties", "type"))
    check.same(f"{path}.type", feature.get("type"), "Feature")
    properties = feature.get("properties")
    check.holds(_is_object(properties), f"{path}.properties", Text("缺少属性", "are missing"))
    if not _is_object(properties):
        return None
    found = str(properties.get(key))
    known = found in expected
    check.holds(known, f"{path}.properties.{key}", Text(f"{found} 不应出现", f"{found} does not belong here"))
    if not known:
        return None
    longitude, latitude, due = expected[found]
    _compare_position(check, f"{path}.geometry", feature.get("geometry"), (longitude, latitude))
    check.same(f"{path}.properties (names)", tuple(sorted(properties)), tuple(sorted(due)))
    for name in sorted(set(properties) & set(due)):
        _compare_property(check, f"{path}.properties.{name}", properties[name], due[name], name)
    return found


def _compare_position(check: Check, path: str, geometry: object, position: tuple[float, float]) -> None:
    point = geometry if _is_object(geometry) else {}
    check.same(f"{path} (members)", tuple(sorted(point)), ("coordinates", "type"))
    check.same(f"{path}.type", point.get("type"), "Point")
    claimed = point.get("coordinates")
    numbers = claimed if isinstance(claimed, list) and all(_is_number(part) for part in claimed) else []
    check.holds(
        len(numbers) == 2,
        f"{path}.coordinates",
        Text("不是经度、纬度", "are not a longitude and a latitude"),
    )
    for number, (part, given) in enumerate(zip(numbers, position, strict=False)):
        place = f"{path}.coordinates[{number}]"
        check.close(place, part, given, tolerances.COORDINATE_DEGREES, "°")


def _compare_property(check: Check, path: str, claimed: object, due: object, name: str) -> None:
    if isinstance(due, dict):
        series = _series(claimed)
        check.same(f"{path} (functions)", tuple(series), tuple(due))
        for function in sorted(set(series) & set(due)):
            tolerance = tolerances.AREA_M2 if name.endswith("_m2") else 0.0
            check.close(f"{path} ({function})", series[function], due[function], tolerance, "")
    elif isinstance(due, float) and _is_number(claimed):
        check.close(path, claimed, due, _tolerance(name, due), "")
    else:
        check.same(path, claimed, due)


def _series(claimed: object) -> dict[str, float]:
    """Return function → figure of a property written as ``a=1; b=2``; empty where it can't be read."""
    try:
        pairs = [part.split("=") for part in str(claimed).split(";") if part.strip()]
        return {function.strip(): float(figure) for function, figure in pairs}
    except ValueError:
        return {}


def _tolerance(name: str, figure: float) -> float:
    if name.endswith("_m2"):
        return tolerances.AREA_M2
    if name.endswith("_cny"):
        return tolerances.MONEY_CNY
    if name.startswith("distance_m_"):
        return tolerances.DISTANCE_M
    return tolerances.persons(figure)


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)

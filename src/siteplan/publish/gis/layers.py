"""A plan as geographic layers: points, areas and lines with flat properties, in WGS 84 degrees.

Properties have plain values under English names; what planners read in Chinese ends in ``_zh``. Every
format is written from these layers, so that all of them tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from siteplan.case import CandidateSite, Case, Choice, CommittedProject, Community, ExistingService
from siteplan.inputs.roads.projection import unprojected
from siteplan.network import RoadNetwork, WalkingAccess
from siteplan.plan import CommunityCoverage, Plan, PlannedFunction, PlannedSite
from siteplan.policy import FunctionKind, Policy
from siteplan.problem import Problem, Role
from siteplan.publish.labels import ROLES
from siteplan.reach import ServiceAreas
from siteplan.reach.pieces import road_pieces
from siteplan.text import Text

Properties = dict[str, Any]
WGS84 = "EPSG:4326"

KINDS = {FunctionKind.STANDARD: Text("标配", "standard"), FunctionKind.OPTIONAL: Text("选配", "optional")}


class GeometryKind(StrEnum):
    """Kind of the geometries of a layer."""

    POINT = "Point"
    LINE = "MultiLineString"
    AREA = "MultiPolygon"


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A geometry in longitude and latitude, and its properties."""

    geometry: BaseGeometry
    properties: Properties


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Features of one kind. ``identity``: the properties that together name a feature."""

    key: str
    title: Text
    kind: GeometryKind
    identity: tuple[str, ...]
    features: tuple[Feature, ...]


@dataclass(frozen=True, eq=False)
class GisSources:
    """What the layers are made from: a plan with the inputs it was solved from."""

    plan: Plan
    problem: Problem
    policy: Policy
    case: Case
    network: RoadNetwork
    access: WalkingAccess

    @cached_property
    def rows(self) -> Mapping[str, CandidateSite | CommittedProject | ExistingService]:
        """Rows of the case's tables by the id of the site that was made from them."""
        rows: dict[str, CandidateSite | CommittedProject | ExistingService] = {}
        rows |= {row.site_id: row for row in self.case.sites}
        rows |= {row.project_id: row for row in self.case.projects}
        rows |= {row.service_id: row for row in self.case.existing_services}
        return rows

    @cached_property
    def communities(self) -> Mapping[str, Community]:
        """Communities by code."""
        return {row.community_code: row for row in self.case.communities}

    @cached_property
    def town_names(self) -> Mapping[str, str]:
        """Names of towns by code."""
        return {row.town_code: row.town_name for row in self.case.towns}


def layers_of(sources: GisSources) -> tuple[Layer, ...]:
    """Return the layers of a plan; one without features is left out."""
    layers = (
        _facilities(sources, existing=True),
        _facilities(sources, existing=False),
        _functions(sources),
        _service_areas(sources),
        *_coverage(sources),
        _roads(sources.network),
    )
    return tuple(layer for layer in layers if layer.features)


# --- facilities -----------------------------------------------------------------------------------------


def _facilities(sources: GisSources, *, existing: bool) -> Layer:
    """Points of what operates already, or of what is planned (committed projects with it)."""
    sites = (site for site in sources.plan.sites if (site.role is Role.EXISTING) is existing)
    features = tuple(Feature(_point(site), _facility(site, sources)) for site in sites)
    if existing:
        title = Text("现有设施", "existing facilities")
        return Layer("existing_facilities", title, GeometryKind.POINT, ("facility_id",), features)
    title = Text("规划设施", "planned facilities")
    return Layer("planned_facilities", title, GeometryKind.POINT, ("facility_id",), features)


def _point(site: PlannedSite) -> BaseGeometry:
    return shapely.Point(site.longitude, site.latitude)


def _facility(site: PlannedSite, sources: GisSources) -> Properties:
    row = sources.rows.get(sources.problem.sites[site.site_id].converts or site.site_id)
    names = [sources.problem.functions[item.function].name.zh for item in site.functions]
    return {
        **_where(site, sources),
        "role": site.role.value,
        "role_zh": ROLES[site.role].zh,
        **_choice("form", site.form),
        **_choice("mode", site.mode),
        "opening_year": _opening_year(site, row),
        "floor_area_m2": round(site.floor_area_m2, 2),
        "usable_area_m2": round(site.usable_area_m2, 2),
        "functions": ";".join(item.function for item in site.functions),
        "functions_zh": "、".join(names),
        "land_use_code": (row.land_use_code or None) if isinstance(row, CandidateSite) else None,
        "land_use_procedure_due": site.land_use_procedure_due,
        "land_use_procedure_cny": site.land_use_procedure_cny,
        "capital_cny": round(sum(site.capital_cny_by_year.values()), 2),
        **_choice("consent", site.consent),
        **_choice("data_status", site.data_status),
        "source": row.source if row is not None else None,
    }


def _where(site: PlannedSite, sources: GisSources) -> Properties:
    """Return what names a facility and the divisions in which it lies."""
    return {
        "facility_id": site.site_id,
        "name": site.name,
        "community_code": site.community_code,
        "community_name": sources.communities[site.community_code].community_name,
        "town_code": site.town_code,
        "town_name": sources.town_names[site.town_code],
        "county_code": sources.case.header.county_code,
        "county_name": sources.case.header.county_name,
    }


def _opening_year(
    site: PlannedSite, row: CandidateSite | CommittedProject | ExistingService | None
) -> int | None:
    """Return the year in which it opens or did; None where the tables don't tell."""
    if site.role is Role.EXISTING:
        return row.operating_since if isinstance(row, ExistingService) else None
    return row.year if isinstance(row, CommittedProject) else site.open_from


def _choice(name: str, value: Choice | None) -> Properties:
    return {name: value.value if value else None, f"{name}_zh": value.text.zh if value else None}


# --- functions and service areas --------------------------------------------------------------------------


def _functions(sources: GisSources) -> Layer:
    """A point for each function of each facility."""
    features = tuple(
        Feature(_point(site), _function(site, item, sources)) for site, item in _provided(sources.plan)
    )
    title = Text("设施功能", "functions of facilities")
    return Layer("functions", title, GeometryKind.POINT, ("facility_id", "function"), features)


def _provided(plan: Plan) -> Iterator[tuple[PlannedSite, PlannedFunction]]:
    for site in plan.sites:
        for item in site.functions:
            yield site, item


def _function(site: PlannedSite, item: PlannedFunction, sources: GisSources) -> Properties:
    function = sources.problem.functions[item.function]
    last_year = max(item.area_m2_by_year, default=None)
    return {
        **_where(site, sources),
        "function": item.function,
        "function_zh": function.name.zh,
        "kind": function.kind.value,
        "kind_zh": KINDS[function.kind].zh,
        "from_year": None if site.role is Role.EXISTING else item.from_year,
        "area_m2": None if last_year is None else round(item.area_m2_by_year[last_year], 2),
        "places": None if last_year is None else round(item.places_by_year[last_year], 2),
        "places_unit_zh": item.places_unit_zh,
        "lead_bureau_zh": sources.policy.functions[item.function].lead_bureau.zh,
        **_choice("data_status", site.data_status),
    }


def _service_areas(sources: GisSources) -> Layer:
    """An area for each function of each facility: from where one can walk to it within its radius."""
    standards, network, access = sources.policy.standards, sources.network, sources.access
    makes = ServiceAreas(network, road_pieces(network))
    position = {site_id: index for index, site_id in enumerate(access.reach.site_ids)}
    known: dict[tuple[str, float], tuple[BaseGeometry, float]] = {}
    features: list[Feature] = []
    for site, item in _provided(sources.plan):
        radius_m = sources.problem.functions[item.function].service_radius_m
        place = sources.problem.sites[site.site_id].converts or site.site_id
        if (place, radius_m) not in known:
            area = makes.area(
                access.sites_snapped,
                position[place],
                radius_m,
                strip_m=standards.service_area_strip_m.value,
                smallest_hole_m2=standards.service_area_smallest_hole_m2.value,
            )
            known[place, radius_m] = _in_degrees(area, network.metric_crs), area.area
        geometry, area_m2 = known[place, radius_m]
        if not geometry.is_empty:
            properties = {
                **_where(site, sources),
                "function": item.function,
                "function_zh": sources.problem.functions[item.function].name.zh,
                "radius_m": radius_m,
                "from_year": None if site.role is Role.EXISTING else item.from_year,
                "service_area_m2": round(area_m2, 1),
                **_choice("data_status", site.data_status),
            }
            features.append(Feature(geometry, properties))
    title = Text("步行服务范围", "walking service areas")
    return Layer("service_areas", title, GeometryKind.AREA, ("facility_id", "function"), tuple(features))


def _in_degrees(area: BaseGeometry, metric_crs: str) -> BaseGeometry:
    def moved(points: Any) -> Any:
        return np.column_stack(unprojected(points[:, 0], points[:, 1], metric_crs))

    return only_areas(shapely.transform(area, moved))


def only_areas(geometry: BaseGeometry) -> BaseGeometry:
    """Return a geometry as a valid multipolygon; lines and points that mending leaves over are dropped."""
    parts = shapely.get_parts(shapely.make_valid(geometry))
    polygons = [
        polygon for part in parts for polygon in shapely.get_parts(part) if polygon.geom_type == "Polygon"
    ]
    return shapely.MultiPolygon(polygons)


# --- coverage ---------------------------------------------------------------------------------------------


def _coverage(sources: GisSources) -> Iterator[Layer]:
    """Communities with each function and year: areas where a boundary is supplied, else points."""
    boundaries = {row.community_code: row.wkt for row in sources.case.community_boundaries}
    points: list[Feature] = []
    areas: list[Feature] = []
    for row in sources.plan.communities:
        community = sources.communities[row.community_code]
        properties = _covered(row, community, sources)
        wkt = boundaries.get(row.community_code)
        if wkt is None:
            points.append(Feature(shapely.Point(community.longitude, community.latitude), properties))
        else:
            areas.append(Feature(only_areas(shapely.from_wkt(wkt)), properties))
    identity = ("community_code", "function", "year")
    title = Text("社区覆盖（点）", "coverage by community, points")
    yield Layer("coverage_points", title, GeometryKind.POINT, identity, tuple(points))
    title = Text("社区覆盖（面）", "coverage by community, areas")
    yield Layer("coverage_areas", title, GeometryKind.AREA, identity, tuple(areas))


def _covered(row: CommunityCoverage, community: Community, sources: GisSources) -> Properties:
    return {
        "community_code": row.community_code,
        "community_name": community.community_name,
        "code_provisional": community.code_provisional,
        "town_code": community.town_code,
        "town_name": sources.town_names[community.town_code],
        "county_code": sources.case.header.county_code,
        "county_name": sources.case.header.county_name,
        "function": row.function,
        "function_zh": sources.problem.functions[row.function].name.zh,
        "year": row.year,
        "reachable": row.reachable,
        "reachable_zh": "是" if row.reachable else "否",
        "established": row.established,
        "established_zh": "是" if row.established else "否",
        "target_group": round(row.target_group, 2),
        "residents_covered": round(row.residents_covered, 2),
        "served": round(row.served, 2),
        **_choice("data_status", community.data_status),
    }


# --- roads ------------------------------------------------------------------------------------------------


def _roads(network: RoadNetwork) -> Layer:
    """A line for each walkable way, public and private stretches apart."""
    ends = np.stack([network.edge_from, network.edge_to], axis=1)
    places = np.stack([network.longitude[ends], network.latitude[ends]], axis=2)
    lines: NDArray[np.object_] = np.asarray(shapely.linestrings(places), dtype=object)
    groups: dict[tuple[int, bool], list[int]] = {}
    for edge in range(network.edge_count):
        groups.setdefault((int(network.way_id[edge]), bool(network.is_private[edge])), []).append(edge)
    features = []
    for (way, is_private), edges in groups.items():
        merged = shapely.line_merge(shapely.multilinestrings(lines[edges]))
        properties = {
            "way_id": str(way),
            "is_private": is_private,
            "access_zh": "内部道路" if is_private else "公共道路",
            "length_m": round(float(network.length_m[edges].sum()), 2),
        }
        features.append(Feature(shapely.MultiLineString(list(shapely.get_parts(merged))), properties))
    title = Text("道路", "roads")
    return Layer("roads", title, GeometryKind.LINE, ("way_id", "is_private"), tuple(features))

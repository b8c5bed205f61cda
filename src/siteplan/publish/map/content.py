"""What the map's page shows, as JSON: the plan, who reaches what by year, walking areas and the base map.

Functions, years, communities and sites are named by their position; sets of functions are bit masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from shapely.geometry.base import BaseGeometry

from siteplan.case import Case, Choice, Consent, DataStatus, Form, Mode
from siteplan.inputs.base_map import BaseMap
from siteplan.network import RoadNetwork, WalkingAccess
from siteplan.plan import CommunityCoverage, Plan, PlannedSite
from siteplan.policy import Standards
from siteplan.problem import Problem
from siteplan.publish.explanations import MissedTarget, WhiteSpots
from siteplan.publish.labels import ILLUSTRATIVE_NOTE, ROLES
from siteplan.publish.map.geometry import DEGREES_PER_UNIT, Grid
from siteplan.publish.map.walks import walks_of_plan
from siteplan.publish.map.words import WORDS
from siteplan.publish.shortfall_spaces import areas_of, name_of_area, place_of_remedy, polygons_of
from siteplan.publish.white_spots import place_of, polygon_of, words_of_white_spot
from siteplan.text import Text

Json = dict[str, Any]

NONE = -1
"""Stands for no site."""
MARGIN_DEGREES = 0.01
"""The first view reaches so far beyond the places."""


@dataclass(frozen=True, eq=False)
class MapSources:
    """Everything a map is made from.

    ``boundaries``: community code → its official boundary in longitude and latitude, where one is supplied.
    ``reasons``: site → why it is as it is, ``white_spots``: where to look for space, and ``missed``: missed
    targets with their remedies, where they have been stored.
    """

    plan: Plan
    problem: Problem
    case: Case
    network: RoadNetwork
    access: WalkingAccess
    standards: Standards
    base_map: BaseMap
    boundaries: Mapping[str, BaseGeometry] = field(default_factory=dict)
    reasons: Mapping[str, Sequence[Text]] = field(default_factory=dict)
    white_spots: WhiteSpots | None = None
    missed: tuple[MissedTarget, ...] = ()
    made_on: date = field(default_factory=date.today)

    @cached_property
    def grid(self) -> Grid:
        """Units from the middle of the places."""
        west, south, east, north = self.view
        return Grid(round((west + east) / 2.0, 4), round((south + north) / 2.0, 4))

    @cached_property
    def view(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all places, with a margin."""
        places = [(place.longitude, place.latitude) for place in self.problem.demand.values()]
        places += [(site.longitude, site.latitude) for site in self.problem.sites.values()]
        longitudes, latitudes = zip(*places, strict=True)
        return (
            min(longitudes) - MARGIN_DEGREES,
            min(latitudes) - MARGIN_DEGREES,
            max(longitudes) + MARGIN_DEGREES,
            max(latitudes) + MARGIN_DEGREES,
        )

    @cached_property
    def function_index(self) -> Mapping[str, int]:
        """Function → its position."""
        return {key: index for index, key in enumerate(self.problem.functions)}

    @cached_property
    def community_index(self) -> Mapping[str, int]:
        """Community code → its position."""
        return {code: index for index, code in enumerate(self.problem.communities)}

    @cached_property
    def site_index(self) -> Mapping[str, int]:
        """Site → its position: open ones first."""
        opened = [site.site_id for site in self.plan.sites]
        others = sorted(set(self.problem.sites) - set(opened))
        return {site_id: index for index, site_id in enumerate([*opened, *others])}

    @cached_property
    def providing(self) -> Mapping[tuple[str, int], frozenset[str]]:
        """(function, year) → sites that provide it, as the plan says."""
        return {
            (function, year): frozenset(
                site.site_id
                for site in self.plan.sites
                for item in site.functions
                if item.function == function and item.area_m2_by_year.get(year, 0.0) > 0.0
            )
            for function in self.problem.functions
            for year in self.plan.years
        }

    @cached_property
    def nearest(self) -> Mapping[tuple[str, str, int], str | None]:
        """(demand point, function, year) → nearest provider within the radius; only where persons count."""
        problem = self.problem
        return {
            (demand_id, function, year): next(
                (
                    site
                    for site in problem.providers_within_reach(demand_id, function)
                    if site in self.providing[function, year]
                ),
                None,
            )
            for demand_id in problem.counted_demand
            for function in problem.functions
            for year in self.plan.years
            if problem.target_group(demand_id, function, year) > 0.0
        }


def map_content(sources: MapSources) -> Json:
    """Return the JSON of the page."""
    plan, grid = sources.plan, sources.grid
    note = ILLUSTRATIVE_NOTE if plan.illustrative else Text.same("")
    return {
        "title": [plan.title_zh, plan.title_en],
        "illustrative": plan.illustrative,
        "note": _pair(note),
        "made_on": sources.made_on.isoformat(),
        "words": {key: _pair(words) for key, words in WORDS.items()},
        "roles": {role.value: _pair(words) for role, words in ROLES.items()},
        "choices": {
            choice.value: _pair(choice.text) for kind in (Form, Mode, Consent) for choice in _members(kind)
        },
        "statuses": {status.value: _pair(status.text) for status in DataStatus},
        "origin": [grid.longitude, grid.latitude],
        "degrees_per_unit": DEGREES_PER_UNIT,
        "view": sources.view,
        "years": plan.years,
        "functions": [
            {
                "name": _pair(function.name),
                "kind": function.kind.value,
                "radius_m": int(function.service_radius_m)
                if function.service_radius_m == int(function.service_radius_m)
                else function.service_radius_m,
                "unit": _pair(function.capacity_unit),
            }
            for function in sources.problem.functions.values()
        ],
        "towns": [
            _placed(sources, town.longitude, town.latitude, town.town_name, town.town_code)
            for town in sources.case.towns
        ],
        "communities": _communities(sources),
        "demand": _demand(sources),
        "sites": _sites(sources),
        "spaces": list(_spaces(sources)),
        "white_spots": [] if sources.white_spots is None else _white_spots(sources, sources.white_spots),
        "coverage": _coverage(sources),
        "money": [
            {
                "capital_cny": round(each.capital_cny),
                "amount_cny": None if each.amount_cny is None else round(each.amount_cny),
                "operating_cny": round(each.operating_cny),
                "fees_cny": round(each.fees_cny),
            }
            for each in plan.money
        ],
        "base": {feature.value: grid.lines(lines) for feature, lines in sources.base_map.items()},
    }


def _members(kind: type[Choice]) -> list[Choice]:
    return list(kind)


def _pair(words: Text) -> list[str]:
    return [words.zh, words.en]


def _placed(sources: MapSources, longitude: float, latitude: float, name: str, code: str) -> Json:
    x, y = sources.grid.unit(longitude, latitude)
    return {"name": name, "code": code, "x": x, "y": y}


def _coverage(sources: MapSources) -> list[list[Json]]:
    """Return function → year → figure on the target basis."""
    plan = sources.plan
    figures = {
        (figure.function, figure.year): figure for figure in plan.coverage if figure.basis is plan.basis
    }
    return [
        [
            {
                "covered": round(figure.covered, 1),
                "counted": round(figure.counted, 1),
                "target": None if figure.target is None else round(figure.target, 1),
                "missing": [sources.community_index[code] for code in figure.missing],
            }
            for figure in (figures[function, year] for year in plan.years)
        ]
        for function in sources.problem.functions
    ]


def _communities(sources: MapSources) -> list[Json]:
    plan, problem = sources.plan, sources.problem
    figures = {(each.community_code, each.function, each.year): each for each in plan.communities}
    areas = {(each.community_code, each.year): each for each in plan.area_standard}
    town_index = {town.town_code: index for index, town in enumerate(sources.case.towns)}
    result = []
    for row in sources.case.communities:
        code = row.community_code
        entry = _placed(sources, row.longitude, row.latitude, row.community_name, code)
        counted = {
            year: [key for key in problem.functions if code in problem.counted_communities(key, year)]
            for year in plan.years
        }
        entry |= {
            "town": town_index.get(row.town_code, NONE),
            "in_scope": row.in_scope,
            "counted": [_mask(sources, counted[year]) for year in plan.years],
            "covered": [
                _mask(
                    sources,
                    [key for key in counted[year] if figures[code, key, year].is_covered_on(plan.basis)],
                )
                for year in plan.years
            ],
            "established": [
                _mask(
                    sources,
                    [
                        key
                        for key in problem.functions
                        if (code, key, year) in figures and figures[code, key, year].established
                    ],
                )
                for year in plan.years
            ],
            "figures": [
                [_persons(figures.get((code, function, year))) for year in plan.years]
                for function in problem.functions
            ],
            "area": [
                None
                if (each := areas.get((code, year))) is None
                else [
                    round(each.households),
                    round(each.floor_area_m2),
                    [[tier, round(short)] for tier, short in each.shortfall_m2_by_tier.items()],
                ]
                for year in plan.years
            ],
        }
        if code in sources.boundaries:
            entry["rings"] = sources.grid.rings(sources.boundaries[code])
        result.append(entry)
    return result


def _persons(figure: CommunityCoverage | None) -> list[float]:
    if figure is None:
        return [0.0, 0.0, 0.0]
    return [round(figure.target_group), round(figure.residents_covered), round(figure.served)]


def _mask(sources: MapSources, functions: Sequence[str]) -> int:
    return sum(1 << sources.function_index[key] for key in functions)


def _demand(sources: MapSources) -> Json:
    problem, nearest, years = sources.problem, sources.nearest, sources.plan.years
    points = list(problem.demand.values())
    statuses = {row.demand_id: row.data_status.value for row in sources.case.demand_points}
    units = [sources.grid.unit(point.longitude, point.latitude) for point in points]

    def counted(demand_id: str, year: int) -> list[str]:
        return [key for key in problem.functions if (demand_id, key, year) in nearest]

    return {
        "id": [point.demand_id for point in points],
        "name": [point.name for point in points],
        "community": [sources.community_index[point.community_code] for point in points],
        "x": [x for x, _ in units],
        "y": [y for _, y in units],
        "households": [round(point.households) for point in points],
        "occupied_from": [point.occupied_from for point in points],
        "status": [statuses[point.demand_id] for point in points],
        "counted": [[_mask(sources, counted(point.demand_id, year)) for year in years] for point in points],
        "covered": [
            [
                _mask(
                    sources,
                    [
                        key
                        for key in counted(point.demand_id, year)
                        if nearest[point.demand_id, key, year] is not None
                    ],
                )
                for year in years
            ]
            for point in points
        ],
        "nearest": [
            [_nearest_changes(sources, point.demand_id, key) for key in problem.functions] for point in points
        ],
    }


def _nearest_changes(sources: MapSources, demand_id: str, function: str) -> list[int]:
    """Return the nearest provider as changes: year index, site index (or -1) and metres, again and again."""
    changes: list[int] = []
    last: str | None = None
    for index, year in enumerate(sources.plan.years):
        site = sources.nearest.get((demand_id, function, year))
        if site == last:
            continue
        metres = 0 if site is None else round(sources.problem.distances[demand_id][site])
        changes += [index, NONE if site is None else sources.site_index[site], metres]
        last = site
    return changes


def _sites(sources: MapSources) -> list[Json]:
    walks = walks_of_plan(sources.plan, sources.problem, sources.access, sources.network, sources.standards)
    persons = _persons_nearest(sources)
    planned = {site.site_id: site for site in sources.plan.sites}
    excluded: dict[str, list[Any]] = {}
    for each in sources.plan.excluded_sites:
        functions = [sources.function_index[key] for key in each.functions]
        excluded.setdefault(each.site_id, []).append([functions, [each.reason_zh, each.reason_en]])
    paid: dict[str, dict[str, float]] = {}
    for payment in sources.plan.money_by_source:
        by_source = paid.setdefault(payment.site_id, {})
        by_source[payment.source] = by_source.get(payment.source, 0.0) + payment.cny
    names = {source.source: [source.name_zh, source.name_en] for source in sources.plan.sources}
    result = []
    for site_id in sources.site_index:
        site = sources.problem.sites[site_id]
        x, y = sources.grid.unit(site.longitude, site.latitude)
        result.append(
            {
                "id": site_id,
                "name": site.name,
                "role": site.role.value,
                "community": sources.community_index[site.community_code],
                "x": x,
                "y": y,
                "floor_area_m2": round(site.floor_area_m2),
                "usable_area_m2": round(site.usable_area_m2),
                "mode": site.mode.value if site.mode else None,
                "consent": site.consent.value if site.consent else None,
                "operator": site.operator or None,
                "joint": [site.joint.programme, site.joint.year] if site.joint else None,
                "status": site.data_status.value,
                "excluded": excluded.get(site_id, []),
                "why": [_pair(line) for line in sources.reasons.get(site_id, ())],
                "paid": [[names[key], round(cny)] for key, cny in paid.get(site_id, {}).items()],
                **_opened(sources, planned.get(site_id), persons),
                "walks": {
                    f"{radius_m:g}": sources.grid.rings(area)
                    for radius_m, area in walks.get(site_id, {}).items()
                }
                or None,
            }
        )
    return result


def _white_spots(sources: MapSources, found: WhiteSpots) -> list[Json]:
    """Return the zones with the place for which their figures hold, and what a space there would add."""
    spots = []
    for spot in found.spots:
        x, y = sources.grid.unit(spot.longitude, spot.latitude)
        spots.append(
            {
                "rank": spot.rank,
                "year": found.year,
                "name": _pair(place_of(spot, sources.problem)),
                "x": x,
                "y": y,
                "rings": sources.grid.rings(polygon_of(spot)),
                "lines": [_pair(line) for line in words_of_white_spot(spot, sources.problem)],
            }
        )
    return spots


def _spaces(sources: MapSources) -> Iterator[Json]:
    """Yield the areas in which a space would make up a missed target."""
    for entry, remedy, area in areas_of(sources.missed):
        x, y = sources.grid.unit(area.longitude, area.latitude)
        yield {
            "id": area.area_id,
            "only_year": entry.year,
            "name": _pair(name_of_area(entry, sources.problem)),
            "place": _pair(place_of_remedy(remedy, sources.problem)),
            "x": x,
            "y": y,
            "rings": sources.grid.rings(polygons_of(area)),
            "words": _pair(remedy.words.text),
        }


def _opened(
    sources: MapSources, site: PlannedSite | None, persons: Mapping[tuple[str, str, int], float]
) -> Json:
    """Return what the plan says of a site that opens, and that it doesn't of one that does not."""
    if site is None:
        return {
            "open_from": None,
            "form": None,
            "functions": [],
            "capital_cny": 0,
            "running_cny": 0,
            "fees_cny": 0,
            "joint_cny": 0,
            "land_use_due": None,
            "converted_in": None,
        }
    years = sources.plan.years
    return {
        "open_from": site.open_from,
        "form": site.form.value if site.form else None,
        "functions": [
            {
                "function": sources.function_index[item.function],
                "from_year": item.from_year,
                "area": [round(item.area_m2_by_year.get(year, 0.0), 1) for year in years],
                "places": [round(item.places_by_year.get(year, 0.0), 1) for year in years],
                "persons": [round(persons.get((site.site_id, item.function, year), 0.0)) for year in years],
            }
            for item in site.functions
        ],
        "capital_cny": round(sum(site.capital_cny_by_year.values())),
        "running_cny": round(site.operating_cny_by_year.get(years[-1], 0.0)),
        "fees_cny": round(site.fees_cny_by_year.get(years[-1], 0.0)),
        "joint_cny": round(site.joint_programme_cny),
        "land_use_due": site.land_use_procedure_due,
        "converted_in": site.converted_in,
    }


def _persons_nearest(sources: MapSources) -> Mapping[tuple[str, str, int], float]:
    """Return (site, function, year) → persons of the target group whose nearest provider it is."""
    persons: dict[tuple[str, str, int], float] = {}
    for (demand_id, function, year), site in sources.nearest.items():
        if site is not None:
            key = (site, function, year)
            persons[key] = persons.get(key, 0.0) + sources.problem.target_group(demand_id, function, year)
    return persons

"""A space that would make up a missed target: how large, and the area in which it may be, wherever in it.

Wanted is what no listed space could cover in time. Of the points of the roads the one is taken from which a
space would newly have most of it in reach. The area is that of the points around from which as much of the
same is reached as the remedy promises, without places that might meet the roads elsewhere
(`RoadPoints.sure_strip`) and without exclusion zones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from scipy import sparse

from siteplan.case import Mode
from siteplan.explain.road_coverage import STRIP_M, RoadCoverage, Terrain
from siteplan.explain.suitability import could_provide
from siteplan.explain.units import counted_unit
from siteplan.network import BoolArray, FloatArray, IntArray
from siteplan.plan import CoverageFigure, LocalCoverage
from siteplan.problem import THRESHOLD_SLACK, Problem
from siteplan.publish import Remedy, SearchArea, Words
from siteplan.publish.shortfall_spaces import SPACES_FILE
from siteplan.scenario import Basis
from siteplan.text import Text

SMALLEST_PART_M2 = 200.0
"""Smaller parts of an area hold no building that one would look for."""
UNIT_CNY = 10_000.0
M2_PER_HECTARE = 10_000.0
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Ground:
    """The roads, and what a new space is like.

    ``usable_share``: usable area per floor area; ``opening_cost_cny_per_m2``: of floor area.
    """

    terrain: Terrain
    usable_share: float
    opening_cost_cny_per_m2: float


def ground_of(terrain: Terrain) -> Ground:
    """Return the ground for spaces that are rebuilt, at the unit cost of ``costs.yaml``."""
    policy = terrain.policy
    return Ground(
        terrain,
        policy.standards.usable_share_of_floor_area.value,
        policy.costs.opening_cost_cny_per_m2[Mode.REBUILD].value,
    )


def space_remedies(
    problem: Problem,
    figure: CoverageFigure,
    ground: Ground,
    roads: RoadCoverage,
    *,
    lacking: float,
    without_place: float,
) -> list[Remedy]:
    """Return the space that would help most where no suitable one is in reach, and the area for places.

    ``lacking``: what stays missing for want of a suitable space; ``without_place``: for want of places.
    """
    remedies: list[Remedy] = []
    function = problem.functions[figure.function]
    found = _Wanted(problem, figure, roads).best(lacking) if lacking > TOLERANCE else None
    if found is not None:
        usable, gain = function.minimum_alone_m2, found.gain
        if problem.basis is Basis.SERVED:
            gain = min(gain, function.maximum_m2 * function.capacity_persons_per_m2)
            usable = max(usable, gain / function.capacity_persons_per_m2)
        remedies.append(_space(problem, figure, ground, usable, gain, found))
    if without_place > TOLERANCE and problem.basis is Basis.SERVED:
        usable = without_place / function.capacity_persons_per_m2
        remedies.append(_space(problem, figure, ground, usable, without_place, None))
    return remedies


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """An area, what a space anywhere in it makes up, and the demand point nearest to its place."""

    area: SearchArea
    gain: float
    near: str


class _Wanted:
    """What no listed space could cover in time: communities or demand points, and what each is worth.

    ``reaches``: (points, wanted) whether a space at a point of the roads covers it; ``worth``: (wanted,) one
    community, or persons.
    """

    def __init__(self, problem: Problem, figure: CoverageFigure, roads: RoadCoverage) -> None:
        self.problem, self.figure, self.roads = problem, figure, roads
        function, year = figure.function, figure.year
        counted = _counted(problem, figure)
        self.reaches: sparse.csr_array
        if problem.basis.counts_communities:
            self.reaches = roads.covers(function, year, problem.basis)
            without = [code in counted and not self._could_be_covered(code) for code in roads.codes]
            self.worth: FloatArray = np.array(without, dtype=np.float64)
        else:
            self.reaches = roads.within(function)
            without = [
                problem.demand[each].community_code in counted and not self._could_be_reached(each)
                for each in roads.demand_ids
            ]
            self.worth = np.where(without, roads.persons(function, year), 0.0)

    def best(self, lacking: float) -> _Found | None:
        """Return where a space helps most; None where none would."""
        values = np.asarray(self.reaches @ self.worth)
        while values.size and values.max() > TOLERANCE:
            top = np.flatnonzero(values >= values.max() * (1.0 - THRESHOLD_SLACK))
            best = self._nearest_to_most(top)
            gain = min(lacking, float(values[best]))
            is_wanted = self.reaches[[best]].toarray()[0] > 0.0
            of_wanted = np.asarray(self.reaches @ np.where(is_wanted, self.worth, 0.0))
            around = self.roads.points.around(best, of_wanted >= gain * (1.0 - THRESHOLD_SLACK))
            parts = self._parts(around)
            point = self._point_in(parts, around, of_wanted)
            if point is not None:
                return _Found(self._area(parts, point), gain, self._nearest_demand(point))
            values = np.where(around, 0.0, values)
        return None

    def _parts(self, around: BoolArray) -> list[shapely.Polygon]:
        sure = self.roads.points.sure_strip(around, STRIP_M)
        allowed = sure.difference(self.roads.excluded(self.figure.function))
        return [
            part
            for part in shapely.get_parts(allowed)
            if isinstance(part, shapely.Polygon) and part.area >= SMALLEST_PART_M2
        ]

    def _point_in(
        self, parts: Sequence[shapely.Polygon], around: BoolArray, of_wanted: FloatArray
    ) -> int | None:
        """Return the best of the points that lie in the area; None where none does."""
        points = self.roads.points
        doors = shapely.points(points.x_m, points.y_m)
        inside = np.flatnonzero(around & shapely.intersects(shapely.union_all(parts), doors))
        if not len(inside):
            return None
        most = of_wanted[inside].max()
        return self._nearest_to_most(inside[of_wanted[inside] >= most * (1.0 - THRESHOLD_SLACK)])

    def _nearest_to_most(self, points: IntArray) -> int:
        return int(points[np.argmin(self.roads.mean_walk(points))])

    def _nearest_demand(self, point: int) -> str:
        return self.roads.demand_ids[int(self.roads.nearest_demand[point])]

    def _area(self, parts: Sequence[shapely.Polygon], point: int) -> SearchArea:
        figure = self.figure
        longitude, latitude = self.roads.place_of(point)
        is_reached = (self.reaches[[point]].toarray()[0] > 0.0) & (self.worth > 0.0)
        counts = self.problem.basis.counts_communities
        communities = zip(self.roads.codes, is_reached, strict=True) if counts else ()
        persons = self._persons_at(point)
        area_code = (figure.area_code,) if isinstance(figure, LocalCoverage) else ()
        return SearchArea(
            area_id="-".join((str(figure.year), figure.function, *area_code)),
            longitude=longitude,
            latitude=latitude,
            polygons=tuple(self.roads.rings(part) for part in parts),
            area_m2=round(sum(float(part.area) for part in parts), 1),
            radius_m=self.problem.functions[figure.function].service_radius_m,
            communities=tuple(code for code, each in communities if each),
            persons=round(persons, 6),
        )

    def _persons_at(self, point: int) -> float:
        """Return how many of the target group have no listed space in reach but would have one at a point."""
        function, year = self.figure.function, self.figure.year
        reached = self.roads.within(function)[[point]].toarray()[0] > 0.0
        rows = zip(self.roads.demand_ids, self.roads.persons(function, year).tolist(), reached, strict=True)
        return float(sum(count for each, count, near in rows if near and not self._could_be_reached(each)))

    def _could_be_covered(self, community: str) -> bool:
        """Whether a listed space could cover a community in the year."""
        sites = self.problem.covering_sites(community, self.figure.function, self.figure.year)
        return any(self._could(site) for site in sites)

    def _could_be_reached(self, demand_id: str) -> bool:
        """Whether a listed space could be in reach of a demand point in the year."""
        sites = self.problem.providers_within_reach(demand_id, self.figure.function)
        return any(self._could(site) for site in sites)

    def _could(self, site_id: str) -> bool:
        return could_provide(self.problem, site_id, self.figure.function, self.figure.year)


def _counted(problem: Problem, figure: CoverageFigure) -> tuple[str, ...]:
    """Return the communities that the figure's target counts."""
    if isinstance(figure, LocalCoverage):
        return problem.counted_in(figure.area_code, figure.function, figure.year)
    return problem.counted_communities(figure.function, figure.year)


def _space(
    problem: Problem,
    figure: CoverageFigure,
    ground: Ground,
    usable_m2: float,
    gain: float,
    found: _Found | None,
) -> Remedy:
    function = problem.functions[figure.function]
    floor_m2 = usable_m2 / ground.usable_share
    cny = floor_m2 * (ground.opening_cost_cny_per_m2 + function.fit_out_cost_cny_per_m2)
    spaces = max(1, math.ceil(usable_m2 / function.maximum_m2 - TOLERANCE))
    code = None if found is None else problem.demand[found.near].community_code
    return Remedy(
        kind="space",
        gain=round(gain, 6),
        cny=round(cny, 2),
        floor_area_m2=round(floor_m2, 6),
        usable_area_m2=round(usable_m2, 6),
        community_code=code,
        demand_id=None if found is None else found.near,
        area=None if found is None else found.area,
        words=_words(problem, gain, _Size(floor_m2, usable_m2, spaces), cny, found),
    )


class _Size(NamedTuple):
    """The area of new space, in so many spaces: each may have a function's maximum area at most."""

    floor_m2: float
    usable_m2: float
    spaces: int


def _words(problem: Problem, gain: float, size: _Size, cny: float, found: _Found | None) -> Words:
    zh, en = counted_unit(problem, gain)
    floor, usable = math.ceil(size.floor_m2 - TOLERANCE), math.ceil(size.usable_m2 - TOLERANCE)
    if found is not None:
        where = _place_in_words(problem, found)
    elif size.spaces == 1:
        where = Text("服务范围内再有", "more places in reach:")
    else:
        where = Text(
            f"服务范围内再有 {size.spaces} 处、合计", f"more places in reach: {size.spaces} spaces, in all"
        )
    what = Text("", "") if found is None else _reach_in_words(problem, found, gain)
    return Words(
        zh=f"{where.zh}至少 {floor} m²（使用面积 {usable} m²）的空间，{what.zh}可补上 {zh}；"
        f"开办和装修估算 {cny / UNIT_CNY:,.1f} 万元，资金和每年新开点位数须另有",
        en=f"{where.en} at least {floor} m² ({usable} m² usable){what.en} makes up {en}; opening and fit-out "
        f"are estimated at {cny / UNIT_CNY:,.1f} × 10 000 CNY, for which money and pace must allow",
    )


def _place_in_words(problem: Problem, found: _Found) -> Text:
    point, area = problem.demand[found.near], found.area
    community = problem.communities[point.community_code]
    town = problem.area_name(community.town_code)
    hectares = f"{area.area_m2 / M2_PER_HECTARE:,.1f}"
    return Text(
        f"在{town}{community.name}{point.name}附近的区域 {area.area_id} 内"
        f"（{hectares} 公顷，{SPACES_FILE}）任何一处找",
        f"a space anywhere in area {area.area_id} ({hectares} ha, {SPACES_FILE}) near {point.name}, "
        f"{community.name}, {town}, of",
    )


def _reach_in_words(problem: Problem, found: _Found, gain: float) -> Text:
    """Say who is within walking distance."""
    area = found.area
    radius = f"{area.radius_m:,.0f}"
    if problem.basis is Basis.REACHABLE:
        names = [problem.communities[code].name for code in area.communities]
        share = f"{100.0 * problem.threshold:.0f}"
        most = len(names) > gain
        zh = f"中至少 {gain:.0f} 个社区" if most else ""
        en = f"at least {gain:.0f} of " if most else ""
        return Text(
            f"步行 {radius} m 内有{'、'.join(names)}{zh}目标人群的 {share} % 以上，",
            f", within {radius} m on foot of at least {share} % of the target group of "
            f"{en}{', '.join(names)},",
        )
    if problem.basis is Basis.ESTABLISHED:
        return Text("", "")
    return Text(
        f"步行 {radius} m 内有还没有任何空间可达的目标人群至少 {gain:,.0f} 人，",
        f", within {radius} m on foot of at least {gain:,.0f} persons of the target group whom no listed "
        "space reaches,",
    )

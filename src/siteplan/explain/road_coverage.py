"""What one more space at each point of the public roads would have within walking distance.

A space that isn't there yet may have its door at any point of the public roads. Walking distances include the
way from the road to the door (`DOOR_M`), so that they hold for every door within `STRIP_M` of the roads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from scipy import sparse
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from siteplan.assemble.safety import excluded_area
from siteplan.case import ExclusionZone
from siteplan.network import BoolArray, FloatArray, IntArray, RoadNetwork, WalkingAccess
from siteplan.policy import Policy
from siteplan.problem import THRESHOLD_SLACK, Problem
from siteplan.publish.explanations import Ring
from siteplan.reach import RoadPoints, road_points
from siteplan.scenario import Basis

STEP_M = 40.0
"""Neighbouring points are at most so far apart along the roads."""
STRIP_M = 20.0
"""A zone reaches so far to either side of its roads."""
DOOR_M = 0.5 * STEP_M + STRIP_M
"""The longest way from the nearest point to a door in its zone: along the road, then off it."""
COORDINATE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Terrain:
    """The roads and who lives along them, where nothing may be, and what spaces need and cost."""

    network: RoadNetwork
    access: WalkingAccess
    policy: Policy
    exclusion_zones: tuple[ExclusionZone, ...] = ()


@dataclass(frozen=True, eq=False)
class RoadCoverage:
    """The points of the roads, and what a space at each of them would have within reach."""

    problem: Problem
    terrain: Terrain

    @cached_property
    def points(self) -> RoadPoints:
        """The points."""
        return road_points(self.terrain.network, STEP_M)

    @cached_property
    def metres(self) -> sparse.csc_array:
        """Walking metres to the door by demand point (row) and point (column), within the reach limit."""
        access = self.terrain.access
        walks = self.points.walks(access.demand_snapped, access.reach.limit_m, DOOR_M)
        shape = (len(access.reach.demand_ids), len(self.points.edge))
        return sparse.csc_array((walks.distance_m, (walks.demand, walks.point)), shape=shape)

    @property
    def demand_ids(self) -> tuple[str, ...]:
        """The demand points, as rows of `metres`."""
        return self.terrain.access.reach.demand_ids

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The communities in scope, as columns of `covers`."""
        return tuple(code for code, entry in self.problem.communities.items() if entry.in_scope)

    @cached_property
    def nearest_demand(self) -> IntArray:
        """The demand point (row of `metres`) nearest to each point, (points,); -1 where none is near."""
        walks = self.metres.tocoo()
        nearest = np.full(walks.shape[1], -1, dtype=np.int64)
        order = np.lexsort((walks.row, -walks.data))[::-1]
        nearest[walks.col[order][::-1]] = walks.row[order][::-1]
        return nearest

    def excluded(self, function: str) -> BaseGeometry:
        """Return where the exclusion zones forbid a function, in the network's metric CRS."""
        return excluded_area(self.terrain.exclusion_zones, function, self.terrain.network.metric_crs)

    def may_be_at(self, function: str) -> BoolArray:
        """Return at which points, (points,), no exclusion zone forbids a function."""
        doors = shapely.points(self.points.x_m, self.points.y_m)
        return np.asarray(~shapely.intersects(self.excluded(function), doors))

    def persons(self, function: str, year: int) -> FloatArray:
        """Return the target group of each demand point, (demand points,)."""
        return np.array([self.problem.target_group(each, function, year) for each in self.demand_ids])

    def within(self, function: str) -> sparse.csr_array:
        """Return (points, demand points): whether a space at the point is within the service radius."""
        metres = self.metres.tocoo()
        near = metres.data <= self.problem.functions[function].service_radius_m
        near &= self.may_be_at(function)[metres.col]
        shape = (metres.shape[1], metres.shape[0])
        return sparse.csr_array((np.ones(near.sum()), (metres.col[near], metres.row[near])), shape=shape)

    def covers(self, function: str, year: int, basis: Basis) -> sparse.csr_array:
        """Return (points, communities) where a space at a point covers the community by itself."""
        column = {code: number for number, code in enumerate(self.codes)}
        of_demand = np.array(
            [column.get(self.problem.demand[key].community_code, -1) for key in self.demand_ids]
        )
        if basis is Basis.ESTABLISHED:
            inside = np.where(self.nearest_demand >= 0, of_demand[self.nearest_demand], -1)
            points = np.flatnonzero((inside >= 0) & self.may_be_at(function))
            return sparse.csr_array(
                (np.ones(len(points)), (points, inside[points])), shape=(len(inside), len(self.codes))
            )
        persons = self.persons(function, year)
        rows = np.flatnonzero(of_demand >= 0)
        belongs = sparse.csr_array(
            (persons[rows], (rows, of_demand[rows])), shape=(len(of_demand), len(self.codes))
        )
        total = np.asarray(belongs.sum(axis=0))
        shares = (self.within(function) @ belongs).tocoo()
        least = self.problem.threshold * total * (1.0 - THRESHOLD_SLACK)
        enough = (shares.data >= least[shares.col]) & (shares.data > 0.0)
        entries = (np.ones(enough.sum()), (shares.row[enough], shares.col[enough]))
        return sparse.csr_array(entries, shape=shares.shape)

    def walks_to(self, point: int) -> dict[str, float]:
        """Return demand point → walking metres to the door."""
        column = self.metres[:, [point]].tocoo()
        return {
            self.demand_ids[row]: float(metres)
            for row, metres in zip(column.row.tolist(), column.data.tolist(), strict=True)
        }

    def mean_walk(self, points: IntArray) -> FloatArray:
        """Return the mean walk of the households within the reach limit of points, for ties."""
        households = np.array([self.problem.demand[key].households for key in self.demand_ids])
        metres = self.metres[:, points]
        near = (metres > 0.0).astype(np.float64)
        return np.asarray((metres.T @ households) / np.maximum(near.T @ households, 1.0))

    def place_of(self, point: int) -> tuple[float, float]:
        """Return longitude and latitude (WGS 84) of a point."""
        longitude, latitude = (degrees[point] for degrees in self.points.longitude_latitude)
        return round(float(longitude), COORDINATE_DECIMALS), round(float(latitude), COORDINATE_DECIMALS)

    def rings(self, polygon: shapely.Polygon) -> tuple[Ring, ...]:
        """Return a polygon's rings in degrees: counter-clockwise outside, clockwise inside (RFC 7946)."""
        polygon = orient(polygon, 1.0)
        return tuple(
            tuple(zip(*self._degrees(np.asarray(ring.coords)), strict=True))
            for ring in (polygon.exterior, *polygon.interiors)
        )

    def _degrees(self, corners: FloatArray) -> tuple[list[float], list[float]]:
        longitude, latitude = self.points.in_degrees(corners[:, 0], corners[:, 1])
        return longitude.round(COORDINATE_DECIMALS).tolist(), latitude.round(COORDINATE_DECIMALS).tolist()

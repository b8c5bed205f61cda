"""Small networks in metres, and an independent account of what walking on them means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import networkx as nx
import numpy as np

from siteplan.network import FloatArray, RoadNetwork

Point = tuple[float, float]
Graph: TypeAlias = "nx.Graph[Any]"


@dataclass(frozen=True)
class Road:
    """A straight edge between two nodes."""

    start: int
    end: int
    is_private: bool = False


def network_of(points: Sequence[Point], roads: Sequence[Road]) -> RoadNetwork:
    """Return the network of these nodes and roads, in metres."""
    x_m = np.array([x for x, _ in points], dtype=np.float64)
    y_m = np.array([y for _, y in points], dtype=np.float64)
    start = np.array([road.start for road in roads], dtype=np.int64)
    end = np.array([road.end for road in roads], dtype=np.int64)
    return RoadNetwork(
        metric_crs="EPSG:4545",
        node_id=np.arange(len(points)),
        longitude=np.zeros(len(points)),
        latitude=np.zeros(len(points)),
        x_m=x_m,
        y_m=y_m,
        edge_from=start,
        edge_to=end,
        length_m=np.hypot(x_m[end] - x_m[start], y_m[end] - y_m[start]),
        is_private=np.array([road.is_private for road in roads], dtype=np.bool_),
        way_id=np.arange(len(roads)),
    )


class PlainWalks:
    """Snapping and walking in plain Python and networkx, written from docs/roads.md alone."""

    def __init__(self, points: Sequence[Point], roads: Sequence[Road], snap_limit_m: float) -> None:
        self.points, self.roads, self.snap_limit_m = points, roads, snap_limit_m
        public = self._graph([road for road in roads if not road.is_private])
        private = self._graph([road for road in roads if road.is_private])
        components = list(nx.connected_components(public))
        largest = max((len(nodes) for nodes in components), default=0)
        ordered = sorted((nodes for nodes in components if len(nodes) == largest), key=min)
        self.main = ordered[0] if ordered else set()
        self.pieces = [frozenset(nodes) for nodes in nx.connected_components(private)]

    def _graph(self, roads: Sequence[Road]) -> Graph:
        graph: Graph = nx.Graph()
        for road in roads:
            metres = math.dist(self.points[road.start], self.points[road.end])
            graph.add_edge(road.start, road.end, weight=metres)
        return graph

    def piece(self, road: Road) -> frozenset[int] | None:
        """Return the private piece of a road, None for a public one."""
        if not road.is_private:
            return None
        return next(nodes for nodes in self.pieces if road.start in nodes)

    def is_attached(self, road: Road) -> bool:
        """Whether the road hangs together with the main public component."""
        piece = self.piece(road)
        return road.start in self.main if piece is None else bool(piece & self.main)

    def snap(self, place: Point) -> tuple[int, float, float] | None:
        """Return edge, position and offset in metres; None where nothing is within the limit."""
        near = [(*self._foot(road, place), index) for index, road in enumerate(self.roads)]
        near = [entry for entry in near if entry[1] <= self.snap_limit_m]
        attached = [entry for entry in near if self.is_attached(self.roads[entry[2]])]
        near = attached or near
        if not near:
            return None
        smallest = min(offset for _, offset, _ in near)
        ties = [entry for entry in near if entry[1] <= smallest + 0.001]
        position, offset, index = min(ties, key=lambda entry: (self.roads[entry[2]].is_private, entry[2]))
        return index, position, offset

    def _foot(self, road: Road, place: Point) -> tuple[float, float]:
        (ax, ay), (bx, by) = self.points[road.start], self.points[road.end]
        squared = (bx - ax) ** 2 + (by - ay) ** 2
        share = 0.0
        if squared > 0.0:
            share = ((place[0] - ax) * (bx - ax) + (place[1] - ay) * (by - ay)) / squared
            share = min(1.0, max(0.0, share))
        foot = (ax + share * (bx - ax), ay + share * (by - ay))
        return share * math.sqrt(squared), math.dist(place, foot)

    def distance(self, start: Point, goal: Point) -> float:
        """Return the walk door to door in metres, infinite where there is none."""
        from_here, to_there = self.snap(start), self.snap(goal)
        if from_here is None or to_there is None:
            return math.inf
        own, other = self.piece(self.roads[from_here[0]]), self.piece(self.roads[to_there[0]])
        if other is not None and other != own:
            return math.inf
        allowed = [road for road in self.roads if self.piece(road) in (None, own)]
        graph = self._graph(allowed)
        self._enter(graph, "start", from_here)
        self._enter(graph, "goal", to_there)
        if from_here[0] == to_there[0]:
            along = abs(from_here[1] - to_there[1])
            graph.add_edge("start", "goal", weight=from_here[2] + along + to_there[2])
        try:
            return float(nx.dijkstra_path_length(graph, "start", "goal"))
        except nx.NetworkXNoPath:
            return math.inf

    def _enter(self, graph: Graph, door: str, snapped: tuple[int, float, float]) -> None:
        index, position, offset = snapped
        road = self.roads[index]
        length = math.dist(self.points[road.start], self.points[road.end])
        for node, metres in ((road.start, position), (road.end, length - position)):
            known = graph.get_edge_data(door, node, {"weight": math.inf})["weight"]
            graph.add_edge(door, node, weight=min(known, offset + metres))


def as_arrays(places: Sequence[Point]) -> tuple[FloatArray, FloatArray]:
    """Return x and y of places."""
    return np.array([x for x, _ in places], dtype=float), np.array([y for _, y in places], dtype=float)

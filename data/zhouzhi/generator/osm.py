"""The road file: nodes shared by ways, ways cut where a river or railway stops them, written as OSM XML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from generator.plane import Point, crossing, distance_to, to_degrees

FIRST_ID = 900_000_000_001
"""Far above every identifier in use on openstreetmap.org."""

TAGS: dict[str, dict[str, str]] = {
    "county_road": {"highway": "secondary", "surface": "asphalt"},
    "mountain_road": {"highway": "tertiary", "surface": "asphalt"},
    "secondary": {"highway": "secondary", "surface": "asphalt"},
    "tertiary": {"highway": "tertiary"},
    "residential": {"highway": "residential"},
    "unclassified": {"highway": "unclassified"},
    "living_street": {"highway": "living_street"},
    "pedestrian": {"highway": "pedestrian"},
    "alley": {"highway": "service", "service": "alley"},
    "service": {"highway": "service"},
    "footway": {"highway": "footway"},
    "path": {"highway": "path"},
    "steps": {"highway": "steps"},
    "track": {"highway": "track"},
    "private_lane": {"highway": "service", "access": "private"},
    "construction": {"highway": "construction", "construction": "residential"},
    "motorway": {"highway": "motorway", "oneway": "yes", "layer": "1", "bridge": "viaduct"},
    "river": {"waterway": "river"},
    "railway": {"railway": "rail"},
}
NOT_WALKABLE = ("construction", "motorway", "river", "railway")
CELL_M = 120.0


@dataclass(frozen=True)
class Barrier:
    """A river or railway: ways of the kinds in `crossed_by` get a bridge or an underpass, others end."""

    name: str
    kind: str
    line: tuple[Point, ...]
    crossed_by: frozenset[str]

    @property
    def crossing_tags(self) -> dict[str, str]:
        """Tags of the piece of road that crosses it."""
        if self.kind == "river":
            return {"bridge": "yes", "layer": "1"}
        return {"tunnel": "yes", "layer": "-1"}

    @property
    def half_crossing_m(self) -> float:
        """Half the length of the bridge or underpass."""
        return 20.0 if self.kind == "river" else 12.0


@dataclass
class Way:
    """A way as node numbers, with its kind (a key of `TAGS`) and further tags."""

    nodes: list[int]
    kind: str
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def is_walkable(self) -> bool:
        """Whether one may walk on it."""
        return self.kind not in NOT_WALKABLE

    @property
    def is_level(self) -> bool:
        """Whether it lies on the ground, so that a way it crosses meets it."""
        return "layer" not in self.tags and self.is_walkable


class Cells:
    """Straight pieces sorted into square cells, to find those near a place."""

    def __init__(self, pieces: Sequence[tuple[Point, Point]]) -> None:
        self.pieces = pieces
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, (start, end) in enumerate(pieces):
            for cell in self._cells_of(start, end, 0.0):
                self._cells[cell].append(number)

    @staticmethod
    def _cells_of(start: Point, end: Point, margin: float) -> Iterator[tuple[int, int]]:
        west, east = sorted((start.real, end.real))
        south, north = sorted((start.imag, end.imag))
        for column in range(int((west - margin) // CELL_M), int((east + margin) // CELL_M) + 1):
            for row in range(int((south - margin) // CELL_M), int((north + margin) // CELL_M) + 1):
                yield column, row

    def near(self, start: Point, end: Point, margin: float = 0.0) -> list[int]:
        """Return the numbers of the pieces that may come within ``margin`` metres of a segment."""
        return sorted({n for cell in self._cells_of(start, end, margin) for n in self._cells[cell]})

    def distance(self, point: Point, limit: float) -> float:
        """Return the distance to the nearest piece, or ``limit`` if none is nearer."""
        found = (distance_to(point, *self.pieces[n]) for n in self.near(point, point, limit))
        return min(found, default=limit)


class RoadBook:
    """Collects nodes and ways."""

    def __init__(self, barriers: Sequence[Barrier]) -> None:
        self.points: list[Point] = []
        self.node_tags: dict[int, dict[str, str]] = {}
        self.ways: list[Way] = []
        self._numbers: dict[tuple[int, int], int] = {}
        pieces = [(barrier, (a, b)) for barrier in barriers for a, b in pairwise(barrier.line)]
        self._barrier_of = [barrier for barrier, _ in pieces]
        self.barrier_cells = Cells([piece for _, piece in pieces])

    def node(self, point: Point) -> int:
        """Return the number of the node at a point, made on first use; points within 5 cm are one."""
        key = (round(point.real * 10), round(point.imag * 10))
        if key not in self._numbers:
            self._numbers[key] = len(self.points)
            self.points.append(point)
        return self._numbers[key]

    def add(self, line: Sequence[Point], kind: str, tags: dict[str, str] | None = None) -> None:
        """Add a way as it is."""
        nodes = [self.node(point) for point in line]
        nodes = nodes[:1] + [b for a, b in pairwise(nodes) if a != b]
        if len(nodes) > 1:
            self.ways.append(Way(nodes, kind, dict(tags or {})))

    def add_road(self, line: Sequence[Point], kind: str, tags: dict[str, str] | None = None) -> None:
        """Add a road; where it meets a barrier it passes by bridge or underpass, or ends before it."""
        current = [line[0]]
        for end in line[1:]:
            while (met := self._first_barrier(current[-1], end)) is not None:
                barrier, share = met
                start = current[-1]
                ahead = (end - start) / abs(end - start)
                half = barrier.half_crossing_m
                before = start + ahead * max(0.0, share * abs(end - start) - half)
                after = start + ahead * min(abs(end - start), share * abs(end - start) + half)
                self.add([*current, before], kind, tags)
                if kind in barrier.crossed_by:
                    self.add([before, after], kind, {**(tags or {}), **barrier.crossing_tags})
                current = [after]
            if current[-1] != end:
                current.append(end)
        self.add(current, kind, tags)

    def _first_barrier(self, start: Point, end: Point) -> tuple[Barrier, float] | None:
        met = []
        for number in self.barrier_cells.near(start, end):
            shares = crossing(start, end, *self.barrier_cells.pieces[number])
            if shares is not None:
                met.append((shares[0], number))
        if not met:
            return None
        share, number = min(met)
        return self._barrier_of[number], share

    def pieces(self, *, walkable: bool = True) -> list[tuple[int, int, Way]]:
        """Return the straight pieces as (node, node, way), of walkable ways or of all."""
        return [
            (a, b, way)
            for way in self.ways
            if way.is_walkable or not walkable
            for a, b in pairwise(way.nodes)
        ]

    def meet_at_crossings(self) -> None:
        """Give walkable ways that cross on the ground a shared node."""
        pieces = [(a, b, way) for a, b, way in self.pieces() if way.is_level]
        cells = Cells([(self.points[a], self.points[b]) for a, b, _ in pieces])
        inserts: dict[int, list[tuple[int, float, int]]] = defaultdict(list)
        for first, (a, b, way) in enumerate(pieces):
            for second in cells.near(self.points[a], self.points[b]):
                c, d, other = pieces[second]
                if second <= first or {a, b} & {c, d}:
                    continue
                shares = crossing(self.points[a], self.points[b], self.points[c], self.points[d])
                if shares is not None:
                    node = self.node(self.points[a] + (self.points[b] - self.points[a]) * shares[0])
                    inserts[id(way)].append((a, shares[0], node))
                    inserts[id(other)].append((c, shares[1], node))
        for way in self.ways:
            if id(way) in inserts:
                way.nodes = _with_inserted(way.nodes, inserts[id(way)])

    def largest_public_component(self) -> set[int]:
        """Return the nodes of the largest connected piece of the public walkable ways."""
        neighbours: dict[int, list[int]] = defaultdict(list)
        for a, b, way in self.pieces():
            if way.kind != "private_lane":
                neighbours[a].append(b)
                neighbours[b].append(a)
        seen: set[int] = set()
        largest: set[int] = set()
        for start in neighbours:
            if start in seen:
                continue
            piece, waiting = {start}, [start]
            while waiting:
                for other in neighbours[waiting.pop()]:
                    if other not in piece:
                        piece.add(other)
                        waiting.append(other)
            seen |= piece
            largest = max(largest, piece, key=len)
        return largest

    def xml(self, *, generator: str, note: str) -> str:
        """Return the roads as OSM XML."""
        order = sorted({node for way in self.ways for node in way.nodes} | set(self.node_tags))
        number = {node: FIRST_ID + place for place, node in enumerate(order)}
        places = {node: to_degrees(self.points[node]) for node in order}
        west, east = min(p[0] for p in places.values()), max(p[0] for p in places.values())
        south, north = min(p[1] for p in places.values()), max(p[1] for p in places.values())
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<osm version="0.6" generator={quoteattr(generator)} upload="never">',
            f"  <note>{note}</note>",
            f'  <bounds minlat="{south:.7f}" minlon="{west:.7f}" maxlat="{north:.7f}" maxlon="{east:.7f}"/>',
        ]
        for node in order:
            longitude, latitude = places[node]
            head = f'  <node id="{number[node]}" version="1" lat="{latitude:.7f}" lon="{longitude:.7f}"'
            lines += _element(head, "node", [], self.node_tags.get(node, {}))
        for place, way in enumerate(self.ways):
            head = f'  <way id="{FIRST_ID + place}" version="1"'
            references = [f'    <nd ref="{number[node]}"/>' for node in way.nodes]
            lines += _element(head, "way", references, {**TAGS[way.kind], **way.tags})
        return "\n".join([*lines, "</osm>", ""])


def _with_inserted(nodes: list[int], inserts: list[tuple[int, float, int]]) -> list[int]:
    after: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for node, share, new in inserts:
        after[node].append((share, new))
    result: list[int] = []
    for node in nodes:
        for new in [node, *(new for _, new in sorted(after[node]))]:
            if not result or result[-1] != new:
                result.append(new)
    return result


def _element(head: str, name: str, children: list[str], tags: dict[str, str]) -> list[str]:
    inner = children + [f'    <tag k="{key}" v={quoteattr(value)}/>' for key, value in tags.items()]
    return [head + ">", *inner, f"  </{name}>"] if inner else [head + "/>"]

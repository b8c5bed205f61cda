"""The county: its towns, the roads between them, rivers, railway and motorway, and islands in the roads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from generator.dice import Dice
from generator.facts import COUNTY_ROADS, TOWNS
from generator.osm import Barrier, Cells, RoadBook
from generator.plane import Point, resampled, turned, unit
from generator.streets import Block, Line, Town, compound_lanes, lay_out_town, lay_out_valley_town

STREETS_THAT_BRIDGE = frozenset({"county_road", "mountain_road", "secondary", "tertiary"})
STREETS_THAT_PASS_UNDER_RAILS = frozenset({"county_road", "secondary"})

RIVERS: dict[str, tuple[Point, ...]] = {
    "渭河": (-33000 + 3300j, -20000 + 5000j, -8000 + 6300j, 2000 + 7300j, 14000 + 6200j, 28000 + 5500j),
    "黑河": (
        *(-10500 - 36500j, -7600 - 30500j, -5200 - 25000j, -4900 - 20800j, -3700 - 16000j, -2450 - 11800j),
        *(500 - 8200j, 2500 - 5600j, 3050 - 3000j, 3500 + 1200j, 4300 + 6900j),
    ),
    "沙河": (
        *(900 - 8800j, 1250 - 5200j, 1640 - 2600j, 1470 - 1300j, 1600 - 450j, 1440 + 350j, 1620 + 1250j),
        *(1480 + 2500j, 1800 + 4600j, 1300 + 7100j),
    ),
    "赤峪河": (19900 - 17000j, 19300 - 10500j, 19290 - 7000j, 19560 - 5200j, 19100 - 1800j, 19600 + 5800j),
}
RAILWAY = (
    *(-33500 - 5600j, -21200 - 4850j, -16500 - 3900j, -13400 - 3300j, -9000 - 2500j, -4500 - 1650j),
    *(0 - 1430j, 3600 - 1900j, 7500 - 3100j, 10800 - 3690j, 15500 - 3300j, 22000 - 3700j, 29500 - 3300j),
)
MOTORWAY = (
    *(-33500 - 900j, -21000 - 700j, -13400 + 300j, -6000 + 2200j, 0 + 2850j, 4500 + 2600j, 9500 + 1900j),
    *(15500 + 1300j, 22000 + 900j, 29500 + 1200j),
)
"""Courses are illustrative; only the order of rivers from west to east follows the county."""


@dataclass
class County:
    """Towns by name and the barriers between them."""

    towns: dict[str, Town]
    barriers: list[Barrier]

    def roads(self) -> RoadBook:
        """Draw everything into one road book."""
        book = RoadBook(self.barriers)
        for town in self.towns.values():
            for chain, line in town.noded():
                tags = {"name": line.name} if line.name else {}
                book.add_road([town.bent(point) for point in chain], line.kind, tags)
        _add_county_roads(book, self.towns)
        _add_river_walk(book, self.barriers)
        _add_hamlets(book)
        book.meet_at_crossings()
        _add_islands(book)
        for barrier in self.barriers:
            book.add(barrier.line, barrier.kind, {"name": barrier.name, "note": "illustrative course"})
        for way, shift in (("北幅", 12.0), ("南幅", -12.0)):
            lane = _shifted(_smooth(MOTORWAY, 400.0), shift)
            book.add(lane if shift < 0 else lane[::-1], "motorway", {"name": f"关中环线高速（示例，{way}）"})
        for town in self.towns.values():
            for gate in town.gates_of_compounds:
                book.node_tags[book.node(town.bent(gate))] = {"barrier": "gate", "access": "private"}
            node = book.node(town.bent(0j) + 3j)
            book.node_tags[node] = {"place": "town", "name": town.fact.name, "note": "approximate place"}
        return book


def build_county() -> County:
    """Draw the streets of all towns and the barriers, without compounds yet."""
    towns = {
        fact.name: lay_out_valley_town(fact) if fact.half_width_m < 200 else lay_out_town(fact)
        for fact in TOWNS
    }
    barriers = [
        Barrier(name, "river", tuple(_winding(line, 220.0, 45.0, name)), STREETS_THAT_BRIDGE)
        for name, line in RIVERS.items()
    ]
    rail = tuple(_smooth(RAILWAY, 350.0))
    barriers.append(Barrier("环山铁路（示例）", "railway", rail, STREETS_THAT_PASS_UNDER_RAILS))
    return County(towns, barriers)


def main_street_cells(book: RoadBook) -> Cells:
    """Return the public pieces of the main component, to ask what lies on a connected street."""
    main = book.largest_public_component()
    pieces = [(book.points[a], book.points[b]) for a, b, way in book.pieces() if a in main]
    return Cells([piece for piece in pieces])


def connected_sides(town: Town, block: Block, streets: Cells) -> list[tuple[Point, Point]]:
    """Return the sides of a block that run along a street of the main component."""
    return [
        (a, b)
        for a, b in block.sides
        if abs(b - a) > 45.0
        and all(streets.distance(town.bent(a + (b - a) * share), 40.0) < 9.0 for share in (0.25, 0.5, 0.75))
    ]


def is_clear(town: Town, block: Block, barriers: Cells) -> bool:
    """Return whether no river or railway runs through or along a block."""
    probes = [block.centre, *block.corners, *((a + b) / 2 for a, b in block.sides)]
    return all(barriers.distance(town.bent(probe), 80.0) > 45.0 for probe in probes)


def add_alleys(town: Town, blocks: list[Block], streets: Cells) -> None:
    """Add dead-end alleys and footways through some of the blocks without a compound."""
    dice = Dice(f"alleys/{town.fact.name}")
    for block in blocks:
        sides = connected_sides(town, block, streets)
        if not sides or not dice.chance(0.5):
            continue
        kind = dice.weighted({"alley": 0.45, "living_street": 0.2, "footway": 0.25, "service": 0.1})
        lanes, _ = compound_lanes(block, dice.pick(sides), kind, dice)
        town.lines += lanes[: dice.whole(1, 2)]
        if kind == "footway" and len(sides) > 1:
            (start, end), heart = dice.pick(sides[1:]), lanes[0].end
            town.lines.append(Line(heart, start + (end - start) * dice.uniform(0.35, 0.65), "footway"))


def _smooth(line: tuple[Point, ...], step: float) -> list[Point]:
    """Return a Catmull-Rom curve through the points, with a point about every ``step`` metres."""
    padded = (2 * line[0] - line[1], *line, 2 * line[-1] - line[-2])
    curve = [line[0]]
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces = max(1, round(abs(end - start) / step))
        for piece in range(1, pieces + 1):
            t = piece / pieces
            curve.append(
                0.5
                * (
                    2 * start
                    + (end - before) * t
                    + (2 * before - 5 * start + 4 * end - after) * t**2
                    + (3 * start - before - 3 * end + after) * t**3
                )
            )
    return curve


def _winding(
    line: tuple[Point, ...], step: float, swing: float, purpose: str, longest_wave: float = 3800.0
) -> list[Point]:
    """Return a smooth curve that swings to both sides on its way, but meets both ends."""
    dice = Dice(f"winding/{purpose}")
    curve = _smooth(line, step)
    waves = [(dice.uniform(1200, longest_wave), dice.uniform(0, 6.283), share) for share in (1.0, 0.6, 0.35)]
    points, walked = [curve[0]], 0.0
    for before, point, after in zip(curve, curve[1:], curve[2:], strict=False):
        walked += abs(point - before)
        side = unit(after - before) * 1j
        ease = min(1.0, abs(point - curve[0]) / 600.0, abs(point - curve[-1]) / 600.0)
        swings = sum(share * math.sin(6.283 * walked / length + phase) for length, phase, share in waves)
        points.append(point + side * swing * ease * swings)
    return [*points, curve[-1]]


def _shifted(line: list[Point], shift: float) -> list[Point]:
    steps = [unit(b - a) for a, b in pairwise(line)]
    return [point + step * 1j * shift for point, step in zip(line, [*steps, steps[-1]], strict=True)]


def _add_county_roads(book: RoadBook, towns: dict[str, Town]) -> None:
    for start_name, end_name, name in COUNTY_ROADS:
        start, end = towns[start_name], towns[end_name]
        pairs = [(start.bent(a), end.bent(b)) for a in start.gates for b in end.gates]
        first, last = min(pairs, key=lambda pair: abs(pair[0] - pair[1]))
        in_mountains = name == "马厚路"
        length = abs(last - first)
        swing = length * (0.035 if in_mountains else 0.012)
        step = 170.0 if in_mountains else 260.0
        line = _winding(
            (first, first + (last - first) / 2, last), step, swing, f"{start_name}-{end_name}", 9000.0
        )
        kind = "mountain_road" if in_mountains else "county_road"
        book.add_road(line, kind, {"name": name})


def _add_river_walk(book: RoadBook, barriers: list[Barrier]) -> None:
    """Add an embankment path along the 沙河 in the county seat, and a lower one reached by steps."""
    river = next(barrier for barrier in barriers if barrier.name == "沙河").line
    in_town = [point for point in resampled(river, 90.0) if -1000 < point.imag < 1150]
    upper, lower = _shifted(in_town, 38.0), _shifted(in_town, 14.0)
    book.add(upper, "footway", {"name": "沙河堤步道"})
    reach = lower[6:14]
    book.add(reach, "path", {"name": "亲水步道"})
    book.add([upper[6], reach[0]], "steps")
    book.add([upper[13], reach[-1]], "steps")


def _add_hamlets(book: RoadBook) -> None:
    """Add small villages along the county roads: a lane, sometimes a loop, sometimes only a track."""
    dice = Dice("hamlets")
    roads = [way for way in book.ways if way.kind == "county_road" and len(way.nodes) > 8]
    for way in roads:
        for place in range(4, len(way.nodes) - 4, 3):
            if not dice.chance(0.4):
                continue
            foot = book.points[way.nodes[place]]
            ahead = unit(book.points[way.nodes[place + 1]] - foot)
            side = ahead * 1j * dice.pick((1, -1)) * turned(dice.uniform(-20, 20))
            deep, wide = dice.uniform(90, 260), dice.uniform(60, 170)
            heart = foot + side * deep
            if book.barrier_cells.distance(heart, 400.0) < 350.0:
                continue
            kind = dice.weighted({"residential": 0.6, "unclassified": 0.2, "track": 0.2})
            book.add([foot, foot + side * deep * 0.5 + ahead * dice.uniform(-20, 20), heart], kind)
            if kind != "track":
                arm, other = heart + ahead * wide, heart - ahead * wide * dice.uniform(0.5, 1.0)
                book.add([arm, heart, other], "residential")
                if dice.chance(0.5):
                    book.add([arm, arm + side * deep * 0.4, heart + side * deep * 0.45, heart], "residential")


ISLANDS = (
    (-2900 - 1050j, 9.0, "residential", "新区规划路（未接通）"),
    (20650 - 8050j, 31.0, "path", "登山步道（未接通）"),
    (-14300 - 15700j, -17.0, "footway", "水库环湖步道（未接通）"),
)
"""Pieces of road that hang together with nothing else: middle, turn, kind and name."""


def _add_islands(book: RoadBook) -> None:
    dice = Dice("islands")
    for centre, degrees, kind, name in ISLANDS:
        turn = turned(degrees)
        ring = [
            centre + turn * complex(dice.uniform(140, 230) * x, dice.uniform(80, 150) * y)
            for x, y in ((-1, -1), (0, -1.1), (1, -1), (1.1, 0), (1, 1), (0, 1), (-1, 1))
        ]
        book.add([*ring, ring[0]], kind, {"name": name})
        book.add([ring[1], centre, ring[5]], kind)
        book.add([ring[3], ring[3] + turn * 120], kind)
    book.add(
        [-2900 - 1050j + 160 * turned(9.0), -2250 - 950j], "construction", {"name": "新区规划路（在建）"}
    )

"""Streets of one town: an outline split again and again by slightly crooked streets, then gently bent.

Everything here is in the town's own frame (metres along and across its axes, before bending); `Town.bent`
turns it into the county's plane.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from generator.dice import Dice
from generator.facts import TownFact
from generator.plane import (
    Point,
    area,
    convex_hull,
    cross,
    distance_to,
    dot,
    from_degrees,
    inside,
    middle,
    resampled,
    turned,
    unit,
)

JUNCTION_TOLERANCE_M = 0.02
LONGEST_PIECE_M = 110.0


@dataclass(frozen=True)
class Line:
    """A straight street or lane between two points; `kind` is a key of `osm.TAGS`."""

    start: Point
    end: Point
    kind: str
    name: str = ""


@dataclass(frozen=True)
class Block:
    """A convex piece of the town between streets, corners counter-clockwise."""

    corners: tuple[Point, ...]

    @property
    def centre(self) -> Point:
        """Mean of the corners."""
        return middle(self.corners)

    @property
    def sides(self) -> list[tuple[Point, Point]]:
        """The edges of the block."""
        return list(zip(self.corners, self.corners[1:] + self.corners[:1], strict=True))


@dataclass
class Town:
    """A town's streets, lanes and blocks, and the bending that takes them to the county's plane."""

    fact: TownFact
    lines: list[Line] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    waves: list[tuple[Point, Point, float]] = field(default_factory=list)
    gates: list[Point] = field(default_factory=list)
    gates_of_compounds: list[Point] = field(default_factory=list)

    def bent(self, point: Point) -> Point:
        """Take a point of the town's frame to the county's plane: bend, turn, move."""
        moved = point
        for push, wave, phase in self.waves:
            moved += push * math.sin(dot(point, wave) + phase)
        return from_degrees(self.fact.longitude, self.fact.latitude) + moved * turned(
            self.fact.turned_degrees
        )

    def noded(self) -> list[tuple[list[Point], Line]]:
        """Return each line as its junctions in order, with points between for the bending."""
        ends = sorted(
            {end for line in self.lines for end in (line.start, line.end)}, key=lambda p: (p.real, p.imag)
        )
        easts = [end.real for end in ends]
        chains = []
        for line in self.lines:
            west, east = sorted((line.start.real, line.end.real))
            first = bisect_left(easts, west - JUNCTION_TOLERANCE_M)
            last = bisect_right(easts, east + JUNCTION_TOLERANCE_M)
            on_line = [p for p in ends[first:last] if _lies_on(p, line.start, line.end)]
            on_line.sort(key=lambda p: dot(p - line.start, line.end - line.start))
            chains.append((resampled(on_line, LONGEST_PIECE_M), line))
        return chains


def lay_out_valley_town(fact: TownFact) -> Town:
    """Draw a mountain town: one street along the valley with a few lanes off it."""
    dice = Dice(f"streets/{fact.name}")
    length, width = fact.half_length_m, fact.half_width_m
    town = Town(fact, waves=_bending(fact, dice), gates=[complex(-length, 0.0), complex(length, 0.0)])
    town.lines.append(Line(town.gates[0], town.gates[1], "secondary", fact.name.removesuffix("镇") + "大街"))
    for number in range(5):
        foot = complex(-length + length * 2.0 * (number + dice.uniform(0.3, 0.7)) / 5.0, 0.0)
        head = foot + complex(dice.uniform(-30.0, 30.0), dice.pick((-1, 1)) * width * dice.uniform(0.5, 1.0))
        town.lines.append(Line(foot, head, dice.pick(("residential", "alley", "track"))))
    return town


def lay_out_town(fact: TownFact) -> Town:
    """Draw the streets and blocks of a town."""
    dice = Dice(f"streets/{fact.name}")
    town = Town(fact, waves=_bending(fact, dice))
    outline = _outline(fact, dice)
    names = dice.shuffled(STREET_NAMES)
    _add_edge_streets(town, outline, dice)
    waiting: list[tuple[list[Point], int, float]] = [(outline, 0, 0.0)]
    while waiting:
        polygon, depth, tilt = waiting.pop()
        if area(polygon) < _block_size(fact, middle(polygon)) * dice.uniform(1.15, 2.4):
            town.blocks.append(Block(tuple(polygon)))
            continue
        tilt += dice.uniform(-5.0, 5.0) if depth else dice.uniform(-3.0, 3.0)
        cut = _cut(town, polygon, depth, tilt, dice)
        if cut is None:
            town.blocks.append(Block(tuple(polygon)))
            continue
        halves, start, end = cut
        if depth <= 2:
            town.gates += [end for end in (start, end) if _is_on_edge(end, outline)]
        kind = _kind(depth, abs(end - start), dice)
        if kind:
            name = _street_name(fact, depth, names)
            town.lines.append(Line(start, end, kind, name))
        waiting += [(half, depth + 1, tilt) for half in halves]
    return town


def _bending(fact: TownFact, dice: Dice) -> list[tuple[Point, Point, float]]:
    size = fact.half_length_m + fact.half_width_m
    waves = []
    for share in (0.030, 0.020, 0.012):
        length = size * dice.uniform(0.7, 1.3) * (share / 0.03) ** 0.5
        direction = turned(dice.uniform(0.0, 360.0))
        waves.append(
            (
                share * size * 0.75 * turned(dice.uniform(0.0, 360.0)),
                direction * 2.0 * math.pi / length,
                dice.uniform(0.0, 2.0 * math.pi),
            )
        )
    return waves


def _outline(fact: TownFact, dice: Dice) -> list[Point]:
    corners = []
    for number in range(14):
        angle = math.radians(360.0 / 14 * (number + dice.uniform(-0.25, 0.25)))
        reach = dice.uniform(0.84, 1.12)
        corners.append(
            complex(
                fact.half_length_m * reach * math.copysign(abs(math.cos(angle)) ** 0.8, math.cos(angle)),
                fact.half_width_m * reach * math.copysign(abs(math.sin(angle)) ** 0.8, math.sin(angle)),
            )
        )
    return convex_hull(corners)


def _add_edge_streets(town: Town, outline: list[Point], dice: Dice) -> None:
    for start, end in zip(outline, outline[1:] + outline[:1], strict=True):
        if abs(end - start) > 120.0 and dice.chance(0.35):
            town.lines.append(Line(start, end, "unclassified"))


def _block_size(fact: TownFact, place: Point) -> float:
    away = abs(complex(place.real / fact.half_length_m, place.imag / fact.half_width_m))
    return fact.block_m2 * (0.6 + 0.75 * min(1.0, away))


def _cut(
    town: Town, polygon: list[Point], depth: int, tilt: float, dice: Dice
) -> tuple[tuple[list[Point], list[Point]], Point, Point] | None:
    """Split a polygon across its longer axis; None if it is too thin to split."""
    along, across = turned(tilt), turned(tilt + 90.0)
    extents = {axis: [dot(corner, axis) for corner in polygon] for axis in (along, across)}
    axis = max((along, across), key=lambda a: max(extents[a]) - min(extents[a]))
    low, high = min(extents[axis]), max(extents[axis])
    if high - low < 70.0:
        return None
    margin = 0.46 if depth < 2 else 0.36
    origin = axis * (low + (high - low) * dice.uniform(margin, 1.0 - margin))
    origin += axis * 1j * dot(middle(polygon), axis * 1j)
    direction = axis * 1j * turned(dice.uniform(-7.0, 7.0) if depth else dice.uniform(-3.0, 3.0))
    hits = _hits(polygon, origin, direction)
    if len(hits) != 2:
        return None
    reach = max(24.0, 150.0 / 2**depth)
    (first, start), (second, end) = ((side, _at_junction(town, polygon, side, p, reach)) for side, p in hits)
    left = [start, *polygon[first + 1 : second + 1], end]
    right = [end, *polygon[second + 1 :], *polygon[: first + 1], start]
    if min(area(left), area(right)) < 2500.0:
        return None
    return (left, right), start, end


def _hits(polygon: list[Point], origin: Point, direction: Point) -> list[tuple[int, Point]]:
    hits = []
    for side, (a, b) in enumerate(zip(polygon, polygon[1:] + polygon[:1], strict=True)):
        before, after = cross(direction, a - origin), cross(direction, b - origin)
        if before * after < 0:
            share = before / (before - after)
            shortest = min(0.3, 18.0 / abs(b - a))
            hits.append((side, a + (b - a) * min(1 - shortest, max(shortest, share))))
    return hits


def _at_junction(town: Town, polygon: list[Point], side: int, point: Point, reach: float) -> Point:
    """Move a new street's end to a junction nearby on the same side, making a four-way crossing."""
    a, b = polygon[side], polygon[(side + 1) % len(polygon)]
    near = [
        end
        for line in town.lines
        for end in (line.start, line.end)
        if abs(end - point) < reach and _lies_on(end, a, b) and min(abs(end - a), abs(end - b)) > 15.0
    ]
    return min(near, key=lambda end: abs(end - point), default=point)


def _is_on_edge(point: Point, outline: list[Point]) -> bool:
    sides = zip(outline, outline[1:] + outline[:1], strict=True)
    return any(_lies_on(point, a, b) for a, b in sides)


def _lies_on(point: Point, start: Point, end: Point) -> bool:
    south, north = sorted((start.imag, end.imag))
    if not south - JUNCTION_TOLERANCE_M <= point.imag <= north + JUNCTION_TOLERANCE_M:
        return False
    return distance_to(point, start, end) < JUNCTION_TOLERANCE_M


def _kind(depth: int, length: float, dice: Dice) -> str:
    """Class of a new street, by how early it was drawn; empty where a wall divides the blocks instead."""
    if depth == 0:
        return "secondary"
    if depth <= 2:
        return "tertiary" if length > 350.0 else "residential"
    if depth <= 4:
        return dice.weighted({"residential": 0.86, "unclassified": 0.1, "": 0.04})
    return dice.weighted(
        {
            "residential": 0.42,
            "living_street": 0.2,
            "alley": 0.16,
            "pedestrian": 0.03,
            "footway": 0.04,
            "": 0.15,
        }
    )


def _street_name(fact: TownFact, depth: int, names: list[str]) -> str:
    if depth == 0:
        return fact.name.removesuffix("镇").removesuffix("街道") + "大街"
    if depth <= 4 and names:
        return names.pop()
    return ""


STREET_NAMES = [
    first + second
    for second in ("路", "街", "巷")
    for first in (
        *("人民", "太白", "瑞光", "云塔", "沙河", "农贸", "文化", "新华", "建设", "和平", "幸福", "兴业"),
        *("学府", "医院", "车站", "工业", "迎宾", "长春", "青年", "解放", "丰收", "柳林", "桃园", "金盆"),
    )
]
"""Illustrative street names."""


def compound_lanes(
    block: Block, side: tuple[Point, Point], kind: str, dice: Dice
) -> tuple[list[Line], Point]:
    """Draw the lanes of a compound from a gate on one side of its block; return them and the door."""
    a, b = side
    gate = a + (b - a) * dice.uniform(0.3, 0.7)
    inward = unit(b - a) * 1j
    depth = max(dot(corner - gate, inward) for corner in block.corners)
    heart = gate + inward * depth * dice.uniform(0.38, 0.55)
    heart += (block.centre - heart) * 0.4
    along = unit(b - a) * turned(dice.uniform(-8.0, 8.0))
    arms = [_arm(block, heart, way * along, abs(b - a) * dice.uniform(0.2, 0.36)) for way in (1, -1)]
    lines = [Line(gate, heart, kind)] + [Line(heart, arm, kind) for arm in arms]
    if kind == "private_lane":
        threshold = gate + unit(heart - gate) * 7.0
        lines[:1] = [Line(gate, threshold, kind), Line(threshold, heart, kind)]
    if dice.chance(0.5):
        back = _arm(block, arms[0], inward, depth * dice.uniform(0.15, 0.3))
        lines.append(Line(arms[0], back, kind))
        if dice.chance(0.5):
            other = _arm(block, arms[1], inward, depth * dice.uniform(0.15, 0.3))
            lines += [Line(arms[1], other, kind), Line(back, other, kind)]
    door = _arm(
        block, heart + (dice.pick(arms) - heart) * dice.uniform(0.0, 0.7), inward, dice.uniform(7, 22)
    )
    return lines, door


def _arm(block: Block, start: Point, direction: Point, length: float) -> Point:
    """Go from a point in a direction, stopping well before the block's edge."""
    while length > 6.0 and not inside(start + direction * (length + 8.0), block.corners):
        length *= 0.8
    return start + direction * length

"""A city-like street network of some 5 000 nodes, written as OSM XML: seeded, irregular, with a river."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

BLOCKS = 34
BLOCK_M = 120.0
RIVER_ROW = 17
BRIDGE_COLUMNS = (5, 20)
CENTRE = (108.22, 34.16)
METRES_PER_DEGREE = 111_320.0

Nodes = dict[int, tuple[float, float]]
Streets = list[tuple[Sequence[int], Mapping[str, str]]]


def city(seed: int = 7) -> tuple[Nodes, Streets]:
    """Return nodes (longitude, latitude by id) and streets (node ids, tags).

    Crossings of a bent grid, every street piece with one to three vertices between its crossings; a fifth
    of the pieces is missing, two bridges cross the river, some pieces are private or steps.
    """
    random_numbers = random.Random(seed)
    nodes: Nodes = {}
    streets: Streets = []
    for row in range(BLOCKS):
        for column in range(BLOCKS):
            bend = 40.0 * math.sin(column / 5.0)
            nodes[_crossing(row, column)] = _degrees(
                column * BLOCK_M + random_numbers.uniform(-20, 20),
                row * BLOCK_M + bend + random_numbers.uniform(-20, 20),
            )
    for row in range(BLOCKS):
        for column in range(BLOCKS):
            if column + 1 < BLOCKS:
                _add_street(
                    nodes, streets, random_numbers, _crossing(row, column), _crossing(row, column + 1)
                )
            is_over_the_river = row == RIVER_ROW and column not in BRIDGE_COLUMNS
            if row + 1 < BLOCKS and not is_over_the_river:
                _add_street(
                    nodes, streets, random_numbers, _crossing(row, column), _crossing(row + 1, column)
                )
    return nodes, streets


def _crossing(row: int, column: int) -> int:
    return 1 + row * BLOCKS + column


def _degrees(east_m: float, north_m: float) -> tuple[float, float]:
    per_degree_east = METRES_PER_DEGREE * math.cos(math.radians(CENTRE[1]))
    return round(CENTRE[0] + east_m / per_degree_east, 7), round(CENTRE[1] + north_m / METRES_PER_DEGREE, 7)


def _add_street(nodes: Nodes, streets: Streets, random_numbers: random.Random, start: int, end: int) -> None:
    if random_numbers.random() < 0.2:
        return
    between = []
    count = random_numbers.randint(1, 3)
    for number in range(1, count + 1):
        share = number / (count + 1)
        identifier = 100_000 + len(nodes)
        nodes[identifier] = (
            round(nodes[start][0] + share * (nodes[end][0] - nodes[start][0]), 7),
            round(nodes[start][1] + share * (nodes[end][1] - nodes[start][1]), 7),
        )
        between.append(identifier)
    kind = random_numbers.choices(
        [
            {"highway": "residential"},
            {"highway": "footway"},
            {"highway": "service", "access": "private"},
            {"highway": "steps"},
            {"highway": "secondary"},
        ],
        weights=[60, 20, 5, 5, 10],
    )[0]
    streets.append(((start, *between, end), kind))

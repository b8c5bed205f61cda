"""Synthetic towns and their streets: bent, jittered grids with gaps, joined by country roads.

Everything is in metres around the middle of the case; nothing here is real.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from siteplan.network import BoolArray, FloatArray, IntArray

SMALLEST_DENSITY_PER_KM2, LARGEST_DENSITY_PER_KM2 = 6_000.0, 14_000.0
"""Residents per km² of small and of large towns."""
LARGE_TOWN_RESIDENTS = 1_000_000.0
"""From here on a town has the largest density."""
SMALLEST_TOWN_RADIUS_M = 450.0
GAP_BETWEEN_TOWNS_M = 1_500.0
TOWN_SIZE_EXPONENT = 0.9
"""The n-th largest town has a share of 1 / n to this power, as town sizes tend to."""
BLOCK_M = (125.0, 165.0)
JITTER, BEND = 0.10, 0.05
"""Of the corners, as a share of a block; of a whole town, as a share of its radius."""
MISSING_STREETS = 0.14
MAIN_STREET_EVERY = 6
LONGEST_STREET_BLOCKS = 10
COUNTRY_ROAD_STEP_M = 250.0
KINDS = ("residential", "tertiary", "living_street", "footway", "secondary")
RESIDENTIAL, TERTIARY, LIVING_STREET, FOOTWAY, SECONDARY = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class Towns:
    """Towns, largest first. Shapes: all (towns,)."""

    x_m: FloatArray
    y_m: FloatArray
    radius_m: FloatArray
    points: IntArray
    """Demand points of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """Nodes, and streets as runs of nodes.

    Shapes: ``x_m``, ``y_m``: (nodes,); street ``s`` passes the nodes ``first[s]:first[s + 1]`` of ``node``
    and is of kind ``KINDS[kind[s]]``; a frontage is half a side of a block: its two ends and its town.
    """

    x_m: FloatArray
    y_m: FloatArray
    first: IntArray
    node: IntArray
    kind: IntArray
    frontage_from: IntArray
    frontage_to: IntArray
    frontage_town: IntArray


def place_towns(
    random: np.random.Generator, towns: int, demand_points: int, residents_per_point: float
) -> Towns:
    """Return towns of different sizes that don't touch each other, the largest in the middle."""
    points = shared_out(1.0 / np.arange(1, towns + 1) ** TOWN_SIZE_EXPONENT, demand_points)
    residents = points * residents_per_point
    largeness = np.clip(residents / LARGE_TOWN_RESIDENTS, 0.0, 1.0) ** 0.5
    density = SMALLEST_DENSITY_PER_KM2 + largeness * (LARGEST_DENSITY_PER_KM2 - SMALLEST_DENSITY_PER_KM2)
    radius_m = np.maximum(np.sqrt(residents / density / np.pi) * 1_000.0, SMALLEST_TOWN_RADIUS_M)
    x_m, y_m = np.zeros(towns), np.zeros(towns)
    for town in range(1, towns):
        away_m = radius_m[0] + radius_m[town] + GAP_BETWEEN_TOWNS_M
        while True:
            angle = random.uniform(0.0, 2.0 * np.pi)
            x_m[town], y_m[town] = away_m * np.cos(angle), away_m * np.sin(angle)
            apart = np.hypot(x_m[:town] - x_m[town], y_m[:town] - y_m[town])
            if (apart > radius_m[:town] + radius_m[town] + GAP_BETWEEN_TOWNS_M).all():
                break
            away_m *= random.uniform(1.0, 1.1)
    return Towns(x_m, y_m, radius_m, points)


def shared_out(weights: NDArray[Any], total: int) -> IntArray:
    """Return whole shares of ``total`` in proportion to weights, at least one each if there is enough."""
    least = 1 if total >= len(weights) else 0
    exact: FloatArray = weights / weights.sum() * (total - least * len(weights))
    shares: IntArray = np.floor(exact).astype(np.int64)
    largest_rest_first = np.argsort(shares - exact, kind="stable")
    shares[largest_rest_first[: total - least * len(weights) - int(shares.sum())]] += 1
    shares += least
    return shares


def lay_out_streets(random: np.random.Generator, towns: Towns) -> Streets:
    """Return the streets of all towns and the roads between them; all hang together."""
    grids = [_grid(random, towns, town) for town in range(len(towns.x_m))]
    offsets = np.cumsum([0, *(len(grid.x_m) for grid in grids)])
    x_m = np.concatenate([grid.x_m for grid in grids])
    y_m = np.concatenate([grid.y_m for grid in grids])
    runs = [grid.street + offset for grid, offset in zip(grids, offsets, strict=False)]
    lengths = [grid.length for grid in grids]
    kinds = [grid.kind for grid in grids]
    for start, end in _neighbouring_towns(towns):
        road_x, road_y, run = _country_road(grids, offsets, start, end, len(x_m))
        x_m, y_m = np.concatenate([x_m, road_x]), np.concatenate([y_m, road_y])
        runs.append(run)
        lengths.append(np.array([len(run)]))
        kinds.append(np.array([SECONDARY]))
    frontage = np.concatenate([grid.frontage + offset for grid, offset in zip(grids, offsets, strict=False)])
    return Streets(
        x_m=x_m,
        y_m=y_m,
        first=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        node=np.concatenate(runs),
        kind=np.concatenate(kinds),
        frontage_from=frontage[:, 0],
        frontage_to=frontage[:, 1],
        frontage_town=np.repeat(np.arange(len(grids)), [len(grid.frontage) for grid in grids]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """The streets of one town, ``junctions`` nodes first, then the bends between; runs as in `Streets`."""

    x_m: FloatArray
    y_m: FloatArray
    junctions: int
    street: IntArray
    length: IntArray
    kind: IntArray
    frontage: IntArray


def _grid(random: np.random.Generator, towns: Towns, town: int) -> _Grid:
    radius_m, block_m = float(towns.radius_m[town]), random.uniform(*BLOCK_M)
    lines = 2 * int(np.ceil(1.3 * radius_m / block_m)) + 1
    row, column = (axis.ravel() for axis in np.indices((lines, lines)))
    x_m, y_m = (column - lines // 2) * block_m, (row - lines // 2) * block_m
    inside = np.hypot(x_m, y_m) <= radius_m * _outline(random, np.arctan2(y_m, x_m))
    right, up = column < lines - 1, row < lines - 1
    corner = np.arange(lines * lines)
    start = np.concatenate([corner[right], corner[up]])
    end = np.concatenate([corner[right] + 1, corner[up] + lines])
    line = np.concatenate([row[right], column[up] + lines])
    place = np.concatenate([column[right], row[up]])
    is_main = line % lines % MAIN_STREET_EVERY == lines // 2 % MAIN_STREET_EVERY
    kept = inside[start] & inside[end] & (is_main | (random.random(len(start)) >= MISSING_STREETS))
    kept &= _in_largest_part(start, end, kept, lines * lines)[start]
    start, end, line, place, is_main = (part[kept] for part in (start, end, line, place, is_main))
    used, numbers = np.unique(np.concatenate([start, end]), return_inverse=True)
    start, end = numbers.reshape(2, -1)
    x_m = x_m[used] + random.normal(0.0, JITTER * block_m, len(used))
    y_m = y_m[used] + random.normal(0.0, JITTER * block_m, len(used))
    bend_x = (x_m[start] + x_m[end]) / 2.0 + random.normal(0.0, 0.3 * JITTER * block_m, len(start))
    bend_y = (y_m[start] + y_m[end]) / 2.0 + random.normal(0.0, 0.3 * JITTER * block_m, len(start))
    x_m, y_m = _bent(random, np.concatenate([x_m, bend_x]), np.concatenate([y_m, bend_y]), radius_m)
    bend = len(used) + np.arange(len(start))
    street, length, kind = _runs(random, start, bend, end, line, place, is_main)
    return _Grid(
        x_m=x_m + towns.x_m[town],
        y_m=y_m + towns.y_m[town],
        junctions=len(used),
        street=street,
        length=length,
        kind=kind,
        frontage=np.concatenate([np.stack([start, bend], axis=1), np.stack([bend, end], axis=1)]),
    )


def _outline(random: np.random.Generator, angle: FloatArray) -> FloatArray:
    """Return how far a town reaches in each direction, as a share of its radius: 0.7 to 1.3."""
    reach = np.ones(len(angle))
    for waves in (2, 3, 5):
        reach += random.uniform(0.0, 0.1) * np.cos(waves * angle + random.uniform(0.0, 2.0 * np.pi))
    return reach


def _in_largest_part(start: IntArray, end: IntArray, kept: BoolArray, corners: int) -> BoolArray:
    """Return which corners hang together with most others."""
    links = sparse.coo_array((np.ones(int(kept.sum())), (start[kept], end[kept])), shape=(corners, corners))
    _, part = connected_components(links, directed=False)
    largest: BoolArray = part == np.argmax(np.bincount(part))
    return largest


def _bent(
    random: np.random.Generator, x_m: FloatArray, y_m: FloatArray, radius_m: float
) -> tuple[FloatArray, FloatArray]:
    """Turn a town and bend it gently."""
    waves, phase = random.uniform(1.0, 2.0, 2) / radius_m, random.uniform(0.0, 2.0 * np.pi, 2)
    bent_x = x_m + BEND * radius_m * np.sin(waves[0] * y_m + phase[0])
    bent_y = y_m + BEND * radius_m * np.sin(waves[1] * x_m + phase[1])
    angle = random.uniform(0.0, np.pi / 2.0)
    return (
        bent_x * np.cos(angle) - bent_y * np.sin(angle),
        bent_x * np.sin(angle) + bent_y * np.cos(angle),
    )


def _runs(
    random: np.random.Generator,
    start: IntArray,
    bend: IntArray,
    end: IntArray,
    line: IntArray,
    place: IntArray,
    is_main: BoolArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """Return streets as runs of nodes, their lengths in nodes and their kinds.

    Sides of blocks on one line of the grid follow each other in one street until one is missing or the street
    is `LONGEST_STREET_BLOCKS` long.
    """
    order = np.lexsort((place, line))
    start, bend, end, line, place = (part[order] for part in (start, bend, end, line, place))
    follows = (line[1:] == line[:-1]) & (place[1:] == place[:-1] + 1)
    follows &= place[1:] % LONGEST_STREET_BLOCKS != 0
    last = np.append(np.flatnonzero(~follows), len(start) - 1)
    pairs = np.stack([start, bend], axis=1).ravel()
    street = np.insert(pairs, 2 * (last + 1), end[last])
    length = 2 * np.diff(last, prepend=-1) + 1
    ordinary = random.choice(
        np.array([RESIDENTIAL, LIVING_STREET, FOOTWAY]), len(last), p=np.array([0.75, 0.15, 0.1])
    )
    return street, length, np.where(is_main[order][last], TERTIARY, ordinary)


def _neighbouring_towns(towns: Towns) -> list[tuple[int, int]]:
    """Return pairs of towns that join all of them by the shortest roads."""
    apart = np.hypot(towns.x_m[:, None] - towns.x_m, towns.y_m[:, None] - towns.y_m)
    tree = minimum_spanning_tree(apart).tocoo()
    return [(int(start), int(end)) for start, end in zip(tree.row, tree.col, strict=True)]


def _country_road(
    grids: list[_Grid], offsets: IntArray, start: int, end: int, nodes: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return a straight road between the nearest junctions of two towns: new nodes, and the run of all."""
    one, other = (
        np.stack([grid.x_m[: grid.junctions], grid.y_m[: grid.junctions]], axis=1)
        for grid in (grids[start], grids[end])
    )
    away_m, nearest = cKDTree(other).query(one)
    first = int(np.argmin(away_m))
    last = int(nearest[first])
    pieces = max(2, int(np.ceil(away_m[first] / COUNTRY_ROAD_STEP_M)))
    share = (np.arange(1, pieces) / pieces)[:, None]
    road = one[first] + (other[last] - one[first]) * share
    run = np.array([offsets[start] + first, *range(nodes, nodes + pieces - 1), offsets[end] + last])
    return road[:, 0], road[:, 1], run

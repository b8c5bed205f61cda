"""Synthetic residents: demand points along the streets, gathered into communities of neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siteplan.bench.streets import Streets, Towns
from siteplan.case import AGE_GROUPS
from siteplan.network import BoolArray, FloatArray, IntArray

FROM_STREET_M = (8.0, 45.0)
SPREAD_OF_RESIDENTS = 0.6
"""Standard deviation of the logarithm of a demand point's residents."""
FEWEST_RESIDENTS = 30.0
PERSONS_PER_HOUSEHOLD = 2.9
AGE_SHARES = (0.031, 0.037, 0.092, 0.061, 0.568, 0.122, 0.063, 0.026)
AGE_TILT = (1.0, 1.0, 0.8, 0.4, 0.1, -1.0, -1.2, -1.4)
"""Share of each of `AGE_GROUPS`, and how it follows the youth of a demand point; illustrative."""
NEW_ESTATES = 0.02
"""Share of demand points that are estates under construction."""
NEW_ESTATE_YEARS = (2028, 2029)


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Demand points in order of their community.

    Shapes: ``x_m``, ``y_m``, ``community``, ``households``, ``occupied_from`` (0: already): (points,);
    ``residents`` by age group: (points, age groups); ``town_of_community``: (communities,).
    """

    x_m: FloatArray
    y_m: FloatArray
    community: IntArray
    residents: IntArray
    households: IntArray
    occupied_from: IntArray
    town_of_community: IntArray

    @property
    def is_new_estate(self) -> BoolArray:
        """Which demand points are estates under construction."""
        return self.occupied_from > 0


def settle(
    random: np.random.Generator,
    towns: Towns,
    streets: Streets,
    residents_per_point: float,
    points_per_community: float,
) -> People:
    """Return the demand points of all towns, denser in the middle of each."""
    places = [_places_in(random, towns, streets, town) for town in range(len(towns.x_m))]
    communities: list[IntArray] = []
    town_of_community: list[int] = []
    for town, place in enumerate(places):
        count = max(1, round(len(place) / points_per_community))
        communities.append(_neighbours(place, count) + len(town_of_community))
        town_of_community += [town] * count
    place, community = np.concatenate(places), np.concatenate(communities)
    order = np.argsort(community, kind="stable")
    place, community = place[order], community[order]
    total = _persons(random, len(place), residents_per_point)
    residents = _by_age(random, total)
    return People(
        x_m=place[:, 0],
        y_m=place[:, 1],
        community=community,
        residents=residents,
        households=np.maximum(1, np.rint(residents.sum(axis=1) / PERSONS_PER_HOUSEHOLD)).astype(np.int64),
        occupied_from=_occupied_from(random, len(place)),
        town_of_community=np.array(town_of_community),
    )


def along_streets(random: np.random.Generator, streets: Streets, frontage: IntArray) -> FloatArray:
    """Return a place (frontages, 2) beside each of the chosen sides of blocks, in metres."""
    start, end = streets.frontage_from[frontage], streets.frontage_to[frontage]
    from_x, from_y = streets.x_m[start], streets.y_m[start]
    along_x, along_y = streets.x_m[end] - from_x, streets.y_m[end] - from_y
    share = random.uniform(0.1, 0.9, len(frontage))
    away = random.uniform(*FROM_STREET_M, len(frontage)) * random.choice(np.array([-1.0, 1.0]), len(frontage))
    away = away / np.maximum(np.hypot(along_x, along_y), 1.0)
    x_m = from_x + share * along_x - away * along_y
    return np.stack([x_m, from_y + share * along_y + away * along_x], axis=1)


def _places_in(random: np.random.Generator, towns: Towns, streets: Streets, town: int) -> FloatArray:
    frontage = np.flatnonzero(streets.frontage_town == town)
    node = streets.frontage_from[frontage]
    away = np.hypot(streets.x_m[node] - towns.x_m[town], streets.y_m[node] - towns.y_m[town])
    weight = np.exp(-((away / towns.radius_m[town]) ** 2))
    chosen = random.choice(frontage, int(towns.points[town]), p=weight / weight.sum())
    return along_streets(random, streets, chosen)


def _neighbours(place: FloatArray, groups: int) -> IntArray:
    """Return a group number for each place: the longer axis is split until there are ``groups`` of them."""
    number = np.zeros(len(place), dtype=np.int64)
    waiting = [(np.arange(len(place)), 0, groups)]
    while waiting:
        members, first, count = waiting.pop()
        if count == 1:
            number[members] = first
            continue
        axis = int(np.argmax(np.ptp(place[members], axis=0)))
        ordered = members[np.argsort(place[members, axis], kind="stable")]
        half = count // 2
        cut = len(members) * half // count
        waiting += [(ordered[:cut], first, half), (ordered[cut:], first + half, count - half)]
    return number


def _persons(random: np.random.Generator, points: int, average: float) -> FloatArray:
    drawn = random.lognormal(0.0, SPREAD_OF_RESIDENTS, points)
    persons: FloatArray = np.maximum(FEWEST_RESIDENTS, drawn / drawn.mean() * average)
    return persons


def _by_age(random: np.random.Generator, total: FloatArray) -> IntArray:
    """Return residents (points, age groups); old quarters have older people."""
    youth = random.normal(0.0, 0.25, len(total))
    share = np.array(AGE_SHARES) * np.exp(youth[:, None] * np.array(AGE_TILT))
    assert share.shape[1] == len(AGE_GROUPS)
    exact = total[:, None] * share / share.sum(axis=1, keepdims=True)
    residents: IntArray = np.rint(exact).astype(np.int64)
    return residents


def _occupied_from(random: np.random.Generator, points: int) -> IntArray:
    years = np.zeros(points, dtype=np.int64)
    new = random.choice(points, max(1, round(NEW_ESTATES * points)), replace=False)
    years[new] = random.choice(np.array(NEW_ESTATE_YEARS), len(new))
    return years

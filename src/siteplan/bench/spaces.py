"""Synthetic spaces: candidate sites, a few committed projects, and services that already operate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from siteplan.bench.people import People, along_streets
from siteplan.bench.streets import Streets, shared_out
from siteplan.network import BoolArray, FloatArray, IntArray

NEAREST_FRONTAGES = 10
"""A space lies at one of so many sides of blocks nearest to a demand point of its community."""
USABLE_SHARE = 0.7
NEW_ESTATE_M2_PER_HOUSEHOLD = 0.7
"""Floor area of a new estate's own facility, m² per household: above the 50 m² per 100 that are owed."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What a kind of stock tends to be like; ``share`` of large and of other spaces. All illustrative."""

    label: str
    share_of_large: float
    share_of_others: float
    modes: Mapping[str, float]
    tenures: Mapping[str, float]
    upper_floors: float
    outdoor: float
    land_use_code: str


STOCK = {
    "community_rooms": Stock(
        "社区用房", 0.0, 0.30, {"rebuild": 0.7, "extend": 0.3}, {"owned": 1.0}, 0.35, 0.25, "0702"
    ),
    "estate_open_land": Stock(
        "小区空地", 0.0, 0.14, {"add": 0.6, "new_build": 0.4}, {"lent_free": 1.0}, 0.0, 1.0, "0701"
    ),
    "idle_land": Stock("闲置用地", 0.42, 0.0, {"new_build": 1.0}, {"owned": 1.0}, 0.0, 0.9, "0702"),
    "idle_premises": Stock(
        "闲置厂房", 0.16, 0.16, {"rebuild": 0.8, "extend": 0.2}, {"rented": 1.0}, 0.3, 0.4, "0901"
    ),
    "government_idle_rooms": Stock(
        "机关闲置用房", 0.24, 0.12, {"rebuild": 0.9, "extend": 0.1}, {"lent_free": 1.0}, 0.4, 0.4, "0801"
    ),
    "state_firm_premises": Stock(
        "国企闲置房产",
        0.18,
        0.12,
        {"rebuild": 0.75, "extend": 0.25},
        {"rented": 0.6, "lent_free": 0.4},
        0.25,
        0.45,
        "0901",
    ),
    "estate_facility_owed": Stock(
        "小区应交配套用房", 0.0, 0.16, {"add": 0.65, "rebuild": 0.35}, {"returned": 1.0}, 0.2, 0.3, "0701"
    ),
}

LARGE, MEDIUM, SMALL = range(3)
SIZE_SHARES = (0.28, 0.25, 0.47)
FLOOR_AREA_M2 = ((620, 1500), (260, 590), (60, 240))
"""Shares and floor areas of large, medium and small spaces."""
CONSENT = {"agreed": 0.55, "seeking": 0.40, "refused": 0.05}
LATER_YEARS = {"": 0.82, "2028": 0.09, "2029": 0.05, "2030": 0.04}
UPPER_FLOORS = {-1: 0.2, 2: 0.45, 3: 0.25, 4: 0.1}
EXISTING = (
    ("卫生服务站", "health", (110, 180), 0.5),
    ("文化活动室", "culture", (175, 240), 0.36),
    ("日间照料中心", "elderly_care", (250, 320), 0.14),
    ("托育点", "infant_care", (140, 200), 0.08),
    ("健身苑", "sports", (120, 200), 0.12),
    ("便民服务点", "housekeeping", (40, 60), 0.12),
)
"""Kinds of existing services: label, function, usable m² (from, to), share of communities that have one."""
COMMUNITIES_PER_PROJECT = 20
PROJECT_FUNCTIONS_M2 = {
    "elderly_care": 160,
    "infant_care": 100,
    "after_school_care": 90,
    "community_meals": 80,
    "health": 60,
}
PROJECT_FLOOR_AREA_M2 = 800


def candidate_sites(
    random: np.random.Generator, streets: Streets, people: People, count: int
) -> pd.DataFrame:
    """Return ``count`` candidate sites with the columns of ``sites.csv`` and ``x_m``, ``y_m``.

    First come the facilities that new estates are handed over with, then spaces shared out over the
    communities by their residents.
    """
    estates = np.flatnonzero(people.is_new_estate)[:count]
    persons = people.residents.sum(axis=1)
    weights = np.bincount(people.community, persons, len(people.town_of_community))
    community = np.repeat(np.arange(len(weights)), shared_out(weights, count - len(estates)))
    place = _near(random, streets, people, community)
    table = _described(random, len(community))
    table["community"] = community
    table["x_m"], table["y_m"] = place[:, 0], place[:, 1]
    sites = pd.concat([_estate_facilities(random, people, estates), table], ignore_index=True)
    sites.insert(0, "site_id", [f"S{number:05d}" for number in range(1, count + 1)])
    sites["name"] = sites["name"] + sites["site_id"].str[1:] + "（合成）"
    return sites


def existing_services(random: np.random.Generator, streets: Streets, people: People) -> pd.DataFrame:
    """Return services that operate already, with ``community``, ``x_m`` and ``y_m``."""
    tables = []
    for label, function, (smallest, largest), share in EXISTING:
        community = np.flatnonzero(random.random(len(people.town_of_community)) < share)
        area = _fives(random, smallest, largest, len(community))
        place = _near(random, streets, people, community)
        tables.append(
            pd.DataFrame(
                {
                    "name": f"{label}（合成）",
                    "community": community,
                    "x_m": place[:, 0],
                    "y_m": place[:, 1],
                    "floor_area_m2": np.ceil(area / USABLE_SHARE).astype(np.int64) + 2,
                    "function_areas": [f"{function}={metres}" for metres in area],
                }
            )
        )
    services = pd.concat(tables, ignore_index=True)
    services.insert(0, "service_id", [f"X{number:05d}" for number in range(1, len(services) + 1)])
    return services


def committed_projects(random: np.random.Generator, streets: Streets, people: People) -> pd.DataFrame:
    """Return complexes that open before the horizon, with ``community``, ``x_m`` and ``y_m``."""
    communities = len(people.town_of_community)
    count = max(1, communities // COMMUNITIES_PER_PROJECT)
    community = np.sort(random.choice(communities, count, replace=False))
    place = _near(random, streets, people, community)
    return pd.DataFrame(
        {
            "project_id": [f"P{number:04d}" for number in range(1, count + 1)],
            "name": "嵌入式服务综合体（合成）",
            "level": "county",
            "year": random.choice(np.array([2025, 2026]), count),
            "community": community,
            "form": "complex",
            "floor_area_m2": PROJECT_FLOOR_AREA_M2,
            "x_m": place[:, 0],
            "y_m": place[:, 1],
            "function_areas": "; ".join(f"{key}={area}" for key, area in PROJECT_FUNCTIONS_M2.items()),
            "functions_status": "illustrative",
        }
    )


def _near(random: np.random.Generator, streets: Streets, people: People, community: IntArray) -> FloatArray:
    """Return a place (rows, 2) beside a street near some demand point of each row's community."""
    first = np.searchsorted(people.community, np.arange(len(people.town_of_community) + 1))
    point = first[community] + np.floor(random.random(len(community)) * np.diff(first)[community]).astype(
        np.int64
    )
    middle = np.stack(
        [
            (axis[streets.frontage_from] + axis[streets.frontage_to]) / 2.0
            for axis in (streets.x_m, streets.y_m)
        ],
        axis=1,
    )
    wanted = np.stack([people.x_m[point], people.y_m[point]], axis=1)
    _, nearest = cKDTree(middle).query(wanted, k=min(NEAREST_FRONTAGES, len(middle)))
    chosen = nearest[np.arange(len(community)), random.integers(0, nearest.shape[1], len(community))]
    return along_streets(random, streets, chosen)


def _described(random: np.random.Generator, count: int) -> pd.DataFrame:
    size = random.choice(3, count, p=np.array(SIZE_SHARES))
    kind = np.where(
        size == LARGE,
        _drawn(random, {key: stock.share_of_large for key, stock in STOCK.items()}, count),
        _drawn(random, {key: stock.share_of_others for key, stock in STOCK.items()}, count),
    )
    smallest, largest = np.array(FLOOR_AREA_M2)[size].T
    floor_area = _fives(random, smallest, largest, count)
    tenure = _by_kind(random, kind, {key: stock.tenures for key, stock in STOCK.items()})
    upper = random.choice(np.array(list(UPPER_FLOORS)), count, p=np.array(list(UPPER_FLOORS.values())))
    floor = np.where(random.random(count) < _of_kind(kind, "upper_floors"), upper, 1)
    refits = random.random(count) < 0.7
    return pd.DataFrame(
        {
            "name": [STOCK[key].label for key in kind],
            "floor_area_m2": floor_area,
            "stock_kind": kind,
            "mode": _by_kind(random, kind, {key: stock.modes for key, stock in STOCK.items()}),
            "floor": floor,
            "has_lift": _yes((floor > 1) & (random.random(count) < 0.5)),
            "has_outdoor_space": _yes((floor > 0) & (random.random(count) < _of_kind(kind, "outdoor"))),
            "has_own_entrance": _yes((floor == 1) | (floor_area >= 600) | (random.random(count) < 0.4)),
            "has_kitchen": _yes(~np.isin(kind, ("government_idle_rooms", "community_rooms")) | refits),
            "noise_sensitive_neighbours": _yes(random.random(count) < 0.15),
            "tenure": tenure,
            "rent_cny_per_m2_year": np.where(tenure == "rented", 12 * random.integers(4, 13, count), -1),
            "consent": _drawn(random, CONSENT, count),
            "year_available": _drawn(random, LATER_YEARS, count),
            "land_use_code": [STOCK[key].land_use_code for key in kind],
        }
    )


def _estate_facilities(random: np.random.Generator, people: People, estates: IntArray) -> pd.DataFrame:
    """Return what the developers of new estates hand over (同步交付)."""
    owed_m2 = people.households[estates] * NEW_ESTATE_M2_PER_HOUSEHOLD
    return pd.DataFrame(
        {
            "name": "新建小区配套用房",
            "estate_id": [f"E{point + 1:05d}" for point in estates],
            "floor_area_m2": 5 * np.ceil(owed_m2 / 5.0).astype(np.int64) + 40,
            "stock_kind": "new_estate_facility",
            "mode": "new_build",
            "floor": 1,
            "has_lift": "no",
            "has_outdoor_space": "yes",
            "has_own_entrance": "yes",
            "has_kitchen": "yes",
            "noise_sensitive_neighbours": "no",
            "tenure": "returned",
            "rent_cny_per_m2_year": -1,
            "consent": "agreed",
            "year_available": people.occupied_from[estates].astype(str),
            "land_use_code": "0701",
            "community": people.community[estates],
            "x_m": people.x_m[estates] + random.uniform(-18.0, 18.0, len(estates)),
            "y_m": people.y_m[estates] + random.uniform(-18.0, 18.0, len(estates)),
        }
    )


def _of_kind(kind: NDArray[np.str_], attribute: str) -> FloatArray:
    return np.array([getattr(STOCK[key], attribute) for key in kind], dtype=np.float64)


def _by_kind(
    random: np.random.Generator, kind: NDArray[np.str_], choices: Mapping[str, Mapping[str, float]]
) -> NDArray[np.str_]:
    """Return a value for each row, drawn from what its kind of stock allows."""
    drawn = {key: _drawn(random, shares, len(kind)) for key, shares in choices.items()}
    return np.select([kind == key for key in drawn], list(drawn.values()), "")


def _drawn(random: np.random.Generator, shares: Mapping[str, float], count: int) -> NDArray[np.str_]:
    share = np.array(list(shares.values()))
    return random.choice(np.array(list(shares)), count, p=share / share.sum())


def _fives(
    random: np.random.Generator, smallest: int | IntArray, largest: int | IntArray, count: int
) -> IntArray:
    """Return multiples of five from ``smallest`` to ``largest``."""
    return 5 * random.integers(np.asarray(smallest) // 5, np.asarray(largest) // 5 + 1, count)


def _yes(values: BoolArray) -> NDArray[np.str_]:
    return np.where(values, "yes", "no")

"""The case of the scenarios with all rules: the same tables, and what these rules need besides.

Operators, levels, joint programmes, shared plots, convertible services and exclusion zones are drawn by a
generator of their own, so that the case without them stays as it is. Everything is synthetic.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from siteplan.network import BoolArray, IntArray

OPERATORS = {"甲公司（合成）": 0.35, "乙社会服务中心（合成）": 0.2, "丙国企物业（合成）": 0.15, "": 0.3}
"""Operators of sites and services, and how often they are named."""
NATIONAL_FROM_M2, MUNICIPAL_FROM_M2 = 1000.0, 600.0
"""Floor areas from which a space would be put forward at a level."""
PROGRAMMES = ("老旧小区改造", "城市一刻钟便民生活圈")
JOINED_SHARE, JOINED_YEARS = 0.2, (2027, 2028, 2029)
"""Share of spaces that a joint programme comes to, and its years."""
PLOT_SHARE, LONGEST_PLOT_M = 0.05, 400.0
"""Share of spaces that share a plot with the nearest one of their community, where it is this near."""
CONVERTIBLE_SHARE, OPERATING_SINCE = 0.3, (2018, 2026)
ZONES_SHARE = 0.02
"""Exclusion zones by candidate site; at least two."""
ZONES = (
    ("flood", "洪水淹没区", 60.0, ()),
    ("petrol_station", "加油站", 50.0, ()),
    ("pipeline", "天然气管线阀室", 30.0, ("infant_care", "after_school_care", "childrens_play")),
)
"""Kinds of zones in turn: kind, name, distance in m, functions that may not go there (none: all)."""
SMALLEST_OWN_SPACE_M2, OWN_SPACE_UNTIL = 60, 2028
"""A space that a community surely can use has this floor area and is there by this year."""
DEGREES_TO_M = 111_000.0


def add_tables(case: Path, folder: Path, random: np.random.Generator) -> frozenset[str]:
    """Copy a generated case into a new folder, with the columns and zones that all rules need.

    Every community gets a space of its own that surely can be used, where it has any space: what is a must
    for every community is then possible. Return the ids of these spaces.
    """
    shutil.copytree(case, folder)
    sites, services = _read(folder / "sites.csv"), _read(folder / "existing_services.csv")
    is_estate = (sites["stock_kind"] == "new_estate_facility").to_numpy()
    _add_operators(random, sites, services, is_estate)
    is_own = _with_own_spaces(sites, is_estate)
    is_safe = is_own | is_estate
    _join_programmes(random, sites, is_safe)
    _share_plots(random, sites, is_safe)
    services["convertible"] = np.where(random.random(len(services)) < CONVERTIBLE_SHARE, "yes", "no")
    services["operating_since"] = random.integers(*OPERATING_SINCE, len(services)).astype(str)
    _write(sites, folder / "sites.csv")
    _write(services, folder / "existing_services.csv")
    zones = _zones(random, sites, is_safe)
    text = json.dumps(zones, ensure_ascii=False, indent=1)
    (folder / "exclusion_zones.geojson").write_text(text + "\n", encoding="utf-8")
    return frozenset(sites.loc[is_own, "site_id"])


def _read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _write(table: pd.DataFrame, file: Path) -> None:
    table.to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _add_operators(
    random: np.random.Generator, sites: pd.DataFrame, services: pd.DataFrame, is_estate: BoolArray
) -> None:
    names, shares = np.array(list(OPERATORS)), np.array(list(OPERATORS.values()))
    sites["operator"] = np.where(is_estate, "", random.choice(names, len(sites), p=shares))
    services["operator"] = random.choice(names, len(services), p=shares)
    area = sites["floor_area_m2"].astype(float)
    large = np.where(area >= NATIONAL_FROM_M2, "national", "municipal")
    sites["project_level"] = np.where((area < MUNICIPAL_FROM_M2) | is_estate, "county", large)


def _with_own_spaces(sites: pd.DataFrame, is_estate: BoolArray) -> BoolArray:
    """Return which sites (sites,) are a community's own space, made fit for it where none is."""
    own = np.zeros(len(sites), dtype=np.bool_)
    usable = _surely_usable(sites) & ~is_estate
    for _, rows in sites[~is_estate].groupby("community_code", sort=True):
        numbers = rows.index.to_numpy()
        fit = numbers[usable[numbers]]
        chosen = _smallest(sites, fit if len(fit) else numbers)
        if not len(fit):
            sites.loc[chosen, ["consent", "floor", "mode", "tenure"]] = ["agreed", "1", "rebuild", "owned"]
            sites.loc[chosen, ["rent_cny_per_m2_year", "year_available"]] = ["", ""]
        own[chosen] = True
    return own


def _surely_usable(sites: pd.DataFrame) -> BoolArray:
    there = pd.to_numeric(sites["year_available"], errors="coerce").fillna(0) <= OWN_SPACE_UNTIL
    is_usable: BoolArray = (
        (sites["consent"] == "agreed")
        & (sites["floor"] == "1")
        & (sites["mode"] != "new_build")
        & (sites["tenure"] != "rented")
        & (sites["floor_area_m2"].astype(float) >= SMALLEST_OWN_SPACE_M2)
        & there
    ).to_numpy(dtype=np.bool_)
    return is_usable


def _smallest(sites: pd.DataFrame, numbers: IntArray) -> int:
    return int(numbers[np.argmin(sites.loc[numbers, "floor_area_m2"].astype(float))])


def _join_programmes(random: np.random.Generator, sites: pd.DataFrame, is_safe: BoolArray) -> None:
    """Let the programmes in turn come to some spaces: to one each at least, where there are enough."""
    free = np.flatnonzero(~is_safe)
    count = min(len(free), max(len(PROGRAMMES), round(JOINED_SHARE * len(sites))))
    chosen = random.choice(free, count, replace=False)
    there = pd.to_numeric(sites["year_available"], errors="coerce").fillna(0).to_numpy(dtype=np.int64)
    year = np.maximum(random.choice(np.array(JOINED_YEARS), count), there[chosen])
    sites["joint_programme"], sites["joint_programme_year"] = "", ""
    sites.loc[chosen, "joint_programme"] = np.resize(np.array(PROGRAMMES), count)
    sites.loc[chosen, "joint_programme_year"] = year.astype(str)


def _share_plots(random: np.random.Generator, sites: pd.DataFrame, is_safe: BoolArray) -> None:
    """Put some spaces on one plot with the nearest one of their community: of both only one can open."""
    place = sites[["longitude", "latitude"]].astype(float).to_numpy() * DEGREES_TO_M
    plot = np.full(len(sites), "", dtype=object)
    for number in np.flatnonzero((random.random(len(sites)) < PLOT_SHARE) & ~is_safe).tolist():
        same = (sites["community_code"] == sites["community_code"].iloc[number]).to_numpy()
        others = np.flatnonzero(same & ~is_safe & (plot == ""))
        others = others[others != number]
        if plot[number] or not len(others):
            continue
        away = np.hypot(*(place[others] - place[number]).T)
        if away.min() <= LONGEST_PLOT_M:
            plot[[number, others[int(np.argmin(away))]]] = f"PL{number + 1:05d}"
    sites["plot_id"] = plot


def _zones(random: np.random.Generator, sites: pd.DataFrame, is_safe: BoolArray) -> dict[str, object]:
    """Return a collection of points beside candidate sites, of which no safe one is near."""
    place = sites[["longitude", "latitude"]].astype(float).to_numpy()
    free = np.flatnonzero(~is_safe)
    count = min(len(free), max(2, round(ZONES_SHARE * len(sites))))
    features = []
    for number, site in enumerate(random.choice(free, count, replace=False).tolist()):
        kind, name, distance_m, functions = ZONES[number % len(ZONES)]
        away = np.hypot(*((place[is_safe] - place[site]) * DEGREES_TO_M).T)
        if len(away) and away.min() <= 2.0 * distance_m:
            continue
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "kind": kind,
                    "name": f"{name}{number + 1:03d}（合成）",
                    "buffer_m": distance_m,
                    "excluded_functions": list(functions),
                },
                "geometry": {"type": "Point", "coordinates": place[site].tolist()},
            }
        )
    return {"type": "FeatureCollection", "features": features}

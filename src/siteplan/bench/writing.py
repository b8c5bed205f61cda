"""Generated towns, people and spaces written as an ordinary case folder: tables, roads, ``case.yaml``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import yaml

from siteplan.bench.people import People
from siteplan.bench.streets import KINDS, Streets, Towns
from siteplan.case import AGE_GROUPS
from siteplan.inputs.roads.projection import to_longitude_latitude
from siteplan.network import FloatArray, IntArray

COUNTY_CODE = "990001"
"""No division of China begins with 99: the codes can't be taken for real ones."""
METRIC_CRS = "EPSG:4545"
MIDDLE_M = (500_000.0, 3_780_000.0)
"""Middle of every generated case in `METRIC_CRS`: about 108° E, 34.1° N."""
EXTENT_MARGIN_DEGREES = 0.05
ROADS_FILE = "roads.osm.pbf"
SOURCE = "合成数据，由 siteplan bench make 生成 (synthetic, made by siteplan bench make)"
FIRST_OSM_ID = 1


def write_case(
    folder: Path,
    title: str,
    towns: Towns,
    streets: Streets,
    people: People,
    sites: pd.DataFrame,
    projects: pd.DataFrame,
    services: pd.DataFrame,
) -> None:
    """Write the tables, the roads and ``case.yaml`` into an existing folder."""
    town_codes = [f"{COUNTY_CODE}{number:03d}" for number in range(1, len(towns.x_m) + 1)]
    codes = community_codes(people.town_of_community, town_codes)
    tables = {
        "towns": _towns(towns, town_codes),
        "communities": _communities(people, codes, town_codes),
        "demand_points": _demand_points(people, codes),
        "sites": _with_rent(_placed(sites, codes)),
        "projects": _placed(projects, codes),
        "existing_services": _placed(services, codes),
    }
    for name, table in tables.items():
        illustrative = table.assign(data_status="illustrative", source=SOURCE)
        illustrative.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    longitude, latitude = _degrees(streets.x_m, streets.y_m)
    write_roads(folder / ROADS_FILE, longitude, latitude, streets)
    header = {
        "title": title,
        "county_code": COUNTY_CODE,
        "county_name": "合成县（非真实地点）",
        "datum": "wgs84",
        "metric_crs": METRIC_CRS,
        "extent": _extent(longitude, latitude),
        "roads": ROADS_FILE,
        "notes": "全部为合成的示例数据，用于测速，不是任何真实地点。"
        "Everything is synthetic, for measuring; no real place.",
    }
    (folder / "case.yaml").write_text(
        yaml.safe_dump(header, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )


def community_codes(town_of_community: IntArray, town_codes: Sequence[str]) -> list[str]:
    """Return 12-digit codes: the town's and a running number in it."""
    number_in_town: dict[int, int] = {}
    codes = []
    for town in town_of_community.tolist():
        number_in_town[town] = number_in_town.get(town, 0) + 1
        codes.append(f"{town_codes[town]}{number_in_town[town]:03d}")
    return codes


def write_roads(file: Path, longitude: FloatArray, latitude: FloatArray, streets: Streets) -> None:
    """Write the streets as OpenStreetMap PBF; ids begin at 1."""
    node = osmium.osm.mutable.Node
    way = osmium.osm.mutable.Way
    with osmium.SimpleWriter(str(file)) as writer:
        places = zip(longitude.tolist(), latitude.tolist(), strict=True)
        for number, place in enumerate(places, start=FIRST_OSM_ID):
            writer.add_node(node(id=number, location=place, version=1))
        nodes, first = (streets.node + FIRST_OSM_ID).tolist(), streets.first.tolist()
        for number, kind in enumerate(streets.kind.tolist()):
            run = nodes[first[number] : first[number + 1]]
            writer.add_way(way(id=number + FIRST_OSM_ID, nodes=run, tags={"highway": KINDS[kind]}, version=1))


def _towns(towns: Towns, codes: Sequence[str]) -> pd.DataFrame:
    longitude, latitude = _degrees(towns.x_m, towns.y_m)
    names = [f"合成镇{number:03d}" for number in range(1, len(codes) + 1)]
    return pd.DataFrame(
        {"town_code": codes, "town_name": names, "longitude": longitude, "latitude": latitude}
    )


def _communities(people: People, codes: Sequence[str], town_codes: Sequence[str]) -> pd.DataFrame:
    points = np.bincount(people.community)
    longitude, latitude = _degrees(
        np.bincount(people.community, people.x_m) / points, np.bincount(people.community, people.y_m) / points
    )
    return pd.DataFrame(
        {
            "community_code": codes,
            "community_name": [f"合成社区{code[6:]}" for code in codes],
            "town_code": np.array(town_codes)[people.town_of_community],
            "in_scope": "yes",
            "longitude": longitude,
            "latitude": latitude,
        }
    )


def _demand_points(people: People, codes: Sequence[str]) -> pd.DataFrame:
    longitude, latitude = _degrees(people.x_m, people.y_m)
    numbers = [f"{number:05d}" for number in range(1, len(people.x_m) + 1)]
    new = people.is_new_estate
    return pd.DataFrame(
        {
            "demand_id": [f"D{number}" for number in numbers],
            "name": [f"合成小区{number}" for number in numbers],
            "community_code": np.array(codes)[people.community],
            "estate_id": np.where(new, np.char.add("E", numbers), ""),
            "longitude": longitude,
            "latitude": latitude,
            "households": people.households,
            **{f"residents_{age}": people.residents[:, column] for column, age in enumerate(AGE_GROUPS)},
            "occupied_from": np.where(new, people.occupied_from.astype(str), ""),
        }
    )


def _placed(table: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """Return a table with code and degrees in place of community number and metres."""
    longitude, latitude = _degrees(table["x_m"].to_numpy(), table["y_m"].to_numpy())
    code = np.array(codes)[table["community"].to_numpy()]
    placed = table.drop(columns=["community", "x_m", "y_m"])
    return placed.assign(community_code=code, longitude=longitude, latitude=latitude)


def _with_rent(sites: pd.DataFrame) -> pd.DataFrame:
    rent = sites["rent_cny_per_m2_year"]
    return sites.assign(rent_cny_per_m2_year=rent.astype(str).where(rent >= 0, ""))


def _degrees(x_m: FloatArray, y_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    longitude, latitude = to_longitude_latitude(
        x_m + MIDDLE_M[0], y_m + MIDDLE_M[1], METRIC_CRS, Path(ROADS_FILE)
    )
    return np.round(longitude, 7), np.round(latitude, 7)


def _extent(longitude: FloatArray, latitude: FloatArray) -> list[float]:
    bounds = np.array([longitude.min(), latitude.min(), longitude.max(), latitude.max()])
    margin = EXTENT_MARGIN_DEGREES * np.array([-1.0, -1.0, 1.0, 1.0])
    return [round(degrees, 2) for degrees in (bounds + margin).tolist()]

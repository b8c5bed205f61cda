"""A tiny hand-made case for tests: a few rows of each table around nine crossings.

``write_tiny_case(tmp_path)`` writes a valid case folder (``case.yaml``, six CSV tables, ``roads.osm``);
keyword arguments replace whole tables, keys of the header or the roads. ``tiny_rows("sites")`` gives the
rows to start a variation from, ``changed(row, floor="3")`` a varied copy of one.

The streets, crossings 1 … 9 (steps of 0.0025° ≈ 230 m eastwards and 0.002° ≈ 222 m northwards)::

    7 --- 8 --- 9        north: 34.164
    |     |     |
    4 --- 5 --- 6        34.162
    |     |     |
    1 --- 2 --- 3        south: 34.160
 108.2200      108.2250
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

TableRow = dict[str, str]

TINY_HEADER: dict[str, Any] = {
    "title": "示例小区域 tiny",
    "county_code": "610124",
    "county_name": "周至县",
    "datum": "wgs84",
    "metric_crs": "EPSG:4545",
    "extent": [108.19, 34.13, 108.26, 34.19],
    "roads": "roads.osm",
    "notes": "Hand-made for tests, illustrative throughout.",
}

TINY_CROSSINGS: dict[int, tuple[float, float]] = {
    1 + 3 * north + east: (108.22 + 0.0025 * east, 34.16 + 0.002 * north)
    for north in range(3)
    for east in range(3)
}
"""Longitude and latitude of the crossings by OSM node id."""

TINY_STREETS: tuple[tuple[tuple[int, ...], dict[str, str]], ...] = (
    ((1, 2, 3), {"highway": "residential", "name": "南街"}),
    ((4, 5, 6), {"highway": "secondary", "name": "中街"}),
    ((7, 8, 9), {"highway": "residential", "name": "北街"}),
    ((1, 4, 7), {"highway": "footway"}),
    ((2, 5, 8), {"highway": "residential"}),
    ((3, 6, 9), {"highway": "living_street"}),
)
"""Streets: the crossings they join and their tags."""

_ILLUSTRATIVE = {"data_status": "illustrative", "source": "hand-made for tests"}


def _demand(demand_id: str, community: str, longitude: str, latitude: str, households: int) -> TableRow:
    """A compound of three residents a household, spread over the ages in round numbers."""
    shares = {
        "age_0_2": 0.15,
        "age_3_5": 0.15,
        "age_6_12": 0.3,
        "age_13_17": 0.2,
        "age_18_59": 1.5,
        "age_60_69": 0.4,
        "age_70_79": 0.2,
        "age_80_plus": 0.1,
    }
    residents = {f"residents_{age}": f"{households * share:g}" for age, share in shares.items()}
    return {
        "demand_id": demand_id,
        "name": f"小区 {demand_id}",
        "community_code": community,
        "estate_id": "",
        "longitude": longitude,
        "latitude": latitude,
        "households": str(households),
        **residents,
        "occupied_from": "",
        **_ILLUSTRATIVE,
    }


def _site(site_id: str, community: str, longitude: str, latitude: str, floor_area: int) -> TableRow:
    return {
        "site_id": site_id,
        "name": f"空间 {site_id}",
        "community_code": community,
        "longitude": longitude,
        "latitude": latitude,
        "floor_area_m2": str(floor_area),
        "usable_area_m2": f"{floor_area * 0.7:g}",
        "stock_kind": "community_rooms",
        "mode": "rebuild",
        "floor": "1",
        "has_lift": "true",
        "has_outdoor_space": "true",
        "owner": "示例社区",
        "tenure": "lent_free",
        "operator": "",
        "consent": "agreed",
        "year_available": "",
        "opening_cost_cny": "",
        "joint_programme": "",
        "joint_programme_year": "",
        "excluded_functions": "",
        "serves_communities": "",
        **_ILLUSTRATIVE,
    }


_TABLES: dict[str, list[TableRow]] = {
    "towns": [
        {
            "town_code": "610124001",
            "town_name": "甲街道",
            "longitude": "108.2225",
            "latitude": "34.162",
            **_ILLUSTRATIVE,
        },
        {
            "town_code": "610124100",
            "town_name": "乙镇",
            "longitude": "108.225",
            "latitude": "34.164",
            **_ILLUSTRATIVE,
        },
    ],
    "communities": [
        {
            "community_code": code,
            "community_name": name,
            "town_code": code[:9],
            "in_scope": in_scope,
            "code_provisional": "false",
            "longitude": longitude,
            "latitude": latitude,
            **_ILLUSTRATIVE,
        }
        for code, name, in_scope, longitude, latitude in (
            ("610124001001", "东街社区", "true", "108.2225", "34.161"),
            ("610124001002", "西街社区", "true", "108.2215", "34.163"),
            ("610124100201", "北村", "false", "108.225", "34.164"),
        )
    ],
    "demand_points": [
        _demand("D1", "610124001001", "108.2204", "34.1603", 400),
        _demand("D2", "610124001001", "108.2246", "34.1603", 300),
        _demand("D3", "610124001002", "108.2204", "34.1637", 300),
        _demand("D4", "610124100201", "108.2246", "34.1637", 50),
    ],
    "sites": [
        _site("S1", "610124001001", "108.2226", "34.1603", 1000),
        _site("S2", "610124001002", "108.2224", "34.1637", 300),
        _site("S3", "610124001001", "108.2247", "34.1617", 700),
    ],
    "projects": [
        {
            "project_id": "P1",
            "name": "甲社区综合体",
            "level": "municipal",
            "year": "2026",
            "community_code": "610124001002",
            "form": "complex",
            "floor_area_m2": "1000",
            "usable_area_m2": "700",
            "progress": "已收房",
            "longitude": "108.2203",
            "latitude": "34.1622",
            "required_functions": "elderly_care; infant_care; after_school_care; community_meals",
            "function_areas": "elderly_care=250; infant_care=200; after_school_care=80; community_meals=80",
            "opening_cost_cny": "500000",
            "serves_communities": "",
            "functions_status": "illustrative",
            **_ILLUSTRATIVE,
        }
    ],
    "existing_services": [
        {
            "service_id": "E1",
            "name": "乙健身点",
            "community_code": "610124001001",
            "longitude": "108.2247",
            "latitude": "34.1623",
            "floor_area_m2": "400",
            "usable_area_m2": "280",
            "function_areas": "sports=200",
            "serves_communities": "",
            **_ILLUSTRATIVE,
        }
    ],
}


def tiny_rows(table: str) -> list[TableRow]:
    """Return fresh copies of the rows of one table of the tiny case."""
    return [dict(row) for row in _TABLES[table]]


def changed(row: Mapping[str, str], **columns: str) -> TableRow:
    """Return a copy of ``row`` with some cells replaced."""
    return {**row, **columns}


def write_table(path: Path, rows: Sequence[Mapping[str, str]], *, encoding: str = "utf-8-sig") -> Path:
    """Write rows as CSV, the header from the first row's keys."""
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def roads_xml(
    nodes: Mapping[int, tuple[float, float]] = TINY_CROSSINGS,
    streets: Iterable[tuple[Sequence[int], Mapping[str, str]]] = TINY_STREETS,
) -> str:
    """Return OSM XML of nodes (longitude, latitude by id) and streets (node ids, tags)."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="tiny_case">']
    lines += [
        f'  <node id="{number}" version="1" lat="{latitude:.7f}" lon="{longitude:.7f}"/>'
        for number, (longitude, latitude) in sorted(nodes.items())
    ]
    for number, (crossings, tags) in enumerate(streets, start=1001):
        lines.append(f'  <way id="{number}" version="1">')
        lines += [f'    <nd ref="{crossing}"/>' for crossing in crossings]
        lines += [f'    <tag k="{key}" v="{value}"/>' for key, value in tags.items()]
        lines.append("  </way>")
    return "\n".join([*lines, "</osm>", ""])


def write_tiny_case(
    folder: Path,
    *,
    header: Mapping[str, Any] | None = None,
    roads: str | None = None,
    **tables: Sequence[Mapping[str, str]],
) -> Path:
    """Write the tiny case into ``folder`` and return the folder.

    ``header`` replaces keys of ``case.yaml`` (a key with value None is left out), ``roads`` the content of
    ``roads.osm``, and a keyword named after a table (``sites=[...]``) the rows of that table; no rows
    writes its header alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys = {**TINY_HEADER, **(header or {})}
    text = yaml.safe_dump(
        {key: value for key, value in keys.items() if value is not None}, allow_unicode=True
    )
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    (folder / "roads.osm").write_text(roads if roads is not None else roads_xml(), encoding="utf-8")
    for table, usual_rows in _TABLES.items():
        rows = tables.get(table, usual_rows)
        path = folder / f"{table}.csv"
        if rows:
            write_table(path, rows)
        else:
            path.write_text(",".join(usual_rows[0]) + "\n", encoding="utf-8-sig")
    return folder

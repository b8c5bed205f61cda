#!/usr/bin/env python3
"""Write the bundled case of 周至县: tables, ``case.yaml`` and ``roads.osm``, the same bytes every time.

``python data/zhouzhi/make_case.py`` writes the files into this folder; ``--check`` writes nothing and
fails where a file differs from what would be written. Needs the standard library only. What is public and
what is illustrative is said in ``README.md``.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from generator.county import County, build_county
from generator.facts import CODES_SOURCE, COMMUNITIES, ILLUSTRATIVE_SOURCE, TOWNS
from generator.people import AGE_TILT, Compound, ages_of, households_of, residents_of, settle
from generator.plane import to_degrees
from generator.spaces import Spaces

FOLDER = Path(__file__).parent
Rows = Sequence[Mapping[str, object]]

GENERATOR = "siteplan data/zhouzhi/make_case.py (synthetic, illustrative)"
NOTE = (
    "Synthetic, illustrative roads of the bundled siteplan case: not surveyed and not from OpenStreetMap. "
    "示例路网：由make_case.py生成，并非实测，也不取自OpenStreetMap。"
)

CASE_YAML = """\
# Written by make_case.py; see README.md for what is public and what is illustrative.
title: 周至县城市社区嵌入式服务设施（示例数据）
county_code: "610124"
county_name: 周至县
datum: wgs84
metric_crs: EPSG:4545
extent: [107.65, 33.70, 108.62, 34.25]
roads: roads.osm
notes: >-
  镇街、社区的名称和代码以及附件3的四个项目为公开信息；镇街位置为近似；其余（居民点、备选空间、现有服务、
  路网、社区位置、项目位置和功能面积）均为示例数据。
  Names and codes of towns and communities and the four projects of annex 3 are public; places of towns are
  approximate; everything else (demand points, candidate sites, existing services, roads, places of
  communities and projects, areas of functions) is illustrative.
"""


def make_case() -> dict[str, bytes]:
    """Return the content of every generated file by name."""
    county = build_county()
    compounds = settle(county)
    residents = residents_of(compounds)
    roads = county.roads()
    spaces = Spaces(county, compounds, residents, roads)
    tables = {
        "towns": town_rows(),
        "communities": community_rows(county),
        "demand_points": demand_rows(compounds, residents),
        "projects": spaces.projects(),
        "existing_services": spaces.existing_services(),
        "sites": spaces.sites(),
    }
    files = {f"{name}.csv": csv_bytes(rows) for name, rows in tables.items()}
    files["case.yaml"] = CASE_YAML.encode()
    files["exclusion_zones.geojson"] = exclusion_zones(tables["sites"])
    files["roads.osm"] = roads.xml(generator=GENERATOR, note=NOTE).encode()
    return files


def town_rows() -> Rows:
    """Return the rows of ``towns.csv``."""
    return [
        {
            "town_code": town.code,
            "town_name": town.name,
            "longitude": f"{town.longitude:.3f}",
            "latitude": f"{town.latitude:.3f}",
            "data_status": "approximate",
            "source": f"{CODES_SOURCE}；位置凭记忆标注，为近似 (place recalled, approximate)",
        }
        for town in TOWNS
    ]


def community_rows(county: County) -> Rows:
    """Return the rows of ``communities.csv``: the listed urban communities and 莲花池社区, all in scope."""
    rows = []
    for community in COMMUNITIES:
        town = next(t for t in county.towns.values() if t.fact.code == community.town_code)
        longitude, latitude = to_degrees(town.bent(community.place))
        listed = (
            "周至县实施方案附件3；代码为暂定 (county implementation plan, annex 3; code provisional)"
            if community.is_provisional
            else f"{CODES_SOURCE}：{community.listed_name}"
        )
        rows.append(
            {
                "community_code": community.code,
                "community_name": community.name,
                "town_code": community.town_code,
                "in_scope": "yes",
                "code_provisional": "yes" if community.is_provisional else "no",
                "longitude": f"{longitude:.5f}",
                "latitude": f"{latitude:.5f}",
                "data_status": "illustrative",
                "source": f"{listed}；位置为示例 (place illustrative)",
            }
        )
    return rows


def demand_rows(compounds: Sequence[Compound], residents: Sequence[int]) -> Rows:
    """Return the rows of ``demand_points.csv``."""
    households = households_of(list(residents))
    ages = ages_of(list(compounds), list(residents))
    rows = []
    for compound, homes, persons in zip(compounds, households, ages, strict=True):
        longitude, latitude = to_degrees(compound.place)
        rows.append(
            {
                "demand_id": compound.demand_id,
                "name": compound.name,
                "community_code": compound.community.code,
                "estate_id": compound.estate_id or "",
                "longitude": f"{longitude:.6f}",
                "latitude": f"{latitude:.6f}",
                "households": homes,
                **{f"residents_{group}": count for group, count in zip(AGE_TILT, persons, strict=True)},
                "occupied_from": compound.occupied_from or "",
                "data_status": "illustrative",
                "source": ILLUSTRATIVE_SOURCE,
            }
        )
    return rows


def exclusion_zones(sites: Rows) -> bytes:
    """Return the layer of exclusion zones, each made up around a candidate site; all illustrative."""
    places = {row["site_id"]: (float(str(row["longitude"])), float(str(row["latitude"]))) for row in sites}
    features = []
    for site_id, kind, name, buffer_m, functions, half_width in EXCLUSION_ZONES:
        longitude, latitude = places[site_id]
        east, north = half_width / 92_209, half_width / 110_925
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
        ring = [[round(longitude + x * east, 6), round(latitude + y * north, 6)] for x, y in corners]
        point = {"type": "Point", "coordinates": [round(longitude + 0.0003, 6), latitude]}
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "kind": kind,
                    "name": name,
                    "buffer_m": buffer_m,
                    "excluded_functions": functions,
                },
                "geometry": {"type": "Polygon", "coordinates": [ring]} if half_width else point,
            }
        )
    collection = {"type": "FeatureCollection", "features": features}
    return (json.dumps(collection, ensure_ascii=False, indent=1) + "\n").encode()


EXCLUSION_ZONES: tuple[tuple[str, str, str, float, list[str], float], ...] = (
    ("S017", "flood", "城东河滩（示例）", 20, [], 60),
    ("S060", "petrol_station", "阳化加油站（示例）", 50, [], 0),
    (
        "S105",
        "pipeline",
        "天然气管线阀室（示例）",
        30,
        ["infant_care", "after_school_care", "childrens_play"],
        0,
    ),
)
"""Illustrative zones: a site they lie at, kind, name, buffer in m, functions (none: all), half width in m."""


def csv_bytes(rows: Rows) -> bytes:
    """Return a table as UTF-8 CSV with a byte order mark, which Excel opens right."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def main() -> int:
    """Write the case, or compare it with ``--check``; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare with the files, write nothing")
    check = parser.parse_args().check
    files = make_case()
    if check:
        differing = [name for name, content in files.items() if _on_disk(name) != content]
        for name in differing:
            sys.stderr.write(f"differs from what make_case.py writes: {name}\n")
        return 1 if differing else 0
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    return 0


def _on_disk(name: str) -> bytes | None:
    path = FOLDER / name
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())

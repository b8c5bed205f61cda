"""``shortfall-spaces.geojson``: the areas in which a space would make up a missed target, as polygons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely

from siteplan.problem import Problem
from siteplan.publish.explanations import MissedTarget, Remedy, SearchArea
from siteplan.publish.geojson import write_collection
from siteplan.text import Text

SPACES_FILE = "shortfall-spaces.geojson"


def write_shortfall_spaces(
    missed: Sequence[MissedTarget], problem: Problem, illustrative: bool, folder: Path
) -> Path:
    """Write the areas of all remedies that have one (RFC 7946), and return the file.

    Raises:
        OSError: the file can't be written.
    """
    features = [
        {
            "type": "Feature",
            "id": area.area_id,
            "geometry": {
                "type": "MultiPolygon",
                "coordinates": [
                    [[list(corner) for corner in ring] for ring in polygon] for polygon in area.polygons
                ],
            },
            "properties": _properties(entry, remedy, area, problem, illustrative),
        }
        for entry, remedy, area in areas_of(missed)
    ]
    file = folder / SPACES_FILE
    write_collection("shortfall-spaces", features, illustrative, file)
    return file


def areas_of(missed: Sequence[MissedTarget]) -> Iterator[tuple[MissedTarget, Remedy, SearchArea]]:
    """Yield the remedies that have an area, with their targets."""
    for entry in missed:
        for remedy in entry.remedies:
            if remedy.area is not None:
                yield entry, remedy, remedy.area


def polygons_of(area: SearchArea) -> shapely.MultiPolygon:
    """Return the area in longitude and latitude."""
    return shapely.MultiPolygon([(outer, inner) for outer, *inner in area.polygons])


def name_of_area(entry: MissedTarget, problem: Problem) -> Text:
    """Say what the area is for: the missed target's function and year, and whose target it is."""
    function = problem.functions[entry.function].name
    whose = "" if entry.area_code is None else problem.area_name(entry.area_code)
    return Text(
        f"{whose}{function.zh}（{entry.year} 年）", f"{function.en} {whose}".strip() + f" ({entry.year})"
    )


def place_of_remedy(remedy: Remedy, problem: Problem) -> Text:
    """Say where the area is: town, community and the demand point nearest to its place."""
    assert remedy.demand_id is not None
    point = problem.demand[remedy.demand_id]
    community = problem.communities[point.community_code]
    town = problem.area_name(community.town_code)
    return Text(f"{town}{community.name}{point.name}附近", f"near {point.name}, {community.name}, {town}")


def _properties(
    entry: MissedTarget, remedy: Remedy, area: SearchArea, problem: Problem, illustrative: bool
) -> dict[str, Any]:
    name = problem.functions[entry.function].name
    code = remedy.community_code
    community = None if code is None else problem.communities[code]
    return {
        "area_id": area.area_id,
        "function": entry.function,
        "function_zh": name.zh,
        "year": entry.year,
        "target_area_code": entry.area_code,
        "town_name": None if community is None else problem.area_name(community.town_code),
        "community_code": code,
        "community_name": None if community is None else community.name,
        "near_demand_id": remedy.demand_id,
        "floor_area_m2": remedy.floor_area_m2,
        "usable_area_m2": remedy.usable_area_m2,
        "cost_estimate_cny": round(remedy.cny),
        "makes_up": remedy.gain,
        "unit": entry.unit.en,
        "radius_m": area.radius_m,
        "communities": ";".join(area.communities),
        "communities_zh": "、".join(problem.communities[each].name for each in area.communities),
        "persons": area.persons,
        "area_m2": area.area_m2,
        "place_longitude": area.longitude,
        "place_latitude": area.latitude,
        "words_zh": remedy.words.zh,
        "words_en": remedy.words.en,
        "illustrative": illustrative,
    }

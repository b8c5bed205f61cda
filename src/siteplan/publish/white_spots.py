"""White spots, where to look for space next: in words, ``white-spots.csv`` and ``white-spots.geojson``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

from siteplan.case import Form
from siteplan.problem import Problem
from siteplan.publish.explanations import WhiteSpot, WhiteSpots
from siteplan.publish.geojson import write_collection
from siteplan.text import Text

CSV_FILE, GEOJSON_FILE = "white-spots.csv", "white-spots.geojson"
FORMS = {
    None: Text("", ""),
    Form.COMPLEX: Text("，综合体", ", a complex"),
    Form.SCATTERED: Text("，插花", ", scattered"),
}
CNY_PER_10_000 = 10_000.0
M2_PER_HECTARE = 10_000.0


def write_white_spots(found: WhiteSpots, problem: Problem, illustrative: bool, folder: Path) -> list[Path]:
    """Write the table (UTF-8 with a byte-order mark, for Excel) and the zones (RFC 7946)."""
    table, zones = folder / CSV_FILE, folder / GEOJSON_FILE
    rows = [properties_of(found, spot, problem, illustrative) for spot in found.spots]
    with table.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(row | {"illustrative": "yes" if illustrative else "no"} for row in rows)
    features = (_feature(spot, row) for spot, row in zip(found.spots, rows, strict=True))
    write_collection("white-spots", features, illustrative, zones)
    return [table, zones]


COLUMNS = (
    "rank",
    "year",
    "basis",
    "community_code",
    "community_name",
    "near_demand_id",
    "near_demand_name",
    "longitude",
    "latitude",
    "zone_area_m2",
    "form",
    "floor_area_m2",
    "usable_area_m2",
    "cost_estimate_cny",
    "newly_covered",
    "newly_covered_without_candidate",
    "persons_newly_within_radius",
    "functions",
    "functions_zh",
    "details_zh",
    "details_en",
    "solved_again_zh",
    "solved_again_en",
    "illustrative",
)


def properties_of(found: WhiteSpots, spot: WhiteSpot, problem: Problem, illustrative: bool) -> dict[str, Any]:
    """Return a zone as a row of a table; areas m², money CNY."""
    keys = [each.function for each in spot.functions]
    details, solved = list(_added(problem, spot)), list(_solved(spot))
    return {
        "rank": spot.rank,
        "year": found.year,
        "basis": found.basis.value,
        "community_code": spot.community_code,
        "community_name": problem.communities[spot.community_code].name,
        "near_demand_id": spot.demand_id,
        "near_demand_name": problem.demand[spot.demand_id].name,
        "longitude": spot.longitude,
        "latitude": spot.latitude,
        "zone_area_m2": spot.zone_area_m2,
        "form": None if spot.form is None else spot.form.value,
        "floor_area_m2": round(spot.floor_area_m2, 2),
        "usable_area_m2": round(spot.usable_area_m2, 2),
        "cost_estimate_cny": round(spot.cny),
        "newly_covered": spot.newly_covered,
        "newly_covered_without_candidate": spot.without_candidate,
        "persons_newly_within_radius": round(spot.persons, 1),
        "functions": ";".join(keys),
        "functions_zh": "、".join(problem.functions[key].name.zh for key in keys),
        "details_zh": "；".join(line.zh for line in details),
        "details_en": "; ".join(line.en for line in details),
        "solved_again_zh": "；".join(line.zh for line in solved),
        "solved_again_en": "; ".join(line.en for line in solved),
        "illustrative": illustrative,
    }


def _feature(spot: WhiteSpot, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": spot.rank,
        "geometry": {
            "type": "Polygon",
            "coordinates": [[list(place) for place in ring] for ring in spot.zone],
        },
        "properties": dict(properties),
    }


def polygon_of(spot: WhiteSpot) -> shapely.Polygon:
    """Return the zone as a polygon in longitude and latitude."""
    outer, *inner = spot.zone
    return shapely.Polygon(outer, inner)


def place_of(spot: WhiteSpot, problem: Problem) -> Text:
    """Say where the zone is: its community and the demand point nearest to the marked place."""
    community, near = problem.communities[spot.community_code].name, problem.demand[spot.demand_id].name
    return Text(f"{community}，{near}附近", f"{community}, near {near}")


def words_of_white_spot(spot: WhiteSpot, problem: Problem) -> Iterator[Text]:
    """Yield what a space in the zone needs and what it would add."""
    yield _need(spot, problem)
    yield from _added(problem, spot)
    yield from _solved(spot)


def _need(spot: WhiteSpot, problem: Problem) -> Text:
    floor, usable = spot.floor_area_m2, spot.usable_area_m2
    kind = FORMS[spot.form]
    also = [problem.functions[key].name for key in spot.also_needed]
    with_zh = f"，按综合体条件还须设{'、'.join(name.zh for name in also)}" if also else ""
    with_en = f"; as a complex it must also have {', '.join(name.en for name in also)}" if also else ""
    cost = spot.cny / CNY_PER_10_000
    hectares = spot.zone_area_m2 / M2_PER_HECTARE
    return Text(
        f"需要至少 {floor:,.0f} m² 建筑面积（使用面积 {usable:,.0f} m²{kind.zh}），"
        f"开办和装修估算 {cost:,.0f} 万元；可选区域 {hectares:,.1f} 公顷{with_zh}",
        f"takes at least {floor:,.0f} m² of floor area ({usable:,.0f} m² usable{kind.en}); opening and "
        f"fit-out about {cost:,.0f} × 10 000 CNY; the zone has {hectares:,.1f} ha{with_en}",
    )


def _added(problem: Problem, spot: WhiteSpot) -> Iterator[Text]:
    """Yield what a space would add: communities with their functions, those without a candidate, persons."""
    covered = _by_community(problem, {each.function: each.communities for each in spot.functions})
    hopeless = _by_community(problem, {each.function: each.without_candidate for each in spot.functions})
    if covered is not None and covered == hopeless:
        yield Text(
            f"新覆盖，都没有可用的备选空间：{covered.zh}",
            f"newly covers, where no listed space could: {covered.en}",
        )
    elif covered is not None:
        yield Text(f"新覆盖：{covered.zh}", f"newly covers {covered.en}")
    if hopeless is not None and covered != hopeless:
        yield Text(
            f"其中没有可用的备选空间：{hopeless.zh}", f"of these, no listed space could cover {hopeless.en}"
        )
    names = [(problem.functions[each.function].name, each.persons) for each in spot.functions]
    zh = "、".join(f"{name.zh} {persons:,.0f}" for name, persons in names)
    en = ", ".join(f"{name.en} {persons:,.0f}" for name, persons in names)
    yield Text(
        f"半径内新增目标人群（人）：{zh}", f"persons of the target groups newly within the radius: {en}"
    )


def _by_community(problem: Problem, communities: Mapping[str, Sequence[str]]) -> Text | None:
    """Return communities, each with the functions that name it, or None where there are none."""
    functions: dict[str, list[Text]] = {}
    for key, codes in communities.items():
        for code in codes:
            functions.setdefault(code, []).append(problem.functions[key].name)
    if not functions:
        return None
    named = [(problem.communities[code].name, names) for code, names in functions.items()]
    return Text(
        "；".join(f"{name}（{'、'.join(each.zh for each in names)}）" for name, names in named),
        "; ".join(f"{name} ({', '.join(each.en for each in names)})" for name, names in named),
    )


def _solved(spot: WhiteSpot) -> Iterator[Text]:
    """Yield what solving again gave, under the same money and pace."""
    if spot.unsolved is not None:
        words = spot.unsolved.text
        yield Text(f"重新求解：{words.zh}", f"solved again: {words.en}")
    for gained in spot.gains:
        words = gained.words.text
        yield Text(
            f"资金和速度不变，加入这处空间重新求解：{words.zh}",
            f"solved again with this space, money and pace unchanged: {words.en}",
        )

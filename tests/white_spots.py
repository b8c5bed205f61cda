"""A white spot, and a target missed for want of a space, of the tiny case: for tests of what shows them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.tiny_case import tiny_rows

from siteplan.case import Form
from siteplan.publish import (
    Cause,
    CauseShare,
    MissedTarget,
    Remedy,
    SearchArea,
    WhiteSpot,
    WhiteSpotFunction,
    WhiteSpots,
    Words,
)

RING = ((108.22, 34.16), (108.222, 34.16), (108.222, 34.162), (108.22, 34.16))


def white_spots_of(results: Path) -> WhiteSpots:
    """Return one zone for the plan of a result folder: 350 m², 1.42 million CNY, 321 persons."""
    plan = json.loads((results / "plan.json").read_text(encoding="utf-8"))
    row = next(entry for entry in plan["communities"] if entry["target_group"] > 0.0)
    spot = WhiteSpot(
        rank=7,
        community_code=row["community_code"],
        demand_id=tiny_rows("demand_points")[0]["demand_id"],
        longitude=108.221,
        latitude=34.1605,
        form=Form.SCATTERED,
        floor_area_m2=350.0,
        usable_area_m2=245.0,
        opening_cost_cny=980_000.0,
        cny=1_420_000.0,
        functions=(
            WhiteSpotFunction(
                function=row["function"],
                communities=(row["community_code"],),
                without_candidate=(),
                persons=321.0,
            ),
        ),
        also_needed=(),
        zone=(RING,),
        zone_area_m2=20_000.0,
    )
    return WhiteSpots(
        year=plan["years"][-1],
        basis=plan["basis"],
        functions=(row["function"],),
        minimum_area_m2=None,
        only_without_candidates=False,
        left=0,
        spots=(spot,),
    )


def missed_by_a_space(results: Path) -> MissedTarget:
    """Return a missed target of the plan's last year that a space of 350 m² in a triangle would make up."""
    plan = json.loads((results / "plan.json").read_text(encoding="utf-8"))
    row = next(entry for entry in plan["communities"] if entry["target_group"] > 0.0)
    year = plan["years"][-1]
    words = Words(
        zh="至少 350 m² 的空间，可补上 1 个社区", en="a space of at least 350 m² makes up 1 community"
    )
    area = SearchArea(
        area_id=f"{year}-{row['function']}",
        longitude=108.221,
        latitude=34.1605,
        polygons=((RING,),),
        area_m2=20_000.0,
        radius_m=500.0,
        communities=(row["community_code"],),
        persons=321.0,
    )
    return MissedTarget(
        function=row["function"],
        year=year,
        basis=plan["basis"],
        counts_communities=True,
        target=2.0,
        covered=1.0,
        counted=2.0,
        missing=1.0,
        missing_alone_low=1.0,
        missing_alone_high=1.0,
        causes=(CauseShare(cause=Cause.RADIUS, value=1.0, low=1.0, high=1.0),),
        remedies=(
            Remedy(
                kind="space",
                gain=1.0,
                cny=1_420_000.0,
                floor_area_m2=350.0,
                usable_area_m2=245.0,
                community_code=row["community_code"],
                demand_id=tiny_rows("demand_points")[0]["demand_id"],
                area=area,
                words=words,
            ),
        ),
    )

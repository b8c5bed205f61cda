"""A white spot for tests of what shows it: the seventh, of one function in one community of the tiny case."""

from __future__ import annotations

import json
from pathlib import Path

from tests.tiny_case import tiny_rows

from siteplan.case import Form
from siteplan.publish import WhiteSpot, WhiteSpotFunction, WhiteSpots


def white_spots_of(results: Path) -> WhiteSpots:
    """Return one zone for the plan of a result folder: 350 m², 1.42 million CNY, 321 persons."""
    plan = json.loads((results / "plan.json").read_text(encoding="utf-8"))
    row = next(entry for entry in plan["communities"] if entry["target_group"] > 0.0)
    ring = ((108.22, 34.16), (108.222, 34.16), (108.222, 34.162), (108.22, 34.16))
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
        zone=(ring,),
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

"""A tiny problem with every figure small enough to check by hand, and a plan for it.

Two communities in scope, A and B, and one outside, X. Distances in metres (a dash: out of reach):

    ========== ========= ==== ==== ==== ==== =========================================
    point      community  s1   s2   s3   e1  target groups (elderly, meals, culture)
    ========== ========= ==== ==== ==== ==== =========================================
    a1         A          200  900    -  400  40, 20, 100
    a2         A          450  700    -  150  20, 10,  60
    b1         B          800  300  500    -  30, 16,  80
    b2         B            -  600  100    -  30,  8,  40   occupied from 2028
    x1         X          250    -    -  100   9,  9,   9   not counted
    ========== ========= ==== ==== ==== ==== =========================================

Sites: s1 (candidate in A, large), s2 (candidate in B, small, new build), s3 (candidate in B, large, from
2028), e1 (existing in A, community meals 60 m², declared to serve B too). Floor area is 1.25 × usable area
everywhere. Years 2027 and 2028; radii 500, 500 and 1 000 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from siteplan.case import DataStatus, Form, Mode
from siteplan.network import Reach
from siteplan.plan import Decisions
from siteplan.policy import FunctionKind
from siteplan.problem import (
    AreaStandard,
    Community,
    DemandPoint,
    FormStandard,
    Function,
    Money,
    Pace,
    Problem,
    Role,
    Site,
)
from siteplan.scenario import AssignmentRule, Basis, Level
from siteplan.text import Text

A, B, X = "610124000001", "610124000002", "610124000003"
TOWN, OTHER_TOWN = "610124000", "610124100"
ELDERLY, MEALS, CULTURE = "elderly_care", "community_meals", "culture"
YEARS = (2027, 2028)

FUNCTIONS = (
    Function(
        key=ELDERLY,
        name=Text("养老服务", "elderly care"),
        kind=FunctionKind.STANDARD,
        priority=3.0,
        service_radius_m=500.0,
        minimum_alone_m2=40.0,
        minimum_in_complex_m2=30.0,
        maximum_m2=300.0,
        capacity_persons_per_m2=0.5,
        room_group="elderly",
        fit_out_cost_cny_per_m2=2000.0,
        operating_cost_cny_per_m2_year=200.0,
        fee_income_cny_per_m2_year=120.0,
    ),
    Function(
        key=MEALS,
        name=Text("社区助餐", "community meals"),
        kind=FunctionKind.STANDARD,
        priority=2.0,
        service_radius_m=500.0,
        minimum_alone_m2=50.0,
        minimum_in_complex_m2=40.0,
        maximum_m2=200.0,
        capacity_persons_per_m2=0.25,
        room_group="day",
        fit_out_cost_cny_per_m2=1500.0,
        operating_cost_cny_per_m2_year=150.0,
        fee_income_cny_per_m2_year=100.0,
    ),
    Function(
        key=CULTURE,
        name=Text("文化休闲", "culture"),
        kind=FunctionKind.OPTIONAL,
        priority=1.0,
        service_radius_m=1000.0,
        minimum_alone_m2=60.0,
        minimum_in_complex_m2=50.0,
        maximum_m2=300.0,
        capacity_persons_per_m2=2.0,
        room_group="day",
        fit_out_cost_cny_per_m2=1200.0,
        operating_cost_cny_per_m2_year=100.0,
        fee_income_cny_per_m2_year=20.0,
    ),
)

DISTANCES: dict[str, dict[str, float]] = {
    "a1": {"s1": 200.0, "s2": 900.0, "e1": 400.0},
    "a2": {"s1": 450.0, "s2": 700.0, "e1": 150.0},
    "b1": {"s1": 800.0, "s2": 300.0, "s3": 500.0},
    "b2": {"s2": 600.0, "s3": 100.0},
    "x1": {"s1": 250.0, "e1": 100.0},
}

COMMUNITIES = (
    Community(A, "甲社区", TOWN, in_scope=True),
    Community(B, "乙社区", TOWN, in_scope=True),
    Community(X, "丙社区", OTHER_TOWN, in_scope=False),
)


def demand_point(
    demand_id: str,
    community_code: str,
    households: float,
    persons: tuple[float, ...],
    occupied_from: int | None = None,
) -> DemandPoint:
    """Return a demand point whose target groups are ``persons`` in the order of `FUNCTIONS`."""
    return DemandPoint(
        demand_id=demand_id,
        name=f"{demand_id}小区",
        community_code=community_code,
        longitude=108.2,
        latitude=34.16,
        households=households,
        target_group={function.key: count for function, count in zip(FUNCTIONS, persons, strict=True)},
        occupied_from=occupied_from,
    )


DEMAND = (
    demand_point("a1", A, 300.0, (40.0, 20.0, 100.0)),
    demand_point("a2", A, 150.0, (20.0, 10.0, 60.0)),
    demand_point("b1", B, 80.0, (30.0, 16.0, 80.0)),
    demand_point("b2", B, 40.0, (30.0, 8.0, 40.0), occupied_from=2028),
    demand_point("x1", X, 500.0, (9.0, 9.0, 9.0)),
)


def candidate(
    site_id: str,
    community_code: str,
    floor_area_m2: float,
    opening_cost_cny: float,
    mode: Mode,
    *,
    available_from: int = YEARS[0],
    may_host: frozenset[str] = frozenset({ELDERLY, MEALS, CULTURE}),
) -> Site:
    """Return a candidate site with floor area 1.25 × usable area."""
    return Site(
        site_id=site_id,
        name=f"{site_id}空间",
        role=Role.CANDIDATE,
        community_code=community_code,
        town_code=TOWN,
        longitude=108.21,
        latitude=34.161,
        floor_area_m2=floor_area_m2,
        usable_area_m2=floor_area_m2 / 1.25,
        may_host=may_host,
        why_not={},
        available_from=available_from,
        opens_in=None,
        listed_form=None,
        programme=None,
        required_functions=frozenset(),
        opening_cost_cny=opening_cost_cny,
        mode=mode,
        serves_communities=frozenset(),
        data_status=DataStatus.ILLUSTRATIVE,
    )


EXISTING = Site(
    site_id="e1",
    name="e1食堂",
    role=Role.EXISTING,
    community_code=A,
    town_code=TOWN,
    longitude=108.2012345678,
    latitude=34.1598765432,
    floor_area_m2=100.0,
    usable_area_m2=80.0,
    may_host=frozenset(),
    why_not={},
    available_from=YEARS[0],
    opens_in=None,
    listed_form=None,
    programme={MEALS: 60.0},
    required_functions=frozenset(),
    opening_cost_cny=0.0,
    mode=None,
    serves_communities=frozenset({B}),
    data_status=DataStatus.ILLUSTRATIVE,
)

SITES = (
    candidate("s1", A, 1000.0, 400_000.0, Mode.REBUILD),
    candidate("s2", B, 200.0, 500_000.0, Mode.NEW_BUILD, may_host=frozenset({ELDERLY, MEALS})),
    candidate("s3", B, 750.0, 300_000.0, Mode.EXTEND, available_from=2028),
    EXISTING,
)


def reach_from(
    distances: Mapping[str, Mapping[str, float]], site_ids: tuple[str, ...], limit_m: float = 1000.0
) -> Reach:
    """Return the sparse distances of demand id → site id → metres."""
    row_start, site_index, distance_m = [0], [], []
    for row in distances.values():
        for site_id in sorted(row, key=site_ids.index):
            site_index.append(site_ids.index(site_id))
            distance_m.append(row[site_id])
        row_start.append(len(site_index))
    return Reach(
        demand_ids=tuple(distances),
        site_ids=site_ids,
        limit_m=limit_m,
        row_start=np.array(row_start, dtype=np.int64),
        site_index=np.array(site_index, dtype=np.int64),
        distance_m=np.array(distance_m, dtype=np.float64),
    )


def tiny_problem() -> Problem:
    """Return the problem of this module; vary it with `dataclasses.replace`."""
    return Problem(
        years=YEARS,
        functions={function.key: function for function in FUNCTIONS},
        communities={community.code: community for community in COMMUNITIES},
        demand={point.demand_id: point for point in DEMAND},
        sites={site.site_id: site for site in SITES},
        reach=reach_from(DISTANCES, tuple(site.site_id for site in SITES)),
        basis=Basis.REACHABLE,
        threshold=0.5,
        targets={
            (ELDERLY, 2027): 1.0,
            (ELDERLY, 2028): 2.0,
            (MEALS, 2027): 1.0,
            (MEALS, 2028): 2.0,
            (CULTURE, 2028): 2.0,
        },
        objective=(
            Level.SHORTFALL,
            Level.PERSONS_COVERED,
            Level.AREA_STANDARD,
            Level.FORM,
            Level.COST,
            Level.WALKING_DISTANCE,
        ),
        tolerance={},
        form_standard=FormStandard(600.0, 3, 2, 2),
        places_reserved_first=False,
        area_standard=AreaStandard(tiers_m2=(30.0, 50.0, 80.0), elderly_m2=20.0),
        money=Money(
            capital_cny={2027: 1_000_000.0, 2028: 400_000.0},
            capital_by_source_cny={"county": {2027: 1_000_000.0, 2028: 400_000.0}},
            carry_over=True,
            operating_cny={},
        ),
        pace=Pace(sites_per_year=1, sites_per_year_and_town=None),
        reported_radii_m=(300.0, 500.0, 1000.0),
    )


def tiny_decisions() -> Decisions:
    """Return a plan within the rules: s1 opens in 2027 as a complex, s2 in 2028 for elderly care alone.

    Areas in usable m²: at s1 elderly care 100, meals 40 then 60, culture 50 then 80, the last two sharing
    one room of 50 then 80; at s2 elderly care 40.
    """
    return Decisions(
        start_year={("s1", ELDERLY): 2027, ("s1", MEALS): 2027, ("s1", CULTURE): 2027, ("s2", ELDERLY): 2028},
        room_m2={
            ("s1", "elderly", 2027): 100.0,
            ("s1", "elderly", 2028): 100.0,
            ("s1", "day", 2027): 50.0,
            ("s1", "day", 2028): 80.0,
            ("s2", "elderly", 2028): 40.0,
        },
        area_m2={
            ("s1", ELDERLY, 2027): 100.0,
            ("s1", ELDERLY, 2028): 100.0,
            ("s1", MEALS, 2027): 40.0,
            ("s1", MEALS, 2028): 60.0,
            ("s1", CULTURE, 2027): 50.0,
            ("s1", CULTURE, 2028): 80.0,
            ("s2", ELDERLY, 2028): 40.0,
        },
        forms={"s1": Form.COMPLEX, "s2": Form.SCATTERED},
    )


def nearest_with_a_place(
    sites: tuple[Site, ...], distances: Mapping[str, Mapping[str, float]], **changes: Any
) -> Problem:
    """Return a problem of 2027 alone, in which nobody passes a nearer place of elderly care.

    20 elderly persons live at a1 and at a2 each; places for all of them are the target.
    """
    problem = tiny_problem()
    homes = [replace(home, target_group={ELDERLY: 20.0}) for home in DEMAND[:2]]
    return replace(
        problem,
        years=(2027,),
        functions={ELDERLY: problem.functions[ELDERLY]},
        demand={home.demand_id: home for home in homes},
        sites={site.site_id: site for site in sites},
        reach=reach_from(distances, tuple(site.site_id for site in sites)),
        basis=Basis.SERVED,
        targets={(ELDERLY, 2027): 100.0},
        assignment_rule=AssignmentRule.NEAREST_WITH_A_PLACE,
        **changes,
    )


def existing_elderly_care(site_id: str) -> Site:
    """Return an existing site with 20 places of elderly care."""
    return replace(EXISTING, site_id=site_id, programme={ELDERLY: 40.0})

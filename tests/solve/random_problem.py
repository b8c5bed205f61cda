"""A random county: towns with communities around them, candidate sites, existing services, tight money."""

from __future__ import annotations

import numpy as np

from siteplan.case import DataStatus, Mode
from siteplan.network import Reach
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
from siteplan.scenario import Basis, Level
from siteplan.text import Text

KEYS = ("elderly_care", "infant_care", "meals", "health", "culture", "sport", "shop", "repair", "parcel")
GROUPS = ("elderly", "infant", "day", "health", "day", "sport", "trade", "trade", "trade")
RADII_M = (500.0, 500.0, 500.0, 1000.0, 1000.0, 1000.0, 500.0, 800.0, 500.0)
ALONE_M2 = (200.0, 150.0, 60.0, 80.0, 80.0, 100.0, 40.0, 30.0, 20.0)
PRIORITIES = (3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0)
SHARES = (0.2, 0.03, 0.15, 1.0, 0.6, 0.5, 1.0, 0.4, 0.7)
DETOUR = 1.3
FIRST_YEAR = 2027


def _functions() -> dict[str, Function]:
    return {
        key: Function(
            key=key,
            name=Text.same(key),
            kind=FunctionKind.STANDARD if number < 4 else FunctionKind.OPTIONAL,
            priority=PRIORITIES[number],
            service_radius_m=RADII_M[number],
            minimum_alone_m2=ALONE_M2[number],
            minimum_in_complex_m2=0.7 * ALONE_M2[number],
            maximum_m2=4.0 * ALONE_M2[number],
            capacity_persons_per_m2=0.5,
            room_group=GROUPS[number],
            fit_out_cost_cny_per_m2=1500.0 + 100.0 * number,
            operating_cost_cny_per_m2_year=150.0,
            fee_income_cny_per_m2_year=40.0,
        )
        for number, key in enumerate(KEYS)
    }


def _site(number: int, community: Community, random: np.random.Generator, years: tuple[int, ...]) -> Site:
    """Return a site: every eighth exists already, two are committed, the others are candidates."""
    role = Role.EXISTING if number % 8 == 7 else Role.COMMITTED if number in (3, 11) else Role.CANDIDATE
    usable = float(random.choice([120.0, 250.0, 420.0, 600.0, 900.0]))
    hosted = random.permutation(KEYS)[: 4 + number % 6].tolist()
    if role is Role.COMMITTED:
        usable, hosted = 900.0, list(KEYS)
    programme = {key: float(ALONE_M2[KEYS.index(key)]) for key in hosted[:2]}
    return Site(
        site_id=f"S{number:03}",
        name=f"S{number:03}",
        role=role,
        community_code=community.code,
        town_code=community.town_code,
        longitude=108.0,
        latitude=34.0,
        floor_area_m2=1.25 * usable,
        usable_area_m2=usable,
        may_host=frozenset() if role is Role.EXISTING else frozenset(hosted),
        why_not={},
        available_from=years[number % 2 * (number % len(years))],
        opens_in=years[number % len(years)] if role is Role.COMMITTED else None,
        listed_form=None,
        programme=programme if role is Role.EXISTING else None,
        required_functions=frozenset(KEYS[:4]) if role is Role.COMMITTED else frozenset(),
        opening_cost_cny=float(random.uniform(300.0, 2500.0)) * usable if role is Role.CANDIDATE else 0.0,
        mode=Mode.NEW_BUILD if number % 5 == 0 else Mode.REBUILD,
        serves_communities=frozenset(),
        data_status=DataStatus.ILLUSTRATIVE,
    )


def random_problem(
    seed: int,
    *,
    basis: Basis = Basis.REACHABLE,
    communities: int = 24,
    towns: int = 5,
    points: int = 300,
    sites: int = 100,
    years: int = 4,
    budget_cny: float = 12_000_000.0,
) -> Problem:
    """Return a random county whose budget (a year) does not suffice for its targets."""
    random = np.random.default_rng(seed)
    horizon = tuple(range(FIRST_YEAR, FIRST_YEAR + years))
    functions = _functions()
    centre = random.uniform(0.0, 20_000.0, (towns, 2))
    listed = [Community(f"C{n:02}", f"C{n:02}", f"T{n % towns}", in_scope=True) for n in range(communities)]
    place = centre[np.arange(communities) % towns] + random.normal(0.0, 900.0, (communities, 2))
    home = np.arange(points) % communities
    door = place[home] + random.normal(0.0, 250.0, (points, 2))
    persons = random.uniform(100.0, 900.0, points)
    located = random.integers(0, communities, sites)
    spot = place[located] + random.normal(0.0, 350.0, (sites, 2))
    distance = np.round(DETOUR * np.hypot(*(door[:, None] - spot[None]).transpose(2, 0, 1)), 1)
    within = [np.flatnonzero(row <= max(RADII_M)) for row in distance]
    all_sites = [_site(n, listed[located[n]], random, horizon) for n in range(sites)]
    demand = [
        DemandPoint(
            demand_id=f"D{n:03}",
            name=f"D{n:03}",
            community_code=listed[home[n]].code,
            longitude=108.0,
            latitude=34.0,
            households=float(persons[n] / 3.0),
            target_group={key: float(persons[n] * SHARES[k]) for k, key in enumerate(KEYS)},
            occupied_from=horizon[-1] if n % 17 == 0 else None,
        )
        for n in range(points)
    ]
    counted = communities if basis.counts_communities else 100.0
    targets = {
        (key, year): float(np.ceil(counted * (0.4 + 0.5 * (t + 1) / years)))
        for key in KEYS
        for t, year in enumerate(horizon)
    }
    capital = dict.fromkeys(horizon, budget_cny)
    return Problem(
        years=horizon,
        functions=functions,
        communities={entry.code: entry for entry in listed},
        demand={point.demand_id: point for point in demand},
        sites={site.site_id: site for site in all_sites},
        reach=Reach(
            demand_ids=tuple(point.demand_id for point in demand),
            site_ids=tuple(site.site_id for site in all_sites),
            limit_m=max(RADII_M),
            row_start=np.cumsum([0, *(len(row) for row in within)]).astype(np.int64),
            site_index=np.concatenate(within).astype(np.int64),
            distance_m=np.concatenate([distance[n, row] for n, row in enumerate(within)]),
        ),
        basis=basis,
        threshold=0.5,
        targets=targets,
        objective=(Level.SHORTFALL, Level.PERSONS_COVERED, Level.FORM, Level.COST),
        tolerance={},
        form_standard=FormStandard(600.0, 3, 2, 2),
        places_reserved_first=True,
        area_standard=AreaStandard(tiers_m2=(30.0, 50.0, 80.0), elderly_m2=20.0),
        money=Money(
            capital_cny=capital,
            capital_by_source_cny={"county": capital},
            carry_over=True,
            operating_cny={horizon[-1]: 500_000.0},
        ),
        pace=Pace(sites_per_year=12, sites_per_year_and_town=4),
        reported_radii_m=(300.0, 500.0, 1000.0),
        elderly_function="elderly_care",
        infant_function="infant_care",
    )

"""Areas in which a space would make up a missed target: what is promised holds wherever in them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY
from tests.explain.test_explain import QUICK, question
from tests.explain.test_white_spots import (
    AT_M,
    EAST_M,
    GRID_POINTS,
    LIMIT_M,
    NORTH_M,
    ROAD,
    STEPS,
    YEAR,
    access_of,
    along_the_road,
    no_site_problem,
    random_streets,
)
from tests.reach.networks import Road, network_of
from tests.tiny_problem import ELDERLY, A, B

from siteplan.case import ExclusionZone, ZoneKind
from siteplan.explain import Ground, Terrain, explain_shortfalls, missed_targets
from siteplan.explain.new_space import NewSpace, with_new_space
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads.projection import projected, unprojected
from siteplan.network import RoadNetwork, Snapped, WalkingAccess
from siteplan.problem import Problem
from siteplan.publish import MissedTarget, Remedy
from siteplan.publish.shortfall_spaces import polygons_of, write_shortfall_spaces
from siteplan.reach import road_points
from siteplan.reach.pieces import road_pieces
from siteplan.reach.snapping import Snapper
from siteplan.reach.walking import distances_within
from siteplan.scenario import Basis, Level
from siteplan.solve import solve

POLICY = load_policy(REPOSITORY / "model")
SNAP_LIMIT_M = POLICY.standards.snap_limit_m.value


def missed_by(
    problem: Problem,
    network: RoadNetwork,
    access: WalkingAccess,
    zones: tuple[ExclusionZone, ...] = (),
) -> list[MissedTarget]:
    """Return the missed targets of the plan in which nothing opens."""
    asked = question(problem)
    ground = Ground(Terrain(network, access, POLICY, zones), 0.7, 1_000.0)
    return list(explain_shortfalls(asked, missed_targets(asked), ground, 60.0))


def space_of(missed: MissedTarget) -> Remedy:
    (remedy,) = (each for each in missed.remedies if each.kind == "space")
    return remedy


def elderly_alone(target: float = 2.0) -> Problem:
    return no_site_problem(targets={(ELDERLY, YEAR): target})


def walks_from(
    network: RoadNetwork, access: WalkingAccess, longitude: float, latitude: float
) -> dict[str, float]:
    """Return demand point → metres to a real site at a place, put onto the roads as any site is."""
    pieces = road_pieces(network)
    x_m, y_m = projected(np.array([longitude]), np.array([latitude]), network.metric_crs)
    door = Snapper(network, pieces).snap(x_m, y_m, SNAP_LIMIT_M)
    row_start, _, metres = distances_within(network, pieces, access.demand_snapped, door, LIMIT_M)
    rows = range(len(AT_M))
    return {
        key: float(metres[row_start[row]])
        for row, key in zip(rows, AT_M, strict=True)
        if row_start[row] < row_start[row + 1]
    }


def gained_by(problem: Problem, remedy: Remedy, walks: dict[str, float]) -> float:
    """Return how many communities of elderly care the plan covers with a space there, solved again."""
    assert remedy.community_code is not None
    assert remedy.demand_id is not None
    assert remedy.floor_area_m2 is not None
    assert remedy.usable_area_m2 is not None
    space = NewSpace(
        remedy.community_code, remedy.demand_id, remedy.floor_area_m2, remedy.usable_area_m2, remedy.cny
    )
    changed = replace(with_new_space(problem, space, walks), objective=(Level.SHORTFALL,))
    after = solve(changed, QUICK)
    # 100 points of shortfall are the one target, of two communities
    return problem.targets[ELDERLY, YEAR] - after.levels[0].value * 2.0 / 100.0


def test_the_area_of_a_road_by_hand() -> None:
    """A is half within reach where a1 is (at 0 m): the road to 460 m, 20 m aside, and half a step more.

    Points are 40 m apart; at 440 m the door 40 m on is within 480 m, at 480 m not. Half of the next step is
    sure; the 20 m next to the rest of the road aren't.
    """
    missed = missed_by(elderly_alone(), ROAD, along_the_road(no_site_problem()))
    remedy = space_of(missed[0])
    assert remedy.area is not None
    assert set(remedy.area.communities) <= {A, B}
    assert remedy.gain == 1.0
    if remedy.area.communities == (A,):
        area_m2 = 440.0 * 37.0 + 0.5 * np.pi * 18.5**2
        assert remedy.area.area_m2 == pytest.approx(area_m2, rel=0.03)


def test_the_remedy_names_the_area_and_the_walk() -> None:
    """In words: the area's name and file, the nearest demand point, and who is within how many metres."""
    remedy = space_of(missed_by(elderly_alone(), ROAD, along_the_road(no_site_problem()))[0])
    assert f"area {YEAR}-{ELDERLY} (" in remedy.words.en
    assert "shortfall-spaces.geojson" in remedy.words.zh
    assert "within 500 m on foot of at least 50 % of the target group" in remedy.words.en
    assert "步行 500 m 内" in remedy.words.zh


def test_persons_within_the_radius_of_the_area() -> None:
    """On the basis of persons the area is where as many are reached as is promised."""
    problem = no_site_problem(targets={(ELDERLY, YEAR): 50.0}, basis=Basis.RESIDENTS)
    remedy = space_of(missed_by(problem, ROAD, along_the_road(problem))[0])
    assert remedy.area is not None
    assert remedy.gain == pytest.approx(60.0)
    assert remedy.area.persons == pytest.approx(60.0)
    assert "at least 60 persons" in remedy.words.en


def zone_around(x_m: float, buffer_m: float, functions: tuple[str, ...] = ()) -> ExclusionZone:
    longitude, latitude = unprojected(np.array([EAST_M + x_m]), np.array([NORTH_M]), ROAD.metric_crs)
    return ExclusionZone(
        kind=next(iter(ZoneKind)),
        name="河",
        buffer_m=buffer_m,
        excluded_functions=functions,
        wkt=f"POINT ({longitude[0]} {latitude[0]})",
    )


def test_an_exclusion_zone_is_left_out() -> None:
    """No place of the area is within the distance of an exclusion zone."""
    zones = (zone_around(0.0, 150.0), zone_around(2000.0, 150.0))
    remedy = space_of(missed_by(elderly_alone(), ROAD, along_the_road(no_site_problem()), zones)[0])
    assert remedy.area is not None
    for polygon in remedy.area.polygons:
        corners = np.array(polygon[0])
        x_m, y_m = projected(corners[:, 0], corners[:, 1], ROAD.metric_crs)
        for at_m in (0.0, 2000.0):
            assert np.hypot(x_m - EAST_M - at_m, y_m - NORTH_M).min() >= 150.0


def test_an_exclusion_zone_for_another_function_is_no_matter() -> None:
    """A zone that excludes meals leaves the area for elderly care as it is."""
    access = along_the_road(no_site_problem())
    other = zone_around(0.0, 3_000.0, ("community_meals",))
    plain, beside = (space_of(missed_by(elderly_alone(), ROAD, access, zones)[0]) for zones in ((), (other,)))
    assert plain.area == beside.area


def test_no_space_helps_where_none_may_be() -> None:
    """Where the whole road is excluded no space is promised."""
    missed = missed_by(
        elderly_alone(), ROAD, along_the_road(no_site_problem()), (zone_around(1_500.0, 3_000.0),)
    )
    assert [remedy.kind for remedy in missed[0].remedies] == []


def test_the_file(tmp_path: Path) -> None:
    """A multipolygon for each area, valid, and named as in the words."""
    problem = elderly_alone()
    missed = missed_by(problem, ROAD, along_the_road(problem))
    file = write_shortfall_spaces(missed, problem, True, tmp_path)
    collection = json.loads(file.read_text(encoding="utf-8"))
    (feature,) = collection["features"]
    assert feature["id"] == feature["properties"]["area_id"] == f"{YEAR}-{ELDERLY}"
    geometry = shapely.geometry.shape(feature["geometry"])
    assert geometry.geom_type == "MultiPolygon"
    assert geometry.is_valid
    place = shapely.Point(feature["properties"]["place_longitude"], feature["properties"]["place_latitude"])
    assert geometry.distance(place) < 1e-6


SEEDS = st.integers(0, 10_000)


def random_missed(seed: int) -> tuple[Problem, RoadNetwork, WalkingAccess, MissedTarget]:
    """Return the target of a county without sites, whose people live at random places of random streets."""
    random = np.random.default_rng(seed)
    network = random_streets(random)
    private = network_of(
        [*GRID_POINTS, *((x + 30.0, y + 15.0) for x, y in GRID_POINTS)],
        [
            *(
                Road(int(start), int(end))
                for start, end in zip(network.edge_from, network.edge_to, strict=True)
            ),
            *(Road(node, node + STEPS**2, is_private=True) for node in range(0, STEPS**2, 3)),
        ],
    )
    problem = elderly_alone()
    edge = random.integers(0, network.edge_count, len(AT_M))
    nobody = np.zeros(len(AT_M))
    snapped = Snapped(edge, random.uniform(0.0, 250.0, len(AT_M)), nobody, nobody.astype(np.bool_))
    access = access_of(problem, private, snapped)
    return problem, private, access, missed_by(problem, private, access)[0]


def promises_hold(seed: int, places: int) -> int:
    """Check promises at the marked place and random places of each area, solved again; count the areas."""
    problem, network, access, missed = random_missed(seed)
    for remedy in missed.remedies:
        assert remedy.area is not None
        polygons = polygons_of(remedy.area)
        west, south, east, north = polygons.bounds
        random = np.random.default_rng(seed)
        tried = random.uniform((west, south), (east, north), (400, 2))
        inside = [place for place in tried if polygons.contains(shapely.Point(place))][:places]
        assert len(inside) == places
        for longitude, latitude in [(remedy.area.longitude, remedy.area.latitude), *inside]:
            walks = walks_from(network, access, longitude, latitude)
            assert gained_by(problem, remedy, walks) >= remedy.gain - 1e-6
    return len(missed.remedies)


def test_a_space_in_the_area_does_what_is_promised() -> None:
    """At a random place in an area, put onto roads with private ways beside them, solved again."""
    assert promises_hold(seed=3, places=1) == 1


@pytest.mark.slow
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_a_space_anywhere_in_the_area_does_what_is_promised(seed: int) -> None:
    """On random streets, at the marked place and three others in each area."""
    promises_hold(seed, places=3)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_places_of_a_sure_strip_meet_its_roads(seed: int) -> None:
    """Any place in the strip meets the roads at most half a step from one of its points."""
    random = np.random.default_rng(seed)
    network = random_streets(random)
    points = road_points(network, 40.0)
    among = points.around(0, random.random(len(points.edge)) < 0.9)
    strip = points.sure_strip(among, 20.0)
    if strip.is_empty:
        return
    west, south, east, north = strip.bounds
    x_m, y_m = random.uniform((west, south), (east, north), (600, 2)).T
    inside = shapely.contains_xy(strip, x_m, y_m)
    met = Snapper(network, points.pieces).snap(x_m[inside], y_m[inside], 200.0)
    start, end = network.edge_from[met.edge], network.edge_to[met.edge]
    share = met.position_m / network.length_m[met.edge]
    at = np.stack(
        [
            network.x_m[start] + share * (network.x_m[end] - network.x_m[start]),
            network.y_m[start] + share * (network.y_m[end] - network.y_m[start]),
        ]
    )
    far = np.hypot(
        at[0][:, None] - points.x_m[among][None, :], at[1][:, None] - points.y_m[among][None, :]
    ).min(axis=1)
    assert (met.offset_m <= 20.0).all()
    assert (far <= 20.0 + 0.01).all()

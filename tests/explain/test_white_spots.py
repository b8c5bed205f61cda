"""White spots: on a straight road by hand, and on random streets against a plain account of the same."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY
from tests.explain.test_explain import QUICK, question
from tests.reach.networks import Road, network_of
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, YEARS, A, B, reach_from, tiny_problem

from siteplan.case import Form, Mode
from siteplan.explain import Question, Terrain, Wanted, find_white_spots
from siteplan.explain.needed_space import needed_space
from siteplan.explain.new_space import NEW_SPACE, NewSpace, with_new_space
from siteplan.explain.road_coverage import DOOR_M, STRIP_M
from siteplan.explain.white_spots import SAME_JOB
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.roads.projection import projected
from siteplan.network import RoadNetwork, Snapped, WalkingAccess
from siteplan.outcome import evaluate, make_plan
from siteplan.plan import Decisions
from siteplan.policy import Policy
from siteplan.problem import Money, Pace, Problem
from siteplan.publish import WhiteSpot, WhiteSpots
from siteplan.publish.white_spots import write_white_spots
from siteplan.reach.pieces import road_pieces
from siteplan.reach.snapping import Snapper
from siteplan.reach.walking import distances_within
from siteplan.scenario import Basis, Level
from siteplan.solve import solve
from siteplan.text import Text

YEAR = YEARS[-1]
LIMIT_M = 1000.0
EAST_M, NORTH_M = 520_000.0, 3_782_000.0
"""Where the networks begin in EPSG:4545."""
ROAD = network_of(
    [(EAST_M + x, NORTH_M) for x in (0.0, 1000.0, 2000.0, 3000.0)], [Road(0, 1), Road(1, 2), Road(2, 3)]
)
"""A straight road of 3 km."""
AT_M = {"a1": 0.0, "a2": 300.0, "b1": 2000.0, "b2": 2100.0, "x1": 3000.0}
"""Where along it people live; b2 has 30, as b1."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy: 0.7 m² usable area per m² floor area."""
    return load_policy(REPOSITORY / "model")


def no_site_problem(**changes: object) -> Problem:
    """Return the problem without any site, in which every community is to have everything."""
    problem = replace(
        tiny_problem(),
        sites={},
        reach=reach_from({key: {} for key in AT_M}, (), LIMIT_M),
        targets={(key, YEAR): 2.0 for key in (ELDERLY, MEALS, CULTURE)},
        money=Money(None, {}, True, {}),
        pace=Pace(None, None),
    )
    return replace(problem, **changes)  # type: ignore[arg-type]


def access_of(problem: Problem, network: RoadNetwork, snapped: Snapped) -> WalkingAccess:
    none = Snapped(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.bool_))
    return WalkingAccess(problem.reach, snapped, none, 0.0)


def along_the_road(problem: Problem) -> WalkingAccess:
    at = np.array(list(AT_M.values()))
    edge = np.minimum(at // 1000.0, 2.0).astype(np.int64)
    nobody = np.zeros(len(at))
    return access_of(problem, ROAD, Snapped(edge, at - 1000.0 * edge, nobody, nobody.astype(np.bool_)))


def found(
    asked: Question,
    network: RoadNetwork,
    access: WalkingAccess,
    policy: Policy,
    wanted: Wanted,
    solved: int = 0,
) -> WhiteSpots:
    *_, last = find_white_spots(asked, Terrain(network, access, policy), wanted, solved)
    return last


def nothing_opens(problem: Problem) -> Question:
    """Return the plan in which nothing opens, without solving for it."""
    decisions = Decisions({}, {}, {}, {})
    plan = make_plan(
        problem,
        decisions,
        (),
        title=Text.same("tiny"),
        illustrative=True,
        stopped_by="completed",
        outcome=evaluate(problem, decisions),
    )
    return Question(problem, plan, QUICK, 20.0)


def on_the_road(problem: Problem, policy: Policy, wanted: Wanted) -> WhiteSpots:
    return found(nothing_opens(problem), ROAD, along_the_road(problem), policy, wanted)


def metres_along(spot: WhiteSpot) -> float:
    x_m, _ = projected(np.array([spot.longitude]), np.array([spot.latitude]), ROAD.metric_crs)
    return float(x_m[0]) - EAST_M


def test_the_zones_of_a_road_by_hand(policy: Policy) -> None:
    """Elderly care: at a1 a space has A's 60 persons within 500 m, at b1 B's 60; A's are nearer together.

    Of the places that have all of A within 460 m of the road (40 m to the door) a1 is nearest to most.
    """
    answer = on_the_road(no_site_problem(), policy, Wanted((ELDERLY,), YEAR))
    told = [(spot.functions[0].communities, spot.functions[0].persons) for spot in answer.spots]
    assert sorted(told) == [((A,), 60.0), ((B,), 60.0)]
    places = {spot.functions[0].communities[0]: metres_along(spot) for spot in answer.spots}
    assert places == pytest.approx({A: 0.0, B: 2000.0}, abs=0.2)
    assert answer.left == 0


def test_a_zone_by_hand(policy: Policy) -> None:
    """A's target group is half within reach where a1 (40 of 60) is: 0 to 440 m along the road, 20 m aside."""
    answer = on_the_road(no_site_problem(), policy, Wanted((ELDERLY,), YEAR))
    zone = next(spot for spot in answer.spots if spot.community_code == A)
    area_m2 = 440.0 * 2.0 * STRIP_M + np.pi * STRIP_M**2
    assert zone.zone_area_m2 == pytest.approx(area_m2, rel=0.01)


def test_the_second_zone_counts_what_the_first_leaves(policy: Policy) -> None:
    """Culture has 1 000 m: the first space covers A, and what is left for the second is B alone."""
    answer = on_the_road(no_site_problem(), policy, Wanted((CULTURE, ELDERLY), YEAR, count=1))
    assert len(answer.spots) == 1
    assert answer.left == 4 - answer.spots[0].newly_covered


def test_listed_spaces_are_told_from_blanks(policy: Policy) -> None:
    """A closed candidate at a1 could cover A: only B is without one."""
    tiny = tiny_problem()
    problem = no_site_problem(
        sites={"s1": tiny.sites["s1"]},
        reach=reach_from({"a1": {"s1": 0.0}, "a2": {"s1": 300.0}, "b1": {}, "b2": {}, "x1": {}}, ("s1",)),
        money=Money(dict.fromkeys(YEARS, 0.0), {}, True, {}),
    )
    answer = on_the_road(problem, policy, Wanted((ELDERLY,), YEAR))
    without = {spot.community_code: spot.functions[0].without_candidate for spot in answer.spots}
    assert without == {A: (), B: (B,)}
    blanks = on_the_road(problem, policy, Wanted((ELDERLY,), YEAR, only_without_candidates=True))
    assert [spot.community_code for spot in blanks.spots] == [B]


def test_what_the_plan_covers_does_not_count(policy: Policy) -> None:
    """With s1 open at a1, only B is left."""
    tiny = tiny_problem()
    problem = no_site_problem(
        sites={"s1": tiny.sites["s1"]},
        reach=reach_from({"a1": {"s1": 0.0}, "a2": {"s1": 300.0}, "b1": {}, "b2": {}, "x1": {}}, ("s1",)),
    )
    answer = found(question(problem), ROAD, along_the_road(problem), policy, Wanted((ELDERLY,), YEAR))
    assert [spot.community_code for spot in answer.spots] == [B]


def test_a_basis_of_persons(policy: Policy) -> None:
    """On the residents basis persons rank: a door between a1 and a2 has 60, one between b1 and b2 60."""
    problem = no_site_problem(basis=Basis.RESIDENTS, targets={(ELDERLY, YEAR): 100.0})
    answer = on_the_road(problem, policy, Wanted((ELDERLY,), YEAR))
    assert [spot.persons for spot in answer.spots] == [60.0, 60.0]
    assert all(not spot.functions[0].communities for spot in answer.spots)


def test_an_area_limits_the_functions(policy: Policy) -> None:
    """60 m² floor area hold 42 m²: a room for elderly care (40), not one for meals (50) or culture (60)."""
    wanted = Wanted((ELDERLY, MEALS, CULTURE), YEAR, minimum_area_m2=60.0)
    answer = on_the_road(no_site_problem(), policy, wanted)
    assert {each.function for spot in answer.spots for each in spot.functions} == {ELDERLY}
    assert {spot.floor_area_m2 for spot in answer.spots} == {60.0}


def test_an_area_too_small_for_anything(policy: Policy) -> None:
    """50 m² floor area hold no function."""
    wanted = Wanted((ELDERLY, MEALS, CULTURE), YEAR, minimum_area_m2=50.0)
    assert on_the_road(no_site_problem(), policy, wanted).spots == ()


def test_needs_of_a_scattered_site(policy: Policy) -> None:
    """Meals (50 m²) and culture (60 m²) share a room of 60 m² usable, 85.7 m² floor area."""
    need = needed_space(tiny_problem(), policy, (MEALS, CULTURE))
    rebuild = policy.costs.opening_cost_cny_per_m2[Mode.REBUILD].value
    floor_m2 = 60.0 / 0.7
    assert (need.form, need.also_needed) == (Form.SCATTERED, ())
    assert need.usable_area_m2 == pytest.approx(60.0)
    assert need.cny == pytest.approx(floor_m2 * (rebuild + 1500.0))


def test_needs_of_a_complex(policy: Policy) -> None:
    """Three functions make a complex of at least 600 m² floor area."""
    need = needed_space(tiny_problem(), policy, (ELDERLY, MEALS, CULTURE))
    assert (need.form, need.floor_area_m2) == (Form.COMPLEX, 600.0)


def test_a_complex_may_need_another_function(policy: Policy) -> None:
    """Two optional functions and one standard one are no complex: the other standard function comes too."""
    problem = tiny_problem()
    dance = replace(problem.functions[CULTURE], key="dance", room_group="dance")
    more = replace(problem, functions={**problem.functions, "dance": dance})
    assert needed_space(more, policy, (MEALS, CULTURE, "dance")).also_needed == (ELDERLY,)


def test_solving_again_says_what_the_plan_would_gain(policy: Policy) -> None:
    """One space for elderly care in A or B: half of the target, 50 points of one function, proven."""
    problem = no_site_problem(targets={(ELDERLY, YEAR): 2.0})
    asked, wanted = question(problem), Wanted((ELDERLY,), YEAR)
    spot = found(asked, ROAD, along_the_road(problem), policy, wanted, solved=1).spots[0]
    assert spot.gains[0].least == spot.gains[0].most == pytest.approx(50.0)
    assert "proven" in spot.gains[0].words.en


def test_the_files(policy: Policy, tmp_path: Path) -> None:
    """A row and a counter-clockwise polygon for each zone."""
    problem = no_site_problem()
    answer = on_the_road(problem, policy, Wanted((ELDERLY,), YEAR))
    table, zones = write_white_spots(answer, problem, True, tmp_path)
    with table.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    collection = json.loads(zones.read_text(encoding="utf-8"))
    assert [row["newly_covered"] for row in rows] == ["1", "1"]
    assert [feature["properties"]["rank"] for feature in collection["features"]] == [1, 2]
    for feature in collection["features"]:
        outer, *inner = feature["geometry"]["coordinates"]
        polygon = shapely.Polygon(outer, inner)
        assert polygon.is_valid
        assert polygon.exterior.is_ccw


# --- random streets --------------------------------------------------------------------------------------


STEPS, BLOCK_M = 6, 260.0
GRID_POINTS = [(EAST_M + BLOCK_M * x, NORTH_M + BLOCK_M * y) for y in range(STEPS) for x in range(STEPS)]


def random_streets(random: np.random.Generator) -> RoadNetwork:
    """Return a grid of streets of which some are missing."""
    joined = [(n, n + 1) for n in range(STEPS**2) if n % STEPS < STEPS - 1]
    joined += [(n, n + STEPS) for n in range(STEPS**2 - STEPS)]
    return network_of(GRID_POINTS, [Road(a, b) for a, b in joined if random.random() < 0.85])


def random_asked(seed: int) -> tuple[Question, RoadNetwork, WalkingAccess]:
    """Return a plan without sites for people who live at random crossings of random streets."""
    random = np.random.default_rng(seed)
    network = random_streets(random)
    problem = no_site_problem()
    edge = random.integers(0, network.edge_count, len(AT_M))
    nobody = np.zeros(len(AT_M))
    snapped = Snapped(edge, random.uniform(0.0, BLOCK_M, len(AT_M)), nobody, nobody.astype(np.bool_))
    return nothing_opens(problem), network, access_of(problem, network, snapped)


def plain_metres(network: RoadNetwork, access: WalkingAccess, key: str) -> Mapping[int, float]:
    """Return node → metres from where a demand point lies, by networkx."""
    graph: nx.Graph[int] = nx.Graph()
    for start, end, metres in zip(network.edge_from, network.edge_to, network.length_m, strict=True):
        graph.add_edge(int(start), int(end), weight=float(metres))
    row = list(AT_M).index(key)
    edge, position = int(access.demand_snapped.edge[row]), float(access.demand_snapped.position_m[row])
    home = -1
    graph.add_edge(home, int(network.edge_from[edge]), weight=position)
    graph.add_edge(home, int(network.edge_to[edge]), weight=float(network.length_m[edge]) - position)
    return dict(nx.single_source_dijkstra_path_length(graph, home))


SEEDS = st.integers(0, 10_000)
checked = settings(max_examples=8, deadline=None, derandomize=True)


def covered_at(problem: Problem, metres_to: Mapping[str, float], key: str) -> frozenset[str]:
    """Return the communities that a space covers by itself, as docs/explanations.md says."""
    radius = problem.functions[key].service_radius_m
    covered = set()
    for code in (A, B):
        persons = {each: problem.target_group(each, key, YEAR) for each in problem.demand_of_community[code]}
        near = sum(count for each, count in persons.items() if metres_to.get(each, np.inf) <= radius)
        if near >= problem.threshold * sum(persons.values()):
            covered.add(code)
    return frozenset(covered)


def plain_value(problem: Problem, metres_to: Mapping[str, float]) -> float:
    """Return the priority-weighted communities that a space there covers."""
    return sum(
        entry.priority * len(covered_at(problem, metres_to, key)) for key, entry in problem.functions.items()
    )


def claimed(problem: Problem, spot: WhiteSpot) -> float:
    return sum(problem.functions[each.function].priority * len(each.communities) for each in spot.functions)


@checked
@given(seed=SEEDS)
def test_no_crossing_is_better_than_the_first_zone(policy: Policy, seed: int) -> None:
    """The first zone covers at least as much as the best crossing of the main part, found by networkx."""
    asked, network, access = random_asked(seed)
    answer = found(asked, network, access, policy, Wanted(tuple(asked.problem.functions), YEAR))
    to_nodes = {key: plain_metres(network, access, key) for key in AT_M}
    pieces = road_pieces(network)
    main = set(network.edge_from[pieces.is_attached].tolist()) | set(
        network.edge_to[pieces.is_attached].tolist()
    )
    best = max(
        plain_value(asked.problem, {key: to_nodes[key].get(node, np.inf) + DOOR_M for key in AT_M})
        for node in main
    )
    first = claimed(asked.problem, answer.spots[0]) if answer.spots else 0.0
    assert first >= best


@checked
@given(seed=SEEDS)
def test_any_door_in_a_zone_does_nearly_the_same(policy: Policy, seed: int) -> None:
    """A place anywhere in the first zone, as a real site on the roads, covers nine tenths of the claim."""
    asked, network, access = random_asked(seed)
    answer = found(asked, network, access, policy, Wanted(tuple(asked.problem.functions), YEAR, count=1))
    if not answer.spots:
        return
    zone = shapely.Polygon(answer.spots[0].zone[0], answer.spots[0].zone[1:])
    random = np.random.default_rng(seed)
    west, south, east, north = zone.bounds
    places = [
        (x, y)
        for x, y in random.uniform((west, south), (east, north), (400, 2))
        if zone.buffer(-3e-5).contains(shapely.Point(x, y))
    ][:10]
    pieces = road_pieces(network)
    inside = np.array(places).reshape(-1, 2)
    x_m, y_m = projected(inside[:, 0], inside[:, 1], network.metric_crs)
    doors = Snapper(network, pieces).snap(x_m, y_m, 2.0 * DOOR_M)
    row_start, door, metres = distances_within(network, pieces, access.demand_snapped, doors, LIMIT_M)
    row = np.repeat(np.arange(len(AT_M)), np.diff(row_start))
    for number in range(len(places)):
        mine = door == number
        to = {list(AT_M)[int(each)]: float(far) for each, far in zip(row[mine], metres[mine], strict=True)}
        assert plain_value(asked.problem, to) >= SAME_JOB * claimed(asked.problem, answer.spots[0])


@settings(checked, max_examples=4)
@given(seed=SEEDS)
def test_a_real_site_in_the_zone_gains_what_is_claimed(policy: Policy, seed: int) -> None:
    """With money and pace enough, the shortfall falls by at least the claimed coverage."""
    asked, network, access = random_asked(seed)
    problem = replace(asked.problem, objective=(Level.SHORTFALL,))
    answer = found(asked, network, access, policy, Wanted(tuple(problem.functions), YEAR, count=1))
    if not answer.spots:
        return
    spot = answer.spots[0]
    place = (np.array([spot.longitude]), np.array([spot.latitude]))
    pieces = road_pieces(network)
    door = Snapper(network, pieces).snap(*projected(*place, network.metric_crs), DOOR_M)
    row_start, _, metres = distances_within(network, pieces, access.demand_snapped, door, LIMIT_M)
    walks = {
        key: float(metres[row_start[row]])
        for row, key in enumerate(AT_M)
        if row_start[row] < row_start[row + 1]
    }
    space = NewSpace(
        spot.community_code, spot.demand_id, spot.floor_area_m2, spot.usable_area_m2, spot.opening_cost_cny
    )
    after = solve(with_new_space(problem, space, walks), QUICK)
    gained = 100.0 - after.levels[0].value
    weights = sum(problem.functions[key].priority for key, _ in problem.targets)
    assert any(site == NEW_SPACE for site, _ in after.decisions.start_year)
    assert gained >= 100.0 * claimed(problem, spot) / 2.0 / weights - 1e-6

"""Each tag rule of docs/roads.md."""

from __future__ import annotations

import pytest

from siteplan.inputs.roads.walkability import WALKED_HIGHWAYS, Walking, strictest_walking_on, walking_on

FORBIDDEN, PRIVATE, PUBLIC = Walking.FORBIDDEN, Walking.PRIVATE, Walking.PUBLIC


@pytest.mark.parametrize("highway", sorted(WALKED_HIGHWAYS))
def test_roads_and_paths_are_walked(highway: str) -> None:
    """Everything from footway to trunk is open to walkers without further tags."""
    assert walking_on({"highway": highway}) is PUBLIC


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "motorway"},
        {"highway": "motorway", "foot": "yes"},
        {"highway": "motorway_link", "sidewalk": "both"},
        {"highway": "construction"},
        {"highway": "proposed"},
        {"highway": "abandoned"},
        {"highway": "razed"},
        {"highway": "raceway"},
        {"highway": "platform"},
        {"highway": "something_new"},
        {"highway": ""},
        {},
        {"railway": "rail"},
        {"route": "ferry"},
        {"route": "ferry", "highway": "footway", "foot": "yes"},
        {"highway": "pedestrian", "area": "yes"},
        {"highway": "residential", "construction": "yes"},
        {"highway": "residential", "abandoned": "yes"},
    ],
)
def test_what_is_no_road_for_walkers(tags: dict[str, str]) -> None:
    """Motorways, roads that aren't there, ferries, outlines of surfaces and unknown kinds are left out."""
    assert walking_on(tags) is FORBIDDEN


@pytest.mark.parametrize("highway", ["trunk", "primary", "secondary", "tertiary"])
def test_motorroads_need_a_sign(highway: str) -> None:
    """``motorroad=yes`` keeps walkers off, unless ``foot`` or a sidewalk says that they may."""
    assert walking_on({"highway": highway, "motorroad": "yes"}) is FORBIDDEN
    assert walking_on({"highway": highway, "motorroad": "no"}) is PUBLIC
    assert walking_on({"highway": highway, "motorroad": "yes", "foot": "yes"}) is PUBLIC
    assert walking_on({"highway": highway, "motorroad": "yes", "sidewalk": "right"}) is PUBLIC
    assert walking_on({"highway": highway, "motorroad": "yes", "sidewalk:left": "yes"}) is PUBLIC
    assert walking_on({"highway": highway, "motorroad": "yes", "sidewalk": "no"}) is FORBIDDEN


@pytest.mark.parametrize("highway", ["cycleway", "bridleway", "busway"])
def test_ways_built_for_others_need_a_sign(highway: str) -> None:
    """Cycleways, bridleways and busways are walked only where ``foot`` or ``sidewalk`` says so."""
    assert walking_on({"highway": highway}) is FORBIDDEN
    assert walking_on({"highway": highway, "foot": "designated"}) is PUBLIC
    assert walking_on({"highway": highway, "foot": "private"}) is PRIVATE


@pytest.mark.parametrize(
    ("foot", "expected"),
    [
        ("no", FORBIDDEN),
        ("use_sidepath", FORBIDDEN),
        ("private", PRIVATE),
        ("permit", PRIVATE),
        ("customers", PRIVATE),
        ("yes", PUBLIC),
        ("designated", PUBLIC),
        ("permissive", PUBLIC),
        ("destination", PUBLIC),
    ],
)
def test_foot_decides(foot: str, expected: Walking) -> None:
    """The key ``foot`` says whether one walks on a residential road."""
    assert walking_on({"highway": "residential", "foot": foot}) is expected


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        ("no", FORBIDDEN),
        ("military", FORBIDDEN),
        ("delivery", FORBIDDEN),
        ("private", PRIVATE),
        ("residents", PRIVATE),
        ("customers", PRIVATE),
        ("yes", PUBLIC),
        ("permissive", PUBLIC),
        ("destination", PUBLIC),
        ("agricultural", PUBLIC),
        ("some_new_value", PUBLIC),
    ],
)
def test_access_decides_where_foot_is_silent(access: str, expected: Walking) -> None:
    """The general key ``access`` counts for walkers as long as ``foot`` doesn't say otherwise."""
    assert walking_on({"highway": "service", "access": access}) is expected
    assert walking_on({"highway": "service", "access": access, "foot": "yes"}) is PUBLIC
    assert walking_on({"highway": "service", "access": access, "foot": "no"}) is FORBIDDEN
    assert walking_on({"highway": "service", "access": access, "foot": "private"}) is PRIVATE


def test_oneway_and_vehicle_rules_do_not_concern_walkers() -> None:
    """Restrictions for vehicles leave walkers free."""
    assert walking_on({"highway": "residential", "oneway": "yes", "motor_vehicle": "no"}) is PUBLIC


def test_merged_lines_take_the_strictest_answer() -> None:
    """A line merged from several ways is as open as its strictest part."""
    assert strictest_walking_on({"highway": ["footway", "residential"]}) is PUBLIC
    assert strictest_walking_on({"highway": ["footway", "service"], "access": ["private", "yes"]}) is PRIVATE
    assert strictest_walking_on({"highway": ["primary", "motorway"]}) is FORBIDDEN
    assert strictest_walking_on({"highway": []}) is FORBIDDEN

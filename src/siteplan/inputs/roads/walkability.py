"""Tag rules: which ways of OpenStreetMap a person may walk on. Their reasons are in ``docs/roads.md``.

Asked in this order; the first answer counts: what is no road today, what the key ``foot`` says, what kind
of road it is, what the general key ``access`` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import product


class Walking(IntEnum):
    """What the tags of a way say to a walker, from the strictest to the freest."""

    FORBIDDEN = 0
    PRIVATE = 1
    PUBLIC = 2


TAG_KEYS = (
    "highway",
    "foot",
    "access",
    "area",
    "motorroad",
    "sidewalk",
    "sidewalk:both",
    "sidewalk:left",
    "sidewalk:right",
    "route",
    "abandoned",
    "construction",
    "demolished",
    "proposed",
    "razed",
)
"""The keys the rules look at; whoever prepares a road file keeps these."""

WALKED_HIGHWAYS = frozenset(
    {
        "footway",
        "path",
        "steps",
        "pedestrian",
        "living_street",
        "residential",
        "service",
        "track",
        "unclassified",
        "road",
        "corridor",
        "elevator",
        "crossing",
        "tertiary",
        "tertiary_link",
        "secondary",
        "secondary_link",
        "primary",
        "primary_link",
        "trunk",
        "trunk_link",
    }
)
"""Values of ``highway`` that are open to walkers unless another tag says otherwise."""

WALKED_WHERE_SIGNED = frozenset({"cycleway", "bridleway", "busway"})
"""Built for others: walked only where ``foot`` or ``sidewalk`` says so."""

LIFE_CYCLE_KEYS = ("abandoned", "construction", "demolished", "proposed", "razed")
"""``<key>=yes`` on a way: the road isn't there (yet, or any more)."""

ALLOWED = frozenset({"yes", "designated", "permissive", "official", "destination", "public"})
RESTRICTED = frozenset({"private", "permit", "residents", "customers", "members", "employees"})
CLOSED = frozenset({"no", "use_sidepath", "military", "delivery", "emergency"})

_SIDEWALKS = {
    "sidewalk": frozenset({"yes", "both", "left", "right"}),
    "sidewalk:both": frozenset({"yes"}),
    "sidewalk:left": frozenset({"yes"}),
    "sidewalk:right": frozenset({"yes"}),
}


def walking_on(tags: Mapping[str, str]) -> Walking:
    """Return whether a person may walk on a way with these tags: publicly, privately or not at all."""
    foot = tags.get("foot", "")
    if _is_no_road(tags) or foot in CLOSED or not _is_walked(tags):
        return Walking.FORBIDDEN
    if foot in RESTRICTED:
        return Walking.PRIVATE
    if foot in ALLOWED:
        return Walking.PUBLIC
    access = tags.get("access", "")
    if access in CLOSED:
        return Walking.FORBIDDEN
    return Walking.PRIVATE if access in RESTRICTED else Walking.PUBLIC


def strictest_walking_on(tags: Mapping[str, Sequence[str]]) -> Walking:
    """Return the strictest answer over all combinations of values.

    For lines that were merged from several ways and carry a list of values per key, as osmnx's simplified
    graphs do.
    """
    keys = list(tags)
    combinations = product(*(tags[key] or [""] for key in keys))
    return min(walking_on(dict(zip(keys, values, strict=True))) for values in combinations)


def _is_no_road(tags: Mapping[str, str]) -> bool:
    """Whether the line is the outline of a surface, a ferry route, or a road that isn't there."""
    return (
        tags.get("area") == "yes"
        or tags.get("route") == "ferry"
        or any(tags.get(key) == "yes" for key in LIFE_CYCLE_KEYS)
    )


def _is_walked(tags: Mapping[str, str]) -> bool:
    """Whether the kind of road is one that people walk on, by itself or because a tag says so."""
    highway = tags.get("highway", "")
    if highway in WALKED_HIGHWAYS and tags.get("motorroad") != "yes":
        return True
    if highway not in WALKED_HIGHWAYS | WALKED_WHERE_SIGNED:
        return False
    has_sidewalk = any(tags.get(key) in values for key, values in _SIDEWALKS.items())
    return tags.get("foot") in ALLOWED | RESTRICTED or has_sidewalk

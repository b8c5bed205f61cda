"""What every road file is read into before it becomes a network: located nodes and walkable lines."""

from __future__ import annotations

from dataclasses import dataclass

WGS84 = "EPSG:4326"

Coordinates = tuple[float, float]
"""Longitude and latitude, or x and y of a projected CRS: east first."""


@dataclass(frozen=True, slots=True)
class WalkableLine:
    """A way a person may walk on: the nodes it passes, in order. A node may be missing from the file."""

    way_id: int
    nodes: tuple[int, ...]
    is_private: bool


@dataclass(frozen=True, slots=True)
class MappedWays:
    """The walkable lines of a file and where their nodes are, in the coordinates of ``crs``.

    ``mapped_until`` is the date of the newest object, or of the extract, as far as the file tells.
    """

    crs: str
    coordinates: dict[int, Coordinates]
    lines: list[WalkableLine]
    mapped_until: str | None = None

"""Downloading roads from OpenStreetMap through osmnx: an Overpass server, and Nominatim for place names.

What is saved is everything `read_roads` asks for: ways unsimplified, private ones included, with all keys
of the tag rules.
"""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from siteplan.findings import InputError
from siteplan.inputs.roads.faults import fault
from siteplan.inputs.roads.walkability import TAG_KEYS
from siteplan.text import Text

BoundingBox = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

ALL_ROADS = '["highway"]["area"!~"yes"]'
"""Overpass filter: every way with a ``highway``, private ones included; the tag rules choose later."""

DEFAULT_OVERPASS_URL = "https://overpass-api.de/api"
DEFAULT_NOMINATIM_URL = "https://nominatim.openstreetmap.org/"
DEFAULT_TIMEOUT_S = 180


def fetch_roads(
    destination: Path,
    *,
    place: str | None = None,
    bbox: BoundingBox | None = None,
    overpass_url: str = DEFAULT_OVERPASS_URL,
    nominatim_url: str = DEFAULT_NOMINATIM_URL,
    cache_folder: Path | None = None,
    timeout_s: int = DEFAULT_TIMEOUT_S,
) -> Path:
    """Download the roads of a place or a bounding box into a GraphML file and return its path.

    Answers of the servers are kept in ``cache_folder`` (by default ``.siteplan-cache`` beside the
    destination): asking again needs no network. The file appears only when it is complete.

    Raises:
        InputError: neither or both of place and bbox, an impossible bbox, a destination that doesn't end
            in ``.graphml``, no network, or a server that has no roads there.
    """
    _check_request(destination, place, bbox)
    cache = cache_folder if cache_folder is not None else destination.parent / ".siteplan-cache"
    import osmnx  # noqa: PLC0415 - slow to import
    import requests  # noqa: PLC0415

    settings = {
        "overpass_url": overpass_url,
        "nominatim_url": nominatim_url,
        "cache_folder": str(cache),
        "use_cache": True,
        "useful_tags_way": list(TAG_KEYS),
        "requests_timeout": timeout_s,
        "overpass_rate_limit": False,
        "doh_url_template": None,
    }
    with _settings(osmnx, settings):
        try:
            graph = _downloaded(osmnx, place, bbox)
        except requests.exceptions.RequestException as failure:
            raise _no_network(overpass_url, failure) from failure
        except (ValueError, TypeError) as failure:
            raise _no_roads(place, bbox, overpass_url, failure) from failure
    return _saved(osmnx, graph, destination)


def bounding_box_of(words: str) -> BoundingBox:
    """Return the bounding box written as ``west,south,east,north``.

    Raises:
        InputError: it isn't four numbers.
    """
    try:
        west, south, east, north = (float(part) for part in words.replace("，", ",").split(","))
    except ValueError as wrong:
        raise _no_bounding_box(words) from wrong
    return west, south, east, north


def _check_request(destination: Path, place: str | None, bbox: BoundingBox | None) -> None:
    if (place is None) == (bbox is None):
        raise fault(
            "roads-fetch-area",
            None,
            found=Text(
                zh="地名和范围须给一个，且只给一个", en="a place or a bounding box is needed, and only one"
            ),
            allowed=Text(
                zh="--place “周至县, 西安市”，或 --bbox 西,南,东,北",
                en='--place "Zhouzhi County, Xi\'an", or --bbox west,south,east,north',
            ),
            mend=Text(zh="写出其中一个", en="give one of them"),
        )
    if bbox is not None and not _is_possible(bbox):
        raise _no_bounding_box(",".join(f"{degrees:g}" for degrees in bbox))
    if destination.suffix.lower() != ".graphml" or destination.is_dir():
        raise fault(
            "roads-fetch-destination",
            destination,
            found=Text(zh="下载结果只能存为 GraphML 文件", en="roads are saved as a GraphML file only"),
            allowed=Text(zh="以 .graphml 结尾的文件名", en="a file name that ends in .graphml"),
            mend=Text(zh="改为例如 roads.graphml", en="write for example roads.graphml"),
        )


def _no_bounding_box(words: str) -> InputError:
    return fault(
        "roads-fetch-bbox",
        None,
        found=Text(zh=f"“{words}”不是一个范围", en=f"{words!r} is no bounding box"),
        allowed=Text(
            zh="西,南,东,北（度），西 < 东，南 < 北，例如 108.19,34.14,108.25,34.18",
            en="west,south,east,north in degrees, west < east, south < north, "
            "for example 108.19,34.14,108.25,34.18",
        ),
        mend=Text(zh="检查顺序：经度在前，纬度在后", en="check the order: longitude first, then latitude"),
    )


def _is_possible(bbox: BoundingBox) -> bool:
    west, south, east, north = bbox
    return all(math.isfinite(degrees) for degrees in bbox) and (
        -180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0
    )


@contextmanager
def _settings(osmnx: Any, settings: dict[str, Any]) -> Iterator[None]:
    """Set osmnx's global settings and put them back, and the resolver that osmnx pins to one address."""
    before = {name: getattr(osmnx.settings, name) for name in settings}
    resolver = socket.getaddrinfo
    for name, value in settings.items():
        setattr(osmnx.settings, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolver


def _downloaded(osmnx: Any, place: str | None, bbox: BoundingBox | None) -> Any:
    options = {
        "custom_filter": ALL_ROADS,
        "simplify": False,
        "retain_all": True,
        "truncate_by_edge": True,
    }
    if bbox is not None:
        return osmnx.graph_from_bbox(bbox, **options)
    return osmnx.graph_from_place(place, **options)


def _saved(osmnx: Any, graph: Any, destination: Path) -> Path:
    """Save the graph beside its destination, then move it into place in one step."""
    partial = destination.with_name(f".{destination.name}.part")
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        osmnx.save_graphml(graph, partial)
        os.replace(partial, destination)
    except OSError as failure:
        partial.unlink(missing_ok=True)
        raise fault(
            "roads-fetch-destination",
            destination,
            found=Text(zh=f"文件写不进去：{failure}", en=f"the file can't be written: {failure}"),
            allowed=Text(zh="可写的文件夹", en="a folder that may be written to"),
            mend=Text(zh="换一个位置", en="choose another place"),
        ) from failure
    return destination


def _no_network(overpass_url: str, failure: Exception) -> InputError:
    return fault(
        "roads-fetch-no-network",
        None,
        found=Text(
            zh=f"连不上地图服务器（{overpass_url}）：{type(failure).__name__}。没有网络，或服务器停用",
            en=f"the map server ({overpass_url}) can't be reached: {type(failure).__name__}. "
            "There is no network, or the server is down",
        ),
        allowed=Text(
            zh="能访问 Overpass（按地名时还有 Nominatim）的网络",
            en="a network that reaches Overpass (and Nominatim for a place name)",
        ),
        mend=Text(
            zh="在另一台能上网的电脑上运行同一条 `siteplan roads fetch` 命令，或下载 .osm.pbf 数据包"
            "（例如 Geofabrik 的省级数据），把文件拷到案例文件夹，并在 case.yaml 的 roads 写上文件名；"
            "也可用 --overpass-url 指定单位内部的服务器",
            en="run the same `siteplan roads fetch` on a machine with a network, or download an .osm.pbf "
            "extract there (Geofabrik has the provinces), copy the file into the case folder and name it "
            "under roads in case.yaml; or give your own server with --overpass-url",
        ),
    )


def _no_roads(
    place: str | None, bbox: BoundingBox | None, overpass_url: str, failure: Exception
) -> InputError:
    area = place if place is not None else ",".join(f"{degrees:g}" for degrees in bbox or ())
    reason = " ".join(str(failure).split())[:300]
    return fault(
        "roads-fetch-nothing",
        None,
        found=Text(
            zh=f"服务器 {overpass_url} 没有给出“{area}”的道路：{reason}",
            en=f"the server {overpass_url} gave no roads for {area!r}: {reason}",
        ),
        allowed=Text(zh="OpenStreetMap 上有道路的地方", en="an area in which OpenStreetMap has roads"),
        mend=Text(
            zh="检查地名写法（例如“周至县, 西安市, 陕西省”）或范围，稍后再试",
            en="check the spelling of the place or the bounding box, or try again later",
        ),
    )

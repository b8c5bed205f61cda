"""Downloading roads, from a local server that plays Overpass and Nominatim."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import osmnx
import pytest

from siteplan.findings import InputError
from siteplan.inputs.roads import fetch_roads, read_roads, summarise_roads
from siteplan.inputs.roads.fetch import bounding_box_of

BBOX = (108.21, 34.15, 108.24, 34.18)
STREETS: tuple[tuple[tuple[int, ...], dict[str, str]], ...] = (
    ((1, 2, 3), {"highway": "residential", "oneway": "yes", "name": "南街"}),
    ((3, 4), {"highway": "service", "access": "private"}),
    ((4, 5), {"highway": "trunk", "motorroad": "yes"}),
    ((1, 5), {"highway": "footway"}),
)


class PlayedServer(ThreadingHTTPServer):
    """Answers as Overpass and Nominatim do and keeps the questions."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.queries: list[str] = []
        self.elements: list[dict[str, Any]] = [
            {"type": "node", "id": number, "lat": 34.16, "lon": 108.219 + 0.001 * number}
            for number in range(1, 6)
        ] + [
            {"type": "way", "id": 100 + number, "nodes": list(nodes), "tags": tags}
            for number, (nodes, tags) in enumerate(STREETS)
        ]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: PlayedServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.queries.append(parse_qs(body)["data"][0])
        self._answer({"version": 0.6, "elements": self.server.elements})

    def do_GET(self) -> None:
        self.server.queries.append(parse_qs(urlparse(self.path).query).get("q", [""])[0])
        west, south, east, north = BBOX
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        self._answer(
            [
                {
                    "place_id": 1,
                    "osm_type": "relation",
                    "osm_id": 1,
                    "lat": "34.16",
                    "lon": "108.22",
                    "importance": 0.5,
                    "display_name": "周至县",
                    "boundingbox": [str(south), str(north), str(west), str(east)],
                    "geojson": {"type": "Polygon", "coordinates": [ring]},
                }
            ]
        )

    def _answer(self, content: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[PlayedServer]:
    """A server on the loopback device, for one test."""
    played = PlayedServer()
    thread = threading.Thread(target=played.serve_forever)
    thread.start()
    yield played
    played.shutdown()
    thread.join()
    played.server_close()


def test_a_bounding_box_is_downloaded_with_what_the_tag_rules_need(
    tmp_path: Path, server: PlayedServer
) -> None:
    """The saved file holds unsimplified ways with private ones, and ``motorroad`` still forbids."""
    path = fetch_roads(tmp_path / "new" / "roads.graphml", bbox=BBOX, overpass_url=server.url + "/api")
    network = read_roads(path)
    summary = summarise_roads(network, path)
    assert sorted(network.node_id.tolist()) == [1, 2, 3, 4, 5]
    assert (summary.edges, summary.private_edges) == (4, 1)
    assert '["highway"]' in server.queries[0]
    assert "access" not in server.queries[0]


def test_answers_are_kept(tmp_path: Path, server: PlayedServer) -> None:
    """Asking again, even from another folder, needs no network."""
    first = fetch_roads(
        tmp_path / "a.graphml", bbox=BBOX, overpass_url=server.url + "/api", cache_folder=tmp_path / "cache"
    )
    asked = len(server.queries)
    second = fetch_roads(
        tmp_path / "b.graphml", bbox=BBOX, overpass_url=server.url + "/api", cache_folder=tmp_path / "cache"
    )
    assert asked == len(server.queries) == 1
    assert read_roads(first).node_id.tolist() == read_roads(second).node_id.tolist()


def test_a_place_is_looked_up(tmp_path: Path, server: PlayedServer) -> None:
    """A name is asked of Nominatim first."""
    path = fetch_roads(
        tmp_path / "roads.graphml",
        place="周至县, 西安市",
        overpass_url=server.url + "/api",
        nominatim_url=server.url + "/",
    )
    assert server.queries[0] == "周至县, 西安市"
    assert read_roads(path).edge_count == 4


def test_settings_of_osmnx_are_put_back(tmp_path: Path, server: PlayedServer) -> None:
    """Whoever uses osmnx in the same session finds its settings, and the resolver, as they were."""
    before = (osmnx.settings.overpass_url, osmnx.settings.useful_tags_way, socket.getaddrinfo)
    fetch_roads(tmp_path / "roads.graphml", bbox=BBOX, overpass_url=server.url + "/api")
    assert (osmnx.settings.overpass_url, osmnx.settings.useful_tags_way, socket.getaddrinfo) == before


def test_no_network_is_said_with_what_to_do(tmp_path: Path) -> None:
    """Nobody listens at the address: the message names another machine and an extract."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/api"
    with pytest.raises(InputError, match="roads-fetch-no-network") as raised:
        fetch_roads(tmp_path / "roads.graphml", bbox=BBOX, overpass_url=address)
    (finding,) = raised.value.findings
    assert ".osm.pbf" in finding.mend.en
    assert ".osm.pbf" in finding.mend.zh
    assert not (tmp_path / "roads.graphml").exists()


def test_an_empty_answer_is_no_file(tmp_path: Path, server: PlayedServer) -> None:
    """Where the server has no roads, nothing is written and an older file stays as it was."""
    server.elements = []
    destination = tmp_path / "roads.graphml"
    destination.write_text("older", encoding="utf-8")
    with pytest.raises(InputError, match="roads-fetch-nothing"):
        fetch_roads(destination, bbox=BBOX, overpass_url=server.url + "/api")
    assert destination.read_text(encoding="utf-8") == "older"


@pytest.mark.parametrize(
    ("name", "place", "bbox", "code"),
    [
        ("roads.graphml", None, None, "roads-fetch-area"),
        ("roads.graphml", "周至县", BBOX, "roads-fetch-area"),
        ("roads.graphml", None, (34.15, 108.21, 34.18, 108.24), "roads-fetch-bbox"),
        ("roads.graphml", None, (108.24, 34.15, 108.21, 34.18), "roads-fetch-bbox"),
        ("roads.graphml", None, (108.21, float("nan"), 108.24, 34.18), "roads-fetch-bbox"),
        ("roads.osm", None, BBOX, "roads-fetch-destination"),
    ],
)
def test_impossible_requests(
    tmp_path: Path, name: str, place: str | None, bbox: tuple[float, float, float, float] | None, code: str
) -> None:
    """Requests that can't be meant are refused before anything is asked of a server."""
    with pytest.raises(InputError, match=code):
        fetch_roads(tmp_path / name, place=place, bbox=bbox, overpass_url="http://127.0.0.1:9/api")


def test_a_bounding_box_is_written_west_south_east_north() -> None:
    """Four numbers with commas, Chinese ones too."""
    assert bounding_box_of("108.21,34.15, 108.24，34.18") == BBOX
    for words in ("1,2,3", "1,2,3,4,5", "a,b,c,d", ""):
        with pytest.raises(InputError, match="roads-fetch-bbox"):
            bounding_box_of(words)

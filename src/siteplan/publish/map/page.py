"""One page from its parts: template, styles, scripts, an embedded font and the data.

The content security policy names the scripts and the style by hash, lets nothing else run, and lets images
come only from the tile layers that are offered. Data stands in a JSON element with every ``<`` escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from siteplan.publish.map.content import MapSources, map_content
from siteplan.publish.map.font import font_face
from siteplan.publish.map.tiles import TIANDITU, TILES, TileLayer
from siteplan.publish.typeface import SANS_LICENCE
from siteplan.publish.vendored import vendored_text
from siteplan.text import Language

MAP_FILE = "map.html"
PAGE = Path(__file__).parent / "page"

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_IMAGES = re.compile(r"url\((?!data:)[^)]*\)")
_SOURCE_MAP = re.compile(r"//# sourceMappingURL=.*")


def write_map(
    sources: MapSources,
    file: Path,
    *,
    language: Language = Language.ZH,
    tiles: Sequence[TileLayer] = TILES[TIANDITU],
) -> None:
    """Write the map of a plan. It opens in ``language``; the reader can change it."""
    file.write_text(map_page(sources, language=language, tiles=tiles), encoding="utf-8", newline="\n")


def map_page(
    sources: MapSources, *, language: Language = Language.ZH, tiles: Sequence[TileLayer] = TILES[TIANDITU]
) -> str:
    """Return the page of a plan's map. It opens in ``language``; the reader can change it."""
    content = {
        "language": language.value,
        **map_content(sources),
        "tiles": [
            {
                "name": [layer.name.zh, layer.name.en],
                "urls": layer.urls,
                "subdomains": layer.subdomains,
                "needs_key": layer.needs_key,
            }
            for layer in tiles
        ],
        "licences": licences(),
    }
    return page_of(content, tiles)


def page_of(content: dict[str, Any], tiles: Sequence[TileLayer] = ()) -> str:
    """Return the page with its content inside."""
    data = json_in_page(content)
    template, script = _own("page.html"), _own("map.js")
    leaflet = _SOURCE_MAP.sub("", vendored_text("leaflet.js"))
    characters = set(json.dumps(content, ensure_ascii=False)) | set(template) | set(script)
    style = font_face(characters) + _IMAGES.sub("none", vendored_text("leaflet.css")) + _own("map.css")
    parts = {
        "policy": _policy([leaflet, script], style, tiles),
        "style": style,
        "data": data,
        "leaflet": leaflet,
        "script": script,
    }
    return re.sub(r"%%(\w+)%%", lambda place: parts[place[1]], template)


def json_in_page(content: object) -> str:
    """Return JSON that can stand inside a script element: nothing in it ends or begins an element."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda found: _ESCAPES[found[0]], text)


def licences() -> list[str]:
    """Return what the page holds of others, with version and licence."""
    entries = json.loads(vendored_text("manifest.json"))
    return [
        *(
            f"{entry['name']} {entry['version']}, © {entry['copyright']}, {entry['licence']}"
            for entry in entries
        ),
        SANS_LICENCE,
    ]


def _own(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str], style: str, tiles: Sequence[TileLayer]) -> str:
    hosts = sorted({host for layer in tiles for host in layer.hosts})
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_hash(script) for script in scripts)}",
            f"style-src {_hash(style)}",
            "font-src data:",
            f"img-src {' '.join(['data:', *hosts])}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

"""Tile layers that a map may offer: nothing is asked for before the reader switches one on.

A key is typed into the page, or stands after ``#key=`` in its address; it is never written to the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from siteplan.text import Text

TIANDITU = "tianditu"
NONE = "none"
KEY = "{key}"


@dataclass(frozen=True, slots=True)
class TileLayer:
    """A layer of map tiles: addresses with ``{z}``, ``{x}``, ``{y}``, and ``{key}`` where one is needed."""

    name: Text
    urls: tuple[str, ...]
    subdomains: str = "abc"

    @property
    def needs_key(self) -> bool:
        """Whether an address has a place for a key."""
        return any(KEY in url for url in self.urls)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where the tiles come from, for the page's content security policy."""
        hosts = (re.match(r"(https://[^/]+)", url) for url in self.urls)
        return tuple(sorted({re.sub(r"[^./:]*\{s\}", "*", found[1]) for found in hosts if found}))


def _tianditu_url(layer: str) -> str:
    return (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
    )


TILES = {
    TIANDITU: (
        TileLayer(
            Text("天地图 矢量", "Tianditu map"), (_tianditu_url("vec"), _tianditu_url("cva")), "01234567"
        ),
        TileLayer(
            Text("天地图 影像", "Tianditu imagery"), (_tianditu_url("img"), _tianditu_url("cia")), "01234567"
        ),
    ),
    NONE: (),
}
"""Layers by name: 天地图 (on CGCS2000, which fits WGS 84; each user applies for a key) or none at all."""

_SAFE_URL = re.compile(r"https://[A-Za-z0-9.{}:-]+/[^\s\"'<>;,]*")


def tile_layer(words: str) -> tuple[TileLayer, ...]:
    """Return the layers of a name in `TILES`, or the one of an address.

    Raises:
        ValueError: it is neither, or an address without ``https://``, ``{z}``, ``{x}`` and ``{y}``.
    """
    if words in TILES:
        return TILES[words]
    if not _SAFE_URL.fullmatch(words) or not all(part in words for part in ("{z}", "{x}", "{y}")):
        raise ValueError(words)
    host = words.removeprefix("https://").split("/")[0].replace("{s}.", "")
    return (TileLayer(Text.same(host), (words,)),)

"""``map.html``: the plan as one self-contained page that needs no network."""

from siteplan.publish.map.content import MapSources
from siteplan.publish.map.page import MAP_FILE, map_page, write_map
from siteplan.publish.map.tiles import TILES, TileLayer, tile_layer

__all__ = ["MAP_FILE", "TILES", "MapSources", "TileLayer", "map_page", "tile_layer", "write_map"]

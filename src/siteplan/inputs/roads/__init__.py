"""The road network: read from OSM, GraphML or GeoPackage files, summed up, or downloaded.

Which ways count as walkable, and everything else a user should know, is in ``docs/roads.md``.
"""

from siteplan.inputs.roads.fetch import fetch_roads
from siteplan.inputs.roads.reading import read_roads
from siteplan.inputs.roads.summary import RoadsSummary, summarise_roads

__all__ = ["RoadsSummary", "fetch_roads", "read_roads", "summarise_roads"]

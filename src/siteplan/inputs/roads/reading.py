"""Reading a road file of any format into the walkable network."""

from __future__ import annotations

import os
from pathlib import Path

from siteplan.inputs.roads.build import build_network
from siteplan.inputs.roads.faults import (
    directory_not_file,
    empty_file,
    missing_file,
    unknown_format,
    unreadable_file,
)
from siteplan.inputs.roads.geopackage_file import read_geopackage_file
from siteplan.inputs.roads.graphml_file import read_graphml_file
from siteplan.inputs.roads.mapped_ways import MappedWays
from siteplan.inputs.roads.osm_file import OSM_FORMATS, read_osm_file
from siteplan.inputs.roads.projection import metric_crs_of
from siteplan.network import RoadNetwork


def read_roads(path: Path, metric_crs: str | None = None) -> RoadNetwork:
    """Read what a person may walk on from an OSM, GraphML or GeoPackage file.

    Args:
        path: ``.osm``, ``.osm.bz2``, ``.osm.gz``, ``.osm.pbf``, ``.graphml`` or ``.gpkg``.
        metric_crs: projected CRS in metres in which lengths are measured; without it the UTM zone of the
            middle of the data.

    Raises:
        InputError: one finding, whatever is wrong with the file or the CRS.
    """
    _check_file(path)
    if metric_crs is not None:
        metric_crs_of(metric_crs)
    return build_network(_mapped_ways(path), metric_crs, path)


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise directory_not_file(path)
    if not path.is_file():
        raise missing_file(path)
    if not os.access(path, os.R_OK):
        raise unreadable_file(path, "permission denied")
    if path.stat().st_size == 0:
        raise empty_file(path)


def _mapped_ways(path: Path) -> MappedWays:
    name = path.name.lower()
    endings = [ending for ending in OSM_FORMATS if name.endswith(ending)]
    if endings:
        return read_osm_file(path, OSM_FORMATS[max(endings, key=len)])
    if name.endswith(".graphml"):
        return read_graphml_file(path)
    if name.endswith(".gpkg"):
        return read_geopackage_file(path)
    raise unknown_format(path)

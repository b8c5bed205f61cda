"""Geographic delivery: a plan as layers, for the territorial one map (一张图) and for everyone else."""

from siteplan.publish.gis.files import write_geojson, write_geoparquet
from siteplan.publish.gis.layers import Feature, GeometryKind, GisSources, Layer, layers_of

__all__ = [
    "Feature",
    "GeometryKind",
    "GisSources",
    "Layer",
    "layers_of",
    "write_geojson",
    "write_geoparquet",
]

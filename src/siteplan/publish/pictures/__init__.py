"""Pictures of a plan, for the result folder and the report: map, coverage, openings, money."""

from siteplan.publish.pictures.canvas import drawing, png_of, save
from siteplan.publish.pictures.charts import coverage_chart, money_chart, openings_chart
from siteplan.publish.pictures.layout_map import (
    Extent,
    Label,
    MapGround,
    draw_places,
    draw_roads,
    draw_scale,
    layout_map,
    legend_entries,
    write_labels,
)
from siteplan.publish.pictures.sources import PictureSources

__all__ = [
    "Extent",
    "Label",
    "MapGround",
    "PictureSources",
    "coverage_chart",
    "draw_places",
    "draw_roads",
    "draw_scale",
    "drawing",
    "layout_map",
    "legend_entries",
    "money_chart",
    "openings_chart",
    "png_of",
    "save",
    "write_labels",
]

"""Where to look for space next as a map: the layout with the zones' marked places, numbered by rank."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from siteplan.publish.explanations import WhiteSpot
from siteplan.publish.pictures.canvas import PINK, drawing, strips
from siteplan.publish.pictures.layout_map import (
    NARROWEST_SHARE,
    WIDEST_SHARE,
    Label,
    MapGround,
    draw_places,
    write_labels,
)
from siteplan.publish.pictures.sources import PictureSources

MARK_POINTS, RANK_POINTS = 120.0, 9.0


@drawing()
def white_spot_map(sources: PictureSources, spots: Sequence[WhiteSpot], *, width_inches: float) -> Figure:
    """Draw the county's layout in the last year with a ring at each marked place and its rank beside it."""
    ground = MapGround(sources)
    share = min(WIDEST_SHARE, max(NARROWEST_SHARE, ground.county.height / ground.county.width))
    figure, (whole,) = strips(width_inches, (width_inches * share,))
    axes = whole.axes(figure)
    draw_places(axes, ground, ground.county.of_shape(share))
    places = ground.places(spots)
    axes.scatter(
        places[:, 0], places[:, 1], s=MARK_POINTS, facecolors="none", edgecolors=PINK, linewidths=2, zorder=5
    )
    ranks = [
        Label((place[0], place[1]), str(spot.rank), RANK_POINTS, "#8a1c5a")
        for place, spot in zip(places, spots, strict=True)
    ]
    write_labels(axes, ranks, places)
    return figure

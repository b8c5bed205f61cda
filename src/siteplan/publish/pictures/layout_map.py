"""The layout as a map: roads, who reaches how much, what is there and what opens when, with numbers.

The whole county, and closer the towns in which most opens. Drawn in the case's metric CRS, so that distances
are true and the scale bar holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
import textalloc
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from siteplan.inputs.roads.projection import projected
from siteplan.network import RoadNetwork
from siteplan.plan import PlannedSite
from siteplan.publish.pictures.canvas import (
    GREEN,
    NOTE_INCHES,
    ORANGE,
    PINK,
    RED,
    SKY,
    TITLE_INCHES,
    Strip,
    drawing,
    fitted,
    strips,
    write_frame,
)
from siteplan.publish.pictures.sources import PictureSources
from siteplan.text import Text

YEAR_STYLES = ((RED, "^"), (ORANGE, "D"), (GREEN, "v"), (PINK, "p"), (SKY, "h"), ("#f0e442", "P"))
"""Colour and shape of the sites that open in a year: either alone tells them apart."""
COVERED_STYLES = (
    (Text("无功能可达", "nothing in reach"), "#ffffff"),
    (Text("不到一半功能可达", "under half in reach"), "#c6dbef"),
    (Text("一半以上功能可达", "half or more in reach"), "#6baed6"),
    (Text("全部功能可达", "everything in reach"), "#08519c"),
)
ROAD, FRAME, EXISTING = "#cfcfcf", "#999999", "#333333"
SCALE_BARS_M = (50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 0)
MARGIN_INCHES, TOWN_INCHES, TALLEST_CLOSER_INCHES = 0.06, 0.2, 3.2
TOWN_POINTS, TOWN_LABEL_POINTS = 8.0, 6.5
MARGIN_M = 800.0
CLOSER = 3
"""So many towns are drawn closer."""
SITES_LISTED_AT_MOST = 90
KEY_POINTS, KEY_LINE_INCHES, KEY_COLUMN_INCHES = 6.5, 0.145, 2.05
LEGEND_LINE_INCHES, LEGEND_ENTRY_INCHES = 0.2, 1.85
NARROWEST_SHARE, WIDEST_SHARE = 0.25, 0.75
"""Height of the county's map by its width, at least and at most."""


@dataclass(frozen=True, slots=True)
class Extent:
    """West, south, east and north in metres of the metric CRS."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """Metres from west to east."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Metres from south to north."""
        return self.north - self.south

    def of_shape(self, share: float) -> Extent:
        """Return the extent grown about its middle until its height is ``share`` of its width."""
        width, height = max(self.width, self.height / share), max(self.height, self.width * share)
        x, y = (self.west + self.east) / 2.0, (self.south + self.north) / 2.0
        return Extent(x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0)


@dataclass(frozen=True, eq=False)
class MapGround:
    """A plan's places in metres, and the numbers of the sites that open.

    ``closer``: codes of the towns that are drawn closer, most openings first.
    """

    sources: PictureSources

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Site → its number on the map."""
        return {site.site_id: number for number, site in enumerate(self.sources.opened, start=1)}

    @cached_property
    def closer(self) -> tuple[str, ...]:
        """Codes of the towns that are drawn closer, most openings first."""
        openings = Counter(site.town_code for site in self.sources.opened)
        ranked = sorted(openings.items(), key=lambda item: (-item[1], item[0]))
        return tuple(code for code, _ in ranked[:CLOSER])

    def places(self, things: Sequence[Any]) -> NDArray[np.float64]:
        """Return x and y in metres of things with longitude and latitude: (things, 2)."""
        if not things:
            return np.empty((0, 2))
        degrees = np.array([(each.longitude, each.latitude) for each in things])
        return np.column_stack(projected(degrees[:, 0], degrees[:, 1], self.sources.network.metric_crs))

    def extent(self, things: Sequence[Any]) -> Extent:
        """Return what holds all things, with a margin."""
        places = self.places(things)
        (west, south), (east, north) = places.min(axis=0) - MARGIN_M, places.max(axis=0) + MARGIN_M
        return Extent(west, south, east, north)

    @cached_property
    def county(self) -> Extent:
        """What holds every demand point that counts and every site of the plan."""
        problem = self.sources.problem
        return self.extent(
            [*(problem.demand[key] for key in problem.counted_demand), *self.sources.plan.sites]
        )

    def number_labels(self, sites: Sequence[PlannedSite]) -> list[Label]:
        """Return the numbers of sites as labels."""
        places = self.places(sites)
        return [
            Label((place[0], place[1]), str(self.numbers[site.site_id]))
            for place, site in zip(places, sites, strict=True)
        ]

    def is_planned(self, code: str) -> bool:
        """Return whether a town has a community that counts."""
        communities = self.sources.problem.communities.values()
        return any(each.town_code == code and each.in_scope for each in communities)

    def town(self, code: str) -> Extent:
        """Return what holds the demand points and sites of a town."""
        problem = self.sources.problem
        points = [
            point
            for key in problem.counted_demand
            if problem.communities[(point := problem.demand[key]).community_code].town_code == code
        ]
        tight = self.extent([*points, *(site for site in self.sources.plan.sites if site.town_code == code)])
        margin = MARGIN_M * 0.6
        return Extent(tight.west + margin, tight.south + margin, tight.east - margin, tight.north - margin)


@drawing()
def layout_map(sources: PictureSources, *, width_inches: float = 8.0, is_framed: bool = True) -> Figure:
    """Draw the layout in the last year: the county above, towns closer below, legend and the sites' names.

    Without a frame there is neither title nor note: for a document that has a caption.
    """
    ground = MapGround(sources)
    share = min(WIDEST_SHARE, max(NARROWEST_SHARE, ground.county.height / ground.county.width))
    closer = [ground.town(code).of_shape(1.0) for code in ground.closer]
    entries = legend_entries(sources)
    legend_columns = max(1, int(width_inches / LEGEND_ENTRY_INCHES))
    heights = (
        TITLE_INCHES if is_framed else 0.0,
        width_inches * share,
        min(width_inches / max(2, len(closer)), TALLEST_CLOSER_INCHES) + TOWN_INCHES if closer else 0.0,
        ceil(len(entries) / legend_columns) * LEGEND_LINE_INCHES + 0.1,
        _key_inches(sources, width_inches),
        NOTE_INCHES if is_framed else 0.0,
    )
    figure, (_, above, below, legend, key, _) = strips(width_inches, heights)
    if is_framed:
        words = Text(f"{sources.plan.years[-1]}年设施布局", f"layout in {sources.plan.years[-1]}")
        write_frame(figure, sources.frame(words))
    county = _panel(figure, above, 0.0)
    draw_places(county, ground, ground.county.of_shape(share))
    panels = [_panel(figure, below.column(number, len(closer)), TOWN_INCHES) for number in range(len(closer))]
    for code, extent, panel in zip(ground.closer, closer, panels, strict=True):
        draw_places(panel, ground, extent, scale=1.4)
        words_of_town = fitted(sources.towns.get(code, code), 2.2, TOWN_POINTS)
        panel.set_title(words_of_town, fontsize=TOWN_POINTS, loc="left", pad=3)
        numbered = ground.number_labels([site for site in sources.opened if site.town_code == code])
        write_labels(panel, numbered, ground.places(sources.plan.sites))
    _draw_windows(county, closer)
    name_towns_and_sites(county, ground)
    holder = legend.axes(figure)
    holder.set_axis_off()
    holder.legend(handles=entries, loc="center", ncols=legend_columns, fontsize=7, frameon=False)
    _write_key(figure, key, sources)
    return figure


def _panel(figure: Figure, strip: Strip, above_inches: float) -> Any:
    """Return axes inside a strip, with a margin and room for a title."""
    width, height = figure.get_size_inches()
    x, y = MARGIN_INCHES / width, MARGIN_INCHES / height
    top = above_inches / height
    inner = Strip(strip.left + x, strip.bottom + y, strip.width - 2 * x, strip.height - 2 * y - top)
    return inner.axes(figure)


def draw_places(axes: Any, ground: MapGround, extent: Extent, *, scale: float = 1.0) -> None:
    """Draw roads, demand points by what they reach, sites by year, north and a scale bar into axes."""
    sources = ground.sources
    draw_roads(axes, sources.network)
    shares = sources.shares_covered(sources.plan.years[-1])
    points = [sources.problem.demand[key] for key in shares]
    colours = [COVERED_STYLES[_covered_class(share)][1] for share in shares.values()]
    _draw_points(axes, ground.places(points), 7 * scale**2, "o", colours, edgecolors="#4d4d4d", zorder=2)
    existing = ground.places(sources.already_there)
    _draw_points(axes, existing, 15 * scale**2, "s", EXISTING, edgecolors="white", zorder=3)
    for number, year in enumerate(sources.plan.years):
        colour, shape = YEAR_STYLES[number % len(YEAR_STYLES)]
        opened = ground.places([site for site in sources.opened if site.open_from == year])
        _draw_points(axes, opened, 34 * scale**2, shape, colour, edgecolors="black", zorder=4)
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(FRAME)
    draw_scale(axes, extent)


def _draw_points(
    axes: Any, places: NDArray[np.float64], size: float, shape: str, colour: str | list[str], **style: Any
) -> None:
    axes.scatter(places[:, 0], places[:, 1], s=size, marker=shape, c=colour, linewidths=0.45, **style)


def _covered_class(share: float) -> int:
    """Return the place among `COVERED_STYLES` of a share of functions."""
    if share <= 0.0:
        return 0
    return 3 if share >= 1.0 else 1 + (share >= 0.5)


def draw_roads(axes: Any, network: RoadNetwork) -> None:
    """Draw roads into axes in metres."""
    begin = np.column_stack([network.x_m[network.edge_from], network.y_m[network.edge_from]])
    end = np.column_stack([network.x_m[network.edge_to], network.y_m[network.edge_to]])
    lines = LineCollection(list(np.stack([begin, end], axis=1)), colors=ROAD, linewidths=0.5, zorder=1)
    lines.set_rasterized(True)  # an SVG with every stretch of road would be too large to open
    axes.add_collection(lines, autolim=False)


def draw_scale(axes: Any, extent: Extent) -> None:
    """Draw a bar of a round length at the lower left, and north at the upper right."""
    bar_m = next(step for step in SCALE_BARS_M if step <= extent.width / 4.0)
    x, y = extent.west + 0.03 * extent.width, extent.south + 0.05 * extent.height
    axes.plot([x, x + bar_m], [y, y], color="black", linewidth=1.6, solid_capstyle="butt", zorder=6)
    words = f"{bar_m / 1000:g} km" if bar_m >= 1000 else f"{bar_m:g} m"
    halo = [withStroke(linewidth=2.0, foreground="white")]
    axes.annotate(
        words,
        (x + bar_m / 2.0, y),
        (0, 2),
        textcoords="offset points",
        ha="center",
        fontsize=6.5,
        zorder=6,
        path_effects=halo,
    )
    axes.annotate(
        "N",
        (0.975, 0.86),
        (0.975, 0.97),
        xycoords="axes fraction",
        ha="center",
        va="top",
        fontsize=7,
        arrowprops={"arrowstyle": "<|-", "color": "black", "lw": 0.8, "shrinkA": 0, "shrinkB": 0},
        zorder=6,
    )


def _draw_windows(axes: Any, closer: Sequence[Extent]) -> None:
    """Draw in the county's map what is drawn closer."""
    for extent in closer:
        style: dict[str, Any] = {"fill": False, "edgecolor": "#444444", "linewidth": 0.7, "zorder": 5}
        axes.add_patch(Rectangle((extent.west, extent.south), extent.width, extent.height, **style))


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside a place, with their size in points."""

    place: tuple[float, float]
    words: str
    points: float = 7.0
    colour: str = "black"


def name_towns_and_sites(axes: Any, ground: MapGround) -> None:
    """Write the names of towns, and the numbers of sites in those that aren't drawn closer."""
    sources = ground.sources
    sites = [site for site in sources.opened if site.town_code not in ground.closer]
    towns = [town for town in sources.case.towns if ground.is_planned(town.town_code)]
    names = [fitted(town.town_name, 0.9, TOWN_LABEL_POINTS) for town in towns]
    labels = ground.number_labels(sites)
    labels += [
        Label((place[0], place[1]), name, TOWN_LABEL_POINTS, "#444444")
        for place, name in zip(ground.places(towns), names, strict=True)
    ]
    write_labels(axes, labels, ground.places(sources.plan.sites))


def write_labels(axes: Any, labels: Sequence[Label], avoided: NDArray[np.float64]) -> None:
    """Write labels beside their places, with a line where they stand apart.

    None stands over another or over the places to be avoided; one that finds no room within a share of the
    map is written where it hides least. Labels of places outside the axes are left out.
    """
    shown = [each for each in labels if _is_inside(axes, each.place)]
    if not shown:
        return
    own = np.array([each.place for each in shown])
    near = np.vstack([own, *(place for place in avoided if _is_inside(axes, place))])
    textalloc.allocate(
        axes,
        own[:, 0],
        own[:, 1],
        [each.words for each in shown],
        x_scatter=near[:, 0],
        y_scatter=near[:, 1],
        textsize=[each.points for each in shown],
        textcolor=[each.colour for each in shown],
        linecolor="#777777",
        linewidth=0.5,
        margin=0.005,
        min_distance=0.007,
        max_distance=0.15,
        zorder=7,
        path_effects=[withStroke(linewidth=1.8, foreground="white")],
    )


def _is_inside(axes: Any, place: Sequence[float] | NDArray[np.float64]) -> bool:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    return bool(west <= place[0] <= east and south <= place[1] <= north)


def legend_entries(sources: PictureSources) -> list[Line2D]:
    """Return the legend of a map: sites by year, what was there, demand points by what they reach."""
    entries = []
    for number, year in enumerate(sources.plan.years):
        if any(site.open_from == year for site in sources.opened):
            colour, shape = YEAR_STYLES[number % len(YEAR_STYLES)]
            words = sources.say(Text(f"{year}年开放", f"opens in {year}"))
            entries.append(_entry(words, shape, 6.0, colour, "black"))
    words = sources.say(Text("已有或已定设施", "already there"))
    entries.append(_entry(words, "s", 4.5, EXISTING, "white"))
    for name, colour in COVERED_STYLES:
        words = sources.say(Text(f"居民点：{name.zh}", f"residents: {name.en}"))
        entries.append(_entry(words, "o", 4.0, colour, "#4d4d4d"))
    return entries


def _entry(words: str, shape: str, size: float, colour: str, edge: str) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=shape,
        markersize=size,
        markerfacecolor=colour,
        markeredgecolor=edge,
        markeredgewidth=0.5,
        label=words,
    )


def _key_columns(width_inches: float) -> int:
    return max(1, int(width_inches / KEY_COLUMN_INCHES))


def _key_inches(sources: PictureSources, width_inches: float) -> float:
    """Return the height that the list of sites takes."""
    listed = min(len(sources.opened), SITES_LISTED_AT_MOST)
    is_cut = len(sources.opened) > listed
    lines = ceil(listed / _key_columns(width_inches)) + is_cut
    return lines * KEY_LINE_INCHES + 0.05 if listed else 0.0


def _write_key(figure: Figure, strip: Strip, sources: PictureSources) -> None:
    """Write the numbers and names of the sites that open, in columns."""
    width, height = figure.get_size_inches()
    columns = _key_columns(width)
    listed = sources.opened[:SITES_LISTED_AT_MOST]
    rows = ceil(len(listed) / columns)
    column_inches = (width - 0.2) / columns
    for place, site in enumerate(listed):
        column, row = divmod(place, rows)
        words = fitted(f"{place + 1}  {site.name}", column_inches - 0.1, KEY_POINTS)
        x = (0.1 + column * column_inches) / width
        y = strip.bottom + strip.height - (row + 0.5) * KEY_LINE_INCHES / height
        figure.text(x, y, words, va="center", fontsize=KEY_POINTS)
    left_out = len(sources.opened) - len(listed)
    if left_out:
        words = sources.say(Text(f"另有{left_out}处，见 plan.json", f"and {left_out} more, see plan.json"))
        figure.text(0.1 / width, strip.bottom + 0.07 / height, words, va="center", fontsize=KEY_POINTS)

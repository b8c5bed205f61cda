"""The report's pictures: the layout on the road network, coverage against targets, money by year."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import pylopdf_fonts_zh_cn
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from siteplan.problem import DemandPoint
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.report.wording import CNY_PER_10_000, DRAFT
from siteplan.text import Text

DOTS_PER_INCH = 200
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#999999"
"""Of Okabe and Ito, safe for colour-blind readers."""
YEAR_COLOURS = (RED, ORANGE, GREEN, BLUE, "#cc79a7", "#56b4e9")
MARGIN_DEGREES = 0.01
DEGREE_RATIO = 1.2
"""A degree of latitude by one of longitude, about the county."""

Extent = tuple[float, float, float, float]
"""West, south, east and north in degrees."""


@contextmanager
def _in_chinese() -> Iterator[None]:
    """Draw with the font that comes with siteplan: a machine without Chinese fonts would draw boxes."""
    file = str(pylopdf_fonts_zh_cn.sans_path())
    font_manager.fontManager.addfont(file)
    family = font_manager.FontProperties(fname=file).get_name()
    with mpl.rc_context({"font.family": family, "axes.unicode_minus": False}):
        yield


@_in_chinese()
def layout_map(sources: ReportSources) -> bytes:
    """Return the map as PNG: the whole county, and the town in which most opens, on the road network."""
    everything = [sources.problem.demand[key] for key in sources.problem.counted_demand]
    towns = Counter(site.town_code for site in sources.opened)
    codes = [code for code, _ in towns.most_common(1)]
    inside = [
        point for point in everything if sources.problem.communities[point.community_code].town_code in codes
    ]
    parts = [_extent(each) for each in (everything, inside) if each]
    figure = Figure(figsize=(6.2, sum(_height(extent) for extent in parts) + 0.3), layout="constrained")
    axes = figure.subplots(len(parts), 1, squeeze=False, height_ratios=[_height(each) for each in parts])
    for part, extent in zip(axes[:, 0], parts, strict=True):
        _draw_layout(sources, part, extent)
    said = sources.say(Text("内部工作用图", "Internal working map"))
    draft = f"　{sources.say(DRAFT)}" if sources.plan.illustrative else ""
    axes[0, 0].set_title(f"{said}{draft}", fontsize=8, loc="right")
    for part, code in zip(axes[1:, 0], codes, strict=False):
        part.set_title(sources.town(code), fontsize=8, loc="left")
    axes[-1, 0].legend(loc="best", fontsize=7, framealpha=0.9)
    return _png(figure)


def _extent(places: Sequence[DemandPoint]) -> Extent:
    longitudes = [place.longitude for place in places]
    latitudes = [place.latitude for place in places]
    return (
        min(longitudes) - MARGIN_DEGREES,
        min(latitudes) - MARGIN_DEGREES,
        max(longitudes) + MARGIN_DEGREES,
        max(latitudes) + MARGIN_DEGREES,
    )


def _height(extent: Extent) -> float:
    """Return the height in inches of a map of the text's width, neither flat nor over half a page."""
    west, south, east, north = extent
    return min(3.4, max(1.8, 6.2 * DEGREE_RATIO * (north - south) / (east - west)))


def _draw_layout(sources: ReportSources, axes: Any, extent: Extent) -> None:
    network, problem = sources.network, sources.problem
    ends = zip(network.edge_from.tolist(), network.edge_to.tolist(), strict=True)
    places = list(zip(network.longitude.tolist(), network.latitude.tolist(), strict=True))
    roads = [(places[begin], places[end]) for begin, end in ends]
    axes.add_collection(LineCollection(roads, colors="#c8c8c8", linewidths=0.5, zorder=1))
    demand = [problem.demand[key] for key in problem.counted_demand]
    words = sources.say(Text("居民点", "residential places"))
    _points(axes, demand, words, s=5, c="#777777", linewidths=0, zorder=2)
    words = sources.say(Text("已有设施", "already there"))
    _points(axes, sources.already_there, words, s=26, marker="s", c="#333333", zorder=3)
    for number, year in enumerate(sources.plan.years):
        sites = [site for site in sources.opened if site.open_from == year]
        words = sources.say(Text(f"{year}年开放", f"opens in {year}"))
        colour = YEAR_COLOURS[number % len(YEAR_COLOURS)]
        _points(axes, sites, words, s=50, marker="^", c=colour, zorder=4)
    axes.set_xlim(extent[0], extent[2])
    axes.set_ylim(extent[1], extent[3])
    axes.set_aspect(DEGREE_RATIO)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#999999")


def _points(axes: Any, places: Sequence[Any], label: str, **style: Any) -> None:
    edges = {"edgecolors": "white", "linewidths": 0.5} | style
    axes.scatter(
        [each.longitude for each in places], [each.latitude for each in places], label=label, **edges
    )


@_in_chinese()
def coverage_chart(sources: ReportSources) -> bytes:
    """Return coverage and target of each function in the last year, in percent of what is counted, as PNG."""
    figures = [
        figure
        for key in sources.problem.functions
        if (figure := sources.figure(key, sources.last_year)) is not None and figure.counted > 0
    ]
    drawn, axes = _figure(6.2, 3.0)
    shares = [100.0 * each.covered / each.counted for each in figures]
    axes.barh(range(len(figures)), shares, color=BLUE, height=0.6)
    for row, each in enumerate(figures):
        target = shares[row] if each.target is None else 100.0 * each.target / each.counted
        words = f"{each.covered:.0f}/{each.counted:.0f}"
        axes.text(max(shares[row], target) + 1, row, words, va="center", fontsize=7)
        if each.target is not None:
            axes.plot([target, target], [row - 0.42, row + 0.42], color=RED, linewidth=2, zorder=3)
    axes.plot([], [], color=RED, linewidth=2, label=sources.say(Text("目标", "target")))
    axes.set_yticks(range(len(figures)), [sources.function(each.function) for each in figures], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 115)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel(sources.say(Text("覆盖率（%）", "coverage (%)")), fontsize=8)
    axes.legend(fontsize=7, loc="lower right")
    return _png(drawn)


@_in_chinese()
def money_chart(sources: ReportSources) -> bytes:
    """Return money and capital by year in 10 000 CNY, as PNG."""
    money = sources.plan.money
    figure, axes = _figure(5.0, 2.8)
    amounts = [(each.amount_cny or 0.0) / CNY_PER_10_000 for each in money]
    capital = [each.capital_cny / CNY_PER_10_000 for each in money]
    places = range(len(money))
    bars = []
    if any(amounts):
        bars.append(
            axes.bar(
                [place - 0.2 for place in places],
                amounts,
                0.38,
                color=ORANGE,
                label=sources.say(Text("当年资金", "money")),
            )
        )
    bars.append(
        axes.bar(
            [place + 0.2 for place in places],
            capital,
            0.38,
            color=BLUE,
            label=sources.say(Text("建设投资", "capital")),
        )
    )
    for each in bars:
        axes.bar_label(each, fmt="%.0f", fontsize=7)
    axes.set_xticks(list(places), [str(each.year) for each in money])
    axes.set_xlim(-1.5, len(money) + 0.5)
    axes.set_ylabel(sources.say(Text("万元", "10 000 CNY")), fontsize=8)
    axes.legend(fontsize=7)
    return _png(figure)


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()

"""The pictures of a comparison: the layouts side by side in one view, and coverage against the targets."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

import matplotlib as mpl
import pylopdf_fonts_zh_cn
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from siteplan.network import RoadNetwork
from siteplan.plan import PlannedSite
from siteplan.problem import Role
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.studies.comparison.grids import last_common_year
from siteplan.studies.comparison.sources import ComparedPlan
from siteplan.studies.comparison.words import Words
from siteplan.text import Text

DOTS_PER_INCH = 150
BLUE, ORANGE, GREEN, RED, PINK, SKY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"
"""Of Okabe and Ito, which colour-blind readers tell apart."""
PLAN_COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, "#999999")
MARGIN_DEGREES = 0.01
DEGREE_RATIO = 1.2
"""A degree of latitude by one of longitude, about the county."""
MAP_INCHES = 4.6
SIDE_BY_SIDE = 2
"""Maps in a row."""

Extent = tuple[float, float, float, float]
"""West, south, east and north in degrees."""

IN_ALL = Text("各方案都开放", "open in every plan")
NOT_IN_ALL = Text("该方案有、并非各方案都有", "open in this plan, not in every one")
ELSEWHERE = Text("其他方案有、该方案没有", "open in another plan only")
ALREADY = Text("现有和已定设施", "existing and decided")
HOMES = Text("居民点", "residential places")


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What lies under every map: roads and residential places, where the inputs are still there."""

    roads: Sequence[tuple[tuple[float, float], tuple[float, float]]]
    homes: Sequence[tuple[float, float]]

    @classmethod
    def of(cls, plan: ComparedPlan, network: RoadNetwork | None) -> Ground:
        """Return the ground of a plan's case; empty where it is gone."""
        homes = (
            [] if plan.case is None else [(row.longitude, row.latitude) for row in plan.case.demand_points]
        )
        if network is None:
            return cls([], homes)
        places = list(zip(network.longitude.tolist(), network.latitude.tolist(), strict=True))
        ends = zip(network.edge_from.tolist(), network.edge_to.tolist(), strict=True)
        return cls([(places[begin], places[end]) for begin, end in ends], homes)


@contextmanager
def _in_chinese() -> Iterator[None]:
    """Draw with the font that comes with siteplan; a ``$`` in a name begins no formula."""
    file = str(pylopdf_fonts_zh_cn.sans_path())
    font_manager.fontManager.addfont(file)
    family = font_manager.FontProperties(fname=file).get_name()
    settings = {"font.family": [family, "DejaVu Sans"], "axes.unicode_minus": False, "text.parse_math": False}
    with mpl.rc_context(settings):
        yield


@_in_chinese()
def side_by_side(plans: Sequence[ComparedPlan], ground: Ground, words: Words) -> bytes:
    """Return a map for each plan, all of one extent and one legend, as PNG."""
    extent = _extent(plans, ground)
    rows = ceil(len(plans) / SIDE_BY_SIDE)
    height = MAP_INCHES * min(1.4, max(0.4, DEGREE_RATIO * (extent[3] - extent[1]) / (extent[2] - extent[0])))
    figure = Figure(figsize=(MAP_INCHES * SIDE_BY_SIDE, rows * (height + 0.3) + 0.7), layout="constrained")
    axes = figure.subplots(rows, SIDE_BY_SIDE, squeeze=False).ravel()
    every = [{site.site_id for site in _chosen(plan)} for plan in plans]
    for plan, part in zip(plans, axes, strict=False):
        _draw(plan, part, ground, every, _all_sites(plans))
        part.set_title(plan.name, fontsize=10, loc="left")
        part.set_xlim(extent[0], extent[2])
        part.set_ylim(extent[1], extent[3])
        part.set_aspect(DEGREE_RATIO)
    for part in axes[len(plans) :]:
        part.set_axis_off()
    figure.legend(handles=_legend(words), loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    if words.comparison.illustrative:
        figure.suptitle(words.say(ILLUSTRATIVE_NOTE), fontsize=8, color="#9c2a00")
    return _png(figure)


def _chosen(plan: ComparedPlan) -> list[PlannedSite]:
    """Return the candidates that a plan opens: what plans differ by."""
    return [site for site in plan.plan.sites if site.role is Role.CANDIDATE]


def _all_sites(plans: Sequence[ComparedPlan]) -> list[PlannedSite]:
    return list({site.site_id: site for plan in reversed(plans) for site in _chosen(plan)}.values())


def _extent(plans: Sequence[ComparedPlan], ground: Ground) -> Extent:
    """Return the view of every map: all residential places and sites."""
    places = [*ground.homes, *((site.longitude, site.latitude) for plan in plans for site in plan.plan.sites)]
    longitudes, latitudes = zip(*places, strict=True)
    return (
        min(longitudes) - MARGIN_DEGREES,
        min(latitudes) - MARGIN_DEGREES,
        max(longitudes) + MARGIN_DEGREES,
        max(latitudes) + MARGIN_DEGREES,
    )


def _draw(
    plan: ComparedPlan, axes: Any, ground: Ground, every: Sequence[set[str]], sites: Sequence[PlannedSite]
) -> None:
    axes.add_collection(LineCollection(list(ground.roads), colors="#cfcfcf", linewidths=0.4, zorder=1))
    _points(axes, ground.homes, s=4, c="#777777", linewidths=0, zorder=2)
    decided = [(s.longitude, s.latitude) for s in plan.plan.sites if s.role is not Role.CANDIDATE]
    _points(axes, decided, s=18, marker="s", c="#333333", zorder=3)
    mine = {site.site_id for site in _chosen(plan)}
    in_all = set.intersection(*every)
    here = [(s.longitude, s.latitude) for s in sites if s.site_id in in_all]
    own = [(s.longitude, s.latitude) for s in sites if s.site_id in mine - in_all]
    elsewhere = [(s.longitude, s.latitude) for s in sites if s.site_id not in mine]
    _points(axes, elsewhere, s=40, marker="o", c="none", edgecolors=RED, linewidths=1.1, zorder=4)
    _points(axes, here, s=46, marker="^", c=BLUE, zorder=5)
    _points(axes, own, s=52, marker="D", c=ORANGE, edgecolors="black", zorder=6)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#999999")


def _points(axes: Any, places: Sequence[tuple[float, float]], **style: Any) -> None:
    edges = {"edgecolors": "white", "linewidths": 0.5} | style
    axes.scatter([place[0] for place in places], [place[1] for place in places], **edges)


def _legend(words: Words) -> list[Line2D]:
    styles = (
        (IN_ALL, {"marker": "^", "color": BLUE}),
        (NOT_IN_ALL, {"marker": "D", "color": ORANGE, "markeredgecolor": "black"}),
        (ELSEWHERE, {"marker": "o", "color": RED, "markerfacecolor": "none"}),
        (ALREADY, {"marker": "s", "color": "#333333"}),
        (HOMES, {"marker": ".", "color": "#777777"}),
    )
    return [Line2D([], [], linestyle="none", label=words.say(name), **style) for name, style in styles]


@_in_chinese()
def coverage_chart(words: Words) -> bytes | None:
    """Return coverage of each function in the last common year against the targets, all plans, as PNG.

    In percent of what each plan counts, on the reference's basis; None where the plans share no year.
    """
    comparison, year = words.comparison, last_common_year(words)
    basis = comparison.plans[0].basis
    rows = [
        row for row in comparison.coverage if row.year == year and row.basis is basis and any(row.counted)
    ]
    if not rows:
        return None
    count = len(comparison.plans)
    thickness = 0.8 / count
    figure = Figure(figsize=(9.2, 0.7 + len(rows) * (0.18 + 0.17 * count)), layout="constrained")
    axes = figure.add_subplot()
    for number, plan in enumerate(comparison.plans):
        colour = PLAN_COLOURS[number % len(PLAN_COLOURS)]
        for place, row in enumerate(rows):
            share, target = (
                _share(row.values[number], row.counted[number]),
                _share(row.targets[number], row.counted[number]),
            )
            at = place + (number - (count - 1) / 2) * thickness
            if share is None:
                continue
            label = plan.name if place == 0 else None
            axes.barh(at, share, height=thickness * 0.9, color=colour, label=label)
            figures = f"{row.values[number]:,.0f}/{row.counted[number]:,.0f}"
            axes.text(max(share, target or 0.0) + 1, at, figures, va="center", fontsize=7)
            if target is not None:
                axes.plot([target, target], [at - thickness / 2, at + thickness / 2], color=RED, lw=1.8)
    axes.plot([], [], color=RED, lw=1.8, label=words.say(Text("目标", "target")))
    axes.set_yticks(range(len(rows)), [words.function(row.function) for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 115)
    axes.set_xticks(range(0, 101, 20))
    axes.tick_params(labelsize=8)
    name = words.say(
        Text(f"{year} 年覆盖率（%，{basis.text.zh}）", f"coverage in {year} (%, {basis.text.en})")
    )
    axes.set_xlabel(name, fontsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=8, loc="lower right", frameon=False)
    return _png(figure)


def _share(value: float | None, counted: float | None) -> float | None:
    return None if value is None or not counted else 100.0 * value / counted


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()

"""The pictures of a comparison: the layouts side by side in one view, and coverage against the targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from siteplan.case import DemandPoint
from siteplan.inputs.roads.projection import projected
from siteplan.network import RoadNetwork
from siteplan.plan import PlannedSite
from siteplan.problem import Role
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.publish.pictures import Extent, draw_roads, draw_scale, drawing, png_of
from siteplan.publish.pictures.canvas import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY, chart, fitted, strips
from siteplan.studies.comparison.document import Comparison, CoverageRow, SiteChange
from siteplan.studies.comparison.grids import last_common_year
from siteplan.studies.comparison.sources import ComparedPlan
from siteplan.studies.comparison.words import Words
from siteplan.text import Text

DOTS_PER_INCH = 150
PLAN_COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, GREY)
MARGIN_M, CLOSER_MARGIN_M = 800.0, 350.0
WIDTH_INCHES = 9.2
SIDE_BY_SIDE = 3
"""Maps in a row, at most."""
NARROWEST_SHARE, WIDEST_SHARE = 0.4, 1.0
"""Height of a map by its width, at least and at most."""
NAME_INCHES, LEGEND_INCHES, LEGEND_COLUMNS = 0.26, 0.68, 3

IN_ALL = Text("各方案都新开", "opened in every plan")
OTHERWISE = Text("各方案都有，功能、面积或年份不同", "in every plan, with other functions, area or year")
NOT_IN_ALL = Text("该方案新开，并非各方案都有", "opened here, not in every plan")
ELSEWHERE = Text("只有其他方案新开", "opened in another plan only")
ALREADY = Text("现有和已定设施", "existing and decided")
HOMES = Text("居民点", "residential places")

CHANGED_IN_PLACE = frozenset({SiteChange.RESIZED, SiteChange.RETIMED, SiteChange.REFITTED})

Places = NDArray[np.float64]
"""x and y in metres: (places, 2)."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies under every map: the plans' sites, and homes and roads where the case is still there."""

    plans: Sequence[ComparedPlan]
    network: RoadNetwork | None
    comparison: Comparison

    @cached_property
    def homes(self) -> tuple[DemandPoint, ...]:
        """The residential places of the reference's case."""
        case = self.plans[0].case
        return () if case is None else case.demand_points

    @cached_property
    def _metric_crs(self) -> str:
        case, first = self.plans[0].case, self.plans[0].plan.sites[0]
        local = f"+proj=aeqd +lat_0={first.latitude} +lon_0={first.longitude}"
        return local if case is None else case.header.metric_crs

    def places(self, things: Sequence[Any]) -> Places:
        """Return where things with longitude and latitude are, in metres."""
        if not things:
            return np.empty((0, 2))
        degrees = np.array([(each.longitude, each.latitude) for each in things])
        return np.column_stack(projected(degrees[:, 0], degrees[:, 1], self._metric_crs))

    def extent(self, things: Sequence[Any], margin_m: float) -> Extent:
        """Return what holds all things, with a margin."""
        places = self.places(things)
        (west, south), (east, north) = places.min(axis=0) - margin_m, places.max(axis=0) + margin_m
        return Extent(west, south, east, north)

    @cached_property
    def sites(self) -> tuple[PlannedSite, ...]:
        """The candidates that any plan opens."""
        every = {site.site_id: site for plan in reversed(self.plans) for site in opened(plan)}
        return tuple(every.values())

    @cached_property
    def in_all(self) -> frozenset[str]:
        """The candidates that every plan opens."""
        return frozenset.intersection(
            *(frozenset(site.site_id for site in opened(plan)) for plan in self.plans)
        )

    @cached_property
    def otherwise(self) -> frozenset[str]:
        """The sites that every plan has, but not alike."""
        everywhere = frozenset.intersection(
            *(frozenset(site.site_id for site in plan.plan.sites) for plan in self.plans)
        )
        unlike = {row.site_id for row in self.comparison.sites if row.change in CHANGED_IN_PLACE}
        return everywhere & unlike

    @cached_property
    def closer(self) -> str | None:
        """The town in which plans differ most, to be drawn closer."""
        opened_once = [site for site in self.sites if site.site_id not in self.in_all]
        otherwise = [site for site in self.plans[0].plan.sites if site.site_id in self.otherwise]
        every = Counter(site.town_code for site in (*opened_once, *otherwise))
        return min(every, key=lambda code: (-every[code], code), default=None)

    @cached_property
    def extents(self) -> tuple[Extent, ...]:
        """The views: of everything, and of one town closer."""
        sites = [site for plan in self.plans for site in plan.plan.sites]
        whole = self.extent([*self.homes, *sites], MARGIN_M)
        if self.closer is None:
            return (whole,)
        town_of = self.plans[0].names.town_of
        inside: list[Any] = [site for site in sites if site.town_code == self.closer]
        inside += [home for home in self.homes if town_of.get(home.community_code) == self.closer]
        return whole, self.extent(inside, CLOSER_MARGIN_M)


def opened(plan: ComparedPlan) -> list[PlannedSite]:
    """Return the candidates that a plan opens."""
    return [site for site in plan.plan.sites if site.role is Role.CANDIDATE]


@drawing()
def side_by_side(plans: Sequence[ComparedPlan], network: RoadNetwork | None, words: Words) -> bytes:
    """Return maps as PNG: every plan in the same view under one legend, then the same closer in one town."""
    ground = Ground(plans, network, words.comparison)
    columns = min(SIDE_BY_SIDE, len(plans))
    rows = ceil(len(plans) / columns)
    width = WIDTH_INCHES / columns
    heights = [_share(extent) * width + NAME_INCHES for extent in ground.extents for _ in range(rows)]
    figure, parts = strips(WIDTH_INCHES, [*heights, LEGEND_INCHES])
    for number, extent in enumerate(ground.extents):
        for place, plan in enumerate(plans):
            strip = parts[number * rows + place // columns].column(place % columns, columns)
            axes = _panel(figure, strip)
            _draw(axes, plan, ground, extent.of_shape(_share(extent)), scale=1.0 + 0.5 * number)
            town = words.town(ground.closer) if number and ground.closer else ""
            name = fitted(f"{plan.name}  {town}", width - 0.2, 9.0)
            axes.set_title(name, fontsize=9, loc="left", pad=3)
    holder = parts[-1].axes(figure)
    holder.set_axis_off()
    holder.legend(
        handles=_legend(words), loc="upper center", ncols=LEGEND_COLUMNS, fontsize=7.5, frameon=False
    )
    if words.comparison.illustrative:
        figure.text(0.5, 0.012, words.say(ILLUSTRATIVE_NOTE), ha="center", fontsize=6.5, color="#9c2a00")
    return png_of(figure, DOTS_PER_INCH)


def _share(extent: Extent) -> float:
    return min(WIDEST_SHARE, max(NARROWEST_SHARE, extent.height / extent.width))


def _panel(figure: Any, strip: Any) -> Any:
    width, height = figure.get_size_inches()
    x, y, name = 0.05 / width, 0.04 / height, NAME_INCHES / height
    return figure.add_axes((strip.left + x, strip.bottom + y, strip.width - 2 * x, strip.height - y - name))


def _draw(axes: Any, plan: ComparedPlan, ground: Ground, extent: Extent, *, scale: float) -> None:
    if ground.network is not None:
        draw_roads(axes, ground.network)
    mine = {site.site_id for site in opened(plan)}

    def is_other(site: PlannedSite) -> bool:
        return site.site_id in ground.otherwise

    groups: dict[Text, Sequence[Any]] = {
        HOMES: list(ground.homes),
        ALREADY: [site for site in plan.plan.sites if site.role is not Role.CANDIDATE and not is_other(site)],
        ELSEWHERE: [site for site in ground.sites if site.site_id not in mine],
        IN_ALL: [site for site in ground.sites if site.site_id in ground.in_all and not is_other(site)],
        OTHERWISE: [site for site in plan.plan.sites if is_other(site)],
        NOT_IN_ALL: [site for site in ground.sites if site.site_id in mine - ground.in_all],
    }
    for order, (name, things) in enumerate(groups.items(), 2):
        shape, size, face, edge = STYLES[name]
        places = ground.places(things)
        style = {"marker": shape, "c": face, "edgecolors": edge, "linewidths": 0.9 if face == "none" else 0.5}
        axes.scatter(places[:, 0], places[:, 1], s=(size * scale) ** 2, zorder=order, **style)
    axes.set_xlim(extent.west, extent.east)
    axes.set_ylim(extent.south, extent.north)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(GREY)
    draw_scale(axes, extent)


STYLES = {
    HOMES: (".", 2.6, "#777777", "none"),
    ALREADY: ("s", 3.4, "#333333", "white"),
    ELSEWHERE: ("o", 6.2, "none", RED),
    IN_ALL: ("^", 6.0, BLUE, "white"),
    OTHERWISE: ("v", 6.0, GREEN, "black"),
    NOT_IN_ALL: ("D", 5.2, ORANGE, "black"),
}
"""Shape, size in points, face and edge of each kind of place: shape and colour both tell them apart."""


def _legend(words: Words) -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            linestyle="none",
            label=words.say(name),
            marker=shape,
            markersize=size,
            markerfacecolor=face,
            markeredgecolor=edge,
        )
        for name, (shape, size, face, edge) in STYLES.items()
    ]


@drawing()
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
    figure, axes = chart(WIDTH_INCHES, 0.7 + len(rows) * (0.16 + 0.17 * count), None)
    for number in range(count):
        _draw_bars(axes, rows, number, 0.8 / count, words)
    if any(target is not None for row in rows for target in row.targets):
        axes.plot([], [], color=RED, linewidth=1.8, label=words.say(Text("目标", "target")))
    axes.set_yticks(range(len(rows)), [fitted(words.function(row.function), 2.2, 8.0) for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 115)
    axes.set_xticks(range(0, 101, 20))
    name = Text(f"{year}年覆盖率（%，{basis.text.zh}）", f"coverage in {year} (%, {basis.text.en})")
    axes.set_xlabel(words.say(name), fontsize=8)
    axes.legend(fontsize=8, loc="lower right", frameon=False)
    return png_of(figure, DOTS_PER_INCH)


def _draw_bars(axes: Any, rows: Sequence[CoverageRow], number: int, thickness: float, words: Words) -> None:
    """Draw the bars of one plan, each with n of m and a mark at the target."""
    count = len(words.comparison.plans)
    colour = PLAN_COLOURS[number % len(PLAN_COLOURS)]
    name = fitted(words.comparison.plans[number].name, 3.0, 8.0)
    axes.plot([], [], color=colour, linewidth=6, label=name)
    for place, row in enumerate(rows):
        value, counted, goal = row.values[number], row.counted[number], row.targets[number]
        if value is None or not counted:
            continue
        at = place + (number - (count - 1) / 2) * thickness
        share, target = 100.0 * value / counted, None if goal is None else 100.0 * goal / counted
        axes.barh(at, share, height=thickness * 0.9, color=colour)
        axes.text(max(share, target or 0.0) + 1, at, f"{value:,.0f}/{counted:,.0f}", va="center", fontsize=7)
        if target is not None:
            axes.plot([target] * 2, [at - thickness / 2, at + thickness / 2], color=RED, linewidth=1.8)

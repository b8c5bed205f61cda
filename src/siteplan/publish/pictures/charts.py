"""Coverage against targets, openings and money, by year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from siteplan.plan import CoverageFigure, PlannedSite, YearMoney
from siteplan.publish.pictures.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    RED,
    SKY,
    chart,
    drawing,
    fitted,
)
from siteplan.publish.pictures.sources import PictureSources, capital
from siteplan.publish.wording import CNY_PER_10_000, money, short
from siteplan.text import Text

SHADES = ("#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b")
"""Of the years, later ones darker."""
SOURCE_STYLES = ((BLUE, ""), (ORANGE, "//"), (GREEN, "\\\\"), (PINK, ".."), (SKY, "xx"), ("#f0e442", "++"))
"""Colour and hatching of the funding sources: either alone tells them apart."""
OPENING, OPERATING = ORANGE, SKY
LIMIT: dict[str, Any] = {"color": GREY, "linestyle": "--", "linewidth": 1.4}
CNY_PER_MILLION = 1_000_000.0
SITES_DRAWN_AT_MOST = 60
"""Of more openings than these, the chart counts them by town."""
NAME_INCHES = 2.6
LABEL_PERCENT = 8.0
"""Room for a label between the end of a bar and the mark of the target."""


@drawing()
def coverage_chart(sources: PictureSources, *, width_inches: float = 8.0, is_framed: bool = True) -> Figure:
    """Draw coverage of each function by year, in percent of what is counted, with the targets."""
    rows: list[tuple[int, str, CoverageFigure]] = []
    middles: dict[str, float] = {}
    place = 0
    for function in sources.problem.functions:
        years = [(year, sources.figure(function, year)) for year in sources.plan.years]
        counted = [(year, each) for year, each in years if each is not None and each.counted > 0]
        rows += [(year, function, each) for year, each in counted]
        if counted:
            middles[function] = place + (len(counted) - 1) / 2.0
            place += len(counted) + 1
    frame = sources.frame(Text("覆盖与目标", "coverage and targets")) if is_framed else None
    row_inches = 0.28 if len(sources.plan.years) == 1 else 0.17
    figure, axes = chart(width_inches, max(1.6, row_inches * place + 0.7), frame)
    place, last = 0, rows[0][1] if rows else ""
    for year, function, each in rows:
        place += function != last
        last = function
        _draw_coverage(axes, place, each, _shade(sources, year))
        place += 1
    names = [fitted(sources.say(sources.problem.functions[key].name), NAME_INCHES, 8.0) for key in middles]
    axes.set_yticks(list(middles.values()), names, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(place - 0.3, -0.7)
    axes.set_xlim(0, 116)
    axes.set_xticks(range(0, 101, 20))
    axes.grid(axis="x", color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)
    basis = sources.plan.basis.text
    axes.set_xlabel(
        sources.say(Text(f"覆盖率（%，{basis.zh}）", f"coverage (%, basis: {basis.en})")), fontsize=8
    )
    _legend(axes, [*_year_patches(sources), _target_line(sources)])
    return figure


def _draw_coverage(axes: Any, row: int, each: CoverageFigure, colour: str) -> None:
    share = 100.0 * each.covered / each.counted
    axes.barh(row, share, color=colour, height=0.78)
    end = share
    if each.target is not None:
        target = 100.0 * each.target / each.counted
        axes.plot([target, target], [row - 0.46, row + 0.46], color=RED, linewidth=2.0, zorder=3)
        if share < target < share + LABEL_PERCENT:
            end = max(share, target)
    axes.text(end + 1.2, row, f"{each.covered:.0f}/{each.counted:.0f}", va="center", fontsize=6.5)


def _shade(sources: PictureSources, year: int) -> str:
    """Return the colour of a year: the last is the darkest of so many."""
    years = sources.plan.years
    if len(years) == 1:
        return BLUE
    return SHADES[round(years.index(year) / (len(years) - 1) * (len(SHADES) - 1))]


def _year_patches(sources: PictureSources) -> list[Any]:
    return [Patch(color=_shade(sources, year), label=str(year)) for year in sources.plan.years]


def _target_line(sources: PictureSources) -> Line2D:
    return Line2D([], [], color=RED, linewidth=2.0, label=sources.say(Text("目标", "target")))


def _legend(axes: Any, entries: Sequence[Any]) -> None:
    """Write the legend above the axes, where it covers nothing."""
    axes.legend(
        handles=list(entries),
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=min(len(entries), 5),
        fontsize=7,
        frameon=False,
    )


@drawing()
def openings_chart(sources: PictureSources, *, width_inches: float = 8.0, is_framed: bool = True) -> Figure:
    """Draw what opens when: a row for each site, or for each town where there are many."""
    frame = sources.frame(Text("分年开放安排", "openings by year")) if is_framed else None
    counts_towns = len(sources.opened) > SITES_DRAWN_AT_MOST
    rows = len({site.town_code for site in sources.opened}) if counts_towns else len(sources.opened)
    figure, axes = chart(width_inches, max(1.6, 0.19 * rows + 0.7), frame)
    if counts_towns:
        _draw_towns(axes, sources)
    else:
        _draw_sites(axes, sources)
    years = sources.plan.years
    axes.set_xticks([number + 0.5 for number in range(len(years))], [str(year) for year in years])
    axes.set_xlim(0, len(years) + (0.0 if counts_towns else DETAIL_YEARS * len(years)))
    axes.set_ylim(max(rows, 1) - 0.4, -0.6)
    axes.tick_params(length=0, labelsize=7)
    for line in range(len(years) + 1):
        axes.axvline(line, color="#dddddd", linewidth=0.6, zorder=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


DETAIL_YEARS = 0.6
"""Room at the right for the details of a site, as a share of that of the years."""


def _draw_sites(axes: Any, sources: PictureSources) -> None:
    years = sources.plan.years
    for row, site in enumerate(sources.opened):
        first = years.index(site.open_from)
        axes.barh(row, 1.0, left=first, color=OPENING, height=0.62)
        axes.barh(row, len(years) - first - 1.0, left=first + 1.0, color=OPERATING, height=0.62)
        axes.text(1.03 * len(years), row, sources.say(_details(site)), va="center", fontsize=6.5)
    numbered = enumerate(sources.opened, start=1)
    names = [fitted(f"{number}  {site.name}", NAME_INCHES, 7.0) for number, site in numbered]
    axes.set_yticks(range(len(names)), names)
    words = sources.say(Text("当年建成开放（12月31日前）", "opens by 31 December"))
    entries = [Patch(color=OPENING, label=words)]
    if len(years) > 1:
        entries.append(Patch(color=OPERATING, label=sources.say(Text("运营", "in operation"))))
    _legend(axes, entries)


def _details(site: PlannedSite) -> Text:
    """Return functions, floor area and capital of a site in short."""
    cny, functions, area = capital(site), len(site.functions), f"{site.floor_area_m2:.0f} m²"
    return Text(
        f"{functions}项功能，{area}，{money(cny)}万元",
        f"{functions} function{'s' * (functions > 1)}, {area}, {cny / CNY_PER_MILLION:.2f} million CNY",
    )


def _draw_towns(axes: Any, sources: PictureSources) -> None:
    years = sources.plan.years
    counted = Counter((site.town_code, site.open_from) for site in sources.opened)
    codes = sorted({code for code, _ in counted})
    most = max(counted.values())
    for row, code in enumerate(codes):
        for number, year in enumerate(years):
            if opened := counted[code, year]:
                strength = 0.25 + 0.75 * opened / most
                axes.barh(row, 0.94, left=number + 0.03, color=OPENING, alpha=strength, height=0.8)
                axes.text(number + 0.5, row, str(opened), ha="center", va="center", fontsize=7)
    names = [fitted(sources.towns.get(code, code), NAME_INCHES, 7.0) for code in codes]
    axes.set_yticks(range(len(names)), names)
    _legend(axes, [Patch(color=OPENING, label=sources.say(Text("开放数（处）", "sites opened")))])


@drawing()
def money_chart(sources: PictureSources, *, width_inches: float = 8.0, is_framed: bool = True) -> Figure:
    """Draw the capital of each year by funding source and the year's money, in 10 000 CNY."""
    frame = sources.frame(Text("分年投资与资金来源", "capital and money by year")) if is_framed else None
    figure, axes = chart(width_inches, 3.4, frame)
    years = sources.plan.years
    base, has_sources = [0.0] * len(years), bool(sources.plan.sources)
    entries: list[Any] = []
    highest = max(
        [each.capital_cny for each in sources.plan.money]
        + [each.amount_cny or 0.0 for each in sources.plan.money]
    )
    for number, (name, amounts) in enumerate(_capital_by_source(sources).items()):
        colour, hatching = SOURCE_STYLES[number % len(SOURCE_STYLES)]
        style: dict[str, Any] = {
            "facecolor": colour,
            "hatch": hatching,
            "edgecolor": "white",
            "linewidth": 0.0,
        }
        heights = [amounts.get(year, 0.0) / CNY_PER_10_000 for year in years]
        axes.bar(range(len(years)), heights, 0.5, bottom=base, **style)
        entries.append(Patch(**style, label=fitted(name, 2.4, 7.0)))
        for place, height in enumerate(heights):
            if has_sources and height * CNY_PER_10_000 > 0.06 * highest:
                _inside(axes, place, base[place] + height / 2.0, height)
        base = [low + height for low, height in zip(base, heights, strict=True)]
    entries += _draw_amounts(axes, sources, base)
    axes.set_xticks(range(len(years)), [str(year) for year in years])
    margin = 0.8 if len(years) > 1 else 1.6
    axes.set_xlim(-margin, len(years) - 1.0 + margin)
    axes.set_ylim(0, 1.15 * highest / CNY_PER_10_000 or 1.0)
    axes.set_ylabel(sources.say(Text("万元", "10 000 CNY")), fontsize=8)
    _legend(axes, entries)
    return figure


def _inside(axes: Any, x: float, y: float, value: float) -> None:
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    axes.text(x, y, short(value), ha="center", va="center", fontsize=6.5, bbox=box)


def _draw_amounts(axes: Any, sources: PictureSources, tops: Sequence[float]) -> list[Any]:
    """Draw the money of each year as a line over its bar, and the sum of the bar; return the legend."""
    is_limited = False
    for place, each in enumerate(sources.plan.money):
        available = (each.amount_cny or 0.0) + (each.carried_in_cny or 0.0)
        if each.amount_cny is not None:
            is_limited = True
            height = available / CNY_PER_10_000
            axes.plot(
                [place - 0.34, place + 0.34], [height, height], color=GREY, linestyle="--", linewidth=1.4
            )
        above = max(tops[place], available / CNY_PER_10_000)
        axes.annotate(
            short(tops[place]), (place, above), (0, 3), textcoords="offset points", ha="center", fontsize=7.5
        )
    words = sources.say(Text("当年可用资金（含结转）", "money of the year, carried over included"))
    return [Line2D([], [], **LIMIT, label=words)] if is_limited else []


def _available(each: YearMoney) -> float:
    """Return the money of a year with what is carried over into it, CNY; 0 without a limit."""
    return (each.amount_cny or 0.0) + (each.carried_in_cny or 0.0)


def _capital_by_source(sources: PictureSources) -> Mapping[str, Mapping[int, float]]:
    """Return source name → year → CNY of the projects of the year; one name where there are no sources."""
    plan = sources.plan
    if not plan.sources:
        words = sources.say(Text("建设投资", "capital"))
        return {words: {each.year: each.capital_cny for each in plan.money}}
    names = {each.source: sources.say(Text(each.name_zh, each.name_en)) for each in plan.sources}
    amounts: dict[str, dict[int, float]] = {name: {} for name in names.values()}
    for payment in plan.money_by_source:
        by_year = amounts[names[payment.source]]
        by_year[payment.year] = by_year.get(payment.year, 0.0) + payment.cny
    return amounts

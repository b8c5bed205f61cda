"""Where to look for space next, where it has been stored: a table and a map."""

from __future__ import annotations

from siteplan.publish.explanations import WhiteSpot
from siteplan.publish.pictures import png_of
from siteplan.publish.pictures.white_spot_map import white_spot_map
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.sources import ReportSources
from siteplan.publish.report.yearly import TEXT_INCHES
from siteplan.publish.white_spots import place_of
from siteplan.publish.wording import money, whole
from siteplan.text import Text


def write(sources: ReportSources, manuscript: Manuscript) -> None:
    """Write the stored zones; nothing where none are."""
    found = sources.white_spots
    if found is None or not found.spots:
        return
    manuscript.heading(Text("下一步找空间的区域", "Where to look for space next"), 2)
    manuscript.table(
        Text(
            f"找空间的区域，按新增覆盖排序（{found.year}年）", f"Zones by the coverage added ({found.year})"
        ),
        (
            Column(Text("名次", "Rank"), 0.6, Align.CENTRE),
            Column(Text("位置", "Place"), 2.6),
            Column(Text("新覆盖（项）", "Newly covered"), 0.9, Align.RIGHT),
            Column(Text("无备选（项）", "No listed space"), 0.9, Align.RIGHT),
            Column(Text("建筑面积（m²）", "Floor area (m²)"), 1.0, Align.RIGHT),
            Column(Text("估算（万元）", "About (10 000 CNY)"), 1.0, Align.RIGHT),
            Column(Text("功能", "Functions"), 3.0),
        ),
        [_row(sources, spot, counts=found.basis.counts_communities) for spot in found.spots],
    )
    manuscript.note(
        Text(
            "一项是一个社区的一类功能；后一处只计前面各处未覆盖的。“无备选”是名录中没有空间能覆盖的项数。"
            "步行距离按实际道路计；估算按改建单价，是假定。",
            "One is a function in a community; each zone counts what those before it leave. Walks follow the"
            " roads; estimates assume rebuilding.",
        )
    )
    manuscript.picture(
        Text("找空间的区域（圆圈，按名次编号）", "Where to look for space (rings, by rank)"),
        png_of(white_spot_map(sources.pictures, found.spots, width_inches=TEXT_INCHES)),
    )


def _row(sources: ReportSources, spot: WhiteSpot, *, counts: bool) -> tuple[str, ...]:
    return (
        str(spot.rank),
        sources.say(place_of(spot, sources.problem)),
        str(spot.newly_covered) if counts else "—",
        str(spot.without_candidate) if counts else "—",
        whole(spot.floor_area_m2),
        money(spot.cny),
        sources.names(sources.function(each.function) for each in spot.functions),
    )

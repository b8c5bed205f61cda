"""The warnings about who can walk where, in planners' words: places by id, name and row."""

from __future__ import annotations

from collections.abc import Sequence

from siteplan.case import Case
from siteplan.findings import Finding, Place, warning
from siteplan.policy import FunctionPolicy
from siteplan.reach.places import Located
from siteplan.text import Text

MOST_NAMED = 30
"""A warning names so many places, the gravest first, and counts the others."""


def islands_in_the_roads(case: Case, parts: int, length_m: float, share_of_nodes: float) -> Finding:
    """The public ways don't all hang together."""
    kilometres, percent = length_m / 1000.0, 100.0 * share_of_nodes
    return warning(
        "roads-islands",
        Place(case.roads_file),
        found=Text(
            zh=f"公共道路分成互不相连的 {parts} 片；主体以外 {kilometres:.2f} 公里，占节点的 {percent:.1f} %",
            en=f"the public ways fall into {parts} parts that don't join; {kilometres:.2f} km lie outside "
            f"the main part, {percent:.1f} % of the nodes",
        ),
        allowed=Text(zh="道路连成一片", en="ways that all hang together"),
        mend=Text(
            zh="在路网里补上缺失的连接，或确认那里确实走不通",
            en="add the missing links to the road file, or make sure that one really can't walk there",
        ),
    )


def not_snapped(
    case: Case, kind: Text, places: Sequence[Located], away_m: Sequence[float], limit_m: float
) -> Finding:
    """Places with no way within the snapping limit; ``away_m`` is the distance to the nearest one."""
    return warning(
        "reach-not-snapped",
        _table_of(case, places),
        found=_listed(
            Text(
                zh=f"{len(places)} 个{kind.zh}附近没有道路，步行到不了任何地方",
                en=f"{len(places)} {kind.en} have no way nearby, so nobody walks from or to them",
            ),
            _with_distances(places, away_m),
        ),
        allowed=Text(zh=f"最近道路在 {limit_m:g} 米以内", en=f"the nearest way within {limit_m:g} m"),
        mend=Text(
            zh="检查坐标（经纬度顺序、坐标基准），或在路网里补上通往它们的道路",
            en="check the coordinates (order, datum), or add the ways that lead to them to the road file",
        ),
    )


def on_island(case: Case, kind: Text, places: Sequence[Located], away_m: Sequence[float]) -> Finding:
    """Places that meet only ways apart from the main component."""
    return warning(
        "reach-on-island",
        _table_of(case, places),
        found=_listed(
            Text(
                zh=f"{len(places)} 个{kind.zh}只能连到与主体不相连的道路",
                en=f"{len(places)} {kind.en} meet only ways that don't join the main part of the network",
            ),
            _with_distances(places, away_m),
        ),
        allowed=Text(zh="连到路网主体", en="a way that joins the main part of the network"),
        mend=Text(
            zh="在路网里补上缺失的连接，或核对坐标",
            en="add the missing link to the road file, or check the coordinates",
        ),
    )


def residents_far_from_ways(case: Case, share: float, far_m: float) -> Finding:
    """A share (0 … 1) of the residents lives far from any mapped way."""
    percent = 100.0 * share
    return warning(
        "reach-far-from-ways",
        Place(case.roads_file),
        found=Text(
            zh=f"{percent:.1f} % 的居民离任何已测绘的道路超过 {far_m:g} 米，步行距离不可靠",
            en=f"{percent:.1f} % of the residents live more than {far_m:g} m from any mapped way; "
            "their walking distances can't be relied on",
        ),
        allowed=Text(zh=f"都在 {far_m:g} 米以内", en=f"all within {far_m:g} m"),
        mend=Text(
            zh="补测居民点附近的道路，或改用更全的路网文件",
            en="add the ways near them, or use a more complete road file",
        ),
    )


def no_site_within_radius(
    case: Case,
    function: FunctionPolicy,
    places: Sequence[Located],
    nearest: Sequence[Located | None],
    nearest_m: Sequence[float],
) -> Finding:
    """Demand points without a site that may provide a function; with the nearest one, None if none."""
    name, radius_m = function.name, function.service_radius_m.value
    return warning(
        "reach-no-site",
        _table_of(case, places),
        found=_listed(
            Text(
                zh=f"“{name.zh}”：{len(places)} 个居民点在服务半径内没有可设此功能的空间",
                en=f"{name.en}: {len(places)} demand point{' has' if len(places) == 1 else 's have'} no site "
                "that may provide it within the service radius",
            ),
            [
                _with_nearest(place, site, metres)
                for place, site, metres in zip(places, nearest, nearest_m, strict=True)
            ],
        ),
        allowed=Text(
            zh=f"步行 {radius_m:g} 米以内至少有一处", en=f"at least one within a walk of {radius_m:g} m"
        ),
        mend=Text(
            zh="增加附近的备选空间，或接受这些居民点为服务盲区",
            en="add candidate sites nearby, or accept that these demand points stay white spots",
        ),
    )


def _table_of(case: Case, places: Sequence[Located]) -> Place:
    """Return the file the places were read from, else the case folder."""
    return Place(next((place.read_at.file for place in places if place.read_at.file), case.folder))


def _label(place: Located) -> Text:
    """Return id, name and row of a place."""
    name = f"{place.identifier} {place.name}".strip()
    if place.read_at.row is None:
        return Text.same(name)
    return Text(zh=f"{name}（第 {place.read_at.row} 行）", en=f"{name} (row {place.read_at.row})")


def _with_distances(places: Sequence[Located], away_m: Sequence[float]) -> list[Text]:
    """Return each place with its distance from the roads, the farthest first."""
    farthest_first = sorted(zip(away_m, places, strict=True), key=lambda pair: (-pair[0], pair[1].identifier))
    return [
        Text(
            zh=f"{_label(place).zh} 距道路 {metres:.1f} 米",
            en=f"{_label(place).en} {metres:.1f} m from a way",
        )
        for metres, place in farthest_first
    ]


def _with_nearest(place: Located, site: Located | None, metres: float) -> Text:
    label = _label(place)
    if site is None:
        return Text(zh=f"{label.zh} 走不到任何一处", en=f"{label.en} can't walk to any")
    return Text(
        zh=f"{label.zh} 最近的是 {site.identifier} {site.name}，{metres:.1f} 米",
        en=f"{label.en} nearest {site.identifier} {site.name}, {metres:.1f} m",
    )


def _listed(head: Text, items: Sequence[Text]) -> Text:
    """Return the head and the first `MOST_NAMED` items in one line, and how many more there are."""
    shown, more = items[:MOST_NAMED], len(items) - MOST_NAMED
    zh, en = "；".join(item.zh for item in shown), "; ".join(item.en for item in shown)
    if more > 0:
        zh, en = f"{zh}；另有 {more} 个", f"{en}; and {more} more"
    return Text(f"{head.zh}：{zh}", f"{head.en}: {en}")

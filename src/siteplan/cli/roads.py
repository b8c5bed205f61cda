"""``siteplan roads``: what a road file holds, and downloading one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from siteplan.cli.language import bilingual
from siteplan.cli.options import LanguageOption
from siteplan.cli.session import session_of
from siteplan.cli.wording import number
from siteplan.text import Language, Text

if TYPE_CHECKING:
    from siteplan.inputs.roads import RoadsSummary

roads_app = typer.Typer(
    help=bilingual("查看或下载道路网络。", "Look into a road file, or download one."), no_args_is_help=True
)


@roads_app.callback()
def roads(lang: LanguageOption = None) -> None:
    """Take the language before the command's name too."""


MetricCrsOption = Annotated[
    str | None,
    typer.Option(
        help=bilingual(
            "量距离用的投影坐标系，例如 EPSG:4545；默认按数据位置取 UTM 分带。",
            "Projected CRS for lengths, such as EPSG:4545; by default the UTM zone of the data.",
        )
    ),
]


@roads_app.command(help=bilingual("一个路网文件里有什么。", "What a road file holds."))
def info(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help=bilingual(
                ".osm、.osm.bz2、.osm.gz、.osm.pbf、.graphml 或 .gpkg 文件。",
                "An .osm, .osm.bz2, .osm.gz, .osm.pbf, .graphml or .gpkg file.",
            )
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help=bilingual("以 JSON 输出。", "Print JSON."))] = False,
    metric_crs: MetricCrsOption = None,
    lang: LanguageOption = None,
) -> None:
    """Print the figures of a road file."""
    from siteplan.inputs.roads import read_roads, summarise_roads

    summary = summarise_roads(read_roads(file, metric_crs), file)
    if as_json:
        typer.echo(json.dumps(summary.as_json(), ensure_ascii=False, indent=2))
    else:
        _print(summary, context)


@roads_app.command(help=bilingual("从 OpenStreetMap 下载道路。", "Download roads from OpenStreetMap."))
def fetch(
    context: typer.Context,
    output: Annotated[
        Path,
        typer.Option(help=bilingual("存为哪个 .graphml 文件。", "The .graphml file to write.")),
    ],
    place: Annotated[
        str | None,
        typer.Option(help=bilingual("地名，例如“周至县, 西安市”。", "Name of a place.")),
    ] = None,
    bbox: Annotated[
        str | None,
        typer.Option(
            metavar="WEST,SOUTH,EAST,NORTH",
            help=bilingual("范围（度）：西,南,东,北。", "Bounding box in degrees: west,south,east,north."),
        ),
    ] = None,
    overpass_url: Annotated[
        str | None, typer.Option(help=bilingual("Overpass 服务器地址。", "Address of the Overpass server."))
    ] = None,
    nominatim_url: Annotated[
        str | None,
        typer.Option(
            help=bilingual("地名查询服务器地址。", "Address of the server that looks up place names.")
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            help=bilingual(
                "缓存文件夹；默认为输出文件旁的 .siteplan-cache。",
                "Folder of kept answers; by default .siteplan-cache beside the output.",
            )
        ),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Download the roads of a place or bounding box and print their figures."""
    from siteplan.inputs.roads import fetch_roads, read_roads, summarise_roads
    from siteplan.inputs.roads.fetch import DEFAULT_NOMINATIM_URL, DEFAULT_OVERPASS_URL, bounding_box_of

    saved = fetch_roads(
        output,
        place=place,
        bbox=bounding_box_of(bbox) if bbox is not None else None,
        overpass_url=overpass_url or DEFAULT_OVERPASS_URL,
        nominatim_url=nominatim_url or DEFAULT_NOMINATIM_URL,
        cache_folder=cache,
    )
    _print(summarise_roads(read_roads(saved), saved), context)


def _print(summary: RoadsSummary, context: typer.Context) -> None:
    session = session_of(context)
    session.out.print(_table(summary, session.language))


def _table(summary: RoadsSummary, language: Language) -> Table:
    table = Table(title=summary.file, show_header=False)
    for label, value in _lines(summary):
        table.add_row(label.in_language(language), value.in_language(language))
    return table


def _lines(summary: RoadsSummary) -> list[tuple[Text, Text]]:
    unknown = Text("文件未注明", "the file doesn't tell")
    extent = ", ".join(f"{degrees:.5f}°" for degrees in summary.extent)
    return [
        (Text("节点", "nodes"), Text.same(number(summary.nodes))),
        (Text("路段", "edges"), Text.same(number(summary.edges))),
        (Text("可步行长度", "walkable length"), Text.same(f"{number(summary.length_m / 1000.0)} km")),
        (Text("公共道路的连通片数", "components of the public ways"), Text.same(number(summary.components))),
        (
            Text("最大一片占节点的比例", "share of nodes in the largest"),
            Text.same(f"{100.0 * summary.largest_component_share:.1f} %"),
        ),
        (
            Text("其中内部道路", "of it private"),
            Text(
                f"{summary.private_edges} 路段，{summary.private_length_m / 1000.0:.2f} km，"
                f"{summary.private_nodes} 个节点只在内部道路上",
                f"{summary.private_edges} edges, {summary.private_length_m / 1000.0:.2f} km, "
                f"{summary.private_nodes} nodes on private ways only",
            ),
        ),
        (Text("范围（西、南、东、北）", "extent (west, south, east, north)"), Text.same(extent)),
        (
            Text("测绘截止", "mapped until"),
            Text.same(summary.mapped_until) if summary.mapped_until else unknown,
        ),
        (Text("量距坐标系", "lengths measured in"), Text.same(summary.metric_crs)),
    ]

"""The commands that make results for people and other programs from a plan.

Whatever loads the solver or the geographic libraries is imported inside the commands, so that help
texts and usage errors come at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siteplan.cli.commands.arguments import CaseOption, ResultsArgument
from siteplan.cli.language import bilingual
from siteplan.cli.options import (
    ExportTarget,
    LanguageOption,
    PictureFormat,
    PictureKind,
    ReportKind,
)
from siteplan.cli.session import session_of

commands = typer.Typer()


@commands.command(
    name="map",
    help=bilingual(
        "把方案做成一个可离线打开的网页地图 map.html：年份滑块、功能开关、覆盖、步行服务范围、"
        "站点卡片、查找和打印。在线底图默认关闭，密钥不写入文件。\n\n例：siteplan map results/2027",
        "Make map.html, one page that opens without any network: year slider, function switches, coverage, "
        "walking service areas, site cards, search and print. Online tiles are off until switched on; "
        "no key is stored.\n\nExample: siteplan map results/2027",
    ),
)
def map_(
    context: typer.Context,
    results: ResultsArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=bilingual(
                "网页文件；默认结果文件夹中的 map.html。", "The page; by default map.html in the results."
            ),
        ),
    ] = None,
    tiles: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYER",
            help=bilingual(
                "可选在线底图：tianditu（默认）、none，或含 {z}/{x}/{y}（及 {key}）的 https 地址。",
                "Online tiles on offer: tianditu (the default), none, or an https address with {z}/{x}/{y} "
                "(and {key}); may be repeated.",
            ),
        ),
    ] = None,
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Write the map of a result folder."""
    from siteplan.cli.mapping import MapOptions, map_results

    options = MapOptions(output, tuple(tiles or ["tianditu"]), case)
    map_results(results, options, session_of(context))


@commands.command(
    help=bilingual(
        "把方案导出为地理数据：onemap（报送“一张图”的 GeoPackage 和 Shapefile，CGCS2000）、"
        "geojson（RFC 7946）、geoparquet、postgis。含示例数据时，onemap 须加 --draft。\n\n"
        "例：siteplan export results/2027 --to geojson",
        "Export the plan as geographic data: onemap (GeoPackage and Shapefiles in CGCS2000 for the one map), "
        "geojson (RFC 7946), geoparquet, postgis. With illustrative records, onemap needs --draft.\n\n"
        "Example: siteplan export results/2027 --to geojson",
    )
)
def export(
    context: typer.Context,
    results: ResultsArgument,
    to: Annotated[
        ExportTarget, typer.Option("--to", case_sensitive=False, help=bilingual("格式。", "The format."))
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "导出文件夹；默认 结果文件夹/<格式>。", "The folder; by default <format> in the results."
            ),
        ),
    ] = None,
    draft: Annotated[
        bool,
        typer.Option(
            "--draft",
            help=bilingual(
                "onemap：允许示例数据，处处注明不得报送。",
                "onemap: allow illustrative records, marked as such everywhere.",
            ),
        ),
    ] = False,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=bilingual(
                "onemap：字段映射文件；默认自带的。", "onemap: field mapping; by default the shipped one."
            ),
        ),
    ] = None,
    identifiers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=bilingual(
                "onemap：主管部门已赋的标识码等（CSV）；默认取字段映射旁或案例中的 onemap_identifiers.csv。",
                "onemap: identifiers that the bureau has assigned, a CSV file; by default "
                "onemap_identifiers.csv beside the mapping or in the case.",
            ),
        ),
    ] = None,
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=bilingual(
                "postgis：数据库地址；默认取环境变量 SITEPLAN_POSTGIS，不会保存。",
                "postgis: address of the database; by default $SITEPLAN_POSTGIS; never stored.",
            ),
        ),
    ] = None,
    schema: Annotated[
        str, typer.Option(metavar="NAME", help=bilingual("postgis：模式名。", "postgis: the schema."))
    ] = "public",
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Write the layers of a result folder in a geographic format."""
    from siteplan.cli.exporting import ExportOptions, export_results

    options = ExportOptions(to, output, case, draft, mapping, identifiers, connection, schema)
    export_results(results, options, session_of(context))


@commands.command(
    help=bilingual(
        "把方案写成 Word 报告 report.docx（附件、送审稿）和工作簿 report.xlsx。\n\n"
        "例：siteplan report results/2027 --only docx --pdf",
        "Write the plan as a Word report (report.docx, an attachment to an official letter) and"
        " as a workbook "
        "(report.xlsx).\n\nExample: siteplan report results/2027 --only docx --pdf",
    )
)
def report(
    context: typer.Context,
    results: ResultsArgument,
    only: Annotated[
        ReportKind | None,
        typer.Option(help=bilingual("只写其中一种；默认两种都写。", "Only one of them; by default both.")),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help=bilingual(
                "写到这个文件夹；或 .docx、.xlsx 文件，只写这一种。默认为结果文件夹。",
                "Folder for both, or a .docx or .xlsx file for just that; by default the results.",
            ),
        ),
    ] = None,
    pdf: Annotated[
        bool,
        typer.Option(
            "--pdf",
            help=bilingual(
                "另转为 PDF（需要 LibreOffice）。", "Also as PDF (LibreOffice must be installed)."
            ),
        ),
    ] = False,
    template: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=bilingual(
                "采用本县自己的 .docx 模板的页面和样式。",
                "A county's own .docx template: its page and styles are used.",
            ),
        ),
    ] = None,
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Write the Word report and the workbook of a result folder."""
    from siteplan.cli.reporting import ReportOptions, report_results

    report_results(results, ReportOptions(output, only, pdf, template, case), session_of(context))


@commands.command(
    help=bilingual(
        "把方案画成图片：设施布局图、覆盖与目标、分年开放安排、分年资金，带标题、图例、来源和日期，"
        "写入结果文件夹的 pictures。\n\n例：siteplan plot results/2027 --kind map --format svg",
        "Draw the plan as pictures: map, coverage against targets, openings by year, money by year; with "
        "title, legend, sources and date, in the folder pictures of the results.\n\n"
        "Example: siteplan plot results/2027 --kind map --format svg",
    )
)
def plot(
    context: typer.Context,
    results: ResultsArgument,
    kind: Annotated[
        PictureKind, typer.Option(case_sensitive=False, help=bilingual("哪一张。", "Which picture."))
    ] = PictureKind.ALL,
    file_format: Annotated[
        PictureFormat,
        typer.Option(
            "--format",
            case_sensitive=False,
            help=bilingual("png，或可任意放大的 svg。", "png, or svg, which scales."),
        ),
    ] = PictureFormat.PNG,
    dpi: Annotated[
        int, typer.Option(min=50, max=1200, help=bilingual("每英寸点数。", "Dots per inch."))
    ] = 300,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "图片文件夹；默认 结果文件夹/pictures。", "The folder; by default pictures in the results."
            ),
        ),
    ] = None,
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Write the pictures of a result folder."""
    from siteplan.cli.plotting import PlotOptions, plot_results

    plot_results(results, PlotOptions(kind, file_format, dpi, output, case), session_of(context))

"""``siteplan bench``: generated cases to measure speed and scale with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siteplan.bench.sizes import SIZES, SizeName
from siteplan.cli.language import bilingual
from siteplan.cli.options import LanguageOption
from siteplan.cli.session import session_of
from siteplan.cli.wording import number
from siteplan.text import Text

if TYPE_CHECKING:
    from siteplan.bench.making import MadeCase

SIZES_SHOWN = ", ".join(f"{size.name} {size.demand_points}×{size.sites}" for size in SIZES.values())

bench_app = typer.Typer(
    help=bilingual("生成测速用的合成案例。", "Generated cases to measure speed and scale with."),
    no_args_is_help=True,
)


@bench_app.callback()
def bench(lang: LanguageOption = None) -> None:
    """Take the language before the command's name too."""


@bench_app.command(
    help=bilingual(
        "生成一个合成案例（表格、路网、模型和两种口径的情景，各有一个打开全部规则），可直接求解。\n\n"
        "例：siteplan bench make --size district",
        "Make a synthetic case (tables, roads, model, scenarios on two bases, each also with all rules), "
        "ready to solve.\n\n"
        "Example: siteplan bench make --size district",
    )
)
def make(
    context: typer.Context,
    size: Annotated[
        SizeName,
        typer.Option(
            help=bilingual(
                "规模（居民点×备选空间）："
                + "；".join(
                    f"{name.value} {spec.demand_points}×{spec.sites}" for name, spec in SIZES.items()
                ),
                "Size, as demand points × candidate sites.",
            )
        ),
    ],
    seed: Annotated[
        int, typer.Option(min=0, help=bilingual("随机种子。", "Seed; the same one gives the same case."))
    ] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "新文件夹或空文件夹；默认 bench-<规模>。",
                "A new or an empty folder; by default bench-<size>.",
            ),
        ),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Write a generated case and say what it holds."""
    from siteplan.bench.making import make_case
    from siteplan.cli.starter import new_folder

    folder = output or Path(f"bench-{size.value}")
    with new_folder(folder) as prepared:
        made = make_case(SIZES[size], seed, prepared)
    session_of(context).reporter.say(_said(made, folder))


def _said(made: MadeCase, folder: Path) -> Text:
    million_cny = made.calibration.capital_cny / 1e6
    commands = "".join(f"\n    siteplan solve {folder / 'scenarios' / file.name}" for file in made.scenarios)
    zh = (
        f"已生成 {folder}（合成，非真实地点）：居民点 {number(made.demand_points)}，"
        f"备选空间 {number(made.sites)}，社区 {number(made.communities)}，"
        f"道路节点 {number(made.road_nodes)}，可达关系 {number(made.reach_entries)}，"
        f"四年资金 {million_cny:,.1f} 百万元。下一步：{commands}"
    )
    en = (
        f"Made {folder} (synthetic, no real place): {number(made.demand_points)} demand points, "
        f"{number(made.sites)} candidate sites, {number(made.communities)} communities, "
        f"{number(made.road_nodes)} road nodes, {number(made.reach_entries)} pairs within reach, "
        f"{million_cny:,.1f} million CNY for four years. Next:{commands}"
    )
    return Text(zh, en)

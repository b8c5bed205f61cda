"""The program ``siteplan``: its help, the options of every command, and the commands in their order."""

from __future__ import annotations

from typing import Annotated

import typer

from siteplan.cli.benching import bench_app
from siteplan.cli.commands import explaining, planning, publishing, studying
from siteplan.cli.language import ENVIRONMENT_VARIABLE, bilingual
from siteplan.cli.options import LanguageOption, show_version
from siteplan.cli.roads import roads_app

app = typer.Typer(
    name="siteplan",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=bilingual(
        "社区嵌入式服务设施布局：在哪里、哪一年、开放哪些功能，使居民步行可达，并证明方案离最好有多远。\n\n"
        "第一次使用：siteplan init my-county，再 cd my-county，然后 siteplan solve scenarios/2027.yaml",
        "Layout plans for community services: which site opens in which year with which functions, so that "
        "residents can walk there, with a proof of how far the plan can be from the best.\n\n"
        "First steps: siteplan init my-county, then cd my-county, then siteplan solve scenarios/2027.yaml",
    ),
    epilog=bilingual(
        f"语言：--lang zh|en，或环境变量 {ENVIRONMENT_VARIABLE}。 退出码：0 完成，1 核对发现不实，"
        "2 输入有误，3 规则互相冲突，4 到时仍无方案，70 内部错误，130 中断且无方案。",
        f"Language: --lang zh|en, or {ENVIRONMENT_VARIABLE} in the environment. Exit codes: 0 done, 1 verify "
        "found a false claim, 2 bad input, 3 infeasible, 4 time limit without a plan, 70 internal error, "
        "130 interrupted without a plan.",
    ),
)
for each in (planning, explaining, studying, publishing):
    app.add_typer(each.commands)
app.add_typer(roads_app, name="roads")
app.add_typer(bench_app, name="bench")


@app.callback()
def siteplan(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=show_version,
            help=bilingual("显示版本后退出。", "Show the version and exit."),
        ),
    ] = False,
    lang: LanguageOption = None,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            help=bilingual(
                "内部错误时显示完整追踪（或设 SITEPLAN_DEBUG=1）。",
                "Show the traceback of an internal error (or set SITEPLAN_DEBUG=1).",
            ),
        ),
    ] = False,
) -> None:
    """Take the options of every command; they are read from the command line before it is parsed."""

"""The commands that say why a plan is as it is, and where to look for more.

Whatever loads the solver or the geographic libraries is imported inside the commands, so that help
texts and usage errors come at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siteplan.cli.commands.arguments import CaseOption, ResultsArgument, SecondsOption
from siteplan.cli.language import bilingual
from siteplan.cli.options import LanguageOption
from siteplan.cli.session import session_of

commands = typer.Typer()


@commands.command(
    help=bilingual(
        "说明方案为什么这样：社区为何已覆盖或未覆盖，点位为何选中，换一种选择的代价，目标缺在哪里。\n\n"
        "例：siteplan explain results/2027 --community 城西社区 --function 养老服务",
        "Say why a plan is as it is: why a community is covered or not, why a site was chosen, and what "
        "another choice would cost.\n\n"
        "Example: siteplan explain results/2027 --community 610124001005 --function elderly_care",
    )
)
def explain(
    context: typer.Context,
    results: ResultsArgument,
    community: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=bilingual("社区名称或代码。", "Community: name or code.")),
    ] = None,
    site: Annotated[
        str | None, typer.Option(metavar="ID", help=bilingual("点位编号或名称。", "Site: id or name."))
    ] = None,
    function: Annotated[
        str | None, typer.Option(metavar="NAME", help=bilingual("功能名称。", "Function: name or key."))
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(metavar="YEAR", help=bilingual("年份；默认末年。", "Year; by default the last.")),
    ] = None,
    shortfalls: Annotated[
        bool,
        typer.Option(
            "--shortfalls",
            help=bilingual(
                "每个未达目标缺在哪里，最省的办法是什么。",
                "Why targets are missed, by cause, and what would help most cheaply.",
            ),
        ),
    ] = False,
    sites: Annotated[
        bool,
        typer.Option(
            "--sites",
            help=bilingual("所有点位的理由，不重新求解。", "The reasons of all sites, nothing solved again."),
        ),
    ] = False,
    store: Annotated[
        bool,
        typer.Option(
            "--store",
            help=bilingual(
                "存入结果文件夹的 explanations.json，地图和报告采用。",
                "Keep them in the result folder (explanations.json) for the map and the report.",
            ),
        ),
    ] = False,
    time_limit: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=1.0,
            help=bilingual("--shortfalls 全部求解的秒数。", "Seconds for all solves of --shortfalls."),
        ),
    ] = 120.0,
    seconds: SecondsOption = 60.0,
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Print why a community, a site or a function is as the plan has it."""
    from siteplan.cli.explaining import Asked, explain_results

    asked = Asked(
        community, site, function, year, seconds or None, case, shortfalls, sites, store, time_limit
    )
    explain_results(results, asked, session_of(context))


@commands.command(
    help=bilingual(
        "多给一点值多少：每年多一笔资金，每个社区多一处可用空间，各自能让方案改善多少（重新求解）。\n\n"
        "例：siteplan prices results/2027 --year 2027 --step 100",
        "What a little more is worth: by how much the plan would improve with more money in a year, and with "
        "one more usable space in a community (solved again).\n\n"
        "Example: siteplan prices results/2027 --year 2027 --step 100",
    )
)
def prices(
    context: typer.Context,
    results: ResultsArgument,
    year: Annotated[
        int | None,
        typer.Option(
            metavar="YEAR", help=bilingual("只看这一年的资金。", "Only the money of this year, no spaces.")
        ),
    ] = None,
    community: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=bilingual(
                "只看这个社区的空间。", "Only a space in this community (name or code), no money."
            ),
        ),
    ] = None,
    step: Annotated[
        float | None,
        typer.Option(
            metavar="AMOUNT",
            min=0.01,
            help=bilingual(
                "资金增加多少万元；默认当年金额的 10 %。",
                "How much more money, in 10 000 CNY; by default 10 % of the year's amount.",
            ),
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=1.0, help=bilingual("每次重新求解的秒数。", "The time of each solve.")
        ),
    ] = 20.0,
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1.0,
            help=bilingual(
                "全部求解合计的秒数，平均分给各次；默认不限。",
                "The time of all solves together, shared fairly; by default as long as they take.",
            ),
        ),
    ] = None,
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Print the value of more money by year and of one more space by community."""
    from siteplan.cli.pricing import Priced, price_results

    priced = Priced(year, community, step, seconds, time_limit, case)
    price_results(results, priced, session_of(context))


@commands.command(
    name="white-spots",
    help=bilingual(
        "下一步到哪里找空间：在居民附近的道路上，多一处空间能新增多少覆盖，划出效果相当的区域并排序，"
        "写出 white-spots.csv 和 white-spots.geojson。\n\n"
        "例：siteplan white-spots results/2027 --function 养老服务 --count 5",
        "Where to look for space next: zones along the roads near residents, ranked by the coverage that one "
        "more space there would add; writes white-spots.csv and white-spots.geojson.\n\n"
        "Example: siteplan white-spots results/2027 --function elderly_care --count 5",
    ),
)
def white_spots(
    context: typer.Context,
    results: ResultsArgument,
    function: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=bilingual("只看这一功能；默认全部。", "Only this function (name or key); by default all."),
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(metavar="YEAR", help=bilingual("年份；默认末年。", "Year; by default the last.")),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, max=100, help=bilingual("要几处。", "How many zones are wanted."))
    ] = 10,
    minimum_area_m2: Annotated[
        float | None,
        typer.Option(
            "--minimum-area-m2",
            metavar="M2",
            min=1.0,
            help=bilingual(
                "要找的空间至少有多少建筑面积：只计装得下的功能。默认按所需面积。",
                "Floor area of the spaces looked for: only functions that fit in count. By default as large "
                "as they need be.",
            ),
        ),
    ] = None,
    only_without_candidates: Annotated[
        bool,
        typer.Option(
            "--only-without-candidates",
            help=bilingual(
                "只计名录中没有空间能覆盖的（真正的空白）。",
                "Count only what no listed space could cover: the true blanks.",
            ),
        ),
    ] = False,
    solved: Annotated[
        int,
        typer.Option(
            "--solve",
            min=0,
            help=bilingual(
                "前几处加入这处空间重新求解。", "So many zones are solved for, with a space in them."
            ),
        ),
    ] = 3,
    store: Annotated[
        bool,
        typer.Option(
            "--store",
            help=bilingual(
                "存入结果文件夹的 explanations.json，地图和报告采用。",
                "Keep them in the result folder (explanations.json) for the map and the report.",
            ),
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "两个文件的文件夹；默认结果文件夹。", "Folder of the files; by default the results."
            ),
        ),
    ] = None,
    seconds: SecondsOption = 60.0,
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Print and write the zones in which to look for space next."""
    from siteplan.cli.white_spots import Searched, search_results

    asked = Searched(
        function=function,
        year=year,
        count=count,
        minimum_area_m2=minimum_area_m2,
        only_without_candidates=only_without_candidates,
        solved=solved,
        seconds=seconds or None,
        output=output,
        store=store,
        case=case,
    )
    search_results(results, asked, session_of(context))

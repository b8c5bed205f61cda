"""The commands of ``siteplan``: each reads its options, calls the stages and shows what they return.

Whatever loads the solver or the geographic libraries is imported inside the commands, so that help
texts and usage errors come at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siteplan.cli.benching import bench_app
from siteplan.cli.clock import LONGEST_TIME_LIMIT_S, MINIMUM_TIME_LIMIT_S
from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.language import ENVIRONMENT_VARIABLE, bilingual
from siteplan.cli.options import (
    Difference,
    ExportTarget,
    LanguageOption,
    PictureFormat,
    PictureKind,
    ProcessesOption,
    ReportKind,
    Rule,
    SchedulerOption,
    SolveOutput,
    cores,
    show_version,
)
from siteplan.cli.roads import roads_app
from siteplan.cli.session import Session, session_of
from siteplan.text import Text

if TYPE_CHECKING:
    from siteplan.cli.stages import FurtherOutputs

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
app.add_typer(roads_app, name="roads")
app.add_typer(bench_app, name="bench")

ScenarioArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO",
        help=bilingual(
            "情景文件，例如 scenarios/2027.yaml", "Scenario file, for example scenarios/2027.yaml"
        ),
    ),
]
CaseOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help=bilingual("案例文件夹现在的位置（若已移动）。", "Where the case folder is now, if it moved."),
    ),
]
ResultsArgument = Annotated[
    Path, typer.Argument(metavar="RESULTS", help=bilingual("结果文件夹。", "The result folder."))
]
OnlyOption = Annotated[
    SolveOutput | None,
    typer.Option(
        "--only",
        case_sensitive=False,
        help=bilingual(
            "plan：不写报告、地图和图片，较快。",
            "plan: without report, map and pictures; faster.",
        ),
    ),
]
SecondsOption = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        min=0.0,
        help=bilingual("每次重新求解的秒数；0 不求解。", "For each solve; 0: nothing is solved again."),
    ),
]


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


@app.command(
    help=bilingual(
        "新建一个可直接运行的文件夹：模型、示例案例和情景。\n\n例：siteplan init my-county",
        "Make a folder that is ready to run: model, example case and scenarios.\n\n"
        "Example: siteplan init my-county",
    )
)
def init(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help=bilingual("新文件夹或空文件夹。", "A new or an empty folder.")),
    ],
    lang: LanguageOption = None,
) -> None:
    """Copy the bundled model, case and scenarios."""
    from siteplan.cli.starter import create_starter_folder

    create_starter_folder(folder)
    reporter = session_of(context).reporter
    reporter.say(
        Text(
            f"已建立 {folder}。下一步：\n"
            f"    cd {folder}\n"
            "    siteplan check scenarios/2027.yaml\n"
            "    siteplan solve scenarios/2027.yaml\n"
            "    siteplan verify results/2027\n"
            "换成自己的数据：修改 data/zhouzhi/ 里的表格（列的含义见 docs/data-dictionary.md）。",
            f"Made {folder}. Next:\n"
            f"    cd {folder}\n"
            "    siteplan check scenarios/2027.yaml\n"
            "    siteplan solve scenarios/2027.yaml\n"
            "    siteplan verify results/2027\n"
            "Your own county: change data/zhouzhi/ (docs/data-dictionary.md lists the columns).",
        )
    )


@app.command(
    help=bilingual(
        "检查情景和案例：一次报告全部问题。\n\n每个问题都说明位置、允许什么、怎么改。\n\n"
        "例：siteplan check scenarios/2027.yaml",
        "Check a scenario and its case: every problem at once, each with its place, what is allowed and how "
        "to mend it.\n\nExample: siteplan check scenarios/2027.yaml",
    )
)
def check(context: typer.Context, scenario: ScenarioArgument, lang: LanguageOption = None) -> None:
    """Report every error and warning of a scenario, its case and its roads."""
    from siteplan.cli.display import progress_on
    from siteplan.cli.stages import Stopwatch, prepare

    session = session_of(context)
    with progress_on(session.err, session.language, session.clock) as display:
        prepared = prepare(scenario, Stopwatch(display, session.clock))
    session.reporter.findings(prepared.warnings)


@app.command(
    help=bilingual(
        "求解一个情景并发布布局方案。按一次 Ctrl-C：停止搜索并发布目前最好的方案；按两次：立即退出。\n\n"
        "例：siteplan solve scenarios/2027.yaml\n\n"
        "例：siteplan solve scenarios/2027-2030.yaml --time-limit 120 --gap 0.5 --output results/test",
        "Solve a scenario and publish the layout plan. Ctrl-C once: stop searching and publish the best plan "
        "so far; twice: end at once.\n\n"
        "Example: siteplan solve scenarios/2027.yaml\n\n"
        "Example: siteplan solve scenarios/2027-2030.yaml --time-limit 120 --gap 0.5 --output results/test",
    )
)
def solve(
    context: typer.Context,
    scenario: ScenarioArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "结果文件夹；默认 results/<情景文件名>。",
                "Result folder; by default results/<scenario's name>.",
            ),
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=MINIMUM_TIME_LIMIT_S,
            max=LONGEST_TIME_LIMIT_S,
            help=bilingual(
                "整个命令的秒数，含启动和发布；默认按情景。",
                "Seconds for the whole command, start-up and publishing included; by default the scenario's.",
            ),
        ),
    ] = None,
    gap: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            min=0.0,
            help=bilingual(
                "与理论界之差在此以内即停，单位：覆盖率百分点，看第一级目标。",
                "Stop the first level once it is proven within so many coverage points of the best.",
            ),
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**31 - 1,
            help=bilingual("搜索的随机种子。", "Seed of the search: another may differ."),
        ),
    ] = None,
    effort: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100.0,
            help=bilingual("工作量的倍数，0.1 为快速试算。", "Work limits times this; 0.1 is a quick trial."),
        ),
    ] = None,
    only: OnlyOption = None,
    lang: LanguageOption = None,
) -> int:
    """Run every stage and print the summary; the exit code is returned."""
    from siteplan.cli.solving import Options, solve_scenario

    session = session_of(context)
    options = Options(output, time_limit, gap, seed, effort, _further_outputs(only, session))
    return solve_scenario(scenario, options, session)


def _further_outputs(only: SolveOutput | None, session: Session) -> FurtherOutputs:
    """Return what makes the results for people, unless only the plan is wanted."""
    from siteplan.cli.solving import readables_in
    from siteplan.cli.stages import no_further_outputs

    return no_further_outputs if only is SolveOutput.PLAN else readables_in(session.language)


@app.command(
    help=bilingual(
        "用独立的代码从原始输入重新计算方案的每一项说法；有不实即退出码 1。\n\n"
        "例：siteplan verify results/2027",
        "Recompute everything a plan claims from the raw inputs with independent code; exit code 1 if "
        "anything is false.\n\nExample: siteplan verify results/2027",
    )
)
def verify(
    context: typer.Context,
    results: ResultsArgument,
    case: CaseOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=bilingual("以 JSON 输出全部结论。", "Print every claim as JSON."))
    ] = False,
    lang: LanguageOption = None,
) -> int:
    """Verify a result folder; the exit code is returned."""
    from siteplan.cli.verdict import report_as_json, show_report
    from siteplan.publish import mend_interrupted_swap
    from siteplan.verify import verify_results

    session = session_of(context)
    mend_interrupted_swap(results)
    report = verify_results(results, case)
    if as_json:
        typer.echo(json.dumps(report_as_json(report), ensure_ascii=False, indent=2))
    else:
        show_report(report, session)
    return ExitCode.DONE if report.passed else ExitCode.FALSE_CLAIM


@app.command(
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


@app.command(
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
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Print the value of more money by year and of one more space by community."""
    from siteplan.cli.pricing import Priced, price_results

    priced = Priced(year, community, step, seconds, case)
    price_results(results, priced, session_of(context))


@app.command(
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


@app.command(
    help=bilingual(
        "权衡曲线：让一项设定由紧到松，每一点都求到最好并证明界，都是完整的方案。"
        "--over 可写 budget（资金，%）、sites（每年新开点位）、walking（步行距离，%）、worst_community"
        "（最弱社区的功能数）、area_standard（每百户面积）、coverage:<功能>；--against 写一级目标，"
        "或 coverage:<功能>。\n\n"
        "例：siteplan frontier scenarios/2027.yaml --over budget --from 25 --to 150 --points 12",
        "The trade-off curve: a setting varied from tight to loose, the best plan and a proven bound at each "
        "point, each a full plan. --over: budget (% of the scenario's), sites (new ones a year), walking (% "
        "of the radii), worst_community (functions), area_standard (m² per 100 households), "
        "coverage:<function>; --against: a level of the objective, or coverage:<function>.\n\n"
        "Example: siteplan frontier scenarios/2027.yaml --over budget --from 25 --to 150 --points 12",
    )
)
def frontier(
    context: typer.Context,
    scenario: ScenarioArgument,
    over: Annotated[
        str, typer.Option(metavar="SETTING", help=bilingual("变动哪一项。", "What is varied."))
    ] = "budget",
    against: Annotated[
        str,
        typer.Option(
            metavar="LEVEL", help=bilingual("每一点优先做到最好的目标。", "What each point aims at.")
        ),
    ] = "shortfall",
    first: Annotated[
        float | None,
        typer.Option("--from", metavar="VALUE", help=bilingual("从多少起。", "The first value.")),
    ] = None,
    last: Annotated[
        float | None, typer.Option("--to", metavar="VALUE", help=bilingual("到多少止。", "The last value."))
    ] = None,
    points: Annotated[
        int, typer.Option(min=2, max=100, help=bilingual("点数。", "The number of points."))
    ] = 12,
    seconds: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=1.0, help=bilingual("每一点求解的秒数。", "For each point.")),
    ] = 20.0,
    gap: Annotated[
        float,
        typer.Option(
            metavar="POINTS",
            min=0.0,
            help=bilingual(
                "第一级目标的差在此以内即可。", "How near to its bound the first level must come."
            ),
        ),
    ] = 0.5,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "结果文件夹，须在项目之内；默认 results/<情景文件名>-frontier。",
                "The folder, inside the project; by default results/<scenario's name>-frontier.",
            ),
        ),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Trace the trade-off curve between two measures."""
    from siteplan.cli.tracing import Traced, trace_frontier

    asked = Traced(over, against, first, last, points, seconds, gap, output)
    trace_frontier(scenario, asked, session_of(context))


@app.command(
    help=bilingual(
        "一样好但尽量不同的方案：第一级目标至多差 --within，与前面各方案的不同之处最多；"
        "列出每份都有、部分有、只有一份有的点位。可给结果文件夹或情景文件。\n\n"
        "例：siteplan alternatives results/2027 --within 1 --count 5",
        "Plans that are as good (the first level at most --within worse) but as different as possible, and "
        "which sites are in all of them, in some, in one only. Of a result folder or a scenario file.\n\n"
        "Example: siteplan alternatives results/2027 --within 1 --count 5",
    )
)
def alternatives(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS|SCENARIO",
            help=bilingual("结果文件夹或情景文件。", "A result folder or a scenario file."),
        ),
    ],
    within: Annotated[
        float,
        typer.Option(
            metavar="POINTS",
            min=0.0,
            help=bilingual("第一级目标至多差多少。", "How much worse the first level may be."),
        ),
    ] = 1.0,
    count: Annotated[
        int, typer.Option(min=1, max=50, help=bilingual("要几份。", "How many are wanted."))
    ] = 5,
    by: Annotated[
        Difference,
        typer.Option(
            "--by",
            case_sensitive=False,
            help=bilingual(
                "按什么比较不同：sites 点位，functions 点位、功能和年份。",
                "What differs: sites, or functions (site, function and year).",
            ),
        ),
    ] = Difference.SITES,
    seconds: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=1.0, help=bilingual("每份求解的秒数。", "For each of them.")),
    ] = 40.0,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "结果文件夹；默认 results/<名称>-alternatives。",
                "The folder; by default results/<name>-alternatives.",
            ),
        ),
    ] = None,
    case: CaseOption = None,
    lang: LanguageOption = None,
) -> None:
    """Find plans as good but as different as possible."""
    from siteplan.cli.choosing import Wanted, propose_alternatives
    from siteplan.solve.difference import Measure

    wanted = Wanted(within, count, Measure(by.value), seconds, output, case)
    propose_alternatives(source, wanted, session_of(context))


@app.command(
    help=bilingual(
        "多种未来，一个共同决定：情景的 futures 写明各种未来（资金、造价、需求、失去的空间，可带概率）；"
        "启用哪些点位、哪一年现在决定，其余随未来调整。规则：robust 最坏情况最好、expected 期望最好、regret "
        "最大遗憾最小。列出各种未来都启用的点位（无悔）、其余取决于什么。\n\n"
        "例：siteplan futures scenarios/2027-futures.yaml",
        "One decision for several futures: `futures` in the scenario states them (money, cost, demand, lost "
        "spaces, with probabilities or not); which sites open when is decided now, all else adapts. Rules: "
        "robust (best worst case), expected (best mean), regret (least largest regret). Lists the sites that "
        "open in every future (no-regret) and what the others depend on.\n\n"
        "Example: siteplan futures scenarios/2027-futures.yaml",
    )
)
def futures(
    context: typer.Context,
    scenario: ScenarioArgument,
    rule: Annotated[
        Rule | None,
        typer.Option(
            case_sensitive=False,
            help=bilingual("代替情景中的规则。", "In place of the scenario's rule."),
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=1.0,
            help=bilingual(
                "每种未来每次求解的秒数；共同决定另有同样多乘以未来数。",
                "For each solve of a future; the decision has as many times that as there are futures.",
            ),
        ),
    ] = 20.0,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "结果文件夹，须在项目之内；默认 results/<情景文件名>-futures。",
                "The folder, inside the project; by default results/<scenario's name>-futures.",
            ),
        ),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Find one decision for several futures."""
    from siteplan.cli.foreseeing import Foreseen, decide_for_futures
    from siteplan.scenario import DecisionRule

    asked = Foreseen(None if rule is None else DecisionRule(rule.value), seconds, output)
    decide_for_futures(scenario, asked, session_of(context))


@app.command(
    help=bilingual(
        "批量运行：若干情景 × 参数取值，多进程并行或在 Dask 集群上；每次运行都是完整的结果文件夹，"
        "已完成且输入未变的不再重复，一次失败不影响其他，汇总在 sweep.csv。"
        "也可给出写明 scenarios 和 set 的 YAML 文件。\n\n"
        "例：siteplan sweep scenarios/2027.yaml --set budget.scale=0.5,0.75,1 --set pace.sites_per_year=6,10",
        "Many runs: scenarios × values of parameters, in parallel processes or on a Dask cluster. Every run "
        "is a full result folder; what is finished and has the same inputs isn't repeated, a failure harms "
        "no other run, and sweep.csv has them all. Or name a YAML file that states `scenarios` and `set`.\n\n"
        "Example: siteplan sweep scenarios/2027.yaml --set budget.scale=0.5,0.75,1 "
        "--set pace.sites_per_year=6,10",
    )
)
def sweep(
    context: typer.Context,
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SWEEP|SCENARIO...",
            help=bilingual("批量文件，或若干情景文件。", "A sweep file, or scenario files."),
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=V1,V2",
            help=bilingual(
                "情景的键（用点分级）和取值，可多次。",
                "A key of the scenario, dotted, and values; repeatable.",
            ),
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1.0,
            help=bilingual(
                "每次运行的秒数；默认按各情景。", "For each run; by default as its scenario says."
            ),
        ),
    ] = None,
    processes: ProcessesOption = None,
    scheduler: SchedulerOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "结果文件夹，须在项目之内；默认 results/<名称>-sweep。",
                "The folder, inside the project; by default results/<name>-sweep.",
            ),
        ),
    ] = None,
    lang: LanguageOption = None,
) -> int:
    """Run scenarios with every combination of values."""
    from siteplan.cli.sweeping import Swept, sweep_scenarios

    asked = Swept(tuple(sources), tuple(settings or ()), seconds, processes or cores(), scheduler, output)
    return sweep_scenarios(asked, session_of(context))


@app.command(
    help=bilingual(
        "全省（市）资金在各县之间的分配：每个县按多种资金规模各求一次（并行），再精确分配每年总额，"
        "并给出任何分配都不能超过的界；每个县的方案都是完整的结果文件夹。"
        "文件写明 counties 和 budget_cny。\n\n"
        "例：siteplan province scenarios/province.yaml",
        "The money of a province split among its counties: each county solved at several budgets, in "
        "parallel, an exact split of each year's total over these points, and a bound that no split "
        "exceeds; every county's plan is a full result folder. The file states `counties` and "
        "`budget_cny`.\n\n"
        "Example: siteplan province scenarios/province.yaml",
    )
)
def province(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="PROVINCE", help=bilingual("省级文件（YAML）。", "The province file (YAML).")),
    ],
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1.0,
            help=bilingual("一个县每次求解的秒数。", "For each solve of a county."),
        ),
    ] = None,
    processes: ProcessesOption = None,
    scheduler: SchedulerOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "结果文件夹，须在项目之内；默认 results/<名称>-province。",
                "The folder, inside the project; by default results/<name>-province.",
            ),
        ),
    ] = None,
    lang: LanguageOption = None,
) -> int:
    """Split the money of a province among its counties."""
    from siteplan.cli.provincing import Shared, plan_province

    asked = Shared(seconds, processes or cores(), scheduler, output)
    return plan_province(file, asked, session_of(context))


@app.command(
    help=bilingual(
        "动态调整（调入、调出、替换）：已建成和在建的不动，滞后的推迟，新增和失去的空间按新情景计入，"
        "其余承诺尽量不变；逐项列出变动和原因。进度表的列：点位、阶段（摸底、方案、联评联审、立项、开工、"
        "完工、联合验收、运营）、日期。\n\n"
        "例：siteplan replan results/2027 --progress progress.csv --scenario scenarios/new.yaml",
        "Adjust a plan: what is built or being built stays, what slipped waits, new and lost spaces are "
        "those of the new scenario, and as few other promises as possible change; every change is listed "
        "with its reason. Columns of the progress table: site, stage (survey, design, joint_review, "
        "approval, construction, completion, acceptance, operation), date.\n\n"
        "Example: siteplan replan results/2027 --progress progress.csv --scenario scenarios/new.yaml",
    )
)
def replan(
    context: typer.Context,
    results: ResultsArgument,
    scenario: Annotated[
        Path,
        typer.Option(metavar="SCENARIO", help=bilingual("新的情景文件。", "The new scenario file.")),
    ],
    progress: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=bilingual("进度表（CSV）。", "The progress table, a CSV file.")),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "结果文件夹，须在项目之内；默认 results/<新情景名>-replan。",
                "The folder, inside the project; by default results/<new scenario's name>-replan.",
            ),
        ),
    ] = None,
    only: OnlyOption = None,
    lang: LanguageOption = None,
) -> None:
    """Replan with as few changed promises as possible."""
    from siteplan.cli.replanning import Adjusted, replan_results

    session = session_of(context)
    given = Adjusted(results, progress, scenario, output, _further_outputs(only, session))
    replan_results(given, session)


@app.command(
    help=bilingual(
        "并排比较两份以上方案：先列输入和设定的不同，再列覆盖、面积、资金、各级目标、不同的点位、谁得谁失；"
        "写出网页、Word、工作簿、CSV 和 JSON。可给结果文件夹或情景文件（没有最新结果的先求解）；"
        "第一份是参照。\n\n"
        "例：siteplan compare results/2027 results/2027-half\n\n"
        "例：siteplan compare scenarios/2027.yaml scenarios/2027-nearest-place.yaml --effort 0.1",
        "Two or more plans side by side: first what differs in their inputs and settings, then coverage, "
        "area, money, levels, sites that differ, who gains and loses; as a page, in Word, Excel, CSV and "
        "JSON. Of result folders, or of scenario files (solved first where there is no up-to-date result). "
        "The first is the reference.\n\n"
        "Example: siteplan compare results/2027 results/2027-half\n\n"
        "Example: siteplan compare scenarios/2027.yaml scenarios/2027-nearest-place.yaml --effort 0.1",
    )
)
def compare(
    context: typer.Context,
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULTS|SCENARIO...",
            help=bilingual(
                "结果文件夹或情景文件，两个以上。", "Result folders or scenario files, two or more."
            ),
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=bilingual(
                "输出文件夹；默认 results/<各名称>-compare。",
                "The folder; by default results/<names>-compare.",
            ),
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=MINIMUM_TIME_LIMIT_S,
            max=LONGEST_TIME_LIMIT_S,
            help=bilingual("每个情景求解的秒数。", "Seconds for each scenario that is solved."),
        ),
    ] = None,
    effort: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=100.0,
            help=bilingual("工作量的倍数，0.1 为快速试算。", "Work limits times this; 0.1 is a quick trial."),
        ),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Compare plans."""
    from siteplan.cli.comparing import CompareOptions, compare_results

    compare_results(sources, CompareOptions(output, time_limit, effort), session_of(context))


@app.command(
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


@app.command(
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


@app.command(
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


@app.command(
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


@app.command(
    help=bilingual(
        "列出情景中以假设为依据的数字：位置、数值和说明。\n\n例：siteplan assumptions scenarios/2027.yaml",
        "List the figures of a scenario that rest on an assumption: place, value and note.\n\n"
        "Example: siteplan assumptions scenarios/2027.yaml",
    )
)
def assumptions(context: typer.Context, scenario: ScenarioArgument, lang: LanguageOption = None) -> None:
    """Print a table of the assumed figures."""
    from siteplan.cli.assumptions import show_assumptions
    from siteplan.inputs.policy_files import load_policy
    from siteplan.inputs.scenario_files import load_scenario

    loaded = load_scenario(scenario)
    show_assumptions(load_policy(loaded.model_folder, loaded), session_of(context))

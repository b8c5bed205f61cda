"""The commands that solve a scenario many times, or set plans side by side.

Whatever loads the solver or the geographic libraries is imported inside the commands, so that help
texts and usage errors come at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siteplan.cli.clock import LONGEST_TIME_LIMIT_S, MINIMUM_TIME_LIMIT_S
from siteplan.cli.commands.arguments import (
    CaseOption,
    OnlyOption,
    ResultsArgument,
    ScenarioArgument,
    further_outputs,
)
from siteplan.cli.language import bilingual
from siteplan.cli.options import (
    Difference,
    LanguageOption,
    ProcessesOption,
    Rule,
    SchedulerOption,
    cores,
)
from siteplan.cli.session import session_of

commands = typer.Typer()


@commands.command(
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


@commands.command(
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


@commands.command(
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


@commands.command(
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


@commands.command(
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


@commands.command(
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
    given = Adjusted(results, progress, scenario, output, further_outputs(only, session))
    replan_results(given, session)


@commands.command(
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

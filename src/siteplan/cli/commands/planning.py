"""The commands of a plan: make a folder, check, solve, verify, list the assumptions.

Whatever loads the solver or the geographic libraries is imported inside the commands, so that help
texts and usage errors come at once.
"""

from __future__ import annotations

import json
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
from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.language import bilingual
from siteplan.cli.options import LanguageOption
from siteplan.cli.session import session_of
from siteplan.text import Text

commands = typer.Typer()


@commands.command(
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


@commands.command(
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


@commands.command(
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
    options = Options(output, time_limit, gap, seed, effort, further_outputs(only, session))
    return solve_scenario(scenario, options, session)


@commands.command(
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


@commands.command(
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

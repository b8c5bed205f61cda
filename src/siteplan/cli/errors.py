"""The one place where whatever ends a command becomes a message on stderr and an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from typer import TyperException

from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.language import usage_message
from siteplan.findings import Finding, InputError, Severity
from siteplan.text import Language, Text

SHOWN_WARNINGS_OF_A_KIND = 20
"""A kind of warning is shown this often; the others of it are counted."""

INTERRUPTED = Text("已中断；已有结果未改动。", "interrupted; the previous results are as they were.")


class Reporter:
    """Writes findings and other messages to stderr in one language."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._language = language

    def say(self, words: Text, style: str | None = None) -> None:
        """Write one message."""
        self.write(words.in_language(self._language), style)

    def write(self, words: str, style: str | None = None) -> None:
        """Write words that read the same in both languages."""
        self._console.print(words, style=style, markup=False, highlight=False, soft_wrap=True)

    def findings(self, findings: Iterable[Finding]) -> None:
        """Write every error, the warnings, and how many there are of each."""
        collected = sorted(findings, key=lambda finding: finding.severity is Severity.WARNING)
        shown: dict[str, int] = {}
        for finding in collected:
            is_warning = finding.severity is Severity.WARNING
            shown[finding.code] = shown.get(finding.code, 0) + 1
            if is_warning and shown[finding.code] > SHOWN_WARNINGS_OF_A_KIND:
                continue
            self.write(finding.describe(self._language), "yellow" if is_warning else "red")
        for code, times in shown.items():
            self._say_hidden(code, times, collected)
        self.say(counts(collected))

    def _say_hidden(self, code: str, times: int, findings: Sequence[Finding]) -> None:
        is_error = any(one.code == code and one.severity is Severity.ERROR for one in findings)
        hidden = times - SHOWN_WARNINGS_OF_A_KIND
        if hidden > 0 and not is_error:
            self.say(Text(f"… 另有 {hidden} 条 [{code}] 警告", f"… and {hidden} more [{code}] warnings"))


def counts(findings: Iterable[Finding]) -> Text:
    """Return how many errors and warnings there are, in words."""
    collected = list(findings)
    errors = sum(1 for finding in collected if finding.severity is Severity.ERROR)
    warnings = len(collected) - errors
    return Text(
        f"{errors} 个错误，{warnings} 个警告。",
        f"{errors} error{'' if errors == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}.",
    )


def run_and_report(command: Callable[[], int | None], reporter: Reporter, *, debug: bool) -> ExitCode:
    """Run a command; return its exit code, with a message for whatever ended it early."""
    try:
        code = ExitCode(command() or ExitCode.DONE)
        if code is ExitCode.INTERRUPTED_WITHOUT_PLAN:
            reporter.say(INTERRUPTED)
        return code
    except KeyboardInterrupt:
        reporter.say(INTERRUPTED)
        return ExitCode.INTERRUPTED_WITHOUT_PLAN
    except (InputError, TyperException) as problem:
        _report_bad_input(problem, reporter)
        return ExitCode.BAD_INPUT
    except Exception as problem:
        return _report_no_plan(problem, reporter) or _report_internal_error(problem, reporter, debug=debug)


def _report_bad_input(problem: InputError | TyperException, reporter: Reporter) -> None:
    if isinstance(problem, InputError):
        reporter.findings(problem.findings)
        return
    message = problem.format_message()
    if message:  # none where no arguments were given: typer prints the help by itself
        chinese = usage_message(message, Language.ZH)
        reporter.say(Text(f"用法有误：{chinese}", f"usage error: {message}"), "red")
    context = getattr(problem, "ctx", None)
    path = context.command_path if context is not None else "siteplan"
    reporter.say(Text(f"用法说明：{path} --help", f"how to use it: {path} --help"))


def _report_no_plan(problem: Exception, reporter: Reporter) -> ExitCode | None:
    """Report that the solve stage ended without a plan; None if something else is the matter."""
    from siteplan.solve import InfeasibleError, NoPlanError  # noqa: PLC0415 - takes a second to load

    if isinstance(problem, InfeasibleError):
        reporter.say(problem.text, "red")
        return ExitCode.INFEASIBLE
    if not isinstance(problem, NoPlanError):
        return None
    if problem.interrupted:
        reporter.say(Text("已中断，尚未找到方案。", "interrupted before any plan was found."), "red")
        return ExitCode.INTERRUPTED_WITHOUT_PLAN
    reporter.say(
        Text(
            "时间用完，尚未找到方案；请加大 --time-limit。",
            "the time ran out before any plan was found; raise --time-limit.",
        ),
        "red",
    )
    return ExitCode.TIME_LIMIT_WITHOUT_PLAN


def _report_internal_error(problem: Exception, reporter: Reporter, *, debug: bool) -> ExitCode:
    what = f"{type(problem).__name__}: {problem}"
    reporter.say(Text(f"内部错误：{what}", f"internal error: {what}"), "red")
    if debug:
        reporter.write("".join(traceback.format_exception(problem)))
    else:
        reporter.say(
            Text(
                "这是程序的缺陷，已有结果未改动。加 --debug 再运行一次，并把全部输出报告给维护者。",
                "this is a fault of siteplan; the previous results are as they were. Run it again with "
                "--debug and report the whole output.",
            )
        )
    return ExitCode.INTERNAL_ERROR

"""``siteplan report``: from a result folder and its inputs to ``report.docx`` and ``report.xlsx``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from siteplan.cli.explaining import question_about
from siteplan.cli.options import ReportKind
from siteplan.cli.session import Session
from siteplan.cli.stages import Prepared
from siteplan.cli.wording import LEVEL_NAMES
from siteplan.findings import Finding, InputError, Place, error
from siteplan.plan import Plan
from siteplan.publish import read_explanations, read_run_record
from siteplan.publish.explanations import MissedTarget
from siteplan.publish.report import REPORT_FILE, ReportSources, write_report
from siteplan.publish.report.office import check_office, write_pdf
from siteplan.publish.workbook import WORKBOOK_FILE, WorkbookSources, write_workbook
from siteplan.text import Text

FILES = {ReportKind.DOCX: REPORT_FILE, ReportKind.XLSX: WORKBOOK_FILE}


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Options of the command line; ``output`` is a file of one kind, or a folder for both."""

    output: Path | None = None
    only: ReportKind | None = None
    pdf: bool = False
    template: Path | None = None
    case: Path | None = None


def report_results(results: Path, options: ReportOptions, session: Session) -> None:
    """Write the Word report and the workbook of a result folder, or one of them.

    Raises:
        InputError: a result file is missing, an input is missing or has changed, the template lacks
            something, a file can't be written, or a PDF is wanted and there is no LibreOffice.
        BadParameter: the options contradict each other.
    """
    files = _files(results, options, session)
    if options.pdf:
        check_office(files[ReportKind.DOCX].with_suffix(".pdf"))
    question, prepared = question_about(results, None, options.case, session)
    plan, missed = question.plan, _stored_causes(results, session)
    if ReportKind.DOCX in files:
        sources = report_sources(results, plan, prepared, missed, session)
        file = files[ReportKind.DOCX]
        _write(file, lambda: write_report(sources, file, options.template), session)
        if options.pdf:
            pdf = file.with_suffix(".pdf")
            _write(pdf, lambda: write_pdf(file, pdf), session)
    if ReportKind.XLSX in files:
        book = workbook_sources(plan, prepared, missed, session)
        _write(files[ReportKind.XLSX], lambda: write_workbook(book, files[ReportKind.XLSX]), session)


def _stored_causes(results: Path, session: Session) -> tuple[MissedTarget, ...]:
    stored = read_explanations(results)
    if stored.ignored is not None:
        session.reporter.say(stored.ignored)
    return () if stored.explanations is None else stored.explanations.shortfalls


def report_sources(
    results: Path, plan: Plan, prepared: Prepared, missed: tuple[MissedTarget, ...], session: Session
) -> ReportSources:
    """Return what the Word report is made of.

    Raises:
        InputError: the run record can't be read.
    """
    inputs = prepared.inputs
    return ReportSources(
        plan=plan,
        problem=prepared.problem,
        case=inputs.case,
        policy=inputs.policy,
        scenario=inputs.loaded.scenario,
        network=inputs.network,
        record=read_run_record(results),
        level_names=LEVEL_NAMES,
        language=session.language,
        missed=missed,
    )


def workbook_sources(
    plan: Plan, prepared: Prepared, missed: tuple[MissedTarget, ...], session: Session
) -> WorkbookSources:
    """Return what the workbook is made of."""
    inputs = prepared.inputs
    return WorkbookSources(
        plan=plan,
        problem=prepared.problem,
        towns={town.town_code: town.town_name for town in inputs.case.towns},
        lead_bureaus={key: function.lead_bureau.text for key, function in inputs.policy.functions.items()},
        language=session.language,
        missed=missed,
    )


def _files(results: Path, options: ReportOptions, session: Session) -> dict[ReportKind, Path]:
    """Return the files to be written, by kind; the ending of ``--output`` chooses one, as ``--only`` does."""
    output, only = options.output, options.only
    named = None if output is None else {f".{kind.value}": kind for kind in ReportKind}.get(output.suffix)
    fault: Text | None = None
    if only is not None and named is not None and only is not named:
        fault = Text("--only 与 --output 的扩展名不一致", "--only and the ending of --output differ")
    wanted = [kind for kind in ReportKind if kind in (named or only or kind, only or named or kind)]
    if ReportKind.DOCX not in wanted and (options.pdf or options.template is not None):
        fault = Text("--pdf、--template 只用于 report.docx", "--pdf and --template go with report.docx only")
    if fault is not None:
        raise typer.BadParameter(fault.in_language(session.language))
    if named is not None and output is not None:
        return {named: output}
    folder = results if output is None else output
    return {kind: folder / FILES[kind] for kind in wanted}


def _write(file: Path, write: Callable[[], None], session: Session) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write()
    except OSError as refusal:
        raise InputError([_not_writable(file, refusal)]) from refusal
    session.reporter.say(Text(f"已写出 {file}", f"wrote {file}"))


def _not_writable(file: Path, refusal: OSError) -> Finding:
    return error(
        "report-not-writable",
        Place(file=file),
        found=Text(f"写不了这个文件：{refusal}", f"the file can't be written: {refusal}"),
        allowed=Text("可写的文件夹中的文件", "a file in a folder that can be written"),
        mend=Text("关闭正在打开它的程序，或用 --output 另指定", "close it where it is open, or say --output"),
    )

"""``siteplan report``: from a result folder and its inputs to ``report.docx`` and ``report.xlsx``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from siteplan.cli.explaining import question_about
from siteplan.cli.options import ReportKind
from siteplan.cli.readable import readable_sources
from siteplan.cli.session import Session
from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish import Explanations, read_explanations, read_run_record
from siteplan.publish.report import REPORT_FILE, write_report
from siteplan.publish.report.office import check_office, write_pdf
from siteplan.publish.workbook import WORKBOOK_FILE, write_workbook
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
    sources = readable_sources(prepared, question.plan, session.language)
    stored = _stored(results, session)
    if ReportKind.DOCX in files:
        made_from = sources.report(read_run_record(results), stored)
        file = files[ReportKind.DOCX]
        write_file(file, lambda: write_report(made_from, file, options.template), session)
        if options.pdf:
            pdf = file.with_suffix(".pdf")
            write_file(pdf, lambda: write_pdf(file, pdf), session)
    if ReportKind.XLSX in files:
        book = sources.workbook(() if stored is None else stored.shortfalls)
        write_file(files[ReportKind.XLSX], lambda: write_workbook(book, files[ReportKind.XLSX]), session)


def _stored(results: Path, session: Session) -> Explanations | None:
    stored = read_explanations(results)
    if stored.ignored is not None:
        session.reporter.say(stored.ignored)
    elif stored.explanations is None:
        session.reporter.say(
            Text(
                f"未存缺口原因；要写进报告，先运行 siteplan explain {results} --shortfalls --store",
                f"no causes of shortfalls are stored; for the report, first run siteplan explain {results}"
                " --shortfalls --store",
            )
        )
    return stored.explanations


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


def write_file(file: Path, write: Callable[[], None], session: Session) -> None:
    """Write a file and say so.

    Raises:
        InputError: it can't be written.
    """
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

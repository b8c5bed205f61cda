"""``siteplan report``: from a result folder and its inputs to ``report.xlsx``."""

from __future__ import annotations

from pathlib import Path

from siteplan.cli.explaining import question_about
from siteplan.cli.session import Session
from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish.workbook import WORKBOOK_FILE, WorkbookSources, write_workbook
from siteplan.text import Text


def report_results(results: Path, output: Path | None, case: Path | None, session: Session) -> None:
    """Write the workbook of a result folder.

    Raises:
        InputError: a result file is missing, an input is missing or has changed, or the workbook can't be
            written.
    """
    question, prepared = question_about(results, None, case, session)
    inputs = prepared.inputs
    sources = WorkbookSources(
        plan=question.plan,
        problem=prepared.problem,
        towns={town.town_code: town.town_name for town in inputs.case.towns},
        lead_bureaus={key: function.lead_bureau.text for key, function in inputs.policy.functions.items()},
        language=session.language,
    )
    file = output if output is not None else results / WORKBOOK_FILE
    try:
        write_workbook(sources, file)
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

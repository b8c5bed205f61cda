"""What ``siteplan verify`` shows: false claims in full, the others in numbers."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from siteplan.cli.session import Session
from siteplan.text import Text
from siteplan.verify import ClaimResult, ClaimStatus, VerificationReport


def report_as_json(report: VerificationReport) -> dict[str, Any]:
    """Return the report as JSON values: whether it passed, and every claim in both languages."""
    return {
        "passed": report.passed,
        "comparisons": report.comparisons,
        "claims": [
            {
                "key": claim.key,
                "status": claim.status.value,
                "comparisons": claim.comparisons,
                "name": {"zh": claim.name.zh, "en": claim.name.en},
                "detail": {"zh": claim.detail.zh, "en": claim.detail.en},
            }
            for claim in report.claims
        ],
    }


def show_report(report: VerificationReport, session: Session) -> None:
    """Print one row for each claim that isn't false, then every false claim in full, then the verdict."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column(Text("说法", "claim").in_language(session.language), overflow="fold")
    table.add_column(Text("结论", "finding").in_language(session.language))
    table.add_column(Text("比对数", "comparisons").in_language(session.language), justify="right")
    for claim in report.claims:
        if claim.status is not ClaimStatus.FALSE:
            table.add_row(
                claim.name.in_language(session.language),
                _finding(claim).in_language(session.language),
                str(claim.comparisons),
            )
    if table.row_count:
        session.out.print(table)
    for claim in report.false:
        mark = Text("不实", "false").in_language(session.language)
        session.out.print(
            f"{mark} [{claim.key}] {claim.name.in_language(session.language)}: "
            f"{claim.detail.in_language(session.language)}",
            style="red",
            markup=False,
        )
    session.out.print(_verdict(report).in_language(session.language), style="bold", markup=False)


def _finding(claim: ClaimResult) -> Text:
    if claim.comparisons == 0 and claim.status is ClaimStatus.CONFIRMED:
        return Text("不适用", "not applicable")
    return claim.status.text


def _verdict(report: VerificationReport) -> Text:
    unproven = report.counts[ClaimStatus.NOT_RE_PROVEN]
    if not report.passed:
        return Text(
            f"未通过：{len(report.false)} 项不实。", f"Not verified: {len(report.false)} false claims."
        )
    return Text(
        f"通过：{report.comparisons} 次比对全部属实；{unproven} 项关于理论界的说法未重新证明，只核对一致性。",
        f"Verified: all {report.comparisons} comparisons hold. Not re-proven, only checked for consistency: "
        f"{unproven} claims about bounds.",
    )

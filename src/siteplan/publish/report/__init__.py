"""``report.docx``: the plan as a technical attachment to an official letter (附件、送审稿)."""

from siteplan.publish.report.report import REPORT_FILE, write_report
from siteplan.publish.report.sources import ReportSources

__all__ = ["REPORT_FILE", "ReportSources", "write_report"]

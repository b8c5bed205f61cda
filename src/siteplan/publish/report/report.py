"""``report.docx``: its parts in their order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.publish.report import (
    annexes,
    community_pages,
    duties,
    funds,
    method,
    outcome,
    present,
    summary,
    white_spots,
    yearly,
)
from siteplan.publish.report.manuscript import Manuscript
from siteplan.publish.report.office import LONGEST_CONVERSION_S, referenced_pages
from siteplan.publish.report.page import document_from, official_document
from siteplan.publish.report.sources import ReportSources
from siteplan.text import Text

REPORT_FILE = "report.docx"

PARTS = (
    summary.write,
    present.write,
    yearly.write,
    outcome.write_coverage,
    outcome.write_area_standard,
    funds.write,
    outcome.write_shortfalls,
    white_spots.write,
    duties.write,
    method.write,
    annexes.write_project_list,
    community_pages.write,
    annexes.write_joint_review,
    method.write_assumptions,
)


def write_report(
    sources: ReportSources,
    file: Path,
    template: Path | None = None,
    *,
    seconds_for_pages: Callable[[], float] = lambda: LONGEST_CONVERSION_S,
) -> None:
    """Write the report on the page of GB/T 9704, or on a county's own template.

    Where LibreOffice is installed the contents get the pages that it finds within ``seconds_for_pages``,
    which is asked once the report is written; elsewhere Word fills them in.

    Raises:
        InputError: the template can't be read, or lacks styles.
        OSError: the file can't be written.
    """
    document = official_document(sources.language) if template is None else document_from(template)
    manuscript = Manuscript(document, sources.language, is_draft=sources.plan.illustrative)
    _write_front(sources, manuscript)
    for write in PARTS:
        write(sources, manuscript)
    manuscript.finish()
    properties = document.core_properties
    properties.title = manuscript.title_words
    properties.author = properties.comments = ""
    properties.language = "zh-CN" if sources.language.value == "zh" else "en"
    manuscript.fill_in_pages(_pages(manuscript, seconds_for_pages()))
    document.save(str(file))


def _pages(manuscript: Manuscript, seconds: float) -> Mapping[str, int]:
    with tempfile.TemporaryDirectory() as scratch, manuscript.listing_pages():
        draft = Path(scratch) / REPORT_FILE
        manuscript.document.save(str(draft))
        return referenced_pages(draft, seconds)


def _write_front(sources: ReportSources, manuscript: Manuscript) -> None:
    plan = sources.plan
    first, last = plan.years[0], plan.years[-1]
    years = f"{first}" if first == last else f"{first}—{last}"
    county = sources.case.header.county_name
    day = sources.made_on
    title = (
        Text(f"{county}社区嵌入式服务设施", f"{county}: embedded community services, "),
        Text(f"布局方案（{years}年）", f"layout plan {years}"),
    )
    below = (
        Text("（技术附件　送审稿）", "(technical attachment, for review)"),
        Text(f"情景：{plan.title_zh}", f"Scenario: {plan.title_en}"),
        Text(f"{day.year}年{day.month}月{day.day}日", day.isoformat()),
    )
    manuscript.title([sources.say(line) for line in title], [sources.say(line) for line in below])
    if plan.illustrative:
        manuscript.note(ILLUSTRATIVE_NOTE)
    manuscript.contents_here()

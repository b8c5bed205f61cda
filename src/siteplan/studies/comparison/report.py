"""``compare.docx``: the comparison as a Word document, on the page of the county's other reports."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from docx.enum.section import WD_ORIENT
from docx.shared import Mm

from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.publish.report.manuscript import Align, Column, Manuscript
from siteplan.publish.report.page import official_document
from siteplan.scenario import Level
from siteplan.studies.comparison import grids
from siteplan.studies.comparison.document import Comparison
from siteplan.studies.comparison.files import TITLE
from siteplan.studies.comparison.grids import Grid
from siteplan.studies.comparison.page import HEADINGS, NOTHING_IN_THE_WAY, ON_PROOF, Pictures
from siteplan.studies.comparison.words import Words
from siteplan.text import Language, Text

REPORT_FILE = "compare.docx"
HIGHEST_PICTURE = Mm(105)
PLANS_ON_PORTRAIT = 2
"""With more plans the page lies on its side."""
ELSEWHERE = Text(
    "只列共有的年份；其他年份、其他口径和固定步行距离见 compare.xlsx。",
    "Only years in common are listed; other years, other bases and fixed walks are in compare.xlsx.",
)


def write_report(
    comparison: Comparison,
    level_names: Mapping[Level, Text],
    pictures: Pictures,
    language: Language,
    file: Path,
    made_on: date | None = None,
) -> None:
    """Write the Word document.

    Raises:
        OSError: the file can't be written.
    """
    words = Words(comparison, language)
    document = official_document(language)
    if len(comparison.plans) > PLANS_ON_PORTRAIT:
        _turn(document)
    manuscript = Manuscript(document, language, is_draft=comparison.illustrative)
    day = made_on or date.today()
    names = words.joined(plan.name for plan in comparison.plans)
    manuscript.title([words.say(TITLE)], [names, day.isoformat()])
    if comparison.illustrative:
        manuscript.note(ILLUSTRATIVE_NOTE)
    _write_inputs(words, manuscript)
    _write_figures(words, level_names, pictures, manuscript)
    _write_places(words, manuscript)
    manuscript.finish()
    properties = document.core_properties
    properties.title = f"{words.say(TITLE)} {names}"
    properties.author = properties.comments = ""
    document.save(str(file))


def _turn(document: Any) -> None:
    """Lay the page on its side."""
    for section in document.sections:
        section.page_width, section.page_height = section.page_height, section.page_width
        section.orientation = WD_ORIENT.LANDSCAPE


def _write_inputs(words: Words, manuscript: Manuscript) -> None:
    manuscript.heading(HEADINGS["inputs"])
    reference = words.comparison.plans[0].name
    manuscript.paragraph(
        Text(
            f"参照方案为 {reference}；各表中“差”为该方案减参照方案。",
            f"The reference is {reference}; differences are the plan less the reference.",
        )
    )
    for remark in words.comparison.warnings:
        head = Text(f"注意：{remark.zh}。", f"Note: {remark.en}.")
        manuscript.paragraph(head)
    if not words.comparison.warnings:
        manuscript.paragraph(NOTHING_IN_THE_WAY)
    _write(grids.plans_grid(words), manuscript)
    _write(grids.inputs_grid(words), manuscript)


def _write_figures(
    words: Words, level_names: Mapping[Level, Text], pictures: Pictures, manuscript: Manuscript
) -> None:
    manuscript.heading(HEADINGS["overview"])
    _write(grids.overview(words, level_names), manuscript)
    if "maps" in pictures:
        manuscript.heading(HEADINGS["maps"])
        _picture(
            Text("各方案布局（同一范围、同一图例）", "Layouts: one view, one legend"),
            pictures["maps"],
            manuscript,
        )
    manuscript.heading(HEADINGS["levels"])
    _write(grids.levels_grid(words, level_names), manuscript)
    manuscript.note(ON_PROOF)
    manuscript.heading(HEADINGS["coverage"])
    if "coverage" in pictures:
        _picture(HEADINGS["coverage"], pictures["coverage"], manuscript)
    common = grids.common_years(words)
    rows = [row for row in grids.on_target_basis(words) if row.year in common]
    _write(grids.coverage_grid(words, rows), manuscript)
    manuscript.note(ELSEWHERE)
    if words.comparison.local_coverage:
        _write(grids.local_grid(words), manuscript)
    manuscript.heading(HEADINGS["area"])
    _write(grids.area_grid(words, common), manuscript)
    manuscript.heading(HEADINGS["money"])
    _write(grids.money_grid(words, common), manuscript)


def _picture(caption: Text, png: bytes, manuscript: Manuscript) -> None:
    """Insert a picture, no higher than a page on its side has room for."""
    width, height = struct.unpack(">II", png[16:24])
    room = min(1.0, HIGHEST_PICTURE * width / height / manuscript.text_width)
    manuscript.picture(caption, png, room)


def _write_places(words: Words, manuscript: Manuscript) -> None:
    manuscript.heading(HEADINGS["sites"])
    for plan in words.comparison.others:
        _write(grids.sites_grid(words, plan), manuscript)
    manuscript.heading(HEADINGS["places"])
    _write(grids.towns_grid(words), manuscript)
    _write(grids.communities_grid(words), manuscript)


def _write(grid: Grid, manuscript: Manuscript) -> None:
    """Write a table; columns that say nothing are left out."""
    if not grid.rows:
        manuscript.paragraph(Text(f"{grid.title.zh}：没有。", f"{grid.title.en}: none."))
        return
    kept = [number for number in range(len(grid.headings)) if any(row[number] for row in grid.rows)]
    columns = [
        Column(
            grid.headings[number],
            grid.widths[number],
            Align.RIGHT if number in grid.numeric else Align.LEFT,
        )
        for number in kept
    ]
    manuscript.table(grid.title, columns, [tuple(row[number] for number in kept) for row in grid.rows])

"""Writing into a Word document: numbered headings, captioned tables and pictures, contents, page numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from docx.document import Document
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt

from siteplan.publish.report.page import LATIN, NOTE, TABLE_TEXT
from siteplan.publish.wording import DRAFT, clean, heading_number
from siteplan.text import Language, Text

CONTENTS = Text("目  录", "Contents")
TABLE, FIGURE = Text("表", "Table"), Text("图", "Figure")
DEEPEST_IN_CONTENTS = 2
UNKNOWN_PAGE = "…"
LATIN_WORD = re.compile(r"[A-Za-z0-9.,/%'()]{2,20}")
LATIN_LETTER = float(Pt(5.8))
BOLD = 1.15
"""Width of bold letters by that of others."""
CELL_PADDING = float(Mm(4.2))
ROW_OF_FORM = Mm(13)
TYPE_OF_FORM = Pt(12)


class Align(StrEnum):
    """How the cells of a column stand."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


ALIGNMENTS = {
    Align.LEFT: WD_ALIGN_PARAGRAPH.LEFT,
    Align.CENTRE: WD_ALIGN_PARAGRAPH.CENTER,
    Align.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and its width as a share of the others'."""

    title: Text
    width: float = 1.0
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as the contents list it, with the bookmark at its place."""

    level: int
    words: str
    bookmark: str


class Manuscript:
    """A report in writing."""

    def __init__(self, document: Document, language: Language, *, is_draft: bool) -> None:
        self.document = document
        self.language = language
        self._is_draft = is_draft
        self._page_references: dict[str, Any] = {}
        self._numbers: list[int] = []
        self._headings: list[Heading] = []
        self._counted = {TABLE: 0, FIGURE: 0}
        self._contents_before: Any = None
        self.title_words = ""

    @property
    def text_width(self) -> Length:
        """Width of the text on the page."""
        section = self.document.sections[-1]
        sides = int(section.left_margin or 0) + int(section.right_margin or 0)
        return Length(int(section.page_width or Mm(210)) - sides)

    def say(self, words: Text) -> str:
        """Return words in the report's language."""
        return words.in_language(self.language)

    def title(self, lines: Sequence[str], below: Sequence[str]) -> None:
        """Write the title, in lines that belong together, and lines below it."""
        self.title_words = "".join(map(clean, lines))
        paragraph = self.document.add_paragraph(style="Title")
        for number, line in enumerate(lines):
            run = paragraph.add_run(clean(line))
            if number < len(lines) - 1:
                run.add_break()
        for line in below:
            self._plain(line, "Normal").alignment = WD_ALIGN_PARAGRAPH.CENTER

    def heading(self, words: Text | str, level: int = 1, *, on_new_page: bool = False) -> None:
        """Write a numbered heading that the contents list."""
        plain = clean(self.say(words) if isinstance(words, Text) else words)
        self._numbers = [*self._numbers[:level], *[0] * (level - len(self._numbers))]
        self._numbers[level - 1] += 1
        numbered = heading_number(tuple(self._numbers), self.language) + plain
        paragraph = self.document.add_paragraph(style=f"Heading {level}")
        paragraph.paragraph_format.page_break_before = on_new_page
        bookmark = f"_Toc{len(self._headings) + 1:08d}"
        with _bookmarked(paragraph, bookmark, len(self._headings) + 1):
            paragraph.add_run(numbered)
        self._headings.append(Heading(level, numbered, bookmark))

    def paragraph(self, words: Text | str) -> None:
        """Write a paragraph, its first line indented by two characters."""
        plain = self.say(words) if isinstance(words, Text) else words
        paragraph = self._plain(plain, "Normal")
        if self.language is Language.ZH:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        _indent_by_characters(paragraph, 200)

    def note(self, words: Text | str) -> None:
        """Write a note in small type, such as one below a table."""
        self._plain(self.say(words) if isinstance(words, Text) else words, NOTE)

    def table(self, caption: Text, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Write a table with its caption above; its header row is repeated on every page."""
        self._caption(TABLE, caption, keep_with_next=True)
        self._grid(columns, rows)

    def form(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write a form: headings and what stands behind them, in rows that leave room to write."""
        columns = (
            Column(Text("项目", "Item"), 1.0, Align.CENTRE),
            Column(Text("内容", "Content"), 3.4),
        )
        table = self._grid(columns, rows)
        for row in table.rows[1:]:
            row.height = ROW_OF_FORM
        for paragraph in table._tbl.iter(qn("w:p")):
            for run in paragraph.r_lst:
                run.get_or_add_rPr().sz_val = TYPE_OF_FORM

    def sheet(self, caption: Text, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Write a table in which people write by hand: its rows are high."""
        self._caption(TABLE, caption, keep_with_next=True)
        for row in self._grid(columns, rows).rows[1:]:
            row.height = ROW_OF_FORM

    def _grid(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Any:
        table = self.document.add_table(rows=len(rows) + 1, cols=len(columns), style="Table Grid")
        table.autofit = False
        widths = self._widths(columns, rows)
        _set_widths(table, widths)
        cells = table._cells  # one walk over the grid; rows[n].cells walks it for every row
        header = [self.say(column.title) for column in columns]
        style = self.document.styles[TABLE_TEXT].style_id  # looking it up for every cell takes seconds
        for number, words in enumerate((*header, *(cell for row in rows for cell in row))):
            column = number % len(columns)
            cell = cells[number]
            cell.width = widths[column]
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
            paragraph = cell.paragraphs[0]
            paragraph._p.style = style
            is_header = number < len(columns)
            paragraph.alignment = (
                WD_ALIGN_PARAGRAPH.CENTER if is_header else ALIGNMENTS[columns[column].align]
            )
            paragraph.add_run(clean(words)).bold = is_header or None
        for number, row in enumerate(table._tbl.tr_lst):
            _keep_together(row, is_header=number == 0)
        return table

    def picture(self, caption: Text, png: bytes, width: float = 1.0) -> None:
        """Insert a picture with its caption below; ``width`` is the share of the text's."""
        paragraph = self.document.add_paragraph(style=NOTE)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(io.BytesIO(png), width=Length(int(self.text_width * width)))
        picture._inline.docPr.set("descr", self.say(caption))
        self._caption(FIGURE, caption, keep_with_next=False)

    def contents_here(self) -> None:
        """Remember the place of the contents; `finish` writes them."""
        self._contents_before = self.document.add_paragraph()

    def finish(self) -> None:
        """Write the contents, the header and the page numbers."""
        if self._contents_before is not None:
            self._write_contents(self._contents_before)
        self._write_header_and_footer()

    def fill_in_pages(self, pages: Mapping[str, int]) -> None:
        """Write the pages of headings into the contents; Word itself fills in what isn't known."""
        for bookmark, run in self._page_references.items():
            if bookmark in pages:
                run.text = str(pages[bookmark])

    @contextmanager
    def listing_pages(self) -> Iterator[None]:
        """Inside the ``with`` block the document ends with a reference to the page of each heading.

        LibreOffice fills in those, while it leaves the contents as they are.
        """
        extra = [self.document.add_paragraph() for _ in self._headings]
        for paragraph, heading in zip(extra, self._headings, strict=True):
            _field(paragraph, f"PAGEREF {heading.bookmark} \\h", "0")
        yield
        for paragraph in extra:
            paragraph._p.getparent().remove(paragraph._p)

    def _plain(self, words: str, style: str) -> Any:
        return self.document.add_paragraph(clean(words), style=style)

    def _widths(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[Length]:
        """Return the widths of columns: their shares, but no narrower than their longest Latin word."""
        whole_width = float(self.text_width)
        header = [self.say(column.title) for column in columns]
        letters = [
            max(_longest_word([title]) * BOLD, _longest_word(cells))
            for title, *cells in zip(header, *rows, strict=True)
        ]
        needed = [min(each * LATIN_LETTER + CELL_PADDING, whole_width / len(columns)) for each in letters]
        spare = whole_width - sum(needed)
        total = sum(column.width for column in columns)
        wanted = [
            max(0.0, whole_width * column.width / total - least)
            for column, least in zip(columns, needed, strict=True)
        ]
        share = spare / sum(wanted) if sum(wanted) else 0.0
        return [Length(int(least + share * more)) for least, more in zip(needed, wanted, strict=True)]

    def _caption(self, kind: Text, words: Text, *, keep_with_next: bool) -> None:
        self._counted[kind] += 1
        label, number = self.say(kind), self._counted[kind]
        paragraph = self.document.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = keep_with_next
        paragraph.add_run(f"{label} ")
        _field(paragraph, f"SEQ {label} \\* ARABIC", str(number))
        paragraph.add_run("  " + clean(self.say(words)))
        if self._is_draft:
            mark = Text(f"（{DRAFT.zh}）", f" ({DRAFT.en})")
            paragraph.add_run(self.say(mark))

    def _write_contents(self, place: Any) -> None:
        title = place.insert_paragraph_before(self.say(CONTENTS), style="Caption")
        for run in title.runs:
            run.font.size = Pt(16)
        listed = [heading for heading in self._headings if heading.level <= DEEPEST_IN_CONTENTS]
        for number, heading in enumerate(listed):
            entry = place.insert_paragraph_before(style=f"toc {heading.level}")
            entry.paragraph_format.tab_stops.add_tab_stop(
                self.text_width, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
            )
            if number == 0:
                _begin_field(entry, f'TOC \\o "1-{DEEPEST_IN_CONTENTS}" \\h \\z \\u')
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), heading.bookmark)
            entry.add_run(heading.words)
            entry.add_run("\t")
            _begin_field(entry, f"PAGEREF {heading.bookmark} \\h", is_dirty=True)
            self._page_references[heading.bookmark] = entry.add_run(UNKNOWN_PAGE)
            _end_field(entry)
            begins = 3 if number == 0 else 0
            for run in entry._p.r_lst[begins:]:
                link.append(run)
            entry._p.append(link)
            if number == len(listed) - 1:
                _end_field(entry)
        place._p.getparent().remove(place._p)

    def _write_header_and_footer(self) -> None:
        """Write — 1 — at the outer side, odd and even pages apart, and on drafts what they are."""
        self.document.settings.odd_and_even_pages_header_footer = True
        for section in self.document.sections:
            if self._is_draft:
                for header in (section.header, section.even_page_header):
                    self._mark_draft(header)
            for footer, side in (
                (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
                (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
            ):
                footer.is_linked_to_previous = False
                paragraph = footer.paragraphs[0]
                paragraph.alignment = side
                paragraph.add_run("— ")
                _field(paragraph, "PAGE", "1")
                paragraph.add_run(" —")
                for run in paragraph.runs:
                    run.font.name = LATIN

    def _mark_draft(self, header: Any) -> None:
        header.is_linked_to_previous = False
        first = header.paragraphs[0]
        paragraph = first if not first.text else header.add_paragraph(style="Header")
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(self.say(DRAFT)).bold = True


def _longest_word(cells: Sequence[str]) -> int:
    """Return the letters of the longest word that can't be broken; a Chinese one can anywhere."""
    return max((len(word) for cell in cells for word in LATIN_WORD.findall(cell)), default=0)


@contextmanager
def _bookmarked(paragraph: Any, name: str, number: int) -> Iterator[None]:
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    start.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    end.set(qn("w:id"), str(number))
    paragraph._p.append(start)
    yield
    paragraph._p.append(end)


def _mark(paragraph: Any, kind: str, *, is_dirty: bool = False) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if is_dirty:
        mark.set(qn("w:dirty"), "true")
    paragraph.add_run()._r.append(mark)


def _begin_field(paragraph: Any, instruction: str, *, is_dirty: bool = False) -> None:
    _mark(paragraph, "begin", is_dirty=is_dirty)
    words = OxmlElement("w:instrText")
    words.set(qn("xml:space"), "preserve")
    words.text = f" {instruction} "
    paragraph.add_run()._r.append(words)
    _mark(paragraph, "separate")


def _end_field(paragraph: Any) -> None:
    _mark(paragraph, "end")


def _field(paragraph: Any, instruction: str, shown: str, *, is_dirty: bool = False) -> None:
    _begin_field(paragraph, instruction, is_dirty=is_dirty)
    paragraph.add_run(shown)
    _end_field(paragraph)


def _indent_by_characters(paragraph: Any, hundredths: int) -> None:
    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), str(hundredths))
    indent.set(qn("w:firstLine"), str(hundredths * 16 // 5))


def _set_widths(table: Any, widths: Sequence[Length]) -> None:
    for column, width in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = width


def _keep_together(row: Any, *, is_header: bool) -> None:
    properties = row.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_header:
        properties.append(OxmlElement("w:tblHeader"))

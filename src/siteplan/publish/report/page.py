"""The page of GB/T 9704 as a template, or a county's own: page set-up and the styles that the report uses."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from siteplan.findings import Finding, InputError, Place, error
from siteplan.text import Language, Text

PAGE = {
    "page_width": Mm(210),
    "page_height": Mm(297),
    "top_margin": Mm(37),
    "bottom_margin": Mm(35),
    "left_margin": Mm(28),
    "right_margin": Mm(26),
    "header_distance": Mm(20),
    "footer_distance": Mm(23),
}
"""GB/T 9704-2012: A4, top 37 mm, left 28 mm, text block 156 × 225 mm."""
LINES_ON_A_PAGE = 22
LINE_TWIPS = 579
"""225 mm / 22 lines, in twentieths of a point."""
CHARACTER_SPACING = -5
"""Twentieths of a point that bring 28 characters of 16 pt onto 156 mm; a grid of characters would say the
same, but LibreOffice spreads it."""
LINE = Pt(LINE_TWIPS / 20)

FANGSONG, HEITI, KAITI, TITLE, SONG = "仿宋", "黑体", "楷体", "小标宋", "宋体"
AFTER_SNAP_TO_GRID = (
    "w:spacing",
    "w:ind",
    "w:contextualSpacing",
    "w:mirrorIndents",
    "w:suppressOverlap",
    "w:jc",
    "w:textDirection",
    "w:textAlignment",
    "w:textboxTightWrap",
    "w:outlineLvl",
    "w:divId",
    "w:cnfStyle",
    "w:rPr",
    "w:sectPr",
    "w:pPrChange",
)
"""What stands after it among a paragraph's properties: Word refuses another order."""
AFTER_SPACING = (
    "w:w",
    "w:kern",
    "w:position",
    "w:sz",
    "w:szCs",
    "w:highlight",
    "w:u",
    "w:effect",
    "w:bdr",
    "w:shd",
    "w:fitText",
    "w:vertAlign",
    "w:rtl",
    "w:cs",
    "w:em",
    "w:lang",
    "w:eastAsianLayout",
)
"""The same among the properties of type."""

FALLBACKS = {
    FANGSONG: "仿宋_GB2312,方正仿宋_GBK,FangSong,STFangsong,Noto Serif SC,Noto Serif CJK SC",
    HEITI: "方正黑体_GBK,SimHei,STHeiti,Noto Sans SC,Noto Sans CJK SC",
    KAITI: "楷体_GB2312,方正楷体_GBK,KaiTi,STKaiti,Noto Serif SC,Noto Serif CJK SC",
    TITLE: "方正小标宋简体,方正小标宋_GBK,华文中宋,STZhongsong,宋体,Noto Serif SC,Noto Serif CJK SC",
    SONG: "SimSun,STSong,Noto Serif SC,Noto Serif CJK SC",
}
"""Fonts of official documents and what stands in for each where it is missing."""
LATIN = "Times New Roman"

ENGLISH_SHARE = 0.75

TABLE_TEXT = "Siteplan Table"
NOTE = "Siteplan Note"
NEEDED_STYLES = ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3", "Caption", "Table Grid")
"""A template has these; the styles of the contents, header, footer and tables are added where missing."""
ADDED_STYLES = ("toc 1", "toc 2", "Header", "Footer", TABLE_TEXT, NOTE)


def official_document(language: Language) -> Document:
    """Return an empty document with page and type of GB/T 9704; English type is a quarter smaller."""
    document = docx.Document()
    section = document.sections[0]
    for name, length in PAGE.items():
        setattr(section, name, length)
    _set_grid(section._sectPr)  # python-docx has no other way to the grid
    _add_missing_styles(document)
    _set_type(document)
    if language is Language.EN:
        _shrink_type(document)
    _add_fallbacks(document)
    return document


def document_from(template: Path) -> Document:
    """Return a document with page set-up and styles of a template, its text removed.

    Raises:
        InputError: it can't be read as a Word document, or lacks styles that the report needs.
    """
    try:
        document = docx.Document(str(template))
    except (OSError, PackageNotFoundError, ValueError, KeyError, zipfile.BadZipFile) as refusal:
        raise InputError([_unreadable(template)]) from refusal
    known = {style.name for style in document.styles}
    missing = [name for name in NEEDED_STYLES if name not in known]
    if missing:
        raise InputError([_lacks(template, missing)])
    body = document.element.body
    for child in list(body):
        if child.tag != qn("w:sectPr"):
            body.remove(child)
    _add_missing_styles(document)
    return document


def _set_grid(properties: Any) -> None:
    for old in properties.findall(qn("w:docGrid")):
        properties.remove(old)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(LINE_TWIPS))
    properties.append(grid)


def _add_missing_styles(document: Document) -> None:
    """Add the styles that Word makes when they are first used, and those of the report's own."""
    styles = document.styles
    known = {style.name for style in styles}
    for name in ADDED_STYLES:
        if name not in known:
            is_our_own = name in (TABLE_TEXT, NOTE)
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=not is_our_own)
            style.base_style = styles["Normal"]
            if is_our_own:
                _set_small(style)
            if name.startswith("toc"):
                style.paragraph_format.first_line_indent = Pt(0)
                style.paragraph_format.left_indent = Mm(0 if name == "toc 1" else 8)


def _set_small(style: Any) -> None:
    style.font.size = Pt(10.5 if style.name == TABLE_TEXT else 12)
    style.paragraph_format.first_line_indent = Pt(0)
    style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    style.paragraph_format.space_before = Pt(1)
    style.paragraph_format.space_after = Pt(1)
    _ignore_grid(style)


def _ignore_grid(style: Any) -> None:
    snap = OxmlElement("w:snapToGrid")
    snap.set(qn("w:val"), "0")
    properties = style.element.get_or_add_pPr()
    properties.insert_element_before(snap, *AFTER_SNAP_TO_GRID)


def _set_type(document: Document) -> None:
    styles: Any = document.styles
    _set_font(styles["Normal"], FANGSONG, 16)
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3"):
        spacing = OxmlElement("w:spacing")
        spacing.set(qn("w:val"), str(CHARACTER_SPACING))
        styles[name].element.get_or_add_rPr().insert_element_before(spacing, *AFTER_SPACING)
    body = styles["Normal"].paragraph_format
    body.line_spacing_rule, body.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    body.space_before = body.space_after = Pt(0)
    body.widow_control = True
    for name, font, size, bold in (
        ("Title", TITLE, 22, False),
        ("Heading 1", HEITI, 16, False),
        ("Heading 2", KAITI, 16, False),
        ("Heading 3", FANGSONG, 16, True),
        ("Caption", HEITI, 10.5, False),
        ("Header", SONG, 10.5, False),
        ("Footer", SONG, 14, False),
        ("toc 1", FANGSONG, 12, False),
        ("toc 2", FANGSONG, 12, False),
        (TABLE_TEXT, SONG, 10.5, False),
        (NOTE, FANGSONG, 12, False),
    ):
        _set_font(styles[name], font, size, bold=bold)
    for name in ("Title", "Heading 1", "Heading 2", "Heading 3", "Caption"):
        style = styles[name].paragraph_format
        style.space_before = style.space_after = Pt(0)
        style.keep_with_next = True
        style.line_spacing_rule, style.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    styles["Title"].paragraph_format.line_spacing = Pt(36)
    styles["Title"].paragraph_format.space_after = Pt(14)
    for border in styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
        break
    caption = styles["Caption"].paragraph_format
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.line_spacing_rule = WD_LINE_SPACING.SINGLE
    caption.space_before, caption.space_after = Pt(6), Pt(3)
    for name in ("Heading 1", "Heading 2", "Heading 3"):
        styles[name].paragraph_format.first_line_indent = Pt(32)
        styles[name].paragraph_format.space_before = Pt(8)
    for name in ("toc 1", "toc 2"):
        styles[name].paragraph_format.line_spacing = Pt(20)
        _ignore_grid(styles[name])


def _shrink_type(document: Document) -> None:
    styles: Any = document.styles
    for name in (
        "Normal",
        "Title",
        "Heading 1",
        "Heading 2",
        "Heading 3",
        "toc 1",
        "toc 2",
        TABLE_TEXT,
        NOTE,
    ):
        style = styles[name]
        style.font.size = Pt(max(9.0, style.font.size.pt * ENGLISH_SHARE))
        if style.paragraph_format.line_spacing_rule == WD_LINE_SPACING.EXACTLY:
            style.paragraph_format.line_spacing = Pt(style.paragraph_format.line_spacing.pt * ENGLISH_SHARE)
        if name.startswith("Heading"):
            style.paragraph_format.first_line_indent = Pt(0)
            style.paragraph_format.space_before = Pt(10)
    for grid in document.sections[0]._sectPr.findall(qn("w:docGrid")):
        document.sections[0]._sectPr.remove(grid)


def _set_font(style: Any, east_asian: str, size: float, *, bold: bool = False) -> None:
    style.font.name = LATIN
    style.font.size = Pt(size)
    style.font.bold = bold
    style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{script}"), LATIN)
    fonts.set(qn("w:eastAsia"), east_asian)


def _add_fallbacks(document: Document) -> None:
    """Name in the font table what stands in for each font where it is missing."""
    for part in document.part.package.iter_parts():
        if part.partname.endswith("fontTable.xml"):
            part._blob = part.blob.replace(b"</w:fonts>", "".join(_fonts()).encode() + b"</w:fonts>")


def _fonts() -> Iterator[str]:
    for name, others in FALLBACKS.items():
        yield f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'


def _unreadable(template: Path) -> Finding:
    return error(
        "template-unreadable",
        Place(file=template),
        found=Text("读不了这个模板：不是 Word 文档", "the template can't be read as a Word document"),
        allowed=Text("Word 文档（.docx）", "a Word document (.docx)"),
        mend=Text("在 Word 或 WPS 中另存为 .docx", "save it as .docx in Word or WPS"),
    )


def _lacks(template: Path, missing: list[str]) -> Finding:
    return error(
        "template-lacks-styles",
        Place(file=template),
        found=Text(
            f"模板缺少样式：{'、'.join(missing)}", f"the template lacks the styles {', '.join(missing)}"
        ),
        allowed=Text(f"含有样式 {'、'.join(NEEDED_STYLES)}", f"the styles {', '.join(NEEDED_STYLES)}"),
        mend=Text(
            "在模板中各用一次这些样式（标题 1 即 Heading 1，题注即 Caption，网格型即 Table Grid），保存即可",
            "use each of them once in the template (Word then stores it) and save it again",
        ),
    )

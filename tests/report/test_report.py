"""``report.docx``: figures equal the plan, page and structure are official, hostile names do no harm."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import docx
import openpyxl
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import Table
from tests.conftest import REPOSITORY
from tests.white_spots import white_spots_of

from siteplan.cli.main import run
from siteplan.inputs.policy_files import load_policy
from siteplan.publish import read_plan
from siteplan.publish.explanations import Cause, CauseShare, MissedTarget, Remedy, Words, store_explanations
from siteplan.publish.report import office
from siteplan.publish.report.page import NEEDED_STYLES
from siteplan.publish.wording import (
    DRAFT,
    chinese_number,
    clean,
    heading_number,
    money,
    name,
    own_language,
    short,
    whole,
)
from siteplan.scenario import Basis
from siteplan.text import Language

ENGLISH = {"SITEPLAN_LANG": "en"}
HEADINGS = (
    "建设目标",
    "建设内容",
    "建设主体",
    "建设方式",
    "建设形式",
    "建设时限",
    "服务运营主体",
    "服务项目",
    "普惠收费标准",
    "合作运营模式",
    "监督管理",
)


def write(
    results: Path,
    folder: Path,
    *options: str,
    environment: dict[str, str] | None = None,
    with_office: bool = False,
) -> Document:
    """Write the report as the command line does and read it back; LibreOffice takes seconds."""
    file = folder / "report.docx"
    command = ["report", str(results), "--output", str(file), *options]
    with nullcontext() if with_office else patch.object(office, "office", return_value=None):
        assert run(command, environment or {}) == 0
    return docx.Document(str(file))


@pytest.fixture(scope="module")
def report(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The report of the tiny case in Chinese."""
    return write(results, tmp_path_factory.mktemp("zh"), with_office=True)


def table_after(report: Document, caption: str) -> Table:
    """Return the table whose caption has these words."""
    body = report.element.body
    found = False
    for child in body:
        if child.tag == qn("w:p"):
            found = found or caption in "".join(text.text or "" for text in child.iter(qn("w:t")))
        elif child.tag == qn("w:tbl") and found:
            return Table(child, report)
    raise AssertionError(caption)


def rows(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows[1:]]


def all_text(report: Document) -> str:
    return "".join(text.text or "" for text in report.element.body.iter(qn("w:t")))


def test_places_equal_the_plan(results: Path, report: Document) -> None:
    """Places at the end of the last year, by function in its own unit, are the sums over the plan's sites."""
    plan = read_plan(results)
    in_all: dict[tuple[str, str], float] = {}
    for site in plan.sites:
        for each in site.functions:
            key = (each.function, each.places_unit_zh)
            in_all[key] = in_all.get(key, 0.0) + each.places_by_year.get(plan.years[-1], 0.0)
    policy = load_policy(REPOSITORY / "model")
    names = {key: function.name.text.zh for key, function in policy.functions.items()}
    told = {(row[0], row[1]): row[1 + len(plan.years)] for row in rows(table_after(report, "每年末的名额"))}
    assert in_all
    assert all(told[names[key], unit] == whole(places) for (key, unit), places in in_all.items())


def test_the_report_says_which_assignment_it_uses(results: Path, report: Document) -> None:
    """The rule or convention by which people are counted at sites is named in the method."""
    assert read_plan(results).assignment_rule.text.zh in all_text(report)


def test_money_and_coverage_equal_the_plan(results: Path, report: Document) -> None:
    """Money by year and coverage against targets are those of plan.json."""
    plan = read_plan(results)
    assert rows(table_after(report, "分年度资金与支出")) == [
        [
            str(each.year),
            money(each.amount_cny),
            money(each.carried_in_cny),
            money(each.capital_cny),
            money(each.carried_out_cny),
            money(each.operating_cny),
            money(each.fees_cny),
        ]
        for each in plan.money
    ]
    shown = [row[1:] for row in rows(table_after(report, "按四种口径统计的覆盖"))]
    last = [each for each in plan.coverage if each.year == plan.years[-1]]
    expected = [
        "不涉及" if each.counted == 0 else f"{whole(each.covered)}/{whole(each.counted)}" for each in last
    ]
    assert [cell for row in shown for cell in row] == expected


def test_every_site_that_opens_is_listed(results: Path, report: Document) -> None:
    """The tables of sites by year and the list of projects have each site that opens, in eight columns."""
    plan = read_plan(results)
    listed = rows(table_after(report, "建设项目名单"))
    assert {len(row) for row in listed} == {8}
    opened = [site for site in plan.sites if site.open_from in plan.years and site.capital_cny_by_year]
    for site in opened:
        assert site.name in all_text(report)


def test_a_page_for_each_community(results: Path, report: Document) -> None:
    """Every community in scope has a page under the plan's headings; nothing is invented."""
    codes = {row.community_code for row in read_plan(results).communities}
    forms = [table for table in report.tables if table.rows[1].cells[0].text == "建设目标"]
    assert len(forms) == len(codes)
    for form in forms:
        contents = dict(rows(form))
        assert tuple(contents) == HEADINGS
        assert {contents[name] for name in ("服务运营主体", "普惠收费标准", "合作运营模式")} == {"待镇街填报"}


def test_page_is_that_of_an_official_document(report: Document) -> None:
    """A4 with the margins of GB/T 9704, 22 lines on a grid, real headings in 黑体 and 楷体."""
    section = report.sections[0]
    lengths = [section.page_width, section.page_height, section.top_margin, section.left_margin]
    assert [round(each.mm) for each in lengths if each is not None] == [210, 297, 37, 28]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert int(grid.get(qn("w:linePitch"))) * 22 == pytest.approx(225 / 25.4 * 1440, rel=0.01)
    fonts = [
        report.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Normal", "Heading 1", "Heading 2")
    ]
    assert fonts == ["仿宋", "黑体", "楷体"]
    assert sum(paragraph.style.name == "Heading 1" for paragraph in report.paragraphs if paragraph.style) > 10


def test_draft_is_marked_on_every_page_and_table(report: Document) -> None:
    """Header and captions of illustrative data say that they must not be submitted."""
    section = report.sections[0]
    for header in (section.header, section.even_page_header):
        assert DRAFT.zh in header.paragraphs[0].text
    captions = [each.text for each in report.paragraphs if each.style and each.style.name == "Caption"]
    assert all(DRAFT.zh in caption for caption in captions if caption != "目  录")


def test_header_rows_repeat_and_captions_count(report: Document) -> None:
    """Every table repeats its header row; tables and figures are numbered by fields from 1 on."""
    for table in report.tables:
        assert [each.tag for each in table.rows[0]._tr.iter(qn("w:tblHeader"))]
    captions = [each.text for each in report.paragraphs if each.style and each.style.name == "Caption"]
    for label in ("表", "图"):
        numbers = [int(found[1]) for each in captions if (found := re.match(rf"{label} (\d+) ", each))]
        assert numbers == list(range(1, len(numbers) + 1))
        assert numbers


def references(report: Document) -> Iterator[tuple[str, str]]:
    """Yield heading and page of each entry of the contents."""
    for paragraph in report.paragraphs:
        if paragraph.style and paragraph.style.name.startswith("toc"):
            entry, _, page = "".join(
                "\t" if part.tag == qn("w:tab") else part.text or ""
                for part in paragraph._p.iter(qn("w:t"), qn("w:tab"))
            ).rpartition("\t")
            yield entry.strip(), page


def test_contents_are_filled(report: Document) -> None:
    """The contents list every heading of the first two levels, with its page where LibreOffice is there."""
    headings = [
        each.text
        for each in report.paragraphs
        if each.style and each.style.name in ("Heading 1", "Heading 2")
    ]
    entries = list(references(report))
    assert [entry for entry, _ in entries] == headings
    if office.office() is not None:
        pages = [int(page) for _, page in entries]
        assert pages == sorted(pages)
        assert pages[0] > 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_names_do_no_harm(hostile_results: Path, tmp_path: Path, language: str) -> None:
    """Names with markup, control characters, 200 characters, emoji or direction marks stay text."""
    report = write(hostile_results, tmp_path, environment={"SITEPLAN_LANG": language})
    words = all_text(report)
    assert "<script>alert(1)</script> & <w:p/>" in words
    assert not re.search("[\x00-\x08\x0b\x1f\u202a-\u202e\u2066-\u2069\ufffe]", words)
    with zipfile.ZipFile(tmp_path / "report.docx") as package:
        assert not [name for name in package.namelist() if "etc" in name]
        assert b"<script" not in package.read("word/document.xml")


def test_english_report_has_no_chinese_labels(results: Path, tmp_path: Path) -> None:
    """In English the headings and captions are English."""
    report = write(results, tmp_path, environment=ENGLISH)
    headings = [each.text for each in report.paragraphs if each.style and each.style.name == "Heading 1"]
    assert headings[0] == "1  Summary"
    assert not [heading for heading in headings if re.search("[\u4e00-\u9fff]", heading)]


@pytest.mark.slow
def test_pdf_is_made_by_libreoffice(results: Path, tmp_path: Path) -> None:
    """``--pdf`` writes a PDF beside the report."""
    if office.office() is None:
        assert not os.environ.get("CI"), "CI installs LibreOffice"
        pytest.skip("LibreOffice isn't installed")
    write(results, tmp_path, "--pdf", with_office=True)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_pdf_without_libreoffice_is_refused(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without LibreOffice ``--pdf`` says so and what to do; the report itself needs none."""
    monkeypatch.setattr(office, "office", lambda: None)
    file = tmp_path / "report.docx"
    assert run(["report", str(results), "--output", str(file), "--pdf"], ENGLISH) == 2
    assert "LibreOffice" in capsys.readouterr().err
    write(results, tmp_path)


def template(folder: Path, *missing: str) -> Path:
    """Write a county's template with a wide margin of its own, without some styles."""
    made = docx.Document()
    made.add_paragraph("to be removed")
    made.sections[0].left_margin = Mm(41)
    for style in missing:
        made.styles[style].delete()
    file = folder / "county.docx"
    made.save(str(file))
    return file


def test_a_template_gives_page_and_styles(results: Path, tmp_path: Path) -> None:
    """A county's template keeps its margins; its text is not taken over."""
    report = write(results, tmp_path, "--template", str(template(tmp_path)))
    assert report.sections[0].left_margin == pytest.approx(Mm(41), rel=0.001)
    assert "to be removed" not in all_text(report)
    assert DRAFT.zh in report.sections[0].header.paragraphs[0].text


def test_a_template_that_lacks_styles_is_refused(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One error names every style that is missing; one that is no document is refused, too."""
    lacking = template(tmp_path, "Caption", "Heading 3")
    options = ["report", str(results), "--output", str(tmp_path / "out.docx"), "--template"]
    assert run([*options, str(lacking)], ENGLISH) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "lacks the styles Heading 3, Caption" in said
    lacking.write_bytes(b"no document")
    assert run([*options, str(lacking)], ENGLISH) == 2
    assert "Word document" in " ".join(capsys.readouterr().err.split())
    assert set(NEEDED_STYLES) > {"Caption", "Heading 3"}


def test_stored_causes_are_told(results: Path, tmp_path: Path) -> None:
    """Causes and remedies that are stored of the plan stand in the report."""
    plan = read_plan(results)
    figure = next(each for each in plan.coverage if each.basis is plan.basis and each.target is not None)
    short_plan = results.parent / "short"
    short_plan.mkdir()
    for file in results.iterdir():
        if file.is_file():
            (short_plan / file.name).write_bytes(file.read_bytes())
    changed = plan.model_copy(
        update={
            "coverage": tuple(
                each.model_copy(update={"target": each.counted + 1.0}) if each is figure else each
                for each in plan.coverage
            )
        }
    )
    (short_plan / "plan.json").write_text(changed.model_dump_json(by_alias=True), encoding="utf-8")
    missed = MissedTarget(
        function=figure.function,
        year=figure.year,
        basis=Basis.REACHABLE,
        counts_communities=True,
        target=figure.counted + 1.0,
        covered=figure.covered,
        counted=figure.counted,
        missing=2.0,
        missing_alone_low=1.0,
        missing_alone_high=1.0,
        causes=(
            CauseShare(cause=Cause.MONEY, value=1.0, low=1.0, high=1.0),
            CauseShare(cause=Cause.PACE, value=1.0, low=0.0, high=2.0),
        ),
        remedies=(Remedy(kind="money", gain=1.0, cny=1e6, words=Words(zh="增加资金", en="more money")),),
    )
    store_explanations(short_plan, shortfalls=[missed])
    words = rows(table_after(write(short_plan, tmp_path), "缺口的原因和对策"))[0]
    assert words[3:] == ["资金 1；推进速度 1（0至2）", "增加资金"]
    book = tmp_path / "report.xlsx"
    assert run(["report", str(short_plan), "--output", str(book)], {}) == 0
    sheet = openpyxl.load_workbook(book)["缺口"]
    assert ("资金 1；推进速度 1 (0–2)", "增加资金") in [row[6:8] for row in sheet.iter_rows(values_only=True)]


def test_stored_white_spots_are_told(results: Path, tmp_path: Path) -> None:
    """The zones that are stored of the plan are a table and a map of the report, else there is none."""
    stored = results.parent / "with-spots"
    stored.mkdir()
    for file in results.iterdir():
        if file.is_file():
            (stored / file.name).write_bytes(file.read_bytes())
    pictures = len(write(results, tmp_path).inline_shapes)
    store_explanations(stored, white_spots=white_spots_of(stored))
    document = write(stored, tmp_path)
    words = rows(table_after(document, "按新增覆盖排序"))[0]
    assert words[0] == "7"
    assert words[2:6] == ["1", "0", "350", "142"]
    assert len(document.inline_shapes) == pictures + 1


def test_options_that_contradict_each_other(results: Path, tmp_path: Path) -> None:
    """``--only`` against the ending of ``--output``, and ``--pdf`` for a workbook, are refused."""
    assert run(["report", str(results), "--only", "xlsx", "--output", str(tmp_path / "a.docx")], ENGLISH) == 2
    assert run(["report", str(results), "--only", "xlsx", "--pdf"], ENGLISH) == 2
    assert run(["report", str(results), "--output", str(tmp_path / "both")], ENGLISH) == 0
    assert {file.name for file in (tmp_path / "both").iterdir()} == {"report.docx", "report.xlsx"}


def test_numbers_as_an_official_reads_them() -> None:
    """No needless decimals, no minus zero, 万元."""
    assert [short(value) for value in (3.0, 2.25, -0.01, 1234.56)] == ["3", "2.2", "0", "1234.6"]
    assert [money(value) for value in (10_500_000.0, 12_345.0, None)] == ["1050", "1.2", "—"]
    assert [chinese_number(value) for value in (3, 10, 11, 24)] == ["三", "十", "十一", "二十四"]
    assert [heading_number(n, Language.ZH) for n in ((2,), (2, 3), (1, 1, 4))] == ["二、", "（三）", "4. "]
    assert clean("a\x00b\u202ec\nd") == "abc d"
    assert name("长" * 200) == "长" * 59 + "…"
    assert own_language("甲 / a", Language.EN) == "a"
    assert own_language("甲。 All of it is made up.", Language.ZH) == "甲。"
    assert own_language("≥ 350 m² 的站", Language.EN) == "≥ 350 m² 的站"

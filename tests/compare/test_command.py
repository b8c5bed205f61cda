"""``siteplan compare``: what it writes, what it solves again, and what it refuses."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from tests.compare.test_figures import check_every_figure

from siteplan.cli.main import run
from siteplan.studies.comparison import compare_plans, from_folder, labels_of
from siteplan.studies.comparison.files import FORMULA_SIGNS

ENGLISH = {"SITEPLAN_LANG": "en"}


@pytest.fixture
def here(county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project as the working directory; what a test writes goes to ``tmp_path``."""
    monkeypatch.chdir(county)
    return county


def test_every_figure_of_the_file_from_the_plans(here: Path) -> None:
    """Every figure of ``compare.json`` follows from the two ``plan.json``."""
    plans = [
        json.loads((here / f"results/{name}/plan.json").read_text(encoding="utf-8"))
        for name in ("tiny", "half")
    ]
    comparison = json.loads((here / "results/out/compare.json").read_text(encoding="utf-8"))
    assert comparison["schema"] == "siteplan-comparison/1"
    assert [each["name"] for each in comparison["plans"]] == ["tiny", "half"]
    assert comparison["settings"] == [{"key": "budget.scale", "values": ["1", "0.3"]}]
    check_every_figure(comparison, plans[0], plans[1])


def test_table_of_every_figure(here: Path) -> None:
    """``compare.csv`` has every figure of ``compare.json``, marked as illustrative, no cell a formula."""
    with (here / "results/out/compare.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    comparison = json.loads((here / "results/out/compare.json").read_text(encoding="utf-8"))
    covered = [row for row in rows if (row["section"], row["figure"]) == ("coverage", "covered")]
    assert len(covered) == 2 * len(comparison["coverage"])
    first = comparison["coverage"][0]
    assert [float(row["value"]) for row in covered[:2]] == pytest.approx(first["values"])
    assert {row["section"] for row in rows} >= {
        "levels",
        "radii",
        "area_standard",
        "money",
        "communities",
        "towns",
    }
    assert {row["illustrative"] for row in rows} == {"yes"}
    words = [row[name] for row in rows for name in ("plan", "place", "figure", "function")]
    assert not [each for each in words if each.startswith(FORMULA_SIGNS)]


def test_page_needs_no_network_and_holds_names_as_text(here: Path) -> None:
    """The page loads nothing, runs nothing, embeds its typeface and escapes hostile names."""
    page = (here / "results/out/compare.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "@font-face" in page
    addresses = re.findall(r"""(?:src|href)=["']?([^"'>\s]+)""", page)
    assert all(each.startswith(("data:", "#")) for each in addresses)
    assert not re.search(r"url\((?!data:)", page)
    assert page.count("data:image/png") == 2


def test_workbook_is_live_and_safe(here: Path) -> None:
    """Differences and sums of towns are formulas with their values; hostile names are text, not formulas."""
    file = here / "results/out/compare.xlsx"
    live: Any = openpyxl.load_workbook(file)
    values: Any = openpyxl.load_workbook(file, data_only=True)
    assert live["Coverage"]["J5"].value == "=G5-D5"
    assert values["Coverage"]["J5"].value == values["Coverage"]["G5"].value - values["Coverage"]["D5"].value
    assert live["Towns"]["D5"].value.startswith("=SUMIF('Communities'!$A$5")
    town = values["Towns"]["A5"].value
    inside = [row for row in values["Communities"].iter_rows(min_row=5, values_only=True) if row[0] == town]
    assert values["Towns"]["D5"].value == sum(row[4] for row in inside)
    formulas = [
        cell.value for sheet in live for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    ]
    assert all(
        re.fullmatch(r"=(ABS\()?[A-Z]+\d+-[A-Z]+\d+\)?|=SUMIF\(.*\)|=SUBTOTAL\(.*\)", each)
        for each in formulas
    )
    assert not zipfile.ZipFile(file).namelist().count("xl/externalLinks/externalLink1.xml")


def test_word_report_has_tables_pictures_and_its_mark(here: Path) -> None:
    """The Word report begins with the inputs, holds both pictures, and says that data are illustrative."""
    document: Any = docx.Document(str(here / "results/out/compare.docx"))
    headings = [each.text for each in document.paragraphs if each.style.name == "Heading 1"]
    assert "Inputs and settings" in headings[0]
    assert len(document.inline_shapes) == 2
    assert "Illustrative" in document.sections[0].header.paragraphs[0].text
    assert any("budget.scale" in cell.text for table in document.tables for cell in table._cells)


def test_an_up_to_date_result_is_used_again(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scenario whose result is up to date isn't solved again; the plan stays as it was."""
    before = (here / "results/half/run.json").read_bytes()
    arguments = ["compare", "scenarios/half.yaml", "results/tiny", "--output", str(tmp_path / "out")]
    assert run(arguments, ENGLISH) == 0
    said = capsys.readouterr()
    assert "using the results in" in said.err
    assert "shortfall to targets" in said.out
    assert (here / "results/half/run.json").read_bytes() == before


@pytest.mark.slow
def test_what_has_no_result_is_solved_first(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scenario without a result is solved into ``results/<name>`` with the options, as `solve` would."""
    scenario = here / "scenarios/quarter.yaml"
    scenario.write_text("extends: tiny.yaml\nbudget: {scale: 0.25}\n", encoding="utf-8")
    arguments = ["compare", "results/tiny", str(scenario), "--effort", "0.03", "--output", str(tmp_path)]
    assert run(arguments, ENGLISH) == 0
    assert "solving" in capsys.readouterr().err
    record = json.loads((here / "results/quarter/run.json").read_text(encoding="utf-8"))
    assert record["options"]["effort"] == 0.03
    assert (here / "results/quarter/report.docx").is_file()
    assert run(["verify", "results/quarter"], {}) == 0


def test_changed_inputs_are_told(here: Path, tmp_path: Path) -> None:
    """Where the scenario file has changed since, the plans are compared with a warning, names are kept."""
    project = tmp_path / "county"
    shutil.copytree(here, project)
    scenario = project / "scenarios/half.yaml"
    scenario.write_text(scenario.read_text(encoding="utf-8") + "# later\n", encoding="utf-8")
    folders = [project / "results/tiny", project / "results/half"]
    plans = [from_folder(folder, name) for folder, name in zip(folders, labels_of(folders), strict=True)]
    comparison = compare_plans(plans)
    assert any("settings are unknown: half" in remark.en for remark in comparison.warnings)
    assert comparison.names.functions["elderly_care"].en == "elderly care"


def test_refusals(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No result folder, the same twice, one without a plan, another schema, only one: each says what."""
    empty = tmp_path / "empty"
    empty.mkdir()
    planless = tmp_path / "planless"
    planless.mkdir()
    shutil.copy(here / "results/tiny/run.json", planless)
    odd = tmp_path / "odd"
    shutil.copytree(here / "results/tiny", odd)
    plan = json.loads((odd / "plan.json").read_text(encoding="utf-8"))
    (odd / "plan.json").write_text(json.dumps(plan | {"schema": "siteplan-plan/99"}), encoding="utf-8")
    for other, words in (
        (str(tmp_path / "absent"), "there is no such folder"),
        (str(empty), "it is no result folder"),
        (str(planless), "it has no plan.json"),
        (str(odd), "siteplan-plan/99"),
        ("results/../results/tiny", "given twice"),
        ("scenarios/absent.yaml", "absent.yaml"),
        ("", "only one plan"),
    ):
        assert run(["compare", "results/tiny", *filter(None, [other])], ENGLISH) == 2
        assert words in " ".join(capsys.readouterr().err.split())

"""The workbook: figures equal the plan, names stay text, sheets are set up for reading and printing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from tests.tiny_problem import ELDERLY, tiny_decisions, tiny_problem

from siteplan.case import Consent, Tenure
from siteplan.outcome import evaluate, make_plan
from siteplan.plan import Plan
from siteplan.problem import Problem
from siteplan.publish.workbook import CNY_PER_10_000, WorkbookSources, write_workbook
from siteplan.text import Language, Text

HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "https://example.org", "<script>", "\u202eRTL😀")


def sources(problem: Problem, language: Language = Language.EN) -> WorkbookSources:
    decisions = tiny_decisions()
    outcome = evaluate(problem, decisions)
    plan = make_plan(
        problem,
        decisions,
        [],
        title=Text("示例", "tiny"),
        illustrative=True,
        stopped_by="completed",
        outcome=outcome,
    )
    bureaus = {key: Text("某局", "bureau") for key in problem.functions}
    return WorkbookSources(plan, problem, {}, bureaus, language)


def written(made: WorkbookSources, folder: Path) -> Path:
    file = folder / "report.xlsx"
    write_workbook(made, file)
    return file


def capital_of(plan: Plan) -> float:
    return sum(money.capital_cny for money in plan.money) / CNY_PER_10_000


def test_figures_equal_the_plan(tmp_path: Path) -> None:
    """Money by year and coverage against targets are those of plan.json, with live totals."""
    made = sources(tiny_problem())
    file = written(made, tmp_path)
    values = openpyxl.load_workbook(file, data_only=True)
    assert [values["Money"].cell(row + 5, 4).value for row in range(len(made.plan.money))] == pytest.approx(
        [money.capital_cny / CNY_PER_10_000 for money in made.plan.money]
    )
    assert values["Money"]["D3"].value == pytest.approx(capital_of(made.plan))
    figures = [each for each in made.plan.coverage if each.basis is made.plan.basis]
    rows = list(values["By function"].iter_rows(min_row=5, max_row=4 + len(figures), values_only=True))
    assert sorted(row[2:4] for row in rows) == sorted((each.covered, each.counted) for each in figures)
    formulas = openpyxl.load_workbook(file)
    assert str(formulas["Money"]["D3"].value).startswith("=SUBTOTAL(109,D5:")


def rows_of(file: Path, sheet: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(file, data_only=True)[sheet].iter_rows(min_row=5, values_only=True))


def test_places_by_year(tmp_path: Path) -> None:
    """Elderly care in 2028: none was there; s1 and s2 open 100 and 40 m²: half a place a m², 5 and 2 beds."""
    problem = replace(tiny_problem(), care_bed_share_of_elderly_room=0.4, care_bed_area_m2=8.0)
    places = {tuple(row[:3]): row[3:6] for row in rows_of(written(sources(problem), tmp_path), "Places")}
    elderly = problem.functions[ELDERLY].name.en
    unit = problem.functions[ELDERLY].capacity_unit.en
    assert places[2028, elderly, unit] == (0, 70, 70)
    assert places[2028, elderly, "care beds"] == (0, 7, 7)


def test_rooms_and_who_shares_them(tmp_path: Path) -> None:
    """s1 ends with a day room of 80 m² in which meals (60) and culture (80) take turns: 60 m² are saved."""
    rooms = [row for row in rows_of(written(sources(tiny_problem()), tmp_path), "Rooms") if row[0] == "s1"]
    assert [row[4:] for row in rooms] == [("no", 100, 0), ("yes", 80, 60)]


def test_excluded_spaces_have_their_reason(tmp_path: Path) -> None:
    """What a candidate may not host is listed with the reason, as in plan.json."""
    problem = tiny_problem()
    reason = Text("安全避让：加油站", "safety: petrol station")
    unsafe = replace(
        problem.sites["s3"], may_host=frozenset(), why_not=dict.fromkeys(problem.functions, reason)
    )
    made = sources(replace(problem, sites={**problem.sites, "s3": unsafe}))
    rows = rows_of(written(made, tmp_path), "Excluded")
    assert ("s3", "safety: petrol station", "every function") in [(row[0], *row[2:]) for row in rows]


def test_sites_say_consent_tenure_and_what_falls_due(tmp_path: Path) -> None:
    """A rented space without consent, on a plot of another use, shows all three with its money."""
    problem = replace(tiny_problem(), land_use_grace_years=5, land_use_procedure_cny_per_m2=30.0)
    site = replace(
        problem.sites["s1"],
        tenure=Tenure.RENTED,
        rent_cny_per_year=20_000.0,
        consent=Consent.SEEKING,
        outgrows_land_use=True,
    )
    made = sources(replace(problem, sites={**problem.sites, "s1": site}))
    row = next(row for row in rows_of(written(made, tmp_path), "Sites") if row[1] == "s1")
    cost = 30.0 * site.floor_area_m2 / CNY_PER_10_000
    assert row[12:15] == (Consent.SEEKING.text.en, Tenure.RENTED.text.en, 2)
    assert row[17:] == (2032, cost)


def test_sheets_are_set_up(tmp_path: Path) -> None:
    """Every sheet has filters, frozen panes, a repeated header row, and says that data is made up."""
    for sheet in openpyxl.load_workbook(written(sources(tiny_problem()), tmp_path)).worksheets:
        assert sheet.freeze_panes == "A5"
        assert sheet.auto_filter.ref is not None
        assert sheet.print_title_rows == "$4:$4"
        assert sheet.page_setup.orientation == "landscape"
        assert "illustrative" in str(sheet["A2"].value)


def test_names_never_become_formulas(tmp_path: Path) -> None:
    """Hostile names of sites and communities are there as written, as text."""
    made = sources(tiny_problem())
    planned = frozenset(made.problem.planned_sites)
    sites = tuple(
        site.model_copy(update={"name": HOSTILE[index % len(HOSTILE)]})
        for index, site in enumerate(sorted(made.plan.sites, key=lambda site: site.site_id not in planned))
    )
    plan = made.plan.model_copy(update={"sites": sites})
    hostile = WorkbookSources(plan, made.problem, {}, made.lead_bureaus, Language.EN)
    opened = [site.name for site in sites if site.site_id in planned]
    assert opened
    sheet = openpyxl.load_workbook(written(hostile, tmp_path))["Sites"]
    cells = [sheet.cell(row, 3) for row in range(5, 5 + len(opened))]
    assert sorted(str(cell.value) for cell in cells) == sorted(opened)
    assert all(cell.data_type == "s" and cell.hyperlink is None for cell in cells)


def test_long_lists_of_communities_are_not_cut_off(tmp_path: Path) -> None:
    """A row is as high as the lines that its longest text wraps into."""
    made = sources(tiny_problem())
    code = next(iter(made.problem.communities))
    coverage = tuple(each.model_copy(update={"missing": (code,) * 60}) for each in made.plan.coverage)
    plan = made.plan.model_copy(update={"coverage": coverage})
    long = WorkbookSources(plan, made.problem, {}, made.lead_bureaus, Language.EN)
    sheet = openpyxl.load_workbook(written(long, tmp_path))["By function"]
    letters = len(str(sheet["H5"].value))
    assert sheet.row_dimensions[5].height >= 15 * letters / sheet.column_dimensions["H"].width


@pytest.mark.parametrize("language", [Language.ZH, pytest.param(Language.EN, marks=pytest.mark.slow)])
def test_libreoffice_recalculates_the_same(tmp_path: Path, language: Language) -> None:
    """LibreOffice opens the workbook, and its own totals equal those that were written."""
    office = shutil.which("soffice")
    if office is None:
        assert not os.environ.get("CI"), "CI installs LibreOffice"
        pytest.skip("LibreOffice isn't installed")
    made = sources(tiny_problem(), language)
    file = written(made, tmp_path)
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    command = [office, home, "--headless", "--convert-to", "ods:calc8", "--outdir", str(tmp_path), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    again = [office, home, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "again")]
    subprocess.run([*again, str(tmp_path / "report.ods")], check=True, capture_output=True, timeout=120)
    book = openpyxl.load_workbook(tmp_path / "again" / "report.xlsx", data_only=True)
    before = openpyxl.load_workbook(file, data_only=True)
    for sheet in before.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    found = book[sheet.title][cell.coordinate].value
                    assert found == pytest.approx(cell.value), (sheet.title, cell.coordinate)
    assert json.dumps(book.sheetnames) == json.dumps(before.sheetnames)

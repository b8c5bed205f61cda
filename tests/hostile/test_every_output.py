"""Names that try to be something else, through every output: they arrive unharmed and do nothing."""

from __future__ import annotations

import csv
import json
import re
import shutil
import warnings
import zipfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import geopandas
import openpyxl
import pytest
import yaml
from docx.oxml.ns import qn
from playwright.sync_api import sync_playwright
from tests.conftest import REPOSITORY, TINY_SCENARIO
from tests.map.conftest import BROWSERS
from tests.tiny_case import changed, tiny_rows, write_tiny_case

from siteplan.cli.main import run
from siteplan.plan import Plan
from siteplan.problem import Role
from siteplan.publish import read_plan, read_run_record
from siteplan.publish.gis.texts import cleaned
from siteplan.publish.report.office import office
from siteplan.publish.wording import clean, name
from siteplan.text import FORMULA_STARTS, from_cell

pytestmark = pytest.mark.slow

NAMES = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "../../etc/passwd",
    "😀🏘️ 综合体",
    "长" * 200,
    "\u202eمرحبا بالعالم",
    "'=1+1",
    '</w:t> & "quoted" $x$ %%style%%',
)
NAMED = {
    "sites": "name",
    "existing_services": "name",
    "projects": "name",
    "communities": "community_name",
    "towns": "town_name",
    "demand_points": "name",
}
READABLE = {"report.docx", "report.xlsx", "map.html", "pictures"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which everything that has a name has a hostile one, solved with every output."""
    root = tmp_path_factory.mktemp("hostile") / "county"
    shutil.copytree(REPOSITORY / "model", root / "model")
    names = cycle(NAMES)
    tables: dict[str, Any] = {
        table: [changed(row, **{column: next(names)}) for row in tiny_rows(table) if column in row]
        for table, column in NAMED.items()
    }
    write_tiny_case(root / "data" / "tiny", **tables)
    (root / "scenarios").mkdir()
    scenario = yaml.safe_load(TINY_SCENARIO)
    scenario["solver"]["time_limit_s"] = 600  # on a busy machine no output is skipped
    scenario["title"] = {"zh": NAMES[0], "en": NAMES[1]}
    scenario["budget"]["sources"]["county"]["name"] = {"zh": NAMES[4], "en": NAMES[2]}
    file = root / "scenarios" / "tiny.yaml"
    file.write_text(yaml.safe_dump(scenario, allow_unicode=True), encoding="utf-8")
    assert run(["solve", str(file), "--output", str(root / "results")], {}) == 0
    return root


@pytest.fixture(scope="module")
def results(root: Path) -> Path:
    """The result folder."""
    return root / "results"


@pytest.fixture(scope="module")
def plan(results: Path) -> Plan:
    """The plan."""
    return read_plan(results)


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def communities(results: Path) -> set[str]:
    """Return the names of the communities that count."""
    features = json.loads((results / "coverage.geojson").read_text(encoding="utf-8"))["features"]
    counted = (each["properties"] for each in features if each["properties"]["in_scope"])
    return {each["community_name"] for each in counted}


def test_everything_is_written_and_nothing_elsewhere(root: Path, results: Path) -> None:
    """Every output is there, verification passes, and no path of a name was followed."""
    record = read_run_record(results)
    assert record.failed_outputs == {}
    assert set(record.outputs) >= READABLE
    assert run(["verify", str(results)], {}) == 0
    assert {path.name for path in root.parent.iterdir()} == {"county"}
    assert {path.name for path in root.iterdir()} == {"model", "data", "scenarios", "results"}
    assert not list(root.rglob("*passwd*"))


def test_names_in_the_plan_are_those_of_the_tables(plan: Plan) -> None:
    """The plan is the truth that the other files are compared with."""
    assert {site.name for site in plan.sites} <= set(NAMES)
    assert len({site.name for site in plan.sites}) >= 4


def test_geojson(results: Path, plan: Plan) -> None:
    """JSON holds names as they stand."""
    found = json.loads((results / "sites.geojson").read_text(encoding="utf-8"))["features"]
    assert {each["properties"]["name"] for each in found} == {site.name for site in plan.sites}


def test_csv(results: Path, plan: Plan) -> None:
    """No cell begins a formula, and undoing the apostrophe gives the names."""
    names = {site.site_id: site.name for site in plan.sites}
    for file in ("assignments.csv", "money.csv"):
        rows = rows_of(results / file)
        assert rows
        assert not [cell for row in rows for cell in row.values() if cell.startswith(FORMULA_STARTS)]
        for row in rows:
            if row["site_id"]:
                assert from_cell(row["site_name"]) == names[row["site_id"]]
    assert {from_cell(row["demand_name"]) for row in rows_of(results / "assignments.csv")} <= set(NAMES)


def test_alternatives(root: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of sites is for a spreadsheet too."""
    monkeypatch.chdir(root)
    options = ["--within", "10", "--count", "1", "--by", "functions", "--output", str(root / "data/out")]
    assert run(["alternatives", "results", *options], {}) == 0
    rows = rows_of(next((root / "data/out").glob("*sites*.csv")))
    shutil.rmtree(root / "data/out")
    assert rows
    assert not [cell for row in rows for cell in row.values() if cell.startswith(FORMULA_STARTS)]
    assert {from_cell(row["name"]) for row in rows} <= set(NAMES)


def test_word(results: Path, plan: Plan, tmp_path: Path) -> None:
    """Names are text in the report and nothing else; it can be opened and turned into a PDF."""
    file = results / "report.docx"
    with zipfile.ZipFile(file) as parts:
        assert not [part for part in parts.namelist() if part.startswith(("/", "..")) or "passwd" in part]
        for part in parts.namelist():
            if part.endswith(".xml"):
                assert "<script" not in parts.read(part).decode()
    body = docx.Document(str(file)).element.body
    words = "".join(text.text or "" for text in body.iter(qn("w:t")))
    for given in (*(site.name for site in plan.sites), *communities(results)):
        assert name(given) in words
    instructions = {(text.text or "").split()[0] for text in body.iter(qn("w:instrText"))}
    assert instructions <= {"TOC", "PAGEREF", "SEQ", "PAGE"}
    if office() is not None:
        again = tmp_path / "report.docx"
        assert run(["report", str(results), "--pdf", "--output", str(again)], {}) == 0
        assert again.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_excel(results: Path, plan: Plan) -> None:
    """Names are text cells; the only formulas are those of the workbook, and there is no link."""
    book = openpyxl.load_workbook(results / "report.xlsx")
    words: set[str] = set()
    for sheet in book:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            assert cell.hyperlink is None
            if cell.data_type == "f":
                assert not re.search("cmd|passwd|alert|@", str(cell.value))
            elif isinstance(cell.value, str):
                words.add(cell.value)
    opened = {site.name for site in plan.sites if site.role is Role.CANDIDATE}
    assert opened
    for given in (*opened, *communities(results)):
        assert given in words or clean(given) in words


def test_one_map(results: Path, plan: Plan, tmp_path: Path) -> None:
    """GeoPackage and Shapefile hold names, cut only where a field is shorter, in files of their own names."""
    folder = tmp_path / "in" / "onemap"
    assert run(["export", str(results), "--to", "onemap", "--draft", "--output", str(folder)], {}) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"onemap"}
    expected = {site.site_id: cleaned(site.name) for site in plan.sites}
    for file in (*folder.glob("*4490.gpkg"), *folder.glob("shapefile_4490/*SS.shp")):
        for layer in ("XZSS", "GHSS") if file.suffix == ".gpkg" else (None,):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                table = geopandas.read_file(file, **({} if layer is None else {"layer": layer}))
            for row in table.itertuples():
                assert row.SSMC
                assert expected[row.SSBH].startswith(row.SSMC)
                assert len(row.SSMC) >= min(len(expected[row.SSBH]), 80)
    for file in folder.glob("*.csv"):
        for row in csv.reader(file.open(encoding="utf-8-sig", newline="")):
            assert not [cell for cell in row if cell.startswith(FORMULA_STARTS)]


def test_pictures(results: Path, tmp_path: Path) -> None:
    """Pictures are pictures: an SVG has shapes only, no script and no text that could be one."""
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in (results / "pictures").iterdir())
    for lang in ("zh", "en"):
        folder = tmp_path / lang
        command = ["plot", str(results), "--format", "svg", "--output", str(folder)]
        assert run(command, {"SITEPLAN_LANG": lang}) == 0
        for file in folder.iterdir():
            tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(file).iter()}
            assert not tags & {"script", "text", "a", "foreignObject"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    found = next((path for each in BROWSERS if (path := shutil.which(each))), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_map(results: Path, plan: Plan, browser: Any) -> None:
    """Every site's card opens under its name: no dialog, no console message, no request, no new element."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True).new_page()
    happened: list[str] = []
    page.on("console", lambda message: happened.append(message.text))
    page.on("pageerror", lambda fault: happened.append(str(fault)))
    page.on("dialog", lambda dialog: happened.append(dialog.message))
    page.on("request", lambda request: happened.append(request.url))
    page.goto((results / "map.html").as_uri())
    page.wait_for_selector("body[data-ready=yes]", state="attached", timeout=20_000)
    scripts = page.evaluate("document.scripts.length")
    features = json.loads((results / "coverage.geojson").read_text(encoding="utf-8"))["features"]
    places = {each["properties"]["demand_id"]: each["properties"]["name"] for each in features}
    assert len(set(places.values())) >= 4
    for key, given in {**{site.site_id: site.name for site in plan.sites}, **places}.items():
        page.fill("#search", key)
        page.press("#search", "Enter")
        shown = page.locator("#card h2").inner_text()
        assert " ".join(given.split()) in " ".join(shown.split())
    page.click("#language")
    assert page.evaluate("document.scripts.length") == scripts
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert [each for each in happened if not each.startswith(("file:", "data:"))] == []

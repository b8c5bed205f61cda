"""``siteplan export --to onemap``: refusal, drafts, official delivery, mapping and checks."""

from __future__ import annotations

import csv
import json
import sqlite3
import warnings
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pytest
import yaml
from tests.gis.conftest import HOSTILE_NAMES, solved
from tests.tiny_case import changed, tiny_rows

from siteplan.cli.main import run
from siteplan.findings import InputError
from siteplan.publish import read_plan
from siteplan.publish.gis.mapping import SHIPPED_MAPPING
from siteplan.publish.gis.onemap import gauss_kruger_zone
from siteplan.publish.gis.texts import cleaned, shortened
from siteplan.text import as_cell

DRAFT = "示例数据_不得报送_"
ENGLISH = {"SITEPLAN_LANG": "en"}


def export(results: Path, folder: Path, *options: str) -> int:
    return int(run(["export", str(results), "--to", "onemap", "--output", str(folder), *options], ENGLISH))


def read(file: Path, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return geopandas.read_file(file, **options)


@pytest.fixture(scope="module")
def draft(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The draft of the tiny case, all of which is illustrative."""
    folder = tmp_path_factory.mktemp("draft") / "onemap"
    assert export(results, folder, "--draft") == 0
    return folder


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the tiny case as if its records were official."""
    tables: dict[str, Any] = {}
    for table in ("towns", "communities", "demand_points", "sites", "projects", "existing_services"):
        status = {"functions_status": "official"} if table == "projects" else {}
        rows = tiny_rows(table)
        tables[table] = [changed(row, data_status="official", **status) for row in rows]
    return solved(tmp_path_factory.mktemp("official"), **tables)


def test_illustrative_records_are_refused(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without ``--draft`` nothing is written, and the message counts the records."""
    assert export(results, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "onemap-illustrative" in said
    assert f"sites {len(tiny_rows('sites'))}" in said
    assert not list(tmp_path.iterdir())


def test_a_draft_says_so_everywhere(draft: Path) -> None:
    """File names, the remark of every record and every table."""
    delivered = [file for file in draft.rglob("*.*") if file.suffix in (".gpkg", ".shp", ".dbf", ".csv")]
    assert delivered
    assert all(file.name.startswith(DRAFT) for file in delivered)
    for file in (*draft.rglob("*.shp"), *draft.rglob("*.gpkg")):
        for name in pyogrio.list_layers(file)[:, 0]:
            assert set(read(file, layer=name)["BZ"]) == {"示例数据，不得报送"}
    for file in draft.glob("*.csv"):
        assert "示例数据，不得报送" in file.read_text(encoding="utf-8-sig")


def test_every_layer_opens_and_equals_the_plan(draft: Path, results: Path) -> None:
    """GDAL reads both formats and both systems without a warning; figures and Chinese are the plan's."""
    plan = read_plan(results)
    expected = {site.site_id: (site.name, site.floor_area_m2) for site in plan.sites}
    for epsg in (4490, 4545):
        package = draft / f"{DRAFT}onemap_{epsg}.gpkg"
        names = set(pyogrio.list_layers(package)[:, 0])
        assert names == {"XZSS", "GHSS", "SSGN", "BXFW", "SQFGD", "DL"}
        for name in names:
            shapefile = draft / f"shapefile_{epsg}" / f"{DRAFT}{name}.shp"
            assert shapefile.with_suffix(".cpg").read_text(encoding="ascii") == "UTF-8"
            layers = [read(package, layer=name), read(shapefile)]
            for layer in layers:
                assert layer.crs.to_epsg() == epsg
                assert layer.geometry.is_valid.all()
                assert layer["BSM"].isna().all()
            assert len(layers[0]) == len(layers[1])
            assert list(layers[0].columns) == list(layers[1].columns)
        for source in ("gpkg", "shp"):
            found: dict[str, tuple[str, float]] = {}
            for name in ("XZSS", "GHSS"):
                shapefile = draft / f"shapefile_{epsg}" / f"{DRAFT}{name}.shp"
                layer = read(package, layer=name) if source == "gpkg" else read(shapefile)
                found |= {row.SSBH: (row.SSMC, row.JZMJ) for row in layer.itertuples()}
            assert found == expected
    coverage = read(draft / f"{DRAFT}onemap_4490.gpkg", layer="SQFGD")
    figures = {(row.XZQDM, row.GNMC, row.NF): (row.KDFG == "是", row.MBRS) for row in coverage.itertuples()}
    assert len(figures) == len(plan.communities)
    assert sum(covered for covered, _ in figures.values()) == sum(row.reachable for row in plan.communities)
    assert sum(persons for _, persons in figures.values()) == pytest.approx(
        sum(row.target_group for row in plan.communities), abs=0.5
    )


def test_a_geopackage_is_of_a_version_that_older_programs_know(draft: Path) -> None:
    """GDAL before 3.7, and QGIS with it, warns of GeoPackages newer than 1.3."""
    for package in draft.glob("*.gpkg"):
        connection = sqlite3.connect(package)
        assert connection.execute("PRAGMA user_version").fetchone()[0] <= 10300
        connection.close()


def test_aliases_and_dictionary(draft: Path) -> None:
    """The GeoPackage holds the Chinese name of each column, and so does the field dictionary."""
    connection = sqlite3.connect(draft / f"{DRAFT}onemap_4545.gpkg")
    aliases = dict(
        connection.execute("SELECT column_name, name FROM gpkg_data_columns WHERE table_name = 'XZSS'")
    )
    connection.close()
    assert aliases["JZMJ"] == "建筑面积"
    with (draft / f"{DRAFT}字段说明.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {(row["图层"], row["字段"]): row["中文名"] for row in csv.DictReader(stream)}
    assert {field: rows["XZSS", field] for field in aliases} == aliases
    assert (draft / "mapping.yaml").read_bytes() == SHIPPED_MAPPING.read_bytes()


def test_official_records_are_delivered_without_a_mark(official: Path, tmp_path: Path) -> None:
    """Nothing says illustrative, and a layer's remark is empty."""
    assert export(official, tmp_path / "out") == 0
    assert not list((tmp_path / "out").rglob(f"{DRAFT}*"))
    assert read(tmp_path / "out" / "onemap_4545.gpkg", layer="GHSS")["BZ"].isna().all()


def test_a_bureaus_own_mapping(official: Path, tmp_path: Path) -> None:
    """Names and layers are those of the file; what it leaves out isn't delivered."""
    fields = [
        {"field": "MC", "alias": "名称", "type": "text", "length": 3, "column": "name"},
        {"field": "BZ", "alias": "备注", "type": "text", "length": 20, "column": "remark"},
    ]
    own = tmp_path / "own.yaml"
    content = {"layers": {"planned_facilities": {"name": "SHEQU", "alias": "社区设施", "fields": fields}}}
    own.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    assert export(official, tmp_path / "out", "--mapping", str(own)) == 0
    package = tmp_path / "out" / "onemap_4490.gpkg"
    assert list(pyogrio.list_layers(package)[:, 0]) == ["SHEQU"]
    assert set(read(package)["MC"].str.len()) <= {1, 2, 3}
    assert "onemap-cut" in (tmp_path / "out" / "检查记录.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("column: floor_area_m2", "column: floor_aera_m2", "unknown-key"),
        ("field: JZMJ", "field: jzmj", "wrong-value"),
        ("field: JZMJ", "field: JIANZHUMIANJI", "wrong-value"),
        ("field: SYMJ", "field: JZMJ", "onemap-name-twice"),
        ("name: GHSS", "name: XZSS", "onemap-name-twice"),
        ("type: text, length: 18", "type: text", "onemap-no-length"),
        ("column: remark", "column: source", "onemap-no-remark"),
        ("existing_facilities", "existing_facilites", "unknown-key"),
        ("type: integer, column: opening_year", "type: integer, column: name", "onemap-type"),
        ("length: 18", "length: 18, required: true", "onemap-empty"),
    ],
)
def test_faults_of_a_mapping_are_told(
    before: str, after: str, code: str, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is an error with its code, and nothing is written."""
    shipped = SHIPPED_MAPPING.read_text(encoding="utf-8")
    assert before in shipped
    own = tmp_path / "own.yaml"
    own.write_text(shipped.replace(before, after), encoding="utf-8")
    assert export(results, tmp_path / "out", "--draft", "--mapping", str(own)) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_hostile_names_go_through(hostile_results: Path, tmp_path: Path) -> None:
    """Cut at whole characters where a format has a limit, and that is said; never a path or a formula."""
    out = tmp_path / "out"
    assert export(hostile_results, out, "--draft") == 0
    assert [item.name for item in tmp_path.iterdir()] == ["out"]
    names = {site.name for site in read_plan(hostile_results).sites}
    assert names & set(HOSTILE_NAMES)
    layers = [read(out / f"{DRAFT}onemap_4490.gpkg", layer=name) for name in ("XZSS", "GHSS")]
    assert {name for layer in layers for name in layer["SSMC"]} == {name[:100] for name in names}
    shapefiles = [read(out / "shapefile_4490" / f"{DRAFT}{name}.shp") for name in ("XZSS", "GHSS")]
    assert {name for layer in shapefiles for name in layer["SSMC"]} == {
        shortened(name, 100, 254) for name in names
    }
    for file in out.glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    checked = (out / f"{DRAFT}检查记录.csv").read_text(encoding="utf-8-sig")
    assert ("onemap-cut" in checked) == any(shortened(name, 100, 254) != name for name in names)


def test_options_of_the_one_map_go_with_it_only(results: Path) -> None:
    """``--draft`` for GeoJSON is a usage error, not silently ignored."""
    assert run(["export", str(results), "--to", "geojson", "--draft"], ENGLISH) == 2


@pytest.mark.parametrize(
    ("longitude", "zone"), [(108.13, 4545), (109.4, 4545), (109.6, 4546), (75.0, 4534), (135.9, 4554)]
)
def test_zone(longitude: float, zone: int) -> None:
    """The zone of the nearest central meridian, by its EPSG code."""
    assert gauss_kruger_zone(longitude) == zone


def test_no_zone_outside_china() -> None:
    """A place elsewhere is refused."""
    with pytest.raises(InputError, match="onemap-no-zone"):
        gauss_kruger_zone(10.0)


def test_texts() -> None:
    """Cut at whole characters, one line, and no formula."""
    assert shortened("😀😀", None, 7) == "😀"
    assert shortened("长" * 200, 100, 254) == "长" * 84
    assert cleaned(" a\nb\u2028c\x00 ") == "a b c"
    assert as_cell("=1+1") == "'=1+1"
    assert as_cell("周至") == "周至"


def test_a_supplied_boundary_makes_an_area(tmp_path: Path) -> None:
    """The community with an official boundary is a polygon in every format, the others stay points."""
    ring = [[108.218, 34.158], [108.227, 34.158], [108.227, 34.166], [108.218, 34.166], [108.218, 34.158]]
    code = tiny_rows("communities")[0]["community_code"]
    feature = {
        "type": "Feature",
        "properties": {"community_code": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    layer = {"type": "FeatureCollection", "features": [feature]}
    case = tmp_path / "data" / "tiny"
    case.mkdir(parents=True)
    (case / "community_boundaries.geojson").write_text(json.dumps(layer), encoding="utf-8")
    results = solved(tmp_path)
    out = tmp_path / "out"
    assert export(results, out, "--draft") == 0
    for areas, points in (
        [read(out / f"{DRAFT}onemap_4545.gpkg", layer=name) for name in ("SQFGM", "SQFGD")],
        [read(out / "shapefile_4545" / f"{DRAFT}{name}.shp") for name in ("SQFGM", "SQFGD")],
    ):
        assert set(areas["XZQDM"]) == {code}
        assert code not in set(points["XZQDM"])
        assert set(areas.geom_type) <= {"Polygon", "MultiPolygon"}
        assert len(areas) + len(points) == len(read_plan(results).communities)


def identifiers(folder: Path, *rows: str, header: str = "点位编号,标识码") -> Path:
    file = folder / "onemap_identifiers.csv"
    file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8-sig")
    return file


def test_assigned_identifiers_fill_the_facilities(official: Path, tmp_path: Path) -> None:
    """A bureau's identifiers stand in the facility layers, by field name or alias; the others stay empty."""
    sites = [site.site_id for site in read_plan(official).sites]
    table = identifiers(tmp_path, f"{sites[0]},6101240001,A1", header="site_id,BSM,要素代码")
    assert export(official, tmp_path / "out", "--identifiers", str(table)) == 0
    found: dict[str, tuple[Any, Any]] = {}
    for name in ("XZSS", "GHSS"):
        layer = read(tmp_path / "out/shapefile_4490" / f"{name}.shp")
        found |= {row.SSBH: (row.BSM, row.YSDM) for row in layer.itertuples()}
    assert found.pop(sites[0]) == ("6101240001", "A1")
    assert {bool(each and isinstance(each, str)) for pair in found.values() for each in pair} == {False}
    assert read(tmp_path / "out/onemap_4490.gpkg", layer="SSGN")["BSM"].isna().all()
    assert "onemap_identifiers.csv" in (tmp_path / "out/元数据.csv").read_text(encoding="utf-8-sig")


def test_identifiers_are_found_in_the_case_folder(official: Path, tmp_path: Path) -> None:
    """Without an option the table of the case folder is taken; it may list sites that do not open."""
    case = official.parent / "data/tiny"
    table = identifiers(
        case, *(f"{row['site_id']},{number}" for number, row in enumerate(tiny_rows("sites")))
    )
    try:
        assert export(official, tmp_path / "out") == 0
    finally:
        table.unlink()
    layer = read(tmp_path / "out/onemap_4490.gpkg", layer="GHSS")
    assert layer["BSM"].notna().any()


def test_faults_of_identifiers_come_all_at_once(
    official: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown sites, repeated sites and identifiers, and what is too long: with row and column."""
    first, second = (row["site_id"] for row in tiny_rows("sites")[:2])
    table = identifiers(
        tmp_path, "S777,1", f"{first},2", f"{first},3", f"{second},2", f"{second}x,{'9' * 19}"
    )
    assert export(official, tmp_path / "out", "--identifiers", str(table)) == 2
    said = capsys.readouterr().err
    assert said.count("[onemap-identifiers]") == 5
    assert "S777" in said
    assert "row 3 already" in said
    assert "19 characters" in said
    assert not (tmp_path / "out").exists()


def test_columns_that_no_bureau_assigns_are_refused(
    official: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What siteplan computes can't be overwritten, and a slip of the pen is recognised."""
    table = identifiers(tmp_path, "S1,2,3", header="点位编号,建筑面积,标识吗")
    assert export(official, tmp_path / "out", "--identifiers", str(table)) == 2
    said = capsys.readouterr().err
    assert "建筑面积" in said
    assert "did you mean 标识码" in said
    table = identifiers(tmp_path, "2", header="标识码")
    assert export(official, tmp_path / "out", "--identifiers", str(table)) == 2
    assert "no column of sites" in capsys.readouterr().err


def test_identifiers_go_with_the_one_map_only(official: Path, tmp_path: Path) -> None:
    """The other formats have no such fields."""
    command = ["export", str(official), "--to", "geojson", "--identifiers", str(tmp_path / "none.csv")]
    assert run(command, ENGLISH) == 2

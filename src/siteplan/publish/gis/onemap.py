"""Delivery to the territorial one map (国土空间规划一张图): GeoPackage and Shapefiles in CGCS2000.

The fields and their names are those of a mapping file. Records are checked before anything is written.
WGS 84 degrees are taken as CGCS2000 degrees: the frames agree to centimetres, far below the data.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio

from siteplan.case import DataStatus
from siteplan.findings import Finding, InputError, Place, Severity, error, has_errors
from siteplan.publish.gis.checks import DeliveredLayer, check_layers, delivered_layers
from siteplan.publish.gis.identifiers import Identifiers, find_identifiers, read_identifiers
from siteplan.publish.gis.layers import WGS84, GeometryKind, GisSources, layers_of
from siteplan.publish.gis.mapping import LONGEST_TEXT, FieldType, MappedField, read_mapping
from siteplan.publish.gis.texts import shortened
from siteplan.text import Language, Text, as_cell

GEOGRAPHIC = 4490
"""EPSG code of CGCS2000 longitude and latitude."""

FIRST_MERIDIAN, LAST_MERIDIAN, FIRST_ZONE = 75, 135, 4534
"""CGCS2000 3-degree Gauss-Krüger zones without prefix: EPSG:4534 is that of 75° E, each next one 3° on."""

DRAFT_NOTE = Text("示例数据，不得报送", "illustrative data, not to be submitted")
DRAFT_PREFIX = "示例数据_不得报送_"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that has passed its checks: layers as mapped, and what the checks found suspicious."""

    layers: tuple[DeliveredLayer, ...]
    findings: tuple[Finding, ...]
    mapping_file: Path
    identifiers: Identifiers
    zone: int
    is_draft: bool

    @property
    def prefix(self) -> str:
        """Beginning of the names of all files."""
        return DRAFT_PREFIX if self.is_draft else ""


def prepare_onemap(
    sources: GisSources, mapping_file: Path, *, draft: bool, identifiers_file: Path | None = None
) -> Delivery:
    """Map the layers of a plan to the fields of the one map, and check them.

    ``identifiers_file``: the identifiers that the bureau has assigned; by default the table beside the
    mapping file or in the case folder, if there is one.

    Raises:
        InputError: illustrative records without ``draft``, a fault of the mapping or of the identifiers, or
            records that must not be delivered so; with the warnings beside.
    """
    if sources.plan.illustrative and not draft:
        raise InputError([_illustrative(sources)])
    layers = layers_of(sources)
    mapping = read_mapping(mapping_file, layers)
    remark = DRAFT_NOTE.zh if sources.plan.illustrative else None
    file = identifiers_file or find_identifiers(mapping_file, sources.case.folder)
    assigned = Identifiers() if file is None else read_identifiers(file, mapping, sources.problem.sites)
    delivered = delivered_layers(layers, mapping, remark, assigned)
    findings = check_layers(delivered, sources.case.header.extent)
    if has_errors(findings):
        raise InputError(findings)
    west, _, east, _ = sources.case.header.extent
    zone = gauss_kruger_zone((west + east) / 2.0)
    return Delivery(delivered, tuple(findings), mapping_file, assigned, zone, sources.plan.illustrative)


def gauss_kruger_zone(longitude: float) -> int:
    """Return the EPSG code of the CGCS2000 3-degree Gauss-Krüger zone of a longitude.

    Raises:
        InputError: there is none, the place isn't in China.
    """
    meridian = 3 * round(longitude / 3.0)
    if not FIRST_MERIDIAN <= meridian <= LAST_MERIDIAN:
        raise InputError([_no_zone(longitude)])
    return FIRST_ZONE + (meridian - FIRST_MERIDIAN) // 3


def write_onemap(delivery: Delivery, sources: GisSources, folder: Path) -> None:
    """Write GeoPackages, Shapefiles, metadata, field dictionary, the record of the checks and the mapping."""
    for epsg in (GEOGRAPHIC, delivery.zone):
        package = folder / f"{delivery.prefix}onemap_{epsg}.gpkg"
        shapefiles = folder / f"shapefile_{epsg}"
        shapefiles.mkdir()
        for layer in delivery.layers:
            frame = _frame(layer, None).to_crs(epsg)
            _write_package(frame, layer, package)
            file = shapefiles / f"{delivery.prefix}{layer.mapped.name}.shp"
            _write_shapefile(_frame(layer, LONGEST_TEXT).to_crs(epsg), layer, file)
        _add_aliases(package, delivery.layers)
    _write_table(folder / f"{delivery.prefix}元数据.csv", ("项目", "内容"), _metadata(delivery, sources))
    _write_table(folder / f"{delivery.prefix}字段说明.csv", DICTIONARY_COLUMNS, _dictionary(delivery))
    _write_table(folder / f"{delivery.prefix}检查记录.csv", ("级别", "检查", "说明"), _checked(delivery))
    shutil.copyfile(delivery.mapping_file, folder / "mapping.yaml")


# --- layers -----------------------------------------------------------------------------------------------


def _frame(layer: DeliveredLayer, byte_limit: int | None) -> Any:
    """Return a layer as a table; texts are at most so many bytes of UTF-8 long."""
    columns = {
        field.field: _series([record[field.field] for record in layer.records], field, byte_limit)
        for field in layer.mapped.fields
    }
    geometry = [feature.geometry for feature in layer.source.features]
    return geopandas.GeoDataFrame(columns, geometry=geometry, crs=WGS84)


def _series(values: Sequence[Any], field: MappedField, byte_limit: int | None) -> Any:
    if field.type is FieldType.TEXT:
        texts = [None if value is None else shortened(value, None, byte_limit) for value in values]
        return pd.Series(texts, dtype=object)
    if field.type is FieldType.INTEGER:
        return pd.array([pd.NA if value is None else int(value) for value in values], dtype="Int32")
    return np.array([np.nan if value is None else float(value) for value in values])


GEOPACKAGE_VERSION = "1.2"
"""What also older QGIS and GDAL (from 2017 on) open without a warning; newer versions add nothing needed."""


def _write_package(frame: Any, layer: DeliveredLayer, file: Path) -> None:
    pyogrio.write_dataframe(
        frame,
        file,
        layer=layer.mapped.name,
        driver="GPKG",
        geometry_type=layer.source.kind.value,
        append=file.exists(),
        dataset_options={} if file.exists() else {"VERSION": GEOPACKAGE_VERSION},
        layer_options={"IDENTIFIER": layer.mapped.alias, "DESCRIPTION": layer.remark or layer.mapped.alias},
    )


def _write_shapefile(frame: Any, layer: DeliveredLayer, file: Path) -> None:
    lines = {GeometryKind.LINE: "LineString", GeometryKind.AREA: "Polygon"}
    pyogrio.write_dataframe(
        frame,
        file,
        driver="ESRI Shapefile",
        geometry_type=lines.get(layer.source.kind, layer.source.kind.value),
        encoding="UTF-8",
    )


SCHEMA_EXTENSION = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT INTO gpkg_extensions VALUES
  ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema',
   'read-write'),
  ('gpkg_data_column_constraints', NULL, 'gpkg_schema',
   'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
"""
"""The schema extension of GeoPackage, which holds the aliases of columns."""


def _add_aliases(package: Path, layers: Iterable[DeliveredLayer]) -> None:
    connection = sqlite3.connect(package)
    try:
        connection.executescript(SCHEMA_EXTENSION)
        connection.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) VALUES (?, ?, ?, ?)",
            [
                (layer.mapped.name, field.field, field.alias, field.alias)
                for layer in layers
                for field in layer.mapped.fields
            ],
        )
        connection.commit()
    finally:
        connection.close()


# --- tables -----------------------------------------------------------------------------------------------

DICTIONARY_COLUMNS = ("图层", "图层名称", "字段", "中文名", "类型", "长度（字符）", "必填", "来源")

TYPES = {FieldType.TEXT: "文本", FieldType.INTEGER: "整数", FieldType.REAL: "实数"}


def _metadata(delivery: Delivery, sources: GisSources) -> Iterator[tuple[str, str]]:
    header, plan = sources.case.header, sources.plan
    if delivery.is_draft:
        yield "声明", DRAFT_NOTE.zh
    yield "名称", plan.title_zh
    yield "行政区", f"{header.county_name}（{header.county_code}）"
    yield "规划年份", "—".join(str(year) for year in sorted({plan.years[0], plan.years[-1]}))
    yield (
        "坐标系",
        f"2000 国家大地坐标系：EPSG:{GEOGRAPHIC}（经纬度）、EPSG:{delivery.zone}（3 度带高斯—克吕格，米）",
    )
    yield "坐标说明", "输入为 WGS 84 经纬度，按与 CGCS2000 一致处理（相差厘米级，未做框架和历元改正）"
    for layer in delivery.layers:
        yield f"图层 {layer.mapped.name}", f"{layer.mapped.alias}，{len(layer.records)} 条"
    yield "步行服务范围", "沿道路网的步行范围，不是圆；一处设施、一类功能一个面"
    yield "社区", "只有提供了社区界线的社区为面，其余为点"
    yield "用地代码", "现状登记用地代码，按输入表填写；空缺为未提供"
    file = delivery.identifiers.file
    assigned = "" if file is None else f"；设施的取自 {file.name}（{len(delivery.identifiers.by_site)} 处）"
    yield "留空字段", f"标识码、要素代码等由主管部门赋值{assigned}"
    yield "数据说明", header.notes
    yield "制作日期", date.today().isoformat()


def _dictionary(delivery: Delivery) -> Iterator[tuple[str, ...]]:
    if delivery.is_draft:
        yield (DRAFT_NOTE.zh, *[""] * (len(DICTIONARY_COLUMNS) - 1))
    for layer in delivery.layers:
        for field in layer.mapped.fields:
            yield (
                layer.mapped.name,
                layer.mapped.alias,
                field.field,
                field.alias,
                TYPES[field.type],
                str(field.length or ""),
                "是" if field.required else "否",
                field.column or "由主管部门赋值，留空",
            )


def _checked(delivery: Delivery) -> Iterator[tuple[str, str, str]]:
    if delivery.is_draft:
        yield "声明", "", DRAFT_NOTE.zh
    for finding in delivery.findings:
        level = "错误" if finding.severity is Severity.ERROR else "警告"
        yield level, finding.code, f"{finding.place.describe(Language.ZH)}：{finding.found.zh}"
    yield "通过", "", "几何有效、无重复、在县域范围内、字段类型与必填"


def _write_table(file: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table that Excel reads: a byte-order mark, and no cell that it would take for a formula."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([as_cell(cell) for cell in row] for row in rows)


# --- refusals ---------------------------------------------------------------------------------------------


def _illustrative(sources: GisSources) -> Finding:
    case = sources.case
    tables: dict[str, tuple[Any, ...]] = {
        "communities": case.communities,
        "demand_points": case.demand_points,
        "sites": case.sites,
        "projects": case.projects,
        "existing_services": case.existing_services,
    }
    counts = Counter(
        {
            name: sum(row.data_status is DataStatus.ILLUSTRATIVE for row in rows)
            for name, rows in tables.items()
        }
    )
    words = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    return error(
        "onemap-illustrative",
        Place(file=case.folder),
        found=Text(f"案例含示例数据：{words}", f"the case has illustrative records: {words}"),
        allowed=Text(
            "报送“一张图”的只能是公开或近似数据", "only official or approximate records are delivered"
        ),
        mend=Text(
            "换成实际数据；只供内部试看时加 --draft，文件名、备注和各表会注明“示例数据，不得报送”",
            "replace them; for a trial add --draft: file names, remarks and tables then say so",
        ),
    )


def _no_zone(longitude: float) -> Finding:
    return error(
        "onemap-no-zone",
        Place(yaml_path="extent"),
        found=Text(f"范围中心经度 {longitude:g}°", f"the middle of the extent is at {longitude:g}° east"),
        allowed=Text("CGCS2000 三度带：东经 73.5°—136.5°", "CGCS2000 zones: 73.5° to 136.5° east"),
        mend=Text("改正 case.yaml 的 extent", "correct `extent` in case.yaml"),
    )

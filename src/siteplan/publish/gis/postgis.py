"""PostGIS: a table for each layer, all of them replaced in one transaction, in WGS 84.

The address of the database may hold a password: it is neither stored nor shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import geopandas

from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish.gis.files import no_package
from siteplan.publish.gis.layers import WGS84, Layer
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.text import Text

TABLE_PREFIX = "siteplan_"
SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def write_postgis(layers: Sequence[Layer], illustrative: bool, address: str, schema: str) -> None:
    """Write the layers into tables ``siteplan_<layer>`` of a schema, in place of earlier ones.

    ``address`` is as ``postgresql://user:password@host/database``.

    Raises:
        InputError: a driver isn't installed, the address can't be used, the schema isn't a plain name, or
            the database refuses.
    """
    if not SCHEMA_NAME.fullmatch(schema):
        raise InputError([_no_schema(schema)])
    try:
        import geoalchemy2  # noqa: F401, PLC0415 - optional
        import psycopg  # noqa: F401, PLC0415 - optional
        from sqlalchemy import create_engine, text  # noqa: PLC0415 - optional
        from sqlalchemy.engine import make_url  # noqa: PLC0415 - optional
        from sqlalchemy.exc import ArgumentError, SQLAlchemyError  # noqa: PLC0415 - optional
    except ImportError as missing:
        raise InputError([no_package("sqlalchemy, geoalchemy2, psycopg", "postgis")]) from missing
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise InputError([_no_address()]) from None
    if url.get_backend_name() != "postgresql":
        raise InputError([_no_address()])
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            for layer in layers:
                records = [{**feature.properties, "illustrative": illustrative} for feature in layer.features]
                geometry = [feature.geometry for feature in layer.features]
                table = f"{TABLE_PREFIX}{layer.key}"
                frame = geopandas.GeoDataFrame(records, geometry=geometry, crs=WGS84)
                frame.to_postgis(table, connection, schema=schema, if_exists="replace")
                said = f"{layer.title.zh}{'：' + ILLUSTRATIVE_NOTE.zh if illustrative else ''}"
                connection.execute(text(f"COMMENT ON TABLE \"{schema}\".{table} IS '{said}'"))
    except SQLAlchemyError as refusal:
        raise InputError([_refused(str(getattr(refusal, "orig", None) or type(refusal).__name__))]) from None
    finally:
        engine.dispose()


def _no_address() -> Finding:
    return error(
        "postgis-address",
        Place(),
        found=Text("数据库地址不可用（内容不显示）", "the address of the database can't be used (not shown)"),
        allowed=Text.same("postgresql://user:password@host:5432/database"),
        mend=Text(
            "改正环境变量 SITEPLAN_POSTGIS 或 --connection",
            "correct SITEPLAN_POSTGIS in the environment, or --connection",
        ),
    )


def _no_schema(schema: str) -> Finding:
    return error(
        "postgis-schema",
        Place(),
        found=Text.same(schema[:60]),
        allowed=Text("小写字母、数字和下划线", "lower-case letters, digits and underscores"),
        mend=Text("改正 --schema", "correct --schema"),
    )


def _refused(reason: str) -> Finding:
    words = " ".join(reason.split())[:300]
    return error(
        "postgis-refused",
        Place(),
        found=Text(f"数据库拒绝：{words}", f"the database refuses: {words}"),
        allowed=Text(
            "可连接、装有 PostGIS 扩展、模式已存在且可写的数据库",
            "a database that can be reached, with the PostGIS extension and a schema that may be written",
        ),
        mend=Text(
            "检查地址、权限，必要时运行 CREATE EXTENSION postgis",
            "check address and rights; CREATE EXTENSION postgis",
        ),
    )

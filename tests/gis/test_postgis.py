"""``siteplan export --to postgis``: refusals without a database, and the tables where one is offered."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import geopandas
import pytest

from siteplan.cli.main import run
from siteplan.publish import read_plan

OFFERED = os.environ.get("SITEPLAN_TEST_POSTGIS")
"""Address of a database with PostGIS that tests may write into."""


def refusal(results: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Return what is said where the export is refused."""
    capsys.readouterr()
    call = ["export", str(results), "--to", "postgis", *options]
    assert run(call, {"SITEPLAN_LANG": "en"}) == 2
    return capsys.readouterr().err


def test_refusals_are_clear_and_keep_the_password(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address, another database, nobody there, a schema that is none, and no driver."""
    monkeypatch.delenv("SITEPLAN_POSTGIS", raising=False)
    assert "SITEPLAN_POSTGIS" in refusal(results, capsys)
    for address, code in (
        ("mysql://me:secret@localhost/x", "postgis-address"),
        ("nonsense secret", "postgis-address"),
        ("postgresql://me:secret@127.0.0.1:1/x?connect_timeout=2", "postgis-refused"),
    ):
        monkeypatch.setenv("SITEPLAN_POSTGIS", address)
        said = refusal(results, capsys)
        assert f"[{code}]" in said
        assert "secret" not in said
    assert "[postgis-schema]" in refusal(results, capsys, "--schema", 'x"; DROP TABLE y')
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "siteplan[postgis]" in refusal(results, capsys)
    assert not [file for file in results.rglob("*") if file.is_file() and b"secret" in file.read_bytes()]


@pytest.mark.skipif(OFFERED is None, reason="no database: SITEPLAN_TEST_POSTGIS")
def test_tables_tell_what_the_plan_tells(hostile_results: Path) -> None:
    """Written twice, the tables hold each facility once, under its name however hostile."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - needed with a database only

    assert OFFERED is not None
    for _ in range(2):
        assert run(["export", str(hostile_results), "--to", "postgis", "--connection", OFFERED], {}) == 0
    engine = create_engine(OFFERED.replace("postgresql://", "postgresql+psycopg://"))
    found: dict[str, tuple[str, float]] = {}
    for key in ("existing_facilities", "planned_facilities"):
        table = geopandas.read_postgis(f"SELECT * FROM siteplan_{key}", engine, geom_col="geometry")
        assert table.crs.to_epsg() == 4326
        found |= {row.facility_id: (row.name, row.floor_area_m2) for row in table.itertuples()}
    engine.dispose()
    plan = read_plan(hostile_results)
    assert found == {site.site_id: (site.name, site.floor_area_m2) for site in plan.sites}

"""The bundled case as plain rows and as plain XML, read without siteplan."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest

CASE_FOLDER = Path(__file__).parents[2] / "data" / "zhouzhi"
Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def case_folder() -> Path:
    """Folder of the bundled case."""
    return CASE_FOLDER


@pytest.fixture(scope="session")
def tables() -> dict[str, Rows]:
    """Rows of each table by file stem, cells as text."""
    rows = {}
    for path in sorted(CASE_FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows[path.stem] = list(csv.DictReader(file))
    return rows


@pytest.fixture(scope="session")
def osm() -> ElementTree.Element:
    """Root element of ``roads.osm``."""
    return ElementTree.parse(CASE_FOLDER / "roads.osm").getroot()

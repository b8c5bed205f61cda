"""Rows written to CSV and read again are the same rows."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inputs_tables.faults import NAMES, read

from siteplan.case import TABLES, Choice, Row
from siteplan.inputs.columns import CellKind, Column, columns_of

FUNCTIONS = sorted(set(NAMES.values()))
WORDS = st.text(
    st.characters(codec="gb18030", exclude_categories=("C", "Z"))
    | st.sampled_from([",", '"', ";", "；", "“"]),
    min_size=1,
    max_size=12,
)
IDENTIFIERS = st.from_regex(r"[A-D][0-9]{1,4}", fullmatch=True)
AREAS = st.floats(0.1, 1e5)


def codes(digits: int) -> st.SearchStrategy[str]:
    """Division codes of so many digits, leading zeros included."""
    return st.text("0123456789", min_size=digits, max_size=digits)


def values(column: Column) -> st.SearchStrategy[Any]:
    """Values that a column may hold."""
    by_name: dict[str, st.SearchStrategy[Any]] = {
        "town_code": codes(9),
        "community_code": codes(12),
        "longitude": st.floats(-180, 180),
        "latitude": st.floats(-90, 90),
    }
    by_kind: dict[CellKind, st.SearchStrategy[Any]] = {
        CellKind.TEXT: WORDS,
        CellKind.CODE: IDENTIFIERS,
        CellKind.NUMBER: AREAS,
        CellKind.INTEGER: st.integers(-3, 2100),
        CellKind.BOOLEAN: st.booleans(),
        CellKind.CODES: st.lists(codes(12), max_size=3).map(tuple),
        CellKind.FUNCTIONS: st.lists(st.sampled_from(FUNCTIONS), unique=True).map(tuple),
        CellKind.FUNCTION_AREAS: st.dictionaries(st.sampled_from(FUNCTIONS), AREAS),
    }
    if column.choice is not None:
        given_values: st.SearchStrategy[Any] = st.sampled_from(list(column.choice))
    else:
        given_values = by_name.get(column.name, by_kind.get(column.kind, st.nothing()))
    return given_values if column.required else st.just(column.default) | given_values


@st.composite
def tables(draw: st.DrawFn) -> tuple[type[Row], list[Row]]:
    """A row type with some rows of it."""
    row_type = draw(st.sampled_from(list(TABLES.values())))
    rows = st.fixed_dictionaries({column.name: values(column) for column in columns_of(row_type)})
    return row_type, [row_type(**draw(rows)) for _ in range(draw(st.integers(1, 3)))]


def cell(value: Any, chinese: bool) -> str:
    """Write a value as a planner would, in Chinese or in English."""
    if value is None:
        return ""
    if isinstance(value, Choice):
        return type(value).labels()[value] if chinese else value.value
    if isinstance(value, bool):
        return {True: "是", False: "否"}[value] if chinese else str(value).lower()
    separator = "；" if chinese else ";"
    if isinstance(value, dict):
        return separator.join(f"{key}={area!r}" for key, area in value.items())
    return separator.join(value) if isinstance(value, tuple) else str(value)


@settings(max_examples=30, deadline=None)
@given(table=tables(), chinese=st.booleans(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_rows_survive_writing_and_reading(
    table: tuple[type[Row], list[Row]], chinese: bool, encoding: str
) -> None:
    """Rows of every table, in either language and the usual encodings, are read as they were written."""
    row_type, rows = table
    columns = columns_of(row_type)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        with path.open("w", encoding=encoding, newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([column.zh if chinese else column.name for column in columns])
            writer.writerows([cell(getattr(row, column.name), chinese) for column in columns] for row in rows)
        reading = read(path, row_type)
    assert reading.findings == ()
    assert [row.model_dump() for row in reading.rows] == [row.model_dump() for row in rows]
    assert [row.place.row for row in reading.rows] == list(range(2, len(rows) + 2))

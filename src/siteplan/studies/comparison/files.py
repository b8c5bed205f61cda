"""``compare.json``, ``compare.csv`` and ``compare.xlsx``: every figure, for programs and for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from siteplan.publish.documents import write_document
from siteplan.publish.workbook import Book, Sheet, write_sheets
from siteplan.studies.comparison.document import Comparison, Remark, Row
from siteplan.text import Language, Text

JSON_FILE, CSV_FILE, WORKBOOK_FILE = "compare.json", "compare.csv", "compare.xlsx"
COLUMNS = (
    "section",
    "figure",
    "year",
    "function",
    "basis",
    "place",
    "unit",
    "plan",
    "value",
    "of",
    "difference",
    "why_not_zh",
    "why_not_en",
    "illustrative",
)
TITLE = Text("方案比较", "Plans compared")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

Line = dict[str, Any]


def write_json(comparison: Comparison, file: Path) -> None:
    """Write ``compare.json``."""
    write_document(comparison, file)


def write_csv(comparison: Comparison, file: Path) -> None:
    """Write ``compare.csv``: a line for each figure and plan."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        illustrative = "yes" if comparison.illustrative else "no"
        for line in lines(comparison):
            writer.writerow(
                {key: _plain(value) for key, value in line.items()} | {"illustrative": illustrative}
            )


def write_book(sheets: Iterable[Sheet], comparison: Comparison, language: Language, file: Path) -> None:
    """Write ``compare.xlsx``.

    Raises:
        OSError: the file can't be written.
    """
    write_sheets(sheets, Book(title_of(comparison), comparison.illustrative, language), file)


def title_of(comparison: Comparison) -> Text:
    """Return the title of a comparison: its plans."""
    names = [plan.name for plan in comparison.plans]
    return Text(f"{TITLE.zh}：{'、'.join(names)}", f"{TITLE.en}: {', '.join(names)}")


def _plain(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers as they are."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def lines(comparison: Comparison) -> Iterator[Line]:
    """Yield every figure of every plan, with its difference from the reference's."""
    for row in comparison.levels:
        head: Line = {"section": "levels", "figure": row.level.value, "unit": row.unit}
        yield from _lines(comparison, row, head)
        for kind, figures in (("bound", row.bounds), ("gap", row.gaps)):
            head = {"section": "levels", "figure": f"{row.level.value}:{kind}", "unit": row.unit}
            yield from _plain_lines(comparison, figures, head)
    for cover in comparison.coverage:
        unit = "communities" if cover.basis.counts_communities else "persons"
        head = {
            "section": "coverage",
            "figure": "covered",
            "year": cover.year,
            "function": cover.function,
            "basis": cover.basis.value,
            "unit": unit,
        }
        yield from _lines(comparison, cover, head, cover.counted)
        if any(target is not None for target in cover.targets):
            yield from _plain_lines(comparison, cover.targets, head | {"figure": "target"})
    for local in comparison.local_coverage:
        head = {
            "section": "local_coverage",
            "figure": "covered",
            "year": local.year,
            "function": local.function,
            "place": local.area_code,
        }
        yield from _lines(comparison, local, head, local.counted)
        yield from _plain_lines(comparison, local.targets, head | {"figure": "target"})
    for within in comparison.radii:
        head = {
            "section": "radii",
            "figure": f"within_{within.radius_m:g}_m",
            "year": within.year,
            "function": within.function,
            "unit": "persons",
        }
        yield from _lines(comparison, within, head, within.counted)
    for area in comparison.area_standard:
        unit = "communities" if area.measure.startswith("met") else "m2"
        head = {"section": "area_standard", "figure": area.measure, "year": area.year, "unit": unit}
        yield from _lines(comparison, area, head)
    for money in comparison.money:
        head = {
            "section": "money",
            "figure": money.item,
            "year": money.year,
            "place": money.source,
            "unit": "CNY",
        }
        yield from _lines(comparison, money, head)
    yield from _place_lines(comparison)
    for site in comparison.sites:
        yield {
            "section": "sites",
            "figure": site.change.value,
            "place": site.site_id,
            "plan": site.plan,
            "value": site.year,
            "of": site.year_reference,
            "function": "; ".join(site.functions),
            "unit": "year",
        }


def _place_lines(comparison: Comparison) -> Iterator[Line]:
    """Yield the figures of communities and towns."""
    places: list[tuple[str, str, Row, Sequence[float | None], Sequence[float | None]]] = [
        ("communities", row.community_code, row, row.person_years, row.person_years_differences)
        for row in comparison.communities
    ]
    places += [
        ("towns", row.town_code, row, row.person_years, row.person_years_differences)
        for row in comparison.towns
    ]
    for section, code, row, persons, differences in places:
        head: Line = {"section": section, "place": code}
        yield from _lines(comparison, row, head | {"figure": "function_years", "unit": "function-years"})
        people = Row(values=tuple(persons), differences=tuple(differences), why_not=row.why_not)
        yield from _lines(comparison, people, head | {"figure": "person_years", "unit": "person-years"})


def _lines(
    comparison: Comparison, row: Row, head: Line, counted: Sequence[float | None] | None = None
) -> Iterator[Line]:
    differences: tuple[float | None, ...] = (None, *row.differences)
    why: tuple[Remark | None, ...] = (None, *row.why_not)
    for number, plan in enumerate(comparison.plans):
        said = why[number]
        yield head | {
            "plan": plan.name,
            "value": row.values[number],
            "of": None if counted is None else counted[number],
            "difference": differences[number],
            "why_not_zh": None if said is None else said.zh,
            "why_not_en": None if said is None else said.en,
        }


def _plain_lines(comparison: Comparison, values: Sequence[float | None], head: Line) -> Iterator[Line]:
    for plan, value in zip(comparison.plans, values, strict=True):
        yield head | {"plan": plan.name, "value": value}

"""Every file of a comparison, and its pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from siteplan.findings import InputError
from siteplan.inputs.roads import read_roads
from siteplan.network import RoadNetwork
from siteplan.scenario import Level
from siteplan.studies.comparison.document import Comparison
from siteplan.studies.comparison.files import (
    CSV_FILE,
    JSON_FILE,
    WORKBOOK_FILE,
    write_book,
    write_csv,
    write_json,
)
from siteplan.studies.comparison.page import PAGE_FILE, Pictures, write_page
from siteplan.studies.comparison.pictures import coverage_chart, side_by_side
from siteplan.studies.comparison.report import REPORT_FILE, write_report
from siteplan.studies.comparison.sources import ComparedPlan
from siteplan.studies.comparison.tables import all_sheets
from siteplan.studies.comparison.words import Words
from siteplan.text import Language, Text


def pictures_of(comparison: Comparison, plans: Sequence[ComparedPlan], language: Language) -> Pictures:
    """Draw the maps side by side, and the chart of coverage where the plans share a year."""
    words = Words(comparison, language)
    pictures = {"maps": side_by_side(plans, _network(plans[0]), words)}
    chart = coverage_chart(words)
    return pictures if chart is None else pictures | {"coverage": chart}


def _network(plan: ComparedPlan) -> RoadNetwork | None:
    """Return the roads of a plan's case, None where they can't be read any more."""
    if plan.case is None:
        return None
    try:
        return read_roads(plan.case.roads_file, plan.case.header.metric_crs)
    except InputError:
        return None


def writers_of(
    comparison: Comparison,
    level_names: Mapping[Level, Text],
    pictures: Pictures,
    language: Language,
    folder: Path,
) -> dict[Path, Callable[[Path], None]]:
    """Return every file of a comparison and how it is written; writing one may raise `OSError`."""
    sheets = all_sheets(comparison, language, level_names)
    return {
        folder / JSON_FILE: lambda file: write_json(comparison, file),
        folder / CSV_FILE: lambda file: write_csv(comparison, file),
        folder / WORKBOOK_FILE: lambda file: write_book(sheets, comparison, language, file),
        folder / PAGE_FILE: lambda file: write_page(comparison, level_names, pictures, language, file),
        folder / REPORT_FILE: lambda file: write_report(comparison, level_names, pictures, language, file),
    }

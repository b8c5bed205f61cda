"""Years that can't be meant: 27 for 2027, 20227, a house of 1027."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.case import Case
from siteplan.findings import Finding, error
from siteplan.inputs.check.rows import Located, at
from siteplan.text import Text

EARLIEST_YEAR = 1900
LATEST_YEAR = 2100


def check_years(case: Case) -> Iterator[Finding]:
    """Yield an error for each year outside `EARLIEST_YEAR` … `LATEST_YEAR`."""
    for point in case.demand_points:
        yield from _check_year(point, "occupied_from", point.occupied_from)
    for site in case.sites:
        yield from _check_year(site, "year_available", site.year_available)
    for service in case.existing_services:
        yield from _check_year(service, "operating_since", service.operating_since)
    for project in case.projects:
        yield from _check_year(project, "year", project.year)


def _check_year(row: Located, column: str, year: int | None) -> Iterator[Finding]:
    if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
        yield error(
            "implausible-year",
            at(row, column),
            found=Text.same(str(year)),
            allowed=Text(
                zh=f"{EARLIEST_YEAR} 至 {LATEST_YEAR} 年", en=f"a year of {EARLIEST_YEAR} to {LATEST_YEAR}"
            ),
            mend=Text(zh="写四位数的年份", en="write the year in four digits"),
        )

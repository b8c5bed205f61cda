"""``money.csv``: the capital of each site and year, by funding source where money is planned so.

One row per year, source and site; the source is empty where the sources are one sum. UTF-8 with a
byte-order mark, so that Excel reads the Chinese right; texts from data as `siteplan.text.as_cell` writes
them, so that it runs none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from siteplan.plan import Plan, SourcePayment
from siteplan.text import as_cell

COLUMNS = (
    "year",
    "source",
    "source_zh",
    "site_id",
    "site_name",
    "capital_cny",
    "paid_in",
    "illustrative",
)

CNY_DECIMALS = 2
"""Money is written to the fen."""


def write_money(plan: Plan, file: Path) -> None:
    """Write who pays what, in the order of years, sources and sites."""
    names = {site.site_id: site.name for site in plan.sites}
    sources = {row.source: row.name_zh for row in plan.sources}
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in _rows(plan):
            writer.writerow(
                (
                    row.year,
                    row.source,
                    as_cell(sources.get(row.source, "")),
                    as_cell(row.site_id),
                    as_cell(names[row.site_id]),
                    round(row.cny, CNY_DECIMALS),
                    row.paid_in,
                    "yes" if plan.illustrative else "no",
                )
            )


def _rows(plan: Plan) -> Iterator[SourcePayment]:
    """Yield the payments by source, or else the capital of each site and year."""
    if plan.sources:
        yield from plan.money_by_source
        return
    for year in plan.years:
        for site in plan.sites:
            if cny := site.capital_cny_by_year[year]:
                yield SourcePayment(site_id=site.site_id, source="", year=year, paid_in=year, cny=cny)

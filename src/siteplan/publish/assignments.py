"""``assignments.csv``: who uses which site, by the convention of `siteplan.outcome.assignment`.

One row per year, function, demand point and site; persons without a site have a row with an empty site
and the cause. UTF-8 with a byte-order mark, so that Excel reads the Chinese right; texts from data as
`siteplan.text.as_cell` writes them, so that it runs none.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from siteplan.plan import Assignment
from siteplan.problem import Problem
from siteplan.publish.labels import cause_of
from siteplan.text import as_cell

COLUMNS = (
    "year",
    "function",
    "function_zh",
    "community_code",
    "community_name",
    "demand_id",
    "demand_name",
    "site_id",
    "site_name",
    "persons",
    "distance_m",
    "cause",
    "cause_zh",
    "illustrative",
)

PERSONS_DECIMALS = 6
"""Persons are shares of residents, not whole; so many decimals still sum up to the plan's figures."""


def write_assignments(
    assignments: Sequence[Assignment], problem: Problem, illustrative: bool, file: Path
) -> None:
    """Write the assignments in the order in which they are given."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(_row(assignment, problem, illustrative) for assignment in assignments)


def _row(
    assignment: Assignment, problem: Problem, illustrative: bool
) -> tuple[str | int | float | None, ...]:
    point = problem.demand[assignment.demand_id]
    site = problem.sites.get(assignment.site_id)
    return (
        assignment.year,
        assignment.function,
        as_cell(problem.functions[assignment.function].name.zh),
        point.community_code,
        as_cell(problem.communities[point.community_code].name),
        as_cell(assignment.demand_id),
        as_cell(point.name),
        as_cell(assignment.site_id),
        as_cell(site.name if site is not None else ""),
        round(assignment.persons, PERSONS_DECIMALS),
        assignment.distance_m,
        assignment.cause,
        cause_of(assignment).zh,
        "yes" if illustrative else "no",
    )

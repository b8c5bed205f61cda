"""What several checks need: rows of different tables seen alike, and places of their cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from siteplan.case import (
    CandidateSite,
    Case,
    CommittedProject,
    Community,
    DemandPoint,
    ExistingService,
    Row,
    Town,
)
from siteplan.findings import Place
from siteplan.policy import AreaFigure, Policy

Site = CandidateSite | CommittedProject | ExistingService
"""A row of any of the three tables of sites."""

Located = Town | Community | DemandPoint | CandidateSite | CommittedProject | ExistingService
"""A row of any table; all have coordinates."""


def at(row: Row, column: str) -> Place:
    """Return the place of a cell."""
    return replace(row.place, column=column)


def sites_of(case: Case) -> Iterator[tuple[str, Site]]:
    """Yield every site, project and existing service with its identifier's column."""
    yield from (("site_id", site) for site in case.sites)
    yield from (("project_id", project) for project in case.projects)
    yield from (("service_id", service) for service in case.existing_services)


def located_rows(case: Case) -> Iterator[Located]:
    """Yield the rows of all tables."""
    yield from case.towns
    yield from case.communities
    yield from case.demand_points
    yield from case.sites
    yield from case.projects
    yield from case.existing_services


def usable_area(row: Site, policy: Policy) -> float:
    """Return the usable area of a site in m²; where it is left out, floor area × the policy's share."""
    if row.usable_area_m2 is not None:
        return row.usable_area_m2
    return row.floor_area_m2 * policy.standards.usable_share_of_floor_area.value


def usable_standard(figure: AreaFigure, policy: Policy) -> float:
    """Return an area standard in usable m²; one published as floor area is multiplied by the share."""
    share = policy.standards.usable_share_of_floor_area.value
    return figure.value * share if figure.area == "floor" else figure.value


def names_of(names: list[str], limit: int = 10) -> str:
    """Return up to ``limit`` names in one line, with an ellipsis where some are left out."""
    return ", ".join(names[:limit]) + (f" … ({len(names)})" if len(names) > limit else "")

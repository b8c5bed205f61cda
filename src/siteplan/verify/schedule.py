"""What a plan decides, looked up by site, function and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from siteplan.case import Form
from siteplan.plan import Plan, PlannedSite
from siteplan.verify.facts import Facts, SiteFacts


@dataclass(frozen=True)
class Schedule:
    """The decisions of a plan whose names and years are known to be those of the inputs."""

    facts: Facts
    plan: Plan

    @cached_property
    def sites(self) -> Mapping[str, tuple[str, PlannedSite, SiteFacts]]:
        """Site id → (JSON path, what the plan says, what the inputs say)."""
        return {
            site.site_id: (f"sites[{number}]", site, self.facts.sites[site.site_id])
            for number, site in enumerate(self.plan.sites)
        }

    @cached_property
    def starts(self) -> Mapping[tuple[str, str], int]:
        """(site, function) → first year."""
        return {
            (site.site_id, entry.function): entry.from_year
            for site in self.plan.sites
            for entry in site.functions
        }

    @cached_property
    def _areas(self) -> Mapping[tuple[str, str, int], float]:
        return {
            (site.site_id, entry.function, year): area
            for site in self.plan.sites
            for entry in site.functions
            for year, area in entry.area_m2_by_year.items()
        }

    @cached_property
    def _rooms(self) -> Mapping[tuple[str, str, int], float]:
        return {
            (site.site_id, entry.room_group, year): area
            for site in self.plan.sites
            for entry in site.rooms
            for year, area in entry.area_m2_by_year.items()
        }

    def area(self, site_id: str, function: str, year: int) -> float:
        """Return the usable m² of a function at a site in a year, 0 where it has none."""
        return self._areas.get((site_id, function, year), 0.0)

    def room(self, site_id: str, group: str, year: int) -> float:
        """Return the usable m² of a room at a site in a year, 0 where it has none."""
        return self._rooms.get((site_id, group, year), 0.0)

    def provided(self, site_id: str, year: int) -> tuple[str, ...]:
        """Return the functions that a site provides in a year."""
        return tuple(
            function
            for owner, function in self.starts
            if owner == site_id and (owner, function, year) in self._areas
        )

    def providers(self, function: str, year: int) -> frozenset[str]:
        """Return the sites that provide a function in a year."""
        return self._providers[function, year]

    @cached_property
    def _providers(self) -> Mapping[tuple[str, int], frozenset[str]]:
        return {
            (function, year): frozenset(
                site for site, key in self.starts if key == function and (site, key, year) in self._areas
            )
            for function in self.facts.functions
            for year in self.facts.years
        }

    @cached_property
    def converted(self) -> Mapping[str, int]:
        """Existing service → the year in which the site in its place opens, for those converted."""
        return {
            facts.converts: site.open_from
            for _, site, facts in self.sites.values()
            if facts.converts is not None
        }

    def is_planned(self, site_id: str) -> bool:
        """Return whether the plan decides on the site: a candidate, or a project inside the horizon."""
        return self.facts.sites[site_id].programme is None

    def counts_as_complex(self, site_id: str) -> bool:
        """Return whether minimum areas and rules take the site for a complex."""
        site = self.facts.sites[site_id]
        if site.listed_form is not None:
            return site.listed_form is Form.COMPLEX
        return not self.facts.scenario.rules.site_form or self.sites[site_id][1].form is Form.COMPLEX

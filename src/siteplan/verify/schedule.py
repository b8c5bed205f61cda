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
    def sites_of_community(self) -> Mapping[str, list[tuple[PlannedSite, SiteFacts]]]:
        """Community code → the plan's sites there, with what the inputs say."""
        found: dict[str, list[tuple[PlannedSite, SiteFacts]]] = {}
        for _, site, facts in self.sites.values():
            found.setdefault(facts.community_code, []).append((site, facts))
        return found

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
        return self._provided.get((site_id, year), ())

    @cached_property
    def _provided(self) -> Mapping[tuple[str, int], tuple[str, ...]]:
        provided: dict[tuple[str, int], tuple[str, ...]] = {}
        for site, function in self.starts:
            for year in self.facts.years:
                if (site, function, year) in self._areas:
                    provided[site, year] = (*provided.get((site, year), ()), function)
        return provided

    def providers(self, function: str, year: int) -> frozenset[str]:
        """Return the sites that provide a function in a year."""
        return self._providers[function, year]

    @cached_property
    def _providers(self) -> Mapping[tuple[str, int], frozenset[str]]:
        providers: dict[tuple[str, int], set[str]] = {
            (function, year): set() for function in self.facts.functions for year in self.facts.years
        }
        for (site, year), functions in self._provided.items():
            for function in functions:
                providers[function, year].add(site)
        return {pair: frozenset(sites) for pair, sites in providers.items()}

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

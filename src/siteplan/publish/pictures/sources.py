"""What pictures are drawn from: a plan with its case, and the questions that several of them ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from siteplan.case import Case
from siteplan.network import RoadNetwork
from siteplan.plan import CoverageFigure, Plan, PlannedSite
from siteplan.problem import Problem
from siteplan.publish.pictures.canvas import Frame
from siteplan.publish.wording import DRAFT
from siteplan.scenario import Basis
from siteplan.text import Language, Text


@dataclass(frozen=True, eq=False)
class PictureSources:
    """A plan, the problem it solves, its case and roads; language and date of what is drawn."""

    plan: Plan
    problem: Problem
    case: Case
    network: RoadNetwork
    language: Language
    made_on: date = field(default_factory=date.today)

    def say(self, words: Text) -> str:
        """Return words in the pictures' language."""
        return words.in_language(self.language)

    @cached_property
    def opened(self) -> tuple[PlannedSite, ...]:
        """The sites that open within the horizon, by year and id."""
        planned = frozenset(self.problem.planned_sites)
        sites = (site for site in self.plan.sites if site.site_id in planned)
        return tuple(sorted(sites, key=lambda site: (site.open_from, site.site_id)))

    @cached_property
    def already_there(self) -> tuple[PlannedSite, ...]:
        """The sites that are open before the horizon."""
        decided = frozenset(self.problem.decided_sites)
        return tuple(site for site in self.plan.sites if site.site_id in decided)

    @cached_property
    def towns(self) -> Mapping[str, str]:
        """Town code → name, as the data has it."""
        return {town.town_code: town.town_name for town in self.case.towns}

    @cached_property
    def figures(self) -> Mapping[tuple[str, int, Basis], CoverageFigure]:
        """(function, year, basis) → coverage."""
        return {(each.function, each.year, each.basis): each for each in self.plan.coverage}

    def figure(self, function: str, year: int, basis: Basis | None = None) -> CoverageFigure | None:
        """Return the coverage of a function in a year, on the basis of the targets unless said."""
        return self.figures.get((function, year, basis or self.plan.basis))

    def shares_covered(self, year: int) -> Mapping[str, float]:
        """Return the share of the functions its residents need that each demand point reaches in a year.

        A function is reached where a site that provides it lies within its radius. Only demand points that
        are counted and occupied are listed.
        """
        providing = {
            function: frozenset(
                site.site_id
                for site in self.plan.sites
                for item in site.functions
                if item.function == function and item.area_m2_by_year.get(year, 0.0) > 0.0
            )
            for function in self.problem.functions
        }
        shares: dict[str, float] = {}
        for demand_id in self.problem.counted_demand:
            needed = [
                function
                for function in self.problem.functions
                if self.problem.target_group(demand_id, function, year) > 0.0
            ]
            reached = sum(
                not providing[function].isdisjoint(self.problem.providers_within_reach(demand_id, function))
                for function in needed
            )
            if needed:
                shares[demand_id] = reached / len(needed)
        return shares

    def frame(self, words: Text) -> Frame:
        """Return what stands around a picture of ``words``: county and scenario, sources, maker and date."""
        county, plan = self.case.header.county_name, self.plan
        title = Text(f"{county}{words.zh}（{plan.title_zh}）", f"{county}: {words.en} ({plan.title_en})")
        until = self.network.mapped_until
        roads = f" {until}" if until else ""
        note = Text(
            f"内部工作用图 · 数据：案例、方案、路网{roads} · 制图：siteplan，{self.made_on.isoformat()}",
            f"internal working picture · data: case, plan, roads{roads} · made by siteplan,"
            f" {self.made_on.isoformat()}",
        )
        mark = self.say(DRAFT) if plan.illustrative else ""
        return Frame(self.say(title), mark, self.say(note))


def capital(site: PlannedSite) -> float:
    """Return the capital of a site over the horizon, CNY."""
    return sum(site.capital_cny_by_year.values())

"""What the report is made of, and the questions about it that several of its parts ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from siteplan.case import Case
from siteplan.network import RoadNetwork
from siteplan.plan import CoverageFigure, LocalCoverage, Plan, PlannedSite
from siteplan.policy import Policy
from siteplan.problem import Problem
from siteplan.publish.explanations import MissedTarget, WhiteSpots
from siteplan.publish.pictures import PictureSources
from siteplan.publish.run_record import RunRecord
from siteplan.publish.wording import joined, name
from siteplan.scenario import Basis, Level, Scenario
from siteplan.text import Language, Text


@dataclass(frozen=True, eq=False)
class ReportSources:
    """Everything the report is made from: the result files and the inputs that they were made from.

    ``level_names``: the levels of the objective in words; ``missed``: the causes of missed targets, and
    ``white_spots``: where to look for space, that are stored of the plan.
    """

    plan: Plan
    problem: Problem
    case: Case
    policy: Policy
    scenario: Scenario
    network: RoadNetwork
    record: RunRecord
    level_names: Mapping[Level, Text]
    language: Language
    missed: tuple[MissedTarget, ...] = ()
    white_spots: WhiteSpots | None = None
    made_on: date = field(default_factory=date.today)

    def say(self, words: Text) -> str:
        """Return words in the report's language."""
        return words.in_language(self.language)

    def names(self, names: Iterable[str]) -> str:
        """Return names as a list."""
        return joined(names, self.language)

    @property
    def last_year(self) -> int:
        """The last year of the plan."""
        return self.plan.years[-1]

    @cached_property
    def pictures(self) -> PictureSources:
        """What the report's pictures are drawn from."""
        return PictureSources(
            self.plan, self.problem, self.case, self.network, self.language, made_on=self.made_on
        )

    @property
    def opened(self) -> tuple[PlannedSite, ...]:
        """The sites that open within the horizon, by year and id."""
        return self.pictures.opened

    @property
    def already_there(self) -> tuple[PlannedSite, ...]:
        """The sites that are open before the horizon."""
        return self.pictures.already_there

    @cached_property
    def in_scope(self) -> tuple[str, ...]:
        """Codes of the communities that the targets count, by town."""
        codes = (code for code, community in self.problem.communities.items() if community.in_scope)
        return tuple(sorted(codes, key=lambda code: (self.problem.communities[code].town_code, code)))

    @cached_property
    def towns(self) -> Mapping[str, str]:
        """Town code → name."""
        return {town.town_code: name(town.town_name) for town in self.case.towns}

    def town(self, code: str) -> str:
        """Return the name of a town, its code where there is none."""
        return self.towns.get(code, code)

    def community(self, code: str) -> str:
        """Return the name of a community."""
        return name(self.problem.communities[code].name)

    def communities(self, codes: Iterable[str]) -> str:
        """Return the names of communities as a list."""
        return self.names(self.problem.communities[code].name for code in codes)

    def function(self, key: str) -> str:
        """Return the name of a function."""
        return self.say(self.problem.functions[key].name)

    def functions(self, keys: Iterable[str]) -> str:
        """Return the names of functions as a list."""
        return self.names(self.function(key) for key in keys)

    def functions_of(self, site: PlannedSite) -> str:
        """Return the names of a site's functions as a list."""
        return self.functions(each.function for each in site.functions)

    def bureau(self, function: str) -> str:
        """Return the lead bureau of a function."""
        return self.say(self.policy.functions[function].lead_bureau.text)

    def figure(self, function: str, year: int, basis: Basis | None = None) -> CoverageFigure | None:
        """Return the coverage of a function in a year, on the basis of the targets unless said."""
        return self.pictures.figure(function, year, basis)

    @cached_property
    def shortfalls(self) -> tuple[CoverageFigure, ...]:
        """The figures below their target, by year: those of the county, then local ones."""
        targeted = (*self.plan.coverage, *self.plan.local_coverage)
        figures = (each for each in targeted if shortfall(each) > 0.0)
        return tuple(sorted(figures, key=lambda each: each.year))

    def whose_target(self, figure: CoverageFigure) -> str:
        """Return the function of a target, of a local one with the town or community."""
        name = self.function(figure.function)
        return f"{figure.area_name} {name}" if isinstance(figure, LocalCoverage) else name


SMALLEST_SHORTFALL = 1e-6


def shortfall(figure: CoverageFigure) -> float:
    """Return what is short of the target, in its unit; 0 where it is met or there is none."""
    if figure.target is None or figure.target - figure.covered <= SMALLEST_SHORTFALL:
        return 0.0
    return figure.target - figure.covered

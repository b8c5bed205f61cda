"""From decisions to everything a plan claims about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from siteplan.outcome.area import area_standard
from siteplan.outcome.assignment import assign
from siteplan.outcome.coverage import (
    coverage_at_radii,
    coverage_figures,
    coverage_of_communities,
    local_coverage,
)
from siteplan.outcome.funding import payments, source_years, spending_by_source
from siteplan.outcome.levels import level_value
from siteplan.outcome.money import money_by_year, money_of_sites
from siteplan.outcome.provision import Providing, providing_sites
from siteplan.outcome.sites import excluded_sites, planned_sites
from siteplan.plan import (
    Assignment,
    CommunityArea,
    CommunityCoverage,
    CoverageFigure,
    Decisions,
    LevelResult,
    LocalCoverage,
    Plan,
    PlannedSite,
    RadiusFigure,
    SourcePayment,
    SourceYear,
    YearMoney,
)
from siteplan.problem import Problem
from siteplan.scenario import Level
from siteplan.text import Text

StoppedBy = Literal["completed", "gap", "work_limit", "time_limit", "interrupted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What decisions achieve and cost; fields as in `Plan`.

    ``providing``: (function, year) → sites that provide it. ``assignments``: who uses which site.
    ``levels``: value of every level, in its unit, whether or not the scenario's objective names it.
    """

    sites: tuple[PlannedSite, ...]
    coverage: tuple[CoverageFigure, ...]
    local_coverage: tuple[LocalCoverage, ...]
    coverage_at_radii: tuple[RadiusFigure, ...]
    communities: tuple[CommunityCoverage, ...]
    area_standard: tuple[CommunityArea, ...]
    money: tuple[YearMoney, ...]
    money_by_source: tuple[SourcePayment, ...]
    sources: tuple[SourceYear, ...]
    levels: Mapping[Level, float]
    assignments: tuple[Assignment, ...]
    providing: Providing


def evaluate(problem: Problem, decisions: Decisions) -> Outcome:
    """Compute everything that a plan claims about its decisions.

    The decisions name planned sites only and hold the area of every function in every year in which it
    is provided; whether they keep the hard rules is checked by `siteplan.verify`, not here.
    """
    providing = providing_sites(problem, decisions)
    assignments = assign(problem, decisions)
    communities = coverage_of_communities(problem, providing, assignments)
    money = money_of_sites(problem, decisions)
    spending = spending_by_source(problem, decisions, {key: site.capital for key, site in money.items()})
    return Outcome(
        sites=planned_sites(problem, decisions, money),
        coverage=coverage_figures(problem, communities),
        local_coverage=local_coverage(problem, communities),
        coverage_at_radii=coverage_at_radii(problem, providing),
        communities=communities,
        area_standard=area_standard(problem, decisions),
        money=money_by_year(problem, money, spending),
        money_by_source=payments(problem, spending),
        sources=source_years(problem, spending),
        levels={level: level_value(problem, decisions, level) for level in Level},
        assignments=assignments,
        providing=providing,
    )


def make_plan(
    problem: Problem,
    decisions: Decisions,
    levels: Sequence[LevelResult],
    *,
    title: Text,
    illustrative: bool,
    stopped_by: StoppedBy,
    outcome: Outcome | None = None,
) -> Plan:
    """Return the plan of the decisions, with the solver's proof of quality.

    ``levels`` holds value, bound and gap of each level of the objective, first level first;
    ``illustrative`` says that something in the case is, and the plan then says so; ``outcome`` is that of
    these decisions, where it has been evaluated already.
    """
    outcome = outcome if outcome is not None else evaluate(problem, decisions)
    return Plan(
        title_zh=title.zh,
        title_en=title.en,
        illustrative=illustrative,
        years=problem.years,
        basis=problem.basis,
        assignment_rule=problem.assignment_rule,
        threshold=problem.threshold,
        sites=outcome.sites,
        coverage=outcome.coverage,
        local_coverage=outcome.local_coverage,
        coverage_at_radii=outcome.coverage_at_radii,
        communities=outcome.communities,
        area_standard=outcome.area_standard,
        money=outcome.money,
        money_by_source=outcome.money_by_source,
        sources=outcome.sources,
        excluded_sites=excluded_sites(problem),
        levels=tuple(levels),
        stopped_by=stopped_by,
    )

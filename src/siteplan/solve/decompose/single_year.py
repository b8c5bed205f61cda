"""Single-year problems: what is best in one year alone, with all money and pace up to it.

Every multi-year plan, looked at in year t alone, is a plan of the single-year problem of t: it has spent
at most the sum of the amounts up to t and opened at most the sum of the paces. So for a level that is a
sum over years, the sum of the single-year bounds is a bound of the whole (a proof is in
``model/formulation.md``).
"""

from __future__ import annotations

from dataclasses import replace

from siteplan.problem import FundingSource, Money, Pace, Problem, Site
from siteplan.scenario import Level

SEPARABLE = frozenset({Level.SHORTFALL, Level.WORST_COMMUNITY, Level.AREA_STANDARD})
"""Levels that are a sum over years of something that only the state in that year decides."""


def single_year_problem(problem: Problem, year: int) -> Problem:
    """Return the relaxation of the problem to one year: ``years == (year,)``."""
    return replace(
        problem,
        years=(year,),
        sites={key: _seen_in(site, year) for key, site in problem.sites.items()},
        targets={key: target for key, target in problem.targets.items() if key[1] == year},
        local_targets={key: target for key, target in problem.local_targets.items() if key[2] == year},
        money=_money_until(problem, year),
        pace=_pace_until(problem, year),
        operator_share_at_most=problem.operator_share_at_most if year == problem.years[-1] else None,
    )


def _seen_in(site: Site, year: int) -> Site:
    """Return the site as a single-year problem sees it: a committed one is open from its year on.

    What a joint programme has paid by then counts as paid in the year.
    """
    joint = site.joint
    if joint is not None and site.available_from <= joint.year <= year:
        site = replace(site, joint=replace(joint, year=year))
    if site.opens_in is None or site.opens_in > year:
        return site
    return replace(site, opens_in=year)


def _money_until(problem: Problem, year: int) -> Money:
    capital = problem.money.capital_cny
    if capital is None:
        return problem.money
    total = sum(capital[earlier] for earlier in problem.years if earlier <= year)
    sources = {
        key: _source_until(source, problem.money, year) for key, source in problem.money.sources.items()
    }
    return Money({year: total}, {}, carry_over=True, operating_cny={}, sources=sources)


def _source_until(source: FundingSource, money: Money, year: int) -> FundingSource:
    """Return the source as paying at once what it can have granted by the year.

    Of an award that is what has been paid by then and what the advance bridges.
    """
    granted = sum(
        amount for paid_in, amount in source.amounts_cny.items() if paid_in <= year + source.paid_after_years
    )
    if source.paid_after_years:
        paid = sum(amount for paid_in, amount in source.amounts_cny.items() if paid_in <= year)
        granted = min(granted, paid + money.advance_cny.get(year, 0.0))
    return replace(source, amounts_cny={year: granted}, carry_over=False, paid_after_years=0)


def _pace_until(problem: Problem, year: int) -> Pace:
    years = sum(earlier <= year for earlier in problem.years)
    pace = problem.pace
    return Pace(
        None if pace.sites_per_year is None else pace.sites_per_year * years,
        None if pace.sites_per_year_and_town is None else pace.sites_per_year_and_town * years,
    )

"""Random tiny problems in which every newer rule may be on: capacity, sources, conversion, viable operators.

The problems of `tiny_instance` with more drawn apart from everything else, so that those stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.solve.test_against_brute_force import tiny_instance
from tests.solve.test_conversion import with_conversion
from tests.tiny_problem import CULTURE, ELDERLY, MEALS

from siteplan.case import Mode, ProjectLevel
from siteplan.problem import FundingSource, Money, Problem, Role
from siteplan.scenario import AssignmentRule, Basis
from siteplan.text import Text

SUBSIDY_CNY_PER_M2 = {ELDERLY: 100.0, MEALS: 60.0, CULTURE: 60.0}
"""With these elderly care and meals leave a margin to their operator; culture needs one of them beside it."""


def rich_instance(seed: int) -> Problem:
    """Return a random variation of the tiny problem with capacity, sources, conversion, viability and more.

    New estates are left out: their must grows with what a site could hold, so that more freedom asks more.
    """
    random = np.random.default_rng([seed, 3])
    problem = replace(tiny_instance(seed), new_estates={})
    if random.random() < 0.5:
        problem = _with_capacity(problem, random)
    if random.random() < 0.6 and problem.money.capital_cny is not None:
        problem = replace(problem, money=_by_source(problem, random))
    if random.random() < 0.4:
        problem = with_conversion(problem, held_until=int(random.choice([2026, problem.years[-1]])))
    if random.random() < 0.4:
        problem = _with_viable_operators(problem, random)
    if random.random() < 0.4:
        problem = replace(
            problem,
            places_at_least={(ELDERLY, problem.years[-1]): float(random.integers(5, 40))},
            complex_places_at_least={MEALS: float(random.integers(20, 90))},
        )
    if random.random() < 0.4:
        problem = _with_operators(problem, random)
    if random.random() < 0.3:
        floor = {problem.years[-1]: float(random.choice([5.0, 20.0]))}
        problem = replace(problem, elderly_area_floor_m2_per_100_households=floor)
    return problem


def _with_capacity(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with capacity as a rule; on the residents basis persons who have a place count."""
    rules = [AssignmentRule.MOST_SERVED, AssignmentRule.NEAREST_WITH_A_PLACE]
    basis = Basis.SERVED if problem.basis is Basis.RESIDENTS else problem.basis
    floors = {} if basis is Basis.SERVED else problem.coverage_floor
    return replace(
        problem, assignment_rule=rules[int(random.integers(2))], basis=basis, coverage_floor=floors
    )


def _by_source(problem: Problem, random: np.random.Generator) -> Money:
    """Return the money from a county, an award paid a year later, and a fund for elderly care."""
    years, capital = problem.years, dict(problem.money.capital_cny or {})
    carries = problem.money.carry_over
    award = {year: 0.0 if year == years[0] else 200_000.0 for year in (*years, years[-1] + 1)}
    sources = (
        FundingSource("county", Text.same("county"), capital, carry_over=carries),
        *award_and_fund(award, random),
        FundingSource(
            "central",
            Text.same("central"),
            dict.fromkeys(years, 300_000.0),
            eligible_levels=frozenset({ProjectLevel.NATIONAL}),
        ),
    )
    return replace(
        problem.money,
        sources={source.key: source for source in sources},
        advance_cny={year: float(random.integers(0, 3)) * 100_000.0 for year in years},
    )


def award_and_fund(
    award_cny: dict[int, float], random: np.random.Generator
) -> tuple[FundingSource, FundingSource]:
    """Return an award for rebuilding, paid a year late, and a fund for elderly care: random conditions."""
    award = FundingSource(
        "award",
        Text.same("award"),
        award_cny,
        carry_over=bool(random.random() < 0.5),
        eligible_modes=frozenset({Mode.REBUILD}),
        share_of_project_at_most=float(random.uniform(0.1, 0.8)),
        paid_after_years=1,
    )
    fund = FundingSource(
        "fund",
        Text.same("fund"),
        dict.fromkeys(list(award_cny)[:-1], 300_000.0),
        eligible_functions=frozenset({ELDERLY}),
        per_project_cap_cny=float(random.uniform(5e4, 4e5)),
    )
    return award, fund


def _with_viable_operators(problem: Problem, random: np.random.Generator) -> Problem:
    functions = {
        key: replace(function, subsidy_cny_per_m2_year=SUBSIDY_CNY_PER_M2[key])
        for key, function in problem.functions.items()
    }
    limits = {year + 1: float(random.integers(5, 60)) * 1_000.0 for year in problem.years}
    return replace(
        problem,
        functions=functions,
        operator_viability=True,
        money=replace(problem.money, subsidy_cny=limits),
    )


def _with_operators(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with operators, none of which gets more than half, and levels of the candidates."""
    sites = {
        key: replace(
            site,
            operator=str(random.choice(["甲", "乙"])),
            project_level=ProjectLevel.NATIONAL if random.random() < 0.5 else ProjectLevel.COUNTY,
        )
        if site.role is Role.CANDIDATE
        else site
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites, operator_share_at_most=0.5)

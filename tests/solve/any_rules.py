"""Random small counties over two to four years, each under rules and levels of its own choice.

The problems of `random_problem` with every optional rule drawn or not: what the tiny problems of
`rich_instance`, which can be tried in full, are too small for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tests.solve.random_problem import KEYS, random_problem
from tests.solve.rich_instance import award_and_fund

from siteplan.case import Mode
from siteplan.problem import FundingSource, JointFunding, Pace, Problem, Role, Site
from siteplan.scenario import AssignmentRule, Basis, Level
from siteplan.text import Text

BASES = (Basis.REACHABLE, Basis.REACHABLE, Basis.ESTABLISHED, Basis.RESIDENTS, Basis.RESIDENTS)
BUDGETS_CNY = (400_000.0, 1_000_000.0, 2_000_000.0)
WEIGHTS = {Level.SHORTFALL: 1.0, Level.PERSONS_COVERED: 0.01, Level.COST: 2e-5, Level.FORM: 3.0}
FIRST_SHARE, WEIGHED_SHARE = 0.5, 0.1
"""How often the shortfall comes first, and how often levels are weighed instead of ordered."""


def any_rules_problem(seed: int) -> Problem:
    """Return a random small problem: two to five communities, five to ten sites, nine functions."""
    random = np.random.default_rng([seed, 4])
    communities = int(random.integers(2, 6))
    problem = random_problem(
        int(random.integers(1_000_000)),
        basis=BASES[int(random.integers(len(BASES)))],
        communities=communities,
        towns=2,
        points=int(random.integers(communities, 16)),
        sites=int(random.integers(5, 11)),
        years=int(random.integers(2, 5)),
        budget_cny=float(random.choice(BUDGETS_CNY)),
    )
    for share, change in RULES:
        if random.random() < share:
            problem = change(problem, random)
    return _with_levels(problem, random)


def _with_levels(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with one to four levels in any order, or their weighed sum."""
    if random.random() < WEIGHED_SHARE:
        return replace(problem, objective=(Level.WEIGHED,), weights=WEIGHTS)
    levels = [
        level
        for level in Level
        if level is not Level.WEIGHED and (level is not Level.CHANGES or problem.promises)
    ]
    first = [Level.SHORTFALL] if random.random() < FIRST_SHARE else []
    others = [level for level in levels if level not in first]
    order = [others[place] for place in random.permutation(len(others))]
    return replace(problem, objective=(*first, *order[: int(random.integers(1, 4))]))


def _candidates(problem: Problem) -> list[str]:
    return [key for key, site in problem.sites.items() if site.role is Role.CANDIDATE]


def _with_candidates(problem: Problem, changed: Callable[[Site], Site]) -> Problem:
    return replace(
        problem,
        sites={
            key: changed(site) if site.role is Role.CANDIDATE else site for key, site in problem.sites.items()
        },
    )


def nothing_committed(problem: Problem, _random: np.random.Generator) -> Problem:
    sites = {
        key: replace(
            site,
            role=Role.CANDIDATE,
            opens_in=None,
            required_functions=frozenset(),
            opening_cost_cny=300_000.0,
        )
        if site.role is Role.COMMITTED
        else site
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites)


def no_carrying_over(problem: Problem, _random: np.random.Generator) -> Problem:
    return replace(problem, money=replace(problem.money, carry_over=False))


def no_operating_limit(problem: Problem, _random: np.random.Generator) -> Problem:
    return replace(problem, money=replace(problem.money, operating_cny={}))


def any_amount_of_money(problem: Problem, _random: np.random.Generator) -> Problem:
    return replace(problem, money=replace(problem.money, capital_cny=None, capital_by_source_cny={}))


def another_pace(problem: Problem, random: np.random.Generator) -> Problem:
    by_town = int(random.integers(1, 3)) if random.random() < 0.5 else None
    return replace(problem, pace=Pace(int(random.integers(1, 4)), by_town))


def no_places_reserved(problem: Problem, _random: np.random.Generator) -> Problem:
    return replace(problem, places_reserved_first=False)


def no_forms(problem: Problem, _random: np.random.Generator) -> Problem:
    return replace(problem, form_standard=None, places_reserved_first=False)


def a_shared_plot(problem: Problem, random: np.random.Generator) -> Problem:
    shared = set(random.choice(_candidates(problem), 2, replace=False).tolist())
    return _with_candidates(
        problem, lambda site: replace(site, plot_id="p") if site.site_id in shared else site
    )


def a_joint_programme(problem: Problem, random: np.random.Generator) -> Problem:
    joined, year = str(random.choice(_candidates(problem))), int(random.choice(problem.years))

    def changed(site: Site) -> Site:
        if site.site_id != joined:
            return site
        joint = JointFunding("老旧小区改造", year, 0.5 * site.opening_cost_cny)
        return replace(site, joint=joint, available_from=max(site.available_from, year))

    return _with_candidates(problem, changed)


def rents(problem: Problem, random: np.random.Generator) -> Problem:
    return _with_candidates(
        problem, lambda site: replace(site, rent_cny_per_year=float(random.choice([0.0, 5_000.0, 20_000.0])))
    )


def operators(problem: Problem, random: np.random.Generator) -> Problem:
    named = _with_candidates(problem, lambda site: replace(site, operator=str(random.choice(["甲", "乙"]))))
    return replace(named, operator_share_at_most=float(random.choice([0.5, 0.7])))


def a_conversion(problem: Problem, random: np.random.Generator) -> Problem:
    existing = [site for site in problem.sites.values() if site.role is Role.EXISTING]
    if not existing:
        return problem
    converted = replace(
        existing[0],
        site_id="X",
        role=Role.CANDIDATE,
        may_host=frozenset(KEYS),
        programme=None,
        opening_cost_cny=100_000.0,
        mode=Mode.REBUILD,
        converts=existing[0].site_id,
        held_until=int(random.choice(problem.years)),
    )
    return replace(problem, sites={**problem.sites, "X": converted})


def capacity(problem: Problem, random: np.random.Generator) -> Problem:
    rules = [AssignmentRule.MOST_SERVED, AssignmentRule.NEAREST_WITH_A_PLACE]
    basis = Basis.SERVED if problem.basis is Basis.RESIDENTS else problem.basis
    return replace(problem, assignment_rule=rules[int(random.integers(2))], basis=basis)


def money_by_source(problem: Problem, random: np.random.Generator) -> Problem:
    if problem.money.capital_cny is None:
        return problem
    years = problem.years
    award = {year: 0.0 if year == years[0] else 500_000.0 for year in (*years, years[-1] + 1)}
    sources = (
        FundingSource(
            "county", Text.same("county"), problem.money.capital_cny, carry_over=problem.money.carry_over
        ),
        *award_and_fund(award, random),
    )
    advance = {year: float(random.integers(0, 3)) * 100_000.0 for year in years}
    by_source = {source.key: source for source in sources}
    return replace(problem, money=replace(problem.money, sources=by_source, advance_cny=advance))


def subsidies(problem: Problem, random: np.random.Generator) -> Problem:
    functions = {
        key: replace(function, subsidy_cny_per_m2_year=float(random.choice([0.0, 60.0, 120.0, 200.0])))
        for key, function in problem.functions.items()
    }
    limits = {year + 1: float(random.integers(20, 200)) * 1_000.0 for year in problem.years}
    return replace(
        problem,
        functions=functions,
        operator_viability=bool(random.random() < 0.7),
        money=replace(problem.money, subsidy_cny=limits),
    )


def other_fees(problem: Problem, random: np.random.Generator) -> Problem:
    functions = {
        key: replace(function, fee_income_cny_per_m2_year=float(random.choice([40.0, 160.0, 200.0])))
        for key, function in problem.functions.items()
    }
    return replace(problem, functions=functions)


def places(problem: Problem, random: np.random.Generator) -> Problem:
    least = {("elderly_care", problem.years[-1]): float(random.integers(5, 100))}
    of_complexes = {"meals": float(random.integers(20, 90))} if problem.form_standard else {}
    return replace(problem, places_at_least=least, complex_places_at_least=of_complexes)


def floors_of_area(problem: Problem, random: np.random.Generator) -> Problem:
    last = problem.years[-1]
    return replace(
        problem,
        area_floor_m2_per_100_households={last: float(random.choice([0.5, 2.0]))},
        elderly_area_floor_m2_per_100_households={last: float(random.choice([0.2, 1.0]))},
    )


def floors_of_coverage(problem: Problem, random: np.random.Generator) -> Problem:
    last = problem.years[-1]
    return replace(
        problem,
        coverage_floor={("culture", last): 1.0},
        functions_per_community={last: int(random.integers(1, 3))},
        coverage_per_town={last: float(random.choice([10.0, 30.0]))},
    )


def little_new_building(problem: Problem, random: np.random.Generator) -> Problem:
    return replace(problem, newly_built_at_most=int(random.integers(0, 2)))


def a_target_of_a_town(problem: Problem, _random: np.random.Generator) -> Problem:
    target = 1.0 if problem.basis.counts_communities else 60.0
    return replace(problem, local_targets={("T0", "culture", problem.years[-1]): target})


def something_by_hand(problem: Problem, random: np.random.Generator) -> Problem:
    site, function = str(random.choice(_candidates(problem))), str(random.choice(KEYS))
    return replace(
        problem,
        forbidden_by_hand={(site, function): int(random.choice(problem.years))},
        required_coverage={("C00", str(random.choice(KEYS))): problem.years[-1]},
    )


def promised_before(problem: Problem, random: np.random.Generator) -> Problem:
    promises = {
        (site, function): int(random.choice(problem.years))
        for site in problem.planned_sites
        for function in sorted(problem.sites[site].may_host)
        if random.random() < 0.2
    }
    return replace(problem, promises=promises)


def some_tolerance(problem: Problem, random: np.random.Generator) -> Problem:
    return replace(problem, tolerance={Level.SHORTFALL: float(random.choice([1.0, 5.0]))})


RULES: tuple[tuple[float, Callable[[Problem, np.random.Generator], Problem]], ...] = (
    (0.7, nothing_committed),
    (0.4, no_carrying_over),
    (0.5, no_operating_limit),
    (0.1, any_amount_of_money),
    (0.6, another_pace),
    (0.5, no_places_reserved),
    (0.5, no_forms),
    (0.3, a_shared_plot),
    (0.3, a_joint_programme),
    (0.3, rents),
    (0.25, operators),
    (0.25, a_conversion),
    (0.25, capacity),
    (0.25, money_by_source),
    (0.2, subsidies),
    (0.2, other_fees),
    (0.15, places),
    (0.15, floors_of_area),
    (0.15, floors_of_coverage),
    (0.2, little_new_building),
    (0.2, a_target_of_a_town),
    (0.15, something_by_hand),
    (0.2, promised_before),
    (0.15, some_tolerance),
)
"""How often each rule is drawn, and what it changes."""

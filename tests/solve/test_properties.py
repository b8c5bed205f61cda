"""What more freedom never makes worse: the proven first level of random tiny problems, targets as numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.solve.rich_instance import rich_instance
from tests.solve.test_against_brute_force import tiny_instance
from tests.tiny_problem import CULTURE, MEALS, A, B

from siteplan.case import Mode
from siteplan.highs import Clock, Limits, SolverSession, Status
from siteplan.problem import FundingSource, Pace, Problem, Role
from siteplan.scenario import AssignmentRule, Basis, Level, SolverSettings
from siteplan.solve import InfeasibleError, solve
from siteplan.solve.formulation import build_model
from siteplan.solve.program import compile_program
from siteplan.text import Text

SEEDS = st.integers(0, 10_000)
TOLERANCE = 1e-5
checked = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def shortfall(session: SolverSession, problem: Problem, level: Level = Level.SHORTFALL) -> float:
    """Return the least shortfall (or other level), proven; infinite where the rules clash."""
    compiled = compile_program(problem, build_model(problem, (level,)), (level,))
    program = compiled.program.with_objective(*compiled.objectives[level])
    answer = session.solve(program, Limits(), Clock(time.monotonic() + 60.0))
    assert answer.is_proven
    if answer.status is Status.INFEASIBLE:
        return math.inf
    assert answer.objective is not None
    return answer.objective


def more_money(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with more capital in one year, if money is limited."""
    if problem.money.capital_cny is None:
        return problem
    capital = dict(problem.money.capital_cny)
    capital[int(random.choice(problem.years))] += float(random.uniform(1e4, 1e6))
    return replace(problem, money=replace(problem.money, capital_cny=capital))


def longer_radius(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with a longer radius of one function."""
    key = str(random.choice(sorted(problem.functions)))
    function = problem.functions[key]
    radius = min(problem.reach.limit_m, function.service_radius_m * float(random.uniform(1.0, 2.0)))
    longer = replace(function, service_radius_m=max(radius, function.service_radius_m))
    return replace(problem, functions={**problem.functions, key: longer})


def no_limit_of_pace(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without a limit of pace."""
    return replace(problem, pace=Pace(None, None))


def no_budget(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without a capital budget."""
    return replace(problem, money=replace(problem.money, capital_cny=None))


def no_operating_limit(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without operating limits."""
    return replace(problem, money=replace(problem.money, operating_cny={}))


def no_rule_of_form(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without the rules of form, and so without what is asked of complexes."""
    return replace(problem, form_standard=None, places_reserved_first=False, complex_places_at_least={})


def no_places_reserved(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which no place is reserved."""
    return replace(problem, places_reserved_first=False)


def no_limit_of_new_building(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without a limit on newly built sites."""
    return replace(problem, newly_built_at_most=None)


def no_floors(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without floors on coverage, functions and area of communities."""
    return replace(
        problem,
        coverage_floor={},
        functions_per_community={},
        area_floor_m2_per_100_households={},
        elderly_area_floor_m2_per_100_households={},
    )


def no_floor_for_towns(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without a floor for every town."""
    return replace(problem, coverage_per_town={})


def no_must_for_estates(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which new estates may do without their facilities."""
    return replace(problem, new_estates={})


def no_local_targets(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without targets of towns and communities; what is short of them counts no more."""
    return replace(problem, local_targets={})


def no_shared_plot(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which every site has a plot of its own."""
    sites = {key: replace(site, plot_id=None) for key, site in problem.sites.items()}
    return replace(problem, sites=sites)


FREER: tuple[Callable[[Problem, np.random.Generator], Problem], ...] = (
    more_money,
    longer_radius,
    no_limit_of_pace,
    no_budget,
    no_operating_limit,
    no_rule_of_form,
    no_places_reserved,
    no_limit_of_new_building,
    no_floors,
    no_floor_for_towns,
    no_must_for_estates,
    no_local_targets,
    no_shared_plot,
)


def all_conditions_of_sources_gone(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem whose sources pay for anything, whatever its share; an award is paid late still."""
    sources = {
        key: replace(
            source,
            eligible_levels=None,
            eligible_modes=None,
            eligible_functions=None,
            share_of_project_at_most=None,
            per_project_cap_cny=None,
        )
        for key, source in problem.money.sources.items()
    }
    return replace(problem, money=replace(problem.money, sources=sources))


def more_money_of_a_source(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem in which one source has more in every year."""
    if not problem.money.sources:
        return problem
    source = problem.money.sources[str(random.choice(sorted(problem.money.sources)))]
    more = {year: amount + 150_000.0 for year, amount in source.amounts_cny.items()}
    sources = {**problem.money.sources, source.key: replace(source, amounts_cny=more)}
    return replace(problem, money=replace(problem.money, sources=sources))


def a_larger_advance(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which more awards can be bridged."""
    more = {year: advance + 200_000.0 for year, advance in problem.money.advance_cny.items()}
    return replace(problem, money=replace(problem.money, advance_cny=more))


def no_limit_of_subsidies(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without a limit of subsidies."""
    return replace(problem, money=replace(problem.money, subsidy_cny={}))


def operators_may_lose_money(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which no site has to be viable."""
    return replace(problem, operator_viability=False)


def no_least_places(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without least places of the county and of complexes."""
    return replace(problem, places_at_least={}, complex_places_at_least={})


def any_share_of_an_operator(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which one operator may have all sites."""
    return replace(problem, operator_share_at_most=None)


def passing_a_free_place(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which people may pass a nearer site that has a place."""
    if problem.assignment_rule is not AssignmentRule.NEAREST_WITH_A_PLACE:
        return problem
    return replace(problem, assignment_rule=AssignmentRule.MOST_SERVED)


def no_capacity(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem without capacity as a rule; persons who have a place are then those in reach."""
    basis = Basis.RESIDENTS if problem.basis is Basis.SERVED else problem.basis
    return replace(problem, assignment_rule=AssignmentRule.NEAREST_FIRST, basis=basis)


def no_waiting_for_programmes(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which a site may open before its programme, which pays in its year still."""
    sites = {
        key: replace(site, available_from=problem.years[0]) if site.joint is not None else site
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites)


def programmes_pay_everything(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which joint programmes pay the whole opening cost."""
    sites = {
        key: replace(site, joint=replace(site.joint, pays_cny=site.opening_cost_cny))
        if site.joint is not None
        else site
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites)


FREER_FROM_NEWER_RULES: tuple[Callable[[Problem, np.random.Generator], Problem], ...] = (
    all_conditions_of_sources_gone,
    more_money_of_a_source,
    a_larger_advance,
    no_limit_of_subsidies,
    operators_may_lose_money,
    no_least_places,
    any_share_of_an_operator,
    passing_a_free_place,
    no_capacity,
    no_waiting_for_programmes,
    programmes_pay_everything,
)


def something_forbidden(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem with one function forbidden at one site, for good or until a year."""
    site = str(random.choice(sorted(problem.planned_sites)))
    function = str(random.choice(sorted(problem.functions)))
    return replace(problem, forbidden_by_hand={(site, function): int(random.choice(problem.years))})


def something_required(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem in which one community has to have one function from a year on."""
    pair = A if random.random() < 0.5 else B, str(random.choice(sorted(problem.functions)))
    return replace(problem, required_coverage={pair: int(random.choice(problem.years))})


def something_committed(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem in which one candidate has to open in one year."""
    free = [key for key, site in problem.sites.items() if site.role is Role.CANDIDATE]
    site = problem.sites[str(random.choice(free))]
    committed = replace(site, opens_in=int(random.choice(problem.years)))
    return replace(problem, sites={**problem.sites, site.site_id: committed})


def money_with_conditions(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem whose money comes from two sources, of which one pays for rebuilding only."""
    if problem.money.capital_cny is None:
        return problem
    share = float(random.uniform(0.2, 0.8))
    sources = {
        key: FundingSource(
            key,
            Text.same(key),
            {year: amount * part for year, amount in problem.money.capital_cny.items()},
            carry_over=problem.money.carry_over,
            eligible_modes=modes,
        )
        for key, part, modes in (
            ("county", share, None),
            ("award", 1.0 - share, frozenset({Mode.REBUILD})),
        )
    }
    return replace(problem, money=replace(problem.money, sources=sources))


def an_exclusion_zone(problem: Problem, random: np.random.Generator) -> Problem:
    """Return the problem in which one candidate lies in a zone that excludes meals and culture.

    Without elderly or infant care a complex would be free of `places_reserved_first`: those stay allowed.
    """
    free = sorted(key for key, site in problem.sites.items() if site.role is Role.CANDIDATE)
    site = problem.sites[str(random.choice(free))]
    unsafe = replace(site, may_host=site.may_host - {MEALS, CULTURE})
    return replace(problem, sites={**problem.sites, site.site_id: unsafe}, new_estates={})


def a_longer_lead_time(problem: Problem, _random: np.random.Generator) -> Problem:
    """Return the problem in which what is newly built is ready in the last year only."""
    sites = {
        key: replace(site, available_from=problem.years[-1])
        if site.role is Role.CANDIDATE and site.mode is Mode.NEW_BUILD
        else site
        for key, site in problem.sites.items()
    }
    return replace(problem, sites=sites)


LIMITS_OF_NEWER_RULES: tuple[Callable[[Problem, np.random.Generator], Problem], ...] = (
    an_exclusion_zone,
    a_longer_lead_time,
)

LIMITS: tuple[Callable[[Problem, np.random.Generator], Problem], ...] = (
    something_forbidden,
    something_required,
    something_committed,
    money_with_conditions,
)


@pytest.mark.parametrize("limited", LIMITS, ids=lambda change: change.__name__)
@checked
@given(seed=SEEDS)
def test_removing_a_limit_never_worsens_the_first_level(
    session: SolverSession, limited: Callable[[Problem, np.random.Generator], Problem], seed: int
) -> None:
    """Without what is fixed by hand, or a source's conditions, no less is reached."""
    problem = tiny_instance(seed)
    changed = limited(problem, np.random.default_rng(seed))
    assert shortfall(session, problem) <= shortfall(session, changed) + TOLERANCE


@pytest.mark.parametrize("freer", FREER, ids=lambda change: change.__name__)
@checked
@given(seed=SEEDS)
def test_more_freedom_never_worsens_the_first_level(
    session: SolverSession, freer: Callable[[Problem, np.random.Generator], Problem], seed: int
) -> None:
    """More money, a longer radius or a limiting rule less leave the shortfall as it is or lower it."""
    problem = tiny_instance(seed)
    changed = freer(problem, np.random.default_rng(seed))
    assert shortfall(session, changed) <= shortfall(session, problem) + TOLERANCE


@pytest.mark.parametrize("freer", [*FREER, *FREER_FROM_NEWER_RULES], ids=lambda change: change.__name__)
@settings(checked, max_examples=4)
@given(seed=SEEDS)
def test_more_freedom_never_worsens_the_first_level_under_newer_rules(
    session: SolverSession, freer: Callable[[Problem, np.random.Generator], Problem], seed: int
) -> None:
    """Nor with capacity, sources with conditions, conversion, viable operators and least places."""
    problem = rich_instance(seed)
    changed = freer(problem, np.random.default_rng(seed))
    assert shortfall(session, changed) <= shortfall(session, problem) + TOLERANCE


@pytest.mark.parametrize("limited", [*LIMITS[:3], *LIMITS_OF_NEWER_RULES], ids=lambda change: change.__name__)
@settings(checked, max_examples=4)
@given(seed=SEEDS)
def test_removing_a_limit_never_worsens_the_first_level_under_newer_rules(
    session: SolverSession, limited: Callable[[Problem, np.random.Generator], Problem], seed: int
) -> None:
    """Without what is fixed by hand, an exclusion zone or a lead time, no less is reached."""
    problem = rich_instance(seed)
    changed = limited(problem, np.random.default_rng(seed))
    assert shortfall(session, problem) <= shortfall(session, changed) + TOLERANCE


@settings(checked, max_examples=6)
@given(seed=SEEDS)
def test_a_candidate_more_never_worsens_the_first_level_under_newer_rules(
    session: SolverSession, seed: int
) -> None:
    """The shortfall without any one candidate, conversions among them, is no lower than with it."""
    problem = rich_instance(seed)
    with_it = shortfall(session, problem)
    for key, site in problem.sites.items():
        if site.role is Role.CANDIDATE and site.opens_in is None:
            fewer = {other: entry for other, entry in problem.sites.items() if other != key}
            assert with_it <= shortfall(session, replace(problem, sites=fewer)) + TOLERANCE


@settings(checked, max_examples=12)
@given(seed=SEEDS)
def test_the_order_of_the_inputs_does_not_matter_under_newer_rules(session: SolverSession, seed: int) -> None:
    """Nor with capacity, sources with conditions, conversion, viable operators and least places."""
    problem = rich_instance(seed)
    assert shortfall(session, turned(problem)) == pytest.approx(shortfall(session, problem), abs=TOLERANCE)


def test_the_newer_rules_are_on_in_many_of_the_problems() -> None:
    """Each is drawn in a good part of a hundred problems."""
    drawn = [rich_instance(seed) for seed in range(100)]
    counts = {
        "capacity": sum(problem.capacity_is_a_rule for problem in drawn),
        "served": sum(problem.basis is Basis.SERVED for problem in drawn),
        "nearest": sum(problem.assignment_rule is AssignmentRule.NEAREST_WITH_A_PLACE for problem in drawn),
        "sources": sum(bool(problem.money.sources) for problem in drawn),
        "conversion": sum(bool(problem.conversions) for problem in drawn),
        "viability": sum(problem.operator_viability for problem in drawn),
        "places": sum(bool(problem.places_at_least) for problem in drawn),
        "operators": sum(problem.operator_share_at_most is not None for problem in drawn),
        "local targets": sum(bool(problem.local_targets) for problem in drawn),
        "joint": sum(any(site.joint for site in problem.sites.values()) for problem in drawn),
    }
    assert min(counts.values()) >= 10, counts


@pytest.mark.parametrize(
    "freer", [more_money, no_limit_of_pace, no_floors], ids=lambda change: change.__name__
)
@checked
@given(seed=SEEDS)
def test_more_freedom_never_worsens_the_weighed_sum(
    session: SolverSession, freer: Callable[[Problem, np.random.Generator], Problem], seed: int
) -> None:
    """Nor does it raise the sum of shortfall, persons and cost by weights."""
    weights = {Level.SHORTFALL: 1.0, Level.PERSONS_COVERED: 0.01, Level.COST: 2e-5}
    problem = replace(tiny_instance(seed), weights=weights)
    changed = freer(problem, np.random.default_rng(seed))
    least = shortfall(session, problem, Level.WEIGHED)
    assert shortfall(session, changed, Level.WEIGHED) <= least + TOLERANCE * max(1.0, abs(least))


@checked
@given(seed=SEEDS)
def test_a_candidate_more_never_worsens_the_first_level(session: SolverSession, seed: int) -> None:
    """The shortfall without any one candidate is no lower than with it, where none is a new estate's must."""
    problem = replace(tiny_instance(seed), new_estates={})
    for key, site in problem.sites.items():
        if site.role is Role.CANDIDATE and site.opens_in is None:
            fewer = {other: entry for other, entry in problem.sites.items() if other != key}
            with_it = shortfall(session, problem)
            assert with_it <= shortfall(session, replace(problem, sites=fewer)) + TOLERANCE


def turned(problem: Problem) -> Problem:
    """Return the problem with sites, demand points, communities and functions in another order."""
    return replace(
        problem,
        sites=dict(reversed(list(problem.sites.items()))),
        demand=dict(reversed(list(problem.demand.items()))),
        communities=dict(reversed(list(problem.communities.items()))),
        functions=dict(reversed(list(problem.functions.items()))),
        local_targets=dict(reversed(list(problem.local_targets.items()))),
    )


@checked
@given(seed=SEEDS)
def test_the_order_of_the_inputs_does_not_matter(session: SolverSession, seed: int) -> None:
    """Sites, demand points, communities and functions in another order have the same shortfall."""
    problem = tiny_instance(seed)
    assert shortfall(session, turned(problem)) == pytest.approx(shortfall(session, problem), abs=TOLERANCE)


@pytest.mark.slow
@settings(checked, max_examples=4)
@given(seed=SEEDS)
def test_the_order_of_the_inputs_changes_no_level(seed: int) -> None:
    """Solved to proof, every level has the same value in another order: only ties may differ."""
    problem = tiny_instance(seed)
    quick = SolverSettings(time_limit_s=240.0, effort=0.3)
    try:
        before = solve(problem, quick)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            solve(turned(problem), quick)
        return
    after = solve(turned(problem), quick)
    assert all(level.status == "optimal" for level in (*before.levels, *after.levels))
    assert [level.value for level in after.levels] == pytest.approx(
        [level.value for level in before.levels], rel=1e-5, abs=1e-4
    )

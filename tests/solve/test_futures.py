"""One decision for several futures: by brute force under every rule, and what it is made of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from tests.solve.brute_force import Areas, Coverage, countable, plans
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_problem

from siteplan.outcome import level_value
from siteplan.plan import Decisions
from siteplan.problem import Money, Problem
from siteplan.scenario import AssignmentRule, DecidedNow, DecisionRule, Level, SolverSettings
from siteplan.solve import Clock, InfeasibleError, SolveResult, solve
from siteplan.solve.formulation.futures import Future, FuturesProblem
from siteplan.solve.futures import (
    CommonPlan,
    Decision,
    _keeps,
    _mean,
    _value,
    compile_futures,
    decision_of,
    rule_bound,
    rule_value,
    solve_futures,
)

QUICK = SolverSettings(time_limit_s=240.0, effort=0.02)
Key = frozenset[tuple[object, ...]]


def with_money(problem: Problem, scale: float) -> Problem:
    capital = {year: 1_000_000.0 * scale if year == 2027 else 400_000.0 * scale for year in problem.years}
    return replace(problem, money=Money(capital, {}, True, {}))


def without(problem: Problem, site: str) -> Problem:
    """Return the problem in which a site may not provide anything."""
    hosted = problem.sites[site].may_host
    return replace(problem, forbidden_by_hand={(site, function): problem.years[-1] for function in hosted})


def three_futures(
    rule: DecisionRule, decide: DecidedNow = DecidedNow.SITES, level: Level = Level.SHORTFALL
) -> FuturesProblem:
    """Return the tiny problem as it is, with little money, and with s1 lost."""
    known = replace(tiny_problem(), objective=(level,))
    return FuturesProblem(
        (
            Future("known", known, 0.5),
            Future("poor", with_money(known, 0.5), 0.2),
            Future("lost", without(known, "s1"), 0.3, frozenset({"s1"})),
        ),
        rule,
        decide,
    )


@cache
def three_solved(
    rule: DecisionRule, decide: DecidedNow = DecidedNow.SITES, level: Level = Level.SHORTFALL
) -> tuple[FuturesProblem, dict[str, SolveResult], CommonPlan]:
    """Return the three futures solved."""
    return solved(three_futures(rule, decide, level), own_plans(level))


@cache
def own_plans(level: Level) -> dict[str, SolveResult]:
    """Return the own plans of the three futures."""
    return {
        future.key: solve(future.problem, QUICK)
        for future in three_futures(DecisionRule.ROBUST, level=level).futures
    }


def solved(
    problem: FuturesProblem, own: dict[str, SolveResult] | None = None
) -> tuple[FuturesProblem, dict[str, SolveResult], CommonPlan]:
    """Return the problem measured against the own plans, those plans, and the common one."""
    own = own or {future.key: solve(future.problem, QUICK) for future in problem.futures}
    if problem.rule is DecisionRule.REGRET:
        measured = [replace(future, reference=own[future.key].levels[0].value) for future in problem.futures]
        problem = replace(problem, futures=tuple(measured))
    common = solve_futures(
        problem,
        {key: result.decisions for key, result in own.items()},
        {key: result.levels[0].bound for key, result in own.items()},
        QUICK,
        Clock(time.monotonic() + 60.0),
    )
    return problem, own, common


@cache
def tables(decide: DecidedNow, level: Level) -> dict[str, dict[Key, float]]:
    """Return what every decision is worth in each of the three futures, by brute force."""
    problem = three_futures(DecisionRule.ROBUST, decide, level)
    return {future.key: best_by_decision(problem, future) for future in problem.futures}


def best_by_decision(problem: FuturesProblem, future: Future) -> dict[Key, float]:
    """Return the best first level of a future by what its plans decide now, by brute force."""
    coverage = Coverage(future.problem)
    sign = -1.0 if problem.level is Level.PERSONS_COVERED else 1.0
    tried: dict[Key, list[tuple[float, Areas]]] = {}
    for plan in plans(future.problem):
        starts = {
            (choice.site.site_id, function): year
            for choice in plan
            for function, year in choice.starts.items()
        }
        value = countable(future.problem, coverage, plan)[problem.level]
        tried.setdefault(key_of(problem, starts), []).append((sign * value, Areas(future.problem, plan)))
    best: dict[Key, float] = {}
    for key, found in tried.items():
        for value, areas in sorted(found, key=lambda entry: entry[0]):
            if areas.least(None, {}) is not None:
                best[key] = sign * value
                break
    return best


def key_of(problem: FuturesProblem, starts: Mapping[tuple[str, str], int]) -> Key:
    """Return what is decided now: sites with years, or functions with years."""
    if problem.decide is DecidedNow.FUNCTIONS:
        return frozenset((site, function, year) for (site, function), year in starts.items())
    first: dict[str, int] = {}
    for (site, _), year in starts.items():
        first[site] = min(year, first.get(site, year))
    return frozenset(first.items())


def rule_by_brute_force(problem: FuturesProblem) -> float:
    """Return the best value under the rule of all decisions that every future can follow."""
    known = tables(problem.decide, problem.level)
    decisions = set().union(*known.values())
    values = []
    for decision in decisions:
        kept = {
            future.key: frozenset(entry for entry in decision if entry[0] not in future.lost_sites)
            for future in problem.futures
        }
        if all(kept[key] in table for key, table in known.items()):
            values.append(rule_value(problem, {key: table[kept[key]] for key, table in known.items()}))
    is_maximised = problem.level is Level.PERSONS_COVERED and problem.rule is not DecisionRule.REGRET
    return max(values) if is_maximised else min(values)


@pytest.mark.parametrize("decide", list(DecidedNow))
@pytest.mark.parametrize("rule", list(DecisionRule))
def test_the_decision_is_the_best_under_its_rule(rule: DecisionRule, decide: DecidedNow) -> None:
    """Its value is that of brute force, and proven."""
    problem, own, common = three_solved(rule, decide)
    values = {
        future.key: level_value(future.problem, common.plans[future.key], problem.level)
        for future in problem.futures
    }
    best = rule_by_brute_force(problem)
    assert rule_value(problem, values) == pytest.approx(best)
    assert common.bound == pytest.approx(best)
    assert any(values[key] > own[key].levels[0].value + 1e-6 for key in own)


@pytest.mark.parametrize("rule", [DecisionRule.ROBUST, DecisionRule.REGRET])
def test_a_maximised_level_is_judged_the_right_way_round(rule: DecisionRule) -> None:
    """With persons covered first, the worst future is the one with the fewest."""
    problem, _, common = three_solved(rule, level=Level.PERSONS_COVERED)
    values = {
        future.key: level_value(future.problem, common.plans[future.key], problem.level)
        for future in problem.futures
    }
    assert rule_value(problem, values) == pytest.approx(rule_by_brute_force(problem))
    assert common.bound == pytest.approx(rule_value(problem, values))


@pytest.mark.parametrize("decide", list(DecidedNow))
def test_every_future_follows_the_decision(decide: DecidedNow) -> None:
    """Each plan opens what is decided, in its year, but for what the future loses."""
    problem, _, common = three_solved(DecisionRule.EXPECTED, decide)
    assert common.decision.opening
    for future in problem.futures:
        made = decision_of(problem, common.plans[future.key])
        kept = common.decision.opening.items()
        assert made.opening == {site: year for site, year in kept if site not in future.lost_sites}
        if decide is DecidedNow.FUNCTIONS:
            functions = common.decision.functions.items()
            assert made.functions == {
                pair: year for pair, year in functions if pair[0] not in future.lost_sites
            }


def test_the_least_probable_future_matters_least() -> None:
    """As the poor future becomes certain, the expected value goes from the decision for it to its own."""
    values = []
    of_two = {key: plan for key, plan in own_plans(Level.SHORTFALL).items() if key != "lost"}
    for poor in (0.1, 1.0):
        futures = three_futures(DecisionRule.EXPECTED).futures[:2]
        weighed = (replace(futures[0], probability=1.0 - poor), replace(futures[1], probability=poor))
        problem, own, common = solved(FuturesProblem(weighed, DecisionRule.EXPECTED), of_two)
        values.append(
            {
                future.key: level_value(future.problem, common.plans[future.key], Level.SHORTFALL)
                for future in problem.futures
            }
        )
    assert all(before["poor"] >= after["poor"] for before, after in pairwise(values))
    assert all(before["known"] <= after["known"] for before, after in pairwise(values))
    assert values[-1]["poor"] == pytest.approx(own["poor"].levels[0].value)


def test_among_equally_good_decisions_the_mean_decides() -> None:
    """Where the worst future is bad whatever is decided, the others are still made as good as they can."""
    known = replace(tiny_problem(), objective=(Level.SHORTFALL, Level.COST))
    hopeless = known
    for site in ("s1", "s2", "s3"):
        forbidden = {(site, key): 2028 for key in known.sites[site].may_host}
        hopeless = replace(hopeless, forbidden_by_hand={**hopeless.forbidden_by_hand, **forbidden})
    lost = frozenset({"s1", "s2", "s3"})
    pair = (Future("known", known), Future("hopeless", hopeless, lost_sites=lost))
    _, own, common = solved(FuturesProblem(pair, DecisionRule.ROBUST))
    value = level_value(known, common.plans["known"], Level.SHORTFALL)
    assert value == pytest.approx(own["known"].levels[0].value)
    assert level_value(known, common.plans["known"], Level.COST) == pytest.approx(
        own["known"].levels[1].value, rel=1e-6
    )


def test_no_decision_is_better_than_knowing() -> None:
    """The rule at the futures' own bounds is a bound: mean, worst, and no regret at all."""
    bounds = {"known": 1.0, "poor": 4.0, "lost": 2.0}
    assert rule_bound(three_futures(DecisionRule.EXPECTED), bounds) == pytest.approx(0.5 + 0.8 + 0.6)
    assert rule_bound(three_futures(DecisionRule.ROBUST), bounds) == 4.0
    assert rule_bound(three_futures(DecisionRule.REGRET), bounds) == 0.0
    some = {**bounds, "lost": None}
    assert rule_bound(three_futures(DecisionRule.EXPECTED), some) is None
    assert rule_bound(three_futures(DecisionRule.ROBUST), some) == 4.0


def test_futures_without_a_common_decision_are_named() -> None:
    """One future needs s1 for elderly care in A, another has it forbidden though not lost."""
    known = replace(
        tiny_problem(), objective=(Level.SHORTFALL,), required_coverage={("610124000001", ELDERLY): 2027}
    )
    other = replace(without(tiny_problem(), "s1"), objective=(Level.SHORTFALL,))
    third = replace(tiny_problem(), objective=(Level.SHORTFALL,))
    futures = (Future("needs", known), Future("third", third), Future("forbids", other))
    with pytest.raises(InfeasibleError) as clash:
        solved(FuturesProblem(futures, DecisionRule.ROBUST))
    assert "needs, forbids" in clash.value.text.en
    assert "third" not in clash.value.text.en


def test_rows_of_a_future_are_named_by_it() -> None:
    """A row of a future's own rules says which future it is of; the blocks have the rules of one plan."""
    problem = three_futures(DecisionRule.REGRET, DecidedNow.FUNCTIONS)
    names = compile_futures(problem, (Level.SHORTFALL,)).program.row_names
    assert "future[poor].rooms_fit_in_site[s1,2027]" in names
    assert "opened_alike[poor,s1,2027]" in names
    assert "opened_alike[lost,s1,2027]" not in names
    assert f"provided_alike[known,s1,{MEALS},2027]" in names
    assert "worst_future[poor]" in names


def test_the_careful_decision_is_read_from_a_plan() -> None:
    """With sites decided, functions are left open; with functions, both are part of the decision."""
    problem = three_futures(DecisionRule.ROBUST)
    plan = own_plans(Level.SHORTFALL)["known"].decisions
    assert decision_of(problem, plan) == Decision(plan.opening_years(), {})
    functions = three_futures(DecisionRule.ROBUST, DecidedNow.FUNCTIONS)
    assert decision_of(functions, plan).functions == dict(plan.start_year)
    assert CULTURE in {function for _, function in plan.start_year}


def test_later_levels_take_no_plans_that_claim_less() -> None:
    """With `nearest_with_a_place` a program may say more than its plans: what they come to counts."""
    problem, _, common = three_solved(DecisionRule.EXPECTED)
    nearest = replace(
        problem,
        futures=tuple(
            replace(
                future,
                problem=replace(future.problem, assignment_rule=AssignmentRule.NEAREST_WITH_A_PLACE),
            )
            for future in problem.futures
        ),
    )
    rule = _value(nearest, common.plans)
    nothing = {key: Decisions({}, {}, {}, {}) for key in common.plans}
    assert _keeps(nearest, common.plans, rule, {})
    assert not _keeps(nearest, nothing, rule, {})
    mean = _mean(nearest, common.plans, Level.PERSONS_COVERED)
    assert _keeps(nearest, common.plans, rule, {Level.PERSONS_COVERED: mean})
    assert not _keeps(nearest, common.plans, rule, {Level.PERSONS_COVERED: mean + 1.0})
    assert _keeps(problem, nothing, rule, {})  # no other rule lets a program say more than its plan

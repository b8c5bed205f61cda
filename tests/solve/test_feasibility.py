"""Complete decisions are told apart by the rules they keep, as the program tells them apart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from tests.solve.random_problem import random_problem
from tests.tiny_problem import ELDERLY, tiny_decisions, tiny_problem

from siteplan.case import Form
from siteplan.highs import Clock, Limits, SolverSession
from siteplan.plan import Decisions
from siteplan.problem import FundingSource, Money, Problem, Role
from siteplan.scenario import Level
from siteplan.solve.feasibility import CHECKS, DEFINITIONS, doubtful_rules, only_the_program_tells
from siteplan.solve.formulation import CONSTRAINTS, build_model
from siteplan.solve.program import CompiledModel, compile_program
from siteplan.solve.search import Runs, search_starts
from siteplan.text import Text

LEVEL = Level.SHORTFALL


@pytest.fixture(scope="module")
def session() -> Iterator[SolverSession]:
    """One solver process for the whole file."""
    with SolverSession() as running:
        yield running


def has_a_solution(session: SolverSession, compiled: CompiledModel, decisions: Decisions) -> bool:
    """Return whether the program with everything that the decisions say fixed has a solution."""
    fixed = compiled.program.with_fixed(*compiled.start_values(decisions))
    fixed = fixed.with_fixed(*compiled.area_start_values(decisions))
    answer = session.solve(fixed, Limits(), Clock(time.monotonic() + 60.0))
    return answer.values is not None


def small_problem(seed: int) -> Problem:
    """Return a random problem with a plot, a rent, a limit of new building and one of running costs."""
    problem = random_problem(
        seed, communities=6, towns=2, points=24, sites=14, years=3, budget_cny=2_000_000.0
    )
    sites = {
        key: replace(
            site,
            plot_id="P" if number in (0, 1) else None,
            rent_cny_per_year=3000.0 if number % 4 == 2 else 0.0,
        )
        for number, (key, site) in enumerate(problem.sites.items())
    }
    money = replace(problem.money, operating_cny=dict.fromkeys(problem.years[1:], 150_000.0))
    return replace(problem, sites=sites, money=money, newly_built_at_most=2)


def changed(problem: Problem, decisions: Decisions, random: np.random.Generator) -> Decisions:
    """Return the decisions with one thing changed: a start, a form, the size of a room, all of a site."""
    pairs = sorted(decisions.start_year)
    site, function = pairs[int(random.integers(len(pairs)))]
    kind = random.integers(4)
    if kind == 0:
        earlier = int(random.choice(problem.years))
        years = [year for year in problem.years if year >= earlier]
        area = max(decisions.area_m2[site, function, year] for year in problem.years[-1:])
        areas = {key: size for key, size in decisions.area_m2.items() if key[:2] != (site, function)}
        areas |= {(site, function, year): area for year in years}
        return replace(
            decisions, start_year={**decisions.start_year, (site, function): earlier}, area_m2=areas
        )
    if kind == 1 and problem.sites[site].role is Role.CANDIDATE:
        other = Form.SCATTERED if decisions.forms[site] is Form.COMPLEX else Form.COMPLEX
        return replace(decisions, forms={**decisions.forms, site: other})
    if kind == 2:
        rooms = {
            key: size * float(random.choice([0.9, 1.5])) if key[0] == site else size
            for key, size in decisions.room_m2.items()
        }
        return replace(decisions, room_m2=rooms)
    return Decisions(
        {key: year for key, year in decisions.start_year.items() if key[0] != site},
        {key: size for key, size in decisions.room_m2.items() if key[0] != site},
        {key: size for key, size in decisions.area_m2.items() if key[0] != site},
        {key: form for key, form in decisions.forms.items() if key != site},
    )


def test_every_family_is_told() -> None:
    """A new constraint family has to be put among the definitions or given a check."""
    assert CHECKS.keys() | DEFINITIONS == CONSTRAINTS.keys()
    assert not CHECKS.keys() & DEFINITIONS


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_the_program(session: SolverSession, seed: int) -> None:
    """Decisions of the search, and changed ones, are in doubt just where the program has no solution."""
    problem, random = small_problem(seed), np.random.default_rng(seed)
    (run,) = search_starts(problem, seed, Runs(3000, 1), Clock(time.monotonic() + 60.0))
    found = run.decisions
    compiled = compile_program(problem, build_model(problem, (LEVEL,)), (LEVEL,))
    tried = [found, *(changed(problem, found, random) for _ in range(7))]
    for decisions in tried:
        doubtful = doubtful_rules(problem, decisions)
        assert (not doubtful) == has_a_solution(session, compiled, decisions), doubtful


def test_rules_that_only_the_program_checks_are_in_doubt() -> None:
    """A floor of coverage and money by source are in doubt even where the plan happens to keep them."""
    problem, decisions = tiny_problem(), tiny_decisions()
    assert doubtful_rules(problem, decisions) == ()
    floored = replace(problem, coverage_floor={("culture", 2027): 0.0})
    assert doubtful_rules(floored, decisions) == ("coverage_floor",)
    source = FundingSource("county", Text.same("county"), dict.fromkeys(problem.years, 1e9))
    by_source = replace(problem, money=Money({}, {}, True, {}, sources={"county": source}))
    assert "project_is_paid" in doubtful_rules(by_source, decisions)


def test_a_plan_without_forms_is_in_doubt() -> None:
    """Incomplete decisions are refused, not failed on."""
    assert doubtful_rules(tiny_problem(), replace(tiny_decisions(), forms={})) == ("site_form",)


def test_what_only_the_program_tells_is_doubted_of_every_plan() -> None:
    """Rules that no check knows are named with any decisions, and alone where there are none of them."""
    tiny = tiny_problem()
    assert only_the_program_tells(tiny) == ()
    floored = replace(tiny, coverage_floor={(ELDERLY, tiny.years[-1]): 1.0})
    assert only_the_program_tells(floored) == ("coverage_floor",)
    assert "coverage_floor" in doubtful_rules(floored, tiny_decisions())

"""A start that breaks a rule is repaired with its own sites, and one that keeps all is left alone."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.solve.rich_instance import rich_instance
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, B, tiny_problem

from siteplan.case import Form, Mode
from siteplan.highs import Clock, Limits, SolverSession
from siteplan.plan import Decisions
from siteplan.problem import FormStandard, Money, NewEstate, Pace, Problem
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import solve
from siteplan.solve.decompose import repair as repair_module
from siteplan.solve.decompose.repair import (
    completed,
    limited_to,
    most_of,
    repaired,
    sites_asked,
    sites_lacking,
)
from siteplan.solve.formulation import build_model
from siteplan.solve.program import CompiledModel, compile_program

LEVEL = Level.SHORTFALL


def compiled_of(problem: Problem) -> CompiledModel:
    """Return the program of the problem's first level."""
    return compile_program(problem, build_model(problem, (LEVEL,)), (LEVEL,))


def repair(problem: Problem, start: Decisions) -> Decisions | None:
    """Repair a start of the problem's first level."""
    compiled = compiled_of(problem)
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    with SolverSession() as session:
        return repaired(compiled, program, start, session, Limits(nodes=100), Clock(time.monotonic() + 30.0))


def elderly_care_at(*sites: str, year: int = 2027) -> Decisions:
    """Return decisions that start elderly care alone at the sites, as scattered sites."""
    return Decisions({(site, ELDERLY): year for site in sites}, {}, {}, dict.fromkeys(sites, Form.SCATTERED))


def rich(problem: Problem) -> Problem:
    """Return the problem with money for everything and no limit of pace."""
    money = Money(dict.fromkeys(problem.years, 1e8), {}, True, {})
    return replace(problem, money=money, pace=Pace(None, None))


def test_a_start_within_the_rules_is_completed() -> None:
    """Elderly care at both sites stays, with the rooms and areas that it has to have there."""
    problem = rich(tiny_problem())
    mended = repair(problem, elderly_care_at("s1", "s2"))
    assert mended is not None
    assert mended.start_year == elderly_care_at("s1", "s2").start_year
    least = problem.functions[ELDERLY].minimum_alone_m2
    for site in ("s1", "s2"):
        assert all(mended.area_m2[site, ELDERLY, year] >= least - 0.01 for year in problem.years)


def test_areas_of_a_start_that_break_a_rule_are_not_kept() -> None:
    """The search's areas are too small, and of more than is left: neither may be in what is mended.

    Only one of two sites of a plot stays, with its whole area, and of the other not even a room.
    """
    problem = rich(tiny_problem())
    sites = {
        key: replace(site, plot_id="P" if key in ("s1", "s2") else None)
        for key, site in problem.sites.items()
    }
    group = next(key for key, functions in problem.room_groups.items() if ELDERLY in functions)
    start = elderly_care_at("s1", "s2")
    small = {(site, ELDERLY, year): 1.0 for site in ("s1", "s2") for year in problem.years}
    rooms = {(site, group, year): 1.0 for site in ("s1", "s2") for year in problem.years}
    mended = repair(replace(problem, sites=sites), replace(start, area_m2=small, room_m2=rooms))
    assert mended is not None
    (kept,) = {site for site, _ in mended.start_year}
    assert {site for site, _, _ in mended.room_m2} == {site for site, _, _ in mended.area_m2} == {kept}
    assert min(mended.area_m2.values()) > 1.0
    assert min(mended.room_m2.values()) > 1.0


def test_a_start_that_uses_a_plot_twice_keeps_one_site() -> None:
    """The sites of one plot exclude each other, which the search doesn't know: one of them stays."""
    problem = rich(tiny_problem())
    sites = {
        key: replace(site, plot_id="P" if key in ("s1", "s2") else None)
        for key, site in problem.sites.items()
    }
    mended = repair(replace(problem, sites=sites), elderly_care_at("s1", "s2"))
    assert mended is not None
    assert len(mended.start_year) == 1
    assert set(mended.start_year) <= {("s1", ELDERLY), ("s2", ELDERLY)}


def test_a_start_that_builds_too_much_opens_less() -> None:
    """Nothing may be newly built; the new building of the start is left out, the rest of it stays."""
    problem = rich(tiny_problem())
    sites = dict(problem.sites)
    sites["s1"] = replace(sites["s1"], mode=Mode.NEW_BUILD)
    sites["s2"] = replace(sites["s2"], mode=Mode.REBUILD)
    limited = replace(problem, sites=sites, newly_built_at_most=0)
    mended = repair(limited, elderly_care_at("s1", "s2"))
    assert mended is not None
    assert set(mended.start_year) == {("s2", ELDERLY)}


def test_a_start_without_required_coverage_gets_it() -> None:
    """B requires elderly care, which the start has at s1 alone: s2 is added."""
    problem = replace(rich(tiny_problem()), required_coverage={(B, ELDERLY): 2027})
    mended = repair(problem, elderly_care_at("s1"))
    assert mended is not None
    assert mended.start_year["s2", ELDERLY] == 2027


def test_a_start_that_cannot_be_mended_is_none() -> None:
    """Nobody may open anything in 2027 and B requires elderly care by then: no plan at all."""
    problem = replace(rich(tiny_problem()), required_coverage={(B, ELDERLY): 2027}, pace=Pace(0, None))
    assert repair(problem, elderly_care_at("s1")) is None


@pytest.mark.parametrize(
    "how", [{}, {"ROUNDS_OF_LEAVING_OUT": 1}, {"WHOLE": -1.0}], ids=["asked", "branched", "not all kept"]
)
def test_what_is_too_dear_is_left_out_and_the_rest_kept(
    how: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Money for one of two sites a year: one of them is left as it was, the other comes later.

    Also where the relaxation is asked once: branching decides what is provided beside what it left whole. And
    where all that it left whole can't be: here everything counts as whole.
    """
    for name, value in how.items():
        monkeypatch.setattr(repair_module, name, value)
    problem = tiny_problem()
    start = elderly_care_at("s1", "s2")
    capital = dict.fromkeys(problem.years, 620_000.0)
    poor = replace(rich(problem), money=Money(capital, {}, False, {}))
    compiled = compile_program(poor, build_model(poor, (LEVEL,)), (LEVEL,))
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    clock = Clock(time.monotonic() + 60.0)
    with SolverSession() as session:
        assert completed(compiled, program, start, session, clock) is None
        kept = most_of(compiled, program, start, session, Limits(), clock)
        assert kept is not None
        assert completed(compiled, program, kept, session, clock) is not None
    years = sorted(year for (_, function), year in kept.start_year.items() if function == ELDERLY)
    assert years == [2027, 2028]


def kept_of(problem: Problem, start: Decisions) -> tuple[frozenset[str], Decisions | None]:
    """Return the sites that bring what the start lacks, and the most of the start that keeps every rule."""
    compiled = compiled_of(problem)
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    clock = Clock(time.monotonic() + 60.0)
    with SolverSession() as session:
        fixed = program.with_fixed(*compiled.start_values(start))
        lacking = sites_lacking(compiled, fixed, session, clock)
        return lacking, most_of(compiled, program, start, session, Limits(), clock)


def test_what_coverage_a_start_lacks_is_added_and_all_of_it_kept() -> None:
    """B requires elderly care, which s2 or s3 can bring: one is added to the start's own, which stays."""
    problem = replace(rich(tiny_problem()), required_coverage={(B, ELDERLY): 2027})
    lacking, kept = kept_of(problem, elderly_care_at("s1"))
    assert lacking == {"s2", "s3"}
    assert kept is not None
    added = set(kept.start_year) - {("s1", ELDERLY)}
    assert added in ({("s2", ELDERLY)}, {("s3", ELDERLY)})
    assert set(kept.start_year.values()) == {2027}


def test_what_floor_area_a_start_lacks_is_added_though_a_part_of_a_function_would_do() -> None:
    """Every community has to have a little floor area: at s2 a function of the smallest area is all of it."""
    problem = replace(rich(tiny_problem()), area_floor_m2_per_100_households={2028: 1.0})
    start = elderly_care_at("s1")
    lacking, kept = kept_of(problem, start)
    assert "s2" in lacking
    assert "s1" not in lacking
    assert kept is not None
    assert kept.start_year["s1", ELDERLY] == 2027
    (added,) = set(kept.start_year) - set(start.start_year)
    assert problem.sites[added[0]].community_code == B


def test_a_start_that_lacks_nothing_has_no_sites_lacking() -> None:
    """Where every row has what it asks for, no site is looked for."""
    lacking, kept = kept_of(rich(tiny_problem()), elderly_care_at("s1"))
    assert lacking == frozenset()
    assert kept is not None


def test_an_estate_asks_something_of_its_own_site_alone() -> None:
    """What any site may bring, as coverage that is a must, asks nothing of one of them."""
    problem = replace(rich(tiny_problem()), coverage_floor={(MEALS, 2028): 50.0})
    of_estate = replace(problem, new_estates={"N1": NewEstate(("s3",), ("b2",), 50.0)})
    asked = [sites_asked(compiled, compiled.program) for compiled in map(compiled_of, (problem, of_estate))]
    assert asked == [set(), {"s3"}]


def test_a_limited_problem_is_smaller_and_loses_nothing_of_its_own() -> None:
    """With the pairs of the best plan alone, that plan is still the best."""
    problem = replace(tiny_problem(), objective=(LEVEL,))
    settings = SolverSettings(time_limit_s=240.0, effort=0.05)
    best = solve(problem, settings)
    limited = limited_to(problem, frozenset(best.decisions.start_year))
    hosted = {(key, function) for key in limited.planned_sites for function in limited.sites[key].may_host}
    assert hosted == set(best.decisions.start_year)
    assert solve(limited, settings).levels[0].value == pytest.approx(best.levels[0].value)


def any_plan(session: SolverSession, problem: Problem, random: np.random.Generator) -> Decisions | None:
    """Return the plan with the best of random worths of functions and forms; None where the rules clash."""
    compiled = compile_program(problem, build_model(problem, (LEVEL,)), (LEVEL,))
    columns = [*compiled.columns.provide.values(), *compiled.columns.complex.values()]
    cost = np.zeros(len(compiled.program.cost))
    cost[columns] = random.normal(-1.0, 1.0, len(columns))
    program = compiled.program.with_objective(cost, 0.0)
    answer = session.solve(program, Limits(), Clock(time.monotonic() + 60.0))
    assert answer.is_proven
    return None if answer.values is None else compiled.decisions(answer.values)


def keeps_every_rule(session: SolverSession, problem: Problem, plan: Decisions) -> bool:
    """Return whether the program of the problem has a solution with just what the plan provides."""
    compiled = compile_program(problem, build_model(problem, (LEVEL,)), (LEVEL,))
    program = compiled.program.with_objective(*compiled.objectives[LEVEL])
    return completed(compiled, program, plan, session, Clock(time.monotonic())) is not None


def test_a_limited_problem_keeps_care_where_a_complex_has_to_have_it() -> None:
    """Without care among its pairs, s1 would be a complex that is free of having care before others."""
    problem = replace(
        rich(tiny_problem()), places_reserved_first=True, form_standard=FormStandard(600.0, 2, 1, 1)
    )
    others = {("s1", MEALS): 2027, ("s1", CULTURE): 2027}
    limited = limited_to(problem, frozenset(others))
    assert limited.sites["s1"].may_host == {ELDERLY, MEALS, CULTURE}
    careless = Decisions(others, {}, {}, {"s1": Form.COMPLEX})
    caring = replace(careless, start_year={**others, ("s1", ELDERLY): 2027})
    with SolverSession() as session:
        for asked in (problem, limited):
            assert not keeps_every_rule(session, asked, careless)
            assert keeps_every_rule(session, asked, caring)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), share=st.floats(0.3, 0.9))
def test_what_keeps_the_rules_of_a_limited_problem_keeps_the_whole_ones(
    session: SolverSession, seed: int, share: float
) -> None:
    """Whichever pairs are left, and whatever rules are on."""
    problem = replace(rich_instance(seed), places_reserved_first=True)
    if problem.form_standard is not None:
        problem = replace(problem, form_standard=FormStandard(400.0, 2, 1, 1))
    random = np.random.default_rng([seed, 17])
    pairs = [(key, one) for key in problem.planned_sites for one in sorted(problem.sites[key].may_host)]
    left = frozenset(pair for pair in pairs if random.random() < share) or frozenset(pairs)
    plan = any_plan(session, limited_to(problem, left), random)
    assert plan is None or keeps_every_rule(session, problem, plan)

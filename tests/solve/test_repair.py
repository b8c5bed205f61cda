"""A start that breaks a rule is repaired with its own sites, and one that keeps all is left alone."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.tiny_problem import ELDERLY, B, tiny_problem

from siteplan.case import Form, Mode
from siteplan.highs import Clock, Limits, SolverSession
from siteplan.plan import Decisions
from siteplan.problem import Money, Pace, Problem
from siteplan.scenario import Level
from siteplan.solve.decompose.repair import repaired
from siteplan.solve.formulation import build_model
from siteplan.solve.program import compile_program

LEVEL = Level.SHORTFALL


def repair(problem: Problem, start: Decisions) -> Decisions | None:
    """Repair a start of the problem's first level."""
    compiled = compile_program(problem, build_model(problem, (LEVEL,)), (LEVEL,))
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


def test_a_start_within_the_rules_is_left_alone() -> None:
    """Elderly care at both sites can be completed."""
    start = elderly_care_at("s1", "s2")
    assert repair(rich(tiny_problem()), start) is start


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

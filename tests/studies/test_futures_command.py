"""``siteplan futures``: from a scenario to tables and verified plans, and what it says about bad futures."""

from __future__ import annotations

import csv
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.tiny_problem import tiny_problem

from siteplan.cli.main import run
from siteplan.plan import Decisions, LevelResult
from siteplan.problem import Money
from siteplan.publish import read_plan
from siteplan.scenario import DecisionRule, FutureCase, Level, SolverSettings
from siteplan.solve import SolveResult, proven_levels, solve
from siteplan.solve.formulation.futures import Future, FuturesProblem
from siteplan.solve.futures import Decision
from siteplan.studies import futures as futures_study
from siteplan.studies.futures import (
    FuturesStudy,
    SiteInFutures,
    Studied,
    sites_in_futures,
    study_futures,
    what_it_depends_on,
)
from siteplan.text import Text

ENGLISH = {"SITEPLAN_LANG": "en"}
FUTURES = """\
extends: tiny.yaml
objective: [shortfall, cost]
futures:
  rule: expected
  cases:
"""
CASES = """\
    base: {probability: 0.5}
    poor: {title: {zh: 钱少, en: less money}, probability: 0.2, budget_scale: 0.4}
    dear: {probability: 0.1, cost_scale: 1.5, demand_scale: {elderly_care: 1.2}}
    lost: {probability: 0.2, lost_sites: [S1]}
"""
TWO_CASES = """\
    base: {probability: 0.6}
    lost: {probability: 0.4, lost_sites: [S1], budget_scale: 0.7, cost_scale: 1.2}
"""


def futures_scenario(project: Path, cases: str = CASES) -> Path:
    file = project / "scenarios/futures.yaml"
    file.write_text(FUTURES + cases, encoding="utf-8")
    return file


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("cases", "names"),
    [
        (TWO_CASES, ["base", "lost"]),
        pytest.param(CASES, ["base", "poor", "dear", "lost"], marks=pytest.mark.slow),
    ],
)
def test_every_plan_is_verified_and_follows_the_decision(
    tiny_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    cases: str,
    names: list[str],
) -> None:
    """Tables, a plan of each future with the decision and without; `verify` confirms them all."""
    monkeypatch.chdir(tiny_project)
    futures_scenario(tiny_project, cases)
    assert run(["futures", "scenarios/futures.yaml", "--seconds", "20"], ENGLISH) == 0
    out = capsys.readouterr().out
    assert "expected value" in out
    assert "no-regret" in out
    folder = tiny_project / "results/futures-futures"
    rows = {row["future"]: row for row in rows_of(folder / "futures.csv")}
    assert list(rows) == names
    decided = {row["site_id"]: int(row["open_from"]) for row in rows_of(folder / "decision.csv")}
    for key, row in rows.items():
        for results in (row["results"], row["own_results"]):
            assert run(["verify", str(folder / results)], {}) == 0
        plan = read_plan(folder / row["results"])
        opened = {site.site_id: site.open_from for site in plan.sites if site.role == "candidate"}
        assert opened == {site: year for site, year in decided.items() if key != "lost" or site != "S1"}
        assert float(row["value"]) == pytest.approx(plan.levels[0].value, abs=1e-5)
        assert float(row["value"]) - float(row["own_value"]) <= float(row["regret_at_most"]) + 1e-6
    (rule,) = rows_of(folder / "rule.csv")
    mean = sum(float(row["value"]) * float(row["probability"]) for row in rows.values())
    assert float(rule["value"]) == pytest.approx(mean, abs=1e-4)
    own = sum(float(row["own_value"]) * float(row["probability"]) for row in rows.values())
    if rule["status"] == "optimal" and all(row["own_status"] == "optimal" for row in rows.values()):
        assert float(rule["value_of_knowing_at_most"]) == pytest.approx(mean - own, abs=1e-4)
        assert rule["value_of_knowing_at_least"] == rule["value_of_knowing_at_most"]
    for site in rows_of(folder / "sites.csv"):
        count = sum(bool(site[key]) for key in rows)
        assert count == int(site["futures"])
        assert (site["kind"] == "no_regret") == (count == len(rows))


@pytest.mark.slow
def test_dear_is_dear_in_plan_and_check(tiny_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Capital costs scaled by the scenario are those of the plan, twice as high, and verified."""
    monkeypatch.chdir(tiny_project)
    costs = {}
    for name, scale in (("plain", 1.0), ("dear", 2.0)):
        text = f"extends: tiny.yaml\nbudget: null\nobjective: [cost]\ncosts: {{capital_scale: {scale}}}\n"
        text += "commit: {one: {site: S1, year: 2027, functions: [sports]}}\n"
        (tiny_project / f"scenarios/{name}.yaml").write_text(text, encoding="utf-8")
        assert run(["solve", f"scenarios/{name}.yaml"], {}) == 0
        assert run(["verify", f"results/{name}"], {}) == 0
        costs[name] = sum(row.capital_cny for row in read_plan(tiny_project / "results" / name).money)
    assert costs["dear"] == pytest.approx(2.0 * costs["plain"])


@pytest.mark.slow
def test_solve_leaves_the_futures_out_and_says_so(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan of a scenario with futures is that of the scenario as it stands, with a hint."""
    monkeypatch.chdir(tiny_project)
    futures_scenario(tiny_project)
    assert run(["solve", "scenarios/futures.yaml"], ENGLISH) == 0
    assert "siteplan futures scenarios/futures.yaml" in capsys.readouterr().err
    assert run(["verify", "results/futures"], {}) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"probability: 0.5": "probability: 0.6"}, "add up to 1.1"),
        ({"{probability: 0.5}": "{}"}, "no probability for base"),
        ({"S1": "S99"}, "there is no site `S99`"),
        ({"S1": "E1"}, "is no candidate"),
        ({"elderly_care": "elderly_car"}, "did you mean `elderly_care`"),
        ({"elderly_care: 1.2": "elderly_care: 11"}, "participation rate above 100 %"),
        ({"extends: tiny.yaml": "extends: tiny.yaml\nbudget: null"}, "no budget to scale"),
        (
            {"extends: tiny.yaml": "extends: tiny.yaml\ncommit: {one: {site: S1, year: 2027}}"},
            "committed by `one`",
        ),
        ({"rule: expected": "rule: hopeful"}, "robust, expected, regret"),
        ({"budget_scale: 0.4": "budget_scale: 1"}, "differs in nothing from `base`"),
    ],
)
def test_bad_futures_are_told(
    tiny_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Mapping[str, str],
    said: str,
) -> None:
    """`siteplan check` says what is wrong with the futures, and where."""
    monkeypatch.chdir(tiny_project)
    file = futures_scenario(tiny_project)
    text = file.read_text(encoding="utf-8")
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    code = run(["check", "scenarios/futures.yaml"], ENGLISH)
    err = capsys.readouterr()
    assert said in (err.err + err.out)
    assert code == (0 if "differs" in said else 2)


def test_a_scenario_without_futures_is_refused(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is nothing to decide for, and the message says what to write."""
    monkeypatch.chdir(tiny_project)
    assert run(["futures", "scenarios/tiny.yaml"], ENGLISH) == 2
    assert "no `futures`" in capsys.readouterr().err


def test_expected_needs_probabilities_on_the_command_line_too(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another rule in place of the scenario's is refused where it lacks what it needs."""
    monkeypatch.chdir(tiny_project)
    text = "extends: tiny.yaml\nfutures: {rule: robust, cases: {a: {}, b: {budget_scale: 0.5}}}\n"
    (tiny_project / "scenarios/two.yaml").write_text(text, encoding="utf-8")
    assert run(["futures", "scenarios/two.yaml", "--rule", "expected"], ENGLISH) == 2
    assert "needs that of every future" in capsys.readouterr().err


# --- what depends on what, by hand --------------------------------------------------------------------


def level(value: float, bound: float | None) -> LevelResult:
    gap = None if bound is None else value - bound
    status = "unproven" if gap is None else "optimal" if gap == 0.0 else "gap"
    return LevelResult.model_validate(
        {
            "name": "shortfall",
            "unit": "coverage points",
            "value": value,
            "bound": bound,
            "gap": gap,
            "status": status,
            "given_unproven": False,
        }
    )


def result(value: float, bound: float | None, **opened: int) -> SolveResult:
    starts = {(site, "elderly_care"): year for site, year in opened.items()}
    return SolveResult(Decisions(starts, {}, {}, {}), (level(value, bound),), "completed")


def by_hand(rule: DecisionRule = DecisionRule.EXPECTED) -> FuturesStudy:
    """Return a study of three futures with made-up values: as it is, dear and poor, s1 lost."""
    known = replace(tiny_problem(), objective=(Level.SHORTFALL,))
    cases = {
        "base": FutureCase(probability=0.5),
        "poor": FutureCase(probability=0.3, budget_scale=0.5, cost_scale=1.2),
        "lost": FutureCase(probability=0.2, lost_sites=("s1",)),
    }
    own = {
        "base": result(1.0, 1.0, s1=2027, s2=2027),
        "poor": result(4.0, 3.0, s1=2028),
        "lost": result(2.0, 2.0, s2=2027, s3=2028),
    }
    common = {"base": result(2.0, 1.0), "poor": result(5.0, 3.0), "lost": result(2.0, 2.0)}
    futures = tuple(
        Future(key, known, case.probability, frozenset(case.lost_sites)) for key, case in cases.items()
    )
    studied = tuple(
        Studied(future, cases[future.key], Text.same(future.key), own[future.key], common[future.key])
        for future in futures
    )
    problem = FuturesProblem(futures, rule)
    return FuturesStudy(problem, Decision({"s2": 2027}, {}), studied, level(2.9, 2.5))


def test_sites_are_told_apart_by_the_futures_that_open_them() -> None:
    """s1 opens wherever it isn't lost; s2 depends on money and costs; s3 on the loss of s1."""
    study = by_hand()
    sites = {site.site_id: site for site in sites_in_futures(study)}
    assert {key: site.kind() for key, site in sites.items()} == {
        "s1": "no_regret_unless_lost",
        "s2": "depends",
        "s3": "depends",
    }
    assert [reason.en for reason in what_it_depends_on(study, sites["s2"])] == ["budget ≥ × 1", "cost ≤ × 1"]
    assert [reason.en for reason in what_it_depends_on(study, sites["s3"])] == ["s1 lost"]
    assert what_it_depends_on(study, sites["s1"]) == []


def test_what_no_single_assumption_explains_is_left_open() -> None:
    """A site that opens in two futures with nothing in common gets no reason."""
    study = by_hand()
    years: dict[str, int | None] = {"base": None, "poor": 2027, "lost": 2027}
    assert what_it_depends_on(study, SiteInFutures("s3", "s3", "t", "c", years, (), None)) == []


def test_regret_and_value_of_knowing_are_intervals() -> None:
    """Against an unproven best they reach from its plan to its bound, worked out by hand."""
    study = by_hand()
    assert [each.regret() for each in study.futures] == [(1.0, 1.0), (1.0, 2.0), (0.0, 0.0)]
    # own plans 0.5 + 1.2 + 0.4 = 2.1, own bounds 0.5 + 0.9 + 0.4 = 1.8
    least, most = study.value_of_knowing()
    assert least == pytest.approx(2.5 - 2.1)
    assert most == pytest.approx(2.9 - 1.8)
    assert by_hand(DecisionRule.REGRET).is_measured_against_bounds


def test_regret_is_the_distance_from_the_own_plans() -> None:
    """The rule's value is the largest regret told, and knowing is worth just that."""
    known = replace(tiny_problem(), objective=(Level.SHORTFALL,))
    poor = replace(known, money=Money({2027: 500_000.0, 2028: 200_000.0}, {}, True, {}))
    problem = FuturesProblem((Future("known", known), Future("poor", poor)), DecisionRule.REGRET)
    cases = {"known": (FutureCase(), Text.same("known")), "poor": (FutureCase(), Text.same("poor"))}
    study = study_futures(problem, cases, SolverSettings(effort=0.02), 30.0, threading.Event())
    regrets = [each.regret()[1] for each in study.futures]
    assert study.rule.value == pytest.approx(max(regret or 0.0 for regret in regrets))
    assert study.rule.value > 0.0
    least, most = study.value_of_knowing()
    assert (least, most) == pytest.approx((study.rule.value, study.rule.value))


def two_alike(poor: bool) -> FuturesProblem:
    """Return two futures under regret: as it is and with little money, or little money twice."""
    known = replace(tiny_problem(), objective=(Level.SHORTFALL,))
    money = Money({2027: 500_000.0, 2028: 200_000.0}, {}, True, {})
    little = replace(known, money=money)
    return FuturesProblem(
        (Future("known", little if poor else known), Future("poor", little)), DecisionRule.REGRET
    )


CASES_OF_TWO = {key: (FutureCase(), Text.same(key)) for key in ("known", "poor")}


def study_of(problem: FuturesProblem) -> FuturesStudy:
    return study_futures(problem, CASES_OF_TWO, SolverSettings(effort=0.02), 30.0, threading.Event())


def test_regret_against_a_plan_without_a_bound_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Own plans that open nothing and have no bound: regret counts against the best known, unproven."""

    def of_nothing(future: Future, *_: object) -> SolveResult:
        nothing = Decisions({}, {}, {}, {})
        return SolveResult(nothing, proven_levels(future.problem, nothing, {}), "time_limit")

    monkeypatch.setattr(futures_study, "_own_plan", of_nothing)
    study = study_of(two_alike(poor=False))
    assert study.is_measured_against_unbounded
    assert (study.rule.status, study.rule.bound) == ("unproven", None)
    assert study.rule.value >= 0.0
    assert study.value_of_knowing()[1] is None


def test_knowing_is_worth_nothing_where_there_is_nothing_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two futures alike, with a bound of 0 that neither reaches: knowing may be worth 0."""

    def with_gap(future: Future, *_: object) -> SolveResult:
        found = solve(future.problem, SolverSettings(effort=0.02))
        levels = proven_levels(future.problem, found.decisions, {Level.SHORTFALL: 0.0})
        return replace(found, levels=levels)

    monkeypatch.setattr(futures_study, "_own_plan", with_gap)
    study = study_of(two_alike(poor=True))
    assert study.rule.value > 0.0
    assert study.value_of_knowing() == pytest.approx((0.0, study.rule.value))

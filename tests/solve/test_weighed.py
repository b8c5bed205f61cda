"""Levels weighed against each other: the sum is optimal, its parts are stated, and bad weights are told."""

from __future__ import annotations

import typing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.report.test_workbook import sources
from tests.solve.brute_force import least_weighed
from tests.solve.test_against_brute_force import tiny_instance
from tests.solve.test_futures import solved, three_futures
from tests.tiny_problem import CULTURE, ELDERLY, MEALS, tiny_problem

from siteplan.findings import InputError
from siteplan.inputs.scenario_files import load_scenario
from siteplan.outcome import level_value
from siteplan.plan import LevelResult
from siteplan.problem import Pace, Problem
from siteplan.scenario import DecisionRule, Level, SolverSettings
from siteplan.solve import solve
from siteplan.solve.futures import rule_value
from siteplan.studies.comparison.inputs import OF_LEVEL
from siteplan.studies.comparison.words import STATUSES
from siteplan.studies.replan import replanned

QUICK = SolverSettings(time_limit_s=240.0, effort=0.05)


def weighed(problem: Problem, weights: dict[Level, float]) -> Problem:
    return replace(problem, objective=(Level.WEIGHED,), weights=weights)


@pytest.mark.parametrize("seed", [2, 4, 6, 8, 10])
def test_the_sum_is_the_least_of_all_plans(seed: int) -> None:
    """Proven, and what trying everything gives, with money, persons and targets weighed."""
    weights = {Level.SHORTFALL: 1.0, Level.PERSONS_COVERED: 0.01, Level.COST: 2e-5, Level.FORM: 3.0}
    problem = weighed(tiny_instance(seed), weights)
    expected = least_weighed(problem)
    assert expected is not None
    first = solve(problem, QUICK).levels[0]
    assert (first.name, first.status) == (Level.WEIGHED, "optimal")
    assert first.value == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("cost", "opens"), [(1e-6, True), (1e-3, False)])
def test_a_weight_says_what_money_is_worth(cost: float, opens: bool) -> None:
    """s1 with elderly care costs 500 000 for 50 points: worth a millionth a CNY, not a thousandth."""
    targets = {(ELDERLY, 2027): 1.0, (MEALS, 2027): 1.0, (CULTURE, 2028): 1.0}
    problem = replace(tiny_problem(), targets=targets, pace=Pace(1, None))
    result = solve(weighed(problem, {Level.SHORTFALL: 1.0, Level.COST: cost}), QUICK)
    assert bool(result.decisions.opening_years()) is opens


def test_the_sum_comes_first_and_then_its_parts() -> None:
    """The sum has bound and gap; the parts have values that add up to it, and no bound of their own."""
    weights = {Level.COST: 1e-5, Level.PERSONS_COVERED: 0.02}
    result = solve(weighed(tiny_problem(), weights), QUICK)
    assert [level.name for level in result.levels] == [Level.WEIGHED, Level.COST, Level.PERSONS_COVERED]
    total, cost, persons = result.levels
    assert (total.unit, total.gap, result.stopped_by) == ("weighed units", 0.0, "completed")
    assert total.value == pytest.approx(1e-5 * cost.value - 0.02 * persons.value)
    assert {(part.bound, part.gap, part.status) for part in (cost, persons)} == {(None, None, "component")}


def written(folder: Path, objective: Any) -> Path:
    (folder / "model").mkdir(exist_ok=True)
    (folder / "case").mkdir(exist_ok=True)
    content = {"title": "x", "case": "case", "years": [2027], "objective": objective}
    (folder / "scenario.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder / "scenario.yaml"


@pytest.mark.parametrize(
    ("objective", "code", "mend"),
    [
        ({"weights": {"shortfal": 1}}, "wrong-key", "shortfall"),
        ({"weight": {"shortfall": 1}}, "unknown-key", "weights"),
        ({"weights": {"cost": 0}}, "wrong-value", "above 0"),
        ({"weights": {}}, "wrong-value", "1"),
        ({"weights": {"weighed": 1}}, "weighed-by-name", "weights"),
        (["weighed"], "weighed-by-name", "weights"),
        (["cost", "shortfal"], "wrong-value", "shortfall"),
    ],
)
def test_bad_objectives_are_told(tmp_path: Path, objective: Any, code: str, mend: str) -> None:
    """A misspelt level or key, no weight, or ``weighed`` itself: with the place and what would do."""
    with pytest.raises(InputError) as caught:
        load_scenario(written(tmp_path, objective))
    finding = next(each for each in caught.value.findings if each.code != "missing-key")
    assert finding.code == code
    assert mend in finding.mend.en
    assert str(finding.place.yaml_path).startswith("objective")


def test_weights_are_levels_of_a_scenario(tmp_path: Path) -> None:
    """The scenario's one level is the weighed sum."""
    scenario = load_scenario(written(tmp_path, {"weights": {"shortfall": 1, "cost": 0.00001}})).scenario
    assert scenario.levels == (Level.WEIGHED,)
    assert scenario.weights == {Level.SHORTFALL: 1.0, Level.COST: 0.00001}


def test_replan_wants_an_order(tmp_path: Path) -> None:
    """Promises changed are the second level: without an order there is none."""
    problem = tiny_problem()
    loaded = load_scenario(written(tmp_path, {"weights": {"cost": 1}}))
    with pytest.raises(InputError) as caught:
        replanned(sources(problem).plan, {}, loaded, problem)
    assert [finding.code for finding in caught.value.findings] == ["objective-without-order"]


def test_futures_are_judged_by_the_sum() -> None:
    """The first level of every future is the weighed sum; the common decision is proven best by it."""
    stated = three_futures(DecisionRule.ROBUST, level=Level.WEIGHED)
    weights = {Level.SHORTFALL: 1.0, Level.COST: 1e-5}
    futures = tuple(
        replace(future, problem=replace(future.problem, weights=weights)) for future in stated.futures
    )
    problem, _, common = solved(replace(stated, futures=futures))
    values = {
        future.key: level_value(future.problem, common.plans[future.key], Level.WEIGHED)
        for future in problem.futures
    }
    assert common.bound == pytest.approx(rule_value(problem, values))


def test_sums_of_other_weights_are_not_compared() -> None:
    """What a weighed value means rests on the weights, and on all that its parts rest on."""
    assert "objective.*" in OF_LEVEL[Level.WEIGHED]
    assert all(set(patterns) <= set(OF_LEVEL[Level.WEIGHED]) for patterns in OF_LEVEL.values())
    assert set(OF_LEVEL) == set(Level)
    assert set(STATUSES) == set(typing.get_args(LevelResult.model_fields["status"].annotation))

"""A run of the tiny problem that is ready to be published, with its input files in a project folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.tiny_case import write_tiny_case
from tests.tiny_problem import tiny_decisions, tiny_problem

from siteplan.case import Case
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.scenario_files import load_scenario
from siteplan.outcome import evaluate, make_plan
from siteplan.plan import LevelResult
from siteplan.policy import Policy
from siteplan.publish import Run, record_inputs
from siteplan.scenario import Level, LoadedScenario
from siteplan.text import Text

MODEL = Path(__file__).parents[2] / "model"


@dataclass(frozen=True)
class Project:
    """A project folder with a model, a case and a scenario that extends another."""

    root: Path
    loaded: LoadedScenario
    policy: Policy
    case: Case


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Make a project folder ``tmp_path/project``."""
    root = tmp_path / "project"
    shutil.copytree(MODEL, root / "model", ignore=shutil.ignore_patterns("*.md"))
    case_folder = root / "data" / "tiny"
    write_tiny_case(case_folder)
    (root / "base.yaml").write_text(
        "title: {zh: 基础, en: base}\ncase: data/tiny\nyears: [2027, 2028]\n", encoding="utf-8"
    )
    (root / "tiny.yaml").write_text("extends: base.yaml\ntitle: {zh: 示例, en: tiny}\n", encoding="utf-8")
    loaded = load_scenario(root / "tiny.yaml")
    policy = load_policy(root / "model", loaded)
    return Project(root, loaded, policy, load_case(case_folder, function_names(policy)))


@pytest.fixture
def run(project: Project) -> Run:
    """Return the tiny problem's plan as a run of the project's scenario."""
    problem, decisions = tiny_problem(), tiny_decisions()
    outcome = evaluate(problem, decisions)
    level = LevelResult(
        name=Level.SHORTFALL,
        unit="coverage points",
        value=outcome.levels[Level.SHORTFALL],
        bound=outcome.levels[Level.SHORTFALL],
        gap=0.0,
        status="optimal",
        given_unproven=False,
    )
    plan = make_plan(
        problem,
        decisions,
        [level],
        title=Text("示例", "tiny"),
        illustrative=True,
        stopped_by="completed",
        outcome=outcome,
    )
    return Run(
        loaded=project.loaded,
        policy=project.policy,
        inputs=record_inputs(project.loaded, project.case),
        problem=problem,
        outcome=outcome,
        plan=plan,
        options={"time_limit_s": 60.0, "gap": 0.0, "seed": 0, "output": None},
        started_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        seconds_by_stage={"read": 0.5, "solve": 1.25},
    )

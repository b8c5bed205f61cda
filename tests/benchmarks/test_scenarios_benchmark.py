"""The benchmark of the shipped scenarios measures what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.scenarios import (
    SCALED_BUDGETS,
    Options,
    main,
    make_project,
    measure,
    report,
    scenario_names,
)

from siteplan.bench.plain import first_level_seconds
from siteplan.inputs.scenario_files import load_scenario


def test_first_level_is_from_solving_to_the_next_level() -> None:
    """The first level's seconds run from ``solving`` to the first later level, other lines aside."""
    lines = [
        "[   6.0 s] reading and checking the inputs",
        "see siteplan check scenarios/2027.yaml",
        "[   7.6 s] solving",
        "[   8.0 s] first objective level · shortfall to targets",
        "[  19.1 s] later objective levels · persons covered",
        "[  20.5 s] what the plan achieves",
    ]
    assert first_level_seconds(lines) == pytest.approx(11.5)
    assert first_level_seconds(lines[:4] + lines[5:]) == pytest.approx(12.9)
    with pytest.raises(ValueError, match="first level"):
        first_level_seconds(lines[:4])


@pytest.mark.slow
def test_further_scenarios_scale_the_budget(tmp_path: Path) -> None:
    """The scenarios added to the shipped ones differ from those they extend by the budget's scale."""
    project = tmp_path / "county"
    make_project(project)
    assert {"2027", "2027-2030", *(name for name, _, _ in SCALED_BUDGETS)} <= set(scenario_names(project))
    for name, extended, scale in SCALED_BUDGETS:
        scaled = load_scenario(project / "scenarios" / f"{name}.yaml").scenario
        whole = load_scenario(project / "scenarios" / f"{extended}.yaml").scenario
        assert scaled.budget is not None
        assert whole.budget is not None
        assert scaled == whole.model_copy(update={"budget": whole.budget.model_copy(update={"scale": scale})})


@pytest.mark.slow
def test_measures_a_tiny_scenario(tiny_project: Path) -> None:
    """A run gives its seconds, a verified plan, and HiGHS alone can't be better than a proven bound."""
    measurement = measure(tiny_project, "tiny", Options(plain_seconds=20.0))
    assert measurement.exit_code == 0
    assert measurement.verified
    assert measurement.record is not None
    assert measurement.first_level_s is not None
    assert 0.0 <= measurement.first_level_s < measurement.wall_s
    first = measurement.record.levels[0]
    assert measurement.plain is not None
    assert measurement.plain.value is not None
    assert first.bound is not None
    assert measurement.plain.value >= first.bound - 1e-6
    text = report([measurement], Options())
    assert f"| tiny | {measurement.wall_s:.1f} | 240.0 | shortfall | coverage points |" in text
    assert "| passed |" in text


@pytest.mark.slow
def test_a_run_without_a_plan_is_reported(tiny_project: Path) -> None:
    """A scenario that can't be read leaves its exit code in the table, and no figures."""
    (tiny_project / "scenarios" / "wrong.yaml").write_text("title: wrong\n", encoding="utf-8")
    measurement = measure(tiny_project, "wrong", Options())
    assert (measurement.exit_code, measurement.verified, measurement.plain) == (2, False, None)
    assert "exit code 2" in report([measurement], Options())


@pytest.mark.slow
def test_unknown_scenario_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--only`` with a name that isn't there writes nothing and says which names there are."""
    with pytest.raises(SystemExit):
        main(["--only", "2199", "--output", str(tmp_path / "results.md")])
    assert "2027-2030" in capsys.readouterr().err
    assert not (tmp_path / "results.md").exists()

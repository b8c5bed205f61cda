"""The policy: every figure sourced or assumed, faults told at once, overrides by scenarios."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from siteplan.case import Mode
from siteplan.findings import Finding, InputError
from siteplan.inputs.bundled import bundled_root
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.scenario_files import load_scenario
from siteplan.policy import AreaFigure, Figure, Policy
from siteplan.scenario import LoadedScenario, Scenario

MODEL = bundled_root() / "model"

STANDARD = ("elderly_care", "infant_care", "after_school_care", "community_meals")


@pytest.fixture
def policy() -> Policy:
    """The policy that comes with siteplan."""
    return load_policy(MODEL)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the model folder, to be spoilt, in a project with an empty case."""
    (tmp_path / "case").mkdir()
    return Path(shutil.copytree(MODEL, tmp_path / "model"))


def change(file: Path, before: str, after: str) -> int:
    """Replace the first ``before`` in a file; return its line."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def faults(folder: Path, scenario: LoadedScenario | None = None) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        load_policy(folder, scenario)
    return caught.value.findings


def scenario_of(model: Path, lines: str) -> LoadedScenario:
    file = model.parent / "scenario.yaml"
    file.write_text(f"title: {{zh: 试, en: Trial}}\ncase: case\nyears: [2027]\n{lines}", encoding="utf-8")
    return load_scenario(file)


def usable_m2(figure: AreaFigure, policy: Policy) -> float:
    share = policy.standards.usable_share_of_floor_area.value
    return figure.value * share if figure.area == "floor" else figure.value


# --- the shipped model ---


def test_every_figure_is_sourced_or_an_assumption_with_a_note(policy: Policy) -> None:
    """No figure of the model comes from nowhere: a source with confidence, or an assumption that says why."""
    figures = dict(policy.figures())
    assert len(figures) > 100
    for place, figure in figures.items():
        if figure.assumption:
            assert figure.note, place
        else:
            assert figure.source, place
            assert figure.confidence, place


def test_targets_are_those_of_the_plan(policy: Policy) -> None:
    """90 / 50 / 90 / 70 % for the standard functions in the plan's order, the other five all."""
    targets = [function.target_percent for function in policy.functions.values()]
    assert [figure.value for figure in targets] == [90, 50, 90, 70, 100, 100, 100, 100, 100]
    assert {figure.confidence for figure in targets} == {"P"}


def test_functions_stand_in_the_plans_order(policy: Policy) -> None:
    """Nine functions, the four standard ones first."""
    assert tuple(policy.functions) == (
        *STANDARD,
        "housekeeping",
        "health",
        "sports",
        "culture",
        "childrens_play",
    )
    assert tuple(key for key, value in policy.functions.items() if value.kind == "standard") == STANDARD


def test_the_standard_functions_fit_into_the_smallest_site_that_must_hold_them(policy: Policy) -> None:
    """终南's 586 m² hold the four standard modules, and 498 m² (the smallest project) any three of them."""
    modules = sorted(usable_m2(policy.functions[key].minimum_in_complex_m2, policy) for key in STANDARD)
    share = policy.standards.usable_share_of_floor_area.value
    assert sum(modules) <= 586 * share
    assert sum(modules[-3:]) <= 498 * share


# --- faults ---


def test_faults_of_all_three_files_are_told_at_once(model: Path) -> None:
    """A misspelt key, a figure without a source and one with a wrong confidence, in three files."""
    lines = (
        change(model / "functions.yaml", "  priority:", "  priorty:"),
        change(model / "standards.yaml", "{value: 0.7, assumption: true,", "{value: 0.7,"),
        change(model / "costs.yaml", "confidence: V", "confidence: X"),
    )
    found = faults(model)
    assert {finding.place.file.name for finding in found if finding.place.file} == {
        "functions.yaml",
        "standards.yaml",
        "costs.yaml",
    }
    by_code = {(finding.code, finding.place.line): finding for finding in found}
    assert "`priority`" in by_code["unknown-key", lines[0]].mend.en
    assert "assumption" in by_code["wrong-value", lines[1]].allowed.zh
    assert "P, V, Q" in by_code["wrong-value", lines[2]].allowed.en


def test_a_missing_file_is_one_finding(model: Path) -> None:
    """A model folder without costs.yaml says just that."""
    (model / "costs.yaml").unlink()
    assert [finding.code for finding in faults(model)] == ["missing-file"]


@pytest.mark.parametrize(
    ("file", "before", "after", "code"),
    [
        ("functions.yaml", "    value: 500\n", "    value: -500\n", "wrong-value"),
        (
            "functions.yaml",
            "participation_rate: {value: 0.10",
            "participation_rate: {value: 10",
            "wrong-value",
        ),
        ("functions.yaml", "target_percent: {value: 90", "target_percent: {value: 900", "wrong-value"),
        (
            "functions.yaml",
            "    value: 120\n    area: usable",
            "    value: 300\n    area: usable",
            "areas-not-ascending",
        ),
        ("functions.yaml", "room_group: infant_rooms", "room_group: dining_room", "reserved-room-shared"),
        ("functions.yaml", "target_ages: [age_0_2]", "target_ages: [age_0_3]", "wrong-value"),
        ("functions.yaml", "target_ages: [age_0_2]", "target_ages: []", "missing-key"),
        ("standards.yaml", "  childrens_play:\n", "  childrens_pley:\n", "unknown-key"),
        ("standards.yaml", "{value: 0, assumption: true", "{value: 0.5, assumption: true", "wrong-value"),
        ("standards.yaml", "  - {value: 30,", "  - {value: 60,", "not-ascending"),
        ("standards.yaml", "target_year: {value: 2030", "target_year: {value: 2026", "wrong-value"),
        ("standards.yaml", "  {value: 2, source", "  {value: 5, source", "wrong-value"),
        ("costs.yaml", "  rebuild: {value: 1090", "  rebuild: {value: -1090", "wrong-value"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_at_its_line(
    file: str, before: str, after: str, code: str, model: Path
) -> None:
    """Each slip gives one finding that names its file and a line near it."""
    line = change(model / file, before, after)
    (finding,) = faults(model)
    assert finding.code == code
    assert finding.place.file is not None
    assert finding.place.file.name == file
    assert finding.place.line is not None
    assert abs(finding.place.line - line) <= 1


@pytest.mark.parametrize("key", ["elderly_care", "infant_care"])
def test_the_functions_with_space_reserved_first_are_required(key: str, model: Path) -> None:
    """A policy without elderly or infant care is refused: the rules of the plan name them."""
    change(model / "functions.yaml", f"\n{key}:\n", f"\n{key}_renamed:\n")
    assert ("missing-key", key) in {(finding.code, finding.place.yaml_path) for finding in faults(model)}


def test_a_mode_without_a_cost_is_refused(model: Path) -> None:
    """Sites of every mode need a default cost."""
    text = (model / "costs.yaml").read_text(encoding="utf-8")
    (model / "costs.yaml").write_text(text[: text.index("  # 补建")], encoding="utf-8")
    (finding,) = faults(model)
    assert (finding.code, finding.place.yaml_path) == ("missing-key", "opening_cost_cny_per_m2.add")


# --- overrides by a scenario ---


def test_a_scenario_replaces_figures_by_assumptions_that_name_it(model: Path) -> None:
    """Functions, standards, costs and the threshold are replaced; an area stays floor or usable area."""
    scenario = scenario_of(
        model,
        "coverage: {threshold: 0.6}\n"
        "functions: {elderly_care: {service_radius_m: 700, minimum_alone_m2: 300}}\n"
        "standards: {area_tiers_m2_per_100_households: [30, 50]}\n"
        "costs: {opening_cost_cny_per_m2: {rebuild: 900}}\n",
    )
    before, after = load_policy(model), load_policy(model, scenario)
    replaced = {
        place: figure.value
        for place, figure in after.figures()
        if figure != dict(before.figures()).get(place)
    }
    assert replaced == {
        "functions.elderly_care.service_radius_m": 700,
        "functions.elderly_care.minimum_alone_m2": 300,
        "standards.area_tiers_m2_per_100_households[0]": 30,
        "standards.area_tiers_m2_per_100_households[1]": 50,
        "standards.coverage_threshold": 0.6,
        "costs.opening_cost_cny_per_m2.rebuild": 900,
    }
    for place in replaced:
        figure: Figure = after.assumptions()[place]
        assert "Trial" in figure.note
        assert "试" in figure.note
    assert after.functions["elderly_care"].minimum_alone_m2.area == "floor"
    assert "500" in after.functions["elderly_care"].service_radius_m.note


def test_an_override_that_makes_no_sense_is_told_at_the_scenarios_line(model: Path) -> None:
    """A minimum above the maximum is found where the scenario states it."""
    scenario = scenario_of(model, "functions:\n  sports:\n    minimum_alone_m2: 900\n")
    (finding,) = faults(model, scenario)
    assert finding.code == "areas-not-ascending"
    assert finding.place.file is not None
    assert (finding.place.file.name, finding.place.line) == ("scenario.yaml", 6)


def test_functions_that_the_policy_does_not_have_are_refused(model: Path) -> None:
    """Unknown functions in `functions` and in `targets.overrides` get a suggestion and their line."""
    scenario = scenario_of(
        model,
        "functions: {eldery_care: {priority: 1}}\ntargets: {overrides: {helth: {2027: 50}}}\n",
    )
    found = faults(model, scenario)
    assert [(finding.code, finding.place.line) for finding in found] == [
        ("unknown-key", 4),
        ("unknown-key", 5),
    ]
    assert "elderly_care" in found[0].mend.en
    assert "health" in found[1].mend.en


def test_a_bare_scenario_is_applied_too(model: Path) -> None:
    """A notebook may pass a `Scenario` that it made itself."""
    scenario = Scenario.model_validate(
        {"title": "x", "case": "case", "years": [2027], "functions": {"sports": {"priority": 4}}}
    )
    assert load_policy(model, scenario).functions["sports"].priority.value == 4


def test_a_scenario_replaces_single_lead_times(model: Path) -> None:
    """Only the mode that it names; the others keep theirs."""
    scenario = scenario_of(model, "standards: {lead_time_years: {new_build: 3}}\n")
    lead_times = load_policy(model, scenario).standards.lead_time_years
    assert lead_times[Mode.NEW_BUILD].value == 3
    assert lead_times[Mode.NEW_BUILD].assumption
    assert lead_times[Mode.REBUILD] == load_policy(model).standards.lead_time_years[Mode.REBUILD]


def test_a_negative_lead_time_or_procedure_is_refused(model: Path) -> None:
    """Each at its line."""
    line = change(model / "standards.yaml", "new_build: {value: 2,", "new_build: {value: -2,")
    with (model / "costs.yaml").open("a", encoding="utf-8") as costs:
        costs.write("land_use_procedure_cny_per_m2: {value: -1, assumption: true}\n")
    found = {finding.place.yaml_path: finding for finding in faults(model)}
    assert set(found) == {"lead_time_years.new_build", "land_use_procedure_cny_per_m2"}
    assert found["lead_time_years.new_build"].place.line == line

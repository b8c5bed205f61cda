"""Loading scenarios: extends, paths, faults with their lines, and the scenarios that are shipped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from siteplan.findings import Finding, InputError, Place, Severity
from siteplan.inputs.bundled import bundled_root
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.scenario_files import check_scenario_functions, load_scenario
from siteplan.scenario import FundingSource, LoadedScenario, Rules
from siteplan.text import Language, Text

SHIPPED = sorted((bundled_root() / "scenarios").glob("*.yaml"))

BASE: dict[str, Any] = {
    "title": {"zh": "基础", "en": "Base"},
    "case": "../data/tiny",
    "years": [2027],
    "budget": {"sources": {"county": {"name": "County", "amounts_cny": {2027: 1_000_000}}}},
}

Write = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder: ``model/``, ``data/tiny/`` and ``scenarios/base.yaml``."""
    root = tmp_path / "project"
    for folder in ("model", "data/tiny", "scenarios"):
        (root / folder).mkdir(parents=True)
    write(root, "base", BASE)
    return root


def write(project: Path, name: str, content: dict[str, Any] | str) -> Path:
    file = project / "scenarios" / f"{name}.yaml"
    text = (
        content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    )
    file.write_text(text, encoding="utf-8")
    return file


def load(project: Path, content: dict[str, Any] | str) -> LoadedScenario:
    return load_scenario(write(project, "scenario", content))


def faults(project: Path, content: dict[str, Any] | str) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        load(project, content)
    for finding in caught.value.findings:
        assert finding.severity is Severity.ERROR
        assert finding.describe(Language.ZH)
    return caught.value.findings


def fault(project: Path, content: dict[str, Any] | str) -> Finding:
    (finding,) = faults(project, content)
    return finding


# --- extends ---


def test_a_scenario_takes_over_what_it_extends(project: Path) -> None:
    """Deep entries are replaced one by one, lists as a whole, null removes; the nearest file comes first."""
    write(project, "middle", {"extends": "base.yaml", "years": [2027, 2028], "pace": {"sites_per_year": 5}})
    loaded = load(
        project,
        {
            "extends": "middle.yaml",
            "title": "Top",
            "pace": {"sites_per_year_and_town": 2},
            "budget": {"sources": {"county": {"amounts_cny": {2027: None, 2028: 7}}}},
        },
    )
    scenario = loaded.scenario
    assert (scenario.title.zh, scenario.title.en) == ("Top", "Top")
    assert scenario.years == (2027, 2028)
    assert (scenario.pace.sites_per_year, scenario.pace.sites_per_year_and_town) == (5, 2)
    assert scenario.budget is not None
    assert scenario.budget.sources["county"].amounts_cny == {2028: 7}
    assert [file.name for file in loaded.extended] == ["middle.yaml", "base.yaml"]


def test_null_removes_a_whole_part(project: Path) -> None:
    """`budget: null` means no limit on money."""
    assert load(project, {"extends": "base.yaml", "budget": None}).scenario.budget is None


def test_a_loop_is_refused_with_its_chain(project: Path) -> None:
    """Files that extend each other in a circle are named in order."""
    write(project, "a", {"extends": "b.yaml"})
    write(project, "b", {"extends": "scenario.yaml"})
    finding = fault(project, {"extends": "a.yaml"})
    assert finding.code == "extends-loop"
    assert "scenario.yaml → a.yaml → b.yaml → scenario.yaml" in finding.found.zh


def test_a_scenario_that_extends_itself_is_a_loop(project: Path) -> None:
    """The shortest circle is one file."""
    assert fault(project, {"extends": "scenario.yaml"}).code == "extends-loop"


@pytest.mark.parametrize("stated", ["../../outside.yaml", "/etc/hostname", "link.yaml"])
def test_extends_stays_inside_the_project(stated: str, project: Path) -> None:
    """A path that leaves the project is refused, by dots, absolutely or through a link."""
    (project.parent / "outside.yaml").write_text("years: [2027]")
    (project / "scenarios/link.yaml").symlink_to(project.parent / "outside.yaml")
    finding = fault(project, f"title: x\nextends: {stated}\n")
    assert finding.code == "outside-project"
    assert finding.place.line == 2


def test_a_missing_extended_file_is_told_where_it_is_stated(project: Path) -> None:
    """The finding is at the line of `extends` and suggests the file that was meant."""
    finding = fault(project, "# comment\nextends: bse.yaml\n")
    assert (finding.code, finding.place.line) == ("missing-file", 2)
    assert "base.yaml" in finding.mend.en


@pytest.mark.parametrize("stated", [["base.yaml"], 5, "", "路" * 200])
def test_extends_is_one_path(stated: object, project: Path) -> None:
    """A list, a number, nothing between quotes or a name that no file system takes is refused."""
    assert fault(project, {"extends": stated}).code == "not-a-path"


def test_a_fault_in_an_extended_file_names_that_file_and_line(project: Path) -> None:
    """A planner is sent to the file that states the wrong value, not to the one that was run."""
    write(project, "middle", "extends: base.yaml\npace:\n  sites_per_year: many\n")
    finding = fault(project, {"extends": "middle.yaml"})
    assert finding.place.file is not None
    assert (finding.place.file.name, finding.place.line) == ("middle.yaml", 3)
    assert finding.place.yaml_path == "pace.sites_per_year"


def test_links_in_a_circle_are_a_missing_file(project: Path) -> None:
    """A scenario that is a link to a link to itself is refused as any file that isn't there."""
    one, other = project / "one.yaml", project / "other.yaml"
    one.symlink_to(other)
    other.symlink_to(one)
    with pytest.raises(InputError) as caught:
        load_scenario(one)
    assert [finding.code for finding in caught.value.findings] == ["missing-file"]


# --- case and model ---


def test_case_is_relative_to_the_file_that_states_it(project: Path) -> None:
    """A scenario in another folder keeps the case of the base it extends."""
    (project / "scenarios/more").mkdir()
    file = project / "scenarios/more/top.yaml"
    file.write_text("extends: ../base.yaml\n")
    loaded = load_scenario(file)
    assert loaded.case_folder == project / "data/tiny"
    assert loaded.model_folder == project / "model"
    assert loaded.project_root == project


def test_without_a_project_the_folder_is_the_root_and_the_model_is_the_bundled_one(tmp_path: Path) -> None:
    """A scenario and its case alone in a folder use siteplan's own model."""
    (tmp_path / "case").mkdir()
    file = tmp_path / "scenario.yaml"
    file.write_text("title: x\ncase: case\nyears: [2027]\n")
    loaded = load_scenario(file)
    assert loaded.project_root == tmp_path
    assert loaded.model_folder == bundled_root() / "model"


@pytest.mark.parametrize(
    ("stated", "code"),
    [("../data/tinny", "missing-folder"), ("base.yaml", "missing-folder"), ("../../..", "outside-project")],
)
def test_a_case_that_is_no_folder_inside_the_project_is_refused(
    stated: str, code: str, project: Path
) -> None:
    """A misspelt folder, a file and a folder outside are told at the line that states them."""
    finding = fault(project, {**BASE, "case": stated})
    assert (finding.code, finding.place.yaml_path) == (code, "case")
    assert finding.place.line is not None


def test_a_case_through_a_link_that_leaves_the_project_is_refused(project: Path) -> None:
    """Links are followed before a path is judged."""
    (project.parent / "elsewhere").mkdir()
    (project / "data/linked").symlink_to(project.parent / "elsewhere")
    assert fault(project, {**BASE, "case": "../data/linked"}).code == "outside-project"


# --- faults of the scenario itself ---


def test_all_faults_are_told_at_once_each_with_its_line(project: Path) -> None:
    """Misspelt keys get a suggestion; wrong values say what is allowed; every one has its own line."""
    found = {
        finding.place.line: finding
        for finding in faults(
            project,
            "title: x\n"
            "case: ../data/tiny\n"
            "yaers: [2027]\n"
            "years: [2027]\n"
            "pace:\n"
            "  sites_per_yaer: 8\n"
            "coverage:\n"
            "  basis: reachible\n"
            "targets:\n"
            "  overrides: {elderly_care: {2027: 120}}\n"
            "costs:\n"
            "  opening_cost_cny_per_m2: {rebild: 900}\n"
            "solver: {gap: .inf}\n",
        )
    }
    assert set(found) == {3, 6, 8, 10, 12, 13}
    assert "`years`" in found[3].mend.en
    assert "sites_per_year" in found[6].mend.zh
    assert "`reachable`" in found[8].mend.en
    assert found[10].allowed.zh == "不大于 100.0"
    assert "`rebuild`" in found[12].mend.en
    assert "finite" in found[13].allowed.en


def test_a_misspelt_extends_is_suggested(project: Path) -> None:
    """`extend` is told to be `extends`, though that key is the reader's own."""
    findings = faults(project, {**BASE, "extend": "base.yaml"})
    assert "`extends`" in findings[0].mend.en


def test_a_misspelt_key_that_removes_is_a_fault_too(project: Path) -> None:
    """`budgte: null` would silently leave the budget in place."""
    finding = fault(project, "extends: base.yaml\nbudgte: null\n")
    assert (finding.code, finding.place.line) == ("unknown-key", 2)
    assert "`budget`" in finding.mend.en


def test_missing_keys_are_told_with_what_to_add(project: Path) -> None:
    """A scenario without title, case and years gets three findings."""
    findings = faults(project, "pace: {sites_per_year: 1}\n")
    assert {finding.code for finding in findings} == {"missing-key"}
    assert len(findings) == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"years": [2028, 2027]}, "years-not-consecutive"),
        ({"years": [2027, 2029]}, "years-not-consecutive"),
        ({"years": [2027, 2027]}, "years-not-consecutive"),
        ({"years": [27]}, "implausible-year"),
        ({"years": [99_999_999_999]}, "implausible-year"),
        ({"years": []}, "wrong-value"),
        ({"years": 2027}, "wrong-value"),
        ({"objective": ["cost", "shortfall", "cost"]}, "repeated-level"),
        ({"objective": []}, "wrong-value"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(changes: dict[str, Any], code: str, project: Path) -> None:
    """Years run on from the earliest, levels are named once."""
    assert fault(project, {**BASE, "budget": None, **changes}).code == code


def with_award(amounts_cny: dict[int, float], **settings: Any) -> dict[str, Any]:
    """Return a budget with money in 2027 and an award that is paid a year after acceptance."""
    award = {"name": "奖补", "amounts_cny": amounts_cny, "paid_after_years": 1}
    return {"sources": {"county": {"name": "县", "amounts_cny": {2027: 1}}, "award": award}, **settings}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"years": [2027, 2028]}, "year-without-money", "budget.sources"),
        ({"budget": {"sources": {}}}, "year-without-money", "budget.sources"),
        (
            {"targets": {"overrides": {"health": {2031: 50}}}},
            "year-outside-horizon",
            "targets.overrides.health.2031",
        ),
        ({"tolerance": {"worst_community": 1}}, "unused-tolerance", "tolerance.worst_community"),
        (
            {"budget": with_award({2028: 1, 2029: 1}, advance_cny={2027: 1})},
            "year-outside-horizon",
            "budget.sources.award.amounts_cny.2029",
        ),
        ({"budget": with_award({2028: 1})}, "award-without-advance", "budget.sources.award.paid_after_years"),
        (
            {"budget": with_award({2028: 1}, advance_cny={2027: 1, 2031: 1})},
            "year-outside-horizon",
            "budget.advance_cny.2031",
        ),
        ({"rules": {"use_is_held_years": 3}}, "entry-without-effect", "rules.use_is_held_years"),
        (
            {"rules": {"places_reserved_first": True, "site_form": False}},
            "entry-without-effect",
            "rules.places_reserved_first",
        ),
        (
            {"budget": {**BASE["budget"], "advance_cny": {2027: 1}}},
            "entry-without-effect",
            "budget.advance_cny",
        ),
    ],
)
def test_the_suspicious_is_a_warning_and_loads(
    changes: dict[str, Any], code: str, path: str, project: Path
) -> None:
    """Years without money, years outside the horizon and idle tolerances are reported, not refused."""
    (finding,) = load(project, {**BASE, **changes}).warnings
    assert (finding.severity, finding.code) == (Severity.WARNING, code)
    assert finding.place.yaml_path == path
    assert finding.place.line is not None


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"rules": {"nearest_with_a_place": True}}, "rules.nearest_with_a_place"),
        ({"coverage": {"basis": "served"}}, "coverage.basis"),
        (
            {
                "coverage": {"basis": "served"},
                "rules": {"capacity": True, "coverage_at_least": {"culture": {2027: 5}}},
            },
            "coverage.basis",
        ),
        ({"joint_programmes": {"old": {"programme": "老旧小区改造"}}}, "joint_programmes.old"),
    ],
)
def test_entries_that_do_not_go_together_are_refused_where_they_stand(
    changes: dict[str, Any], path: str, project: Path
) -> None:
    """The finding has the entry's own place, says what is wrong, and another sentence how to mend it."""
    (finding,) = faults(project, {**BASE, **changes})
    assert finding.place.yaml_path == path
    assert finding.place.line is not None
    assert len({finding.found, finding.allowed, finding.mend}) == 3


def test_a_function_unknown_to_two_checks_is_reported_once(project: Path) -> None:
    """`standards.hosting` is checked against the functions by the scenario's reader and by the policy's."""
    shutil.copytree(bundled_root() / "model", project / "model", dirs_exist_ok=True)
    loaded = load(project, {**BASE, "standards": {"hosting": {"sportz": {"is_noisy": True}}}})
    with pytest.raises(InputError) as caught:
        load_policy(loaded.model_folder, loaded)
    assert [finding.code for finding in caught.value.findings] == ["unknown-key"]


def test_a_finding_of_the_case_about_the_scenario_gets_its_line(project: Path) -> None:
    """What is found beside the tables names only a path of the scenario; file and line are added."""
    entry = {"old": {"programme": "老旧小区", "pays_share": 0.5}}
    loaded = load(project, {**BASE, "joint_programmes": entry})
    words = Text("无", "none")
    bare = Finding(
        Severity.ERROR, "x", Place(yaml_path="joint_programmes.old.programme"), words, words, words
    )
    place = loaded.located(bare).place
    assert (place.file, place.yaml_path) == (loaded.file, "joint_programmes.old.programme")
    assert place.line is not None


def test_money_outside_the_horizon_is_a_warning_at_its_year(project: Path) -> None:
    """An amount for 2026 in a plan for 2027 is reported with its line."""
    (finding,) = load(
        project,
        "extends: base.yaml\nbudget:\n  sources:\n    county:\n      amounts_cny:\n        2026: 5\n",
    ).warnings
    assert (finding.code, finding.place.line) == ("year-outside-horizon", 6)


# --- shipped ---


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_each_shipped_scenario_loads_without_a_warning(file: Path) -> None:
    """Every scenario that comes with siteplan loads with its model, in both languages, without a warning."""
    loaded = load_scenario(file)
    load_policy(loaded.model_folder, loaded)
    assert loaded.warnings == ()
    assert loaded.scenario.title.zh != loaded.scenario.title.en


def test_the_shipped_scenarios_are_those_that_are_documented() -> None:
    """The scenarios, with the horizons and limits that the user guide names."""
    loaded = {file.stem: load_scenario(file).scenario for file in SHIPPED}
    rollout = (2027, 2028, 2029, 2030)
    assert {name: scenario.years for name, scenario in loaded.items()} == {
        "base": (2027,),
        "2027": (2027,),
        "2027-all-rules": (2027,),
        "2027-nearest-place": (2027,),
        "2027-futures": (2027,),
        "2027-weighed": (2027,),
        "2027-places": (2027,),
        "2027-sports-first": (2027,),
        "2027-2030": rollout,
        "2027-2030-equity-first": rollout,
        "2027-2030-half-budget": rollout,
        "2030-need": rollout,
        "2030-need-area-floor": rollout,
        "2030-need-elderly-floor": rollout,
        "2030-need-existing-stock": rollout,
        "2030-need-factory-kept": rollout,
        "2027-2028-all-rules": (2027, 2028),
        "pilots-2024-2026-running-costs": (2024, 2025, 2026),
        "pilots-2024-2026": (2024, 2025, 2026),
    }
    need = loaded["2030-need"]
    assert need.budget is None
    assert need.pace.sites_per_year is None
    half, whole = loaded["2027-2030-half-budget"].budget, loaded["2027-2030"].budget
    assert half is not None
    assert whole is not None
    assert half.sources == whole.sources
    assert half.scale == whole.scale / 2


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("2027-all-rules", {"area_standard_at_least_m2", "elderly_area_standard_at_least_m2"}),
        ("2027-2028-all-rules", {"elderly_area_standard_at_least_m2"}),
    ],
)
def test_all_rules_means_every_rule(name: str, left_out: set[str]) -> None:
    """Every switch of `rules` is on, but for what so few years, or the rule of form, can't have."""
    rules = load_scenario(bundled_root() / "scenarios" / f"{name}.yaml").scenario.rules
    as_by_default = set(Rules.model_fields) - set(rules.model_dump(exclude_defaults=True))
    assert as_by_default == {"site_form", *left_out}
    assert rules.site_form


def test_all_rules_means_every_condition_on_money_and_every_entry_by_hand() -> None:
    """Sources use each condition; limits, pace, joint programmes, local targets and entries are all there."""
    scenario = load_scenario(bundled_root() / "scenarios" / "2027-2028-all-rules.yaml").scenario
    budget = scenario.budget
    assert budget is not None
    conditions = set(FundingSource.model_fields) - {"name", "amounts_cny"}
    unused = {key for key in conditions if all(not getattr(each, key) for each in budget.sources.values())}
    assert unused == {"carry_over"}
    assert any(each.carry_over is False for each in budget.sources.values())
    assert all((budget.operating_cny, budget.advance_cny, budget.subsidy_cny))
    assert all((scenario.pace.sites_per_year, scenario.pace.sites_per_year_and_town))
    assert all((scenario.joint_programmes, scenario.targets.towns, scenario.targets.communities))
    assert all((scenario.commit, scenario.forbid, scenario.require, scenario.standards.hosting))
    assert any(each.affordable_fee_cny_per_m2_year for each in scenario.functions.values())


# --- fixed by hand ---


def test_entries_by_hand_merge_by_id(project: Path) -> None:
    """An entry is changed or removed by its id; others stay."""
    commit = {"a": {"site": "S1", "year": 2027}, "b": {"site": "S2", "year": 2027, "functions": ["x"]}}
    write(project, "middle", {"extends": "base.yaml", "commit": commit})
    changes = {"a": None, "b": {"functions": ["y"]}, "c": {"site": "S3", "year": 2027}}
    entries = load(project, {"extends": "middle.yaml", "commit": changes}).scenario.commit
    assert {key: (entry.site, entry.functions) for key, entry in entries.items()} == {
        "b": ("S2", ("y",)),
        "c": ("S3", ()),
    }


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (
            {"commit": {"a": {"site": "S1", "year": 2027}, "b": {"site": "S1", "year": 2027}}},
            "committed-twice",
        ),
        ({"commit": {"a": {"site": "S1", "year": 2026}}}, "committed-before-horizon"),
        (
            {"commit": {"a": {"site": "S1", "year": 2027}}, "forbid": {"b": {"site": "S1"}}},
            "committed-and-forbidden",
        ),
        (
            {
                "commit": {"a": {"site": "S1", "year": 2027, "functions": ["culture"]}},
                "forbid": {"b": {"site": "S1", "functions": ["culture"], "until": 2027}},
            },
            "committed-and-forbidden",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_entries_by_hand_that_contradict(project: Path, entries: dict[str, Any], code: str) -> None:
    """The contradiction is an error at one of the entries."""
    finding = fault(project, {"extends": "base.yaml", **entries})
    assert finding.code == code
    assert finding.place.line is not None


def test_a_commitment_after_a_prohibition_ends_is_no_contradiction(project: Path) -> None:
    """Forbidden until 2026 and for another function, committed to 2027."""
    forbid = {"a": {"site": "S1", "until": 2026}, "b": {"site": "S1", "functions": ["culture"]}}
    commit = {"c": {"site": "S1", "year": 2027, "functions": ["sports"]}}
    loaded = load(project, {"extends": "base.yaml", "forbid": forbid, "commit": commit})
    assert [finding.code for finding in loaded.warnings] == ["year-outside-horizon"]


def test_an_unknown_function_fixed_by_hand_gets_a_suggestion(project: Path) -> None:
    """Misspelt in each of the three, each with its place in the list."""
    loaded = load(
        project,
        {
            "extends": "base.yaml",
            "commit": {"a": {"site": "S1", "year": 2027, "functions": ["elderly_car"]}},
            "forbid": {"b": {"site": "S2", "functions": ["culture", "cultur"]}},
            "require": {"c": {"community": "x", "function": "infant_cares", "by": 2027}},
        },
    )
    with pytest.raises(InputError) as caught:
        load_policy(bundled_root() / "model", loaded)
    assert [finding.place.yaml_path for finding in caught.value.findings] == [
        "commit.a.functions[0]",
        "forbid.b.functions[1]",
        "require.c.function",
    ]
    assert "elderly_care" in caught.value.findings[0].mend.en


def test_a_source_pays_for_functions_that_exist(project: Path) -> None:
    """A function that no model has is refused where it is named, with the one that was meant."""
    award = {**with_award({2028: 1})["sources"]["award"], "eligible_functions": ["elderly_car"]}
    loaded = load(project, {**BASE, "budget": {"sources": {"award": award}}})
    (finding,) = check_scenario_functions(
        loaded.scenario, load_policy(bundled_root() / "model"), loaded.places
    )
    assert finding.place.yaml_path == "budget.sources.award.eligible_functions[0]"
    assert "elderly_care" in finding.mend.en


def test_places_are_of_functions_or_care_beds(project: Path) -> None:
    """Another kind of places is refused with the one that was meant; care beds need their share of a room."""
    rules = {"places_at_least": {"care_bed": {2027: 1}, "care_beds": {2027: 1}, "infant_care": {2027: 1}}}
    loaded = load(project, {**BASE, "rules": rules})
    policy = load_policy(bundled_root() / "model")
    (finding,) = check_scenario_functions(loaded.scenario, policy, loaded.places)
    assert (finding.code, finding.place.yaml_path) == ("unknown-key", "rules.places_at_least.care_bed")
    assert "care_beds" in finding.mend.en
    standards = policy.standards.model_copy(update={"care_bed_share_of_elderly_room": None})
    findings = check_scenario_functions(loaded.scenario, replace(policy, standards=standards), loaded.places)
    assert [finding.code for finding in findings] == ["unknown-key", "care-beds-not-counted"]


@pytest.mark.parametrize(
    "conditions",
    [{"eligible_levels": ["federal"]}, {"eligible_modes": ["demolish"]}, {"eligible_functions": []}],
    ids=str,
)
def test_conditions_of_a_source_are_known_ones(conditions: dict[str, Any], project: Path) -> None:
    """Unknown levels and modes, and conditions that nothing meets, are refused at their place."""
    award = {**with_award({2028: 1})["sources"]["award"], **conditions}
    finding = fault(project, {**BASE, "budget": {"sources": {"award": award}}})
    assert (finding.place.yaml_path or "").startswith(f"budget.sources.award.{next(iter(conditions))}")


@pytest.mark.parametrize(
    "more", [{"coverage": {"basis": "served"}}, {"rules": {"nearest_with_a_place": True}}]
)
def test_what_counts_places_needs_capacity(project: Path, more: dict[str, Any]) -> None:
    """Served coverage and nearest-with-a-place without capacity are refused, saying what to add."""
    found = fault(project, {"extends": "base.yaml", **more})
    assert "rules.capacity: true" in found.describe(Language.EN)
    capacity = {"rules": {**more.get("rules", {}), "capacity": True}}
    assert load(project, {"extends": "base.yaml", **more, **capacity}).scenario.rules.capacity

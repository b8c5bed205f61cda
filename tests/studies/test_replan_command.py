"""``siteplan replan``: the table of progress, the new scenario, and the list of changes with reasons."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from siteplan.cli.main import run
from siteplan.findings import InputError
from siteplan.inputs.progress_file import Stage, read_progress
from siteplan.publish import read_plan

ENGLISH = {"SITEPLAN_LANG": "en"}
REPLAN = ["replan", "results/tiny", "--scenario", "scenarios/new.yaml", "--only", "plan"]


def new_scenario(project: Path, text: str = "") -> Path:
    file = project / "scenarios/new.yaml"
    file.write_text(f"extends: tiny.yaml\n{text}", encoding="utf-8")
    return file


def progress_table(project: Path, *rows: str, header: str = "点位,阶段,日期") -> Path:
    file = project / "progress.csv"
    file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8-sig")
    return file


def changes_of(project: Path) -> list[dict[str, str]]:
    with (project / "results/new-replan/changes.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def opened(results: Path) -> dict[str, int]:
    return {site.site_id: site.open_from for site in read_plan(results).sites if site.role == "candidate"}


@pytest.mark.slow
def test_nothing_happened_nothing_changes(solved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same scenario again keeps every promise, and says so."""
    new_scenario(solved)
    assert run(REPLAN, ENGLISH) == 0
    assert "No changes" in capsys.readouterr().out
    assert changes_of(solved) == []
    plan = read_plan(solved / "results/new-replan/plan")
    assert [level.name for level in plan.levels][:2] == ["shortfall", "changes"]
    assert plan.levels[1].value == 0.0
    assert run(["verify", "results/new-replan/plan"], {}) == 0


def test_what_is_built_stays_and_what_slipped_moves(solved: Path) -> None:
    """A site that is built is fixed; another that slipped by a year waits, with the stage as the reason."""
    years = opened(solved / "results/tiny")
    assert len(years) >= 2
    first, *_, last = sorted(years, key=lambda key: (years[key], key))
    table = progress_table(solved, f"{first},完工,{years[first]}-09-30", f"{last},立项,2029-01-15")
    new_scenario(solved)
    arguments = [
        "replan",
        "results/tiny",
        "--progress",
        str(table),
        "--scenario",
        "scenarios/new.yaml",
        "--only",
        "plan",
    ]
    assert run(arguments, {}) == 0
    assert run(["verify", "results/new-replan/plan"], {}) == 0
    scenario = yaml.safe_load((solved / "results/new-replan/scenario.yaml").read_text(encoding="utf-8"))
    assert scenario["commit"][f"begun-{first}"]["year"] == years[first]
    assert scenario["forbid"][f"slipped-{last}"] == {"site": last, "until": 2028}
    after = opened(solved / "results/new-replan/plan")
    assert after[first] == years[first]
    assert last not in after
    rows = {row["site_id"]: row for row in changes_of(solved)}
    assert rows[last]["change"] in ("removed", "replaced")
    assert "立项" in rows[last]["reason_zh"]
    assert "approval" in rows[last]["reason_en"]
    assert first not in rows or rows[first]["change"] == "refitted"


def test_what_is_being_built_since_before_the_horizon_opens_in_its_first_year(solved: Path) -> None:
    """A site planned for 2027 is under construction; the new scenario begins in 2028."""
    years = opened(solved / "results/tiny")
    site = min(key for key, year in years.items() if year == 2027)
    table = progress_table(solved, f"{site},construction,2027-06", header="site,stage,date")
    new_scenario(solved, "years: [2028, 2029]\n")
    assert run([*REPLAN, "--progress", str(table)], ENGLISH) == 0
    assert opened(solved / "results/new-replan/plan")[site] == 2028


def test_what_slips_within_the_horizon_opens_later_or_is_replaced(solved: Path) -> None:
    """A site of 2027 that is still at its design in 2028 doesn't open in 2027, and that is the reason."""
    years = opened(solved / "results/tiny")
    slipped = min(key for key, year in years.items() if year == 2027)
    table = progress_table(solved, f"{slipped},方案,2028-02")
    new_scenario(solved)
    arguments = [
        "replan",
        "results/tiny",
        "--progress",
        str(table),
        "--scenario",
        "scenarios/new.yaml",
        "--only",
        "plan",
    ]
    assert run(arguments, {}) == 0
    assert opened(solved / "results/new-replan/plan").get(slipped, 2028) == 2028
    row = next(row for row in changes_of(solved) if row["site_id"] == slipped)
    assert row["change"] in ("moved", "removed", "replaced")
    assert "2028-02" in row["reason_zh"]
    assert "design" in row["reason_en"]
    assert run(["verify", "results/new-replan/plan"], {}) == 0


def test_a_lost_space_is_removed_and_others_take_over(solved: Path) -> None:
    """A space that is no longer in the table: removed or replaced, with that as the reason."""
    years = opened(solved / "results/tiny")
    lost = min(years, key=lambda key: (years[key], key))
    file = solved / "data/tiny/sites.csv"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    kept = [line for line in lines if not line.startswith(f"{lost},")]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8-sig")
    new_scenario(solved)
    assert run(REPLAN, {}) == 0
    assert run(["verify", "results/new-replan/plan"], {}) == 0
    row = next(row for row in changes_of(solved) if row["site_id"] == lost)
    assert row["change"] in ("removed", "replaced")
    assert "no longer in the tables" in row["reason_en"]
    assert read_plan(solved / "results/new-replan/plan").levels[1].value > 0.0
    for other in changes_of(solved):
        assert other["reason_zh"]
        assert other["reason_en"]


def test_faults_of_the_table_come_all_at_once(solved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown stage, date and column, a site that isn't in the plan, what was built before the horizon."""
    table = progress_table(solved, "S1,completon,2027", "S2,开工,soon", ",开工,2027")
    with pytest.raises(InputError) as raised:
        read_progress(table)
    assert len(raised.value.findings) == 3
    assert "completion" in raised.value.findings[0].mend.en
    with pytest.raises(InputError) as without_stage:
        read_progress(progress_table(solved, "S1,2027", header="site,date"))
    assert [finding.place.column for finding in without_stage.value.findings] == ["stage"]
    new_scenario(solved)
    site = min(opened(solved / "results/tiny"))
    table = progress_table(solved, "S77,开工,2027", f"{site},运营,2025年3月")
    arguments = [
        "replan",
        "results/tiny",
        "--progress",
        str(table),
        "--scenario",
        "scenarios/new.yaml",
        "--only",
        "plan",
    ]
    assert run(arguments, ENGLISH) == 2
    words = " ".join(capsys.readouterr().err.split())
    assert "S77" in words
    assert "before the new horizon" in words


def test_the_furthest_stage_of_a_site_counts(tmp_path: Path) -> None:
    """Several rows of a site: the furthest stage, of equal ones the last; stages in English as well."""
    table = progress_table(
        tmp_path, "A,operation,2028/1/5", "A,开工,2027-02-01", "B,design,2027", "B,方案,2028年2月"
    )
    progress = read_progress(table)
    assert (progress["A"].stage, progress["A"].year) == (Stage.OPERATION, 2028)
    assert (progress["B"].stage, progress["B"].year) == (Stage.DESIGN, 2028)
    assert Stage.COMPLETION.is_built
    assert Stage.CONSTRUCTION.is_begun
    assert not Stage.APPROVAL.is_begun

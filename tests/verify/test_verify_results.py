"""Verification of a published result folder, with the inputs that its run record lists."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.verify.world import tiny_project

from siteplan.findings import InputError
from siteplan.verify import ClaimStatus, verify_results


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the tiny plan was published; its root."""
    root = tmp_path_factory.mktemp("published") / "project"
    tiny_project(root)
    return root


@pytest.fixture
def root(published: Path, tmp_path: Path) -> Path:
    """A copy of the published project that a test may change."""
    copy = tmp_path / "project"
    shutil.copytree(published, copy)
    return copy


def codes(root: Path, case_folder: Path | None = None) -> list[tuple[str, str]]:
    """Return code and file name of each finding with which the results are refused."""
    with pytest.raises(InputError) as refusal:
        verify_results(root / "results" / "tiny", case_folder)
    return [(finding.code, Path(str(finding.place.file)).name) for finding in refusal.value.findings]


def test_published_results_pass(published: Path) -> None:
    """What the stages publish, distances by `siteplan.reach`, is confirmed."""
    report = verify_results(published / "results" / "tiny")
    assert report.false == ()
    assert report.counts[ClaimStatus.NOT_RE_PROVEN] == 1


def test_a_changed_result_fails(root: Path) -> None:
    """The exact claim that was changed in the folder is named."""
    file = root / "results" / "tiny" / "plan.json"
    plan = json.loads(file.read_text(encoding="utf-8"))
    plan["communities"][0]["reachable"] = not plan["communities"][0]["reachable"]
    file.write_text(json.dumps(plan), encoding="utf-8")
    (claim,) = verify_results(root / "results" / "tiny").false
    assert claim.key == "coverage_of_communities"
    assert "plan.json communities[0].reachable" in claim.detail.en


@pytest.mark.parametrize(
    "file",
    [
        "scenarios/tiny.yaml",
        "scenarios/base.yaml",
        "model/functions.yaml",
        "model/standards.yaml",
        "model/costs.yaml",
        "case/case.yaml",
        "case/demand_points.csv",
        "case/sites.csv",
        "case/roads.osm",
    ],
)
def test_a_changed_or_missing_input_is_refused(root: Path, file: str) -> None:
    """A single byte more in any input, or its absence, is refused by name."""
    path = root / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert codes(root) == [("input-changed", path.name)]
    path.unlink()
    assert codes(root) == [("input-missing", path.name)]


def test_an_input_that_is_not_listed_is_refused(root: Path) -> None:
    """A record from which an input was taken out doesn't hide that it was changed."""
    file = root / "results" / "tiny" / "run.json"
    run = json.loads(file.read_text(encoding="utf-8"))
    run["inputs"] = [entry for entry in run["inputs"] if entry["path"] != "case/demand_points.csv"]
    file.write_text(json.dumps(run), encoding="utf-8")
    assert codes(root) == [("input-not-listed", "demand_points.csv")]


def test_results_and_project_may_be_moved_together(published: Path, tmp_path: Path) -> None:
    """The record leads to the inputs by relative paths."""
    shutil.copytree(published, tmp_path / "elsewhere")
    assert verify_results(tmp_path / "elsewhere" / "results" / "tiny").passed


def test_the_case_may_be_relocated(root: Path, tmp_path: Path) -> None:
    """Another folder with the same case does, and its files are those that are compared."""
    shutil.copytree(root / "case", tmp_path / "moved")
    (root / "case" / "sites.csv").write_text("changed", encoding="utf-8")
    assert verify_results(root / "results" / "tiny", tmp_path / "moved").passed
    (tmp_path / "moved" / "sites.csv").write_text("changed", encoding="utf-8")
    assert codes(root, tmp_path / "moved") == [("input-changed", "sites.csv")]


@pytest.mark.parametrize(
    "name", ["plan.json", "run.json", "sites.geojson", "coverage.geojson", "assignments.csv", "money.csv"]
)
def test_a_missing_result_file_is_refused(root: Path, name: str) -> None:
    """Each file that holds claims must be there."""
    (root / "results" / "tiny" / name).unlink()
    assert codes(root) == [("results-missing", name)]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"inputs": [], "project_root": "", "case_folder": ""}'])
def test_a_run_record_that_is_none_is_refused(root: Path, text: str) -> None:
    """Without a usable record nobody knows what the inputs were."""
    (root / "results" / "tiny" / "run.json").write_text(text, encoding="utf-8")
    assert {code for code, _ in codes(root)} == {"results-unreadable"}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": 1e999}', b"a,b\n1\n"])
@pytest.mark.parametrize(
    "name", ["plan.json", "sites.geojson", "coverage.geojson", "assignments.csv", "money.csv"]
)
def test_damaged_results_are_false_claims(root: Path, name: str, content: bytes) -> None:
    """A file that was overwritten with anything fails verification, and nothing crashes."""
    (root / "results" / "tiny" / name).write_bytes(content)
    assert not verify_results(root / "results" / "tiny").passed

"""What the commands do when all is well, on the tiny case."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.cli.conftest import Siteplan, files_in

from siteplan.cli import app as commands
from siteplan.cli.errors import run_and_report
from siteplan.cli.exit_codes import ExitCode
from siteplan.cli.session import make_session
from siteplan.publish import read_run_record, readable
from siteplan.publish.report import office
from siteplan.solve import InfeasibleError, NoPlanError
from siteplan.text import Language, Text

RESULT_FILES = {"plan.json", "sites.geojson", "coverage.geojson", "assignments.csv", "money.csv", "run.json"}
READABLE_FILES = {"report.docx", "report.xlsx", "map.html", "pictures"}
ENOUGH_TIME = ("--time-limit", "600")
"""On a busy machine no output is skipped."""


def test_solve_then_verify(siteplan: Siteplan, solved: Path) -> None:
    """A plan that was just made passes verification."""
    assert {path.name for path in (solved / "results/tiny").iterdir()} == RESULT_FILES
    call = siteplan("verify", "results/tiny")
    assert call.code == 0, call.out + call.err
    assert "Verified" in call.out


def test_solve_writes_everything(
    siteplan: Siteplan, tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command makes the plan, the report, the workbook, the map and the pictures, and they verify."""
    monkeypatch.chdir(tiny_project)
    monkeypatch.setattr(office, "office", lambda: None)  # LibreOffice takes seconds
    call = siteplan("solve", "scenarios/tiny.yaml", *ENOUGH_TIME)
    assert call.code == 0, call.err
    results = tiny_project / "results/tiny"
    assert {path.name for path in results.iterdir()} == RESULT_FILES | READABLE_FILES
    assert {path.name for path in (results / "pictures").iterdir()} == {
        "map.png",
        "coverage.png",
        "openings.png",
        "money.png",
    }
    assert set(read_run_record(results).outputs) == RESULT_FILES | READABLE_FILES
    assert siteplan("verify", "results/tiny").code == 0


def test_an_output_that_fails_costs_nothing_else(
    siteplan: Siteplan, tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is published, the summary says what is missing, why, and the command that makes it."""
    monkeypatch.chdir(tiny_project)
    monkeypatch.setattr(office, "office", lambda: None)

    def fail(sources: object, file: Path, **options: object) -> None:
        file.write_text("half", encoding="utf-8")
        raise ValueError("no map today")

    with monkeypatch.context() as broken:
        broken.setattr(readable, "write_map", fail)
        broken.setattr(readable, "write_report", lambda sources, file, **options: file.write_bytes(b"report"))
        call = siteplan("solve", "scenarios/tiny.yaml", *ENOUGH_TIME)
    assert call.code == 0, call.err
    words = " ".join(call.out.split())
    assert "map.html was not written (ValueError: no map today)" in words
    assert "siteplan map results/tiny" in words
    results = tiny_project / "results/tiny"
    assert {path.name for path in results.iterdir()} == (RESULT_FILES | READABLE_FILES) - {"map.html"}
    assert read_run_record(results).failed_outputs == {"map.html": "ValueError: no map today"}
    assert siteplan("verify", "results/tiny").code == 0
    assert siteplan("map", "results/tiny").code == 0


def test_plot(siteplan: Siteplan, solved: Path) -> None:
    """All pictures or one, in a format and fineness, into the results or another folder."""
    assert siteplan("plot", "results/tiny").code == 0
    assert len(list((solved / "results/tiny/pictures").glob("*.png"))) == 4
    call = siteplan("plot", "results/tiny", "--kind", "money", "--format", "svg", "--output", "out")
    assert call.code == 0, call.err
    assert [file.name for file in (solved / "out").iterdir()] == ["money.svg"]


def test_plot_refuses_changed_inputs(siteplan: Siteplan, solved: Path) -> None:
    """Pictures of other inputs than those of the plan would be wrong; a moved case can be named."""
    (solved / "data/tiny").rename(solved / "moved")
    call = siteplan("plot", "results/tiny")
    assert call.code == 2
    assert "input-missing" in call.err
    assert siteplan("plot", "results/tiny", "--kind", "money", "--case", "moved").code == 0
    (solved / "out").write_text("a file", encoding="utf-8")
    call = siteplan("plot", "results/tiny", "--case", "moved", "--output", "out")
    assert call.code == 2
    assert "pictures-not-writable" in call.err
    with (solved / "moved/sites.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    call = siteplan("plot", "results/tiny", "--case", "moved")
    assert call.code == 2
    assert "input-changed" in call.err


def test_verify_as_json(siteplan: Siteplan, solved: Path) -> None:
    """``--json`` prints nothing but the report."""
    report = json.loads(siteplan("verify", solved / "results/tiny", "--json").out)
    assert report["passed"] is True
    assert {claim["status"] for claim in report["claims"]} <= {"confirmed", "not_re_proven"}


def test_false_claim(siteplan: Siteplan, solved: Path) -> None:
    """A changed figure fails verification with exit code 1 and is named."""
    file = solved / "results/tiny/plan.json"
    plan = json.loads(file.read_text(encoding="utf-8"))
    plan["money"][0]["capital_cny"] += 1000.0
    file.write_text(json.dumps(plan), encoding="utf-8")
    call = siteplan("verify", "results/tiny")
    assert call.code == 1
    assert "money[0].capital_cny" in call.out


def test_table_fits_eighty_columns(siteplan: Siteplan, solved: Path) -> None:
    """The closing table is readable at 80 columns in both languages, without escape codes in a pipe."""
    for lang in ("zh", "en"):
        call = siteplan("solve", solved / "scenarios/tiny.yaml", "--only", "plan", lang=lang)
        assert "\x1b" not in call.out + call.err
        widths = [
            sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in line)
            for line in call.out.splitlines()
        ]
        assert max(widths) <= 80
        assert ("已证最优" if lang == "zh" else "optimal") in call.out


def test_second_run_keeps_the_first(siteplan: Siteplan, solved: Path) -> None:
    """Results are replaced as a whole; the ones before stay beside them."""
    first = files_in(solved / "results/tiny")
    assert siteplan("solve", "scenarios/tiny.yaml", "--only", "plan").code == 0
    assert files_in(solved / "results/tiny.previous") == first
    assert files_in(solved / "results/tiny")["plan.json"] == first["plan.json"]


def test_init_then_check(siteplan: Siteplan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``init`` makes a folder whose scenarios can be checked at once."""
    call = siteplan("init", tmp_path / "county")
    assert call.code == 0, call.err
    assert {path.name for path in tmp_path.iterdir()} == {"county"}
    monkeypatch.chdir(tmp_path / "county")
    call = siteplan("check", "scenarios/2027.yaml")
    assert call.code == 0, call.err


def test_init_in_an_empty_working_folder(
    siteplan: Siteplan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``siteplan init .`` fills the empty folder in which one is."""
    folder = tmp_path / "county"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert siteplan("init", ".").code == 0
    assert {"model", "data", "scenarios"} <= {path.name for path in folder.iterdir()}
    assert os.path.samefile(Path.cwd(), folder)


def test_init_refuses_a_used_folder(siteplan: Siteplan, tmp_path: Path) -> None:
    """A folder that holds something is left as it is."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert siteplan("init", tmp_path).code == 2
    assert files_in(tmp_path) == {"mine.txt": b"mine"}


def test_assumptions(siteplan: Siteplan, tiny_project: Path) -> None:
    """Assumed figures are listed by their place, and counted."""
    call = siteplan("assumptions", tiny_project / "scenarios/tiny.yaml")
    assert call.code == 0
    assert "participation_rate" in call.out
    assert "rest on an assumption" in call.err


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (InfeasibleError(("yearly_budget",), Text("冲突", "rules clash")), ExitCode.INFEASIBLE),
        (NoPlanError(interrupted=False), ExitCode.TIME_LIMIT_WITHOUT_PLAN),
        (NoPlanError(interrupted=True), ExitCode.INTERRUPTED_WITHOUT_PLAN),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED_WITHOUT_PLAN),
        (ZeroDivisionError("oops"), ExitCode.INTERNAL_ERROR),
    ],
)
def test_exit_codes(capsys: pytest.CaptureFixture[str], raised: BaseException, code: ExitCode) -> None:
    """Whatever ends a command early has its own exit code and a message without a traceback."""

    def command() -> int:
        raise raised

    assert run_and_report(command, make_session(Language.EN).reporter, debug=False) is code
    message = capsys.readouterr().err
    assert message.strip()
    assert "Traceback" not in message


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """With ``--debug`` an internal error comes with its traceback."""

    def command() -> int:
        raise ZeroDivisionError("oops")

    run_and_report(command, make_session(Language.EN).reporter, debug=True)
    assert "Traceback" in capsys.readouterr().err


def test_every_exit_code_is_documented(repository: Path) -> None:
    """The help and both user guides name every exit code."""
    epilog = str(commands.app.info.epilog)
    for code in ExitCode:
        assert f"{int(code)} " in epilog
        for guide in ("user-guide.md", "user-guide.en.md"):
            assert f"| {int(code)} |" in (repository / "docs" / guide).read_text(encoding="utf-8")


def test_explain(siteplan: Siteplan, solved: Path) -> None:
    """A site is explained in both languages; a name that doesn't exist and a changed input are refused."""
    plan = json.loads((solved / "results/tiny/plan.json").read_text(encoding="utf-8"))
    site = plan["sites"][0]["site_id"]
    assert site in siteplan("explain", "results/tiny", "--site", site, "--seconds", "10").out
    assert "建筑面积" in siteplan("explain", "results/tiny", "--site", site, "--seconds", "0", lang="zh").out
    unknown = siteplan("explain", "results/tiny", "--community", "nowhere")
    assert unknown.code == 2
    assert "there is no 'nowhere'" in unknown.err
    function = siteplan("explain", "results/tiny", "--function", "community_meals", "--seconds", "0")
    assert "communities" in function.out
    scenario = solved / "scenarios/tiny.yaml"
    scenario.write_text(scenario.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert "input-changed" in siteplan("explain", "results/tiny", "--site", site).err


def test_explanations_are_stored(siteplan: Siteplan, solved: Path) -> None:
    """Missed targets and reasons of sites are kept beside the plan; verify and the map take them."""
    shortfalls = siteplan("explain", "results/tiny", "--shortfalls", "--store", "--time-limit", "30")
    assert shortfalls.code == 0, shortfalls.err
    assert ("missing" in shortfalls.out) is ("stored in" in shortfalls.err)
    assert siteplan("explain", "results/tiny", "--sites", "--store").code == 0
    file = solved / "results/tiny/explanations.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert bool(kept["shortfalls"]) is ("missing" in shortfalls.out)
    areas = [entry for each in kept["shortfalls"] for entry in each["remedies"] if entry.get("area")]
    if kept["shortfalls"]:
        stored = json.loads((solved / "results/tiny/shortfall-spaces.geojson").read_text(encoding="utf-8"))
        assert len(stored["features"]) == len(areas)
    plan = json.loads((solved / "results/tiny/plan.json").read_text(encoding="utf-8"))
    site = plan["sites"][0]["site_id"]
    assert {entry["site_id"] for entry in plan["sites"]} <= set(kept["sites"])
    call = siteplan("explain", "results/tiny", "--site", site, "--store", "--seconds", "5", lang="zh")
    assert "已存入" in call.err
    assert json.loads(file.read_text(encoding="utf-8"))["shortfalls"] == kept["shortfalls"]
    assert siteplan("verify", "results/tiny").code == 0
    assert "explains another plan" not in siteplan("map", "results/tiny").err
    for wrong in (("--store",), ("--shortfalls", "--sites"), ("--sites", "--site", site)):
        assert siteplan("explain", "results/tiny", *wrong).code == 2
    file.write_text(file.read_text(encoding="utf-8").replace(kept["plan_sha256"], "0" * 64), encoding="utf-8")
    assert "explains another plan" in siteplan("map", "results/tiny").err


def test_prices(siteplan: Siteplan, solved: Path) -> None:
    """Money by year with the step asked for, a space in a community; names are checked."""
    year = str(json.loads((solved / "results/tiny/plan.json").read_text(encoding="utf-8"))["years"][0])
    money = siteplan("prices", "results/tiny", "--year", year, "--step", "50", "--seconds", "10")
    assert money.code == 0
    assert "with 50 more (solved again)" in money.out
    assert "1 solve, at most 10 seconds: about 1 min at most" in money.out
    community = next(iter(read_communities(solved)))
    space = siteplan("prices", "results/tiny", "--community", community, "--seconds", "10", lang="zh")
    assert "多一处 600 m² 的空间" in space.out
    assert "1999" in siteplan("prices", "results/tiny", "--year", "1999").err
    assert siteplan("prices", "results/tiny", "--community", "nowhere").code == 2


def test_a_case_that_moved(siteplan: Siteplan, solved: Path) -> None:
    """`--case` says where the inputs of a result are now."""
    plan = json.loads((solved / "results/tiny/plan.json").read_text(encoding="utf-8"))
    site = plan["sites"][0]["site_id"]
    record = json.loads((solved / "results/tiny/run.json").read_text(encoding="utf-8"))
    (solved / record["case_folder"]).rename(solved / "moved")
    assert siteplan("explain", "results/tiny", "--site", site, "--seconds", "0").code == 2
    moved = siteplan("explain", "results/tiny", "--site", site, "--seconds", "0", "--case", "moved")
    assert moved.code == 0
    assert site in moved.out


def read_communities(folder: Path) -> set[str]:
    """Return the names of the communities whose coverage the plan tells."""
    plan = json.loads((folder / "results/tiny/plan.json").read_text(encoding="utf-8"))
    return {row["community_code"] for row in plan["communities"]}

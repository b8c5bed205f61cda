"""What a new user gets wrong: one clear message each, exit code 2, and nothing changed on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Siteplan, files_in
from tests.tiny_case import changed, tiny_rows, write_table, write_tiny_case

Damage = Callable[[Path], None]


def _scenario(root: Path) -> Path:
    return root / "scenarios" / "tiny.yaml"


def _write(root: Path, text: str) -> None:
    _scenario(root).write_text(text, encoding="utf-8")


def _misspell_key(root: Path) -> None:
    _write(root, _scenario(root).read_text(encoding="utf-8").replace("budget:", "bugdet:"))


def _drop_column(root: Path) -> None:
    rows = [{key: row[key] for key in row if key != "households"} for row in tiny_rows("demand_points")]
    write_table(root / "data/tiny/demand_points.csv", rows)


def _swap_coordinates(root: Path) -> None:
    rows = [
        changed(row, longitude=row["latitude"], latitude=row["longitude"])
        for row in tiny_rows("demand_points")
    ]
    write_table(root / "data/tiny/demand_points.csv", rows)


def _empty_scenario(root: Path) -> None:
    _write(root, "")


def _empty_table(root: Path) -> None:
    (root / "data/tiny/sites.csv").write_bytes(b"")


def _empty_roads(root: Path) -> None:
    (root / "data/tiny/roads.osm").write_bytes(b"")


def _folder_for_scenario(root: Path) -> None:
    _scenario(root).unlink()
    _scenario(root).mkdir()


def _folder_for_table(root: Path) -> None:
    (root / "data/tiny/sites.csv").unlink()
    (root / "data/tiny/sites.csv").mkdir()


def _folder_for_roads(root: Path) -> None:
    (root / "data/tiny/roads.osm").unlink()
    (root / "data/tiny/roads.osm").mkdir()


def _yaml_bomb(root: Path) -> None:
    lines = ['a0: &a0 ["x", "x"]']
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    _write(root, "\n".join(lines))


def _extends_loop(root: Path) -> None:
    _write(root, "extends: other.yaml\n")
    (root / "scenarios/other.yaml").write_text("extends: tiny.yaml\n", encoding="utf-8")


def _extends_outside(root: Path) -> None:
    shutil.copy(_scenario(root), root.parent / "outside.yaml")
    _write(root, "extends: ../../outside.yaml\n")


def _no_case(root: Path) -> None:
    shutil.rmtree(root / "data/tiny")


DAMAGES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "misspelt key": (_misspell_key, ("tiny.yaml", "bugdet", "budget", "line")),
    "missing column": (_drop_column, ("demand_points.csv", "households")),
    "wrong coordinate order": (_swap_coordinates, ("demand_points.csv", "latitude")),
    "empty scenario": (_empty_scenario, ("tiny.yaml",)),
    "empty table": (_empty_table, ("sites.csv",)),
    "empty roads": (_empty_roads, ("roads.osm",)),
    "folder for a scenario": (_folder_for_scenario, ("tiny.yaml",)),
    "folder for a table": (_folder_for_table, ("sites.csv",)),
    "folder for roads": (_folder_for_roads, ("roads.osm",)),
    "YAML bomb": (_yaml_bomb, ("tiny.yaml",)),
    "extends loop": (_extends_loop, ("tiny.yaml", "other.yaml")),
    "extends outside the project": (_extends_outside, ("outside.yaml",)),
    "no case": (_no_case, ("tiny",)),
}


@pytest.mark.parametrize("command", ["check", "solve"])
@pytest.mark.parametrize("name", list(DAMAGES))
def test_damaged_input(
    siteplan: Siteplan,
    tiny_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    command: str,
) -> None:
    """Every kind of damage is told with its place and a mend; nothing is written, no traceback shown."""
    damage, words = DAMAGES[name]
    damage(tiny_project)
    monkeypatch.chdir(tiny_project)
    before = files_in(tiny_project.parent)
    call = siteplan(command, "scenarios/tiny.yaml")
    assert call.code == 2, call.err
    assert all(word in call.err for word in words), call.err
    assert "to mend:" in call.err
    assert "Traceback" not in call.err
    assert call.out == ""
    assert files_in(tiny_project.parent) == before


def test_missing_scenario(siteplan: Siteplan, tiny_project: Path) -> None:
    """A scenario that isn't there is bad input, told in the language asked for."""
    call = siteplan("solve", tiny_project / "scenarios/2072.yaml", lang="zh")
    assert call.code == 2
    assert "2072.yaml" in call.err
    assert "改法" in call.err


def test_every_error_at_once(siteplan: Siteplan, tiny_project: Path) -> None:
    """Errors of a table and of the roads come in one report, with their number."""
    _drop_column(tiny_project)
    _empty_scenario_is_kept = files_in(tiny_project)
    sites = [changed(row, floor_area_m2="-5") for row in tiny_rows("sites")]
    write_table(tiny_project / "data/tiny/sites.csv", sites)
    call = siteplan("check", tiny_project / "scenarios/tiny.yaml")
    assert "demand_points.csv" in call.err
    assert "sites.csv" in call.err
    assert "errors," in call.err
    assert _empty_scenario_is_kept.keys() == files_in(tiny_project).keys()


def test_gbk_tables_are_read(siteplan: Siteplan, tiny_project: Path) -> None:
    """Tables saved by a Chinese Excel (GBK) are read like those in UTF-8."""
    case = write_tiny_case(tiny_project / "data/tiny")
    for table in case.glob("*.csv"):
        table.write_bytes(table.read_text(encoding="utf-8-sig").encode("gbk"))
    call = siteplan("check", tiny_project / "scenarios/tiny.yaml")
    assert call.code == 0, call.err


def test_check_with_warnings_alone(siteplan: Siteplan, tiny_project: Path) -> None:
    """Warnings are told and counted, and the exit code is 0."""
    sites = [changed(row, consent="refused") for row in tiny_rows("sites")]
    write_table(tiny_project / "data/tiny/sites.csv", sites)
    call = siteplan("check", tiny_project / "scenarios/tiny.yaml")
    assert call.code == 0, call.err
    assert "warning [" in call.err
    assert "0 errors, " in call.err


def test_short_time_limit_of_a_scenario(siteplan: Siteplan, tiny_project: Path) -> None:
    """A scenario's own limit below the minimum is refused like one of the command line."""
    text = _scenario(tiny_project).read_text(encoding="utf-8").replace("time_limit_s: 240", "time_limit_s: 5")
    _write(tiny_project, text)
    call = siteplan("solve", _scenario(tiny_project))
    assert call.code == 2
    assert "time-limit-too-short" in call.err


def test_results_that_are_none(siteplan: Siteplan, tmp_path: Path) -> None:
    """Verifying a folder without results is bad input, not a false claim."""
    assert siteplan("verify", tmp_path).code == 2

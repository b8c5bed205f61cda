"""``docs/python.md`` names everything that ``siteplan`` offers, and its examples run."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from tests.conftest import REPOSITORY, TINY_SCENARIO

import siteplan
from siteplan.cli.main import run

PAGE = REPOSITORY / "docs" / "python.md"


def members(thing: type) -> set[str]:
    """Return the public methods and properties that a class defines, and its fields."""
    own = {name for name in vars(thing) if not name.startswith("_")}
    return own | {name for name in getattr(thing, "__annotations__", {}) if not name.startswith("_")}


@pytest.mark.parametrize("name", siteplan.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    """Every name of the package has its place in the page; so does every argument of a function."""
    page = PAGE.read_text(encoding="utf-8")
    assert re.search(rf"`{name}[`(.]", page)
    thing = getattr(siteplan, name)
    assert inspect.getdoc(thing)
    if inspect.isfunction(thing):
        usage = re.search(rf"`{name}\((.*?)\)`", page)
        assert usage is not None
        shown = {argument.split("=")[0].strip() for argument in usage[1].split(",")}
        assert shown == set(inspect.signature(thing).parameters)


@pytest.mark.parametrize("name", ["Comparison", "Plan", "Scenario", "Case", "InteractiveMap", "Picture"])
def test_every_member_is_documented(name: str) -> None:
    """Every public method and table of a class is named in the page."""
    page = PAGE.read_text(encoding="utf-8")
    internal = {"prepared", "sources", "language", "file", "changes", "loaded", "height"}
    missing = {
        member
        for member in members(getattr(siteplan, name)) - internal
        if not re.search(rf"[.`]{member}\b", page)
    }
    assert not missing


def test_examples_run(tiny_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of the page run from top to bottom in a project folder with a solved scenario."""
    (tiny_project / "scenarios/2027.yaml").write_text(TINY_SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tiny_project)
    assert run(["solve", "scenarios/2027.yaml", "--only", "plan"], {}) == 0
    names: dict[str, object] = {}
    for example in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(example, str(PAGE), "exec"), names)
    assert (tiny_project / "sites.gpkg").is_file()
    assert isinstance(names["comparison"], siteplan.Comparison)

"""`siteplan.compare` and `siteplan.explore`: tables, pictures and maps for a notebook."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from tests.conftest import write_tiny_project

from siteplan import Comparison, Plan, Scenario, compare, explore


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[Plan]:
    """Two plans of the tiny case: with its money, and with less."""
    root = write_tiny_project(tmp_path_factory.mktemp("notebook") / "county")
    scenario = Scenario.load(root / "scenarios/tiny.yaml")
    return [scenario.solve(), scenario.with_(budget={"scale": 0.3}).solve()]


@pytest.fixture(scope="module")
def comparison(plans: list[Plan]) -> Comparison:
    return compare(plans, names=["whole", "less"], language="en")


def test_tables_hold_what_the_comparison_says(comparison: Comparison) -> None:
    """Every row of ``data`` is a row of its table, with a column for each plan and the difference."""
    assert list(comparison.inputs["item"]) == ["budget.scale"]
    assert list(comparison.inputs[["whole", "less"]].iloc[0]) == ["1", "0.3"]
    assert len(comparison.coverage) == len(comparison.data.coverage)
    differences = comparison.coverage["less"] - comparison.coverage["whole"]
    assert list(comparison.coverage["difference"]) == pytest.approx(list(differences))
    assert len(comparison.radii) == len(comparison.data.radii)
    assert set(comparison.area_standard["measure"]) == {row.measure for row in comparison.data.area_standard}
    spent = comparison.money.query("item == 'capital_cny' and year.isna() and source.isna()")
    assert spent["difference"].iloc[0] < 0.0
    assert list(comparison.levels["level"]) == [row.level.value for row in comparison.data.levels]
    assert {"gained", "lost", "person_years whole"} <= set(comparison.communities.columns)
    assert len(comparison.sites) == len(comparison.data.sites) > 0
    assert comparison.sites.crs.to_epsg() == 4326


def test_a_notebook_shows_it(comparison: Comparison) -> None:
    """A comparison shows its table, its pictures are PNG."""
    page = comparison._repr_html_()
    assert "shortfall to targets" in page
    assert "<td" in page
    for picture in (comparison.maps, comparison.chart):
        assert picture._repr_png_().startswith(b"\x89PNG")


def test_files_are_those_of_the_command(comparison: Comparison, tmp_path: Path) -> None:
    """`write` makes the five files; ``compare.json`` is what the tables show."""
    names = {file.name for file in comparison.write(tmp_path / "out")}
    assert names == {"compare.csv", "compare.docx", "compare.html", "compare.json", "compare.xlsx"}
    written = json.loads((tmp_path / "out/compare.json").read_text(encoding="utf-8"))
    assert written == json.loads(comparison.data.model_dump_json(by_alias=True))


def test_names_of_plans(plans: list[Plan]) -> None:
    """Plans are called by their title, numbered where two have the same; one name for two is refused."""
    assert [each.name for each in compare(plans).data.plans] == ["小示例", "小示例 (2)"]
    with pytest.raises(ValueError, match="name of its own"):
        compare(plans, names=["one", "one"])
    with pytest.raises(ValueError, match="two or more"):
        compare(plans[:1])


def test_a_plan_without_a_past_is_compared_by_its_figures(plans: list[Plan]) -> None:
    """A plan of which only ``plan.json`` is known is compared, and its settings are told as unknown."""
    comparison = compare([Plan(plans[0].data), Plan(plans[1].data)], names=["one", "two"])
    assert any("unknown" in words.en for words in comparison.warnings)
    assert comparison.coverage["difference"].notna().all()


def test_map_in_a_frame_needs_no_network(plans: list[Plan], tmp_path: Path) -> None:
    """The map is a page of its own in a frame that can reach nothing outside, within the size asked for."""
    shown = explore(plans[0], height=300, language="en")
    page = shown._repr_html_()
    assert page.startswith('<iframe sandbox="allow-scripts allow-modals"')
    assert "height:300px" in page
    inside = re.search(r'srcdoc="([^"]*)"', page)
    assert inside is not None
    assert unescape(inside[1]) == shown.page
    assert "default-src 'none'" in shown.page
    assert "img-src data:;" in shown.page
    assert shown.save(tmp_path / "map.html").read_text(encoding="utf-8") == shown.page


def test_a_map_that_is_too_large_is_refused(plans: list[Plan]) -> None:
    """A page that can't be made small enough is refused with its size, a stray plan with the reason."""
    with pytest.raises(ValueError, match="more than largest_mb"):
        explore(plans[0], largest_mb=0.01)
    with pytest.raises(ValueError, match="neither solved here nor loaded"):
        explore(Plan(plans[0].data))

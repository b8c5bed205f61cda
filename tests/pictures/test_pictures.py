"""Pictures: Chinese is drawn with the typeface of siteplan, labels stand apart, names do no harm."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text as DrawnText
from tests.conftest import REPOSITORY, TINY_SCENARIO
from tests.report.conftest import HOSTILE_NAMES
from tests.tiny_case import write_tiny_case

from siteplan.cli.stages import Prepared, Stopwatch, achieved, prepare
from siteplan.publish.pictures import (
    PictureSources,
    coverage_chart,
    drawing,
    layout_map,
    money_chart,
    openings_chart,
    png_of,
    save,
)
from siteplan.publish.pictures.canvas import MISSING, drawable, fitted
from siteplan.publish.pictures.layout_map import Extent
from siteplan.solve import solve
from siteplan.text import Language

PICTURES = (layout_map, coverage_chart, openings_chart, money_chart)
MARK = "示例数据，不得报送"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The tiny case, ready to be solved."""
    root = tmp_path_factory.mktemp("pictures")
    (root / "model").symlink_to(REPOSITORY / "model")
    write_tiny_case(root / "data" / "tiny")
    (root / "scenarios").mkdir()
    scenario = root / "scenarios" / "tiny.yaml"
    scenario.write_text(TINY_SCENARIO, encoding="utf-8")
    return prepare(scenario, Stopwatch())


@pytest.fixture(scope="module")
def sources(prepared: Prepared) -> PictureSources:
    """A plan of the tiny case, in Chinese."""
    result = solve(prepared.problem, prepared.inputs.loaded.scenario.solver)
    _, plan = achieved(prepared, result)
    inputs = prepared.inputs
    return PictureSources(
        plan, prepared.problem, inputs.case, inputs.network, Language.ZH, made_on=date(2027, 1, 2)
    )


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """A glyph that is missing is a warning of matplotlib: here it is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def words_of(figure: Any) -> list[str]:
    """Return every text of a figure."""
    return [text.get_text() for text in figure.findobj(DrawnText) if text.get_text()]


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize("language", list(Language))
def test_every_picture_is_drawn_without_a_missing_glyph(
    sources: PictureSources, draw: Any, language: Language
) -> None:
    """Every picture is drawn in both languages, with title, maker and date; no glyph is missing."""
    figure = draw(replace(sources, language=language))
    assert png_of(figure, dpi=60).startswith(b"\x89PNG")
    words = " ".join(words_of(figure))
    assert sources.case.header.county_name in words
    assert "siteplan" in words
    assert "2027-01-02" in words


@pytest.mark.parametrize("draw", PICTURES)
def test_every_picture_has_a_legend_inside(sources: PictureSources, draw: Any) -> None:
    """The legend says what colours mean, and lies inside the figure."""
    figure = draw(sources, width_inches=6.0, is_framed=False)
    png_of(figure, dpi=60)
    legends = figure.findobj(Legend)
    assert len(legends) == 1
    box = legends[0].get_window_extent()
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
    assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1 + 1.0


def test_a_picture_of_illustrative_data_says_so(sources: PictureSources) -> None:
    """The mark stands on the picture itself, and is missing where the data is not illustrative."""
    assert MARK in words_of(money_chart(sources))
    real = replace(sources, plan=sources.plan.model_copy(update={"illustrative": False}))
    assert MARK not in words_of(money_chart(real))


def test_chinese_is_drawn_as_different_shapes() -> None:
    """Two different characters give different pictures: boxes in place of glyphs would be the same."""

    def picture(words: str) -> bytes:
        with drawing():
            figure = Figure(figsize=(1, 1))
            figure.text(0.5, 0.5, words)
            return png_of(figure, dpi=60)

    assert len({picture(words) for words in "养老托育周盩厔"}) == len("养老托育周盩厔")


def test_labels_of_the_map_do_not_overlap(sources: PictureSources) -> None:
    """No number or name on the map stands over another."""
    figure = layout_map(sources)
    renderer: Any = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for axes in figure.axes:
        boxes = [text.get_window_extent(renderer) for text in axes.texts if text.get_text().strip()]
        for number, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[number + 1 :])


@pytest.mark.parametrize("draw", PICTURES)
def test_hostile_names_are_drawn_as_they_stand(sources: PictureSources, draw: Any) -> None:
    """Formulas, markup, emoji, long and right-to-left names neither fail nor make a picture wider."""
    names = (*HOSTILE_NAMES, "$\\frac{1}{0}$ $x", "\U0010ffff\u0378")
    sites = tuple(
        site.model_copy(update={"name": names[number % len(names)]})
        for number, site in enumerate(sources.plan.sites)
    )
    towns = tuple(town.model_copy(update={"town_name": names[-2]}) for town in sources.case.towns)
    case = replace(sources.case, towns=towns)
    hostile = replace(sources, plan=sources.plan.model_copy(update={"sites": sites}), case=case)
    figure = draw(hostile)
    assert png_of(figure, dpi=60).startswith(b"\x89PNG")
    width = figure.bbox.width
    renderer: Any = figure.canvas.get_renderer()
    for text in figure.findobj(DrawnText):
        if text.get_text().strip() and text.get_visible():
            box = text.get_window_extent(renderer)
            assert box.x0 > -width * 0.01
            assert box.x1 < width * 1.01


def test_a_glyph_that_neither_typeface_has_is_marked() -> None:
    """What can't be drawn is one sign, so that a reader sees that something is there."""
    assert drawable("周\u0378至") == f"周{MISSING}至"


def test_a_long_name_is_cut_to_its_room() -> None:
    """Ten Chinese characters of 10 points take 100 points: with room for five the rest is …."""
    assert fitted("长" * 10, 50.0 / 72.0, 10.0) == "长" * 4 + "…"
    assert fitted("长" * 5, 50.0 / 72.0, 10.0) == "长" * 5


def test_a_point_is_coloured_by_the_share_of_functions_it_reaches(sources: PictureSources) -> None:
    """The shares are those that the plan's residents' coverage adds up from."""
    year = sources.plan.years[-1]
    shares = sources.shares_covered(year)
    problem = sources.problem
    for demand_id, share in shares.items():
        needed = [key for key in problem.functions if problem.target_group(demand_id, key, year) > 0]
        reached = 0
        for key in needed:
            radius = problem.functions[key].service_radius_m
            providers = [
                site.site_id
                for site in sources.plan.sites
                if any(item.function == key and year in item.area_m2_by_year for item in site.functions)
            ]
            walks = problem.distances[demand_id]
            reached += any(walks.get(site, np.inf) <= radius for site in providers)
        assert share == reached / len(needed)


def test_an_extent_of_a_shape_keeps_its_middle_and_holds_what_it_held() -> None:
    """A flat extent grows in height, about its middle."""
    assert Extent(0.0, 10.0, 100.0, 20.0).of_shape(0.5) == Extent(0.0, -10.0, 100.0, 40.0)


def test_the_same_picture_gives_the_same_svg(sources: PictureSources) -> None:
    """Nothing of the moment is in the file, and letters are shapes: it needs no font."""
    files = []
    for _ in range(2):
        buffer = io.BytesIO()
        save(money_chart(sources), buffer, file_format="svg")
        files.append(buffer.getvalue())
    assert files[0] == files[1]
    assert b"<text" not in files[0]


def test_a_folder_that_is_missing_is_an_error(sources: PictureSources, tmp_path: Path) -> None:
    """Nothing is drawn into a folder that isn't there."""
    with pytest.raises(OSError, match="No such file"):
        save(money_chart(sources), tmp_path / "none" / "money.png")

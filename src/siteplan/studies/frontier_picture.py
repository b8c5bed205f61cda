"""The trade-off curve as a picture: plans, proven bounds between them, knees."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from siteplan.outcome import UNITS
from siteplan.publish.pictures.canvas import BLUE, GREY, RED, drawing, fitted, save
from siteplan.studies.frontier import Point, knees
from siteplan.text import Language, Text

PICTURE_FILE = "frontier.png"
PLAN_COLOUR, BOUND_COLOUR, KNEE_COLOUR = BLUE, GREY, RED
DOTS_PER_INCH = 150


@drawing()
def draw_curve(
    file: Path, points: Sequence[Point], axis: Text, level: Text, note: Text, language: Language
) -> None:
    """Draw the curve into a PNG file.

    ``axis`` and ``level`` are the names of what is varied and of the first level; ``note`` stands below.

    Raises:
        OSError: the file can't be written.
    """
    figure = Figure(figsize=(7.0, 4.5), layout="constrained")
    axes: Any = figure.subplots()
    ordered = sorted(points, key=lambda point: point.value)
    values = [point.value for point in ordered]
    reached = [point.first.value for point in ordered]
    bounds = [point.first.value if point.first.bound is None else point.first.bound for point in ordered]
    plans, proven, knee = (
        Text("方案", "plan"),
        Text("理论界", "proven bound"),
        Text("拐点", "knee"),
    )
    axes.fill_between(values, bounds, reached, color=BOUND_COLOUR, alpha=0.3, linewidth=0.0)
    axes.plot(values, bounds, color=BOUND_COLOUR, linestyle="--", label=proven.in_language(language))
    axes.plot(
        values, reached, color=PLAN_COLOUR, marker="o", clip_on=False, label=plans.in_language(language)
    )
    marked = knees(points)
    bends = [(value, height) for value, height in zip(values, reached, strict=True) if value in marked]
    if bends:
        axes.plot(
            *zip(*bends, strict=True),
            color=KNEE_COLOUR,
            marker="D",
            markersize=9,
            linestyle="none",
            label=knee.in_language(language),
        )
    unit = UNITS[ordered[0].first.name]
    axes.set_xlabel(axis.in_language(language))
    axes.set_ylabel(f"{level.in_language(language)} ({unit.in_language(language)})")
    axes.set_ylim(bottom=0.0)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    if note.in_language(language):
        figure.supxlabel(fitted(note.in_language(language), 6.8, 8.0), fontsize=8)
    save(figure, file, dpi=DOTS_PER_INCH)

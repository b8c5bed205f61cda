"""What all pictures share: typeface, colours, strips one below the other, title and note, and the files."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from siteplan.publish.typeface import SANS_FILE
from siteplan.publish.wording import clean

BLUE, ORANGE, GREEN, RED, PINK, SKY, GREY = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#999999",
)
"""Of Okabe and Ito, which colour-blind readers tell apart."""
FALLBACK_FAMILY = "DejaVu Sans"
"""Comes with matplotlib; has scripts and signs that the Chinese typeface lacks."""
MISSING = "□"
"""Stands for a character that neither typeface has."""
POINTS_PER_INCH = 72.0
LATIN_WIDTH = 0.56
"""Of a letter that isn't Chinese, by the size of the type."""
TITLE_INCHES, NOTE_INCHES = 0.42, 0.24
TITLE_POINTS, NOTE_POINTS = 13.0, 7.0
NOTE_COLOUR = "#444444"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a picture: title above; below, on drafts, what they are, and who drew from what."""

    title: str
    mark: str
    note: str


@contextmanager
def drawing() -> Iterator[None]:
    """Draw inside the ``with`` block, or the decorated function, with the typeface that comes with siteplan.

    A machine without Chinese fonts would draw boxes. Texts are taken as they stand: a ``$`` in a name begins
    no formula.
    """
    settings: Any = {
        "font.family": [_family(), FALLBACK_FAMILY],
        "axes.unicode_minus": False,
        "text.parse_math": False,
        "svg.hashsalt": "siteplan",
    }
    with mpl.rc_context(settings):
        yield


@cache
def _family() -> str:
    font_manager.fontManager.addfont(str(SANS_FILE))
    return str(font_manager.FontProperties(fname=str(SANS_FILE)).get_name())


@cache
def _drawable() -> frozenset[int]:
    """Return the characters that either typeface has."""
    fallback = font_manager.findfont(FALLBACK_FAMILY)
    maps = (font_manager.get_font(file).get_charmap() for file in (str(SANS_FILE), fallback))
    return frozenset(code for each in maps for code in each)


def drawable(words: str) -> str:
    """Return a text from data as one line without characters that would be drawn as a missing glyph."""
    return "".join(mark if ord(mark) in _drawable() else MISSING for mark in clean(words))


def fitted(words: str, width_inches: float, points: float) -> str:
    """Return a text from data, cut where it would be wider than so many inches at a size in points."""
    line, room = drawable(words), width_inches * POINTS_PER_INCH / points
    used = 0.0
    for place, mark in enumerate(line):
        used += 1.0 if unicodedata.east_asian_width(mark) in "WFA" else LATIN_WIDTH
        if used > room:
            return line[: max(0, place - 1)] + "…"
    return line


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of a figure, in shares of its width and height from the lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    def column(self, number: int, columns: int) -> Strip:
        """Return one of so many equal columns."""
        width = self.width / columns
        return Strip(self.left + number * width, self.bottom, width, self.height)

    def axes(self, figure: Figure) -> Any:
        """Return axes that fill the strip."""
        return figure.add_axes((self.left, self.bottom, self.width, self.height))


def strips(width_inches: float, heights_inches: Sequence[float]) -> tuple[Figure, list[Strip]]:
    """Return a figure and its strips of such heights, one below the other."""
    total = sum(heights_inches)
    figure = Figure(figsize=(width_inches, total))
    FigureCanvasAgg(figure)
    tops = [sum(heights_inches[: number + 1]) for number in range(len(heights_inches))]
    return figure, [
        Strip(0.0, 1.0 - top / total, 1.0, height / total)
        for top, height in zip(tops, heights_inches, strict=True)
    ]


def write_frame(figure: Figure, frame: Frame) -> None:
    """Write title, mark and note into the first and the last strip of a figure."""
    width, height = figure.get_size_inches()
    words = fitted(frame.title, width - 0.4, TITLE_POINTS)
    y = 1.0 - TITLE_INCHES / 2.0 / height
    figure.text(0.5, y, words, ha="center", va="center", fontsize=TITLE_POINTS)
    y = NOTE_INCHES / 2.0 / height
    style: dict[str, Any] = {"va": "center", "fontsize": NOTE_POINTS}
    figure.text(0.1 / width, y, frame.mark, ha="left", color=RED, **style)
    note = fitted(frame.note, width * 0.74, NOTE_POINTS)
    figure.text(1.0 - 0.1 / width, y, note, ha="right", color=NOTE_COLOUR, **style)


def chart(width_inches: float, height_inches: float, frame: Frame | None) -> tuple[Figure, Any]:
    """Return a figure and its axes; a frame takes more height above and below."""
    framed = 0.0 if frame is None else TITLE_INCHES + NOTE_INCHES
    height = height_inches + framed
    inner = (0.0, NOTE_INCHES / height if framed else 0.0, 1.0, height_inches / height)
    figure = Figure(figsize=(width_inches, height), layout=ConstrainedLayoutEngine(rect=inner))
    FigureCanvasAgg(figure)
    if frame is not None:
        write_frame(figure, frame)
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


@drawing()
def save(figure: Figure, file: Path | io.BytesIO, *, file_format: str = "png", dpi: int = 200) -> None:
    """Write a figure as ``png`` or ``svg``; the same figure gives the same bytes.

    Raises:
        OSError: the file can't be written.
    """
    metadata = {"Date": None} if file_format == "svg" else {"Software": None}
    figure.savefig(file, format=file_format, dpi=dpi, metadata=metadata)


def png_of(figure: Figure, dpi: int = 200) -> bytes:
    """Return a figure as PNG."""
    buffer = io.BytesIO()
    save(figure, buffer, dpi=dpi)
    return buffer.getvalue()

"""The pictures of a result folder: which there are, and writing them as files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from matplotlib.figure import Figure

from siteplan.publish.pictures.canvas import save
from siteplan.publish.pictures.charts import coverage_chart, money_chart, openings_chart
from siteplan.publish.pictures.layout_map import layout_map
from siteplan.publish.pictures.sources import PictureSources

PICTURES_FOLDER = "pictures"
DOTS_PER_INCH = 300


class Picture(StrEnum):
    """A picture, by the name of its file."""

    MAP = "map"
    COVERAGE = "coverage"
    OPENINGS = "openings"
    MONEY = "money"


DRAWN_BY: Mapping[Picture, Callable[[PictureSources], Figure]] = {
    Picture.MAP: layout_map,
    Picture.COVERAGE: coverage_chart,
    Picture.OPENINGS: openings_chart,
    Picture.MONEY: money_chart,
}


def write_pictures(
    sources: PictureSources,
    folder: Path,
    *,
    kinds: Iterable[Picture] = tuple(Picture),
    file_format: str = "png",
    dpi: int = DOTS_PER_INCH,
) -> list[Path]:
    """Write pictures into a folder, each whole or not at all, and return the files.

    Raises:
        OSError: the folder or a file can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for kind in kinds:
        file = folder / f"{kind.value}.{file_format}"
        writing = file.with_name(f".{file.name}.writing")
        try:
            save(DRAWN_BY[kind](sources), writing, file_format=file_format, dpi=dpi)
            os.replace(writing, file)
        finally:
            writing.unlink(missing_ok=True)
        files.append(file)
    return files

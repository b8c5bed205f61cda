"""``siteplan map``: from a result folder and its inputs to ``map.html``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from siteplan.cli.explaining import question_about
from siteplan.cli.readable import readable_sources
from siteplan.cli.session import Session
from siteplan.publish import read_explanations
from siteplan.publish.map import MAP_FILE, TileLayer, tile_layer, write_map
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class MapOptions:
    """Options of the command line."""

    output: Path | None
    tiles: tuple[str, ...]
    case: Path | None


def map_results(results: Path, options: MapOptions, session: Session) -> None:
    """Write the map of a result folder.

    Raises:
        InputError: a result file is missing, or an input is missing or has changed.
        BadParameter: a tile layer is neither a known name nor an address of tiles.
    """
    tiles = _tiles(options.tiles, session)
    question, prepared = question_about(results, None, options.case, session)
    stored = read_explanations(results)
    if stored.ignored is not None:
        session.reporter.say(stored.ignored)
    sources = readable_sources(prepared, question.plan, session.language).map(stored.explanations)
    file = options.output if options.output is not None else results / MAP_FILE
    write_map(sources, file, language=session.language, tiles=tiles)
    size = file.stat().st_size / 1e6
    session.reporter.say(
        Text(
            f"已写出 {file}（{size:.1f} MB）：用浏览器打开即可，不需要联网",
            f"wrote {file} ({size:.1f} MB): open it in a browser, no network needed",
        )
    )


def _tiles(asked: Sequence[str], session: Session) -> tuple[TileLayer, ...]:
    layers: list[TileLayer] = []
    for words in asked:
        try:
            layers += tile_layer(words)
        except ValueError as fault:
            said = Text(
                f"--tiles：“{words}”不是 tianditu、none 或 https://…{{z}}/{{x}}/{{y}}… 形式的地址",
                f"--tiles: '{words}' isn't tianditu, none or an address such as https://…/{{z}}/{{x}}/{{y}}.png",
            )
            raise typer.BadParameter(said.in_language(session.language)) from fault
    return tuple(layers)

"""``siteplan export``: from a result folder and its inputs to geographic files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from siteplan.cli.explaining import question_about
from siteplan.cli.options import ExportTarget
from siteplan.cli.session import Session
from siteplan.publish.gis import GisSources, layers_of, write_geojson, write_geoparquet
from siteplan.publish.gis.folder import replace_export
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.text import Text

WRITERS = {ExportTarget.GEOJSON: write_geojson, ExportTarget.GEOPARQUET: write_geoparquet}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Options of the command line."""

    to: ExportTarget
    output: Path | None
    case: Path | None


def export_results(results: Path, options: ExportOptions, session: Session) -> None:
    """Write the layers of a result folder.

    Raises:
        InputError: a result file is missing, an input is missing or has changed, the format needs a
            package that isn't there, or the folder can't be written.
    """
    question, prepared = question_about(results, None, options.case, session)
    inputs = prepared.inputs
    sources = GisSources(
        plan=question.plan,
        problem=prepared.problem,
        policy=inputs.policy,
        case=inputs.case,
        network=inputs.network,
        access=prepared.access,
    )
    folder = options.output if options.output is not None else results / options.to.value
    _write_layers(sources, options.to, folder)
    session.reporter.say(Text(f"已写出 {folder}", f"wrote {folder}"))


def _write_layers(sources: GisSources, target: ExportTarget, folder: Path) -> None:
    illustrative = sources.plan.illustrative
    note = ILLUSTRATIVE_NOTE if illustrative else Text.same("")

    def write(writing: Path) -> None:
        for layer in layers_of(sources):
            WRITERS[target](layer, illustrative, writing)

    replace_export(folder, target.value, note, write)

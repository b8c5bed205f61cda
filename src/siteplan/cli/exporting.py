"""``siteplan export``: from a result folder and its inputs to geographic files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from siteplan.cli.explaining import question_about
from siteplan.cli.options import ExportTarget
from siteplan.cli.session import Session
from siteplan.publish.gis import GisSources, layers_of, write_geojson, write_geoparquet
from siteplan.publish.gis.folder import replace_export
from siteplan.publish.gis.mapping import SHIPPED_MAPPING
from siteplan.publish.gis.onemap import DRAFT_NOTE, prepare_onemap, write_onemap
from siteplan.publish.gis.postgis import TABLE_PREFIX, write_postgis
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.text import Text

WRITERS = {ExportTarget.GEOJSON: write_geojson, ExportTarget.GEOPARQUET: write_geoparquet}


ADDRESS_VARIABLE = "SITEPLAN_POSTGIS"
"""Where the address of the database stands, so that no password is typed into a command."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Options of the command line."""

    to: ExportTarget
    output: Path | None
    case: Path | None
    draft: bool = False
    mapping: Path | None = None
    identifiers: Path | None = None
    connection: str | None = None
    schema: str = "public"

    @property
    def is_for_onemap(self) -> bool:
        """Whether an option is given that only the one map has."""
        return self.draft or self.mapping is not None or self.identifiers is not None

    @property
    def address(self) -> str | None:
        """The address of the database, from the option or the environment."""
        return self.connection or os.environ.get(ADDRESS_VARIABLE)


def export_results(results: Path, options: ExportOptions, session: Session) -> None:
    """Write the layers of a result folder.

    Raises:
        InputError: a result file is missing, an input is missing or has changed, the format needs a
            package that isn't there, the folder can't be written, or the one map must not have it so.
        BadParameter: an option of the one map is given for another format.
    """
    if options.to is not ExportTarget.ONEMAP and options.is_for_onemap:
        words = Text(
            "--draft、--mapping、--identifiers 只用于 --to onemap",
            "--draft, --mapping and --identifiers go with --to onemap only",
        )
        raise typer.BadParameter(words.in_language(session.language))
    if options.to is ExportTarget.POSTGIS and options.address is None:
        words = Text(
            f"--to postgis 需要环境变量 {ADDRESS_VARIABLE} 或 --connection",
            f"--to postgis needs {ADDRESS_VARIABLE} in the environment, or --connection",
        )
        raise typer.BadParameter(words.in_language(session.language))
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
    if options.to is ExportTarget.POSTGIS:
        address = options.address or ""
        write_postgis(layers_of(sources), sources.plan.illustrative, address, options.schema)
        tables = f"{options.schema}.{TABLE_PREFIX}*"
        session.reporter.say(Text(f"已写入 {tables}", f"wrote {tables}"))
        return
    folder = options.output if options.output is not None else results / options.to.value
    if options.to is ExportTarget.ONEMAP:
        _write_onemap(sources, options, folder, session)
    else:
        _write_layers(sources, options.to, folder)
    session.reporter.say(Text(f"已写出 {folder}", f"wrote {folder}"))


def _write_onemap(sources: GisSources, options: ExportOptions, folder: Path, session: Session) -> None:
    delivery = prepare_onemap(
        sources,
        options.mapping or SHIPPED_MAPPING,
        draft=options.draft,
        identifiers_file=options.identifiers,
    )
    note = DRAFT_NOTE if delivery.is_draft else Text.same("")
    replace_export(folder, options.to.value, note, lambda writing: write_onemap(delivery, sources, writing))
    if delivery.findings:
        session.reporter.findings(delivery.findings)


def _write_layers(sources: GisSources, target: ExportTarget, folder: Path) -> None:
    illustrative = sources.plan.illustrative
    note = ILLUSTRATIVE_NOTE if illustrative else Text.same("")

    def write(writing: Path) -> None:
        for layer in layers_of(sources):
            WRITERS[target](layer, illustrative, writing)

    replace_export(folder, target.value, note, write)

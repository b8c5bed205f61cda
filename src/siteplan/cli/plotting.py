"""``siteplan plot``: from a result folder and its inputs to pictures for a document or a poster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from siteplan.cli.explaining import question_about
from siteplan.cli.options import PictureFormat, PictureKind
from siteplan.cli.readable import readable_sources
from siteplan.cli.session import Session
from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish.pictures.files import PICTURES_FOLDER, Picture, write_pictures
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class PlotOptions:
    """Options of the command line; ``output`` is a folder."""

    kind: PictureKind
    file_format: PictureFormat
    dpi: int
    output: Path | None
    case: Path | None


def plot_results(results: Path, options: PlotOptions, session: Session) -> None:
    """Write the pictures of a result folder.

    Raises:
        InputError: a result file is missing, an input is missing or has changed, or a picture can't be
            written.
    """
    question, prepared = question_about(results, None, options.case, session)
    sources = readable_sources(prepared, question.plan, session.language).pictures
    folder = options.output if options.output is not None else results / PICTURES_FOLDER
    is_every = options.kind is PictureKind.ALL
    kinds = tuple(Picture) if is_every else (Picture(options.kind.value),)
    try:
        files = write_pictures(
            sources, folder, kinds=kinds, file_format=options.file_format.value, dpi=options.dpi
        )
    except OSError as refusal:
        raise InputError([_not_writable(folder, refusal)]) from refusal
    for file in files:
        session.reporter.say(Text(f"已写出 {file}", f"wrote {file}"))


def _not_writable(folder: Path, refusal: OSError) -> Finding:
    return error(
        "pictures-not-writable",
        Place(file=folder),
        found=Text(f"写不了图片：{refusal}", f"a picture can't be written: {refusal}"),
        allowed=Text("可写的文件夹", "a folder that can be written"),
        mend=Text(
            "关闭正在打开图片的程序，或用 --output 另指定", "close it where it is open, or say --output"
        ),
    )

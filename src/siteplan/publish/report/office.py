"""LibreOffice, where it is installed: the report as PDF, and the pages on which its headings stand."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

import docx
import pylopdf_fonts_zh_cn
from docx.oxml.ns import qn

from siteplan.findings import Finding, InputError, Place, error
from siteplan.publish.report.page import FALLBACKS, LATIN
from siteplan.text import Text

LONGEST_CONVERSION_S = 180.0
LATIN_FALLBACKS = "Liberation Serif,Tinos,Nimbus Roman,Noto Serif SC"
"""As narrow as Times New Roman: what LibreOffice takes by itself is wider, and breaks years in columns."""
_PAGE_REFERENCE = re.compile(r"PAGEREF\s+(\S+)")
_INSTRUCTION, _WORDS, _FIELD, _FIELD_KIND = map(qn, ("w:instrText", "w:t", "w:fldChar", "w:fldCharType"))


def office() -> str | None:
    """Return where LibreOffice is, None where it isn't installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def check_office(file: Path) -> None:
    """Check that a PDF can be made.

    Raises:
        InputError: LibreOffice isn't installed.
    """
    if office() is None:
        raise InputError([_no_office(file)])


def write_pdf(report: Path, file: Path) -> None:
    """Write a Word document as PDF.

    Raises:
        InputError: LibreOffice isn't installed, or fails.
    """
    check_office(file)
    with tempfile.TemporaryDirectory() as scratch:
        made = _converted(report, "pdf", Path(scratch))
        if made is None:
            raise InputError([_conversion_failed(file)])
        shutil.copyfile(made, file)


def referenced_pages(report: Path, seconds: float = LONGEST_CONVERSION_S) -> dict[str, int]:
    """Return the page of each bookmark to which a document refers.

    Empty where LibreOffice can't tell within so many seconds, and without it.
    """
    if office() is None or seconds <= 0.0:
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        made = _converted(report, "docx", Path(scratch), seconds)
        return {} if made is None else dict(_references(made))


def _references(file: Path) -> Iterator[tuple[str, int]]:
    """Yield bookmark and page of each page reference, as LibreOffice has filled it."""
    bookmark: str | None = None
    for element in docx.Document(str(file)).element.body.iter():
        if element.tag == _INSTRUCTION:
            found = _PAGE_REFERENCE.search(element.text or "")
            bookmark = found[1] if found else bookmark
        elif element.tag == _WORDS and bookmark is not None and (element.text or "").strip().isdigit():
            yield bookmark, int(element.text)
        elif element.tag == _FIELD and element.get(_FIELD_KIND) == "end":
            bookmark = None


def _converted(file: Path, kind: str, scratch: Path, seconds: float = LONGEST_CONVERSION_S) -> Path | None:
    folder = scratch / "made"
    command = [
        office() or "soffice",
        f"-env:UserInstallation={(scratch / 'home').as_uri()}",
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
        str(file.resolve()),
    ]
    with _fonts(scratch) as fonts:
        if not _ended_well(command, {**os.environ, "FONTCONFIG_FILE": str(fonts)}, seconds):
            return None
    made = folder / f"{file.stem}.{kind}"
    return made if made.is_file() else None


def _ended_well(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> bool:
    """Run LibreOffice for at most so many seconds; return whether it ended well.

    It starts processes of its own, which are ended with it.
    """
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, start_new_session=True
        )
    except OSError:
        return False
    try:
        return process.wait(seconds) == 0
    except BaseException as fault:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        if isinstance(fault, subprocess.TimeoutExpired):
            return False
        raise


@contextmanager
def _fonts(scratch: Path) -> Iterator[Path]:
    """Give LibreOffice the Chinese fonts that come with siteplan, below those of the machine."""
    folder = Path(str(pylopdf_fonts_zh_cn.sans_path())).parent
    aliases = "".join(
        f"<alias binding='same'><family>{name}</family><accept>"
        + "".join(f"<family>{escape(other)}</family>" for other in others.split(","))
        + "</accept></alias>"
        for name, others in {**FALLBACKS, LATIN: LATIN_FALLBACKS}.items()
    )
    file = scratch / "fonts.conf"
    file.write_text(
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        "<include ignore_missing='yes'>/etc/fonts/fonts.conf</include>"
        f"<dir>{escape(str(folder))}</dir><cachedir>{escape(str(scratch / 'cache'))}</cachedir>"
        f"{aliases}</fontconfig>",
        encoding="utf-8",
    )
    yield file


def _no_office(file: Path) -> Finding:
    return error(
        "pdf-needs-libreoffice",
        Place(file=file),
        found=Text("没有找到 LibreOffice（soffice），无法转为 PDF", "LibreOffice (soffice) isn't installed"),
        allowed=Text("已安装 LibreOffice Writer", "LibreOffice Writer on this machine"),
        mend=Text(
            "安装 LibreOffice，或去掉 --pdf、在 Word 或 WPS 中另存为 PDF",
            "install LibreOffice, or leave --pdf out and save as PDF in Word",
        ),
    )


def _conversion_failed(file: Path) -> Finding:
    return error(
        "pdf-failed",
        Place(file=file),
        found=Text("LibreOffice 未能转为 PDF", "LibreOffice didn't make the PDF"),
        allowed=Text("含 Writer 组件的 LibreOffice", "LibreOffice with its Writer component"),
        mend=Text(
            "安装 libreoffice-writer，或在 Word 或 WPS 中另存为 PDF",
            "install libreoffice-writer, or save as PDF in Word",
        ),
    )

"""A plan as an interactive map inside a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

from siteplan.api.planning import Plan
from siteplan.cli.readable import readable_sources
from siteplan.cli.stages import Prepared, Stopwatch, prepare
from siteplan.findings import raise_errors
from siteplan.publish import check_inputs, read_run_record
from siteplan.publish.map import map_page
from siteplan.text import Language


def explore(
    plan: Plan, *, height: int = 640, language: Language | str = Language.ZH, largest_mb: float = 5.0
) -> InteractiveMap:
    """Return the plan as a map to be used in a notebook: that of ``siteplan map``, which needs no network.

    ``height`` in pixels. A page of more than ``largest_mb`` is made again without its base map.

    Raises:
        ValueError: even without it the page is larger; or the plan was neither solved here nor loaded.
        InputError: inputs of a loaded plan are missing or have changed since it was solved.
    """
    prepared = plan.prepared or _prepared_again(plan)
    sources = readable_sources(prepared, plan.data, Language(language)).map()
    page = map_page(sources, language=Language(language), tiles=())
    if _megabytes(page) > largest_mb:
        page = map_page(replace(sources, base_map={}), language=Language(language), tiles=())
    if _megabytes(page) > largest_mb:
        raise ValueError(
            f"the map takes {_megabytes(page):.1f} MB, more than largest_mb={largest_mb:g}: "
            "raise it, or use `siteplan map`"
        )
    return InteractiveMap(page, height)


def _megabytes(page: str) -> float:
    return len(page.encode()) / 1e6


def _prepared_again(plan: Plan) -> Prepared:
    """Return the inputs of a plan that was loaded, as they were when it was solved."""
    if plan.folder is None:
        raise ValueError("the plan was neither solved here nor loaded from a result folder")
    record = read_run_record(plan.folder)
    raise_errors(check_inputs(record, plan.folder))
    return prepare(record.scenario_file(plan.folder), Stopwatch())


@dataclass(frozen=True, slots=True)
class InteractiveMap:
    """A map that a notebook shows in a frame of its own; ``page`` is the whole of ``map.html``."""

    page: str = field(repr=False)
    height: int = 640

    def save(self, file: str | Path) -> Path:
        """Write the page, to be opened in a browser.

        Raises:
            OSError: the file can't be written.
        """
        path = Path(file)
        path.write_text(self.page, encoding="utf-8", newline="\n")
        return path

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts allow-modals" style="width:100%;height:{self.height:d}px;'
            f'border:1px solid #d0d7de" srcdoc="{escape(self.page)}"></iframe>'
        )

"""``compare.html``: the comparison as one page that needs no network and runs no script.

Everything from data is escaped; the content security policy lets nothing be loaded and nothing run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.publish.map.font import font_face
from siteplan.publish.typeface import SANS_LICENCE
from siteplan.scenario import Level
from siteplan.studies.comparison import grids
from siteplan.studies.comparison.document import Comparison
from siteplan.studies.comparison.files import title_of
from siteplan.studies.comparison.grids import Grid
from siteplan.studies.comparison.words import Words
from siteplan.text import Language, Text

PAGE_FILE = "compare.html"
STYLE = Path(__file__).with_name("page.css")

Pictures = Mapping[str, bytes]
"""``maps`` and ``coverage`` as PNG, those that could be drawn."""

HEADINGS = {
    "inputs": Text("输入和设定的差异", "Inputs and settings that differ"),
    "overview": Text("一览", "At a glance"),
    "maps": Text("布局", "Layouts"),
    "levels": Text("各级目标", "Levels of the objective"),
    "coverage": Text("覆盖与目标", "Coverage and targets"),
    "area": Text("面积标准", "Area standard"),
    "money": Text("资金", "Money"),
    "sites": Text("不同的点位", "Sites that differ"),
    "places": Text("谁得谁失", "Who gains and who loses"),
}
PICTURED = ("maps", "coverage")
NOTHING_IN_THE_WAY = Text(
    "没有发现妨碍比较的差异。", "Nothing was found that stands in the way of a comparison."
)
FIRST_WARNINGS = Text("先读这些", "Read these first")
ON_PROOF = Text(
    "“不能由证明区分”：两个情景各自最好能到多少，只证明到“值—理论界”的区间，区间重叠，不能断定哪个情景更好；"
    "“前级不同”：后面各级的理论界以前面各级的取值为条件。",
    "'Not distinguishable within the gap': how good each scenario can be is only known to lie between value "
    "and bound, and these intervals overlap, so neither is proven to be better. Bounds of later levels hold "
    "given the values of the earlier ones.",
)


def write_page(
    comparison: Comparison,
    level_names: Mapping[Level, Text],
    pictures: Pictures,
    language: Language,
    file: Path,
    made_on: date | None = None,
) -> None:
    """Write the page.

    Raises:
        OSError: the file can't be written.
    """
    text = page_of(comparison, level_names, pictures, language, made_on or date.today())
    file.write_text(text, encoding="utf-8", newline="\n")


def page_of(
    comparison: Comparison,
    level_names: Mapping[Level, Text],
    pictures: Pictures,
    language: Language,
    made_on: date,
) -> str:
    """Return the page."""
    words = Words(comparison, language)
    body = "\n".join(_body(words, level_names, pictures, made_on))
    title = words.say(title_of(comparison))
    style = font_face(set(body) | set(title)) + STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language is Language.ZH else "en"}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="siteplan">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def glance(comparison: Comparison, level_names: Mapping[Level, Text], language: Language) -> str:
    """Return the warnings and everything at a glance as HTML for a notebook, everything in it escaped."""
    words = Words(comparison, language)
    parts = []
    if comparison.illustrative:
        parts.append(f"<p><em>{escape(words.say(ILLUSTRATIVE_NOTE))}</em></p>")
    if comparison.warnings:
        listed = "".join(f"<li>{escape(words.say(remark))}</li>" for remark in comparison.warnings)
        parts.append(f"<p><strong>{escape(words.say(FIRST_WARNINGS))}</strong></p><ul>{listed}</ul>")
    parts.append(table_html(grids.overview(words, level_names), words))
    return f'<div class="siteplan-comparison">{"".join(parts)}</div>'


def _body(
    words: Words, level_names: Mapping[Level, Text], pictures: Pictures, made_on: date
) -> Iterator[str]:
    yield f"<h1><bdi>{escape(words.say(title_of(words.comparison)))}</bdi></h1>"
    reference = words.comparison.plans[0].name
    said = Text(
        f"参照方案：{reference}；差 = 该方案 − 参照方案。siteplan，{made_on.isoformat()}",
        f"Reference: {reference}; differences are the plan less the reference. siteplan, "
        f"{made_on.isoformat()}",
    )
    yield f'<p class="quiet">{escape(words.say(said))}</p>'
    if words.comparison.illustrative:
        yield f'<p class="note">{escape(words.say(ILLUSTRATIVE_NOTE))}</p>'
    yield from _warnings(words)
    links = (f'<a href="#{key}">{escape(words.say(name))}</a>' for key, name in HEADINGS.items())
    yield f"<nav>{''.join(links)}</nav>"
    for key, name in HEADINGS.items():
        yield f'<h2 id="{key}">{escape(words.say(name))}</h2>'
        yield from _section(key, words, level_names, pictures)
    yield f'<p class="quiet">{escape(SANS_LICENCE)}</p>'


def _warnings(words: Words) -> Iterator[str]:
    warnings = words.comparison.warnings
    if not warnings:
        yield f'<p class="fine">{escape(words.say(NOTHING_IN_THE_WAY))}</p>'
        return
    listed = "".join(f"<li>{escape(words.say(remark))}</li>" for remark in warnings)
    head = escape(words.say(FIRST_WARNINGS))
    yield f'<div class="warnings" role="alert"><strong>{head}</strong><ul>{listed}</ul></div>'


def _section(key: str, words: Words, level_names: Mapping[Level, Text], pictures: Pictures) -> Iterator[str]:
    """Yield what stands under a heading: its picture, tables, and what is folded away."""
    if key in PICTURED:
        yield _picture(pictures, key, words)
    tables: dict[str, tuple[Grid, ...]] = {
        "inputs": (grids.plans_grid(words), grids.inputs_grid(words)),
        "overview": (grids.overview(words, level_names),),
        "levels": (grids.levels_grid(words, level_names),),
        "coverage": (
            grids.coverage_grid(words, grids.on_target_basis(words)),
            *((grids.local_grid(words),) if words.comparison.local_coverage else ()),
        ),
        "area": (grids.area_grid(words),),
        "money": (grids.money_grid(words),),
        "sites": tuple(grids.sites_grid(words, plan) for plan in words.comparison.others),
        "places": (grids.towns_grid(words), grids.communities_grid(words)),
    }
    for grid in tables.get(key, ()):
        yield _table(grid, words)
    if key == "levels":
        yield f'<p class="quiet">{escape(words.say(ON_PROOF))}</p>'
    elif key == "coverage":
        yield _folded(Text("全部年份和口径", "Every year and basis"), grids.coverage_grid(words), words)
        yield _folded(Text("固定步行距离", "Within fixed walks"), grids.radii_grid(words), words)
    elif key == "places":
        every = grids.communities_grid(words, only_changed=False)
        yield _folded(Text("全部社区", "Every community"), every, words)


def _folded(summary: Text, grid: Grid, words: Words) -> str:
    return f"<details><summary>{escape(words.say(summary))}</summary>{_table(grid, words)}</details>"


def _picture(pictures: Pictures, key: str, words: Words) -> str:
    if key not in pictures:
        nothing = Text("没有共同的年份可画。", "The plans share no year to draw.")
        return f'<p class="quiet">{escape(words.say(nothing))}</p>'
    data = base64.b64encode(pictures[key]).decode("ascii")
    return f'<img alt="{escape(words.say(HEADINGS[key]))}" src="data:image/png;base64,{data}">'


def table_html(grid: Grid, words: Words) -> str:
    """Return a table of words as HTML, everything in it escaped."""
    head = "".join(f'<th scope="col">{escape(words.say(name))}</th>' for name in grid.headings)
    rows = "".join(f"<tr>{''.join(_cells(row, grid.numeric))}</tr>" for row in grid.rows)
    caption = escape(words.say(grid.title))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _table(grid: Grid, words: Words) -> str:
    if not grid.rows:
        nothing = words.say(Text("没有。", "none."))
        return f"<p>{escape(words.say(grid.title))}: {escape(nothing)}</p>"
    return f'<div class="scroll">{table_html(grid, words)}</div>'


def _cells(row: Sequence[str], numeric: frozenset[int]) -> Iterator[str]:
    for column, cell in enumerate(row):
        if column == 0:
            yield f'<th scope="row"><bdi>{escape(cell)}</bdi></th>'
        elif column in numeric:
            yield f'<td class="n">{escape(cell)}</td>'
        else:
            yield f"<td><bdi>{escape(cell)}</bdi></td>"

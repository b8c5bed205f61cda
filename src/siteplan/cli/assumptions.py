"""The table of ``siteplan assumptions``."""

from __future__ import annotations

from rich import box
from rich.table import Table

from siteplan.cli.session import Session
from siteplan.cli.wording import number
from siteplan.policy import Policy
from siteplan.text import Text


def show_assumptions(policy: Policy, session: Session) -> None:
    """Print every figure that rests on an assumption, and how many of all figures do."""
    figures = policy.assumptions()
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading, justify in (
        (Text("数字", "figure"), "left"),
        (Text("数值", "value"), "right"),
        (Text("说明", "note"), "left"),
    ):
        table.add_column(
            heading.in_language(session.language),
            justify="right" if justify == "right" else "left",
            overflow="fold",
        )
    for place, figure in figures.items():
        table.add_row(place, number(figure.value), figure.note)
    session.out.print(table)
    total = sum(1 for _ in policy.figures())
    session.reporter.say(
        Text(
            f"{total} 个数字中有 {len(figures)} 个以假设为依据。",
            f"{len(figures)} of {total} figures rest on an assumption.",
        )
    )

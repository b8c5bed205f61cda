"""The list of ``siteplan assumptions``."""

from __future__ import annotations

from siteplan.cli.session import Session
from siteplan.cli.wording import number
from siteplan.policy import Policy
from siteplan.text import Text


def show_assumptions(policy: Policy, session: Session) -> None:
    """Print every figure that rests on an assumption with its note, and how many of all figures do."""
    figures = policy.assumptions()
    for place, figure in figures.items():
        session.out.print(f"{place} = {number(figure.value)}", markup=False, soft_wrap=True)
        if figure.note:
            session.out.print(f"    {figure.note}", markup=False, soft_wrap=True)
    total = sum(1 for _ in policy.figures())
    session.reporter.say(
        Text(
            f"{total} 个数字中有 {len(figures)} 个以假设为依据。",
            f"{len(figures)} of {total} figures rest on an assumption.",
        )
    )

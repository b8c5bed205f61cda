"""Numbers of what a target counts, in words."""

from __future__ import annotations

from siteplan.problem import Problem


def counted_unit(problem: Problem, value: float) -> tuple[str, str]:
    """Return a number of communities or persons in Chinese and English."""
    if problem.basis.counts_communities:
        return f"{value:,.0f} 个社区", f"{value:,.0f} {'community' if value == 1 else 'communities'}"
    return f"{value:,.0f} 人", f"{value:,.0f} persons"

"""Whether a space could provide a function: allowed to, large enough in a form that it can have, in time."""

from __future__ import annotations

from siteplan.problem import Problem, Role
from siteplan.text import Text


def why_not(problem: Problem, site_id: str, function: str) -> Text | None:
    """Return why a site can't provide a function, or None where it can.

    A candidate below the floor area of a complex can only be scattered, and there a function needs the
    larger area of standing alone.
    """
    site, entry = problem.sites[site_id], problem.functions[function]
    if not problem.can_provide(site_id, function):
        return site.why_not.get(function, Text("功能已定", "its functions are decided"))
    if site.is_decided:
        return None
    standard = problem.form_standard
    may_be_complex = (
        standard is None
        or site.role is not Role.CANDIDATE
        or site.floor_area_m2 >= standard.minimum_floor_area_m2
    )
    least = entry.minimum_in_complex_m2 if may_be_complex else entry.minimum_alone_m2
    if site.usable_area_m2 >= least * (1.0 - 1e-9):
        return None
    alone = (
        Text("", "") if may_be_complex else Text("（面积不足综合体，只能插花）", " (too small for a complex)")
    )
    return Text(
        f"使用面积 {site.usable_area_m2:,.0f} m²，至少要 {least:,.0f} m²{alone.zh}",
        f"{site.usable_area_m2:,.0f} m² usable, at least {least:,.0f} m² are needed{alone.en}",
    )


def could_provide(problem: Problem, site_id: str, function: str, year: int) -> bool:
    """Return whether a site could provide a function in a year, money and pace aside.

    A decided site can where it has the function.
    """
    in_time = problem.sites[site_id].may_open_from <= year
    forbidden = problem.is_forbidden(site_id, function, year)
    return in_time and not forbidden and why_not(problem, site_id, function) is None

"""Programmes: the sets of functions that a site can hold at minimum areas, with form and cost.

A programme of a site is a non-empty set of functions, as a bit mask over the problem's functions in
order, that fits into its usable area and its form, with what opening and running it costs at minimum
areas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siteplan.case import Form
from siteplan.problem import FormStandard, Problem, Site
from siteplan.solve.formulation.form import can_be_complex, free_form
from siteplan.solve.formulation.money import group_fit_out_cost, running_cost
from siteplan.units import to_model_money

MOST_FUNCTIONS = 12
"""Programmes are enumerated; beyond this many functions the search is left out."""
FIT_TOLERANCE_M2 = 1e-9
"""Sums of minimum areas are floating-point; a site is full only beyond this."""


@dataclass(frozen=True, slots=True, eq=False)
class Programmes:
    """The programmes of every planned site, one site after another.

    Shapes: ``first`` (planned sites + 1,); ``mask``, ``cost`` (million CNY), ``running`` (operating less
    fees, million CNY a year), ``penalty`` (scattered plus newly built), ``is_complex`` (programmes,);
    ``by_mask`` (planned sites, 2^functions): the programme's number or -1.
    """

    first: NDArray[np.int64]
    mask: NDArray[np.int64]
    cost: NDArray[np.float64]
    running: NDArray[np.float64]
    penalty: NDArray[np.float64]
    is_complex: NDArray[np.bool_]
    by_mask: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _MaskFigures:
    """What the functions of every mask ask for in one form, whatever the site. All (2^functions,).

    ``rooms_m2``: usable area of their rooms; ``fit_out_cny``, ``running_cny``: for one m² of floor area
    per usable m²; ``has_room``: no minimum area is above the function's maximum.
    """

    rooms_m2: NDArray[np.float64]
    fit_out_cny: NDArray[np.float64]
    running_cny: NDArray[np.float64]
    has_room: NDArray[np.bool_]


def functions_of(problem: Problem, mask: int) -> list[str]:
    """Return the function keys of a bit mask."""
    return [key for position, key in enumerate(problem.functions) if mask >> position & 1]


def mask_of(problem: Problem, functions: frozenset[str]) -> int:
    """Return the bit mask of function keys."""
    return sum(1 << position for position, key in enumerate(problem.functions) if key in functions)


def minimum_area_m2(problem: Problem, function: str, form: Form) -> float:
    """Return the minimum usable area of a function in a form, in m²."""
    entry = problem.functions[function]
    if form is Form.COMPLEX:
        return entry.minimum_in_complex_m2
    return max(entry.minimum_alone_m2, entry.minimum_in_complex_m2)


def minimum_rooms_m2(problem: Problem, functions: Sequence[str], form: Form) -> dict[str, float]:
    """Return usable m² by room group at the minimum areas of the functions in a form."""
    rooms: dict[str, float] = {}
    for key in functions:
        group = problem.functions[key].room_group
        rooms[group] = max(rooms.get(group, 0.0), minimum_area_m2(problem, key, form))
    return rooms


def enumerate_programmes(problem: Problem) -> Programmes:
    """Enumerate the programmes of every planned site: at most `MOST_FUNCTIONS` functions."""
    figures = {form: _figures(problem, form) for form in Form}
    masks = np.arange(1 << len(problem.functions), dtype=np.int64)
    by_mask = np.full((len(problem.planned_sites), len(masks)), -1, dtype=np.int32)
    first = [0]
    parts: list[tuple[NDArray[np.int64], ...]] = []
    costs: list[NDArray[np.float64]] = []
    running: list[NDArray[np.float64]] = []
    penalties: list[NDArray[np.float64]] = []
    forms: list[NDArray[np.bool_]] = []
    for row, site_id in enumerate(problem.planned_sites):
        site = problem.sites[site_id]
        complexes = _allowed(problem, site, masks, Form.COMPLEX, figures[Form.COMPLEX])
        scattered = _allowed(problem, site, masks, Form.SCATTERED, figures[Form.SCATTERED]) & ~complexes
        chosen = np.flatnonzero(complexes | scattered)
        is_complex = complexes[chosen]
        by_mask[row, chosen] = first[-1] + np.arange(len(chosen))
        first.append(first[-1] + len(chosen))
        parts.append((chosen,))
        fit_out = _by_form(figures, "fit_out_cny", chosen, is_complex)
        costs.append(to_model_money(1.0) * (site.opening_cost_cny + fit_out * site.floor_per_usable))
        run = _by_form(figures, "running_cny", chosen, is_complex)
        running.append(to_model_money(1.0) * run * site.floor_per_usable)
        counts_scattered = float(free_form(problem, site_id) is not None)
        penalties.append(counts_scattered * ~is_complex + float(site.is_newly_built))
        forms.append(is_complex)
    return Programmes(
        np.array(first, dtype=np.int64),
        _joined([part[0] for part in parts], np.int64),
        _joined(costs, np.float64),
        _joined(running, np.float64),
        _joined(penalties, np.float64),
        _joined(forms, np.bool_),
        by_mask,
    )

"""Programmes: the sets of functions that a site can hold at minimum areas, with form and cost.

A programme of a site is a non-empty set of functions, as a bit mask over the problem's functions in
order, that fits into its usable area and its form, with what opening and running it costs at minimum
areas. Where every operator has to be viable, these are the areas at which fees and subsidy can meet operating
cost and rent: a loss at minimum areas needs larger rooms of what leaves something. What that costs is a lower
bound, as maximum areas are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.case import Form
from siteplan.problem import FormStandard, Problem, Site
from siteplan.solve.formulation.form import can_be_complex, free_form
from siteplan.solve.formulation.money import group_fit_out_cost, operating_margin, running_cost
from siteplan.units import to_model_money

MOST_FUNCTIONS = 12
"""Programmes are enumerated; beyond this many functions the search is left out."""
FIT_TOLERANCE_M2 = 1e-9
"""Sums of minimum areas are floating-point; a site is full only beyond this."""


LOSS_TOLERANCE_CNY = 1e-6
"""A smaller loss of an operator is rounding."""
HOPELESS = 1e9
"""Usable m², and CNY, for one CNY of a loss that no function of a site makes good."""


@dataclass(frozen=True, slots=True, eq=False)
class Programmes:
    """The programmes of every planned site, one site after another.

    Shapes: ``first`` (planned sites + 1,); ``mask``, ``cost`` (million CNY), ``running`` (operating less
    fees, million CNY a year), ``subsidy`` (million CNY a year), ``penalty`` (scattered plus newly built),
    ``is_complex`` (programmes,);
    ``by_mask`` (planned sites, 2^functions): the programme's number or -1.
    """

    first: NDArray[np.int64]
    mask: NDArray[np.int64]
    cost: NDArray[np.float64]
    running: NDArray[np.float64]
    subsidy: NDArray[np.float64]
    penalty: NDArray[np.float64]
    is_complex: NDArray[np.bool_]
    by_mask: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _MaskFigures:
    """What the functions of every mask ask for in one form, whatever the site. All (2^functions,).

    ``rooms_m2``: usable area of their rooms; ``fit_out_cny``, ``running_cny``, ``subsidy_cny``: for one m² of
    floor area per usable m²; ``has_room``: no minimum area is above the function's maximum. ``loss_cny`` a
    year, in the same unit, of operators at these rooms; one CNY of it takes a room larger by ``remedy_m2``
    usable m² for one m² of floor area per usable m² at least, for ``remedy_cny`` at least, and adds
    ``remedy_running_cny``. ``deficit_cny``: what operators lose where no room is used by more than its
    smallest area, below 0 what they are left with; each CNY of it takes ``subsidy_per_cny`` more at least.
    """

    rooms_m2: NDArray[np.float64]
    fit_out_cny: NDArray[np.float64]
    running_cny: NDArray[np.float64]
    subsidy_cny: NDArray[np.float64]
    has_room: NDArray[np.bool_]
    loss_cny: NDArray[np.float64]
    remedy_m2: NDArray[np.float64]
    remedy_cny: NDArray[np.float64]
    remedy_running_cny: NDArray[np.float64]
    deficit_cny: NDArray[np.float64]
    subsidy_per_cny: NDArray[np.float64]


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


class _SiteProgrammes(NamedTuple):
    """The programmes of one site: mask, cost, running, subsidy, penalty, is_complex as in `Programmes`."""

    mask: NDArray[Any]
    cost: NDArray[Any]
    running: NDArray[Any]
    subsidy: NDArray[Any]
    penalty: NDArray[Any]
    is_complex: NDArray[Any]


def enumerate_programmes(problem: Problem) -> Programmes:
    """Enumerate the programmes of every planned site: at most `MOST_FUNCTIONS` functions."""
    figures = {form: _mask_figures(problem, form) for form in Form}
    none = np.zeros(0, dtype=np.int64)
    empty = none.astype(float)
    parts = [_SiteProgrammes(none, empty, empty, empty, empty, none > 0)]
    parts += [_programmes_of(problem, problem.sites[key], figures) for key in problem.planned_sites]
    first = np.cumsum([len(part.mask) for part in parts])
    by_mask = np.full((len(parts) - 1, 1 << len(problem.functions)), -1, dtype=np.int32)
    for row, part in enumerate(parts[1:]):
        by_mask[row, part.mask] = np.arange(first[row], first[row + 1])
    all_sites = _SiteProgrammes(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return Programmes(first=first.astype(np.int64), by_mask=by_mask, **all_sites._asdict())


def _programmes_of(problem: Problem, site: Site, figures: Mapping[Form, _MaskFigures]) -> _SiteProgrammes:
    complexes = _allowed_masks(problem, site, Form.COMPLEX, figures[Form.COMPLEX])
    scattered = _allowed_masks(problem, site, Form.SCATTERED, figures[Form.SCATTERED])
    masks = np.flatnonzero(complexes | scattered).astype(np.int64)
    is_complex = complexes[masks]
    in_form = {form: _money_in_form(problem, site, figures[form]) for form in Form}
    fit_out, running, subsidy = (
        np.where(is_complex, as_complex[masks], as_scattered[masks])
        for as_complex, as_scattered in zip(in_form[Form.COMPLEX], in_form[Form.SCATTERED], strict=True)
    )
    million = to_model_money(1.0)
    counts_as_scattered = ~is_complex & (free_form(problem, site.site_id) is not None)
    return _SiteProgrammes(
        masks,
        million * (site.opening_cost_cny + fit_out * site.fit_out_is_charged),
        million * running,
        million * subsidy,
        counts_as_scattered + float(site.is_newly_built),
        is_complex,
    )


def _money_in_form(
    problem: Problem, site: Site, figures: _MaskFigures
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return fit-out, running cost and subsidy of every mask at a site, CNY.

    With what makes a loss good: larger rooms, and more area of what is subsidised.
    """
    loss = _loss_cny(problem, site, figures)
    deficit = figures.deficit_cny * site.floor_per_usable + site.rent_cny_per_year
    return (
        figures.fit_out_cny * site.floor_per_usable + loss * figures.remedy_cny,
        figures.running_cny * site.floor_per_usable + loss * figures.remedy_running_cny,
        figures.subsidy_cny * site.floor_per_usable + np.maximum(deficit, 0.0) * figures.subsidy_per_cny,
    )


def _mask_figures(problem: Problem, form: Form) -> _MaskFigures:
    """Compute the figures of every mask in a form."""
    count = 1 << len(problem.functions)
    figures = _MaskFigures(
        *(np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)),
        np.ones(count, dtype=np.bool_),
        *(np.zeros(count), np.full(count, HOPELESS), np.full(count, HOPELESS), np.zeros(count)),
        *(np.zeros(count), np.zeros(count)),
    )
    for mask in range(count):
        functions = functions_of(problem, mask)
        rooms = minimum_rooms_m2(problem, functions, form)
        if problem.operator_viability:
            _add_loss(problem, functions, form, rooms, mask, figures)
        for group, area in rooms.items():
            figures.rooms_m2[mask] += area
            figures.fit_out_cny[mask] += area * group_fit_out_cost(problem, group)
        for key in functions:
            area = minimum_area_m2(problem, key, form)
            figures.running_cny[mask] += area * running_cost(problem, key)
            figures.subsidy_cny[mask] += area * problem.functions[key].subsidy_cny_per_m2_year
            figures.has_room[mask] &= area <= problem.functions[key].maximum_m2
    return figures


def _add_loss(
    problem: Problem,
    functions: Sequence[str],
    form: Form,
    rooms: Mapping[str, float],
    mask: int,
    figures: _MaskFigures,
) -> None:
    """Write what the operator of a mask loses at the smallest rooms, and what making that good takes.

    A function that leaves something may use the whole room that others need; beyond, its room grows.
    """
    left_by_group: dict[str, float] = {}
    running_by_group: dict[str, float] = {}
    for key in functions:
        group, margin = problem.functions[key].room_group, operating_margin(problem, key)
        area = minimum_area_m2(problem, key, form)
        if margin > 0.0:
            area = max(area, min(rooms[group], problem.functions[key].maximum_m2))
            left_by_group[group] = left_by_group.get(group, 0.0) + margin
            running_by_group[group] = running_by_group.get(group, 0.0) + running_cost(problem, key)
        figures.loss_cny[mask] -= margin * area
        figures.deficit_cny[mask] -= margin * minimum_area_m2(problem, key, form)
    figures.subsidy_per_cny[mask] = min(
        (
            problem.functions[key].subsidy_cny_per_m2_year / margin
            for key in functions
            if (margin := operating_margin(problem, key)) > 0.0
        ),
        default=0.0,
    )
    for group, left in left_by_group.items():
        figures.remedy_m2[mask] = min(figures.remedy_m2[mask], 1.0 / left)
        cost = group_fit_out_cost(problem, group) / left
        if cost < figures.remedy_cny[mask]:
            figures.remedy_cny[mask] = cost
            figures.remedy_running_cny[mask] = running_by_group[group] / left


def _loss_cny(problem: Problem, site: Site, figures: _MaskFigures) -> NDArray[np.float64]:
    """Return (2^functions,): what the operator of a site loses a year in the smallest rooms, with rent."""
    if not problem.operator_viability:
        return np.zeros(len(figures.loss_cny))
    loss = figures.loss_cny * site.floor_per_usable + site.rent_cny_per_year
    return np.where(loss > LOSS_TOLERANCE_CNY, loss, 0.0)


def _allowed_masks(problem: Problem, site: Site, form: Form, figures: _MaskFigures) -> NDArray[np.bool_]:
    """Return (2^functions,): whether the site can hold the functions in the form."""
    masks = np.arange(len(figures.rooms_m2))
    standard = free_form(problem, site.site_id)
    may_be_complex = can_be_complex(problem, site)
    must_be_complex = may_be_complex and standard is None
    other_form_by_hand = site.form_by_hand not in (None, form)
    if other_form_by_hand or (must_be_complex if form is Form.SCATTERED else not may_be_complex):
        return np.zeros(len(masks), dtype=np.bool_)
    required = mask_of(problem, site.required_functions)
    hosted = mask_of(problem, site.may_host - _forbidden(problem, site))
    allowed = (masks > 0) & (masks & ~hosted == 0) & (masks & required == required)
    allowed &= figures.has_room & (figures.rooms_m2 <= site.usable_area_m2 + FIT_TOLERANCE_M2)
    if problem.operator_viability:
        loss = _loss_cny(problem, site, figures)
        larger_m2 = np.where(loss > 0.0, loss * figures.remedy_m2 / site.floor_per_usable, 0.0)
        allowed &= figures.rooms_m2 + larger_m2 <= site.usable_area_m2 + FIT_TOLERANCE_M2
    if standard is not None:
        allowed &= _within_form_standard(problem, masks, form, standard)
    first = frozenset({problem.elderly_function, problem.infant_function})
    if form is Form.COMPLEX and problem.places_reserved_first and first & site.may_host:
        allowed &= masks & mask_of(problem, first) > 0
    return np.asarray(allowed, dtype=np.bool_)


def _forbidden(problem: Problem, site: Site) -> frozenset[str]:
    """Return the functions that the scenario forbids in any year in which the site may be open."""
    first = site.available_from if site.opens_in is None else site.opens_in
    first = max(first, problem.years[0])
    return frozenset(key for key in site.may_host if problem.is_forbidden(site.site_id, key, first))


def _within_form_standard(
    problem: Problem, masks: NDArray[np.int64], form: Form, standard: FormStandard
) -> NDArray[np.bool_]:
    """Return (masks,): whether the number of functions suits the form."""
    functions = _functions_in(masks)
    if form is Form.SCATTERED:
        return np.asarray(functions <= standard.scattered_maximum_functions)
    are_standard = frozenset(key for key, function in problem.functions.items() if function.is_standard)
    count_standard = _functions_in(masks & mask_of(problem, are_standard))
    enough = functions >= standard.minimum_functions
    return np.asarray(enough & (count_standard >= standard.minimum_standard_functions))


def _functions_in(masks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of functions of each mask."""
    return np.array([int(mask).bit_count() for mask in masks], dtype=np.int64)

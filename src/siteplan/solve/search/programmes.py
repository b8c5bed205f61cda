"""Programmes: the sets of functions that a site can hold at minimum areas, with form and cost.

A programme of a site is a non-empty set of functions, as a bit mask over the problem's functions in
order, that fits into its usable area and its form, with what opening and running it costs at minimum
areas. Where every operator has to be viable, these are the areas at which fees and subsidy can meet operating
cost and rent: a loss at minimum areas needs larger rooms of what leaves something. What that costs is a lower
bound, as the space that they take is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siteplan.case import Form
from siteplan.problem import FormStandard, Problem, Site
from siteplan.scenario import CARE_BEDS
from siteplan.solve.formulation.areas import smallest_area_m2
from siteplan.solve.formulation.form import can_be_complex, free_form
from siteplan.solve.formulation.money import group_fit_out_cost, operating_margin, running_cost
from siteplan.solve.formulation.places import function_of_places
from siteplan.units import to_model_money

MOST_FUNCTIONS = 12
"""Programmes are enumerated; beyond this many functions the search is left out."""
FIT_TOLERANCE_M2 = 1e-9
"""Sums of minimum areas are floating-point; a site is full only beyond this."""


LOSS_TOLERANCE_CNY = 1e-6
"""A smaller loss of an operator is rounding."""
SIZE_M2, LEAVES, COSTS, RUNS = 0, 1, 2, 3
"""Figures of a piece by which a room can grow; all but its size for each m²."""
PIECE_FIGURES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Programmes:
    """The programmes of every planned site, one site after another.

    Shapes: ``first`` (planned sites + 1,); ``mask``, ``cost`` (million CNY), ``running`` (operating and rent
    less fees, million CNY a year), ``least_running`` (the least of that in rooms of any size), ``subsidy``
    (million CNY a year), ``penalty`` (scattered plus newly built), ``is_complex`` (programmes,);
    ``by_mask`` (planned sites, 2^functions): the programme's number or -1;
    ``payable`` (programmes, sources): million CNY of its fit-out that a source for some functions may pay at
    most, infinite for others; ``growth`` (programmes,): million CNY that larger rooms of such functions may
    cost besides.
    """

    first: NDArray[np.int64]
    mask: NDArray[np.int64]
    cost: NDArray[np.float64]
    running: NDArray[np.float64]
    least_running: NDArray[np.float64]
    subsidy: NDArray[np.float64]
    penalty: NDArray[np.float64]
    is_complex: NDArray[np.bool_]
    payable: NDArray[np.float64]
    growth: NDArray[np.float64]
    by_mask: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _MaskFigures:
    """What the functions of every mask ask for in one setting, whatever the site.

    All (2^functions,), for one m² of floor area per usable m². ``rooms_m2``: usable area of the smallest
    rooms; ``fit_out_cny``, ``running_cny``, ``subsidy_cny``: of these; ``least_running_cny``: with the
    largest area of what fees more than pay; ``has_room``: no minimum area is above the function's maximum.
    ``loss_cny``: what operators lose a year at these rooms. ``growth`` (…, pieces, 4): how rooms can grow:
    usable m², and what each m² leaves the operator, costs, and takes to run, CNY; the least cost for what is
    left first. ``most_left`` (…, pieces): the same pieces in order of what each m² leaves, the most first.
    ``payable_cny``, ``grown_cny`` (…, sources): fit-out, in the smallest and the largest rooms, of those with
    a function that a source for some functions pays for. ``deficit_cny``: what operators lose where no room
    is used by more than its smallest area, below 0 what they are left with; each CNY of it takes
    ``subsidy_per_cny`` and ``running_per_cny`` more at least.
    """

    rooms_m2: NDArray[np.float64]
    fit_out_cny: NDArray[np.float64]
    running_cny: NDArray[np.float64]
    least_running_cny: NDArray[np.float64]
    subsidy_cny: NDArray[np.float64]
    has_room: NDArray[np.bool_]
    loss_cny: NDArray[np.float64]
    growth: NDArray[np.float64]
    most_left: NDArray[np.int64]
    payable_cny: NDArray[np.float64]
    grown_cny: NDArray[np.float64]
    deficit_cny: NDArray[np.float64]
    subsidy_per_cny: NDArray[np.float64]
    running_per_cny: NDArray[np.float64]


def functions_of(problem: Problem, mask: int) -> list[str]:
    """Return the function keys of a bit mask."""
    return [key for position, key in enumerate(problem.functions) if mask >> position & 1]


def mask_of(problem: Problem, functions: frozenset[str]) -> int:
    """Return the bit mask of function keys."""
    return sum(1 << position for position, key in enumerate(problem.functions) if key in functions)


class Setting(NamedTuple):
    """What the smallest areas depend on: the form, and whether places are asked of a complex."""

    form: Form
    has_places: bool = False


def setting_of(problem: Problem, site: Site, form: Form) -> Setting:
    """Return the setting of a site in a form.

    Places are left out where a set of functions may be either form: they could make the complex the dearer.
    """
    standard = free_form(problem, site.site_id)
    is_asked = (
        form is Form.COMPLEX
        and bool(problem.complex_places_at_least)
        and standard is not None
        and standard.minimum_functions > standard.scattered_maximum_functions
        and can_be_complex(problem, site)
    )
    return Setting(form, is_asked)


def minimum_area_m2(problem: Problem, function: str, setting: Setting) -> float:
    """Return the minimum usable area of a function in a setting, in m²; infinite where it can't have one."""
    least = smallest_area_m2(problem, function, setting.form)
    if setting.has_places:
        for kind, places in problem.complex_places_at_least.items():
            if function_of_places(problem, kind) == function and places > 0.0:
                least = max(least, _area_of_places_m2(problem, kind, places))
    return least


def smallest_area_in_site_m2(problem: Problem, site: Site, function: str, form: Form) -> float:
    """Return the minimum usable area of a function in a site of a form, in m²."""
    return minimum_area_m2(problem, function, setting_of(problem, site, form))


def _area_of_places_m2(problem: Problem, kind: str, places: float) -> float:
    """Return the usable m² that so many places take: care beds are whole."""
    if kind == CARE_BEDS:
        share = problem.care_bed_share_of_elderly_room or 0.0
        return math.ceil(places) * problem.care_bed_area_m2 / share if share > 0.0 else math.inf
    per_m2 = problem.functions[kind].capacity_persons_per_m2
    return places / per_m2 if per_m2 > 0.0 else math.inf


def minimum_rooms_m2(problem: Problem, functions: Sequence[str], setting: Setting) -> dict[str, float]:
    """Return usable m² by room group at the minimum areas of the functions in a setting."""
    rooms: dict[str, float] = {}
    for key in functions:
        group = problem.functions[key].room_group
        rooms[group] = max(rooms.get(group, 0.0), minimum_area_m2(problem, key, setting))
    return rooms


class _SiteProgrammes(NamedTuple):
    """The programmes of one site; fields as in `Programmes`."""

    mask: NDArray[Any]
    cost: NDArray[Any]
    running: NDArray[Any]
    least_running: NDArray[Any]
    subsidy: NDArray[Any]
    penalty: NDArray[Any]
    is_complex: NDArray[Any]
    payable: NDArray[Any]
    growth: NDArray[Any]


def enumerate_programmes(problem: Problem) -> Programmes:
    """Enumerate the programmes of every planned site: at most `MOST_FUNCTIONS` functions."""
    figures = {setting: _mask_figures(problem, setting) for setting in _settings(problem)}
    none = np.zeros(0, dtype=np.int64)
    empty = none.astype(float)
    nothing = _SiteProgrammes(
        none, empty, empty, empty, empty, empty, none > 0, np.zeros((0, len(problem.money.sources))), empty
    )
    parts = [nothing]
    parts += [_programmes_of(problem, problem.sites[key], figures) for key in problem.planned_sites]
    first = np.cumsum([len(part.mask) for part in parts])
    by_mask = np.full((len(parts) - 1, 1 << len(problem.functions)), -1, dtype=np.int32)
    for row, part in enumerate(parts[1:]):
        by_mask[row, part.mask] = np.arange(first[row], first[row + 1])
    all_sites = _SiteProgrammes(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return Programmes(first=first.astype(np.int64), by_mask=by_mask, **all_sites._asdict())


def _settings(problem: Problem) -> set[Setting]:
    return {setting_of(problem, problem.sites[key], form) for key in problem.planned_sites for form in Form}


def _programmes_of(problem: Problem, site: Site, figures: Mapping[Setting, _MaskFigures]) -> _SiteProgrammes:
    as_complex = figures[setting_of(problem, site, Form.COMPLEX)]
    as_scattered = figures[setting_of(problem, site, Form.SCATTERED)]
    complexes = _allowed_masks(problem, site, Form.COMPLEX, as_complex)
    scattered = _allowed_masks(problem, site, Form.SCATTERED, as_scattered)
    masks = np.flatnonzero(complexes | scattered).astype(np.int64)
    is_complex = complexes[masks]
    in_forms = zip(
        _money_in_form(problem, site, as_complex), _money_in_form(problem, site, as_scattered), strict=True
    )
    fit_out, running, least_running, subsidy, payable, growth = (
        np.where(is_complex if one.ndim == 1 else is_complex[:, None], one[masks], other[masks])
        for one, other in in_forms
    )
    million = to_model_money(1.0)
    counts_as_scattered = ~is_complex & (free_form(problem, site.site_id) is not None)
    return _SiteProgrammes(
        masks,
        million * (site.opening_cost_cny + fit_out * site.fit_out_is_charged),
        million * (running + site.rent_cny_per_year),
        million * (least_running + site.rent_cny_per_year),
        million * subsidy,
        counts_as_scattered + float(site.is_newly_built),
        is_complex,
        million * payable,
        million * growth,
    )


def _money_in_form(problem: Problem, site: Site, figures: _MaskFigures) -> tuple[NDArray[np.float64], ...]:
    """Return fit-out, running cost and the least of it, subsidy, what sources may pay, and its growth (CNY).

    Of every mask at a site, with what makes a loss good: larger rooms, and more area of what is subsidised.
    Where fit-out isn't charged, such sources may pay as much as that of the largest rooms.
    """
    loss = _loss_cny(problem, site, figures)
    deficit = np.maximum(0.0, figures.deficit_cny * site.floor_per_usable + site.rent_cny_per_year)
    remedy, remedy_running = _remedy_cny(site, figures, loss)
    payable, grown = (site.floor_per_usable * cny for cny in (figures.payable_cny, figures.grown_cny))
    growth = np.where(np.isfinite(grown), grown, 0.0).sum(axis=1)
    growth -= np.where(np.isfinite(payable), payable, 0.0).sum(axis=1)
    if not site.fit_out_is_charged:
        payable, growth = grown, np.zeros(len(growth))
    payable = np.where(payable > 0.0, payable + remedy[:, None], 0.0)
    return (
        figures.fit_out_cny * site.floor_per_usable + remedy,
        figures.running_cny * site.floor_per_usable + remedy_running,
        figures.least_running_cny * site.floor_per_usable + deficit * figures.running_per_cny,
        figures.subsidy_cny * site.floor_per_usable + deficit * figures.subsidy_per_cny,
        payable,
        growth,
    )


def _mask_figures(problem: Problem, setting: Setting) -> _MaskFigures:
    """Compute the figures of every mask in a setting."""
    count = 1 << len(problem.functions)
    sources, pieces = len(problem.money.sources), len(problem.functions)
    figures = _MaskFigures(
        *(np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)),
        np.ones(count, dtype=np.bool_),
        np.zeros(count),
        np.zeros((count, pieces, PIECE_FIGURES)),
        np.zeros((count, pieces), dtype=np.int64),
        *(np.zeros((count, sources)), np.zeros((count, sources))),
        *(np.zeros(count), np.zeros(count), np.zeros(count)),
    )
    for mask in range(count):
        functions = functions_of(problem, mask)
        rooms = minimum_rooms_m2(problem, functions, setting)
        if problem.operator_viability:
            _add_loss(problem, functions, setting, rooms, mask, figures)
        _add_payable(problem, functions, rooms, mask, figures)
        for group, area in rooms.items():
            figures.rooms_m2[mask] += area
            figures.fit_out_cny[mask] += area * group_fit_out_cost(problem, group)
        for key in functions:
            area = minimum_area_m2(problem, key, setting)
            runs = running_cost(problem, key)
            figures.running_cny[mask] += area * runs
            largest = max(area, problem.functions[key].maximum_m2)
            figures.least_running_cny[mask] += min(area * runs, largest * runs)
            figures.subsidy_cny[mask] += area * problem.functions[key].subsidy_cny_per_m2_year
            figures.has_room[mask] &= area <= problem.functions[key].maximum_m2
    return figures


def _add_loss(
    problem: Problem,
    functions: Sequence[str],
    setting: Setting,
    rooms: Mapping[str, float],
    mask: int,
    figures: _MaskFigures,
) -> None:
    """Write what the operator of a mask loses at the smallest rooms, and what making that good takes.

    A function that leaves something may use the whole room that others need; beyond, its room grows.
    """
    for key in functions:
        group, margin = problem.functions[key].room_group, operating_margin(problem, key)
        area = minimum_area_m2(problem, key, setting)
        if margin > 0.0:
            area = max(area, min(rooms[group], problem.functions[key].maximum_m2))
        figures.loss_cny[mask] -= margin * area
        figures.deficit_cny[mask] -= margin * minimum_area_m2(problem, key, setting)
    left_by = {key: margin for key in functions if (margin := operating_margin(problem, key)) > 0.0}
    figures.subsidy_per_cny[mask] = min(
        (problem.functions[key].subsidy_cny_per_m2_year / margin for key, margin in left_by.items()),
        default=0.0,
    )
    figures.running_per_cny[mask] = min(
        (max(0.0, running_cost(problem, key)) / margin for key, margin in left_by.items()), default=0.0
    )
    pieces = [piece for group in rooms for piece in _growth(problem, functions, group, rooms[group])]
    pieces.sort(key=lambda piece: piece[COSTS] / piece[LEAVES])
    most_left = sorted(range(len(pieces)), key=lambda number: -pieces[number][LEAVES])
    figures.growth[mask, : len(pieces)] = np.array(pieces).reshape(len(pieces), PIECE_FIGURES)
    figures.most_left[mask] = [*most_left, *range(len(pieces), len(problem.functions))]


def _growth(
    problem: Problem, functions: Sequence[str], group: str, smallest_m2: float
) -> list[tuple[float, float, float, float]]:
    """Return how the room of a group can grow, in pieces: m², and what each m² leaves, costs, takes to run.

    Every function in it that leaves something grows with it, each up to its largest area.
    """
    growing = [
        key
        for key in functions
        if problem.functions[key].room_group == group and operating_margin(problem, key) > 0.0
    ]
    pieces = []
    reached = smallest_m2
    for largest in sorted({problem.functions[key].maximum_m2 for key in growing}):
        if largest <= reached:
            continue
        still = [key for key in growing if problem.functions[key].maximum_m2 >= largest]
        leaves = sum(operating_margin(problem, key) for key in still)
        runs = sum(running_cost(problem, key) for key in still)
        pieces.append((largest - reached, leaves, group_fit_out_cost(problem, group), runs))
        reached = largest
    return pieces


def _remedy_cny(
    site: Site, figures: _MaskFigures, loss_cny: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (2^functions,): the least that larger rooms which make a loss good cost, and take to run."""
    left = loss_cny.copy()
    cost, running = np.zeros(len(left)), np.zeros(len(left))
    for number in range(figures.growth.shape[1]):
        piece = figures.growth[:, number] * site.floor_per_usable
        grown = np.minimum(
            figures.growth[:, number, SIZE_M2],
            np.divide(left, piece[:, LEAVES], out=np.zeros(len(left)), where=piece[:, LEAVES] > 0.0),
        )
        left -= grown * piece[:, LEAVES]
        cost += grown * piece[:, COSTS]
        running += grown * piece[:, RUNS]
    return cost, running


def _add_payable(
    problem: Problem, functions: Sequence[str], rooms: Mapping[str, float], mask: int, figures: _MaskFigures
) -> None:
    """Write what each source may pay of a mask's fit-out; a room with an eligible function counts whole."""
    for number, source in enumerate(problem.money.sources.values()):
        if source.eligible_functions is None:
            figures.payable_cny[mask, number] = figures.grown_cny[mask, number] = np.inf
            continue
        by_group: dict[str, list[str]] = {}
        for key in functions:
            by_group.setdefault(problem.functions[key].room_group, []).append(key)
        for group, keys in by_group.items():
            rates = [
                problem.functions[key].fit_out_cost_cny_per_m2
                for key in problem.room_groups[group]
                if key in source.eligible_functions
            ]
            if source.eligible_functions.isdisjoint(keys):
                continue
            largest = max(problem.functions[key].maximum_m2 for key in keys)
            figures.payable_cny[mask, number] += max(rates) * rooms[group]
            figures.grown_cny[mask, number] += group_fit_out_cost(problem, group) * max(rooms[group], largest)


def _loss_cny(problem: Problem, site: Site, figures: _MaskFigures) -> NDArray[np.float64]:
    """Return (2^functions,): what the operator of a site loses a year in the smallest rooms, with rent."""
    if not problem.operator_viability:
        return np.zeros(len(figures.loss_cny))
    loss = figures.loss_cny * site.floor_per_usable + site.rent_cny_per_year
    return np.where(loss > LOSS_TOLERANCE_CNY, loss, 0.0)


def _most_made_good(site: Site, figures: _MaskFigures) -> NDArray[np.float64]:
    """Return (2^functions,): the most that larger rooms leave the operator of a site, CNY a year."""
    left_m2 = np.maximum(0.0, site.usable_area_m2 - figures.rooms_m2)
    total, masks = np.zeros(len(left_m2)), np.arange(len(left_m2))
    for number in range(figures.growth.shape[1]):
        piece = figures.growth[masks, figures.most_left[:, number]]
        grown = np.minimum(left_m2, piece[:, SIZE_M2])
        total += grown * piece[:, LEAVES]
        left_m2 -= grown
    return total * site.floor_per_usable


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
        allowed &= loss <= _most_made_good(site, figures) + LOSS_TOLERANCE_CNY
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

"""How large a space must be for some functions, in which form, and about what it would cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from siteplan.case import Form, Mode
from siteplan.outcome.money import fit_out_cost_cny_per_m2
from siteplan.policy import Policy
from siteplan.problem import Problem


@dataclass(frozen=True, slots=True)
class NeededSpace:
    """The smallest space for some functions.

    ``also_needed``: functions that a complex must have besides; ``form`` None: the scenario has no rules of
    form. ``opening_cost_cny`` is for rebuilding the floor area, ``cny`` with the fit-out of the rooms.
    """

    form: Form | None
    also_needed: tuple[str, ...]
    floor_area_m2: float
    usable_area_m2: float
    opening_cost_cny: float
    cny: float


def needed_space(problem: Problem, policy: Policy, functions: Iterable[str]) -> NeededSpace:
    """Return the smallest space for the functions: scattered where they are few, else a complex.

    Functions of one room group share a room as large as the largest of their minimum areas. Unit costs are
    those of ``costs.yaml``, floor area per usable area that of ``standards.yaml``.
    """
    wanted = tuple(functions)
    standard = problem.form_standard
    also: tuple[str, ...] = ()
    form: Form | None = None
    at_least_m2 = 0.0
    if standard is not None:
        form = Form.SCATTERED
        if len(wanted) > standard.scattered_maximum_functions:
            form, at_least_m2 = Form.COMPLEX, standard.minimum_floor_area_m2
            also = _also_needed(problem, wanted)
    rooms = rooms_m2(problem, (*wanted, *also), form)
    share = policy.standards.usable_share_of_floor_area.value
    floor_m2 = max(at_least_m2, sum(rooms.values()) / share)
    opening_cny = floor_m2 * policy.costs.opening_cost_cny_per_m2[Mode.REBUILD].value
    fit_out_cny = sum(fit_out_cost_cny_per_m2(problem, group) * room / share for group, room in rooms.items())
    return NeededSpace(form, also, floor_m2, floor_m2 * share, opening_cny, opening_cny + fit_out_cny)


def rooms_m2(problem: Problem, functions: Iterable[str], form: Form | None) -> dict[str, float]:
    """Return room group → usable m² of its room."""
    rooms: dict[str, float] = {}
    for key in functions:
        function = problem.functions[key]
        least = function.minimum_in_complex_m2 if form is Form.COMPLEX else function.minimum_alone_m2
        rooms[function.room_group] = max(rooms.get(function.room_group, 0.0), least)
    return rooms


def _also_needed(problem: Problem, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the functions that a complex with the wanted ones must have besides, the smallest first."""
    standard = problem.form_standard
    assert standard is not None
    care = (problem.elderly_function, problem.infant_function)
    also: list[str] = []

    def added_m2(key: str) -> float:
        with_it = rooms_m2(problem, (*wanted, *also, key), Form.COMPLEX)
        return sum(with_it.values()) - sum(rooms_m2(problem, (*wanted, *also), Form.COMPLEX).values())

    def smallest(keys: Iterable[str]) -> str | None:
        return min((key for key in keys if key not in (*wanted, *also)), key=added_m2, default=None)

    if problem.places_reserved_first and not set(care) & set(wanted):
        also += filter(None, [smallest(key for key in care if key in problem.functions)])
    while sum(problem.functions[key].is_standard for key in (*wanted, *also)) < (
        standard.minimum_standard_functions
    ):
        further = smallest(key for key, entry in problem.functions.items() if entry.is_standard)
        if further is None:
            break
        also.append(further)
    while len((*wanted, *also)) < standard.minimum_functions:
        further = smallest(problem.functions)
        if further is None:
            break
        also.append(further)
    return tuple(also)

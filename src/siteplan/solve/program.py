"""The planning model as arrays, and back from a solution to decisions.

`compile_program` turns the Pyomo model into sparse arrays once; searching (fixing columns, adding rows,
changing the objective) then works on the arrays, and `Columns` translates between decisions and columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.environ import Objective, minimize
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from siteplan.case import Form
from siteplan.highs import FloatArray, Program
from siteplan.plan import Decisions
from siteplan.problem import Problem, Site
from siteplan.scenario import Level
from siteplan.solve.formulation.areas import at_smallest_areas, smallest_area_m2
from siteplan.solve.formulation.form import can_be_complex, free_form
from siteplan.solve.formulation.objective import OBJECTIVES
from siteplan.solve.formulation.variables import PlanModel
from siteplan.units import to_m2, to_model_area

INTEGER_HALF = 0.5
"""A binary above this is 1: solver values are within its integrality tolerance of 0 or 1."""
AREA_DECIMALS = 6
"""Areas in m² are rounded to this many decimals when read from the solver."""


TargetKey = tuple[str, int] | tuple[str, str, int]
"""(function, year) of a target of the county, (area, function, year) of one of a town or community."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Where each variable of the model stands among the program's columns.

    Keys are those of the Pyomo variables: ``open[site, year]``, ``provide[site, function, year]``,
    ``complex[site]``, ``area[site, function, year]``, ``room[site, group, year]``; ``shortfall`` is
    of the county and of towns and communities: `TargetKey`.
    """

    open: Mapping[tuple[str, int], int]
    provide: Mapping[tuple[str, str, int], int]
    complex: Mapping[str, int]
    area: Mapping[tuple[str, str, int], int]
    room: Mapping[tuple[str, str, int], int]
    shortfall: Mapping[TargetKey, int]


@dataclass(frozen=True, slots=True)
class Cut:
    """One more row over what opens: Σ coefficient · open[site, last year] ≥ at_least.

    Or over what is provided: Σ coefficient · provide[site, function, year]. Pairs that are no variables of
    the problem are never open or provided.
    """

    name: str
    at_least: float
    open: Mapping[str, float] = field(default_factory=dict)
    provide: Mapping[tuple[str, str, int], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledModel:
    """A program with its columns and the objective vectors of its levels (to be minimised).

    ``areas_are_smallest``: areas have no columns, as they are the smallest of their form.
    """

    problem: Problem
    program: Program
    columns: Columns
    objectives: Mapping[Level, tuple[FloatArray, float]]
    areas_are_smallest: bool = False

    def with_cuts(self, cuts: Sequence[Cut]) -> CompiledModel:
        """Return the model with further rows."""
        program = self.program
        for cut in cuts:
            program = program.with_row(cut.name, self.coefficients(cut), cut.at_least, np.inf)
        return replace(self, program=program)

    def coefficients(self, cut: Cut) -> FloatArray:
        """Return the coefficients (columns,) of a cut."""
        coefficients = np.zeros(len(self.program.cost))
        last = self.problem.years[-1]
        for site, coefficient in cut.open.items():
            if (site, last) in self.columns.open:
                coefficients[self.columns.open[site, last]] = coefficient
        for key, coefficient in cut.provide.items():
            if key in self.columns.provide:
                coefficients[self.columns.provide[key]] = coefficient
        return coefficients

    def decisions(self, values: FloatArray) -> Decisions:
        """Read the decisions from a solution vector (columns,)."""
        problem = self.problem
        start: dict[tuple[str, str], int] = {}
        for (site, function, year), column in self.columns.provide.items():
            if values[column] > INTEGER_HALF:
                start[site, function] = min(year, start.get((site, function), year))
        forms = {
            site: Form.COMPLEX if values[self.columns.complex[site]] > INTEGER_HALF else Form.SCATTERED
            for site in dict.fromkeys(site for site, _ in start)
        }
        if self.areas_are_smallest:
            return at_smallest_areas(problem, start, forms, _smallest_of_form_m2)
        area = {
            (site, function, year): _area_m2(values[column])
            for (site, function, year), column in self.columns.area.items()
            if year >= start.get((site, function), problem.years[-1] + 1)
        }
        room = {key: _area_m2(values[column]) for key, column in self.columns.room.items()}
        return Decisions(start, {key: size for key, size in room.items() if size > 0.0}, area, forms)

    def has_columns_of(self, decisions: Decisions) -> bool:
        """Return whether everything that a decision provides may be provided."""
        last = self.problem.years[-1]
        return all((*pair, last) in self.columns.provide for pair in decisions.start_year)

    def columns_by_site(self) -> dict[str, NDArray[np.int64]]:
        """Return the binary columns of each planned site."""
        columns: dict[str, list[int]] = {site: [] for site in self.problem.planned_sites}
        for (site, _), column in self.columns.open.items():
            columns[site].append(column)
        for (site, _, _), column in self.columns.provide.items():
            columns[site].append(column)
        for site, column in self.columns.complex.items():
            columns[site].append(column)
        return {site: np.array(numbers, dtype=np.int64) for site, numbers in columns.items()}

    def start_values(self, decisions: Decisions) -> tuple[NDArray[np.int64], FloatArray]:
        """Return (columns, values) of the binaries of a decision: a start that the solver completes."""
        opening = decisions.opening_years()
        never = self.problem.years[-1] + 1
        pairs: list[tuple[int, float]] = [
            (column, float(year >= opening.get(site, never)))
            for (site, year), column in self.columns.open.items()
        ]
        pairs += [
            (column, float(year >= decisions.start_year.get((site, function), never)))
            for (site, function, year), column in self.columns.provide.items()
        ]
        for site, column in self.columns.complex.items():
            entry = self.problem.sites[site]
            fixed = free_form(self.problem, site) is None and can_be_complex(self.problem, entry)
            is_complex = decisions.forms.get(site) is Form.COMPLEX
            pairs.append((column, float(fixed or is_complex)))
        columns, values = zip(*pairs, strict=True) if pairs else ((), ())
        return np.array(columns, dtype=np.int64), np.array(values, dtype=np.float64)

    def area_start_values(self, decisions: Decisions) -> tuple[NDArray[np.int64], FloatArray]:
        """Return (columns, values) of the areas and rooms of a decision."""
        room = {
            column: to_model_area(decisions.room_m2.get(key, 0.0))
            for key, column in self.columns.room.items()
        }
        area = {
            column: to_model_area(decisions.area_m2.get(key, 0.0))
            for key, column in self.columns.area.items()
        }
        pairs = room | area
        columns, values = tuple(pairs), tuple(pairs.values())
        return np.array(columns, dtype=np.int64), np.array(values, dtype=np.float64)


def _smallest_of_form_m2(problem: Problem, _site: Site, function: str, form: Form) -> float:
    return smallest_area_m2(problem, function, form)


def _area_m2(model_area: float) -> float:
    return max(0.0, round(to_m2(model_area), AREA_DECIMALS))


def compile_program(problem: Problem, model: PlanModel, levels: Sequence[Level]) -> CompiledModel:
    """Compile the Pyomo model to arrays, with one objective vector for each level.

    All objectives are to be minimised: a maximised level has its sign turned.
    """
    for level in levels:
        definition = OBJECTIVES[level]
        sign = -1.0 if definition.maximise else 1.0
        expression = sign * definition.expression(problem, model) + 0.0 * _anchor(model)
        setattr(model, f"objective_{level.value}", Objective(expr=expression, sense=minimize))
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    index = {id(variable): column for column, variable in enumerate(form.columns)}
    costs = form.c.toarray()
    objectives = {
        level: (costs[row].astype(float), float(form.c_offset[row])) for row, level in enumerate(levels)
    }
    columns = columns_of(model, index)
    return CompiledModel(problem, program_of(form), columns, objectives, model.areas_are_smallest)


def _anchor(model: PlanModel) -> Any:
    """Return some variable, so that an objective that happens to be constant stays an expression."""
    return next(iter(model.carried.values()))


def program_of(form: Any) -> Program:
    """Return the arrays of a compiled standard form, without an objective."""
    lower = np.full(len(form.rows), -np.inf)
    upper = np.full(len(form.rows), np.inf)
    names = []
    for row, (constraint, bound) in enumerate(form.rows):
        names.append(constraint.name)
        if bound >= 0:
            upper[row] = form.rhs[row]
        if bound <= 0:
            lower[row] = form.rhs[row]
    columns = form.columns
    count = len(columns)
    return Program(
        matrix=form.A.tocsr(),
        row_lower=lower,
        row_upper=upper,
        column_lower=np.array([-np.inf if v.lb is None else v.lb for v in columns], dtype=float),
        column_upper=np.array([np.inf if v.ub is None else v.ub for v in columns], dtype=float),
        cost=np.zeros(count),
        offset=0.0,
        is_integer=np.array([not v.is_continuous() for v in columns], dtype=bool),
        row_names=tuple(names),
    )


def columns_of(model: PlanModel, index: Mapping[int, int]) -> Columns:
    """Return the columns of a model, or of a block of it; ``index``: id of a variable → its column."""

    def positions(variable: Any) -> dict[Any, int]:
        return {key: index[id(item)] for key, item in variable.items() if id(item) in index}

    area = positions(model.area)
    alone = {
        (site, group, year): area[site, function, year]
        for (site, group), function in model.sharing.only_function.items()
        for year in model.years
        if (site, function, year) in area
    }
    return Columns(
        open=positions(model.open),
        provide=positions(model.provide),
        complex=positions(model.complex),
        area=area,
        room=positions(model.room) | alone,
        shortfall=positions(model.shortfall) | positions(model.local_shortfall),
    )

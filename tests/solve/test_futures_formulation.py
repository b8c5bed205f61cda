"""What links the futures is written down, has a golden program each, and binds where it should.

After a family was changed on purpose, write its file again and read the difference:

    python -m tests.solve.test_futures_formulation
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyomo.environ import Objective
from pyomo.repn.plugins.lp_writer import LPWriter
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.optimize import Bounds, LinearConstraint, milp
from tests.solve.test_formulation import DOCUMENT
from tests.tiny_problem import ELDERLY, tiny_problem

from siteplan.scenario import DecidedNow, DecisionRule, Level
from siteplan.solve.formulation.futures import (
    FUTURES_CONSTRAINTS,
    Future,
    FuturesProblem,
    build_futures_model,
    futures_variables,
)
from siteplan.solve.futures import compile_futures
from siteplan.solve.program import program_of

FOLDER = Path(__file__).parent / "golden_futures"
LEVELS = (Level.SHORTFALL,)


def two_futures(decide: DecidedNow = DecidedNow.FUNCTIONS) -> FuturesProblem:
    """Return the tiny problem twice, once without s1, judged by regret against 2 and 5 points."""
    known = replace(tiny_problem(), objective=LEVELS)
    forbidden = {("s1", function): 2028 for function in known.sites["s1"].may_host}
    return FuturesProblem(
        (
            Future("known", known, reference=2.0),
            Future("lost", replace(known, forbidden_by_hand=forbidden), None, frozenset({"s1"}), 5.0),
        ),
        DecisionRule.REGRET,
        decide,
    )


def program_text(family: str) -> str:
    """Return the LP file of a family alone, with an empty objective."""
    problem = two_futures()
    model = futures_variables(problem, filled=True)
    setattr(model, family, FUTURES_CONSTRAINTS[family](problem, model))
    model.nothing = Objective(expr=0.0)
    text = io.StringIO()
    LPWriter().write(model, text, symbolic_solver_labels=True)
    return text.getvalue()


def test_every_family_has_a_golden_file_and_every_file_a_family() -> None:
    """None is missing and none is left over."""
    assert {file.stem for file in FOLDER.glob("*.lp")} == set(FUTURES_CONSTRAINTS)


@pytest.mark.parametrize("family", FUTURES_CONSTRAINTS)
def test_a_family_builds_its_golden_program(family: str) -> None:
    """The program is as it was read and accepted, and isn't empty."""
    text = program_text(family)
    assert f"{family}(" in text
    assert text == (FOLDER / f"{family}.lp").read_text(encoding="utf-8")


def test_every_family_is_written_down() -> None:
    """The part "Futures" has a block for each family and no other, each with equation, sets and origin."""
    part = DOCUMENT.split("\n# Futures", 1)[1].split("\n# ", 1)[0]
    blocks = dict(re.findall(r"\n### (\w+)\n(.*?)(?=\n### |\Z)", part, flags=re.DOTALL))
    assert set(blocks) == set(FUTURES_CONSTRAINTS)
    for block in blocks.values():
        assert re.search(r"（?[\u4e00-\u9fff]{2,}", block)
        assert block.count("$$") == 2
        assert r"\in" in block
        assert "From: " in block


CASES: dict[str, tuple[dict[tuple[Any, ...], float], dict[tuple[Any, ...], float]]] = {
    # s2 opens in one future and not in the other; s1 may, as the other loses it.
    "opened_alike": (
        {("known", "open", "s2", 2027): 1.0, ("lost", "open", "s2", 2027): 0.0},
        {("known", "open", "s1", 2027): 1.0, ("lost", "open", "s1", 2027): 0.0},
    ),
    "provided_alike": (
        {("known", "provide", "s2", ELDERLY, 2028): 1.0, ("lost", "provide", "s2", ELDERLY, 2028): 0.0},
        {("known", "provide", "s1", ELDERLY, 2028): 1.0, ("lost", "provide", "s1", ELDERLY, 2028): 0.0},
    ),
}


def is_feasible(problem: FuturesProblem, values: dict[tuple[Any, ...], float], without: str | None) -> bool:
    """Return whether a joint program has a solution with the values, without one family's rows."""
    model = build_futures_model(problem, LEVELS)
    for (future, name, *index), value in values.items():
        getattr(model.future[future], name)[tuple(index)].fix(value)
    if without is not None:
        model.del_component(without)
    answer = solved(model)
    assert answer.status in (0, 2), answer.message
    return bool(answer.status == 0)


def solved(model: Any) -> Any:
    """Solve a joint model for any plan, with another solver than the program's own."""
    program = program_of(LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None))
    return milp(
        np.zeros(len(program.cost)),
        integrality=program.is_integer.astype(int),
        bounds=Bounds(program.column_lower, program.column_upper),
        constraints=LinearConstraint(program.matrix, program.row_lower, program.row_upper),
    )


@pytest.mark.parametrize("family", CASES)
def test_a_family_binds_where_it_should(family: str) -> None:
    """What is decided now can't differ between futures, but for the sites that one of them loses."""
    differs, allowed = CASES[family]
    problem = two_futures(DecidedNow.FUNCTIONS if family == "provided_alike" else DecidedNow.SITES)
    assert not is_feasible(problem, differs, None)
    assert is_feasible(problem, differs, family)
    assert is_feasible(problem, allowed, None)


def test_the_worst_is_as_bad_as_every_future() -> None:
    """The least possible `worst` is the largest of value less reference, in the level's unit."""
    problem = two_futures(DecidedNow.SITES)
    joint = compile_futures(problem, LEVELS)
    cost, offset = joint.rule
    program = joint.program
    answer = milp(
        cost,
        integrality=program.is_integer.astype(int),
        bounds=Bounds(program.column_lower, program.column_upper),
        constraints=LinearConstraint(program.matrix, program.row_lower, program.row_upper),
    )
    unit = problem.reported_per_model(Level.SHORTFALL)
    values = {key: (vector @ answer.x + shift) * unit for key, (vector, shift) in joint.values.items()}
    assert (answer.fun + offset) * unit == pytest.approx(max(values["known"] - 2.0, values["lost"] - 5.0))
    assert values["known"] - 2.0 > values["lost"] - 5.0


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in FUTURES_CONSTRAINTS:
        (FOLDER / f"{name}.lp").write_text(program_text(name), encoding="utf-8", newline="\n")

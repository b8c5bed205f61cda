"""A mistake of HiGHS's presolve is noticed, and the program solved without it: no plan is cut off.

The program below is what is left of a random county of two years, whose plans HiGHS 1.13 to 1.16 loses (its
issue 3216): with presolve it is said to have no solution.
"""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from siteplan.highs import Clock, Limits, Program, SolverSession, Status, worker
from siteplan.highs.session import _Best, _request
from siteplan.highs.worker import is_mistake_of_presolve, read_message, run, run_from

COLUMNS = 26
CONTINUOUS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 15)
COST = {0: -4.6, 1: 0.3, 4: 3.8, 5: 4.0, 6: 4.5, 8: 5.0, 9: 27.0, 10: 28.8, 12: 10.8, 14: 8.6, 15: 4.8}
COST |= dict.fromkeys((16, 17, 18), -3.0)
SPENT = (0.0, -0.25, 0.0, 0.0, 0.19, 0.2, 0.23, -0.19, 0.25, 1.05, 1.29, -0.39, 0.39, -0.13, 0.13, 0.24)
ROWS: tuple[tuple[float, dict[int, float]], ...] = (
    (0.0, {9: -1.0, 19: 1.0}),
    (0.0, {10: -1.0, 22: 1.0}),
    (0.0, {12: -1.0, 24: 1.0}),
    (0.0, {11: 1.0, 12: -1.0}),
    (0.0, {13: 1.0, 14: -1.0}),
    (3.0, {9: 1.0, 10: 1.0, 11: -1.0, 12: 1.0, 13: -1.0, 14: 1.0}),
    (0.0, {10: -1.0, 17: 1.0}),
    (4.0, {10: 3.0, 17: 3.0, 22: -1.0, 23: -1.0}),
    (5.0, {12: 3.0, 18: 3.0, 24: -1.0}),
    (1.0, {16: 1.0, 19: -1.0, 21: 1.0}),
    (0.0, {1: -1.0, 20: 0.7}),
    (0.0, {3: -1.0, 23: 0.56}),
    (-1.4, {4: -1.0}),
    (-1.05, {5: -1.0}),
    (-0.56, {6: -1.0}),
    (0.0, {8: -1.0, 25: 0.7}),
    (0.0, {1: -1.0, 16: -1.0, 20: 1.0}),
    (-0.6, {2: -1.0, 17: -0.6}),
    (0.0, {1: 1.0, 20: -4.0}),
    (0.0, {2: 1.0, 15: -1.0}),
    (0.0, {3: 1.0, 15: -1.0}),
    (0.0, {8: 1.0, 14: -2.5}),
    (1.0, {1: 0.25, 7: 0.19, 11: 0.39, 13: 0.13}),
    (1.0, dict(enumerate(SPENT))),
    (0.0, {0: 1.0, 21: -1.0, 25: -1.0}),
)
"""Upper bound, and coefficients by column."""


def lost_by_presolve() -> Program:
    """Return the program that HiGHS's presolve, with *enumeration*, says has no solution."""
    matrix = np.zeros((len(ROWS), COLUMNS))
    for row, (_, coefficients) in enumerate(ROWS):
        matrix[row, list(coefficients)] = list(coefficients.values())
    is_integer = np.ones(COLUMNS, dtype=bool)
    is_integer[list(CONTINUOUS)] = False
    return Program(
        matrix=csr_array(matrix),
        row_lower=np.full(len(ROWS), -np.inf),
        row_upper=np.array([most for most, _ in ROWS]),
        column_lower=np.zeros(COLUMNS),
        column_upper=np.where(is_integer | (np.arange(COLUMNS) == 0), 1.0, np.inf),
        cost=np.array([COST.get(column, 0.0) for column in range(COLUMNS)]),
        offset=0.0,
        is_integer=is_integer,
        row_names=tuple(f"row[{row}]" for row in range(len(ROWS))),
    )


def request_with(**options: Any) -> dict[str, Any]:
    request = _request(lost_by_presolve(), Limits(), None)
    return {**request, "options": {**request["options"], **options}}


@pytest.fixture(scope="module")
def optimum() -> float:
    """The optimum, without presolve."""
    answer = run_from(None, request_with(presolve="off"), io.BytesIO())
    assert answer is not None
    assert answer["status"] == "kOptimal"
    return float(answer["objective"])


def test_a_session_loses_no_plan(optimum: float) -> None:
    """What it says is what HiGHS says without presolve."""
    with SolverSession() as session:
        answer = session.solve(lost_by_presolve(), Limits(), Clock(time.monotonic() + 30.0))
    assert answer.status is Status.OPTIMAL
    assert answer.objective == pytest.approx(optimum)


def test_a_program_that_presolve_has_lost_a_row_of_is_solved_without(optimum: float) -> None:
    """HiGHS itself says so; the bounds sent until then are withdrawn, and the answer is right."""
    with_rule = request_with()
    if run_from(None, with_rule, io.BytesIO()) is not None:
        pytest.skip("this HiGHS makes no such mistake")
    output = io.BytesIO()
    answer = run(with_rule, output)
    assert (answer["status"], answer["objective"]) == ("kOptimal", pytest.approx(optimum))
    output.seek(0)
    events = [event["event"] for event in iter(lambda: read_message(output), None)]
    assert events.count("bound_withdrawn") == 1


def test_what_stays_wrong_is_solved_without_presolve(optimum: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last remedy is no presolve at all."""
    tried: list[dict[str, Any]] = []

    def mistrusted(start: Any, request: dict[str, Any], output: io.BytesIO) -> dict[str, Any] | None:
        tried.append(request["options"])
        return run_from(start, request, output) if request["options"].get("presolve") == "off" else None

    monkeypatch.setattr(worker, "run_from", mistrusted)
    assert run(request_with(), io.BytesIO())["objective"] == pytest.approx(optimum)
    assert [options.get("presolve_rule_off", 0) > 0 for options in tried] == [False, True, False]


def test_a_withdrawn_bound_counts_no_more() -> None:
    """Those after it do, even if they are lower."""
    best = _Best()
    for event in ({"bound": 7.0}, {}, {"bound": 5.0}):
        best.take({"event": "progress" if event else "bound_withdrawn", **event})
    assert best.bound == 5.0


@pytest.mark.parametrize(
    ("message", "is_one"),
    [
        ("WARNING: Solution with objective 1 has untransformed violations: variable bound = 0; "
         "constraint bound = 1; integrality = 5.684e-14", True),
        ("WARNING: Solution with objective 6 has untransformed violations: bound = 0; integrality = 0; "
         "row = 2 (row 7)", True),
        ("WARNING: Solution with objective 1e6 has untransformed violations: variable bound = 0; "
         "constraint bound = 2.1e-06; integrality = 0", False),
        ("Solution with objective = 12", False),
    ],
)  # fmt: skip
def test_only_what_is_broken_by_more_than_tolerances_is_a_mistake(message: str, is_one: bool) -> None:
    """HiGHS says so in words, which differ by version."""
    assert is_mistake_of_presolve(message) is is_one


@pytest.fixture
def with_start(optimum: float) -> dict[str, Any]:
    """A request that begins with the best solution, with the rule that loses it."""
    answer = run_from(None, request_with(presolve="off"), io.BytesIO())
    assert answer is not None
    columns = np.arange(COLUMNS)
    return request_with() | {"start_columns": columns, "start_values": answer["values"]}


def test_a_start_shows_that_there_is_a_solution(with_start: dict[str, Any], optimum: float) -> None:
    """What presolve says of the program contradicts it, so it is solved without."""
    answer = run(with_start, io.BytesIO())
    assert (answer["status"], answer["objective"]) == ("kOptimal", pytest.approx(optimum))


def test_what_contradicts_a_start_even_without_presolve_is_no_answer(
    with_start: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start is a solution, if only within tolerances: that there is none is not said."""
    nothing = {"event": "done", "status": "kInfeasible", "values": None, "objective": None, "bound": np.inf}
    monkeypatch.setattr(worker, "run_from", lambda *_: dict(nothing))
    assert run(with_start, io.BytesIO())["status"] != "kInfeasible"


def test_rows_that_hold_values_have_tighter_tolerances() -> None:
    """Only there: they take time."""
    for holds_values in (False, True):
        options = _request(lost_by_presolve(), Limits(holds_values=holds_values), None)["options"]
        assert ("mip_feasibility_tolerance" in options) is holds_values

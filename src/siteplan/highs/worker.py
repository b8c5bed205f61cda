"""The solver process: reads programs from standard input, runs HiGHS, writes events to standard output.

Run by file path in a process of its own (see `siteplan.highs.session`), so that a time limit or Ctrl-C
always holds: the parent keeps the best solution it was sent and ends the process. Messages are pickled
with a length in front. It imports nothing of siteplan, so that it starts in a fraction of a second.
"""

from __future__ import annotations

import os
import pickle
import re
import signal
import struct
import sys
import time
from typing import IO, Any

import highspy
import numpy as np

LENGTH = struct.Struct("<Q")
"""Length of a message in bytes, in front of it."""
CONSISTENT = 1e-6
"""An objective further from its solution's own (absolute, or relative to it) is not that solution's."""
TELL_EVERY_S = 0.25
"""How often the bound is sent, in seconds."""
LESS_PRESOLVE: tuple[dict[str, Any], ...] = ({}, {"presolve_rule_off": 1 << 16}, {"presolve": "off"})
"""Options that are tried in turn where presolve turns out to be wrong: without its rule 16, *enumeration*,
which leads to the mistake of issue 3216, then without presolve."""
MISTRUSTED = 1e-4
"""A solution of the presolved program that breaks a row of the program by more is a mistake of presolve."""
VIOLATIONS = re.compile(r"untransformed violations: (.*)")
VIOLATION = re.compile(r"= ([-+.0-9einfa]+)")
"""What HiGHS says of a solution of the presolved program that is none of the program: by how much."""


def read_message(stream: IO[bytes]) -> Any | None:
    """Return the next message, or None at the end of the stream."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    return pickle.loads(stream.read(length))


def write_message(stream: IO[bytes], message: Any) -> None:
    """Write a message and flush."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def make_solver(request: dict[str, Any]) -> Any:
    """Return a HiGHS instance with the request's program and options."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    for name, value in request["options"].items():
        solver.setOptionValue(name, value)
    solver.passModel(make_lp(request))
    return solver


def complete_start(request: dict[str, Any]) -> dict[str, Any] | None:
    """Return the start as an incumbent: its columns fixed, the others optimised; None if infeasible.

    A solver of its own does this: the bound of the fixed program must not be taken for a bound of the
    program itself.
    """
    solver = make_solver(request)
    columns = np.asarray(request["start_columns"], dtype=np.int32)
    values = np.asarray(request["start_values"], dtype=np.float64)
    below, above = request["column_lower"][columns] - values, values - request["column_upper"][columns]
    if max(below.max(initial=0.0), above.max(initial=0.0)) > CONSISTENT:
        return None
    solver.changeColsBounds(len(columns), columns, values, values)
    solver.run()
    answer = final_answer(solver, bool(request["is_integer"].any()))
    if answer["values"] is None:
        return None
    return {"event": "incumbent", "objective": answer["objective"], "values": answer["values"]}


def make_lp(request: dict[str, Any]) -> highspy.HighsLp:
    """Return the program as HiGHS takes it."""
    lp = highspy.HighsLp()
    lp.num_col_ = len(request["cost"])
    lp.num_row_ = len(request["row_lower"])
    lp.col_cost_ = request["cost"]
    lp.offset_ = request["offset"]
    lp.col_lower_ = request["column_lower"]
    lp.col_upper_ = request["column_upper"]
    lp.row_lower_ = request["row_lower"]
    lp.row_upper_ = request["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = request["matrix_start"]
    lp.a_matrix_.index_ = request["matrix_index"]
    lp.a_matrix_.value_ = request["matrix_value"]
    if request["is_integer"].any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(flag)] for flag in request["is_integer"]]
    return lp


def run(request: dict[str, Any], output: IO[bytes]) -> dict[str, Any]:
    """Solve one request, sending incumbents and bounds on the way; return the final answer.

    Presolve has been wrong before (HiGHS 1.13 to 1.16, issue 3216: a row is lost, and with it the best
    solution or all of them). Where that shows, the bounds sent so far are withdrawn, and all is solved anew
    with less of it.
    """
    start = complete_start(request) if request["start_columns"] is not None else None
    if start is not None:
        write_message(output, start)
    answer = None
    for remedy in LESS_PRESOLVE:
        if remedy:
            write_message(output, {"event": "bound_withdrawn"})
        tried = {**request, "options": request["options"] | remedy}
        answer = run_from(start, tried, output)
        if answer is not None and start is not None and not is_consistent(answer, tried):
            answer = run_from(None, tried, output)
        if answer is not None and (start is None or not is_infeasible(answer)):
            break
    assert answer is not None  # without presolve nothing is mistrusted
    if start is not None and is_infeasible(answer):
        answer["status"] = "start_within_tolerances"  # it is a solution; what HiGHS adds is no answer
    if answer["values"] is not None:
        answer["objective"] = objective_of(answer["values"], request)
    return answer


def run_from(
    start: dict[str, Any] | None, request: dict[str, Any], output: IO[bytes]
) -> dict[str, Any] | None:
    """Solve one request from an incumbent, or from nothing; None once presolve turns out to be wrong."""
    solver = make_solver(request)
    if start is not None:
        columns = np.arange(len(start["values"]), dtype=np.int32)
        solver.setSolution(len(columns), columns, start["values"])
    last_told = 0.0
    is_mistrusted = False

    def on_event(kind: Any, message: str, data: Any, control: Any, user: Any) -> None:
        nonlocal last_told, is_mistrusted
        if kind == highspy.cb.HighsCallbackType.kCallbackLogging:
            is_mistrusted = is_mistrusted or is_mistake_of_presolve(message)
        elif is_mistrusted:
            control.user_interrupt = True
        elif kind == highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution:
            values = np.array(data.mip_solution)
            write_message(
                output, {"event": "incumbent", "objective": objective_of(values, request), "values": values}
            )
        elif time.monotonic() - last_told > TELL_EVERY_S:
            last_told = time.monotonic()
            event = {"event": "progress", "bound": data.mip_dual_bound, "nodes": data.mip_node_count}
            write_message(output, event)

    solver.setOptionValue("log_to_console", False)
    solver.setOptionValue("output_flag", True)
    solver.setCallback(on_event, None)
    solver.startCallback(highspy.cb.HighsCallbackType.kCallbackLogging)
    solver.startCallback(highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution)
    solver.startCallback(highspy.cb.HighsCallbackType.kCallbackMipInterrupt)
    solver.run()
    if is_mistrusted and request["options"].get("presolve") != "off":
        return None
    return final_answer(solver, bool(request["is_integer"].any()))


def is_mistake_of_presolve(message: str) -> bool:
    """Return whether HiGHS says that a solution of the presolved program breaks the program's own rows."""
    told = VIOLATIONS.search(message)
    return told is not None and any(float(size) > MISTRUSTED for size in VIOLATION.findall(told.group(1)))


def is_infeasible(answer: dict[str, Any]) -> bool:
    """Return whether HiGHS says that there is no solution."""
    return bool(answer["status"] == "kInfeasible")


def objective_of(values: Any, request: dict[str, Any]) -> float:
    """Return the objective of a solution (columns,), worked out from the solution itself."""
    return float(request["cost"] @ values + request["offset"])


def is_consistent(answer: dict[str, Any], request: dict[str, Any]) -> bool:
    """Return whether a solution has the objective that HiGHS reports for it.

    HiGHS 1.16 hands back the start it was given, under the objective of the optimum, where presolve alone
    solves the program.
    """
    if answer["values"] is None:
        return True
    claimed = float(answer["objective"])
    return abs(objective_of(answer["values"], request) - claimed) <= CONSISTENT * max(1.0, abs(claimed))


def final_answer(solver: Any, is_mip: bool) -> dict[str, Any]:
    """Return status, solution, objective and bound when HiGHS has finished."""
    info = solver.getInfo()
    has_solution = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    status = solver.getModelStatus()
    return {
        "event": "done",
        "status": status.name,
        "values": np.array(solver.getSolution().col_value) if has_solution else None,
        "row_duals": None if is_mip else np.array(solver.getSolution().row_dual),
        "objective": info.objective_function_value if has_solution else None,
        "bound": info.mip_dual_bound if is_mip else info.objective_function_value,
        "nodes": info.mip_node_count if is_mip else 0,
    }


def main() -> None:
    """Serve requests until the parent closes the pipe. Interrupts are the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        serve(sys.stdin.buffer, output)


def serve(requests: IO[bytes], output: IO[bytes]) -> None:
    """Answer requests until their stream ends. HiGHS's own printing must not reach ``output``."""
    while (request := read_message(requests)) is not None:
        write_message(output, run(request, output))


if __name__ == "__main__":
    main()

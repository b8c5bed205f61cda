"""The solver session: HiGHS in a process of its own, with limits and interruption that always hold.

HiGHS's own time limit is known to overrun (its issues 885 and 1864). Here the parent keeps the best
solution and bound it was sent and ends the process when time is up or the user interrupts.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from siteplan.highs.process import SolverProcess, give_back, take_process
from siteplan.highs.program import FloatArray, Program

POLL_S = 0.05
"""How often the parent looks whether it must stop, in seconds."""
LARGE_RELAXATION = 20_000
"""Columns beyond which a relaxation, also a mixed-integer program's first, is solved by the interior point
method: that of a generated district's 43 000 columns in 27 seconds, by the simplex method not in 190."""
TIGHT = 1e-7
"""Feasibility tolerance where rows hold values: a tenth of HiGHS's own. Proofs take a quarter longer."""
INFINITE = 1e30
"""Bounds beyond this mean that the solver has none yet."""


class Status(StrEnum):
    """How a solver run ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    NO_SOLUTION = "no_solution"


_STATUS_OF_HIGHS = {
    "kOptimal": Status.OPTIMAL,
    "kInfeasible": Status.INFEASIBLE,
}


@dataclass(slots=True)
class Clock:
    """When to stop: a deadline on `time.monotonic`, and an event that the user's interrupt sets."""

    deadline: float
    stop: threading.Event = field(default_factory=threading.Event)
    not_needed: threading.Event = field(default_factory=threading.Event)
    """Set when what is being computed is no longer needed."""
    outer: Clock | None = None
    """The clock that this one was made of for what may be no longer needed by itself."""
    cut_short: threading.Event = field(default_factory=threading.Event)
    """Set once time ended a solver run, by this clock or one made of it: another run may come to more."""

    def seconds_left(self) -> float:
        """Return the seconds to the deadline, 0 where it has passed or an event says stop."""
        if self.stop.is_set() or self.is_not_needed():
            return 0.0
        return max(0.0, self.deadline - time.monotonic())

    def is_not_needed(self) -> bool:
        """Return whether what is being computed is no longer needed, by itself or with all around it."""
        return self.not_needed.is_set() or (self.outer is not None and self.outer.is_not_needed())

    def until(self, seconds: float) -> Clock:
        """Return a clock that stops after so many seconds at the latest, and with this one."""
        deadline = min(self.deadline, time.monotonic() + seconds)
        return replace(self, deadline=deadline)

    def beside(self) -> Clock:
        """Return the same clock for what may be no longer needed by itself."""
        return replace(self, not_needed=threading.Event(), outer=self)

    def regardless(self, seconds: float) -> Clock:
        """Return a clock that stops after so many seconds, regardless of this one and of the user."""
        return Clock(time.monotonic() + seconds, cut_short=self.cut_short)


@dataclass(frozen=True, slots=True)
class Limits:
    """Deterministic limits of one solver run.

    ``nodes``: branch-and-bound nodes; None: no limit. ``absolute_gap``, ``relative_gap``: stop when incumbent
    and bound are that close, in the objective's model unit or as a share of the incumbent.
    ``is_for_bound``: look for no incumbents on the way. ``holds_values``: rows hold values that were reached,
    with less room than HiGHS's own tolerances have: within these it loses the best solution, or every one.
    """

    nodes: int | None = None
    absolute_gap: float = 1e-9
    relative_gap: float = 0.0
    seed: int = 0
    is_for_bound: bool = False
    use_interior_point: bool = False
    holds_values: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a solver run gave, in the program's own units: solution (columns,), objective, safe bound.

    ``row_duals`` (rows,): of a program without integers; None where the solver has none.
    """

    status: Status
    values: FloatArray | None
    objective: float | None
    bound: float | None
    nodes: int
    row_duals: FloatArray | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the run proved its solution optimal, or that there is none."""
        return self.status in (Status.OPTIMAL, Status.INFEASIBLE)


@dataclass(slots=True)
class _Best:
    """The best solution and bound received so far."""

    values: FloatArray | None = None
    objective: float | None = None
    bound: float | None = None
    nodes: int = 0
    row_duals: FloatArray | None = None

    def take(self, event: dict[str, Any]) -> None:
        """Keep what an event brings."""
        if event.get("values") is not None:
            objective = float(event["objective"])
            if self.objective is None or objective <= self.objective:
                self.values, self.objective = event["values"], objective
        if event["event"] == "bound_withdrawn":
            self.bound = None
        bound = event.get("bound")
        if bound is not None and abs(bound) < INFINITE:
            self.bound = float(bound) if self.bound is None else max(self.bound, float(bound))
        self.nodes = int(event.get("nodes", self.nodes))
        self.row_duals = event.get("row_duals", self.row_duals)


Listener = Callable[[float | None, float | None], None]
"""Takes (incumbent, bound) in the program's units when one of them changes."""


class SolverSession:
    """A HiGHS process of its own that solves one program after another. Use as a context manager."""

    def __init__(self) -> None:
        self._process: SolverProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the solver process back; one that is still at work is ended."""
        process, self._process = self._process, None
        if process is not None:
            give_back(process)

    def solve(
        self,
        program: Program,
        limits: Limits,
        clock: Clock,
        start: tuple[NDArray[np.int64], FloatArray] | None = None,
        listener: Listener | None = None,
    ) -> Answer:
        """Minimise the program; return within a fraction of a second after the clock says so.

        ``start``: (columns, values) of a full or partial start that HiGHS completes.
        """
        if clock.seconds_left() <= 0.0:
            return _cut_short(clock, _Best())
        if self._process is None:
            self._process = take_process()
        self._process.send(_request(program, limits, start))
        best = _Best()
        while True:
            if clock.seconds_left() <= 0.0:
                self.close()
                return _cut_short(clock, best)
            try:
                event = self._process.next_event(POLL_S)
            except queue.Empty:
                continue
            except RuntimeError:
                self.close()
                raise
            best.take(event)
            if listener is not None:
                listener(best.objective, best.bound)
            if event["event"] == "done":
                return _answer(event["status"], best)


def _cut_short(clock: Clock, best: _Best) -> Answer:
    """Return what a run came to, which the clock remembers unless user or program want no more of it."""
    if not clock.stop.is_set() and not clock.is_not_needed():
        clock.cut_short.set()
    return _answer("", best)


def _request(
    program: Program, limits: Limits, start: tuple[NDArray[np.int64], FloatArray] | None
) -> dict[str, Any]:
    options: dict[str, Any] = {
        "mip_rel_gap": limits.relative_gap,
        "mip_abs_gap": limits.absolute_gap,
        "random_seed": limits.seed,
        "threads": 1,
    }
    if limits.nodes is not None:
        options["mip_max_nodes"] = limits.nodes
    if limits.holds_values:
        options |= {"mip_feasibility_tolerance": TIGHT, "primal_feasibility_tolerance": TIGHT}
    if limits.is_for_bound:
        options["mip_heuristic_effort"] = 0.0
    if int((program.column_lower < program.column_upper).sum()) > LARGE_RELAXATION:
        options["mip_lp_solver"] = "ipm"
    if limits.use_interior_point:
        options |= {"solver": "ipm", "run_crossover": "off"}
    return {
        "options": options,
        "cost": program.cost,
        "offset": program.offset,
        "column_lower": program.column_lower,
        "column_upper": program.column_upper,
        "row_lower": program.row_lower,
        "row_upper": program.row_upper,
        "is_integer": program.is_integer,
        "matrix_start": program.matrix.indptr.astype(np.int32),
        "matrix_index": program.matrix.indices.astype(np.int32),
        "matrix_value": program.matrix.data.astype(np.float64),
        "start_columns": None if start is None else start[0],
        "start_values": None if start is None else start[1],
    }


def _answer(highs_status: str, best: _Best) -> Answer:
    fallback = Status.FEASIBLE if best.values is not None else Status.NO_SOLUTION
    status = _STATUS_OF_HIGHS.get(highs_status, fallback)
    return Answer(status, best.values, best.objective, best.bound, best.nodes, best.row_duals)

"""What HiGHS alone reaches: the whole Pyomo model of the first level, with no search and no start."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from siteplan.highs import Clock, Limits, SolverSession
from siteplan.outcome import level_value
from siteplan.problem import Problem
from siteplan.solve.formulation import build_model
from siteplan.solve.program import compile_program
from siteplan.solve.stages.run import LATER_LEVEL
from siteplan.solve.stages.values import in_reported_unit

PROGRESS_LINE = re.compile(r"^\[ *(\d+\.\d) s\] (.*)$")


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """What HiGHS alone reached at the first level, in the level's reported unit.

    ``value``: what its plan comes to by the rules of `siteplan.outcome`, as the value of any plan. The
    program's own can be better where it may fill places in another order than a plan may claim.
    """

    value: float | None
    bound: float | None
    seconds: float

    @property
    def gap(self) -> float | None:
        """Distance of value and bound, None where one of them is missing."""
        return None if self.value is None or self.bound is None else abs(self.value - self.bound)


def plain_first_level(problem: Problem, seed: int, seconds: float) -> PlainAnswer:
    """Give HiGHS the whole model of the first level for so many seconds, model building included.

    As in siteplan, HiGHS runs in one thread with no relative gap; nothing else limits or helps it.
    """
    level = problem.objective[0]
    begin = time.monotonic()
    clock = Clock(begin + seconds)
    compiled = compile_program(problem, build_model(problem, (level,)), (level,))
    program = compiled.program.with_objective(*compiled.objectives[level])
    with SolverSession() as session:
        answer = session.solve(program, Limits(seed=seed), clock)
    seconds = time.monotonic() - begin
    value = None
    if answer.values is not None:
        value = level_value(problem, compiled.decisions(answer.values), level)
    return PlainAnswer(value, in_reported_unit(problem, level, answer.bound), seconds)


def first_level_seconds(progress: Iterable[str]) -> float:
    """Return the seconds from the start of solving to the end of the first level, by the progress lines.

    Raises:
        ValueError: the lines don't show both moments.
    """
    begin: float | None = None
    for moment, words in _progress_of(progress):
        if begin is None and words == SOLVING:
            begin = moment
        elif begin is not None and words.startswith((LATER_LEVEL.en, OUTCOME)):
            return moment - begin
    raise ValueError("no progress lines from the start of solving to the end of the first level")


def _progress_of(lines: Iterable[str]) -> Iterable[tuple[float, str]]:
    """Yield the seconds and words of the lines that are progress."""
    for line in lines:
        found = PROGRESS_LINE.match(line)
        if found is not None:
            yield float(found[1]), found[2]


SOLVING, OUTCOME = "solving", "what the plan achieves"
"""English names of the stages that the command line announces."""

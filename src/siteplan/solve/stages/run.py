"""What the stages of one solve share, and the names by which they report."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

from siteplan.highs import Clock, Limits, Program
from siteplan.outcome import UNITS
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.progress import Progress, ProgressListener
from siteplan.scenario import Level, SolverSettings
from siteplan.solve.decompose.prices import PricedBounds
from siteplan.solve.program import Cut
from siteplan.solve.reductions import count_columns
from siteplan.solve.result import NoPlanError
from siteplan.solve.search.landscape import Landscape
from siteplan.solve.stages.effort import (
    BUILD_SECONDS_PER_COLUMN,
    BUILD_SHARE,
    COLUMNS_OF_NODE_LIMITS,
    LARGEST_BRANCHED_PROGRAM,
    LARGEST_PROGRAM,
)
from siteplan.text import Text

SEARCH = Text("搜索初始方案", "searching for a first plan")
BOUNDS_BY_PRICES = Text("由影子价格求上限", "bounds from prices")
SINGLE_YEAR = Text("逐年求上限", "bounds year by year")
REPAIR = Text("修正初始方案", "mending the first plan")
MERGING = Text("合并各次搜索的方案", "merging the plans of the search")
STAGING = Text("末年状态分年安排", "staging the end state")
FIRST_LEVEL = Text("求解第一级目标", "first objective level")
CONFLICT = Text("找出互相冲突的规定", "finding the rules that clash")
LATER_LEVEL = Text("求解后续目标", "later objective levels")


def _set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


@dataclass
class Run:
    """What the stages of one solve share: clock, settings, progress, and what ended them so far."""

    problem: Problem
    settings: SolverSettings
    listener: ProgressListener
    clock: Clock
    cuts: tuple[Cut, ...] = ()
    started: float = field(default_factory=time.monotonic)
    land: Landscape | None = None
    priced: PricedBounds | None = None
    core_is_free: threading.Event = field(default_factory=_set_event)
    """Whether there is a core for more than one program besides the search."""
    build_s: float = 0.0
    """Seconds that building the program of the first level took, which nothing interrupts."""

    @cached_property
    def columns(self) -> int:
        """Return about how many columns the program of the first level has."""
        return count_columns(self.problem, self.problem.objective[0])

    def is_branched(self) -> bool:
        """Return whether branching on the program of the first level is of use."""
        return self.columns <= LARGEST_BRANCHED_PROGRAM

    def is_large(self) -> bool:
        """Return whether the plan is better found and proven without the whole program."""
        build_s = BUILD_SECONDS_PER_COLUMN * self.columns
        return self.columns > LARGEST_PROGRAM or build_s > BUILD_SHARE * self.clock.seconds_left()

    def can_build(self, clock: Clock, times: float = 1.0) -> bool:
        """Return whether there is time to build a program of so many times the first one's length."""
        enough = clock.seconds_left() > times * self.build_s
        if not enough:
            self.clock.cut_short.set()
        return enough

    def tell(
        self,
        stage: Text,
        level: Level | None = None,
        answer: tuple[float | None, float | None] = (None, None),
    ) -> None:
        """Report a stage; ``answer`` is (incumbent, bound) in the level's reported unit.

        Raises:
            NoPlanError: nobody needs the plan any more.
        """
        self.go_on()
        incumbent, bound = answer
        gap = None if incumbent is None or bound is None else abs(incumbent - bound)
        unit = None if level is None else UNITS[level]
        name = None if level is None else level.value
        elapsed = time.monotonic() - self.started
        self.listener(Progress(stage, elapsed, name, unit, incumbent, bound, gap))

    def go_on(self) -> None:
        """Give up where nobody needs the plan any more: `NoPlanError`."""
        if self.clock.is_not_needed():
            raise NoPlanError(interrupted=True)

    def limits(self, program: Program, nodes_at_effort_one: int, absolute_gap: float = 1e-9) -> Limits:
        """Return the limits of a solver run on a program, or on a restriction of it."""
        cheapness = max(1.0, COLUMNS_OF_NODE_LIMITS / max(1, len(program.cost)))
        nodes = max(1, round(nodes_at_effort_one * self.settings.effort * cheapness))
        return Limits(nodes=nodes, absolute_gap=absolute_gap, seed=self.settings.seed)


@dataclass(frozen=True, slots=True, eq=False)
class First:
    """The first level's decisions and proven bound (model units, to be minimised)."""

    decisions: Decisions
    bound: float | None
    is_without_program: bool = False

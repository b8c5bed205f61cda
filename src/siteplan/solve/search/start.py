"""The start that the solver gets: the best of several annealing runs, as decisions at minimum areas."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Thread
from typing import NamedTuple

import numpy as np

from siteplan.case import Form
from siteplan.highs import Clock
from siteplan.plan import Decisions
from siteplan.problem import Problem
from siteplan.scenario import Level
from siteplan.solve.formulation.areas import at_smallest_areas
from siteplan.solve.search.annealing import (
    CLOSED,
    LIMIT_TOLERANCE,
    Run,
    Schedule,
    anneal,
    mean_worth_of_function,
    unit_of_shortfall,
)
from siteplan.solve.search.landscape import FloatArray, IntArray, Landscape, describe_landscape
from siteplan.solve.search.limits import UNLIMITED, capital_allowed
from siteplan.solve.search.programmes import (
    MOST_FUNCTIONS,
    functions_of,
    smallest_area_in_site_m2,
)

THREADS = 2
POLL_S = 0.05
"""How often the clock is looked at, in seconds."""
SECONDS_TO_STOP = 0.3
"""What a run may take to notice that it must stop; one that takes longer is left behind."""
HOT, COLD = 1.0, 0.02
"""First and last temperature, as multiples of the mean weighted points of one unit of shortfall."""
PROMISING_HOT, PROMISING_COLD = (0.1, 0.3), 0.01
"""First temperatures of runs that begin at what is promising, in turn, and their last: see `Runs`."""
WORTH_OF_LATER_LEVELS: Mapping[Level, float] = {
    Level.PERSONS_COVERED: 1.0,
    Level.FORM: 0.1,
    Level.COST: 0.01,
}
"""Units of shortfall that a later level is worth between nothing and all of it."""


class Promising(NamedTuple):
    """What sites may well provide: ``masks`` (planned sites, years); ``worth`` (sites,): the surest first."""

    masks: IntArray
    worth: FloatArray


@dataclass(frozen=True, slots=True)
class Found:
    """The best state within the limits: what it provides, and its weighted points short of the targets.

    ``is_within_limits``: False where a run found none, and this is the last it tried.
    """

    decisions: Decisions
    shortfall: float
    is_within_limits: bool = True


@dataclass(frozen=True, slots=True)
class Runs:
    """How much is searched: ``moves`` of each run, runs from nothing and runs from what is promising.

    Those from nothing begin at ``improve_from`` where there is one.
    """

    moves: int
    from_nothing: int
    from_promising: int = 0


def search_starts(
    problem: Problem,
    seed: int,
    runs: Runs,
    clock: Clock,
    improve_from: Decisions | None = None,
    land: Landscape | None = None,
    promising: Promising | None = None,
    *,
    can_be_mended: bool = False,
) -> tuple[Found, ...]:
    """Return what each run found within the limits, at minimum areas, the best first.

    ``improve_from``: where runs begin instead of at nothing; ``land``: the problem's, where it is known
    already; ``promising``: where further runs begin, as far as the limits allow. ``can_be_mended``: also the
    last that a run tried which found nothing within them, after all others.
    The result depends on the arguments alone unless the clock cuts the search short; it returns within
    half a second of the clock. Nothing beyond `MOST_FUNCTIONS` functions, where the search is left out,
    and where no site can open.
    """
    if len(problem.functions) > MOST_FUNCTIONS or clock.seconds_left() <= 0.0:
        return ()
    land = describe_landscape(problem) if land is None else land
    first = first_programmes(problem, land, improve_from)
    if first is None or not len(land.sites.movable):
        return ()
    beginnings = [_Beginning(_schedule(land, runs.moves), first)] * runs.from_nothing
    if promising is not None:
        begun = _begin_promising(land, promising, first)
        schedules = [_schedule_of_promising(land, runs.moves, share) for share in PROMISING_HOT]
        ahead = [_Beginning(schedules[run % len(schedules)], begun) for run in range(runs.from_promising)]
        beginnings = ahead + beginnings
    seeds = [int(entry) for entry in np.random.SeedSequence(seed).generate_state(len(beginnings))]
    found = [run for run in _run_all(land, beginnings, seeds, clock) if can_be_mended or not run.violation]
    found.sort(key=lambda run: (run.violation, run.cost, run.seed))
    return tuple(
        Found(_decisions(problem, land, run.programmes), run.shortfall, not run.violation) for run in found
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Beginning:
    """How a run anneals, and the programmes (sites, years) that it begins with."""

    schedule: Schedule
    first: IntArray


@dataclass(slots=True)
class _Times:
    """When each run began and has to end (`time.monotonic`), and the share of its time that is gone."""

    clock: Clock
    gone: FloatArray
    spans: dict[int, tuple[float, float]] = field(default_factory=dict)

    def begin(self, run: int, runs_left: int) -> None:
        """Give a run its share of the time left to its thread."""
        now = time.monotonic()
        self.spans[run] = (now, now + self.clock.seconds_left() / runs_left)

    def update(self) -> None:
        """Tell every run how much of its time is gone."""
        now = time.monotonic()
        for run, (begin, end) in list(self.spans.items()):
            self.gone[run, 0] = 1.0 if now >= end else (now - begin) / (end - begin)

    def stop(self) -> None:
        """Let every run end, also those that have not begun."""
        self.gone[:] = 1.0


def _run_all(land: Landscape, beginnings: list[_Beginning], seeds: list[int], clock: Clock) -> list[Run]:
    """Anneal from each beginning with its seed; return what is done by the end of the clock.

    The threads are daemons: one that still compiles when the clock ends is left behind, and neither the
    caller nor the end of the process waits for it.
    """
    times = _Times(clock, np.zeros((len(seeds), 1)))
    outcomes: Queue[Run | Exception] = Queue()

    def anneal_all(numbers: range) -> None:
        try:
            for number in numbers:
                if times.gone[number, 0] < 1.0:
                    times.begin(number, 1 + (numbers[-1] - number) // THREADS)
                    schedule, first = beginnings[number].schedule, beginnings[number].first
                    outcomes.put(anneal(land, schedule, seeds[number], first, times.gone[number]))
        except Exception as failure:  # raised again in the caller's thread
            outcomes.put(failure)

    for thread in range(min(THREADS, len(seeds))):
        numbers = range(thread, len(seeds), THREADS)
        Thread(target=anneal_all, args=(numbers,), daemon=True).start()
    try:
        return _gather(outcomes, times)
    finally:
        times.stop()


def _gather(outcomes: Queue[Run | Exception], times: _Times) -> list[Run]:
    """Return the outcomes of all runs, or what comes within `SECONDS_TO_STOP` of the clock's end."""
    done: list[Run] = []
    grace = Clock(math.inf)
    while len(done) < len(times.gone) and grace.seconds_left() > 0.0:
        times.update()
        if times.clock.seconds_left() <= 0.0 and math.isinf(grace.deadline):
            times.stop()
            grace = Clock(time.monotonic() + SECONDS_TO_STOP)
        with suppress(Empty):
            outcome = outcomes.get(timeout=POLL_S)
            if isinstance(outcome, Exception):
                raise outcome
            done.append(outcome)
    return done


def _schedule(land: Landscape, moves: int) -> Schedule:
    """Scale temperatures and worths to the problem."""
    unit = unit_of_shortfall(land)
    persons = float(land.coverage.person_weight.sum())
    sites = len(land.sites.movable)
    money = min(_all_money(land), _dearest(land))
    return Schedule(
        moves=moves,
        hot=HOT * unit,
        cold=COLD * unit,
        person_worth=WORTH_OF_LATER_LEVELS[Level.PERSONS_COVERED] * unit / max(1.0, persons),
        penalty_worth=WORTH_OF_LATER_LEVELS[Level.FORM] * unit / sites,
        money_worth=WORTH_OF_LATER_LEVELS[Level.COST] * unit / max(1e-3, money),
    )


def _schedule_of_promising(land: Landscape, moves: int, hot: float) -> Schedule:
    """Scale temperatures to what one function of a site covers in the last year."""
    covers = mean_worth_of_function(land)
    return _schedule(land, moves)._replace(hot=hot * covers, cold=PROMISING_COLD * covers)


def _all_money(land: Landscape) -> float:
    """Return the most million CNY that a row of money allows in all."""
    allowed = capital_allowed(land.limits)
    return float(allowed.max(initial=0.0)) if len(allowed) else UNLIMITED


def _dearest(land: Landscape) -> float:
    """Return what opening every site with its dearest programme costs, in million CNY."""
    spans = zip(land.sites.programme_first[:-1], land.sites.programme_first[1:], strict=True)
    return float(sum(land.money.cost[begin:end].max(initial=0.0) for begin, end in spans))


def first_programmes(problem: Problem, land: Landscape, improve_from: Decisions | None) -> IntArray | None:
    """Return (planned sites, years): programmes to begin with; None where a committed site has none.

    Committed sites begin with their cheapest programme, others closed; or both as in ``improve_from``,
    where that is a programme at minimum areas.
    """
    programmes = np.full((len(problem.planned_sites), len(problem.years)), CLOSED, dtype=np.int64)
    for site, year in enumerate(land.sites.fixed_year):
        if year < 0:
            continue
        begin, end = land.sites.programme_first[site], land.sites.programme_first[site + 1]
        if begin == end or land.sites.earliest[site] > year:
            return None
        programmes[site, year:] = begin + int(np.argmin(land.money.cost[begin:end]))
    if improve_from is not None:
        _take_start(problem, land, improve_from, programmes)
    return programmes


def _take_start(problem: Problem, land: Landscape, decisions: Decisions, programmes: IntArray) -> None:
    """Write the programmes of decisions, leaving alone the sites where they are not possible."""
    never = problem.years[-1] + 1
    masks = np.array(
        [
            [
                sum(
                    1 << position
                    for position, function in enumerate(problem.functions)
                    if decisions.start_year.get((key, function), never) <= year
                )
                for year in problem.years
            ]
            for key in problem.planned_sites
        ],
        dtype=np.int64,
    )
    for site, row in enumerate(masks):
        _take_masks(land, site, row, programmes)


def _begin_promising(land: Landscape, promising: Promising, first: IntArray) -> IntArray:
    """Return programmes (sites, years): of committed sites as in ``first``, else what is promising.

    Sites are taken in order of their worth as far as the limits allow; one begins with the first year from
    which it keeps its last form.
    """
    wanted = np.full(first.shape, CLOSED, dtype=np.int64)
    for site, masks in enumerate(promising.masks):
        by_year = np.where(masks > 0, land.sites.by_mask[site, masks], CLOSED)
        same_form = (by_year >= 0) & (land.sites.is_complex[by_year] == land.sites.is_complex[by_year[-1]])
        kept = np.logical_and.accumulate(same_form[::-1])[::-1]
        _take_masks(land, site, np.where(kept, masks, 0), wanted)
    is_fixed = land.sites.fixed_year >= 0
    begun = np.where(is_fixed[:, None], first, CLOSED)
    ledger = _Ledger(land, np.where(is_fixed[:, None], first, wanted))
    for site in np.flatnonzero(is_fixed).tolist():
        ledger.add(site)
    left = [site for site in np.argsort(-promising.worth, kind="stable").tolist() if not is_fixed[site]]
    left = [site for site in left if wanted[site, -1] != CLOSED]
    count = len(left) + 1
    while len(left) < count:  # what one site leaves room for may come before it
        count, waiting = len(left), left
        left = []
        for site in waiting:
            if ledger.has_room_for(site):
                ledger.add(site)
                begun[site] = wanted[site]
            else:
                left.append(site)
    return begun


class _Ledger:
    """What the sites added so far use of the limits, of the programmes (sites, years) given.

    Left out are limits of which some sites use less than nothing: whether one more has room there, such as an
    operator's in its share of all, depends on those that are added after it.
    """

    def __init__(self, land: Landscape, programmes: IntArray) -> None:
        self._limits, self._programmes = land.limits, programmes
        self._is_left_out = np.zeros(len(land.limits.most), dtype=np.bool_)
        self._is_left_out[land.limits.row[land.limits.amount.min(axis=1) < 0.0]] = True
        opened = programmes != CLOSED
        first = np.where(opened.any(axis=1), opened.argmax(axis=1), programmes.shape[1])
        self._is_joint = (first == land.sites.joint).astype(np.int64)
        self._used = np.zeros(land.limits.most.shape)

    def add(self, site: int) -> None:
        """Add a site."""
        rows, amounts = self._uses(site)
        self._used[rows] += amounts

    def has_room_for(self, site: int) -> bool:
        """Return whether no limit that counts is exceeded by more with one more site."""
        rows, amounts = self._uses(site)
        rows, amounts = rows[~self._is_left_out[rows]], amounts[~self._is_left_out[rows]]
        before, after = (self._excess(rows, self._used[rows] + more) for more in (0.0, amounts))
        return bool((after <= before + LIMIT_TOLERANCE).all())

    def _uses(self, site: int) -> tuple[IntArray, FloatArray]:
        """Return the rows that a site uses, and how much by year (rows, years)."""
        limits, programmes = self._limits, self._programmes[site]
        spans = [
            np.arange(*limits.first[programme : programme + 2]) if programme != CLOSED else np.arange(0)
            for programme in programmes
        ]
        rows = np.unique(limits.row[np.concatenate(spans)])
        amounts = np.zeros((len(rows), len(programmes)))
        for year, span in enumerate(spans):
            amounts[np.searchsorted(rows, limits.row[span]), year] = limits.amount[span, self._is_joint[site]]
        return rows, amounts

    def _excess(self, rows: IntArray, used: FloatArray) -> FloatArray:
        limits = self._limits
        of_year = np.where(limits.is_of_year[rows, None], np.diff(used, axis=1, prepend=0.0), used)
        return np.maximum(0.0, of_year - limits.most[rows])


def _take_masks(land: Landscape, site: int, masks: IntArray, programmes: IntArray) -> None:
    """Write the programmes of a site's masks by year where they are possible in these years."""
    row = np.where(masks > 0, land.sites.by_mask[site, masks], CLOSED)
    opened = np.flatnonzero(masks)
    if not len(opened) or row[opened].min() < 0:
        return
    in_time = opened[0] >= land.sites.earliest[site] and land.sites.fixed_year[site] in (-1, opened[0])
    if in_time and len(np.unique(land.sites.is_complex[row[opened]])) == 1:
        programmes[site] = row


def _decisions(problem: Problem, land: Landscape, programmes: IntArray) -> Decisions:
    """Read programmes by site and year as decisions at minimum areas."""
    start: dict[tuple[str, str], int] = {}
    forms: dict[str, Form] = {}
    for site, key in enumerate(problem.planned_sites):
        for year, programme in zip(problem.years, programmes[site], strict=True):
            if programme == CLOSED:
                continue
            forms[key] = Form.COMPLEX if land.sites.is_complex[programme] else Form.SCATTERED
            for function in functions_of(problem, int(land.sites.mask[programme])):
                start.setdefault((key, function), year)
    return at_smallest_areas(problem, start, forms, smallest_area_in_site_m2)

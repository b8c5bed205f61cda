"""The trade-off curve: the best first level at each value of a setting, exact by ε-constraint.

The points are solved from the ends inwards. A plan of a tighter point is one of a looser point: it is its
start, and where it is still better in the end it takes its place. A bound of a looser point is one of a
tighter point. So the curve is monotone, and so are its bounds.
"""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from siteplan.outcome import advantage, level_value
from siteplan.plan import Decisions, LevelResult, Plan
from siteplan.problem import Problem, Role
from siteplan.progress import ProgressListener, silent
from siteplan.scenario import Level, SolverSettings
from siteplan.solve import Clock, InfeasibleError, NoPlanError, SolveResult, proven_levels, solve

SAME = 1e-9
"""Values that differ by less (relative, at least absolute) are the same."""
KNEE_AT_LEAST = 0.1
"""A knee is at least so far above the straight line between the ends of the curve (both axes 0 to 1)."""
CURVE_FILE = "frontier.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A solved point: the value of the setting, its problem, and what was found.

    ``taken_from``: the value at which the plan was found, where a tighter point's plan is better here.
    """

    value: float
    problem: Problem
    result: SolveResult
    taken_from: float | None = None

    @property
    def first(self) -> LevelResult:
        """The first level."""
        return self.result.levels[0]


def solving_order(count: int) -> list[int]:
    """Return the positions of ``count`` points: both ends, then the middles of what is left between."""
    if count <= 2:
        return list(range(count))
    order, spans = [0, count - 1], [(0, count - 1)]
    while spans:
        low, high = spans.pop(0)
        middle = (low + high) // 2
        if middle in (low, high):
            continue
        order.append(middle)
        spans += [(low, middle), (middle, high)]
    return order


def trace(
    steps: Sequence[tuple[float, Problem, SolverSettings]],
    seconds: float,
    stop: threading.Event,
    listener_of: Callable[[int], ProgressListener] = lambda _: silent,
) -> list[Point]:
    """Solve (value, problem, settings) of each point, listed from tight to loose, ``seconds`` each at most.

    Each begins with the plan of its tighter neighbour and knows the bound of its looser one. A point whose
    first level is then further from its bound than ``settings.gap`` gets as many seconds for that alone,
    and again as many for the later ones. Points that no plan was found for are left out; what is found
    until ``stop`` is set is returned.

    Raises:
        InfeasibleError: no point has a plan; says why the loosest has none.
        NoPlanError: the search ended before any point had one.
    """
    solved: list[Point | None] = [None] * len(steps)
    clashes: dict[int, InfeasibleError] = {}
    for position in solving_order(len(steps)):
        if stop.is_set():
            break
        value, problem, settings = steps[position]
        try:
            result = solve(
                problem,
                settings,
                listener_of(position),
                Clock(time.monotonic() + seconds, stop),
                start=neighbour_start(solved, position),
                known_bound=neighbour_bound(solved, position),
            )
        except InfeasibleError as clash:
            clashes[position] = clash
            continue
        except NoPlanError:
            continue
        solved[position] = Point(value, problem, result)
    for position in range(len(steps)):
        point, settings = solved[position], steps[position][2]
        if point is not None and not stop.is_set() and not is_near(point, settings.gap):
            known = _tightened_bounds([each for each in solved[position:] if each is not None])[0]
            solved[position] = _tried_again(point, known, settings, seconds, stop, listener_of(position))
    points = [point for point in solved if point is not None]
    if not points:
        raise clashes.get(len(steps) - 1) or NoPlanError(interrupted=stop.is_set())
    return points


def is_near(point: Point, gap: float) -> bool:
    """Return whether the first level is as near to its bound as it has to be."""
    return point.first.gap is not None and point.first.gap <= gap + SAME


def _tried_again(
    point: Point,
    known_bound: float | None,
    settings: SolverSettings,
    seconds: float,
    stop: threading.Event,
    listener: ProgressListener,
) -> Point:
    """Solve a point's first level alone, then the later ones from there."""
    decisions, bound = point.result.decisions, known_bound
    result = point.result
    alone = replace(point.problem, objective=(point.first.name,))
    try:
        for problem in (alone, point.problem):
            clock = Clock(time.monotonic() + seconds, stop)
            result = solve(problem, settings, listener, clock, start=decisions, known_bound=bound)
            decisions, bound = result.decisions, result.levels[0].bound
    except NoPlanError:
        return point
    return replace(point, result=result)


def neighbour_start(solved: Sequence[Point | None], position: int) -> Decisions | None:
    """Return the plan of the nearest tighter point; the points are listed from tight to loose."""
    for point in reversed(solved[:position]):
        if point is not None:
            return point.result.decisions
    return None


def neighbour_bound(solved: Sequence[Point | None], position: int) -> float | None:
    """Return the first level's bound of the nearest looser point that has one."""
    for point in solved[position + 1 :]:
        if point is not None and point.first.bound is not None:
            return point.first.bound
    return None


def monotone(points: Sequence[Point]) -> list[Point]:
    """Return the points, listed from tight to loose, with the best plans and bounds that they know together.

    A tighter point's plan takes the place of a worse one; a looser point's bound that of a weaker one.
    """
    bounds = _tightened_bounds(points)
    curve: list[Point] = []
    for point, bound in zip(points, bounds, strict=True):
        before = curve[-1] if curve else None
        curve.append(_best_of(point, before, bound))
    return curve


def _tightened_bounds(points: Sequence[Point]) -> list[float | None]:
    best: float | None = None
    bounds: list[float | None] = []
    for point in reversed(points):
        own = point.first.bound
        if best is None or (own is not None and _is_better(point.first.name, best, own)):
            best = own if own is not None else best
        bounds.append(best)
    return bounds[::-1]


def _is_better(level: Level, one: float, other: float) -> bool:
    return advantage(level, one, other) > SAME * max(1.0, abs(other))


def _best_of(point: Point, before: Point | None, bound: float | None) -> Point:
    level, problem = point.first.name, point.problem
    bounds = {result.name: result.bound for result in point.result.levels}
    decisions, stopped_by, taken_from = point.result.decisions, point.result.stopped_by, point.taken_from
    if before is not None:
        value = level_value(problem, before.result.decisions, level)
        if _is_better(level, value, point.first.value):
            decisions, stopped_by = before.result.decisions, before.result.stopped_by
            taken_from = before.value if before.taken_from is None else before.taken_from
            bounds = dict.fromkeys(bounds)
    bounds[level] = bound
    levels = proven_levels(problem, decisions, bounds)
    return Point(point.value, problem, SolveResult(decisions, levels, stopped_by), taken_from)


def knees(points: Sequence[Point]) -> set[float]:
    """Return the values at which the curve bends: beyond them more of the setting brings much less.

    With both axes from 0 (the tightest point) to 1 (the loosest; the best first level), the curve minus the
    straight line between its ends has a local maximum there, of at least `KNEE_AT_LEAST` (the rule of
    Satopää et al., "Finding a Kneedle in a Haystack", 2011).
    """
    if len(points) < 3:
        return set()
    width = points[-1].value - points[0].value
    height = points[-1].first.value - points[0].first.value
    if abs(height) <= SAME or width == 0.0:
        return set()
    above = [
        (point.first.value - points[0].first.value) / height - (point.value - points[0].value) / width
        for point in points
    ]
    return {
        points[number].value
        for number in range(1, len(points) - 1)
        if above[number] >= KNEE_AT_LEAST
        and above[number] > above[number - 1]
        and above[number] >= above[number + 1]
    }


def write_curve(
    file: Path, key: str, points: Sequence[Point], plans: Sequence[Plan], folders: Sequence[str]
) -> None:
    """Write ``frontier.csv``: a row for each point, its value, first level, bound and gap first.

    ``key`` is what is varied. The further columns are of the plan, in its last year where not a sum.
    """
    marked = knees(points)
    functions = list(points[0].problem.functions)
    header = [key, "level", "level_value", "bound", "gap", "unit", "status", "is_knee", "taken_from"]
    header += ["opened_sites", "capital_cny", "functions_of_worst_community", "area_shortfall_m2"]
    header += [f"coverage_percent_{function}" for function in functions]
    header += ["mean_walk_m", "scenario", "results", "illustrative"]
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for point, plan, folder in zip(points, plans, folders, strict=True):
            first = point.first
            writer.writerow(
                [
                    f"{point.value:g}",
                    first.name.value,
                    _figure(first.value),
                    _figure(first.bound),
                    _figure(first.gap),
                    first.unit,
                    first.status,
                    "yes" if point.value in marked else "no",
                    "" if point.taken_from is None else f"{point.taken_from:g}",
                    *_measures(point, plan),
                    f"scenarios/{folder}.yaml",
                    folder,
                    "yes" if plan.illustrative else "no",
                ]
            )


def _measures(point: Point, plan: Plan) -> list[str]:
    """Return the further columns of a point's plan."""
    problem, decisions, last = point.problem, point.result.decisions, plan.years[-1]
    opened = [key for key in decisions.opening_years() if problem.sites[key].role is Role.CANDIDATE]
    coverage = {
        row.function: row.percent for row in plan.coverage if row.year == last and row.basis is plan.basis
    }
    worst = {row.community_code: 0 for row in plan.communities if row.year == last}
    for row in plan.communities:
        if row.year == last and problem.communities[row.community_code].in_scope:
            worst[row.community_code] += row.reachable
    scope = [count for code, count in worst.items() if problem.communities[code].in_scope]
    covered = sum(row.residents_covered for row in plan.communities if row.target_group > 0.0)
    walked = level_value(problem, decisions, Level.WALKING_DISTANCE)
    return [
        str(len(opened)),
        _figure(sum(row.capital_cny for row in plan.money)),
        str(min(scope, default=0)),
        _figure(level_value(problem, decisions, Level.AREA_STANDARD)),
        *(_figure(coverage.get(function)) for function in problem.functions),
        _figure(walked / covered if covered > 0.0 else None),
    ]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{round(value, 4):.10g}"

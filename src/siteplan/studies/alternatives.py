"""Plans that are as good but as different as possible: a choice for those who decide.

Each alternative is the most different from all plans before it that the first level allows, and among
those as different the best on every level.
"""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from siteplan.outcome import MAXIMISED
from siteplan.plan import Decisions, LevelResult, Plan
from siteplan.problem import Problem, Role
from siteplan.progress import Progress, ProgressListener, silent
from siteplan.scenario import SolverSettings
from siteplan.solve import Clock, NoPlanError, SolveResult, proven_levels, solve
from siteplan.solve.difference import (
    Measure,
    MostDifferent,
    difference,
    distance_cut,
    is_within,
    most_different,
)
from siteplan.solve.result import StoppedBy
from siteplan.text import Text, as_cell

ALTERNATIVES_FILE = "alternatives.csv"
SITES_FILE = "sites.csv"
DIFFERING = Text("找最不同的方案", "the most different plan")
SHARE_OF_DIFFERING = 0.5
"""Share of an alternative's time for the difference; the rest is for its levels."""


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """A plan, its least difference from all plans before it, and how different one can be at most."""

    result: SolveResult
    difference: int
    at_most: int | None


def find_alternatives(
    problem: Problem,
    plan: Decisions,
    first: LevelResult,
    within: float,
    count: int,
    measure: Measure,
    settings: SolverSettings,
    seconds: float,
    stop: threading.Event,
    listener: ProgressListener = silent,
) -> list[Alternative]:
    """Return up to ``count`` alternatives of a plan, ``seconds`` each at most.

    ``first`` is the plan's first level with its bound; that of each alternative is at most ``within`` (in its
    unit) worse. Fewer come back where no other plan is found, or ``stop`` is set.
    """
    worst = first.value - within if first.name in MAXIMISED else first.value + within
    plans, found = [plan], list[Alternative]()
    begin = time.monotonic()
    for _ in range(count):
        clock = Clock(time.monotonic() + seconds, stop)
        listener(Progress(DIFFERING, time.monotonic() - begin))
        until = clock.until(SHARE_OF_DIFFERING * seconds)
        other = most_different(problem, plans, measure, worst, until, settings.seed)
        if other is None or other.difference == 0:
            break
        result = _best_so_different(problem, plans, other, first, worst, measure, settings, clock, listener)
        least = min(difference(problem, result.decisions, each, measure) for each in plans)
        found.append(Alternative(result, least, other.at_most))
        plans.append(result.decisions)
    return found


def _best_so_different(
    problem: Problem,
    plans: Sequence[Decisions],
    other: MostDifferent,
    first: LevelResult,
    worst: float,
    measure: Measure,
    settings: SolverSettings,
    clock: Clock,
    listener: ProgressListener,
) -> SolveResult:
    """Return the best plan that differs so much from all others; its bounds are those of any plan.

    ``other`` is one whose first level is no worse than ``worst``; later levels give nothing of that away.

    Only the first level's bound is told: the later ones are bounds of plans that differ so much.
    """
    cuts = tuple(distance_cut(problem, plan, measure, other.difference) for plan in plans)
    tolerance = {level: allowed for level, allowed in problem.tolerance.items() if level is not first.name}
    held = replace(problem, tolerance=tolerance)
    decisions = start = other.decisions
    stopped_by: StoppedBy = "time_limit"
    with suppress(NoPlanError):
        result = solve(held, settings, listener, clock, start=start, known_bound=first.bound, cuts=cuts)
        stopped_by = result.stopped_by
        if is_within(problem, result.decisions, worst):
            decisions = result.decisions
    return SolveResult(decisions, proven_levels(problem, decisions, {first.name: first.bound}), stopped_by)


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """A site that at least one plan opens: the plans that do, each with the year."""

    site_id: str
    name: str
    years: tuple[int | None, ...]

    @property
    def plans(self) -> tuple[int, ...]:
        """Return the positions of the plans that open it."""
        return tuple(number for number, year in enumerate(self.years) if year is not None)

    def found_in(self) -> str:
        """Return ``all``, ``some`` or ``one``."""
        if len(self.plans) == len(self.years):
            return "all"
        return "one" if len(self.plans) == 1 else "some"


def choices(plans: Sequence[Plan]) -> list[SiteChoice]:
    """Return the candidate sites that the plans open, those in most plans first."""
    names = {site.site_id: site.name for plan in plans for site in plan.sites if site.role is Role.CANDIDATE}
    years = [{site.site_id: site.open_from for site in plan.sites} for plan in plans]
    found = [SiteChoice(key, name, tuple(opened.get(key) for opened in years)) for key, name in names.items()]
    return sorted(found, key=lambda choice: (-len(choice.plans), choice.site_id))


def write_sites(file: Path, plans: Sequence[Plan], labels: Sequence[str]) -> None:
    """Write which sites are in all plans, in some, in one: the year in which each plan opens each."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["site_id", "name", "found_in", "plans", *labels, "illustrative"])
        for choice in choices(plans):
            writer.writerow(
                [
                    as_cell(choice.site_id),
                    as_cell(choice.name),
                    choice.found_in(),
                    len(choice.plans),
                    *("" if year is None else year for year in choice.years),
                    "yes" if plans[0].illustrative else "no",
                ]
            )


def write_alternatives(
    file: Path, found: Sequence[Alternative], plans: Sequence[Plan], labels: Sequence[str]
) -> None:
    """Write a row for each plan, the one studied first: its difference and its levels."""
    levels = [level.name.value for level in plans[0].levels]
    differences = ["", *(str(alternative.difference) for alternative in found)]
    at_most = ["", *("" if each.at_most is None else str(each.at_most) for each in found)]
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        header = ["plan", "difference", "difference_at_most", "bound", "gap"]
        writer.writerow([*header, *levels, "opened_sites", "capital_cny", "illustrative"])
        for number, plan in enumerate(plans):
            first = plan.levels[0]
            writer.writerow(
                [
                    labels[number],
                    differences[number],
                    at_most[number],
                    _figure(first.bound),
                    _figure(first.gap),
                    *(_figure(level.value) for level in plan.levels),
                    sum(site.role is Role.CANDIDATE for site in plan.sites),
                    _figure(sum(row.capital_cny for row in plan.money)),
                    "yes" if plan.illustrative else "no",
                ]
            )


def in_words(plans: Sequence[Plan]) -> Iterable[Text]:
    """Yield which sites are in all plans, in some and in one only."""
    heads = {
        "all": Text("每份方案都有", "in every plan"),
        "some": Text("部分方案有", "in some plans"),
        "one": Text("只有一份方案有", "in one plan only"),
    }
    by_kind: dict[str, list[str]] = {kind: [] for kind in heads}
    for choice in choices(plans):
        where = f" ({', '.join(map(str, choice.plans))})" if choice.found_in() != "all" else ""
        by_kind[choice.found_in()].append(f"{choice.site_id} {choice.name}{where}")
    for kind, head in heads.items():
        listed = by_kind[kind]
        yield Text(
            f"{head.zh}（{len(listed)}）：{'、'.join(listed) or '无'}",
            f"{head.en} ({len(listed)}): {', '.join(listed) or 'none'}",
        )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{round(value, 4):.10g}"

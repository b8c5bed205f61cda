"""One decision for futures of which nobody knows which comes: what it is worth in each, and what it hangs on.

Every future is solved on its own first (what one would do if one knew), then one decision for all, then
every future again with that decision made, level after level.
"""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from siteplan.outcome import MAXIMISED, advantage, level_value
from siteplan.plan import LevelResult, Plan
from siteplan.problem import Role
from siteplan.progress import Progress, ProgressListener, silent
from siteplan.scenario import DecisionRule, FutureCase, SolverSettings
from siteplan.solve import Clock, InfeasibleError, NoPlanError, SolveResult, proven_levels, solve
from siteplan.solve.formulation.futures import Future, FuturesProblem
from siteplan.solve.futures import (
    CommonPlan,
    Decision,
    decision_of,
    following,
    rule_bound,
    rule_value,
    solve_futures,
)
from siteplan.text import Text, as_cell

FUTURES_FILE, RULE_FILE, SITES_FILE, DECISION_FILE = "futures.csv", "rule.csv", "sites.csv", "decision.csv"
SAME = 1e-6
"""Values that differ by less (relative, at least absolute) are the same within solver tolerances."""


@dataclass(frozen=True, slots=True, eq=False)
class Studied:
    """A future with its own best plan and the plan that follows the common decision.

    Both have the bound of the future's own first level: no plan of the future is better.
    """

    future: Future
    case: FutureCase
    title: Text
    own: SolveResult
    common: SolveResult

    @property
    def bound(self) -> float | None:
        """Proven bound of the first level in this future, for any plan."""
        return self.common.levels[0].bound

    def regret(self) -> tuple[float, float | None]:
        """Return by how much the common plan misses the best of this future, at least and at most."""
        first, own = self.common.levels[0], self.own.levels[0]
        sign = -1.0 if first.name in MAXIMISED else 1.0
        least = max(0.0, sign * (first.value - own.value))
        most = None if self.bound is None else max(least, sign * (first.value - self.bound))
        return least, most


@dataclass(frozen=True, slots=True, eq=False)
class FuturesStudy:
    """The common decision, what the rule makes of it, its proven bound, and every future's plans."""

    problem: FuturesProblem
    decision: Decision
    futures: tuple[Studied, ...]
    rule: LevelResult

    @property
    def is_measured_against_bounds(self) -> bool:
        """Whether regret counts against bounds of plans that aren't proven to be the best."""
        unproven = any(each.own.levels[0].status != "optimal" for each in self.futures)
        return self.problem.rule is DecisionRule.REGRET and unproven

    @property
    def is_measured_against_unbounded(self) -> bool:
        """Whether regret counts against some plan of which there is no bound: it may be larger."""
        return self.problem.rule is DecisionRule.REGRET and any(each.bound is None for each in self.futures)

    def value_of_knowing(self) -> tuple[float, float | None]:
        """Return what it would be worth to know the future before deciding, at least and at most.

        The distance of the rule's value from its value where every future has its own best plan: for
        `expected` the expected value of perfect information. At least: with the decision at its bound and the
        futures at their plans; at most: the reverse.
        """
        first = self.problem.level
        sign = -1.0 if first in MAXIMISED and self.problem.rule is not DecisionRule.REGRET else 1.0
        own = {each.future.key: each.own.levels[0].value for each in self.futures}
        at_best = rule_bound(self.problem, {each.future.key: each.bound for each in self.futures})
        known = rule_value(self.problem, own)
        least = 0.0 if self.rule.bound is None else max(0.0, sign * (self.rule.bound - known))
        most = None if at_best is None else max(least, sign * (self.rule.value - at_best))
        return least, most


def study_futures(
    problem: FuturesProblem,
    cases: Mapping[str, tuple[FutureCase, Text]],
    settings: SolverSettings,
    seconds: float,
    stop: threading.Event,
    listener: ProgressListener = silent,
) -> FuturesStudy:
    """Find the decision that suits all futures best under the rule.

    ``seconds`` at most for each future's own plan and for its plan under the decision; the decision has as
    many times that as there are futures. ``cases``: the case and title of each future.

    Raises:
        InfeasibleError: a future has no plan, or no decision fits all.
        NoPlanError: the search ended before every future had a plan.
    """

    def named(key: str) -> ProgressListener:
        title = cases[key][1]
        return lambda progress: listener(_with_title(progress, title))

    own: dict[str, SolveResult] = {}
    for future in problem.futures:
        clock = Clock(time.monotonic() + seconds, stop)
        own[future.key] = _own_plan(future, cases[future.key][1], settings, clock, named(future.key))
    bounds = {key: result.levels[0].bound for key, result in own.items()}
    problem = _measured(problem, own)
    clock = Clock(time.monotonic() + seconds * len(own), stop)
    plans = {key: result.decisions for key, result in own.items()}
    common = solve_futures(problem, plans, bounds, settings, clock, listener)
    studied = tuple(
        _studied(
            problem,
            future,
            cases[future.key],
            own[future.key],
            common,
            settings,
            Clock(time.monotonic() + seconds, stop),
            named(future.key),
        )
        for future in problem.futures
    )
    problem, bound = _measured_again(problem, studied, common.bound)
    return FuturesStudy(problem, common.decision, studied, _rule_result(problem, studied, bound))


def _with_title(progress: Progress, title: Text) -> Progress:
    stage = Text(f"{title.zh} · {progress.stage.zh}", f"{title.en} · {progress.stage.en}")
    return replace(progress, stage=stage)


def _own_plan(
    future: Future, title: Text, settings: SolverSettings, clock: Clock, listener: ProgressListener
) -> SolveResult:
    """Solve a future alone.

    Raises:
        InfeasibleError: it has no plan; the text says in which future.
    """
    try:
        return solve(future.problem, settings, listener, clock)
    except InfeasibleError as clash:
        text = Text(
            f"未来“{future.key} {title.zh}”：\n{clash.text.zh}",
            f"in the future `{future.key}` ({title.en}):\n{clash.text.en}",
        )
        raise InfeasibleError(clash.conflict, text) from clash


def _measured(problem: FuturesProblem, own: Mapping[str, SolveResult]) -> FuturesProblem:
    """Return the problem in which regret counts against the bound of each future's own plan."""
    if problem.rule is not DecisionRule.REGRET:
        return problem
    best = {key: result.levels[0] for key, result in own.items()}
    return replace(
        problem,
        futures=tuple(replace(future, reference=_best_known(best[future.key])) for future in problem.futures),
    )


def _measured_again(
    problem: FuturesProblem, studied: Sequence[Studied], bound: float | None
) -> tuple[FuturesProblem, float | None]:
    """Return the problem and the rule's bound with regret against the best plans known in the end.

    Against what is no bound of a future, regret has none either.
    """
    if problem.rule is not DecisionRule.REGRET or all(each.bound is not None for each in studied):
        return problem, bound
    futures = tuple(replace(each.future, reference=_best_known(each.own.levels[0])) for each in studied)
    return replace(problem, futures=futures), None


def _best_known(level: LevelResult) -> float:
    return level.value if level.bound is None else level.bound


def _studied(
    problem: FuturesProblem,
    future: Future,
    case: tuple[FutureCase, Text],
    own: SolveResult,
    common: CommonPlan,
    settings: SolverSettings,
    clock: Clock,
    listener: ProgressListener,
) -> Studied:
    """Make the plan of a future under the decision as good as it can be, level after level."""
    bound = own.levels[0].bound
    plan, stopped_by = common.plans[future.key], own.stopped_by
    fixed, cuts = following(problem, future, common.decision)
    try:
        found = solve(fixed, settings, listener, clock, start=plan, known_bound=bound, cuts=cuts)
        stopped_by = found.stopped_by
        if not _is_worse(found.levels[0], level_value(future.problem, plan, problem.level)):
            plan = found.decisions
    except NoPlanError as refusal:
        stopped_by = "interrupted" if refusal.interrupted else "time_limit"
    levels = proven_levels(future.problem, plan, {problem.level: bound})
    following_decision = SolveResult(plan, levels, stopped_by)
    if _is_worse(own.levels[0], levels[0].value):
        own = following_decision
    return Studied(future, case[0], case[1], own, following_decision)


def _is_worse(level: LevelResult, value: float) -> bool:
    """Return whether a level's value is worse than another value."""
    return advantage(level.name, value, level.value) > SAME * max(1.0, abs(value))


def _rule_result(problem: FuturesProblem, studied: Sequence[Studied], bound: float | None) -> LevelResult:
    """Return the rule's value of the plans, with bound and gap in the first level's unit."""
    first = studied[0].common.levels[0]
    value = rule_value(problem, {each.future.key: each.common.levels[0].value for each in studied})
    maximised = first.name in MAXIMISED and problem.rule is not DecisionRule.REGRET
    gap = None if bound is None else bound - value if maximised else value - bound
    tolerance = SAME * max(1.0, abs(value))
    if gap is None or gap < -tolerance:  # a bound that the plans are better than is none
        status, bound, gap = "unproven", None, None
    elif gap <= tolerance:
        status, bound, gap = "optimal", value, 0.0
    else:
        status = "gap"
    return LevelResult.model_validate(
        {
            "name": first.name,
            "unit": first.unit,
            "value": value,
            "bound": bound,
            "gap": gap,
            "status": status,
            "given_unproven": False,
        }
    )


# --- which decisions hold in all futures --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteInFutures:
    """A candidate: the year in which each future's own plan opens it, and in which the decision does.

    ``lost_in``: the futures in which it can't open; they say nothing about it.
    """

    site_id: str
    name: str
    town_code: str
    community_code: str
    years: Mapping[str, int | None]
    lost_in: tuple[str, ...]
    decided: int | None

    @property
    def opened_in(self) -> tuple[str, ...]:
        """The futures whose own plan opens it."""
        return tuple(key for key, year in self.years.items() if year is not None)

    @property
    def closed_in(self) -> tuple[str, ...]:
        """The futures whose own plan leaves it closed though it could open."""
        return tuple(key for key, year in self.years.items() if year is None and key not in self.lost_in)

    def kind(self) -> str:
        """Return ``no_regret`` (opens in all futures that don't lose it), ``depends`` or ``never``."""
        if not self.opened_in:
            return "never"
        if self.closed_in:
            return "depends"
        return "no_regret_unless_lost" if self.lost_in else "no_regret"


KIND_NAMES = {
    "no_regret": Text("各种未来都启用（无悔点位）", "opened in every future (no-regret sites)"),
    "no_regret_unless_lost": Text("未失去即启用", "opened wherever it isn't lost"),
    "depends": Text("视未来而定", "depends on the future"),
    "never": Text("只在共同决定中启用", "opened by the common decision only"),
}


def sites_in_futures(study: FuturesStudy) -> list[SiteInFutures]:
    """Return every candidate that some own plan or the decision opens; no-regret sites first."""
    problem = study.futures[0].future.problem
    own = {each.future.key: decision_of(study.problem, each.own.decisions).opening for each in study.futures}
    found = []
    for key in study.problem.decided_sites:
        site = problem.sites[key]
        years = {future: opening.get(key) for future, opening in own.items()}
        decided = study.decision.opening.get(key)
        if site.role is not Role.CANDIDATE or (decided is None and not any(years.values())):
            continue
        lost = tuple(each.future.key for each in study.futures if key in each.future.lost_sites)
        found.append(SiteInFutures(key, site.name, site.town_code, site.community_code, years, lost, decided))
    order = list(KIND_NAMES)
    return sorted(found, key=lambda entry: (order.index(entry.kind()), -len(entry.opened_in), entry.site_id))


def what_it_depends_on(study: FuturesStudy, site: SiteInFutures) -> list[Text]:
    """Return every assumption that alone tells the futures that open a site from those that don't.

    None: no single assumption does. A comparison of the solved futures, not a proof about others.
    """
    cases = {each.future.key: each.case for each in study.futures}
    opened = [cases[key] for key in site.opened_in]
    closed = [cases[key] for key in site.closed_in]
    if not opened or not closed:
        return []
    found = [
        words
        for name, measure in _measures(study)
        if (words := _threshold(name, [measure(case) for case in opened], [measure(case) for case in closed]))
    ]
    if lost := _in_all_but_none(opened, closed):
        found.append(Text(f"失去 {lost}", f"{lost} lost"))
    if kept := _in_all_but_none(closed, opened):
        found.append(Text(f"不失去 {kept}", f"{kept} not lost"))
    return found


def _measures(study: FuturesStudy) -> Iterator[tuple[Text, Callable[[FutureCase], float]]]:
    """Yield the scales in which futures differ, each with its name."""
    functions = dict.fromkeys(key for each in study.futures for key in each.case.demand_scale)
    names = study.futures[0].future.problem.functions
    yield Text("资金", "budget"), lambda case: case.budget_scale
    yield Text("造价", "cost"), lambda case: case.cost_scale
    for key in functions:
        name = names[key].name
        yield Text(f"{name.zh}需求", f"demand for {name.en}"), partial(_demand_scale, key)


def _demand_scale(function: str, case: FutureCase) -> float:
    return case.demand_scale.get(function, 1.0)


def _in_all_but_none(these: Sequence[FutureCase], those: Sequence[FutureCase]) -> str:
    """Return the sites that all of these futures lose and none of those."""
    lost = set(these[0].lost_sites)
    for case in these[1:]:
        lost &= set(case.lost_sites)
    for case in those:
        lost -= set(case.lost_sites)
    return ", ".join(sorted(lost))


def _threshold(name: Text, opened: Sequence[float], closed: Sequence[float]) -> Text | None:
    """Return on which side of a scale all futures lie that open a site, and none that doesn't."""
    if min(opened) > max(closed):
        return Text(f"{name.zh} ≥ ×{min(opened):g}", f"{name.en} ≥ × {min(opened):g}")
    if max(opened) < min(closed):
        return Text(f"{name.zh} ≤ ×{max(opened):g}", f"{name.en} ≤ × {max(opened):g}")
    return None


def in_words(study: FuturesStudy) -> list[Text]:
    """Return which sites are no-regret, and on what the others depend."""
    by_kind: dict[str, list[SiteInFutures]] = {kind: [] for kind in KIND_NAMES}
    for site in sites_in_futures(study):
        by_kind[site.kind()].append(site)
    lines = []
    for kind, head in KIND_NAMES.items():
        sites = by_kind[kind]
        zh = "、".join(_site_in_words(study, site).zh for site in sites) or "无"
        en = ", ".join(_site_in_words(study, site).en for site in sites) or "none"
        lines.append(Text(f"{head.zh}（{len(sites)}）：{zh}", f"{head.en} ({len(sites)}): {en}"))
    return lines


def _site_in_words(study: FuturesStudy, site: SiteInFutures) -> Text:
    name = f"{site.site_id} {site.name}"
    if site.kind() != "depends":
        return Text.same(name)
    reasons = what_it_depends_on(study, site)
    futures = ", ".join(site.opened_in)
    zh = " 或 ".join(reason.zh for reason in reasons)
    en = " or ".join(reason.en for reason in reasons)
    return Text(
        f"{name}（{futures}{f'：{zh}' if zh else ''}）", f"{name} ({futures}{f': {en}' if en else ''})"
    )


# --- tables -------------------------------------------------------------------------------------------


def write_futures(file: Path, study: FuturesStudy, plans: Mapping[str, Plan]) -> None:
    """Write a row for each future, about the first level: the common plan, the own best, regret, bound."""
    header = ["future", "title_zh", "title_en", "probability", "budget_scale", "cost_scale", "demand_scale"]
    header += ["lost_sites", "level", "unit", "value", "own_value", "own_bound", "own_status"]
    header += ["regret_at_least", "regret_at_most", "opened_sites", "capital_cny"]
    header += ["scenario", "results", "own_results", "illustrative"]
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for each in study.futures:
            key, first, own, plan = (
                each.future.key,
                each.common.levels[0],
                each.own.levels[0],
                plans[each.future.key],
            )
            least, most = each.regret()
            writer.writerow(
                [
                    key,
                    as_cell(each.title.zh),
                    as_cell(each.title.en),
                    _figure(each.case.probability),
                    f"{each.case.budget_scale:g}",
                    f"{each.case.cost_scale:g}",
                    "; ".join(f"{name} {scale:g}" for name, scale in each.case.demand_scale.items()),
                    "; ".join(each.case.lost_sites),
                    first.name.value,
                    first.unit,
                    _figure(first.value),
                    _figure(own.value),
                    _figure(each.bound),
                    own.status,
                    _figure(least),
                    _figure(most),
                    sum(site.role is Role.CANDIDATE for site in plan.sites),
                    _figure(sum(row.capital_cny for row in plan.money)),
                    f"scenarios/{key}.yaml",
                    f"common/{key}",
                    f"own/{key}",
                    _yes(plan.illustrative),
                ]
            )


def _against(study: FuturesStudy) -> str:
    if study.is_measured_against_unbounded:
        return "plans without a bound"
    return "bounds" if study.is_measured_against_bounds else "best plans"


def write_rule(file: Path, study: FuturesStudy, *, illustrative: bool) -> None:
    """Write the one row of the rule: its value, bound and gap, and the value of knowing."""
    rule, (least, most) = study.rule, study.value_of_knowing()
    row = {
        "rule": study.problem.rule.value,
        "decide": study.problem.decide.value,
        "level": rule.name.value,
        "unit": rule.unit,
        "value": _figure(rule.value),
        "bound": _figure(rule.bound),
        "gap": _figure(rule.gap),
        "status": rule.status,
        "regret_is_against": _against(study),
        "value_of_knowing_at_least": _figure(least),
        "value_of_knowing_at_most": _figure(most),
        "decided_sites": str(len(study.decision.opening)),
        "illustrative": _yes(illustrative),
    }
    if study.problem.rule is not DecisionRule.REGRET:
        del row["regret_is_against"]
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)


def write_sites(file: Path, study: FuturesStudy, *, illustrative: bool) -> None:
    """Write in which futures' own plans each site opens and when, and what tells those futures apart."""
    keys = [each.future.key for each in study.futures]
    header = [
        "site_id",
        "name",
        "kind",
        "futures",
        "decided",
        *keys,
        "lost_in",
        "depends_on_zh",
        "depends_on_en",
    ]
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*header, "illustrative"])
        for site in sites_in_futures(study):
            reasons = what_it_depends_on(study, site)
            writer.writerow(
                [
                    as_cell(site.site_id),
                    as_cell(site.name),
                    site.kind(),
                    len(site.opened_in),
                    _year(site.decided),
                    *(_year(site.years[key]) for key in keys),
                    "; ".join(site.lost_in),
                    as_cell(" 或 ".join(reason.zh for reason in reasons)),
                    as_cell(" or ".join(reason.en for reason in reasons)),
                    _yes(illustrative),
                ]
            )


def write_decision(file: Path, study: FuturesStudy, *, illustrative: bool) -> None:
    """Write the common decision: what opens when, and the functions that each future then gives it."""
    keys = [each.future.key for each in study.futures]
    problem = study.futures[0].future.problem
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        header = ["site_id", "name", "town_code", "community_code", "open_from", "decided_functions"]
        writer.writerow([*header, *(f"functions_{key}" for key in keys), "illustrative"])
        for site_id, year in sorted(study.decision.opening.items(), key=lambda entry: (entry[1], entry[0])):
            site = problem.sites[site_id]
            writer.writerow(
                [
                    as_cell(site_id),
                    as_cell(site.name),
                    site.town_code,
                    site.community_code,
                    year,
                    _functions(study.decision.functions, site_id),
                    *(_functions(each.common.decisions.start_year, site_id) for each in study.futures),
                    _yes(illustrative),
                ]
            )


def _functions(starts: Mapping[tuple[str, str], int], site_id: str) -> str:
    own = sorted((year, function) for (site, function), year in starts.items() if site == site_id)
    return "; ".join(f"{function} {year}" for year, function in own)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{round(value, 6) + 0.0:.10g}"


def _year(year: int | None) -> str:
    return "" if year is None else str(year)


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"

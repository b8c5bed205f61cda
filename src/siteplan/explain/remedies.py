"""What would help a missed target most cheaply: so much money, or a space of some size in a community."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siteplan.case import Mode
from siteplan.highs import Answer, Clock, FloatArray, Limits, Program, SolverSession, Status
from siteplan.network import Reach
from siteplan.plan import CoverageFigure, LocalCoverage
from siteplan.policy import Policy
from siteplan.problem import THRESHOLD_SLACK, Problem
from siteplan.publish import Remedy, Words
from siteplan.scenario import Basis
from siteplan.solve.conflict import family_of, with_slacks, without_families
from siteplan.units import to_cny

PACE_RULES = frozenset({"rollout_pace"})
PAYING_RULES = frozenset(
    {"yearly_budget", "project_is_paid", "operating_limit", "subsidy_limit", "operator_is_viable"}
)
"""The constraint families that more money satisfies."""
UNIT_CNY = 10_000.0
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Ground:
    """What a new space is like, and walking distances from demand points to places by demand id.

    ``usable_share``: usable area per floor area; ``opening_cost_cny_per_m2``: of floor area.
    """

    between: Reach
    usable_share: float
    opening_cost_cny_per_m2: float


@dataclass(frozen=True, slots=True, eq=False)
class FirstGuess:
    """Where the search for the least money begins: (columns, values) of binaries, or a restricted program."""

    solution: tuple[NDArray[np.int64], FloatArray] | None = None
    restricted: Program | None = None


def ground_of(policy: Policy, between: Reach) -> Ground:
    """Return the ground for spaces that are rebuilt, at the unit cost of ``costs.yaml``."""
    return Ground(
        between,
        policy.standards.usable_share_of_floor_area.value,
        policy.costs.opening_cost_cny_per_m2[Mode.REBUILD].value,
    )


def money_remedy(
    problem: Problem, asked: Program, first: FirstGuess, gain: float, session: SolverSession, clock: Clock
) -> Remedy | None:
    """Return the least money beyond the plan's with which the program's limits on shortfalls can be kept.

    Under the same pace where that is found possible. ``gain``: of the target's shortfall, in its unit. None:
    the time gave no answer.
    """
    answer = _least_money(asked, first, frozenset(), session, clock.until(0.5 * clock.seconds_left()))
    without_pace = answer.objective is None
    if without_pace:
        answer = _least_money(asked, first, PACE_RULES, session, clock)
    if answer.objective is None:
        return None
    cny = round(to_cny(answer.objective), 2)
    least = cny if answer.is_proven else round(to_cny(max(0.0, answer.bound or 0.0)), 2)
    return Remedy(
        kind="money",
        gain=round(gain, 6),
        cny=cny,
        cny_at_least=least,
        words=_money_words(problem, cny, least, gain, without_pace=without_pace),
    )


def _least_money(
    asked: Program, first: FirstGuess, lifted: frozenset[str], session: SolverSession, clock: Clock
) -> Answer:
    """Return the least money with some families lifted: the first guess improved, and a bound."""
    start, guess = first.solution, None
    if first.restricted is not None:
        restricted = with_money(without_families(first.restricted, lifted))
        guess = session.solve(restricted, Limits(), clock.until(0.4 * clock.seconds_left()))
        if guess.values is not None:
            binaries = np.flatnonzero(asked.is_integer)
            start = binaries, guess.values[binaries].round()
    answer = session.solve(with_money(without_families(asked, lifted)), Limits(), clock, start)
    if guess is None or guess.objective is None:
        return answer
    if answer.objective is not None and answer.objective <= guess.objective:
        return answer
    return replace(answer, status=Status.FEASIBLE, values=guess.values, objective=guess.objective)


def with_money(program: Program) -> Program:
    """Return the program that minimises the money by which the rules on money are exceeded (model unit)."""
    rows = [number for number, name in enumerate(program.row_names) if family_of(name) in PAYING_RULES]
    return with_slacks(program, rows, is_whole=False)


def _money_words(problem: Problem, cny: float, least: float, gain: float, *, without_pace: bool) -> Words:
    amount = math.ceil(cny / UNIT_CNY * 10.0 - TOLERANCE) / 10.0
    if least == cny:
        proof_zh, proof_en = "（已证最少）", " (proven least)"
    elif least >= 0.1 * UNIT_CNY:
        bound = f"{least / UNIT_CNY:,.1f}"
        proof_zh, proof_en = f"（未证最少；至少 {bound} 万元）", f" (not proven least; at least {bound})"
    else:
        proof_zh, proof_en = "（未证最少）", " (not proven least)"
    pace_zh = "，且每年开办数量不受限" if without_pace else ""
    pace_en = ", and no limit on sites opened a year" if without_pace else ""
    unit = counted_unit(problem, gain)
    return Words(
        zh=f"再有 {amount:,.1f} 万元{proof_zh}{pace_zh}，可补上 {unit[0]}，其他目标不受影响",
        en=f"{amount:,.1f} × 10 000 CNY more{proof_en}{pace_en} make up {unit[1]}, other targets kept",
    )


def counted_unit(problem: Problem, value: float) -> tuple[str, str]:
    """Return a number of communities or persons in Chinese and English."""
    if problem.basis.counts_communities:
        return f"{value:,.0f} 个社区", f"{value:,.0f} {'community' if value == 1 else 'communities'}"
    return f"{value:,.0f} 人", f"{value:,.0f} persons"


def space_remedies(
    problem: Problem, figure: CoverageFigure, ground: Ground, *, lacking: float, without_place: float
) -> list[Remedy]:
    """Return the space that would help most where no suitable one is in reach, and the area for places.

    ``lacking``: what stays missing for want of a suitable space; ``without_place``: for want of places.
    """
    remedies: list[Remedy] = []
    function = problem.functions[figure.function]
    if lacking > TOLERANCE:
        best = _best_place(problem, figure, ground.between)
        if best is not None:
            place, reached = best
            gain = min(lacking, reached)
            usable = function.minimum_alone_m2
            if problem.basis is Basis.SERVED:
                usable = max(usable, gain / function.capacity_persons_per_m2)
            remedies.append(_space(problem, figure, ground, usable, gain, place))
    if without_place > TOLERANCE and problem.basis is Basis.SERVED:
        usable = without_place / function.capacity_persons_per_m2
        remedies.append(_space(problem, figure, ground, usable, without_place, None))
    return remedies


def _space(
    problem: Problem,
    figure: CoverageFigure,
    ground: Ground,
    usable_m2: float,
    gain: float,
    place: str | None,
) -> Remedy:
    function = problem.functions[figure.function]
    floor_m2 = usable_m2 / ground.usable_share
    cny = floor_m2 * (ground.opening_cost_cny_per_m2 + function.fit_out_cost_cny_per_m2)
    zh, en = counted_unit(problem, gain)
    floor, usable = math.ceil(floor_m2 - TOLERANCE), math.ceil(usable_m2 - TOLERANCE)
    if place is None:
        at_zh, at_en, code = "服务范围内再有", "more places in reach:", None
    else:
        point = problem.demand[place]
        code = point.community_code
        community = problem.communities[code].name
        at_zh = f"{community}{point.name}附近一处"
        at_en = f"a space in {community} near {point.name} of"
    return Remedy(
        kind="space",
        gain=round(gain, 6),
        cny=round(cny, 2),
        floor_area_m2=round(floor_m2, 6),
        usable_area_m2=round(usable_m2, 6),
        community_code=code,
        demand_id=place,
        words=Words(
            zh=f"{at_zh}至少 {floor} m²（使用面积 {usable} m²）的空间，"
            f"可补上 {zh}；开办和装修估算 {cny / UNIT_CNY:,.1f} 万元",
            en=f"{at_en} at least {floor} m² ({usable} m² usable) makes up {en}; opening and fit-out "
            f"are estimated at {cny / UNIT_CNY:,.1f} × 10 000 CNY",
        ),
    )


def _best_place(problem: Problem, figure: CoverageFigure, between: Reach) -> tuple[str, float] | None:
    """Return the demand point at which a space would reach most that has no suitable space, and how much."""
    function, year = figure.function, figure.year
    reached: dict[str, float] = {}
    for code in _counted(problem, figure):
        for place, share in _newly_reached(problem, code, function, year, between).items():
            reached[place] = reached.get(place, 0.0) + share
    best = max(sorted(reached), key=lambda place: reached[place], default=None)
    return None if best is None or reached[best] <= 0.0 else (best, reached[best])


def _counted(problem: Problem, figure: CoverageFigure) -> tuple[str, ...]:
    """Return the communities that the figure's target counts."""
    if isinstance(figure, LocalCoverage):
        return problem.counted_in(figure.area_code, figure.function, figure.year)
    return problem.counted_communities(figure.function, figure.year)


def _newly_reached(
    problem: Problem, community: str, function: str, year: int, between: Reach
) -> Mapping[str, float]:
    """Return place → communities (1) or persons that a space there would newly reach, of one community."""
    points = [
        key
        for key in problem.demand_of_community[community]
        if problem.target_group(key, function, year) > 0.0
    ]
    if problem.basis.counts_communities:
        able = problem.covering_sites(community, function, year)
        if any(problem.sites[key].available_from <= year for key in able):
            return {}
        if problem.basis is Basis.ESTABLISHED:
            return dict.fromkeys(points, 1.0)
    else:
        points = [
            key
            for key in points
            if not any(
                problem.sites[site].available_from <= year
                for site in problem.providers_within_reach(key, function)
            )
        ]
    rows = {key: index for index, key in enumerate(between.demand_ids)}
    radius = problem.functions[function].service_radius_m
    persons: dict[str, float] = {}
    for key in points:
        for place, distance in between.sites_within(rows[key], radius):
            if distance <= radius:
                persons[place] = persons.get(place, 0.0) + problem.target_group(key, function, year)
    if not problem.basis.counts_communities:
        return persons
    total = sum(problem.target_group(key, function, year) for key in points)
    enough = problem.threshold * total * (1.0 - THRESHOLD_SLACK)
    return {place: 1.0 for place, count in persons.items() if count >= enough}

"""Constraints on coverage: who is covered, and what is short of the targets."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pyomo.environ import Constraint, Set

from siteplan.problem import Problem
from siteplan.scenario import Basis
from siteplan.solve.formulation.variables import Expression, PlanModel, assign_at, cover_at, impossible
from siteplan.units import PERSONS_PER_MODEL_PERSON, to_points

COUNT_SLACK = 1e-9
"""Keeps 50 % of 24 at 12 despite floating-point products."""


def providers(
    problem: Problem, model: PlanModel, sites: Iterable[str], function: str, year: int
) -> Expression:
    """Return Σ_j provide[j,f,t] over the given sites; a decided site among them counts 1.

    A service that may be converted counts while it operates.
    """
    total: Expression = 0
    for site in sites:
        if problem.provides_for_good(site):
            return 1
        total = total + provided_at(problem, model, site, function, year)
    return total


def provided_at(problem: Problem, model: PlanModel, site: str, function: str, year: int) -> Expression:
    """Return provide[j,f,t]: of a decided site 1, of one that may be converted whether it operates."""
    if site in problem.conversions:
        return model.operates[site, year]
    return 1 if problem.sites[site].is_decided else model.provide[site, function, year]


def _at_most(covered: Expression, provided: Expression) -> Expression:
    """Return ``covered ≤ provided``, or skip where a decided site provides already."""
    if isinstance(provided, int) and provided >= 1:
        return Constraint.Skip
    return covered <= provided


def community_covered_by_one_site(problem: Problem, model: PlanModel) -> Constraint:
    """A community is covered by a single site that reaches enough of its target group.

    community_covered[c,f,t] ≤ Σ_{j∈reach_θ(c,f,t)} provide[j,f,t]

    The `established` basis has the same shape: its sites are those inside or declared to serve it.
    周至方案 二（三）; the counting rule is an assumption.
    """

    def rule(model: PlanModel, community: str, function: str, year: int) -> Expression:
        sites = problem.covering_sites(community, function, year)
        provided = providers(problem, model, sites, function, year)
        return _at_most(model.community_covered[community, function, year], provided)

    return Constraint(model.community_covered.index_set(), rule=rule)


def covered_only_within_reach(problem: Problem, model: PlanModel) -> Constraint:
    """A demand point is covered by sites within the service radius that provide the function.

    cover[i,f,t] ≤ Σ_{j∈reach(i,f)} provide[j,f,t]

    国办函〔2023〕121号: 居民适宜步行范围.
    """

    def rule(model: PlanModel, point: str, function: str, year: int) -> Expression:
        sites = problem.providers_within_reach(point, function)
        provided = providers(problem, model, sites, function, year)
        return _at_most(model.cover[point, function, year], provided)

    return Constraint(model.covered, model.years, rule=rule)


def assigned_only_where_provided(problem: Problem, model: PlanModel) -> Constraint:
    """A demand point walks only to a site that provides the function.

    assign[i,j,f,t] ≤ provide[j,f,t]
    """

    def rule(model: PlanModel, point: str, site: str, function: str, year: int) -> Expression:
        provided = provided_at(problem, model, site, function, year)
        if isinstance(provided, int):
            return Constraint.Skip
        return model.assign[point, site, function, year] <= provided

    return Constraint(model.assigned, model.years, rule=rule)


def covered_where_provided(problem: Problem, model: PlanModel) -> Constraint:
    """A demand point with a providing site within reach is covered: nobody is left out to walk less.

    cover[i,f,t] ≥ provide[j,f,t]      (every point i, function f, year t, site j within reach)
    """

    def rule(model: PlanModel, point: str, site: str, function: str, year: int) -> Expression:
        provided = provided_at(problem, model, site, function, year)
        return cover_at(model, point, function, year) >= provided

    return Constraint(model.sharing.cover_rows, model.years, rule=rule)


def covered_are_assigned(problem: Problem, model: PlanModel) -> Constraint:
    """All that is covered walks to some site; with walking minimised, to the nearest provider.

    Σ_{j∈reach(i,f)} assign[i,j,f,t] = cover[i,f,t]
    """

    def rule(model: PlanModel, point: str, function: str, year: int) -> Expression:
        sites = problem.providers_within_reach(point, function)
        walked_to = [site for site in sites if (point, site, function) in model.sharing.assign]
        assigned = sum(assign_at(model, point, site, function, year) for site in walked_to)
        return assigned == cover_at(model, point, function, year)

    return Constraint(model.sharing.assign_rows, model.years, rule=rule)


def coverage_target(problem: Problem, model: PlanModel) -> Constraint:
    """What is short of the target is shortfall.

    Σ_c community_covered[c,f,t] + shortfall[f,t] ≥ target[f,t]      (communities)
    100 · Σ_i persons[i,f,t] · cover[i,f,t] / Σ_i persons[i,f,t] + shortfall[f,t] ≥ target[f,t]   (points)
    100 · Σ_{i,j} serve[i,j,f,t] / Σ_i persons[i,f,t] + shortfall[f,t] ≥ target[f,t]   (points, `served`)

    周至方案 二（三）.
    """

    def rule(model: PlanModel, function: str, year: int) -> Expression:
        target = problem.targets[function, year]
        if problem.basis.counts_communities:
            counted = problem.counted_communities(function, year)
            reached = sum(model.community_covered[code, function, year] for code in counted)
        else:
            reached = persons_share_in_points(problem, model, function, year)
            if reached is None:
                return Constraint.Skip
        return reached + model.shortfall[function, year] >= target

    return Constraint(model.function_years, rule=rule)


def local_coverage_target(problem: Problem, model: PlanModel) -> Constraint:
    """What a town or a community is short of its own target is its shortfall.

    Σ_{c∈area} community_covered[c,f,t] + local_shortfall[area,f,t] ≥ target[area,f,t]      (communities)
    100 · Σ_{i∈area} persons[i,f,t] · cover[i,f,t] / Σ_{i∈area} persons[i,f,t] + … ≥ …   (points)

    Beside the county's targets; the percentages are the scenario's.
    """

    def rule(model: PlanModel, area: str, function: str, year: int) -> Expression:
        target = problem.local_targets[area, function, year]
        counted = problem.counted_in(area, function, year)
        if problem.basis.counts_communities:
            reached = sum(model.community_covered[code, function, year] for code in counted)
        else:
            reached = persons_share_in_points(problem, model, function, year, counted)
        return reached + model.local_shortfall[area, function, year] >= target

    return Constraint(model.local_function_years, rule=rule)


def coverage_floor(problem: Problem, model: PlanModel) -> Constraint:
    """A function has at least so much coverage in the years that ask for it.

    Σ_c community_covered[c,f,t] ≥ floor[f,t]      (communities)
    100 · Σ_i persons[i,f,t] · cover[i,f,t] / Σ_i persons[i,f,t] ≥ floor[f,t]   (points)

    A target as a must; the number is the scenario's.
    """

    def rule(model: PlanModel, function: str, year: int) -> Expression:
        floor = problem.coverage_floor[function, year]
        if floor <= 0.0:
            return Constraint.Skip
        if not problem.basis.counts_communities:
            reached = persons_share_in_points(problem, model, function, year)
            if reached is None:
                return Constraint.Skip
            return impossible(model, floor) if isinstance(reached, int) else reached >= floor
        counted = problem.counted_communities(function, year)
        return sum(model.community_covered[code, function, year] for code in counted) >= floor

    pairs = [(function, year) for function, year in problem.coverage_floor if year in problem.years]
    return Constraint(Set(initialize=pairs, dimen=2, ordered=True), rule=rule)


def persons_share_in_points(
    problem: Problem, model: PlanModel, function: str, year: int, communities: tuple[str, ...] | None = None
) -> Expression | None:
    """Return the share of the target group that is covered, in percentage points; None without anybody.

    Of the county, or of some communities.
    """
    counted = problem.counted_communities(function, year) if communities is None else communities
    points = {point for code in counted for point in problem.demand_of_community[code]}
    total = problem.persons_in(counted, function, year)
    if total <= 0.0:
        return None
    if problem.basis is Basis.SERVED:
        return sum(
            to_points(PERSONS_PER_MODEL_PERSON / total) * model.serve[point, site, function, year]
            for point, site, key in model.served
            if key == function and point in points
        )
    return sum(
        to_points(problem.target_group(point, function, year) / total)
        * cover_at(model, point, function, year)
        for point, key in model.sharing.cover
        if key == function and point in points and problem.target_group(point, function, year) > 0.0
    )


def functions_per_community(problem: Problem, model: PlanModel) -> Constraint:
    """Every community has at least so many functions covered in the years that ask for it.

    Σ_f community_covered[c,f,t] ≥ min(floor[t], functions for which c is counted)

    周至方案: 公益普惠; the number is the scenario's.
    """

    def rule(model: PlanModel, community: str, year: int) -> Expression:
        floor = problem.functions_per_community.get(year)
        if floor is None:
            return Constraint.Skip
        counted = [f for f in problem.functions if community in problem.counted_communities(f, year)]
        if not counted or floor == 0:
            return Constraint.Skip
        covered = sum(model.community_covered[community, function, year] for function in counted)
        return covered >= min(floor, len(counted))

    return Constraint(model.communities, model.years, rule=rule)


def coverage_per_town(problem: Problem, model: PlanModel) -> Constraint:
    """Every town has at least so much of what it could have covered in the years that ask for it.

    Σ_{c∈town, f} community_covered[c,f,t] ≥ ⌈floor[t] / 100 · pairs (c, f) of the town that are counted⌉

    周至方案: 公益普惠; the percentage is the scenario's.
    """
    towns = sorted({problem.communities[code].town_code for code in model.communities})

    def rule(model: PlanModel, town: str, year: int) -> Expression:
        pairs = problem.pairs_of_town(town, year)
        least = math.ceil(problem.coverage_per_town.get(year, 0.0) / 100.0 * len(pairs) - COUNT_SLACK)
        if least <= 0:
            return Constraint.Skip
        return sum(model.community_covered[code, function, year] for code, function in pairs) >= least

    return Constraint(towns, model.years, rule=rule)


def no_community_left_behind(problem: Problem, model: PlanModel) -> Constraint:
    """The worst-off community counts: none has fewer functions covered than the least.

    least_served[t] ≤ Σ_f community_covered[c,f,t]      (every year t, community c with a target group in t)

    周至方案: 公益普惠.
    """
    covered: dict[tuple[str, int], list[Expression]] = {}
    for community, function, year in model.community_covered:
        entry = model.community_covered[community, function, year]
        covered.setdefault((community, year), []).append(entry)
    years_that_count = {year for _, year in covered}

    def rule(model: PlanModel, community: str, year: int) -> Expression:
        if year in years_that_count and (community, year) not in covered:
            return Constraint.Skip
        return model.least_served[year] <= sum(covered.get((community, year), []))

    return Constraint(model.communities, model.years, rule=rule)

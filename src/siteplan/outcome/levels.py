"""The value of each level of the objective, in the unit in which it is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from siteplan.case import Form
from siteplan.outcome.area import area_standard
from siteplan.outcome.assignment import assign
from siteplan.outcome.coverage import is_covered, persons_counted, persons_covered
from siteplan.outcome.money import money_of_sites
from siteplan.outcome.provision import Providing, nearest_provider, operates, providing_sites, target_groups
from siteplan.plan import Decisions
from siteplan.problem import Problem, Role
from siteplan.scenario import Basis, Level
from siteplan.text import Text

UNITS: Mapping[Level, Text] = MappingProxyType(
    {
        Level.SHORTFALL: Text("覆盖率百分点", "coverage points"),
        Level.PERSONS_COVERED: Text("人·年", "person-years"),
        Level.AREA_STANDARD: Text.same("m²"),
        Level.FORM: Text("处", "sites"),
        Level.COST: Text("元", "CNY"),
        Level.WALKING_DISTANCE: Text("人·米", "resident-metres"),
        Level.WORST_COMMUNITY: Text("项功能", "functions"),
        Level.PREFERRED_FORM: Text("处", "sites"),
        Level.NEWLY_BUILT: Text("处", "sites"),
        Level.CHANGES: Text("项承诺", "promises"),
        Level.SCATTERED_FUNCTIONS: Text("项功能", "functions"),
        Level.OPERATOR_CONCENTRATION: Text("处", "sites"),
        Level.WEIGHED: Text("加权单位", "weighed units"),
    }
)
"""Unit of each level's value, bound and gap."""

MAXIMISED = frozenset({Level.PERSONS_COVERED, Level.WORST_COMMUNITY})
"""Levels of which more is better; the others are minimised."""


def advantage(level: Level, value: float, other: float) -> float:
    """Return by how much a value of a level is better than another, negative where it is worse."""
    return value - other if level in MAXIMISED else other - value


def level_value(problem: Problem, decisions: Decisions, level: Level) -> float:
    """Return what the decisions reach at a level, in the level's unit (`UNITS`)."""
    return _VALUES[level](problem, decisions)


def shortfall(problem: Problem, decisions: Decisions) -> float:
    """Return the shortfall to the targets: coverage points, averaged over all targets by weight.

    Σ weight · points / Σ weight. The weight of a county's target is its function's priority, that of a town's
    or community's the priority × its share of the county (of counted communities, or of persons);
    points = 100 · max(0, target − covered) / counted on community bases, percent on the others.
    """
    providing = providing_sites(problem, decisions)
    served = _served_by_community(problem, decisions) if problem.basis is Basis.SERVED else {}
    weighted = total_weight = 0.0
    for (function, year), target in problem.targets.items():
        counted = problem.counted_communities(function, year)
        weight = problem.functions[function].priority
        total_weight += weight
        weighted += weight * _points_short(problem, providing, served, counted, function, year, target)
    for (area, function, year), target in problem.local_targets.items():
        counted = problem.counted_in(area, function, year)
        weight = problem.functions[function].priority * problem.share_of_county(area, function, year)
        total_weight += weight
        weighted += weight * _points_short(problem, providing, served, counted, function, year, target)
    return weighted / total_weight if total_weight > 0.0 else 0.0


def _points_short(
    problem: Problem,
    providing: Providing,
    served: Mapping[tuple[str, str, int], float],
    communities: tuple[str, ...],
    function: str,
    year: int,
    target: float,
) -> float:
    """Return percentage points short of a target of some counted communities."""
    if problem.basis.counts_communities:
        counted = float(len(communities))
        covered = float(
            sum(is_covered(problem, providing, problem.basis, code, function, year) for code in communities)
        )
        missing = max(0.0, target - covered)
    else:
        points = tuple(point for code in communities for point in problem.demand_of_community[code])
        counted = persons_counted(problem, points, function, year)
        covered = (
            sum(served.get((code, function, year), 0.0) for code in communities)
            if problem.basis is Basis.SERVED
            else persons_covered(problem, providing, points, function, year)
        )
        missing = max(0.0, target / 100.0 * counted - covered)
    return 100.0 * missing / counted if counted > 0.0 else 0.0


def _served_by_community(problem: Problem, decisions: Decisions) -> dict[tuple[str, str, int], float]:
    """Return (community, function, year) → persons who have a place."""
    served: dict[tuple[str, str, int], float] = {}
    for row in assign(problem, decisions):
        if row.site_id:
            key = problem.demand[row.demand_id].community_code, row.function, row.year
            served[key] = served.get(key, 0.0) + row.persons
    return served


def person_years_covered(problem: Problem, decisions: Decisions) -> float:
    """Return Σ persons covered[f,t] × (years of the horizon after t + 1), in person-years.

    Where capacity is a rule, those count who have a place.
    """
    if problem.capacity_is_a_rule:
        left = {year: len(problem.years) - number for number, year in enumerate(problem.years)}
        served = persons_served(problem, decisions)
        return sum(persons * left[year] for (_, year), persons in served.items())
    providing = providing_sites(problem, decisions)
    return sum(
        persons_covered(problem, providing, problem.counted_demand, function, year)
        * (len(problem.years) - number)
        for function in problem.functions
        for number, year in enumerate(problem.years)
    )


def area_shortfall(problem: Problem, decisions: Decisions) -> float:
    """Return the m² short of the area standard, over communities, years, all tiers and elderly care."""
    return sum(sum(row.shortfall_m2_by_tier.values()) for row in area_standard(problem, decisions))


def scattered_and_newly_built(problem: Problem, decisions: Decisions) -> float:
    """Return the opened candidate sites that are scattered plus those newly built; both count twice."""
    opened = [key for key in decisions.opening_years() if problem.sites[key].role is Role.CANDIDATE]
    scattered = sum(decisions.forms.get(site_id) is Form.SCATTERED for site_id in opened)
    newly_built = sum(problem.sites[site_id].is_newly_built for site_id in opened)
    return float(scattered + newly_built)


def preferred_form(problem: Problem, decisions: Decisions) -> float:
    """Return the opened complexes below the preferred floor area plus those without elderly and infant care.

    Of candidates, and with the rule of form; 0 without it. A complex that lacks both counts twice.
    """
    standard = problem.form_standard
    if standard is None:
        return 0.0
    care = {problem.elderly_function, problem.infant_function}
    with_care = {site_id for site_id, function in decisions.start_year if function in care}
    complexes = [
        problem.sites[site_id]
        for site_id in decisions.opening_years()
        if problem.sites[site_id].role is Role.CANDIDATE and decisions.forms.get(site_id) is Form.COMPLEX
    ]
    small = sum(site.floor_area_m2 < standard.preferred_floor_area_m2 for site in complexes)
    return float(small + sum(site.site_id not in with_care for site in complexes))


def newly_built(problem: Problem, decisions: Decisions) -> float:
    """Return the opened candidate sites that are newly built."""
    return float(sum(problem.sites[site_id].is_newly_built for site_id in decisions.opening_years()))


def scattered_functions(problem: Problem, decisions: Decisions) -> float:
    """Return the functions that candidates provide outside complexes."""
    return float(
        sum(
            problem.sites[site_id].role is Role.CANDIDATE and decisions.forms.get(site_id) is Form.SCATTERED
            for site_id, _ in decisions.start_year
        )
    )


def operator_concentration(problem: Problem, decisions: Decisions) -> float:
    """Return the sites, open in the last year, of the operator that runs the most."""
    opened, last = decisions.opening_years(), problem.years[-1]
    return float(
        max(
            (
                sum(
                    operates(problem, decisions, site_id, last)
                    if problem.sites[site_id].is_decided
                    else site_id in opened
                    for site_id in sites
                )
                for sites in problem.operators.values()
            ),
            default=0,
        )
    )


def changes(problem: Problem, decisions: Decisions) -> float:
    """Return the promises of an earlier plan that aren't kept: the function isn't there when it falls due."""
    return float(
        sum(
            not _is_kept(problem, decisions, site_id, function, year)
            for (site_id, function), year in problem.promises.items()
        )
    )


def _is_kept(problem: Problem, decisions: Decisions, site_id: str, function: str, year: int) -> bool:
    site = problem.sites.get(site_id)
    if site is not None and site.programme is not None:
        return function in site.programme
    return decisions.start_year.get((site_id, function), year + 1) <= year


def cost(problem: Problem, decisions: Decisions) -> float:
    """Return undiscounted capital plus operating less fees over the horizon, in CNY."""
    sites = money_of_sites(problem, decisions).values()
    return sum(
        site.capital[year] + site.operating[year] - site.fees[year]
        for site in sites
        for year in problem.years
    )


def persons_served(problem: Problem, decisions: Decisions) -> dict[tuple[str, int], float]:
    """Return (function, year) → persons who have a place, by the plan's assignment rule."""
    served: dict[tuple[str, int], float] = {}
    for row in assign(problem, decisions):
        if row.site_id:
            key = row.function, row.year
            served[key] = served.get(key, 0.0) + row.persons
    return served


def walking_distance(problem: Problem, decisions: Decisions) -> float:
    """Return Σ persons × distance to the nearest providing site, over who is covered, in resident-metres.

    Where capacity is a rule, those walk who have a place, to the site where they have it.
    """
    if problem.capacity_is_a_rule:
        return sum(row.persons * (row.distance_m or 0.0) for row in assign(problem, decisions))
    providing = providing_sites(problem, decisions)
    total = 0.0
    for function in problem.functions:
        for year in problem.years:
            for demand_id, persons in target_groups(problem, problem.counted_demand, function, year):
                site_id = nearest_provider(problem, providing, demand_id, function, year)
                if site_id is not None:
                    total += persons * problem.distances[demand_id][site_id]
    return total


def worst_community(problem: Problem, decisions: Decisions) -> float:
    """Return Σ over years of the fewest functions that any community with a target group has covered.

    Counted on the target basis where it counts communities, else on ``reachable``.
    """
    providing = providing_sites(problem, decisions)
    basis = problem.basis if problem.basis.counts_communities else Basis.REACHABLE
    total = 0
    for year in problem.years:
        covered: dict[str, int] = {}
        for function in problem.functions:
            for community in problem.counted_communities(function, year):
                reached = is_covered(problem, providing, basis, community, function, year)
                covered[community] = covered.get(community, 0) + reached
        total += min(covered.values(), default=0)
    return float(total)


def weighed(problem: Problem, decisions: Decisions) -> float:
    """Return Σ weight · value over the levels with a weight, with a minus where more is better."""
    return sum(
        weight * (-1.0 if level in MAXIMISED else 1.0) * level_value(problem, decisions, level)
        for level, weight in problem.weights.items()
    )


_VALUES: Mapping[Level, Callable[[Problem, Decisions], float]] = MappingProxyType(
    {
        Level.SHORTFALL: shortfall,
        Level.PERSONS_COVERED: person_years_covered,
        Level.AREA_STANDARD: area_shortfall,
        Level.FORM: scattered_and_newly_built,
        Level.COST: cost,
        Level.WALKING_DISTANCE: walking_distance,
        Level.WORST_COMMUNITY: worst_community,
        Level.PREFERRED_FORM: preferred_form,
        Level.NEWLY_BUILT: newly_built,
        Level.CHANGES: changes,
        Level.SCATTERED_FUNCTIONS: scattered_functions,
        Level.OPERATOR_CONCENTRATION: operator_concentration,
        Level.WEIGHED: weighed,
    }
)

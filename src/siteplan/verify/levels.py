"""Values of the objective's levels, and whether bound, gap and status agree with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from siteplan.case import Form, Mode
from siteplan.plan import LevelResult
from siteplan.problem import Role
from siteplan.scenario import Basis, Level
from siteplan.text import Text
from siteplan.verify import tolerances
from siteplan.verify.assignments import Seating
from siteplan.verify.claims import Check, ClaimResult, ClaimStatus
from siteplan.verify.coverage import (
    covered_in,
    covered_of_counted,
    covered_persons,
    functions_covered,
    local_targets,
    nearest_m,
    target_in_unit,
)
from siteplan.verify.facts import ELDERLY, INFANT
from siteplan.verify.money import money_of_year
from siteplan.verify.operators import sites_by_operator
from siteplan.verify.schedule import Schedule
from siteplan.verify.space import area_shortfalls
from siteplan.verify.stock import newly_built_candidates

UNITS: Mapping[Level, str] = MappingProxyType(
    {
        Level.SHORTFALL: "coverage points",
        Level.PERSONS_COVERED: "person-years",
        Level.AREA_STANDARD: "m²",
        Level.FORM: "sites",
        Level.COST: "CNY",
        Level.WALKING_DISTANCE: "resident-metres",
        Level.WORST_COMMUNITY: "functions",
        Level.PREFERRED_FORM: "sites",
        Level.NEWLY_BUILT: "sites",
        Level.CHANGES: "promises",
        Level.SCATTERED_FUNCTIONS: "functions",
        Level.OPERATOR_CONCENTRATION: "sites",
        Level.WEIGHED: "weighed units",
    }
)

MAXIMISED = frozenset({Level.PERSONS_COVERED, Level.WORST_COMMUNITY})


def level_claims(schedule: Schedule, seating: Seating) -> tuple[ClaimResult, ...]:
    """Recompute the value of each level; bounds are checked for consistency and not proven again."""
    values = Check("level_values", Text("各级目标值", "values of the objective's levels"))
    proofs = Check(
        "level_bounds",
        Text("各级目标的界、差距与状态前后一致", "bounds, gaps and statuses of the levels are consistent"),
    )
    levels = schedule.plan.levels
    names = tuple(level.name for level in levels)
    weights = schedule.facts.scenario.weights
    values.same("levels (names)", names, (*schedule.facts.scenario.levels, *weights))
    unproven_before = False
    for number, level in enumerate(levels):
        path = f"levels[{number}]"
        unit = UNITS[level.name]
        recomputed = level_value(schedule, seating, level.name)
        values.same(f"{path}.unit", level.unit, unit)
        tolerance = tolerances.level(unit, recomputed)
        values.close(f"{path}.value", level.value, recomputed, tolerance, unit)
        if weights and number > 0:
            proofs.same(f"{path}.status", level.status, "component")
            proofs.same(f"{path}.bound", (level.bound, level.gap), (None, None))
            proofs.same(f"{path}.given_unproven", level.given_unproven, False)
            continue
        proofs.same(f"{path}.given_unproven", level.given_unproven, unproven_before)
        _consistent_proof(proofs, path, level, unit)
        unproven_before = unproven_before or level.status != "optimal"
    return (*values.results(), *proofs.results(ClaimStatus.NOT_RE_PROVEN))


def _consistent_proof(check: Check, path: str, level: LevelResult, unit: str) -> None:
    """No bound means no gap and `unproven`; else the gap is |value − bound| and 0 only where optimal."""
    if level.bound is None or level.gap is None:
        check.same(f"{path}.bound", level.bound, None)
        check.same(f"{path}.gap", level.gap, None)
        check.same(f"{path}.status", level.status, "unproven")
        return
    tolerance = tolerances.level(unit, level.value, level.bound)
    if level.name in MAXIMISED:
        check.at_least(f"{path}.bound", level.bound, level.value, tolerance, unit)
    else:
        check.at_most(f"{path}.bound", level.bound, level.value, tolerance, unit)
    check.close(f"{path}.gap", level.gap, abs(level.value - level.bound), tolerance, unit)
    if level.status == "optimal":
        check.at_most(f"{path}.gap (optimal)", level.gap, 0.0, tolerance, unit)
    else:
        check.same(f"{path}.status", level.status, "gap" if level.gap > 0.0 else "optimal")


def level_value(schedule: Schedule, seating: Seating, level: Level) -> float:
    """Return what the plan reaches at a level, in the unit of `UNITS`.

    Where capacity is a rule, persons covered and their walks are those who have a place.
    """
    capacity = schedule.facts.scenario.rules.capacity
    if level is Level.WEIGHED:
        return sum(
            weight * (-1.0 if part in MAXIMISED else 1.0) * level_value(schedule, seating, part)
            for part, weight in schedule.facts.scenario.weights.items()
        )
    if level is Level.SHORTFALL and schedule.facts.scenario.coverage.basis is Basis.SERVED:
        return _shortfall(schedule, seating)
    if level is Level.PERSONS_COVERED and capacity:
        return _persons_served(schedule, seating)
    if level is Level.WALKING_DISTANCE and capacity:
        return seating.resident_metres()
    return _VALUES[level](schedule)


def _persons_served(schedule: Schedule, seating: Seating) -> float:
    """Σ persons who have a place · (years left + 1), in person-years."""
    years = schedule.facts.years
    return sum(
        persons * sum(later >= year for later in years)
        for (year, _, _), persons in seating.persons_served.items()
    )


def _shortfall(schedule: Schedule, seating: Seating | None = None) -> float:
    """Σ weight · 100 · max(0, target − covered) / counted over Σ weight, where there is a target.

    The weight is the priority; of a town's or community's target the priority × its share of the county.
    """
    facts = schedule.facts
    weighted = priorities = 0.0
    for function in facts.functions.values():
        for year in facts.years:
            providers = schedule.providers(function.key, year)
            covered, counted = covered_of_counted(
                facts, facts.scenario.coverage.basis, function.key, year, providers
            )
            if seating is not None:
                covered = seating.persons_at(function.key, year)
            target = target_in_unit(facts, function.key, year, counted)
            if target is None:
                continue
            priorities += function.priority
            if counted > 0.0:
                weighted += function.priority * 100.0 * max(0.0, target - covered) / counted
    for area, key, year, target in local_targets(facts):
        covered, counted = covered_in(schedule, seating, area, key, year)
        _, everywhere = covered_of_counted(facts, facts.scenario.coverage.basis, key, year, ())
        weight = facts.functions[key].priority * counted / everywhere
        priorities += weight
        weighted += weight * 100.0 * max(0.0, target - covered) / counted
    return weighted / priorities if priorities > 0.0 else 0.0


def _persons_covered(schedule: Schedule) -> float:
    """Σ persons covered · (years left + 1), in person-years."""
    facts = schedule.facts
    return sum(
        covered_persons(
            facts,
            facts.demand,
            function.key,
            year,
            schedule.providers(function.key, year),
            function.service_radius_m,
        )
        * sum(later >= year for later in facts.years)
        for function in facts.functions.values()
        for year in facts.years
    )


def _area_standard(schedule: Schedule) -> float:
    """Σ m² short of every tier and of the elderly part, over communities and years."""
    facts = schedule.facts
    return sum(
        sum(area_shortfalls(schedule, community, year).values())
        for community in facts.communities
        for year in facts.years
    )


def _form(schedule: Schedule) -> float:
    """Opened candidates that are scattered, plus opened candidates that are newly built."""
    opened = [(site, facts) for _, site, facts in schedule.sites.values() if facts.role is Role.CANDIDATE]
    scattered = sum(site.form is Form.SCATTERED for site, _ in opened)
    return float(scattered + sum(facts.mode is Mode.NEW_BUILD for _, facts in opened))


def _preferred_form(schedule: Schedule) -> float:
    """Opened candidate complexes smaller than preferred, plus those without elderly and infant care."""
    if not schedule.facts.scenario.rules.site_form:
        return 0.0
    preferred = schedule.facts.policy.standards.complex_preferred_floor_area_m2
    count = 0
    for _, site, facts in schedule.sites.values():
        if facts.role is Role.CANDIDATE and site.form is Form.COMPLEX:
            provided = {entry.function for entry in site.functions}
            count += preferred is not None and facts.floor_area_m2 < preferred.value
            count += not provided & {ELDERLY, INFANT}
    return float(count)


def _newly_built(schedule: Schedule) -> float:
    """Opened candidates that are newly built."""
    return float(len(newly_built_candidates(schedule)))


def _scattered_functions(schedule: Schedule) -> float:
    """Functions of opened candidates that are scattered."""
    return float(
        sum(
            len(site.functions)
            for _, site, facts in schedule.sites.values()
            if facts.role is Role.CANDIDATE and site.form is Form.SCATTERED
        )
    )


def _operator_concentration(schedule: Schedule) -> float:
    """Sites of the operator with the most that are open in the last year."""
    return float(max(sites_by_operator(schedule, max(schedule.facts.years)).values(), default=0))


def _changes(schedule: Schedule) -> float:
    """Promises that the scenario lists, due within the horizon, and that the plan doesn't keep in time."""
    first, last = min(schedule.facts.years), max(schedule.facts.years)
    broken = 0
    for site, promised in schedule.facts.scenario.promises.items():
        for function, year in promised.items():
            start = schedule.starts.get((site, function))
            broken += year <= last and (start is None or start > max(year, first))
    return float(broken)


def _cost(schedule: Schedule) -> float:
    """Undiscounted capital plus operating cost less fees, in CNY."""
    years = [money_of_year(schedule, year) for year in schedule.facts.years]
    return sum(capital + operating - fees for capital, operating, fees in years)


def _walking_distance(schedule: Schedule) -> float:
    """Σ persons · metres to the nearest providing site, over the covered, in resident-metres."""
    facts = schedule.facts
    total = 0.0
    for function in facts.functions.values():
        for year in facts.years:
            providers = schedule.providers(function.key, year)
            for demand_id in facts.demand:
                metres = nearest_m(facts, demand_id, providers)
                if metres <= function.service_radius_m:
                    total += facts.persons(demand_id, function.key, year) * metres
    return total


def _worst_community(schedule: Schedule) -> float:
    """Σ over years of the fewest functions that a community with a target group has covered.

    On the target basis where it counts communities, else on `reachable`.
    """
    years = schedule.facts.years
    return float(sum(min(functions_covered(schedule, year).values(), default=0) for year in years))


_VALUES: Mapping[Level, Callable[[Schedule], float]] = MappingProxyType(
    {
        Level.SHORTFALL: _shortfall,
        Level.PERSONS_COVERED: _persons_covered,
        Level.AREA_STANDARD: _area_standard,
        Level.FORM: _form,
        Level.COST: _cost,
        Level.WALKING_DISTANCE: _walking_distance,
        Level.WORST_COMMUNITY: _worst_community,
        Level.PREFERRED_FORM: _preferred_form,
        Level.NEWLY_BUILT: _newly_built,
        Level.CHANGES: _changes,
        Level.SCATTERED_FUNCTIONS: _scattered_functions,
        Level.OPERATOR_CONCENTRATION: _operator_concentration,
    }
)

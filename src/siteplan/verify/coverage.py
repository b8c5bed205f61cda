"""Coverage on the four bases, at the reported radii and by community, and the targets."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from siteplan.plan import CoverageFigure
from siteplan.scenario import Basis
from siteplan.text import Text
from siteplan.verify import tolerances
from siteplan.verify.assignments import Seating
from siteplan.verify.claims import Check, ClaimResult, indexed
from siteplan.verify.facts import Facts
from siteplan.verify.places import persons_with_a_place
from siteplan.verify.schedule import Schedule

SLACK = 1e-9
"""Sums of persons and products of percentages are floating-point: exact thresholds count as reached."""


def coverage_claims(schedule: Schedule, seating: Seating) -> tuple[ClaimResult, ...]:
    """Check coverage of every function and year on all bases, its targets, radii and communities."""
    return (
        *_settings(schedule),
        *_coverage(schedule, seating),
        *_local_coverage(schedule, seating),
        *_at_radii(schedule),
        *_communities(schedule, seating),
        *_functions_per_community(schedule),
        *_coverage_per_town(schedule),
        *_coverage_floor(schedule),
    )


def covered_persons(
    facts: Facts,
    demand_ids: Iterable[str],
    function: str,
    year: int,
    providers: Collection[str],
    radius_m: float,
) -> float:
    """Return the persons of the target group with one of ``providers`` within ``radius_m``."""
    return sum(
        facts.persons(demand_id, function, year)
        for demand_id in demand_ids
        if nearest_m(facts, demand_id, providers) <= radius_m
    )


def nearest_m(facts: Facts, demand_id: str, providers: Collection[str]) -> float:
    """Return the walk to the nearest of ``providers``, infinite where none is in reach."""
    walks = facts.distances[demand_id]
    return min((metres for site_id, metres in walks.items() if site_id in providers), default=math.inf)


def is_reachable(facts: Facts, community: str, function: str, year: int, providers: Collection[str]) -> bool:
    """Return whether one provider is within the radius of the threshold share of the target group."""
    radius = facts.functions[function].service_radius_m
    enough = facts.threshold * facts.persons_of_community(community, function, year) * (1.0 - SLACK)
    if enough <= 0.0:
        return False
    near: dict[str, float] = {}
    for demand_id in facts.demand_of_community[community]:
        persons = facts.persons(demand_id, function, year)
        for site_id, metres in facts.distances[demand_id].items():
            if metres <= radius and site_id in providers:
                near[site_id] = near.get(site_id, 0.0) + persons
    return any(persons >= enough for persons in near.values())


def established(facts: Facts, providers: Collection[str]) -> frozenset[str]:
    """Return the communities in which a provider lies, or that one is declared to serve."""
    sites = [facts.sites[site_id] for site_id in providers]
    return frozenset(site.community_code for site in sites).union(
        *(site.serves_communities for site in sites)
    )


def covered_communities(
    facts: Facts, basis: Basis, function: str, year: int, providers: Collection[str]
) -> tuple[str, ...]:
    """Return the counted communities that are covered on a community basis."""
    counted = facts.counted_communities(function, year)
    if basis is Basis.ESTABLISHED:
        served = established(facts, providers)
        return tuple(community for community in counted if community in served)
    return tuple(
        community for community in counted if is_reachable(facts, community, function, year, providers)
    )


def functions_covered(schedule: Schedule, year: int) -> dict[str, int]:
    """Return the functions that each community with a target group has covered in a year.

    On the target basis where it counts communities, else on `reachable`.
    """
    facts = schedule.facts
    basis = facts.scenario.coverage.basis
    if not basis.counts_communities:
        basis = Basis.REACHABLE
    counts: dict[str, int] = {}
    for key in facts.functions:
        reached = set(covered_communities(facts, basis, key, year, schedule.providers(key, year)))
        for community in facts.counted_communities(key, year):
            counts[community] = counts.get(community, 0) + (community in reached)
    return counts


def target_percent(facts: Facts, function: str, year: int) -> float | None:
    """Return the target of a function and year in percent, None where there is none.

    周至方案 二（三）: linear from the coverage of the baseline year to the final target, by default.
    """
    settings = facts.scenario.targets
    override = settings.overrides.get(function, {}).get(year)
    if override is not None:
        return override
    final = facts.functions[function].target_percent
    if settings.path == "last_year_only":
        return final if year == max(facts.years) else None
    baseline = round(facts.policy.standards.target_baseline_year.value)
    if settings.path == "none" or year <= baseline:
        return None
    target_year = round(facts.policy.standards.target_year.value)
    base = baseline_percent(facts, function, baseline)
    if base >= final or year >= target_year:
        return final
    return base + (final - base) * (year - baseline) / (target_year - baseline)


def baseline_percent(facts: Facts, function: str, baseline: int) -> float:
    """Return the coverage on the target basis of what operates at the end of the baseline year, percent."""
    listed = {row.project_id: row.function_areas for row in facts.case.projects if row.year <= baseline} | {
        row.service_id: row.function_areas for row in facts.case.existing_services
    }
    providers = {site_id for site_id, areas in listed.items() if function in areas} & set(facts.sites)
    basis = facts.scenario.coverage.basis
    covered, counted = covered_of_counted(facts, basis, function, baseline, providers)
    if basis is Basis.SERVED:
        capacity = facts.functions[function].capacity_persons_per_m2
        places = {site_id: capacity * listed[site_id][function] for site_id in sorted(providers)}
        covered = persons_with_a_place(facts, function, baseline, places)
    return 100.0 * covered / counted if counted > 0.0 else 0.0


def covered_of_counted(
    facts: Facts, basis: Basis, function: str, year: int, providers: Collection[str]
) -> tuple[float, float]:
    """Return (covered, counted): communities on a community basis, else persons within the radius."""
    if basis.counts_communities:
        counted = facts.counted_communities(function, year)
        return float(len(covered_communities(facts, basis, function, year, providers))), float(len(counted))
    radius = facts.functions[function].service_radius_m
    return (
        covered_persons(facts, facts.demand, function, year, providers, radius),
        sum(facts.persons(demand_id, function, year) for demand_id in facts.demand),
    )


def target_in_unit(facts: Facts, function: str, year: int, counted: float) -> float | None:
    """Return the target in the unit of the target basis: whole communities, or persons."""
    percent = target_percent(facts, function, year)
    if percent is None:
        return None
    if facts.scenario.coverage.basis.counts_communities:
        return float(math.ceil(percent * counted / 100.0 - SLACK))
    return percent / 100.0 * counted


def _settings(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("coverage_basis", Text("覆盖率口径与阈值", "basis and threshold of coverage"))
    check.same("basis", schedule.plan.basis, schedule.facts.scenario.coverage.basis)
    check.close("threshold", schedule.plan.threshold, schedule.facts.threshold, SLACK, "")
    return check.results()


def _coverage(schedule: Schedule, seating: Seating) -> tuple[ClaimResult, ...]:
    check = Check("coverage", Text("各口径覆盖率与目标", "coverage on all bases, and its targets"))
    facts = schedule.facts
    rows = indexed(
        check,
        "coverage",
        schedule.plan.coverage,
        lambda row: (row.function, row.year, row.basis),
        [(function, year, basis) for function in facts.functions for year in facts.years for basis in Basis],
    )
    for (function, year, basis), (path, row) in rows.items():
        covered, counted, missing = _figure(schedule, seating, function, year, basis)
        _compare_figure(check, path, row, covered, counted)
        check.same(f"{path}.missing", tuple(sorted(row.missing)), tuple(sorted(missing)))
        on_target_basis = basis is facts.scenario.coverage.basis
        target = target_in_unit(facts, function, year, counted) if on_target_basis else None
        check.close(f"{path}.target", row.target, target, tolerances.persons(target or 0.0), "")
    return check.results()


def _compare_figure(check: Check, path: str, row: CoverageFigure, covered: float, counted: float) -> None:
    tolerance = tolerances.persons(covered, counted)
    check.close(f"{path}.covered", row.covered, covered, tolerance, "")
    check.close(f"{path}.counted", row.counted, counted, tolerance, "")
    percent = 100.0 * covered / counted if counted > 0.0 else None
    # A percentage follows its two sums, so it may be as far off as they may.
    check.close(f"{path}.percent", row.percent, percent, max(tolerances.POINTS, 1e-4), "%")


def _figure(
    schedule: Schedule, seating: Seating, function: str, year: int, basis: Basis
) -> tuple[float, float, tuple[str, ...]]:
    """Return covered, counted and the missing communities of a figure."""
    facts = schedule.facts
    providers = schedule.providers(function, year)
    covered, counted = covered_of_counted(facts, basis, function, year, providers)
    if basis is Basis.SERVED:
        return seating.served(function, year, facts.demand), counted, ()
    if not basis.counts_communities:
        return covered, counted, ()
    having = set(covered_communities(facts, basis, function, year, providers))
    communities = facts.counted_communities(function, year)
    return covered, counted, tuple(code for code in communities if code not in having)


def local_targets(facts: Facts) -> Iterator[tuple[str, str, int, float]]:
    """Yield (town or community, function, year, target) of the targets of their own within the horizon.

    In whole communities, rounded up, or persons; those of nobody are no targets.
    """
    by_community = facts.scenario.coverage.basis.counts_communities
    for area, percents in facts.areas_with_targets().items():
        for function, by_year in percents.items():
            for year, percent in by_year.items():
                counted = counted_in(facts, area, function, year)
                if year not in facts.years or not counted:
                    continue
                if by_community:
                    yield area, function, year, float(math.ceil(percent * len(counted) / 100.0 - SLACK))
                else:
                    persons = sum(facts.persons_of_community(code, function, year) for code in counted)
                    yield area, function, year, percent / 100.0 * persons


def counted_in(facts: Facts, area: str, function: str, year: int) -> tuple[str, ...]:
    """Return the communities of a town, or the community, that have a target group in the year."""
    return tuple(
        code for code in facts.communities_in(area) if facts.persons_of_community(code, function, year) > 0.0
    )


def covered_in(
    schedule: Schedule, seating: Seating | None, area: str, function: str, year: int
) -> tuple[float, float]:
    """Return (covered, counted) of a town or community on the target basis: communities, or persons.

    Persons who have a place are looked up in the ``seating``, which only the basis `served` needs.
    """
    facts = schedule.facts
    basis = facts.scenario.coverage.basis
    providers = schedule.providers(function, year)
    counted = counted_in(facts, area, function, year)
    if basis.counts_communities:
        covered = set(covered_communities(facts, basis, function, year, providers)) & set(counted)
        return float(len(covered)), float(len(counted))
    points = [point for code in counted for point in facts.demand_of_community[code]]
    persons = sum(facts.persons(point, function, year) for point in points)
    if basis is Basis.SERVED and seating is not None:
        return seating.served(function, year, points), persons
    radius = facts.functions[function].service_radius_m
    return covered_persons(facts, points, function, year, providers, radius), persons


def _local_coverage(schedule: Schedule, seating: Seating) -> tuple[ClaimResult, ...]:
    check = Check(
        "local_coverage",
        Text("镇街、社区的覆盖与目标", "coverage of towns and communities with targets of their own"),
    )
    facts = schedule.facts
    names = {row.town_code: row.town_name for row in facts.case.towns}
    names |= {code: row.community_name for code, row in facts.communities.items()}
    targets = {(area, function, year): target for area, function, year, target in local_targets(facts)}
    rows = indexed(
        check,
        "local_coverage",
        schedule.plan.local_coverage,
        lambda row: (row.area_code, row.function, row.year),
        list(targets),
    )
    for (area, function, year), (path, row) in rows.items():
        covered, counted = covered_in(schedule, seating, area, function, year)
        check.same(f"{path}.area_name", row.area_name, names[area])
        check.same(f"{path}.basis", row.basis, facts.scenario.coverage.basis)
        _compare_figure(check, path, row, covered, counted)
        target = targets[area, function, year]
        check.close(f"{path}.target", row.target, target, tolerances.persons(target), "")
        missing = _missing_in(schedule, area, function, year)
        check.same(f"{path}.missing", tuple(sorted(row.missing)), missing)
    return check.results()


def _missing_in(schedule: Schedule, area: str, function: str, year: int) -> tuple[str, ...]:
    """Return the communities of an area that are not covered, where the target basis counts communities."""
    facts = schedule.facts
    basis = facts.scenario.coverage.basis
    if not basis.counts_communities:
        return ()
    covered = covered_communities(facts, basis, function, year, schedule.providers(function, year))
    return tuple(sorted(set(counted_in(facts, area, function, year)) - set(covered)))


def _at_radii(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("coverage_at_radii", Text("各参考半径的覆盖人数", "persons covered at the reported radii"))
    facts = schedule.facts
    radii = [figure.value for figure in facts.policy.standards.reported_radii_m]
    rows = indexed(
        check,
        "coverage_at_radii",
        schedule.plan.coverage_at_radii,
        lambda row: (row.function, row.year, row.radius_m),
        [
            (function, year, radius)
            for function in facts.functions
            for year in facts.years
            for radius in radii
        ],
    )
    for (function, year, radius), (path, row) in rows.items():
        providers = schedule.providers(function, year)
        covered = covered_persons(facts, facts.demand, function, year, providers, radius)
        counted = sum(facts.persons(demand_id, function, year) for demand_id in facts.demand)
        tolerance = tolerances.persons(covered, counted)
        check.close(f"{path}.covered", row.covered, covered, tolerance, "persons")
        check.close(f"{path}.counted", row.counted, counted, tolerance, "persons")
    return check.results()


def _communities(schedule: Schedule, seating: Seating) -> tuple[ClaimResult, ...]:
    check = Check("coverage_of_communities", Text("各社区覆盖情况", "coverage of each community"))
    facts = schedule.facts
    expected = [
        (community, function, year)
        for function in facts.functions
        for year in facts.years
        for community in facts.counted_communities(function, year)
    ]
    rows = indexed(
        check,
        "communities",
        schedule.plan.communities,
        lambda row: (row.community_code, row.function, row.year),
        expected,
    )
    established_in = {
        (function, year): established(facts, schedule.providers(function, year))
        for function in facts.functions
        for year in facts.years
    }
    for (community, function, year), (path, row) in rows.items():
        providers = schedule.providers(function, year)
        points = facts.demand_of_community[community]
        radius = facts.functions[function].service_radius_m
        reachable = is_reachable(facts, community, function, year, providers)
        check.same(f"{path}.reachable", row.reachable, reachable)
        check.same(f"{path}.established", row.established, community in established_in[function, year])
        persons: Mapping[str, float] = {
            "target_group": facts.persons_of_community(community, function, year),
            "residents_covered": covered_persons(facts, points, function, year, providers, radius),
            "served": seating.served(function, year, points),
        }
        tolerance = tolerances.persons(*persons.values())
        for name, recomputed in persons.items():
            check.close(f"{path}.{name}", getattr(row, name), recomputed, tolerance, "persons")
    return check.results()


def _functions_per_community(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "functions_per_community",
        Text("各社区已覆盖功能数不低于底线", "no community has fewer functions covered than the least"),
    )
    facts = schedule.facts
    for year, floor in facts.scenario.rules.functions_per_community_at_least.items():
        if year not in facts.years:
            continue
        possible = Counter(
            community for key in facts.functions for community in facts.counted_communities(key, year)
        )
        for community, count in functions_covered(schedule, year).items():
            counted = possible[community]
            place = f"functions covered in {community} in {year}"
            check.at_least(place, count, min(floor, counted), 0.0, "")
    return check.results()


def _coverage_per_town(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """The least coverage of each town: of its counted communities, over all functions."""
    check = Check(
        "coverage_per_town",
        Text(
            "各镇街覆盖不低于底线", "no town has less of its communities and functions covered than it must"
        ),
    )
    facts = schedule.facts
    for year, percent in facts.scenario.rules.coverage_per_town_at_least.items():
        if year not in facts.years:
            continue
        covered = functions_covered(schedule, year)
        for town in sorted({row.town_code for row in facts.communities.values()}):
            inside = facts.communities_in(town)
            counted = sum(len(counted_in(facts, town, key, year)) for key in facts.functions)
            least = math.ceil(percent * counted / 100.0 - SLACK)
            reached = sum(covered.get(code, 0) for code in inside)
            check.at_least(f"communities and functions covered in {town} in {year}", reached, least, 0.0, "")
    return check.results()


def _coverage_floor(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """The least coverage by function and year, on the target basis: whole communities, or persons."""
    check = Check(
        "coverage_floor", Text("各功能覆盖率不低于底线", "no function has less coverage than it must")
    )
    facts = schedule.facts
    basis = facts.scenario.coverage.basis
    for function, percents in facts.scenario.rules.coverage_at_least.items():
        for year, percent in percents.items():
            if year not in facts.years:
                continue
            providers = schedule.providers(function, year)
            covered, counted = covered_of_counted(facts, basis, function, year, providers)
            least = percent * counted / 100.0
            if basis.counts_communities:
                least = float(math.ceil(least - SLACK))
            tolerance = 0.0 if basis.counts_communities else tolerances.persons(counted)
            check.at_least(f"coverage of {function} in {year}", covered, least, tolerance, "")
    return check.results()

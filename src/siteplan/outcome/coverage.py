"""Coverage of functions on the four bases, by function and year and by community."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from siteplan.outcome.provision import Providing, nearest_provider, target_groups
from siteplan.plan import Assignment, CommunityCoverage, CoverageFigure, LocalCoverage, RadiusFigure
from siteplan.problem import Problem
from siteplan.scenario import Basis


def is_covered(
    problem: Problem, providing: Providing, basis: Basis, community: str, function: str, year: int
) -> bool:
    """Return whether a community is covered on a community basis (``reachable`` or ``established``)."""
    providers = providing[function, year]
    return any(site_id in providers for site_id in _sites_covering(problem, basis, community, function, year))


def covered_communities(
    problem: Problem, providing: Providing, basis: Basis, function: str, year: int
) -> tuple[str, ...]:
    """Return the counted communities that are covered on a community basis."""
    return tuple(
        community
        for community in problem.counted_communities(function, year)
        if is_covered(problem, providing, basis, community, function, year)
    )


def persons_covered(
    problem: Problem, providing: Providing, demand_ids: tuple[str, ...], function: str, year: int
) -> float:
    """Return the persons of the target group with a providing site within the service radius."""
    return sum(
        persons
        for demand_id, persons in target_groups(problem, demand_ids, function, year)
        if nearest_provider(problem, providing, demand_id, function, year) is not None
    )


def persons_counted(problem: Problem, demand_ids: tuple[str, ...], function: str, year: int) -> float:
    """Return the persons of the target group at demand points in a year."""
    return sum(persons for _, persons in target_groups(problem, demand_ids, function, year))


def coverage_of_communities(
    problem: Problem, providing: Providing, assignments: Iterable[Assignment]
) -> tuple[CommunityCoverage, ...]:
    """Return what each counted community has, by community, function and year.

    A community out of scope, or without a target group for the function in the year, has no row.
    """
    served = _persons_served(problem, assignments)
    counted = {
        (function, year): frozenset(problem.counted_communities(function, year))
        for function in problem.functions
        for year in problem.years
    }
    return tuple(
        CommunityCoverage(
            community_code=community,
            function=function,
            year=year,
            reachable=is_covered(problem, providing, Basis.REACHABLE, community, function, year),
            established=is_covered(problem, providing, Basis.ESTABLISHED, community, function, year),
            target_group=persons_counted(problem, problem.demand_of_community[community], function, year),
            residents_covered=persons_covered(
                problem, providing, problem.demand_of_community[community], function, year
            ),
            served=served[community, function, year],
        )
        for community in problem.communities
        for function in problem.functions
        for year in problem.years
        if community in counted[function, year]
    )


def coverage_figures(
    problem: Problem, communities: tuple[CommunityCoverage, ...]
) -> tuple[CoverageFigure, ...]:
    """Sum the communities up to one figure per function, year and basis, in that order."""
    of_function: dict[tuple[str, int], list[CommunityCoverage]] = defaultdict(list)
    for row in communities:
        of_function[row.function, row.year].append(row)
    return tuple(
        _figure(problem, of_function[function, year], function, year, basis)
        for function in problem.functions
        for year in problem.years
        for basis in Basis
    )


def local_coverage(problem: Problem, communities: tuple[CommunityCoverage, ...]) -> tuple[LocalCoverage, ...]:
    """Sum the communities up to the figures of the towns and communities with a target of their own."""
    of_community = {(row.community_code, row.function, row.year): row for row in communities}
    figures: list[LocalCoverage] = []
    for (area, function, year), in_unit in problem.local_targets.items():
        rows = [of_community[code, function, year] for code in problem.counted_in(area, function, year)]
        figure = _figure(problem, rows, function, year, problem.basis)
        target = in_unit if problem.basis.counts_communities else in_unit / 100.0 * figure.counted
        figures.append(
            LocalCoverage(
                **{**dict(figure), "target": target}, area_code=area, area_name=problem.area_name(area)
            )
        )
    return tuple(figures)


def coverage_at_radii(problem: Problem, providing: Providing) -> tuple[RadiusFigure, ...]:
    """Return the persons with a providing site within each reported radius, by function and year.

    Raises:
        ValueError: a reported radius is larger than the distances reach.
    """
    beyond = [radius for radius in problem.reported_radii_m if radius > problem.reach.limit_m]
    if beyond:
        raise ValueError(
            f"distances are known within {problem.reach.limit_m} m, not within reported radii {beyond} m"
        )
    return tuple(
        figure
        for function in problem.functions
        for year in problem.years
        for figure in _radius_figures(problem, providing, function, year)
    )


def _sites_covering(
    problem: Problem, basis: Basis, community: str, function: str, year: int
) -> tuple[str, ...]:
    """Return the sites that alone cover a community; the problem keeps those of its own basis at hand."""
    kept = problem.basis if problem.basis.counts_communities else Basis.REACHABLE
    if basis is kept:
        return problem.covering_sites(community, function, year)
    return problem.covering_sites_on(basis, community, function, year)


def _persons_served(
    problem: Problem, assignments: Iterable[Assignment]
) -> Mapping[tuple[str, str, int], float]:
    """Return (community, function, year) → persons who have a place."""
    served: dict[tuple[str, str, int], float] = defaultdict(float)
    for row in assignments:
        if row.site_id:
            served[problem.demand[row.demand_id].community_code, row.function, row.year] += row.persons
    return served


def _figure(
    problem: Problem, rows: list[CommunityCoverage], function: str, year: int, basis: Basis
) -> CoverageFigure:
    missing: tuple[str, ...] = ()
    if basis.counts_communities:
        counted = float(len(rows))
        missing = tuple(row.community_code for row in rows if not getattr(row, basis.value))
        covered = counted - len(missing)
    else:
        counted = sum(row.target_group for row in rows)
        covered = sum(row.residents_covered if basis is Basis.RESIDENTS else row.served for row in rows)
    return CoverageFigure(
        function=function,
        year=year,
        basis=basis,
        covered=covered,
        counted=counted,
        percent=100.0 * covered / counted if counted > 0.0 else None,
        target=_target(problem, function, year, counted) if basis is problem.basis else None,
        missing=missing,
    )


def _target(problem: Problem, function: str, year: int, counted: float) -> float | None:
    """Return the target in the unit of ``covered``: communities, or persons from a target in percent."""
    target = problem.targets.get((function, year))
    if target is None or problem.basis.counts_communities:
        return target
    return target / 100.0 * counted


def _radius_figures(
    problem: Problem, providing: Providing, function: str, year: int
) -> Iterator[RadiusFigure]:
    providers = providing[function, year]
    covered = dict.fromkeys(problem.reported_radii_m, 0.0)
    counted = 0.0
    for demand_id, persons in target_groups(problem, problem.counted_demand, function, year):
        counted += persons
        distances = problem.distances[demand_id].items()
        nearest = next((distance for site_id, distance in distances if site_id in providers), None)
        for radius in covered:
            if nearest is not None and nearest <= radius:
                covered[radius] += persons
    for radius, persons in covered.items():
        yield RadiusFigure(function=function, year=year, radius_m=radius, covered=persons, counted=counted)

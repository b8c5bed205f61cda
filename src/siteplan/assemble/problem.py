"""Inputs and walking distances → `Problem`."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from siteplan.assemble.by_hand import forbidden_pairs, promised_pairs, required_pairs, with_commitments
from siteplan.assemble.capital import with_scaled_costs
from siteplan.assemble.conversion import conversion_sites
from siteplan.assemble.estates import estates_with_a_standard, with_estates
from siteplan.assemble.joint_programmes import with_joint_programmes
from siteplan.assemble.safety import with_exclusion_zones
from siteplan.assemble.sites import all_sites, build_function
from siteplan.assemble.targets import resolve_floors, resolve_local_targets, resolve_targets
from siteplan.assemble.time import with_times
from siteplan.case import Case
from siteplan.case import DemandPoint as DemandRow
from siteplan.network import WalkingAccess
from siteplan.policy import Figure, FunctionPolicy, Policy
from siteplan.problem import (
    AreaStandard,
    Community,
    DemandPoint,
    FormStandard,
    Function,
    FundingSource,
    Money,
    Pace,
    Problem,
)
from siteplan.scenario import Budget, Scenario
from siteplan.scenario import FundingSource as SourceSettings

Number = TypeVar("Number", int, float)


def build_problem(case: Case, policy: Policy, scenario: Scenario, access: WalkingAccess) -> Problem:
    """Assemble the problem of a scenario.

    The case must have passed `siteplan.inputs.check`: cross references hold and figures are sane. What the
    scenario fixes by hand is checked on the problem, by `check_by_hand`.
    """
    share = policy.standards.usable_share_of_floor_area.value
    functions = {key: build_function(key, entry, share) for key, entry in policy.functions.items()}
    sites = {site.site_id: site for site in all_sites(case, policy, functions, scenario.years)}
    sites = with_scaled_costs(sites, case, scenario)
    estates_are_a_rule = scenario.rules.new_estate_area_standard
    sites = with_estates(with_times(sites, case, policy, scenario), case, fitted_out=estates_are_a_rule)
    sites = with_joint_programmes(sites, case, scenario)
    sites |= {site.site_id: site for site in conversion_sites(case, policy, functions, scenario, sites)}
    sites = with_exclusion_zones(sites, case)
    sites = with_commitments(sites, scenario)
    procedure_cost = policy.costs.land_use_procedure_cny_per_m2
    threshold = scenario.coverage.threshold or policy.standards.coverage_threshold.value
    communities = {
        row.community_code: Community(row.community_code, row.community_name, row.town_code, row.in_scope)
        for row in case.communities
    }
    problem = Problem(
        years=scenario.years,
        functions=functions,
        communities=communities,
        demand={row.demand_id: _demand_point(row, policy.functions) for row in case.demand_points},
        sites=sites,
        reach=access.reach,
        basis=scenario.coverage.basis,
        assignment_rule=scenario.rules.assignment,
        care_bed_share_of_elderly_room=_value(policy.standards.care_bed_share_of_elderly_room),
        care_bed_area_m2=_value(policy.standards.care_bed_area_m2) or 1.0,
        threshold=threshold,
        targets={},
        objective=scenario.levels,
        weights=scenario.weights,
        tolerance=dict(scenario.tolerance),
        form_standard=_form_standard(policy) if scenario.rules.site_form else None,
        places_reserved_first=scenario.rules.places_reserved_first and scenario.rules.site_form,
        operator_viability=scenario.rules.operator_viability,
        area_floor_m2_per_100_households=_in_years(scenario.rules.area_standard_at_least_m2, scenario.years),
        elderly_area_floor_m2_per_100_households=_in_years(
            scenario.rules.elderly_area_standard_at_least_m2, scenario.years
        ),
        functions_per_community=_in_years(scenario.rules.functions_per_community_at_least, scenario.years),
        new_estates=estates_with_a_standard(
            sites, case, _value(policy.standards.new_estate_area_m2_per_100_households) or 0.0
        )
        if estates_are_a_rule
        else {},
        coverage_per_town=_in_years(scenario.rules.coverage_per_town_at_least, scenario.years),
        area_standard=AreaStandard(
            tiers_m2=tuple(figure.value for figure in policy.standards.area_tiers_m2_per_100_households),
            elderly_m2=policy.standards.elderly_area_m2_per_100_households.value,
        ),
        money=_money(scenario.budget, scenario.years),
        pace=Pace(scenario.pace.sites_per_year, scenario.pace.sites_per_year_and_town),
        reported_radii_m=tuple(figure.value for figure in policy.standards.reported_radii_m),
        land_use_grace_years=round(policy.standards.land_use_grace_years.value),
        land_use_procedure_cny_per_m2=None if procedure_cost is None else procedure_cost.value,
        forbidden_by_hand=forbidden_pairs(sites, scenario),
        required_coverage=required_pairs(communities, scenario),
        places_at_least={
            (key, year): places
            for key, by_year in scenario.rules.places_at_least.items()
            for year, places in _in_years(by_year, scenario.years).items()
        },
        complex_places_at_least=dict(scenario.rules.complex_places_at_least)
        if scenario.rules.site_form
        else {},
        operator_share_at_most=scenario.rules.operator_sites_share_at_most,
        promises=promised_pairs(scenario),
        town_names={row.town_code: row.town_name for row in case.towns},
        newly_built_at_most=scenario.rules.newly_built_sites_at_most,
    )
    return replace(
        problem,
        targets=_targets(problem, case, policy, scenario, functions),
        local_targets=resolve_local_targets(problem, scenario.targets),
        coverage_floor=resolve_floors(problem, scenario.rules.coverage_at_least),
    )


def _targets(
    problem: Problem, case: Case, policy: Policy, scenario: Scenario, functions: dict[str, Function]
) -> dict[tuple[str, int], float]:
    """Resolve the targets on a copy in which the baseline's sites have their listed programme."""
    baseline_year = round(policy.standards.target_baseline_year.value)
    after_baseline = (*scenario.years, max(baseline_year, scenario.years[-1]) + 1)
    listed = {
        site.site_id: site
        for site in all_sites(case, policy, functions, after_baseline[-1:])
        if site.programme is not None
    }
    opening = {project.project_id: project.year for project in case.projects}
    programmes = {
        key: tuple(site.programme or ())
        for key, site in listed.items()
        if opening.get(key, baseline_year) <= baseline_year
    }
    as_listed = replace(problem, sites={**problem.sites, **{key: listed[key] for key in programmes}})
    return resolve_targets(as_listed, policy, scenario.targets, programmes)


def _demand_point(row: DemandRow, functions: dict[str, FunctionPolicy]) -> DemandPoint:
    return DemandPoint(
        demand_id=row.demand_id,
        name=row.name,
        community_code=row.community_code,
        longitude=row.longitude,
        latitude=row.latitude,
        households=row.households,
        target_group={
            key: sum(row.residents_of(age) for age in entry.target_ages) * entry.participation_rate.value
            for key, entry in functions.items()
        },
        occupied_from=row.occupied_from,
    )


def _in_years(by_year: dict[int, Number], years: tuple[int, ...]) -> dict[int, Number]:
    return {year: figure for year, figure in by_year.items() if year in years}


def _form_standard(policy: Policy) -> FormStandard:
    standards = policy.standards
    preferred = standards.complex_preferred_floor_area_m2
    return FormStandard(
        minimum_floor_area_m2=standards.complex_minimum_floor_area_m2.value,
        minimum_functions=round(standards.complex_minimum_functions.value),
        minimum_standard_functions=round(standards.complex_minimum_standard_functions.value),
        scattered_maximum_functions=round(standards.scattered_maximum_functions.value),
        preferred_floor_area_m2=preferred.value if preferred is not None else 0.0,
    )


def _money(budget: Budget | None, years: tuple[int, ...]) -> Money:
    if budget is None:
        return Money(None, {}, True, {})
    by_source = {
        name: {year: source.amounts_cny.get(year, 0.0) * budget.scale for year in years}
        for name, source in budget.sources.items()
    }
    operating = {year: limit for year, limit in budget.operating_cny.items() if year in years}
    subsidy = {year: limit for year, limit in budget.subsidy_cny.items() if year - 1 in years}
    if not budget.is_by_source:
        capital = {year: sum(amounts[year] for amounts in by_source.values()) for year in years}
        return Money(capital, by_source, budget.carry_over, operating, subsidy_cny=subsidy)
    sources = {key: _source(key, source, budget, years) for key, source in budget.sources.items()}
    capital = {year: sum(_usable_cny(source, year, years) for source in sources.values()) for year in years}
    carry_over = any(source.carry_over for source in sources.values())
    advance = {year: budget.advance_cny.get(year, 0.0) for year in years}
    return Money(capital, by_source, carry_over, operating, sources, advance, subsidy)


def _source(key: str, settings: SourceSettings, budget: Budget, years: tuple[int, ...]) -> FundingSource:
    paying = (*years, *range(years[-1] + 1, years[-1] + 1 + settings.paid_after_years))
    levels, modes, functions = (
        settings.eligible_levels,
        settings.eligible_modes,
        settings.eligible_functions,
    )
    return FundingSource(
        key=key,
        name=settings.name.text,
        amounts_cny={year: settings.amounts_cny.get(year, 0.0) * budget.scale for year in paying},
        carry_over=budget.carry_over if settings.carry_over is None else settings.carry_over,
        eligible_levels=None if levels is None else frozenset(levels),
        eligible_modes=None if modes is None else frozenset(modes),
        eligible_functions=None if functions is None else frozenset(functions),
        share_of_project_at_most=settings.share_of_project_at_most,
        per_project_cap_cny=settings.per_project_cap_cny,
        paid_after_years=settings.paid_after_years,
    )


def _usable_cny(source: FundingSource, year: int, years: tuple[int, ...]) -> float:
    """Return what the projects of a year may get of a source: an award's amount of its year of payment."""
    usable = source.amounts_cny[year + source.paid_after_years]
    if source.carry_over and year == years[0]:
        usable += sum(source.amounts_cny[early] for early in range(year, year + source.paid_after_years))
    return usable


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value

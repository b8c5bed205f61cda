"""The raw inputs resolved into what claims are checked against: figures, sites, persons, distances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from siteplan.case import (
    CandidateSite,
    Case,
    CommittedProject,
    Community,
    Consent,
    DataStatus,
    DemandPoint,
    ExistingService,
    Form,
    Mode,
    ProjectLevel,
    StockKind,
    Tenure,
)
from siteplan.network import RoadNetwork
from siteplan.policy import AreaFigure, FunctionKind, FunctionPolicy, HostingRule, Policy
from siteplan.problem import Role
from siteplan.scenario import Scenario
from siteplan.verify.distances import Distances, walking_distances
from siteplan.verify.zones import excluded_by, zones_near

ELDERLY = "elderly_care"
INFANT = "infant_care"


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """One function; areas in usable m², costs in CNY per m² floor area."""

    key: str
    is_standard: bool
    target_percent: float
    priority: float
    service_radius_m: float
    minimum_alone_m2: float
    minimum_in_complex_m2: float
    maximum_m2: float
    capacity_persons_per_m2: float
    room_group: str
    fit_out_cny_per_m2: float
    operating_cny_per_m2: float
    fees_cny_per_m2: float
    target_ages: tuple[str, ...]
    participation_rate: float
    subsidy_cny_per_m2: float = 0.0


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """One site of any role.

    ``programme`` (function → usable m²) is given where the functions are decided before the horizon;
    ``opens_in`` is the year of a committed project inside it.
    """

    site_id: str
    name: str
    role: Role
    community_code: str
    town_code: str
    longitude: float
    latitude: float
    floor_area_m2: float
    usable_area_m2: float
    may_host: frozenset[str]
    available_from: int
    opens_in: int | None
    listed_form: Form | None
    programme: Mapping[str, float] | None
    required_functions: frozenset[str]
    opening_cost_cny: float
    mode: Mode | None
    serves_communities: frozenset[str]
    data_status: DataStatus
    project_level: ProjectLevel | None = None
    rent_cny: float = 0.0
    """Yearly rent, from the year after opening."""
    converts: str | None = None
    held_until: int | None = None
    fit_out_is_charged: bool = True
    """False where the developer of a new estate hands it over fitted out."""
    operator: str = ""
    joint_programme: str | None = None
    joint_programme_year: int | None = None
    joint_programme_pays_cny: float = 0.0
    """What the joint programme pays of an opening in its year."""

    @property
    def floor_per_usable(self) -> float:
        """Floor area per usable area."""
        return self.floor_area_m2 / self.usable_area_m2


@dataclass(frozen=True)
class Facts:
    """Everything the inputs say. ``sites`` leaves out projects that open after the last year."""

    case: Case
    policy: Policy
    scenario: Scenario
    functions: Mapping[str, FunctionFacts]
    sites: Mapping[str, SiteFacts]
    distances: Distances

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years of the horizon."""
        return self.scenario.years

    @property
    def threshold(self) -> float:
        """Return the share of a community's target group that one site must reach."""
        stated = self.scenario.coverage.threshold
        return self.policy.standards.coverage_threshold.value if stated is None else stated

    @cached_property
    def communities(self) -> Mapping[str, Community]:
        """Communities in scope by code."""
        return {row.community_code: row for row in self.case.communities if row.in_scope}

    @cached_property
    def demand(self) -> Mapping[str, DemandPoint]:
        """Demand points of the communities in scope by id."""
        return {
            row.demand_id: row for row in self.case.demand_points if row.community_code in self.communities
        }

    @cached_property
    def demand_of_community(self) -> Mapping[str, tuple[str, ...]]:
        """Community in scope → its demand points."""
        points: dict[str, list[str]] = {code: [] for code in self.communities}
        for demand_id, row in self.demand.items():
            points[row.community_code].append(demand_id)
        return {code: tuple(ids) for code, ids in points.items()}

    @cached_property
    def room_groups(self) -> Mapping[str, tuple[str, ...]]:
        """Room group → its functions."""
        groups: dict[str, list[str]] = {}
        for function in self.functions.values():
            groups.setdefault(function.room_group, []).append(function.key)
        return {group: tuple(keys) for group, keys in groups.items()}

    @cached_property
    def _target_group(self) -> Mapping[tuple[str, str], float]:
        return {
            (demand_id, function.key): function.participation_rate
            * sum(row.residents_of(age) for age in function.target_ages)
            for demand_id, row in self.demand.items()
            for function in self.functions.values()
        }

    def communities_called(self, code_or_name: str) -> tuple[str, ...]:
        """Return the codes of the communities in scope with this code or name."""
        return tuple(
            code for code, row in self.communities.items() if code_or_name in (code, row.community_name)
        )

    def areas_with_targets(self) -> Mapping[str, Mapping[str, Mapping[int, float]]]:
        """Return the code of each town or community with targets of its own → function → year → percent."""
        settings = self.scenario.targets
        called = {row.town_code: (row.town_code, row.town_name) for row in self.case.towns}
        towns = {
            code: percents
            for name, percents in settings.towns.items()
            for code, names in called.items()
            if name in names
        }
        return towns | {
            code: percents
            for name, percents in settings.communities.items()
            for code in self.communities_called(name)
        }

    def communities_in(self, area: str) -> tuple[str, ...]:
        """Return the communities in scope of a town, or the community itself."""
        return tuple(code for code, row in self.communities.items() if area in (code, row.town_code))

    def persons(self, demand_id: str, function: str, year: int) -> float:
        """Return the persons of the function's target group at a demand point in a year."""
        return self._target_group[demand_id, function] if is_occupied(self.demand[demand_id], year) else 0.0

    def persons_of_community(self, community: str, function: str, year: int) -> float:
        """Return the persons of the function's target group in a community in scope in a year."""
        return self._persons_of_communities(function, year)[community]

    def counted_communities(self, function: str, year: int) -> tuple[str, ...]:
        """Return the communities in scope that have a target group in the year, in table order."""
        persons = self._persons_of_communities(function, year)
        return tuple(code for code, count in persons.items() if count > 0.0)

    def _persons_of_communities(self, function: str, year: int) -> Mapping[str, float]:
        """Return the target group of every community in scope, added up once."""
        if (function, year) not in self._added_up:
            self._added_up[function, year] = {
                code: sum(self.persons(key, function, year) for key in self.demand_of_community[code])
                for code in self.communities
            }
        return self._added_up[function, year]

    @cached_property
    def _added_up(self) -> dict[tuple[str, int], Mapping[str, float]]:
        return {}

    def households(self, community: str, year: int) -> float:
        """Return the households of a community in scope in a year."""
        points = (self.demand[key] for key in self.demand_of_community[community])
        return sum(row.households for row in points if is_occupied(row, year))


def is_occupied(row: DemandPoint, year: int) -> bool:
    """Return whether people live at the demand point in ``year``."""
    return row.occupied_from is None or row.occupied_from <= year


def facts_of(case: Case, policy: Policy, scenario: Scenario, network: RoadNetwork) -> Facts:
    """Resolve the inputs; distances reach as far as the largest radius that any claim uses."""
    functions = {key: _function(key, figures, policy) for key, figures in policy.functions.items()}
    sites = {site.site_id: site for site in _sites(case, policy, scenario, functions)}
    for row in case.sites:
        housing = case.new_estates.get(row.estate_id or "") if row.tenure is Tenure.RETURNED else None
        if housing is not None:
            from_then = max(sites[row.site_id].available_from, housing)
            sites[row.site_id] = replace(
                sites[row.site_id],
                available_from=from_then,
                opening_cost_cny=0.0,
                fit_out_is_charged=not scenario.rules.new_estate_area_standard,
            )
    for row in case.sites:
        sites[row.site_id] = _joined(row, sites[row.site_id], scenario)
    for site_id, zones in zones_near(case).items():
        if site_id not in sites:
            continue
        excluded = frozenset().union(*(excluded_by(zone, functions) for zone in zones))
        sites[site_id] = replace(sites[site_id], may_host=sites[site_id].may_host - excluded)
    radii = [function.service_radius_m for function in functions.values()]
    radii += [figure.value for figure in policy.standards.reported_radii_m]
    in_scope = {row.community_code for row in case.communities if row.in_scope}
    distances = walking_distances(
        network,
        {
            row.demand_id: (row.longitude, row.latitude)
            for row in case.demand_points
            if row.community_code in in_scope
        },
        {site.site_id: (site.longitude, site.latitude) for site in sites.values()},
        policy.standards.snap_limit_m.value,
        max(radii),
    )
    return Facts(case, policy, scenario, functions, sites, distances)


def _function(key: str, figures: FunctionPolicy, policy: Policy) -> FunctionFacts:
    share = policy.standards.usable_share_of_floor_area.value

    def usable(figure: AreaFigure) -> float:
        return figure.value * share if figure.area == "floor" else figure.value

    fee, affordable = figures.fee_income_cny_per_m2_year.value, figures.affordable_fee_cny_per_m2_year
    subsidy = figures.subsidy_cny_per_m2_year
    return FunctionFacts(
        key=key,
        is_standard=figures.kind is FunctionKind.STANDARD,
        target_percent=figures.target_percent.value,
        priority=figures.priority.value,
        service_radius_m=figures.service_radius_m.value,
        minimum_alone_m2=usable(figures.minimum_alone_m2),
        minimum_in_complex_m2=usable(figures.minimum_in_complex_m2),
        maximum_m2=usable(figures.maximum_m2),
        capacity_persons_per_m2=figures.capacity_persons_per_m2.value,
        room_group=figures.room_group,
        fit_out_cny_per_m2=figures.fit_out_cost_cny_per_m2.value,
        operating_cny_per_m2=figures.operating_cost_cny_per_m2_year.value,
        fees_cny_per_m2=fee if affordable is None else min(fee, affordable.value),
        subsidy_cny_per_m2=0.0 if subsidy is None else subsidy.value,
        target_ages=figures.target_ages,
        participation_rate=figures.participation_rate.value,
    )


def _sites(
    case: Case, policy: Policy, scenario: Scenario, functions: Mapping[str, FunctionFacts]
) -> Iterable[SiteFacts]:
    towns = {row.community_code: row.town_code for row in case.communities}
    for candidate in case.sites:
        yield _candidate(candidate, policy, scenario, functions, towns[candidate.community_code])
    for project in case.projects:
        if project.year <= max(scenario.years):
            yield _project(project, policy, scenario, functions, towns[project.community_code])
    for service in case.existing_services:
        yield _existing(service, policy, scenario, towns[service.community_code])
    if scenario.rules.conversion:
        for service in case.existing_services:
            if service.convertible:
                yield _conversion(service, policy, scenario, functions, towns[service.community_code])


def _usable_area(row: CandidateSite | CommittedProject | ExistingService, policy: Policy) -> float:
    if row.usable_area_m2 is not None:
        return row.usable_area_m2
    return row.floor_area_m2 * policy.standards.usable_share_of_floor_area.value


def _candidate(
    row: CandidateSite,
    policy: Policy,
    scenario: Scenario,
    functions: Mapping[str, FunctionFacts],
    town_code: str,
) -> SiteFacts:
    cost = row.opening_cost_cny
    if cost is None:
        cost = policy.costs.opening_cost_cny_per_m2[row.mode].value * row.floor_area_m2
    else:
        cost *= scenario.costs.capital_scale
    usable = _usable_area(row, policy)
    return SiteFacts(
        site_id=row.site_id,
        name=row.name,
        role=Role.CANDIDATE,
        community_code=row.community_code,
        town_code=town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=usable,
        may_host=frozenset(key for key in functions if _may_host(row, functions[key], usable, policy)),
        available_from=_first_year(row, policy, scenario),
        opens_in=None,
        listed_form=None,
        programme=None,
        required_functions=frozenset(),
        opening_cost_cny=cost,
        mode=row.mode,
        serves_communities=frozenset(row.serves_communities),
        data_status=row.data_status,
        operator=row.operator,
        project_level=row.project_level,
        rent_cny=row.floor_area_m2 * (row.rent_cny_per_m2_year or 0.0) * (row.tenure is Tenure.RENTED),
    )


def _first_year(row: CandidateSite, policy: Policy, scenario: Scenario) -> int:
    """Return the first year in which a candidate may open: as stated, or after its mode's lead time."""
    first = min(scenario.years)
    if row.year_available is not None:
        return max(first, row.year_available)
    lead_time = policy.standards.lead_time_years.get(row.mode)
    waits = scenario.rules.lead_time and row.stock_kind is not StockKind.NEW_ESTATE_FACILITY
    return first + max(0, math.ceil(lead_time.value) - 1) if waits and lead_time is not None else first


def _joined(row: CandidateSite, site: SiteFacts, scenario: Scenario) -> SiteFacts:
    """Return the site with its joint programme: what it waits for, and what that pays."""
    for entry in scenario.joint_programmes.values():
        year = entry.year if row.joint_programme_year is None else row.joint_programme_year
        if entry.programme != row.joint_programme or year is None or year < min(scenario.years):
            continue
        pays = (1.0 if entry.pays_share is None else entry.pays_share) * site.opening_cost_cny
        if entry.pays_at_most_cny is not None:
            pays = min(pays, entry.pays_at_most_cny)
        return replace(
            site,
            available_from=max(site.available_from, year),
            joint_programme=entry.programme,
            joint_programme_year=year,
            joint_programme_pays_cny=pays,
        )
    return site


def _may_host(row: CandidateSite, function: FunctionFacts, usable_area_m2: float, policy: Policy) -> bool:
    smallest = min(function.minimum_alone_m2, function.minimum_in_complex_m2)
    return (
        row.consent is not Consent.REFUSED
        and function.key not in row.excluded_functions
        and usable_area_m2 >= smallest
        and _space_suits(row, policy.standards.hosting.get(function.key, HostingRule()))
    )


def _space_suits(row: CandidateSite, rule: HostingRule) -> bool:
    """Return whether the space has what ``rule`` asks for."""
    too_high = rule.highest_floor is not None and row.floor > rule.highest_floor.value
    without_lift = (
        rule.highest_floor_without_lift is not None
        and not row.has_lift
        and row.floor > rule.highest_floor_without_lift.value
    )
    basement = row.floor < 1 and not (rule.basement_allowed is not None and rule.basement_allowed.value)
    lacking = any(
        figure is not None and figure.value and not given
        for figure, given in (
            (rule.needs_outdoor_space, row.has_outdoor_space),
            (rule.needs_own_entrance, row.has_own_entrance),
            (rule.needs_kitchen, row.has_kitchen),
            (rule.is_noisy, not row.noise_sensitive_neighbours),
        )
    )
    kinds = rule.allowed_stock_kinds
    wrong_kind = kinds is not None and row.stock_kind not in kinds.value
    return not (too_high or without_lift or basement or lacking or wrong_kind)


def _project(
    row: CommittedProject,
    policy: Policy,
    scenario: Scenario,
    functions: Mapping[str, FunctionFacts],
    town_code: str,
) -> SiteFacts:
    first = min(scenario.years)
    usable = _usable_area(row, policy)
    decided = row.year < first
    in_complex = row.form is Form.COMPLEX
    return SiteFacts(
        site_id=row.project_id,
        name=row.name,
        role=Role.COMMITTED,
        community_code=row.community_code,
        town_code=town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=usable,
        may_host=frozenset(
            key
            for key, function in functions.items()
            if usable >= (function.minimum_in_complex_m2 if in_complex else function.minimum_alone_m2)
        ),
        available_from=first if decided else row.year,
        opens_in=None if decided else row.year,
        listed_form=row.form,
        programme=dict(row.function_areas) if decided else None,
        required_functions=frozenset() if decided else _required_of_project(row, functions),
        opening_cost_cny=row.opening_cost_cny * scenario.costs.capital_scale,
        mode=None,
        serves_communities=frozenset(row.serves_communities),
        data_status=_status_of_project(row, decided),
        operator=row.operator,
        project_level=row.level,
    )


def _required_of_project(row: CommittedProject, functions: Mapping[str, FunctionFacts]) -> frozenset[str]:
    """What the table requires, and every standard function of a municipal project."""
    if row.level is not ProjectLevel.MUNICIPAL:
        return frozenset(row.required_functions)
    standard = (key for key, function in functions.items() if function.is_standard)
    return frozenset((*row.required_functions, *standard))


def _status_of_project(row: CommittedProject, decided: bool) -> DataStatus:
    """A project whose functions are taken as listed is illustrative as soon as those are."""
    if decided and row.functions_status is DataStatus.ILLUSTRATIVE:
        return DataStatus.ILLUSTRATIVE
    return row.data_status


def _existing(row: ExistingService, policy: Policy, scenario: Scenario, town_code: str) -> SiteFacts:
    return SiteFacts(
        site_id=row.service_id,
        name=row.name,
        role=Role.EXISTING,
        community_code=row.community_code,
        town_code=town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=_usable_area(row, policy),
        may_host=frozenset(),
        available_from=min(scenario.years),
        opens_in=None,
        listed_form=None,
        programme=dict(row.function_areas),
        required_functions=frozenset(),
        opening_cost_cny=0.0,
        mode=None,
        serves_communities=frozenset(row.serves_communities),
        operator=row.operator,
        data_status=row.data_status,
    )


def _conversion(
    row: ExistingService,
    policy: Policy,
    scenario: Scenario,
    functions: Mapping[str, FunctionFacts],
    town_code: str,
) -> SiteFacts:
    """Return the candidate in the place of a convertible service: its space, rebuilt for what fits in it."""
    usable = _usable_area(row, policy)
    held_years = scenario.rules.use_is_held_years
    since = row.operating_since
    return SiteFacts(
        site_id=row.service_id + "-converted",
        name=row.name + "（转换）",
        role=Role.CANDIDATE,
        community_code=row.community_code,
        town_code=town_code,
        longitude=row.longitude,
        latitude=row.latitude,
        floor_area_m2=row.floor_area_m2,
        usable_area_m2=usable,
        may_host=frozenset(
            key
            for key, function in functions.items()
            if usable >= min(function.minimum_alone_m2, function.minimum_in_complex_m2)
        ),
        available_from=min(scenario.years),
        opens_in=None,
        listed_form=None,
        programme=None,
        required_functions=frozenset(),
        opening_cost_cny=policy.costs.opening_cost_cny_per_m2[Mode.REBUILD].value * row.floor_area_m2,
        mode=Mode.REBUILD,
        serves_communities=frozenset(row.serves_communities),
        data_status=row.data_status,
        operator=row.operator,
        converts=row.service_id,
        held_until=since + held_years if since is not None and held_years is not None else None,
    )

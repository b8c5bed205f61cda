"""The planning problem as the model sees it: sets, parameters and who reaches what.

Everything is resolved: areas are usable m², radii and costs are numbers, unknown values have their
default. Sites are named by id, functions by key, communities by code, years by their number, so that
the rows of the mixed-integer program can be told to a planner. `siteplan.assemble` makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from math import floor

from siteplan.case import Consent, DataStatus, Form, Mode, ProjectLevel, Tenure
from siteplan.network import Reach
from siteplan.policy import FunctionKind
from siteplan.scenario import AssignmentRule, Basis, Level
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Function:
    """One of the nine functions. Areas are usable m², costs per m² floor area."""

    key: str
    name: Text
    kind: FunctionKind
    priority: float
    service_radius_m: float
    minimum_alone_m2: float
    minimum_in_complex_m2: float
    maximum_m2: float
    capacity_persons_per_m2: float
    room_group: str
    fit_out_cost_cny_per_m2: float
    operating_cost_cny_per_m2_year: float
    fee_income_cny_per_m2_year: float
    subsidy_cny_per_m2_year: float = 0.0
    capacity_unit: Text = field(default=Text("人", "persons"))

    @property
    def is_standard(self) -> bool:
        """Whether it is one of the four standard functions (标配)."""
        return self.kind is FunctionKind.STANDARD


class Role(StrEnum):
    """What a site is: free to choose, decided already, or operating already."""

    CANDIDATE = "candidate"
    COMMITTED = "committed"
    EXISTING = "existing"


@dataclass(frozen=True, slots=True)
class JointFunding:
    """What a joint programme pays of a site's opening cost, if the site opens in the programme's year."""

    programme: str
    year: int
    pays_cny: float


@dataclass(frozen=True, slots=True)
class Site:
    """A site of any role.

    ``programme`` (function → usable m²) is given for sites whose functions are decided: existing services
    and committed projects that open before the horizon; these are open from the first year at no cost.
    ``opens_in`` is the year of a committed project inside the horizon, or of a candidate committed by hand;
    its functions are free but must include ``required_functions``. ``form_by_hand`` is the form of the
    latter, None: free. ``available_from`` is the first year in which a candidate may open,
    ``available_because`` why not before. ``outgrows_land_use``: built by the government on a plot that is
    registered for another use, which it may keep for the years of grace only. ``converts`` names the existing
    service whose space the candidate takes over when it opens; ``held_until`` is the first year in which its
    former use may end.
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
    why_not: Mapping[str, Text]
    available_from: int
    opens_in: int | None
    listed_form: Form | None
    programme: Mapping[str, float] | None
    required_functions: frozenset[str]
    opening_cost_cny: float
    mode: Mode | None
    serves_communities: frozenset[str]
    data_status: DataStatus
    form_by_hand: Form | None = None
    available_because: Text | None = None
    outgrows_land_use: bool = False
    project_level: ProjectLevel | None = None
    plot_id: str | None = None
    """Sites of one plot exclude each other."""
    tenure: Tenure | None = None
    """Of a candidate."""
    rent_cny_per_year: float = 0.0
    """Rent of the whole site, running cost from the year after opening."""
    consent: Consent | None = None
    """Of a candidate."""
    converts: str | None = None
    held_until: int | None = None
    fit_out_is_charged: bool = True
    """False where the developer of a new estate hands the rooms over fitted out."""
    joint: JointFunding | None = None
    operator: str = ""
    """Who runs it; empty: not settled."""

    def joint_programme_cny(self, year: int) -> float:
        """Return what its joint programme pays of the opening cost if it opens in ``year``."""
        return self.joint.pays_cny if self.joint is not None and self.joint.year == year else 0.0

    def opening_cost_in(self, year: int) -> float:
        """Return what opening it in ``year`` costs the plan, CNY: less what a joint programme pays."""
        return self.opening_cost_cny - self.joint_programme_cny(year)

    @property
    def floor_per_usable(self) -> float:
        """Floor area per usable area, for costs and the area standard."""
        return self.floor_area_m2 / self.usable_area_m2

    @property
    def may_open_from(self) -> int:
        """The first year in which a candidate may open: available, and no former use held any longer."""
        return max(self.available_from, self.held_until or self.available_from)

    @property
    def is_decided(self) -> bool:
        """Whether its functions and areas are given rather than planned."""
        return self.programme is not None

    @property
    def is_committed_by_hand(self) -> bool:
        """Whether it is a candidate whose opening year the scenario fixes (``commit``)."""
        return self.role is Role.CANDIDATE and self.opens_in is not None

    @property
    def is_newly_built(self) -> bool:
        """Whether it is a candidate that needs new building (新建) rather than existing stock."""
        return self.role is Role.CANDIDATE and self.mode is Mode.NEW_BUILD


@dataclass(frozen=True, slots=True)
class Community:
    """A community; ``in_scope`` ones count in coverage."""

    code: str
    name: str
    town_code: str
    in_scope: bool


@dataclass(frozen=True, slots=True)
class DemandPoint:
    """A demand point: households, and its target group by function before occupancy, in persons."""

    demand_id: str
    name: str
    community_code: str
    longitude: float
    latitude: float
    households: float
    target_group: Mapping[str, float]
    occupied_from: int | None

    def is_occupied(self, year: int) -> bool:
        """Return whether people live there in ``year``."""
        return self.occupied_from is None or self.occupied_from <= year


@dataclass(frozen=True, slots=True)
class NewEstate:
    """An estate under construction whose developer hands over space: its facilities and demand points.

    ``m2_per_100_households``: floor area of community services that is a must from the housing on.
    """

    sites: tuple[str, ...]
    demand: tuple[str, ...]
    m2_per_100_households: float


@dataclass(frozen=True, slots=True)
class FormStandard:
    """What makes a complex, and how many functions a scattered site may have."""

    minimum_floor_area_m2: float
    minimum_functions: int
    minimum_standard_functions: int
    scattered_maximum_functions: int
    preferred_floor_area_m2: float = 0.0
    """Of a complex, soft (level `preferred_form`)."""


@dataclass(frozen=True, slots=True)
class AreaStandard:
    """Floor area per 100 households: the tiers for all functions, and the part for elderly care, m²."""

    tiers_m2: tuple[float, ...]
    elderly_m2: float


@dataclass(frozen=True, slots=True)
class FundingSource:
    """A funding source with conditions; None: no such condition. Money in CNY.

    ``amounts_cny`` has every year in which it may pay: those of the horizon and, for an award, the
    ``paid_after_years`` years after it.
    """

    key: str
    name: Text
    amounts_cny: Mapping[int, float]
    carry_over: bool = True
    eligible_levels: frozenset[ProjectLevel] | None = None
    eligible_modes: frozenset[Mode] | None = None
    eligible_functions: frozenset[str] | None = None
    share_of_project_at_most: float | None = None
    per_project_cap_cny: float | None = None
    paid_after_years: int = 0

    def may_pay(self, site: Site) -> bool:
        """Return whether the source may pay for a planned site, by its level, mode and functions.

        A committed project is listed without a mode: the condition on modes doesn't apply to it.
        """
        return (
            (self.eligible_levels is None or site.project_level in self.eligible_levels)
            and (self.eligible_modes is None or site.mode is None or site.mode in self.eligible_modes)
            and (self.eligible_functions is None or bool(self.eligible_functions & site.may_host))
        )


@dataclass(frozen=True, slots=True)
class Money:
    """Capital amounts by year (CNY, all sources; None: no limit), carry-over, operating limits by year.

    ``sources`` is empty unless money is planned by source: then they take the place of ``capital_cny``,
    which is only what all of them together allow at most. ``advance_cny`` bridges awards, by year.
    ``subsidy_cny`` limits the subsidies to operators in the years it names.
    """

    capital_cny: Mapping[int, float] | None
    capital_by_source_cny: Mapping[str, Mapping[int, float]]
    carry_over: bool
    operating_cny: Mapping[int, float]
    sources: Mapping[str, FundingSource] = field(default_factory=dict)
    advance_cny: Mapping[int, float] = field(default_factory=dict)
    subsidy_cny: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many candidate sites newly opened a year, in all and by town; None: no limit."""

    sites_per_year: int | None
    sites_per_year_and_town: int | None


@dataclass(frozen=True)
class Problem:
    """Sets and parameters of the model (names as in ``model/formulation.md``)."""

    years: tuple[int, ...]
    functions: Mapping[str, Function]
    communities: Mapping[str, Community]
    demand: Mapping[str, DemandPoint]
    sites: Mapping[str, Site]
    reach: Reach
    basis: Basis
    threshold: float
    targets: Mapping[tuple[str, int], float]
    """(function, year) → target: communities (a whole number) on community bases, else percent.
    Only function-years that have a target."""
    objective: tuple[Level, ...]
    """The level of the weighed sum alone where levels are weighed."""
    tolerance: Mapping[Level, float]
    form_standard: FormStandard | None
    """None where the scenario switches the rules of form off."""
    places_reserved_first: bool
    area_standard: AreaStandard
    money: Money
    pace: Pace
    reported_radii_m: tuple[float, ...]
    operator_viability: bool = False
    area_floor_m2_per_100_households: Mapping[int, float] = field(default_factory=dict)
    elderly_area_floor_m2_per_100_households: Mapping[int, float] = field(default_factory=dict)
    """Year → floor area per 100 households that is a must in every community in scope."""
    functions_per_community: Mapping[int, int] = field(default_factory=dict)
    """Year → functions that every community in scope must have covered, of those it has a group for."""
    weights: Mapping[Level, float] = field(default_factory=dict)
    """Level → weight of one of its reported units, for the level ``weighed``."""
    new_estates: Mapping[str, NewEstate] = field(default_factory=dict)
    """Estate → its facilities, where their floor area is a rule."""
    coverage_per_town: Mapping[int, float] = field(default_factory=dict)
    """Year → percent of the pairs (counted community, function) that every town must have covered."""
    local_targets: Mapping[tuple[str, str, int], float] = field(default_factory=dict)
    """(town or community, function, year) → target of its own, in the unit of ``targets``; only where
    somebody is counted."""
    town_names: Mapping[str, str] = field(default_factory=dict)
    coverage_floor: Mapping[tuple[str, int], float] = field(default_factory=dict)
    """(function, year) → least coverage, a must, in the unit of ``targets``."""
    elderly_function: str = "elderly_care"
    infant_function: str = "infant_care"
    land_use_grace_years: int | None = None
    """Years after opening in which a site that outgrows its land use needs no procedure; None: not told."""
    land_use_procedure_cny_per_m2: float | None = None
    """Cost of the procedure per m² floor area; None: not known."""
    forbidden_by_hand: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(site, function) → last year in which the scenario forbids it (``forbid``)."""
    required_coverage: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(community, function) → first year in which the scenario requires it to be covered (``require``)."""
    places_at_least: Mapping[tuple[str, int], float] = field(default_factory=dict)
    """(function or `CARE_BEDS`, year) → places that all sites together must have, in the function's unit."""
    complex_places_at_least: Mapping[str, float] = field(default_factory=dict)
    """Function or `CARE_BEDS` → places of a candidate complex that provides it."""
    operator_share_at_most: float | None = None
    """Share (0 to 1) of the planned sites with a named operator that one operator gets at most."""
    promises: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(site, function) → year from which an earlier plan provides it (``promises``), within the horizon: what
    was promised for earlier has its first year. The sites needn't be sites of this problem."""
    newly_built_at_most: int | None = None
    """So many candidates at most may be newly built within the horizon; None: no limit."""

    @cached_property
    def plots(self) -> Mapping[str, tuple[str, ...]]:
        """Plot → its candidate sites, for plots with several: at most one of them opens."""
        sites: dict[str, list[str]] = {}
        for key in self.planned_sites:
            plot = self.sites[key].plot_id
            if plot is not None:
                sites.setdefault(plot, []).append(key)
        return {plot: tuple(keys) for plot, keys in sites.items() if len(keys) > 1}

    assignment_rule: AssignmentRule = AssignmentRule.NEAREST_FIRST
    """How persons are assigned to sites; all but ``nearest_first`` make capacity a rule."""
    care_bed_share_of_elderly_room: float | None = None
    """Share of an elderly room that holds care beds with short stays; None: beds are not counted."""
    care_bed_area_m2: float = 1.0

    @property
    def capacity_is_a_rule(self) -> bool:
        """Whether persons served are limited by places, in the model and in what the plan claims."""
        return self.assignment_rule is not AssignmentRule.NEAREST_FIRST

    def care_beds(self, elderly_area_m2: float) -> int:
        """Return the whole care beds with short stays that an elderly room holds; 0 where not counted."""
        share = self.care_bed_share_of_elderly_room
        return 0 if share is None else floor(elderly_area_m2 * share / self.care_bed_area_m2 + BED_SLACK)

    @cached_property
    def operators(self) -> Mapping[str, tuple[str, ...]]:
        """Operator → its sites, of any role; sites without a named operator are nobody's."""
        sites: dict[str, list[str]] = {}
        for key, site in self.sites.items():
            if site.operator:
                sites.setdefault(site.operator, []).append(key)
        return {operator: tuple(keys) for operator, keys in sites.items()}

    @cached_property
    def room_groups(self) -> Mapping[str, tuple[str, ...]]:
        """Room group → its functions (every function is in exactly one)."""
        groups: dict[str, list[str]] = {}
        for function in self.functions.values():
            groups.setdefault(function.room_group, []).append(function.key)
        return {group: tuple(keys) for group, keys in groups.items()}

    @cached_property
    def planned_sites(self) -> tuple[str, ...]:
        """Ids of the sites that the model decides on: candidates, and committed ones in the horizon."""
        return tuple(key for key, site in self.sites.items() if not site.is_decided)

    @cached_property
    def decided_sites(self) -> tuple[str, ...]:
        """Ids of the sites whose functions and areas are given; open in every year."""
        return tuple(key for key, site in self.sites.items() if site.is_decided)

    @cached_property
    def counted_demand(self) -> tuple[str, ...]:
        """Ids of the demand points in communities in scope."""
        return tuple(
            key for key, point in self.demand.items() if self.communities[point.community_code].in_scope
        )

    @cached_property
    def demand_of_community(self) -> Mapping[str, tuple[str, ...]]:
        """Community code → ids of its demand points."""
        points: dict[str, list[str]] = {code: [] for code in self.communities}
        for key, point in self.demand.items():
            points[point.community_code].append(key)
        return {code: tuple(keys) for code, keys in points.items()}

    @cached_property
    def distances(self) -> Mapping[str, Mapping[str, float]]:
        """Demand id → site id → walking distance in metres, within the reach limit, nearest first.

        Projects after the horizon have distances but are no sites of the problem: they are left out.
        """
        return {
            demand_id: {
                at_place: distance
                for site_id, distance in self.reach.sites_within(index, self.reach.limit_m)
                if site_id in self.sites
                for at_place in (site_id, self.conversions.get(site_id))
                if at_place is not None
            }
            for index, demand_id in enumerate(self.reach.demand_ids)
        }

    def eligible_in_room(self, source: str, site_id: str, group: str) -> tuple[str, ...]:
        """Return the functions of a room group that the source pays for and the site may host.

        Empty for a source that pays whatever the functions.
        """
        eligible = self.money.sources[source].eligible_functions or frozenset()
        hosted = self.sites[site_id].may_host
        return tuple(key for key in self.room_groups[group] if key in eligible and key in hosted)

    @cached_property
    def conversions(self) -> Mapping[str, str]:
        """Existing service that may be converted → the candidate that takes its place."""
        return {site.converts: key for key, site in self.sites.items() if site.converts is not None}

    def target_group(self, demand_id: str, function: str, year: int) -> float:
        """Return the persons of the function's target group at a demand point in a year."""
        point = self.demand[demand_id]
        return point.target_group[function] if point.is_occupied(year) else 0.0

    def households(self, community: str, year: int) -> float:
        """Return the households of a community in a year."""
        points = (self.demand[key] for key in self.demand_of_community[community])
        return sum(point.households for point in points if point.is_occupied(year))

    def estate_floor_area_m2(self, estate: str, year: int) -> float:
        """Return the floor area that a new estate must have in a year, in m².

        The standard for the households that live there, or all that the spaces handed over by then can hold.
        """
        entry = self.new_estates[estate]
        points = [self.demand[key] for key in entry.demand]
        households = sum(point.households for point in points if point.is_occupied(year))
        spaces = [self.sites[key] for key in entry.sites if self.sites[key].available_from <= year]
        held = sum(self._most_floor_area_m2(space) for space in spaces)
        return min(entry.m2_per_100_households * households / 100.0, held)

    def _most_floor_area_m2(self, site: Site) -> float:
        """Return the floor area of the largest rooms at a site, of functions that it has space for alone."""
        fitting = {key for key in site.may_host if self._smallest_m2(key) <= site.usable_area_m2}
        rooms = (
            max((self.functions[key].maximum_m2 for key in fitting.intersection(keys)), default=0.0)
            for keys in self.room_groups.values()
        )
        return min(site.usable_area_m2, sum(rooms)) * site.floor_per_usable

    def _smallest_m2(self, function: str) -> float:
        """Return the usable area that a function takes alone in a space."""
        entry = self.functions[function]
        return entry.minimum_in_complex_m2 if self.form_standard is None else entry.minimum_alone_m2

    def providers_within_reach(self, demand_id: str, function: str) -> tuple[str, ...]:
        """Return the sites that may provide the function within its radius, nearest first."""
        return self._providers[demand_id, function]

    def covering_sites(self, community: str, function: str, year: int) -> tuple[str, ...]:
        """Return the sites that alone cover the community on the target basis (reach_θ, or established).

        `reachable`: within the radius of at least the threshold share of the community's target group.
        `established`: located in the community or declared to serve it.
        """
        return self._covering_sites[community, function, year]

    def covering_sites_on(self, basis: Basis, community: str, function: str, year: int) -> tuple[str, ...]:
        """Return the sites that alone cover the community on a community basis."""
        if basis is Basis.ESTABLISHED:
            return tuple(key for key in self.sites_of[community] if self.can_provide(key, function))
        total = 0.0
        within: dict[str, float] = {}
        for demand_id in self.demand_of_community[community]:
            persons = self.target_group(demand_id, function, year)
            total += persons
            for site_id in self.providers_within_reach(demand_id, function):
                within[site_id] = within.get(site_id, 0.0) + persons
        if total <= 0.0:
            return ()
        enough = self.threshold * total * (1.0 - THRESHOLD_SLACK)
        covering = [key for key, persons in within.items() if persons >= enough]
        return tuple(sorted(covering, key=self._site_position.__getitem__))

    def counted_communities(self, function: str, year: int) -> tuple[str, ...]:
        """Return the communities in scope that have a target group for the function in the year."""
        return self._counted_communities[function, year]

    def counted_in(self, area: str, function: str, year: int) -> tuple[str, ...]:
        """Return the counted communities of a town, or the community itself if it is counted."""
        return tuple(
            code
            for code in self.counted_communities(function, year)
            if area in (code, self.communities[code].town_code)
        )

    def pairs_of_town(self, town: str, year: int) -> tuple[tuple[str, str], ...]:
        """Return the pairs (counted community of the town, function) of a year."""
        return tuple(
            (code, function) for function in self.functions for code in self.counted_in(town, function, year)
        )

    def area_name(self, area: str) -> str:
        """Return the name of a town or community."""
        community = self.communities.get(area)
        return self.town_names.get(area, area) if community is None else community.name

    def persons_in(self, communities: Iterable[str], function: str, year: int) -> float:
        """Return the persons of the function's target group in some communities in a year."""
        return sum(
            self.target_group(demand_id, function, year)
            for code in communities
            for demand_id in self.demand_of_community[code]
        )

    def share_of_county(self, area: str, function: str, year: int) -> float:
        """Return what part of the county a town or community is: of its counted communities, or persons.

        It is the weight of a local target's percentage points beside the county's.
        """
        local = self.counted_in(area, function, year)
        county = self.counted_communities(function, year)
        if self.basis.counts_communities:
            return len(local) / max(1, len(county))
        return self.persons_in(local, function, year) / (self.persons_in(county, function, year) or 1.0)

    def can_provide(self, site_id: str, function: str) -> bool:
        """Return whether the site has the function by its programme, or may host it."""
        site = self.sites[site_id]
        return function in (site.programme if site.programme is not None else site.may_host)

    def provides_for_good(self, site_id: str) -> bool:
        """Return whether a site provides its programme in every year: it is decided and not convertible."""
        return self.sites[site_id].is_decided and site_id not in self.conversions

    def is_forbidden(self, site_id: str, function: str, year: int) -> bool:
        """Return whether the scenario forbids the function at the site in the year (``forbid``)."""
        return year <= self.forbidden_by_hand.get((site_id, function), year - 1)

    @cached_property
    def _providers(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        return {
            (demand_id, key): tuple(
                site_id
                for site_id, distance in self.distances[demand_id].items()
                if distance <= function.service_radius_m and self.can_provide(site_id, key)
            )
            for demand_id in self.demand
            for key, function in self.functions.items()
        }

    @cached_property
    def _covering_sites(self) -> Mapping[tuple[str, str, int], tuple[str, ...]]:
        basis = self.basis if self.basis.counts_communities else Basis.REACHABLE
        covering: dict[tuple[str, str, int], tuple[str, ...]] = {}
        for community, points in self.demand_of_community.items():
            moved_in = {self.demand[key].occupied_from for key in points}
            for function in self.functions:
                sites: tuple[str, ...] | None = None
                for year in self.years:
                    if sites is None or year in moved_in:
                        sites = self.covering_sites_on(basis, community, function, year)
                    covering[community, function, year] = sites
        return covering

    @cached_property
    def _site_position(self) -> Mapping[str, int]:
        """Site → its place in the order of `sites`."""
        return {key: position for position, key in enumerate(self.sites)}

    @cached_property
    def sites_of(self) -> Mapping[str, tuple[str, ...]]:
        """Community → the sites located in it or declared to serve it."""
        sites: dict[str, list[str]] = {community: [] for community in self.communities}
        for key, site in self.sites.items():
            for community in {site.community_code, *site.serves_communities}:
                sites.setdefault(community, []).append(key)
        return {community: tuple(keys) for community, keys in sites.items()}

    @cached_property
    def _counted_communities(self) -> Mapping[tuple[str, int], tuple[str, ...]]:
        return {
            (function, year): tuple(
                code
                for code, community in self.communities.items()
                if community.in_scope
                and any(
                    self.target_group(demand_id, function, year) > 0.0
                    for demand_id in self.demand_of_community[code]
                )
            )
            for function in self.functions
            for year in self.years
        }


THRESHOLD_SLACK = 1e-9
"""A community is covered from threshold × (1 − this) on: sums of persons are floating-point."""

BED_SLACK = 1e-5
"""Areas come from the solver: a bed that misses its area by that is a bed."""

"""A scenario: which case and model, which years, what money, what is aimed at, how long to search.

The pydantic models mirror the YAML; unknown keys are errors. Quantities are in the units their names
state; shares of coverage are percentages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from siteplan.case import Form, Mode, ProjectLevel, StockKind
from siteplan.findings import Finding, InvalidValueError, Place, YamlPath, nearest_place
from siteplan.text import Text


class ScenarioModel(BaseModel):
    """Base of everything in a scenario file: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Basis(StrEnum):
    """How coverage is counted (DESIGN: reachable, established, residents, served)."""

    REACHABLE = "reachable"
    ESTABLISHED = "established"
    RESIDENTS = "residents"
    SERVED = "served"

    @property
    def text(self) -> Text:
        """Return the name of the basis."""
        return {
            Basis.REACHABLE: Text("可达口径", "reachable"),
            Basis.ESTABLISHED: Text("设置口径", "established"),
            Basis.RESIDENTS: Text("人口口径", "residents"),
            Basis.SERVED: Text("供给口径", "served"),
        }[self]

    @property
    def counts_communities(self) -> bool:
        """Whether the basis counts whole communities rather than persons."""
        return self in (Basis.REACHABLE, Basis.ESTABLISHED)


class AssignmentRule(StrEnum):
    """How a plan says who uses which site; every one can be recomputed.

    ``nearest_first``: the shortest walks are seated first, a convention of the report alone.
    ``most_served``: capacity is a rule; as many as possible have a place, with the least walking.
    ``nearest_with_a_place``: capacity is a rule, and nobody passes a nearer site that has a place; the
    shortest walks are seated first.
    """

    NEAREST_FIRST = "nearest_first"
    MOST_SERVED = "most_served"
    NEAREST_WITH_A_PLACE = "nearest_with_a_place"

    @property
    def text(self) -> Text:
        """Return the rule in words."""
        return {
            AssignmentRule.NEAREST_FIRST: Text("就近优先（统计约定）", "nearest first (a convention)"),
            AssignmentRule.MOST_SERVED: Text("尽量多安排、其次就近", "most served, then nearest"),
            AssignmentRule.NEAREST_WITH_A_PLACE: Text("就近且有位（规则）", "nearest with a place (a rule)"),
        }[self]


class BilingualTitle(ScenarioModel):
    """A title in Chinese and English; plain text stands for both."""

    zh: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _plain_text_is_both(cls, value: object) -> object:
        return {"zh": value, "en": value} if isinstance(value, str) else value

    @property
    def text(self) -> Text:
        """Return the title as planner-facing text."""
        return Text(self.zh, self.en)


class CoverageSettings(ScenarioModel):
    """Basis on which targets are set, and the share of a community's target group that must be in reach."""

    basis: Basis = Basis.REACHABLE
    threshold: Annotated[float | None, Field(gt=0, le=1)] = None


TargetPercents = dict[str, dict[int, Annotated[float, Field(ge=0, le=100)]]]
"""Function → year → percent."""


class TargetSettings(ScenarioModel):
    """Targets in percent. ``path``: linear from the baseline year, or only in the target year.

    ``overrides``: function → year → percent; they replace the path's value. ``towns``, ``communities``: code
    or name → function → year → percent of that town or community, a target of its own beside the county's.
    """

    path: Literal["linear", "last_year_only", "none"] = "linear"
    overrides: TargetPercents = {}
    towns: dict[str, TargetPercents] = {}
    communities: dict[str, TargetPercents] = {}


class FundingSource(ScenarioModel):
    """One source of capital money with its amounts by year, in CNY.

    ``eligible_levels``, ``eligible_modes`` and ``eligible_functions`` say what it may pay, all where left
    out; with functions it pays at most the fit-out of their rooms. ``carry_over`` is the budget's where
    left out. An award is ``paid_after_years`` years after acceptance, out of the amount of that year.
    """

    name: BilingualTitle
    amounts_cny: dict[int, Annotated[float, Field(ge=0)]]
    carry_over: bool | None = None
    eligible_levels: tuple[ProjectLevel, ...] | None = None
    eligible_modes: tuple[Mode, ...] | None = None
    eligible_functions: tuple[str, ...] | None = None
    share_of_project_at_most: Annotated[float | None, Field(gt=0, le=1)] = None
    per_project_cap_cny: Annotated[float | None, Field(ge=0)] = None
    paid_after_years: Annotated[int, Field(ge=0, le=10)] = 0

    @field_validator("eligible_levels", "eligible_modes", "eligible_functions")
    @classmethod
    def _pays_for_something(cls, eligible: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if eligible == ():
            raise InvalidValueError(
                Text("至少一项；不限则整行不写", "at least one; leave the key out for no condition")
            )
        return eligible

    @property
    def has_conditions(self) -> bool:
        """Whether the source asks for more than that its amounts are kept."""
        stated = (
            self.carry_over,
            self.eligible_levels,
            self.eligible_modes,
            self.eligible_functions,
            self.share_of_project_at_most,
            self.per_project_cap_cny,
        )
        return self.paid_after_years > 0 or any(condition is not None for condition in stated)


class Budget(ScenarioModel):
    """Capital money by source and year; unspent money is carried over unless said otherwise.

    ``scale`` multiplies every amount of a source (0.5: half the budget). ``operating_cny`` limits operating
    cost less fees in the years it names, ``subsidy_cny`` the subsidies to operators. ``advance_cny`` is the
    money by year that can bridge awards until they are paid. Where any source has conditions, the plan
    says which source pays what.
    """

    sources: dict[str, FundingSource]
    scale: Annotated[float, Field(ge=0)] = 1.0
    carry_over: bool = True
    operating_cny: dict[int, Annotated[float, Field(ge=0)]] = {}
    advance_cny: dict[int, Annotated[float, Field(ge=0)]] = {}
    subsidy_cny: dict[int, Annotated[float, Field(ge=0)]] = {}

    @property
    def is_by_source(self) -> bool:
        """Whether money is planned source by source rather than as one sum a year."""
        return any(source.has_conditions for source in self.sources.values())


class JointProgramme(ScenarioModel):
    """A programme such as 老旧小区改造 that shares year and money with the candidates that name it.

    ``programme``: as in the column ``joint_programme``. ``year`` is that of candidates without a
    ``joint_programme_year`` of their own. A candidate that opens in its programme's year gets
    ``pays_share`` of its opening cost (1 where left out), at most ``pays_at_most_cny``; it opens no earlier,
    and gets nothing later.
    """

    programme: Annotated[str, Field(min_length=1)]
    year: int | None = None
    pays_share: Annotated[float | None, Field(gt=0, le=1)] = None
    pays_at_most_cny: Annotated[float | None, Field(ge=0)] = None

    @model_validator(mode="after")
    def _says_what_it_pays(self) -> Self:
        if self.pays_share is None and self.pays_at_most_cny is None:
            raise InvalidValueError(
                Text(
                    "pays_share（比例）或 pays_at_most_cny（元），可同时写",
                    "`pays_share` (of the opening cost), `pays_at_most_cny`, or both",
                ),
                found=Text("没有写这个结合项目出多少", "a joint programme that doesn't say what it pays"),
                mend=Text(
                    "补上其中一项，例如 pays_share: 0.5", "add one of them, for example `pays_share: 0.5`"
                ),
            )
        return self

    def pays_cny(self, opening_cost_cny: float) -> float:
        """Return what it pays of an opening cost, CNY."""
        share = 1.0 if self.pays_share is None else self.pays_share
        most = opening_cost_cny if self.pays_at_most_cny is None else self.pays_at_most_cny
        return min(share * opening_cost_cny, most)


class Pace(ScenarioModel):
    """At most so many newly opened candidate sites a year, in all and in each town."""

    sites_per_year: Annotated[int | None, Field(ge=0)] = None
    sites_per_year_and_town: Annotated[int | None, Field(ge=0)] = None


CARE_BEDS = "care_beds"
"""Stands for care beds with short stays (护理型床位), a share of elderly rooms, where places are counted."""


class Rules(ScenarioModel):
    """Switches for the rules of the formulation that a scenario may leave out.

    ``newly_built_sites_at_most``: candidates newly built (新建) within the horizon, in all.
    ``area_standard_at_least_m2``: year → floor area per 100 households that every community must have;
    ``elderly_area_standard_at_least_m2``: the same of elderly care alone;
    ``functions_per_community_at_least``: year → covered functions that every community must have then;
    ``coverage_per_town_at_least``: year → percent of its communities, over all functions, that every town
    must have covered then;
    ``coverage_at_least``: function → year → percent that must be covered then, on the target basis.
    ``places_at_least``: function or ``care_beds`` → year → places that the county must have then;
    ``complex_places_at_least``: function or ``care_beds`` → places of a candidate complex that provides it;
    ``operator_sites_share_at_most``: share (0 to 1) of the sites that the plan opens for a named operator
    that one operator gets by the end of the horizon, rounded up to whole sites.
    """

    site_form: bool = True
    places_reserved_first: bool = False
    new_estate_area_standard: Annotated[
        bool,
        Field(description="Developers' facilities of new estates have their floor area from the start."),
    ] = False
    operator_viability: bool = False
    area_standard_at_least_m2: dict[int, Annotated[float, Field(ge=0)]] = {}
    elderly_area_standard_at_least_m2: dict[int, Annotated[float, Field(ge=0)]] = {}
    functions_per_community_at_least: dict[int, Annotated[int, Field(ge=0)]] = {}
    coverage_per_town_at_least: dict[int, Annotated[float, Field(ge=0, le=100)]] = {}
    coverage_at_least: dict[str, dict[int, Annotated[float, Field(ge=0, le=100)]]] = {}
    places_at_least: dict[str, dict[int, Annotated[float, Field(ge=0)]]] = {}
    complex_places_at_least: dict[str, Annotated[float, Field(ge=0)]] = {}
    operator_sites_share_at_most: Annotated[float | None, Field(gt=0, le=1)] = None
    capacity: Annotated[
        bool, Field(description="Persons served are limited by places; the basis `served` needs it.")
    ] = False
    nearest_with_a_place: Annotated[
        bool, Field(description="Nobody passes a nearer site that has a place; needs `capacity`.")
    ] = False
    lead_time: bool = False
    newly_built_sites_at_most: Annotated[int | None, Field(ge=0)] = None
    conversion: bool = False
    use_is_held_years: Annotated[int | None, Field(ge=0)] = None

    @property
    def assignment(self) -> AssignmentRule:
        """Return how the plan assigns persons to sites."""
        if self.nearest_with_a_place:
            return AssignmentRule.NEAREST_WITH_A_PLACE
        return AssignmentRule.MOST_SERVED if self.capacity else AssignmentRule.NEAREST_FIRST


class FunctionOverride(ScenarioModel):
    """Figures of one function that the scenario replaces; units as in ``functions.yaml``."""

    target_percent: Annotated[float | None, Field(ge=0, le=100)] = None
    priority: Annotated[float | None, Field(ge=0)] = None
    service_radius_m: Annotated[float | None, Field(gt=0)] = None
    minimum_alone_m2: Annotated[float | None, Field(ge=0)] = None
    minimum_in_complex_m2: Annotated[float | None, Field(ge=0)] = None
    maximum_m2: Annotated[float | None, Field(gt=0)] = None
    capacity_persons_per_m2: Annotated[float | None, Field(ge=0)] = None
    participation_rate: Annotated[float | None, Field(ge=0, le=1)] = None
    fit_out_cost_cny_per_m2: Annotated[float | None, Field(ge=0)] = None
    operating_cost_cny_per_m2_year: Annotated[float | None, Field(ge=0)] = None
    fee_income_cny_per_m2_year: Annotated[float | None, Field(ge=0)] = None
    affordable_fee_cny_per_m2_year: Annotated[float | None, Field(ge=0)] = None
    subsidy_cny_per_m2_year: Annotated[float | None, Field(ge=0)] = None


class HostingOverride(ScenarioModel):
    """What a space needs to hold a function, where the scenario replaces it; as in ``standards.yaml``."""

    highest_floor: Annotated[int | None, Field(ge=1)] = None
    highest_floor_without_lift: Annotated[int | None, Field(ge=1)] = None
    basement_allowed: bool | None = None
    needs_outdoor_space: bool | None = None
    needs_own_entrance: bool | None = None
    needs_kitchen: bool | None = None
    is_noisy: bool | None = None
    allowed_stock_kinds: tuple[StockKind, ...] | None = None


class StandardsOverride(ScenarioModel):
    """Standards that the scenario replaces; units as in ``standards.yaml``."""

    usable_share_of_floor_area: Annotated[float | None, Field(gt=0, le=1)] = None
    area_tiers_m2_per_100_households: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    elderly_area_m2_per_100_households: Annotated[float | None, Field(ge=0)] = None
    new_estate_area_m2_per_100_households: Annotated[float | None, Field(ge=0)] = None
    complex_minimum_floor_area_m2: Annotated[float | None, Field(ge=0)] = None
    complex_preferred_floor_area_m2: Annotated[float | None, Field(ge=0)] = None
    complex_minimum_functions: Annotated[int | None, Field(ge=1)] = None
    complex_minimum_standard_functions: Annotated[int | None, Field(ge=0)] = None
    scattered_maximum_functions: Annotated[int | None, Field(ge=0)] = None
    snap_limit_m: Annotated[float | None, Field(gt=0)] = None
    care_bed_share_of_elderly_room: Annotated[float | None, Field(ge=0, le=1)] = None
    care_bed_area_m2: Annotated[float | None, Field(gt=0)] = None
    lead_time_years: dict[Mode, Annotated[float, Field(ge=0)]] = {}
    hosting: dict[str, HostingOverride] = {}


class CostsOverride(ScenarioModel):
    """Unit costs that the scenario replaces, CNY per m² floor area.

    ``capital_scale`` multiplies every opening cost, stated in a table or not, and every fit-out cost.
    """

    opening_cost_cny_per_m2: dict[Mode, Annotated[float, Field(ge=0)]] = {}
    capital_scale: Annotated[float, Field(gt=0)] = 1.0


class Commitment(ScenarioModel):
    """Fixed by hand: this candidate opens in exactly this year, with at least these functions.

    ``form`` may be left open. The opening counts towards the pace like any other. A year after the horizon
    keeps the site closed within it.
    """

    site: str
    year: int
    functions: tuple[str, ...] = ()
    form: Form | None = None


class Prohibition(ScenarioModel):
    """Fixed by hand: this site opens not at all, or not with these functions.

    ``functions``: none named means all of them; ``until``: the last year in which it holds, none: for good.
    """

    site: str
    functions: tuple[str, ...] = ()
    until: int | None = None


class Requirement(ScenarioModel):
    """Fixed by hand: this community (code, or name) has the function covered from the year ``by`` on."""

    community: str
    function: str
    by: int


class Level(StrEnum):
    """A level of the lexicographic objective, first named first optimised.

    ``weighed`` is not named in a scenario: it is the one level of an objective with weights.
    """

    SHORTFALL = "shortfall"
    PERSONS_COVERED = "persons_covered"
    AREA_STANDARD = "area_standard"
    FORM = "form"
    COST = "cost"
    WALKING_DISTANCE = "walking_distance"
    WORST_COMMUNITY = "worst_community"
    NEWLY_BUILT = "newly_built"
    PREFERRED_FORM = "preferred_form"
    CHANGES = "changes"
    SCATTERED_FUNCTIONS = "scattered_functions"
    OPERATOR_CONCENTRATION = "operator_concentration"
    WEIGHED = "weighed"


class WeighedObjective(ScenarioModel):
    """Levels weighed against each other instead of ordered: Σ weight · value is minimised.

    ``weights``: level → weight of one of its units (a coverage point, person-year, m², site, CNY,
    resident-metre, function, promise); what is to be large counts with a minus.
    """

    weights: Annotated[dict[Level, Annotated[float, Field(gt=0)]], Field(min_length=1)]


LEVELS_TAG, WEIGHED_TAG = "[levels]", "[weighed]"
"""Steps that pydantic puts into the location of a fault in the objective."""

Objective = Annotated[
    Annotated[tuple[Level, ...], Field(min_length=1), Tag(LEVELS_TAG)]
    | Annotated[WeighedObjective, Tag(WEIGHED_TAG)],
    Discriminator(
        lambda stated: WEIGHED_TAG if isinstance(stated, (Mapping, WeighedObjective)) else LEVELS_TAG
    ),
]
"""Levels in their order, or weighed."""


class DecisionRule(StrEnum):
    """By which measure over the futures the common decision is the best one.

    ``robust``: the first level of the worst future. ``expected``: its probability-weighted mean.
    ``regret``: by how much the first level misses the future's own best plan, in the worst future.
    """

    ROBUST = "robust"
    EXPECTED = "expected"
    REGRET = "regret"

    @property
    def text(self) -> Text:
        """Return the rule in words."""
        return {
            DecisionRule.ROBUST: Text("最坏情况", "worst case"),
            DecisionRule.EXPECTED: Text("期望值", "expected value"),
            DecisionRule.REGRET: Text("最大遗憾", "largest regret"),
        }[self]


class DecidedNow(StrEnum):
    """What is decided before the future is known; all else adapts to it."""

    SITES = "sites"
    FUNCTIONS = "functions"


class FutureCase(ScenarioModel):
    """One future: what is different in it from the scenario as it stands.

    ``budget_scale`` multiplies every amount of money for capital, ``cost_scale`` every opening and fit-out
    cost, ``demand_scale`` the target group of a function. A site of ``lost_sites`` provides nothing.
    """

    title: BilingualTitle | None = None
    probability: Annotated[float | None, Field(ge=0, le=1)] = None
    budget_scale: Annotated[float, Field(ge=0)] = 1.0
    cost_scale: Annotated[float, Field(gt=0)] = 1.0
    demand_scale: dict[str, Annotated[float, Field(gt=0)]] = {}
    lost_sites: tuple[str, ...] = ()


class Futures(ScenarioModel):
    """Futures of which nobody knows which one comes, and how a decision that suits them all is judged.

    ``decide``: sites and their opening years, or the functions and their years too.
    """

    rule: DecisionRule
    decide: DecidedNow = DecidedNow.SITES
    cases: Annotated[
        dict[Annotated[str, Field(pattern=r"^\w[\w-]*$")], FutureCase], Field(min_length=2, max_length=20)
    ]


class SolverSettings(ScenarioModel):
    """How long and how hard to search.

    ``time_limit_s``: seconds for the whole command; ``gap``: coverage points at level 1 at which the
    search may stop; ``effort`` scales the deterministic work limits; ``seed`` drives the search.
    """

    time_limit_s: Annotated[float, Field(gt=0)] = 300.0
    gap: Annotated[float, Field(ge=0)] = 0.0
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    effort: Annotated[float, Field(gt=0, le=100)] = 1.0


class Scenario(ScenarioModel):
    """A scenario after ``extends`` has been merged. Paths are resolved by the reader.

    ``commit``, ``forbid``, ``require`` and ``joint_programmes`` are keyed by ids of the planner's choice, by
    which ``extends`` merges them. ``promises``: site → function → year from which an earlier plan provides
    it; the level ``changes`` counts those that aren't kept. A site that is no longer there keeps none.
    ``futures`` are for ``siteplan futures``; a plan of the scenario alone doesn't know them.
    """

    title: BilingualTitle
    case: str
    model: str | None = None
    years: Annotated[tuple[int, ...], Field(min_length=1)]
    coverage: CoverageSettings = CoverageSettings()
    targets: TargetSettings = TargetSettings()
    budget: Budget | None = None
    joint_programmes: dict[str, JointProgramme] = {}
    pace: Pace = Pace()
    rules: Rules = Rules()
    standards: StandardsOverride = StandardsOverride()
    functions: dict[str, FunctionOverride] = {}
    costs: CostsOverride = CostsOverride()
    commit: dict[str, Commitment] = {}
    forbid: dict[str, Prohibition] = {}
    require: dict[str, Requirement] = {}
    promises: dict[str, dict[str, int]] = {}
    objective: Objective = (
        Level.SHORTFALL,
        Level.PERSONS_COVERED,
        Level.AREA_STANDARD,
        Level.FORM,
        Level.COST,
        Level.WALKING_DISTANCE,
    )
    tolerance: dict[Level, Annotated[float, Field(ge=0)]] = {}
    futures: Futures | None = None
    solver: SolverSettings = SolverSettings()

    @property
    def levels(self) -> tuple[Level, ...]:
        """Return the levels in their order; of a weighed objective that of the weighed sum alone."""
        return (Level.WEIGHED,) if isinstance(self.objective, WeighedObjective) else self.objective

    @property
    def weights(self) -> dict[Level, float]:
        """Return the weights of a weighed objective; empty where levels are ordered."""
        return dict(self.objective.weights) if isinstance(self.objective, WeighedObjective) else {}

    @model_validator(mode="after")
    def _places_count_only_with_capacity(self) -> Self:
        if self.rules.coverage_at_least and self.coverage.basis is Basis.SERVED:
            raise InvalidValueError(
                Text("reachable、established 或 residents 口径", "`reachable`, `established` or `residents`"),
                path=("coverage", "basis"),
                found=Text(
                    "供给口径与 rules.coverage_at_least 同用",
                    "`served` together with `rules.coverage_at_least`",
                ),
                mend=Text("改用其他口径，或删去 coverage_at_least", "use another basis, or delete the rule"),
            )
        if self.rules.capacity:
            return self
        if self.coverage.basis is Basis.SERVED:
            raise _without_capacity(("coverage", "basis"), Text("供给口径", "`served`"))
        if self.rules.nearest_with_a_place:
            name = "nearest_with_a_place"
            raise _without_capacity(("rules", name), Text(name, f"`{name}`"))
        return self


def _without_capacity(path: YamlPath, what: Text) -> InvalidValueError:
    return InvalidValueError(
        Text("以容量为规则：rules.capacity: true", "only with capacity as a rule: `rules.capacity: true`"),
        path=path,
        found=Text(f"写了{what.zh}，但容量没有作为规则", f"{what.en}, but capacity is no rule"),
        mend=Text(
            "加上 rules.capacity: true，或改掉这一项", "add `rules.capacity: true`, or change this entry"
        ),
    )


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A scenario with its files: itself, the chain it extends (nearest first), case and model folders.

    ``places`` says where each entry was stated, by its path of keys and list positions; ``warnings`` are
    what the reader found suspicious.
    """

    scenario: Scenario
    file: Path
    extended: tuple[Path, ...]
    case_folder: Path
    model_folder: Path
    project_root: Path
    places: Mapping[YamlPath, Place] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()

    def place_of(self, path: YamlPath) -> Place:
        """Return where ``path`` is stated, or its nearest stated parent, under the full dotted path."""
        return nearest_place(self.places, path, self.file)

    def located(self, finding: Finding) -> Finding:
        """Return a finding that names a path of the scenario alone with the file and line of it."""
        place = finding.place
        if place.file is not None or place.yaml_path is None:
            return finding
        return replace(finding, place=self.place_of(tuple(place.yaml_path.split("."))))

"""The layout plan (布局方案): decisions, what they achieve and cost, and the proof of quality.

`Plan` is ``plan.json``: complete, versioned, and enough to rebuild every other result together with the
inputs. Its figures are facts about the decisions that `siteplan.verify` recomputes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from siteplan.case import Consent, DataStatus, Form, Mode, Tenure
from siteplan.problem import Role
from siteplan.scenario import AssignmentRule, Basis, Level

SCHEMA = "siteplan-plan/1"


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the solver decides, for planned sites only.

    ``start_year``: (site, function) → first year in which the site provides it.
    ``room_m2``: (site, room group, year) → usable m² of the room, where positive.
    ``area_m2``: (site, function, year) → usable m² of the function, where provided.
    ``forms``: site → form, for sites that open within the horizon.
    """

    start_year: Mapping[tuple[str, str], int]
    room_m2: Mapping[tuple[str, str, int], float]
    area_m2: Mapping[tuple[str, str, int], float]
    forms: Mapping[str, Form]

    def opening_years(self) -> dict[str, int]:
        """Return the year in which each opened site opens: that of its first function."""
        years: dict[str, int] = {}
        for (site, _), year in self.start_year.items():
            years[site] = min(year, years.get(site, year))
        return years


class PlanModel(BaseModel):
    """Base of everything in ``plan.json``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedFunction(PlanModel):
    """A function at a site: first year, and usable m² by year from then on (until a conversion).

    ``places_by_year`` is capacity per m² × area, in the function's own unit (托位, 日就餐人次, …).
    ``care_beds_by_year`` counts whole care beds with short stays (护理型床位), for elderly care only.
    """

    function: str
    from_year: int
    area_m2_by_year: dict[int, float]
    places_by_year: dict[int, float]
    places_unit_zh: str
    places_unit_en: str
    care_beds_by_year: dict[int, int]


class PlannedRoom(PlanModel):
    """A room used by the functions of one sharing group: usable m² by year."""

    room_group: str
    area_m2_by_year: dict[int, float]


class PlannedSite(PlanModel):
    """A site that is open in the last year, of any role. Areas m², money CNY.

    Sites with role ``existing`` and committed projects that open before the horizon have the first year
    as ``open_from`` and no cost. ``capital_cny_by_year`` is opening plus fit-out of added room area;
    ``operating_cny_by_year`` (rent included), ``fees_cny_by_year`` and ``subsidy_cny_by_year`` are those of
    what is in place a year before; the subsidy is the part of the operating cost that government bears.
    ``operator_balance_cny_per_year``: fees and subsidy less operating cost (rent included) of what is in
    place at the end of the horizon.
    ``converted_in``: the year from which an existing service gives way to its conversion, a site of its own.
    ``land_use_procedure_due``: the year in which a site that opens under another registered land use needs
    the land-use procedure (周至方案 六（三）, 附件2-37), and what it costs where ``costs.yaml`` says.
    """

    site_id: str
    name: str
    role: Role
    community_code: str
    town_code: str
    longitude: float
    latitude: float
    form: Form | None
    mode: Mode | None
    open_from: int
    floor_area_m2: float
    usable_area_m2: float
    functions: tuple[PlannedFunction, ...]
    rooms: tuple[PlannedRoom, ...]
    capital_cny_by_year: dict[int, float]
    operating_cny_by_year: dict[int, float]
    fees_cny_by_year: dict[int, float]
    subsidy_cny_by_year: dict[int, float]
    operator_balance_cny_per_year: float
    data_status: DataStatus
    converted_in: int | None
    land_use_procedure_due: int | None
    land_use_procedure_cny: float | None
    operator: str
    """Who runs it, or is to run it; empty: not settled."""
    joint_programme: str | None
    """Programme whose year and money the scenario shares with the site."""
    joint_programme_cny: float
    """What it pays of the opening cost, besides ``capital_cny_by_year``: 0 after the programme's year."""
    tenure: Tenure | None
    """How the space of a candidate is held."""
    rent_cny_per_year: float
    """Of a rented space, from the year after opening."""
    consent: Consent | None
    """Consent of residents and owners of a candidate; one that is not ``agreed`` has to be obtained."""


class ExcludedSite(PlanModel):
    """Functions that a candidate site may not host, for one reason; a site may be listed several times."""

    site_id: str
    name: str
    functions: tuple[str, ...]
    reason_zh: str
    reason_en: str


class CoverageFigure(PlanModel):
    """Coverage of one function in one year on one basis, as n of m.

    On community bases ``covered`` and ``counted`` are numbers of communities and ``missing`` lists the
    codes of those not covered; on the others they are persons of the target group and ``missing`` is empty.
    ``target`` is in the same unit as ``covered`` and is given only on the target basis.
    """

    function: str
    year: int
    basis: Basis
    covered: float
    counted: float
    percent: float | None
    target: float | None
    missing: tuple[str, ...]


class LocalCoverage(CoverageFigure):
    """Coverage of a town or a community that has a target of its own, on the target basis.

    ``counted`` is more than 0 and ``target`` given; one row for each target within the horizon.
    """

    area_code: str
    area_name: str


class RadiusFigure(PlanModel):
    """Share of the target group with a providing site within a reported radius, beside the basis."""

    function: str
    year: int
    radius_m: float
    covered: float
    counted: float


class CommunityCoverage(PlanModel):
    """One community, function and year: covered or not, and persons of its target group."""

    community_code: str
    function: str
    year: int
    reachable: bool
    established: bool
    target_group: float
    residents_covered: float
    served: float

    def is_covered_on(self, basis: Basis) -> bool:
        """Return whether it is covered on a basis; on one that counts persons, whether it is reachable."""
        return self.established if basis is Basis.ESTABLISHED else self.reachable


class CommunityArea(PlanModel):
    """Area standard of one community in one year: floor area m², and what is short of each tier."""

    community_code: str
    year: int
    households: float
    floor_area_m2: float
    elderly_floor_area_m2: float
    shortfall_m2_by_tier: dict[str, float]
    """Keys: the tier in m² per 100 households as text (``"30"``), and ``"elderly"``."""


class SourcePayment(PlanModel):
    """What a funding source pays of a project's capital of a year, CNY, and the year in which it does."""

    site_id: str
    source: str
    year: int
    paid_in: int
    cny: float


class SourceYear(PlanModel):
    """A funding source in a year in which it may pay, CNY.

    ``granted_cny`` is for the projects of the year, ``paid_cny`` what it pays in it: an award is paid some
    years after it is granted.
    """

    source: str
    name_zh: str
    name_en: str
    year: int
    amount_cny: float
    carried_in_cny: float
    granted_cny: float
    paid_cny: float
    carried_out_cny: float


class YearMoney(PlanModel):
    """Capital and operating money of one year, CNY. ``amount_cny`` is None without a budget.

    Where money is planned by source, amount and carry-over are the sums over the sources, and
    ``awards_outstanding_cny`` is what is granted by the end of the year and paid later. ``subsidy_cny``
    goes to operators: it is part of the operating cost, not added to it. ``joint_programmes_cny`` is what
    joint programmes pay of the openings, besides ``capital_cny``.
    """

    year: int
    amount_cny: float | None
    carried_in_cny: float | None
    capital_cny: float
    carried_out_cny: float | None
    operating_cny: float
    fees_cny: float
    joint_programmes_cny: float
    awards_outstanding_cny: float
    subsidy_cny: float


class LevelResult(PlanModel):
    """One objective level: the plan's value, the proven bound and their gap, in the level's unit.

    ``bound`` is None where nothing was proven. ``status``: ``optimal`` only where the gap is 0 within
    tolerance. ``given_unproven`` says that an earlier level, held at its incumbent, is itself unproven.
    ``component``: a part of the weighed sum, which is the first level then; not optimised on its own.
    """

    name: Level
    unit: str
    value: float
    bound: float | None
    gap: float | None
    status: Literal["optimal", "gap", "unproven", "component"]
    given_unproven: bool


class Plan(PlanModel):
    """``plan.json``."""

    schema_version: Annotated[Literal["siteplan-plan/1"], Field(alias="schema")] = "siteplan-plan/1"
    title_zh: str
    title_en: str
    illustrative: bool
    years: tuple[int, ...]
    basis: Basis
    threshold: float
    assignment_rule: AssignmentRule
    sites: tuple[PlannedSite, ...]
    coverage: tuple[CoverageFigure, ...]
    local_coverage: tuple[LocalCoverage, ...]
    """Empty unless the scenario sets targets for towns or communities."""
    coverage_at_radii: tuple[RadiusFigure, ...]
    communities: tuple[CommunityCoverage, ...]
    area_standard: tuple[CommunityArea, ...]
    money: tuple[YearMoney, ...]
    money_by_source: tuple[SourcePayment, ...]
    """Empty unless a source has conditions; so are ``sources``."""
    sources: tuple[SourceYear, ...]
    excluded_sites: tuple[ExcludedSite, ...]
    """What may not go where, and why: size, floor, consent, safety and the like."""
    levels: tuple[LevelResult, ...]
    stopped_by: Literal["completed", "gap", "work_limit", "time_limit", "interrupted"]

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Persons of a demand point that use a site, or have none: ``site_id`` empty and the ``cause``."""

    year: int
    function: str
    demand_id: str
    site_id: str
    persons: float
    distance_m: float | None
    cause: Literal["", "no_place", "no_provider_in_reach"]

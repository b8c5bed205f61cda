"""What the policy says, as read from ``model/*.yaml``: functions, standards, costs, each figure sourced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from siteplan.case import AGE_GROUPS, Mode, StockKind
from siteplan.findings import InvalidValueError
from siteplan.text import Text


class PolicyModel(BaseModel):
    """Base of everything in ``model/*.yaml``: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Sourced(PolicyModel):
    """Something with where it comes from: a source and its confidence, or ``assumption: true``.

    Confidence: P the plan itself, V read in a published text, Q read in a text that quotes the
    standard, R recalled and not read.
    """

    source: str | None = None
    confidence: Literal["P", "V", "Q", "R"] | None = None
    assumption: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _has_a_source_or_is_an_assumption(self) -> Self:
        if self.assumption == (self.source is not None):
            raise InvalidValueError(
                Text(
                    "要么写 source: 和 confidence:，要么写 assumption: true",
                    "either `source:` with `confidence:`, or `assumption: true`",
                )
            )
        if self.source is not None and self.confidence is None:
            raise InvalidValueError(
                Text(
                    "写了 source: 还要写 confidence:（P、V、Q 或 R）",
                    "a sourced figure needs its `confidence:` (P, V, Q or R)",
                )
            )
        return self


class Figure(Sourced):
    """A number with where it comes from."""

    value: float


class StockKinds(Sourced):
    """Kinds of existing stock with where the list comes from."""

    value: Annotated[tuple[StockKind, ...], Field(min_length=1)]


class AreaFigure(Figure):
    """An area standard in m², published as floor area (建筑面积) or usable area (使用面积)."""

    area: Literal["floor", "usable"]


class FunctionKind(StrEnum):
    """标配 or 选配."""

    STANDARD = "standard"
    OPTIONAL = "optional"


class Name(PolicyModel):
    """A name in Chinese and English."""

    zh: str
    en: str

    @property
    def text(self) -> Text:
        """Return the name as planner-facing text."""
        return Text(self.zh, self.en)


class FunctionPolicy(PolicyModel):
    """One of the nine functions, as in ``functions.yaml``."""

    name: Name
    kind: FunctionKind
    target_percent: Figure
    priority: Figure
    service_radius_m: Figure
    minimum_alone_m2: AreaFigure
    minimum_in_complex_m2: AreaFigure
    maximum_m2: AreaFigure
    capacity_persons_per_m2: Figure
    capacity_unit: Name
    target_ages: Annotated[tuple[str, ...], Field(description="Age groups of the target group.")]
    participation_rate: Figure
    fit_out_cost_cny_per_m2: Figure
    operating_cost_cny_per_m2_year: Figure
    fee_income_cny_per_m2_year: Figure
    affordable_fee_cny_per_m2_year: Figure | None = None
    subsidy_cny_per_m2_year: Figure | None = None
    room_group: str
    lead_bureau: Name
    approvals: tuple[Name, ...]

    @field_validator("target_ages")
    @classmethod
    def _ages_are_known(cls, ages: tuple[str, ...]) -> tuple[str, ...]:
        if any(age not in AGE_GROUPS for age in ages):
            raise InvalidValueError(
                Text(f"年龄组只能是 {'、'.join(AGE_GROUPS)}", f"age groups out of {', '.join(AGE_GROUPS)}")
            )
        return ages

    @property
    def fees_cny_per_m2_year(self) -> float:
        """Fee income per m² floor area and year, under the affordable price (普惠收费) where one is set."""
        cap = self.affordable_fee_cny_per_m2_year
        fees = self.fee_income_cny_per_m2_year.value
        return fees if cap is None else min(fees, cap.value)


class HostingRule(PolicyModel):
    """What a space needs to hold a function (`site_may_host`).

    ``is_noisy``: not beside noise-sensitive neighbours; ``allowed_stock_kinds``: in no other kind of stock.
    """

    highest_floor: Figure | None = None
    highest_floor_without_lift: Figure | None = None
    basement_allowed: Figure | None = None
    needs_outdoor_space: Figure | None = None
    needs_own_entrance: Figure | None = None
    needs_kitchen: Figure | None = None
    is_noisy: Figure | None = None
    allowed_stock_kinds: StockKinds | None = None


class LandUseCodes(PolicyModel):
    """Registered land uses under which community services are at home: codes, or beginnings of codes."""

    codes: tuple[str, ...]
    source: str
    confidence: Literal["P", "V", "Q", "R"]
    note: str = ""


class Standards(PolicyModel):
    """Area, space and time rules, as in ``standards.yaml``. Areas per 100 households are floor area.

    ``lead_time_years``: years from the decision to readiness, approvals and construction together, by mode;
    a mode that isn't named takes none.
    """

    usable_share_of_floor_area: Figure
    area_tiers_m2_per_100_households: tuple[Figure, ...]
    elderly_area_m2_per_100_households: Figure
    new_estate_area_m2_per_100_households: Figure | None = None
    complex_minimum_floor_area_m2: Figure
    complex_preferred_floor_area_m2: Figure | None = None
    complex_minimum_functions: Figure
    complex_minimum_standard_functions: Figure
    scattered_maximum_functions: Figure
    coverage_threshold: Figure
    target_baseline_year: Figure
    target_year: Figure
    reported_radii_m: tuple[Figure, ...]
    land_use_grace_years: Figure
    land_use_for_services: LandUseCodes | None = None
    lead_time_years: dict[Mode, Figure] = {}
    snap_limit_m: Figure
    service_area_strip_m: Figure
    service_area_smallest_hole_m2: Figure
    care_bed_share_of_elderly_room: Figure | None = None
    care_bed_area_m2: Figure | None = None
    far_from_mapped_way_m: Figure
    hosting: dict[str, HostingRule]


class Costs(PolicyModel):
    """Unit costs that a table may leave out, as in ``costs.yaml``; CNY per m² floor area."""

    opening_cost_cny_per_m2: dict[Mode, Figure]
    land_use_procedure_cny_per_m2: Figure | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of a run: functions in file order, standards and costs."""

    functions: dict[str, FunctionPolicy]
    standards: Standards
    costs: Costs

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Yield every figure with its dotted place, for example ``functions.elderly_care.priority``."""
        for key, function in self.functions.items():
            yield from _figures_in(f"functions.{key}", function)
        yield from _figures_in("standards", self.standards)
        yield from _figures_in("costs", self.costs)

    def assumptions(self) -> dict[str, Figure]:
        """Return the figures that rest on an assumption, by dotted place."""
        return {place: figure for place, figure in self.figures() if figure.assumption}


def _figures_in(place: str, value: object) -> Iterator[tuple[str, Figure]]:
    if isinstance(value, Figure):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _figures_in(f"{place}.{name}", getattr(value, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _figures_in(f"{place}.{name}", item)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _figures_in(f"{place}[{number}]", item)

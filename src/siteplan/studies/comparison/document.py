"""The comparison (``compare.json``): every figure of every plan, the first plan being the reference.

Sequences named ``values`` and the like have one entry for each plan, in the order of ``plans``;
``differences`` and ``why_not`` have one for each plan after the first: its figure less the reference's, or
None with the reason why the two can't be compared.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from siteplan.scenario import Basis, Level
from siteplan.text import Text

SCHEMA: Final = "siteplan-comparison/1"


class ComparisonModel(BaseModel):
    """Base of everything in ``compare.json``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Remark(ComparisonModel):
    """A sentence in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, words: Text) -> Remark:
        """Return the remark that says ``words``."""
        return cls(zh=words.zh, en=words.en)

    @property
    def text(self) -> Text:
        """The sentence as a `Text`."""
        return Text(self.zh, self.en)


class PlanSummary(ComparisonModel):
    """One of the plans. ``repeatable`` is None where no run record tells."""

    name: str
    title_zh: str
    title_en: str
    folder: str | None
    illustrative: bool
    years: tuple[int, ...]
    basis: Basis
    threshold: float
    stopped_by: str
    repeatable: bool | None
    sites_open: int
    candidates_opened: int


class FileDifference(ComparisonModel):
    """An input file that isn't the same for every plan: its SHA-256, None where a plan has none such."""

    kind: str
    path: str
    sha256: tuple[str | None, ...]


class SettingDifference(ComparisonModel):
    """A setting or figure of the policy that isn't the same for every plan; None: not stated or unknown."""

    key: str
    values: tuple[str | None, ...]


class Row(ComparisonModel):
    """A figure of every plan; None where a plan has none such."""

    values: tuple[float | None, ...]
    differences: tuple[float | None, ...]
    why_not: tuple[Remark | None, ...]


class Verdict(StrEnum):
    """What the bounds say about the best that the scenarios of two plans allow at a level.

    ``same``: proven to be equal. ``proven``: proven to differ. ``within_gap``: the intervals from bound to
    value overlap, so the difference can't be told from what the search left open. ``conditional``: an
    earlier level differs, and the bounds hold given that level. ``not_comparable``: the figures mean
    different things.
    """

    SAME = "same"
    PROVEN = "proven"
    WITHIN_GAP = "within_gap"
    CONDITIONAL = "conditional"
    NOT_COMPARABLE = "not_comparable"

    @property
    def text(self) -> Text:
        """The verdict in words."""
        return {
            Verdict.SAME: Text("已证相同", "proven equal"),
            Verdict.PROVEN: Text("差异已证明", "difference proven"),
            Verdict.WITHIN_GAP: Text("不能由证明区分", "not distinguishable within the gap"),
            Verdict.CONDITIONAL: Text(
                "前级不同，界不可比", "bounds not comparable: an earlier level differs"
            ),
            Verdict.NOT_COMPARABLE: Text("不可比", "cannot be compared"),
        }[self]


class LevelRow(Row):
    """A level of the objective: its rank in each plan, bound, gap and status, and what the bounds prove."""

    level: Level
    unit: str
    ranks: tuple[int | None, ...]
    bounds: tuple[float | None, ...]
    gaps: tuple[float | None, ...]
    statuses: tuple[str | None, ...]
    verdicts: tuple[Verdict, ...]


class CoverageRow(Row):
    """Coverage of a function in a year on a basis: ``values`` of ``counted``, and targets where set."""

    function: str
    year: int
    basis: Basis
    counted: tuple[float | None, ...]
    targets: tuple[float | None, ...]


class LocalRow(Row):
    """Coverage of a town or community with a target of its own: ``values`` of ``counted``, and targets."""

    area_code: str
    area_name: str
    function: str
    year: int
    counted: tuple[float | None, ...]
    targets: tuple[float | None, ...]


class RadiusRow(Row):
    """Persons with a providing site within a reported radius: ``values`` of ``counted``."""

    function: str
    year: int
    radius_m: float
    counted: tuple[float | None, ...]


class AreaRow(Row):
    """Area standard in a year. ``measure``: ``short_m2:<tier>``, ``met:<tier>`` or ``m2_per_100``.

    ``short_m2`` is the sum over communities of what is short, ``met`` the number of communities that are less
    than 0.5 m² short, ``m2_per_100`` floor area by 100 households of all communities together.
    """

    year: int
    measure: str


class MoneyRow(Row):
    """An amount in CNY, of a year or (None) of the horizon. ``source`` is None for all sources together."""

    year: int | None
    item: str
    source: str | None
    source_zh: str
    source_en: str


class SiteChange(StrEnum):
    """How a site differs between the reference and another plan; a site may differ in several ways."""

    ONLY_REFERENCE = "only_reference"
    ONLY_OTHER = "only_other"
    MOVED = "moved"
    RESIZED = "resized"
    RETIMED = "retimed"
    REFITTED = "refitted"

    @property
    def text(self) -> Text:
        """The change in words."""
        return {
            SiteChange.ONLY_REFERENCE: Text("只在参照方案", "only in the reference"),
            SiteChange.ONLY_OTHER: Text("只在该方案", "only in this plan"),
            SiteChange.MOVED: Text("换点位", "moved"),
            SiteChange.RESIZED: Text("面积不同", "other size"),
            SiteChange.RETIMED: Text("年份不同", "other year"),
            SiteChange.REFITTED: Text("功能不同", "other functions"),
        }[self]


class SiteRow(ComparisonModel):
    """One way in which a site of ``plan`` differs from the reference.

    ``other_site_id``: what stands in for a moved one: a site in the same community with a function in common.
    ``area_*``: usable area of all rooms, in the last year that both plans have; of a site that isn't in
    both, in the plan's own last year. None: it isn't open.
    """

    plan: str
    change: SiteChange
    site_id: str
    name: str
    role: str
    community_code: str
    other_site_id: str | None
    other_name: str | None
    functions_reference: tuple[str, ...]
    functions: tuple[str, ...]
    year_reference: int | None
    year: int | None
    area_reference_m2: float | None
    area_m2: float | None


class CommunityRow(Row):
    """A community: function-years covered (``values``) and persons, over the years that all plans have.

    ``person_years``: persons of the target group with a providing site in reach, over functions and years.
    ``gained`` and ``lost``: ``<function>:<year>`` that a plan after the first covers and the reference
    doesn't, and the other way round.
    """

    community_code: str
    town_code: str
    person_years: tuple[float | None, ...]
    person_years_differences: tuple[float | None, ...]
    gained: tuple[tuple[str, ...], ...]
    lost: tuple[tuple[str, ...], ...]


class TownRow(Row):
    """A town: sums over its communities, and how many of them have more and fewer function-years covered."""

    town_code: str
    communities: int
    person_years: tuple[float | None, ...]
    person_years_differences: tuple[float | None, ...]
    gaining: tuple[int | None, ...]
    losing: tuple[int | None, ...]


class KnownNames(ComparisonModel):
    """Names of what the rows name by key or code, where the inputs are still there."""

    functions: dict[str, Remark]
    communities: dict[str, str]
    towns: dict[str, str]


class Comparison(ComparisonModel):
    """``compare.json``.

    ``warnings`` are to be read before any figure; ``community_basis``, ``community_functions`` and
    ``community_years`` say over what the rows of communities and towns are counted.
    """

    schema_version: Annotated[str, Field(alias="schema")] = SCHEMA
    plans: tuple[PlanSummary, ...]
    illustrative: bool
    warnings: tuple[Remark, ...]
    files: tuple[FileDifference, ...]
    settings: tuple[SettingDifference, ...]
    versions: tuple[SettingDifference, ...]
    levels: tuple[LevelRow, ...]
    coverage: tuple[CoverageRow, ...]
    local_coverage: tuple[LocalRow, ...]
    radii: tuple[RadiusRow, ...]
    area_standard: tuple[AreaRow, ...]
    money: tuple[MoneyRow, ...]
    sites: tuple[SiteRow, ...]
    community_basis: Basis
    community_functions: tuple[str, ...]
    community_years: tuple[int, ...]
    communities: tuple[CommunityRow, ...]
    towns: tuple[TownRow, ...]
    names: KnownNames

    @property
    def others(self) -> tuple[PlanSummary, ...]:
        """The plans after the reference."""
        return self.plans[1:]

"""``explanations.json``: why sites are chosen and targets missed, stored beside the plan that it explains.

`siteplan explain --store` writes it; map, report and workbook read it. It belongs to one ``plan.json``, named
by its hash: with another plan in the folder it says nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from siteplan.case import Form
from siteplan.publish.documents import write_document
from siteplan.publish.folder import ResultFolder
from siteplan.publish.lock import exclusive_lock
from siteplan.publish.plan_file import PLAN_FILE
from siteplan.scenario import Basis, Level
from siteplan.text import Text

EXPLANATIONS_FILE = "explanations.json"


class Cause(StrEnum):
    """Why a target is missed, in the order in which the causes are lifted; `CAUSE_NAMES` in words."""

    CHOICE = "choice"
    PACE = "pace"
    MONEY = "money"
    CAPACITY = "capacity"
    SUITABILITY = "suitability"
    RADIUS = "radius"


CAUSE_NAMES: Mapping[Cause, Text] = {
    Cause.CHOICE: Text("方案的取舍", "the plan's own choice"),
    Cause.PACE: Text("推进速度", "pace"),
    Cause.MONEY: Text("资金", "money"),
    Cause.CAPACITY: Text("容量", "capacity"),
    Cause.SUITABILITY: Text("没有够大或适合的空间", "no space large or suitable enough"),
    Cause.RADIUS: Text("半径内没有空间", "no space within the radius"),
}


class MoneyKind(StrEnum):
    """Which money is short, in the order in which the rules are lifted; `MONEY_KIND_NAMES` in words.

    What money is for comes before how much there is, since changing a condition costs nothing.
    """

    CONDITIONS = "conditions"
    VIABILITY = "viability"
    SUBSIDY = "subsidy"
    OPERATING = "operating"
    ADVANCE = "advance"
    CAPITAL = "capital"


MONEY_KIND_NAMES: Mapping[MoneyKind, Text] = {
    MoneyKind.CONDITIONS: Text("资金来源的补助条件", "what sources may pay for"),
    MoneyKind.VIABILITY: Text("运营主体收支平衡", "operators' viability"),
    MoneyKind.SUBSIDY: Text("运营补贴", "subsidies"),
    MoneyKind.OPERATING: Text("运营资金", "operating money"),
    MoneyKind.ADVANCE: Text("垫付奖补的资金", "the advance that bridges awards"),
    MoneyKind.CAPITAL: Text("建设资金", "capital"),
}


class StoredModel(BaseModel):
    """Base of everything in ``explanations.json``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Words(StoredModel):
    """A sentence in both languages."""

    zh: str
    en: str

    @property
    def text(self) -> Text:
        """The sentence as a `Text`."""
        return Text(self.zh.strip(), self.en.strip())


class Share(StoredModel):
    """What one cause takes of a missed target: a figure, and the proven interval around it.

    The figures of all causes add up to what is missing; each true share lies in [``low``, ``high``].
    """

    value: float
    low: float
    high: float

    @property
    def is_proven(self) -> bool:
        """Whether the interval is a single figure."""
        return self.low == self.high


class CauseShare(Share):
    """The share of one cause."""

    cause: Cause


class MoneyShare(Share):
    """The share of one kind of money; those of all kinds add up to the share of `Cause.MONEY`."""

    kind: MoneyKind


class MoneyNeed(StoredModel):
    """An amount of one kind of money in a year."""

    kind: MoneyKind
    year: int
    cny: float


Ring = tuple[tuple[float, float], ...]


class SearchArea(StoredModel):
    """Where a space would make up what a remedy promises, wherever in the area it is.

    ``area_id`` names its feature in ``shortfall-spaces.geojson``. ``longitude``, ``latitude`` (WGS 84): the
    place in it from which most is near. ``polygons``: of each the rings, the outer one first and
    counter-clockwise. ``communities``: codes of those that a space at the place newly covers; ``persons`` of
    the target group whom it newly has within the radius.
    """

    area_id: str
    longitude: float
    latitude: float
    polygons: tuple[tuple[Ring, ...], ...]
    area_m2: float
    radius_m: float
    communities: tuple[str, ...]
    persons: float


class Remedy(StoredModel):
    """What would help most cheaply, in words and figures.

    ``money``: ``cny`` more (at least ``cny_at_least``, equal where proven) makes up ``gain`` of what is
    missing; ``needs`` is a way to divide it that is enough. ``space``: a space of ``floor_area_m2``
    (``usable_area_m2`` of it usable) anywhere in ``area``, near ``demand_id`` in ``community_code``; ``cny``
    is an estimate of its opening and fit-out. ``gain`` is in the target's unit.
    """

    kind: Literal["money", "space"]
    gain: float
    cny: float
    cny_at_least: float | None = None
    floor_area_m2: float | None = None
    usable_area_m2: float | None = None
    community_code: str | None = None
    demand_id: str | None = None
    needs: tuple[MoneyNeed, ...] = ()
    area: SearchArea | None = None
    words: Words


class MissedTarget(StoredModel):
    """A missed target of a plan: function and year, figures in the target's unit, causes and remedies.

    ``area_code``: the town or community whose own target it is, None for the county's.
    ``counts_communities``: the figures are communities, else persons. ``money``: the share of money by kind,
    of the kinds that the scenario limits; none where money takes nothing. ``missing_alone_low`` and
    ``…_high``: how much of it would be missing if this were the only target, under the same money and pace.
    """

    area_code: str | None = None
    function: str
    year: int
    basis: Basis
    counts_communities: bool
    target: float
    covered: float
    counted: float
    missing: float
    missing_alone_low: float
    missing_alone_high: float
    causes: tuple[CauseShare, ...]
    money: tuple[MoneyShare, ...] = ()
    remedies: tuple[Remedy, ...]

    @property
    def is_proven(self) -> bool:
        """Whether every share is proven."""
        return all(share.is_proven for share in self.causes)

    @property
    def unit(self) -> Text:
        """The unit of the figures."""
        return Text("个社区", "communities") if self.counts_communities else Text("人", "persons")


def name_of_cause(missed: MissedTarget, share: CauseShare) -> Text:
    """Return what a cause is called; of money with the kinds that are short, and how much each takes."""
    name = CAUSE_NAMES[share.cause]
    short = [part for part in missed.money if part.high > 0.0]
    if share.cause is not Cause.MONEY or not short:
        return name
    if len(short) == 1:
        kind = MONEY_KIND_NAMES[short[0].kind]
        return Text(f"{name.zh}（{kind.zh}）", f"{name.en} ({kind.en})")
    told = [(MONEY_KIND_NAMES[part.kind], round(part.value)) for part in short]
    zh = "、".join(f"{kind.zh} {value}" for kind, value in told)
    en = ", ".join(f"{kind.en} {value}" for kind, value in told)
    return Text(f"{name.zh}（{zh}）", f"{name.en} ({en})")


class WhiteSpotFunction(StoredModel):
    """What a new space would add of one function.

    ``communities``: codes of those newly covered (none where the target counts persons);
    ``without_candidate``: of these, the ones that no listed space could cover; ``persons``: of the target
    group, newly within the radius.
    """

    function: str
    communities: tuple[str, ...]
    without_candidate: tuple[str, ...]
    persons: float


class LevelGain(StoredModel):
    """By how much a level of the objective would be better, in its unit: proven where ``least`` is ``most``.

    ``most`` None: the search proved no limit.
    """

    level: Level
    least: float
    most: float | None
    words: Words


class WhiteSpot(StoredModel):
    """A zone in which one more space would do the same job, and a place in it for which the figures hold.

    The place (WGS 84) is near ``demand_id`` in ``community_code``. The space needs ``floor_area_m2`` for its
    functions and those ``also_needed`` by a complex; ``opening_cost_cny`` estimates its opening, ``cny`` with
    the fit-out. ``zone``: rings of its polygon, the outer one first, counter-clockwise. ``gains``: what the
    plan would gain with the space under the same money and pace, by solving again; ``unsolved`` says why
    there are none.
    """

    rank: int
    community_code: str
    demand_id: str
    longitude: float
    latitude: float
    form: Form | None
    floor_area_m2: float
    usable_area_m2: float
    opening_cost_cny: float
    cny: float
    functions: tuple[WhiteSpotFunction, ...]
    also_needed: tuple[str, ...]
    zone: tuple[Ring, ...]
    zone_area_m2: float
    gains: tuple[LevelGain, ...] = ()
    unsolved: Words | None = None

    @property
    def newly_covered(self) -> int:
        """How many pairs of a function and a community it would newly cover."""
        return sum(len(each.communities) for each in self.functions)

    @property
    def without_candidate(self) -> int:
        """How many of them no listed space could cover."""
        return sum(len(each.without_candidate) for each in self.functions)

    @property
    def persons(self) -> float:
        """Persons newly within a radius, a person once for each function."""
        return sum(each.persons for each in self.functions)


class WhiteSpots(StoredModel):
    """Where to look for space next, best first; each counts what those before it leave.

    ``functions``: those asked about; ``minimum_area_m2``: floor area of the spaces looked for, None: as large
    as they need be; ``only_without_candidates``: counted is only what no listed space could cover;
    ``left``: pairs of a function and a community that are still not covered after all of them.
    """

    year: int
    basis: Basis
    functions: tuple[str, ...]
    minimum_area_m2: float | None
    only_without_candidates: bool
    left: int
    spots: tuple[WhiteSpot, ...]


class Explanations(StoredModel):
    """``explanations.json``: of the plan whose file has the hash, what was explained of it."""

    schema_version: Annotated[Literal["siteplan-explanations/1"], Field(alias="schema")] = (
        "siteplan-explanations/1"
    )
    plan_sha256: str
    sites: dict[str, tuple[Words, ...]] = Field(default_factory=dict)
    shortfalls: tuple[MissedTarget, ...] = ()
    white_spots: WhiteSpots | None = None

    def reasons(self) -> dict[str, tuple[Text, ...]]:
        """Return site → why it is as it is."""
        return {site: tuple(line.text for line in lines) for site, lines in self.sites.items()}


@dataclass(frozen=True, slots=True)
class StoredExplanations:
    """What a result folder has stored: the explanations of its plan, or why none are used.

    ``ignored`` is None where nothing was stored, too.
    """

    explanations: Explanations | None
    ignored: Text | None = None


def read_explanations(folder: Path) -> StoredExplanations:
    """Read the explanations of a result folder's plan; those of another plan are ignored, which it says."""
    file = folder / EXPLANATIONS_FILE
    if not file.is_file():
        return StoredExplanations(None)
    try:
        stored = Explanations.model_validate_json(file.read_bytes())
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "-"
        return StoredExplanations(
            None,
            Text(
                f"{file} 无法使用（{place}：{first['msg']}），未采用；重新运行 siteplan explain --store",
                f"{file} can't be used ({place}: {first['msg']}) and is ignored; "
                "run siteplan explain --store again",
            ),
        )
    if stored.plan_sha256 != _hash_of_plan(folder):
        return StoredExplanations(
            None,
            Text(
                f"{file} 说明的是另一个方案，未采用；重新运行 siteplan explain --store",
                f"{file} explains another plan and is ignored; run siteplan explain --store again",
            ),
        )
    return StoredExplanations(stored)


def store_explanations(
    folder: Path,
    *,
    sites: Mapping[str, Sequence[Text]] | None = None,
    shortfalls: Sequence[MissedTarget] = (),
    white_spots: WhiteSpots | None = None,
) -> Path:
    """Add explanations to those that a result folder has stored of its plan, and return the file.

    What was stored of the same site or target, and earlier white spots, are replaced.

    Raises:
        LockHeldError: a run is working on the folder.
    """
    results = ResultFolder(folder.resolve())
    with exclusive_lock(results.lock_file):
        stored = read_explanations(folder).explanations or Explanations(plan_sha256=_hash_of_plan(folder))
        reasons = {
            site: tuple(Words(zh=line.zh.strip(), en=line.en.strip()) for line in lines)
            for site, lines in (sites or {}).items()
        }
        missed = {
            (entry.year, entry.function, entry.area_code): entry
            for entry in (*stored.shortfalls, *shortfalls)
        }
        renewed = stored.model_copy(
            update={
                "sites": dict(sorted({**stored.sites, **reasons}.items())),
                "shortfalls": tuple(sorted(missed.values(), key=lambda entry: entry.year)),
                "white_spots": stored.white_spots if white_spots is None else white_spots,
            }
        )
        file = folder / EXPLANATIONS_FILE
        writing = file.with_name(f".{EXPLANATIONS_FILE}.writing")
        write_document(renewed, writing)
        os.replace(writing, file)
    return file


def _hash_of_plan(folder: Path) -> str:
    return hashlib.sha256((folder / PLAN_FILE).read_bytes()).hexdigest()

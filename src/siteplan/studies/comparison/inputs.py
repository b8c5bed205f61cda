"""What the plans were made from: the files, settings and versions that differ, and what that spoils.

Apples and pears: a figure of two plans is compared only where it means the same in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from siteplan.publish.run_record import InputKind
from siteplan.scenario import Basis, Level
from siteplan.studies.comparison.document import FileDifference, Remark, SettingDifference
from siteplan.studies.comparison.sources import ComparedPlan
from siteplan.text import Text

BASE_DATA = ("demand_points.csv", "communities.csv", "community_boundaries.geojson", "roads")
"""Files of a case that say who lives where and how far they walk, not what may be built: by name or stem."""

REACH = (
    "functions.{0}.service_radius_m",
    "functions.{0}.target_ages",
    "functions.{0}.participation_rate",
    "standards.snap_limit_m",
)
PLACES = ("functions.{0}.capacity_persons_per_m2", "rules.capacity", "rules.nearest_with_a_place")
OF_BASIS: dict[Basis, tuple[str, ...]] = {
    Basis.REACHABLE: (*REACH, "coverage.threshold"),
    Basis.ESTABLISHED: (),
    Basis.RESIDENTS: REACH,
    Basis.SERVED: (*REACH, *PLACES),
}
"""Settings on which the meaning of coverage on a basis rests; {0} is the function."""

OF_LEVEL: dict[Level, tuple[str, ...]] = {
    Level.SHORTFALL: (
        *REACH,
        "coverage.*",
        "targets.*",
        "functions.*.target_percent",
        "functions.*.priority",
        "standards.target_*",
    ),
    Level.PERSONS_COVERED: (*REACH, *PLACES),
    Level.AREA_STANDARD: ("standards.area_tiers*", "standards.elderly_area*"),
    Level.FORM: (),
    Level.COST: (),
    Level.WALKING_DISTANCE: (*REACH, *PLACES),
    Level.WORST_COMMUNITY: (*REACH, "coverage.*"),
    Level.NEWLY_BUILT: (),
    Level.PREFERRED_FORM: ("standards.complex_preferred*", "rules.site_form"),
    Level.CHANGES: ("promises.*",),
    Level.SCATTERED_FUNCTIONS: (),
    Level.OPERATOR_CONCENTRATION: (),
}
OF_LEVEL[Level.WEIGHED] = (
    "objective.*",
    *dict.fromkeys(pattern for patterns in OF_LEVEL.values() for pattern in patterns),
)
"""Settings on which the meaning of a level's value rests."""

OF_PEOPLE = frozenset(
    {
        Level.SHORTFALL,
        Level.PERSONS_COVERED,
        Level.AREA_STANDARD,
        Level.WALKING_DISTANCE,
        Level.WORST_COMMUNITY,
        Level.WEIGHED,
    }
)
"""Levels that count people, communities or walks: they rest on the case's base data."""

SHOWN_KEYS = 3


def file_differences(plans: Sequence[ComparedPlan]) -> tuple[FileDifference, ...]:
    """Return the model and case files of which the plans' SHA-256 differ, by kind and name.

    Files are told apart by their name, not by their folder: a county's case may have been copied elsewhere.
    """
    kinds = (InputKind.CASE, InputKind.MODEL)
    hashes = [
        {
            (each.kind, PurePosixPath(each.path).name): each.sha256
            for each in plan.inputs
            if each.kind in kinds
        }
        for plan in plans
    ]
    return tuple(
        FileDifference(kind=kind.value, path=name, sha256=tuple(each.get((kind, name)) for each in hashes))
        for kind, name in sorted({key for each in hashes for key in each})
        if len({each.get((kind, name)) for each in hashes}) > 1
    )


def setting_differences(plans: Sequence[ComparedPlan]) -> tuple[SettingDifference, ...]:
    """Return the settings that differ, key by key, of the plans whose settings are known."""
    return _differences([plan.settings for plan in plans])


def version_differences(plans: Sequence[ComparedPlan]) -> tuple[SettingDifference, ...]:
    """Return the programs and packages of which the versions differ."""
    return _differences([plan.versions for plan in plans])


def _differences(stated: Sequence[object]) -> tuple[SettingDifference, ...]:
    known = [each for each in stated if isinstance(each, dict)]
    keys = sorted({key for each in known for key in each})
    return tuple(
        SettingDifference(
            key=key, values=tuple(each.get(key) if isinstance(each, dict) else None for each in stated)
        )
        for key in keys
        if len({each.get(key) for each in known}) > 1
    )


def base_data_differ(one: ComparedPlan, other: ComparedPlan) -> list[str]:
    """Return the files of base data that differ between the cases of two plans."""
    return [difference.path for difference in file_differences((one, other)) if _is_base_data(difference)]


def _is_base_data(difference: FileDifference) -> bool:
    path = PurePosixPath(difference.path)
    return difference.kind == InputKind.CASE.value and (path.name in BASE_DATA or path.stem in BASE_DATA)


class Comparability:
    """Whether a figure means the same in the reference and in another plan."""

    def __init__(self, reference: ComparedPlan, other: ComparedPlan) -> None:
        self._keys = [
            each.key
            for each in setting_differences((reference, other))
            if reference.settings is not None and other.settings is not None
        ]
        self._base_data = base_data_differ(reference, other)
        self.same_years = reference.plan.years == other.plan.years

    def of_people(self) -> Remark | None:
        """Return why a count of people or communities can't be compared: the base data differ."""
        if not self._base_data:
            return None
        files = ", ".join(self._base_data)
        return Remark(zh=f"案例数据不同：{files}", en=f"the case differs: {files}")

    def of_settings(self, patterns: Iterable[str]) -> Remark | None:
        """Return that settings differ on which a figure's meaning rests."""
        wanted = tuple(patterns)
        keys = [key for key in self._keys if any(fnmatchcase(key, pattern) for pattern in wanted)]
        if not keys:
            return None
        shown = ", ".join(keys[:SHOWN_KEYS]) + (", …" if len(keys) > SHOWN_KEYS else "")
        return Remark(zh=f"设定不同：{shown}", en=f"settings differ: {shown}")

    def of_coverage(self, function: str, basis: Basis) -> Remark | None:
        """Return why coverage of a function on a basis can't be compared."""
        return self.of_people() or self.of_meaning(function, basis)

    def of_meaning(self, function: str, basis: Basis) -> Remark | None:
        """Return that coverage of a function on a basis is defined otherwise."""
        return self.of_settings([pattern.format(function) for pattern in OF_BASIS[basis]])

    def of_horizon(self) -> Remark | None:
        """Return that sums over the horizon can't be compared: the years differ."""
        if self.same_years:
            return None
        return Remark(zh="规划期不同", en="the years differ")

    def of_level(self, level: Level) -> Remark | None:
        """Return why the values of a level can't be compared."""
        people = self.of_people() if level in OF_PEOPLE else None
        patterns = [pattern.format("*") for pattern in OF_LEVEL[level]]
        return self.of_horizon() or people or self.of_settings(patterns)


def warnings_of(plans: Sequence[ComparedPlan]) -> tuple[Remark, ...]:
    """Return what is to be read before any figure, most serious first."""
    return tuple(
        Remark.of(words)
        for words in (
            *_other_cases(plans),
            *_other_years(plans),
            *_other_bases(plans),
            *_unknown_settings(plans),
            *_other_places(plans),
            *_stopped_early(plans),
        )
    )


def _other_cases(plans: Sequence[ComparedPlan]) -> Iterable[Text]:
    differing = [each for each in file_differences(plans) if each.kind == InputKind.CASE.value]
    if not differing:
        return
    files = ", ".join(each.path for each in differing)
    people = any(_is_base_data(each) for each in differing)
    zh = "；涉及居民点、社区或路网，覆盖和人数不可比" if people else "；只涉及可用空间等，居民点与路网相同"
    en = (
        "; who lives where, or the roads, differ: coverage and persons can't be compared"
        if people
        else "; only spaces and the like differ, residents and roads are the same"
    )
    yield Text(f"案例文件不同（SHA-256）：{files}{zh}", f"the case files differ (SHA-256): {files}{en}")


def _other_years(plans: Sequence[ComparedPlan]) -> Iterable[Text]:
    if len({plan.plan.years for plan in plans}) > 1:
        listed = "; ".join(f"{plan.name}: {years_of(plan.plan.years)}" for plan in plans)
        yield Text(
            f"规划期不同（{listed}）：只比较共有的年份，规划期合计和各级目标不可比",
            f"the years differ ({listed}): only years in common are compared; totals and levels can't be",
        )


def years_of(years: Sequence[int]) -> str:
    """Return consecutive years as first–last."""
    return f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"


def _other_bases(plans: Sequence[ComparedPlan]) -> Iterable[Text]:
    if len({plan.plan.basis for plan in plans}) > 1:
        zh = "；".join(f"{plan.name} {plan.plan.basis.text.zh}" for plan in plans)
        en = "; ".join(f"{plan.name} {plan.plan.basis.text.en}" for plan in plans)
        yield Text(
            f"目标口径不同（{zh}）：目标和目标缺口不可比，各口径的覆盖仍逐一比较",
            f"the bases of the targets differ ({en}): targets and shortfalls can't be compared; coverage is, "
            "basis by basis",
        )


def _unknown_settings(plans: Sequence[ComparedPlan]) -> Iterable[Text]:
    unknown = ", ".join(plan.name for plan in plans if plan.settings is None)
    if unknown:
        yield Text(
            f"情景或模型文件在求解后被改动或已不在，设定无从比较：{unknown}；下面的数字是否同义，请自行确认",
            f"scenario or model files have changed or gone since the run, so settings are unknown: "
            f"{unknown}; whether the figures below mean the same has to be checked by hand",
        )


def _other_places(plans: Sequence[ComparedPlan]) -> Iterable[Text]:
    reference = {site.site_id: site for site in plans[0].plan.sites}
    elsewhere = {
        site.site_id
        for plan in plans[1:]
        for site in plan.plan.sites
        if (same := reference.get(site.site_id)) is not None
        and (same.longitude, same.latitude) != (site.longitude, site.latitude)
    }
    if elsewhere:
        ids = ", ".join(sorted(elsewhere))
        yield Text(
            f"编号相同而位置不同的点位：{ids}；按编号比较",
            f"sites of the same id at other places: {ids}; they are compared by id",
        )


def _stopped_early(plans: Sequence[ComparedPlan]) -> Iterable[Text]:
    early = [plan.name for plan in plans if plan.plan.stopped_by in ("time_limit", "interrupted")]
    if early:
        listed = ", ".join(early)
        yield Text(
            f"到时限或被中断即停，再算可能不同：{listed}",
            f"stopped by the time limit or interrupted, another run may differ: {listed}",
        )

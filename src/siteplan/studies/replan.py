"""The dynamic project library (动态调整：调入、调出、替换): what a plan becomes when the world has moved on.

What is built or being built is fixed by hand (`commit`), what slipped may not open before the year it has
reached (`forbid … until`), and everything else that the earlier plan says is a promise: the level `changes`
keeps as many of them as the first level allows. All of it is a scenario file, so `verify` recomputes it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from siteplan.findings import Finding, InputError, Place, error
from siteplan.inputs.progress_file import SiteProgress
from siteplan.inputs.yaml_source import closest
from siteplan.plan import Plan, PlannedSite
from siteplan.problem import Problem, Role
from siteplan.scenario import Level, LoadedScenario
from siteplan.text import Text, as_cell

CHANGES_FILE = "changes.csv"


def promises_of(plan: Plan) -> dict[str, dict[str, int]]:
    """Return site → function → year of everything that a plan opens: candidates and projects."""
    return {
        site.site_id: {entry.function: entry.from_year for entry in site.functions}
        for site in plan.sites
        if site.role is not Role.EXISTING
    }


def replanned(
    plan: Plan, progress: Mapping[str, SiteProgress], loaded: LoadedScenario, problem: Problem
) -> dict[str, Any]:
    """Return the changes of the new scenario: promises, what is fixed, what may not open yet, the level.

    ``problem`` is that of the new scenario as it stands.
    """
    commit: dict[str, Any] = {}
    forbid: dict[str, Any] = {}
    by_hand = {entry.site for entry in loaded.scenario.commit.values()}
    for site in plan.sites:
        entry = progress.get(site.site_id)
        if entry is None or not _is_free(problem, site.site_id) or site.site_id in by_hand:
            continue
        if entry.stage.is_begun:
            commit[f"begun-{site.site_id}"] = _commitment(site, entry, problem.years[0])
        elif entry.year - 1 >= problem.years[0]:
            forbid[f"slipped-{site.site_id}"] = {"site": site.site_id, "until": entry.year - 1}
    if loaded.scenario.weights:
        raise InputError([_no_order(loaded)])
    objective = [level.value for level in loaded.scenario.levels]
    if Level.CHANGES.value not in objective:
        objective.insert(1, Level.CHANGES.value)
    changes: dict[str, Any] = {"promises": promises_of(plan), "objective": objective}
    return changes | ({"commit": commit} if commit else {}) | ({"forbid": forbid} if forbid else {})


def _no_order(loaded: LoadedScenario) -> Finding:
    return error(
        "objective-without-order",
        loaded.place_of(("objective",)),
        found=Text("目标按权重相加", "an objective with weights"),
        allowed=Text(
            "按顺序列出的目标，重新规划把“变动的承诺”放在第二级",
            "levels in an order: promises changed become the second one",
        ),
        mend=Text("改写为列表，如 [shortfall, cost]", "write a list, such as [shortfall, cost]"),
    )


def _is_free(problem: Problem, site_id: str) -> bool:
    """Return whether the new problem may still choose: the site is a candidate of it."""
    site = problem.sites.get(site_id)
    return site is not None and site.role is Role.CANDIDATE


def _commitment(site: PlannedSite, entry: SiteProgress, first_year: int) -> dict[str, Any]:
    """Return the entry that fixes a begun site: its year, form, and what it has from the beginning.

    What is built opens in the year of its date; what is being built not before it was to, nor before the
    horizon's ``first_year``.
    """
    year = entry.year if entry.stage.is_built else max(entry.year, site.open_from, first_year)
    first = min(planned.from_year for planned in site.functions)
    functions = [planned.function for planned in site.functions if planned.from_year <= max(year, first)]
    commitment: dict[str, Any] = {"site": site.site_id, "year": year, "functions": functions}
    return commitment | ({"form": site.form.value} if site.form is not None else {})


def check_progress(
    file: Path, progress: Mapping[str, SiteProgress], plan: Plan, problem: Problem
) -> list[Finding]:
    """Return a finding for each row whose site is in no plan, or that was built before the new horizon."""
    planned = {site.site_id for site in plan.sites}
    findings: list[Finding] = []
    for entry in progress.values():
        place = Place(file, row=entry.row, column="site")
        if entry.site not in planned:
            near = closest(entry.site, planned)
            findings.append(
                error(
                    "progress-unknown-site",
                    place,
                    found=Text(
                        f"以往方案没有点位“{entry.site}”", f"the earlier plan has no site `{entry.site}`"
                    ),
                    allowed=Text("以往方案中的点位", "a site of the earlier plan"),
                    mend=Text(f"是不是 {near}？", f"did you mean `{near}`?")
                    if near
                    else Text("删去这一行", "delete the row"),
                )
            )
        elif entry.stage.is_built and entry.year < problem.years[0] and _is_free(problem, entry.site):
            findings.append(
                error(
                    "built-before-horizon",
                    place,
                    found=Text(
                        f"{entry.site} 在 {entry.year} 年已建成，早于新的规划期",
                        f"{entry.site} was built in {entry.year}, before the new horizon",
                    ),
                    allowed=Text(f"{problem.years[0]} 年起", f"{problem.years[0]} or later"),
                    mend=Text(
                        "写入新案例的 projects.csv 或 existing_services.csv，并从 sites.csv 删去",
                        "list it in projects.csv or existing_services.csv of the new case, not in sites.csv",
                    ),
                )
            )
    return findings


class Kind(StrEnum):
    """What happened to a site between two plans."""

    ADDED = "added"
    REMOVED = "removed"
    REPLACED = "replaced"
    MOVED = "moved"
    REFITTED = "refitted"

    @property
    def text(self) -> Text:
        """Return the word of the project library."""
        return {
            Kind.ADDED: Text("调入", "added"),
            Kind.REMOVED: Text("调出", "removed"),
            Kind.REPLACED: Text("替换", "replaced"),
            Kind.MOVED: Text("改期", "moved"),
            Kind.REFITTED: Text("调整功能", "other functions"),
        }[self]


@dataclass(frozen=True, slots=True)
class Change:
    """One site that differs: ``other`` is what takes the place of a replaced one. None: no such year."""

    kind: Kind
    site: str
    name: str
    other: str
    functions: tuple[str, ...]
    year_before: int | None
    year_after: int | None
    reason: Text


def changes_between(
    before: Plan, after: Plan, problem: Problem, progress: Mapping[str, SiteProgress]
) -> list[Change]:
    """Return every addition, removal, replacement, move and change of functions, each with its reason.

    ``problem`` is that of the new plan. Existing services aren't listed.
    """
    old = {site.site_id: site for site in before.sites if site.role is not Role.EXISTING}
    new = {site.site_id: site for site in after.sites if site.role is not Role.EXISTING}
    still = {site.site_id for site in after.sites}
    removed = [site for key, site in old.items() if key not in still]
    added = [site for key, site in new.items() if key not in old]
    changes: list[Change] = []
    taken: set[str] = set()
    for site in removed:
        other = _in_place_of(site, [each for each in added if each.site_id not in taken], problem)
        reason = _why_removed(site, problem, progress)
        if other is not None:
            taken.add(other.site_id)
            reason = _and(
                reason,
                Text(
                    f"由 {other.site_id} {other.name} 接替 {_shared(site, other, problem).zh}",
                    f"{other.site_id} {other.name} takes over {_shared(site, other, problem).en}",
                ),
            )
        changes.append(
            Change(
                Kind.REMOVED if other is None else Kind.REPLACED,
                site.site_id,
                site.name,
                "" if other is None else other.site_id,
                _functions(site),
                site.open_from,
                None if other is None else other.open_from,
                reason,
            )
        )
    changes += [_addition(site, after, problem) for site in added if site.site_id not in taken]
    for key, site in old.items():
        if key in new:
            changes += _kept_but_changed(site, new[key], problem, progress)
    return changes


def _functions(site: PlannedSite) -> tuple[str, ...]:
    return tuple(entry.function for entry in site.functions)


def _and(one: Text, other: Text) -> Text:
    return Text(f"{one.zh}；{other.zh}", f"{one.en}; {other.en}")


def _names(functions: Sequence[str], problem: Problem) -> Text:
    known = [problem.functions[key].name for key in functions if key in problem.functions]
    return Text("、".join(name.zh for name in known), ", ".join(name.en for name in known))


def _shared_functions(one: PlannedSite, other: PlannedSite) -> tuple[str, ...]:
    there = set(_functions(other))
    return tuple(function for function in _functions(one) if function in there)


def _shared(one: PlannedSite, other: PlannedSite, problem: Problem) -> Text:
    return _names(_shared_functions(one, other), problem)


def _covered_by(site: PlannedSite, problem: Problem) -> set[tuple[str, str]]:
    """Return the (community, function) that a site covers alone on the target basis, in the last year."""
    last = problem.years[-1]
    pairs = {
        (community, function)
        for function in _functions(site)
        if function in problem.functions
        for community in problem.counted_communities(function, last)
        if site.site_id in problem.covering_sites(community, function, last)
    }
    return pairs | {(site.community_code, function) for function in _functions(site)}


def _in_place_of(site: PlannedSite, added: Sequence[PlannedSite], problem: Problem) -> PlannedSite | None:
    """Return the added site that covers most of what a removed one covered (or is to, in its community)."""
    lost = _covered_by(site, problem)
    shares = [(len(lost & _covered_by(other, problem)), other) for other in added]
    most = max((share for share, _ in shares), default=0)
    return next((other for share, other in shares if share == most), None) if most > 0 else None


def _why_removed(site: PlannedSite, problem: Problem, progress: Mapping[str, SiteProgress]) -> Text:
    entry = problem.sites.get(site.site_id)
    if entry is None:
        return Text("空间已不在新案例的表中", "the space is no longer in the tables of the new case")
    functions = [key for key in _functions(site) if key in problem.functions]
    lost = [key for key in functions if key not in entry.may_host]
    if lost and len(lost) == len(functions):
        reason = entry.why_not.get(lost[0], Text("空间不再适合", "the space is no longer suitable"))
        return Text(f"不能再设{_names(lost, problem).zh}：{reason.zh}", f"no longer suitable: {reason.en}")
    promised = max(site.open_from, problem.years[0])
    late = _why_late(site.site_id, promised, problem, progress)
    if late is not None:
        return late
    return Text(
        "在新的资金、进度和规定下，不设它第一级目标更好或不变",
        "with the new money, pace and rules the first level is better or the same without it",
    )


def _why_late(site_id: str, year: int, problem: Problem, progress: Mapping[str, SiteProgress]) -> Text | None:
    """Return why a site can't be open in a year, None if it can."""
    site, entry = problem.sites[site_id], progress.get(site_id)
    if entry is not None and entry.year > year and not entry.stage.is_built:
        return Text(
            f"进度滞后：{entry.date} 才到“{entry.stage.text.zh}”",
            f"slipped: at {entry.date} it was at the stage {entry.stage.text.en}",
        )
    if entry is not None and entry.stage.is_built and entry.year > year:
        return Text(f"{entry.date} 才建成", f"it was built by {entry.date}")
    if site.available_from > year:
        why = site.available_because or Text("可用年份推迟", "its first year is later")
        return Text(
            f"{site.available_from} 年起才可用（{why.zh}）",
            f"available from {site.available_from} only ({why.en})",
        )
    if site.may_host and all(problem.is_forbidden(site_id, key, year) for key in site.may_host):
        return Text("情景 forbid 禁止", "forbidden by the scenario")
    return None


def _addition(site: PlannedSite, after: Plan, problem: Problem) -> Change:
    """Return the addition of a site, with the communities that nothing else covers."""
    last = problem.years[-1]
    alone: dict[str, list[str]] = {}
    for community, function in sorted(_covered_by(site, problem)):
        if community not in problem.communities or function not in problem.functions:
            continue
        if community not in problem.counted_communities(function, last):
            continue
        covering = set(problem.covering_sites(community, function, last))
        others = {
            other.site_id
            for other in after.sites
            if other.site_id != site.site_id and function in _functions(other) and other.site_id in covering
        }
        if site.site_id in covering and not others:
            alone.setdefault(function, []).append(problem.communities[community].name)
    reasons = [
        Text(
            f"{problem.functions[function].name.zh}：{'、'.join(names)}",
            f"{problem.functions[function].name.en}: {', '.join(names)}",
        )
        for function, names in alone.items()
    ]
    reason = (
        Text(
            "只有它覆盖 " + "；".join(text.zh for text in reasons),
            "it alone covers " + "; ".join(text.en for text in reasons),
        )
        if reasons
        else Text(
            "改善后面的目标（覆盖人数、面积等），不占用已有承诺",
            "it serves later levels (persons, area) at the cost of no promise",
        )
    )
    return Change(Kind.ADDED, site.site_id, site.name, "", _functions(site), None, site.open_from, reason)


def _kept_but_changed(
    old: PlannedSite, new: PlannedSite, problem: Problem, progress: Mapping[str, SiteProgress]
) -> Iterator[Change]:
    """Yield that a site opens in another year, and that it has other functions."""
    entry = problem.sites[old.site_id]
    first = problem.years[0]
    if max(old.open_from, first) != new.open_from and not entry.is_decided:
        reason: Text | None
        if new.open_from < old.open_from:
            reason = Text("资金和进度允许提前", "money and pace allow it earlier")
        else:
            reason = _why_late(old.site_id, max(old.open_from, first), problem, progress)
        reason = reason or Text(
            "当年的资金或推进速度用于别处，第一级目标更好或不变",
            "the money or pace of that year goes to others: the first level is better or the same",
        )
        yield Change(
            Kind.MOVED,
            old.site_id,
            old.name,
            "",
            _functions(new),
            old.open_from,
            new.open_from,
            reason,
        )
    dropped = tuple(key for key in _functions(old) if key not in _functions(new))
    gained = tuple(key for key in _functions(new) if key not in _functions(old))
    if dropped or gained:
        less, more = _names(dropped, problem), _names(gained, problem)
        words = [Text(f"不再设{less.zh}", f"no longer {less.en}")] if dropped else []
        words += [Text(f"增设{more.zh}", f"also {more.en}")] if gained else []
        reasons = dict.fromkeys(entry.why_not[key] for key in dropped if key in entry.why_not)
        words += list(reasons)
        yield Change(
            Kind.REFITTED,
            old.site_id,
            old.name,
            "",
            _functions(new),
            old.open_from,
            new.open_from,
            Text("；".join(text.zh for text in words), "; ".join(text.en for text in words)),
        )


def write_changes(file: Path, changes: Sequence[Change], illustrative: bool) -> None:
    """Write ``changes.csv``: a row for each change, with its reason in Chinese and English."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        header = ["change", "change_zh", "site_id", "name", "replaced_by", "functions"]
        writer.writerow([*header, "year_before", "year_after", "reason_zh", "reason_en", "illustrative"])
        for change in changes:
            writer.writerow(
                [
                    change.kind.value,
                    change.kind.text.zh,
                    as_cell(change.site),
                    as_cell(change.name),
                    as_cell(change.other),
                    as_cell("; ".join(change.functions)),
                    "" if change.year_before is None else change.year_before,
                    "" if change.year_after is None else change.year_after,
                    as_cell(change.reason.zh),
                    as_cell(change.reason.en),
                    "yes" if illustrative else "no",
                ]
            )

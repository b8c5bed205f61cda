"""What the scenario fixes by hand: commit, forbid, require."""

from __future__ import annotations

from siteplan.scenario import Basis
from siteplan.text import Text
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.coverage import covered_communities
from siteplan.verify.schedule import Schedule


def by_hand_claims(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Check each entry of the scenario's ``commit``, ``forbid`` and ``require``."""
    return (
        *_committed_by_hand(schedule),
        *_forbidden_by_hand(schedule),
        *_required_coverage(schedule),
    )


def _committed_by_hand(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "committed_by_hand",
        Text("人工确定的点位按年、按功能启用", "sites committed by hand open as the scenario says"),
    )
    for key, entry in schedule.facts.scenario.commit.items():
        planned = schedule.sites.get(entry.site)
        path = f"commit.{key}"
        opened = None if planned is None else planned[1].open_from
        check.same(f"{path}.year", opened, entry.year if entry.year in schedule.facts.years else None)
        if planned is None:
            continue
        for function in entry.functions:
            check.same(f"{path}.{function}", schedule.starts.get((entry.site, function)), entry.year)
        if entry.form is not None:
            check.same(f"{path}.form", planned[1].form, entry.form)
    return check.results()


def _forbidden_by_hand(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "forbidden_by_hand", Text("人工禁止的点位和功能未设", "what is forbidden by hand is not provided")
    )
    facts = schedule.facts
    for key, entry in facts.scenario.forbid.items():
        for function in entry.functions or tuple(facts.functions):
            start = schedule.starts.get((entry.site, function))
            until = max(facts.years) if entry.until is None else entry.until
            check.holds(
                start is None or start > until,
                f"forbid.{key}",
                Text(
                    f"{entry.site} 自 {start} 年设 {function}，禁止至 {until} 年",
                    f"{entry.site} provides {function} from {start} on, forbidden until {until}",
                ),
            )
    return check.results()


def _required_coverage(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "required_coverage",
        Text("人工要求的社区覆盖已达到", "coverage required by hand is reached"),
    )
    facts = schedule.facts
    basis = facts.scenario.coverage.basis
    reading = basis if basis.counts_communities else Basis.REACHABLE
    for key, entry in facts.scenario.require.items():
        codes = facts.communities_called(entry.community)
        for year in facts.years:
            counted = facts.counted_communities(entry.function, year)
            if year < entry.by or not set(codes) & set(counted):
                continue
            providers = schedule.providers(entry.function, year)
            covered = covered_communities(facts, reading, entry.function, year, providers)
            check.holds(
                bool(set(codes) & set(covered)),
                f"require.{key}",
                Text(
                    f"{entry.community} 在 {year} 年没有 {entry.function}",
                    f"{entry.community} doesn't have {entry.function} in {year}",
                ),
            )
    return check.results()

"""Which communities are covered for which function, and what another plan changes about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from siteplan.outcome import evaluate
from siteplan.plan import CommunityCoverage, Decisions, Plan
from siteplan.problem import Problem
from siteplan.scenario import Basis
from siteplan.text import Text

SHOWN_COMMUNITIES = 8


def basis_of(problem: Problem) -> Basis:
    """Return the basis on which communities are told to be covered: that of the targets, or `reachable`."""
    return problem.basis if problem.basis.counts_communities else Basis.REACHABLE


def is_covered(problem: Problem, row: CommunityCoverage) -> bool:
    """Return whether a community is covered for a function in a year."""
    return row.is_covered_on(problem.basis)


def changes_of_coverage(plan: Plan, changed: Problem, decisions: Decisions) -> Iterator[Text]:
    """Yield what other decisions lose and gain of a plan's coverage in the last year, by name."""
    year = changed.years[-1]
    before = _covered(changed, plan.communities, year)
    after = _covered(changed, evaluate(changed, decisions).communities, year)
    lost, gained = before - after, after - before
    if lost:
        told = _told(changed, lost)
        yield Text(
            f"{year} 年失去覆盖 {len(lost)} 项：{told.zh}", f"{len(lost)} lose coverage in {year}: {told.en}"
        )
    if gained:
        told = _told(changed, gained)
        yield Text(
            f"{year} 年另外覆盖 {len(gained)} 项：{told.zh}",
            f"{len(gained)} gain coverage in {year}: {told.en}",
        )
    if not lost and not gained:
        yield Text(f"{year} 年各社区的覆盖不变", f"every community is covered as before in {year}")


def _covered(problem: Problem, rows: Iterable[CommunityCoverage], year: int) -> set[tuple[str, str]]:
    return {
        (row.community_code, row.function) for row in rows if row.year == year and is_covered(problem, row)
    }


def _told(problem: Problem, pairs: set[tuple[str, str]]) -> Text:
    """Return communities with their functions, some of them where there are many."""
    named = {
        code: [function.name for key, function in problem.functions.items() if (code, key) in pairs]
        for code in problem.communities
        if any(code == community for community, _ in pairs)
    }
    shown = list(named.items())[:SHOWN_COMMUNITIES]
    zh = "；".join(
        f"{problem.communities[code].name}（{'、'.join(name.zh for name in names)}）" for code, names in shown
    )
    en = "; ".join(
        f"{problem.communities[code].name} ({', '.join(name.en for name in names)})" for code, names in shown
    )
    further = len(named) - len(shown)
    return Text(f"{zh} 等 {len(named)} 个社区", f"{en} and {further} more") if further else Text(zh, en)

"""Who pays what: every project paid by sources that may, within their amounts, shares, caps and lags."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from siteplan.plan import SourcePayment
from siteplan.scenario import Budget, FundingSource
from siteplan.text import Text, from_cell
from siteplan.verify import tolerances
from siteplan.verify.claims import Check, ClaimResult, indexed
from siteplan.verify.facts import Facts
from siteplan.verify.money import capital_cny, source_accounts
from siteplan.verify.schedule import Schedule

MONEY_FILE = "money.csv"
CSV_ROUNDING_CNY = 0.01
"""Money is written to the fen."""

COLUMNS = (
    "year",
    "source",
    "source_zh",
    "site_id",
    "site_name",
    "capital_cny",
    "paid_in",
    "illustrative",
)


def funding_claims(schedule: Schedule, rows: Sequence[Mapping[str, str]]) -> tuple[ClaimResult, ...]:
    """Check the payments of the plan, and that ``money.csv`` (column → cell) says the same."""
    table = _money_table(schedule, rows)
    budget = schedule.facts.scenario.budget
    if budget is None or not budget.is_by_source:
        check = Check("money_by_source", Text("资金不分来源", "money is not planned by source"))
        check.same("money_by_source", len(schedule.plan.money_by_source), 0)
        check.same("sources", len(schedule.plan.sources), 0)
        for number, row in enumerate(schedule.plan.money):
            path = f"money[{number}].awards_outstanding_cny"
            check.close(path, row.awards_outstanding_cny, 0.0, tolerances.MONEY_CNY, "CNY")
        return (*check.results(), *table)
    ledger, structure = _ledger(schedule, budget)
    return (
        *structure,
        *_project_is_paid(ledger),
        *_conditions(ledger),
        *_source_amount(ledger),
        *_awards_are_bridged(ledger),
        *table,
    )


@dataclass(frozen=True, slots=True)
class Ledger:
    """The payments that name known sites, sources and years."""

    schedule: Schedule
    budget: Budget
    paid: Mapping[tuple[str, str, int], float]
    """(site, source, year of the cost) → CNY."""

    @property
    def sources(self) -> Mapping[str, FundingSource]:
        """Return the sources by key."""
        return self.budget.sources

    @property
    def facts(self) -> Facts:
        """Return the facts of the inputs."""
        return self.schedule.facts

    def of_source(self, source: str, year: int) -> float:
        """Return what a source pays for the projects of a year."""
        return sum(cny for (_, key, spent), cny in self.paid.items() if (key, spent) == (source, year))

    def until(self, site_id: str, source: str, year: int) -> float:
        """Return what a source has paid of a project's cost up to a year."""
        return sum(
            self.paid.get((site_id, source, spent), 0.0) for spent in self.facts.years if spent <= year
        )


def _ledger(schedule: Schedule, budget: Budget) -> tuple[Ledger, tuple[ClaimResult, ...]]:
    check = Check("money_by_source", Text("支出记录完整", "payments name known sites, sources and years"))
    paid: dict[tuple[str, str, int], float] = {}
    sources = budget.sources
    for number, row in enumerate(schedule.plan.money_by_source):
        path = f"money_by_source[{number}]"
        key = (row.site_id, row.source, row.year)
        known = row.source in sources and row.year in schedule.facts.years and row.site_id in schedule.sites
        if check.holds(known, path, Text(f"{key} 不在输入数据中", f"{key} is not in the inputs")):
            check.holds(key not in paid, path, Text(f"{key} 出现两次", f"{key} appears twice"))
            check.same(f"{path}.paid_in", row.paid_in, row.year + sources[row.source].paid_after_years)
            check.at_least(f"{path}.cny", row.cny, 0.0, 0.0, "CNY")
            paid[key] = row.cny
    return Ledger(schedule, budget, paid), check.results()


def _project_is_paid(ledger: Ledger) -> tuple[ClaimResult, ...]:
    check = Check(
        "project_is_paid", Text("每个项目的投资都有来源", "every project is paid, no more and no less")
    )
    for site_id in ledger.schedule.sites:
        for year in ledger.facts.years:
            paid = sum(ledger.paid.get((site_id, key, year), 0.0) for key in ledger.sources)
            due = capital_cny(ledger.schedule, site_id, year)
            check.close(f"money_by_source ({site_id}, {year})", paid, due, tolerances.MONEY_CNY, "CNY")
    return check.results()


def _conditions(ledger: Ledger) -> Iterator[ClaimResult]:
    eligible = Check(
        "source_is_eligible",
        Text("来源只付可付的项目", "sources pay only projects of their levels and modes"),
    )
    shares = Check("source_share_of_project", Text("来源占项目投资的比例", "shares of projects are kept"))
    caps = Check("source_cap_per_project", Text("单个项目补助上限", "caps on one project are kept"))
    functions = Check(
        "source_pays_eligible_functions",
        Text("来源只补助所列功能", "sources for some functions pay their fit-out only"),
    )
    last = ledger.facts.years[-1]
    for site_id, key in dict.fromkeys((site_id, key) for site_id, key, _ in ledger.paid):
        source, place = ledger.sources[key], f"money_by_source ({site_id}, {key})"
        _eligible(eligible, ledger, site_id, source, place)
        if source.per_project_cap_cny is not None:
            paid = ledger.until(site_id, key, last)
            caps.at_most(place, paid, source.per_project_cap_cny, tolerances.MONEY_CNY, "CNY")
        for year in ledger.facts.years:
            paid, there = ledger.until(site_id, key, year), f"{place} until {year}"
            if source.share_of_project_at_most is not None:
                cost = sum(
                    capital_cny(ledger.schedule, site_id, spent)
                    for spent in ledger.facts.years
                    if spent <= year
                )
                most = source.share_of_project_at_most * cost
                shares.at_most(there, paid, most, tolerances.MONEY_CNY, "CNY")
            if source.eligible_functions is not None:
                most = _fit_out_cny(ledger.schedule, site_id, frozenset(source.eligible_functions), year)
                functions.at_most(there, paid, most, tolerances.MONEY_CNY, "CNY")
    for check in (eligible, shares, caps, functions):
        yield from check.results()


def _eligible(check: Check, ledger: Ledger, site_id: str, source: FundingSource, place: str) -> None:
    site = ledger.facts.sites[site_id]
    suits = (source.eligible_levels is None or site.project_level in source.eligible_levels) and (
        source.eligible_modes is None or site.mode is None or site.mode in source.eligible_modes
    )
    check.holds(
        suits,
        place,
        Text(
            f"级别 {site.project_level}、方式 {site.mode} 不在补助范围",
            f"level {site.project_level}, mode {site.mode}: the source doesn't pay for such a project",
        ),
    )


def _fit_out_cny(schedule: Schedule, site_id: str, functions: frozenset[str], year: int) -> float:
    """Return the fit-out of the rooms that some functions have at a site in a year."""
    facts = schedule.facts
    total = 0.0
    for group, keys in facts.room_groups.items():
        paid_for = [key for key in keys if key in functions and key in facts.sites[site_id].may_host]
        if paid_for:
            used = sum(schedule.area(site_id, key, year) for key in paid_for)
            dearest = max(facts.functions[key].fit_out_cny_per_m2 for key in paid_for)
            total += dearest * min(used, schedule.room(site_id, group, year))
    return total * facts.sites[site_id].floor_per_usable


def _source_amount(ledger: Ledger) -> tuple[ClaimResult, ...]:
    """Compare the plan's table of sources with what payments and amounts give."""
    limits = Check("source_amount", Text("来源年度资金不超支", "no source pays more than it has"))
    table = Check("money_of_sources", Text("各来源资金表", "the table of sources"))
    accounts = source_accounts(ledger.schedule)
    plan = ledger.schedule.plan
    rows = indexed(table, "sources", plan.sources, lambda row: (row.source, row.year), accounts)
    for (key, year), account in accounts.items():
        most = account.amount + account.carried_in
        limits.at_most(f"sources ({key}, {year})", account.paid, most, tolerances.MONEY_CNY, "CNY")
        if (key, year) not in rows:
            continue
        path, row = rows[key, year]
        table.same(f"{path}.name_zh", row.name_zh, ledger.budget.sources[key].name.zh)
        table.same(f"{path}.name_en", row.name_en, ledger.budget.sources[key].name.en)
        for name, value in {
            "amount_cny": account.amount,
            "carried_in_cny": account.carried_in,
            "granted_cny": ledger.of_source(key, year),
            "paid_cny": account.paid,
            "carried_out_cny": account.carried_out,
        }.items():
            table.close(f"{path}.{name}", getattr(row, name), value, tolerances.MONEY_CNY, "CNY")
    return (*limits.results(), *table.results())


def _awards_are_bridged(ledger: Ledger) -> tuple[ClaimResult, ...]:
    check = Check("awards_are_bridged", Text("未到位奖补有垫付资金", "awards not yet paid are bridged"))
    claimed = {row.year: row.awards_outstanding_cny for row in ledger.schedule.plan.money}
    for year in ledger.facts.years:
        outstanding = sum(
            cny
            for (_, key, granted), cny in ledger.paid.items()
            if granted <= year < granted + ledger.sources[key].paid_after_years
        )
        path = f"money ({year}) awards_outstanding_cny"
        check.close(path, claimed.get(year), outstanding, tolerances.MONEY_CNY, "CNY")
        if any(source.paid_after_years for source in ledger.sources.values()):
            limit = ledger.budget.advance_cny.get(year, 0.0)
            check.at_most(path, outstanding, limit, tolerances.MONEY_CNY, "CNY")
    return check.results()


def _money_table(schedule: Schedule, rows: Sequence[Mapping[str, str]]) -> tuple[ClaimResult, ...]:
    check = Check("money_table", Text("资金表与方案一致", "money.csv agrees with the plan"), file=MONEY_FILE)
    due = _due_rows(schedule)
    check.same("number of rows", len(rows), len(due))
    # The header is row 1, as a spreadsheet counts.
    for number, (row, payment) in enumerate(zip(rows, due, strict=False), start=2):
        path = f"row {number}"
        if check.same(f"{path} columns", tuple(row), COLUMNS):
            for column, value in _cells(schedule, payment).items():
                check.same(f"{path} {column}", from_cell(row[column]), value)
            claimed = _number(row["capital_cny"])
            check.close(f"{path} capital_cny", claimed, payment.cny, CSV_ROUNDING_CNY, "CNY")
    return check.results()


def _due_rows(schedule: Schedule) -> list[SourcePayment]:
    if schedule.plan.sources:
        return list(schedule.plan.money_by_source)
    return [
        SourcePayment(site_id=site.site_id, source="", year=year, paid_in=year, cny=cny)
        for year in schedule.facts.years
        for site in schedule.plan.sites
        if (cny := site.capital_cny_by_year[year])
    ]


def _cells(schedule: Schedule, payment: SourcePayment) -> dict[str, str]:
    budget = schedule.facts.scenario.budget
    source = budget.sources.get(payment.source) if budget is not None else None
    site = schedule.facts.sites.get(payment.site_id)
    return {
        "year": str(payment.year),
        "source": payment.source,
        "source_zh": "" if source is None else source.name.zh,
        "site_id": payment.site_id,
        "site_name": "" if site is None else site.name,
        "paid_in": str(payment.paid_in),
        "illustrative": "yes" if schedule.facts.case.is_illustrative else "no",
    }


def _number(cell: str) -> float:
    """Return the number in a cell, NaN (which no figure equals) where there is none."""
    try:
        return float(cell)
    except ValueError:
        return math.nan

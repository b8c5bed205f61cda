"""Capital, operating cost and fees of each site and year, the budget and what is carried over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from siteplan.text import Text
from siteplan.verify import tolerances
from siteplan.verify.claims import Check, ClaimResult, indexed
from siteplan.verify.facts import Facts
from siteplan.verify.schedule import Schedule


def money_claims(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Check the money of sites and years, and that budgets are kept."""
    return (
        *_money_of_sites(schedule),
        *_money_of_years(schedule),
        *_yearly_budget(schedule),
        *_operating_limit(schedule),
        *_operator_is_viable(schedule),
        *_subsidy_limit(schedule),
    )


def capital_cny(schedule: Schedule, site_id: str, year: int) -> float:
    """Return opening cost, charged in the opening year, plus fit-out of the room area added in ``year``."""
    if not schedule.is_planned(site_id):
        return 0.0
    _, site, facts = schedule.sites[site_id]
    opening = facts.opening_cost_cny if year == site.open_from else 0.0
    total = opening - joint_programme_cny(schedule, site_id, year)
    if not facts.fit_out_is_charged:
        return total
    for group, keys in schedule.facts.room_groups.items():
        dearest = max(schedule.facts.functions[key].fit_out_cny_per_m2 for key in keys)
        before = max((earlier for earlier in schedule.facts.years if earlier < year), default=None)
        room_before = 0.0 if before is None else schedule.room(site_id, group, before)
        total += dearest * facts.floor_per_usable * (schedule.room(site_id, group, year) - room_before)
    return total


def joint_programme_cny(schedule: Schedule, site_id: str, year: int) -> float:
    """Return what a joint programme pays of a site's opening: in its own year alone."""
    _, site, facts = schedule.sites[site_id]
    return facts.joint_programme_pays_cny if year == site.open_from == facts.joint_programme_year else 0.0


def running_cny(schedule: Schedule, site_id: str, year: int) -> tuple[float, float]:
    """Return operating cost (rent included) and fees of a site: of what is in place a year before."""
    operating = fees = 0.0
    if not schedule.is_planned(site_id):
        return operating, fees
    _, site, facts = schedule.sites[site_id]
    for entry in site.functions:
        if year > max(entry.from_year, schedule.facts.years[0]):
            floor_area = schedule.area(site_id, entry.function, year - 1) * facts.floor_per_usable
            operating += schedule.facts.functions[entry.function].operating_cny_per_m2 * floor_area
            fees += schedule.facts.functions[entry.function].fees_cny_per_m2 * floor_area
    if year > site.open_from:
        operating += facts.rent_cny
    return operating, fees


def money_of_year(schedule: Schedule, year: int) -> tuple[float, float, float]:
    """Return capital, operating cost and fees of all sites in a year, in CNY."""
    running = [running_cny(schedule, site_id, year) for site_id in schedule.sites]
    return (
        sum(capital_cny(schedule, site_id, year) for site_id in schedule.sites),
        sum(operating for operating, _ in running),
        sum(fees for _, fees in running),
    )


def amount_cny(facts: Facts, year: int) -> float | None:
    """Return the capital budget of a year over all sources, None where there is no budget."""
    budget = facts.scenario.budget
    if budget is None:
        return None
    return budget.scale * sum(source.amounts_cny.get(year, 0.0) for source in budget.sources.values())


def _money_of_sites(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("money_of_sites", Text("各点位资金", "money of each site"))
    for path, site, facts in schedule.sites.values():
        paid = sum(joint_programme_cny(schedule, site.site_id, year) for year in schedule.facts.years)
        check.same(f"{path}.joint_programme", site.joint_programme, facts.joint_programme)
        check.close(
            f"{path}.joint_programme_cny", site.joint_programme_cny, paid, tolerances.MONEY_CNY, "CNY"
        )
        for year in schedule.facts.years:
            capital = capital_cny(schedule, site.site_id, year)
            operating, fees = running_cny(schedule, site.site_id, year)
            subsidy = subsidy_of_site_cny(schedule, site.site_id, year)
            for name, claimed, recomputed in (
                ("capital_cny_by_year", site.capital_cny_by_year, capital),
                ("operating_cny_by_year", site.operating_cny_by_year, operating),
                ("fees_cny_by_year", site.fees_cny_by_year, fees),
                ("subsidy_cny_by_year", site.subsidy_cny_by_year, subsidy),
            ):
                place = f"{path}.{name}.{year}"
                check.close(place, claimed[year], recomputed, tolerances.MONEY_CNY, "CNY")
        check.close(
            f"{path}.operator_balance_cny_per_year",
            site.operator_balance_cny_per_year,
            operator_balance_cny(schedule, site.site_id, max(schedule.facts.years)),
            tolerances.MONEY_CNY,
            "CNY",
        )
    return check.results()


@dataclass(frozen=True, slots=True)
class Account:
    """A funding source in a year in which it may pay, or all of them: CNY."""

    amount: float
    carried_in: float
    paid: float
    carried_out: float


def source_accounts(schedule: Schedule) -> Mapping[tuple[str, int], Account]:
    """Return (source, year of payment) → account, from amounts and the plan's payments."""
    accounts: dict[tuple[str, int], Account] = {}
    budget, years = schedule.facts.scenario.budget, schedule.facts.years
    for key, source in (budget.sources if budget is not None else {}).items():
        carries = budget.carry_over if budget and source.carry_over is None else source.carry_over
        carried_in = 0.0
        for year in range(years[0], years[-1] + 1 + source.paid_after_years):
            amount = (budget.scale if budget else 1.0) * source.amounts_cny.get(year, 0.0)
            granted = year - source.paid_after_years
            paid = sum(
                row.cny
                for row in schedule.plan.money_by_source
                if (row.source, row.year) == (key, granted) and granted in years
            )
            carried_out = amount + carried_in - paid if carries else 0.0
            accounts[key, year] = Account(amount, carried_in, paid, carried_out)
            carried_in = carried_out
    return accounts


def _accounts_of_years(schedule: Schedule) -> Mapping[int, Account | None]:
    """Return the account of each year over all sources, None without a budget."""
    facts = schedule.facts
    budget = facts.scenario.budget
    if budget is None:
        return dict.fromkeys(facts.years)
    if budget.is_by_source:
        by_source = source_accounts(schedule)
        return {
            year: Account(
                *(
                    sum(
                        getattr(account, name)
                        for (_, paid_in), account in by_source.items()
                        if paid_in == year
                    )
                    for name in ("amount", "carried_in", "paid", "carried_out")
                )
            )
            for year in facts.years
        }
    accounts: dict[int, Account | None] = {}
    carried_in = 0.0
    for year in facts.years:
        capital, _, _ = money_of_year(schedule, year)
        amount = amount_cny(facts, year) or 0.0
        carried_out = _carried_out(facts, amount, carried_in, capital)
        accounts[year] = Account(amount, carried_in, capital, carried_out)
        carried_in = carried_out
    return accounts


def _money_of_years(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("money_of_years", Text("各年资金", "money of each year"))
    facts = schedule.facts
    rows = indexed(check, "money", schedule.plan.money, lambda row: row.year, facts.years)
    for year, account in _accounts_of_years(schedule).items():
        capital, operating, fees = money_of_year(schedule, year)
        recomputed = {
            "amount_cny": None if account is None else account.amount,
            "carried_in_cny": None if account is None else account.carried_in,
            "capital_cny": capital,
            "carried_out_cny": None if account is None else account.carried_out,
            "operating_cny": operating,
            "fees_cny": fees,
            "subsidy_cny": subsidy_cny(schedule, year),
            "joint_programmes_cny": sum(
                joint_programme_cny(schedule, site_id, year) for site_id in schedule.sites
            ),
        }
        if year in rows:
            path, row = rows[year]
            for name, value in recomputed.items():
                check.close(f"{path}.{name}", getattr(row, name), value, tolerances.MONEY_CNY, "CNY")
    return check.results()


def _carried_out(facts: Facts, amount: float, carried_in: float, capital: float) -> float:
    carries = facts.scenario.budget is not None and facts.scenario.budget.carry_over
    return amount + carried_in - capital if carries else 0.0


def _yearly_budget(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("yearly_budget", Text("每年建设资金不超支", "no year spends more capital than it has"))
    budget = schedule.facts.scenario.budget
    is_one_sum = budget is not None and not budget.is_by_source
    for year, account in _accounts_of_years(schedule).items() if is_one_sum else ():
        if account is not None:
            path, limit = f"money ({year}) capital", account.amount + account.carried_in
            check.at_most(path, account.paid, limit, tolerances.MONEY_CNY, "CNY")
    return check.results()


def _operating_limit(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "operating_limit",
        Text("运营支出减收费不超过上限", "operating cost less fees stays within its limit"),
    )
    budget = schedule.facts.scenario.budget
    for year, limit in (budget.operating_cny if budget is not None else {}).items():
        if year in schedule.facts.years:
            _, operating, fees = money_of_year(schedule, year)
            place = f"money ({year}) operating less fees"
            check.at_most(place, operating - fees, limit, tolerances.MONEY_CNY, "CNY")
    return check.results()


def subsidy_cny(schedule: Schedule, year: int) -> float:
    """Return the subsidies of a year over all sites."""
    return sum(subsidy_of_site_cny(schedule, site_id, year) for site_id in schedule.sites)


def subsidy_of_site_cny(schedule: Schedule, site_id: str, year: int) -> float:
    """Return the subsidy of a site in a year: for the areas in place a year before."""
    if year - 1 not in schedule.facts.years or not schedule.is_planned(site_id):
        return 0.0
    return schedule.facts.sites[site_id].floor_per_usable * sum(
        figures.subsidy_cny_per_m2 * schedule.area(site_id, key, year - 1)
        for key, figures in schedule.facts.functions.items()
    )


def operator_balance_cny(schedule: Schedule, site_id: str, year: int) -> float:
    """Return fees and subsidy less operating cost and rent, a year, of what a site has at the end of one."""
    if not schedule.is_planned(site_id):
        return 0.0
    _, site, facts = schedule.sites[site_id]
    margin = facts.floor_per_usable * sum(
        (figures.fees_cny_per_m2 + figures.subsidy_cny_per_m2 - figures.operating_cny_per_m2)
        * schedule.area(site_id, key, year)
        for key, figures in schedule.facts.functions.items()
    )
    return margin - (facts.rent_cny if year >= site.open_from else 0.0)


def _operator_is_viable(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Fees and subsidy of what a site has at the end of a year are at least its operating cost."""
    if not schedule.facts.scenario.rules.operator_viability:
        return ()
    check = Check(
        "operator_is_viable", Text("运营收支平衡", "fees and subsidy meet each site's operating cost")
    )
    for site_id, (path, _, _) in schedule.sites.items():
        for year in schedule.facts.years if schedule.is_planned(site_id) else ():
            balance = operator_balance_cny(schedule, site_id, year)
            check.at_least(f"{path} ({year}) balance", balance, 0.0, tolerances.MONEY_CNY, "CNY")
    return check.results()


def _subsidy_limit(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("subsidy_limit", Text("运营补贴不超过上限", "subsidies stay within their limit"))
    budget = schedule.facts.scenario.budget
    for year, limit in (budget.subsidy_cny if budget is not None else {}).items():
        if year - 1 in schedule.facts.years:
            paid = subsidy_cny(schedule, year)
            check.at_most(f"money ({year}) subsidy_cny", paid, limit, tolerances.MONEY_CNY, "CNY")
    return check.results()

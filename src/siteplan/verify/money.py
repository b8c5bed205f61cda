"""Capital, operating cost and fees of each site and year, the budget and what is carried over."""

from __future__ import annotations

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
    )


def capital_cny(schedule: Schedule, site_id: str, year: int) -> float:
    """Return opening cost, charged in the opening year, plus fit-out of the room area added in ``year``."""
    if not schedule.is_planned(site_id):
        return 0.0
    _, site, facts = schedule.sites[site_id]
    total = facts.opening_cost_cny if year == site.open_from else 0.0
    for group, keys in schedule.facts.room_groups.items():
        dearest = max(schedule.facts.functions[key].fit_out_cny_per_m2 for key in keys)
        before = max((earlier for earlier in schedule.facts.years if earlier < year), default=None)
        room_before = 0.0 if before is None else schedule.room(site_id, group, before)
        total += dearest * facts.floor_per_usable * (schedule.room(site_id, group, year) - room_before)
    return total


def running_cny(schedule: Schedule, site_id: str, year: int) -> tuple[float, float]:
    """Return operating cost and fees of a site in a year: of the areas in place a year before."""
    operating = fees = 0.0
    if not schedule.is_planned(site_id):
        return operating, fees
    _, site, facts = schedule.sites[site_id]
    for entry in site.functions:
        if year > max(entry.from_year, schedule.facts.years[0]):
            floor_area = schedule.area(site_id, entry.function, year - 1) * facts.floor_per_usable
            operating += schedule.facts.functions[entry.function].operating_cny_per_m2 * floor_area
            fees += schedule.facts.functions[entry.function].fees_cny_per_m2 * floor_area
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
    for path, site, _ in schedule.sites.values():
        for year in schedule.facts.years:
            capital = capital_cny(schedule, site.site_id, year)
            operating, fees = running_cny(schedule, site.site_id, year)
            for name, claimed, recomputed in (
                ("capital_cny_by_year", site.capital_cny_by_year, capital),
                ("operating_cny_by_year", site.operating_cny_by_year, operating),
                ("fees_cny_by_year", site.fees_cny_by_year, fees),
            ):
                place = f"{path}.{name}.{year}"
                check.close(place, claimed[year], recomputed, tolerances.MONEY_CNY, "CNY")
    return check.results()


def _money_of_years(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("money_of_years", Text("各年资金", "money of each year"))
    facts = schedule.facts
    rows = indexed(check, "money", schedule.plan.money, lambda row: row.year, facts.years)
    carried_in = 0.0
    for year in facts.years:
        capital, operating, fees = money_of_year(schedule, year)
        amount = amount_cny(facts, year)
        carried_out = None if amount is None else _carried_out(facts, amount, carried_in, capital)
        recomputed = {
            "amount_cny": amount,
            "carried_in_cny": None if amount is None else carried_in,
            "capital_cny": capital,
            "carried_out_cny": carried_out,
            "operating_cny": operating,
            "fees_cny": fees,
        }
        carried_in = carried_out or 0.0
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
    carried_in = 0.0
    for year in schedule.facts.years:
        amount = amount_cny(schedule.facts, year)
        if amount is None:
            break
        capital, _, _ = money_of_year(schedule, year)
        check.at_most(f"money ({year}) capital", capital, amount + carried_in, tolerances.MONEY_CNY, "CNY")
        carried_in = _carried_out(schedule.facts, amount, carried_in, capital)
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

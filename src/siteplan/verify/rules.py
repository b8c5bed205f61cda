"""The hard rules on sites: opening, hosting, commitments, form, pace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from siteplan.case import CandidateSite, Form, Tenure
from siteplan.plan import PlannedSite
from siteplan.problem import Role
from siteplan.text import Text
from siteplan.verify import tolerances
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.facts import ELDERLY, INFANT, Facts, SiteFacts
from siteplan.verify.schedule import Schedule


def rule_claims(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Check every hard rule on what opens where and when, named as in ``model/formulation.md``."""
    return (
        *_site_attributes(schedule),
        *_provided_only_when_open(schedule),
        *_site_may_host(schedule),
        *_committed_sites(schedule),
        *_required_functions(schedule),
        *_available_from(schedule),
        *_land_use_grace(schedule),
        *_conversion(schedule),
        *_site_form(schedule),
        *_places_reserved_first(schedule),
        *_rollout_pace(schedule),
    )


def _site_attributes(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("site_attributes", Text("点位属性与输入一致", "sites are described as in the inputs"))
    for path, site, facts in schedule.sites.values():
        for name in ("name", "role", "community_code", "town_code", "mode", "operator", "data_status"):
            check.same(f"{path}.{name}", getattr(site, name), getattr(facts, name))
        for name in ("longitude", "latitude"):
            claimed, given = getattr(site, name), getattr(facts, name)
            check.close(f"{path}.{name}", claimed, given, tolerances.COORDINATE_DEGREES, "°")
        for name in ("floor_area_m2", "usable_area_m2"):
            claimed, given = getattr(site, name), getattr(facts, name)
            check.close(f"{path}.{name}", claimed, given, tolerances.AREA_M2, "m²")
    return check.results()


def _provided_only_when_open(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "provided_only_when_open",
        Text("点位自首项功能起开放", "a site opens with its first function, and provides nothing before"),
    )
    for path, site, _ in schedule.sites.values():
        first = min((entry.from_year for entry in site.functions), default=None)
        check.same(f"{path}.open_from", site.open_from, first)
    return check.results()


def _site_may_host(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("site_may_host", Text("功能只设在适宜的点位", "functions are only where the space suits"))
    for path, site, facts in schedule.sites.values():
        if facts.programme is not None:
            continue
        for number, entry in enumerate(site.functions):
            check.holds(
                entry.function in facts.may_host,
                f"{path}.functions[{number}].function",
                Text(
                    f"{site.site_id} 不得设置 {entry.function}",
                    f"{site.site_id} may not host {entry.function}",
                ),
            )
    return check.results()


def _committed_sites(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "committed_sites",
        Text("已列入项目和现有服务如表所列", "committed projects and existing services are as listed"),
    )
    for site_id, facts in schedule.facts.sites.items():
        if facts.role is Role.CANDIDATE:
            continue
        listed = check.holds(
            site_id in schedule.sites, "sites", Text(f"缺少 {site_id}", f"{site_id} is missing")
        )
        if not listed:
            continue
        path, site, _ = schedule.sites[site_id]
        opens = min(schedule.facts.years) if facts.opens_in is None else facts.opens_in
        check.same(f"{path}.open_from", site.open_from, opens)
        check.same(f"{path}.form", site.form, facts.listed_form)
        if facts.programme is not None:
            until = schedule.converted.get(site_id, max(schedule.facts.years) + 1)
            _as_listed(check, schedule.facts, path, site, facts.programme, until)
    return check.results()


def _as_listed(
    check: Check, facts: Facts, path: str, site: PlannedSite, programme: Mapping[str, float], until: int
) -> None:
    """A decided site has its listed functions before ``until``, and rooms as large as the largest of them."""
    listed = tuple(sorted(programme))
    check.same(f"{path}.functions", tuple(sorted(entry.function for entry in site.functions)), listed)
    for number, entry in enumerate(site.functions):
        place = f"{path}.functions[{number}]"
        check.same(f"{place}.from_year", entry.from_year, min(facts.years))
        for year, area in entry.area_m2_by_year.items():
            given = programme.get(entry.function, 0.0)
            check.close(f"{place}.area_m2_by_year.{year}", area, given, tolerances.AREA_M2, "m²")
    rooms = {
        room.room_group: (f"{path}.rooms[{number}]", room.area_m2_by_year)
        for number, room in enumerate(site.rooms)
    }
    for group, keys in facts.room_groups.items():
        place, areas = rooms.get(group, (f"{path}.rooms", {}))
        given = max(programme.get(key, 0.0) for key in keys)
        for year in facts.years:
            claimed, due = areas.get(year, 0.0), given if year < until else 0.0
            check.close(f"{place}.area_m2_by_year.{year}", claimed, due, tolerances.AREA_M2, "m²")


def _required_functions(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "required_functions",
        Text("已列入项目自开放起具备必设功能", "committed projects have their required functions at opening"),
    )
    for path, site, facts in schedule.sites.values():
        for function in sorted(facts.required_functions):
            start = schedule.starts.get((site.site_id, function))
            check.holds(
                start == facts.opens_in,
                f"{path}.functions",
                Text(
                    f"{function} 应自 {facts.opens_in} 年提供，所称为 {start}",
                    f"{function} is required from {facts.opens_in} on, claimed {start}",
                ),
            )
    return check.results()


def _available_from(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("available_from", Text("可用之前不开放", "no site opens before it is available"))
    for path, site, facts in schedule.sites.values():
        if facts.role is Role.CANDIDATE:
            check.at_least(f"{path}.open_from", site.open_from, facts.available_from, 0.0, "")
    return check.results()


def _conversion(schedule: Schedule) -> tuple[ClaimResult, ...]:
    stops = Check(
        "conversion_starts_and_stops",
        Text("现有服务在转换当年停止原用途", "an existing service stops in the year of its conversion"),
    )
    held = Check("use_is_held", Text("用途保持年限", "a use is held for its years before it is converted"))
    for path, site, facts in schedule.sites.values():
        stops.same(f"{path}.converted_in", site.converted_in, schedule.converted.get(site.site_id))
        if facts.held_until is not None:
            held.at_least(f"{path}.open_from", site.open_from, facts.held_until, 0.0, "")
    return (*stops.results(), *held.results())


def _land_use_grace(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "land_use_grace",
        Text("用地手续到期年份与费用", "year and cost of the land-use procedures that fall due"),
    )
    policy = schedule.facts.policy
    rate = policy.costs.land_use_procedure_cny_per_m2
    rows = {row.site_id: row for row in schedule.facts.case.sites}
    for path, site, facts in schedule.sites.values():
        row = rows.get(site.site_id)
        falls_due = row is not None and _outgrows_land_use(row, schedule.facts)
        due = site.open_from + round(policy.standards.land_use_grace_years.value) if falls_due else None
        cost = rate.value * facts.floor_area_m2 if falls_due and rate is not None else None
        check.same(f"{path}.land_use_procedure_due", site.land_use_procedure_due, due)
        check.close(
            f"{path}.land_use_procedure_cny", site.land_use_procedure_cny, cost, tolerances.MONEY_CNY, "CNY"
        )
    return check.results()


def _outgrows_land_use(row: CandidateSite, facts: Facts) -> bool:
    """Return whether it is government-built on a plot that is registered for another use than services."""
    at_home = facts.policy.standards.land_use_for_services
    if at_home is None or row.land_use_code == "" or row.tenure is Tenure.RETURNED:
        return False
    return not any(row.land_use_code[: len(code)] == code for code in at_home.codes)


def _site_form(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "site_form",
        Text(
            "综合体和插花点符合建设形式要求（scattered_has_few_functions、complex_has_enough）",
            "complexes and scattered sites have the form's size and functions "
            "(scattered_has_few_functions, complex_has_enough)",
        ),
    )
    for path, site, facts in schedule.sites.values():
        if facts.role is not Role.CANDIDATE:
            continue
        if not schedule.facts.scenario.rules.site_form:
            check.same(f"{path}.form", site.form, Form.COMPLEX)
            continue
        check.holds(site.form is not None, f"{path}.form", Text("未说明建设形式", "the form is not stated"))
        for year in schedule.facts.years:
            if year >= site.open_from:
                _form_in_year(check, schedule, path, site, facts, year)
    return check.results()


def _form_in_year(
    check: Check, schedule: Schedule, path: str, site: PlannedSite, facts: SiteFacts, year: int
) -> None:
    standards = schedule.facts.policy.standards
    provided = schedule.provided(site.site_id, year)
    place = f"{path} ({site.site_id}, {year})"
    if site.form is Form.SCATTERED:
        most = standards.scattered_maximum_functions.value
        check.at_most(f"{place} functions", len(provided), most, 0.0, "")
        return
    standard = [key for key in provided if schedule.facts.functions[key].is_standard]
    least_area = standards.complex_minimum_floor_area_m2.value
    check.at_least(f"{place} floor_area_m2", facts.floor_area_m2, least_area, 0.0, "m²")
    check.at_least(f"{place} functions", len(provided), standards.complex_minimum_functions.value, 0.0, "")
    least_standard = standards.complex_minimum_standard_functions.value
    check.at_least(f"{place} standard functions", len(standard), least_standard, 0.0, "")


def _places_reserved_first(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check(
        "places_reserved_first",
        Text("综合体优先保障养老、托育", "a complex has elderly or infant care before other functions"),
    )
    first = {ELDERLY, INFANT}
    rules = schedule.facts.scenario.rules
    if not (rules.places_reserved_first and rules.site_form):
        return check.results()
    for path, site, facts in schedule.sites.values():
        may = first & facts.may_host
        if facts.programme is not None or not may or not schedule.counts_as_complex(site.site_id):
            continue
        for year in schedule.facts.years:
            provided = set(schedule.provided(site.site_id, year))
            check.holds(
                not provided or bool(provided & may),
                f"{path}.functions",
                Text(f"{year} 年既无养老也无托育", f"neither elderly nor infant care in {year}"),
            )
    return check.results()


def _rollout_pace(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("rollout_pace", Text("每年新开点位不超过上限", "no more new sites a year than allowed"))
    pace = schedule.facts.scenario.pace
    opened = [
        (site.open_from, facts.town_code)
        for _, site, facts in schedule.sites.values()
        if facts.role is Role.CANDIDATE
    ]
    if pace.sites_per_year is not None:
        for year, count in sorted(Counter(year for year, _ in opened).items()):
            check.at_most(f"sites opened in {year}", count, pace.sites_per_year, 0.0, "")
    if pace.sites_per_year_and_town is not None:
        for (year, town), count in sorted(Counter(opened).items()):
            check.at_most(f"sites opened in {year} in {town}", count, pace.sites_per_year_and_town, 0.0, "")
    return check.results()

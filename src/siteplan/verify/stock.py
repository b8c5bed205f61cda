"""Use of existing stock: plots used once, the limit on new building, consent as in the inputs."""

from __future__ import annotations

from siteplan.case import Mode
from siteplan.problem import Role
from siteplan.text import Text
from siteplan.verify import tolerances
from siteplan.verify.claims import Check, ClaimResult
from siteplan.verify.schedule import Schedule


def stock_claims(schedule: Schedule) -> tuple[ClaimResult, ...]:
    """Check the rules on stock, named as in ``model/formulation.md``."""
    return (
        *_one_use_of_a_plot(schedule),
        *_newly_built_sites(schedule),
        *_consent(schedule),
        *_tenure(schedule),
    )


def newly_built_candidates(schedule: Schedule) -> list[str]:
    """Return the candidates of the plan that are newly built."""
    return [
        site_id
        for site_id, (_, _, facts) in schedule.sites.items()
        if facts.role is Role.CANDIDATE and facts.mode is Mode.NEW_BUILD
    ]


def _one_use_of_a_plot(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("one_use_of_a_plot", Text("同一地块只用一次", "each plot is used once"))
    used: dict[str, str] = {}
    for row in schedule.facts.case.sites:
        if row.plot_id is None or row.site_id not in schedule.sites:
            continue
        other = used.setdefault(row.plot_id, row.site_id)
        check.holds(
            other == row.site_id,
            schedule.sites[row.site_id][0],
            Text(
                f"{other} 与 {row.site_id} 同在地块 {row.plot_id}",
                f"{other} and {row.site_id} are both on plot {row.plot_id}",
            ),
        )
    return check.results()


def _newly_built_sites(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("newly_built_sites", Text("新建点位不超过上限", "no more new building than allowed"))
    limit = schedule.facts.scenario.rules.newly_built_sites_at_most
    if limit is not None:
        check.at_most("sites (newly built)", len(newly_built_candidates(schedule)), limit, 0.0, "")
    return check.results()


def _consent(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("consent", Text("意见征求情况与输入一致", "consent is stated as in the inputs"))
    given = {row.site_id: row.consent for row in schedule.facts.case.sites}
    for site_id, (path, site, _) in schedule.sites.items():
        check.same(f"{path}.consent", site.consent, given.get(site_id))
    return check.results()


def _tenure(schedule: Schedule) -> tuple[ClaimResult, ...]:
    check = Check("tenure", Text("使用方式和租金与输入一致", "tenure and rent are those of the inputs"))
    given = {row.site_id: row.tenure for row in schedule.facts.case.sites}
    for site_id, (path, site, facts) in schedule.sites.items():
        check.same(f"{path}.tenure", site.tenure, given.get(site_id))
        rent = f"{path}.rent_cny_per_year"
        check.close(rent, site.rent_cny_per_year, facts.rent_cny, tolerances.MONEY_CNY, "CNY")
    return check.results()

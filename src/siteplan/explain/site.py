"""Why a site opens, what it contributes alone, and what opens in its place; or why it stays closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from siteplan.case import Form
from siteplan.explain.form import why_scattered
from siteplan.explain.suitability import why_not
from siteplan.explain.what_if import Question, solve_changed
from siteplan.plan import Decisions, PlannedSite
from siteplan.problem import Problem, Role
from siteplan.text import Text

CNY_PER_10_000 = 10_000.0


def explain_site(question: Question, site_id: str) -> Iterator[Text]:
    """Yield what a site does and why; what the plan would lose without it, or with it, is solved for."""
    problem = question.problem
    site = problem.sites[site_id]
    community = problem.communities[site.community_code].name
    yield Text(
        f"{site.name}（{site_id}），{community}，建筑面积 {site.floor_area_m2:,.0f} m²",
        f"{site.name} ({site_id}), {community}, floor area {site.floor_area_m2:,.0f} m²",
    )
    for function in problem.functions:
        why = None if site.is_decided else why_not(problem, site_id, function)
        if why is None:
            continue
        name = problem.functions[function].name
        yield Text(f"  不能设{name.zh}：{why.zh}", f"  may not host {name.en}: {why.en}")
    planned = next((entry for entry in question.plan.sites if entry.site_id == site_id), None)
    if planned is not None:
        yield from _opened(question, planned)
    else:
        yield from _closed(question, site_id)


def _opened(question: Question, planned: PlannedSite) -> Iterator[Text]:
    problem = question.problem
    yield from _provides(problem, planned)
    yield from _covers(question, planned)
    if planned.form is Form.SCATTERED:
        why = why_scattered(problem, planned)
        yield Text(f"  {why.zh}", f"  {why.en}")
    if planned.role is not Role.CANDIDATE:
        yield {
            Role.EXISTING: Text(
                "  现有服务，已在运营：不由模型选择。", "  It operates already: not the model's choice."
            )
        }.get(
            planned.role,
            Text(
                "  已列入名录的项目：不由模型选择。", "  It is a committed project: not the model's choice."
            ),
        )
        return
    if question.seconds is None:
        return
    last = problem.years[-1]
    closed = {(planned.site_id, function): last for function in problem.functions}
    changed = replace(problem, forbidden_by_hand={**problem.forbidden_by_hand, **closed})
    answer = solve_changed(question, changed)
    yield Text("  没有它（重新求解）：", "  without it (solved again):")
    for line in answer.words:
        yield Text(f"    {line.zh}", f"    {line.en}")
    if answer.result is not None:
        yield from _instead(question, planned.site_id, answer.result.decisions)


def _instead(question: Question, without: str, decisions: Decisions) -> Iterator[Text]:
    """Yield which sites open instead and what that costs, and which then stay closed."""
    problem = question.problem
    before = {entry.site_id for entry in question.plan.sites}
    after = decisions.opening_years()
    told = [
        (problem.sites[key], year, problem.sites[key].opening_cost_in(year) / CNY_PER_10_000)
        for key, year in sorted(after.items())
        if key not in before
    ]
    zh = "；".join(
        f"{site.name}（{site.site_id}，{year} 年，开办费 {cost:,.0f} 万元）" for site, year, cost in told
    )
    en = "; ".join(
        f"{site.name} ({site.site_id}, {year}, opening takes {cost:,.0f} × 10 000 CNY)"
        for site, year, cost in told
    )
    yield Text(f"    替代开放：{zh or '无'}", f"    sites that open instead: {en or 'none'}")
    closed = [
        entry.name
        for entry in question.plan.sites
        if entry.role is Role.CANDIDATE and entry.site_id not in (without, *after)
    ]
    if closed:
        yield Text(f"    不再开放：{'、'.join(closed)}", f"    no longer open: {', '.join(closed)}")


def _provides(problem: Problem, planned: PlannedSite) -> Iterator[Text]:
    """Yield the functions of a site with their usable areas, by first year."""
    by_year: dict[int, list[Text]] = {}
    for entry in planned.functions:
        name = problem.functions[entry.function].name
        area = max(entry.area_m2_by_year.values(), default=0.0)
        by_year.setdefault(entry.from_year, []).append(
            Text(f"{name.zh} {area:,.0f}", f"{name.en} {area:,.0f}")
        )
    for year, told in by_year.items():
        zh, en = "、".join(each.zh for each in told), ", ".join(each.en for each in told)
        if problem.sites[planned.site_id].is_decided:
            yield Text(f"  已设（使用面积 m²）：{zh}", f"  has (usable m²): {en}")
        else:
            yield Text(f"  {year} 年起设（使用面积 m²）：{zh}", f"  from {year} (usable m²): {en}")


def _covers(question: Question, planned: PlannedSite) -> Iterator[Text]:
    """Yield which communities the site covers in the last year, and which of them it alone does."""
    problem = question.problem
    year = problem.years[-1]
    alike: dict[tuple[tuple[str, ...], bool], list[Text]] = {}
    for entry in planned.functions:
        if year not in entry.area_m2_by_year:
            continue
        open_sites = {
            site.site_id
            for site in question.plan.sites
            for other in site.functions
            if other.function == entry.function and year in other.area_m2_by_year
        }
        covered: dict[bool, list[str]] = {True: [], False: []}
        for code in problem.counted_communities(entry.function, year):
            able = open_sites.intersection(problem.covering_sites(code, entry.function, year))
            if planned.site_id in able:
                covered[len(able) == 1].append(problem.communities[code].name)
        for is_alone, names in covered.items():
            if names:
                name = problem.functions[entry.function].name
                alike.setdefault((tuple(names), is_alone), []).append(name)
    for (communities, is_alone), functions in alike.items():
        zh = f"{'、'.join(communities)}（{'、'.join(name.zh for name in functions)}）"
        en = f"{', '.join(communities)} ({', '.join(name.en for name in functions)})"
        if is_alone:
            yield Text(f"  {year} 年只有它覆盖：{zh}", f"  in {year} it alone covers {en}")
        else:
            yield Text(
                f"  {year} 年也覆盖（另有开放的点位可覆盖）：{zh}",
                f"  in {year} it covers, as other open sites do, {en}",
            )


def reasons_of_sites(question: Question) -> Iterator[tuple[str, tuple[Text, ...]]]:
    """Yield every site with why it is as it is, as far as the plan's own figures tell: nothing is solved."""
    unsolved = replace(question, seconds=None)
    for site_id in question.problem.sites:
        _, *reasons = explain_site(unsolved, site_id)
        yield site_id, tuple(reasons)


def _closed(question: Question, site_id: str) -> Iterator[Text]:
    problem = question.problem
    site, last = problem.sites[site_id], problem.years[-1]
    yield Text("  本方案不开放。", "  It stays closed in this plan.")
    if not site.may_host:
        yield Text("  没有一类功能适合设在这里。", "  No function suits it.")
        return
    if site.may_open_from > last:
        yield Text(
            f"  {site.may_open_from} 年起才可用。", f"  It is available from {site.may_open_from} only."
        )
        return
    if question.seconds is None:
        return
    changed = replace(problem, sites={**problem.sites, site_id: replace(site, opens_in=last)})
    yield Text(f"  若 {last} 年开放（重新求解）：", f"  opened in {last} (solved again):")
    for line in solve_changed(question, changed).words:
        yield Text(f"    {line.zh}", f"    {line.en}")

"""Why a community is covered for a function in a year, or why it isn't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from siteplan.explain.covered import basis_of, is_covered
from siteplan.explain.form import explain_form
from siteplan.explain.suitability import why_not
from siteplan.explain.what_if import Question, solve_changed
from siteplan.explain.within_reach import near_enough, share_in_reach
from siteplan.plan import CommunityCoverage, PlannedSite
from siteplan.problem import Problem
from siteplan.scenario import Basis
from siteplan.text import Text

SHOWN_SITES = 5


def explain_community(
    question: Question, community: str, function: str | None, year: int | None
) -> Iterator[Text]:
    """Yield lines for every function (or one) of a community in a year (the last by default).

    With one function named, what it would take to cover it is solved for.
    """
    problem = question.problem
    year = problem.years[-1] if year is None else year
    entry = problem.communities[community]
    yield Text(
        f"{entry.name}，{year} 年（口径：{basis_of(problem).text.zh}）",
        f"{entry.name}, {year} (basis: {basis_of(problem).text.en})",
    )
    if not entry.in_scope:
        yield Text("  不在纳入范围内：不涉及", "  outside the scope: not concerned")
        return
    rows = [row for row in question.plan.communities if row.community_code == community and row.year == year]
    wanted = [row for row in rows if function in (None, row.function)]
    if function is not None and not wanted:
        name = problem.functions[function].name
        yield Text(
            f"  {name.zh}：{year} 年没有目标人群，不涉及",
            f"  {name.en}: no target group in {year}, not concerned",
        )
    if function is not None:
        for row in wanted:
            yield from _function(question, row)
        return
    yield from _grouped(question, wanted)
    yield from explain_form(question, community, year)


def explain_function(question: Question, function: str, year: int | None) -> Iterator[Text]:
    """Yield a function's coverage in a year, and why each missing community is missing."""
    problem = question.problem
    year = problem.years[-1] if year is None else year
    name = problem.functions[function].name
    rows = [row for row in question.plan.communities if row.function == function and row.year == year]
    covered = [row for row in rows if is_covered(problem, row)]
    target = problem.targets.get((function, year))
    asked = (
        Text("", "")
        if target is None or not problem.basis.counts_communities
        else Text(f"，目标 {target:.0f}", f", target {target:.0f}")
    )
    yield Text(
        f"{name.zh}，{year} 年：{len(covered)}/{len(rows)} 个社区{asked.zh}",
        f"{name.en}, {year}: {len(covered)} of {len(rows)} communities{asked.en}",
    )
    for row in rows:
        if not is_covered(problem, row):
            community = problem.communities[row.community_code].name
            first, *others = _cause(question, row)
            yield Text(f"  {community}：{first.zh}", f"  {community}: {first.en}")
            for line in others:
                yield Text(f"    {line.zh}", f"    {line.en}")


def _grouped(question: Question, rows: list[CommunityCoverage]) -> Iterator[Text]:
    """Yield whether and why functions are covered, those with the same reasons together."""
    problem = question.problem
    alike: dict[tuple[bool, tuple[Text, ...]], list[Text]] = {}
    for row in rows:
        key = is_covered(problem, row), tuple(_reasons(question, row))
        alike.setdefault(key, []).append(problem.functions[row.function].name)
    for (has_cover, reasons), names in alike.items():
        yield _answer(names, is_covered=has_cover)
        for line in reasons:
            yield Text(f"    {line.zh}", f"    {line.en}")


def _answer(names: list[Text], *, is_covered: bool) -> Text:
    zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
    if is_covered:
        return Text(f"  {zh}：已覆盖", f"  {en}: covered")
    return Text(f"  {zh}：未覆盖", f"  {en}: not covered")


def _reasons(question: Question, row: CommunityCoverage) -> Iterator[Text]:
    """Yield by which sites a community is covered, or why by none."""
    problem = question.problem
    if not is_covered(problem, row):
        yield from _cause(question, row)
        return
    shares = share_in_reach(problem, row.community_code, row.function, row.year)
    for site in _covering(question, row):
        share = 100 * shares.get(site.site_id, 0.0)
        form = Text("", "") if site.form is None else Text(f"，{site.form.text.zh}", f", {site.form.text.en}")
        yield Text(
            f"{site.name}（{site.site_id}{form.zh}），半径内有目标人群的 {share:.0f} %",
            f"{site.name} ({site.site_id}{form.en}), {share:.0f} % of the target group in its radius",
        )


def _function(question: Question, row: CommunityCoverage) -> Iterator[Text]:
    problem = question.problem
    has_cover = is_covered(problem, row)
    yield _answer([problem.functions[row.function].name], is_covered=has_cover)
    for line in _reasons(question, row):
        yield Text(f"    {line.zh}", f"    {line.en}")
    may_solve = not has_cover and question.seconds is not None
    if may_solve and _in_time(problem, _able(problem, row), row.year):
        yield Text("    若要求覆盖（重新求解）：", "    with its coverage required (solved again):")
        required = {**problem.required_coverage, (row.community_code, row.function): row.year}
        for line in solve_changed(question, replace(problem, required_coverage=required)).words:
            yield Text(f"      {line.zh}", f"      {line.en}")


def _covering(question: Question, row: CommunityCoverage) -> list[PlannedSite]:
    sites = question.problem.covering_sites(row.community_code, row.function, row.year)
    return [
        site
        for site in question.plan.sites
        if site.site_id in sites
        and any(
            entry.function == row.function and row.year in entry.area_m2_by_year for entry in site.functions
        )
    ]


def _able(problem: Problem, row: CommunityCoverage) -> list[str]:
    """Return the candidates that could cover, of those that aren't decided."""
    sites = problem.covering_sites(row.community_code, row.function, row.year)
    return [key for key in sites if _why_not_able(problem, key, row) is None]


def _why_not_able(problem: Problem, key: str, row: CommunityCoverage) -> Text | None:
    """Return why the plan can't let a space provide the function in the year, None where it can or could."""
    why = why_not(problem, key, row.function)
    if why is None and problem.sites[key].is_decided:
        return Text("功能已定", "its functions are decided")
    if why is None and problem.is_forbidden(key, row.function, row.year):
        return Text("情景 forbid 禁止", "forbidden by hand in the scenario")
    return why


def _cause(question: Question, row: CommunityCoverage) -> Iterator[Text]:
    """Yield why nobody covers: nothing in reach, nothing suitable, or not chosen under money and pace."""
    problem = question.problem
    radius = problem.functions[row.function].service_radius_m
    is_established = basis_of(problem) is Basis.ESTABLISHED
    near = (
        list(problem.sites_of[row.community_code])
        if is_established
        else near_enough(problem, row.community_code, row.function, row.year)
    )
    able = _able(problem, row)
    if able:
        yield _choice(problem, able, row.year)
        for key in able[:SHOWN_SITES]:
            yield _not_chosen(question, key, row)
    elif near:
        where = (
            Text(f"位于或服务本社区的 {len(near)} 处空间", f"{len(near)} spaces lie in it or serve it")
            if is_established
            else Text(
                f"半径 {radius:.0f} m 内有 {len(near)} 处空间",
                f"{len(near)} spaces lie within {radius:.0f} m",
            )
        )
        yield Text(f"{where.zh}，都不适合：", f"{where.en}, none of them suitable:")
        for key in near[:SHOWN_SITES]:
            why = _why_not_able(problem, key, row) or Text("本方案未选", "not chosen")
            yield Text(f"- {problem.sites[key].name}：{why.zh}", f"- {problem.sites[key].name}: {why.en}")
    elif is_established:
        yield Text(
            "没有一处空间位于本社区或声明服务本社区：需要新的空间",
            "no space lies in the community or is declared to serve it: a new space is needed",
        )
    else:
        shares = share_in_reach(problem, row.community_code, row.function, row.year)
        best = max(shares, key=lambda key: shares[key], default=None)
        closest = (
            Text("没有任何空间", "no space at all")
            if best is None
            else Text(
                f"最好的是 {problem.sites[best].name}，{100 * shares[best]:.0f} %",
                f"the best is {problem.sites[best].name} with {100 * shares[best]:.0f} %",
            )
        )
        asked = 100 * problem.threshold
        yield Text(
            f"半径 {radius:.0f} m 内没有一处空间够到目标人群的 {asked:.0f} %（{closest.zh}）：需要新的空间",
            f"no space has {asked:.0f} % of the target group within {radius:.0f} m ({closest.en}): "
            "a new space is needed",
        )


def _choice(problem: Problem, able: list[str], year: int) -> Text:
    """Return why none of the sites that could cover does: none is available yet, or others were chosen."""
    if not _in_time(problem, able, year):
        return Text(
            f"能覆盖的 {len(able)} 处空间在 {year} 年都还不可用：",
            f"none of the spaces that could cover it ({len(able)}) is available in {year}:",
        )
    return Text(
        f"有 {len(able)} 处空间可以覆盖，本方案在资金、速度和优先级之间未选：",
        f"{len(able)} could cover it; the plan chose others under its money, pace and priorities:",
    )


def _in_time(problem: Problem, able: list[str], year: int) -> bool:
    return any(problem.sites[key].may_open_from <= year for key in able)


def _not_chosen(question: Question, key: str, row: CommunityCoverage) -> Text:
    site = question.problem.sites[key]
    state = _state(question, key, row.year)
    return Text(f"- {site.name}（{key}）：{state.zh}", f"- {site.name} ({key}): {state.en}")


def _state(question: Question, key: str, year: int) -> Text:
    """Return what a site that could cover does instead."""
    site = question.problem.sites[key]
    opened = next((entry for entry in question.plan.sites if entry.site_id == key), None)
    if site.may_open_from > year:
        return Text(f"{site.may_open_from} 年起可用", f"available from {site.may_open_from}")
    if opened is None:
        cost = site.opening_cost_cny / 10_000.0
        return Text(
            f"不开放；开办费 {cost:,.0f} 万元，另加装修",
            f"stays closed; opening takes {cost:,.0f} × 10 000 CNY, fit-out besides",
        )
    names = [question.problem.functions[entry.function].name for entry in opened.functions]
    return Text(
        f"{opened.open_from} 年开放，设{'、'.join(name.zh for name in names)}",
        f"opens in {opened.open_from} with {', '.join(name.en for name in names)}",
    )

"""Why a community gets scattered sites (插花) rather than a complex (综合体), and what one would cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from siteplan.case import Form
from siteplan.explain.needed_space import rooms_m2
from siteplan.explain.what_if import Question, solve_changed
from siteplan.explain.within_reach import near_enough
from siteplan.plan import PlannedSite
from siteplan.problem import FormStandard, Problem, Role, Site
from siteplan.solve.formulation.form import can_be_complex
from siteplan.text import Text

SHOWN_SPACES = 5


def explain_form(question: Question, community: str, year: int) -> Iterator[Text]:
    """Yield which complex serves the community; else its scattered sites, and why none is a complex.

    Spaces within reach are those in the community, and those that have enough of its target group within the
    radius of some function. Where one of them could be a complex, the plan is solved again with the cheapest.
    """
    problem, standard = question.problem, question.problem.form_standard
    if standard is None:
        return
    near = _near(problem, community, year)
    opened = [site for site in question.plan.sites if site.site_id in near and site.open_from <= year]
    complexes = [site for site in opened if site.form is Form.COMPLEX]
    for site in complexes:
        yield Text(
            f"  有综合体可达：{site.name}（{site.site_id}）",
            f"  a complex serves it: {site.name} ({site.site_id})",
        )
    for site in opened:
        if site.form is Form.SCATTERED and site.role is Role.CANDIDATE:
            why = why_scattered(problem, site)
            yield Text(f"  {site.name}（{site.site_id}）{why.zh}", f"  {site.name} ({site.site_id}) {why.en}")
    if not complexes:
        yield from _no_complex(question, standard, near, year)


def why_scattered(problem: Problem, planned: PlannedSite) -> Text:
    """Return why a scattered site isn't a complex."""
    standard = problem.form_standard
    if standard is None or planned.role is not Role.CANDIDATE:
        return Text("形式为插花", "is scattered")
    why = _why_no_complex(problem, standard, problem.sites[planned.site_id])
    if why is not None:
        return Text(f"插花：{why.zh}", f"scattered: {why.en}")
    count, least = len(planned.functions), standard.minimum_functions
    return Text(
        f"插花：可以是综合体，但本方案在此只设 {count} 类功能，综合体至少 {least} 类",
        f"scattered: it could be a complex, but has {count} functions here; a complex has at least {least}",
    )


def _near(problem: Problem, community: str, year: int) -> list[str]:
    """Return the spaces in the community or near enough to cover it for some function."""
    near = {key for function in problem.functions for key in near_enough(problem, community, function, year)}
    return [key for key, site in problem.sites.items() if key in near or site.community_code == community]


def _no_complex(question: Question, standard: FormStandard, near: Sequence[str], year: int) -> Iterator[Text]:
    problem = question.problem
    candidates = [problem.sites[key] for key in near if problem.sites[key].role is Role.CANDIDATE]
    causes = {site.site_id: _why_no_complex(problem, standard, site, year) for site in candidates}
    able = sorted(
        (site for site in candidates if causes[site.site_id] is None),
        key=lambda site: site.opening_cost_in(year),
    )
    if able:
        yield from _possible(question, able, year)
        return
    yield Text(
        f"  没有综合体：步行可达的 {len(candidates)} 处备选空间 {year} 年都不能作综合体，只能插花",
        f"  no complex: none of the {len(candidates)} candidate spaces within reach can be one in {year}; "
        "scattered sites only",
    )
    largest = sorted(candidates, key=lambda site: -site.floor_area_m2)
    for site in largest[:SHOWN_SPACES]:
        why = causes[site.site_id]
        assert why is not None
        yield Text(
            f"    - {site.name}（{site.site_id}）：{why.zh}", f"    - {site.name} ({site.site_id}): {why.en}"
        )


def _possible(question: Question, able: Sequence[Site], year: int) -> Iterator[Text]:
    """Yield the spaces that could be a complex, and what the cheapest would cost the plan."""
    yield Text(
        f"  没有综合体：步行可达的 {len(able)} 处空间可以作综合体，本方案未选：",
        f"  no complex: {len(able)} of the spaces within reach could be one; the plan chose others:",
    )
    for site in able[:SHOWN_SPACES]:
        cost = site.opening_cost_in(year) / 10_000.0
        yield Text(
            f"    - {site.name}（{site.site_id}），{site.floor_area_m2:,.0f} m²，"
            f"开办费 {cost:,.0f} 万元，另加装修",
            f"    - {site.name} ({site.site_id}), {site.floor_area_m2:,.0f} m², opening takes {cost:,.0f} × "
            "10 000 CNY, fit-out besides",
        )
    if question.seconds is None:
        return
    problem, cheapest = question.problem, able[0]
    opened = {site.site_id: site.open_from for site in question.plan.sites}
    opens_in = opened.get(cheapest.site_id, year)
    as_complex = replace(cheapest, opens_in=opens_in, form_by_hand=Form.COMPLEX)
    changed = replace(problem, sites={**problem.sites, cheapest.site_id: as_complex})
    yield Text(
        f"    若 {cheapest.name} 于 {opens_in} 年作综合体开放（重新求解）：",
        f"    with {cheapest.name} opened as a complex in {opens_in} (solved again):",
    )
    for line in solve_changed(question, changed).words:
        yield Text(f"      {line.zh}", f"      {line.en}")


def _why_no_complex(
    problem: Problem, standard: FormStandard, site: Site, year: int | None = None
) -> Text | None:
    """Return why a candidate can't be a complex (by a year), None where it can."""
    if site.form_by_hand is Form.SCATTERED:
        return Text("人工确定为插花", "it is committed as scattered by hand")
    if not site.may_host:
        why = next(iter(site.why_not.values()), Text("没有适合的功能", "no function suits it"))
        return Text(f"不能使用：{why.zh}", f"it can't be used: {why.en}")
    if site.floor_area_m2 < standard.minimum_floor_area_m2:
        least, area = standard.minimum_floor_area_m2, site.floor_area_m2
        return Text(
            f"建筑面积 {area:,.0f} m²，不足综合体的 {least:.0f} m²",
            f"{area:,.0f} m² is below the {least:.0f} m² floor area of a complex",
        )
    if not can_be_complex(problem, site):
        return Text(
            f"只适合 {len(site.may_host)} 类功能，综合体须至少 {standard.minimum_functions} 类、"
            f"其中标配 {standard.minimum_standard_functions} 类",
            f"it suits {len(site.may_host)} functions; a complex needs {standard.minimum_functions}, of them "
            f"{standard.minimum_standard_functions} standard",
        )
    if year is not None and site.may_open_from > year:
        return Text(f"{site.may_open_from} 年起可用", f"it is available from {site.may_open_from}")
    return _why_too_small(problem, standard, site)


def _why_too_small(problem: Problem, standard: FormStandard, site: Site) -> Text | None:
    """Return why a candidate's rooms hold no complex, None where they do."""
    least_m2, usable_m2 = _smallest_complex_m2(problem, standard, site), site.usable_area_m2
    if usable_m2 >= least_m2 * (1.0 - 1e-9):
        return None
    return Text(
        f"使用面积 {usable_m2:,.0f} m²，放不下综合体最少的功能（{least_m2:,.0f} m²）",
        f"{usable_m2:,.0f} m² usable hold no complex: its fewest functions take {least_m2:,.0f} m²",
    )


def _smallest_complex_m2(problem: Problem, standard: FormStandard, site: Site) -> float:
    """Return the usable area that the fewest functions of a complex take in a site, in m²."""
    first = {problem.elderly_function, problem.infant_function} & site.may_host
    sizes = (
        sum(rooms_m2(problem, chosen, Form.COMPLEX).values())
        for chosen in combinations(sorted(site.may_host), standard.minimum_functions)
        if sum(problem.functions[key].is_standard for key in chosen) >= standard.minimum_standard_functions
        and (not problem.places_reserved_first or not first or first & set(chosen))
    )
    return min(sizes, default=0.0)

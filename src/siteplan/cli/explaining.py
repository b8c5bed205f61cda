"""``siteplan explain``: from a result folder and a question to lines of words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import typer

from siteplan.cli.display import progress_on
from siteplan.cli.session import Session
from siteplan.cli.stages import Prepared, Stopwatch, prepare
from siteplan.explain import (
    Question,
    Terrain,
    explain_community,
    explain_function,
    explain_shortfalls,
    explain_site,
    ground_of,
    missed_targets,
    reasons_of_sites,
    words_of_missed_target,
    words_of_sums,
)
from siteplan.findings import raise_errors
from siteplan.network import Reach
from siteplan.plan import Plan
from siteplan.problem import Problem
from siteplan.publish import (
    MissedTarget,
    mend_interrupted_swap,
    read_explanations,
    read_run_record,
    store_explanations,
)
from siteplan.publish.run_record import check_inputs
from siteplan.publish.shortfall_spaces import SPACES_FILE, areas_of, write_shortfall_spaces
from siteplan.reach import reach_of_points
from siteplan.text import Language, Text
from siteplan.verify.claims import PLAN_FILE


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks about: names, codes or ids as written."""

    community: str | None
    site: str | None
    function: str | None
    year: int | None
    seconds: float | None
    case: Path | None = None
    shortfalls: bool = False
    sites: bool = False
    store: bool = False
    seconds_in_all: float = 120.0


def question_about(
    results: Path, seconds: float | None, case: Path | None, session: Session
) -> tuple[Question, Prepared]:
    """Read a result folder, and its inputs as they were when it was solved.

    Raises:
        InputError: a result file is missing, or an input is missing or has changed.
    """
    mend_interrupted_swap(results)
    record = read_run_record(results)
    raise_errors(check_inputs(record, results, case))
    plan = Plan.model_validate_json((results / PLAN_FILE).read_text(encoding="utf-8"))
    with progress_on(session.err, session.language, session.clock) as display:
        prepared = prepare(record.scenario_file(results), Stopwatch(display, session.clock), case)
    settings = prepared.inputs.loaded.scenario.solver
    return Question(prepared.problem, plan, settings, seconds), prepared


def known_year(problem: Problem, year: int | None, language: Language) -> None:
    """Refuse a year that isn't planned.

    Raises:
        BadParameter: it isn't; names those that are.
    """
    if year is not None and year not in problem.years:
        named("--year", str(year), {str(each): str(each) for each in problem.years}, language)


def show(lines: Iterable[Text], session: Session) -> None:
    """Print lines as they come."""
    for line in lines:
        session.out.print(line.in_language(session.language), markup=False, highlight=False, soft_wrap=True)


def explain_results(results: Path, asked: Asked, session: Session) -> None:
    """Print the explanation of what is asked.

    Raises:
        InputError: a result file is missing, or an input is missing or has changed.
        BadParameter: nothing is asked for, or a name isn't in the plan's problem.
    """
    _check(asked, session.language)
    question, prepared = question_about(results, asked.seconds, asked.case, session)
    known_year(question.problem, asked.year, session.language)
    if asked.shortfalls:
        _explain_shortfalls(results, question, prepared, asked, session)
    elif asked.sites:
        _explain_sites(results, question, asked, session)
    elif asked.store:
        _store_site(results, question, asked, session)
    else:
        show(_lines(question, asked, session.language), session)


def _check(asked: Asked, language: Language) -> None:
    """Refuse a question that names nothing, or that asks for several things at once.

    Raises:
        BadParameter: it does.
    """
    faults: list[Text] = []
    named_all = (asked.community, asked.site, asked.function)
    if not asked.shortfalls and not asked.sites and all(name is None for name in named_all):
        faults.append(
            Text(
                "请写 --community、--site、--function、--shortfalls 或 --sites",
                "say --community, --site, --function, --shortfalls or --sites",
            )
        )
    if (asked.shortfalls or asked.sites) and (asked.community is not None or asked.site is not None):
        faults.append(
            Text(
                "--shortfalls 和 --sites 不与 --community、--site 同用",
                "--shortfalls and --sites take neither --community nor --site",
            )
        )
    if asked.shortfalls and asked.sites:
        faults.append(
            Text("--shortfalls 和 --sites 请分两次运行", "ask for --shortfalls and --sites one at a time")
        )
    if asked.store and not asked.shortfalls and not asked.sites and asked.site is None:
        faults.append(
            Text(
                "--store 与 --site、--sites 或 --shortfalls 同用",
                "--store goes with --site, --sites or --shortfalls",
            )
        )
    if faults:
        raise typer.BadParameter("; ".join(fault.in_language(language) for fault in faults))


def _explain_shortfalls(
    results: Path, question: Question, prepared: Prepared, asked: Asked, session: Session
) -> None:
    problem = question.problem
    function = None if asked.function is None else function_named(problem, asked.function, session.language)
    missed = missed_targets(question, function, asked.year)
    if not missed:
        show([Text("没有未达的目标。", "No target is missed.")], session)
        return
    if question.seconds is None:
        question = replace(question, seconds=asked.seconds_in_all)
    ground = ground_of(terrain_of(prepared))
    explained: list[MissedTarget] = []
    for entry in explain_shortfalls(question, missed, ground, asked.seconds_in_all):
        show(words_of_missed_target(problem, entry), session)
        explained.append(entry)
    show(words_of_sums(explained), session)
    if asked.store:
        stored(store_explanations(results, shortfalls=explained), session)
        _write_areas(results, question, session)
    elif any(True for _ in areas_of(explained)):
        show([HOW_TO_GET_AREAS], session)


HOW_TO_GET_AREAS = Text(
    f"找空间的区域：加 --store 写出 {SPACES_FILE}，地图上也会显示。",
    f"The areas for spaces: --store writes {SPACES_FILE}; the map shows them too.",
)


def _write_areas(results: Path, question: Question, session: Session) -> None:
    """Write the areas of all stored remedies."""
    found = read_explanations(results).explanations
    missed = () if found is None else found.shortfalls
    file = write_shortfall_spaces(missed, question.problem, question.plan.illustrative, results)
    session.reporter.say(Text(f"已写出 {file}", f"wrote {file}"))


def _explain_sites(results: Path, question: Question, asked: Asked, session: Session) -> None:
    problem = question.problem
    function = None if asked.function is None else function_named(problem, asked.function, session.language)
    reasons: dict[str, tuple[Text, ...]] = {}
    opened = {site.site_id for site in question.plan.sites}
    for site_id, lines in reasons_of_sites(question):
        if function is not None and function not in problem.sites[site_id].may_host:
            continue
        reasons[site_id] = lines
        if site_id in opened or not asked.store:
            show([Text.same(f"{problem.sites[site_id].name}（{site_id}）"), *lines], session)
    if asked.store:
        stored(store_explanations(results, sites=reasons), session)


def _store_site(results: Path, question: Question, asked: Asked, session: Session) -> None:
    names = {key: site.name for key, site in question.problem.sites.items()}
    site_id = named("--site", asked.site or "", names, session.language)
    headline, *reasons = explain_site(question, site_id)
    show([headline, *reasons], session)
    stored(store_explanations(results, sites={site_id: reasons}), session)


def stored(file: Path, session: Session) -> None:
    """Say where explanations were stored."""
    session.reporter.say(Text(f"已存入 {file}", f"stored in {file}"))


def terrain_of(prepared: Prepared) -> Terrain:
    """Return the roads of what was prepared, with the exclusion zones."""
    inputs = prepared.inputs
    return Terrain(inputs.network, prepared.access, inputs.policy, inputs.case.exclusion_zones)


def distances_between_points(prepared: Prepared) -> Reach:
    """Return the walking distances from every demand point to every other."""
    places = {key: (point.longitude, point.latitude) for key, point in prepared.problem.demand.items()}
    snap_limit_m = prepared.inputs.policy.standards.snap_limit_m.value
    return reach_of_points(prepared.inputs.network, prepared.access, places, snap_limit_m)


def _lines(question: Question, asked: Asked, language: Language) -> Iterable[Text]:
    problem = question.problem
    function = None if asked.function is None else function_named(problem, asked.function, language)
    if asked.site is not None:
        names = {key: site.name for key, site in problem.sites.items()}
        yield from explain_site(question, named("--site", asked.site, names, language))
    if asked.community is not None:
        code = named_community(problem, asked.community, language)
        yield from explain_community(question, code, function, asked.year)
    elif function is not None:
        yield from explain_function(question, function, asked.year)


def named_community(problem: Problem, words: str, language: Language) -> str:
    """Return the code of the community with that name or code.

    Raises:
        BadParameter: there is none, or several; names what comes close.
    """
    names = {key: entry.name for key, entry in problem.communities.items()}
    return named("--community", words, names, language)


def function_named(problem: Problem, words: str, language: Language) -> str:
    """Return the key of the function with that key or name.

    Raises:
        BadParameter: there is none; names what comes close.
    """
    for key, function in problem.functions.items():
        if words in (key, function.name.zh, function.name.en):
            return key
    names = {key: entry.name.in_language(language) for key, entry in problem.functions.items()}
    return named("--function", words, names, language)


def named(option: str, words: str, names: dict[str, str], language: Language) -> str:
    """Return the key whose key or name is ``words``.

    Raises:
        BadParameter: there is none, or several; names what comes close.
    """
    found = [key for key, name in names.items() if words in (key, name)]
    if len(found) == 1:
        return found[0]
    called = [*names, *names.values()]
    containing = [name for name in names.values() if words in name]
    close = found or containing[:9] or get_close_matches(words, called, n=3, cutoff=0.3) or called[:9]
    fault = Text(
        f"{option}：{'有几个' if found else '没有'}“{words}”；可写 {'、'.join(close)}",
        f"{option}: {'several are called' if found else 'there is no'} '{words}'; say {', '.join(close)}",
    )
    raise typer.BadParameter(fault.in_language(language))

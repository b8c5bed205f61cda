"""``siteplan explain``: from a result folder and a question to lines of words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import typer

from siteplan.cli.display import progress_on
from siteplan.cli.session import Session
from siteplan.cli.stages import Prepared, Stopwatch, prepare
from siteplan.explain import Question, explain_community, explain_function, explain_site
from siteplan.findings import raise_errors
from siteplan.plan import Plan
from siteplan.problem import Problem
from siteplan.publish import mend_interrupted_swap, read_run_record
from siteplan.publish.run_record import check_inputs
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
    if asked.community is None and asked.site is None and asked.function is None:
        words = Text("请写 --community、--site 或 --function", "say --community, --site or --function")
        raise typer.BadParameter(words.in_language(session.language))
    question, _ = question_about(results, asked.seconds, asked.case, session)
    known_year(question.problem, asked.year, session.language)
    show(_lines(question, asked, session.language), session)


def _lines(question: Question, asked: Asked, language: Language) -> Iterable[Text]:
    problem = question.problem
    function = None if asked.function is None else _function(problem, asked.function, language)
    if asked.site is not None:
        names = {key: site.name for key, site in problem.sites.items()}
        yield from explain_site(question, named("--site", asked.site, names, language))
    if asked.community is not None:
        code = named_community(problem, asked.community, language)
        yield from explain_community(question, code, function, asked.year)
    elif function is not None:
        yield from explain_function(question, function, asked.year)


def named_community(problem: Problem, words: str, language: Language) -> str:
    """Return the code of the community in scope with that name or code.

    Raises:
        BadParameter: there is none, or several; names what comes close.
    """
    names = {key: entry.name for key, entry in problem.communities.items() if entry.in_scope}
    return named("--community", words, names, language)


def _function(problem: Problem, words: str, language: Language) -> str:
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
    close = (
        found or get_close_matches(words, list(names.values()), n=3, cutoff=0.3) or list(names.values())[:9]
    )
    fault = Text(
        f"{option}：{'有几个' if found else '没有'}“{words}”；可写 {'、'.join(close)}",
        f"{option}: {'several are called' if found else 'there is no'} '{words}'; say {', '.join(close)}",
    )
    raise typer.BadParameter(fault.in_language(language))

"""``siteplan futures``: one decision for the futures of a scenario, a plan of each future a result folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table

from siteplan.assemble import future_changes
from siteplan.cli.display import progress_on
from siteplan.cli.interruption import Interruption
from siteplan.cli.session import Session
from siteplan.cli.stages import Prepared, Stopwatch, now, prepare, publish_result
from siteplan.cli.wording import LEVEL_NAMES, number
from siteplan.findings import InputError, error
from siteplan.outcome import UNITS
from siteplan.plan import Plan
from siteplan.publish import result_folder
from siteplan.publish.labels import ILLUSTRATIVE_NOTE
from siteplan.scenario import DecisionRule, FutureCase, Futures, LoadedScenario, SolverSettings
from siteplan.solve import NoPlanError, SolveResult
from siteplan.solve.formulation.futures import Future, FuturesProblem
from siteplan.studies.futures import (
    DECISION_FILE,
    FUTURES_FILE,
    RULE_FILE,
    SITES_FILE,
    FuturesStudy,
    in_words,
    study_futures,
    write_decision,
    write_futures,
    write_rule,
    write_sites,
)
from siteplan.studies.scenario_file import title_with, write_changed_scenario
from siteplan.text import Text


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the user asks for. ``seconds`` for each solve; ``rule`` in place of the scenario's."""

    rule: DecisionRule | None
    seconds: float
    output: Path | None


def decide_for_futures(scenario_file: Path, asked: Foreseen, session: Session) -> None:
    """Find the decision, publish the plans of every future, and say which sites hold in all of them.

    Raises:
        InputError: bad inputs, no futures in the scenario, or a folder that can't be written.
        InfeasibleError: a future has no plan, or no decision fits all.
        NoPlanError: the search ended before every future had a plan.
    """
    folder = asked.output or Path("results") / f"{scenario_file.stem}-futures"
    with progress_on(session.err, session.language, session.clock) as display:
        base = prepare(scenario_file, Stopwatch(display, session.clock))
        futures = _futures_of(base.inputs.loaded, asked)
        titles = {key: _title(key, case) for key, case in futures.cases.items()}
        prepared = {
            key: _prepared(base, key, case, titles[key], folder) for key, case in futures.cases.items()
        }
        settings = base.inputs.loaded.scenario.solver
        cases = {key: (case, titles[key]) for key, case in futures.cases.items()}
        interruption = Interruption(display.stopping)
        with interruption.watch():
            interruption.search_begins()
            try:
                study = study_futures(
                    _problem(futures, prepared), cases, settings, asked.seconds, interruption.stop, display
                )
            except NoPlanError as refusal:
                if not refusal.interrupted:
                    session.reporter.say(_too_short(asked.seconds))
                raise
            plans = _published(study, prepared, settings, asked.seconds, folder)
    _write(study, plans, folder, session)


def _futures_of(loaded: LoadedScenario, asked: Foreseen) -> Futures:
    """Return the futures of a scenario, under the rule asked for.

    Raises:
        InputError: it has none, or the rule needs probabilities that it doesn't state.
    """
    futures = loaded.scenario.futures
    if futures is None:
        raise InputError(
            [
                error(
                    "no-futures",
                    loaded.place_of(("futures",)),
                    found=Text("情景没有 futures", "the scenario has no `futures`"),
                    allowed=Text("至少两种未来（futures.cases）", "at least two futures (`futures.cases`)"),
                    mend=Text(
                        "写明 futures，如 scenarios/2027-futures.yaml",
                        "state `futures`, as scenarios/2027-futures.yaml does",
                    ),
                )
            ]
        )
    rule = asked.rule or futures.rule
    if rule is DecisionRule.EXPECTED and any(case.probability is None for case in futures.cases.values()):
        raise InputError(
            [
                error(
                    "missing-probability",
                    loaded.place_of(("futures", "cases")),
                    found=Text("没有概率", "no probabilities"),
                    allowed=Text("expected 要有每种未来的概率", "`expected` needs that of every future"),
                    mend=Text("写明 probability，或换 --rule", "state `probability`, or another --rule"),
                )
            ]
        )
    return futures.model_copy(update={"rule": rule})


def _title(key: str, case: FutureCase) -> Text:
    return Text.same(key) if case.title is None else case.title.text


def _prepared(base: Prepared, key: str, case: FutureCase, title: Text, folder: Path) -> Prepared:
    """Write and prepare the scenario of a future."""
    loaded = base.inputs.loaded
    file = folder / "scenarios" / f"{key}.yaml"
    why = Text("由 siteplan futures 写出：一种未来", "written by siteplan futures: one of the futures")
    changes = future_changes(loaded.scenario, base.inputs.policy, case)
    write_changed_scenario(file, loaded, title_with(loaded, title), changes, why)
    return prepare(file, Stopwatch())


def _problem(futures: Futures, prepared: Mapping[str, Prepared]) -> FuturesProblem:
    return FuturesProblem(
        tuple(
            Future(key, prepared[key].problem, case.probability, frozenset(case.lost_sites))
            for key, case in futures.cases.items()
        ),
        futures.rule,
        futures.decide,
    )


def _too_short(seconds: float) -> Text:
    return Text(
        f"每次求解 {seconds:g} 秒不够：加大 --seconds",
        f"{seconds:g} seconds a solve are too few: raise --seconds",
    )


def _published(
    study: FuturesStudy,
    prepared: Mapping[str, Prepared],
    settings: SolverSettings,
    seconds: float,
    folder: Path,
) -> dict[str, Plan]:
    """Publish the common plan and the own plan of each future; return the common ones."""
    settings = settings.model_copy(update={"time_limit_s": seconds})
    plans: dict[str, Plan] = {}
    for each in study.futures:
        key = each.future.key
        plans[key] = _published_one(prepared[key], each.common, settings, folder / "common" / key)
        _published_one(prepared[key], each.own, settings, folder / "own" / key)
    return plans


def _published_one(prepared: Prepared, result: SolveResult, settings: SolverSettings, folder: Path) -> Plan:
    with result_folder(folder) as results:
        return publish_result(prepared, result, results, settings, Stopwatch(), now()).plan


def _write(study: FuturesStudy, plans: Mapping[str, Plan], folder: Path, session: Session) -> None:
    illustrative = any(plan.illustrative for plan in plans.values())
    write_futures(folder / FUTURES_FILE, study, plans)
    write_rule(folder / RULE_FILE, study, illustrative=illustrative)
    write_sites(folder / SITES_FILE, study, illustrative=illustrative)
    write_decision(folder / DECISION_FILE, study, illustrative=illustrative)
    if illustrative:
        session.out.print(ILLUSTRATIVE_NOTE.in_language(session.language), style="yellow", markup=False)
    session.out.print(_table(study, session))
    for line in (*_verdict(study), *in_words(study)):
        session.out.print(line.in_language(session.language), markup=False, highlight=False, soft_wrap=True)
    for file in (FUTURES_FILE, RULE_FILE, SITES_FILE, DECISION_FILE):
        session.reporter.say(Text(f"已写出 {folder / file}", f"wrote {folder / file}"))


def _verdict(study: FuturesStudy) -> list[Text]:
    """Say what the rule makes of the decision, how near to the best it is, and what knowing is worth."""
    rule, name, unit = study.rule, study.problem.rule.text, UNITS[study.rule.name]
    bound = "—" if rule.bound is None else number(rule.bound)
    gap = "—" if rule.gap is None else number(rule.gap)
    least, most = study.value_of_knowing()
    known = number(least) if most is not None and most - least <= 1e-9 else None
    zh = known or (f"{number(least)}–{number(most)}" if most is not None else f"至少 {number(least)}")
    en = known or (f"{number(least)} to {number(most)}" if most is not None else f"at least {number(least)}")
    lines = [
        Text(
            f"{name.zh} {number(rule.value)} {unit.zh}（理论界 {bound}，差 {gap}）；"
            f"事先知道未来值 {zh} {unit.zh}",
            f"{name.en} {number(rule.value)} {unit.en} (bound {bound}, gap {gap}); "
            f"knowing the future first would be worth {en} {unit.en}",
        )
    ]
    if study.is_measured_against_unbounded:
        lines.append(
            Text(
                "有的未来自身方案没有理论界：遗憾按其方案计，可能偏小",
                "some future's own plan has no bound: regret counts against the plan, so it may be larger",
            )
        )
    elif study.is_measured_against_bounds:
        lines.append(
            Text(
                "有的未来自身的最优未证明：遗憾按其理论界计，只会偏大",
                "some future's own plan isn't proven the best: regret counts against its bound, so it may "
                "be smaller",
            )
        )
    return lines


def _table(study: FuturesStudy, session: Session) -> Table:
    level, unit = LEVEL_NAMES[study.rule.name], UNITS[study.rule.name]
    table = Table(
        box=box.SIMPLE,
        pad_edge=False,
        title=f"{level.in_language(session.language)} ({unit.in_language(session.language)})",
    )
    heads = (
        Text("未来", "future"),
        Text("概率", "probability"),
        Text("共同决定", "decision"),
        Text("自身最好", "own best"),
        Text("理论界", "bound"),
        Text("遗憾至多", "regret at most"),
    )
    for position, head in enumerate(heads):
        table.add_column(head.in_language(session.language), justify="left" if position == 0 else "right")
    for each in study.futures:
        most = each.regret()[1]
        table.add_row(
            each.title.in_language(session.language),
            "—" if each.case.probability is None else f"{each.case.probability:g}",
            number(each.common.levels[0].value),
            number(each.own.levels[0].value),
            "—" if each.bound is None else number(each.bound),
            "—" if most is None else number(most),
        )
    return table

"""The entries of ``futures``: probabilities that add up, money to scale, nothing lost that is committed."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.findings import Finding, YamlPath, error, warning
from siteplan.scenario import DecisionRule, Futures, LoadedScenario, Scenario
from siteplan.text import Text

SUM_TOLERANCE = 1e-6
"""Probabilities may miss the sum of 1 by this: thirds are written with a few decimals."""


def functions_of_futures(scenario: Scenario) -> Iterator[tuple[str, YamlPath]]:
    """Yield every function that the futures name, with its place in the scenario."""
    for key, case in (scenario.futures.cases if scenario.futures is not None else {}).items():
        for function in case.demand_scale:
            yield function, ("futures", "cases", key, "demand_scale", function)


def check_futures(loaded: LoadedScenario) -> Iterator[Finding]:
    """Yield what is wrong within ``futures``, and between it and the rest of the scenario."""
    futures = loaded.scenario.futures
    if futures is None:
        return
    yield from _probabilities(loaded, futures)
    committed = {entry.site: name for name, entry in loaded.scenario.commit.items()}
    alike: dict[object, str] = {}
    for key, case in futures.cases.items():
        path: YamlPath = ("futures", "cases", key)
        if case.budget_scale != 1.0 and loaded.scenario.budget is None:
            yield _no_budget(loaded, (*path, "budget_scale"))
        for position, site in enumerate(case.lost_sites):
            if site in committed:
                yield _lost_and_committed(loaded, (*path, "lost_sites", position), site, committed[site])
        differs = case.model_dump_json(exclude={"title", "probability"})
        if differs in alike:
            yield _same(loaded, path, key, alike[differs])
        alike.setdefault(differs, key)


def _probabilities(loaded: LoadedScenario, futures: Futures) -> Iterator[Finding]:
    stated = {key: case.probability for key, case in futures.cases.items() if case.probability is not None}
    without = [key for key in futures.cases if key not in stated]
    if (stated or futures.rule is DecisionRule.EXPECTED) and without:
        names = ", ".join(without)
        yield error(
            "missing-probability",
            loaded.place_of(("futures", "cases", without[0])),
            found=Text(f"没有概率：{names}", f"no probability for {names}"),
            allowed=Text(
                "每种未来都写概率（expected 必须有），或都不写",
                "a probability for every future (`expected` needs them), or for none",
            ),
            mend=Text("为每种未来写 probability", "state `probability` for each future"),
        )
    elif stated and abs(sum(stated.values()) - 1.0) > SUM_TOLERANCE:
        total = sum(stated.values())
        yield error(
            "probabilities-not-one",
            loaded.place_of(("futures", "cases")),
            found=Text(f"概率之和为 {total:g}", f"the probabilities add up to {total:g}"),
            allowed=Text("和为 1", "a sum of 1"),
            mend=Text("改正概率", "correct the probabilities"),
        )


def _no_budget(loaded: LoadedScenario, path: YamlPath) -> Finding:
    return error(
        "no-budget-to-scale",
        loaded.place_of(path),
        found=Text("情景不限资金，没有可变的金额", "the scenario has no budget to scale"),
        allowed=Text("有 budget 的情景", "a scenario with a `budget`"),
        mend=Text("写明 budget，或删去 budget_scale", "state a `budget`, or delete `budget_scale`"),
    )


def _lost_and_committed(loaded: LoadedScenario, path: YamlPath, site: str, entry: str) -> Finding:
    return error(
        "lost-and-committed",
        loaded.place_of(path),
        found=Text(
            f"{site} 已由 commit“{entry}”确定启用", f"{site} is committed by `{entry}`: it can't be lost"
        ),
        allowed=Text("未经人工确定的备选空间", "a candidate that `commit` doesn't name"),
        mend=Text("删去其中一项", "delete one of the two"),
    )


def _same(loaded: LoadedScenario, path: YamlPath, key: str, other: str) -> Finding:
    return warning(
        "same-future",
        loaded.place_of(path),
        found=Text(f"“{key}”与“{other}”没有不同", f"`{key}` differs in nothing from `{other}`"),
        allowed=Text("各不相同的未来", "futures that differ"),
        mend=Text("写明不同之处，或合并两项的概率", "say what differs, or join their probabilities"),
    )

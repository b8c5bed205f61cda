"""Entries of ``commit``, ``forbid`` and ``require`` that contradict each other or the horizon."""

from __future__ import annotations

from collections.abc import Iterator

from siteplan.findings import Finding, YamlPath, error, warning
from siteplan.scenario import Commitment, LoadedScenario, Prohibition, Scenario
from siteplan.text import Text


def functions_by_hand(scenario: Scenario) -> Iterator[tuple[str, YamlPath]]:
    """Yield every function that the entries name, with its place in the scenario."""
    for section, entries in (("commit", scenario.commit), ("forbid", scenario.forbid)):
        for key, entry in entries.items():
            for number, function in enumerate(entry.functions):
                yield function, (section, key, "functions", number)
    for key, requirement in scenario.require.items():
        yield requirement.function, ("require", key, "function")


def check_entries_by_hand(loaded: LoadedScenario) -> Iterator[Finding]:
    """Yield contradictions between the entries, and years that lie outside the horizon."""
    yield from _commitments(loaded)
    first, last = loaded.scenario.years[0], loaded.scenario.years[-1]
    for key, entry in loaded.scenario.forbid.items():
        if entry.until is not None and entry.until < first:
            yield _outside(loaded, ("forbid", key, "until"), entry.until, "不起作用", "it does nothing")
    for key, requirement in loaded.scenario.require.items():
        if requirement.by > last:
            yield _outside(loaded, ("require", key, "by"), requirement.by, "不起作用", "it does nothing")


def _commitments(loaded: LoadedScenario) -> Iterator[Finding]:
    scenario = loaded.scenario
    sites: dict[str, str] = {}
    for key, entry in scenario.commit.items():
        if entry.site in sites:
            yield _committed_twice(loaded, key, entry, sites[entry.site])
        sites[entry.site] = key
        if entry.year < scenario.years[0]:
            yield _committed_before_the_horizon(loaded, key, entry)
        elif entry.year > scenario.years[-1]:
            yield _outside(loaded, ("commit", key, "year"), entry.year, "规划期内保持关闭", "it stays closed")
        for other, prohibition in scenario.forbid.items():
            if _clash(entry, prohibition):
                yield _committed_and_forbidden(loaded, key, entry, other)


def _clash(entry: Commitment, prohibition: Prohibition) -> bool:
    """Return whether the prohibition still holds in the committed year, for the site or its functions."""
    if entry.site != prohibition.site or (prohibition.until is not None and prohibition.until < entry.year):
        return False
    return not prohibition.functions or bool(set(prohibition.functions).intersection(entry.functions))


def _committed_twice(loaded: LoadedScenario, key: str, entry: Commitment, other: str) -> Finding:
    return error(
        "committed-twice",
        loaded.place_of(("commit", key, "site")),
        found=Text(f"{entry.site} 已在“{other}”中确定", f"{entry.site} is committed by `{other}` already"),
        allowed=Text("每处只确定一次", "one entry for each site"),
        mend=Text("合并两项；沿用的一项可写 null 去掉", "join them; an extended entry is removed by `null`"),
    )


def _committed_before_the_horizon(loaded: LoadedScenario, key: str, entry: Commitment) -> Finding:
    first = loaded.scenario.years[0]
    return error(
        "committed-before-horizon",
        loaded.place_of(("commit", key, "year")),
        found=Text(f"{entry.year} 年在规划期之前", f"{entry.year} is before the horizon"),
        allowed=Text(f"{first} 年起", f"{first} or later"),
        mend=Text(
            "改年份；已建成的写入 projects.csv 或 existing_services.csv",
            "change the year; what is built already belongs in projects.csv or existing_services.csv",
        ),
    )


def _committed_and_forbidden(loaded: LoadedScenario, key: str, entry: Commitment, other: str) -> Finding:
    return error(
        "committed-and-forbidden",
        loaded.place_of(("commit", key)),
        found=Text(
            f"{entry.site} 既要求 {entry.year} 年启用，又被 forbid“{other}”禁止",
            f"{entry.site} is to open in {entry.year} and is forbidden by `{other}`",
        ),
        allowed=Text("两者不矛盾", "entries that don't contradict each other"),
        mend=Text(
            "删去其中一项，或为 forbid 写明功能或 until",
            "delete one of them, or give the prohibition functions or an `until`",
        ),
    )


def _outside(loaded: LoadedScenario, path: YamlPath, year: int, zh: str, en: str) -> Finding:
    horizon = ", ".join(map(str, loaded.scenario.years))
    return warning(
        "year-outside-horizon",
        loaded.place_of(path),
        found=Text(f"{year} 年不在规划期内，{zh}", f"{year} is outside the horizon: {en}"),
        allowed=Text.same(horizon),
        mend=Text(
            "删去，或调整 years；沿用自其他文件的写 null 去掉",
            "delete it or change `years`; remove an extended file's entry by `null`",
        ),
    )

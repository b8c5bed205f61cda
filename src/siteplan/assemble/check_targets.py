"""Do the towns and communities exist for which the scenario sets targets of their own?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from siteplan.assemble.targets import areas_called, community_names
from siteplan.findings import Finding, YamlPath, error, warning
from siteplan.inputs.yaml_source import closest
from siteplan.problem import Problem
from siteplan.scenario import LoadedScenario, TargetPercents
from siteplan.text import Text

KINDS: Mapping[str, Text] = {"towns": Text("镇街", "town"), "communities": Text("社区", "community")}


def check_local_targets(problem: Problem, loaded: LoadedScenario) -> list[Finding]:
    """Return every fault of ``targets.towns`` and ``targets.communities`` with its line.

    An area that isn't known or not alone in its name, that is named twice, or in which nobody is counted.
    """
    settings = loaded.scenario.targets
    return [
        *_check_kind(problem, loaded, "towns", problem.town_names, settings.towns),
        *_check_kind(problem, loaded, "communities", community_names(problem), settings.communities),
    ]


def _check_kind(
    problem: Problem,
    loaded: LoadedScenario,
    kind: str,
    names: Mapping[str, str],
    areas: Mapping[str, TargetPercents],
) -> Iterator[Finding]:
    stated: dict[str, str] = {}
    for name, percents in areas.items():
        path: YamlPath = ("targets", kind, name)
        codes = areas_called(names, name)
        if len(codes) != 1:
            yield _unknown(loaded, kind, names, name, len(codes))
        elif codes[0] in stated:
            yield _named_twice(loaded, path, name, stated[codes[0]])
        else:
            stated[codes[0]] = name
            yield from _of_nobody(problem, loaded, path, codes[0], percents)


def _unknown(loaded: LoadedScenario, kind: str, names: Mapping[str, str], name: str, found: int) -> Finding:
    what, near = KINDS[kind], closest(name, [*names, *names.values()])
    return error(
        "unknown-town" if kind == "towns" else "unknown-community",
        loaded.place_of(("targets", kind, name)),
        found=Text(f"有 {found} 个{what.zh}叫“{name}”", f"{found} are called {name}")
        if found
        else Text(f"没有{what.zh}“{name}”", f"there is no {what.en} `{name}`"),
        allowed=Text(f"{kind}.csv 中的代码或名称", f"a code or name of {kind}.csv"),
        mend=Text(f"是不是 {near}？", f"did you mean `{near}`?")
        if near and not found
        else Text("写代码（加引号）", "write the code, in quotes"),
    )


def _named_twice(loaded: LoadedScenario, path: YamlPath, name: str, other: str) -> Finding:
    return error(
        "area-named-twice",
        loaded.place_of(path),
        found=Text(f"“{name}”与“{other}”是同一处", f"`{name}` and `{other}` are the same"),
        allowed=Text("每个镇街、社区只写一次", "each town or community once"),
        mend=Text("合并为一处", "join the two entries"),
    )


def _of_nobody(
    problem: Problem, loaded: LoadedScenario, path: YamlPath, area: str, percents: TargetPercents
) -> Iterator[Finding]:
    for function, by_year in percents.items():
        for year in by_year:
            if year not in problem.years or function not in problem.functions:
                continue
            if not problem.counted_in(area, function, year):
                yield warning(
                    "target-of-nobody",
                    loaded.place_of((*path, function, str(year))),
                    found=Text(
                        f"{problem.area_name(area)} {year} 年没有纳入统计的目标人群",
                        f"in {year} nobody in {problem.area_name(area)} is counted for the function",
                    ),
                    allowed=Text(
                        "纳入范围且有目标人群的镇街、社区", "a town or community in scope with a target group"
                    ),
                    mend=Text("删去这一年", "delete the year"),
                )

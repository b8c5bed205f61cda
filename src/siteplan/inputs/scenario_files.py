"""Reading a scenario: its file, the files it extends, and where its case and model are.

Paths are relative to the file that states them and stay inside the project: the nearest folder above the
scenario that holds ``model/``, else the scenario's own folder. Links are followed before that is judged.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from siteplan.findings import Finding, InputError, Place, YamlPath, error, has_errors, nearest_place, warning
from siteplan.inputs.bundled import bundled_root
from siteplan.inputs.by_hand import check_entries_by_hand, functions_by_hand
from siteplan.inputs.futures import check_futures, functions_of_futures
from siteplan.inputs.yaml_merge import merged, stated_in_code, without_nulls
from siteplan.inputs.yaml_source import YamlDocument, as_shown, closest, missing_file, read_yaml
from siteplan.inputs.yaml_validation import unknown_key, validated
from siteplan.policy import Policy
from siteplan.scenario import CARE_BEDS, Level, LoadedScenario, Scenario, TargetPercents
from siteplan.text import Text

EARLIEST_YEAR = 2000
LATEST_YEAR = 2100
"""Years outside these are slips of the pen."""

LONGEST_NAME_BYTES = 255
"""File systems take no longer names; such a text isn't meant as a path."""


def load_scenario(
    path: Path, case_folder: Path | None = None, changes: Iterable[Mapping[str, Any]] = ()
) -> LoadedScenario:
    """Read a scenario file and everything it extends.

    ``case_folder`` replaces the folder that the scenario names, for a case that was moved. ``changes`` are
    merged on top one after the other, as if each were a file that extends the scenario.

    Raises:
        InputError: with every fault of the files and of the merged scenario, each with file and line.
    """
    file = _with_links_followed(path)
    root = project_root_of(file)
    chain = _chain(file, root)
    document = _joined(chain)
    for change in changes:
        document = merged(document, stated_in_code(document.file, change))
    loaded, findings = _validated(document, chain, root, case_folder)
    if loaded is None or has_errors(findings):
        raise InputError(findings)
    return replace(loaded, warnings=tuple(findings))


def project_root_of(file: Path) -> Path:
    """Return the nearest folder above ``file`` that holds ``model/``, else its own folder."""
    folder = _with_links_followed(file).parent
    return next((place for place in (folder, *folder.parents) if (place / "model").is_dir()), folder)


def check_scenario_functions(
    scenario: Scenario, policy: Policy, places: Mapping[YamlPath, Place]
) -> list[Finding]:
    """Return a finding for each function that the scenario names and the policy doesn't have."""
    named: list[tuple[str, YamlPath]] = [(key, ("functions", key)) for key in scenario.functions]
    named += [(key, ("targets", "overrides", key)) for key in scenario.targets.overrides]
    named += [
        (key, ("targets", kind, area, key))
        for kind, area, percents in _local_targets(scenario)
        for key in percents
    ]
    named += [(key, ("rules", "coverage_at_least", key)) for key in scenario.rules.coverage_at_least]
    named += [(key, ("standards", "hosting", key)) for key in scenario.standards.hosting]
    named += [
        (function, ("promises", site, function))
        for site, promised in scenario.promises.items()
        for function in promised
    ]
    named += functions_by_hand(scenario)
    named += functions_of_futures(scenario)
    named += _eligible_functions(scenario)
    unknown = [
        unknown_key(key, policy.functions, nearest_place(places, path))
        for key, path in named
        if key not in policy.functions
    ]
    return unknown + _unknown_places(scenario, policy, places)


def _unknown_places(scenario: Scenario, policy: Policy, places: Mapping[YamlPath, Place]) -> list[Finding]:
    """Return a finding for each kind of places that the scenario asks for and that can't be counted."""
    rules = scenario.rules
    named = [(key, ("rules", "places_at_least", key)) for key in rules.places_at_least]
    named += [(key, ("rules", "complex_places_at_least", key)) for key in rules.complex_places_at_least]
    counted = [*policy.functions, CARE_BEDS]
    findings = [
        unknown_key(key, counted, nearest_place(places, path)) for key, path in named if key not in counted
    ]
    if policy.standards.care_bed_share_of_elderly_room is None:
        findings += [
            error(
                "care-beds-not-counted",
                nearest_place(places, path),
                found=Text(
                    "要求护理型床位，但标准中没有占比", "care beds, of which no standard tells the share"
                ),
                allowed=Text(
                    "standards.care_bed_share_of_elderly_room 有数值",
                    "a value of `standards.care_bed_share_of_elderly_room`",
                ),
                mend=Text("补上这一标准，或删去这一项", "state the standard, or delete the entry"),
            )
            for key, path in named
            if key == CARE_BEDS
        ]
    return findings


def _local_targets(scenario: Scenario) -> Iterator[tuple[str, str, TargetPercents]]:
    """Yield ("towns" or "communities", code or name, percents) of the targets of their own."""
    for area, percents in scenario.targets.towns.items():
        yield "towns", area, percents
    for area, percents in scenario.targets.communities.items():
        yield "communities", area, percents


def _eligible_functions(scenario: Scenario) -> list[tuple[str, YamlPath]]:
    """Return the functions that funding sources pay for, each with its path."""
    return [
        (key, ("budget", "sources", source, "eligible_functions", position))
        for source, settings in (scenario.budget.sources if scenario.budget is not None else {}).items()
        for position, key in enumerate(settings.eligible_functions or ())
    ]


# --- extends ------------------------------------------------------------------------------------------


def _chain(file: Path, root: Path) -> list[tuple[Path, YamlDocument]]:
    """Return the scenario and what it extends, nearest first.

    Raises:
        InputError: a file of the chain can't be used, leaves the project, or extends one before it.
    """
    chain = [(file, read_yaml(file))]
    while True:
        stating_file, document = chain[-1]
        if document.data.get("extends") is None:
            return chain
        extended, problem = _resolved(document, ("extends",), stating_file, root)
        if extended is None:
            raise InputError([problem] if problem else [])
        place = document.place_of(("extends",))
        if extended in (known for known, _ in chain):
            raise InputError([_loop([known for known, _ in chain] + [extended], place)])
        if not extended.exists():
            raise InputError([missing_file(as_shown(extended), place)])
        chain.append((extended, read_yaml(extended)))


def _loop(chain: Iterable[Path], place: Place) -> Finding:
    names = " → ".join(file.name for file in chain)
    return error(
        "extends-loop",
        place,
        found=Text(f"extends 绕成了圈：{names}", f"`extends` runs in a circle: {names}"),
        allowed=Text("一条有头有尾的链", "a chain that ends"),
        mend=Text("删去其中一处 extends", "delete one of these `extends`"),
    )


def _joined(chain: Iterable[tuple[Path, YamlDocument]]) -> YamlDocument:
    documents = [
        replace(document, data={key: value for key, value in document.data.items() if key != "extends"})
        for _, document in chain
    ]
    joined = without_nulls(documents[-1])
    for document in reversed(documents[:-1]):
        joined = merged(joined, document)
    return joined


# --- paths --------------------------------------------------------------------------------------------


def _with_links_followed(path: Path) -> Path:
    """Return the absolute path; links that run in a circle are left, and no file is found there."""
    return Path(os.path.realpath(path))


def _resolved(
    document: YamlDocument, path: YamlPath, stating_file: Path, root: Path
) -> tuple[Path | None, Finding | None]:
    """Return the path stated at ``path``, links followed, or why it can't be used."""
    stated = document.data[str(path[0])]
    place = document.place_of(path)
    if not isinstance(stated, str) or not _could_be_a_path(stated):
        return None, _not_a_path(stated, place)
    target = _with_links_followed(stating_file.parent / stated)
    if not target.is_relative_to(root):
        return None, _outside(stated, place, root)
    return target, None


def _could_be_a_path(stated: str) -> bool:
    parts = (len(part.encode()) for part in Path(stated).parts)
    return bool(stated.strip()) and "\0" not in stated and all(size <= LONGEST_NAME_BYTES for size in parts)


def _not_a_path(stated: object, place: Place) -> Finding:
    return error(
        "not-a-path",
        place,
        found=Text.same(repr(stated)[:LONGEST_NAME_BYTES]),
        allowed=Text("一个路径（文字），如 base.yaml", "one path as text, such as base.yaml"),
        mend=Text("只写一个路径", "state one path"),
    )


def _outside(stated: str, place: Place, root: Path) -> Finding:
    return error(
        "outside-project",
        place,
        found=Text(f"{stated} 指向项目文件夹以外", f"{stated} leads out of the project folder"),
        allowed=Text(f"{root} 之内的路径", f"a path inside {root}"),
        mend=Text("把文件复制到项目文件夹内再引用", "copy it into the project folder and name the copy"),
    )


def _folder(
    document: YamlDocument, key: str, files: dict[Path, Path], root: Path
) -> tuple[Path | None, Finding | None]:
    """Return the folder stated under ``key``, or why it can't be used."""
    place = document.place_of((key,))
    stating_file = files[place.file] if place.file is not None else document.file
    folder, problem = _resolved(document, (key,), stating_file, root)
    if folder is None or folder.is_dir():
        return folder, problem
    return None, _no_folder(folder, place)


def _no_folder(folder: Path, place: Place) -> Finding:
    siblings = (item.name for item in folder.parent.iterdir()) if folder.parent.is_dir() else ()
    near = closest(folder.name, siblings)
    kind = (
        Text("这是文件，不是文件夹", "a file, not a folder")
        if folder.exists()
        else Text("没有这个文件夹", "no such folder")
    )
    return error(
        "missing-folder",
        place,
        found=Text(f"{as_shown(folder)}：{kind.zh}", f"{as_shown(folder)}: {kind.en}"),
        allowed=Text("一个已有的文件夹", "a folder that exists"),
        mend=Text(f"是不是 {near}？", f"did you mean {near}?")
        if near and near != folder.name
        else Text(
            "检查路径，路径相对于写出它的文件", "check the path; it is relative to the file that states it"
        ),
    )


# --- the merged scenario ------------------------------------------------------------------------------


def _validated(
    document: YamlDocument,
    chain: list[tuple[Path, YamlDocument]],
    root: Path,
    case_folder: Path | None,
) -> tuple[LoadedScenario | None, list[Finding]]:
    findings: list[Finding] = []
    try:
        scenario = validated(document, Scenario, {(): ("extends",)})
    except InputError as faults:
        findings.extend(faults.findings)
        scenario = None
    files = {read.file: file for file, read in chain}
    folders: dict[str, Path] = {"model": _default_model(root)}
    if case_folder is not None:
        folders["case"] = case_folder
    for key in ("case", "model"):
        if key == "case" and case_folder is not None:
            continue
        if isinstance(document.data.get(key), str):
            folder, problem = _folder(document, key, files, root)
            folders.update({key: folder} if folder is not None else {})
            findings.extend([problem] if problem is not None else [])
    if scenario is None or "case" not in folders:
        return None, findings
    loaded = LoadedScenario(
        scenario=scenario,
        file=chain[0][0],
        extended=tuple(file for file, _ in chain[1:]),
        case_folder=folders["case"],
        model_folder=folders["model"],
        project_root=root,
        places=document.places,
    )
    return loaded, findings + list(_semantic_findings(loaded))


def _default_model(root: Path) -> Path:
    own = root / "model"
    return own if own.is_dir() else bundled_root() / "model"


def _semantic_findings(loaded: LoadedScenario) -> Iterator[Finding]:
    yield from _years(loaded)
    yield from _objective(loaded)
    yield from _budget_years(loaded)
    yield from _target_years(loaded)
    yield from _rule_years(loaded)
    yield from _without_effect(loaded)
    yield from check_entries_by_hand(loaded)
    yield from check_futures(loaded)


def _years(loaded: LoadedScenario) -> Iterator[Finding]:
    years = loaded.scenario.years
    place = loaded.place_of(("years",))
    found = Text.same(str(list(years)))
    if any(not EARLIEST_YEAR <= year <= LATEST_YEAR for year in years):
        yield error(
            "implausible-year",
            place,
            found=found,
            allowed=Text(
                f"{EARLIEST_YEAR} 到 {LATEST_YEAR} 之间的年份", f"years from {EARLIEST_YEAR} to {LATEST_YEAR}"
            ),
            mend=Text("改正年份", "correct the year"),
        )
    if any(after != before + 1 for before, after in pairwise(years)):
        whole = list(range(min(years), max(years) + 1)[:20])
        yield error(
            "years-not-consecutive",
            place,
            found=found,
            allowed=Text("从早到晚、逐年相连的年份", "consecutive years, earliest first"),
            mend=Text(f"例如 {whole}", f"for example {whole}"),
        )


def _objective(loaded: LoadedScenario) -> Iterator[Finding]:
    levels = loaded.scenario.levels
    yield from _weighed_by_name(loaded)
    for position, level in enumerate(levels):
        if level in levels[:position]:
            yield error(
                "repeated-level",
                loaded.place_of(("objective", position)),
                found=Text(f"目标“{level}”出现两次", f"the level `{level}` a second time"),
                allowed=Text("每级目标只出现一次", "each level once"),
                mend=Text("删去重复的一级", "delete the repeated level"),
            )
    for level in loaded.scenario.tolerance:
        if level not in levels:
            yield warning(
                "unused-tolerance",
                loaded.place_of(("tolerance", str(level))),
                found=Text(f"容差给了不在 objective 中的“{level}”", f"a tolerance for `{level}`"),
                allowed=Text("objective 中列出的目标", "levels that `objective` lists"),
                mend=Text("删去，或把这一级加入 objective", "delete it, or add the level to `objective`"),
            )


def _weighed_by_name(loaded: LoadedScenario) -> Iterator[Finding]:
    """Refuse ``weighed`` as a level of its own: weights make it."""
    objective = loaded.scenario.objective
    path: YamlPath | None = None
    if isinstance(objective, tuple) and Level.WEIGHED in objective:
        path = ("objective", objective.index(Level.WEIGHED))
    elif Level.WEIGHED in loaded.scenario.weights:
        path = ("objective", "weights", Level.WEIGHED.value)
    if path is not None:
        yield error(
            "weighed-by-name",
            loaded.place_of(path),
            found=Text("“weighed”不能直接写", "`weighed` as a level of its own"),
            allowed=Text("objective: {weights: {级别: 权重}}", "`objective: {weights: {level: weight}}`"),
            mend=Text(
                "写 weights 及各级的权重，或删去这一级",
                "state `weights` with a weight for each level, or delete it",
            ),
        )


def _budget_years(loaded: LoadedScenario) -> Iterator[Finding]:
    budget = loaded.scenario.budget
    if budget is None:
        return
    funded: set[int] = set()
    for key, source in budget.sources.items():
        funded.update(source.amounts_cny)
        path: YamlPath = ("budget", "sources", key, "amounts_cny")
        yield from _years_outside(loaded, path, source.amounts_cny, source.paid_after_years)
        if source.paid_after_years:
            yield from _unbridged(loaded, ("budget", "sources", key, "paid_after_years"), budget.advance_cny)
    yield from _years_outside(loaded, ("budget", "operating_cny"), budget.operating_cny)
    yield from _years_outside(loaded, ("budget", "advance_cny"), budget.advance_cny)
    yield from _years_outside(loaded, ("budget", "subsidy_cny"), budget.subsidy_cny, 1)
    unfunded = [year for year in loaded.scenario.years if year not in funded]
    if unfunded:
        yield warning(
            "year-without-money",
            loaded.place_of(("budget", "sources")),
            found=Text(f"没有任何来源写明 {unfunded} 年的金额", f"no source states an amount for {unfunded}"),
            allowed=Text("规划期内每年至少一个来源有金额", "an amount for each year of the horizon"),
            mend=Text(
                "补上金额；不写按 0 计，不限资金则写 budget: null",
                "add amounts; without one a year has none. For no limit write `budget: null`",
            ),
        )


def _unbridged(loaded: LoadedScenario, path: YamlPath, advance_cny: Iterable[int]) -> Iterator[Finding]:
    """Warn of years in which no award can be granted, as nothing bridges it until it is paid."""
    unbridged = [year for year in loaded.scenario.years if year not in set(advance_cny)]
    if unbridged:
        yield warning(
            "award-without-advance",
            loaded.place_of(path),
            found=Text(
                f"先建后补，但 {unbridged} 年没有垫付资金",
                f"paid after acceptance, but there is no advance in {unbridged}",
            ),
            allowed=Text("每年写明垫付资金 budget.advance_cny", "`budget.advance_cny` for each year"),
            mend=Text(
                "补上垫付资金；不写按 0 计，当年不能使用这一来源",
                "add the advance; without one the source can't be used in that year",
            ),
        )


def _target_years(loaded: LoadedScenario) -> Iterator[Finding]:
    for key, percents in loaded.scenario.targets.overrides.items():
        yield from _years_outside(loaded, ("targets", "overrides", key), percents)
    for kind, area, functions in _local_targets(loaded.scenario):
        for key, percents in functions.items():
            yield from _years_outside(loaded, ("targets", kind, area, key), percents)
            if kind == "communities" and loaded.scenario.coverage.basis.counts_communities:
                yield from _covered_or_not(loaded, ("targets", kind, area, key), percents)


def _covered_or_not(
    loaded: LoadedScenario, path: YamlPath, percents: Mapping[int, float]
) -> Iterator[Finding]:
    """Refuse a share of one community where communities are counted: it is covered or it isn't."""
    basis = loaded.scenario.coverage.basis
    for year, percent in percents.items():
        if percent not in (0.0, 100.0):
            yield error(
                "community-target-between",
                loaded.place_of((*path, str(year))),
                found=Text(f"单个社区的目标 {percent:g}%", f"{percent:g} % of one community"),
                allowed=Text(
                    f"{basis.text.zh}下一个社区要么覆盖（100）要么不覆盖（0）",
                    f"on the basis `{basis.value}` a community is covered (100) or not (0)",
                ),
                mend=Text(
                    "写 100；要按人数的比例，改用 coverage.basis: residents",
                    "write 100; for a share of its residents use `coverage.basis: residents`",
                ),
            )


def _rule_years(loaded: LoadedScenario) -> Iterator[Finding]:
    for name in (
        "area_standard_at_least_m2",
        "elderly_area_standard_at_least_m2",
        "functions_per_community_at_least",
        "coverage_per_town_at_least",
    ):
        yield from _years_outside(loaded, ("rules", name), getattr(loaded.scenario.rules, name))
    for name in ("coverage_at_least", "places_at_least"):
        for key, by_year in getattr(loaded.scenario.rules, name).items():
            yield from _years_outside(loaded, ("rules", name, key), by_year)


def _without_effect(loaded: LoadedScenario) -> Iterator[Finding]:
    """Warn of entries that do nothing, as what they belong to is left out."""
    rules, budget = loaded.scenario.rules, loaded.scenario.budget
    if rules.use_is_held_years is not None and not rules.conversion:
        yield _needs(loaded, ("rules", "use_is_held_years"), "rules.conversion: true")
    for name in ("places_reserved_first", "complex_places_at_least"):
        if getattr(rules, name) and not rules.site_form:
            yield _needs(loaded, ("rules", name), "rules.site_form: true")
    awards = budget is not None and any(source.paid_after_years for source in budget.sources.values())
    if budget is not None and budget.advance_cny and not awards:
        yield _needs(loaded, ("budget", "advance_cny"), "budget.sources.….paid_after_years: 1")


def _needs(loaded: LoadedScenario, path: YamlPath, other: str) -> Finding:
    return warning(
        "entry-without-effect",
        loaded.place_of(path),
        found=Text(f"没有 {other}，这一项不起作用", f"it does nothing without `{other}`"),
        allowed=Text(f"与 {other} 同用", f"together with `{other}`"),
        mend=Text("补上，或删去这一项", "add that, or delete the entry"),
    )


def _years_outside(
    loaded: LoadedScenario, path: YamlPath, years: Iterable[int], further_years: int = 0
) -> Iterator[Finding]:
    """Warn of years outside the horizon and the ``further_years`` after it, in which awards are paid."""
    last = loaded.scenario.years[-1]
    horizon = (*loaded.scenario.years, *range(last + 1, last + 1 + further_years))
    for year in years:
        if year not in horizon:
            yield warning(
                "year-outside-horizon",
                loaded.place_of((*path, str(year))),
                found=Text(
                    f"{year} 年不在规划期内，不起作用", f"{year} is outside the horizon and does nothing"
                ),
                allowed=Text.same(", ".join(map(str, horizon))),
                mend=Text(
                    "删去，或调整 years；沿用自其他文件的写 null 去掉",
                    "delete it or change `years`; remove an extended file's entry by `null`",
                ),
            )

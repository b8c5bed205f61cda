"""What is compared: plans with a name each, and what they were made from as far as that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from siteplan.case import Case
from siteplan.findings import Finding, InputError, Place, error
from siteplan.inputs.case_files import function_names, load_case
from siteplan.inputs.policy_files import load_policy
from siteplan.inputs.scenario_files import load_scenario
from siteplan.plan import Plan
from siteplan.policy import Policy
from siteplan.publish.folder import mend_interrupted_swap
from siteplan.publish.plan_file import PLAN_FILE, read_plan
from siteplan.publish.run_record import (
    RUN_FILE,
    InputFile,
    InputKind,
    RunRecord,
    check_inputs,
    read_run_record,
)
from siteplan.scenario import LoadedScenario
from siteplan.text import Text

OVERRIDES: dict[str, Any] = {
    **dict.fromkeys(("title", "case", "model", "standards", "functions"), True),
    "costs": {"opening_cost_cny_per_m2"},
}
"""Left out of the settings: the figures of the policy that they replace are listed instead."""


class CompareError(InputError):
    """What is given can't be compared."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names by key or code; empty where the inputs are gone. ``town_of``: community → town code."""

    functions: Mapping[str, Text] = field(default_factory=dict)
    communities: Mapping[str, str] = field(default_factory=dict)
    towns: Mapping[str, str] = field(default_factory=dict)
    town_of: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy, case: Case) -> Names:
        """Return the names of a policy's functions and a case's communities and towns."""
        return cls(
            {key: function.name.text for key, function in policy.functions.items()},
            {row.community_code: row.community_name for row in case.communities},
            {row.town_code: row.town_name for row in case.towns},
            {row.community_code: row.town_code for row in case.communities},
        )


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPlan:
    """A plan and what is known of its making.

    ``inputs``: the files it was made from. ``settings``: its scenario and the figures of the policy in
    force, flat, by dotted key; None where the files have changed since. ``case``: what can still be read of
    its case.
    """

    name: str
    plan: Plan
    folder: Path | None
    inputs: tuple[InputFile, ...]
    settings: Mapping[str, str] | None
    versions: Mapping[str, str]
    repeatable: bool | None
    names: Names
    case: Case | None


def from_folder(folder: Path, name: str) -> ComparedPlan:
    """Read a result folder, and its scenario and case as far as they are still there.

    Raises:
        CompareError: it is no result folder, or has no plan or run record.
        InputError: a file of it has another schema version or a fault in it.
    """
    mend_interrupted_swap(folder)
    _check_is_result_folder(folder)
    plan, record = read_plan(folder), read_run_record(folder)
    changed = {finding.place.file for finding in check_inputs(record, folder)}
    settings, policy, loaded = _settings(record, folder, plan, changed)
    case = None if policy is None or loaded is None else _case(loaded.case_folder, policy)
    names = Names() if policy is None or case is None else Names.of(policy, case)
    return ComparedPlan(
        name,
        plan,
        folder,
        record.inputs,
        settings,
        {**record.packages, "python": record.python},
        record.repeatable,
        names,
        case,
    )


def labels_of(folders: Sequence[Path]) -> list[str]:
    """Return a short name for each folder: its own, with parents in front where several are called so.

    Raises:
        CompareError: a folder is named twice.
    """
    resolved = [folder.resolve() for folder in folders]
    twice = [folder for folder, times in Counter(resolved).items() if times > 1]
    if twice:
        raise CompareError([_twice(folder) for folder in twice])
    for depth in range(1, max(len(folder.parts) for folder in resolved) + 1):
        labels = ["/".join(folder.parts[-depth:]) for folder in resolved]
        if len(set(labels)) == len(labels):
            return labels
    return [folder.as_posix() for folder in resolved]


def effective_settings(loaded: LoadedScenario, policy: Policy, plan: Plan) -> dict[str, str]:
    """Return a scenario's settings and the policy's figures in force, flat, by dotted key."""
    stated = loaded.scenario.model_dump(mode="json", exclude=OVERRIDES, exclude_none=True)
    settings = dict(_flat("", stated))
    settings["coverage.threshold"] = f"{plan.threshold:g}"
    settings |= {place: f"{figure.value:g}" for place, figure in policy.figures()}
    for key, function in policy.functions.items():
        settings[f"functions.{key}.target_ages"] = ", ".join(function.target_ages)
    return settings


def _flat(place: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(f"{place}.{key}" if place else str(key), item)
    elif isinstance(value, list):
        yield place, ", ".join(str(item) for item in value)
    else:
        yield place, _plain(value)


def _settings(
    record: RunRecord, folder: Path, plan: Plan, changed: set[Path | None]
) -> tuple[dict[str, str] | None, Policy | None, LoadedScenario | None]:
    """Return the settings (None if their files have changed), and the policy and scenario as they are now."""
    stated = {record.root(folder) / each.path for each in record.inputs if each.kind is not InputKind.CASE}
    try:
        loaded = load_scenario(record.scenario_file(folder))
        policy = load_policy(loaded.model_folder, loaded)
    except InputError:
        return None, None, None
    if stated & changed:
        return None, policy, loaded
    settings = effective_settings(loaded, policy, plan)
    settings |= {f"solver.{key}": _plain(value) for key, value in record.options.items()}
    return settings, policy, loaded


def _plain(value: object) -> str:
    """Return a value as a scenario file would state it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _case(folder: Path, policy: Policy) -> Case | None:
    try:
        return load_case(folder, function_names(policy))
    except InputError:
        return None


def _check_is_result_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise CompareError([_no_results(folder, Text("没有这个文件夹", "there is no such folder"))])
    missing = [name for name in (PLAN_FILE, RUN_FILE) if not (folder / name).is_file()]
    if len(missing) == 2:
        raise CompareError([_no_results(folder, Text("不是结果文件夹", "it is no result folder"))])
    if missing:
        words = Text(f"缺少 {missing[0]}", f"it has no {missing[0]}")
        raise CompareError([_no_results(folder, words)])


def _no_results(folder: Path, found: Text) -> Finding:
    return error(
        "compare-no-results",
        Place(file=folder),
        found=found,
        allowed=Text(
            "siteplan solve 写出的结果文件夹（含 plan.json、run.json），或情景文件（.yaml）",
            "a result folder of `siteplan solve` (with plan.json and run.json), or a scenario file (.yaml)",
        ),
        mend=Text("检查名称，或先运行 siteplan solve", "check the name, or run `siteplan solve` first"),
    )


def _twice(folder: Path) -> Finding:
    return error(
        "compare-twice",
        Place(file=folder),
        found=Text("同一结果文件夹给了两次", "the same result folder is given twice"),
        allowed=Text("两个以上不同的方案", "two or more different plans"),
        mend=Text("去掉重复的一个", "leave one of them out"),
    )


def too_few() -> Finding:
    """Return the finding that there is nothing to compare with."""
    return error(
        "compare-too-few",
        Place(),
        found=Text("只有一个方案", "there is only one plan"),
        allowed=Text("两个以上方案", "two or more plans"),
        mend=Text(
            "再给一个结果文件夹或情景文件；第一个是参照方案",
            "name another result folder or scenario file; the first is the reference",
        ),
    )

"""Scenario files that a study writes: each extends the scenario studied, so that its plan can be verified."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from siteplan.findings import InputError, Place, error
from siteplan.inputs.scenario_files import project_root_of
from siteplan.scenario import LoadedScenario
from siteplan.text import Text


def write_changed_scenario(
    file: Path, loaded: LoadedScenario, title: Text, changes: Mapping[str, Any], why: Text
) -> None:
    """Write a scenario that extends the loaded one with changes (merged as ``extends`` does) and a title.

    Raises:
        InputError: the file isn't in the scenario's project, or can't be written.
    """
    if project_root_of(file) != loaded.project_root:
        raise InputError([_outside(file, loaded.project_root)])
    extends = Path(os.path.relpath(loaded.file, file.resolve().parent)).as_posix()
    document = {"extends": extends, "title": {"zh": title.zh, "en": title.en}, **changes}
    body = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {why.zh}\n# {why.en}\n{body}", encoding="utf-8", newline="\n")
    except OSError as refusal:
        raise InputError([_not_writable(file, refusal)]) from refusal


def title_with(loaded: LoadedScenario, words: Text) -> Text:
    """Return the scenario's title with what is changed behind it."""
    title = loaded.scenario.title
    return Text(f"{title.zh}：{words.zh}", f"{title.en}: {words.en}")


def _outside(file: Path, root: Path) -> Any:
    return error(
        "outside-project",
        Place(file=file),
        found=Text(f"{file.parent} 不在情景的项目之内", f"{file.parent} is not in the scenario's project"),
        allowed=Text(f"{root} 之内的文件夹", f"a folder inside {root}"),
        mend=Text(
            "在项目文件夹中运行，或用 --output 指定", "run it in the project's folder, or say --output"
        ),
    )


def _not_writable(file: Path, refusal: OSError) -> Any:
    return error(
        "study-not-writable",
        Place(file=file),
        found=Text(f"写不了这个文件：{refusal}", f"the file can't be written: {refusal}"),
        allowed=Text("可写的文件夹", "a folder that can be written"),
        mend=Text("用 --output 另指定", "say --output"),
    )

"""YAML with a comment over each part, in both languages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import yaml

from siteplan.text import Text

WIDTH = 110


class Part(NamedTuple):
    """Entries below one top key, and why they are there."""

    key: str
    why: Text
    entries: Any


def commented_yaml(why: Text, head: Mapping[str, Any], parts: Iterable[Part]) -> str:
    """Return a document: its comment and head, then the parts; parts of one key stand together."""
    text = [_comment(why), _dumped(head)]
    for key, group in groupby(parts, key=lambda part: part.key):
        below = list(group)
        if len(below) == 1:
            text += ["\n", _comment(below[0].why), _dumped({key: below[0].entries})]
            continue
        text.append(f"\n{key}:\n")
        text += [textwrap.indent(_comment(part.why) + _dumped(part.entries), "  ") for part in below]
    return "".join(text)


def _comment(why: Text) -> str:
    lines = [line for half in (why.zh, why.en) for line in textwrap.wrap(half, WIDTH)]
    return "".join(f"# {line}\n" for line in lines)


def _dumped(content: object) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)

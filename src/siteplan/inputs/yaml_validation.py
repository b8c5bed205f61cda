"""Turning YAML data into an input type, and every fault on the way into a finding with its line.

pydantic finds all faults at once; here each gets its file, line and dotted path, what was found, what is
allowed and how to mend it, in both languages. Misspelt keys get the key that was probably meant.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from siteplan.findings import Finding, InputError, InvalidValueError, Place, YamlPath, error, nearest_place
from siteplan.inputs.yaml_source import YamlDocument, closest
from siteplan.scenario import LEVELS_TAG, WEIGHED_TAG
from siteplan.text import Text

Shape = TypeVar("Shape")

LONGEST_QUOTE = 60
"""Characters of a wrong value that a finding quotes."""

KEY_MARK = "[key]"
"""pydantic's last step in the location of a mapping's wrong key."""
MARKS = frozenset({KEY_MARK, LEVELS_TAG, WEIGHED_TAG})
"""Steps of pydantic's locations that are no steps of the YAML."""


def validated(
    document: YamlDocument, shape: type[Shape], further_keys: Mapping[YamlPath, Iterable[str]] | None = None
) -> Shape:
    """Return the data of ``document`` as ``shape``: a pydantic model, or a mapping or list of such.

    ``further_keys`` names, by the path of the mapping, keys that the reader takes out beforehand (such as
    ``extends``), so that they can be suggested.

    Raises:
        InputError: with all faults, among them unknown keys that were only stated to be removed by ``null``.
    """
    further = {path: tuple(keys) for path, keys in (further_keys or {}).items()}
    findings = _unknown_removals(document, shape, further)
    adapter = TypeAdapter(shape)
    try:
        value: Shape = adapter.validate_python(document.data)
    except ValidationError as faults:
        findings += [_finding(fault, document, shape, further) for fault in faults.errors(include_url=False)]
    if findings:
        raise InputError(sorted(findings, key=_in_reading_order))
    return value


def _in_reading_order(finding: Finding) -> tuple[str, int]:
    return str(finding.place.file), finding.place.line or 0


def _unknown_removals(
    document: YamlDocument, shape: object, further: Mapping[YamlPath, tuple[str, ...]]
) -> list[Finding]:
    findings = []
    for path in document.removed:
        keys = _known_keys(shape, path[:-1])
        if keys is not None and path[-1] not in keys:
            place = nearest_place(document.removed, path)
            findings.append(unknown_key(str(path[-1]), (*keys, *further.get(path[:-1], ())), place))
    return findings


def unknown_key(key: str, known: Iterable[str], place: Place) -> Finding:
    """Return the finding that ``key`` is none of ``known``, with the one that was probably meant."""
    names = list(known)
    near = closest(key, names)
    return error(
        "unknown-key",
        place,
        found=Text(f"没有“{key}”这个名称", f"there is no key `{key}` here"),
        allowed=Text("、".join(names), ", ".join(names)),
        mend=Text(f"是不是 {near}？", f"did you mean `{near}`?")
        if near
        else Text("改成允许的名称，或删去这一项", "use an allowed key, or delete the entry"),
    )


# --- one fault ----------------------------------------------------------------------------------------


def _finding(
    fault: ErrorDetails,
    document: YamlDocument,
    shape: object,
    further: Mapping[YamlPath, tuple[str, ...]],
) -> Finding:
    reason = fault.get("ctx", {}).get("error")
    refusal = reason if isinstance(reason, InvalidValueError) else None
    path = (*(step for step in fault["loc"] if step not in MARKS), *(refusal.path if refusal else ()))
    place = document.place_of(path)
    if fault["type"] == "extra_forbidden":
        keys = _known_keys(shape, path[:-1]) or ()
        return unknown_key(str(path[-1]), (*keys, *further.get(path[:-1], ())), place)
    if fault["type"] == "missing":
        return _missing_key(str(path[-1]), shape, path, place)
    allowed = _allowed(fault)
    about_a_key = fault["loc"][-1:] == (KEY_MARK,)
    return error(
        "wrong-key" if about_a_key else "wrong-value",
        place,
        found=(refusal.found if refusal else None) or _quoted(fault["input"]),
        allowed=allowed,
        mend=(refusal.mend if refusal else None) or _mend(fault, allowed),
    )


def _missing_key(key: str, shape: object, path: YamlPath, place: Place) -> Finding:
    inner = _known_keys(shape, path)
    hint = f"{key}: {{{', '.join(f'{name}: …' for name in inner[:4])}}}" if inner else f"{key}: …"
    return error(
        "missing-key",
        place,
        found=Text(f"缺少“{key}”", f"`{key}` is missing"),
        allowed=Text("这一项必须写明", "it must be stated"),
        mend=Text(f"补上 {hint}", f"add {hint}"),
    )


def _quoted(value: object) -> Text:
    if isinstance(value, Mapping):
        return Text("一组“名称: 值”", "a mapping of names and values")
    if value is None:
        return Text("没有写值", "no value")
    words = json.dumps(value, ensure_ascii=False, default=str)
    return Text.same(words if len(words) <= LONGEST_QUOTE else words[:LONGEST_QUOTE] + "…")


def _mend(fault: ErrorDetails, allowed: Text) -> Text:
    near = closest(str(fault["input"]), _options(fault.get("ctx", {})))
    if near:
        return Text(f"是不是 {near}？", f"did you mean `{near}`?")
    return Text(f"改为：{allowed.zh}", f"change it to: {allowed.en}")


def _bound(zh: str, en: str, key: str) -> Callable[[Mapping[str, Any]], Text]:
    return lambda context: Text(f"{zh} {context[key]}", f"{en} {context[key]}")


def _always(zh: str, en: str) -> Callable[[Mapping[str, Any]], Text]:
    return lambda context: Text(zh, en)


def _one_of(context: Mapping[str, Any]) -> Text:
    options = _options(context)
    return Text(f"以下之一：{'、'.join(options)}", f"one of {', '.join(options)}")


def _options(context: Mapping[str, Any]) -> list[str]:
    """Return the choices of an enumeration or literal, which pydantic quotes in one string."""
    return re.findall(r"'([^']*)'", str(context.get("expected", "")))


_NUMBER = _always("一个数", "a number")
_WHOLE_NUMBER = _always("一个整数", "a whole number")
_YES_OR_NO = _always("true（是）或 false（否）", "true or false")
_WORDS = _always("一段文字（数字要加引号）", "text (a number in quotes)")
_MAPPING = _always("下级的“名称: 值”，缩进两个空格", "entries `name: value` below it, indented by two spaces")
_LIST = _always("方括号里的列表，如 [2027, 2028]", "a list in brackets, such as [2027, 2028]")

ALLOWED: dict[str, Callable[[Mapping[str, Any]], Text]] = {
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _always("一个有限的数", "a finite number"),
    "int_parsing": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "bool_parsing": _YES_OR_NO,
    "bool_type": _YES_OR_NO,
    "string_type": _WORDS,
    "string_too_short": _always("不能为空的文字", "text that is not empty"),
    "string_pattern_mismatch": _bound("符合格式", "text of the form", "pattern"),
    "enum": _one_of,
    "literal_error": _one_of,
    "greater_than": _bound("大于", "above", "gt"),
    "greater_than_equal": _bound("不小于", "at least", "ge"),
    "less_than": _bound("小于", "below", "lt"),
    "less_than_equal": _bound("不大于", "at most", "le"),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "tuple_type": _LIST,
    "too_short": _bound("列表项数不少于", "a list of at least this many items:", "min_length"),
    "too_long": _bound("列表项数不多于", "a list of at most this many items:", "max_length"),
}
"""What is allowed, by pydantic's type of fault."""


def _allowed(fault: ErrorDetails) -> Text:
    context = fault.get("ctx", {})
    reason = context.get("error")
    if isinstance(reason, InvalidValueError):
        return reason.allowed
    describe = ALLOWED.get(fault["type"])
    return describe(context) if describe is not None else Text(f"合规的值（{fault['msg']}）", fault["msg"])


# --- the input type -----------------------------------------------------------------------------------


def _known_keys(shape: object, path: YamlPath) -> tuple[str, ...] | None:
    """Return the keys that the mapping at ``path`` of ``shape`` may have; None: not fixed."""
    for step in path:
        shape = _inside(_plain(shape), step)
    shape = _plain(shape)
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return tuple(shape.model_fields)
    arguments = typing.get_args(shape)
    if typing.get_origin(shape) is dict and isinstance(arguments[0], type) and issubclass(arguments[0], Enum):
        return tuple(str(member.value) for member in arguments[0])
    return None


def _inside(shape: object, step: str | int) -> object:
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        field = shape.model_fields.get(str(step))
        return field.annotation if field is not None else None
    arguments = typing.get_args(shape)
    if typing.get_origin(shape) is dict:
        return arguments[1]
    return arguments[0] if arguments else None


def _plain(shape: object) -> object:
    """Return the annotation without ``Annotated`` and ``| None``; of several the one with keys."""
    origin = typing.get_origin(shape)
    if origin is typing.Annotated:
        return _plain(typing.get_args(shape)[0])
    if origin in (types.UnionType, typing.Union):
        parts = [_plain(part) for part in typing.get_args(shape) if part is not type(None)]
        models = (part for part in parts if isinstance(part, type) and issubclass(part, BaseModel))
        return next(models, parts[0])
    return shape

"""The text of one cell turned into the value its column holds, or a fault that teaches."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from siteplan.inputs.columns import CellKind, Column
from siteplan.text import Text

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MANGLED_CODE = re.compile(r"\d+(\.\d+)?[eE]\+\d+|\d{4,}\.0+", re.ASCII)
_SEPARATORS = re.compile(r"[;；、\n]")
_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "y", "1", "是", "有"), True),
    **dict.fromkeys(("false", "no", "n", "0", "否", "无"), False),
}


class CellError(Exception):
    """A cell that can't be read: a stable code, what was found, what is allowed and how to mend it."""

    def __init__(self, code: str, *, found: Text, allowed: Text, mend: Text) -> None:
        super().__init__(found.en)
        self.code = code
        self.found = found
        self.allowed = allowed
        self.mend = mend


def read_cell(cell: str, column: Column, function_names: Mapping[str, str]) -> Any:
    """Return the value of a cell that isn't empty; ``function_names`` leads from names to function keys.

    Numbers are finite; functions are keys; other constraints are left to the row type.

    Raises:
        CellError: the text isn't a value of the column's kind.
    """
    if column.kind in _PLAIN_READERS:
        return _PLAIN_READERS[column.kind](cell)
    if column.kind is CellKind.CHOICE:
        return _choice(cell, column)
    if column.kind is CellKind.FUNCTIONS:
        return _functions(cell, function_names)
    return _function_areas(cell, function_names)


def empty_value(column: Column) -> Any:
    """Return what an empty cell of a column that may be empty means."""
    if not column.required:
        return column.default
    return {} if column.kind is CellKind.FUNCTION_AREAS else ()


def suggestion(word: str, known: Mapping[str, str]) -> Text | None:
    """Return "did you mean …" for the known word nearest to ``word`` (``known``: word → how to show it)."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if not near:
        return None
    shown = known[near[0]]
    return Text(zh=f"是否想写“{shown}”？", en=f"did you mean {shown!r}?")


def _found(cell: str) -> Text:
    shown = cell if len(cell) <= 60 else f"{cell[:60]}…"
    return Text(zh=f"“{shown}”", en=repr(shown))


def _code(cell: str) -> str:
    if _MANGLED_CODE.fullmatch(cell):
        raise CellError(
            "mangled-code",
            found=_found(cell),
            allowed=Text(zh="完整的代码，不能是数值", en="the code in full, not a number"),
            mend=Text(
                zh="电子表格把代码当成了数值：先把该列设为“文本”格式，再重新填写代码并保存",
                en="a spreadsheet took the code for a number: format the column as text, "
                "enter the codes again and save",
            ),
        )
    return cell


def _number(cell: str) -> float:
    if _NUMBER.fullmatch(cell) and math.isfinite(float(cell)):
        return float(cell)
    raise CellError(
        "not-a-number",
        found=_found(cell),
        allowed=Text(zh="数字，例如 1300 或 34.1625", en="a number such as 1300 or 34.1625"),
        mend=Text(
            zh="只写数字：不加单位、千位分隔符，小数点用“.”",
            en="write digits alone: no unit, no thousands separator, the decimal mark is '.'",
        ),
    )


def _integer(cell: str) -> int:
    if _NUMBER.fullmatch(cell) and math.isfinite(float(cell)) and float(cell).is_integer():
        return int(float(cell))
    raise CellError(
        "not-a-whole-number",
        found=_found(cell),
        allowed=Text(zh="整数，例如 3 或 2027", en="a whole number such as 3 or 2027"),
        mend=Text(zh="只写整数，不加“年”“层”等字", en="write a whole number without words or units"),
    )


def _boolean(cell: str) -> bool:
    value = _BOOLEANS.get(cell.casefold())
    if value is None:
        raise CellError(
            "not-yes-or-no",
            found=_found(cell),
            allowed=Text(
                zh="是/否、有/无、true/false、yes/no、1/0", en="true/false, yes/no, 1/0, 是/否, 有/无"
            ),
            mend=Text(zh="改为其中之一", en="write one of these"),
        )
    return value


def _choice(cell: str, column: Column) -> str:
    assert column.choice is not None
    labels: dict[str, str] = {member.value: label for member, label in column.choice.labels().items()}
    key = cell.casefold().replace(" ", "_").replace("-", "_")
    if key in labels:
        return key
    for value, label in labels.items():
        if cell == label:
            return value
    known = {**{value: value for value in labels}, **{label: label for label in labels.values()}}
    raise CellError(
        "unknown-value",
        found=_found(cell),
        allowed=Text(
            zh="、".join(f"{label}（{value}）" for value, label in labels.items()),
            en=", ".join(f"{value} ({label})" for value, label in labels.items()),
        ),
        mend=suggestion(key, known)
        or suggestion(cell, known)
        or Text(zh="改为其中之一", en="write one of these"),
    )


def _codes(cell: str) -> tuple[str, ...]:
    return tuple(_code(part) for part in _parts(cell))


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in _SEPARATORS.split(cell) if part.strip()]


def _functions(cell: str, function_names: Mapping[str, str]) -> tuple[str, ...]:
    keys = [_function(part, function_names) for part in _parts(cell)]
    _refuse_repeats(keys)
    return tuple(keys)


def _function(name: str, function_names: Mapping[str, str]) -> str:
    key = function_names.get(name) or function_names.get(name.casefold())
    if key is None:
        raise CellError(
            "unknown-function",
            found=_found(name),
            allowed=_function_choice(function_names),
            mend=suggestion(name, {known: known for known in function_names})
            or Text(
                zh="改为上列功能之一，多个功能用“；”分隔", en="write one of these; separate several with ';'"
            ),
        )
    return key


def _function_choice(function_names: Mapping[str, str]) -> Text:
    names_of: dict[str, list[str]] = {}
    for name, key in function_names.items():
        names_of.setdefault(key, []).append(name)
    shown = {
        key: next((name for name in names if not name.isascii()), key) for key, names in names_of.items()
    }
    return Text(
        zh="、".join(f"{name}（{key}）" for key, name in shown.items()),
        en=", ".join(f"{key} ({name})" for key, name in shown.items()),
    )


def _function_areas(cell: str, function_names: Mapping[str, str]) -> dict[str, float]:
    areas: list[tuple[str, float]] = []
    for part in _parts(cell):
        name, _, area = re.sub(r"[＝:：]", "=", part).partition("=")
        areas.append((_function(name.strip(), function_names), _area(part, area.strip())))
    _refuse_repeats([key for key, _ in areas])
    return dict(areas)


def _area(part: str, area: str) -> float:
    if _NUMBER.fullmatch(area) and 0 < float(area) < math.inf:
        return float(area)
    raise CellError(
        "not-a-function-area",
        found=_found(part),
        allowed=Text(
            zh="功能=使用面积（大于 0 的平方米数），例如 养老服务=120；社区助餐=80",
            en="function=usable m² (above 0), for example elderly_care=120; community_meals=80",
        ),
        mend=Text(
            zh="为每个功能写上面积，只写数字", en="give each function its area, in digits without a unit"
        ),
    )


def _refuse_repeats(keys: list[str]) -> None:
    for number, key in enumerate(keys):
        if key in keys[:number]:
            raise CellError(
                "repeated-function",
                found=Text(zh=f"“{key}”出现多次", en=f"{key!r} more than once"),
                allowed=Text(zh="每个功能只写一次", en="each function once"),
                mend=Text(zh="删去重复的功能，或把面积合并", en="remove the repetition, or add the areas up"),
            )


_PLAIN_READERS: Mapping[CellKind, Callable[[str], Any]] = {
    CellKind.TEXT: str,
    CellKind.CODE: _code,
    CellKind.NUMBER: _number,
    CellKind.INTEGER: _integer,
    CellKind.BOOLEAN: _boolean,
    CellKind.CODES: _codes,
}
"""Readers of the kinds whose cells need nothing but their text."""

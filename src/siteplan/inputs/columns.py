"""What the columns of a table are, as its row type declares them; readers and the data dictionary use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from siteplan.case import CellList, Choice, Row


class CellKind(StrEnum):
    """What the text of a cell means."""

    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    FUNCTIONS = "functions"
    FUNCTION_AREAS = "function_areas"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: names, meaning, unit, and what its cells hold.

    ``required``: the column must be there. ``may_be_empty``: a cell of it may be left empty, which means
    ``default``.
    """

    name: str
    zh: str
    description: str
    unit: str
    kind: CellKind
    choice: type[Choice] | None
    required: bool
    default: Any

    @property
    def may_be_empty(self) -> bool:
        """Whether a cell may be left empty."""
        return not self.required or self.kind in (CellKind.FUNCTIONS, CellKind.FUNCTION_AREAS, CellKind.CODES)


@cache
def columns_of(row_type: type[Row]) -> tuple[Column, ...]:
    """Return the columns of a table in the order of its row type; ``place`` is not a column."""
    return tuple(
        _column(name, field) for name, field in row_type.model_fields.items() if name not in Row.model_fields
    )


def _column(name: str, field: FieldInfo) -> Column:
    declared: Any = field.json_schema_extra
    value_type = _without_none(field.annotation)
    is_choice = isinstance(value_type, type) and issubclass(value_type, Choice)
    return Column(
        name=name,
        zh=declared["zh"],
        description=field.description or "",
        unit=declared["unit"],
        kind=CellKind.CHOICE if is_choice else _kind(name, value_type, field),
        choice=value_type if is_choice else None,
        required=field.is_required(),
        default=None if field.is_required() else field.get_default(),
    )


def _kind(name: str, value_type: Any, field: FieldInfo) -> CellKind:
    for listed in _listed(field):
        return CellKind.FUNCTIONS if listed is CellList.FUNCTIONS else CellKind.CODES
    if value_type is str:
        return CellKind.CODE if name.endswith(("_code", "_id")) else CellKind.TEXT
    if get_origin(value_type) is dict:
        return CellKind.FUNCTION_AREAS
    return {float: CellKind.NUMBER, int: CellKind.INTEGER, bool: CellKind.BOOLEAN}[value_type]


def _listed(field: FieldInfo) -> Iterator[CellList]:
    return (item for item in field.metadata if isinstance(item, CellList))


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        return next(part for part in get_args(annotation) if part is not NoneType)
    return annotation

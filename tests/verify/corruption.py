"""Random corruptions of a result folder: a leaf changed, a row lost or doubled, ids or years swapped.

`corrupted` makes one from a seed and says what it did. Two folders *say the same* where they differ only in
the order of rows or by less than what verification tolerates; everything else is a claim, but for

- the words of ``excluded_sites[].reason_*`` (that and where something is excluded is a claim, and so is the
  name of an exclusion zone; how a reason is worded is not), and how a site's functions are shared out among
  entries of the same reason;
- rows of ``assignments.csv`` for fewer persons than the cells' rounding leaves over;
- ``note`` of the GeoJSON layers: a sentence on illustrative data; whether they are is a claim.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from siteplan.verify.assignments import REMAINDER_PERSONS
from siteplan.verify.verification import Results

NOT_CLAIMS = frozenset({"reason_zh", "reason_en", "note"})
DOCUMENTS = ("plan", "sites", "coverage", "run", "assignments", "money")
Path = tuple[Any, ...]


@dataclass(frozen=True)
class Corruption:
    """Changed results, and what was changed."""

    results: Results
    told: str


def corrupted(results: Results, seed: int) -> Corruption | None:
    """Return the results with one random corruption, None where the draw changes no claim."""
    dice = random.Random(seed)
    name = dice.choice(DOCUMENTS) if dice.random() < 0.6 else "plan"
    document: Any = getattr(results, name)
    original = (
        json.loads(document)
        if name == "plan"
        else [dict(row) for row in document]
        if name
        in (
            "assignments",
            "money",
        )
        else document
    )
    changed = copy.deepcopy(original)
    told = dice.choice(MUTATIONS)(changed, dice)
    if told is None or _same(original, changed):
        return None
    content: Any = json.dumps(changed, ensure_ascii=False) if name == "plan" else changed
    return Corruption(replace(results, **dict[str, Any]({name: content})), f"{name}: {told}")


def change_leaf(document: Any, dice: random.Random) -> str | None:
    """Give a leaf another value: one that stands elsewhere under the same name, or a new one."""
    leaves = [path for path in _leaves(document) if path and path[-1] not in NOT_CLAIMS]
    if not leaves:
        return None
    path = dice.choice(leaves)
    before = _at(document, path)
    elsewhere = [_at(document, other) for other in leaves if _name(other) == _name(path)]
    after = dice.choice([*_others(before), dice.choice(elsewhere)])
    _put(document, path, after)
    return f"{path}: {before!r} becomes {after!r}"


def drop_row(document: Any, dice: random.Random) -> str | None:
    """Leave a row of a table out."""
    return _on_row(document, dice, lambda rows, number: rows.pop(number), "is dropped")


def double_row(document: Any, dice: random.Random) -> str | None:
    """Let a row stand twice."""
    return _on_row(document, dice, lambda rows, number: rows.append(copy.deepcopy(rows[number])), "twice")


def add_row(document: Any, dice: random.Random) -> str | None:
    """Add a row like another, with one leaf changed."""

    def add(rows: list[Any], number: int) -> None:
        row = copy.deepcopy(rows[number])
        change_leaf(row, dice)
        rows.append(row)

    return _on_row(document, dice, add, "is added, changed")


def drop_member(document: Any, dice: random.Random) -> str | None:
    """Leave a member of an object out."""
    paths = [path for path in _leaves(document) if isinstance(path[-1], str) and path[-1] not in NOT_CLAIMS]
    if not paths:
        return None
    path = dice.choice(paths)
    del _at(document, path[:-1])[path[-1]]
    return f"{path} is dropped"


def swap_leaves(document: Any, dice: random.Random) -> str | None:
    """Exchange two values of the same name, such as the ids or the years of two rows."""
    leaves = [path for path in _leaves(document) if path[-1] not in NOT_CLAIMS]
    path = dice.choice(leaves) if leaves else ()
    alike = [other for other in leaves if _name(other) == _name(path)]
    if not alike:
        return None
    other = dice.choice(alike)
    one, two = _at(document, path), _at(document, other)
    _put(document, path, two)
    _put(document, other, one)
    return f"{path} = {one!r} and {other} = {two!r} are swapped"


def swap_everywhere(document: Any, dice: random.Random) -> str | None:
    """Exchange two ids, or two years, wherever they stand in the document."""
    name = dice.choice(["site_id", "demand_id", "year", "function", "community_code"])
    found = {str(_at(document, path)) for path in _leaves(document) if path[-1] == name}
    if len(found) < 2:
        return None
    one, two = dice.sample(sorted(found), 2)
    exchanged = _renamed(document, {one: two, two: one})
    document.clear()
    document.update(exchanged) if isinstance(document, dict) else document.extend(exchanged)
    return f"{one} and {two} are swapped everywhere"


MUTATIONS: tuple[Callable[[Any, random.Random], str | None], ...] = (
    change_leaf,
    change_leaf,
    change_leaf,
    drop_row,
    double_row,
    add_row,
    drop_member,
    swap_leaves,
    swap_leaves,
    swap_everywhere,
)


def _on_row(
    document: Any, dice: random.Random, change: Callable[[list[Any], int], Any], told: str
) -> str | None:
    tables = list(_tables(document, ()))
    if not tables:
        return None
    path = dice.choice(tables)
    rows = _at(document, path)
    number = dice.randrange(len(rows))
    change(rows, number)
    return f"row {number} of {path} {told}"


def _tables(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, list) and value:
        yield path
    for key, child in _members(value):
        yield from _tables(child, (*path, key))


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    members = _members(value)
    if not members and path:
        yield path
    for key, child in members:
        yield from _leaves(child, (*path, key))


def _members(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _put(document: Any, path: Path, value: Any) -> None:
    _at(document, path[:-1])[path[-1]] = value


def _name(path: Path) -> Path:
    """Return the name of a leaf's column: its path without numbers of rows and years."""
    return tuple(part for part in path if isinstance(part, str) and not part.isdigit())


def _others(value: Any) -> list[Any]:
    """Return values that mean something else."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, None]
    if isinstance(value, float):
        return [1.5 * value + 3.0, 0.0, -value, value + 5.0, None]
    if isinstance(value, str):
        return [value + "x", "", *_other_numbers(value)]
    return [7.0, "x"] if value is None else [["x"]]


def _other_numbers(cell: str) -> list[str]:
    """Return other numbers for a cell of a table that holds one."""
    try:
        number = float(cell)
    except ValueError:
        return []
    return [f"{1.5 * number + 3.0:.12g}", f"{number + 5.0:.12g}", "0"]


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(child, names) for key, child in value.items()}
    if isinstance(value, list):
        return [_renamed(child, names) for child in value]
    new = names.get(str(value), value) if not isinstance(value, float) else value
    return int(new) if isinstance(value, int) and not isinstance(value, bool) else new


def _same(one: Any, other: Any) -> bool:
    """Return whether two documents say the same, but for order and what is tolerated."""
    return bool(_canonical(one) == _canonical(other))


def _canonical(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _canonical(child, str(key)) for key, child in value.items() if key not in NOT_CLAIMS}
    if isinstance(value, list):
        members = [_canonical(child, name) for child in value if not _is_remainder(child)]
        is_row = name not in ("levels", "years", "coordinates")
        return sorted(members, key=lambda member: json.dumps(member, sort_keys=True)) if is_row else members
    if isinstance(value, float):
        return (
            round(value / 2.0) if name.endswith("_cny") or abs(value) > 1e6 else float(f"{value:.5g}") + 0.0
        )
    return value


def _is_remainder(row: Any) -> bool:
    """Return whether it is a row of ``assignments.csv`` for nobody but what rounding leaves."""
    persons = row.get("persons") if isinstance(row, dict) else None
    try:
        return isinstance(persons, str) and abs(float(persons)) <= REMAINDER_PERSONS
    except ValueError:
        return False

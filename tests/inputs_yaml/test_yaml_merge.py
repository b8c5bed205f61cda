"""Merging what a scenario changes into the one it extends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from siteplan.findings import Place, YamlPath
from siteplan.inputs.yaml_merge import merged, without_nulls
from siteplan.inputs.yaml_source import YamlDocument

KEYS = st.sampled_from(["a", "b", "c", "2027"])
LEAVES = st.none() | st.integers(0, 9) | st.lists(st.integers(0, 9) | st.none(), max_size=2)
MAPPINGS = st.recursive(
    st.dictionaries(KEYS, LEAVES, max_size=3),
    lambda inner: st.dictionaries(KEYS, LEAVES | inner, max_size=3),
    max_leaves=12,
)


def document(name: str, data: dict[str, Any]) -> YamlDocument:
    """A document with every entry stated in the file ``name``."""
    places = {path: Place(file=Path(name)) for path in paths_in(data)}
    return YamlDocument(Path(name), data, places)


def oracle(base: Any, change: Any) -> Any:
    """RFC 7396, section 2, word for word."""
    if not isinstance(change, dict):
        return change
    target = dict(base) if isinstance(base, dict) else {}
    for key, value in change.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = oracle(target.get(key), value)
    return target


def paths_in(value: Any, path: YamlPath = ()) -> set[YamlPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path}.union(*(paths_in(item, (*path, key)) for key, item in items))


def at(data: Any, path: YamlPath) -> Any:
    for step in path:
        data = data[step]
    return data


@given(MAPPINGS, MAPPINGS)
def test_merging_is_json_merge_patch(base: dict[str, Any], change: dict[str, Any]) -> None:
    """Mappings merge deep, lists and values replace, null removes: exactly RFC 7396."""
    joined = merged(without_nulls(document("base", base)), document("change", change))
    assert joined.data == oracle(oracle({}, base), change)


@given(MAPPINGS, MAPPINGS)
def test_every_entry_has_the_place_of_the_file_that_stated_it_last(
    base: dict[str, Any], change: dict[str, Any]
) -> None:
    """Places cover the merged entries and nothing else; a leaf's file is the one whose value it has."""
    joined = merged(without_nulls(document("base", base)), document("change", change))
    assert set(joined.places) == paths_in(joined.data)
    for path, place in joined.places.items():
        assert place.file is not None
        source = base if place.file.name == "base" else change
        value = at(joined.data, path)
        if not isinstance(value, dict):
            assert at(source, path) == value


@given(MAPPINGS)
def test_merging_a_file_with_itself_changes_nothing(data: dict[str, Any]) -> None:
    """A scenario that repeats what it extends is that scenario."""
    once = without_nulls(document("base", data))
    assert merged(once, document("base", data)).data == once.data


def test_an_overridden_entry_keeps_its_position() -> None:
    """The order of funding sources is that of the base, whatever a change touches."""
    joined = merged(document("base", {"a": 1, "b": 2}), document("change", {"a": 3}))
    assert list(joined.data) == ["a", "b"]

"""What a scenario file changes in the one it extends, and which file each entry then comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from siteplan.findings import Place, YamlPath
from siteplan.inputs.yaml_source import YamlDocument


def merged(base: YamlDocument, change: YamlDocument) -> YamlDocument:
    """Return ``base`` with ``change`` on top: mappings merge deep, the rest replaces, ``null`` removes.

    The rules are those of RFC 7396 (JSON merge patch), so no mapping of the result holds a ``null``.
    Every entry keeps the place of the file that stated it last.
    """
    merge = _Merge(base, change)
    data = merge.mappings((), base.data, change.data)
    return YamlDocument(change.file, data, merge.places, merge.removed)


def stated_in_code(file: Path, data: Mapping[str, Any]) -> YamlDocument:
    """Return entries that a program states instead of a file; ``file`` is the one that they change."""
    places = {path: Place(file=file, yaml_path=".".join(map(str, path))) for path in _paths_in((), data)}
    return YamlDocument(file, data, places)


def without_nulls(document: YamlDocument) -> YamlDocument:
    """Return a document that extends nothing, its ``null`` entries removed."""
    return merged(YamlDocument(document.file, {}, {}), document)


class _Merge:
    def __init__(self, base: YamlDocument, change: YamlDocument) -> None:
        self._stated = change.places
        self.places: dict[YamlPath, Place] = {**base.places, (): change.place_of(())}
        self.removed: dict[YamlPath, Place] = dict(base.removed)

    def mappings(self, path: YamlPath, base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
        result = dict(base)
        for key, value in change.items():
            here = (*path, key)
            old = result.get(key)
            if isinstance(value, Mapping) and isinstance(old, Mapping):
                self.places[here] = self._stated[here]
                result[key] = self.mappings(here, old, value)
                continue
            self._forget(here, old)
            if value is None:
                self.removed[here] = self._stated[here]
                result.pop(key, None)
            elif isinstance(value, Mapping):
                self.places[here] = self._stated[here]
                result[key] = self.mappings(here, {}, value)
            else:
                self.places.update({inner: self._stated[inner] for inner in _paths_in(here, value)})
                result[key] = value
        return result

    def _forget(self, path: YamlPath, value: object) -> None:
        for inner in _paths_in(path, value):
            self.places.pop(inner, None)


def _paths_in(path: YamlPath, value: object) -> Iterator[YamlPath]:
    """Yield the path of ``value`` and those of everything inside it."""
    yield path
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _paths_in((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths_in((*path, index), item)

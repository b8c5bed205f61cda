"""The mapping file of the one-map delivery: which layers and fields, under which names.

A bureau edits a copy; the shipped one is `SHIPPED_MAPPING`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from siteplan.findings import Finding, Place, YamlPath, error, raise_errors
from siteplan.inputs.yaml_source import YamlDocument, read_yaml
from siteplan.inputs.yaml_validation import unknown_key, validated
from siteplan.publish.gis.layers import Layer
from siteplan.text import Text

SHIPPED_MAPPING = Path(__file__).with_name("onemap.yaml")

REMARK = "remark"
"""The column that says of each record what must be said of it."""

LONGEST_TEXT = 254
"""Bytes of a text field of a Shapefile, the most that its table format has."""


class FieldType(StrEnum):
    """Type of a field."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"


class MappingModel(BaseModel):
    """Base of everything in the mapping file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MappedField(MappingModel):
    """A field. ``column`` None: the bureau assigns it, it stays empty unless its identifiers are given.

    ``length`` counts characters. ``unique``: no two identifiers of the bureau are the same.
    """

    field: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,9}$")]
    alias: Annotated[str, Field(min_length=1)]
    type: FieldType
    length: Annotated[int | None, Field(ge=1, le=LONGEST_TEXT)] = None
    column: str | None = None
    required: bool = False
    unique: bool = False


class MappedLayer(MappingModel):
    """A layer: its name in files, its Chinese name and its fields in order."""

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,29}$")]
    alias: Annotated[str, Field(min_length=1)]
    fields: Annotated[tuple[MappedField, ...], Field(min_length=1)]


class OneMapMapping(MappingModel):
    """Layers to deliver, by siteplan's name of each."""

    layers: Annotated[dict[str, MappedLayer], Field(min_length=1)]


LAYER_KEYS = (
    "existing_facilities",
    "planned_facilities",
    "functions",
    "service_areas",
    "coverage_points",
    "coverage_areas",
    "roads",
)


def read_mapping(file: Path, layers: Sequence[Layer]) -> OneMapMapping:
    """Read a mapping for the layers of a plan.

    Raises:
        InputError: with every fault: no YAML, unknown or missing keys, unknown layers or columns, a name
            given twice, a text without length, a layer without a remark.
    """
    document = read_yaml(file)
    mapping = validated(document, OneMapMapping)
    raise_errors(_faults(mapping, {layer.key: layer for layer in layers}, document))
    return mapping


def _faults(mapping: OneMapMapping, layers: dict[str, Layer], document: YamlDocument) -> Iterator[Finding]:
    names: dict[str, str] = {}
    for key, mapped in mapping.layers.items():
        path: YamlPath = ("layers", key)
        if key not in LAYER_KEYS:
            yield unknown_key(key, LAYER_KEYS, document.place_of(path))
            continue
        if mapped.name in names:
            yield _twice(mapped.name, document.place_of((*path, "name")))
        names[mapped.name] = key
        yield from _faults_of_fields(mapped, layers.get(key), path, document)


def _faults_of_fields(
    mapped: MappedLayer, layer: Layer | None, path: YamlPath, document: YamlDocument
) -> Iterator[Finding]:
    names: set[str] = set()
    for number, field in enumerate(mapped.fields):
        here: YamlPath = (*path, "fields", number)
        if field.field in names:
            yield _twice(field.field, document.place_of((*here, "field")))
        names.add(field.field)
        if field.alias in names:
            yield _twice(field.alias, document.place_of((*here, "alias")))
        names.add(field.alias)
        if field.type is FieldType.TEXT and field.length is None:
            yield _no_length(field.field, document.place_of(here))
        columns = [REMARK, *layer.features[0].properties] if layer is not None else []
        if columns and field.column is not None and field.column not in columns:
            yield unknown_key(field.column, columns, document.place_of((*here, "column")))
    if not any(field.column == REMARK and field.type is FieldType.TEXT for field in mapped.fields):
        yield error(
            "onemap-no-remark",
            document.place_of((*path, "fields")),
            found=Text("没有备注字段", "there is no field for remarks"),
            allowed=Text("每个图层有一个 column: remark 的文本字段", "a text field with `column: remark`"),
            mend=Text(
                "补上 {field: BZ, alias: 备注, type: text, length: 254, column: remark}",
                "add {field: BZ, alias: 备注, type: text, length: 254, column: remark}",
            ),
        )


def _twice(name: str, place: Place) -> Finding:
    return error(
        "onemap-name-twice",
        place,
        found=Text(f"名称 {name} 用了两次", f"the name {name} is used twice"),
        allowed=Text(
            "图层名各不相同，图层内字段名各不相同", "layer names differ, and field names in a layer"
        ),
        mend=Text("改掉其中一个", "change one of them"),
    )


def _no_length(name: str, place: Place) -> Finding:
    return error(
        "onemap-no-length",
        place,
        found=Text(f"文本字段 {name} 没有长度", f"the text field {name} has no length"),
        allowed=Text(f"1 到 {LONGEST_TEXT}", f"1 to {LONGEST_TEXT}"),
        mend=Text("补上 length: …", "add `length: …`"),
    )

"""Layers as a mapping file wants them, and the checks before they are delivered.

One finding tells of all records of a layer that have the same fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from siteplan.findings import Finding, Place, error, warning
from siteplan.publish.gis.identifiers import FACILITY_LAYERS, Identifiers
from siteplan.publish.gis.layers import Feature, GeometryKind, Layer
from siteplan.publish.gis.mapping import (
    LONGEST_TEXT,
    REMARK,
    FieldType,
    MappedField,
    MappedLayer,
    OneMapMapping,
)
from siteplan.publish.gis.texts import cleaned, shortened
from siteplan.text import Text

Record = dict[str, Any]
Extent = tuple[float, float, float, float]

NAMED_RECORDS = 5
"""Records that a finding names; the others are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class DeliveredLayer:
    """A layer with its mapping: ``records`` have the mapped fields, in the order of the features."""

    source: Layer
    mapped: MappedLayer
    remark: str | None
    records: tuple[Record, ...]


def delivered_layers(
    layers: Sequence[Layer], mapping: OneMapMapping, remark: str | None, identifiers: Identifiers
) -> tuple[DeliveredLayer, ...]:
    """Return the layers that the mapping names, each record with that remark, facilities with identifiers."""
    delivered = []
    for layer in layers:
        mapped = mapping.layers.get(layer.key)
        if mapped is not None:
            assigned = identifiers.by_site if layer.key in FACILITY_LAYERS else {}
            records = tuple(_record(feature, mapped, remark, assigned) for feature in layer.features)
            delivered.append(DeliveredLayer(layer, mapped, remark, records))
    return tuple(delivered)


def _record(
    feature: Feature, mapped: MappedLayer, remark: str | None, assigned: Mapping[str, Mapping[str, str]]
) -> Record:
    columns = {**feature.properties, REMARK: remark}
    given = assigned.get(str(feature.properties.get("facility_id")), {})
    return {
        field.field: _value(columns.get(field.column) if field.column else given.get(field.field), field)
        for field in mapped.fields
    }


def _value(value: Any, field: MappedField) -> Any:
    if value is None or field.type is not FieldType.TEXT:
        return value
    return shortened(cleaned(str(value)), field.length, None) or None


def check_layers(layers: Sequence[DeliveredLayer], extent: Extent) -> list[Finding]:
    """Return what is wrong or suspicious: geometry, identity, place, types, mandatory and cut texts."""
    return [finding for layer in layers for finding in _check_layer(layer, extent)]


def _check_layer(layer: DeliveredLayer, extent: Extent) -> Iterator[Finding]:
    yield from _check_geometry(layer, extent)
    yield from _check_identity(layer)
    for field in layer.mapped.fields:
        yield from _check_field(layer, field)


def _check_geometry(layer: DeliveredLayer, extent: Extent) -> Iterator[Finding]:
    features, box = layer.source.features, shapely.box(*extent)
    shapely.prepare(box)
    kind = layer.source.kind.value
    faulty = [
        _name(layer, feature)
        for feature in features
        if feature.geometry.is_empty or feature.geometry.geom_type != kind or not feature.geometry.is_valid
    ]
    if faulty:
        found = Text(f"几何无效或为空：{_some(faulty)}", f"geometry invalid or empty: {_some(faulty)}")
        yield _refused("onemap-geometry", layer, None, found, Text("有效的几何", "valid geometries"))
    outside = [_name(layer, feature) for feature in features if not box.intersects(feature.geometry)]
    if outside:
        found = Text(f"在县域范围之外：{_some(outside)}", f"outside the county's extent: {_some(outside)}")
        allowed = Text("case.yaml 的 extent 之内", "inside the `extent` of case.yaml")
        yield _refused("onemap-outside", layer, None, found, allowed)
    provisional = {
        str(feature.properties["community_code"])
        for feature in features
        if feature.properties.get("code_provisional")
    }
    if provisional:
        codes = _some(sorted(provisional))
        found = Text(f"社区代码为暂定：{codes}", f"provisional community codes: {codes}")
        yield _suspicious("onemap-provisional-code", layer, None, found)


def _check_identity(layer: DeliveredLayer) -> Iterator[Finding]:
    counts = Counter(_name(layer, feature) for feature in layer.source.features)
    repeated = [name for name, times in counts.items() if times > 1]
    if repeated:
        found = Text(f"重复的记录：{_some(repeated)}", f"records repeated: {_some(repeated)}")
        yield _refused("onemap-repeated", layer, None, found, Text("每条一次", "each once"))
    if layer.source.kind is GeometryKind.POINT and layer.source.identity == ("facility_id",):
        places = Counter(feature.geometry.wkt for feature in layer.source.features)
        same = [_name(layer, one) for one in layer.source.features if places[one.geometry.wkt] > 1]
        if same:
            found = Text(f"位置相同的设施：{_some(same)}", f"facilities at the same place: {_some(same)}")
            yield _suspicious("onemap-same-place", layer, None, found)


def _check_field(layer: DeliveredLayer, field: MappedField) -> Iterator[Finding]:
    pairs = list(zip(layer.source.features, layer.records, strict=True))
    if field.required:
        empty = [_name(layer, feature) for feature, record in pairs if record[field.field] is None]
        if empty:
            found = Text(f"必填而空缺：{_some(empty)}", f"mandatory but empty: {_some(empty)}")
            yield _refused("onemap-empty", layer, field, found, Text("每条都有值", "a value in each record"))
    if field.type is not FieldType.TEXT:
        wrong = [_name(layer, feature) for feature, record in pairs if not _fits(record[field.field], field)]
        if wrong:
            found = Text(f"类型不符：{_some(wrong)}", f"of another type: {_some(wrong)}")
            allowed = Text("整数" if field.type is FieldType.INTEGER else "数", f"{field.type.value} numbers")
            yield _refused("onemap-type", layer, field, found, allowed)
        return
    cut = [_name(layer, feature) for feature, record in pairs if _is_cut(feature, record, field)]
    if cut:
        found = Text(f"文本超长，已截短：{_some(cut)}", f"texts too long, cut: {_some(cut)}")
        yield _suspicious("onemap-cut", layer, field, found)


def _fits(value: Any, field: MappedField) -> bool:
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return field.type is FieldType.REAL or value == int(value)


def _is_cut(feature: Feature, record: Record, field: MappedField) -> bool:
    whole, left = feature.properties.get(field.column or ""), record[field.field]
    if whole is None or left is None:
        return False
    return bool(cleaned(str(whole)) != shortened(left, None, LONGEST_TEXT))


def _name(layer: DeliveredLayer, feature: Feature) -> str:
    return " ".join(str(feature.properties[part]) for part in layer.source.identity)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED_RECORDS])
    return shown if len(names) <= NAMED_RECORDS else f"{shown} … ({len(names)})"


def _place(layer: DeliveredLayer, field: MappedField | None) -> Place:
    name = f"{layer.mapped.name} {layer.mapped.alias}"
    return Place(yaml_path=name if field is None else f"{name} {field.field} {field.alias}")


def _refused(
    code: str, layer: DeliveredLayer, field: MappedField | None, found: Text, allowed: Text
) -> Finding:
    mend = Text("改正输入表或字段映射后重新导出", "correct the tables or the mapping, and export again")
    return error(code, _place(layer, field), found=found, allowed=allowed, mend=mend)


def _suspicious(code: str, layer: DeliveredLayer, field: MappedField | None, found: Text) -> Finding:
    allowed = Text("可以报送，但请看一遍", "it can be delivered, but have a look")
    mend = Text("必要时改正输入表或字段映射", "correct the tables or the mapping where needed")
    return warning(code, _place(layer, field), found=found, allowed=allowed, mend=mend)

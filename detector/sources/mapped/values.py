"""Native columns to those of ours, as a map says: renamed, replaced, cut out, made."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from zhenzan.detector.sources.jsonlines import batch_of
from zhenzan.detector.sources.mapped.model import Column, Part
from zhenzan.detector.sources.mapped.paths import ABSENT, Place
from zhenzan.detector.sources.plain import is_bytes, names_something, plain, spelled, texts_of

__all__ = ["counted_apart", "filled", "from_columns", "from_records"]

_ID_BYTES: Final = 16
_NO_PARENT: Final = ("0", "0.0", "root", "none", "null", "None", "-1")


def from_columns(part: Part, data: pa.RecordBatch) -> pa.RecordBatch:
    """Raw values of the part's columns from a table; `""` counts as missing."""
    arrays: dict[str, pa.Array] = {}
    for name, column in part.columns.items():
        if column.digest:
            arrays[name] = _digests([_native(data, place) for place in column.digest])
            continue
        there = [found for p in column.places if (found := _native(data, p)) is not None]
        if there:
            arrays[name] = _first([_of_bytes(name, values) for values in there])
    return _batch(arrays, data.num_rows)


def from_records(part: Part, records: Sequence[tuple[Any, Any, Any]]) -> pa.RecordBatch:
    """The same from JSON records, each with the page and the record around it."""
    rows = [
        {name: _picked(column, record, page) for name, column in part.columns.items()}
        for record, page, _ in records
    ]
    if "parent_id" in part.columns or part.children is None or "comment_id" not in part.columns:
        parents = None
    else:
        own = part.columns["comment_id"]
        parents = [None if up is None else _picked(own, up, page) for _, page, up in records]
    batch = batch_of(rows)
    arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
    if parents is not None:
        arrays["parent_id"] = batch_of([{"x": p} for p in parents]).column("x")
    return _batch(arrays, len(rows))


def counted_apart(part: Part, raw: pa.RecordBatch, seen: Counter[str]) -> pa.RecordBatch:
    """Digests that came before in this file get their number, where the map counts repeats."""
    for name, column in part.columns.items():
        if not column.repeats or name not in raw.schema.names:
            continue
        made: list[str | None] = []
        for digest in raw.column(name).to_pylist():
            if digest is not None:
                seen[f"{name} {digest}"] += 1
                again = seen[f"{name} {digest}"]
                digest = digest if again == 1 else _digest([digest, str(again)])
            made.append(digest)
        raw = raw.set_column(raw.schema.get_field_index(name), name, pa.array(made, pa.string()))
    return raw


def filled(part: Part, raw: pa.RecordBatch, extra: Mapping[str, str | int]) -> pa.RecordBatch:
    """Applies patterns, values and constants; `extra` fills columns that hold nothing."""
    n = raw.num_rows
    arrays = dict(zip(raw.schema.names, raw.columns, strict=True))
    for name, column in part.columns.items():
        values = arrays.get(name)
        if values is not None and (column.pattern is not None or column.values):
            values = _replaced(values, column)
        if column.constant is not None:
            values = _or_else(values, column.constant, n)
        if values is not None:
            arrays[name] = values
    for name, value in extra.items():
        arrays[name] = _or_else(arrays.get(name), value, n)
    if part.table == "comment" and "parent_id" in arrays:
        arrays["parent_id"] = _real_parents(arrays)
    return _batch(arrays, n)


def _real_parents(arrays: Mapping[str, pa.Array]) -> pa.Array:
    """Comments on the section itself say so by 0, by a word, or by the section in place of it."""
    parents = arrays["parent_id"].cast(pa.string())
    none = pc.is_in(parents, pa.array(_NO_PARENT))
    for name in ("section_id", "comment_id"):
        if name in arrays and not pa.types.is_nested(arrays[name].type):
            same = pc.equal(parents, arrays[name].cast(pa.string()))
            none = pc.or_(none, pc.fill_null(same, False))
    return pc.if_else(none, pa.scalar(None, pa.string()), parents)


def _batch(arrays: Mapping[str, pa.Array], n: int) -> pa.RecordBatch:
    if arrays:
        return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))
    return pa.RecordBatch.from_struct_array(pa.array([{}] * n, pa.struct([])))


def _native(data: pa.RecordBatch, place: Place) -> pa.Array | None:
    """A column, or a field inside a column of records."""
    name = place.steps[0]
    if place.of_page or name not in data.schema.names:
        return None
    values = data.column(name)
    for step in place.steps[1:]:
        if not pa.types.is_struct(values.type) or values.type.get_field_index(str(step)) < 0:
            return None
        values = pc.struct_field(values, str(step))
    return plain(values) if len(place.steps) > 1 else values


def _of_bytes(name: str, values: pa.Array) -> pa.Array:
    if not is_bytes(values):
        return values
    if names_something(name):
        return spelled(values)
    texts = texts_of(values)
    return values if texts is None else texts


def _first(arrays: Sequence[pa.Array]) -> pa.Array:
    """Of each row the first array that holds something."""
    arrays = [_present(values) for values in arrays]
    if len(arrays) == 1:
        return arrays[0]
    if len({values.type for values in arrays}) > 1:
        arrays = [values.cast(pa.string()) for values in arrays]
    return pc.coalesce(*arrays)


def _present(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if not pa.types.is_string(values.type):
        return values
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _picked(column: Column, record: object, page: object) -> Any:
    if column.digest:
        return _digest([_spelled(place.of(record, page)) for place in column.digest])
    for place in column.places:
        value = place.of(record, page)
        if value is not ABSENT and value is not None and value != "":
            return value
    return None


def _spelled(value: Any) -> str:
    return "" if value is ABSENT or value is None else str(value)


def _digests(arrays: Sequence[pa.Array | None]) -> pa.Array:
    columns = [values.to_pylist() for values in arrays if values is not None]
    made = [_digest([_spelled(v) for v in row]) for row in zip(*columns, strict=True)]
    return pa.array(made, pa.string())


def _digest(texts: Sequence[str]) -> str | None:
    """An id of what stands in a row; none where nothing does."""
    if not any(texts):
        return None
    joined = "\x1f".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[: 2 * _ID_BYTES]


def _replaced(values: pa.Array, column: Column) -> pa.Array:
    """Each spelling is looked at once, however often it comes."""
    if pa.types.is_nested(values.type):
        return values
    coded = values.cast(pa.string()).dictionary_encode()
    pattern = None if column.pattern is None else re.compile(column.pattern)
    made: list[str | None] = []
    for text in coded.dictionary.to_pylist():
        found: str | None = text
        if pattern is not None:
            match = pattern.search(text)
            found = None if match is None else match[1 if pattern.groups else 0]
        if found is not None:
            found = column.values.get(found, found) or None
        made.append(found)
    return pa.array(made, pa.string()).take(coded.indices)


def _or_else(values: pa.Array | None, value: str | int, n: int) -> pa.Array:
    constant = pa.array([value]).take(pa.array(np.zeros(n, np.int64)))
    if values is None or pa.types.is_null(values.type):
        return constant
    if values.null_count == 0:
        return values
    if values.type != constant.type:
        values, constant = values.cast(pa.string()), constant.cast(pa.string())
    return pc.coalesce(values, constant)

"""JSON objects as flat records: lines at Arrow's speed, all else one by one."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.json
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.flat import BadRecord, Record, Records
from zhenzan.detector.sources.jsonvalues import (
    TOO_LONG,
    JsonProblem,
    json_values,
    without_surrogates,
)

__all__ = ["batch_of", "json_lines", "read_json"]

_ROWS: Final = 1 << 14
_LONGEST: Final = 64 << 20  # as in jsonvalues
_MARK: Final = b"\x00too long"  # is no JSON, and no text that anyone writes


def read_json(seen: Probe, text: Collection[str]) -> Iterator[Record]:
    """Streams objects; those of a file with one a line go through Arrow."""
    if seen.one_a_line:
        yield from _fast(seen, text)
        return
    pieces = Pieces(seen.path)
    yield from _batched(json_values(pieces))
    if pieces.cut:
        yield BadRecord(pieces.newlines + 1, "the packed file is cut off here")


def json_lines(pieces: Pieces) -> Iterator[tuple[int, list[bytes]]]:
    """Blocks of whole lines with the number of the first; empty lines included.

    The last line of a file that is cut off is left out: `pieces.cut` tells.
    """
    held, line = b"", 1
    for piece in pieces:
        end = piece.rfind(b"\n")
        if end < 0:
            # What is too long for a record is not held: a mark stands in its place.
            known = held == _MARK or len(held) >= _LONGEST
            held = _MARK if known else held + piece
            continue
        lines = (held + piece[:end]).split(b"\n")
        held = piece[end + 1 :]
        yield line, lines
        line += len(lines)
    if held and not pieces.cut:
        yield line, [held]


def batch_of(rows: Collection[Mapping[str, Any]]) -> pa.RecordBatch:
    """Columns of what the objects hold; a column of many types becomes text."""
    names = dict.fromkeys(name for row in rows for name in row)
    arrays = [_column([row.get(name) for row in rows]) for name in names]
    return pa.RecordBatch.from_arrays(arrays, names=[without_surrogates(n) for n in names])


def _fast(seen: Probe, text: Collection[str]) -> Iterator[Record]:
    pieces = Pieces(seen.path)
    line = 1
    times: set[str] = set()
    for line, lines in json_lines(pieces):
        batch = _arrow(lines, text, times)
        if batch is None:
            yield from _batched(_line_by_line(line, lines))
        elif batch.num_rows == len(lines):
            yield Records(batch, line)
        else:
            filled = [line + i for i, content in enumerate(lines) if content.strip()]
            if len(filled) == batch.num_rows:
                yield Records(batch, pa.array(filled, pa.int64()))
            else:
                yield from _batched(_line_by_line(line, lines))
        line += len(lines)
    if pieces.cut:
        yield BadRecord(line, "the packed file is cut off here")


def _arrow(lines: list[bytes], text: Collection[str], times: set[str]) -> pa.RecordBatch | None:
    """The lines by Arrow; None where it cannot read them all, or would change what is text.

    Arrow takes text that looks like a time for one, and forgets its zone and whether it was but a
    date: columns where it did are noted in `times` and left as they were written.
    """
    block = b"\n".join(lines)
    for told in (text, ()):
        table = _table(block, [*told, *sorted(times.difference(told))])
        if table is not None and not _has_names(table.schema):
            return None
        if table is not None and (taken := _taken_for_times(table.schema)):
            times |= taken
            table = _table(block, [*told, *sorted(times.difference(told))])
        if table is None:
            continue
        absent = [
            n
            for n in (*text, *times.difference(text))
            if n in table.schema.names and table.column(n).null_count == table.num_rows
        ]
        table = table.drop_columns(absent)
        if all(_unchanged(table.schema.field(n).type) for n in text if n in table.schema.names):
            batches = table.combine_chunks().to_batches()
            return batches[0] if batches else None
    return None


def _table(block: bytes, text: Collection[str]) -> pa.Table | None:
    """The lines with some columns as text; None where Arrow cannot."""
    told = pa.schema([(name, pa.string()) for name in text])
    try:
        return pa.json.read_json(
            pa.BufferReader(block),
            read_options=pa.json.ReadOptions(block_size=len(block) + 2, use_threads=False),
            parse_options=pa.json.ParseOptions(explicit_schema=told),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _taken_for_times(schema: pa.Schema) -> set[str]:
    return {field.name for field in schema if pa.types.is_timestamp(field.type)}


def _has_names(schema: pa.Schema) -> bool:
    """Whether all names are text: Arrow takes any bytes for a name, and fails when it is asked."""
    try:
        return bool(schema.names)
    except UnicodeDecodeError:
        return False


def _unchanged(kind: pa.DataType) -> bool:
    """Text that looks like a date became a time, a number with 20 digits a double: both lose."""
    return bool(pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))


def _line_by_line(first: int, lines: Iterable[bytes]) -> Iterator[tuple[int, Any]]:
    for number, content in enumerate(lines, first):
        if not content.strip():
            continue
        if content.startswith(_MARK):
            yield number, JsonProblem(TOO_LONG)
            continue
        try:
            value = json.loads(content.decode("utf-8"))
        except UnicodeDecodeError:
            yield number, JsonProblem("the text is not UTF-8")
        except (ValueError, RecursionError) as error:
            yield number, JsonProblem(f"not JSON: {str(error).split(':')[0]}")
        else:
            yield number, value


def _batched(values: Iterable[tuple[int, Any]]) -> Iterator[Record]:
    rows: list[Mapping[str, Any]] = []
    lines: list[int] = []
    for line, value in values:
        if isinstance(value, JsonProblem):
            yield BadRecord(line, value.reason)
        elif not isinstance(value, dict):
            yield BadRecord(line, "not a JSON object")
        else:
            rows.append(value)
            lines.append(line)
            if len(rows) == _ROWS:
                yield Records(batch_of(rows), pa.array(lines, pa.int64()))
                rows, lines = [], []
    if rows:
        yield Records(batch_of(rows), pa.array(lines, pa.int64()))


def _column(values: list[Any]) -> pa.Array:
    kinds = {type(v) for v in values if v is not None}
    if kinds <= {str}:
        try:
            return pa.array(values, pa.string())
        except UnicodeEncodeError:
            return pa.array([None if v is None else without_surrogates(v) for v in values])
    if kinds in ({int}, {float}, {bool}, {int, float}):
        try:
            return pa.array(values)
        except (OverflowError, pa.ArrowInvalid, pa.ArrowTypeError):
            pass
    return pa.array([_spelled(v) for v in values], pa.string())


def _spelled(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "nan"
    return without_surrogates(json.dumps(value, ensure_ascii=False, sort_keys=True))

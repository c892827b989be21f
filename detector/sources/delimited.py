"""Delimited text in bounded memory: right line numbers, and no bad row that takes others along.

Records are found by a kernel of ours and parsed by Arrow. A quote that is never closed, or closed
far below, costs the line on which it opens: reading goes on with the next line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.flat import BadRecord, Record, Records
from zhenzan.detector.sources.kernels import find_records
from zhenzan.features.errors import InputError

__all__ = ["read_delimited"]

# Longer than any record: the longest text that we promise to read has 10 MB.
_LONGEST: Final = 32 << 20
_OPEN_QUOTE: Final = "a quote is opened and not closed"


def read_delimited(seen: Probe, columns: Collection[str] | None) -> Iterator[Record]:
    """Streams the rows under the header; all columns are text, "" where nothing stood."""
    pieces = Pieces(seen.path)
    reader = _Reader(seen, columns)
    for piece in pieces:
        reader.buffer += piece
        yield from reader.records(at_end=False)
    if pieces.cut:
        yield BadRecord(reader.line, "the packed file is cut off here")
    else:
        yield from reader.records(at_end=True)


class _Reader:
    """Holds what is not yet parsed, and where it stands in the file."""

    def __init__(self, seen: Probe, columns: Collection[str] | None) -> None:
        self.buffer = bytearray()
        self.line = 1
        self._path = seen.path
        self._delimiter = seen.delimiter
        self._columns = columns
        self._names: list[str] = []

    def records(self, *, at_end: bool) -> Iterator[Record]:
        """Parses all records that the buffer holds whole, and drops them from it."""
        start = 0
        data = np.frombuffer(bytes(self.buffer), np.uint8)
        if not self._names:
            start = self._header(data, at_end)
            if not self._names:
                return
        while True:
            begins, fields, lines, stop, why = find_records(
                data, start, ord(self._delimiter), len(self._names), at_end
            )
            yield from self._block(data, begins, fields, lines, stop)
            if why == 0 and len(data) - stop <= _LONGEST:
                break
            yield BadRecord(self.line, _OPEN_QUOTE)
            start = _next_line(data, stop)
            self.line += 1
        del self.buffer[:stop]

    def _header(self, data: np.ndarray[Any, Any], at_end: bool) -> int:
        """Takes the first line that is not empty for the names; returns where the next begins."""
        begins, fields, lines, stop, why = find_records(data, 0, ord(self._delimiter), 0, at_end)
        filled = np.flatnonzero(fields)
        if len(filled) == 0:
            if why == 2 or len(data) - stop > _LONGEST:
                raise InputError(
                    "the header cannot be read: a quote is opened and not closed",
                    path=self._path,
                    line=1 + int(lines.sum()),
                )
            return 0
        row = int(filled[0])
        end = int(begins[row + 1]) if row + 1 < len(begins) else stop
        text = data[begins[row] : end].tobytes().decode("utf-8", "replace")
        names = next(csv.reader(io.StringIO(text), delimiter=self._delimiter))
        self._names = _distinct([name.strip() for name in names])
        self.line += int(lines[: row + 1].sum())
        return end

    def _block(
        self,
        data: np.ndarray[Any, Any],
        begins: np.ndarray[Any, Any],
        fields: np.ndarray[Any, Any],
        lines: np.ndarray[Any, Any],
        stop: int,
    ) -> Iterator[Record]:
        first = self.line + np.cumsum(lines) - lines
        self.line += int(lines.sum())
        wrong = (fields != len(self._names)) & (fields > 0)
        for row in np.flatnonzero(wrong):
            yield BadRecord(
                int(first[row]), f"{fields[row]} fields where the header has {len(self._names)}"
            )
        good = fields == len(self._names)
        if not good.any():
            return
        ends = np.append(begins[1:], stop)
        if good.all():
            block = data[begins[0] : stop].tobytes()
        else:
            block = b"".join(
                data[b:e].tobytes() for b, e in zip(begins[good], ends[good], strict=True)
            )
        batch = self._parsed(block, int(good.sum()), bool((lines[good] > 1).any()))
        yield from _as_text(batch, first[good])

    def _parsed(self, block: bytes, rows: int, multiline: bool) -> pa.RecordBatch:
        wanted = [n for n in self._names if self._columns is None or n in self._columns]
        table = pa.csv.read_csv(
            pa.BufferReader(block),
            read_options=pa.csv.ReadOptions(
                column_names=self._names, block_size=len(block) + 1, use_threads=False
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=multiline,
                ignore_empty_lines=len(self._names) > 1,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(self._names, pa.binary()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
        if table.num_rows != rows:  # the parser and the kernel must agree, or lines would shift
            raise AssertionError(f"{table.num_rows} rows parsed where {rows} were found")
        return table.combine_chunks().to_batches()[0]


def _as_text(batch: pa.RecordBatch, lines: np.ndarray[Any, Any]) -> Iterator[Record]:
    """Bytes to text; rows that are not UTF-8 are told one by one."""
    try:
        texts = [column.cast(pa.string()) for column in batch.columns]
    except pa.ArrowInvalid:
        good = np.array([_is_text(row.values()) for row in batch.to_pylist()], dtype=bool)
        for row in np.flatnonzero(~good):
            yield BadRecord(int(lines[row]), "the text is not UTF-8")
        batch, lines = batch.filter(pa.array(good)), lines[good]
        texts = [column.cast(pa.string()) for column in batch.columns]
    if batch.num_rows:
        yield Records(
            pa.RecordBatch.from_arrays(texts, names=batch.schema.names),
            pa.array(lines, pa.int64()),
        )


def _is_text(values: Collection[bytes]) -> bool:
    try:
        for value in values:
            value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _next_line(data: np.ndarray[Any, Any], begin: int) -> int:
    """Begin of the line after the one that begins here."""
    for first in range(begin, len(data), 1 << 16):
        found = np.flatnonzero(np.isin(data[first : first + (1 << 16)], (10, 13)))
        if len(found):
            at = first + int(found[0])
            pair = data[at] == 13 and at + 1 < len(data) and data[at + 1] == 10
            return at + 2 if pair else at + 1
    return len(data)


def _distinct(names: list[str]) -> list[str]:
    """A name that comes twice keeps its first column; the others get names nobody asks for."""
    return [
        name if name and name not in names[:place] else f"{name}#{place + 1}"
        for place, name in enumerate(names)
    ]

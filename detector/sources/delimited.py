"""Delimited text in bounded memory: right line numbers, and no bad row that takes others along.

Records are found by a kernel of ours and parsed by Arrow. A quote that is never closed, or closed
far below, costs the line on which it opens: reading goes on with the next line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
from zhenzan.detector.sources.cells import distinct_names
from zhenzan.detector.sources.files import Pieces, Probe
from zhenzan.detector.sources.flat import BadRecord, Record, Records
from zhenzan.detector.sources.kernels import Bytes, Ints, find_records
from zhenzan.features.errors import InputError

__all__ = ["read_delimited"]

# Longer than any record: the longest text that we promise to read has 10 MB.
_LONGEST: Final = 32 << 20
_AT_ONCE: Final = 1 << 16  # records that make a batch
_OPEN_QUOTE: Final = "a quote is opened and not closed"
_TOO_LONG: Final = "longer than any record (32 MB)"
_ENDS: Final = (b"\n", b"\r")


def read_delimited(
    seen: Probe, columns: Collection[str] | None, header: Sequence[str] = ()
) -> Iterator[Record]:
    """Streams the rows under the header; all columns are text, "" where nothing stood.

    Args:
        seen: The file.
        columns: The only columns wanted.
        header: Names of the columns where the file begins with its first row.
    """
    pieces = Pieces(seen.path)
    reader = _Reader(seen, columns, header)
    for piece in pieces:
        reader.buffer += piece
        yield from reader.records(at_end=False)
    if pieces.cut:
        yield BadRecord(reader.line, "the packed file is cut off here")
    else:
        yield from reader.records(at_end=True)


class _Reader:
    """Holds what is not yet parsed, and where it stands in the file."""

    def __init__(self, seen: Probe, columns: Collection[str] | None, header: Sequence[str]) -> None:
        self.buffer = bytearray()
        self.line = 1
        self._path = seen.path
        self._delimiter = seen.delimiter
        self._columns = columns
        self._names = list(header)
        self._found = np.empty((_AT_ONCE, 3), np.int64)
        self._held: list[bytes] = []
        self._lines: list[Ints] = []
        self._n_held = 0
        self._multiline = False
        self._skipping = False

    def records(self, *, at_end: bool) -> Iterator[Record]:
        """Parses all records that the buffer holds whole, and drops them from it."""
        if self._skipping and not self._skipped():
            return
        start = 0
        raw = bytes(self.buffer)
        data = np.frombuffer(raw, np.uint8)
        if not self._names:
            start = self._header(data, at_end)
            if not self._names:
                return
        while True:
            n, stop, why = self._find(data, start, at_end)
            if n:
                yield from self._take(raw, self._found[:n].copy(), stop)
            if self._n_held >= _AT_ONCE:
                yield from self._parsed()
            start = stop
            if why == 3:
                continue
            if why == 0 and len(data) - stop <= _LONGEST:
                break
            start = _next_line(raw, stop)
            self._skipping = start == len(raw) and not at_end and not raw.endswith(_ENDS)
            yield BadRecord(self.line, _TOO_LONG if self._skipping else _OPEN_QUOTE)
            self.line += not self._skipping
        yield from self._parsed()
        del self.buffer[:stop]

    def _skipped(self) -> bool:
        """Drops the rest of a line that is too long; whether its end was there."""
        raw = bytes(self.buffer)
        after = _next_line(raw, 0)
        self._skipping = after == len(raw) and not raw.endswith(_ENDS)
        self.line += not self._skipping
        del self.buffer[:after]
        return not self._skipping

    def _find(self, data: Bytes, start: int, at_end: bool) -> tuple[int, int, int]:
        found: tuple[int, int, int] = find_records(
            data, start, ord(self._delimiter), at_end, self._found
        )
        return found

    def _header(self, data: Bytes, at_end: bool) -> int:
        """Takes the first line that is not empty for the names; returns where the next begins."""
        n, stop, why = self._find(data, 0, at_end)
        begins, fields, lines = self._found[:n].T
        filled = np.flatnonzero(fields)
        if len(filled) == 0:
            if why >= 2 or len(data) - stop > _LONGEST:
                raise InputError(
                    "the header cannot be read: empty lines only, or a quote that is not closed",
                    path=self._path,
                    line=1 + int(lines.sum()),
                )
            return 0
        row = int(filled[0])
        end = int(begins[row + 1]) if row + 1 < len(begins) else stop
        text = data[begins[row] : end].tobytes().decode("utf-8", "replace")
        names = next(csv.reader(io.StringIO(text), delimiter=self._delimiter))
        self._names = distinct_names([name.strip() for name in names])
        self.line += int(lines[: row + 1].sum())
        return end

    def _take(self, raw: bytes, found: Ints, stop: int) -> Iterator[BadRecord]:
        """Keeps the records that have all their fields for the parser, and tells the others."""
        begins, fields, lines = found.T
        first = self.line + np.cumsum(lines) - lines
        self.line += int(lines.sum())
        good = fields == len(self._names)
        for row in np.flatnonzero(~good & (fields > 0)):
            yield BadRecord(
                int(first[row]), f"{fields[row]} fields where the header has {len(self._names)}"
            )
        ends = np.append(begins[1:], stop)
        if good.all():
            self._held.append(raw[begins[0] : stop])
        else:
            self._held += [raw[b:e] for b, e in zip(begins[good], ends[good], strict=True)]
        self._lines.append(first[good])
        self._n_held += int(good.sum())
        self._multiline |= bool((lines[good] > 1).any())

    def _parsed(self) -> Iterator[Record]:
        """Parses what is held, and forgets it."""
        if self._n_held:
            block = b"".join(self._held)
            batch = _by_arrow(block, self._names, self._delimiter, self._multiline, self._columns)
            if batch.num_rows != self._n_held:  # or lines would shift
                raise InputError(
                    "the delimited text cannot be parsed",
                    path=self._path,
                    line=int(self._lines[0][0]),
                    found=f"{batch.num_rows} rows",
                    expected=f"{self._n_held} rows",
                )
            yield from _as_text(batch, np.concatenate(self._lines))
        self._held, self._lines, self._n_held, self._multiline = [], [], 0, False


def _by_arrow(
    block: bytes,
    names: list[str],
    delimiter: str,
    multiline: bool,
    columns: Collection[str] | None,
) -> pa.RecordBatch:
    table = pa.csv.read_csv(
        pa.BufferReader(block),
        read_options=pa.csv.ReadOptions(
            column_names=names, block_size=len(block) + 1, use_threads=False
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=multiline, ignore_empty_lines=len(names) > 1
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()),
            include_columns=[n for n in names if columns is None or n in columns],
            strings_can_be_null=False,
        ),
    )
    return table.combine_chunks().to_batches()[0]


def _as_text(batch: pa.RecordBatch, lines: Ints) -> Iterator[Record]:
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


def _next_line(raw: bytes, begin: int) -> int:
    """Begin of the line after the one that begins here."""
    step = 1 << 12
    for first in range(begin, len(raw), step):
        ends = [raw.find(mark, first, first + step) for mark in (b"\n", b"\r")]
        at = min((end for end in ends if end >= 0), default=-1)
        if at >= 0:
            return at + 2 if raw.startswith(b"\r\n", at) else at + 1
    return len(raw)

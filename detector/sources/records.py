"""Flat records from any file kind, as Arrow batches with the line of every row."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.detector.sources.files import Probe
from zhenzan.features.errors import InputError

__all__ = ["BadRecord", "Records", "read_records"]

_BATCH: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Records:
    """A batch as it stands in the file, and the line of each row (see `base.Rows`)."""

    data: pa.RecordBatch
    lines: int | pa.Int64Array


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A row that cannot be read, or where the file breaks off."""

    line: int
    reason: str


Record: TypeAlias = Records | BadRecord


def read_records(
    seen: Probe, *, columns: Collection[str] | None = None, text: Collection[str] = ()
) -> Iterator[Record]:
    """Streams a flat table.

    Args:
        seen: The file.
        columns: The only columns wanted, where the file can be read by column.
        text: Columns that must stay text in JSON, however much they look like dates.

    Raises:
        InputError: Nothing of the file can be read.
    """
    if seen.kind == "parquet":
        yield from _parquet(seen, columns)
    elif seen.kind == "empty":
        return
    else:
        raise InputError("cannot be read as a table of records", path=seen.path, found=seen.kind)


def _parquet(seen: Probe, columns: Collection[str] | None) -> Iterator[Record]:
    line = 1
    try:
        with pq.ParquetFile(seen.path, pre_buffer=False) as file:
            wanted = [n for n in file.schema_arrow.names if columns is None or n in columns]
            for batch in file.iter_batches(_BATCH, columns=wanted):
                yield Records(batch, line)
                line += batch.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        if line == 1:
            raise InputError(
                "the Parquet file cannot be read", path=seen.path, found=str(error)
            ) from error
        yield BadRecord(line, "the Parquet file is broken from here on")

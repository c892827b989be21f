"""Flat records from any file kind, as Arrow batches with the line of every row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from zhenzan.detector.sources.files import Probe
from zhenzan.detector.sources.flat import BadRecord, Record, Records
from zhenzan.detector.sources.jsonlines import read_json
from zhenzan.detector.sources.plain import plain
from zhenzan.detector.sources.sqlite import read_table
from zhenzan.detector.sources.workbook import read_sheet
from zhenzan.features.errors import InputError, SchemaError

__all__ = ["BadRecord", "Records", "read_records"]

_BATCH: Final = 1 << 17


def read_records(
    seen: Probe,
    *,
    columns: Collection[str] | None = None,
    text: Collection[str] = (),
    sheet: str | None = None,
    header: Sequence[str] = (),
) -> Iterator[Record]:
    """Streams a flat table.

    Args:
        seen: The file.
        columns: The only columns wanted, where the file can be read by column.
        text: Columns that must stay text in JSON, however much they look like dates.
        sheet: Sheet of a workbook or table of a database; needed where there are several.
        header: Names of the columns of delimited text that begins with its first row.

    Raises:
        InputError: Nothing of the file can be read.
    """
    if seen.kind == "parquet":
        yield from _parquet(seen, columns)
    elif seen.kind == "delimited":
        # Compiled code is loaded only where there is something for it to do.
        from zhenzan.detector.sources.delimited import read_delimited

        yield from read_delimited(seen, columns, header)
    elif seen.kind == "json":
        yield from read_json(seen, text)
    elif seen.kind == "xlsx":
        yield from read_sheet(seen.path, _sheet_of(seen, sheet), columns)
    elif seen.kind == "sqlite":
        yield from read_table(seen.path, _sheet_of(seen, sheet), columns)
    elif seen.kind == "empty":
        return
    else:
        raise InputError("cannot be read as a table of records", path=seen.path, found=seen.kind)


def _sheet_of(seen: Probe, sheet: str | None) -> str:
    """The one that is asked for, else the only one that has columns."""
    filled = [name for name, columns in seen.sheets.items() if columns]
    if sheet is None and len(filled) != 1:
        raise InputError(
            "holds several tables, or none", path=seen.path, found=", ".join(filled) or "nothing"
        )
    return filled[0] if sheet is None else sheet


def _parquet(seen: Probe, columns: Collection[str] | None) -> Iterator[Record]:
    line = 1
    if len(set(seen.columns)) < len(seen.columns):
        raise SchemaError("two columns share a name", path=seen.path, found=", ".join(seen.columns))
    try:
        with pq.ParquetFile(seen.path, pre_buffer=False) as file:
            wanted = [n for n in file.schema_arrow.names if columns is None or n in columns]
            for batch in file.iter_batches(_BATCH, columns=wanted):
                yield Records(_plain(batch), line)
                line += batch.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        if line == 1:
            raise InputError(
                "the Parquet file cannot be read", path=seen.path, found=str(error)
            ) from error
        yield BadRecord(line, "the Parquet file is broken from here on")


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [plain(column) for column in batch.columns]
    if not columns:
        return batch  # which knows how many rows it has
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

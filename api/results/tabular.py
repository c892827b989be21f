"""A table of a scan as CSV: streamed, and harmless when a spreadsheet opens it."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

__all__ = ["csv_of", "flat", "harmless"]

_ROWS: Final = 1 << 14
# A spreadsheet takes what begins with one of these for a formula, and runs it. So do tabs and line
# breaks in front of one (OWASP, CSV injection). Letters of full width are read like theirs.
_FORMULA: Final = r"^[\s\x00]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}|%]"
_BOM: Final = b"\xef\xbb\xbf"  # without it, spreadsheets garble Chinese


def harmless(values: pa.Array) -> pa.Array:
    """Texts with `'` before those that a spreadsheet would run."""
    runs = pc.match_substring_regex(values, _FORMULA)
    return pc.if_else(runs, pc.binary_join_element_wise("'", values, ""), values)


def csv_of(file: Path) -> Iterator[bytes]:
    """The table's rows in UTF-8 with a byte order mark; lists are joined by spaces.

    Args:
        file: Parquet.
    """
    with pq.ParquetFile(file) as opened:
        yield _BOM + _written(flat(opened.schema_arrow.empty_table()), header=True)
        for batch in opened.iter_batches(_ROWS):
            yield _written(flat(pa.Table.from_batches([batch])), header=False)


def flat(table: pa.Table) -> pa.Table:
    """Lists joined by spaces, texts made harmless."""
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_list(field.type):
            column = pc.binary_join(column, " ")
        if pa.types.is_string(column.type):
            column = harmless(column)
        table = table.set_column(place, field.name, column)
    return table


def _written(table: pa.Table, *, header: bool) -> bytes:
    out = BytesIO()
    pyarrow.csv.write_csv(
        table, out, pyarrow.csv.WriteOptions(include_header=header, quoting_style="needed")
    )
    return out.getvalue()

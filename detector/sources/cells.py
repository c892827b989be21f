"""Cells of workbooks and databases as text, the way a delimited file would hold them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import pyarrow as pa
from zhenzan.detector.sources.flat import Records
from zhenzan.detector.sources.jsonvalues import without_surrogates

__all__ = ["cell_text", "distinct_names", "text_records"]

# Below this a double holds every whole number that a spreadsheet shows (15 digits).
_EXACT: Final = 10**15


def cell_text(cell: object) -> str | None:
    """A cell as it would be typed; NULL stays None, and a date is ISO 8601 without a zone.

    A whole number that lost digits as a double keeps the look of one that did (`1.2e+18`), so that
    nobody takes it for an id.
    """
    if cell is None:
        return None
    if isinstance(cell, str):
        return without_surrogates(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    return str(cell)


def text_records(
    names: Sequence[str],
    columns: Collection[str] | None,
    rows: Sequence[tuple[int, Sequence[str | None]]],
) -> Iterator[Records]:
    """One batch of numbered rows, which may be shorter or longer than the header."""
    wanted = [place for place, name in enumerate(names) if columns is None or name in columns]
    if not rows or not wanted:
        return
    arrays = [
        pa.array([row[place] if place < len(row) else None for _, row in rows], pa.string())
        for place in wanted
    ]
    yield Records(
        pa.RecordBatch.from_arrays(arrays, names=[names[place] for place in wanted]),
        pa.array([number for number, _ in rows], pa.int64()),
    )


def distinct_names(names: Sequence[str]) -> list[str]:
    """A name that comes twice keeps its first column; the others get names nobody asks for."""
    seen: set[str] = set()
    found = []
    for place, name in enumerate(names, 1):
        found.append(name if name and name not in seen else f"{name}#{place}")
        seen.add(name)
    return found

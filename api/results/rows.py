"""Pages of a table of a scan: filtered, in an order, without reading more than is needed.

The order of the rows that a question chooses is worked out once and kept for the next page; a page
then reads the row groups that hold its rows. A scan only changes when an account is taken out of
it: its files are then others, and so are their revisions.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from zhenzan.api.context import Service

__all__ = ["Asked", "ResultPages", "Revision", "revision"]

Places: TypeAlias = NDArray[np.int64]
Revision: TypeAlias = tuple[int, int]

_KEPT: Final = 32
"""Orders that are kept: those of as many lists that people page through at once."""
_KEPT_ROWS: Final = 4_000_000
"""Longer orders (32 MB) are worked out for every page: only lists of acts are that long."""


def revision(file: Path) -> Revision:
    """Another one as soon as the file is replaced; for what is kept of it, here or by callers."""
    found = file.stat()
    return found.st_mtime_ns, found.st_size


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows, in which order.

    Attributes:
        table: A key of `OUTPUTS`.
        equal: Column and value; a column of lists has to hold the value.
        least: Column and smallest value.
        among: Column and the values of which it has one.
        sort: A column, largest first and NULL last; None: by id.
    """

    table: str
    equal: tuple[tuple[str, str | bool], ...] = ()
    least: tuple[tuple[str, float], ...] = ()
    sort: str | None = None
    among: tuple[tuple[str, tuple[str, ...]], ...] = ()


class ResultPages:
    """Answers pages (`context.Part`)."""

    def __init__(self, _: Service | None = None) -> None:
        self._orders: OrderedDict[tuple[str, Revision, Asked], Places] = OrderedDict()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Nothing runs in the background."""

    def stop(self) -> None:
        """Forgets what was kept."""
        self._orders.clear()

    def page(
        self, scan_id: str, folder: Path, asked: Asked, offset: int, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Rows from `offset` on, and how many there are in all.

        Args:
            scan_id: Of the scan; orders are kept by it.
            folder: Its directory.
            asked: Which rows.
            offset: Of the first.
            limit: Most rows.
        """
        file = folder / f"{asked.table}.parquet"
        places = self._order(scan_id, file, asked)
        if places is None:
            total = pq.read_metadata(file).num_rows
            chosen = np.arange(min(offset, total), min(offset + limit, total), dtype=np.int64)
        else:
            total, chosen = len(places), places[offset : offset + limit]
        return _rows_at(file, chosen), total

    def _order(self, scan_id: str, file: Path, asked: Asked) -> Places | None:
        """Places of the chosen rows in order; None for all rows as they stand."""
        if asked == Asked(asked.table):
            return None
        key = (scan_id, revision(file), asked)
        with self._lock:
            if key in self._orders:
                self._orders.move_to_end(key)
                return self._orders[key]
        found = _ordered(file, asked)
        if len(found) <= _KEPT_ROWS:
            with self._lock:
                self._orders[key] = found
                while len(self._orders) > _KEPT:
                    self._orders.popitem(last=False)
        return found


def _ordered(file: Path, asked: Asked) -> Places:
    names = [name for name, _ in (*asked.equal, *asked.least, *asked.among)]
    columns = list(dict.fromkeys([*names, *([asked.sort] if asked.sort else [])]))
    table = pq.read_table(file, columns=columns)
    mask = np.ones(table.num_rows, dtype=bool)
    for name, value in asked.equal:
        mask &= _holding(table.column(name).combine_chunks(), value)
    for name, low in asked.least:
        enough = pc.fill_null(pc.greater_equal(table.column(name), low), False)
        mask &= np.asarray(enough.to_numpy(), dtype=bool)
    for name, values in asked.among:
        known = pc.is_in(table.column(name), value_set=pa.array(values, pa.string()))
        mask &= np.asarray(known.to_numpy(), dtype=bool)
    places = np.flatnonzero(mask).astype(np.int64)
    if asked.sort is None:
        return places
    keys = table.column(asked.sort).take(pa.array(places))
    keyed = pa.table({"value": keys, "place": places})
    order = pc.sort_indices(
        keyed,
        sort_keys=[("value", "descending", "at_end"), ("place", "ascending", "at_end")],
    )
    return np.asarray(places[order.to_numpy()], dtype=np.int64)


def _holding(column: pa.Array, value: str | bool) -> NDArray[np.bool_]:
    """Which rows are the value, or are lists that hold it."""
    if not pa.types.is_list(column.type):
        same = pc.fill_null(pc.equal(column, pa.scalar(value, column.type)), False)
        return np.asarray(same.to_numpy(zero_copy_only=False), dtype=bool)
    parents = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    same = pc.fill_null(pc.equal(pc.list_flatten(column), value), False)
    found = np.zeros(len(column), dtype=bool)
    found[parents[np.asarray(same.to_numpy(zero_copy_only=False), dtype=bool)]] = True
    return found


def _rows_at(file: Path, places: Places) -> list[dict[str, Any]]:
    """The rows at these places, in this order."""
    if not len(places):
        return []
    with pq.ParquetFile(file) as opened:
        meta = opened.metadata
        sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        starts = np.append(0, np.cumsum(sizes))
        groups = np.searchsorted(starts, places, side="right") - 1
        parts, ranks = [], []
        for group in np.unique(groups).tolist():
            inside = np.flatnonzero(groups == group)
            rows = opened.read_row_group(group)
            parts.append(rows.take(pa.array(places[inside] - starts[group])))
            ranks.append(inside)
    rank = np.argsort(np.concatenate(ranks), kind="stable")
    rows = pa.concat_tables(parts).take(pa.array(rank)).to_pylist()
    return list(rows)

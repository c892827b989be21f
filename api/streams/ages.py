"""How long ago something came for the sections of a stream, told from its own rows.

What was judged when does not tell it: a stream may be judged by nothing, or all of it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from zhenzan.api.streams.intake import touched
from zhenzan.api.streams.row_index import digests
from zhenzan.api.streams.segments import KEYS, RECEIVED, Segments, stamped

__all__ = ["acting", "quiet_sections"]

_ROWS: Final = 1 << 20  # rows looked at at once, of two columns; some 60 MB
_OF_SECTIONS: Final = tuple(table for table, key in KEYS.items() if key == "section_id")
_ACCOUNTS: Final = ("account_id", "creator_id")


def quiet_sections(segments: Segments, pending: Path, before_ms: int) -> pa.Array:
    """Sections of the segments for which nothing came since, not even what still waits."""
    files = [path for table in _OF_SECTIONS for path in segments.files(table)]
    none = pa.array([], pa.string())
    if not any(_oldest(path) < before_ms for path in files):
        return none
    found = [
        rows.group_by("section_id").aggregate([(RECEIVED, "max")])
        for path in files
        for rows in _columns(path, ["section_id"])
    ]
    if not found:
        return none
    last = pa.concat_tables(found).group_by("section_id").aggregate([(f"{RECEIVED}_max", "max")])
    old = last.filter(pc.less(last[f"{RECEIVED}_max_max"], before_ms))["section_id"]
    waiting = pa.array(sorted(_waiting(pending)), pa.string())
    return old.filter(pc.invert(pc.is_in(old, value_set=waiting))).combine_chunks()


def acting(
    segments: Segments, pending: Path, without: pa.Array, before_ms: int
) -> NDArray[np.uint64] | None:
    """Digests of the accounts that have rows beside their own, those of some sections left out.

    None where no row of the table of accounts came before that time: then nobody asks.
    """
    if not any(_oldest(path) < before_ms for path in segments.files("account")):
        return None
    found = [np.empty(0, np.uint64)]
    for path in (path for table in _OF_SECTIONS for path in segments.files(table)):
        for rows in _columns(path, ["section_id", *_ACCOUNTS]):
            kept = rows.filter(pc.invert(pc.is_in(rows["section_id"], value_set=without)))
            found += _accounts(kept)
    for path in pending.glob("*/*.parquet"):
        found += _accounts(pq.read_table(path))
    return np.unique(np.concatenate(found))


def _accounts(rows: pa.Table) -> list[NDArray[np.uint64]]:
    names = [name for name in _ACCOUNTS if name in rows.column_names]
    return [digests(pc.drop_null(rows[name].unique()).to_pylist()) for name in names]


def _waiting(pending: Path) -> set[str]:
    """Sections of what waits to be judged."""
    found: set[str] = set()
    for path in pending.glob("*/*.parquet"):
        if path.stem in KEYS:
            found |= touched({path.stem: path})
    return found


def _columns(path: Path, names: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of a file, as far as it has them, with when its rows came."""
    with pq.ParquetFile(path) as file:
        known = [name for name in (*names, RECEIVED) if name in file.schema_arrow.names]
        for batch in file.iter_batches(_ROWS, columns=known):
            yield stamped(pa.Table.from_batches([batch]), path)


def _oldest(path: Path) -> int:
    """No row of the file came before that time."""
    meta = pq.read_metadata(path)
    place = meta.schema.to_arrow_schema().get_field_index(RECEIVED)
    if place < 0:
        return path.stat().st_mtime_ns // 1_000_000
    found = [meta.row_group(n).column(place).statistics for n in range(meta.num_row_groups)]
    return min((s.min if s is not None and s.has_min_max else 0 for s in found), default=0)

"""All rows of a stream: Parquet segments sorted by section, merged as they become many.

    manifest.json       which segments count; replaced at once, so a kill leaves no half state
    segments/           <table>-<level>-<number>.parquet, never changed once written,
                        each with the index of its rows beside it (`row_index.py`)

The rows of a section stand together in each segment, and the index says where: to read a hundred
sections of a thousand million rows, only the row groups that hold them are read. Eight segments of
a level are merged into one of the next, so that a row is written a few times in all and a section
is read from few places.

Each row carries when it came (`received_ms`), which stays with it through merges: retention goes by
it. Rows of segments that lack the column came when the file was written, or before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from zhenzan.api.streams.row_index import RowIndex, Runs, digests, runs_of

__all__ = ["KEYS", "RECEIVED", "Segment", "Segments", "stamped", "synced"]

KEYS: Final[Mapping[str, str]] = {
    "engagement": "section_id", "comment": "section_id", "section": "section_id",
    "count_snapshot": "section_id", "account": "account_id",
}  # fmt: skip
"""The tables that a stream may hold, each with the column by which its segments are sorted."""

RECEIVED: Final = "received_ms"
"""The column of when a row came; in the segments alone, those who read rows do not see it."""

# A group is what is read at least: 2^14 rows take some 3 ms. Larger ones read more rows in vain.
_GROUP_ROWS: Final = 1 << 14
# Segments of a level that make one of the next: with 8, a row of a stream of 10^9 rows is written
# some four times, and a section is looked for in at most 7 places a level.
_FAN: Final = 8
# Rows held while segments are merged; some 300 MB of acts with their copies.
_MERGE_ROWS: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of rows of one table."""

    table: str
    file: str
    level: int
    rows: int


class Segments:
    """The segments of one stream; one process at a time writes.

    Args:
        folder: Of the stream.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._place = folder / "segments"
        self._spans: dict[str, list[tuple[str | None, str | None]]] = {}
        self._indices: dict[str, RowIndex] = {}
        state = self._read()
        self.through: int = state["through"]
        self._next: int = state["next"]
        self._live = [Segment(**row) for row in state["segments"]]

    @property
    def live(self) -> tuple[Segment, ...]:
        """The segments that count."""
        return tuple(self._live)

    def files(self, table: str) -> list[Path]:
        """Of one table, in the order in which they were made."""
        return [self._place / s.file for s in self._live if s.table == table]

    def add(
        self,
        pieces: Mapping[str, Sequence[Path]],
        through: int,
        received: Mapping[Path, int] | None = None,
    ) -> None:
        """Takes over the rows of batches up to number `through`; what it has, it does not take.

        Args:
            pieces: Parquet files by table, of the batches after `self.through`.
            through: Number of the last batch among them.
            received: When each of the files came; else when it was written.
        """
        if through <= self.through:
            return
        made, came = [], received or {}
        for table in sorted(pieces):
            parts = [stamped(pq.read_table(p), p, came.get(p)) for p in pieces[table]]
            rows = pa.concat_tables(parts)
            rows = rows.sort_by(KEYS[table]).combine_chunks()
            if rows.num_rows:
                made.append(self._write(table, 0, iter([rows])))
        self._replace([*self._live, *made], through)
        self.merge()

    def merge(self) -> None:
        """Merges levels that are full."""
        full = self._full()
        while full:
            table, level = full[0].table, full[0].level + 1
            made = self._write(table, level, self._merged(full))
            gone = {segment.file for segment in full}
            self._replace([*[s for s in self._live if s.file not in gone], made], self.through)
            self._sweep()
            full = self._full()

    def sizes(self, tables: Collection[str], keys: Sequence[str]) -> NDArray[np.int64]:
        """Rows of each key in some tables, from the indices; a collision counts too many."""
        wanted = digests(keys)
        found = np.zeros(len(wanted), np.int64)
        for segment in self._live:
            if segment.table in tables:
                which, runs = self._index_of(segment).find(wanted)
                np.add.at(found, which, runs[2].astype(np.int64))
        return found

    def read(self, table: str, keys: Collection[str]) -> pa.Table | None:
        """The rows of some sections (accounts, of the table of accounts); None without any."""
        values = pa.array(sorted(keys), pa.string())
        wanted, found = digests(values.to_pylist()), []
        for segment in self._live:
            if segment.table == table:
                _, runs = self._index_of(segment).find(wanted)
                found.append(self._rows(segment, runs, values))
        whole = pa.concat_tables([rows for rows in found if rows is not None] or [pa.table({})])
        return whole if whole.num_rows else None

    def _rows(self, segment: Segment, runs: Runs, values: pa.Array) -> pa.Table | None:
        """The rows of the runs whose key is one of the values, from the groups that hold them."""
        if not runs.shape[1]:
            return None
        first, last = runs[1].astype(np.int64), (runs[1] + runs[2]).astype(np.int64) - 1
        with pq.ParquetFile(self._place / segment.file) as file:
            meta = file.metadata
            sizes = np.array([meta.row_group(n).num_rows for n in range(meta.num_row_groups)])
            starts = np.cumsum(sizes) - sizes
            holds = np.searchsorted(starts, np.stack([first, last]), "right") - 1
            needed = np.zeros(len(sizes) + 1, np.int64)
            np.add.at(needed, holds[0], 1)
            np.add.at(needed, holds[1] + 1, -1)
            groups = np.flatnonzero(np.cumsum(needed[:-1]))
            rows = file.read_row_groups(groups.tolist())
        # Where a group begins among those that were read; a run goes on in the next of them.
        begins = np.zeros(len(sizes), np.int64)
        begins[groups] = np.cumsum(sizes[groups]) - sizes[groups]
        at = begins[holds[0]] + first - starts[holds[0]]
        meant = pc.is_in(rows[KEYS[segment.table]].take(pa.array(at)), value_set=values)
        known = meant.to_numpy(zero_copy_only=False)
        edges = np.zeros(rows.num_rows + 1, np.int64)
        np.add.at(edges, at[known], 1)
        np.add.at(edges, (at + last - first + 1)[known], -1)
        if RECEIVED in rows.column_names:
            rows = rows.drop_columns([RECEIVED])
        return rows.filter(pa.array(np.cumsum(edges[:-1]) > 0))

    def rewrite(
        self, keep: Callable[[str, pa.Table], Any], tables: Collection[str] = tuple(KEYS)
    ) -> int:
        """Keeps the rows that `keep(table, rows)` marks; returns how many went.

        Segments of other tables are not read, and those that lose nothing stay as they are.
        """
        kept, gone = [], 0
        for segment in self._live:
            left = segment.rows
            if segment.table in tables:
                left = sum(rows.num_rows for rows in self._filtered(segment, keep))
            if left < segment.rows:
                gone += segment.rows - left
                segment = self._write(segment.table, segment.level, self._filtered(segment, keep))
            kept.append(segment)
        if gone:
            self._replace([segment for segment in kept if segment.rows], self.through)
            self._sweep()
        return gone

    def sweep(self) -> None:
        """Deletes files that a killed process left."""
        self._sweep()

    def _filtered(
        self, segment: Segment, keep: Callable[[str, pa.Table], Any]
    ) -> Iterator[pa.Table]:
        path = self._place / segment.file
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_GROUP_ROWS):
                rows = stamped(pa.Table.from_batches([batch]), path)
                yield rows.filter(keep(segment.table, rows))

    def _full(self) -> list[Segment]:
        """The lowest level of a table that has enough segments for a merge."""
        levels: dict[tuple[int, str], list[Segment]] = {}
        for segment in self._live:
            levels.setdefault((segment.level, segment.table), []).append(segment)
        return next((s for _, s in sorted(levels.items()) if len(s) >= _FAN), [])

    def _merged(self, segments: Sequence[Segment]) -> Iterator[pa.Table]:
        """Rows of all segments in order, a span of keys at a time."""
        table = segments[0].table
        key, spans = KEYS[table], [(s, self._spans_of(s)) for s in segments]
        for low, high in _cuts([span for _, own in spans for span in own], segments):
            parts = []
            for segment, own in spans:
                groups = [n for n, span in enumerate(own) if _overlaps(span, low, high)]
                if groups:
                    path = self._place / segment.file
                    with pq.ParquetFile(path) as file:
                        rows = stamped(file.read_row_groups(groups), path)
                    parts.append(rows.filter(_between(rows[key], low, high)))
            if parts:
                yield pa.concat_tables(parts).sort_by(key)

    def _write(self, table: str, level: int, parts: Iterator[pa.Table]) -> Segment:
        """A new file, safe on disk; it counts once the manifest names it."""
        self._place.mkdir(parents=True, exist_ok=True)
        name = f"{table}-{level}-{self._next:08d}.parquet"
        self._next += 1
        path, rows, runs = self._place / name, 0, []
        packing = "zstd" if level else "lz4"  # the first level is soon written again
        writer: pq.ParquetWriter | None = None
        for part in parts:
            if writer is None:
                writer = pq.ParquetWriter(path, part.schema, compression=packing)
            writer.write_table(part, row_group_size=_GROUP_ROWS)
            runs.append(runs_of(part[KEYS[table]], rows))
            rows += part.num_rows
        if writer is not None:
            writer.close()
            RowIndex.save(_index_path(path), runs)
            synced(path)
            synced(_index_path(path))
        return Segment(table, name, level, rows)

    def _index_of(self, segment: Segment) -> RowIndex:
        """Made again where it is missing or broken: it holds nothing that the rows do not."""
        known = self._indices.get(segment.file)
        if known is None:
            place = _index_path(self._place / segment.file)
            try:
                known = RowIndex(place)
            except (OSError, ValueError):
                self._index_anew(segment, place)
                known = RowIndex(place)
            self._indices[segment.file] = known
        return known

    def _index_anew(self, segment: Segment, place: Path) -> None:
        key, runs, rows = KEYS[segment.table], [], 0
        with pq.ParquetFile(self._place / segment.file) as file:
            for batch in file.iter_batches(_MERGE_ROWS, columns=[key]):
                runs.append(runs_of(pa.chunked_array([batch.column(0)]), rows))
                rows += batch.num_rows
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        RowIndex.save(draft, runs)
        draft.replace(place)

    def _spans_of(self, segment: Segment) -> list[tuple[str | None, str | None]]:
        """First and last key of each row group, from the footer, which is read once."""
        known = self._spans.get(segment.file)
        if known is None:
            meta = pq.read_metadata(self._place / segment.file)
            place = meta.schema.to_arrow_schema().get_field_index(KEYS[segment.table])
            found = [meta.row_group(n).column(place) for n in range(meta.num_row_groups)]
            known = [_span(column.statistics) for column in found]
            self._spans[segment.file] = known
        return known

    def _replace(self, live: list[Segment], through: int) -> None:
        """From here on these segments count, and no others."""
        state = {"through": through, "next": self._next, "segments": [asdict(s) for s in live]}
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / "manifest.json.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / "manifest.json")
        synced(self.folder)
        self._live, self.through = live, through

    def _read(self) -> dict[str, Any]:
        try:
            content = (self.folder / "manifest.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return {"through": 0, "next": 0, "segments": []}
        state: dict[str, Any] = json.loads(content)
        return state

    def _sweep(self) -> None:
        live = {segment.file for segment in self._live}
        self._spans = {name: spans for name, spans in self._spans.items() if name in live}
        self._indices = {name: index for name, index in self._indices.items() if name in live}
        kept = live | {_index_path(Path(name)).name for name in live}
        for path in self._place.iterdir() if self._place.is_dir() else ():
            if path.name not in kept:
                path.unlink()


def _index_path(segment: Path) -> Path:
    return segment.with_suffix(".rows.npy")


def synced(path: Path) -> None:
    """Waits until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stamped(rows: pa.Table, path: Path, received_ms: int | None = None) -> pa.Table:
    """The rows of a file with when they came: that time, else the file's own."""
    if RECEIVED in rows.column_names:
        return rows
    at = path.stat().st_mtime_ns // 1_000_000 if received_ms is None else received_ms
    column = pa.array(np.full(rows.num_rows, at, np.int64))
    return rows.append_column(pa.field(RECEIVED, pa.int64()), column)


def _span(statistics: Any) -> tuple[str | None, str | None]:
    """Unknown ends are open: then the group is read."""
    if statistics is None or not statistics.has_min_max:
        return None, None
    return statistics.min, statistics.max


def _overlaps(span: tuple[str | None, str | None], low: str | None, high: str | None) -> bool:
    first, last = span
    if first is None or last is None:
        return True
    return (low is None or last >= low) and (high is None or first < high)


def _between(keys: pa.ChunkedArray, low: str | None, high: str | None) -> Any:
    """Keys in [low, high); None is open."""
    mask = pa.array(np.ones(len(keys), bool))
    if low is not None:
        mask = pc.and_(mask, pc.greater_equal(keys, low))
    return mask if high is None else pc.and_(mask, pc.less(keys, high))


def _cuts(
    spans: Sequence[tuple[str | None, str | None]], segments: Sequence[Segment]
) -> Iterator[tuple[str | None, str | None]]:
    """Spans of keys that cover everything, each of about `_MERGE_ROWS` rows."""
    firsts = sorted({first for first, _ in spans if first is not None})
    parts = max(1, sum(segment.rows for segment in segments) // _MERGE_ROWS)
    step = max(1, len(firsts) // parts)
    ends: list[str | None] = [None, *firsts[step::step], None]
    yield from pairwise(ends)

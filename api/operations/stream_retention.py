"""Rows that leave streams: sections for which nothing came for long, and one account."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import case, delete, update
from zhenzan.api.settings import Settings
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Stream, StreamBatch
from zhenzan.api.streams.ages import acting, quiet_sections
from zhenzan.api.streams.appended import stream_folder
from zhenzan.api.streams.follow import forget_sections, held_alone
from zhenzan.api.streams.row_index import digests
from zhenzan.api.streams.segments import KEYS, RECEIVED, Segments
from zhenzan.features.errors import UsageError

__all__ = ["BusyError", "purge_quiet", "purge_rows_of"]

_WAIT_S: Final = 10.0  # passes over a small stream take a second, and leave gaps


class BusyError(UsageError):
    """A pass over the stream is under way."""


def purge_quiet(database: Database, settings: Settings, stream: Stream, before_ms: int) -> int:
    """Deletes the sections for which nothing came since; returns how many rows went.

    What waits to be judged stays, and so does all of the sections that it is of.

    Raises:
        BusyError: See there.
    """
    gone = 0
    with _alone(settings, stream) as folder:
        if folder is not None:
            segments = Segments(folder)
            quiet = quiet_sections(segments, folder / "pending", before_ms)
            gone = _rewritten(segments, folder / "pending", quiet, before_ms)
            forget_sections(database, stream, quiet.to_pylist())
            _count_out(database, stream, gone)
    with database.session() as session:
        # The ids of batches are kept so long: a sender who repeats one after it appends it anew.
        batches = StreamBatch.stream_id == stream.id, StreamBatch.received_ms < before_ms
        session.execute(delete(StreamBatch).where(*batches, StreamBatch.scored_ms.is_not(None)))
    return gone


def _rewritten(segments: Segments, pending: Path, quiet: pa.Array, before_ms: int) -> int:
    """Without these sections, and without accounts that are old and have no other row."""
    known = acting(segments, pending, quiet, before_ms)
    tables = [t for t in KEYS if (len(quiet) if t != "account" else known is not None)]

    def keep(table: str, rows: pa.Table) -> Any:
        if table != "account" or known is None:
            return pc.invert(pc.is_in(rows["section_id"], value_set=quiet))
        named = np.isin(digests(rows["account_id"].to_pylist()), known)
        return pc.or_(pc.greater_equal(rows[RECEIVED], before_ms), pa.array(named))

    return segments.rewrite(keep, tables)


def purge_rows_of(database: Database, settings: Settings, stream: Stream, account_id: str) -> int:
    """Deletes the rows of an account and has the stream judged anew; returns how many went.

    Raises:
        BusyError: See there.
    """

    def keep(_: str, rows: pa.Table) -> Any:
        kept = pa.array(np.ones(rows.num_rows, bool))
        for name in ("account_id", "creator_id"):
            if name in rows.column_names:
                other = pc.fill_null(pc.not_equal(rows[name], account_id), True)
                kept = pc.and_(kept, other)
        return kept

    with _alone(settings, stream) as folder:
        if folder is None:
            return 0
        gone = Segments(folder).rewrite(keep)
        for path in sorted(folder.glob("pending/*/*.parquet")):
            gone += _piece(path, keep)
        if gone:
            with database.session() as session:
                row = session.get(Stream, stream.id)
                if row is not None:
                    row.state = {**row.state, "anew": True}
            _count_out(database, stream, gone)
        return gone


@contextmanager
def _alone(settings: Settings, stream: Stream) -> Iterator[Path | None]:
    """The folder of the stream, held; None where it has none."""
    folder = stream_folder(settings.data_dir, stream.tenant_id, stream.id)
    if not folder.is_dir():
        yield None
        return
    with held_alone(folder, _WAIT_S) as alone:
        if not alone:
            raise BusyError("a pass over it is under way; try again in a minute")
        yield folder


def _piece(path: Path, keep: Callable[[str, pa.Table], Any]) -> int:
    rows = pq.read_table(path)
    kept = rows.filter(keep(path.stem, rows))
    if kept.num_rows < rows.num_rows:
        draft = path.with_name(f"{path.name}.new")
        pq.write_table(kept, draft, compression="lz4")
        shutil.move(draft, path)
    return int(rows.num_rows - kept.num_rows)


def _count_out(database: Database, stream: Stream, gone: int) -> None:
    """The stream holds so many rows less."""
    left = Stream.n_rows - gone
    with database.session() as session:
        session.execute(
            update(Stream)
            .where(Stream.id == stream.id)
            .values(n_rows=case((left > 0, left), else_=0))
        )

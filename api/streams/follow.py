"""One pass over a stream: the rows that came are sorted in, the sections they touch are judged.

Only sections that were touched since the last pass are judged, each from all of its rows. As every
section is judged by itself against the reference, the outcome is that of judging all of them. A
pass may be killed anywhere: what it had not finished, the next one does again.
"""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from zhenzan.api.storage import Database
from zhenzan.api.storage.models import Stream, StreamBatch, StreamSection
from zhenzan.api.streams.appended import Pending, pending
from zhenzan.api.streams.intake import touched
from zhenzan.api.streams.judge import JUDGED_TABLES, JudgeParts, parts
from zhenzan.api.streams.segments import KEYS, Segments

__all__ = ["Passed", "follow", "forget_sections", "held_alone"]

# Rows taken over at once, so that memory stays bounded when a stream was left alone for long.
_TAKEN_ROWS: Final = 1_000_000
_UPSERT: Final = 500
_ASK_S: Final = 0.05  # between two looks whether a lock is free


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass did.

    Attributes:
        taken: Rows sorted in.
        sections: Sections judged.
        rows: Rows of theirs that were read.
        through: Number of the last batch that is judged now.
        late_ms: Age of the oldest of them when it was judged.
    """

    taken: int
    sections: int
    rows: int
    through: int
    late_ms: int


@contextmanager
def held_alone(folder: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Whether this process alone may write to the folder, until the end; asked for so long."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    until = time.monotonic() + wait_s
    with (folder / "lock").open("wb") as file:
        while not (alone := _locked(file)) and time.monotonic() < until:
            time.sleep(_ASK_S)
        yield alone


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def follow(
    database: Database,
    stream: Stream,
    folder: Path,
    judge: JudgeParts | None,
    clock: Callable[[], int],
    stopped: Callable[[], bool] = lambda: False,
) -> Passed | None:
    """Makes one pass.

    Args:
        database: Holds the log.
        stream: As it was read a moment ago.
        folder: Of its rows; the caller holds it (`held_alone`).
        judge: Judges parts of the stream; None sorts in only.
        clock: Milliseconds since 1970 UTC.
        stopped: Asked between parts of the work.

    Returns:
        What was done; None where there was nothing to do.
    """
    for left in folder.glob("pass-*"):  # of a pass that was killed
        shutil.rmtree(left, ignore_errors=True)
    segments = Segments(folder)
    with database.reading() as session:
        new = pending(session, stream, segments.through, _TAKEN_ROWS)
    places = {batch.seq: _pieces(folder, batch) for batch in new}
    if new:
        segments.sweep()
        came = {path: b.received_ms for b in new for path in places[b.seq].values()}
        segments.add(_by_table(places.values()), new[-1].seq, came)
    with database.reading() as session:
        todo = pending(session, stream, stream.judged, _TAKEN_ROWS)
    todo = [batch for batch in todo if batch.seq <= segments.through]
    anew = stream.state.get("anew", False)
    if not todo and not anew:
        return None
    through = max([stream.judged, *(batch.seq for batch in todo)])
    rows = sections = 0
    ids = _everything(segments) if anew else set()
    if anew:
        forget_sections(database, stream, sorted(_known(database, stream) - ids))
    if judge is not None:
        for batch in todo:
            ids |= touched(_pieces(folder, batch))
        with closing(judge(folder, parts(segments, sorted(ids)))) as told:
            for part in told:
                _keep(database, stream, part.sections, clock())
                sections += part.sections.num_rows
                rows += part.rows
                if stopped():
                    return None
    _judged(database, stream, through, clock(), anew=anew)
    pa.default_memory_pool().release_unused()  # else what one pass needed at most is kept
    for batch in todo:
        shutil.rmtree(folder / "pending" / batch.segment, ignore_errors=True)
    late = clock() - min((batch.received_ms for batch in todo), default=clock())
    return Passed(sum(b.n_rows for b in new), sections, rows, through, late)


def _pieces(folder: Path, batch: Pending) -> dict[str, Path]:
    place = folder / "pending" / batch.segment
    found = {table: place / f"{table}.parquet" for table in KEYS}
    return {table: path for table, path in found.items() if path.is_file()}


def _by_table(batches: Any) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for pieces in batches:
        for table, path in pieces.items():
            found.setdefault(table, []).append(path)
    return found


def _everything(segments: Segments) -> set[str]:
    """All sections of a stream."""
    found: set[str] = set()
    for table in JUDGED_TABLES:
        for path in segments.files(table):
            ids = pq.read_table(path, columns=["section_id"])["section_id"]
            found.update(ids.unique().to_pylist())
    return found


def _known(database: Database, stream: Stream) -> set[str]:
    """Sections of which something was found."""
    with database.reading() as session:
        where = StreamSection.stream_id == stream.id
        return set(session.scalars(select(StreamSection.section_id).where(where)))


def _keep(database: Database, stream: Stream, judged: pa.Table, now_ms: int) -> None:
    """The latest of each section replaces what was found before."""
    rows = [
        {
            "tenant_id": stream.tenant_id, "stream_id": stream.id,
            "section_id": told["section_id"], "score": told["score"], "band": told["band"],
            "told": told, "judged_ms": now_ms,
        }
        for told in judged.to_pylist()
    ]  # fmt: skip
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    for first in range(0, len(rows), _UPSERT):
        statement: Any = insert(StreamSection).values(rows[first : first + _UPSERT])
        changed = {n: statement.excluded[n] for n in ("score", "band", "told", "judged_ms")}
        keys = ["stream_id", "section_id"]
        with database.session() as session:
            session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def _judged(database: Database, stream: Stream, through: int, now_ms: int, *, anew: bool) -> None:
    """Batches up to this number are judged; not where the stream was made anew meanwhile."""
    with database.session() as session:
        row = session.get(Stream, stream.id)
        if row is None or row.reference != stream.reference:
            return
        row.judged, row.scored_ms = through, now_ms
        if anew:
            row.state = {k: v for k, v in row.state.items() if k != "anew"}
        session.execute(
            update(StreamBatch)
            .where(
                StreamBatch.stream_id == stream.id,
                StreamBatch.seq <= through,
                StreamBatch.scored_ms.is_(None),
            )
            .values(scored_ms=now_ms)
        )


def forget_sections(database: Database, stream: Stream, ids: Sequence[str]) -> None:
    """Deletes what was found of sections that have no rows any more."""
    for first in range(0, len(ids), _UPSERT):
        some = list(ids[first : first + _UPSERT])
        gone = StreamSection.stream_id == stream.id, StreamSection.section_id.in_(some)
        with database.session() as session:
            session.execute(delete(StreamSection).where(*gone))
